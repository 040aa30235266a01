package engine

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var keyHandlers = map[string]handler{
	"del": cmdDel, "unlink": cmdDel, "exists": cmdExists, "touch": cmdTouch, "type": cmdType,
	"expire": cmdExpire, "pexpire": cmdPExpire, "expireat": cmdExpireAt, "pexpireat": cmdPExpireAt,
	"ttl": cmdTTL, "pttl": cmdPTTL, "expiretime": cmdExpireTime, "pexpiretime": cmdPExpireTime, "persist": cmdPersist,
	"rename": cmdRename, "renamenx": cmdRenameNX, "copy": cmdCopy, "move": cmdMove,
	"keys": cmdKeys, "scan": cmdScan, "randomkey": cmdRandomKey,
	"dbsize": cmdDBSize, "flushdb": cmdFlushDB, "flushall": cmdFlushAll, "swapdb": cmdSwapDB, "select": cmdSelect,
}

func cmdDel(c *call) resp.Reply {
	n := int64(0)
	for _, key := range c.args[1:] {
		if ent := c.e.lookup(c.s.db, key); ent != nil {
			c.e.remove(ent)
			n++
		}
	}
	return intReply(n)
}

func cmdExists(c *call) resp.Reply {
	n := int64(0)
	for _, key := range c.args[1:] {
		if c.e.peek(c.s.db, key) != nil {
			n++
		}
	}
	return intReply(n)
}

func cmdTouch(c *call) resp.Reply {
	n := int64(0)
	for _, key := range c.args[1:] {
		if c.e.lookup(c.s.db, key) != nil {
			n++
		}
	}
	return intReply(n)
}

func cmdType(c *call) resp.Reply {
	if ent := c.e.peek(c.s.db, c.args[1]); ent != nil {
		return resp.NewStatus(ent.typ.String())
	}
	return resp.NewStatus("none")
}

// expireKey is EXPIRE and its kin: unit in milliseconds, absolute or from now.
func (c *call) expireKey(unit int64, absolute bool) resp.Reply {
	var nx, xx, gt, lt bool
	for _, a := range c.args[3:] {
		switch strings.ToUpper(a) {
		case "NX":
			nx = true
		case "XX":
			xx = true
		case "GT":
			gt = true
		case "LT":
			lt = true
		default:
			return resp.NewError("ERR Unsupported option " + oneLine(clip(a)))
		}
	}
	if nx && (xx || gt || lt) {
		return resp.NewError("ERR NX and XX, GT or LT options at the same time are not compatible")
	}
	if gt && lt {
		return resp.NewError("ERR GT and LT options at the same time are not compatible")
	}
	at, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if unit == 1000 {
		if at > math.MaxInt64/1000 || at < math.MinInt64/1000 {
			return errInvalidExpire(c.cmd.name)
		}
		at *= 1000
	}
	if !absolute {
		if at > 0 && at > math.MaxInt64-c.e.nowMs {
			return errInvalidExpire(c.cmd.name)
		}
		at += c.e.nowMs
	}
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil {
		return intReply(0)
	}
	old := ent.expireAt
	if nx && old != 0 || xx && old == 0 ||
		gt && (old == 0 || at <= old) || lt && old != 0 && at >= old {
		return intReply(0)
	}
	if at <= c.e.nowMs {
		c.e.remove(ent)
		return intReply(1)
	}
	c.e.setExpire(ent, at)
	c.e.changed(ent)
	return intReply(1)
}

func cmdExpire(c *call) resp.Reply    { return c.expireKey(1000, false) }
func cmdPExpire(c *call) resp.Reply   { return c.expireKey(1, false) }
func cmdExpireAt(c *call) resp.Reply  { return c.expireKey(1000, true) }
func cmdPExpireAt(c *call) resp.Reply { return c.expireKey(1, true) }

// remaining answers the TTL family: show turns the expiry into the reply.
func (c *call) remaining(show func(at int64) int64) resp.Reply {
	ent := c.e.peek(c.s.db, c.args[1])
	switch {
	case ent == nil:
		return intReply(-2)
	case ent.expireAt == 0:
		return intReply(-1)
	}
	return intReply(show(ent.expireAt))
}

// roundSeconds turns milliseconds into the nearest second.
func roundSeconds(ms int64) int64 { return ms/1000 + (ms%1000+500)/1000 }

func cmdTTL(c *call) resp.Reply {
	return c.remaining(func(at int64) int64 { return roundSeconds(max(at-c.e.nowMs, 0)) })
}

func cmdPTTL(c *call) resp.Reply {
	return c.remaining(func(at int64) int64 { return max(at-c.e.nowMs, 0) })
}

func cmdExpireTime(c *call) resp.Reply {
	return c.remaining(func(at int64) int64 { return roundSeconds(at) })
}

func cmdPExpireTime(c *call) resp.Reply {
	return c.remaining(func(at int64) int64 { return at })
}

