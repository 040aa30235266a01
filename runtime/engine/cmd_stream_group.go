package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// errSubcommand is the error of a sub-command with the wrong arguments.
func (c *call) errSubcommand() resp.Reply {
	return resp.NewError(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.",
		oneLine(clip(c.args[1])), oneLine(cString(strings.ToUpper(c.args[0])))))
}

var errNoStream = resp.NewError("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.")

func errNoSuchGroup(group, key string) resp.Reply {
	return resp.NewError(oneLine(fmt.Sprintf("NOGROUP No such consumer group '%s' for key name '%s'", cString(group), cString(key))))
}

func errNoKeyOrGroup(key, group string) resp.Reply {
	return resp.NewError(oneLine(fmt.Sprintf("NOGROUP No such key '%s' or consumer group '%s'", cString(key), cString(group))))
}

// groupOptions reads MKSTREAM and ENTRIESREAD.
func (c *call) groupOptions(create bool) (mkStream bool, read int64, bad resp.Reply) {
	read = unknownRead
	for i := 5; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case create && opt == "MKSTREAM":
			mkStream = true
		case opt == "ENTRIESREAD" && i+1 < len(c.args):
			i++
			var ok bool
			if read, ok = parseInt(c.args[i]); !ok {
				return false, 0, errNotInt
			}
			if read < 0 && read != unknownRead {
				return false, 0, resp.NewError("ERR value for ENTRIESREAD must be positive or -1")
			}
		default:
			return false, 0, c.errSubcommand()
		}
	}
	return mkStream, read, resp.Reply{}
}

// xgroup finds the stream and the group of an XGROUP command.
func (c *call) xgroup() (ent *entry, s *stream, g *streamGroup, bad resp.Reply) {
	ent, s, ok := c.stream(c.args[2])
	switch {
	case !ok:
		return nil, nil, nil, errWrongType
	case s == nil:
		return nil, nil, nil, errNoStream
	}
	if g = s.groups[c.args[3]]; g == nil {
		bad = errNoSuchGroup(c.args[3], c.args[2])
	}
	return ent, s, g, bad
}

func cmdXGroupCreate(c *call) resp.Reply {
	mkStream, read, bad := c.groupOptions(true)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, s, ok := c.stream(c.args[2])
	switch {
	case !ok:
		return errWrongType
	case s == nil && !mkStream:
		return errNoStream
	case len(c.args) > 8:
		return c.errSubcommand()
	}
	var last streamID
	if cString(c.args[4]) == "$" {
		if s != nil {
			last = s.state.last
		}
	} else if last, ok = strictID(c.args[4]); !ok {
		return errStreamID
	}
	if s == nil {
		ent, s = c.newStream(c.args[2])
	}
	if s.groups[c.args[3]] != nil {
		return resp.NewError("BUSYGROUP Consumer Group name already exists")
	}
	s.addGroup(c.args[3], last, read)
	c.e.noted(ent)
	return resp.OK
}

func cmdXGroupSetID(c *call) resp.Reply {
	_, read, bad := c.groupOptions(false)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, s, g, bad := c.xgroup()
	switch {
	case bad.Kind == resp.Error:
		return bad
	case len(c.args) != 5 && len(c.args) != 7:
		return c.errSubcommand()
	}
	last := s.state.last
	if cString(c.args[4]) != "$" {
		var ok bool
		if last, _, ok = (idForm{ends: true}).parse(c.args[4]); !ok {
			return errStreamID
		}
	}
	s.move(g, last, read)
	c.e.noted(ent)
	return resp.OK
}

func cmdXGroupDestroy(c *call) resp.Reply {
	ent, s, g, bad := c.xgroup()
	switch {
	case s == nil:
		return bad
	case g == nil:
		return intReply(0)
	}
	s.removeGroup(g)
	c.e.noted(ent)
	if len(c.e.waiting) > 0 {
		c.e.signal(dbKey{ent.db, ent.key})
	}
	return intReply(1)
}

