package object

import (
	"slices"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Callers that share a client send a command each, and the gateway gathers them into
// one frame: groups of one command, which differ in nothing but that. They run in one
// call of the engine, because a call costs as much as a command does.

// alike returns how many of the groups, from the first on, can run together: all are of
// one command, of one client that counts on nothing, and were not blocked before.
func (o *Object) alike(s *session, groups []frame.Group) int {
	if len(s.blocked)+len(s.wakes) > 0 {
		return 1 // one of them may have been sent before
	}
	first := &groups[0]
	for i := range groups {
		g := &groups[i]
		if len(g.Commands) != 1 || g.Epoch != 0 || i > 0 && (g.Client != first.Client || g.DB != first.DB || g.Protocol != first.Protocol ||
			g.NoBlock != first.NoBlock || (g.Ticket == 0) != (first.Ticket == 0) || g.Identity != nil) {
			return max(i, 1)
		}
	}
	return len(groups)
}

// together runs the first of groups that are alike, appends their results and returns
// how many they are: the rest is to be run anew, when the client is not what it was
// before any more, or the answer is large enough.
func (o *Object) together(s *session, groups []frame.Group, b []byte) (_ []byte, ran int, err error) {
	g := &groups[0]
	cl, _, _ := o.client(s, g)
	if cl == nil {
		b, err = o.group(s, g, &units{o: o, most: -1}, b)
		return b, 1, err
	}
	commands := o.lines[:0]
	for i := range groups {
		commands = append(commands, groups[i].Commands[0])
	}
	o.lines = commands
	defer clear(commands)
	f := engine.Frame{Session: cl.id, NoBlock: g.NoBlock || g.Ticket == 0, Hold: true, Commands: commands, Scratch: &o.scratch}
	f.Each = func(r resp.Reply) bool {
		replies := [1]resp.Reply{r}
		n := 12 + len(r.Str)
		if r.Elems != nil || len(b)+n > maxAnswer {
			n = o.fit(commands[ran:ran+1], replies[:], nil, len(b))
		}
		res := frame.Result{Status: frame.StatusDone, Replies: replies[:]}
		res.DB, res.Protocol = o.eng.Where(cl.id)
		b = frame.AppendResult(slices.Grow(b, n+32), &res)
		o.scratch.Reset()
		ran++
		return len(b) < frame.MaxOut
	}
	out := o.eng.Exec(o.now, o.random(), f)
	o.step.absorb(&out)
	if out.Err != nil {
		return nil, 0, out.Err
	}
	if out.Ticket != 0 {
		res := frame.Result{Status: frame.StatusBlocked}
		if o.crowded(s) {
			o.eng.Unblock(out.Ticket)
			res = frame.Result{Status: frame.StatusDone, Replies: []resp.Reply{errWaiting}}
		} else {
			res.Again = o.waitFor(&blocked{client: cl, ticket: groups[ran].Ticket, engine: out.Ticket, hash: hashOf(commands[ran])}, commands[ran])
		}
		res.DB, res.Protocol = o.eng.Where(cl.id)
		b = frame.AppendResult(b, &res)
		ran++
	}
	o.in.commands += uint64(ran)
	return b, ran, nil
}
