package engine

import (
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var listHandlers = map[string]handler{
	"lpush": cmdLPush, "rpush": cmdRPush, "lpushx": cmdLPushX, "rpushx": cmdRPushX,
	"lpop": cmdLPop, "rpop": cmdRPop, "llen": cmdLLen, "lindex": cmdLIndex, "lset": cmdLSet,
	"lrange": cmdLRange, "ltrim": cmdLTrim, "lrem": cmdLRem, "linsert": cmdLInsert, "lpos": cmdLPos,
	"lmove": cmdLMove, "rpoplpush": cmdRPopLPush, "lmpop": cmdLMPop,
	"blpop": cmdBLPop, "brpop": cmdBRPop, "blmove": cmdBLMove, "brpoplpush": cmdBRPopLPush, "blmpop": cmdBLMPop,
}

// list finds a list. ok is false when the key holds another type; l is nil when
// there is no such key.
func (c *call) list(key string) (ent *entry, l *list, ok bool) {
	ent, ok = c.find(key, TypeList)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	return ent, c.e.object(ent).(*list), true
}

func (c *call) listForWrite(key string) (*entry, *list, bool) {
	ent, l, ok := c.list(key)
	if ok && ent == nil {
		l = newCollection(TypeList, !c.e.volatile).(*list)
		ent = c.e.add(c.s.db, key, TypeList, 0)
		ent.obj = l
	}
	return ent, l, ok
}

// An end is one of a list's two ends.
type end bool

const (
	left  end = true
	right end = false
)

func (l *list) push(e end, v string) {
	if e == left {
		l.pushFront(v)
	} else {
		l.pushBack(v)
	}
}

func (l *list) pop(e end) string {
	if e == left {
		return l.popFront()
	}
	return l.popBack()
}

func (c *call) push(e end, onlyExisting bool) resp.Reply {
	if onlyExisting {
		if ent, ok := c.find(c.args[1], TypeList); !ok {
			return errWrongType
		} else if ent == nil {
			return intReply(0)
		}
	}
	ent, l, ok := c.listForWrite(c.args[1])
	if !ok {
		return errWrongType
	}
	for _, v := range c.args[2:] {
		l.push(e, v)
	}
	c.e.touch(ent)
	return intReply(l.n)
}

func cmdLPush(c *call) resp.Reply  { return c.push(left, false) }
func cmdRPush(c *call) resp.Reply  { return c.push(right, false) }
func cmdLPushX(c *call) resp.Reply { return c.push(left, true) }
func cmdRPushX(c *call) resp.Reply { return c.push(right, true) }

// popMany takes up to count elements off one end.
func (c *call) popMany(ent *entry, l *list, e end, count int64) []resp.Reply {
	count = min(count, l.n)
	elems := make([]resp.Reply, 0, count)
	for i := int64(0); i < count; i++ {
		elems = append(elems, resp.NewBulk(l.pop(e)))
	}
	c.shrunk(ent, l, count)
	return elems
}

func (c *call) pop(e end) resp.Reply {
	if len(c.args) > 3 {
		return errArity(c.cmd.name)
	}
	count := int64(1)
	if len(c.args) == 3 {
		n, ok := parseInt(c.args[2])
		if !ok || n < 0 {
			return errNegative
		}
		count = n
	}
	ent, l, ok := c.list(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case ent == nil && len(c.args) == 3:
		return nilArray
	case ent == nil:
		return nilReply
	}
	elems := c.popMany(ent, l, e, count)
	if len(c.args) == 3 {
		return resp.Reply{Kind: resp.Array, Elems: elems}
	}
	return elems[0]
}

func cmdLPop(c *call) resp.Reply { return c.pop(left) }
func cmdRPop(c *call) resp.Reply { return c.pop(right) }

func cmdLLen(c *call) resp.Reply {
	_, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return intReply(0)
	}
	return intReply(l.n)
}

func cmdLIndex(c *call) resp.Reply {
	_, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return nilReply
	}
	i, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if i < 0 {
		i += l.n
	}
	if i < 0 || i >= l.n {
		return nilReply
	}
	return resp.NewBulk(l.at(i))
}

func cmdLSet(c *call) resp.Reply {
	ent, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return errNoSuchKey
	}
	i, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if i < 0 {
		i += l.n
	}
	if i < 0 || i >= l.n {
		return errOutOfRange
	}
	l.set(i, c.args[3])
	c.e.touch(ent)
	return resp.OK
}

