package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var dumpHandlers = map[string]handler{"dump": onBytes(cmdDump), "restore": cmdRestore}

// cmdDump answers a value in a format of our own.
func cmdDump(c *call) resp.Reply {
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil {
		return nilReply
	}
	return resp.NewBulk(c.e.dump(ent))
}

var (
	errBadDump = resp.NewError("ERR DUMP payload version or checksum are wrong: RESTORE takes what DUMP answered here, and no payload of Redis; redis2cf copy moves keys from Redis")
	errBusyKey = resp.NewError("BUSYKEY Target key name already exists.")
)

func cmdRestore(c *call) resp.Reply {
	var replace, absolute bool
	for i := 4; i < len(c.args); i++ {
		left := len(c.args) - i - 1
		switch word := strings.ToUpper(c.args[i]); {
		case word == "REPLACE":
			replace = true
		case word == "ABSTTL":
			absolute = true
		case (word == "IDLETIME" || word == "FREQ") && left >= 1:
			// How often the value was used is not kept.
			if n, ok := parseInt(c.args[i+1]); !ok {
				return errNotInt
			} else if n < 0 || word == "FREQ" && n > 255 {
				return resp.NewError("ERR Invalid " + word + " value, must be >= 0" + map[bool]string{true: " and <= 255"}[word == "FREQ"])
			}
			i++
		default:
			return errSyntax
		}
	}
	old := c.e.lookup(c.s.db, c.args[1])
	if old != nil && !replace {
		return errBusyKey
	}
	at, ok := parseInt(c.args[2])
	if !ok {
		return errNotInt
	}
	if at < 0 {
		return resp.NewError("ERR Invalid TTL value, must be >= 0")
	}
	typ, body, ok := undump(c.args[3])
	if !ok {
		return errBadDump
	}
	var obj collection
	if typ != TypeString {
		if obj, ok = c.e.readDump(typ, body); !ok {
			return resp.NewError("ERR Bad data format")
		}
	}
	if at != 0 && !absolute {
		at += c.e.nowMs // past the greatest number is, as in Redis, before all time
	}
	if old != nil {
		c.e.remove(old)
	}
	if at != 0 && at <= c.e.nowMs {
		return resp.OK // its time is over
	}
	ent := c.e.add(c.s.db, c.args[1], typ, at)
	if typ == TypeString {
		ent.setText(body)
		return resp.OK
	}
	ent.obj = obj
	if h, ok := obj.(*hash); ok {
		c.e.scheduleFields(ent, h)
	}
	return resp.OK
}
