package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var hashHandlers = map[string]handler{
	"hset": cmdHSet, "hmset": cmdHMSet, "hsetnx": cmdHSetNX, "hget": cmdHGet, "hmget": cmdHMGet, "hgetall": cmdHGetAll,
	"hkeys": cmdHKeys, "hvals": cmdHVals, "hlen": cmdHLen, "hstrlen": cmdHStrlen, "hexists": cmdHExists, "hdel": cmdHDel,
	"hincrby": cmdHIncrBy, "hincrbyfloat": cmdHIncrByFloat, "hrandfield": cmdHRandField, "hscan": cmdHScan,
}

// hash finds a hash. ok is false when the key holds another type; h is nil when
// there is no such key.
func (c *call) hash(key string) (ent *entry, h *hash, ok bool) {
	ent, ok = c.find(key, TypeHash)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	h = c.e.object(ent).(*hash)
	if h.soonest != 0 {
		if h.soonest < c.e.nowMs {
			if _, gone := c.e.expireFields(ent, h, math.MaxInt); gone {
				return nil, nil, true
			}
		}
		c.e.scheduleFields(ent, h)
	}
	return ent, h, true
}

// hashForWrite finds a hash, or makes one.
func (c *call) hashForWrite(key string) (*entry, *hash, bool) {
	ent, h, ok := c.hash(key)
	if ok && ent == nil {
		h = newCollection(TypeHash, !c.e.volatile).(*hash)
		ent = c.e.add(c.s.db, key, TypeHash, 0)
		ent.obj = h
	}
	return ent, h, ok
}

// setFields sets args[2:] and returns how many fields are new.
func (c *call) setFields() (int64, resp.Reply) {
	if len(c.args)%2 != 0 {
		return 0, errArity(c.cmd.name)
	}
	ent, h, ok := c.hashForWrite(c.args[1])
	if !ok {
		return 0, errWrongType
	}
	n := int64(0)
	for i := 2; i < len(c.args); i += 2 {
		if h.set(c.args[i], c.args[i+1]) {
			n++
		}
	}
	c.e.touch(ent)
	return n, resp.Reply{}
}

func cmdHSet(c *call) resp.Reply {
	n, bad := c.setFields()
	if bad.Kind == resp.Error {
		return bad
	}
	return intReply(n)
}

func cmdHMSet(c *call) resp.Reply {
	if _, bad := c.setFields(); bad.Kind == resp.Error {
		return bad
	}
	return resp.OK
}

func cmdHSetNX(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	if h != nil && h.find(c.args[2]) != nil {
		return intReply(0)
	}
	ent, h, _ := c.hashForWrite(c.args[1])
	h.set(c.args[2], c.args[3])
	c.e.touch(ent)
	return intReply(1)
}

func cmdHGet(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	return h.reply(c.args[2])
}

// reply is a field's value or null; h may be nil.
func (h *hash) reply(field string) resp.Reply {
	if h == nil {
		return nilReply
	}
	if f := h.find(field); f != nil {
		return resp.NewBulk(f.value)
	}
	return nilReply
}

func cmdHMGet(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := c.elems(len(c.args) - 2)
	for i, field := range c.args[2:] {
		elems[i] = h.reply(field)
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// listFields gathers names, values or both.
func (c *call) listFields(kind resp.Kind, names, values bool) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	if h == nil {
		return resp.Reply{Kind: kind, Elems: []resp.Reply{}}
	}
	n := h.room()
	if names && values {
		n *= 2
	}
	elems := c.elems(n)[:0]
	h.each(func(f *hashField) bool {
		if names {
			elems = append(elems, resp.NewBulk(f.key))
		}
		if values {
			elems = append(elems, resp.NewBulk(f.value))
		}
		return true
	})
	return resp.Reply{Kind: kind, Elems: elems}
}

func cmdHGetAll(c *call) resp.Reply { return c.listFields(resp.Map, true, true) }
func cmdHKeys(c *call) resp.Reply   { return c.listFields(resp.Array, true, false) }
func cmdHVals(c *call) resp.Reply   { return c.listFields(resp.Array, false, true) }

func cmdHLen(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	if h == nil {
		return intReply(0)
	}
	return intReply(int64(h.length()))
}

func cmdHStrlen(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	return intReply(int64(len(h.reply(c.args[2]).Str)))
}

func cmdHExists(c *call) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	return boolInt(h != nil && h.find(c.args[2]) != nil)
}

func cmdHDel(c *call) resp.Reply {
	ent, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	if h == nil {
		return intReply(0)
	}
	n := int64(0)
	for _, field := range c.args[2:] {
		if h.remove(field) {
			n++
		}
	}
	c.shrunk(ent, h, n)
	return intReply(n)
}

// isEmpty reports whether a collection has no element, which may be cheaper to
// know than how many it has.
func isEmpty(obj collection) bool {
	if o, ok := obj.(interface{ empty() bool }); ok {
		return o.empty()
	}
	return obj.length() == 0
}

