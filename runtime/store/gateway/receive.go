package gateway

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// receive takes in a message. Its error ends the connection.
func (l *lane) receive(b []byte) error {
	switch frame.Kind(b) {
	case frame.KindAnswer:
		return l.answered(b)
	case frame.KindMessages:
		var m frame.Messages
		if err := m.Decode(b); err != nil {
			return err
		}
		l.dispatch(&m)
		return nil
	case frame.KindWelcome:
		var m frame.Welcome
		if err := m.Decode(b); err != nil {
			return err
		}
		l.mu.Lock()
		l.setEpoch(m.Epoch)
		if !l.busy {
			l.proceed() // commands that were blocked wait again
		} else {
			l.mu.Unlock()
		}
		return nil
	case frame.KindError:
		var m frame.Error
		if err := m.Decode(b); err != nil {
			return err
		}
		return l.refused(&m)
	}
	return fmt.Errorf("frame: %w: it is of no kind that an object sends", frame.ErrMalformed)
}

// answered hands out the results of the frame in flight and sends the next one.
func (l *lane) answered(b []byte) error {
	a, err := frame.ReadAnswer(b)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if !l.flying || a.Seq != l.seq {
		l.mu.Unlock()
		return nil // that of a frame that was given up
	}
	l.setEpoch(a.Epoch)
	flight := l.flight
	l.flight, l.flying = l.spare[:0], false
	l.answers++
	cancel := l.aside.cancels
	base := len(l.queue)
	l.mu.Unlock()

	woken := 0
	for i, k := range flight {
		if a.Left() == 0 {
			l.requeue(flight[i:])
			flight = flight[:i]
			break
		}
		var done bool
		if done, err = l.deliver(k, &a); err != nil {
			l.lose(flight[i:], fmt.Errorf("gateway: %w: the answer cannot be read: %w", ErrOutcome, err))
			break
		}
		if done {
			woken++
		}
	}
	if len(cancel) > 0 || len(l.early) > 0 {
		l.mu.Lock()
		for _, t := range cancel {
			l.endWaiting(t)
		}
		clear(l.early)
		l.mu.Unlock()
	}
	clear(flight)
	l.spare, l.resent = flight, false
	if err == nil {
		l.gather(base, woken)
	}
	l.mu.Lock()
	l.send(false)
	return err
}

// deliver hands a call its result. It reports whether the call has its end.
func (l *lane) deliver(k *call, a *frame.AnswerReader) (done bool, err error) {
	if !k.claim(delivered) {
		// Its caller is gone. Nobody takes what the command may wait for.
		status, err := a.Skip()
		if err != nil {
			return false, err
		}
		if status == frame.StatusBlocked {
			l.mu.Lock()
			l.cancels = append(l.cancels, k.ticket)
			l.mu.Unlock()
		}
		return false, nil
	}
	had := len(k.replies)
	res := frame.Result{Replies: k.replies}
	if err := a.Next(&res, k.scratch); err != nil {
		k.state.Store(pending) // the caller of this function ends it
		return false, err
	}
	k.replies, k.status, k.db, k.protocol, k.seen = res.Replies, res.Status, res.DB, res.Protocol, a.Epoch
	k.generation = l.generation // only the goroutine that runs this changes it
	if k.waiting && k.status != frame.StatusBlocked {
		l.mu.Lock()
		delete(l.parked, k.ticket) // it waited again, and this is its end
		l.mu.Unlock()
	}
	switch n := len(res.Replies) - had; {
	case k.status == frame.StatusBlocked && n < len(k.cmds):
		k.cmds = k.cmds[n:]
		if res.Again != nil { // the caller's own commands stay as they are
			k.cmds = append([]resp.Command{res.Again}, k.cmds[1:]...)
		}
		return l.park(k), nil
	case k.status == frame.StatusDone && n != len(k.cmds), k.status == frame.StatusBlocked:
		k.finish(fmt.Errorf("gateway: %w: the object answered %d of %d commands", ErrOutcome, n, len(k.cmds)))
	default:
		k.finish(nil)
	}
	return true, nil
}

