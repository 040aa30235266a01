package kvprimary

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Options are a client's settings. The zero value is ready to use.
type Options struct {
	Namespace string           // of its keys, see Name
	Now       func() time.Time // nil: time.Now
	Memory    int              // bytes of its own writes that it remembers; 0: 8 MB
	// Pace is the time between two writes to one key: KV takes one a second. 0: no rest.
	Pace time.Duration
	// Timeout bounds one call of the KV, which no caller's context ends; 0: 30 s.
	Timeout time.Duration
	// Reads is how many calls of KV.Read may be under way; what is read meanwhile goes
	// together in the next one. 0: 4.
	Reads int
	// Still is asked whether what the client remembers of its own writes under a name still
	// counts, for a KV whose data others change past it; false has it forgotten. nil: it does.
	Still func(ctx context.Context, name string) bool
}

// A Client serves the commands of the table. It is what reads its own writes: the
// sessions that share it see each other's writes at once.
type Client struct {
	kv     KV
	opt    Options
	recent recent
	reads  reads

	mu      sync.Mutex
	cells   map[string]*cell // names with a write that waits or is on its way, or whose second is not over
	pending []*cell          // with a write that waits, in order
	resting []*cell          // that were written, in order: once for each write
	running bool             // the goroutine that writes
	wake    chan struct{}    // something became pending
}

// A cell is the writes to one name.
type cell struct {
	name  string
	next  *Write      // waits; nil: none
	done  *completion // of next
	ready time.Time   // when the next one may leave
}

// completion is told to all whose write was joined into one.
type completion struct {
	ch  chan struct{}
	err error
}

// NewClient makes a client.
func NewClient(kv KV, opt Options) *Client {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Memory == 0 {
		opt.Memory = 8 << 20
	}
	if opt.Timeout == 0 {
		opt.Timeout = 30 * time.Second
	}
	if opt.Reads == 0 {
		opt.Reads = 4
	}
	return &Client{kv: kv, opt: opt, recent: recent{limit: opt.Memory}, cells: map[string]*cell{}, wake: make(chan struct{}, 1)}
}

// Forgotten is how many of its own writes the client forgot before their time, for want
// of memory: reads of them may have been stale.
func (c *Client) Forgotten() uint64 {
	c.recent.mu.Lock()
	defer c.recent.mu.Unlock()
	return c.recent.lost
}

// Execute runs commands of the table, each on keys that are in KV alone; others are
// answered with an error. A frame reads before it writes, so its commands answer as if
// they ran in order. An error of Execute says whether anything may have been written.
func (c *Client) Execute(ctx context.Context, db int, lines []resp.Command) ([]resp.Reply, error) {
	f := &frame{ctx: ctx, client: c, db: db, now: c.opt.Now()}
	steps := make([]step, len(lines))
	for i, line := range lines {
		if len(line) == 0 {
			steps[i] = errorStep("unknown command ''")
			continue
		}
		row, ok := Lookup(line[0])
		if !ok {
			steps[i] = errorStep("unsupported command '%s': what is in KV alone (consistency: primary) has %s", clipped(line[0]), Names())
			continue
		}
		steps[i] = row.compile(f, line)
	}
	var read []Value
	if len(f.reads) > 0 {
		var err error
		if read, err = c.read(ctx, f.reads); err != nil {
			return nil, fmt.Errorf("nothing was written: %w", err)
		}
	}
	stored, err := c.write(ctx, f.writes)
	if err != nil {
		return nil, err
	}
	replies := make([]resp.Reply, len(steps))
	for i := range steps {
		replies[i] = steps[i].answer(read, stored)
	}
	return replies, nil
}

// write hands writes over and waits until they are stored: one error each.
func (c *Client) write(ctx context.Context, writes []Write) ([]error, error) {
	if len(writes) == 0 {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("nothing was written: %w", err)
	}
	waits := make([]*completion, len(writes))
	c.mu.Lock()
	for i := range writes {
		waits[i] = c.enqueue(&writes[i])
	}
	if !c.running {
		c.running = true
		go c.run()
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
	errs := make([]error, len(writes))
	for i, w := range waits {
		select {
		case <-w.ch:
			errs[i] = w.err
		case <-ctx.Done():
			return nil, fmt.Errorf("whether KV stores the writes is not known: %w", ctx.Err())
		}
	}
	return errs, nil
}

// enqueue makes a write the next of its name. The caller holds mu.
func (c *Client) enqueue(w *Write) *completion {
	cl := c.cells[w.Name]
	if cl == nil {
		cl = &cell{name: w.Name}
		c.cells[w.Name] = cl
	}
	if cl.next == nil {
		cl.done = &completion{ch: make(chan struct{})}
		c.pending = append(c.pending, cl)
	}
	cl.next = w
	return cl.done
}

// run writes what waits until nothing does.
func (c *Client) run() {
	for {
		writes, cells, dones, rest := c.take()
		if len(writes) == 0 {
			if rest < 0 {
				return
			}
			timer := time.NewTimer(rest)
			select {
			case <-timer.C:
			case <-c.wake:
				timer.Stop()
			}
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.opt.Timeout)
		errs, err := c.kv.Write(ctx, writes)
		cancel()
		c.finish(writes, cells, dones, errs, err)
	}
}

// take takes the writes whose time has come. Without any, rest is how long the first of
// those that wait has to; negative, when none does and run must end.
func (c *Client) take() (writes []Write, cells []*cell, dones []*completion, rest time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	later := c.pending[:0]
	rest = -1
	for _, cl := range c.pending {
		if d := cl.ready.Sub(now); d > 0 {
			later = append(later, cl)
			if rest < 0 || d < rest {
				rest = d
			}
			continue
		}
		writes, cells, dones = append(writes, *cl.next), append(cells, cl), append(dones, cl.done)
		cl.ready = now.Add(c.opt.Pace) // again when it is stored
		cl.next, cl.done = nil, nil
	}
	clear(c.pending[len(later):])
	c.pending = later
	c.running = len(writes) > 0 || rest >= 0
	rested := 0
	for rested < len(c.resting) && c.resting[rested].ready.Sub(now) <= 0 {
		if cl := c.resting[rested]; cl.next == nil && c.cells[cl.name] == cl {
			delete(c.cells, cl.name)
		}
		c.resting[rested] = nil
		rested++
	}
	if c.resting = c.resting[rested:]; len(c.resting) == 0 {
		c.resting = nil
	}
	return writes, cells, dones, rest
}

// finish tells those who wait. What is stored is remembered before anybody is told.
func (c *Client) finish(writes []Write, cells []*cell, dones []*completion, errs []error, err error) {
	now := c.opt.Now()
	if err == nil && len(errs) != 0 && len(errs) != len(writes) {
		err = errors.New("KV answered for another number of writes than it was sent: it is not known which it stored")
	}
	for i := range writes {
		switch {
		case err != nil:
			dones[i].err = err
		case len(errs) > 0:
			dones[i].err = errs[i]
		}
		if dones[i].err == nil {
			c.recent.put(&writes[i], now)
		}
	}
	c.mu.Lock()
	ready := time.Now().Add(c.opt.Pace)
	for _, cl := range cells {
		cl.ready = ready
	}
	c.resting = append(c.resting, cells...)
	c.mu.Unlock()
	for _, d := range dones {
		close(d.ch)
	}
}
