package embedded

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Durability says when an answer leaves.
type Durability string

const (
	// Commit, the default: what was answered is stored.
	Commit Durability = "commit"
	// Behind answers at once and stores within BehindDelay or BehindBytes. A
	// process that is killed loses the writes of that time, in whole batches.
	Behind Durability = "behind"
	// Off answers at once, stores within OffDelay and does not wait for the
	// disk: a machine that loses power may lose more, or damage the file.
	Off Durability = "off"
)

const (
	BehindDelay = 20 * time.Millisecond // longest time between an answer and the start of its commit
	OffDelay    = time.Second           // the same at the level Off
	BehindBytes = 4 << 20               // bytes waiting to be stored that start a commit at once
	maxBehind   = 8 * BehindBytes       // bytes at which callers wait for the commit after all
	sweepDelay  = 50 * time.Millisecond // rest between two sweeps, when nobody writes
	sweepRows   = 500                   // rows of one sweep
)

// ParseDurability reads the durability parameter of a store URL; empty is Commit.
func ParseDurability(s string) (Durability, error) {
	switch d := Durability(s); d {
	case "":
		return Commit, nil
	case Commit, Behind, Off:
		return d, nil
	}
	return "", fmt.Errorf("unknown durability %q: write commit, behind or off", s)
}

// ErrClosed is returned when the session or the store was closed. Nothing of
// the frame was run.
var ErrClosed = fmt.Errorf("embedded: %w", store.ErrClosed)

// Options are a host's settings. The zero value is ready to use.
type Options struct {
	Durability Durability     // empty is Commit
	URL        string         // what URL answers; without secrets
	Clock      *Clock         // nil: the wall clock
	Engine     engine.Options // the engine's own settings; RunID is drawn when empty
	Logger     *slog.Logger   // nil: slog.Default()
}

// A Host runs one engine over one store. It implements store.Backend.
type Host struct {
	opt   Options
	clock *Clock
	lag   time.Duration // how long a commit may be put off; 0 at the level Commit
	rows  engine.Store

	mu       sync.Mutex
	eng      *engine.Engine // nil: must be opened again
	old      *engine.Engine // whose clients the next engine takes over
	volatile bool           // the store keeps nothing
	closed   bool
	rng      uint64
	sessions map[uint64]*Session
	tickets  map[uint64]*waiter
	timer    *time.Timer
	due      int64 // when timer fires, on the host's clock; 0: not armed

	open   *batch // changes that the committer has not taken; nil: none
	flying *batch // changes that it is storing; nil: none
	stored uint64 // number of the last change that is stored

	// storeMu is held while the store writes, and while it reads unless it can
	// do both at once. It is locked after mu, never before.
	storeMu sync.Mutex

	kick chan struct{} // there is an open batch
	full chan struct{} // the open batch need not wait any longer
	quit chan struct{}
	done chan struct{} // the committer has ended
}

var _ store.Backend = (*Host)(nil)

