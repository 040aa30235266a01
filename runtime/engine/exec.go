package engine

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A handler runs one command. Arity and flags were checked before.
type handler func(c *call) resp.Reply

// A command is a row of the command table with its handler.
type command struct {
	commandInfo
	run    handler
	number int  // of this command among all, for counting
	tagged bool // its values have a letter before them: see BlobCommand
}

// A call is one command being run.
type call struct {
	e      *Engine
	s      *session
	args   resp.Command // args[0] is the name as sent
	cmd    *command
	block  bool    // the command may wait
	wait   *waiter // set by a command that must wait
	script bool    // the command stands in a script
	woken  *dbKey  // the key that changed, when a blocked command runs again
}

// commands finds a command by its name in lower and in upper case; others are
// found after folding. It is filled by init from the groups' tables.
var commands map[string]*command

// groups lists the handlers of each group of commands, by lower-case name.
var groups = []map[string]handler{
	stringHandlers, keyHandlers, bitmapHandlers, hashHandlers, listHandlers, setHandlers, zsetHandlers, sortHandlers,
	streamHandlers, hyperloglogHandlers, geoHandlers, hashTTLHandlers, dumpHandlers, waitHandlers,
	jsonHandlers,
	pubsubHandlers, txHandlers, scriptHandlers, functionHandlers,
	serverHandlers, clientHandlers, commandHandlers, infoHandlers, configHandlers, memoryHandlers, slowlogHandlers, answeredHandlers,
}

// numbered is how many commands there are.
var numbered int

func init() {
	commands = make(map[string]*command, 2*len(commandTable))
	for _, g := range groups {
		for name, run := range g {
			info, ok := commandTable[name]
			if !ok {
				panic("engine: no row in the command table for " + name)
			}
			if strings.Contains(name, "|") {
				info.flags |= flagSub
			}
			cmd := &command{commandInfo: info, run: run, number: numbered}
			numbered++
			commands[name] = cmd
			commands[strings.ToUpper(name)] = cmd
		}
	}
}

// Served reports whether the engine has a handler for a Redis command, a
// sub-command written as "script|load".
func Served(name string) bool { return commands[strings.ToLower(name)] != nil }

func findCommand(name string) *command {
	if cmd := commands[name]; cmd != nil {
		return cmd
	}
	return commands[strings.ToLower(name)]
}

// Exec runs a frame for a session. now is Unix time in microseconds, seed 64
// fresh random bits.
func (e *Engine) Exec(now int64, seed uint64, f Frame) (out Outcome) {
	defer e.catch(&out)
	e.begin(now, seed)
	e.takeRate()
	s := e.sessions[f.Session]
	if s == nil {
		out.Err = fmt.Errorf("engine: no session %d", f.Session)
		return out
	}
	e.scratch = f.Scratch
	if f.Each != nil {
		out.Ticket = e.each(s, &f)
		f.Commands = nil
	}
	out.Replies = f.Scratch.Replies(len(f.Commands))
	for _, args := range f.Commands {
		r, w := e.one(s, args, !f.NoBlock)
		if w != nil {
			out.Ticket = w.ticket
			break
		}
		out.Replies = append(out.Replies, r)
	}
	if f.Hold {
		e.hand(&out)
		return out
	}
	e.finish(&out)
	out.Seen = e.seen.frame
	return out
}

// each runs the commands of a frame with Each. It returns the ticket of the one that
// waits, 0 when none does.
func (e *Engine) each(s *session, f *Frame) (ticket uint64) {
	db, proto := s.db, s.proto
	for _, args := range f.Commands {
		r, w := e.one(s, args, !f.NoBlock)
		if w != nil {
			return w.ticket
		}
		if !f.Each(r) || s.db != db || s.proto != proto || s.multi || len(s.watched) > 0 {
			break
		}
	}
	return 0
}

// catch turns a fault of the store into Outcome.Err.
func (e *Engine) catch(out *Outcome) {
	if p := recover(); p != nil {
		f, ok := p.(fault)
		if !ok {
			panic(p)
		}
		*out = Outcome{Err: f.err}
	}
}

