package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Peer is what the front knows of a client.
type Peer struct {
	Addr, LocalAddr string // host:port of the two ends of a connection; empty for a client in the program
	User            string // empty: default
}

// Describe tells the engine who a session's client is.
func (e *Engine) Describe(id uint64, p Peer) {
	if s := e.sessions[id]; s != nil {
		s.peer = p
	}
}

// Library tells the engine which library a session's client speaks through. What
// CLIENT SETINFO refuses stays empty.
func (e *Engine) Library(id uint64, name, version string) {
	s := e.sessions[id]
	if s == nil {
		return
	}
	for i, text := range [2]string{name, version} {
		if validName(text) {
			s.lib[i] = text
		}
	}
}

func (s *session) user() string {
	if s.peer.User == "" {
		return "default"
	}
	return s.peer.User
}

// victims says which clients CLIENT KILL ends: those that came over a connection.
type victims struct {
	id                      uint64
	addr, laddr, kind, user string
	byAddr, byLaddr         bool
	skipMe                  bool
}

func (v *victims) has(s, me *session) bool {
	return s.peer.Addr != "" && (v.id == 0 || s.id == v.id) && (!v.byAddr || s.peer.Addr == v.addr) && (!v.byLaddr || s.peer.LocalAddr == v.laddr) &&
		(v.kind == "" || s.kind() == v.kind) && (v.user == "" || s.user() == v.user) && !(v.skipMe && s == me)
}

// read reads the options of CLIENT KILL.
func (v *victims) read(e *Engine, args []string) (bad resp.Reply) {
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			return errSyntax
		}
		value := args[i+1]
		switch strings.ToUpper(args[i]) {
		case "ID":
			n, ok := parseInt(value)
			if !ok || n < 1 {
				return resp.NewError("ERR client-id should be greater than 0")
			}
			v.id = uint64(n)
		case "TYPE":
			if v.kind, bad = clientType(value); bad.Kind == resp.Error {
				return bad
			}
		case "ADDR":
			v.addr, v.byAddr = value, true
		case "LADDR":
			v.laddr, v.byLaddr = value, true
		case "USER":
			known := value == "default"
			for _, s := range e.sessions {
				known = known || s.user() == value
			}
			if !known {
				return resp.NewError(fmt.Sprintf("ERR No such user '%s'", oneLine(clip(value))))
			}
			v.user = value
		case "SKIPME":
			switch strings.ToUpper(value) {
			case "YES":
				v.skipMe = true
			case "NO":
				v.skipMe = false
			default:
				return errSyntax
			}
		default:
			return errSyntax
		}
	}
	return resp.Reply{}
}

func cmdClientKill(c *call) resp.Reply {
	v := victims{skipMe: true}
	old := len(c.args) == 3
	if old {
		v.addr, v.byAddr, v.skipMe = c.args[2], true, false
	} else if bad := v.read(c.e, c.args[2:]); bad.Kind == resp.Error {
		return bad
	}
	n := int64(0)
	for _, s := range c.e.clients() {
		if v.has(s, c.s) {
			// An error that nobody asked for ends a session, see store.SessionOptions.
			c.e.pushes = append(c.e.pushes, Push{s.id, resp.NewError("ERR the client was killed")})
			s.killed = s != c.s // whose answer is still to come
			n++
		}
	}
	switch {
	case !old:
		return intReply(n)
	case n == 0:
		return resp.NewError("ERR No such client")
	}
	return resp.OK
}

func cmdClientUnblock(c *call) resp.Reply {
	answer := resp.Reply{}
	if len(c.args) > 4 {
		return c.badSubcommand()
	}
	if len(c.args) == 4 {
		switch strings.ToUpper(c.args[3]) {
		case "TIMEOUT":
		case "ERROR":
			answer = resp.NewError("UNBLOCKED client unblocked via CLIENT UNBLOCK")
		default:
			return resp.NewError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		}
	}
	id, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	s := c.e.sessions[uint64(id)]
	if s == nil {
		return intReply(0)
	}
	w := c.e.waits(s)
	if w == nil || w.paused {
		return intReply(0)
	}
	if answer.Kind != resp.Error {
		answer = w.timeout
	}
	c.e.dropWaiter(w)
	c.e.wakes = append(c.e.wakes, Wake{w.ticket, answer})
	return intReply(1)
}

// pause is what CLIENT PAUSE asked for.
type pause struct {
	until  int64 // Unix microseconds
	writes bool  // just commands that write wait
}

func cmdClientPause(c *call) resp.Reply {
	writes := false
	if len(c.args) > 4 {
		return c.badSubcommand()
	}
	if len(c.args) == 4 {
		switch strings.ToUpper(c.args[3]) {
		case "WRITE":
			writes = true
		case "ALL":
		default:
			return resp.NewError("ERR CLIENT PAUSE mode must be WRITE or ALL")
		}
	}
	ms, ok := parseInt(c.args[2])
	switch {
	case !ok || ms > math.MaxInt64/1000-c.e.nowMs:
		return resp.NewError("ERR timeout is not an integer or out of range")
	case ms < 0:
		return errTimeoutNeg
	}
	p := &c.e.admin.pause
	if until := c.e.now + ms*1000; p.until <= c.e.now {
		*p = pause{until, writes}
	} else { // a second pause makes the first longer and wider, never less
		p.until, p.writes = max(p.until, until), p.writes && writes
	}
	c.e.admin.watching = true
	return resp.OK
}

func cmdClientUnpause(c *call) resp.Reply {
	c.e.admin.pause = pause{}
	c.e.resume()
	return resp.OK
}

// holds reports whether a pause stops a command.
func (p *pause) holds(now int64, s *session, cmd *command) bool {
	switch {
	case p.until <= now:
		return false
	case !p.writes:
		return true
	case cmd.name == "exec":
		for _, q := range s.queue {
			if q.cmd.replicates() {
				return true
			}
		}
		return false
	}
	return cmd.replicates()
}

// replicates reports whether Redis would tell its replicas of the command.
func (cmd *command) replicates() bool {
	if cmd.flags&flagWrite != 0 {
		return true
	}
	switch cmd.name {
	case "eval", "evalsha", "fcall", "publish", "spublish", "pfcount":
		return true
	}
	return false
}

// hold parks a command until a pause is over.
func (e *Engine) hold(s *session, cmd *command, args resp.Command) *waiter {
	w := &waiter{session: s, args: slices.Clone(args), cmd: cmd, until: e.admin.pause.until, paused: true}
	e.park(w)
	return w
}

// resume runs the commands that a pause held, in the order in which they came.
func (e *Engine) resume() {
	for {
		var next *waiter
		for _, w := range e.tickets {
			if w.paused && (next == nil || w.ticket < next.ticket) {
				next = w
			}
		}
		if next == nil {
			return
		}
		e.release(next)
	}
}

// release runs a command that a pause held. It may block then in its own right,
// under the ticket that its caller waits for.
func (e *Engine) release(w *waiter) {
	defer e.forOthers()()
	e.dropWaiter(w)
	if w.session.multi {
		e.wakes = append(e.wakes, Wake{w.ticket, e.enqueue(w.session, w.cmd, w.args)})
		return
	}
	c := call{e: e, s: w.session, args: w.args, cmd: w.cmd, block: true}
	c.before()
	r := w.cmd.run(&c)
	if c.wait != nil {
		e.parkAs(c.wait, w.ticket)
		return
	}
	c.after(r)
	if len(e.ready) > 0 {
		e.serveWaiters()
	}
	e.wakes = append(e.wakes, Wake{w.ticket, r})
}
