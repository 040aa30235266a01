package engine_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// A pagedSubject runs frames on an engine over rows.
type pagedSubject struct {
	t       testing.TB
	name    string
	rows    engine.Store
	opt     engine.Options
	e       *engine.Engine
	session uint64
}

func (s *pagedSubject) open() {
	s.t.Helper()
	e, err := engine.Open(s.rows, s.opt)
	if err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
	s.e, s.session = e, e.NewSession(0, 3, "")
}

func (s *pagedSubject) store(out engine.Outcome) {
	s.t.Helper()
	if out.Err != nil {
		s.t.Fatalf("%s: %v", s.name, out.Err)
	}
	if out.Change != nil {
		if err := s.rows.Commit(out.Change); err != nil {
			s.t.Fatalf("%s: %v", s.name, err)
		}
	}
}

func (s *pagedSubject) run(now int64, seed uint64, cmds ...resp.Command) []resp.Reply {
	s.t.Helper()
	out := s.e.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	s.store(out)
	return out.Replies
}

// everyOrder are the commands whose replies have no order, or one that depends on
// how a collection has grown; pairs are those whose elements come in pairs.
var (
	everyOrder = map[string]int{"SMEMBERS": 1, "SINTER": 1, "SUNION": 1, "SDIFF": 1, "HKEYS": 1, "HVALS": 1, "HGETALL": 2,
		"SPOP": 1, "SRANDMEMBER": 1, "HRANDFIELD": 2, "KEYS": 1}
)

// unpackedReply hides how a stream's entries are packed into nodes.
func unpackedReply(r resp.Reply) resp.Reply {
	elems := slices.Clone(r.Elems)
	for i := range elems {
		elems[i] = unpackedReply(elems[i])
		if i > 0 && strings.HasPrefix(elems[i-1].Str, "radix-tree-") {
			elems[i] = resp.NewInt(0)
		}
	}
	r.Elems = elems
	return r
}

// plainReply is a reply as text, sorted where the order means nothing.
func plainReply(cmd resp.Command, r resp.Reply) string {
	r = unpackedReply(r)
	if step := everyOrder[cmd.Name()]; step > 0 && len(r.Elems) > 0 {
		var parts []string
		for i := 0; i+step <= len(r.Elems); i += step {
			part := ""
			for _, e := range r.Elems[i : i+step] {
				part += difftest.Show(e) + " "
			}
			parts = append(parts, part)
		}
		slices.Sort(parts)
		return strings.Join(parts, ", ")
	}
	if cmd.Name() == "EXEC" { // the commands are not known here: any order will do
		var parts []string
		for _, e := range r.Elems {
			inner := make([]string, len(e.Elems))
			for i := range e.Elems {
				inner[i] = difftest.Show(e.Elems[i])
			}
			slices.Sort(inner)
			parts = append(parts, difftest.Show(resp.Reply{Kind: e.Kind, Str: e.Str, Int: e.Int})+strings.Join(inner, " "))
		}
		return strings.Join(parts, ", ")
	}
	return difftest.Show(r)
}

// fillStream appends ARGV[1] entries.
const fillStream = "for i = 1, tonumber(ARGV[1]) do redis.pcall('XADD', KEYS[1], '*', 'n', i) end return redis.call('XLEN', KEYS[1])"

// A pagedGen makes commands over a few large collections.
type pagedGen struct {
	*rand.Rand
	names  int // of fields and members
	lastID int64
}

func (g *pagedGen) key(kind string) string { return kind + strconv.Itoa(g.Intn(3)) }
func (g *pagedGen) name() string {
	n := g.Intn(g.names)
	switch n % 7 {
	case 0:
		return strconv.Itoa(n)
	case 1:
		return "f" + strconv.Itoa(n) + "\x00"
	}
	return "f" + strconv.Itoa(n)
}

func (g *pagedGen) several(most int, make func() string) (all []string) {
	for n := 1 + g.Intn(most); n > 0; n-- {
		all = append(all, make())
	}
	return all
}

func (g *pagedGen) pick(words ...string) string { return words[g.Intn(len(words))] }
func (g *pagedGen) value() string {
	return g.pick("", "7", "-3", "1.5", "text", strings.Repeat("long", 20), strconv.Itoa(g.Intn(1000)))
}

func (g *pagedGen) command() resp.Command {
	switch n := g.Intn(100); {
	case n < 26:
		return g.hashCommand()
	case n < 52:
		return g.setCommand()
	case n < 80:
		return g.streamCommand()
	default:
		return g.anyCommand()
	}
}

