package embedded

import (
	"sync/atomic"
	"time"
)

// A Clock tells a host the time. The zero value is the wall clock. Tests move
// it, or make it stand still.
type Clock struct {
	// still is the time at which the clock stands, in Unix microseconds; 0 while
	// it runs. offset is how far a running clock is ahead of the wall clock.
	still, offset atomic.Int64
}

// Now is the time in Unix microseconds.
func (c *Clock) Now() int64 {
	if at := c.still.Load(); at != 0 {
		return at
	}
	return time.Now().UnixMicro() + c.offset.Load()
}

// Time is Now as a time.Time.
func (c *Clock) Time() time.Time { return time.UnixMicro(c.Now()) }

// Stop makes the clock stand still: from then on only Advance and Set move it.
func (c *Clock) Stop() { c.still.Store(c.Now()) }

// Stopped reports whether the clock stands still.
func (c *Clock) Stopped() bool { return c.still.Load() != 0 }

// Start lets the clock run on from the time that it shows.
func (c *Clock) Start() {
	at := c.Now()
	c.offset.Store(at - time.Now().UnixMicro())
	c.still.Store(0)
}

// advance moves the clock forward. The host does it, because sleepers may be due.
func (c *Clock) advance(d time.Duration) { c.set(c.Now() + d.Microseconds()) }

func (c *Clock) set(at int64) {
	if c.Stopped() {
		c.still.Store(at)
		return
	}
	c.offset.Store(at - time.Now().UnixMicro())
}
