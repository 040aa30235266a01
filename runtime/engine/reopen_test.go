package engine_test

import (
	"slices"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// reopening is an engine whose rows are kept; every now and then it is thrown
// away and opened anew from them.
type reopening struct {
	t       testing.TB
	rows    *memory.Rows
	e       *engine.Engine
	session uint64
	proto   int
	db      string
	busy    bool // between WATCH or MULTI and their end: a restart would show
	settled int
	reopens int
}

func (s *reopening) Reset(proto int) {
	s.rows, s.proto, s.db, s.busy = memory.NewRows(), proto, "0", false
	s.open()
}

func (s *reopening) open() {
	e, err := engine.Open(s.rows, engine.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.e, s.session = e, e.NewSession(0, s.proto, "")
	s.run(1, 1, []resp.Command{{"SELECT", s.db}})
}

func (s *reopening) run(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	out := s.e.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		s.t.Fatal(out.Err)
	}
	if out.Change != nil {
		if err := s.rows.Commit(out.Change); err != nil {
			s.t.Fatal(err)
		}
	}
	return out.Replies
}

func (s *reopening) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	replies := s.run(now, seed, cmds)
	for i, cmd := range cmds {
		switch name := cmd.Name(); {
		case name == "WATCH" || name == "MULTI":
			s.busy = true
		case slices.Contains([]string{"EXEC", "DISCARD", "UNWATCH"}, name):
			s.busy = false
		case name == "SELECT" && replies[i].Kind == resp.Status && !s.busy:
			s.db = cmd[1]
		}
	}
	return replies
}

// Reopens tells that packing does not outlive an engine.
func (s *reopening) Reopens() bool { return true }

func (s *reopening) Settle() {
	if s.settled++; s.settled%3 != 0 || s.busy {
		return
	}
	if _, err := s.rows.Sweep(1 << 20); err != nil {
		s.t.Fatal(err)
	}
	s.reopens++
	s.open()
}

// TestRowsAreTheWholeState compares an engine that is opened anew from its rows
// again and again with redis-server.
func TestRowsAreTheWholeState(t *testing.T) {
	addr := testneed.RedisServer(t)
	// A restart forgets scripts, as Redis does.
	served := func(name string) bool { return engine.Served(name) && name != "evalsha" && name != "script|exists" }
	s := &reopening{t: t}
	difftest.Run(t, s, difftest.Options{Addr: addr, Seed: *seed + 17, Commands: *commands / 4, Proto: 3, Served: served})
	if s.reopens == 0 {
		t.Fatal("the engine was never opened anew")
	}
	t.Logf("opened anew %d times", s.reopens)
}
