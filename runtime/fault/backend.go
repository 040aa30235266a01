package fault

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/sony/gobreaker/v2"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// ErrOpen is in the error of a frame that was not sent, because the store has not
// answered for a while. Nothing was run.
var ErrOpen = errors.New("the store has not answered lately, so it is not asked")

// A Backend is a store behind this package.
type Backend struct {
	store.Backend
	opt     Options
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}] // nil: never opens
	caches  *kvprimary.Families
	memory  *memory
	stats   counters
}

var (
	_ store.Backend = (*Backend)(nil)
	_ store.Planned = (*Backend)(nil)
	_ store.Viewer  = (*Backend)(nil)
	_ store.Wrapper = (*Backend)(nil)
)

// Wrap puts a store behind this package. Closing what it returns closes the store.
func Wrap(b store.Backend, opt Options) *Backend {
	opt = opt.filled()
	f := &Backend{Backend: b, opt: opt, memory: newMemory(opt.CacheBytes, opt.CacheAge)}
	if len(opt.Caches) > 0 {
		patterns := make([]kvprimary.Family, len(opt.Caches))
		for i, p := range opt.Caches {
			patterns[i].Pattern = p
		}
		f.caches = kvprimary.NewFamilies(patterns)
	}
	if opt.Failures > 0 {
		f.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:     opt.Open,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(opt.Failures) },
			OnStateChange: func(_ string, from, to gobreaker.State) {
				if to == gobreaker.StateOpen {
					f.stats.opened.Add(1)
				}
				if opt.Log != nil {
					opt.Log.Warn("redis2cf: the circuit breaker of a store has changed", "store", b.URL(), "from", from.String(), "to", to.String())
				}
			},
		})
	}
	// While data moves, the store remembers what its programs say of themselves.
	if t, ok := store.As[teller](b); ok {
		t.TellFaults(func() (retries, fallbacks uint64, breaker string) {
			return f.stats.retries.Load(), f.stats.fallbacks.Load(), string(f.state())
		})
	}
	return f
}

// A teller is runtime/phase's Backend.
type teller interface {
	TellFaults(of func() (retries, fallbacks uint64, breaker string))
}

// Unwrap is the store itself.
func (b *Backend) Unwrap() store.Backend { return b.Backend }

// NewSession opens a session.
func (b *Backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	inner, err := b.Backend.NewSession(opt)
	if err != nil {
		return nil, err
	}
	return &session{b: b, opt: opt, inner: inner, db: opt.DB}, nil
}

// UsePlan passes families on to the store.
func (b *Backend) UsePlan(families []store.Family) error {
	if p, ok := b.Backend.(store.Planned); ok {
		return p.UsePlan(families)
	}
	return nil
}

// DefineViews passes views on to the store.
func (b *Backend) DefineViews(views []store.View) error {
	if v, ok := b.Backend.(store.Viewer); ok {
		return v.DefineViews(views)
	}
	return nil
}

// counters count what the package does.
type counters struct {
	frames, failures, retries, opened, refused, fallbacks, conflicts atomic.Uint64
}

// A State is what the breaker lets through.
type State string

// The states of a breaker.
const (
	Closed   State = "closed"    // everything
	HalfOpen State = "half-open" // one frame, on which it depends
	Open     State = "open"      // nothing
)

// Stats is what was counted since the store was opened.
type Stats struct {
	Breaker   State
	Frames    uint64 // that callers sent
	Failures  uint64 // times that a frame failed, repeats among them
	Retries   uint64 // times that a frame of reads was sent again
	Opened    uint64 // times that the breaker opened
	Refused   uint64 // frames that it refused
	Fallbacks uint64 // commands that were answered from memory
	Conflicts uint64 // transactions that found another version of what they watched
	Bytes     int64  // remembered
}

// Stats returns the counters.
func (b *Backend) Stats() Stats {
	s := &b.stats
	return Stats{
		Breaker: b.state(), Frames: s.frames.Load(), Failures: s.failures.Load(), Retries: s.retries.Load(),
		Opened: s.opened.Load(), Refused: s.refused.Load(), Fallbacks: s.fallbacks.Load(), Conflicts: s.conflicts.Load(),
		Bytes: b.memory.size(),
	}
}

func (b *Backend) state() State {
	if b.breaker == nil {
		return Closed
	}
	return State(b.breaker.State().String())
}

// try runs a frame once, if the breaker lets it. A frame that waits for data may wait for
// ever, and is not what a breaker tests a store with.
func (b *Backend) try(waits bool, run func() ([]resp.Reply, error)) ([]resp.Reply, error) {
	done := func(bool) {}
	switch {
	case b.breaker == nil:
	case waits:
		if b.breaker.State() == gobreaker.StateOpen {
			return nil, b.open()
		}
	default:
		allowed, err := b.breaker.Allow()
		if err != nil {
			return nil, b.open()
		}
		done = allowed
	}
	replies, err := run()
	failed := fails(err, waits)
	if failed {
		b.stats.failures.Add(1)
	}
	// Who gives up while the breaker tries has seen no answer.
	done(!failed && (err == nil || !gaveUp(err) || b.state() == Closed))
	return replies, err
}

func (b *Backend) open() error {
	b.stats.refused.Add(1)
	return fmt.Errorf("%s: %w: nothing was run", b.Backend.URL(), ErrOpen)
}

// fails tells whether an error says that the store is not well.
func fails(err error, waits bool) bool {
	switch {
	case err == nil, errors.Is(err, store.ErrRefused), errors.Is(err, store.ErrClosed), errors.Is(err, context.Canceled):
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return !waits
	}
	return true
}

func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
