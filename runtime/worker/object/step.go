package object

import (
	"errors"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A step is what one call of the object brought about, until it is committed.
// Nothing of it is told to anybody before.
type step struct {
	change  *engine.Change
	pushes  []engine.Push
	wakes   []engine.Wake
	topics  []engine.Topic
	acked   []uint64   // tickets of the frame's session whose rows go
	closed  []*client  // clients whose rows of subscriptions go
	resend  []*wake    // replies that the frame's session gets again
	durable bool       // the frame's number is to be stored although it changed nothing
	outbox  *outboxRow // what the followers were written down

	sweepR2 int64 // see blobs.noted
}

func (st *step) reset() {
	clear(st.pushes)
	clear(st.wakes)
	clear(st.closed)
	clear(st.resend)
	*st = step{resend: st.resend[:0], pushes: st.pushes[:0], wakes: st.wakes[:0], topics: st.topics[:0], acked: st.acked[:0], closed: st.closed[:0]}
}

// absorb takes what a call of the engine brought about.
func (st *step) absorb(out *engine.Outcome) {
	if out.Change != nil {
		st.change = out.Change
	}
	for i := range out.Wakes {
		// What could not be sent must not be taken: the command that gives it is a culprit.
		if n, _ := replyBytes(&out.Wakes[i].Reply); n > maxAnswer {
			panic(tooLarge{n})
		}
	}
	st.pushes = append(st.pushes, out.Pushes...)
	st.wakes = append(st.wakes, out.Wakes...)
	st.topics = append(st.topics, out.Topics...)
}

// refused is the error of a commit: nothing of it is stored.
type refused struct{ error }

func (e refused) Unwrap() error { return e.error }

// certain reports whether the store was not even asked.
func (e refused) certain() bool {
	var large *RowTooLarge
	return errors.As(e.error, &large)
}

// program makes the program of the step, nil when there is nothing to write: the
// rows that changed, and the row of the session with its answer.
func (o *Object) program(s *session, n uint64, answer []byte) (p *Program, parts int, wakes []*wake, err error) {
	st := &o.step
	wakes = make([]*wake, len(st.wakes))
	served := false
	for i, w := range st.wakes {
		if b := o.tickets[w.Ticket]; b != nil {
			m := frame.Messages{Wakes: []frame.Wake{{Ticket: b.ticket, Reply: w.Reply}}}
			wakes[i] = &wake{hash: b.hash, message: m.Append(nil)}
			served = served || !w.Reply.IsNil() && w.Reply.Kind != resp.Error
		}
	}
	if st.change == nil && !served && !st.durable && len(st.topics) == 0 && len(st.acked) == 0 && len(st.closed) == 0 {
		return nil, 0, wakes, nil
	}
	p = &o.prog
	p.Reset()
	if st.change != nil {
		if err := check(st.change); err != nil {
			return nil, 0, nil, refused{err}
		}
		if err := o.writeDown(p, st.change); err != nil {
			return nil, 0, nil, err
		}
	}
	journaled := false
	if s.parts == 0 && !o.direct {
		journaled, err = o.rows.journal(st.change, answer)
	} else {
		err = o.rows.settle()
	}
	if err != nil {
		return nil, 0, nil, refused{err}
	}
	switch {
	case journaled:
		err = p.journaled(o.rows, st.change, &s.id, n, o.now/1000, answer)
	case st.change != nil:
		err = o.rows.add(p, st.change)
	}
	if err != nil {
		return nil, 0, nil, err
	}
	// A reply may have taken something: it is kept until its client has it. What was
	// pushed and popped at once has changed no row of a key, and is gone all the same.
	if st.change != nil || served {
		for i, w := range st.wakes {
			if wakes[i] != nil {
				b := o.tickets[w.Ticket]
				to := b.client.session
				p.wake(&to.id, b.ticket, wakes[i])
				if to != s && to.row == 0 {
					// A session that never wrote has a row from now on, so that it ages.
					p.Statement(noteSession).bytes(to.id[:]).Int(int64(o.rows.seq)).Int(int64(o.rows.nextID)).Int(o.now / 1000)
				}
			}
		}
	}
	for _, ticket := range st.acked {
		p.Statement(delWake).bytes(s.id[:]).bytes(number8(ticket))
	}
	for _, c := range st.closed {
		p.Statement(delTopics).bytes(c.session.id[:]).bytes(number8(c.number))
	}
	for _, t := range st.topics {
		c := o.clients[t.Session]
		if c == nil {
			continue
		}
		if t.On {
			p.Statement(putTopic).bytes(c.session.id[:]).bytes(number8(c.number)).Int(int64(t.Kind)).Blob(t.Name).Int(int64(c.session.scope))
		} else {
			p.Statement(delTopic).bytes(c.session.id[:]).bytes(number8(c.number)).Int(int64(t.Kind)).Blob(t.Name)
		}
	}
	st.sweepR2 = o.r2.note(p, st.change, o.now)
	if !journaled {
		parts = p.session(&s.id, n, o.rows.seq, o.rows.nextID, o.now/1000, answer, s.parts)
	}
	return p, parts, wakes, nil
}

// commit stores the step, and then gives it out: messages, the answer, replies of
// commands that were blocked.
func (o *Object) commit(s *session, n uint64, answer []byte) error {
	p, parts, wakes, err := o.program(s, n, answer)
	if err != nil {
		return err
	}
	if p != nil {
		if err := o.exec.Exec(p.Bytes()); err != nil {
			return refused{err}
		}
		s.row, s.change, s.parts = n, o.rows.seq, parts
		o.r2.noted(o.step.sweepR2)
	}
	s.frame = n
	waits := o.wroteDown()
	var kept []byte
	if len(answer) <= keptAnswer || p == nil && len(answer) <= maxPart {
		if cap(s.answer) <= keptAnswer {
			kept = s.answer[:0] // nobody looks at the last one any more
		}
		kept = append(kept, answer...)
	}
	o.keep(s, kept)
	o.tell()
	st := &o.step
	for _, t := range st.topics {
		if c := o.clients[t.Session]; c != nil && t.On {
			c.topics++
		} else if c != nil {
			c.topics--
		}
	}
	for _, ticket := range st.acked {
		delete(s.wakes, ticket)
	}
	before := o.out.mark()
	ended := o.push()
	if len(answer) > 0 {
		o.deliver(s, answer)
	}
	for i, w := range st.wakes {
		if wakes[i] != nil {
			if b := o.tickets[w.Ticket]; b != nil { // else its client has just been ended
				o.wake(b, wakes[i])
			}
		}
	}
	for _, w := range st.resend {
		o.deliver(s, w.message)
		w.sent = o.now
	}
	for _, c := range ended {
		o.kill(c)
	}
	o.holdBack(before, waits)
	return nil
}

// keptAnswer is how many bytes an answer may have to be kept beside its row.
const keptAnswer = 16 << 10

// push delivers the messages of the step, those of one session together, and returns
// the clients that were killed.
func (o *Object) push() (ended []*client) {
	pushes := o.step.pushes
	var order []*session
	var of map[*session]*frame.Messages
	var bytes map[*session]int
	for i := range pushes {
		c := o.clients[pushes[i].Session]
		if c == nil {
			continue
		}
		if pushes[i].Reply.Kind == resp.Error {
			ended = append(ended, c)
			continue
		}
		if of == nil {
			of, bytes = map[*session]*frame.Messages{}, map[*session]int{}
		}
		m := of[c.session]
		if m == nil {
			m = &frame.Messages{}
			of[c.session], order = m, append(order, c.session)
		}
		m.Pushes = append(m.Pushes, frame.Push{Client: c.number, Reply: pushes[i].Reply})
		n, _ := replyBytes(&pushes[i].Reply)
		bytes[c.session] += n
	}
	for _, s := range order {
		if bytes[s] > maxAnswer || len(o.out.b)+bytes[s] > maxPushed {
			o.overflow(s)
			continue
		}
		o.deliver(s, of[s].Append(nil))
	}
	return ended
}

// maxPushed is how many bytes a call of the object may send while messages are added:
// all of it stands in memory at once. Who would get more than that is ended, as Redis
// ends a subscriber whose output is too much.
const maxPushed = 24 << 20

// wake hands a blocked command its reply, which is kept until it is acknowledged.
func (o *Object) wake(b *blocked, w *wake) {
	s := b.client.session
	o.ended(b)
	if s.wakes == nil {
		s.wakes = map[uint64]*wake{}
	}
	s.wakes[b.ticket] = w
	o.deliver(s, w.message)
	w.sent = o.now
}

// kill ends a client as CLIENT KILL asked.
func (o *Object) kill(c *client) {
	s := c.session
	if s.clients[c.number] != c {
		return
	}
	for _, b := range s.blocked {
		if b.client == c {
			o.cancel(b)
		}
	}
	o.drop(c)
	if s.killed == nil || len(s.killed) >= maxKilled {
		s.killed = map[uint64]struct{}{}
	}
	s.killed[c.number] = struct{}{}
	m := frame.Messages{Ended: []uint64{c.number}}
	o.deliver(s, m.Append(nil))
	if c.topics > 0 {
		o.prog.Reset()
		o.prog.Statement(delTopics).bytes(s.id[:]).bytes(number8(c.number))
		if err := o.exec.Exec(o.prog.Bytes()); err != nil {
			o.in.log(2, "redis2cf: the subscriptions of a killed client of "+o.name+" stay until it is opened again: "+err.Error())
		}
	}
}

// drop ends a client in the engine.
func (o *Object) drop(c *client) {
	o.eng.CloseSession(c.id)
	delete(o.clients, c.id)
	delete(c.session.clients, c.number)
}
