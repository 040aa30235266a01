package phase

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// closing is a side whose sessions, when it is told to, have been closed by the server: the
// next frame of each session that was open then finds out.
type closing struct {
	store.Backend
	times *atomic.Int64
}

func (c closing) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := c.Backend.NewSession(opt)
	return &closingSession{s, c.times, c.times.Load()}, err
}

type closingSession struct {
	store.Session
	times *atomic.Int64
	made  int64
}

func (s *closingSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if s.times.Load() != s.made {
		return nil, store.ErrClosed
	}
	return s.Session.Execute(ctx, cmds)
}

// Connections that a side has closed are made anew, but for those on which something depends.
func TestConnectionsThatAreClosed(t *testing.T) {
	w := newTwo(t)
	w.apart = true
	a, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	var times atomic.Int64
	p, err := Open(context.Background(), Side{closing{a, &times}, false}, Side{closing{b, &times}, false}, Options{Lease: testLease, Follow: 5 * time.Millisecond, Compare: -1, Report: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, watching, queueing := newSession(t, p), newSession(t, p), newSession(t, p)
	must(t, s, "SET k 1")
	must(t, watching, "WATCH k")
	must(t, queueing, "MULTI")
	must(t, queueing, "SET k queued")
	times.Add(1)
	must(t, s, "SET k 2")
	replies, err := watching.Execute(context.Background(), []resp.Command{{"MULTI"}, {"SET", "k", "watched"}, {"EXEC"}})
	if err == nil && !replies[len(replies)-1].IsNil() {
		t.Errorf("what was watched on a connection that is lost: %v", replies)
	}
	if r, err := run(queueing, "EXEC"); err == nil {
		t.Errorf("what was queued on a connection that is lost: %v", r)
	}
	if got := must(t, s, "GET k"); got != "2" {
		t.Errorf("k is %q", got)
	}
	w.quiet(w.redis)
	w.same()
}

// A command that takes longer than a lease holds up a switch, and keeps its lease.
func TestALongCommandKeepsItsLease(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	turn, err := p.member.enter(context.Background(), true)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.switchTo(Cloudflare) }()
	eventually(t, "the gate is closed", func() bool { _, closed := p.member.current(); return closed })
	began := time.Now()
	eventually(t, "a lease and more has passed", func() bool { return time.Since(began) > testLease*4/3 })
	select {
	case err := <-done:
		t.Fatalf("the phase has changed beside a command that runs: %v", err)
	default:
	}
	if err := p.member.exit(turn, true); err != nil {
		t.Errorf("the command: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Scripts are at both sides.
func TestScriptsGoToBothSides(t *testing.T) {
	w := newTwo(t)
	s := newSession(t, w.process())
	r, err := run(s, "SCRIPT", "LOAD", "return redis.call('INCR', KEYS[1])")
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, "EVALSHA "+r.Str+" 1 n")
	w.mustSwitch(Cloudflare)
	if got := must(t, s, "EVALSHA "+r.Str+" 1 n"); got != "2" {
		t.Errorf("n is %s", got)
	}
}

// A cache whose family is in phase only has no other side to fall back to.
func TestNoFallbackInPhaseOnly(t *testing.T) {
	w := newTwo(t)
	a, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	p, err := Open(context.Background(), Side{a, true}, Side{downSide{b, &down}, true}, Options{Lease: time.Minute, Follow: 5 * time.Millisecond, Compare: -1, Fallback: []string{"cache:*"}, Report: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := newSession(t, p)
	must(t, s, "MSET cache:1 old cache:kept:1 old")
	w.quiet(w.redis)
	w.mustSwitchFamilies(Redis, []Family{{"Cache", "cache:*", Cloudflare}, {"Kept", "cache:kept:*", Cloudflare}})
	w.mustSwitchFamilies(Redis, []Family{{"Cache", "cache:*", Only}, {"Kept", "cache:kept:*", Cloudflare}})
	must(t, s, "SET cache:1 new")
	down.Store(true)
	defer down.Store(false)
	if r, err := run(s, "GET", "cache:kept:1"); err != nil || r.Str != "old" || !r.Stale {
		t.Errorf("in phase cloudflare: %+v %v", r, err)
	}
	if r, err := run(s, "GET", "cache:1"); !errors.Is(err, errDown) {
		t.Errorf("in phase only: %+v %v", r, err)
	}
}

// downSide is a side whose sessions do not answer while it is down.
type downSide struct {
	store.Backend
	down *atomic.Bool
}

func (d downSide) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := d.Backend.NewSession(opt)
	return downSession{s, d.down}, err
}

type downSession struct {
	store.Session
	down *atomic.Bool
}

func (s downSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if s.down.Load() {
		return nil, errDown
	}
	return s.Session.Execute(ctx, cmds)
}