func (g *pagedGen) hashCommand() resp.Command {
	key := g.key("h")
	fields := func(names []string) []string { return append([]string{"FIELDS", strconv.Itoa(len(names))}, names...) }
	switch g.Intn(30) {
	case 0, 1, 2, 3, 4, 5:
		cmd := resp.Command{"HSET", key}
		for n := 1 + g.Intn(8); n > 0; n-- {
			cmd = append(cmd, g.name(), g.value())
		}
		return cmd
	case 6, 7:
		return append(resp.Command{"HDEL", key}, g.several(6, g.name)...)
	case 8, 9:
		return resp.Command{"HGET", key, g.name()}
	case 10:
		return append(resp.Command{"HMGET", key}, g.several(5, g.name)...)
	case 11:
		return resp.Command{g.pick("HGETALL", "HKEYS", "HVALS"), key}
	case 12, 13:
		return resp.Command{"HLEN", key}
	case 14:
		return resp.Command{g.pick("HEXISTS", "HSTRLEN"), key, g.name()}
	case 15:
		return resp.Command{"HSETNX", key, g.name(), g.value()}
	case 16:
		return resp.Command{"HINCRBY", key, g.name(), strconv.Itoa(g.Intn(9) - 4)}
	case 17:
		return resp.Command{"HINCRBYFLOAT", key, g.name(), "0.5"}
	case 18, 19, 20:
		return append(resp.Command{"HPEXPIRE", key, strconv.Itoa(g.Intn(3000))}, fields(g.several(4, g.name))...)
	case 21:
		return append(resp.Command{"HPERSIST", key}, fields(g.several(4, g.name))...)
	case 22:
		return append(resp.Command{g.pick("HTTL", "HPTTL", "HPEXPIRETIME"), key}, fields(g.several(4, g.name))...)
	case 23:
		return append(resp.Command{"HGETEX", key, "PX", strconv.Itoa(1 + g.Intn(3000))}, fields(g.several(3, g.name))...)
	case 24:
		return append(resp.Command{"HSETEX", key, g.pick("FNX", "FXX"), g.pick("KEEPTTL", "KEEPTTL")}, "FIELDS", "1", g.name(), g.value())
	case 25:
		return append(resp.Command{"HGETDEL", key}, fields(g.several(3, g.name))...)
	case 26:
		return resp.Command{"HRANDFIELD", key, "100000", "WITHVALUES"}
	default:
		return append(resp.Command{"HDEL", key}, g.name())
	}
}

