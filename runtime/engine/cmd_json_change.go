package engine

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A jsonChange is what a command does to each value that a path leads to.
type jsonChange struct {
	is    func(*jsonValue) bool // values that it is done to
	wrong string                // what is said when a path of the first version leads to no such value
	// check looks at one of the values before any is changed; its error ends the
	// command.
	check func(jsonMatch) resp.Reply
	do    func(*jsonValue) resp.Reply
	// plain is the reply to a path of the first version, when it is not do's.
	plain func(resp.Reply) resp.Reply
	// idle are values that do answers for and leaves as they are; nil: none.
	idle  func(*jsonValue) bool
	every bool // a path of the first version is answered like any other
	given bool // errors have the path as it was given
}

// change does something to the values that the path in argument 2 leads to, the
// innermost first, and answers for each of them in the document's order.
func (c *call) change(ch *jsonChange) resp.Reply {
	p, bad := c.jsonPath(2)
	if bad.Kind == resp.Error {
		return bad
	}
	p.legacy = p.legacy && !ch.every
	ent, doc, ok := c.jsonDoc(c.args[1])
	if !ok {
		return errJSONType
	}
	if ent == nil {
		return errJSONNoKey
	}
	found, ok := p.find(doc.root, true)
	if !ok {
		return errJSONTooBroad
	}
	replies := make([]resp.Reply, len(found))
	order := make([]int, 0, len(found))
	changes := false
	for i, m := range found {
		if !ch.is(m.node) {
			continue
		}
		order = append(order, i)
		changes = changes || ch.idle == nil || !ch.idle(m.node)
		if ch.check != nil {
			if bad := ch.check(m); bad.Kind == resp.Error {
				return bad
			}
		}
	}
	if len(order) > 0 {
		last := order[len(order)-1]
		slices.SortStableFunc(order, func(a, b int) int { return found[b].trail.depth() - found[a].trail.depth() })
		for _, i := range order {
			replies[i] = ch.do(found[i].node)
		}
		if changes {
			c.jsonChanged(ent, doc)
		}
		if p.legacy && ch.plain != nil {
			return ch.plain(replies[last])
		}
		if p.legacy {
			return replies[last]
		}
	} else if p.legacy {
		if ch.given {
			return errJSONNoPathOr(p.text, ch.wrong)
		}
		return errJSONNoPathOr(p.full, ch.wrong)
	}
	return resp.Reply{Kind: resp.Array, Elems: replies}
}

func cmdJSONNumIncrBy(c *call) resp.Reply {
	return c.calculate(addInts, func(x, y float64) float64 { return x + y })
}

func cmdJSONNumMultBy(c *call) resp.Reply {
	return c.calculate(multiplyInts, func(x, y float64) float64 { return x * y })
}

func addInts(x, y int64) (int64, bool) {
	sum := x + y
	return sum, (sum > x) == (y > 0)
}

func multiplyInts(x, y int64) (int64, bool) {
	magnitude := func(n int64) uint64 {
		if n < 0 {
			return -uint64(n)
		}
		return uint64(n)
	}
	high, low := bits.Mul64(magnitude(x), magnitude(y))
	if negative := (x < 0) != (y < 0); negative {
		return int64(-low), high == 0 && low <= 1<<63
	}
	return int64(low), high == 0 && low <= math.MaxInt64
}

// calculate replaces numbers by what comes of them and the number in argument 3.
// Two integers give an integer, and an error when it does not fit in 64 bits;
// anything else gives a float. (RedisJSON before 8.8 lets integers wrap around.)
func (c *call) calculate(ints func(x, y int64) (int64, bool), floats func(x, y float64) float64) resp.Reply {
	by, err := parseJSON(c.args[3], maxJSONArg)
	result := func(v *jsonValue) (*jsonValue, resp.Reply) {
		if v.kind == jsonInt && by.kind == jsonInt {
			n, ok := ints(v.integer(), by.integer())
			if !ok {
				return nil, errJSONOverflow
			}
			return newJSONInt(n), resp.Reply{}
		}
		f := floats(v.float(), by.float())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errJSONNaN
		}
		return newJSONFloat(f), resp.Reply{}
	}
	r := c.change(&jsonChange{
		is: (*jsonValue).isNumber, wrong: "does not contains a number",
		check: func(m jsonMatch) resp.Reply {
			switch {
			case err != nil:
				return errJSONText(err)
			case !by.isNumber():
				return resp.NewError("bad input number")
			}
			_, bad := result(m.node)
			return bad
		},
		do: func(v *jsonValue) resp.Reply {
			if n, bad := result(v); bad.Kind != resp.Error { // a value met twice may get there
				*v = *n
			}
			return v.reply(jsonExpand, nil)
		},
		plain: func(r resp.Reply) resp.Reply { return resp.NewBulk(jsonNumberText(r)) },
		every: c.s.proto == 3,
	})
	if c.s.proto == 3 || r.Kind != resp.Array {
		return r
	}
	texts := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		texts[i] = jsonNumberText(e)
	}
	return resp.NewBulk("[" + strings.Join(texts, ",") + "]")
}

// jsonNumberText is the reply of one calculation as JSON.
func jsonNumberText(r resp.Reply) string {
	switch r.Kind {
	case resp.Int:
		return strconv.FormatInt(r.Int, 10)
	case resp.Double:
		return string(appendJSONFloat(nil, r.Float()))
	}
	return "null"
}

func cmdJSONToggle(c *call) resp.Reply {
	return c.change(&jsonChange{
		is: (*jsonValue).isBool, wrong: "not a bool",
		do: func(v *jsonValue) resp.Reply {
			v.bits ^= 1
			return intReply(int64(v.bits))
		},
		plain: func(r resp.Reply) resp.Reply { return resp.NewBulk(strconv.FormatBool(r.Int != 0)) },
	})
}