func cmdPersist(c *call) resp.Reply {
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil || ent.expireAt == 0 {
		return intReply(0)
	}
	c.e.setExpire(ent, 0)
	c.e.changed(ent)
	return intReply(1)
}

// carry moves a value to another name, which must be free. The collection keeps
// its rows: only the two headers are written.
func (e *Engine) carry(ent *entry, db uint32, key string) {
	moved := &entry{
		chain: chain[entry]{key: key, hash: KeyHash(key)}, db: db, typ: ent.typ, access: e.nowMs,
		str: ent.str, buf: ent.buf, ref: ent.ref, id: ent.id, obj: ent.obj,
		carried: ent.id != 0 && (ent.stored || ent.carried),
	}
	expireAt := ent.expireAt
	// Rows that wait to be written hang on the id, which the new header takes.
	ent.id, ent.obj = 0, nil
	if e.undo != nil {
		e.undo.add(func() {
			ent.id, ent.obj, ent.carried = moved.id, moved.obj, moved.id != 0 && (moved.stored || moved.carried)
			ent.str, ent.buf, ent.ref = moved.str, moved.buf, moved.ref
			moved.id, moved.obj, moved.carried = 0, nil, false
			e.remove(moved)
			e.db(ent.db).insert(ent)
			e.setExpire(ent, expireAt)
			ent.gone = false
			e.changed(ent)
		})
	}
	undo := e.undo
	e.undo = nil // the steps of a move are undone together
	defer func() { e.undo = undo }()
	e.remove(ent)
	e.db(db).insert(moved)
	e.setExpire(moved, expireAt)
	e.changed(moved)
	if h, ok := moved.obj.(*hash); ok {
		e.scheduleFields(moved, h)
	}
}

func (c *call) rename(onlyNew bool) resp.Reply {
	from, to := c.args[1], c.args[2]
	ent := c.e.lookup(c.s.db, from)
	if ent == nil {
		return errNoSuchKey
	}
	old := c.e.lookup(c.s.db, to)
	if onlyNew && old != nil {
		return intReply(0)
	}
	if from != to {
		if old != nil {
			c.e.remove(old)
		}
		c.e.carry(ent, c.s.db, to)
	}
	if onlyNew {
		return intReply(1)
	}
	return resp.OK
}

func cmdRename(c *call) resp.Reply   { return c.rename(false) }
func cmdRenameNX(c *call) resp.Reply { return c.rename(true) }

// database reads a database number.
func (c *call) database(s string) (uint32, bool) {
	n, ok := parseInt(s)
	if !ok || n < 0 || n >= int64(c.e.opt.Databases) {
		return 0, false
	}
	return uint32(n), true
}

func cmdCopy(c *call) resp.Reply {
	db, replace := c.s.db, false
	for i := 3; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "REPLACE":
			replace = true
		case opt == "DB" && i+1 < len(c.args):
			i++
			if bad, ok := databaseNumber(c.args[i]); !ok {
				return bad
			}
			var ok bool
			if db, ok = c.database(c.args[i]); !ok {
				return resp.NewError("ERR DB index is out of range")
			}
		default:
			return errSyntax
		}
	}
	if db == c.s.db && c.args[1] == c.args[2] {
		return resp.NewError("ERR source and destination objects are the same")
	}
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil {
		return intReply(0)
	}
	if old := c.e.lookup(db, c.args[2]); old != nil {
		if !replace {
			return intReply(0)
		}
		c.e.remove(old)
	}
	twin := c.e.add(db, c.args[2], ent.typ, ent.expireAt)
	if ent.typ == TypeString {
		twin.str, twin.ref = ent.text(), ent.ref
	} else {
		twin.obj = c.e.object(ent).clone()
	}
	return intReply(1)
}

func cmdMove(c *call) resp.Reply {
	if bad, ok := databaseNumber(c.args[2]); !ok {
		return bad
	}
	db, ok := c.database(c.args[2])
	if !ok {
		return resp.NewError("ERR DB index is out of range")
	}
	if db == c.s.db {
		return resp.NewError("ERR source and destination objects are the same")
	}
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil || c.e.lookup(db, c.args[1]) != nil {
		return intReply(0)
	}
	c.e.carry(ent, db, c.args[1])
	return intReply(1)
}

