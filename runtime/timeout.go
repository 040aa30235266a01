package runtime

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// timeoutError is a net.Error, as go-redis's timeouts are: programs ask it
// whether it is one.
type timeoutError struct{ text string }

func (e *timeoutError) Error() string   { return e.text + ": i/o timeout" }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// Unwrap says what it is to errors.Is.
func (e *timeoutError) Unwrap() error { return os.ErrDeadlineExceeded }

var _ net.Error = (*timeoutError)(nil)

// isTimeout reports that the read timeout is over: the session is not to blame.
func isTimeout(err error) bool {
	var t *timeoutError
	return errors.As(err, &t)
}

// patience is a context that ends some time after somebody first waits for it. Hardly
// any command is waited for, so that hardly any costs a timer.
type patience struct {
	context.Context               // the caller's
	limit           time.Duration // counted from the first look at Done or Deadline
	armed           atomic.Pointer[armed]
}

type armed struct {
	context.Context
	stop context.CancelFunc
}

func (p *patience) arm() *armed {
	if a := p.armed.Load(); a != nil {
		return a
	}
	a := new(armed)
	a.Context, a.stop = context.WithTimeout(p.Context, p.limit)
	if !p.armed.CompareAndSwap(nil, a) {
		a.stop()
	}
	return p.armed.Load()
}

// Done starts the time and is closed when it is over.
func (p *patience) Done() <-chan struct{} { return p.arm().Done() }

// Deadline starts the time and says when it is over.
func (p *patience) Deadline() (time.Time, bool) { return p.arm().Deadline() }

// Err says why it is over.
func (p *patience) Err() error {
	if a := p.armed.Load(); a != nil {
		return a.Err()
	}
	return p.Context.Err()
}

// end stops the timer and reports whether there was one.
func (p *patience) end() bool {
	a := p.armed.Load()
	if a != nil {
		a.stop()
	}
	return a != nil
}

// hasty reports that the options leave less time for an answer than any takes.
// Tests set such timeouts to see their program fail.
func (o *Options) hasty() bool {
	short := func(d time.Duration) bool { return d > 0 && d < time.Microsecond }
	return short(o.ReadTimeout) || short(o.WriteTimeout)
}

// tooHasty is the error of commands that were not even tried.
func (o *Options) tooHasty() error {
	return &timeoutError{fmt.Sprintf("redis2cf: no store answers within a read timeout of %v and a write timeout of %v", o.ReadTimeout, o.WriteTimeout)}
}