// New opens a store and starts an engine on it. The host owns the store and
// closes it.
func New(rows engine.Store, opt Options) (*Host, error) {
	var bits [28]byte
	if _, err := rand.Read(bits[:]); err != nil {
		return nil, fmt.Errorf("embedded: drawing random bits: %w", err)
	}
	if opt.Engine.RunID == "" {
		opt.Engine.RunID = hex.EncodeToString(bits[:20])
	}
	if opt.Engine.OS == "" {
		opt.Engine.OS = goruntime.GOOS + " " + goruntime.GOARCH
	}
	if opt.Clock == nil {
		opt.Clock = new(Clock)
	}
	if opt.Logger == nil {
		opt.Logger = slog.Default()
	}
	h := &Host{
		opt: opt, clock: opt.Clock, rows: rows, rng: binary.LittleEndian.Uint64(bits[20:]),
		sessions: map[uint64]*Session{}, tickets: map[uint64]*waiter{},
		kick: make(chan struct{}, 1), full: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	switch opt.Durability {
	case Behind:
		h.lag = BehindDelay
	case Off:
		h.lag = OffDelay
	}
	if _, err := h.openEngine(); err != nil {
		rows.Close()
		return nil, err
	}
	if h.volatile {
		close(h.done) // there is never anything to commit
	} else {
		go h.committer()
	}
	return h, nil
}

// openEngine opens the store and an engine on it. It returns the number of the
// last change that is stored. The caller holds storeMu, or is the only one.
func (h *Host) openEngine() (seq uint64, err error) {
	v := &view{Store: h.rows, h: h, opening: true}
	eng, err := engine.Open(v, h.opt.Engine)
	if err != nil {
		return 0, err
	}
	v.opening = false
	if h.old != nil {
		eng.Adopt(h.old)
	}
	h.eng, h.old, h.stored = eng, nil, v.seq
	return v.seq, nil
}

// URL names the store without secrets.
func (h *Host) URL() string { return h.opt.URL }

// Clock is the host's clock.
func (h *Host) Clock() *Clock { return h.clock }

// random draws 64 bits for a call of the engine (splitmix64).
func (h *Host) random() uint64 {
	h.rng += 0x9e3779b97f4a7c15
	z := h.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// SetSeed makes what is drawn from now on repeatable: the same commands on the same
// data, one after another, get the same random answers.
func (h *Host) SetSeed(seed uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rng = seed
}

// NewSession adds a client.
func (h *Host) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := h.Session(opt)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Session is NewSession with the type's own methods.
func (h *Host) Session(opt store.SessionOptions) (*Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.ready(); err != nil {
		return nil, err
	}
	if opt.Protocol == 0 {
		opt.Protocol = 3
	}
	if limit := h.opt.Engine.Databases; opt.DB < 0 || opt.DB >= 16 && limit == 0 || limit > 0 && opt.DB >= limit {
		return nil, errors.New("ERR DB index is out of range")
	}
	s := &Session{h: h, push: opt.Push}
	s.drained.L = &s.pushMu
	s.id = h.eng.NewSession(opt.DB, opt.Protocol, opt.Name)
	s.peer = engine.Peer{Addr: opt.Addr, LocalAddr: opt.LocalAddr, User: opt.Username}
	if s.peer != (engine.Peer{}) {
		h.eng.Describe(s.id, s.peer)
	}
	h.eng.Library(s.id, opt.LibName, opt.LibVer)
	h.sessions[s.id] = s
	return s, nil
}

// ready reports why nothing can run, after trying to open a failed store again.
// The caller holds mu.
func (h *Host) ready() error {
	switch {
	case h.closed:
		return ErrClosed
	case h.eng != nil:
		return nil
	}
	h.storeMu.Lock()
	defer h.storeMu.Unlock()
	if _, err := h.openEngine(); err != nil {
		return fmt.Errorf("embedded: nothing was run, the store cannot be opened again: %w", err)
	}
	return nil
}

// Advance moves the clock forward and wakes what is due by then.
func (h *Host) Advance(d time.Duration) error {
	return h.move(func() { h.clock.advance(d) })
}

// SetTime sets the clock and wakes what is due by then.
func (h *Host) SetTime(t time.Time) error {
	return h.move(func() { h.clock.set(t.UnixMicro()) })
}

func (h *Host) move(change func()) error {
	h.mu.Lock()
	if err := h.ready(); err != nil {
		h.mu.Unlock()
		return err
	}
	change()
	out, err := h.call(func(now int64, seed uint64) engine.Outcome { return h.eng.Tick(now, seed) })
	var b *batch
	if err == nil {
		b = h.absorb(&out)
	}
	h.mu.Unlock()
	if err == nil && b != nil {
		err = b.wait()
	}
	return err
}

// tick is what the timer does.
func (h *Host) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due = 0
	if h.closed || h.eng == nil || h.clock.Stopped() {
		return
	}
	out, err := h.call(func(now int64, seed uint64) engine.Outcome { return h.eng.Tick(now, seed) })
	if err == nil {
		h.absorb(&out)
	}
}

// arm sets the timer for a deadline of the engine. A timer that fires too early
// does no harm: it is set again then. That keeps it out of most calls.
func (h *Host) arm(deadline int64) {
	if deadline == 0 || h.due != 0 && h.due <= deadline || h.clock.Stopped() {
		return
	}
	h.due = deadline
	d := max(time.Duration(deadline-h.clock.Now())*time.Microsecond, 0)
	if h.timer == nil {
		h.timer = time.AfterFunc(d, h.tick)
	} else {
		h.timer.Reset(d)
	}
}

// DefineViews makes the views of families, if the store has tables to show.
func (h *Host) DefineViews(views []store.View) error {
	v, ok := h.rows.(store.Viewer)
	if !ok {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.ready(); err != nil {
		return err
	}
	h.storeMu.Lock()
	defer h.storeMu.Unlock()
	return v.DefineViews(views)
}

// Close stores what waits, ends blocked commands and closes the store.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
	for ticket, w := range h.tickets {
		h.end(ticket, w, result{err: ErrClosed})
	}
	for _, s := range h.sessions {
		s.enqueue(resp.NewError("ERR the store is closed")) // subscribers find out
	}
	err := h.settle()
	if err != nil {
		h.fail(err)
	}
	h.mu.Unlock()
	close(h.quit)
	<-h.done
	return errors.Join(err, h.rows.Close())
}

// call runs the engine. It turns a fault of the store, and a panic of the
// engine, into an error, after which the engine has been opened again. The
// caller holds mu.
func (h *Host) call(f func(now int64, seed uint64) engine.Outcome) (out engine.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = engine.Outcome{}, h.crashed(p)
		}
	}()
	out = f(h.clock.Now(), h.random())
	if out.Err != nil {
		return engine.Outcome{}, h.fail(out.Err)
	}
	return out, nil
}

// waiter is the caller of a blocked command.
type waiter struct {
	s     *Session
	ch    chan result
	timer *time.Timer // for a clock that stands still
}

// result is what a blocked command comes to.
type result struct {
	reply resp.Reply
	err   error
}

// end hands a blocked command its result. The caller holds mu.
func (h *Host) end(ticket uint64, w *waiter, r result) {
	delete(h.tickets, ticket)
	if w.timer != nil {
		w.timer.Stop()
	}
	w.ch <- r
}
