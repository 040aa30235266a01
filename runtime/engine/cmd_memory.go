package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// cmdMemoryUsage estimates the bytes that a key takes in memory.
func cmdMemoryUsage(c *call) resp.Reply {
	for i := 3; i < len(c.args); i += 2 {
		if i+1 == len(c.args) || !strings.EqualFold(c.args[i], "samples") {
			return errSyntax
		}
		if n, ok := parseInt(c.args[i+1]); !ok {
			return errNotInt
		} else if n < 0 {
			return errSyntax
		}
	}
	ent := c.e.peek(c.s.db, c.args[2])
	if ent == nil {
		return nilReply
	}
	return intReply(c.e.keyBytes(ent))
}

// keyBytes is what a key takes in memory, about. A collection is read for it if
// it was not in memory.
func (e *Engine) keyBytes(ent *entry) int64 {
	const perKey = 160
	n := int64(perKey + len(ent.key))
	if ent.typ == TypeString {
		return n + int64(ent.textLen()) // of a value in R2 the reference
	}
	if s, ok := e.object(ent).(sizer); ok {
		return n + s.bytes()
	}
	return n
}

var memoryHandlers = map[string]handler{
	"memory|usage": cmdMemoryUsage, "memory|doctor": cmdMemoryDoctor, "memory|stats": cmdMemoryStats,
	"memory|purge": cmdMemoryPurge, "memory|malloc-stats": cmdMemoryMallocStats,
	"object|encoding": cmdObjectEncoding, "object|refcount": cmdObjectRefCount, "object|idletime": cmdObjectIdleTime,
	"object|freq": cmdObjectFreq,
	"memory":      cmdContainer, "object": cmdContainer,
}

func cmdMemoryDoctor(c *call) resp.Reply {
	const little = 5 << 20 // Redis says nothing about less than this
	if c.e.memoryUsed() < little {
		return verbatim("Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n")
	}
	return verbatim("Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n")
}

// cmdMemoryPurge has nothing to do: Go's memory goes back by itself.
func cmdMemoryPurge(*call) resp.Reply { return resp.OK }

func cmdMemoryMallocStats(*call) resp.Reply {
	return resp.NewBulk("Stats not supported for the current allocator")
}

// cmdMemoryStats answers Redis's figures as far as they exist here: there is no
// allocator below the engine whose fragmentation it could tell.
func cmdMemoryStats(c *call) resp.Reply {
	e := c.e
	used, keys := e.memoryUsed(), int64(0)
	for _, ks := range e.dbs {
		keys += int64(ks.len()) // those in memory
	}
	perKey := int64(0)
	if keys > 0 {
		perKey = used / keys
	}
	r := resp.Reply{Kind: resp.Map}
	add := func(name string, v resp.Reply) { r.Elems = append(r.Elems, resp.NewBulk(name), v) }
	add("peak.allocated", intReply(e.memoryPeak()))
	add("total.allocated", intReply(used))
	add("startup.allocated", intReply(0))
	add("clients.slaves", intReply(0))
	add("clients.normal", intReply(0))
	add("lua.caches", intReply(0))
	add("functions.caches", intReply(0))
	add("keys.count", intReply(keys))
	add("keys.bytes-per-key", intReply(perKey))
	add("dataset.bytes", intReply(used))
	add("dataset.percentage", resp.NewDouble(100))
	add("peak.percentage", resp.NewDouble(percent(used, e.memoryPeak())))
	return r
}

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

func (c *call) object(answer func(*entry) resp.Reply) resp.Reply {
	ent := c.e.peek(c.s.db, c.args[2])
	if ent == nil {
		return nilReply
	}
	return answer(ent)
}

func cmdObjectEncoding(c *call) resp.Reply {
	return c.object(func(ent *entry) resp.Reply { return resp.NewBulk(c.e.encoding(ent)) })
}

// encoding is the name of the encoding that Redis would choose for the value.
func (e *Engine) encoding(ent *entry) string {
	switch ent.typ {
	case TypeString:
		if ent.ref {
			return "raw"
		}
		if ent.buf == nil && len(ent.str) <= 20 {
			if _, ok := parseInt(ent.str); ok {
				return "int"
			}
		}
		if ent.buf != nil || len(ent.str) > 44 {
			return "raw"
		}
		return "embstr"
	case TypeList:
		return "quicklist"
	case TypeStream:
		return "stream"
	}
	if enc, ok := e.object(ent).(interface{ encoding() string }); ok {
		return enc.encoding()
	}
	return ent.typ.String()
}

func (h *hash) encoding() string {
	if h.large != nil {
		return "hashtable"
	}
	for _, f := range h.small {
		if len(f.key) > 64 || len(f.value) > 64 {
			return "hashtable"
		}
	}
	return "listpack"
}

func (z *zset) encoding() string {
	if z.length() > 128 {
		return "skiplist"
	}
	compact := true
	z.each(func(k zkey) bool {
		compact = len(k.m.key) <= 64
		return compact
	})
	if compact {
		return "listpack"
	}
	return "skiplist"
}

func cmdObjectRefCount(c *call) resp.Reply {
	return c.object(func(*entry) resp.Reply { return intReply(1) })
}

func cmdObjectIdleTime(c *call) resp.Reply {
	// What was read from rows has been idle since the engine began, as after a
	// restart of Redis.
	return c.object(func(ent *entry) resp.Reply {
		return intReply(max(c.e.nowMs-max(ent.access, c.e.started/1000), 0) / 1000)
	})
}

func cmdObjectFreq(c *call) resp.Reply {
	return c.object(func(*entry) resp.Reply {
		return resp.NewError("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	})
}
