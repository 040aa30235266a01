package embedded

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// A Batcher is a store that takes several changes in one transaction. Without
// it they are committed one by one.
type Batcher interface {
	CommitAll(changes []*engine.Change) error
}

// A ConcurrentReader is a store whose reads may run while it commits or sweeps.
type ConcurrentReader interface {
	ReadsDuringCommit()
}

// batch is what is stored in one transaction, and what waits for it.
type batch struct {
	changes []*engine.Change
	bytes   int
	wakes   []served
	pushes  []engine.Push
	index   waiting // for reads, see view

	stored bool  // the store was asked; err is its answer. Guarded by storeMu.
	err    error // read after done
	done   chan struct{}
}

// served is a blocked command with its reply.
type served struct {
	w *waiter
	r result
}

func (b *batch) wait() error {
	<-b.done
	return b.err
}

// absorb takes in what a call of the engine brought about. It returns the batch
// that the caller has to wait for, nil when there is none. The caller holds mu.
func (h *Host) absorb(out *engine.Outcome) *batch {
	h.arm(out.Deadline)
	if out.Change != nil {
		if h.open == nil {
			h.open = &batch{done: make(chan struct{})}
			signal(h.kick)
		}
		h.open.changes = append(h.open.changes, out.Change)
		h.open.bytes += size(out.Change)
		if h.lag > 0 && h.open.bytes >= BehindBytes {
			signal(h.full)
		}
	}
	b := h.needed(out)
	if h.lag > 0 {
		if b != nil && b.bytes < maxBehind {
			b = nil
		}
		h.deliver(out)
		return b
	}
	if b == nil {
		h.deliver(out)
		return nil
	}
	for _, wk := range out.Wakes {
		if w := h.tickets[wk.Ticket]; w != nil {
			delete(h.tickets, wk.Ticket)
			b.wakes = append(b.wakes, served{w, result{reply: wk.Reply}})
		}
	}
	b.pushes = append(b.pushes, out.Pushes...)
	return b
}

// needed is the youngest batch that must be stored before the outcome may leave;
// nil when there is none. Messages and replies of blocked commands keep their
// order with those of other frames, so they wait for everything.
func (h *Host) needed(out *engine.Outcome) *batch {
	if out.Change == nil && len(out.Wakes) == 0 && len(out.Pushes) == 0 {
		switch {
		case out.Seen <= h.stored:
			return nil
		case h.flying != nil && out.Seen <= h.flying.seq():
			return h.flying
		}
	}
	return h.last()
}

// seq is the number of the last change of a batch.
func (b *batch) seq() uint64 { return b.changes[len(b.changes)-1].Seq }

// last is the youngest batch that is not stored yet.
func (h *Host) last() *batch {
	if h.open != nil {
		return h.open
	}
	return h.flying
}

// deliver hands out replies and messages that wait for nothing.
func (h *Host) deliver(out *engine.Outcome) {
	for _, wk := range out.Wakes {
		if w := h.tickets[wk.Ticket]; w != nil {
			h.end(wk.Ticket, w, result{reply: wk.Reply})
		}
	}
	h.send(out.Pushes)
}

func (h *Host) send(pushes []engine.Push) {
	for _, p := range pushes {
		if s := h.sessions[p.Session]; s != nil {
			s.enqueue(p.Reply)
		}
	}
}