func cmdKeys(c *call) resp.Reply {
	pattern := c.args[1]
	elems := []resp.Reply{}
	c.e.walk(c.s.db, 0, func(f found) bool {
		if !f.expired(c.e.nowMs) && (pattern == "*" || match(pattern, f.key, false)) {
			elems = append(elems, resp.NewBulk(f.key))
		}
		return true
	})
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// scanOptions are the options that the SCAN family shares.
type scanOptions struct {
	cursor   uint64
	match    string
	all      bool // no pattern, or *
	count    int
	typ      string
	noValues bool
}

// scanArgs reads the cursor at args[at] and the options after it.
func (c *call) scanArgs(at int) (o scanOptions, bad resp.Reply) {
	cursor, ok := parseCursor(c.args[at])
	if !ok {
		return o, errBadScanCursor
	}
	o = scanOptions{cursor: cursor, count: 10, all: true}
	for i := at + 1; i < len(c.args); i++ {
		opt := strings.ToUpper(c.args[i])
		if opt == "NOVALUES" && c.cmd.name == "hscan" {
			o.noValues = true
			continue
		}
		if i+1 == len(c.args) {
			return o, errSyntax
		}
		i++
		switch {
		case opt == "COUNT":
			n, ok := parseInt(c.args[i])
			if !ok {
				return o, errNotInt
			}
			if n < 1 {
				return o, errSyntax
			}
			o.count = int(min(n, 1<<30))
		case opt == "MATCH":
			o.match = c.args[i]
			o.all = o.match == "*"
		case opt == "TYPE" && c.cmd.name == "scan":
			o.typ = strings.ToLower(c.args[i])
		default:
			return o, errSyntax
		}
	}
	return o, resp.Reply{}
}

// parseCursor reads a cursor as Redis does with strtoul: a sign may lead, a NUL
// ends it, and nothing is 0.
func parseCursor(s string) (uint64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	if s == "" {
		return 0, true
	}
	digits := strings.TrimPrefix(s, "+")
	if len(digits) == len(s) {
		digits = strings.TrimPrefix(s, "-")
	}
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if s[0] == '-' {
		n = -n
	}
	return n, err == nil
}

// keep reports whether the options' pattern lets a name through.
func (o *scanOptions) keep(name string) bool {
	return o.all || match(o.match, name, false)
}

// scanReply is the two-element reply of the SCAN family.
func scanReply(next uint64, elems []resp.Reply) resp.Reply {
	return resp.NewArray(resp.NewBulk(formatUint(next)), resp.Reply{Kind: resp.Array, Elems: elems})
}

func cmdScan(c *call) resp.Reply {
	o, bad := c.scanArgs(1)
	if bad.Kind == resp.Error {
		return bad
	}
	page, next := c.e.keyPage(c.s.db, o.cursor, o.count)
	elems := make([]resp.Reply, 0, len(page))
	for i := range page {
		switch f := &page[i]; {
		case f.expired(c.e.nowMs):
			c.e.peek(c.s.db, f.key) // which removes it
		case o.typ != "" && f.typ.String() != o.typ:
		case o.keep(f.key):
			elems = append(elems, resp.NewBulk(f.key))
		}
	}
	return scanReply(next, elems)
}

func cmdRandomKey(c *call) resp.Reply {
	if key, ok := c.e.randomKey(c.s.db); ok {
		return resp.NewBulk(key)
	}
	return nilReply
}

func cmdDBSize(c *call) resp.Reply {
	keys, _ := c.e.size(c.s.db)
	return intReply(keys)
}

// flushMode checks FLUSHDB's and FLUSHALL's ASYNC or SYNC.
func (c *call) flushMode() bool {
	return len(c.args) == 1 || len(c.args) == 2 && slices.Contains([]string{"ASYNC", "SYNC"}, strings.ToUpper(c.args[1]))
}

func cmdFlushDB(c *call) resp.Reply {
	if !c.flushMode() {
		return errSyntax
	}
	c.e.flush(c.s.db)
	return resp.OK
}

func cmdFlushAll(c *call) resp.Reply {
	if !c.flushMode() {
		return errSyntax
	}
	for db := 0; db < c.e.opt.Databases; db++ {
		c.e.flush(uint32(db))
	}
	return resp.OK
}

// databaseNumber checks that an argument is a C int, which is more than that a
// database has that number.
func databaseNumber(s string) (bad resp.Reply, ok bool) {
	switch n, ok := parseInt(s); {
	case !ok:
		return errNotInt, false
	case n != int64(int32(n)):
		return resp.NewError("ERR value is out of range, value must between -2147483648 and 2147483647"), false
	}
	return resp.Reply{}, true
}

func cmdSwapDB(c *call) resp.Reply {
	if _, ok := databaseNumber(c.args[1]); !ok {
		return resp.NewError("ERR invalid first DB index")
	}
	if _, ok := databaseNumber(c.args[2]); !ok {
		return resp.NewError("ERR invalid second DB index")
	}
	a, ok1 := c.database(c.args[1])
	b, ok2 := c.database(c.args[2])
	if !ok1 || !ok2 {
		return resp.NewError("ERR DB index is out of range")
	}
	c.e.swap(a, b)
	return resp.OK
}

func cmdSelect(c *call) resp.Reply {
	if bad, ok := databaseNumber(c.args[1]); !ok {
		return bad
	}
	db, ok := c.database(c.args[1])
	if !ok {
		return resp.NewError("ERR DB index is out of range")
	}
	c.s.db = db
	return resp.OK
}
