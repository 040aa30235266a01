package object

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// Attach adds a connection before its first message. attachment is empty for a new
// one, else what the object gave JavaScript to keep with a socket that has hibernated.
func (o *Object) Attach(number uint64, scope int, attachment []byte) []byte {
	o.begin(o.now, 0)
	c := &conn{number: number, scope: scope}
	o.conns[number] = c
	if len(attachment) == 1+len(frame.SessionID{}) && attachment[0] == attachmentVersion {
		var id frame.SessionID
		copy(id[:], attachment[1:])
		if err := o.ready(); err == nil {
			s := o.session(id)
			s.conn, s.scope, c.session = c, scope, s
			o.listen(s)
			o.welcome(c)
		}
	}
	return o.end()
}

const attachmentVersion = 1

// Message takes a message of a WebSocket. With unitwise, which is for a message that
// trapped, it runs unit by unit, and the units that Culprit named are answered with an error.
func (o *Object) Message(number uint64, now int64, seed uint64, message []byte, unitwise bool) []byte {
	o.begin(now, seed)
	defer o.in.acquit()
	c := o.conns[number]
	if c == nil {
		c = &conn{number: number}
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR the object does not know the connection: connect again")
		return o.end()
	}
	switch kind := frame.Kind(message); {
	case kind == frame.KindHello:
		o.hello(c, message)
	case c.session == nil:
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR a connection begins with hello")
	case kind == frame.KindFrame:
		c.session.seen = o.now
		o.frame(c, c.session, message, unitwise)
	case kind == frame.KindBye:
		o.bye(c)
	default:
		o.refuse(c, frame.CodeProtocol, 0, true, fmt.Sprintf("ERR a message of the kind %d is not served here", kind))
	}
	return o.end()
}

func (in *Instance) acquit() { in.culprits, in.unit = nil, -1 }

// greet reads a hello and takes the session over from an older connection.
func (o *Object) greet(c *conn, message []byte) *session {
	var m frame.Hello
	switch err := m.Decode(message); {
	case err != nil:
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR "+err.Error())
		return nil
	case m.Version != frame.Version:
		o.refuse(c, frame.CodeVersion, 0, true,
			fmt.Sprintf("ERR this Worker speaks version %d of the protocol, and the program version %d: deploy the Worker of the program's redis2cf", frame.Version, m.Version))
		return nil
	case m.Session == noSession:
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR a session of zeros is none")
		return nil
	}
	if err := o.ready(); err != nil {
		o.refuse(c, frame.CodeFault, 0, true, "ERR the object's rows cannot be read, try again: "+err.Error())
		return nil
	}
	s := o.session(m.Session)
	if old := s.conn; old != nil && old != c && !(s.http() && c.scope&scopeHTTP != 0) {
		s.conn = nil
		old.session = nil
		e := frame.Error{Code: frame.CodeReplaced, Fatal: true, Text: "ERR another connection has taken the session over"}
		o.out.send(old.number, sendMessage, 0, e.Append(nil))
		o.close(old, closeRefused, "replaced")
		o.leave(s)
	}
	if s.scope != c.scope {
		// From HTTP to a socket, or another token: what was queued or waits under the
		// rights of the one does not go on under those of the other.
		o.leave(s)
		o.unqueue(s)
		s.scope = c.scope
	}
	s.seen = o.now
	if err := o.load(s); err != nil {
		o.refuse(c, frame.CodeFault, 0, true, "ERR the object's rows cannot be read, try again: "+err.Error())
		return nil
	}
	return s
}

func (o *Object) hello(c *conn, message []byte) {
	if old := c.session; old != nil {
		old.conn, c.session = nil, nil
		o.leave(old)
	}
	s := o.greet(c, message)
	if s == nil {
		return
	}
	s.conn, c.session = c, s
	o.out.send(c.number, sendAttachment, 0, append([]byte{attachmentVersion}, s.id[:]...))
	o.welcome(c)
	o.resend(s, 0)
}

// resend sends the replies of blocked commands that were not acknowledged, unless
// they were sent within so many microseconds. It reports whether there were any.
func (o *Object) resend(s *session, since int64) (any bool) {
	before := o.out.mark()
	for _, ticket := range sortedTickets(s.wakes) {
		if w := s.wakes[ticket]; o.now-w.sent >= since {
			o.deliver(s, w.message)
			w.sent, any = o.now, true
		}
	}
	if any {
		o.holdBack(before, o.waitsForAny())
	}
	return any
}

// bye ends a session. Its row stays: what was sent again late must not be run.
func (o *Object) bye(c *conn) {
	s := c.session
	kept := len(s.wakes) > 0
	o.close(c, closeDone, "bye")
	o.leave(s) // over HTTP it does not end with its connection
	if kept {
		o.prog.Reset()
		o.prog.Statement(delAllWakes).bytes(s.id[:])
		if err := o.exec.Exec(o.prog.Bytes()); err != nil {
			o.in.log(2, "redis2cf: the replies that a session of "+o.name+" left stay for a while: "+err.Error())
		}
		s.wakes = nil
	}
}

// Closed says that a connection is gone.
func (o *Object) Closed(number uint64, now int64, seed uint64) []byte {
	o.begin(now, seed)
	if c := o.conns[number]; c != nil {
		delete(o.conns, number)
		o.detach(c)
	}
	return o.end()
}