func cmdJSONStrAppend(c *call) resp.Reply {
	if len(c.args) == 3 { // without a path
		c.args = resp.Command{c.args[0], c.args[1], ".", c.args[2]}
	}
	more, err := parseJSON(c.args[3], maxJSONArg)
	return c.change(&jsonChange{
		is: (*jsonValue).isString, wrong: "not a string",
		check: func(m jsonMatch) resp.Reply {
			switch {
			case err != nil:
				return errJSONText(err)
			case !more.isString():
				return errJSONKind("string", clip(c.args[3]))
			case len(m.node.str)+len(more.str) > maxString:
				return errTooLong
			}
			return resp.Reply{}
		},
		do: func(v *jsonValue) resp.Reply {
			v.str += more.str
			return intReply(int64(len(v.str)))
		},
	})
}

// jsonArgs reads the values from argument i on, and how many levels the deepest
// has.
func (c *call) jsonArgs(i int) (values []*jsonValue, levels int, bad resp.Reply) {
	for _, s := range c.args[i:] {
		v, err := parseJSON(s, maxJSONArg)
		if err != nil {
			return nil, 0, errJSONText(err)
		}
		values, levels = append(values, v), max(levels, v.depth())
	}
	return values, levels, resp.Reply{}
}

// insert puts copies of values into an array.
func (v *jsonValue) insert(at int, values []*jsonValue) resp.Reply {
	copies := make([]*jsonValue, len(values))
	for i, e := range values {
		copies[i] = e.clone()
	}
	v.box.elems = slices.Insert(v.box.elems, at, copies...)
	return jsonLen(v)
}

func cmdJSONArrAppend(c *call) resp.Reply {
	values, levels, bad := c.jsonArgs(3)
	if bad.Kind == resp.Error {
		return bad
	}
	return c.change(&jsonChange{
		is: (*jsonValue).isArray, wrong: "not an array", given: true,
		check: func(m jsonMatch) resp.Reply {
			if m.trail.depth()+1+levels > maxJSONDepth {
				return errJSONTooDeep
			}
			return resp.Reply{}
		},
		do: func(v *jsonValue) resp.Reply { return v.insert(len(v.box.elems), values) },
	})
}

func cmdJSONArrInsert(c *call) resp.Reply {
	index, ok := parseInt(c.args[3])
	if !ok {
		return errJSONNotInt
	}
	values, levels, bad := c.jsonArgs(4)
	if bad.Kind == resp.Error {
		return bad
	}
	place := func(v *jsonValue) int64 {
		if index < 0 {
			return index + int64(len(v.box.elems))
		}
		return index
	}
	return c.change(&jsonChange{
		is: (*jsonValue).isArray, wrong: "not an array",
		check: func(m jsonMatch) resp.Reply {
			if i := place(m.node); i < 0 || i > int64(len(m.node.box.elems)) {
				return errJSONBounds
			}
			if m.trail.depth()+1+levels > maxJSONDepth {
				return errJSONTooDeep
			}
			return resp.Reply{}
		},
		do: func(v *jsonValue) resp.Reply { return v.insert(int(place(v)), values) },
	})
}

func cmdJSONArrPop(c *call) resp.Reply {
	format := jsonText
	args := c.args[2:]
	if len(args) > 1 && strings.ToUpper(args[0]) == "FORMAT" {
		var bad resp.Reply
		if format, bad = readJSONFormat(args[1], "STRINGS"); bad.Kind == resp.Error {
			return bad
		}
		if c.s.proto != 3 {
			return errJSONRESP2
		}
		args = args[2:]
	}
	index := int64(-1)
	if len(args) > 1 {
		if n, ok := parseInt(args[1]); ok { // RedisJSON takes anything else for -1
			index = n
		}
	}
	path := "."
	if len(args) > 0 {
		path = args[0]
	}
	c.args = resp.Command{c.args[0], c.args[1], path}
	if format != jsonText {
		if p, bad := c.jsonPath(2); bad.Kind != resp.Error && p.legacy {
			return resp.NewError("Legacy paths are supported only with FORMAT STRINGS")
		}
	}
	return c.change(&jsonChange{
		is: (*jsonValue).isArray, wrong: "not an array",
		idle: func(v *jsonValue) bool { return len(v.box.elems) == 0 },
		do: func(v *jsonValue) resp.Reply {
			length := len(v.box.elems)
			if length == 0 {
				return nilReply
			}
			i := int(clampIndex(index, int64(length)))
			e := v.box.elems[i]
			v.box.elems = slices.Delete(v.box.elems, i, i+1)
			v.box.elems[:length][length-1] = nil
			return e.reply(format, nil)
		},
	})
}

func cmdJSONArrTrim(c *call) resp.Reply {
	if len(c.args) != 5 { // go-redis's JSONArrTrim has no bounds
		return errArity(c.cmd.name)
	}
	start, ok := parseInt(c.args[3])
	stop, also := parseInt(c.args[4])
	if !ok || !also {
		return errJSONNotInt
	}
	return c.change(&jsonChange{
		is: (*jsonValue).isArray, wrong: "not an array",
		do: func(v *jsonValue) resp.Reply {
			length := int64(len(v.box.elems))
			from, to := clampIndex(start, length), clampIndex(stop, length)
			if length == 0 || start >= length || from > to {
				v.box.elems = nil
			} else {
				v.box.elems = slices.Clone(v.box.elems[from : to+1])
			}
			return jsonLen(v)
		},
	})
}
