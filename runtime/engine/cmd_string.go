package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var stringHandlers = map[string]handler{
	"get": cmdGet, "set": cmdSet, "setnx": cmdSetNX, "setex": cmdSetEX, "psetex": cmdPSetEX,
	"getset": cmdGetSet, "getdel": cmdGetDel, "getex": cmdGetEX,
	"mget": cmdMGet, "mset": cmdMSet, "msetnx": cmdMSetNX,
	"append": onBytes(cmdAppend), "strlen": cmdStrlen, "getrange": cmdGetRange, "substr": cmdGetRange, "setrange": onBytes(cmdSetRange),
	"incr": onBytes(cmdIncr, errNotInt), "decr": onBytes(cmdDecr, errNotInt), "incrby": onBytes(cmdIncrBy, errNotInt), "decrby": onBytes(cmdDecrBy, errNotInt),
	"incrbyfloat": onBytes(cmdIncrByFloat, errNotFloat),
	"lcs":         onBytes(cmdLCS),
}

// find looks a key up for a command of one data type. ok is false when the key
// holds another type.
func (c *call) find(key string, typ Type) (ent *entry, ok bool) {
	ent = c.e.lookup(c.s.db, key)
	if ent == nil {
		return nil, true
	}
	return ent, ent.typ == typ
}

// setString gives a key a string value, whatever it held, and an expiry (0: none).
func (c *call) setString(ent *entry, key, value string, expireAt int64) {
	c.setText(ent, key, value, false, expireAt)
}

// setText is setString for a value or, when ref is set, the reference to it.
func (c *call) setText(ent *entry, key, value string, ref bool, expireAt int64) {
	if ref || ent != nil && ent.ref {
		c.e.refs.moved = true
	}
	if ent != nil && ent.typ != TypeString {
		c.e.remove(ent)
		ent = nil
	}
	if ent == nil {
		ent = c.e.add(c.s.db, key, TypeString, expireAt)
		ent.str, ent.ref = value, ref
		return
	}
	ent.setText(value)
	ent.ref = ref
	if ent.expireAt != expireAt {
		c.e.setExpire(ent, expireAt)
	}
	c.e.changed(ent)
}

func cmdGet(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil {
		return nilReply
	}
	return c.value(ent)
}

// expireOption reads the value of EX, PX, EXAT or PXAT as Unix milliseconds.
func (c *call) expireOption(option, value string) (int64, resp.Reply) {
	n, ok := parseInt(value)
	if !ok {
		return 0, errNotInt
	}
	bad := errInvalidExpire(c.cmd.name)
	if n <= 0 {
		return 0, bad
	}
	if option == "EX" || option == "EXAT" {
		if n > math.MaxInt64/1000 {
			return 0, bad
		}
		n *= 1000
	}
	if option == "EX" || option == "PX" {
		if n > math.MaxInt64-c.e.nowMs {
			return 0, bad
		}
		n += c.e.nowMs
	}
	return n, resp.Reply{}
}

func cmdSet(c *call) resp.Reply {
	var nx, xx, get, keep bool
	var at int64
	var expire string // the option that set the expiry
	var expireArg string
	for i := 3; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "NX" && !xx:
			nx = true
		case opt == "XX" && !nx:
			xx = true
		case opt == "GET":
			get = true
		case opt == "KEEPTTL" && expire == "":
			keep = true
		case (opt == "EX" || opt == "PX" || opt == "EXAT" || opt == "PXAT") && !keep && (expire == "" || expire == opt) && i+1 < len(c.args):
			i++
			expire, expireArg = opt, c.args[i]
		default:
			return errSyntax
		}
	}
	if expire != "" {
		var bad resp.Reply
		if at, bad = c.expireOption(expire, expireArg); bad.Kind == resp.Error {
			return bad
		}
	}
	key := c.args[1]
	ent := c.e.lookup(c.s.db, key)
	reply := resp.OK
	if get {
		if ent != nil && ent.typ != TypeString {
			return errWrongType
		}
		reply = nilReply
		if ent != nil {
			if reply = c.value(ent); reply.Kind == resp.Error {
				return reply
			}
		}
	}
	if nx && ent != nil || xx && ent == nil {
		if get {
			return reply
		}
		return nilReply
	}
	if keep && ent != nil {
		at = ent.expireAt
	}
	if expire != "" && at <= c.e.nowMs {
		// An absolute time in the past: the key is gone at once.
		if ent != nil {
			c.e.remove(ent)
		}
		return reply
	}
	c.setArg(ent, key, 2, at)
	return reply
}

