package engine

import (
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var setHandlers = map[string]handler{
	"sadd": cmdSAdd, "srem": cmdSRem, "sismember": cmdSIsMember, "smismember": cmdSMIsMember,
	"smembers": cmdSMembers, "scard": cmdSCard, "spop": cmdSPop, "srandmember": cmdSRandMember, "smove": cmdSMove,
	"sinter": cmdSInter, "sunion": cmdSUnion, "sdiff": cmdSDiff, "sintercard": cmdSInterCard,
	"sinterstore": cmdSInterStore, "sunionstore": cmdSUnionStore, "sdiffstore": cmdSDiffStore,
	"sscan": cmdSScan,
}

// set finds a set. ok is false when the key holds another type; s is nil when
// there is no such key.
func (c *call) set(key string) (ent *entry, s *set, ok bool) {
	ent, ok = c.find(key, TypeSet)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	return ent, c.e.object(ent).(*set), true
}

// setForWrite finds a set, or makes one.
func (c *call) setForWrite(key string) (*entry, *set, bool) {
	ent, s, ok := c.set(key)
	if ok && ent == nil {
		s = newCollection(TypeSet, !c.e.volatile).(*set)
		ent = c.e.add(c.s.db, key, TypeSet, 0)
		ent.obj = s
	}
	return ent, s, ok
}

// replace gives a key a new collection, whatever it held, and removes the key
// when the collection is empty. It answers the number of elements.
func (c *call) replace(key string, obj collection) resp.Reply {
	if old := c.e.lookup(c.s.db, key); old != nil {
		c.e.remove(old)
	}
	n := obj.length()
	if n > 0 {
		c.e.add(c.s.db, key, obj.typ(), 0).obj = obj
	}
	return intReply(int64(n))
}

func setReply(members []string) resp.Reply {
	r := resp.Bulks(members)
	r.Kind = resp.Set
	return r
}

func cmdSAdd(c *call) resp.Reply {
	ent, s, ok := c.setForWrite(c.args[1])
	if !ok {
		return errWrongType
	}
	n := int64(0)
	for _, m := range c.args[2:] {
		if s.add(m) {
			n++
		}
	}
	if n > 0 {
		c.e.touch(ent)
	}
	return intReply(n)
}

func cmdSRem(c *call) resp.Reply {
	ent, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil {
		return intReply(0)
	}
	n := int64(0)
	for _, m := range c.args[2:] {
		if s.remove(m) {
			n++
		}
	}
	c.shrunk(ent, s, n)
	return intReply(n)
}

func cmdSIsMember(c *call) resp.Reply {
	_, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	return boolInt(s != nil && s.has(c.args[2]))
}

func cmdSMIsMember(c *call) resp.Reply {
	_, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := c.elems(len(c.args) - 2)
	for i, m := range c.args[2:] {
		elems[i] = boolInt(s != nil && s.has(m))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdSMembers(c *call) resp.Reply {
	_, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil {
		return setReply(nil)
	}
	return setReply(s.members())
}

func cmdSCard(c *call) resp.Reply {
	_, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil {
		return intReply(0)
	}
	return intReply(int64(s.length()))
}

func cmdSPop(c *call) resp.Reply {
	if len(c.args) > 3 {
		return errSyntax
	}
	count, many := int64(1), len(c.args) == 3
	if many {
		var ok bool
		if count, ok = parseInt(c.args[2]); !ok || count < 0 {
			return errNegative
		}
	}
	ent, s, ok := c.set(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil && many:
		return setReply(nil)
	case s == nil:
		return nilReply
	}
	if !many {
		m := s.random(c.e.random)
		s.remove(m)
		c.shrunk(ent, s, 1)
		return resp.NewBulk(m)
	}
	popped := c.pick(s, count)
	if s.pages != nil && len(popped) == s.length() {
		c.e.remove(ent)
		return setReply(popped)
	}
	for _, m := range popped {
		s.remove(m)
	}
	c.shrunk(ent, s, int64(len(popped)))
	return setReply(popped)
}

// pick draws up to count different members.
func (c *call) pick(s *set, count int64) []string {
	n := int64(s.length())
	if s.pages != nil && count > drawAhead/4 {
		drawn := s.pages.reservoir(count, c.e.random)
		picked := make([]string, len(drawn))
		for i, m := range drawn {
			picked[i] = m.key
		}
		return picked
	}
	if count*8 < n {
		// Few of many: drawing again now and then is cheaper than listing all.
		seen, picked := make(map[string]bool, count), make([]string, 0, count)
		for int64(len(picked)) < count {
			if m := s.random(c.e.random); !seen[m] {
				seen[m] = true
				picked = append(picked, m)
			}
		}
		return picked
	}
	all := s.members()
	picked := make([]string, 0, min(count, n))
	for _, i := range c.e.sample(len(all), int(min(count, n))) {
		picked = append(picked, all[i])
	}
	return picked
}

func cmdSRandMember(c *call) resp.Reply {
	if len(c.args) > 3 {
		return errSyntax
	}
	var count int64
	if len(c.args) == 3 {
		var ok bool
		if count, ok = parseInt(c.args[2]); !ok {
			return errNotInt
		}
		if count == math.MinInt64 {
			return errLongRange
		}
	}
	_, s, ok := c.set(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil && len(c.args) == 3:
		return emptyArray
	case s == nil:
		return nilReply
	case len(c.args) == 2:
		return resp.NewBulk(s.random(c.e.random))
	case count >= 0:
		return resp.Bulks(c.pick(s, count))
	case -count > maxRandom:
		return errTooMany
	}
	elems := make([]resp.Reply, 0, -count)
	if s.pages != nil && -count > drawAhead {
		for _, m := range s.pages.repeated(-count, c.e.random) {
			elems = append(elems, resp.NewBulk(m.key))
		}
	}
	for len(elems) < cap(elems) {
		elems = append(elems, resp.NewBulk(s.random(c.e.random)))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// errLongRange is the answer to a count that Redis cannot negate.
var errLongRange = resp.NewError("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")

func cmdSMove(c *call) resp.Reply {
	if c.e.lookup(c.s.db, c.args[1]) == nil {
		return intReply(0)
	}
	from, src, ok1 := c.set(c.args[1])
	to, dst, ok2 := c.set(c.args[2])
	m := c.args[3]
	switch {
	case !ok1 || !ok2:
		return errWrongType
	case from == to:
		return boolInt(src.has(m))
	case !src.remove(m):
		return intReply(0)
	}
	c.shrunk(from, src, 1)
	if to == nil {
		to, dst, _ = c.setForWrite(c.args[2])
	}
	if dst.add(m) {
		c.e.touch(to)
	}
	return intReply(1)
}

// sets finds the sets of a set operation, nil for a key that does not exist.
func (c *call) sets(keys []string) ([]*set, bool) {
	all := make([]*set, len(keys))
	for i, key := range keys {
		var ok bool
		if _, all[i], ok = c.set(key); !ok {
			return nil, false
		}
	}
	return all, true
}

// A setOperation yields the members of its result, each at least once.
type setOperation func(sets []*set, yield func(m string) bool)

func intersect(sets []*set, yield func(m string) bool) {
	var least *set
	for _, s := range sets {
		if s == nil {
			return
		}
		// What is in memory goes before what would have to be counted.
		if s.pages == nil && (least == nil || s.length() < least.length()) {
			least = s
		}
	}
	if least == nil {
		least = sets[0]
		for _, s := range sets {
			if s.length() < least.length() {
				least = s
			}
		}
	}
	others := finders(sets, least)
	least.each(func(m string) bool {
		for _, has := range others {
			if has != nil && !has(m) {
				return true
			}
		}
		return yield(m)
	})
}

func unite(sets []*set, yield func(m string) bool) {
	more := true
	for _, s := range sets {
		if s != nil && more {
			s.each(func(m string) bool { more = yield(m); return more })
		}
	}
}

func subtract(sets []*set, yield func(m string) bool) {
	if sets[0] == nil {
		return
	}
	if slices.Contains(sets[1:], sets[0]) {
		return
	}
	others := finders(sets, sets[0])
	sets[0].each(func(m string) bool {
		for _, has := range others {
			if has != nil && has(m) {
				return true
			}
		}
		return yield(m)
	})
}

// combine runs a set operation over keys into a new set, so that a union of
// integers is answered in order, as in Redis.
func (c *call) combine(op setOperation, keys []string, track bool) (*set, bool) {
	sets, ok := c.sets(keys)
	if !ok {
		return nil, false
	}
	result := newCollection(TypeSet, track).(*set)
	op(sets, func(m string) bool { result.add(m); return true })
	return result, true
}

func (c *call) combineReply(op setOperation) resp.Reply {
	result, ok := c.combine(op, c.args[1:], false)
	if !ok {
		return errWrongType
	}
	return setReply(result.members())
}

func (c *call) combineStore(op setOperation) resp.Reply {
	result, ok := c.combine(op, c.args[2:], !c.e.volatile)
	if !ok {
		return errWrongType
	}
	return c.replace(c.args[1], result)
}

func cmdSInter(c *call) resp.Reply      { return c.combineReply(intersect) }
func cmdSUnion(c *call) resp.Reply      { return c.combineReply(unite) }
func cmdSDiff(c *call) resp.Reply       { return c.combineReply(subtract) }
func cmdSInterStore(c *call) resp.Reply { return c.combineStore(intersect) }
func cmdSUnionStore(c *call) resp.Reply { return c.combineStore(unite) }
func cmdSDiffStore(c *call) resp.Reply  { return c.combineStore(subtract) }

func cmdSInterCard(c *call) resp.Reply {
	n, ok := parseInt(c.args[1])
	if !ok || n < 1 {
		return resp.NewError("ERR numkeys should be greater than 0")
	}
	if n > int64(len(c.args)-2) {
		return resp.NewError("ERR Number of keys can't be greater than number of args")
	}
	limit := int64(0)
	for i := 2 + int(n); i < len(c.args); i += 2 {
		if strings.ToUpper(c.args[i]) != "LIMIT" || i+1 == len(c.args) {
			return errSyntax
		}
		if limit, ok = parseInt(c.args[i+1]); !ok || limit < 0 {
			return errLimitNegative
		}
	}
	sets, ok := c.sets(c.args[2 : 2+n])
	if !ok {
		return errWrongType
	}
	found := int64(0)
	intersect(sets, func(string) bool {
		found++
		return found != limit
	})
	return intReply(found)
}

var errLimitNegative = resp.NewError("ERR LIMIT can't be negative")

func cmdSScan(c *call) resp.Reply {
	if _, ok := parseCursor(c.args[2]); !ok {
		return errBadScanCursor
	}
	_, s, ok := c.set(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := []resp.Reply{}
	if s == nil {
		return scanReply(0, elems)
	}
	o, bad := c.scanArgs(2)
	if bad.Kind == resp.Error {
		return bad
	}
	keep := func(m string) {
		if o.keep(m) {
			elems = append(elems, resp.NewBulk(m))
		}
	}
	if s.large == nil {
		s.each(func(m string) bool { keep(m); return true })
		return scanReply(0, elems)
	}
	scan := s.large.scanPage
	if s.pages != nil {
		scan = func(cursor uint64, count int) ([]*setMember, uint64) {
			return s.pages.scanPage(cursor, count, func(m string) *setMember { return s.find(m, KeyHash(m), false) })
		}
	}
	page, next := scan(o.cursor, o.count)
	for _, m := range page {
		keep(m.key)
	}
	return scanReply(next, elems)
}
