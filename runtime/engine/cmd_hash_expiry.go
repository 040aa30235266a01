package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// The expiry of hash fields, as Redis 7.4 and 8 have it.
var hashTTLHandlers = map[string]handler{
	"hexpire":    func(c *call) resp.Reply { return c.hexpire(1000, false) },
	"hpexpire":   func(c *call) resp.Reply { return c.hexpire(1, false) },
	"hexpireat":  func(c *call) resp.Reply { return c.hexpire(1000, true) },
	"hpexpireat": func(c *call) resp.Reply { return c.hexpire(1, true) },
	"httl": func(c *call) resp.Reply {
		return c.fieldTimes(func(at int64) int64 { return (max(at-c.e.nowMs, 0) + 999) / 1000 })
	},
	"hpttl": func(c *call) resp.Reply { return c.fieldTimes(func(at int64) int64 { return max(at-c.e.nowMs, 0) }) },
	"hexpiretime": func(c *call) resp.Reply {
		return c.fieldTimes(func(at int64) int64 { return at/1000 + min(at%1000, 1) })
	},
	"hpexpiretime": func(c *call) resp.Reply { return c.fieldTimes(func(at int64) int64 { return at }) },
	"hpersist":     cmdHPersist, "hgetex": cmdHGetEX, "hsetex": cmdHSetEX, "hgetdel": cmdHGetDel,
}

// maxFieldExpiry is the latest time that Redis gives a field: 46 bits of
// milliseconds.
const maxFieldExpiry = 1<<46 - 2

var (
	errFieldsMissing = resp.NewError("ERR Mandatory argument FIELDS is missing or not at the right position")
	errFieldsCount   = resp.NewError("ERR Number of fields must be a positive integer")
	errExpireCount   = resp.NewError("ERR Parameter `numFields` should be greater than 0") // of HEXPIRE and its kin
	errFieldsMatch   = resp.NewError("ERR The `numfields` parameter must match the number of arguments")
)

// fieldNames reads "FIELDS n name …" at args[at], with each words to a name.
func (c *call) fieldNames(at, each int) ([]string, resp.Reply) {
	if at+1 >= len(c.args) || strings.ToUpper(c.args[at]) != "FIELDS" {
		return nil, errFieldsMissing
	}
	n, ok := parseInt(c.args[at+1])
	if !ok || n < 1 {
		return nil, errFieldsCount
	}
	rest := c.args[at+2:]
	if n > int64(len(rest)) || int(n)*each != len(rest) {
		return nil, errFieldsMatch
	}
	return rest, resp.Reply{}
}