func cmdSetNX(c *call) resp.Reply {
	if c.e.lookup(c.s.db, c.args[1]) != nil {
		return intReply(0)
	}
	c.setArg(nil, c.args[1], 2, 0)
	return intReply(1)
}

func (c *call) setExpiring(option string) resp.Reply {
	at, bad := c.expireOption(option, c.args[2])
	if bad.Kind == resp.Error {
		return bad
	}
	c.setArg(c.e.lookup(c.s.db, c.args[1]), c.args[1], 3, at)
	return resp.OK
}

func cmdSetEX(c *call) resp.Reply  { return c.setExpiring("EX") }
func cmdPSetEX(c *call) resp.Reply { return c.setExpiring("PX") }

func cmdGetSet(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	reply := nilReply
	if ent != nil {
		if reply = c.value(ent); reply.Kind == resp.Error {
			return reply
		}
	}
	c.setArg(ent, c.args[1], 2, 0)
	return reply
}

func cmdGetDel(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil {
		return nilReply
	}
	reply := c.value(ent)
	if reply.Kind != resp.Error {
		c.e.remove(ent)
	}
	return reply
}

func cmdGetEX(c *call) resp.Reply {
	var opt, value string
	for i := 2; i < len(c.args); i++ {
		o := strings.ToUpper(c.args[i])
		switch {
		case o == "PERSIST" && (opt == "" || opt == o):
		case opt != "" && opt != o: // of two of one unit the last counts
			return errSyntax
		case (o == "EX" || o == "PX" || o == "EXAT" || o == "PXAT") && i+1 < len(c.args):
			i++
			value = c.args[i]
		default:
			return errSyntax
		}
		opt = o
	}
	ent, ok := c.find(c.args[1], TypeString)
	if ent == nil {
		return nilReply
	}
	if !ok {
		return errWrongType
	}
	reply := c.value(ent)
	if reply.Kind == resp.Error {
		return reply
	}
	switch opt {
	case "":
	case "PERSIST":
		if ent.expireAt != 0 {
			c.e.setExpire(ent, 0)
			c.e.changed(ent)
		}
	default:
		at, bad := c.expireOption(opt, value)
		if bad.Kind == resp.Error {
			return bad
		}
		if at <= c.e.nowMs {
			c.e.remove(ent)
			break
		}
		c.e.setExpire(ent, at)
		c.e.changed(ent)
	}
	return reply
}

