package redislua

import (
	"encoding/binary"
	"math"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

const (
	packDepth   = 16   // tables nested deeper are packed as nil
	unpackDepth = 4000 // about where Redis's Lua runs out of stack

	everything = math.MaxInt32 // what unpack has for a limit
)

// msgpackLib is the library cmsgpack: MessagePack.
func (s *State) msgpackLib() *lua.Table {
	t := s.library(0, []function{
		{"pack", s.pack},
		{"unpack", func(a *lua.Thread) int { return s.unpack(a, everything, 0) }},
		{"unpack_one", func(a *lua.Thread) int { return s.unpack(a, 1, a.OptInteger(2, 0)) }},
		{"unpack_limit", func(a *lua.Thread) int {
			limit := a.CheckInt(2)
			return s.unpack(a, limit, a.OptInteger(3, 0))
		}},
	})
	for _, f := range [...][2]string{
		{"_NAME", "cmsgpack"}, {"_VERSION", "lua-cmsgpack 0.4.0"},
		{"_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"},
		{"_DESCRIPTION", "MessagePack C implementation for Lua"},
	} {
		t.SetText(f[0], lua.Text(f[1]))
	}
	return t
}

func (s *State) pack(a *lua.Thread) int {
	if a.Args() == 0 {
		a.BadArg(0, "MessagePack pack needs input.")
	}
	p := packer{s: s}
	for i := 1; i <= a.Args(); i++ {
		p.value(a.Arg(i), 0)
	}
	a.PushText(string(p.out))
	return 1
}

type packer struct {
	s   *State
	out []byte
}

func (p *packer) put(head byte, n uint64, size int) {
	p.s.g.Grow(1 + size)
	p.out = append(p.out, head)
	var buf [8]byte
	binary.BigEndian.PutUint64(buf[:], n)
	p.out = append(p.out, buf[8-size:]...)
}

func (p *packer) value(v lua.Value, depth int) {
	p.s.g.Walk(1)
	switch v.Kind() {
	case lua.KindString:
		s, _ := v.AsString()
		p.text(s)
		return
	case lua.KindBool:
		if v.Truth() {
			p.put(0xc3, 0, 0)
		} else {
			p.put(0xc2, 0, 0)
		}
		return
	case lua.KindNumber:
		f, _ := v.AsNumber()
		p.number(f)
		return
	case lua.KindTable:
		if depth < packDepth {
			p.table(v.AsTable(), depth)
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
	p.s.g.Grow(len(v))
	p.out = append(p.out, v...)
}

func (p *packer) number(f float64) {
	if n := lua.Truncate(f); float64(n) == f && !math.IsInf(f, 0) {
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
func (p *packer) table(t *lua.Table, depth int) {
	n, highest, array := uint64(0), 0.0, true
	t.Each(func(k, _ lua.Value) bool {
		p.s.g.Walk(1)
		n++
		f, ok := k.AsNumber()
		if !ok || f <= 0 || f != math.Trunc(f) || f > math.MaxInt32 {
			array = false
			return true
		}
		highest = max(highest, f)
		return true
	})
	if array && highest == float64(n) {
		n = uint64(t.Len())
		p.head(n, 0x90, 0xdc)
		for i := 1; i <= int(n); i++ {
			p.value(t.GetInt(i), depth+1)
		}
		return
	}
	p.head(n, 0x80, 0xde)
	t.Each(func(k, v lua.Value) bool {
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
func (s *State) unpack(a *lua.Thread, limit int, offset int64) int {
	data := a.CheckText(1)
	if limit < 0 || offset < 0 {
		a.Errorf("Invalid request to unpack with offset of %d and limit of %d.", int32(offset), len(data)) // as Redis says it
	}
	if offset > int64(len(data)) {
		a.Errorf("Start offset %d greater than input length %d.", offset, len(data))
	}
	if limit == 0 && offset == 0 {
		limit = everything
	}
	u := unpacker{s: s, t: a, data: data[offset:]}
	var values []lua.Value
	for len(u.data) > 0 && len(values) < limit {
		values = append(values, u.value(0))
		s.g.Grow(16)
	}
	n := len(values)
	if limit != everything {
		next := len(data) - len(u.data)
		if len(u.data) == 0 {
			next = -1
		}
		a.Push(lua.Int(next))
		n++
	}
	if !a.Room(n) {
		a.Errorf("Invalid request to unpack with offset of %d and limit of %d.", int32(offset), len(data))
	}
	for _, v := range values {
		a.Push(v)
	}
	return n
}

type unpacker struct {
	s    *State
	t    *lua.Thread
	data string
}

func (u *unpacker) take(n int) string {
	if n > len(u.data) {
		u.t.Errorf("Missing bytes in input.")
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

func (u *unpacker) text(n int) lua.Value {
	s := u.take(n)
	u.s.g.Grow(32 + n)
	return lua.Text(s)
}

func (u *unpacker) value(depth int) lua.Value {
	u.s.g.Walk(1)
	if depth > unpackDepth {
		u.t.Errorf("stack overflow (in function mp_decode_to_lua_array)")
	}
	switch c := u.take(1)[0]; {
	case c < 0x80:
		return lua.Number(float64(c))
	case c < 0x90:
		return u.mapping(int(c&0x0f), depth)
	case c < 0xa0:
		return u.array(int(c&0x0f), depth)
	case c < 0xc0:
		return u.text(int(c & 0x1f))
	case c >= 0xe0:
		return lua.Number(float64(int8(c)))
	default:
		return u.tagged(c, depth)
	}
}

func (u *unpacker) tagged(c byte, depth int) lua.Value {
	switch c {
	case 0xc0:
		return lua.Nil
	case 0xc2, 0xc3:
		return lua.Bool(c == 0xc3)
	case 0xca:
		return lua.Number(float64(math.Float32frombits(uint32(u.uint(4)))))
	case 0xcb:
		return lua.Number(math.Float64frombits(u.uint(8)))
	case 0xcf: // as a signed number, as Redis reads it
		return lua.Number(float64(int64(u.uint(8))))
	case 0xcc, 0xcd, 0xce:
		return lua.Number(float64(u.uint(1 << (c - 0xcc))))
	case 0xd0:
		return lua.Number(float64(int8(u.uint(1))))
	case 0xd1:
		return lua.Number(float64(int16(u.uint(2))))
	case 0xd2:
		return lua.Number(float64(int32(u.uint(4))))
	case 0xd3:
		return lua.Number(float64(int64(u.uint(8))))
	case 0xd9, 0xda, 0xdb:
		return u.text(int(u.uint(1 << (c - 0xd9))))
	case 0xdc, 0xdd:
		return u.array(int(u.uint(2<<(c-0xdc))), depth)
	case 0xde, 0xdf:
		return u.mapping(int(u.uint(2<<(c-0xde))), depth)
	}
	u.t.Errorf("Bad data format in input.")
	return lua.Nil
}

func (u *unpacker) array(n, depth int) lua.Value {
	t := u.s.g.NewTable(0, 0)
	for i := 1; i <= n; i++ {
		t.SetInt(i, u.value(depth+1))
	}
	return t.Value()
}

func (u *unpacker) mapping(n, depth int) lua.Value {
	t := u.s.g.NewTable(0, 0)
	for i := 0; i < n; i++ {
		k := u.value(depth + 1)
		v := u.value(depth + 1)
		if f, ok := k.AsNumber(); ok && math.IsNaN(f) {
			u.t.RuntimeError("table index is NaN")
		}
		if k.IsNil() {
			u.t.RuntimeError("table index is nil")
		}
		t.Set(k, v)
	}
	return t.Value()
}
