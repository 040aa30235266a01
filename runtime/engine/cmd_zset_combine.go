package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A zinput is one input of ZUNION and its kin: a sorted set, a set whose members
// count as having the score 1, or nothing.
type zinput struct {
	z      *zset
	s      *set
	weight float64
}

func (in *zinput) length() int {
	switch {
	case in.z != nil:
		return in.z.length()
	case in.s != nil:
		return in.s.length()
	}
	return 0
}

// score is a member's score without the weight.
func (in *zinput) score(name string) (float64, bool) {
	switch {
	case in.z != nil:
		return in.z.scoreOf(name)
	case in.s != nil:
		return 1, in.s.has(name)
	}
	return 0, false
}

func (in *zinput) each(yield func(name string, score float64) bool) {
	switch {
	case in.z != nil:
		in.z.each(func(k zkey) bool { return yield(k.name, k.score) })
	case in.s != nil:
		in.s.each(func(m string) bool { return yield(m, 1) })
	}
}

// weighted is a score times the input's weight; 0 times infinity is 0.
func (in *zinput) weighted(score float64) float64 {
	if w := in.weight * score; !math.IsNaN(w) {
		return w
	}
	return 0
}

// An aggregate joins the scores that a member has in several inputs.
type aggregate func(a, b float64) float64

func aggregateSum(a, b float64) float64 {
	if s := a + b; !math.IsNaN(s) {
		return s
	}
	return 0 // of +inf and -inf
}

func aggregateMin(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func aggregateMax(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

var aggregates = map[string]aggregate{"SUM": aggregateSum, "MIN": aggregateMin, "MAX": aggregateMax}

// A zcombination is a parsed ZUNION, ZINTER, ZDIFF or ZINTERCARD.
type zcombination struct {
	inputs     []zinput
	join       aggregate
	withScores bool
	limit      int64 // ZINTERCARD; 0: none
}

// combination reads "numkeys key … [options]" at args[at]. plain is set for
// ZDIFF and ZINTERCARD, which know neither weights nor an aggregate.
func (c *call) combination(at int, plain, store, card bool) (q zcombination, bad resp.Reply) {
	n, ok := parseInt(c.args[at])
	switch {
	case !ok:
		return q, errNotInt
	case n < 1:
		return q, resp.NewError("ERR at least 1 input key is needed for '" + c.cmd.name + "' command")
	case n > int64(len(c.args)-at-1):
		return q, errSyntax
	}
	q.join = aggregateSum
	q.inputs = make([]zinput, n)
	for i := range q.inputs {
		in := &q.inputs[i]
		in.weight = 1
		ent, _ := c.find(c.args[at+1+i], TypeZSet)
		if ent == nil {
			continue
		}
		switch ent.typ {
		case TypeZSet:
			if in.z = c.e.object(ent).(*zset); in.z.served != nil {
				in.z.recall()
			}
		case TypeSet:
			in.s = c.e.object(ent).(*set)
		default:
			return q, errWrongType
		}
	}
	rest := c.args[at+1+int(n):]
	for len(rest) > 0 {
		used := 2
		switch word := strings.ToUpper(rest[0]); {
		case word == "WEIGHTS" && !plain && int64(len(rest)) > n:
			for i := range q.inputs {
				if q.inputs[i].weight, ok = parseFloat(rest[1+i]); !ok {
					return q, resp.NewError("ERR weight value is not a float")
				}
			}
			used = 1 + int(n)
		case word == "AGGREGATE" && !plain && len(rest) > 1:
			if q.join = aggregates[strings.ToUpper(rest[1])]; q.join == nil {
				return q, errSyntax
			}
		case word == "WITHSCORES" && !store && !card:
			q.withScores, used = true, 1
		case word == "LIMIT" && card && len(rest) > 1:
			if q.limit, ok = parseInt(rest[1]); !ok || q.limit < 0 {
				return q, errLimitNegative
			}
		default:
			return q, errSyntax
		}
		rest = rest[used:]
	}
	return q, bad
}

// smallestFirst orders the inputs by size, as Redis does before it adds scores:
// the order decides the last bits of a sum.
func (q *zcombination) smallestFirst() {
	slices.SortStableFunc(q.inputs, func(a, b zinput) int { return cmp.Compare(a.length(), b.length()) })
}

// A zoperation yields the members of its result, each once.
type zoperation func(q *zcombination, yield func(name string, score float64) bool)

func zunite(q *zcombination, yield func(name string, score float64) bool) {
	q.smallestFirst()
	scores, names := map[string]float64{}, []string{}
	for i := range q.inputs {
		in := &q.inputs[i]
		in.each(func(name string, score float64) bool {
			score = in.weighted(score)
			if have, ok := scores[name]; ok {
				score = q.join(have, score)
			} else {
				names = append(names, name)
			}
			scores[name] = score
			return true
		})
	}
	for _, name := range names {
		if !yield(name, scores[name]) {
			return
		}
	}
}

func zintersect(q *zcombination, yield func(name string, score float64) bool) {
	q.smallestFirst()
	q.inputs[0].each(func(name string, score float64) bool {
		total := q.inputs[0].weighted(score)
		for i := range q.inputs[1:] {
			in := &q.inputs[1+i]
			other, ok := in.score(name)
			if !ok {
				return true
			}
			total = q.join(total, other*in.weight)
		}
		return yield(name, total)
	})
}

func zsubtract(q *zcombination, yield func(name string, score float64) bool) {
	q.inputs[0].each(func(name string, score float64) bool {
		for i := range q.inputs[1:] {
			if _, ok := q.inputs[1+i].score(name); ok {
				return true
			}
		}
		return yield(name, score)
	})
}

// zcombine runs an operation into a new sorted set.
func (c *call) zcombine(q *zcombination, op zoperation, track bool) *zset {
	result := newCollection(TypeZSet, track).(*zset)
	result.loose = true
	op(q, func(name string, score float64) bool { result.set(name, score); return true })
	return result
}

func (c *call) zcombineReply(op zoperation, plain bool) resp.Reply {
	q, bad := c.combination(1, plain, false, false)
	if bad.Kind == resp.Error {
		return bad
	}
	result := c.zcombine(&q, op, false)
	out := c.newZReply(q.withScores, result.length())
	result.each(out.add)
	return out.reply()
}

func (c *call) zcombineStore(op zoperation, plain bool) resp.Reply {
	q, bad := c.combination(2, plain, true, false)
	if bad.Kind == resp.Error {
		return bad
	}
	result := c.zcombine(&q, op, !c.e.volatile)
	result.settle()
	return c.replace(c.args[1], result)
}

func cmdZUnion(c *call) resp.Reply      { return c.zcombineReply(zunite, false) }
func cmdZInter(c *call) resp.Reply      { return c.zcombineReply(zintersect, false) }
func cmdZDiff(c *call) resp.Reply       { return c.zcombineReply(zsubtract, true) }
func cmdZUnionStore(c *call) resp.Reply { return c.zcombineStore(zunite, false) }
func cmdZInterStore(c *call) resp.Reply { return c.zcombineStore(zintersect, false) }
func cmdZDiffStore(c *call) resp.Reply  { return c.zcombineStore(zsubtract, true) }

func cmdZInterCard(c *call) resp.Reply {
	q, bad := c.combination(1, true, false, true)
	if bad.Kind == resp.Error {
		return bad
	}
	n := int64(0)
	zintersect(&q, func(string, float64) bool {
		n++
		return n != q.limit
	})
	return intReply(n)
}
