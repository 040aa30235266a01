package engine

import (
	"encoding/binary"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var hyperloglogHandlers = map[string]handler{
	"pfadd": onBytes(cmdPFAdd, errNotHLL), "pfcount": onBytes(cmdPFCount, errNotHLL), "pfmerge": onBytes(cmdPFMerge, errNotHLL),
}

var (
	errNotHLL    = resp.NewError("WRONGTYPE Key is not a valid HyperLogLog string value.")
	errBrokenHLL = resp.NewError("INVALIDOBJ Corrupted HLL object detected")
)

// hll finds a HyperLogLog; ent is nil when there is no such key.
func (c *call) hll(key string) (ent *entry, bad resp.Reply) {
	ent, ok := c.find(key, TypeString)
	switch {
	case ent == nil:
		return nil, resp.Reply{}
	case !ok:
		return nil, errWrongType
	case ent.buf != nil && !validHLL(ent.buf) || ent.buf == nil && !validHLL(ent.str):
		return nil, errNotHLL
	}
	return ent, resp.Reply{}
}

// newHLLKey makes an empty HyperLogLog.
func (c *call) newHLLKey(key string) *entry {
	ent := c.e.add(c.s.db, key, TypeString, 0)
	ent.buf = newHLL()
	return ent
}

func cmdPFAdd(c *call) resp.Reply {
	ent, bad := c.hll(c.args[1])
	if bad.Kind == resp.Error {
		return bad
	}
	updated := ent == nil
	if ent == nil {
		ent = c.newHLLKey(c.args[1])
	}
	b := ent.bytes(0)
	c.e.reshaped(ent)
	for _, element := range c.args[2:] {
		register, value := hllPlace(element)
		var raised, ok bool
		b, raised, ok = hllSet(b, register, value)
		ent.buf = b
		if !ok {
			return errBrokenHLL
		}
		updated = updated || raised
	}
	if !updated {
		return intReply(0)
	}
	b[15] |= 0x80
	c.e.changed(ent)
	return intReply(1)
}

// registers merges HyperLogLogs. dense reports whether one of them was dense.
func (c *call) registers(keys []string) (regs *[hllRegisters]byte, dense bool, bad resp.Reply) {
	regs = new([hllRegisters]byte)
	for _, key := range keys {
		ent, bad := c.hll(key)
		if bad.Kind == resp.Error {
			return nil, false, bad
		}
		if ent == nil {
			continue
		}
		b := []byte(ent.text())
		dense = dense || b[4] == hllDense
		if !hllMerge(regs, b) {
			return nil, false, errBrokenHLL
		}
	}
	return regs, dense, resp.Reply{}
}

// cmdPFCount answers an estimate. That of a single key is kept in the string,
// as in Redis, so that a reading command writes.
func cmdPFCount(c *call) resp.Reply {
	if len(c.args) == 2 {
		ent, bad := c.hll(c.args[1])
		if ent == nil {
			if bad.Kind == resp.Error {
				return bad
			}
			return intReply(0)
		}
		if n, ok := hllCached(ent.text()[:hllHeader]); ok {
			return intReply(int64(n))
		}
		regs, _, bad := c.registers(c.args[1:])
		if bad.Kind == resp.Error {
			return bad
		}
		if c.e.undo != nil {
			c.e.undo.keepString(c.e, ent)
		}
		n := hllCount(regs)
		binary.LittleEndian.PutUint64(ent.bytes(0)[8:], n)
		c.e.changed(ent)
		return intReply(int64(n))
	}
	regs, _, bad := c.registers(c.args[1:])
	if bad.Kind == resp.Error {
		return bad
	}
	return intReply(int64(hllCount(regs)))
}

func cmdPFMerge(c *call) resp.Reply {
	regs, dense, bad := c.registers(c.args[1:])
	if bad.Kind == resp.Error {
		return bad
	}
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil {
		ent = c.newHLLKey(c.args[1])
	}
	b, ok := ent.bytes(0), true
	c.e.reshaped(ent)
	if dense {
		if b, ok = hllToDense(b); !ok {
			return errBrokenHLL
		}
	}
	for i, v := range regs {
		if v == 0 {
			continue
		}
		if b, _, ok = hllSet(b, i, v); !ok {
			break
		}
	}
	b[15] |= 0x80
	ent.buf = b
	c.e.changed(ent)
	return resp.OK
}
