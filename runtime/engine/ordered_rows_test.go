package engine_test

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// An orderedSide is an engine with its store.
type orderedSide struct {
	t       testing.TB
	e       *engine.Engine
	store   engine.Store
	session uint64
	opt     engine.Options
}

func (s *orderedSide) open() {
	e, err := engine.Open(s.store, s.opt)
	if err != nil {
		s.t.Fatal(err)
	}
	s.e, s.session = e, e.NewSession(0, 3, "")
}

func (s *orderedSide) exec(seed uint64, cmds []resp.Command) []resp.Reply {
	s.t.Helper()
	out := s.e.Exec(1_700_000_000_000_000, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		s.t.Fatal(out.Err)
	}
	if out.Change != nil {
		if err := s.store.Commit(out.Change); err != nil {
			s.t.Fatal(err)
		}
	}
	return out.Replies
}

// orderedStores are those that collections are served from.
var orderedStores = map[string]func(t testing.TB) (engine.Store, func()){
	"rows": func(t testing.TB) (engine.Store, func()) { return memory.NewRows(), func() {} },
	"file": func(t testing.TB) (engine.Store, func()) {
		s := fileStore(t)
		return s, func() { s.Close() }
	},
}

// compareOrdered runs random frames on an engine that has all in memory and on
// one that lets go what it can whenever it can, and compares the replies. Some
// frames end with a script that its budget ends; some engines are opened anew.
func compareOrdered(t *testing.T, frames int, next func(r *rand.Rand) resp.Command) {
	defer engine.SetFenceRows(engine.SetFenceRows(8))
	for i := 0; i < 2*len(orderedStores); i++ {
		name := []string{"rows", "file"}[i/2]
		open := orderedStores[name]
		// In an eighth of the lesser bound no collection that matters has room.
		bound := int64(160<<10) << (i % 2 * 8)
		t.Run(fmt.Sprint(name, "/", bound), func(t *testing.T) {
			seed := *seed
			if seed == 0 {
				seed = rand.Int63()
			}
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewSource(seed))
			st, end := open(t)
			defer end()
			opt := engine.Options{ScriptSteps: 60_000, ResidentRows: 150, MaxBytes: bound}
			whole := &orderedSide{t: t, store: volatile{}, opt: opt}
			served := &orderedSide{t: t, store: st, opt: opt}
			whole.open()
			served.open()
			most, reopened := 0, 0
			var trace []string
			for i := 0; i < frames; i++ {
				var cmds []resp.Command
				for n := 1 + r.Intn(3); n > 0; n-- {
					cmds = append(cmds, next(r))
				}
				if r.Intn(4) == 0 {
					script := resp.Command{"EVAL", endless, "0"}
					for n := 1 + r.Intn(12); n > 0; n-- {
						cmd := next(r)
						if r.Intn(50) == 0 {
							cmd = resp.Command{"FLUSHDB"}
						}
						script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
					}
					cmds = append(cmds, script, next(r))
				}
				trace = append(trace, fmt.Sprintf("frame %d", i))
				draw := r.Uint64()
				a, b := whole.exec(draw, cmds), served.exec(draw, cmds)
				for j := range cmds {
					trace = append(trace, difftest.Line(cmds[j]))
					if len(trace) > 60 {
						trace = trace[1:]
					}
					if want, got := difftest.Show(a[j]), difftest.Show(b[j]); want != got {
						for _, line := range trace {
							t.Log(line[:min(len(line), 400)])
						}
						t.Fatalf("%s\nanswered in memory %.2000s\nand from rows      %.2000s", difftest.Line(cmds[j]), want, got)
					}
				}
				switch r.Intn(8) {
				case 0, 1, 2:
					trace = append(trace, "shed")
					most = max(most, served.e.ShedOrdered())
				case 3:
					trace = append(trace, "opened anew")
					reopened++
					served.open()
				}
			}
			if most == 0 || reopened == 0 {
				t.Fatalf("%d collections were served from rows at most, and the engine was opened anew %d times", most, reopened)
			}
		})
	}
}

