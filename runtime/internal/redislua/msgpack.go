package redislua

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"
)

const (
	packDepth   = 16   // tables nested deeper are packed as nil
	unpackDepth = 4000 // about where Redis's Lua runs out of stack

	everything = math.MaxInt32 // what unpack has for a limit
)

// msgpackLib is the library cmsgpack: MessagePack.
func (s *State) msgpackLib() *lua.LTable {
	t := s.library(map[string]func(args) int{
		"pack":   s.pack,
		"unpack": func(a args) int { return s.unpack(a, everything, 0) },
		"unpack_one": func(a args) int {
			return s.unpack(a, 1, a.integer(2, 0))
		},
		"unpack_limit": func(a args) int {
			limit := a.integer(2, 0)
			if a.Get(2) == lua.LNil {
				a.mistyped(2, "number")
			}
			return s.unpack(a, limit, a.integer(3, 0))
		},
	})
	for name, v := range map[string]string{
		"_NAME": "cmsgpack", "_VERSION": "lua-cmsgpack 0.4.0",
		"_DESCRIPTION": "MessagePack C implementation for Lua",
	} {
		t.RawSetString(name, lua.LString(v))
	}
	return t
}

func (s *State) pack(a args) int {
	if a.GetTop() == 0 {
		a.bad(0, "MessagePack pack needs input.")
	}
	p := packer{s: s}
	for i := 1; i <= a.GetTop(); i++ {
		p.value(a.Get(i), 0)
	}
	a.Push(lua.LString(p.out))
	return 1
}

type packer struct {
	s   *State
	out []byte
}

func (p *packer) put(head byte, n uint64, size int) {
	p.s.grow(1 + size)
	p.out = append(p.out, head)
	var buf [8]byte
	binary.BigEndian.PutUint64(buf[:], n)
	p.out = append(p.out, buf[8-size:]...)
}

func (p *packer) value(v lua.LValue, depth int) {
	p.s.walk(1)
	switch v := v.(type) {
	case lua.LString:
		p.text(string(v))
		return
	case lua.LBool:
		if v {
			p.put(0xc3, 0, 0)
		} else {
			p.put(0xc2, 0, 0)
		}
		return
	case lua.LNumber:
		p.number(float64(v))
		return
	case *lua.LTable:
		if depth < packDepth {
			p.table(v, depth)
			return
		}
	}
	p.put(0xc0, 0, 0)
}

func (p *packer) text(v string) {
	switch n := uint64(len(v)); {
	case n < 32:
		p.put(0xa0|byte(n), 0, 0)
	case n <= math.MaxUint8:
		p.put(0xd9, n, 1)
	case n <= math.MaxUint16:
		p.put(0xda, n, 2)
	default:
		p.put(0xdb, n, 4)
	}
	p.s.grow(len(v))
	p.out = append(p.out, v...)
}

func (p *packer) number(f float64) {
	if n := truncate(f); float64(n) == f && !math.IsInf(f, 0) {
		p.integer(n)
	} else if float64(float32(f)) == f {
		p.put(0xca, uint64(math.Float32bits(float32(f))), 4)
	} else {
		p.put(0xcb, math.Float64bits(f), 8)
	}
}

func (p *packer) integer(n int64) {
	switch u := uint64(n); {
	case n >= 0 && n <= math.MaxInt8, n < 0 && n >= -32:
		p.put(byte(n), 0, 0)
	case n >= 0 && n <= math.MaxUint8:
		p.put(0xcc, u, 1)
	case n >= 0 && n <= math.MaxUint16:
		p.put(0xcd, u, 2)
	case n >= 0 && n <= math.MaxUint32:
		p.put(0xce, u, 4)
	case n >= 0:
		p.put(0xcf, u, 8)
	case n >= math.MinInt8:
		p.put(0xd0, u, 1)
	case n >= math.MinInt16:
		p.put(0xd1, u, 2)
	case n >= math.MinInt32:
		p.put(0xd2, u, 4)
	default:
		p.put(0xd3, u, 8)
	}
}

// table packs an array when the keys are 1 to n, a map otherwise.
func (p *packer) table(t *lua.LTable, depth int) {
	n, highest, array := uint64(0), 0.0, true
	elementsOf(t, func(k, _ lua.LValue) bool {
		p.s.walk(1)
		n++
		f, ok := k.(lua.LNumber)
		if !ok || f <= 0 || float64(f) != math.Trunc(float64(f)) || f > math.MaxInt32 {
			array = false
			return true
		}
		highest = max(highest, float64(f))
		return true
	})
	if array && highest == float64(n) {
		n = uint64(t.Len())
		p.head(n, 0x90, 0xdc)
		for i := 1; i <= int(n); i++ {
			p.value(t.RawGetInt(i), depth+1)
		}
		return
	}
	p.head(n, 0x80, 0xde)
	elementsOf(t, func(k, v lua.LValue) bool {
		p.value(k, depth+1)
		p.value(v, depth+1)
		return true
	})
}

