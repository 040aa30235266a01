package phase

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// notThere is an end that is not reached.
type notThere struct{}

func (notThere) Name() string { return "nowhere" }
func (notThere) Do(context.Context, []resp.Command) ([]resp.Reply, error) {
	return nil, errors.New("it is not reached")
}

// What cannot be brought waits, and it shows for how long; what is under way does not.
func TestHowLongTheOldestChangeWaits(t *testing.T) {
	ctx := context.Background()
	w := newTwo(t)
	record, err := w.end(w.store)(0)
	if err != nil {
		t.Fatal(err)
	}
	far := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	if _, err := value.One(ctx, record, "HSET", RecordKey, "phase", "redis", "epoch", "1", "lease", "60000", "p:alive", far); err != nil {
		t.Fatal(err)
	}
	redis := w.raw(w.redis)
	must(t, redis, "SET k v")
	must(t, redis, "ZADD "+marksKey+" 1700000000000 "+member("alive.1", "under-way"))
	var stats counters
	f := newFollower(w.end(w.redis), func(int) (value.End, error) { return notThere{}, nil }, NewRecord(record), func(string) bool { return true }, func() bool { return true }, &stats)
	if _, err := f.look(ctx); err == nil || !f.oldest.IsZero() {
		t.Fatal(err, "a frame under way is taken for one that waits")
	}
	must(t, redis, "ZADD "+marksKey+" "+settled+" "+member("alive.2", "k"))
	f.looked = map[string]time.Time{} // the one under way is looked at again
	began := time.Now()
	if _, err := f.look(ctx); err == nil {
		t.Fatal("it was brought to nowhere")
	}
	first := f.oldest
	if first.Before(began) || first.After(time.Now()) {
		t.Fatal(first)
	}
	if _, err := f.look(ctx); err == nil || !f.oldest.Equal(first) {
		t.Error("it waits since it was seen first")
	}
	f.to = w.end(w.store)
	left, err := f.look(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := must(t, w.raw(w.store), "GET k"); got != "v" || !f.oldest.IsZero() || left != 1 || stats.lag.Load() <= 0 {
		t.Error(got, left, f.oldest, &stats)
	}
}

// The record tells others how far the follower is, and the log of what happens.
func TestWhatIsToldOfAMove(t *testing.T) {
	w := newTwo(t)
	a, err := store.Open(w.redis)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	var log syncBuilder
	p, err := Open(context.Background(), Side{a, true}, Side{b, true}, Options{Lease: testLease, Follow: time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := newSession(t, p)
	must(t, s, "SET k v")
	end, err := w.end(w.store)(0)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower tells how far it is", func() bool {
		state, err := NewRecord(end).State(context.Background())
		return err == nil && state.Follower == p.member.id && state.Lag > 0 && state.Waiting == 0 && state.Left == 0
	})
	if n, err := Marks(context.Background(), end); n != 0 || err != nil {
		t.Error(n, err)
	}
	w.mustSwitch(Cloudflare)
	must(t, s, "SET k w")
	p.opt.Report(errors.New("something"))
	for _, want := range []string{`msg="redis2cf: the phase has changed" store=` + p.store.URL() + " from=redis phase=cloudflare", "level=WARN", "error=something"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in\n%s", want, log.String())
		}
	}
}

// syncBuilder is a builder that several goroutines write to.
type syncBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

var _ io.Writer = (*syncBuilder)(nil)

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