// TestListsServedFromRowsAnswerAlike holds lists that are served from rows against
// lists in memory.
func TestListsServedFromRowsAnswerAlike(t *testing.T) {
	compareOrdered(t, 350, func(r *rand.Rand) resp.Command {
		key := fmt.Sprint("l", r.Intn(3))
		if r.Intn(3) == 0 {
			key = "l0"
		}
		value := func() string { return strings.Repeat("v", r.Intn(3)) + fmt.Sprint(r.Intn(60)) }
		index := func() string { return fmt.Sprint(r.Intn(1600) - 800) }
		end := func() string { return []string{"LEFT", "RIGHT"}[r.Intn(2)] }
		switch r.Intn(24) {
		case 0, 1, 2:
			cmd := resp.Command{[]string{"LPUSH", "RPUSH"}[r.Intn(2)], key}
			for n := 1 + r.Intn(500); n > 0; n-- {
				cmd = append(cmd, value())
			}
			return cmd
		case 3:
			return resp.Command{[]string{"LPUSH", "RPUSH", "LPUSHX", "RPUSHX"}[r.Intn(4)], key, value(), value()}
		case 4:
			return resp.Command{[]string{"LPOP", "RPOP"}[r.Intn(2)], key, fmt.Sprint(r.Intn(200))}
		case 5, 6:
			return resp.Command{[]string{"LPOP", "RPOP"}[r.Intn(2)], key}
		case 7, 8:
			return resp.Command{"LINDEX", key, index()}
		case 9:
			return resp.Command{"LSET", key, index(), value()}
		case 10, 11:
			return resp.Command{"LRANGE", key, index(), index()}
		case 12:
			return resp.Command{"LTRIM", key, fmt.Sprint(r.Intn(400)), fmt.Sprint(-r.Intn(400))}
		case 13:
			return resp.Command{"LTRIM", key, "0", "1200"}
		case 14:
			return resp.Command{"LREM", key, fmt.Sprint(r.Intn(7) - 3), value()}
		case 15:
			return resp.Command{"LINSERT", key, []string{"BEFORE", "AFTER"}[r.Intn(2)], value(), value()}
		case 16:
			return resp.Command{"LPOS", key, value(), "RANK", fmt.Sprint(1 + r.Intn(3)), "MAXLEN", fmt.Sprint(r.Intn(900))}
		case 17:
			return resp.Command{"LPOS", key, value(), "RANK", fmt.Sprint(-1 - r.Intn(3)), "COUNT", fmt.Sprint(r.Intn(4))}
		case 18:
			return resp.Command{"LMOVE", key, "l1", end(), end()}
		case 19:
			return resp.Command{"LMPOP", "2", "l2", key, end(), "COUNT", fmt.Sprint(1 + r.Intn(50))}
		case 20:
			return resp.Command{"COPY", key, fmt.Sprint("l", r.Intn(3)), "REPLACE"}
		case 21:
			return resp.Command{"RENAME", key, fmt.Sprint("l", r.Intn(3))}
		case 22:
			return resp.Command{[]string{"LLEN", "DUMP", "OBJECT|ENCODING", "SORT"}[r.Intn(2)], key}
		}
		return resp.Command{"SORT", key, "ALPHA", "LIMIT", fmt.Sprint(r.Intn(50)), fmt.Sprint(r.Intn(30)), "STORE", "l2"}
	})
}