// head is the start of an array or a map of n elements.
func (p *packer) head(n uint64, fix, wide byte) {
	switch {
	case n <= 15:
		p.put(fix|byte(n), 0, 0)
	case n <= math.MaxUint16:
		p.put(wide, n, 2)
	default:
		p.put(wide+1, n, 4)
	}
}

// unpack returns at most limit values from an offset on, after the offset of the
// next one, which is left out when the limit is everything.
func (s *State) unpack(a args, limit, offset int) int {
	data := a.text(1)
	if limit < 0 || offset < 0 {
		a.RaiseError("Invalid request to unpack with offset of %d and limit of %d.", offset, len(data)) // as Redis says it
	}
	if offset > len(data) {
		a.RaiseError("Start offset %d greater than input length %d.", offset, len(data))
	}
	u := unpacker{s: s, data: data[offset:]}
	var values []lua.LValue
	for len(u.data) > 0 && len(values) < limit {
		values = append(values, u.value(0))
		s.grow(16)
	}
	n := len(values)
	if limit != everything {
		next := len(data) - len(u.data)
		if len(u.data) == 0 {
			next = -1
		}
		a.Push(lua.LNumber(next))
		n++
	}
	for _, v := range values {
		a.Push(v)
	}
	return n
}

type unpacker struct {
	s    *State
	data string
}

func (u *unpacker) take(n int) string {
	if n > len(u.data) {
		u.s.l.RaiseError("Missing bytes in input.")
	}
	piece := u.data[:n]
	u.data = u.data[n:]
	return piece
}

func (u *unpacker) uint(size int) uint64 {
	var n uint64
	for _, b := range []byte(u.take(size)) {
		n = n<<8 | uint64(b)
	}
	return n
}

func (u *unpacker) value(depth int) lua.LValue {
	u.s.walk(1)
	if depth > unpackDepth {
		u.s.l.RaiseError("stack overflow (in function mp_decode_to_lua_array)")
	}
	switch c := u.take(1)[0]; {
	case c < 0x80:
		return lua.LNumber(c)
	case c < 0x90:
		return u.mapping(int(c&0x0f), depth)
	case c < 0xa0:
		return u.array(int(c&0x0f), depth)
	case c < 0xc0:
		return lua.LString(u.take(int(c & 0x1f)))
	case c >= 0xe0:
		return lua.LNumber(int8(c))
	default:
		return u.tagged(c, depth)
	}
}

func (u *unpacker) tagged(c byte, depth int) lua.LValue {
	switch c {
	case 0xc0:
		return lua.LNil
	case 0xc2, 0xc3:
		return lua.LBool(c == 0xc3)
	case 0xca:
		return lua.LNumber(math.Float32frombits(uint32(u.uint(4))))
	case 0xcb:
		return lua.LNumber(math.Float64frombits(u.uint(8)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return lua.LNumber(u.uint(1 << (c - 0xcc)))
	case 0xd0:
		return lua.LNumber(int8(u.uint(1)))
	case 0xd1:
		return lua.LNumber(int16(u.uint(2)))
	case 0xd2:
		return lua.LNumber(int32(u.uint(4)))
	case 0xd3:
		return lua.LNumber(int64(u.uint(8)))
	case 0xd9, 0xda, 0xdb:
		return lua.LString(u.take(int(u.uint(1 << (c - 0xd9)))))
	case 0xdc, 0xdd:
		return u.array(int(u.uint(2<<(c-0xdc))), depth)
	case 0xde, 0xdf:
		return u.mapping(int(u.uint(2<<(c-0xde))), depth)
	}
	u.s.l.RaiseError("Bad data format in input.")
	return lua.LNil
}

func (u *unpacker) array(n, depth int) lua.LValue {
	t := u.s.l.NewTable()
	u.s.grow(tableBytes)
	for i := 1; i <= n; i++ {
		u.s.grow(fieldBytes)
		t.RawSetInt(i, u.value(depth+1))
	}
	return t
}

func (u *unpacker) mapping(n, depth int) lua.LValue {
	t := u.s.l.NewTable()
	u.s.grow(tableBytes)
	for i := 0; i < n; i++ {
		u.s.grow(fieldBytes)
		k := u.value(depth + 1)
		v := u.value(depth + 1)
		if f, ok := k.(lua.LNumber); ok && math.IsNaN(float64(f)) {
			u.s.l.Error(lua.LString("table index is NaN"), 0)
		}
		if k == lua.LNil {
			u.s.l.Error(lua.LString("table index is nil"), 0)
		}
		t.RawSet(k, v)
	}
	return t
}