func (g *pagedGen) setCommand() resp.Command {
	key := g.key("s")
	keys := func() []string { return g.several(3, func() string { return g.key("s") }) }
	switch g.Intn(26) {
	case 0, 1, 2, 3, 4, 5, 6:
		return append(resp.Command{"SADD", key}, g.several(10, g.name)...)
	case 7, 8, 9:
		return append(resp.Command{"SREM", key}, g.several(8, g.name)...)
	case 10, 11:
		return resp.Command{"SISMEMBER", key, g.name()}
	case 12:
		return append(resp.Command{"SMISMEMBER", key}, g.several(4, g.name)...)
	case 13:
		return resp.Command{"SMEMBERS", key}
	case 14, 15:
		return resp.Command{"SCARD", key}
	case 16, 17:
		return resp.Command{"SMOVE", key, g.key("s"), g.name()}
	case 18, 19:
		return append(resp.Command{g.pick("SINTER", "SUNION", "SDIFF")}, keys()...)
	case 20:
		return append(resp.Command{g.pick("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), g.key("s")}, keys()...)
	case 21:
		k := keys()
		return append(append(resp.Command{"SINTERCARD", strconv.Itoa(len(k))}, k...), "LIMIT", strconv.Itoa(g.Intn(5)))
	case 22:
		return resp.Command{"SORT", key, "ALPHA", "GET", "#", "GET", "h1->" + g.name()}
	case 23:
		return resp.Command{"ZUNION", "2", key, g.key("s"), "WITHSCORES"}
	case 24:
		return resp.Command{g.pick("SPOP", "SRANDMEMBER"), key, "100000"}
	default:
		return resp.Command{"SORT", key, "ALPHA", "LIMIT", "1", "9", "GET", "h0->*"}
	}
}

// id is one that an entry may have: most are appended with explicit ones.
func (g *pagedGen) id() string {
	switch g.Intn(12) {
	case 0:
		return "-"
	case 1:
		return "+"
	}
	return g.plainID()
}

func (g *pagedGen) plainID() string {
	if g.Intn(8) == 0 {
		return "1700000000" + strconv.Itoa(g.Intn(9000)) + "-" + strconv.Itoa(g.Intn(9))
	}
	return strconv.FormatInt(1+g.Int63n(g.lastID+2), 10) + "-" + strconv.Itoa(g.Intn(2))
}

func (g *pagedGen) streamCommand() resp.Command {
	key := g.key("x")
	trim := func() []string {
		kind := g.pick("MAXLEN", "MINID")
		at := strconv.Itoa(g.Intn(30))
		if kind == "MINID" {
			at = g.plainID()
		}
		return []string{kind, at} // what ~ removes depends on how entries are packed, which is not kept
	}
	switch g.Intn(34) {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		g.lastID += g.Int63n(3)
		cmd := resp.Command{"XADD", key}
		if g.Intn(5) == 0 {
			cmd = append(cmd, trim()...)
		}
		return append(cmd, g.pick("*", strconv.FormatInt(g.lastID, 10)+"-*", strconv.FormatInt(g.lastID, 10)+"-1"), g.name(), g.value())
	case 8, 9:
		return append(resp.Command{"XDEL", key}, g.several(4, g.plainID)...)
	case 10:
		return append(resp.Command{"XTRIM", key}, trim()...)
	case 11, 12:
		return resp.Command{"XLEN", key}
	case 13, 14, 15:
		return resp.Command{"XRANGE", key, g.id(), g.id(), "COUNT", strconv.Itoa(1 + g.Intn(40))}
	case 16, 17:
		return resp.Command{"XREVRANGE", key, g.id(), g.id(), "COUNT", strconv.Itoa(1 + g.Intn(40))}
	case 18:
		return resp.Command{"XRANGE", key, "-", "+"}
	case 19:
		return resp.Command{"XREVRANGE", key, "+", "-"}
	case 20, 21:
		return resp.Command{"XREAD", "COUNT", strconv.Itoa(g.Intn(9)), "STREAMS", key, g.plainID()}
	case 22:
		return resp.Command{"XGROUP", "CREATE", key, g.pick("g", "g2"), g.pick("0", "$", g.plainID())}
	case 23, 24, 25:
		return resp.Command{"XREADGROUP", "GROUP", g.pick("g", "g2"), g.pick("c", "d"), "COUNT", strconv.Itoa(1 + g.Intn(6)), "STREAMS", key, g.pick(">", ">", "0")}
	case 26:
		return append(resp.Command{"XACK", key, g.pick("g", "g2")}, g.several(4, g.plainID)...)
	case 27:
		return append(resp.Command{"XCLAIM", key, g.pick("g", "g2"), "d", "0"}, append(g.several(3, g.plainID), "FORCE")...)
	case 28:
		return resp.Command{"XAUTOCLAIM", key, g.pick("g", "g2"), "c", "0", g.plainID(), "COUNT", "4"}
	case 29:
		return resp.Command{"XPENDING", key, g.pick("g", "g2"), "-", "+", "20"}
	case 30:
		return resp.Command{"XINFO", "GROUPS", key}
	case 31:
		return resp.Command{"XINFO", "STREAM", key, "FULL"}
	case 32:
		return resp.Command{"XSETID", key, g.plainID()}
	default:
		return resp.Command{"XINFO", "STREAM", key}
	}
}

func (g *pagedGen) anyCommand() resp.Command {
	kind := g.pick("h", "s", "x")
	key, other := g.key(kind), g.key(kind)
	switch g.Intn(24) {
	case 0:
		return resp.Command{"DEL", key}
	case 1, 2:
		return resp.Command{"RENAME", key, other}
	case 3:
		return resp.Command{"RENAMENX", key, other}
	case 4, 5, 6:
		return resp.Command{"COPY", key, other, "REPLACE"}
	case 7:
		return resp.Command{g.pick("EXISTS", "TYPE"), key}
	case 8:
		return resp.Command{"PEXPIRE", key, strconv.Itoa(2000 + g.Intn(60000))}
	case 9:
		return resp.Command{"PERSIST", key}
	case 10:
		if g.Intn(6) == 0 {
			return resp.Command{"FLUSHDB"}
		}
		return resp.Command{"SWAPDB", "0", "1"}
	case 11:
		return resp.Command{"MOVE", key, "1"}
	case 12:
		return resp.Command{"KEYS", "*"}
	default:
		return g.fill(kind, key)
	}
}

// fill makes a collection large.
func (g *pagedGen) fill(kind, key string) resp.Command {
	if kind == "x" {
		return resp.Command{"EVAL", fillStream, "1", key, "40"}
	}
	cmd := resp.Command{map[string]string{"h": "HSET", "s": "SADD"}[kind], key}
	for n := 40; n > 0; n-- {
		cmd = append(cmd, g.name())
		if kind == "h" {
			cmd = append(cmd, g.value())
		}
	}
	return cmd
}

// frame is what a client sends at once: commands, a transaction, or a script that
// its budget ends.
func (g *pagedGen) frame() (cmds []resp.Command) {
	switch n := g.Intn(20); {
	case n == 0:
		script := resp.Command{"EVAL", endless, "0"}
		for i := g.Intn(12); i >= 0; i-- {
			cmd := g.command()
			script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
		}
		return []resp.Command{g.command(), script, g.command()}
	case n < 3:
		// Fields of a hash that is not in memory expire when it is read, which
		// fails those who watch it.
		hash := g.key("h")
		cmds = append(cmds, resp.Command{"HLEN", hash}, resp.Command{"WATCH", hash, g.key("s")}, g.command(), resp.Command{"MULTI"})
		for i := g.Intn(4); i >= 0; i-- {
			cmds = append(cmds, g.command())
		}
		return append(cmds, resp.Command{"EXEC"})
	}
	for i := g.Intn(4); i >= 0; i-- {
		cmds = append(cmds, g.command())
	}
	return cmds
}

// TestPagedCollectionsAnswerLikeThoseInMemory runs random commands on an engine
// that keeps all in memory and on engines that serve collections of more than a
// few rows from them, are shed, forget collections and are opened anew at random.
func TestPagedCollectionsAnswerLikeThoseInMemory(t *testing.T) {
	base, rounds := *seed, int64(24)
	if testing.Short() {
		rounds = 6
	}
	for round := int64(0); round < rounds; round++ {
		seed := base + round
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { comparePaged(t, seed, 400) })
	}
}

func comparePaged(t *testing.T, seed int64, frames int) {
	g := &pagedGen{Rand: rand.New(rand.NewSource(seed)), names: 20 + int(seed%5)*40}
	file := fileStore(t)
	defer file.Close()
	most := 1 + g.Intn(12)
	opt := engine.Options{ScriptSteps: 60_000}
	low := opt
	low.ResidentRows = most
	opt.ResidentRows = 1 << 30
	subjects := []*pagedSubject{{t: t, name: "resident", rows: memory.NewRows(), opt: opt},
		{t: t, name: "rows", rows: memory.NewRows(), opt: low}, {t: t, name: "sqlite", rows: file, opt: low}}
	for _, s := range subjects {
		s.open()
	}
	now := int64(1_700_000_000_000_000)
	var history []string
	served := 0
	for i := 0; i < frames; i++ {
		now += g.Int63n(400_000)
		cmds := g.frame()
		for _, cmd := range cmds {
			history = append(history, difftest.Line(cmd))
		}
		bits := g.Uint64()
		want := subjects[0].run(now, bits, cmds...)
		tick := g.Intn(5) == 0
		for _, s := range subjects[1:] {
			got := s.run(now, bits, cmds...)
			for j, cmd := range cmds {
				if a, b := plainReply(cmd, want[j]), plainReply(cmd, got[j]); a != b {
					t.Fatalf("seed %d, frame %d, %s:\nresident %s\n%-8s %s\nbefore:\n%s", seed, i, difftest.Line(cmd), a, s.name, b,
						strings.Join(history[max(0, len(history)-60):], "\n"))
				}
			}
			if tick {
				s.store(s.e.Tick(now+1000, bits))
			}
			switch n := g.Intn(100); {
			case n < 45:
				served += s.e.Shed(func() (bool, bool) { n := g.Intn(20); return n < 12, n == 19 })
				history = append(history, "# "+s.name+" was shed")
			case n < 47:
				s.open()
				history = append(history, "# "+s.name+" was opened anew")
			}
			if g.Intn(20) == 0 {
				if _, err := s.rows.Sweep(1 + g.Intn(500)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if tick {
			subjects[0].store(subjects[0].e.Tick(now+1000, bits))
		}
	}
	if served == 0 {
		t.Error("nothing was ever served from its rows")
	}
}