// zsetCommand is a command on sorted sets of which z0, z1 and z2 have any scores
// and lex has one for all. Bounds fall on scores that there are.
func zsetCommand(r *rand.Rand) resp.Command {
	key := fmt.Sprint("z", r.Intn(3))
	if r.Intn(3) == 0 {
		key = "z0"
	}
	member := func() string {
		switch r.Intn(60) {
		case 0:
			return ""
		case 1:
			return "m\x00\xff"
		}
		return fmt.Sprint("m", r.Intn(900))
	}
	score := func() string {
		switch r.Intn(40) {
		case 0:
			return "inf"
		case 1:
			return "-inf"
		case 2:
			return fmt.Sprint(r.NormFloat64() * 1e9)
		}
		return fmt.Sprint(r.Intn(200) - 100)
	}
	bound := func() string {
		switch r.Intn(8) {
		case 0:
			return "-inf"
		case 1:
			return "+inf"
		}
		return []string{"", "("}[r.Intn(2)] + score()
	}
	lex := func() string {
		switch r.Intn(8) {
		case 0:
			return "-"
		case 1:
			return "+"
		}
		return []string{"[", "("}[r.Intn(2)] + member()
	}
	rank := func() string { return fmt.Sprint(r.Intn(1200) - 600) }
	small := func() string { return fmt.Sprint(r.Intn(30)) }
	pick := func(words ...string) string { return words[r.Intn(len(words))] }
	limit := func(cmd resp.Command) resp.Command {
		if r.Intn(2) == 0 {
			cmd = append(cmd, "LIMIT", fmt.Sprint(r.Intn(40)-1), fmt.Sprint(r.Intn(40)-1))
		}
		return cmd
	}
	switch r.Intn(36) {
	case 0, 1, 2, 3:
		cmd := resp.Command{"ZADD", key}
		for n := 1 + r.Intn(300); n > 0; n-- {
			cmd = append(cmd, score(), member())
		}
		return cmd
	case 4:
		cmd := resp.Command{"ZADD", "lex"}
		for n := 1 + r.Intn(300); n > 0; n-- {
			cmd = append(cmd, "7", member())
		}
		return cmd
	case 5:
		return resp.Command{"ZADD", key, pick("NX", "XX", "GT", "LT", "CH"), score(), member(), score(), member()}
	case 6, 7:
		return resp.Command{"ZINCRBY", key, fmt.Sprint(r.Intn(50) - 25), member()}
	case 8, 9:
		return resp.Command{"ZREM", pick(key, key, "lex"), member(), member(), member()}
	case 10:
		return resp.Command{"ZSCORE", key, member()}
	case 11:
		return resp.Command{"ZMSCORE", key, member(), member()}
	case 12, 13, 14:
		return resp.Command{pick("ZRANK", "ZREVRANK"), key, member(), "WITHSCORE"}
	case 15:
		return resp.Command{pick("ZRANGE", "ZREVRANGE"), key, rank(), rank(), "WITHSCORES"}
	case 16:
		return resp.Command{pick("ZRANGE", "ZREVRANGE"), key, "0", small()}
	case 17:
		return resp.Command{pick("ZRANGE", "ZREVRANGE"), key, "-" + small(), "-1", "WITHSCORES"}
	case 18:
		return limit(resp.Command{pick("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), key, bound(), bound(), "WITHSCORES"})
	case 19:
		return limit(resp.Command{"ZRANGE", key, bound(), bound(), "BYSCORE"})
	case 20:
		return limit(resp.Command{pick("ZRANGEBYLEX", "ZREVRANGEBYLEX"), "lex", lex(), lex()})
	case 21:
		return resp.Command{"ZLEXCOUNT", "lex", lex(), lex()}
	case 22, 23:
		return resp.Command{"ZCOUNT", key, bound(), bound()}
	case 24:
		return resp.Command{pick("ZPOPMIN", "ZPOPMAX"), key, fmt.Sprint(r.Intn(60))}
	case 25:
		return resp.Command{"ZMPOP", "2", "z1", key, pick("MIN", "MAX"), "COUNT", fmt.Sprint(1 + r.Intn(30))}
	case 26:
		return resp.Command{"ZREMRANGEBYRANK", key, fmt.Sprint(r.Intn(400) - 200), fmt.Sprint(r.Intn(400) - 200)}
	case 27:
		return resp.Command{"ZREMRANGEBYSCORE", key, score(), score()}
	case 28:
		return resp.Command{"ZREMRANGEBYLEX", "lex", "[m" + small(), "[m" + small()}
	case 29:
		return resp.Command{"ZRANDMEMBER", key, pick("1", "5", "60", "-4", "-50"), "WITHSCORES"}
	case 30:
		return resp.Command{pick("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"), "z2", "2", key, pick("z1", key, "lex")}
	case 31:
		return resp.Command{pick("ZUNION", "ZINTER", "ZDIFF"), "2", pick("z1", key), key, "WITHSCORES"}
	case 32:
		return resp.Command{"ZRANGESTORE", "z2", key, rank(), rank()}
	case 33:
		return resp.Command{"ZRANGESTORE", "z2", key, bound(), bound(), "BYSCORE", "LIMIT", small(), "300"}
	case 34:
		return resp.Command{pick("COPY", "RENAME"), key, fmt.Sprint("z", r.Intn(3))}
	}
	return resp.Command{pick("ZCARD", "DUMP", "ZCARD", "SORT"), key, "ALPHA"}[:2+r.Intn(2)]
}

// TestSortedSetsServedFromRowsAnswerAlike holds sorted sets that are served from
// rows against sorted sets in memory.
func TestSortedSetsServedFromRowsAnswerAlike(t *testing.T) { compareOrdered(t, 500, zsetCommand) }

// TestScansOfServedSortedSetsFindEverything walks through a sorted set that is
// served from rows with ZSCAN and GEOSEARCH, while it changes and is shed.
func TestScansOfServedSortedSetsFindEverything(t *testing.T) {
	for name, open := range orderedStores {
		t.Run(name, func(t *testing.T) {
			st, end := open(t)
			defer end()
			opt := engine.Options{ResidentRows: 150, MaxBytes: 160 << 10}
			whole := &orderedSide{t: t, store: volatile{}, opt: opt}
			served := &orderedSide{t: t, store: st, opt: opt}
			whole.open()
			served.open()
			r := rand.New(rand.NewSource(*seed))
			both := func(cmd resp.Command) {
				t.Helper()
				a, b := whole.exec(1, []resp.Command{cmd}), served.exec(1, []resp.Command{cmd})
				if want, got := difftest.Show(a[0]), difftest.Show(b[0]); want != got {
					t.Fatalf("%s\nanswered in memory %.2000s\nand from rows      %.2000s", difftest.Line(cmd), want, got)
				}
			}
			add := resp.Command{"GEOADD", "g"}
			for i := 0; i < 3000; i++ {
				add = append(add, fmt.Sprint(r.Float64()*20), fmt.Sprint(40+r.Float64()*10), fmt.Sprint("stays", i))
			}
			both(add)
			for i := 0; i < 60; i++ {
				both(resp.Command{"ZCARD", "g"})
				if served.e.ShedOrdered() == 0 {
					t.Fatal("the set is not served from its rows")
				}
				both(resp.Command{"GEOADD", "g", "10", "45", fmt.Sprint("new", i), "3", "41", fmt.Sprint("stays", r.Intn(3000))})
				both(resp.Command{"GEOSEARCH", "g", "FROMLONLAT", fmt.Sprint(r.Float64() * 20), "45", "BYRADIUS", fmt.Sprint(r.Intn(300)), "km", "ASC", "WITHDIST"})
				both(resp.Command{"GEOSEARCH", "g", "FROMMEMBER", fmt.Sprint("stays", r.Intn(3000)), "BYBOX", "400", "300", "km", "COUNT", "20", "ANY", "WITHHASH"})
				both(resp.Command{"GEODIST", "g", "stays1", fmt.Sprint("stays", r.Intn(3000)), "km"})
				both(resp.Command{"GEOSEARCHSTORE", "to", "g", "FROMLONLAT", "10", "45", "BYRADIUS", "100", "km"})
			}
			found := map[string]int{}
			cursor, pages := "0", 0
			for {
				page := served.exec(1, []resp.Command{{"ZSCAN", "g", cursor, "COUNT", "100"}})[0]
				for i := 0; i < len(page.Elems[1].Elems); i += 2 {
					found[page.Elems[1].Elems[i].Str]++
				}
				if cursor = page.Elems[0].Str; cursor == "0" {
					break
				}
				if pages++; pages%5 == 0 {
					served.e.ShedOrdered()
				}
				served.exec(1, []resp.Command{{"ZREM", "g", fmt.Sprint("new", pages)}, {"ZADD", "g", "1", fmt.Sprint("late", pages)}})
			}
			for i := 0; i < 3000; i++ {
				if n := found[fmt.Sprint("stays", i)]; n != 1 {
					t.Fatalf("ZSCAN found stays%d %d times", i, n)
				}
			}
			if pages < 20 {
				t.Fatalf("ZSCAN had %d pages", pages)
			}
		})
	}
}