func cmdMGet(c *call) resp.Reply {
	elems := c.elems(len(c.args) - 1)
	for i, key := range c.args[1:] {
		if ent, ok := c.find(key, TypeString); ok && ent != nil {
			if elems[i] = c.value(ent); elems[i].Kind == resp.Error {
				return elems[i]
			}
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdMSet(c *call) resp.Reply {
	if len(c.args)%2 == 0 {
		return errArity(c.cmd.name)
	}
	for i := 1; i < len(c.args); i += 2 {
		c.setArg(c.e.lookup(c.s.db, c.args[i]), c.args[i], i+1, 0)
	}
	return resp.OK
}

func cmdMSetNX(c *call) resp.Reply {
	if len(c.args)%2 == 0 {
		return errArity(c.cmd.name)
	}
	for i := 1; i < len(c.args); i += 2 {
		if c.e.lookup(c.s.db, c.args[i]) != nil {
			return intReply(0)
		}
	}
	cmdMSet(c)
	return intReply(1)
}

func cmdAppend(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil {
		c.setString(nil, c.args[1], c.args[2], 0)
		return intReply(int64(len(c.args[2])))
	}
	if ent.textLen()+len(c.args[2]) > maxString {
		return errTooLong
	}
	ent.buf = append(ent.bytes(0), c.args[2]...)
	c.e.changed(ent)
	return intReply(int64(ent.textLen()))
}

func cmdStrlen(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	switch {
	case ent == nil:
		return intReply(0)
	case ent.ref:
		return intReply(ent.refSize())
	}
	return intReply(int64(ent.textLen()))
}

// clampRange turns Redis's inclusive start and end, negative from the end, into
// [from, to) of a sequence of n; from == to when the range is empty.
func clampRange(start, end, n int64) (from, to int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end += n
	}
	end = min(end, n-1)
	if start > end || start >= n {
		return 0, 0
	}
	return start, end + 1
}

func cmdGetRange(c *call) resp.Reply {
	start, ok1 := parseInt(c.args[2])
	end, ok2 := parseInt(c.args[3])
	if !ok1 || !ok2 {
		return errNotInt
	}
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil || start < 0 && end < 0 && start > end {
		return resp.NewBulk("")
	}
	n := int64(ent.textLen())
	if ent.ref {
		n = ent.refSize()
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	from, to := clampRange(start, end, n)
	if ent.ref {
		return c.part(ent, from, to)
	}
	if ent.buf != nil {
		return resp.NewBulk(string(ent.buf[from:to]))
	}
	return resp.NewBulk(ent.str[from:to])
}

func cmdSetRange(c *call) resp.Reply {
	offset, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if offset < 0 {
		return resp.NewError("ERR offset is out of range")
	}
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	value := c.args[3]
	if value == "" {
		if ent == nil {
			return intReply(0)
		}
		return intReply(int64(ent.textLen()))
	}
	if offset > maxString || offset+int64(len(value)) > maxString {
		return errTooLong
	}
	if ent == nil {
		ent = c.e.add(c.s.db, c.args[1], TypeString, 0)
	}
	copy(ent.bytes(int(offset) + len(value))[offset:], value)
	c.e.changed(ent)
	return intReply(int64(ent.textLen()))
}

func (c *call) increment(by int64) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	var n, at int64
	if ent != nil {
		if n, ok = parseInt(ent.text()); !ok {
			return errNotInt
		}
		at = ent.expireAt
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return errOverflow
	}
	n += by
	c.setString(ent, c.args[1], strconv.FormatInt(n, 10), at)
	return intReply(n)
}

func cmdIncr(c *call) resp.Reply { return c.increment(1) }
func cmdDecr(c *call) resp.Reply { return c.increment(-1) }

func cmdIncrBy(c *call) resp.Reply {
	by, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	return c.increment(by)
}

func cmdDecrBy(c *call) resp.Reply {
	by, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if by == math.MinInt64 {
		return resp.NewError("ERR decrement would overflow")
	}
	return c.increment(-by)
}

func cmdIncrByFloat(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	text, at := "0", int64(0)
	if ent != nil {
		text, at = ent.text(), ent.expireAt
	}
	sum, bad := addLongDouble(text, c.args[2])
	if bad.Kind == resp.Error {
		return bad
	}
	c.setString(ent, c.args[1], sum, at)
	return resp.NewBulk(sum)
}

// addLongDouble adds two numbers as INCRBYFLOAT does.
func addLongDouble(a, b string) (string, resp.Reply) {
	x, ok := parseLongDouble(a)
	if !ok {
		return "", errNotFloat
	}
	y, ok := parseLongDouble(b)
	if !ok {
		return "", errNotFloat
	}
	if x.inf || y.inf {
		return "", errNaN
	}
	if x = x.add(y); x.inf {
		return "", errNaN
	}
	return x.text(), resp.Reply{}
}
