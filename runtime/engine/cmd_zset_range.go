package engine

import (
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var (
	errScoreRange = resp.NewError("ERR min or max is not a float")
	errLexRange   = resp.NewError("ERR min or max not valid string range item")
)

// An order says what a range of a sorted set goes by.
type order uint8

const (
	byAny order = iota // the command's options say
	byRank
	byScore
	byLex
)

// A zrange is the part of a sorted set that a command names.
type zrange struct {
	by          order
	start, stop int64 // ranks, negative from the end
	min, max    zbound
}

// A zbound is one end of a range by score or by name.
type zbound struct {
	score float64
	name  string
	open  bool // the bound itself is not in the range
	inf   int8 // by name: -1 before and 1 after every name
}

// parseZRange reads the ends of a range. min and max come in this order even
// where the command has them the other way round.
func parseZRange(by order, min, max string) (r zrange, bad resp.Reply) {
	r.by = by
	var ok1, ok2 bool
	switch by {
	case byScore:
		r.min, ok1 = parseScoreBound(min)
		r.max, ok2 = parseScoreBound(max)
		bad = errScoreRange
	case byLex:
		r.min, ok1 = parseLexBound(min)
		r.max, ok2 = parseLexBound(max)
		bad = errLexRange
	default:
		r.start, ok1 = parseInt(min)
		r.stop, ok2 = parseInt(max)
		bad = errNotInt
	}
	if ok1 && ok2 {
		bad = resp.Reply{}
	}
	return r, bad
}

// parseScoreBound reads a score with an optional bracket before it.
func parseScoreBound(s string) (b zbound, ok bool) {
	if strings.HasPrefix(s, "(") {
		b.open, s = true, s[1:]
	}
	b.score, ok = strtodC(s)
	return b, ok || math.IsInf(b.score, 0)
}

// strtodC reads a number as Redis does where it hands a C string to strtod:
// spaces may lead, a NUL ends it and nothing is 0. ok is false and f infinite
// for what is too large.
func strtodC(s string) (f float64, ok bool) {
	s, _, _ = strings.Cut(s, "\x00")
	if s == "" {
		return 0, true
	}
	f, ok = strtod(strings.TrimLeft(s, " \t\n\v\f\r"))
	return f, ok && !math.IsNaN(f)
}

func parseLexBound(s string) (b zbound, ok bool) {
	switch {
	case s == "-":
		b.inf = -1
	case s == "+":
		b.inf = 1
	case strings.HasPrefix(s, "("):
		b.name, b.open = s[1:], true
	case strings.HasPrefix(s, "["):
		b.name = s[1:]
	default:
		return b, false
	}
	return b, true
}

// before reports whether an element comes before a range that starts at the
// bound.
func (b *zbound) before(by order, k zkey) bool {
	if by == byScore {
		return k.score < b.score || b.open && k.score == b.score
	}
	if b.inf != 0 {
		return b.inf > 0
	}
	return k.name < b.name || b.open && k.name == b.name
}

// within reports whether an element comes before the end of a range that ends
// at the bound.
func (b *zbound) within(by order, k zkey) bool {
	if by == byScore {
		return k.score < b.score || !b.open && k.score == b.score
	}
	if b.inf != 0 {
		return b.inf > 0
	}
	return k.name < b.name || !b.open && k.name == b.name
}

// ranks turns a range into the ranks from from up to to (exclusive); from is not
// below to when it is empty. Ranks of a reverse range count from the end.
func (z *zset) ranks(r *zrange, reverse bool) (from, to int) {
	if r.by == byRank {
		a, b := clampRange(r.start, r.stop, int64(z.length()))
		if reverse {
			a, b = int64(z.length())-b, int64(z.length())-a
		}
		return int(a), int(b)
	}
	from = z.order.count(func(k zkey) bool { return r.min.before(r.by, k) })
	to = z.order.count(func(k zkey) bool { return r.max.within(r.by, k) })
	return from, to
}

// A zselection is a range with its options, as ZRANGE takes them.
type zselection struct {
	zrange
	reverse       bool
	withScores    bool
	offset, limit int64
}

// selection reads "min max [options]" at args[at]. by and reverse are what the
// command's name says; store forbids WITHSCORES.
func (c *call) selection(at int, by order, reverse, anyDirection, store bool) (s zselection, bad resp.Reply) {
	s = zselection{reverse: reverse, limit: -1}
	anyOrder := by == byAny
	for i := at + 2; i < len(c.args); i++ {
		switch word := strings.ToUpper(c.args[i]); {
		case word == "WITHSCORES" && !store:
			s.withScores = true
		case word == "LIMIT" && i+2 < len(c.args):
			var ok1, ok2 bool
			s.offset, ok1 = parseInt(c.args[i+1])
			s.limit, ok2 = parseInt(c.args[i+2])
			if !ok1 || !ok2 {
				return s, errNotInt
			}
			i += 2
		case word == "REV" && anyDirection:
			s.reverse, anyDirection = true, false
		case word == "BYLEX" && anyOrder:
			by, anyOrder = byLex, false
		case word == "BYSCORE" && anyOrder:
			by, anyOrder = byScore, false
		default:
			return s, errSyntax
		}
	}
	if by == byAny {
		by = byRank
	}
	if s.limit != -1 && by == byRank {
		return s, resp.NewError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	}
	if s.withScores && by == byLex {
		return s, resp.NewError("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
	}
	min, max := c.args[at], c.args[at+1]
	if s.reverse && by != byRank {
		min, max = max, min
	}
	s.zrange, bad = parseZRange(by, min, max)
	return s, bad
}

// bounds is the ranks of the selected elements, from from up to to (exclusive).
func (s *zselection) bounds(z *zset) (from, to int) {
	from, to = z.ranks(&s.zrange, s.reverse)
	if from >= to {
		return 0, 0
	}
	if s.by != byRank {
		n := int64(to - from)
		if s.offset < 0 || s.offset >= n {
			return 0, 0
		}
		n -= s.offset
		if s.limit >= 0 {
			n = min(n, s.limit)
		}
		if s.reverse {
			to -= int(s.offset)
			from = to - int(n)
		} else {
			from += int(s.offset)
			to = from + int(n)
		}
	}
	return from, to
}

func (c *call) zrange(by order, reverse, anyDirection bool) resp.Reply {
	s, bad := c.selection(2, by, reverse, anyDirection, false)
	if bad.Kind == resp.Error {
		return bad
	}
	_, z, ok := c.zset(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case z == nil:
		return emptyArray
	}
	if z.served != nil {
		out := c.newZReply(s.withScores, 0)
		z.pick(&s, out.add)
		return out.reply()
	}
	from, to := s.bounds(z)
	out := c.newZReply(s.withScores, to-from)
	z.order.walk(from, to, s.reverse, out.add)
	return out.reply()
}

func cmdZRange(c *call) resp.Reply           { return c.zrange(byAny, false, true) }
func cmdZRevRange(c *call) resp.Reply        { return c.zrange(byRank, true, false) }
func cmdZRangeByScore(c *call) resp.Reply    { return c.zrange(byScore, false, false) }
func cmdZRevRangeByScore(c *call) resp.Reply { return c.zrange(byScore, true, false) }
func cmdZRangeByLex(c *call) resp.Reply      { return c.zrange(byLex, false, false) }
func cmdZRevRangeByLex(c *call) resp.Reply   { return c.zrange(byLex, true, false) }

func cmdZRangeStore(c *call) resp.Reply {
	s, bad := c.selection(3, byAny, false, true, true)
	if bad.Kind == resp.Error {
		return bad
	}
	_, z, ok := c.zset(c.args[2])
	if !ok {
		return errWrongType
	}
	result := newCollection(TypeZSet, !c.e.volatile).(*zset)
	keep := func(k zkey) bool { result.set(k.name, k.score); return true }
	switch {
	case z == nil:
	case z.served != nil:
		z.pick(&s, keep)
	default:
		from, to := s.bounds(z)
		z.order.walk(from, to, s.reverse, keep)
	}
	return c.replace(c.args[1], result)
}

// countRange is ZCOUNT and ZLEXCOUNT.
func (c *call) countRange(by order) resp.Reply {
	r, bad := parseZRange(by, c.args[2], c.args[3])
	if bad.Kind == resp.Error {
		return bad
	}
	_, z, ok := c.zset(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case z == nil:
		return intReply(0)
	}
	if z.served != nil {
		return intReply(int64(z.countServed(&r)))
	}
	from, to := z.ranks(&r, false)
	return intReply(int64(max(to-from, 0)))
}

func cmdZCount(c *call) resp.Reply    { return c.countRange(byScore) }
func cmdZLexCount(c *call) resp.Reply { return c.countRange(byLex) }

func (c *call) removeRange(by order) resp.Reply {
	r, bad := parseZRange(by, c.args[2], c.args[3])
	if bad.Kind == resp.Error {
		return bad
	}
	ent, z, ok := c.zset(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case z == nil:
		return intReply(0)
	}
	var doomed []zkey
	doom := func(k zkey) bool { doomed = append(doomed, k); return true }
	if z.served != nil {
		z.pick(&zselection{zrange: r, limit: -1}, doom)
	} else {
		from, to := z.ranks(&r, false)
		z.order.walk(from, to, false, doom)
	}
	z.removeAll(doomed)
	c.shrunk(ent, z, int64(len(doomed)))
	return intReply(int64(len(doomed)))
}

func cmdZRemRangeByRank(c *call) resp.Reply  { return c.removeRange(byRank) }
func cmdZRemRangeByScore(c *call) resp.Reply { return c.removeRange(byScore) }
func cmdZRemRangeByLex(c *call) resp.Reply   { return c.removeRange(byLex) }
