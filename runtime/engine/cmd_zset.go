package engine

import (
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var zsetHandlers = map[string]handler{
	"zadd": cmdZAdd, "zincrby": cmdZIncrBy, "zrem": cmdZRem, "zcard": cmdZCard,
	"zscore": cmdZScore, "zmscore": cmdZMScore, "zrank": cmdZRank, "zrevrank": cmdZRevRank,
	"zcount": cmdZCount, "zlexcount": cmdZLexCount,
	"zrange": cmdZRange, "zrevrange": cmdZRevRange, "zrangestore": cmdZRangeStore,
	"zrangebyscore": cmdZRangeByScore, "zrevrangebyscore": cmdZRevRangeByScore,
	"zrangebylex": cmdZRangeByLex, "zrevrangebylex": cmdZRevRangeByLex,
	"zremrangebyrank": cmdZRemRangeByRank, "zremrangebyscore": cmdZRemRangeByScore, "zremrangebylex": cmdZRemRangeByLex,
	"zpopmin": cmdZPopMin, "zpopmax": cmdZPopMax, "bzpopmin": cmdBZPopMin, "bzpopmax": cmdBZPopMax,
	"zmpop": cmdZMPop, "bzmpop": cmdBZMPop, "zrandmember": cmdZRandMember,
	"zunion": cmdZUnion, "zinter": cmdZInter, "zdiff": cmdZDiff, "zintercard": cmdZInterCard,
	"zunionstore": cmdZUnionStore, "zinterstore": cmdZInterStore, "zdiffstore": cmdZDiffStore,
	"zscan": cmdZScan,
}

var errScoreNaN = resp.NewError("ERR resulting score is not a number (NaN)")

// zset finds a sorted set. ok is false when the key holds another type; z is nil
// when there is no such key.
func (c *call) zset(key string) (ent *entry, z *zset, ok bool) {
	ent, ok = c.find(key, TypeZSet)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	z = c.e.object(ent).(*zset)
	if z.served != nil {
		z.recall()
	}
	return ent, z, true
}

// zaddOptions are the options of ZADD.
type zaddOptions struct{ nx, xx, gt, lt, ch, incr bool }

// option sets the option that a word names and reports whether it names one.
func (o *zaddOptions) option(word string) bool {
	switch strings.ToUpper(word) {
	case "NX":
		o.nx = true
	case "XX":
		o.xx = true
	case "GT":
		o.gt = true
	case "LT":
		o.lt = true
	case "CH":
		o.ch = true
	case "INCR":
		o.incr = true
	default:
		return false
	}
	return true
}

// conflict is the error of options that exclude each other for n elements.
func (o *zaddOptions) conflict(n int) resp.Reply {
	switch {
	case o.nx && o.xx:
		return resp.NewError("ERR XX and NX options at the same time are not compatible")
	case o.gt && o.nx || o.lt && o.nx || o.gt && o.lt:
		return resp.NewError("ERR GT, LT, and/or NX options at the same time are not compatible")
	case o.incr && n > 1:
		return resp.NewError("ERR INCR option supports a single increment-element pair")
	}
	return resp.Reply{}
}

// A zoutcome says what ZADD did with one element.
type zoutcome uint8

const (
	zUntouched zoutcome = iota // an option forbade it
	zSame                      // it has the score already
	zAdded
	zUpdated
	zNaN
)

// put adds one element as the options say and returns the score it has then.
func (o *zaddOptions) put(z *zset, name string, score float64) (zoutcome, float64) {
	m := z.find(name)
	if m == nil {
		if o.xx {
			return zUntouched, 0
		}
		z.set(name, score)
		return zAdded, score
	}
	if o.nx {
		return zUntouched, 0
	}
	if o.incr {
		score += m.score
		if math.IsNaN(score) {
			return zNaN, 0
		}
	}
	switch {
	case o.lt && score >= m.score || o.gt && score <= m.score:
		return zUntouched, 0
	case score == m.score:
		return zSame, score
	}
	z.move(m, score)
	return zUpdated, score
}

func (c *call) zadd(o zaddOptions) resp.Reply {
	first := 2
	for first < len(c.args) && o.option(c.args[first]) {
		first++
	}
	pairs := c.args[first:]
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return errSyntax
	}
	if bad := o.conflict(len(pairs) / 2); bad.Kind == resp.Error {
		return bad
	}
	scores := make([]float64, len(pairs)/2)
	for i := range scores {
		var ok bool
		if scores[i], ok = parseFloat(pairs[2*i]); !ok {
			return errNotFloat
		}
	}
	ent, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	if z == nil && !o.xx {
		z = newCollection(TypeZSet, !c.e.volatile).(*zset)
		ent = c.e.add(c.s.db, c.args[1], TypeZSet, 0)
		ent.obj = z
	}
	var added, updated int64
	reply := nilReply
	if z != nil {
		for i, score := range scores {
			done, now := o.put(z, pairs[2*i+1], score)
			switch done {
			case zNaN:
				return errScoreNaN
			case zAdded:
				added++
			case zUpdated:
				updated++
			}
			if done != zUntouched {
				reply = resp.NewDouble(now)
			}
		}
		if added+updated > 0 {
			c.e.touch(ent)
		}
	}
	switch {
	case o.incr:
		return reply
	case o.ch:
		return intReply(added + updated)
	}
	return intReply(added)
}