// size estimates what a change takes in memory, in bytes.
func size(ch *engine.Change) int {
	n := 64
	for i := range ch.Ops {
		op := &ch.Ops[i]
		n += 160 + len(op.Header.Key) + len(op.Header.Value) + len(op.Item.Field) + len(op.Item.Value)
	}
	return n
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// committer stores batch after batch until the host is closed, and sweeps when
// there is nothing to store.
func (h *Host) committer() {
	defer close(h.done)
	sweep := time.NewTimer(sweepDelay)
	defer sweep.Stop()
	more := true // the last owner may have left something
	for {
		select {
		case <-h.quit:
			return
		case <-h.kick:
			more = h.commitOpen() || more
			if !more {
				continue
			}
		case <-sweep.C:
			if more {
				more = h.sweep()
			}
			if !more {
				continue
			}
		}
		sweep.Reset(sweepDelay)
	}
}

// commitOpen stores the open batch, and those that open meanwhile. It reports
// whether they leave something to sweep.
func (h *Host) commitOpen() (garbage bool) {
	if h.lag > 0 {
		late := time.NewTimer(h.lag)
		select {
		case <-late.C:
		case <-h.full:
		case <-h.quit:
		}
		late.Stop()
	}
	for {
		// Callers who were just answered come back with their next frame: let
		// them join this batch rather than the one after it.
		goruntime.Gosched()
		h.mu.Lock()
		b := h.open
		if b == nil {
			h.mu.Unlock()
			return garbage
		}
		h.storeMu.Lock()
		h.open, h.flying = nil, b
		h.mu.Unlock()
		garbage = h.put(b) || garbage
		h.storeMu.Unlock()
		h.mu.Lock()
		if h.flying == b { // else somebody who needed the rows was faster
			if b.err != nil {
				h.fail(b.err)
			} else {
				h.publish(b)
			}
		}
		h.mu.Unlock()
	}
}

// put stores a batch and keeps the store's answer in it. The caller holds storeMu.
func (h *Host) put(b *batch) (garbage bool) {
	b.stored = true
	if all, ok := h.rows.(Batcher); ok {
		b.err = all.CommitAll(b.changes)
	} else {
		for _, ch := range b.changes {
			if b.err = h.rows.Commit(ch); b.err != nil {
				break
			}
		}
	}
	for _, ch := range b.changes {
		for i := range ch.Ops {
			switch op := &ch.Ops[i]; op.Kind {
			case engine.OpDelKey, engine.OpDrop, engine.OpFlushDB:
				garbage = garbage || op.Kind != engine.OpDelKey || op.Header.ID != 0
			}
		}
	}
	return garbage
}

// publish lets go what waited for a batch that is stored. The caller holds mu.
func (h *Host) publish(b *batch) {
	if h.flying == b {
		h.flying = nil
	}
	h.stored = max(h.stored, b.seq())
	for _, s := range b.wakes {
		if s.w.timer != nil {
			s.w.timer.Stop()
		}
		s.w.ch <- s.r
	}
	h.send(b.pushes)
	close(b.done)
}

// settle stores everything that waits, now. The caller holds mu; the committer
// needs it only before and after it stores.
func (h *Host) settle() error {
	h.storeMu.Lock()
	defer h.storeMu.Unlock()
	if b := h.flying; b != nil {
		if b.err != nil {
			return b.err
		}
		h.publish(b)
	}
	if b := h.open; b != nil {
		h.open, h.flying = nil, b
		h.put(b)
		if b.err != nil {
			return b.err
		}
		h.publish(b)
	}
	return nil
}

// sweep removes some rows of what was deleted, and reports whether there is more.
func (h *Host) sweep() bool {
	h.storeMu.Lock()
	defer h.storeMu.Unlock()
	more, err := h.rows.Sweep(sweepRows)
	if err != nil {
		h.opt.Logger.Warn("redis2cf: removing deleted rows failed; it is tried again after the next write", "store", h.opt.URL, "error", err)
	}
	return more && err == nil
}

// fail handles a fault of the store: whoever waits gets an error, and the engine
// starts over from the rows. It returns the error for the frame that met it. The
// caller holds mu and not storeMu.
func (h *Host) fail(cause error) error {
	h.storeMu.Lock()
	defer h.storeMu.Unlock()
	h.opt.Logger.Error("redis2cf: the store failed; starting over from what is stored", "store", h.opt.URL, "error", cause)
	flying, open := h.flying, h.open
	h.flying, h.open = nil, nil
	if h.eng != nil {
		h.eng, h.old = nil, h.eng
	}
	seq, reopen := h.openEngine()
	lost := fmt.Errorf("embedded: nothing of the frame was stored: %w", cause)
	for _, b := range []*batch{flying, open} {
		switch {
		case b == nil:
		case b == flying && b.err == nil && b.stored, reopen == nil && seq >= b.seq():
			// The store says that it failed, or was never asked to say
			// otherwise, and yet the rows are there.
			b.err = nil
			h.publish(b)
		case reopen != nil && b.stored:
			b.abandon(fmt.Errorf("embedded: the outcome of the frame is not known: %w, and the store cannot be opened again: %w", cause, reopen))
		default:
			b.abandon(lost)
		}
	}
	for ticket, w := range h.tickets {
		h.end(ticket, w, result{err: fmt.Errorf("embedded: the blocked command was ended, nothing was taken: %w", cause)})
	}
	return lost
}

// abandon tells those who wait for a batch that it is not stored.
func (b *batch) abandon(err error) {
	for _, s := range b.wakes {
		s.w.ch <- result{err: err}
	}
	b.err = err
	close(b.done)
}

// crashed handles a panic of the engine, which would otherwise leave the host
// locked. Over rows the engine starts over; in memory alone it goes on, because
// there is nothing to start from.
func (h *Host) crashed(p any) error {
	err := fmt.Errorf("embedded: the engine panicked: %v\n%s", p, debug.Stack())
	if h.volatile {
		h.opt.Logger.Error("redis2cf: the engine panicked", "store", h.opt.URL, "error", err)
		return errors.New("embedded: the engine panicked, the outcome of the frame is not known; the log has the place")
	}
	return h.fail(err)
}