// eachField answers one reply for each field; f is nil for one that is not there.
func (c *call) eachField(h *hash, names []string, answer func(name string, f *hashField) resp.Reply) resp.Reply {
	elems := make([]resp.Reply, len(names))
	for i, name := range names {
		var f *hashField
		if h != nil {
			f = h.find(name)
		}
		elems[i] = answer(name, f)
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// fieldExpiryAt turns an expiry into Unix milliseconds.
func (c *call) fieldExpiryAt(arg string, unit int64, absolute bool) (int64, resp.Reply) {
	at, ok := parseInt(arg)
	switch {
	case !ok:
		return 0, errNotInt
	case at < 0:
		return 0, resp.NewError("ERR invalid expire time, must be >= 0")
	case at > maxFieldExpiry/unit:
		return 0, errInvalidExpire(c.cmd.name)
	}
	if at *= unit; !absolute {
		at += c.e.nowMs
	}
	if at > maxFieldExpiry {
		return 0, errInvalidExpire(c.cmd.name)
	}
	return at, resp.Reply{}
}

func (c *call) hexpire(unit int64, absolute bool) resp.Reply {
	ent, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	at, bad := c.fieldExpiryAt(c.args[2], unit, absolute)
	if bad.Kind == resp.Error {
		return bad
	}
	condition, fields := strings.ToUpper(c.args[3]), 4
	switch condition {
	case "NX", "XX", "GT", "LT":
	default:
		condition, fields = "", 3
	}
	names, bad := c.fieldNames(fields, 1)
	if bad.Kind == resp.Error {
		if bad.Str == errFieldsCount.Str {
			bad = errExpireCount
		}
		return bad
	}
	changed := false
	r := c.eachField(h, names, func(name string, f *hashField) resp.Reply {
		if f == nil {
			return intReply(-2)
		}
		old := f.expireAt
		switch {
		case condition == "NX" && old != 0, condition == "XX" && old == 0,
			condition == "GT" && (old == 0 || at <= old), condition == "LT" && old != 0 && at >= old:
			return intReply(0)
		}
		changed = true
		if at <= c.e.nowMs {
			h.remove(name)
			return intReply(2)
		}
		h.put(name, f.value, at)
		return intReply(1)
	})
	c.fieldsChanged(ent, h, changed)
	return r
}

// fieldsChanged notes that fields of a hash changed or went.
func (c *call) fieldsChanged(ent *entry, h *hash, changed bool) {
	if !changed {
		return
	}
	c.shrunk(ent, h, 1)
	if !ent.gone {
		c.e.scheduleFields(ent, h)
	}
}

func (c *call) fieldTimes(show func(at int64) int64) resp.Reply {
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	names, bad := c.fieldNames(2, 1)
	if bad.Kind == resp.Error {
		return bad
	}
	return c.eachField(h, names, func(_ string, f *hashField) resp.Reply {
		switch {
		case f == nil:
			return intReply(-2)
		case f.expireAt == 0:
			return intReply(-1)
		}
		return intReply(show(f.expireAt))
	})
}

func cmdHPersist(c *call) resp.Reply {
	ent, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	names, bad := c.fieldNames(2, 1)
	if bad.Kind == resp.Error {
		return bad
	}
	changed := false
	r := c.eachField(h, names, func(name string, f *hashField) resp.Reply {
		switch {
		case f == nil:
			return intReply(-2)
		case f.expireAt == 0:
			return intReply(-1)
		}
		h.put(name, f.value, 0)
		changed = true
		return intReply(1)
	})
	c.fieldsChanged(ent, h, changed)
	return r
}

// fieldOption reads an expiry option at args[at] of HGETEX or HSETEX and returns
// how many words it has, 0 when there is none. at is -1 for the word that keeps
// or removes the expiry.
func (c *call) fieldOption(at int, bare string) (expireAt int64, used int, bad resp.Reply) {
	word := strings.ToUpper(c.args[at])
	unit, absolute := int64(1000), false
	switch word {
	case bare:
		return -1, 1, resp.Reply{}
	case "EX":
	case "PX":
		unit = 1
	case "EXAT":
		absolute = true
	case "PXAT":
		unit, absolute = 1, true
	default:
		return 0, 0, resp.Reply{}
	}
	if at+1 >= len(c.args) {
		return 0, 0, errFieldsMissing
	}
	if n, ok := parseInt(c.args[at+1]); ok && n <= 0 && !absolute {
		return 0, 0, errInvalidExpire(c.cmd.name)
	}
	expireAt, bad = c.fieldExpiryAt(c.args[at+1], unit, absolute)
	return expireAt, 2, bad
}

func cmdHGetEX(c *call) resp.Reply {
	ent, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	at, used, bad := c.fieldOption(2, "PERSIST")
	if bad.Kind == resp.Error {
		return bad
	}
	names, bad := c.fieldNames(2+used, 1)
	if bad.Kind == resp.Error {
		return bad
	}
	changed := false
	r := c.eachField(h, names, func(name string, f *hashField) resp.Reply {
		if f == nil {
			return nilReply
		}
		value := resp.NewBulk(f.value)
		switch {
		case used == 0 || at < 0 && f.expireAt == 0:
			return value
		case at < 0:
			h.put(name, f.value, 0)
		case at <= c.e.nowMs:
			h.remove(name)
		default:
			h.put(name, f.value, at)
		}
		changed = true
		return value
	})
	c.fieldsChanged(ent, h, changed)
	return r
}

func cmdHGetDel(c *call) resp.Reply {
	ent, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	names, bad := c.fieldNames(2, 1)
	if bad.Kind == resp.Error {
		return bad
	}
	changed := false
	r := c.eachField(h, names, func(name string, f *hashField) resp.Reply {
		if f == nil {
			return nilReply
		}
		h.remove(name)
		changed = true
		return resp.NewBulk(f.value)
	})
	c.fieldsChanged(ent, h, changed)
	return r
}

func cmdHSetEX(c *call) resp.Reply {
	i, condition, expiry := 2, "", false
	at := int64(0)
options:
	for i < len(c.args) {
		switch word := strings.ToUpper(c.args[i]); {
		case (word == "FNX" || word == "FXX") && condition == "":
			condition = word
			i++
		case expiry:
			break options
		default:
			expireAt, used, bad := c.fieldOption(i, "KEEPTTL")
			if bad.Kind == resp.Error {
				return bad
			}
			if used == 0 {
				break options
			}
			at, expiry = expireAt, true
			i += used
		}
	}
	pairs, bad := c.fieldNames(i, 2)
	if bad.Kind == resp.Error {
		return bad
	}
	_, h, ok := c.hash(c.args[1])
	if !ok {
		return errWrongType
	}
	for j := 0; condition != "" && j < len(pairs); j += 2 {
		if there := h != nil && h.find(pairs[j]) != nil; there == (condition == "FNX") {
			return intReply(0)
		}
	}
	ent, h, _ := c.hashForWrite(c.args[1])
	for j := 0; j < len(pairs); j += 2 {
		switch {
		case at < 0:
			h.keep(pairs[j], pairs[j+1])
		case expiry && at <= c.e.nowMs:
			h.remove(pairs[j])
		default:
			h.put(pairs[j], pairs[j+1], at)
		}
	}
	if h.empty() {
		c.e.remove(ent)
	} else {
		c.fieldsChanged(ent, h, true)
	}
	return intReply(1)
}
