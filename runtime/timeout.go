package runtime

import (
	"fmt"
	"net"
	"os"
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

// hasty reports that the options leave less time for an answer than any takes.
// Tests set such timeouts to see their program fail. Longer ones do not count for
// commands that do not wait: these have their answer before a timer would tell.
func (o *Options) hasty() bool {
	short := func(d time.Duration) bool { return d > 0 && d < time.Microsecond }
	return short(o.ReadTimeout) || short(o.WriteTimeout)
}

// tooHasty is the error of commands that were not even tried.
func (o *Options) tooHasty() error {
	return &timeoutError{fmt.Sprintf("redis2cf: no store answers within a read timeout of %v and a write timeout of %v", o.ReadTimeout, o.WriteTimeout)}
}