func cmdXGroupCreateConsumer(c *call) resp.Reply {
	ent, s, g, bad := c.xgroup()
	switch {
	case bad.Kind == resp.Error:
		return bad
	case g.consumers[c.args[4]] != nil:
		return intReply(0)
	}
	s.addConsumer(g, c.args[4], c.e.nowMs)
	c.e.noted(ent)
	return intReply(1)
}

func cmdXGroupDelConsumer(c *call) resp.Reply {
	ent, s, g, bad := c.xgroup()
	if bad.Kind == resp.Error {
		return bad
	}
	con := g.consumers[c.args[4]]
	if con == nil {
		return intReply(0)
	}
	s.removeConsumer(g, con)
	c.e.noted(ent)
	return intReply(int64(con.pending.n))
}

func cmdXAck(c *call) resp.Reply {
	ent, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil || s.groups[c.args[2]] == nil:
		return intReply(0)
	}
	ids, ok := strictIDs(c.args[3:])
	if !ok {
		return errStreamID
	}
	g, n := s.groups[c.args[2]], int64(0)
	for _, id := range ids {
		if s.settle(g, id) {
			n++
		}
	}
	if n > 0 {
		c.e.noted(ent)
	}
	return intReply(n)
}

// xpendingArgs are the arguments of XPENDING after the group.
type xpendingArgs struct {
	minIdle, count int64
	from, to       streamID
	consumer       []string // none or one
}

func (c *call) xpendingArgs() (a xpendingArgs, bad resp.Reply) {
	if len(c.args) < 6 || len(c.args) > 9 {
		return a, errSyntax
	}
	at := 3
	var ok bool
	if strings.ToUpper(c.args[3]) == "IDLE" {
		if a.minIdle, ok = parseInt(c.args[4]); !ok {
			return a, errNotInt
		}
		if len(c.args) < 8 {
			return a, errSyntax
		}
		at = 5
	}
	if a.count, ok = parseInt(c.args[at+2]); !ok {
		return a, errNotInt
	}
	a.from, a.to, bad = idBounds(c.args[at], c.args[at+1])
	if at+3 < len(c.args) {
		a.consumer = c.args[at+3 : at+4]
	}
	return a, bad
}

func cmdXPending(c *call) resp.Reply {
	var a xpendingArgs
	if len(c.args) != 3 {
		var bad resp.Reply
		if a, bad = c.xpendingArgs(); bad.Kind == resp.Error {
			return bad
		}
	}
	_, s, ok := c.stream(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil || s.groups[c.args[2]] == nil {
		return errNoKeyOrGroup(c.args[1], c.args[2])
	}
	g := s.groups[c.args[2]]
	if len(c.args) == 3 {
		return g.summary()
	}
	list := &g.pending
	if len(a.consumer) > 0 {
		con := g.consumers[a.consumer[0]]
		if con == nil {
			return emptyArray
		}
		list = &con.pending
	}
	elems := []resp.Reply{}
	for _, p := range list.page(a.from, a.to, a.count, func(p *pendingEntry) bool { return a.minIdle == 0 || c.e.nowMs-p.at >= a.minIdle }) {
		elems = append(elems, resp.NewArray(p.id.reply(), resp.NewBulk(p.consumer.name), intReply(max(c.e.nowMs-p.at, 0)), intReply(p.count)))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// summary is XPENDING without a range: how many, from where to where, whose.
func (g *streamGroup) summary() resp.Reply {
	if g.pending.n == 0 {
		return resp.NewArray(intReply(0), nilReply, nilReply, nilArray)
	}
	first, last := g.pending.ends()
	owners := []resp.Reply{}
	for _, name := range sortedNames(g.consumers) {
		if n := g.consumers[name].pending.n; n > 0 {
			owners = append(owners, resp.NewArray(resp.NewBulk(name), resp.NewBulk(strconv.Itoa(n))))
		}
	}
	return resp.NewArray(intReply(int64(g.pending.n)), first.id.reply(), last.id.reply(), resp.Reply{Kind: resp.Array, Elems: owners})
}