func cmdLRange(c *call) resp.Reply {
	start, ok1 := parseInt(c.args[2])
	stop, ok2 := parseInt(c.args[3])
	if !ok1 || !ok2 {
		return errNotInt
	}
	_, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return emptyArray
	}
	from, to := clampRange(start, stop, l.n)
	elems := c.elems(int(to - from))
	l.each(from, to-from, func(i int64, v string) bool {
		e := &elems[i-from]
		e.Kind, e.Str = resp.Bulk, v
		return true
	})
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdLTrim(c *call) resp.Reply {
	start, ok1 := parseInt(c.args[2])
	stop, ok2 := parseInt(c.args[3])
	if !ok1 || !ok2 {
		return errNotInt
	}
	ent, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return resp.OK
	}
	from, to := clampRange(start, stop, l.n)
	if from == to {
		c.e.remove(ent)
		return resp.OK
	}
	l.cut(right, l.n-to)
	l.cut(left, from)
	c.e.touch(ent) // in Redis even when nothing is cut off
	return resp.OK
}

func cmdLRem(c *call) resp.Reply {
	count, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	ent, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return intReply(0)
	}
	count = max(count, -math.MaxInt64)
	var found []int64
	from, step, most := int64(0), int64(1), count
	if count < 0 {
		from, step, most = l.n-1, -1, -count
	}
	l.walk(from, l.n, step, func(i int64, v string) bool {
		if v == c.args[3] {
			found = append(found, i)
		}
		return most == 0 || int64(len(found)) < most
	})
	if step < 0 {
		slices.Reverse(found)
	}
	if int64(len(found)) == l.n {
		c.e.remove(ent)
		return intReply(l.n)
	}
	l.removeAll(found)
	c.shrunk(ent, l, int64(len(found)))
	return intReply(int64(len(found)))
}

func cmdLInsert(c *call) resp.Reply {
	after := false
	switch strings.ToUpper(c.args[2]) {
	case "AFTER":
		after = true
	case "BEFORE":
	default:
		return errSyntax
	}
	ent, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	if l == nil {
		return intReply(0)
	}
	at := int64(-1)
	l.each(0, l.n, func(i int64, v string) bool {
		if v == c.args[3] {
			at = i
		}
		return at < 0
	})
	if at < 0 {
		return intReply(-1)
	}
	if after {
		at++
	}
	l.insert(at, c.args[4])
	c.e.touch(ent)
	return intReply(l.n)
}

func cmdLPos(c *call) resp.Reply {
	rank, count, maxLen := int64(1), int64(-1), int64(0)
	for i := 3; i < len(c.args); i += 2 {
		opt := strings.ToUpper(c.args[i])
		if i+1 == len(c.args) || opt != "RANK" && opt != "COUNT" && opt != "MAXLEN" {
			return errSyntax
		}
		n, ok := parseInt(c.args[i+1])
		switch {
		case opt == "RANK":
			if !ok {
				return errNotInt
			}
			if n == 0 {
				return resp.NewError("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")
			}
			rank = n
			if n == math.MinInt64 {
				rank = -1 // what Redis makes of the one that it cannot negate
			}
		case opt == "COUNT":
			if !ok || n < 0 {
				return resp.NewError("ERR COUNT can't be negative")
			}
			count = n
		default:
			if !ok || n < 0 {
				return resp.NewError("ERR MAXLEN can't be negative")
			}
			maxLen = n
		}
	}
	_, l, ok := c.list(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := []resp.Reply{}
	if l != nil {
		skip, from, step, n := rank-1, int64(0), int64(1), l.n
		if rank < 0 {
			skip, from, step = -rank-1, l.n-1, -1
		}
		if maxLen > 0 {
			n = min(n, maxLen)
		}
		l.walk(from, n, step, func(i int64, v string) bool {
			switch {
			case v != c.args[2]:
				return true
			case skip > 0:
				skip--
				return true
			}
			elems = append(elems, intReply(i))
			return count == 0 || int64(len(elems)) < count
		})
	}
	if count < 0 && len(elems) > 0 {
		return elems[0]
	}
	if count < 0 {
		return nilReply
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}
