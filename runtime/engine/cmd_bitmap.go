package engine

import (
	"math/bits"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var bitmapHandlers = map[string]handler{
	"setbit": onBytes(cmdSetBit), "getbit": onBytes(cmdGetBit), "bitcount": onBytes(cmdBitCount), "bitpos": onBytes(cmdBitPos),
	"bitop": onBytes(cmdBitOp), "bitfield": onBytes(cmdBitField), "bitfield_ro": onBytes(cmdBitField),
}

var (
	errBitOffset = resp.NewError("ERR bit offset is not an integer or out of range")
	errBit       = resp.NewError("ERR bit is not an integer or out of range")
)

// maxBits is the number of bits in the largest string.
const maxBits = maxString * 8

func bitOffset(s string) (int64, bool) {
	n, ok := parseInt(s)
	return n, ok && n >= 0 && n < maxBits
}

// view returns a string's value for reading; it must not be kept.
func (ent *entry) view() string {
	if ent == nil {
		return ""
	}
	return ent.text()
}

func cmdSetBit(c *call) resp.Reply {
	off, ok := bitOffset(c.args[2])
	if !ok {
		return errBitOffset
	}
	if c.args[3] != "0" && c.args[3] != "1" {
		return errBit
	}
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil {
		ent = c.e.add(c.s.db, c.args[1], TypeString, 0)
	}
	before := ent.textLen()
	b := ent.bytes(int(off>>3) + 1)
	c.e.reshaped(ent)
	mask := byte(1) << (7 - off&7)
	old := b[off>>3]&mask != 0
	if c.args[3] == "1" {
		b[off>>3] |= mask
	} else {
		b[off>>3] &^= mask
	}
	if old != (c.args[3] == "1") || len(b) > before {
		c.e.changed(ent)
	}
	return boolInt(old)
}

func cmdGetBit(c *call) resp.Reply {
	off, ok := bitOffset(c.args[2])
	if !ok {
		return errBitOffset
	}
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil || off>>3 >= int64(ent.textLen()) {
		return intReply(0)
	}
	var b byte
	if ent.buf != nil {
		b = ent.buf[off>>3]
	} else {
		b = ent.str[off>>3]
	}
	return intReply(int64(b >> (7 - off&7) & 1))
}

// bitRange reads "start end [BYTE|BIT]" and returns the first and the last bit
// (inclusive) of a value of n bytes; empty when there are none. count is set for
// BITCOUNT, to which a range that runs backwards from the end is empty.
func bitRange(args []string, n int64, count bool) (first, last int64, empty bool, bad resp.Reply) {
	start, end, unit := int64(0), int64(-1), int64(8)
	var ok bool
	if len(args) > 0 {
		if start, ok = parseInt(args[0]); !ok {
			return 0, 0, false, errNotInt
		}
	}
	known := true // the unit
	if len(args) > 2 {
		switch strings.ToUpper(args[2]) {
		case "BIT":
			unit = 1
		case "BYTE":
		default:
			known = false
		}
	}
	if !known && !count { // BITPOS looks at the unit before the end
		return 0, 0, false, errSyntax
	}
	if len(args) > 1 {
		if end, ok = parseInt(args[1]); !ok {
			return 0, 0, false, errNotInt
		}
	}
	if count && start < 0 && end < 0 && start > end {
		return 0, 0, true, resp.Reply{}
	}
	if !known {
		return 0, 0, false, errSyntax
	}
	total := n * 8 / unit
	if end < 0 {
		end = max(end+total, 0)
	}
	from, to := clampRange(start, end, total)
	if from == to {
		return 0, 0, true, resp.Reply{}
	}
	return from * unit, to*unit - 1, false, resp.Reply{}
}

func cmdBitCount(c *call) resp.Reply {
	ent, ok := c.find(c.args[1], TypeString)
	switch {
	case !ok:
		return errWrongType
	case ent == nil:
		return intReply(0)
	case len(c.args) == 3 || len(c.args) > 5:
		return errSyntax
	}
	v := ent.view()
	first, last, empty, bad := bitRange(c.args[2:], int64(len(v)), true)
	if bad.Kind == resp.Error {
		return bad
	}
	if empty {
		return intReply(0)
	}
	n := 0
	for i := first >> 3; i <= last>>3; i++ {
		n += bits.OnesCount8(v[i] & bitMask(i, first, last))
	}
	return intReply(int64(n))
}

// bitMask selects the bits of byte i that lie between two bits.
func bitMask(i, first, last int64) byte {
	mask := byte(0xff)
	if i == first>>3 {
		mask &= 0xff >> (first & 7)
	}
	if i == last>>3 {
		mask &= 0xff << (7 - last&7)
	}
	return mask
}

func cmdBitPos(c *call) resp.Reply {
	if c.args[2] != "0" && c.args[2] != "1" {
		if _, ok := parseInt(c.args[2]); !ok {
			return errNotInt
		}
		return resp.NewError("ERR The bit argument must be 1 or 0.")
	}
	want := c.args[2] == "1"
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	if ent == nil {
		if want {
			return intReply(-1)
		}
		return intReply(0)
	}
	if len(c.args) > 6 {
		return errSyntax
	}
	v := ent.view()
	first, last, empty, bad := bitRange(c.args[3:], int64(len(v)), false)
	if bad.Kind == resp.Error {
		return bad
	}
	if empty {
		return intReply(-1)
	}
	for i := first >> 3; i <= last>>3; i++ {
		b := v[i]
		if !want {
			b = ^b
		}
		if b &= bitMask(i, first, last); b != 0 {
			return intReply(i*8 + int64(bits.LeadingZeros8(b)))
		}
	}
	if !want && len(c.args) < 5 {
		// Without an end, the value counts as followed by zeros.
		return intReply(int64(len(v)) * 8)
	}
	return intReply(-1)
}

func cmdBitOp(c *call) resp.Reply {
	op := strings.ToUpper(c.args[1])
	switch op {
	case "AND", "OR", "XOR":
	case "NOT":
		if len(c.args) != 4 {
			return resp.NewError("ERR BITOP NOT must be called with a single source key.")
		}
	default:
		return errSyntax
	}
	values := make([]string, 0, len(c.args)-3)
	size := 0
	for _, key := range c.args[3:] {
		ent, ok := c.find(key, TypeString)
		if !ok {
			return errWrongType
		}
		v := ent.view()
		values = append(values, v)
		size = max(size, len(v))
	}
	out := make([]byte, size)
	copy(out, values[0])
	for _, v := range values[1:] {
		for i := range out {
			var b byte
			if i < len(v) {
				b = v[i]
			}
			switch op {
			case "AND":
				out[i] &= b
			case "OR":
				out[i] |= b
			case "XOR":
				out[i] ^= b
			}
		}
	}
	if op == "NOT" {
		for i := range out {
			out[i] = ^out[i]
		}
	}
	ent := c.e.lookup(c.s.db, c.args[2])
	if size == 0 {
		if ent != nil {
			c.e.remove(ent)
		}
		return intReply(0)
	}
	c.setString(ent, c.args[2], string(out), 0)
	return intReply(int64(size))
}
