package phase

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrNoLease is in the error of a write of a process that has not reached the store for so
// long that the phase may have changed without it. Nothing was run.
var ErrNoLease = errors.New("the lease of this process is over")

// ErrUnknown is in the error of a write that ran while the lease of its process ended: it
// may have gone to a side that is no longer the truth.
var ErrUnknown = errors.New("the lease of this process ended while the command ran, so its outcome is not known")

// DefaultLease is how long a process may write without having reached the store. A switch
// waits that long for a process that was killed, and at least a third of it for others.
const DefaultLease = 15 * time.Second

// A membership is a process among those that use both sides: its lease, and the gate that
// all of its commands go through.
type membership struct {
	id     string
	record *Record
	lease  time.Duration
	name   string // of the store, for messages
	// moved is called between two phases: nothing runs then.
	moved func(from, to *division)
	// lag is what the record tells of a follower.
	lag func() (lag, waiting time.Duration, left int64)
	// said is what the record tells of this process; "" is nothing new.
	said func() string
	// drained is called when nothing runs before a switch. With an error this process is
	// not ready for it yet.
	drained func() error

	end  context.CancelFunc
	over sync.WaitGroup
	kick chan struct{} // renew now

	mu       sync.Mutex
	phases   *division // nil before the first lease
	epoch    int64
	valid    time.Time     // until when the lease is certain
	expiry   *time.Timer   // of the lease
	missed   int           // how often the lease was over, and the record then another one
	closed   bool          // a switch is under way
	stopped  int64         // the epoch of the switch for which nothing runs any more; 0 is none
	running  int           // commands under way
	idle     chan struct{} // closed when nothing runs; set while the gate is closed
	opened   chan struct{} // closed when the gate opens
	barrier  context.Context
	begin    context.CancelFunc // ends barrier
	follow   time.Duration      // since when this process follows; negative: it does not
	followAt time.Time          // when that was
	fault    error              // of the last renewal
}

func newID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	host, _ := os.Hostname()
	if len(host) > 40 {
		host = host[:40]
	}
	clean := []byte(host)
	for i, c := range clean {
		if c == '.' || c == 0 {
			clean[i] = '-' // the frame's number stands behind a point
		}
	}
	return fmt.Sprintf("%s-%d-%s", clean, os.Getpid(), hex.EncodeToString(b[:]))
}

// join takes the first lease and keeps it until leave.
func (m *membership) join(ctx context.Context) error {
	m.follow = -1
	m.opened = make(chan struct{})
	m.barrier, m.begin = context.WithCancel(context.Background())
	m.expiry = time.AfterFunc(m.lease, m.expired)
	if err := m.renew(ctx); err != nil {
		m.expiry.Stop()
		return err
	}
	ctx, m.end = context.WithCancel(context.Background())
	m.over.Add(1)
	go func() {
		defer m.over.Done()
		m.keep(ctx)
	}()
	return nil
}

// leave gives the lease back. The caller has ended all commands.
func (m *membership) leave() {
	m.end()
	m.over.Wait()
	m.expiry.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), m.lease)
	defer cancel()
	_ = m.record.leave(ctx, m.id) // otherwise it ends by itself
}

// expired ends what waits for data when the lease is over: it would take it from a side
// that may be the truth no longer.
func (m *membership) expired() {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := time.Until(m.valid)
	switch {
	case m.closed: // it was ended
	case left > 0:
		m.expiry.Reset(left)
	default:
		m.begin()
		m.barrier, m.begin = context.WithCancel(context.Background())
	}
}

// keep renews the lease.
func (m *membership) keep(ctx context.Context) {
	for {
		pause := m.lease / 3
		m.mu.Lock()
		if m.closed || m.fault != nil {
			pause = m.lease / 60 // 250 ms of the default
		}
		m.mu.Unlock()
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-m.kick:
			t.Stop()
		case <-t.C:
		}
		each, cancel := context.WithTimeout(ctx, m.lease/3)
		_ = m.renew(each) // noted; the next one comes soon
		cancel()
	}
}

