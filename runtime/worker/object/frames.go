package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// frame serves a frame, whatever happens: what was committed under its number is
// answered as it was, and a command that the engine or the store cannot bear is
// answered with an error, and the others as usual.
func (o *Object) frame(c *conn, s *session, message []byte, unitwise bool) {
	f := &o.in.frame
	defer f.Forget()
	if err := f.Decode(message); errors.Is(err, frame.ErrTooLarge) {
		o.refuse(c, frame.CodeTooLarge, f.Seq, false, "ERR nothing was run: "+err.Error())
		return
	} else if err != nil {
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR "+err.Error())
		return
	}
	if f.Seq == 0 || f.Seq > maxSeq {
		o.refuse(c, frame.CodeProtocol, 0, true, "ERR frames are numbered from 1, up to 2^53")
		return
	}
	err := o.ready()
	if err == nil {
		err = o.load(s)
	}
	if err != nil {
		o.fault(c, f.Seq, err)
		return
	}
	if done, err := o.again(c, s, f); done || err != nil {
		if err != nil {
			o.fault(c, f.Seq, err)
		}
		return
	}
	culprits := map[int32]string{}
	if unitwise {
		for unit := range o.in.culprits {
			culprits[unit] = errTrapped
		}
	}
	reads, writes := 0, 0 // faults of the store while it was read and written
	for {
		err := o.attempt(s, f, unitwise, culprits)
		if err == nil {
			return
		}
		if o.reopen(err) != nil || o.load(s) != nil {
			o.fault(c, f.Seq, err)
			return
		}
		// The store may have failed when it had stored the frame already.
		if done, again := o.again(c, s, f); done || again != nil {
			if again != nil {
				o.fault(c, f.Seq, again)
			}
			return
		}
		var p panicked
		var r refused
		switch {
		case errors.As(err, &p) && unitwise && p.unit >= 0 && culprits[p.unit] == "" && len(culprits) < maxCulprits:
			culprits[p.unit] = p.why()
		case errors.As(err, &p) && !unitwise:
			unitwise = true
		case errors.As(err, &r) && !r.certain() && writes == 0:
			writes++ // it may have been a fault that passes
		case errors.As(err, &r):
			unit, why := o.findRefused(s, f, culprits, err)
			if unit < 0 || culprits[unit] != "" {
				o.fault(c, f.Seq, err)
				return
			}
			unitwise, culprits[unit] = true, why
		case reads == 0 && !errors.As(err, &p):
			reads++
		default:
			o.fault(c, f.Seq, err)
			return
		}
	}
}

// maxCulprits is for how many of its units a frame is run again.
const maxCulprits = 32

// maxSeq is the greatest number that a row of sessions keeps as it is.
const maxSeq = maxExact

// The error replies of units that could not be served.
const (
	errTrapped = "ERR the command was ended and changed nothing: it needed more memory than the object has, or met a fault of the engine"
	errFailed  = "ERR the command met a fault of the engine and changed nothing; the Worker's log has the place"
	errRefused = "ERR the command changed nothing, because the store refuses what it wrote: "
)

// fault answers a frame of which nothing is stored, as far as is known.
func (o *Object) fault(c *conn, seq uint64, err error) {
	o.in.log(3, fmt.Sprintf("redis2cf: a frame of %s failed: %v", o.name, err))
	o.tell()
	o.refuse(c, frame.CodeFault, seq, false, "ERR the object's store failed, nothing of the frame is stored: "+err.Error())
}

// again answers a frame that was run before, or that was overtaken.
func (o *Object) again(c *conn, s *session, f *frame.Frame) (done bool, err error) {
	switch {
	case f.Seq > s.frame:
		return false, nil
	case f.Seq < s.frame:
		o.refuse(c, frame.CodeOutcome, f.Seq, false, fmt.Sprintf("ERR outcome unknown: the frame %d was overtaken by %d", f.Seq, s.frame))
		return true, nil
	}
	answer := s.answer
	if len(answer) == 0 && s.row == f.Seq {
		if answer, err = o.rows.stored(s); err != nil {
			return false, err
		}
	}
	if len(answer) == 0 {
		return false, nil // it only read, and may run again
	}
	o.tell()
	before := o.out.mark()
	o.out.send(c.number, sendMessage, 0, answer)
	waits := o.waitsFor(s.change)
	for _, g := range f.Groups {
		if w := s.wakes[g.Ticket]; w != nil && g.Ticket != 0 {
			o.deliver(s, w.message)
			w.sent, waits = o.now, max(waits, o.waitsForAny())
		}
	}
	for _, ticket := range f.Cancels {
		if w := s.wakes[ticket]; w != nil {
			o.deliver(s, w.message)
			w.sent, waits = o.now, max(waits, o.waitsForAny())
		}
	}
	o.holdBack(before, waits)
	return true, nil
}

// panicked is the error of an engine that panicked.
type panicked struct {
	unit  int32
	cause any
}

func (p panicked) Error() string { return fmt.Sprintf("the engine panicked: %v", p.cause) }

