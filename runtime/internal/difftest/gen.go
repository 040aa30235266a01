package difftest

import (
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Gen makes random commands from the shapes. The same seed makes the same
// commands, absolute times aside.
type Gen struct {
	rnd    *rand.Rand
	shapes []parsed
	total  int
	nowMs  int64
	group  string // of the shape being filled
	among  bool   // other clients can serve a command that blocks

	streamMs, streamSeq int64 // of the newest id of a stream
}

// NewGen returns a generator of the commands that served lets through. nowMs is
// the Unix time in milliseconds that expiries in the past and future are
// reckoned from.
func NewGen(seed, nowMs int64, served func(name string) bool) (*Gen, error) {
	g := &Gen{rnd: rand.New(rand.NewSource(seed)), nowMs: nowMs}
	for _, s := range shapes {
		p, err := parse(s)
		if err != nil {
			return nil, err
		}
		if !served(p.name) {
			continue
		}
		g.shapes = append(g.shapes, p)
		g.total += p.weight
	}
	if g.total == 0 {
		return nil, fmt.Errorf("difftest: no command is served")
	}
	return g, nil
}

// Next returns the next commands: one, or a whole transaction.
func (g *Gen) Next() []resp.Command {
	switch n := g.rnd.Intn(100); {
	case n == 0:
		return []resp.Command{{pickOf(g.rnd, "MULTI", "EXEC", "DISCARD", "UNWATCH")}, {"DISCARD"}, {"UNWATCH"}}
	case n <= 3:
		return g.transaction()
	}
	for {
		p := g.any()
		if g.among && g.chance(60) && !p.inTx && !serves[p.name] {
			continue // more of what blocks, and of what serves it
		}
		if g.among && !p.outTx || !g.among && !p.inTx {
			return []resp.Command{g.fill(p)}
		}
	}
}

// serves are commands that give those who wait what they wait for.
var serves = map[string]bool{
	"lpush": true, "rpush": true, "lmove": true, "rename": true, "zadd": true, "zincrby": true, "xadd": true, "del": true,
	"zunionstore": true, "copy": true, "swapdb": true, "xgroup|create": true, "xgroup|destroy": true, "restore": true, "sort": true,
}

func (g *Gen) any() *parsed {
	n := g.rnd.Intn(g.total)
	for i := range g.shapes {
		if n -= g.shapes[i].weight; n < 0 {
			return &g.shapes[i]
		}
	}
	return &g.shapes[0]
}

func (g *Gen) transaction() []resp.Command {
	var cmds []resp.Command
	if g.chance(30) {
		cmds = append(cmds, resp.Command{"WATCH", g.key()})
		if g.chance(30) {
			cmds = append(cmds, resp.Command{"SET", g.key(), "watched"})
		}
	}
	cmds = append(cmds, resp.Command{"MULTI"})
	for n := g.rnd.Intn(6); n >= 0; n-- {
		if p := g.any(); !p.outTx {
			cmds = append(cmds, g.fill(p))
		}
	}
	return append(cmds, resp.Command{pickOf(g.rnd, "EXEC", "EXEC", "EXEC", "EXEC", "EXEC", "DISCARD")})
}

func (g *Gen) chance(percent int) bool { return g.rnd.Intn(100) < percent }

// fill makes a command from a shape, now and then a bent one.
func (g *Gen) fill(p *parsed) resp.Command {
	g.group = p.group
	var cmd resp.Command
	for _, n := range p.nodes {
		cmd = g.put(n, cmd)
	}
	if g.chance(20) {
		cmd[0] = strings.ToLower(cmd[0])
	}
	// A bent script is compiled by another Lua, with other words for its errors.
	steady := p.group == "lex" && p.name == "zadd" || strings.HasPrefix(p.name, "eval") || strings.HasPrefix(p.name, "script") ||
		strings.HasPrefix(p.name, "function")
	if g.chance(3) && !steady && p.group != "auto" {
		bent := g.bend(cmd)
		if p.name != "xadd" || !slices.Contains(bent, "*") { // the clock's id would spoil the stream
			cmd = bent
		}
	}
	return cmd
}

// bend drops, doubles or spoils an argument.
func (g *Gen) bend(cmd resp.Command) resp.Command {
	if len(cmd) < 2 {
		return append(cmd, g.odd())
	}
	i := 1 + g.rnd.Intn(len(cmd)-1)
	switch g.rnd.Intn(4) {
	case 0:
		return append(cmd[:i:i], cmd[i+1:]...)
	case 1:
		return append(cmd[:i:i], append(resp.Command{cmd[i]}, cmd[i:]...)...)
	case 2:
		return append(cmd[:len(cmd):len(cmd)], g.odd())
	}
	bent := append(resp.Command(nil), cmd...)
	bent[i] = g.odd()
	return bent
}

// odd is a value that is wrong almost everywhere and harmless everywhere.
func (g *Gen) odd() string {
	return pickOf(g.rnd, "", "abc", "-1", "1.5", " 1", "1 ", "+1", "01", "-0", "nan", "inf", "9223372036854775808",
		"\x00", "a\r\nb", "(", "[", "WITHSCORES", "LIMIT", "NX", "*", g.key())
}

func (g *Gen) put(n node, cmd resp.Command) resp.Command {
	switch {
	case n.alternatives != nil:
		for _, child := range n.alternatives[g.rnd.Intn(len(n.alternatives))] {
			cmd = g.put(child, cmd)
		}
		return cmd
	case n.make == nil:
		return append(cmd, n.word)
	}
	times := 1
	switch n.repeat {
	case '+':
		times = 1 + g.rnd.Intn(4)
	case '*':
		times = 60 + g.rnd.Intn(200)
	case '#':
		times = 1000 + g.rnd.Intn(2000)
	}
	for ; times > 0; times-- {
		for _, make := range n.make {
			cmd = append(cmd, make(g))
		}
	}
	return cmd
}

func pickOf(rnd *rand.Rand, words ...string) string { return words[rnd.Intn(len(words))] }

// key is most often one that holds what the shape's group works on.
func (g *Gen) key() string {
	group := g.group
	switch {
	case group == "auto": // ids come from the clock: no other command may see them
	case group == "lex":
		if g.chance(5) {
			group = "word"
		}
	case group == "" || g.chance(12):
		group = pickOf(g.rnd, "string", "hash", "list", "set", "zset", "stream", "none")
	}
	if n := g.rnd.Intn(100); n < 3 && group != "auto" && group != "lex" {
		return group + pickOf(g.rnd, "", ":\x00\xff", ": \r\n", ":é{", ":"+strings.Repeat("k", 300))
	}
	return fmt.Sprintf("%s:%d", group, g.rnd.Intn(5))
}

func (g *Gen) member() string {
	switch n := g.rnd.Intn(100); {
	case n < 60:
		return "m" + strconv.Itoa(g.rnd.Intn(20))
	case n < 70:
		return strconv.Itoa(g.rnd.Intn(30) - 10)
	case n < 94:
		return "m" + strconv.Itoa(g.rnd.Intn(600))
	}
	return pickOf(g.rnd, "", "n\x00\xff", "é", strings.Repeat("x", 70), "a b", "9223372036854775807", "-9223372036854775808", "007")
}

func (g *Gen) integer() string {
	if g.chance(80) {
		return strconv.Itoa(g.rnd.Intn(20) - 6)
	}
	return pickOf(g.rnd, "0", "-1", "100", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"", "a", "1.0", "+1", " 1", "01", "-0", "1e2")
}

// small is an integer that no command takes much memory for.
func (g *Gen) small() string {
	if g.chance(85) {
		return strconv.Itoa(g.rnd.Intn(40))
	}
	return pickOf(g.rnd, "-1", "0", "-5", "300", "a", "", "1.5", "99999999999999999999")
}

// float is a score, now and then one that is refused.
//
// Nothing is out of a double's range: it would leave an errno behind that SORT
// in redis-server takes for its own.
func (g *Gen) float() string {
	switch n := g.rnd.Intn(100); {
	case n < 50:
		return strconv.Itoa(g.rnd.Intn(12) - 4)
	case n < 75:
		return strconv.FormatFloat(float64(g.rnd.Intn(1000)-300)/100, 'g', -1, 64)
	case n < 85:
		return strconv.FormatFloat(g.rnd.NormFloat64()*1e6, 'g', -1, 64)
	}
	return pickOf(g.rnd, "inf", "-inf", "+inf", "Infinity", "nan", "0", "-0.0", "1e308", "-1e308", "1e17", "123456789012345678",
		"1e-300", "0x1p3", "0x10", "1e2", ".5", "5.", "", "abc", " 1", "1 ", "1,5", "3.0e-5", "0.1", "1_0")
}

// number is a float that INCRBYFLOAT and its kin take without odd rounding in
// the range where long doubles are exact.
func (g *Gen) number() string {
	if g.chance(80) {
		return strconv.FormatFloat(float64(g.rnd.Intn(20000)-8000)/float64(pickInt(g.rnd, 1, 2, 10, 100, 1000)), 'g', -1, 64)
	}
	return pickOf(g.rnd, "5.0e3", "1e17", "-1e-5", "0", "inf", "-inf", "nan", "abc", "", " 1", "1 ", "3.14159265358979", "0x10")
}

func pickInt(rnd *rand.Rand, ns ...int) int { return ns[rnd.Intn(len(ns))] }

func (g *Gen) scoreBound() string {
	switch n := g.rnd.Intn(100); {
	case n < 20:
		return "(" + g.float()
	case n < 40:
		return pickOf(g.rnd, "-inf", "+inf")
	case n < 42:
		return pickOf(g.rnd, "(", "((1", "[1", " 2", "1\x002")
	}
	return g.float()
}

func (g *Gen) lexBound() string {
	switch n := g.rnd.Intn(100); {
	case n < 40:
		return "[" + g.member()
	case n < 70:
		return "(" + g.member()
	case n < 95:
		return pickOf(g.rnd, "-", "+")
	}
	return pickOf(g.rnd, "", "a", "--", "++", "(", "[", "1")
}

func (g *Gen) value() string {
	switch n := g.rnd.Intn(100); {
	case n < 30:
		return strconv.Itoa(g.rnd.Intn(200) - 50)
	case n < 60:
		return g.member()
	case n < 75:
		return g.number()
	case n < 80:
		return strings.Repeat("long ", 20)
	}
	return "v" + strconv.Itoa(g.rnd.Intn(50))
}

// seconds is a span that no run lasts and no other span equals.
func (g *Gen) seconds() string {
	if g.chance(85) {
		return strconv.Itoa(100_000 + g.rnd.Intn(1_000_000_000))
	}
	return pickOf(g.rnd, "0", "-1", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854776", "abc", "", "1.5")
}

// unixSeconds and unixMs are points far away or in the past.
func (g *Gen) unixSeconds() string {
	switch {
	case g.chance(80):
		return strconv.Itoa(4_000_000_000 + 1000*g.rnd.Intn(20))
	case g.chance(50):
		return strconv.FormatInt(g.nowMs/1000-int64(g.rnd.Intn(1000)+10), 10)
	}
	return g.seconds()
}

func (g *Gen) unixMs() string {
	switch {
	case g.chance(80):
		return strconv.Itoa(4_000_000_000_000 + 1000*g.rnd.Intn(20))
	case g.chance(50):
		return strconv.FormatInt(g.nowMs-int64(g.rnd.Intn(100000)+10000), 10)
	}
	return g.seconds()
}

func (g *Gen) pattern() string {
	return pickOf(g.rnd, "*", "m*", "m1?", "m[1-3]*", "m[^1]*", "*:1", "s*", "[a-", "\\*", "", "m1", "?")
}

func (g *Gen) bitfieldType() string {
	return pickOf(g.rnd, "u8", "i8", "u1", "i64", "u63", "i5", "u16", "i32", "u64", "i65", "u0", "x8", "i", "")
}

// score is a float that every command takes.
func (g *Gen) score() string {
	if g.chance(70) {
		return strconv.Itoa(g.rnd.Intn(40) - 10)
	}
	return strconv.FormatFloat(g.rnd.NormFloat64()*100, 'g', -1, 64)
}

// Makes reports whether a run sends a command, a sub-command written as
// "script|load".
func Makes(name string) bool {
	for _, s := range shapes {
		if p, err := parse(s); err == nil && p.name == name {
			return true
		}
	}
	return slices.Contains(steering, name)
}

// steering are the commands that no shape makes, since a run must follow them.
var steering = []string{"multi", "exec", "discard", "unwatch"}