// park notes a call that is blocked in the object; its first command is the one that
// waits. It reports whether the call has its end nevertheless.
func (l *lane) park(k *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, ok := l.early[k.ticket]; ok {
		delete(l.early, k.ticket)
		delete(l.parked, k.ticket)
		k.replies = append(k.replies, r)
		k.finish(nil)
		return true
	}
	if !k.waiting {
		k.waiting, k.since = true, time.Now()
	}
	l.parked[k.ticket] = k
	k.state.Store(pending)
	switch {
	case k.giveUp != nil:
		l.cancels = append(l.cancels, k.ticket)
	case l.closing || k.c.gone:
		l.giveUp(k, errClosed)
	case l.resent:
		// The answer may be an old one: what was blocked then ended with its connection.
		l.waitFurther(k)
	}
	k.remind()
	l.listen()
	return false
}

// endWaiting ends a blocked call whose cancellation the object has answered. The
// caller holds mu.
func (l *lane) endWaiting(ticket uint64) {
	k := l.parked[ticket]
	if k == nil || k.giveUp == nil {
		return
	}
	delete(l.parked, ticket)
	l.unqueue(k)
	k.fail(k.giveUp)
}

// requeue puts calls first that were not run.
func (l *lane) requeue(calls []*call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range calls {
		l.account(k, 1)
	}
	l.queuedCalls.Add(int64(len(calls)))
	l.queue = slices.Insert(l.queue, 0, calls...)
}

// unqueue takes a call out of the queue. The caller holds mu.
func (l *lane) unqueue(k *call) {
	if !k.queued {
		return
	}
	l.account(k, -1)
	l.queuedCalls.Add(-1)
	i := slices.Index(l.queue, k)
	l.queue = slices.Delete(l.queue, i, i+1)
}

// setEpoch notes the epoch in which the object is. In another one it does not know
// its clients any more. The caller holds mu.
func (l *lane) setEpoch(epoch uint64) {
	if epoch != l.epoch {
		l.epoch = epoch
		l.waitAgain()
	}
}

// waitAgain sends blocked commands again, oldest first, since the object does not
// know any more who waits. If one was served meanwhile, its reply has come before.
// The caller holds mu.
func (l *lane) waitAgain() {
	for _, t := range l.tickets() {
		k := l.parked[t]
		if k.queued || k.giveUp != nil || k.state.Load() != pending || slices.Contains(l.flight, k) {
			continue
		}
		l.waitFurther(k)
	}
}

// waitFurther queues a blocked command again, with the time that is left to it. The
// caller holds mu.
func (l *lane) waitFurther(k *call) {
	k.cmds = stillToWait(k.cmds, time.Since(k.since))
	k.since = time.Now()
	l.enqueue(k)
}

// dispatch takes in pushes, replies of blocked commands and the ends of clients.
func (l *lane) dispatch(m *frame.Messages) {
	for i := range m.Pushes {
		p := &m.Pushes[i]
		l.mu.Lock()
		c := l.clients[p.Client]
		l.mu.Unlock()
		if c != nil {
			c.s.deliver(c, p.Reply)
		}
	}
	if len(m.Wakes) > 0 {
		l.mu.Lock()
		for i := range m.Wakes {
			l.wake(&m.Wakes[i])
		}
		l.flushSoon()
		l.mu.Unlock()
	}
	for _, number := range m.Ended {
		l.mu.Lock()
		c := l.clients[number]
		l.mu.Unlock()
		if c != nil {
			c.s.end("ERR the client was killed")
		}
	}
}