// elems is a list of n nulls for the reply of this command, in memory that the
// frame lends. It must not be kept beyond the reply.
func (c *call) elems(n int) []resp.Reply { return c.e.scratch.Elems(n) }

// forOthers has replies lie in memory of their own, not in what the caller of the
// running frame lends, until the function is called that it returns.
func (e *Engine) forOthers() (end func()) {
	lent := e.scratch
	e.scratch = nil
	return func() { e.scratch = lent }
}

// one runs or queues one command, then serves those who waited for its keys. It
// returns a waiter when the command has to wait.
func (e *Engine) one(s *session, args resp.Command, block bool) (resp.Reply, *waiter) {
	var cmd *command
	var bad resp.Reply
	if e.opt.Blobs && len(args) > 1 && args[0] == BlobCommand {
		cmd, args, bad = e.checkRefs(args)
	} else {
		cmd, bad = e.check(args)
	}
	if cmd == nil {
		s.spoiled = s.multi
		return bad, nil
	}
	if s.readOnly && cmd.changes() {
		s.spoiled = s.multi
		e.rejected(cmd, errReadOnly)
		return errReadOnly, nil
	}
	if e.opt.Elsewhere != nil {
		if bad := e.elsewhere(cmd, args); bad.Kind == resp.Error {
			s.spoiled = s.multi
			e.rejected(cmd, bad)
			return bad, nil
		}
	}
	if e.admin.watching && block && e.admin.pause.holds(e.now, s, cmd) {
		return resp.Reply{}, e.hold(s, cmd, args)
	}
	if s.multi {
		return e.enqueue(s, cmd, args), nil
	}
	// Calls of this level never nest: one is reused for all.
	c := &e.top
	*c = call{e: e, s: s, args: args, cmd: cmd, block: block}
	if e.admin.watching {
		c.before()
	}
	r := cmd.run(c)
	if !cmd.keyed() {
		e.seen.frame = e.seq
	}
	if c.wait != nil {
		e.park(c.wait)
		return resp.Reply{}, c.wait
	}
	c.after(r)
	if len(e.ready) > 0 {
		e.serveWaiters()
	}
	if !e.volatile {
		e.keepBound()
	}
	return r, nil
}

// check finds a command and checks its number of arguments. It returns nil and
// the error otherwise.
func (e *Engine) check(args resp.Command) (*command, resp.Reply) {
	if len(args) == 0 {
		return nil, resp.NewError("ERR empty command")
	}
	cmd := findCommand(args[0])
	if cmd != nil && cmd.flags&(flagContainer|flagSub) != 0 {
		cmd = lineCommand(args)
	}
	if cmd == nil {
		r := refused(args)
		e.rejected(nil, r)
		return nil, r
	}
	if n := len(args); (cmd.arity > 0 && n != cmd.arity || n < -cmd.arity) && !withScoreOption(cmd.name, args) {
		r := errArity(cmd.name)
		e.rejected(cmd, r)
		return nil, r
	}
	if most := e.opt.MaxArgument; most > 0 {
		for _, a := range args {
			if len(a) > most {
				r := errTooLarge(cmd, len(a), most)
				e.rejected(cmd, r)
				return nil, r
			}
		}
	}
	return cmd, resp.Reply{}
}

// elsewhere is the error of a command with a key that is in another store.
func (e *Engine) elsewhere(cmd *command, args resp.Command) (bad resp.Reply) {
	for _, key := range cmd.keys(args) {
		if text := e.opt.Elsewhere(cmd.name, key); text != "" {
			return resp.NewError(text)
		}
	}
	return bad
}

var errReadOnly = resp.NewError("NOPERM this token may only read")

// changes reports whether the command changes data, tells others something or steers
// the server.
func (cmd *command) changes() bool {
	if cmd.flags&(flagWrite|flagAdmin) != 0 {
		return true
	}
	switch cmd.name {
	case "publish", "spublish", "script|load", "script|flush":
		return true
	}
	return false
}
