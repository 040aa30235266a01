package embedded

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Session is one client of a host.
type Session struct {
	h      *Host
	id     uint64
	closed bool // guarded by h.mu
	peer   engine.Peer

	push     func(resp.Reply)
	pushMu   sync.Mutex
	queue    []resp.Reply // messages that were not handed over yet
	draining bool         // a goroutine is handing messages over
	drained  sync.Cond    // it has ended
}

var _ store.Borrower = (*Session)(nil)

// Execute runs a frame. Messages that the frame brought to this session itself
// (confirmations of SUBSCRIBE) have been handed to Push when it returns.
func (s *Session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return s.execute(ctx, engine.Frame{Session: s.id, Commands: cmds})
}

// ExecuteIn is Execute with memory for the replies.
func (s *Session) ExecuteIn(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	return s.execute(ctx, engine.Frame{Session: s.id, Commands: cmds, Scratch: scratch})
}

func (s *Session) execute(ctx context.Context, frame engine.Frame) ([]resp.Reply, error) {
	var replies []resp.Reply
	for {
		if err := ctx.Err(); err != nil {
			return replies, err
		}
		out, w, b, own, err := s.start(frame)
		if err != nil {
			return nil, partly(err, replies)
		}
		if b != nil {
			if err := b.wait(); err != nil {
				return nil, err
			}
		}
		if own {
			s.drain()
		}
		if replies == nil {
			replies = out.Replies
		} else {
			replies = append(replies, out.Replies...)
		}
		if w == nil {
			return replies, nil
		}
		reply, err := s.h.await(ctx, out.Ticket, w)
		if err != nil {
			return replies, partly(err, replies)
		}
		replies = append(replies, reply)
		frame.Scratch = nil // the replies so far are in it
		frame.Commands = frame.Commands[len(out.Replies)+1:]
		if len(frame.Commands) == 0 {
			return replies, nil
		}
	}
}

// errClosedHalfway is the error of a frame that the end of the session cut.
var errClosedHalfway = errors.New("embedded: the store was closed while a command waited; those before it were run")

// partly is the error of a frame of which there are replies already.
func partly(err error, replies []resp.Reply) error {
	if len(replies) > 0 && err == ErrClosed {
		return errClosedHalfway
	}
	return err
}

// start runs a frame up to its end or its first blocked command. It returns the
// waiter of that command, the batch to wait for, and whether there are messages
// for the session itself.
func (s *Session) start(frame engine.Frame) (out engine.Outcome, w *waiter, b *batch, own bool, err error) {
	h := s.h
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.closed {
		return out, nil, nil, false, ErrClosed
	}
	if h.closed || h.eng == nil {
		if err := h.ready(); err != nil {
			return out, nil, nil, false, err
		}
	}
	if out, err = h.exec(frame); err != nil {
		return out, nil, nil, false, err
	}
	for i := range out.Pushes {
		own = own || out.Pushes[i].Session == s.id
	}
	b = h.absorb(&out)
	if out.Ticket != 0 {
		w = h.park(s, out.Ticket)
	}
	return out, w, b, own, nil
}

// exec is call for a frame, without a closure.
func (h *Host) exec(frame engine.Frame) (out engine.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = engine.Outcome{}, h.crashed(p)
		}
	}()
	out = h.eng.Exec(h.clock.Now(), h.random(), frame)
	if out.Err != nil {
		return engine.Outcome{}, h.fail(out.Err)
	}
	return out, nil
}

// park notes the caller of a blocked command. The caller holds mu.
func (h *Host) park(s *Session, ticket uint64) *waiter {
	w := &waiter{s: s, ch: make(chan result, 1)}
	h.tickets[ticket] = w
	if until := h.eng.Until(ticket); until != 0 && h.clock.Stopped() {
		// Time stands still for the data, but nobody should wait for ever.
		w.timer = time.AfterFunc(time.Duration(until-h.clock.Now())*time.Microsecond, func() { h.timeOut(ticket, w) })
	}
	return w
}

// timeOut ends a blocked command whose time is up although the clock stands still.
func (h *Host) timeOut(ticket uint64, w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tickets[ticket] != w || h.eng == nil {
		return
	}
	out, err := h.call(func(now int64, seed uint64) engine.Outcome { return h.eng.TimeOut(now, seed, ticket) })
	if err == nil {
		h.absorb(&out)
	}
}

// await waits for the reply of a blocked command. When ctx ends first, the
// command is cancelled, unless it has just been served: an element that was
// popped for the caller must reach it.
func (h *Host) await(ctx context.Context, ticket uint64, w *waiter) (resp.Reply, error) {
	select {
	case r := <-w.ch:
		return r.reply, r.err
	case <-ctx.Done():
	}
	h.mu.Lock()
	if h.tickets[ticket] == w && h.eng != nil {
		delete(h.tickets, ticket)
		if w.timer != nil {
			w.timer.Stop()
		}
		out, err := h.call(func(now int64, _ uint64) engine.Outcome { return h.eng.Cancel(now, ticket) })
		if err == nil {
			h.absorb(&out)
		}
		h.mu.Unlock()
		return resp.Reply{}, ctx.Err()
	}
	h.mu.Unlock()
	r := <-w.ch
	return r.reply, r.err
}

// Protocol is the version of the protocol that the session speaks, 2 or 3.
func (s *Session) Protocol() int {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	if s.h.eng == nil {
		return 3
	}
	return s.h.eng.Protocol(s.id)
}

// SetUser says who the client is from now on.
func (s *Session) SetUser(name string) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.peer.User = name
	if s.h.eng != nil {
		s.h.eng.Describe(s.id, s.peer)
	}
}

// Close ends the session. Its blocked commands return ErrClosed.
func (s *Session) Close() error {
	h := s.h
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	delete(h.sessions, s.id)
	for ticket, w := range h.tickets {
		if w.s == s {
			h.end(ticket, w, result{err: ErrClosed})
		}
	}
	eng := h.eng
	if eng == nil {
		eng = h.old
	}
	if eng != nil {
		eng.CloseSession(s.id)
	}
	return nil
}

// End is Close of a session whose client does not know: Push tells it, after the
// messages that are on their way.
func (s *Session) End() {
	_ = s.Close()
	s.enqueue(resp.NewError("ERR the session was ended"))
}

// enqueue appends a message and makes sure that somebody hands it over.
func (s *Session) enqueue(r resp.Reply) {
	if s.push == nil {
		return
	}
	s.pushMu.Lock()
	s.queue = append(s.queue, r)
	start := !s.draining
	s.draining = true
	s.pushMu.Unlock()
	if start {
		go s.handOver()
	}
}

// drain waits until the messages that are queued have been handed over.
func (s *Session) drain() {
	s.pushMu.Lock()
	defer s.pushMu.Unlock()
	for s.draining {
		s.drained.Wait()
	}
}

// handOver hands messages over, one at a time and in order, until there is none.
func (s *Session) handOver() {
	s.pushMu.Lock()
	for len(s.queue) > 0 {
		batch := s.queue
		s.queue = nil
		s.pushMu.Unlock()
		for _, r := range batch {
			s.push(r)
		}
		s.pushMu.Lock()
	}
	s.draining = false
	s.drained.Broadcast()
	s.pushMu.Unlock()
}
