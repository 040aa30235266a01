package rest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Cloudflare's limit for a user, all tokens together (2026-07), and the margin that is left
// for requests that this process does not see.
const (
	APILimit  = 1200
	APIWindow = 5 * time.Minute
	Margin    = 100
)

// A Limiter counts requests so that no window of time has more of them than allowed. It
// may be shared by several clients.
type Limiter struct {
	max    int
	window time.Duration
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error

	mu     sync.Mutex
	times  []time.Time // ring: when the last max requests may leave
	next   int         // the oldest of them
	paused time.Time   // nothing leaves before
}

// NewLimiter makes a limiter of max requests in each window.
func NewLimiter(max int, window time.Duration) *Limiter {
	return &Limiter{max: max, window: window, now: time.Now, sleep: sleep, times: make([]time.Time, 0, max)}
}

// limiters are those of the process, by the API's host.
var limiters = struct {
	sync.Mutex
	of map[string]*Limiter
}{of: map[string]*Limiter{}}

func sharedLimiter(api string) *Limiter {
	if u, err := url.Parse(api); err == nil {
		api = strings.ToLower(u.Host)
	}
	limiters.Lock()
	defer limiters.Unlock()
	l := limiters.of[api]
	if l == nil {
		l = NewLimiter(APILimit-Margin, APIWindow)
		limiters.of[api] = l
	}
	return l
}

// A LimitError is the error of a request that was not sent, because its context would have
// ended, or did end, before its turn.
type LimitError struct {
	Max    int
	Window time.Duration
	Wait   time.Duration // until its turn would have come
	Paused bool          // Cloudflare has refused requests
	err    error
}

func (e *LimitError) Error() string {
	why := fmt.Sprintf("the limit of %d requests in %v is used up", e.Max, e.Window)
	if e.Paused {
		why = "Cloudflare has refused further requests"
	}
	return fmt.Sprintf("%s: the next one may leave in %v; nothing was sent", why, e.Wait.Round(time.Second/10))
}

// Unwrap is the context's error.
func (e *LimitError) Unwrap() error { return e.err }

// Wait waits until a request may leave, and counts it.
func (l *Limiter) Wait(ctx context.Context) error {
	for {
		wait, paused := l.take()
		if wait <= 0 {
			return nil
		}
		fail := &LimitError{Max: l.max, Window: l.window, Wait: wait, Paused: paused}
		if end, ok := ctx.Deadline(); ok && end.Sub(l.now()) < wait {
			fail.err = context.DeadlineExceeded
			return fail
		}
		if err := l.sleep(ctx, wait); err != nil {
			fail.err = err
			return fail
		}
	}
}

// Check is the error that Wait would return at once, without counting a request: the
// context ends before a request's turn comes.
func (l *Limiter) Check(ctx context.Context) error {
	end, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	l.mu.Lock()
	wait, paused := l.turn(l.now())
	l.mu.Unlock()
	if wait <= 0 || end.Sub(l.now()) >= wait {
		return nil
	}
	return &LimitError{Max: l.max, Window: l.window, Wait: wait, Paused: paused, err: context.DeadlineExceeded}
}

// turn is how long it is until a request may leave. The caller holds mu.
func (l *Limiter) turn(now time.Time) (wait time.Duration, paused bool) {
	if d := l.paused.Sub(now); d > 0 {
		return d, true
	}
	if len(l.times) < l.max {
		return 0, false
	}
	return l.times[l.next].Add(l.window).Sub(now), false
}

// take counts a request that may leave now; otherwise it says how long to wait.
func (l *Limiter) take() (wait time.Duration, paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait, paused := l.turn(now); wait > 0 {
		return wait, paused
	}
	if len(l.times) < l.max {
		l.times = append(l.times, now)
		return 0, false
	}
	l.times[l.next] = now
	l.next = (l.next + 1) % l.max
	return 0, false
}

// Pause lets nothing leave for some time: Cloudflare asked for it.
func (l *Limiter) Pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.now().Add(d); until.After(l.paused) {
		l.paused = until
	}
}

// Left is how many requests may leave at once.
func (l *Limiter) Left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.paused.After(now) {
		return 0
	}
	left := l.max - len(l.times)
	for _, t := range l.times {
		if !t.Add(l.window).After(now) {
			left++
		}
	}
	return left
}