func (m *membership) hurry() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// renew renews the lease once, and does what the record says.
func (m *membership) renew(ctx context.Context) error {
	m.mu.Lock()
	stopped, known := m.stopped, m.epoch > 0
	m.mu.Unlock()
	asked := time.Now()
	how := ""
	if m.follows() {
		lag, waiting, left := m.lag()
		how = fmt.Sprintf("%d %d %d", lag.Microseconds(), waiting.Microseconds(), left)
	}
	r, err := m.record.renew(ctx, m.id, m.lease, stopped, true, known, how, m.said())
	if err != nil {
		m.mu.Lock()
		m.fault = err
		m.mu.Unlock()
		return err
	}
	m.mu.Lock()
	m.fault = nil
	m.follow, m.followAt = r.follow, asked
	if m.epoch > 0 && r.epoch != m.epoch && !time.Now().Before(m.valid) {
		m.missed++ // the phase may have been another one meanwhile, whatever it is now
	}
	if r.next == "" && !m.closed && (m.phases == nil || m.phases.equal(r.phases)) {
		if m.phases == nil {
			m.phases = r.phases
		}
		m.epoch = r.epoch
		m.extend(asked)
		m.mu.Unlock()
		return nil
	}
	// Something changes. The lease is for the old phase until nothing runs any more.
	if !m.closed {
		m.closed = true
		m.opened = make(chan struct{})
		m.idle = make(chan struct{})
		m.begin()
		if m.running == 0 {
			close(m.idle)
		}
	}
	idle := m.idle
	if r.phases.equal(m.phases) {
		m.extend(asked)
	}
	m.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
		return nil // commands are under way; the next renewal comes soon
	case <-time.After(m.lease / 6): // the lease has to be renewed meanwhile
		return nil
	}
	if r.next != "" {
		if err := m.drained(); err != nil {
			return err
		}
		m.mu.Lock()
		first := m.stopped != r.epoch
		m.stopped = r.epoch
		m.epoch = r.epoch
		m.mu.Unlock()
		if first {
			m.hurry() // say so
		}
		return nil
	}
	m.mu.Lock()
	from := m.phases
	m.mu.Unlock()
	if !r.phases.equal(from) {
		m.moved(from, r.phases)
	}
	m.mu.Lock()
	m.phases, m.epoch = r.phases, r.epoch
	m.closed, m.stopped = false, 0
	m.barrier, m.begin = context.WithCancel(context.Background())
	m.extend(asked)
	close(m.opened)
	m.mu.Unlock()
	return nil
}

// extend notes a lease. The caller holds mu.
func (m *membership) extend(asked time.Time) {
	m.valid = asked.Add(m.lease)
	m.expiry.Reset(time.Until(m.valid))
}

// A turn is one passage through the gate.
type turn struct {
	phases  *division
	barrier context.Context // ends when a switch begins, or the lease is over
	missed  int             // see membership
}

// enter waits until no switch is under way and says which phase it is. The caller calls
// exit when it has ended.
func (m *membership) enter(ctx context.Context, write bool) (turn, error) {
	for {
		m.mu.Lock()
		if !m.closed {
			if write && !time.Now().Before(m.valid) {
				err := m.noLease()
				m.mu.Unlock()
				return turn{}, err
			}
			m.running++
			t := turn{m.phases, m.barrier, m.missed}
			m.mu.Unlock()
			return t, nil
		}
		opened := m.opened
		m.mu.Unlock()
		select {
		case <-opened:
		case <-ctx.Done():
			return turn{}, fmt.Errorf("waiting for a switch of the phase: %w", ctx.Err())
		}
	}
}

func (m *membership) noLease() error {
	why := "it is renewed too late"
	if m.fault != nil {
		why = m.fault.Error()
	}
	return fmt.Errorf("%w, so writes are refused: another process may have changed the phase of %s meanwhile (%s)", ErrNoLease, m.name, why)
}

// exit ends a passage. An error says that the lease ended meanwhile.
func (m *membership) exit(t turn, write bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running--
	if m.running == 0 && m.closed {
		close(m.idle)
	}
	if write && (t.missed != m.missed || !time.Now().Before(m.valid)) {
		return ErrUnknown
	}
	return nil
}

// follows tells whether this process is the one that follows, and may write: its lease
// is certain, and the one of who followed before is over.
func (m *membership) follows() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.follow >= 0 && time.Now().Before(m.valid) && m.follow+time.Since(m.followAt) >= m.lease
}

func (m *membership) current() (*division, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.phases, m.closed
}