// attempt runs a frame and commits it. After an error nothing of it was told to
// anybody, and the engine must be opened anew.
func (o *Object) attempt(s *session, f *frame.Frame, unitwise bool, culprits map[int32]string) (err error) {
	before := o.out.mark()
	defer func() {
		if p := recover(); p != nil {
			err = panicked{o.in.unit, p}
		}
		o.in.unit = -1
		if err != nil {
			o.out.back(before)
		}
	}()
	answer, err := o.run(s, f, unitwise, culprits, -1)
	if err != nil {
		return err
	}
	return o.commit(s, f.Seq, answer)
}

// run runs a frame, or its first units when most is not negative, up to what is to be
// committed.
func (o *Object) run(s *session, f *frame.Frame, unitwise bool, culprits map[int32]string, most int32) (answer []byte, err error) {
	o.step.reset()
	o.steer(s, f)
	o.step.durable = s.scope == scopeHTTP|scopeWrite && mayWrite(f)
	u := &units{o: o, wise: unitwise, culprits: culprits, most: most}
	b := append(o.answer[:0], frame.KindAnswer)
	b = binary.AppendUvarint(b, f.Seq)
	b = binary.AppendUvarint(b, o.epoch)
	head := len(b)
	b = binary.AppendUvarint(b, uint64(len(f.Groups)))
	ran := 0
	for ran < len(f.Groups) {
		n := 1
		if most := o.alike(s, f.Groups[ran:]); most > 1 && !unitwise {
			b, n, err = o.together(s, f.Groups[ran:ran+most], b)
		} else {
			b, err = o.group(s, &f.Groups[ran], u, b)
		}
		if err != nil {
			return nil, err
		}
		if ran += n; len(b) >= frame.MaxOut || u.full() {
			break
		}
	}
	if ran < len(f.Groups) {
		results := b[head+len(binary.AppendUvarint(nil, uint64(len(f.Groups)))):]
		b = append(binary.AppendUvarint(slices.Clone(b[:head]), uint64(ran)), results...)
	}
	if o.answer = b; cap(b) > keptOutput {
		o.answer = nil
	}
	out := o.eng.Finish()
	if out.Err != nil {
		return nil, out.Err
	}
	o.step.absorb(&out)
	return b, nil
}

// mayWrite reports whether a frame has commands that may change something. A request
// that was thought lost may arrive late, when the object knows no more than its rows
// say: what found nothing to take at first must not take it then. Sockets deliver
// nothing late, and with a token that may only read nothing changes at any time.
func mayWrite(f *frame.Frame) bool {
	for i := range f.Groups {
		for _, cmd := range f.Groups[i].Commands {
			if !engine.Reads(cmd) {
				return true
			}
		}
	}
	return false
}

// steer does what a frame says beside its commands.
func (o *Object) steer(s *session, f *frame.Frame) {
	for _, ticket := range f.Acks {
		if w := s.wakes[ticket]; w != nil {
			if w.stored {
				o.step.acked = append(o.step.acked, ticket)
			} else {
				delete(s.wakes, ticket)
			}
		}
	}
	for _, ticket := range f.Cancels {
		if b := s.blocked[ticket]; b != nil {
			o.cancel(b)
		} else if w := s.wakes[ticket]; w != nil && s.http() {
			// It was served, and the poll that has its reply may never arrive: who gives
			// up learns of it with this answer.
			o.step.resend = append(o.step.resend, w)
		}
	}
	for _, n := range f.Closed {
		delete(s.killed, n)
		c := s.clients[n]
		if c == nil {
			continue
		}
		for _, b := range s.blocked {
			if b.client == c {
				o.cancel(b)
			}
		}
		if c.topics > 0 {
			o.step.closed = append(o.step.closed, c)
		}
		o.drop(c)
	}
}

// units counts the units of a frame while it runs unit by unit: a command, or all
// from MULTI to EXEC.
type units struct {
	o        *Object
	wise     bool
	culprits map[int32]string
	most     int32   // units to run, -1: all
	n        int32   // units so far
	of       []int32 // the unit of each reply of the group
}

// replied says that a group has so many replies after a unit.
func (u *units) replied(unit int32, replies int) {
	for len(u.of) < replies {
		u.of = append(u.of, unit)
	}
}

func (u *units) full() bool { return u.most >= 0 && u.n >= u.most }

// client finds or makes the client of a group. It is nil when nothing of the group is to
// be run: bad says why when the status is StatusDone.
func (o *Object) client(s *session, g *frame.Group) (cl *client, status frame.Status, bad resp.Reply) {
	if _, killed := s.killed[g.Client]; killed {
		return nil, frame.StatusGone, bad
	}
	cl = s.clients[g.Client]
	if g.Epoch != 0 && (g.Epoch != o.epoch || cl == nil) {
		return nil, frame.StatusStale, bad
	}
	if g.DB >= databases {
		return nil, frame.StatusDone, errDB
	}
	if cl == nil {
		if len(o.clients) >= maxClients {
			return nil, frame.StatusDone, errClients
		}
		cl = o.newClient(s, g.Client, g.DB, g.Protocol)
	}
	if g.Identity != nil {
		o.identify(cl, g.Identity)
	}
	o.eng.Place(cl.id, g.DB, g.Protocol)
	if g.Epoch == 0 {
		o.eng.Clear(cl.id)
	}
	return cl, frame.StatusDone, bad
}

