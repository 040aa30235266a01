// Package subject drives the engine for comparisons with redis-server: over a
// store that keeps nothing, and over one from whose rows it is opened anew again
// and again. It is for tests only and knows nothing of what is compared.
package subject

import (
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// Volatile is the engine with everything in memory. It is a difftest.Subject.
type Volatile struct {
	T       testing.TB
	e       *engine.Engine
	session uint64
}

// Reset starts an empty engine with one client.
func (s *Volatile) Reset(proto int) {
	e, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		s.T.Fatal(err)
	}
	s.e, s.session = e, e.NewSession(0, proto, "")
}

// Exec runs commands.
func (s *Volatile) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	out := s.e.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		s.T.Fatal(out.Err)
	}
	return out.Replies
}

// Settle does nothing: there are no rows.
func (s *Volatile) Settle() {}

// Stored is the engine over a store that keeps rows. Every few commands it is
// thrown away and opened anew. It is a difftest.Subject and a difftest.Reopener.
type Stored struct {
	T testing.TB
	// Fresh returns an empty store, Again what was stored, opened anew.
	Fresh func() engine.Store
	Again func(engine.Store) engine.Store
	// Options are those of the engine that is opened the n-th time in a round.
	Options func(n int) engine.Options
	// Every says how often Settle opens the engine anew: each so many times.
	Every int

	store   engine.Store
	e       *engine.Engine
	session uint64
	proto   int
	db      string
	now     int64 // of the last commands
	busy    bool  // between WATCH or MULTI and their end: a restart would show
	settled int
	opened  int
	total   int
}

// Reset starts with an empty store.
func (s *Stored) Reset(proto int) {
	s.store, s.proto, s.db, s.busy, s.settled, s.opened = s.Fresh(), proto, "0", false, 0, 0
	s.open()
}

func (s *Stored) open() {
	var opt engine.Options
	if s.Options != nil {
		opt = s.Options(s.opened)
	}
	s.opened++
	s.total++
	e, err := engine.Open(s.store, opt)
	if err != nil {
		s.T.Fatal(err)
	}
	s.e, s.session = e, e.NewSession(0, s.proto, "")
	s.run(max(s.now, 1), 1, []resp.Command{{"SELECT", s.db}})
}

func (s *Stored) run(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	out := s.e.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		s.T.Fatal(out.Err)
	}
	if out.Change != nil {
		if err := s.store.Commit(out.Change); err != nil {
			s.T.Fatal(err)
		}
	}
	return out.Replies
}

// Exec runs commands and stores what they change.
func (s *Stored) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	s.now = now
	replies := s.run(now, seed, cmds)
	for _, cmd := range cmds {
		switch name := cmd.Name(); {
		case name == "WATCH" || name == "MULTI":
			s.busy = true
		case slices.Contains([]string{"EXEC", "DISCARD", "UNWATCH"}, name):
			s.busy = false
		}
	}
	return replies
}

// Reopens tells that packing does not outlive an engine.
func (s *Stored) Reopens() bool { return true }

// Settle sweeps a little, and opens the engine anew when it is time.
func (s *Stored) Settle() {
	s.settled++
	if _, err := s.store.Sweep(1 + s.settled%50); err != nil {
		s.T.Fatal(err)
	}
	if s.settled%max(s.Every, 1) != 0 || s.busy {
		return
	}
	info := s.run(max(s.now, 1), 1, []resp.Command{{"CLIENT", "INFO"}})[0].Str
	_, rest, _ := strings.Cut(info, " db=")
	s.db, _, _ = strings.Cut(rest, " ")
	s.store = s.Again(s.store)
	s.open()
}

// Opened is how many times an engine was opened.
func (s *Stored) Opened() int { return s.total }

// Tight are options with next to no memory, other ones for each engine: what was
// used a moment ago is read from the store again, and all but the smallest
// collections are served from their rows.
func Tight(n int) engine.Options {
	return engine.Options{
		ResidentRows: []int{1, 8, 2, 100, 30}[n%5],
		MaxBytes:     []int64{1, 20_000, 3000, 100_000}[n%4],
	}
}

// Remembered lets through the commands whose answers survive a restart: as in
// Redis, scripts, names of clients and idle times do not.
func Remembered(name string) bool {
	return engine.Served(name) && name != "evalsha" && name != "evalsha_ro" && name != "script|exists" && name != "client|getname" && name != "object|idletime"
}
