package phase

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// Who takes over from a follower waits for as long as that one could still write.
func TestWhoTakesOverWaits(t *testing.T) {
	now := time.Now()
	m := &membership{lease: time.Minute, valid: now.Add(time.Minute), follow: 0, followAt: now}
	if m.follows() {
		t.Error("at once")
	}
	m.follow = time.Minute
	if !m.follows() {
		t.Error("not after a lease")
	}
	m.valid = now
	if m.follows() {
		t.Error("without a lease of its own")
	}
}

// A mark of a process that is gone stays for a lease: its frame may be under way still. The
// key is looked at meanwhile.
func TestMarksOfWhoIsGoneStayForALease(t *testing.T) {
	w := newTwo(t)
	raw := w.raw(w.redis)
	must(t, raw, "SET k 1")
	if _, err := run(raw, "ZADD", marksKey, "1", member("gone.1", "k")); err != nil {
		t.Fatal(err)
	}
	e, err := w.end(w.store)(0)
	if err != nil {
		t.Fatal(err)
	}
	var stats counters
	f := newFollower(w.end(w.redis), w.end(w.store), NewRecord(e), func(string) bool { return true }, func() bool { return true }, &stats)
	look := func(want int) {
		t.Helper()
		if left, err := f.look(context.Background()); err != nil || left != want {
			t.Fatalf("%d marks left, want %d: %v", left, want, err)
		}
	}
	look(1)
	if got := must(t, w.raw(w.store), "GET k"); got != "1" {
		t.Errorf("k is %q meanwhile", got)
	}
	for m := range f.seen { // a lease passes
		f.seen[m] = f.seen[m].Add(-DefaultLease)
	}
	for m := range f.looked {
		f.looked[m] = f.looked[m].Add(-underWay)
	}
	must(t, raw, "SET k 2") // by the frame that was under way
	look(0)
	if got := must(t, w.raw(w.store), "GET k"); got != "2" {
		t.Errorf("k is %q in the end", got)
	}
	// Nobody who follows no more writes.
	must(t, raw, "SET k 3")
	if _, err := run(raw, "ZADD", marksKey, settled, member("gone.2", "k")); err != nil {
		t.Fatal(err)
	}
	f.may = func() bool { return false }
	if _, err := f.look(context.Background()); !errors.Is(err, errNotMine) {
		t.Errorf("who follows no more: %v", err)
	}
	if got := must(t, w.raw(w.store), "GET k"); got != "2" {
		t.Errorf("who follows no more has written %q", got)
	}
}

// A mark that has another score than when its key was read stays.
func TestAMarkThatChangedIsNotForgotten(t *testing.T) {
	w := newTwo(t)
	raw := w.raw(w.redis)
	must(t, raw, "ZADD "+marksKey+" 0 m")
	for _, c := range []struct{ score, gone string }{{"1700000000000", "0"}, {"0", "1"}, {"0", "0"}} {
		r, err := run(raw, "EVAL", forgetScript, "1", marksKey, "m", c.score)
		if err != nil || value.Text(r) != c.gone {
			t.Errorf("as it was with score %s: %v %v", c.score, r, err)
		}
	}
}

// A frame whose outcome is not known keeps its marks for a lease.
func TestMarksOfAFrameThatWasLost(t *testing.T) {
	w := newTwo(t)
	b, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	c, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(context.Background(), Side{losing{b}, true}, Side{c, true}, Options{Lease: time.Minute, Follow: 5 * time.Millisecond, Compare: -1, Report: func(err error) { t.Log(err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := newSession(t, p)
	if _, err := run(s, "SET", "lost", "1"); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	must(t, s, "SET other 1")
	raw := w.raw(w.redis)
	eventually(t, "the other mark is settled and brought", func() bool { return must(t, raw, "ZCARD "+marksKey) == "1" })
	words := strings.Fields(must(t, raw, "ZRANGE "+marksKey+" 0 -1 WITHSCORES"))
	if score, _ := strconv.ParseFloat(words[len(words)-1], 64); score == 0 {
		t.Errorf("the mark of the frame that was lost is settled: %q", words)
	}
}

// losing is a side whose connection is lost behind the first command of a frame that sets
// the key "lost".
type losing struct{ store.Backend }

func (l losing) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := l.Backend.NewSession(opt)
	return losingSession{s}, err
}

type losingSession struct{ store.Session }

func (s losingSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	for _, c := range cmds {
		if c.Name() == "SET" && c[1] == "lost" {
			if _, err := s.Session.Execute(ctx, cmds[:1]); err != nil {
				return nil, err
			}
			return nil, errDown
		}
	}
	return s.Session.Execute(ctx, cmds)
}

// telling is a side that tells of the sessions that are opened.
type telling struct {
	store.Backend
	opened func(store.SessionOptions)
}

func (t telling) NewSession(opt store.SessionOptions) (store.Session, error) {
	t.opened(opt)
	return t.Backend.NewSession(opt)
}

// A user and password of the store are not shown to Redis.
func TestRedisDoesNotGetTheStoresPassword(t *testing.T) {
	w := newTwo(t)
	a, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := 0
	p, err := Open(context.Background(), Side{telling{a, func(o store.SessionOptions) {
		mu.Lock()
		defer mu.Unlock()
		if o.Username+o.Password != "" {
			t.Errorf("Redis gets %q and %q", o.Username, o.Password)
		}
		if o.Name == "program" {
			seen++
		}
	}}, true}, Side{b, true}, Options{Lease: testLease, Compare: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, err := p.NewSession(store.SessionOptions{Protocol: 2, Name: "program", Username: "user", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, "PING")
	if seen == 0 {
		t.Error("Redis was not asked")
	}
}
