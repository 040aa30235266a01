package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/fault"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// session opens a session behind the package.
func session(t *testing.T, b *fault.Backend) store.Session {
	t.Helper()
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// frame runs commands, given as words, and fails the test where they fail.
func frame(t *testing.T, s store.Session, cmds ...resp.Command) []resp.Reply {
	t.Helper()
	replies, err := s.Execute(ctx, cmds)
	if err != nil {
		t.Fatal(cmds, err)
	}
	return replies
}

// What waits for data is sent once, and that nothing came is no fault of the store.
func TestWhatWaitsIsSentOnce(t *testing.T) {
	w, b, _ := open(t, fault.Options{Failures: 1, Open: time.Hour})
	s := session(t, b)
	w.breaks(1, fmt.Errorf("nothing came: %w", context.DeadlineExceeded))
	wait := resp.Command{"XREAD", "BLOCK", "1000", "STREAMS", "x", "0"}
	if _, err := s.Execute(ctx, []resp.Command{wait}); !errors.Is(err, context.DeadlineExceeded) || w.count("XREAD") != 1 {
		t.Errorf("%v, sent %d times", err, w.count("XREAD"))
	}
	if st := b.Stats(); st.Breaker != fault.Closed || st.Failures != 0 {
		t.Errorf("that nothing came: %+v", st)
	}
	w.breaks(1, errLost)
	if _, err := s.Execute(ctx, []resp.Command{wait}); !errors.Is(err, errLost) || w.count("XREAD") != 1 {
		t.Errorf("%v, sent %d times", err, w.count("XREAD"))
	}
	// A frame that does not wait and has no answer in its time is a fault.
	w.breaks(1, context.DeadlineExceeded)
	if _, err := s.Execute(ctx, []resp.Command{{"INCR", "n"}}); err == nil || b.Stats().Breaker != fault.Open {
		t.Errorf("%v %+v", err, b.Stats())
	}
}

// Who gives up on the frame that the breaker lets through has not seen that the store is
// well: it opens again.
func TestTheFrameThatTriesIsGivenUp(t *testing.T) {
	w, b, _ := open(t, fault.Options{Failures: 1, Open: time.Millisecond, Retries: -1})
	s := session(t, b)
	w.breaks(1, errLost)
	if _, err := s.Execute(ctx, []resp.Command{{"GET", "k"}}); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); b.Stats().Breaker != fault.HalfOpen; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it stays open")
		}
	}
	w.breaks(1, context.Canceled)
	if _, err := s.Execute(ctx, []resp.Command{{"GET", "k"}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if st := b.Stats(); st.Breaker == fault.Closed || st.Opened != 2 {
		t.Errorf("%+v", st)
	}
}

// What is written to another database is forgotten there.
func TestWritesToOtherDatabasesAreForgotten(t *testing.T) {
	for name, write := range map[string][]resp.Command{
		"COPY":   {{"COPY", "from", "cache:1", "DB", "1", "REPLACE"}},
		"MOVE":   {{"MOVE", "cache:1", "1"}},
		"SELECT": {{"SELECT", "1"}, {"SET", "cache:1", "new"}, {"SELECT", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, b, _ := open(t, fault.Options{Caches: []string{"cache:*"}, Retries: -1, Failures: -1})
			there, err := b.NewSession(store.SessionOptions{Protocol: 2, DB: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer there.Close()
			here := session(t, b)
			get := resp.Command{"GET", "cache:1"}
			frame(t, here, resp.Command{"MSET", "from", "new", "cache:1", "new"})
			if name != "MOVE" { // which does nothing where there is a key, but its place may have been empty
				frame(t, there, resp.Command{"SET", "cache:1", "old"})
			}
			frame(t, there, get)
			frame(t, here, write...)
			w.breaks(-1, errLost)
			if r, err := there.Execute(ctx, []resp.Command{get}); !errors.Is(err, errLost) {
				t.Errorf("%v %v, from before it was written", r, err)
			}
		})
	}
}

// Answers that are no values of the key now are not remembered, and who gives up is not
// answered.
func TestWhatIsNotRemembered(t *testing.T) {
	w, b, _ := open(t, fault.Options{Caches: []string{"cache:*"}, Retries: -1, Failures: -1})
	get := resp.Command{"GET", "cache:1"}
	queues, s := session(t, b), session(t, b)
	frame(t, s, resp.Command{"SET", "cache:1", "v"})
	frame(t, queues, resp.Command{"MULTI"})
	frame(t, queues, get)
	w.breaks(1, errLost)
	if r, err := s.Execute(ctx, []resp.Command{get}); err == nil {
		t.Errorf("of a transaction: %v", r)
	}
	frame(t, s, get)
	w.breaks(1, context.Canceled)
	if r, err := s.Execute(ctx, []resp.Command{get}); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v %v", r, err)
	}
	w.breaks(1, errLost)
	if r, err := s.Execute(ctx, []resp.Command{get}); err != nil || !r[0].Stale || r[0].Str != "v" {
		t.Errorf("%v %v", r, err)
	}
	// What the store itself has from memory.
	outer := fault.Wrap(b, fault.Options{Caches: []string{"cache:*"}, Retries: -1, Failures: -1})
	o := session(t, outer)
	w.breaks(-1, errLost)
	if r := frame(t, o, get); !r[0].Stale {
		t.Error(r)
	}
	if n := outer.Stats().Bytes; n != 0 {
		t.Errorf("a stale answer is remembered: %d bytes", n)
	}
}

// A transaction that leaves the session another one: it is not replaced.
func TestATransactionThatSelects(t *testing.T) {
	w, b, _ := open(t, fault.Options{Failures: -1})
	s := session(t, b)
	frame(t, s, resp.Command{"SET", "k", "0"})
	frame(t, s, resp.Command{"MULTI"}, resp.Command{"SELECT", "1"}, resp.Command{"EXEC"})
	frame(t, s, resp.Command{"SET", "k", "1"})
	w.breaks(1, errLost)
	if r, err := s.Execute(ctx, []resp.Command{{"GET", "k"}}); !errors.Is(err, errLost) {
		t.Errorf("%v %v: of which database?", r, err)
	}
}

// told is a store that remembers what its programs say of themselves.
type told struct {
	store.Backend
	of func() (retries, fallbacks uint64, breaker string)
}

func (b *told) TellFaults(of func() (retries, fallbacks uint64, breaker string)) { b.of = of }

// A store that remembers what programs say of themselves is told of the breaker, too.
func TestFaultsAreTold(t *testing.T) {
	inner, err := store.Open("memory://told")
	if err != nil {
		t.Fatal(err)
	}
	b := &told{Backend: inner}
	f := fault.Wrap(b, fault.Options{})
	defer f.Close()
	if b.of == nil {
		t.Fatal("nothing is told")
	}
	s := session(t, f)
	if _, err := s.Execute(context.Background(), []resp.Command{{"GET", "k"}}); err != nil {
		t.Fatal(err)
	}
	have := f.Stats()
	if retries, fallbacks, breaker := b.of(); retries != have.Retries || fallbacks != have.Fallbacks || breaker != "closed" {
		t.Error(retries, fallbacks, breaker, have)
	}
}