// shrunk notes that n elements left a collection, and removes the key when none
// is left.
func (c *call) shrunk(ent *entry, obj collection, n int64) {
	switch {
	case n == 0:
	case isEmpty(obj):
		c.e.remove(ent)
	default:
		c.e.touch(ent)
	}
}

func cmdHIncrBy(c *call) resp.Reply {
	by, ok := parseInt(c.args[3])
	if !ok {
		return errNotInt
	}
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	n := int64(0)
	if old := h.reply(c.args[2]); old.Kind == resp.Bulk {
		if n, ok = parseInt(old.Str); !ok {
			return resp.NewError("ERR hash value is not an integer")
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return errOverflow
	}
	n += by
	ent, h, _ := c.hashForWrite(c.args[1])
	h.keep(c.args[2], strconv.FormatInt(n, 10))
	c.e.touch(ent)
	return intReply(n)
}

func cmdHIncrByFloat(c *call) resp.Reply {
	by, ok := parseLongDouble(c.args[3])
	if !ok {
		return errNotFloat
	}
	if by.inf {
		return resp.NewError("ERR value is NaN or Infinity")
	}
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	text := "0"
	if old := h.reply(c.args[2]); old.Kind == resp.Bulk {
		text = old.Str
	}
	if _, ok := parseLongDouble(text); !ok {
		return resp.NewError("ERR hash value is not a float")
	}
	sum, bad := addLongDouble(text, c.args[3])
	if bad.Kind == resp.Error {
		return bad
	}
	ent, h, _ := c.hashForWrite(c.args[1])
	h.keep(c.args[2], sum)
	c.e.touch(ent)
	return resp.NewBulk(sum)
}

func cmdHRandField(c *call) resp.Reply {
	var count int64
	withValues := false
	if len(c.args) > 2 {
		n, ok := parseInt(c.args[2])
		if !ok {
			return errNotInt
		}
		count = n
		if len(c.args) > 4 || len(c.args) == 4 && strings.ToUpper(c.args[3]) != "WITHVALUES" {
			return errSyntax
		}
		withValues = len(c.args) == 4
		if withValues && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) || count == math.MinInt64 {
			return resp.NewError("ERR value is out of range")
		}
	}
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	if len(c.args) == 2 {
		if h == nil {
			return nilReply
		}
		return resp.NewBulk(h.random(c.e.random).key)
	}
	out := resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
	if withValues {
		out.Kind = resp.Pairs
	}
	if h == nil {
		return out
	}
	add := func(f *hashField) {
		out.Elems = append(out.Elems, resp.NewBulk(f.key))
		if withValues {
			out.Elems = append(out.Elems, resp.NewBulk(f.value))
		}
	}
	if count < 0 {
		if -count > maxRandom {
			return errTooMany
		}
		if h.pages != nil && -count > drawAhead {
			for _, f := range h.pages.repeated(-count, c.e.random) {
				add(f)
			}
			return out
		}
		for ; count < 0; count++ {
			add(h.random(c.e.random))
		}
		return out
	}
	if h.pages != nil {
		for _, f := range h.pages.reservoir(count, c.e.random) {
			add(f)
		}
		return out
	}
	fields := make([]*hashField, 0, h.length())
	h.each(func(f *hashField) bool { fields = append(fields, f); return true })
	for _, i := range c.e.sample(len(fields), int(min(count, int64(len(fields))))) {
		add(fields[i])
	}
	return out
}

// maxRandom bounds how many elements HRANDFIELD and its kin repeat.
const maxRandom = 1 << 24

var errTooMany = resp.NewError("ERR value is out of range")

// sample draws k different numbers below n; all of them in order when k is n.
func (e *Engine) sample(n, k int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if k >= n {
		return all
	}
	for i := 0; i < k; i++ {
		j := i + int(e.random()%uint64(n-i))
		all[i], all[j] = all[j], all[i]
	}
	return all[:k]
}

func cmdHScan(c *call) resp.Reply {
	if _, ok := parseCursor(c.args[2]); !ok {
		return errBadScanCursor
	}
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := []resp.Reply{}
	if h == nil {
		return scanReply(0, elems)
	}
	o, bad := c.scanArgs(2)
	if bad.Kind == resp.Error {
		return bad
	}
	page, next := h.small, uint64(0)
	switch {
	case h.pages != nil:
		page, next = h.pages.scanPage(o.cursor, o.count, h.peek)
	case h.large != nil:
		page, next = h.large.scanPage(o.cursor, o.count)
	}
	for _, f := range page {
		if o.keep(f.key) {
			elems = append(elems, resp.NewBulk(f.key))
			if !o.noValues {
				elems = append(elems, resp.NewBulk(f.value))
			}
		}
	}
	return scanReply(next, elems)
}