// wake hands a blocked command its reply. The caller holds mu.
func (l *lane) wake(w *frame.Wake) {
	l.acks = append(l.acks, w.Ticket)
	for _, f := range l.flight {
		if f.ticket == w.Ticket {
			// The answer that says that it is blocked comes after it.
			if l.early == nil {
				l.early = map[uint64]resp.Reply{}
			}
			l.early[w.Ticket] = w.Reply
			return
		}
	}
	k := l.parked[w.Ticket]
	if k == nil {
		return // it came twice
	}
	delete(l.parked, w.Ticket)
	l.unqueue(k)
	if !k.claim(delivered) {
		slog.Warn("gateway: a blocked command was served after its caller had gone", "object", l.o.name)
		return
	}
	k.replies = append(k.replies, w.Reply)
	k.status = frame.StatusBlocked
	k.finish(nil)
}

// refused takes in an error. What it returns ends the connection.
func (l *lane) refused(e *frame.Error) error {
	err := l.o.sp.codeError(e)
	l.mu.Lock()
	if e.Code == frame.CodeRotated {
		l.rotated = err // which says more than what the next connection will be told
	}
	mine := e.Seq == l.seq
	if e.Seq == 0 {
		mine = !e.Fatal || e.Code == frame.CodeProtocol || e.Code == frame.CodeTooLarge
	}
	if l.flying && mine {
		switch {
		case e.Code == frame.CodeOverload && l.retries < maxOverload:
			l.retries++
			w := l.wire
			delay := overloadDelay(l.retries)
			l.mu.Unlock()
			time.AfterFunc(delay, func() { l.resend(w) })
			return nil
		case e.Code == frame.CodeProtocol && l.retries < maxGarbled:
			// What arrived is not what was sent: over another connection it may be.
			l.retries++
			l.mu.Unlock()
			return err
		case e.Code == frame.CodeOutcome, l.resent:
			l.forget(err) // it may have been run when it was sent first
		default:
			l.drop(err)
		}
		if !e.Fatal {
			l.send(false)
			return nil
		}
		l.busy = false
	}
	l.mu.Unlock()
	if e.Fatal {
		return err
	}
	return nil
}

// lose ends calls of a frame whose answer cannot be read.
func (l *lane) lose(calls []*call, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(calls, err)
}

// end ends calls that were in a frame. The caller holds mu.
func (l *lane) end(calls []*call, err error) {
	for _, k := range calls {
		k.c.told = nil
		delete(l.parked, k.ticket) // it was to wait again
		k.fail(err)
	}
}

// drop ends the frame in flight, of which nothing was run. The caller holds mu.
func (l *lane) drop(err error) {
	l.end(l.flight, err)
	clear(l.flight)
	l.flight, l.flying = l.flight[:0], false
	// What else was in it is sent with the next one.
	l.acks = append(l.acks, l.aside.acks...)
	l.cancels = append(l.cancels, l.aside.cancels...)
	l.closed = append(l.closed, l.aside.closed...)
	l.aside = aside{}
}

// forget begins another session of the protocol, since nothing is known any more of
// what the old one was sent. The caller holds mu.
func (l *lane) forget(err error) {
	err = unknown(err)
	l.drop(err)
	for _, t := range l.tickets() {
		k := l.parked[t]
		l.unqueue(k)
		k.fail(err)
	}
	clear(l.parked)
	l.acks, l.cancels, l.closed = nil, nil, nil
	l.generation++
	l.renew()
	if w := l.wire; w != nil {
		l.wire = nil
		w.close() // the next connection is the new session's
	}
}

const (
	maxOverload = 6 // how often a frame is sent that an overloaded object did not run
	maxGarbled  = 3 // the same for one that the object could not read
)

// resend sends the frame in flight once more.
func (l *lane) resend(w wire) {
	l.mu.Lock()
	if l.wire != w || !l.flying {
		l.mu.Unlock()
		return // the next connection sends it
	}
	out := l.out
	l.mu.Unlock()
	if err := w.write(out); err != nil {
		w.close()
	}
}
