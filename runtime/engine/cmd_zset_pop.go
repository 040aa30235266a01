package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// popEnd takes up to count members off the low end, or the high one.
func (c *call) popEnd(ent *entry, z *zset, high bool, count int64) []zkey {
	k := int(min(count, int64(z.order.n)))
	popped := make([]zkey, 0, k)
	switch {
	case count == 0:
	case z.served != nil:
		zwalk{reverse: high, want: int(min(count, zLastBatch))}.run(z, func(x zkey) bool {
			popped = append(popped, x)
			return int64(len(popped)) < count
		})
	case high:
		z.order.walk(z.order.n-k, z.order.n, true, func(x zkey) bool { popped = append(popped, x); return true })
	default:
		z.order.walk(0, k, false, func(x zkey) bool { popped = append(popped, x); return true })
	}
	z.removeAll(popped)
	c.shrunk(ent, z, int64(len(popped)))
	return popped
}

// removeAll takes members out that a walk has found.
func (z *zset) removeAll(found []zkey) {
	for _, k := range found {
		m := k.m
		if z.served != nil {
			m = z.hold(k).m
		}
		z.remove(m)
	}
}

// zpop is ZPOPMIN and ZPOPMAX. Without a count the one pair is flat in RESP3 too.
func (c *call) zpop(high bool) resp.Reply {
	if len(c.args) > 3 {
		return errSyntax
	}
	count, out := int64(1), resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
	if len(c.args) == 3 {
		var ok bool
		if count, ok = parseInt(c.args[2]); !ok || count < 0 {
			return errNegative
		}
		out.Kind = resp.Pairs
	}
	ent, z, ok := c.zset(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case z == nil:
		return emptyArray
	}
	for _, k := range c.popEnd(ent, z, high, count) {
		out.Elems = append(out.Elems, resp.NewBulk(k.name), resp.NewDouble(k.score))
	}
	return out
}

func cmdZPopMin(c *call) resp.Reply { return c.zpop(false) }
func cmdZPopMax(c *call) resp.Reply { return c.zpop(true) }

func (c *call) blockingZPop(high bool) resp.Reply {
	last := len(c.args) - 1
	until, bad := c.timeoutArg(c.args[last])
	if bad.Kind == resp.Error {
		return bad
	}
	keys := c.args[1:last]
	for _, key := range c.tried(keys) {
		ent, z, ok := c.zset(key)
		if !ok {
			return errWrongType
		}
		if z != nil {
			k := c.popEnd(ent, z, high, 1)[0]
			return resp.NewArray(resp.NewBulk(key), resp.NewBulk(k.name), resp.NewDouble(k.score))
		}
	}
	return c.waitFor(keys, until, nilArray)
}

func cmdBZPopMin(c *call) resp.Reply { return c.blockingZPop(false) }
func cmdBZPopMax(c *call) resp.Reply { return c.blockingZPop(true) }

// zpopFirst pops from the first of the sorted sets that has members. keys is nil
// when the answer is final.
func (c *call) zpopFirst(at int) (r resp.Reply, keys []string, until int64) {
	high := false
	keys, count, until, bad := c.popArgs(at, func(word string) bool {
		word = strings.ToUpper(word)
		high = word == "MAX"
		return high || word == "MIN"
	})
	if bad.Kind == resp.Error {
		return bad, nil, 0
	}
	for _, key := range c.tried(keys) {
		ent, z, ok := c.zset(key)
		if !ok {
			return errWrongType, nil, 0
		}
		if z != nil {
			elems := []resp.Reply{}
			for _, k := range c.popEnd(ent, z, high, count) {
				elems = append(elems, resp.NewArray(resp.NewBulk(k.name), resp.NewDouble(k.score)))
			}
			return resp.NewArray(resp.NewBulk(key), resp.Reply{Kind: resp.Array, Elems: elems}), nil, 0
		}
	}
	return nilArray, keys, until
}

func cmdZMPop(c *call) resp.Reply {
	r, _, _ := c.zpopFirst(1)
	return r
}

func cmdBZMPop(c *call) resp.Reply {
	r, keys, until := c.zpopFirst(2)
	if keys != nil {
		return c.waitFor(keys, until, nilArray)
	}
	return r
}
