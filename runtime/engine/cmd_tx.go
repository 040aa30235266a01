package engine

import (
	"slices"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var txHandlers = map[string]handler{
	"multi": cmdMulti, "exec": cmdExec, "discard": cmdDiscard, "watch": cmdWatch, "unwatch": cmdUnwatch,
}

// enqueue keeps a command for EXEC, or runs it when it steers the transaction.
func (e *Engine) enqueue(s *session, cmd *command, args resp.Command) resp.Reply {
	switch cmd.name {
	case "exec", "discard", "multi", "watch", "quit", "reset":
		c := call{e: e, s: s, args: args, cmd: cmd}
		if e.admin.watching {
			c.before()
		}
		r := cmd.run(&c)
		c.after(r)
		if len(e.ready) > 0 {
			e.serveWaiters()
		}
		return r
	}
	if cmd.flags&flagNoMulti != 0 {
		s.spoiled = true
		return resp.NewError("ERR Command not allowed inside a transaction")
	}
	if !e.mayQueue(s, args) {
		s.spoiled = true
		e.rejected(cmd, errQueued)
		return errQueued
	}
	s.queue = append(s.queue, queued{cmd, slices.Clone(args)})
	return resp.NewStatus("QUEUED")
}

func cmdMulti(c *call) resp.Reply {
	if c.s.multi {
		return resp.NewError("ERR MULTI calls can not be nested")
	}
	c.s.multi = true
	return resp.OK
}

func cmdExec(c *call) resp.Reply {
	s := c.s
	if !s.multi {
		return resp.NewError("ERR EXEC without MULTI")
	}
	queue, spoiled, broken := s.queue, s.spoiled, c.e.watchBroken(s)
	c.e.endMulti(s)
	c.e.unwatch(s)
	switch {
	case spoiled:
		return errExecAbort
	case broken:
		c.e.seen.frame = c.e.seq // whatever it was that changed
		return nilArray
	}
	replies := make([]resp.Reply, len(queue))
	for i, q := range queue {
		if !c.e.volatile {
			c.e.keepBound()
		}
		run := call{e: c.e, s: s, args: q.args, cmd: q.cmd}
		if c.e.admin.watching {
			run.before()
		}
		sent := len(c.e.pushes)
		replies[i] = q.cmd.run(&run)
		if !q.cmd.keyed() {
			c.e.seen.frame = c.e.seq
		}
		if replies[i].Kind == resp.None && len(c.e.pushes) > sent {
			// A confirmation of SUBSCRIBE stands where it was asked for.
			replies[i] = c.e.pushes[sent].Reply
			c.e.pushes = slices.Delete(c.e.pushes, sent, sent+1)
		}
		run.after(replies[i])
	}
	return resp.Reply{Kind: resp.Array, Elems: replies}
}

func cmdDiscard(c *call) resp.Reply {
	if !c.s.multi {
		return resp.NewError("ERR DISCARD without MULTI")
	}
	c.e.endMulti(c.s)
	c.e.unwatch(c.s)
	return resp.OK
}

func cmdWatch(c *call) resp.Reply {
	if c.s.multi {
		return resp.NewError("ERR WATCH inside MULTI is not allowed")
	}
	if c.s.failed {
		return resp.OK // EXEC fails anyhow
	}
	if !c.e.mayWatch(c.args[1:]) {
		return errWatched
	}
	for _, key := range c.args[1:] {
		c.e.watch(c.s, key)
	}
	return resp.OK
}

func cmdUnwatch(c *call) resp.Reply {
	c.e.unwatch(c.s)
	return resp.OK
}
