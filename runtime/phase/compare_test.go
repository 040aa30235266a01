package phase

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// What somebody has changed at one side alone is found and brought, in both directions;
// what is equal is counted.
func TestTheComparisonInTheBackground(t *testing.T) {
	w := newTwo(t)
	w.compare = 5 * time.Millisecond
	p := w.process()
	s := newSession(t, p)
	must(t, s, "MSET a 1 b 2 c 3")
	w.quiet(w.redis)
	for _, line := range []string{"SET a other", "DEL b", "SET extra 1", "PEXPIRE c 100000"} {
		must(t, w.raw(w.store), line)
	}
	eventually(t, "four keys differed", func() bool { return p.Stats().Different >= 4 })
	there := w.raw(w.store)
	eventually(t, "they are brought", func() bool {
		return must(t, there, "MGET a b c extra") == "1 2 3 " && must(t, there, "PTTL c") == "-1"
	})
	w.quiet(w.redis)
	w.same()
	before := p.Stats()
	eventually(t, "the comparison goes on", func() bool { return p.Stats().Same > before.Same+20 })
	if now := p.Stats(); now.Different != before.Different {
		t.Errorf("%d keys differ that are equal", now.Different-before.Different)
	}
}

// faulty is a side that can stop answering.
type faulty struct {
	store.Backend
	down *bool
}

var errDown = errors.New("it is down")

func (f faulty) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := f.Backend.NewSession(opt)
	return faultySession{s, f.down}, err
}

type faultySession struct {
	store.Session
	down *bool
}

func (s faultySession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if *s.down {
		return nil, errDown
	}
	return s.Session.Execute(ctx, cmds)
}

// Reads of caches, and no others, are answered from the other side.
func TestReadsFallBackForCaches(t *testing.T) {
	w := newTwo(t)
	a, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	down := false
	p, err := Open(context.Background(), Side{faulty{a, &down}, true}, Side{b, true}, Options{Lease: time.Minute, Follow: time.Hour, Compare: -1, Fallback: []string{"cache:*"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := newSession(t, p)
	must(t, s, "MSET cache:1 new other:1 new")
	w.quiet(w.redis) // what is brought is brought now
	must(t, w.raw(w.store), "MSET cache:1 old other:1 old")
	if got := must(t, s, "GET cache:1"); got != "new" {
		t.Errorf("with an answer of the truth: %q", got)
	}
	down = true
	if r, err := run(s, "GET", "cache:1"); err != nil || r.Str != "old" || !r.Stale {
		t.Errorf("without: %+v %v", r, err)
	}
	for _, line := range [][]string{{"GET", "other:1"}, {"MGET", "cache:1", "other:1"}, {"SET", "cache:1", "x"}, {"INCR", "cache:n"}, {"RANDOMKEY"}, {"BLPOP", "cache:l", "0.01"}} {
		if _, err := run(s, line...); !errors.Is(err, errDown) {
			t.Errorf("%v: %v", line, err)
		}
	}
	if n := p.Stats().Fallbacks; n != 1 {
		t.Errorf("%d fallbacks", n)
	}
	down = false
}

// A key that is written all the time differs at each look, since the other side follows: it
// is neither counted nor reported, unless one side stays as it is.
func TestTheComparisonOfAKeyThatIsWrittenAllTheTime(t *testing.T) {
	w := newTwo(t)
	redis, there := w.raw(w.redis), w.raw(w.store)
	var stats counters
	var marked, reported []string
	c := &comparison{
		redis: w.end(w.redis), store: w.end(w.store), phases: newDivision(Redis, nil), stats: &stats,
		mark:   func(_ Phase, _ int, key string) { marked = append(marked, key) },
		report: func(err error) { reported = append(reported, err.Error()) },
	}
	look := func() {
		t.Helper()
		if err := c.look(context.Background(), []int{0}); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < 4; i++ {
		must(t, redis, fmt.Sprint("SET hot ", i+1))
		must(t, there, fmt.Sprint("SET hot ", i))
		look()
		if len(marked)+len(reported) > 0 || stats.different.Load() > 0 {
			t.Fatalf("look %d: marked %q, reported %q, %d different", i+1, marked, reported, stats.different.Load())
		}
	}
	must(t, redis, "SET hot 100") // and the store stays: nobody follows
	look()
	if len(marked) != 1 || len(reported) != 1 || stats.different.Load() != 1 {
		t.Errorf("marked %q, reported %q", marked, reported)
	}
	// A key that differs and is left alone is found at the second look.
	must(t, redis, "SET hot 1")
	must(t, there, "MSET hot 1 odd 1")
	look()
	marked = nil
	look()
	if len(marked) != 1 || marked[0] != "odd" {
		t.Errorf("marked %q", marked)
	}
}
