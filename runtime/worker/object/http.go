package object

import (
	"slices"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

const (
	// httpIdle is for how long the clients of a session over HTTP live without a
	// request, in microseconds.
	httpIdle = 60_000_000
	// maxWait is how long a poll may wait, in microseconds.
	maxWait = 25_000_000
	// maxQueue is how many bytes of messages wait for a poll. Beyond it the session's
	// clients end, as Redis ends a subscriber that does not read.
	maxQueue = 4 << 20
	// maxQueues is how many bytes of messages wait for the polls of all sessions: who would
	// get more is ended.
	maxQueues = 16 << 20
	// resendAfter is how long after a reply of a blocked command it is sent with a
	// request again, in microseconds.
	resendAfter = 5_000_000
)

// A queue is messages that wait for a poll.
type queue struct {
	messages [][]byte
	bytes    int
}

// enqueue keeps a message for a poll.
func (o *Object) enqueue(s *session, message []byte) {
	s.queue.messages = append(s.queue.messages, message)
	s.queue.bytes += len(message)
	o.queued += len(message)
}

// unqueue empties the queue of a session.
func (o *Object) unqueue(s *session) {
	o.queued -= s.queue.bytes
	s.queue = queue{}
}

func (s *session) http() bool { return s.scope&scopeHTTP != 0 }

// deliver sends a message of a session: to its socket, with the answer of the request
// that is being served, to its poll, or to the queue.
func (o *Object) deliver(s *session, message []byte) {
	switch c := s.conn; {
	case o.request != nil && o.request.session == s:
		at := o.out.begin(o.request.number, sendMessage, 0)
		o.out.b = append(o.out.b, message...)
		o.out.end(at)
	case c != nil && s.http():
		o.out.send(c.number, sendMessage, 0, message)
		o.finishPoll(c)
	case c != nil:
		o.out.send(c.number, sendMessage, 0, message)
	case s.http() && len(s.clients) > 0:
		if s.queue.bytes+len(message) > maxQueue || o.queued+len(message) > maxQueues {
			o.overflow(s)
			return
		}
		o.enqueue(s, slices.Clone(message))
	}
}

// overflow ends the clients of a session that does not fetch its messages, or would
// get too many at once.
func (o *Object) overflow(s *session) {
	m := frame.Messages{}
	for n := range s.clients {
		m.Ended = append(m.Ended, n)
	}
	slices.Sort(m.Ended)
	o.leave(s)
	s.killed = map[uint64]struct{}{}
	for _, n := range m.Ended {
		s.killed[n] = struct{}{}
	}
	message := m.Append(nil)
	switch c := s.conn; {
	case !s.http() && c != nil:
		o.out.send(c.number, sendMessage, 0, message)
	case c != nil:
		o.out.send(c.number, sendMessage, 0, message)
		o.finishPoll(c)
	default:
		o.unqueue(s)
		o.enqueue(s, message)
	}
}

// finishPoll ends the response of a poll. Its session goes on without a connection.
func (o *Object) finishPoll(c *conn) {
	if s := c.session; s != nil && s.conn == c {
		s.conn = nil
	}
	c.session = nil
	o.out.send(c.number, sendClose, closeDone, nil)
	delete(o.conns, c.number)
}

// Post takes the body of an HTTP request: a hello and one message.
func (o *Object) Post(number uint64, now int64, seed uint64, body []byte, unitwise bool) []byte {
	o.begin(now, seed)
	defer o.in.acquit()
	c := o.conns[number]
	if c == nil {
		c = &conn{number: number, scope: scopeHTTP}
		o.conns[number] = c
	}
	hello, body, err := frame.Part(body)
	var message []byte
	if err == nil {
		message, body, err = frame.Part(body)
	}
	if err != nil || len(body) > 0 || frame.Kind(hello) != frame.KindHello {
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR a body is a hello and one more message, each with its length before it")
		return o.end()
	}
	s := o.greet(c, hello)
	if s == nil {
		return o.end()
	}
	o.request, c.session = c, s
	o.welcome(c)
	again := o.resend(s, resendAfter)
	switch frame.Kind(message) {
	case frame.KindFrame:
		o.frame(c, s, message, unitwise)
	case frame.KindPoll:
		if o.poll(c, s, message, again) {
			o.request = nil
			return o.end() // the response stays open
		}
	case frame.KindBye:
		o.bye(c)
	default:
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR a message of that kind is not served here")
	}
	o.request = nil
	if o.conns[number] != nil {
		before := o.out.mark()
		o.finishPoll(c)
		o.holdBack(before, o.heldFor) // the response ends behind its answer
	}
	return o.end()
}

// poll answers with what waits. If nothing does, and no reply has been sent again, it
// reports that the response is to stay open.
func (o *Object) poll(c *conn, s *session, message []byte, again bool) bool {
	var m frame.Poll
	if err := m.Decode(message); err != nil {
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR "+err.Error())
		return false
	}
	waiting := again || len(s.queue.messages) > 0
	for _, message := range s.queue.messages {
		o.out.send(c.number, sendMessage, 0, message)
	}
	o.unqueue(s)
	if waiting || m.Wait == 0 {
		return false
	}
	if old := s.conn; old != nil {
		o.finishPoll(old)
	}
	s.conn = c
	c.until = o.now + int64(min(m.Wait*1000, maxWait))
	return true
}

// polled reports whether a poll waits, or a session over HTTP has clients.
func (o *Object) polled() bool {
	for _, s := range o.sessions {
		if s.http() && (s.conn != nil || len(s.clients) > 0) {
			return true
		}
	}
	return false
}

// expirePolls answers the polls whose time is up, and ends the clients of sessions
// over HTTP that were not heard of.
func (o *Object) expirePolls() {
	for _, s := range o.sessions {
		if !s.http() {
			continue
		}
		if c := s.conn; c != nil && c.until <= o.now {
			s.seen = o.now
			o.finishPoll(c)
		}
		if s.conn == nil && s.seen+httpIdle <= o.now {
			o.leave(s)
			o.unqueue(s)
		}
	}
}

func sortedTickets(m map[uint64]*wake) []uint64 {
	if len(m) == 0 {
		return nil
	}
	list := make([]uint64, 0, len(m))
	for t := range m {
		list = append(list, t)
	}
	slices.Sort(list)
	return list
}
