package engine_test

import (
	"fmt"
	"math/rand"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
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
		s := sqlite.New(filepath.Join(t.TempDir(), "paged.db"), sqlite.SyncOff)
		return s, func() { s.Close() }
	},
}

// compareOrdered runs random frames on an engine that has all in memory and on
// one that lets go what it can whenever it can, and compares the replies. Some
// frames end with a script that its budget ends; some engines are opened anew.
func compareOrdered(t *testing.T, frames int, next func(r *rand.Rand) resp.Command) {
	for name, open := range orderedStores {
		t.Run(name, func(t *testing.T) {
			seed := *seed
			if seed == 0 {
				seed = rand.Int63()
			}
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewSource(seed))
			st, end := open(t)
			defer end()
			opt := engine.Options{ScriptSteps: 60_000, ResidentRows: 150}
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
	compareOrdered(t, 1500, func(r *rand.Rand) resp.Command {
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