// databases is how many SELECT accepts.
const databases = 16

// group runs a group and appends its result.
func (o *Object) group(s *session, g *frame.Group, u *units, b []byte) ([]byte, error) {
	cl, status, bad := o.client(s, g)
	res := frame.Result{Status: status, DB: g.DB, Protocol: g.Protocol}
	if cl == nil {
		if status == frame.StatusDone {
			res.Replies = repeated(bad, len(g.Commands))
		}
		return frame.AppendResult(b, &res), nil
	}
	o.in.commands += uint64(len(g.Commands))
	commands := g.Commands
	var again *wake // the command was served, and its reply is sent again
	waits := false
	if g.Ticket != 0 {
		hash := int64(0)
		if p := s.blocked[g.Ticket]; p != nil {
			waits, hash = true, p.hash
		} else if again = s.wakes[g.Ticket]; again != nil {
			waits, hash = true, again.hash
		}
		if waits {
			at := slices.IndexFunc(commands, func(cmd resp.Command) bool { return hashOf(cmd) == hash })
			commands = commands[:max(at, 0)]
		}
	}
	f := engine.Frame{Session: cl.id, NoBlock: g.NoBlock || g.Ticket == 0 || waits, Hold: true}
	var err error
	ticket := uint64(0)
	if u.wise {
		res.Replies, ticket, err = u.run(f, commands)
	} else {
		f.Commands, f.Scratch = commands, &o.scratch
		out := o.eng.Exec(o.now, o.random(), f)
		res.Replies, ticket, err = out.Replies, out.Ticket, out.Err
		o.step.absorb(&out)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case ticket != 0 && o.crowded(s):
		o.eng.Unblock(ticket)
		res.Replies = append(res.Replies, repeated(errWaiting, len(commands)-len(res.Replies))...)
	case ticket != 0:
		res.Status = frame.StatusBlocked
		cmd := commands[len(res.Replies)]
		res.Again = o.waitFor(&blocked{client: cl, ticket: g.Ticket, engine: ticket, hash: hashOf(cmd)}, cmd)
	case waits:
		res.Status = frame.StatusBlocked
		if again != nil {
			again.sent = 0
			o.step.resend = append(o.step.resend, again)
		}
	}
	res.DB, res.Protocol = o.eng.Where(cl.id)
	b = slices.Grow(b, o.fit(commands, res.Replies, u.of, len(b))+32)
	b = frame.AppendResult(b, &res)
	o.in.unit = -1
	o.scratch.Reset()
	return b, nil
}

// run runs a group's commands unit by unit.
func (u *units) run(f engine.Frame, commands []resp.Command) (replies []resp.Reply, ticket uint64, err error) {
	o := u.o
	u.of = u.of[:0]
	for len(commands) > 0 && !u.full() {
		n := unitLen(commands)
		unit := u.n
		u.n++
		if why := u.culprits[unit]; why != "" {
			replies = append(replies, culpritReplies(commands[:n], why)...)
			u.replied(unit, len(replies))
			commands = commands[n:]
			continue
		}
		o.in.unit = unit
		f.Commands = commands[:n]
		out := o.eng.Exec(o.now, o.random(), f)
		if out.Err == nil {
			o.step.absorb(&out)
		}
		o.in.unit = -1
		if out.Err != nil {
			return nil, 0, out.Err
		}
		replies = append(replies, out.Replies...)
		u.replied(unit, len(replies))
		if out.Ticket != 0 {
			return replies, out.Ticket, nil
		}
		commands = commands[n:]
	}
	return replies, 0, nil
}

// unitLen is how many commands the first unit has.
func unitLen(commands []resp.Command) int {
	if !isCommand(commands[0], "MULTI") {
		return 1
	}
	for i, cmd := range commands {
		if isCommand(cmd, "EXEC") || isCommand(cmd, "DISCARD") {
			return i + 1
		}
	}
	return len(commands)
}

func isCommand(cmd resp.Command, name string) bool {
	return len(cmd) > 0 && strings.EqualFold(cmd[0], name)
}

// culpritReplies are the replies of a unit that is not run.
func culpritReplies(commands []resp.Command, why string) []resp.Reply {
	replies := make([]resp.Reply, len(commands))
	last := len(commands) - 1
	whole := last > 0 && isCommand(commands[last], "EXEC")
	for i := range replies {
		switch {
		case !whole || i == last:
			replies[i] = resp.NewError(why)
		case i == 0:
			replies[i] = resp.OK
		default:
			replies[i] = resp.NewStatus("QUEUED")
		}
	}
	return replies
}
