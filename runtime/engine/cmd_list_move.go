package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// endArg reads LEFT or RIGHT.
func endArg(s string) (e, ok bool) {
	switch strings.ToUpper(s) {
	case "LEFT":
		return bool(left), true
	case "RIGHT":
		return bool(right), true
	}
	return false, false
}

// move takes an element off one list and puts it on another, or reports that
// the source is empty.
func (c *call) move(from, to end) (r resp.Reply, empty bool) {
	ent, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType, false
	}
	if l == nil {
		return nilReply, true
	}
	if _, ok := c.find(c.args[2], TypeList); !ok {
		return errWrongType, false
	}
	v := l.pop(from)
	if c.args[1] == c.args[2] {
		l.push(to, v)
		c.e.touch(ent)
		return resp.NewBulk(v), false
	}
	c.shrunk(ent, l, 1)
	dst, d, _ := c.listForWrite(c.args[2])
	d.push(to, v)
	c.e.touch(dst)
	return resp.NewBulk(v), false
}

func (c *call) moveArgs() (from, to end, bad resp.Reply) {
	f, ok1 := endArg(c.args[3])
	t, ok2 := endArg(c.args[4])
	if !ok1 || !ok2 {
		return false, false, errSyntax
	}
	return end(f), end(t), resp.Reply{}
}

func cmdLMove(c *call) resp.Reply {
	from, to, bad := c.moveArgs()
	if bad.Kind == resp.Error {
		return bad
	}
	r, _ := c.move(from, to)
	return r
}

func cmdRPopLPush(c *call) resp.Reply {
	r, _ := c.move(right, left)
	return r
}

func (c *call) blockingMove(from, to end, timeout string) resp.Reply {
	until, bad := c.timeoutArg(timeout)
	if bad.Kind == resp.Error {
		return bad
	}
	r, empty := c.move(from, to)
	if empty {
		return c.waitFor(c.args[1:2], until, nilReply)
	}
	return r
}

func cmdBLMove(c *call) resp.Reply {
	from, to, bad := c.moveArgs()
	if bad.Kind == resp.Error {
		return bad
	}
	return c.blockingMove(from, to, c.args[5])
}

func cmdBRPopLPush(c *call) resp.Reply { return c.blockingMove(right, left, c.args[3]) }

func (c *call) blockingPop(e end) resp.Reply {
	keys := c.args[1 : len(c.args)-1]
	until, bad := c.timeoutArg(c.args[len(c.args)-1])
	if bad.Kind == resp.Error {
		return bad
	}
	for _, key := range c.tried(keys) {
		ent, l, ok := c.list(key)
		if !ok {
			return errWrongType
		}
		if l != nil {
			v := l.pop(e)
			c.shrunk(ent, l, 1)
			return resp.NewArray(resp.NewBulk(key), resp.NewBulk(v))
		}
	}
	return c.waitFor(keys, until, nilArray)
}

func cmdBLPop(c *call) resp.Reply { return c.blockingPop(left) }
func cmdBRPop(c *call) resp.Reply { return c.blockingPop(right) }

// popArgs reads "numkeys key … where [COUNT n]" of the MPOP family at args[at].
// where turns the word into whatever the command needs. A timeout that stands
// before them is checked last, as in Redis.
func (c *call) popArgs(at int, where func(string) bool) (keys []string, count, until int64, bad resp.Reply) {
	n, ok := parseInt(c.args[at])
	if !ok || n <= 0 {
		return nil, 0, 0, resp.NewError("ERR numkeys should be greater than 0")
	}
	if n >= int64(len(c.args)-at-1) {
		return nil, 0, 0, errSyntax
	}
	keys = c.args[at+1 : at+1+int(n)]
	rest := c.args[at+1+int(n):]
	if !where(rest[0]) {
		return nil, 0, 0, errSyntax
	}
	for rest = rest[1:]; len(rest) > 0; rest = rest[2:] {
		if count != 0 || len(rest) == 1 || strings.ToUpper(rest[0]) != "COUNT" {
			return nil, 0, 0, errSyntax
		}
		if count, ok = parseInt(rest[1]); !ok || count <= 0 {
			return nil, 0, 0, resp.NewError("ERR count should be greater than 0")
		}
	}
	count = max(count, 1)
	if at > 1 {
		until, bad = c.timeoutArg(c.args[1])
	}
	return keys, count, until, bad
}

// popFirst pops from the first of the lists that has elements. keys is nil when
// the answer is final.
func (c *call) popFirst(at int) (r resp.Reply, keys []string, until int64) {
	var e end
	keys, count, until, bad := c.popArgs(at, func(s string) bool {
		v, ok := endArg(s)
		e = end(v)
		return ok
	})
	if bad.Kind == resp.Error {
		return bad, nil, 0
	}
	for _, key := range c.tried(keys) {
		ent, l, ok := c.list(key)
		if !ok {
			return errWrongType, nil, 0
		}
		if l != nil {
			return resp.NewArray(resp.NewBulk(key), resp.NewArray(c.popMany(ent, l, e, count)...)), nil, 0
		}
	}
	return nilArray, keys, until
}

func cmdLMPop(c *call) resp.Reply {
	r, _, _ := c.popFirst(1)
	return r
}

func cmdBLMPop(c *call) resp.Reply {
	r, keys, until := c.popFirst(2)
	if keys != nil {
		return c.waitFor(keys, until, nilArray)
	}
	return r
}