func cmdZAdd(c *call) resp.Reply    { return c.zadd(zaddOptions{}) }
func cmdZIncrBy(c *call) resp.Reply { return c.zadd(zaddOptions{incr: true}) }

func cmdZRem(c *call) resp.Reply {
	ent, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	n := int64(0)
	for _, name := range c.args[2:] {
		if m := z.find(name); m != nil {
			z.remove(m)
			n++
		}
	}
	c.shrunk(ent, z, n)
	return intReply(n)
}

func cmdZCard(c *call) resp.Reply {
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	if z == nil {
		return intReply(0)
	}
	return intReply(int64(z.length()))
}

// score is a member's score or null.
func (z *zset) score(name string) resp.Reply {
	if m := z.find(name); m != nil {
		return resp.NewDouble(m.score)
	}
	return nilReply
}

func cmdZScore(c *call) resp.Reply {
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	return z.score(c.args[2])
}

func cmdZMScore(c *call) resp.Reply {
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := c.elems(len(c.args) - 2)
	for i, name := range c.args[2:] {
		elems[i] = z.score(name)
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// withScoreOption reports whether a command is ZRANK or ZREVRANK with the
// WITHSCORE of Redis 7.2, which the command table, being 7.0's, does not count.
func withScoreOption(name string, args resp.Command) bool {
	return len(args) == 4 && (name == "zrank" || name == "zrevrank") && strings.EqualFold(args[3], "WITHSCORE")
}

// rank answers a member's rank, with its score when WITHSCORE asks for it.
func (c *call) rank(reverse bool) resp.Reply {
	withScore := len(c.args) == 4
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	m := z.find(c.args[2])
	switch {
	case m == nil && withScore:
		return nilArray
	case m == nil:
		return nilReply
	}
	r := intReply(int64(z.rank(m, reverse)))
	if withScore {
		return resp.NewArray(r, resp.NewDouble(m.score))
	}
	return r
}

func cmdZRank(c *call) resp.Reply    { return c.rank(false) }
func cmdZRevRank(c *call) resp.Reply { return c.rank(true) }

func cmdZRandMember(c *call) resp.Reply {
	var count int64
	withScores := len(c.args) == 4
	if len(c.args) >= 3 {
		var ok bool
		if count, ok = parseInt(c.args[2]); !ok {
			return errNotInt
		}
		switch {
		case count == math.MinInt64:
			return errLongRange
		case len(c.args) > 4 || withScores && strings.ToUpper(c.args[3]) != "WITHSCORES":
			return errSyntax
		case withScores && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
			return errTooMany
		}
	}
	_, z, ok := c.zset(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case z == nil && len(c.args) > 2:
		return emptyArray
	case z == nil:
		return nilReply
	}
	any := func() int { return int(c.e.random() % uint64(z.length())) }
	if len(c.args) == 2 {
		return resp.NewBulk(z.atRanks([]int{any()})[0].name)
	}
	out := c.newZReply(withScores, 0)
	var ranks []int
	switch {
	case -count > maxRandom:
		return errTooMany
	case count < 0:
		for ; count < 0; count++ {
			ranks = append(ranks, any())
		}
	default:
		ranks = c.e.sample(z.length(), int(min(count, int64(z.length()))))
	}
	for _, k := range z.atRanks(ranks) {
		out.add(k)
	}
	return out.reply()
}

// A zreply gathers members, with or without their scores.
type zreply struct {
	elems      []resp.Reply
	withScores bool
}

// newZReply makes room for n members.
func (c *call) newZReply(withScores bool, n int) *zreply {
	if withScores {
		n *= 2
	}
	return &zreply{elems: c.elems(n)[:0], withScores: withScores}
}

func (r *zreply) add(k zkey) bool {
	r.elems = append(r.elems, resp.NewBulk(k.name))
	if r.withScores {
		r.elems = append(r.elems, resp.NewDouble(k.score))
	}
	return true
}

func (r *zreply) reply() resp.Reply {
	if r.withScores {
		return resp.Reply{Kind: resp.Pairs, Elems: r.elems}
	}
	return resp.Reply{Kind: resp.Array, Elems: r.elems}
}

func cmdZScan(c *call) resp.Reply {
	if _, ok := parseCursor(c.args[2]); !ok {
		return errBadScanCursor
	}
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := []resp.Reply{}
	if z == nil {
		return scanReply(0, elems)
	}
	o, bad := c.scanArgs(2)
	if bad.Kind == resp.Error {
		return bad
	}
	keep := func(m *zmember) {
		if o.keep(m.key) {
			elems = append(elems, resp.NewBulk(m.key), resp.NewBulk(z.scoreText(m.score)))
		}
	}
	if z.served != nil {
		next := z.scanServed(o.cursor, o.count, keep)
		return scanReply(next, elems)
	}
	if z.names == nil {
		z.each(func(k zkey) bool { keep(k.m); return true })
		return scanReply(0, elems)
	}
	page, next := z.names.scanPage(o.cursor, o.count)
	for _, m := range page {
		keep(m)
	}
	return scanReply(next, elems)
}
