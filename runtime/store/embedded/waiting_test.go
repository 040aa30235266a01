package embedded_test

import (
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var lagSeed = flag.Int64("lagseed", 0, "seed of the test of waiting changes; 0 draws one")

// TestReadsSeeWhatWaitsToBeStored runs random commands on an engine that must
// read nearly everything from a store which is behind, and on one whose store is
// not.
func TestReadsSeeWhatWaitsToBeStored(t *testing.T) {
	seed := *lagSeed
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d (repeat with -lagseed)", seed)
	for round := int64(0); round < 6; round++ {
		lagRound(t, seed+round)
	}
}

func lagRound(t *testing.T, seed int64) {
	rnd := rand.New(rand.NewSource(seed))
	now := int64(1_700_000_000_000_000)
	gen, err := difftest.NewGen(seed, now/1000, func(name string) bool {
		word, _, _ := strings.Cut(strings.ToLower(name), "|")
		return engine.Served(name) && !slices.Contains([]string{"script", "eval", "evalsha", "eval_ro", "evalsha_ro", "function", "fcall", "fcall_ro",
			"memory", "info", "client", "quit", "reset", "hello", "object", "command", "config", "slowlog", "latency", "debug"}, word)
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := [2]*memory.Rows{memory.NewRows(), memory.NewRows()}
	lag := embedded.NewLag(rows[1])
	var engines [2]*engine.Engine
	var sessions [2]uint64
	for i, store := range []engine.Store{rows[0], lag} {
		if engines[i], err = engine.Open(store, engine.Options{MaxBytes: 3000, ResidentRows: 8}); err != nil {
			t.Fatal(err)
		}
		sessions[i] = engines[i].NewSession(0, 3, "")
	}
	var history []string
	fatal := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("seed %d: %s\nbefore:\n%s", seed, fmt.Sprintf(format, args...), strings.Join(history[max(0, len(history)-60):], "\n"))
	}
	take := func(i int, out engine.Outcome) {
		t.Helper()
		if out.Err != nil {
			fatal("%v", out.Err)
		}
		if out.Change == nil {
			return
		}
		if i == 1 {
			lag.Add(out.Change)
		} else if err := rows[0].Commit(out.Change); err != nil {
			fatal("%v", err)
		}
	}
	waited := 0
	for frame := 0; frame < 1500; frame++ {
		cmds := gen.Next()
		if rnd.Intn(30) == 0 {
			cmds = append(cmds, resp.Command{"SCAN", "0", "COUNT", "1000"}, resp.Command{"DBSIZE"})
		}
		for _, cmd := range cmds {
			history = append(history, difftest.Line(cmd))
		}
		bits := rnd.Uint64()
		var replies [2][]resp.Reply
		for i := range engines {
			out := engines[i].Exec(now, bits, engine.Frame{Session: sessions[i], Commands: cmds, NoBlock: true})
			take(i, out)
			replies[i] = out.Replies
		}
		for j, cmd := range cmds {
			if a, b := difftest.Show(replies[0][j]), difftest.Show(replies[1][j]); a != b {
				fatal("%s:\nstored at once %s\nbehind         %s", difftest.Line(cmd), a, b)
			}
		}
		if rnd.Intn(10) == 0 {
			now += int64(rnd.Intn(100_000_000))
			for i := range engines {
				take(i, engines[i].Tick(now, bits))
			}
		}
		waited += lag.Waiting()
		switch rnd.Intn(12) {
		case 0:
			lag.Take()
		case 1:
			if err := lag.Put(); err != nil {
				fatal("%v", err)
			}
		case 2:
			lag.Publish()
		}
	}
	if waited < 3000 {
		t.Errorf("seed %d: just %d changes waited, summed up over the frames", seed, waited)
	}
}

// TestReadingAPointStoresNothing asks for keys and elements that are not in
// memory while changes wait.
func TestReadingAPointStoresNothing(t *testing.T) {
	rows := memory.NewRows()
	lag := embedded.NewLag(rows)
	e, err := engine.Open(lag, engine.Options{MaxBytes: 1, ResidentRows: 4})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	exec := func(args ...string) resp.Reply {
		out := e.Exec(1_700_000_000_000_000, 1, engine.Frame{Session: s, Commands: []resp.Command{args}})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		if out.Change != nil {
			lag.Add(out.Change)
		}
		return out.Replies[0]
	}
	exec("SET", "a", "1")
	exec("SET", "b", "2", "PX", "100000")
	exec("SET", "c", "3")
	exec("DEL", "c")
	lag.Take()
	exec("SET", "b", "4")
	exec("DEL", "a")
	exec("SET", "c", "5")
	waiting := lag.Waiting()
	for _, read := range [][]string{{"GET", "a", ""}, {"GET", "b", "4"}, {"GET", "c", "5"}, {"GET", "nothing", ""}} {
		if got := exec(read[:2]...).Str; got != read[2] {
			t.Errorf("%v: %q, want %q", read[:2], got, read[2])
		}
	}
	if n := len(exec("KEYS", "*").Elems); n != 2 {
		t.Errorf("KEYS finds %d keys", n)
	}
	if lag.Waiting() != waiting {
		t.Errorf("%d changes wait after reads, and %d before", lag.Waiting(), waiting)
	}
}
