package rest

import (
	"context"
	"errors"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

func fakeLimiter(max int, window time.Duration) (*Limiter, *fakeClock) {
	clock := &fakeClock{at: time.Unix(1_800_000_000, 0)}
	l := NewLimiter(max, window)
	l.now, l.sleep = clock.now, clock.sleep
	return l, clock
}

func TestNoWindowHasMoreRequestsThanAllowed(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	const max, window = 50, 5 * time.Minute
	l, clock := fakeLimiter(max, window)
	var sent []time.Time
	for i := 0; i < 2000; i++ {
		if r.Intn(10) == 0 {
			clock.at = clock.at.Add(time.Duration(r.Int63n(int64(window))))
		}
		if r.Intn(100) == 0 {
			l.Pause(time.Minute)
		}
		must(t, l.Wait(ctx))
		sent = append(sent, clock.at)
		if i >= max && !sent[i-max].Add(window).Before(clock.at.Add(1)) {
			t.Fatalf("request %d left %v after the one %d before it", i, clock.at.Sub(sent[i-max]), max)
		}
	}
}

func TestLimitErrorSaysHowLong(t *testing.T) {
	l, clock := fakeLimiter(3, 5*time.Minute)
	for i := 0; i < 3; i++ {
		must(t, l.Wait(ctx))
		clock.at = clock.at.Add(time.Minute)
	}
	if l.Left() != 0 {
		t.Errorf("%d left", l.Left())
	}
	short, cancel := context.WithDeadline(ctx, clock.at.Add(time.Minute))
	defer cancel()
	err := l.Wait(short)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Wait != 2*time.Minute || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "3 requests in 5m0s") || !strings.Contains(err.Error(), "2m0s") {
		t.Errorf("%v", err)
	}
	if len(clock.slept) != 0 {
		t.Error("it waited for a turn that comes too late")
	}
	ended, cancel2 := context.WithCancel(ctx)
	cancel2()
	if err := l.Wait(ended); !errors.As(err, &limit) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	must(t, l.Wait(ctx))
	if clock.slept[0] != 2*time.Minute {
		t.Errorf("waited %v", clock.slept)
	}
	l.Pause(time.Hour)
	if err := l.Wait(short); !errors.As(err, &limit) || !limit.Paused || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
	if l.Left() != 0 {
		t.Error("a paused limiter lets requests leave")
	}
}

// A program hears from its command how long it would have to wait, not just that its time
// is over.
func TestCommandSaysHowLongTheLimitLasts(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	b, err := store.Open("cloudflare://" + fakeapi.Account + "?kv=" + n.ID() + "&api=" + s.URL)
	must(t, err)
	defer func() { _ = b.Close() }()
	sess, err := b.NewSession(store.SessionOptions{Password: fakeapi.Token})
	must(t, err)
	sharedLimiter(s.URL).Pause(2 * time.Minute)
	short, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err = sess.Execute(short, []resp.Command{{"SET", "session:1", "v"}})
	var limit *LimitError
	if !errors.As(err, &limit) || !errors.Is(err, context.DeadlineExceeded) || limit.Wait < time.Minute || !strings.Contains(err.Error(), "nothing was sent") {
		t.Errorf("%v", err)
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
}

// Callers share a limiter: together they get what it has, and each request of a repeated
// one is counted.
func TestCallersShareTheLimit(t *testing.T) {
	l, clock := fakeLimiter(20, time.Hour)
	short, cancel := context.WithDeadline(ctx, clock.at.Add(time.Minute))
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = l.Wait(short)
		}()
	}
	wg.Wait()
	left := 0
	for _, err := range errs {
		var limit *LimitError
		if err == nil {
			left++
		} else if !errors.As(err, &limit) || limit.Wait != time.Hour {
			t.Errorf("%v", err)
		}
	}
	if left != 20 || l.Left() != 0 {
		t.Errorf("%d requests left, and the limit is 20", left)
	}

	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	s.Fail(fakeapi.Fault{Status: 500, Times: 2})
	if _, _, err := c.KV(n.ID()).Get(ctx, "k"); err != nil || c.Limiter().Left() != APILimit-Margin-3 {
		t.Errorf("%v; %d are left after three requests", err, c.Limiter().Left())
	}
}

func TestClientStopsAtItsLimit(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	l, _ := fakeLimiter(2, time.Hour)
	c.sender.limiter = l
	kv := c.KV(s.NewKV("cache").ID())
	must(t, kv.Put(ctx, Pair{Name: "a"}))
	must(t, kv.Put(ctx, Pair{Name: "a"}))
	short, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := kv.Put(short, Pair{Name: "a"})
	var limit *LimitError
	if !errors.As(err, &limit) || !strings.Contains(err.Error(), "nothing was sent") || len(s.Requests()) != 2 {
		t.Errorf("%v", err)
	}
}
