package engine

import (
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A bitField is one GET, SET or INCRBY of BITFIELD.
type bitField struct {
	op       string
	signed   bool
	width    uint
	offset   int64
	value    int64
	overflow string
}

// cmdBitField is BITFIELD and BITFIELD_RO.
func cmdBitField(c *call) resp.Reply {
	readonly := c.cmd.name == "bitfield_ro"
	fields, writes, bad := bitFieldArgs(c.args[2:], readonly)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, ok := c.find(c.args[1], TypeString)
	if !ok {
		return errWrongType
	}
	elems := make([]resp.Reply, 0, len(fields))
	if writes > 0 && ent == nil {
		ent = c.e.add(c.s.db, c.args[1], TypeString, 0)
	}
	var b []byte
	changed := false // fields that stay as they are do not touch the key
	switch {
	case writes > 0:
		changed = int64(ent.textLen()) < (writes-1)>>3+1
		b = ent.bytes(int((writes-1)>>3) + 1)
		c.e.reshaped(ent)
	case ent != nil:
		b = []byte(ent.view())
	}
	for _, f := range fields {
		old := readBits(b, f)
		switch f.op {
		case "get":
			elems = append(elems, intReply(old))
			continue
		case "set":
			v, ok := f.fit(f.value)
			if !ok {
				elems = append(elems, nilReply)
				continue
			}
			writeBits(b, f, v)
			changed = changed || v != old
			elems = append(elems, intReply(old))
		case "incrby":
			v, ok := f.add(old, f.value)
			if !ok {
				elems = append(elems, nilReply)
				continue
			}
			writeBits(b, f, v)
			changed = changed || v != old
			elems = append(elems, intReply(v))
		}
	}
	if changed {
		c.e.changed(ent)
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// bitFieldArgs reads the operations; writes is the number of bits that writing
// them needs, 0 when all only read.
func bitFieldArgs(args []string, readonly bool) (fields []bitField, writes int64, bad resp.Reply) {
	overflow := "wrap"
	for len(args) > 0 {
		f := bitField{op: strings.ToLower(args[0]), overflow: overflow}
		need := 3
		switch {
		case f.op == "get":
		case f.op == "set" || f.op == "incrby":
			need = 4
		case f.op == "overflow" && len(args) >= 2:
			overflow = strings.ToLower(args[1])
			if overflow != "wrap" && overflow != "sat" && overflow != "fail" {
				return nil, 0, resp.NewError("ERR Invalid OVERFLOW type specified")
			}
			args = args[2:]
			continue
		default:
			return nil, 0, errSyntax
		}
		if len(args) < need {
			return nil, 0, errSyntax
		}
		if !f.setType(args[1]) {
			return nil, 0, resp.NewError("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
		}
		off := args[2]
		scale := int64(1)
		if strings.HasPrefix(off, "#") {
			off, scale = off[1:], int64(f.width)
		}
		n, ok := parseInt(off)
		if !ok || n < 0 || n > maxBits/scale || n*scale+int64(f.width) > maxBits {
			return nil, 0, errBitOffset
		}
		f.offset = n * scale
		if need == 4 {
			if readonly {
				return nil, 0, resp.NewError("ERR BITFIELD_RO only supports the GET subcommand")
			}
			if f.value, ok = parseInt(args[3]); !ok {
				return nil, 0, errNotInt
			}
			writes = max(writes, f.offset+int64(f.width))
		}
		fields = append(fields, f)
		args = args[need:]
	}
	return fields, writes, resp.Reply{}
}

// setType reads i1 … i64 or u1 … u63.
func (f *bitField) setType(s string) bool {
	if len(s) < 2 || s[0] != 'i' && s[0] != 'u' {
		return false
	}
	n, ok := parseInt(s[1:])
	f.signed, f.width = s[0] == 'i', uint(n)
	return ok && n >= 1 && (n <= 63 || n == 64 && f.signed)
}

func (f *bitField) limits() (lo, hi int64) {
	if !f.signed {
		return 0, int64(1)<<f.width - 1 // width is at most 63
	}
	hi = int64(math.MaxInt64) >> (64 - f.width)
	return -hi - 1, hi
}

// wrap keeps the lowest bits of a value.
func (f *bitField) wrap(v uint64) int64 {
	shift := 64 - f.width
	if f.signed {
		return int64(v<<shift) >> shift
	}
	return int64(v << shift >> shift)
}

// fit brings a value into the field's range as OVERFLOW says; ok is false for FAIL.
func (f *bitField) fit(v int64) (int64, bool) {
	lo, hi := f.limits()
	// A negative value for an unsigned field is a large one: it overflows upwards.
	over := v > hi || !f.signed && v < 0
	under := f.signed && v < lo
	switch {
	case !over && !under:
		return v, true
	case f.overflow == "fail":
		return 0, false
	case f.overflow == "wrap":
		return f.wrap(uint64(v)), true
	case over:
		return hi, true
	}
	return lo, true
}

// add adds to a field's value as OVERFLOW says.
func (f *bitField) add(old, by int64) (int64, bool) {
	lo, hi := f.limits()
	over := by > 0 && old > hi-by
	under := by < 0 && (!f.signed && -old > by || f.signed && old < lo-by)
	switch {
	case !over && !under:
		return old + by, true
	case f.overflow == "fail":
		return 0, false
	case f.overflow == "wrap":
		return f.wrap(uint64(old) + uint64(by)), true
	case over:
		return hi, true
	}
	return lo, true
}

func readBits(b []byte, f bitField) int64 {
	var v uint64
	for i := uint(0); i < f.width; i++ {
		v <<= 1
		if at := f.offset + int64(i); at>>3 < int64(len(b)) {
			v |= uint64(b[at>>3] >> (7 - at&7) & 1)
		}
	}
	return f.wrap(v)
}

func writeBits(b []byte, f bitField, v int64) {
	for i := uint(0); i < f.width; i++ {
		at := f.offset + int64(i)
		mask := byte(1) << (7 - at&7)
		if uint64(v)>>(f.width-1-i)&1 == 1 {
			b[at>>3] |= mask
		} else {
			b[at>>3] &^= mask
		}
	}
}
