package redislua

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

// structLib is the library struct, which packs values as C lays them out.
func (s *State) structLib() *lua.Table {
	return s.library(3, []function{{"pack", s.structPack}, {"unpack", s.structUnpack}, {"size", structSize}})
}

// maxIntSize is the greatest number of bytes of an integer.
const maxIntSize = 32

// A layout reads a format one option at a time.
type layout struct {
	t      *lua.Thread
	format string
	big    bool
	align  int
}

func (f *layout) more() bool { return f.format != "" && f.format[0] != 0 }

// count is the number that follows an option.
func (f *layout) count(otherwise int) int {
	if f.format == "" || !isDigit(f.format[0]) {
		return otherwise
	}
	n := 0
	for f.format != "" && isDigit(f.format[0]) {
		d := int(f.format[0] - '0')
		if n > (math.MaxInt32-d)/10 {
			f.t.Errorf("integral size overflow")
		}
		n = n*10 + d
		f.format = f.format[1:]
	}
	return n
}

// next takes an option and its size in bytes, 0 for those without one.
func (f *layout) next() (opt byte, size int) {
	opt, f.format = f.format[0], f.format[1:]
	switch opt {
	case 'B', 'b', 'x':
		size = 1
	case 'H', 'h':
		size = 2
	case 'L', 'l', 'T', 'd':
		size = 8
	case 'f':
		size = 4
	case 'c':
		size = f.count(1)
	case 'i', 'I':
		if size = f.count(4); size > maxIntSize {
			f.t.Errorf("integral size %d is larger than limit of %d", size, maxIntSize)
		}
	}
	return opt, size
}

// padding is how many bytes bring a position to an option's alignment.
func (f *layout) padding(at int, opt byte, size int) int {
	if size == 0 || opt == 'c' {
		return 0
	}
	size = min(size, f.align)
	return (size - at&(size-1)) & (size - 1)
}

// control obeys an option that stands for no value.
func (f *layout) control(opt byte) {
	switch opt {
	case ' ':
	case '>':
		f.big = true
	case '<':
		f.big = false
	case '!':
		n := f.count(8)
		if n <= 0 || n&(n-1) != 0 {
			f.t.Errorf("alignment %d is not a power of 2", n)
		}
		f.align = n
	default:
		f.t.BadArg(1, "invalid format option '%c'", opt)
	}
}

func (f *layout) putInteger(n float64, size int) string {
	v := lua.Unsigned(n)
	buf := make([]byte, size)
	for i := range buf {
		at := i
		if f.big {
			at = size - 1 - i
		}
		buf[at] = byte(v)
		v >>= 8
	}
	return string(buf)
}

func (f *layout) integer(data string, signed bool) lua.Value {
	var v uint64
	for i := 0; i < len(data); i++ {
		at := len(data) - 1 - i
		if f.big {
			at = i
		}
		v = v<<8 | uint64(data[at])
	}
	if !signed {
		return lua.Number(float64(v))
	}
	if mask := ^uint64(0) << (uint(len(data)*8-1) & 63); v&mask != 0 {
		v |= mask
	}
	return lua.Number(float64(int64(v)))
}

func (f *layout) order() binary.ByteOrder {
	if f.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (s *State) structPack(a *lua.Thread) int {
	f := layout{t: a, format: a.CheckText(1), align: 1}
	a.Push(lua.Nil) // what Redis says of the first argument that is missing
	var b strings.Builder
	total, arg := 0, 2
	for f.more() {
		opt, size := f.next()
		pad := f.padding(total, opt, size)
		s.g.Grow(pad + size)
		b.WriteString(strings.Repeat("\x00", pad))
		total += pad
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			b.WriteString(f.putInteger(a.CheckNumber(arg), size))
			arg++
		case 'x':
			b.WriteByte(0)
		case 'f':
			buf := make([]byte, 4)
			f.order().PutUint32(buf, math.Float32bits(float32(a.CheckNumber(arg))))
			b.Write(buf)
			arg++
		case 'd':
			buf := make([]byte, 8)
			f.order().PutUint64(buf, math.Float64bits(a.CheckNumber(arg)))
			b.Write(buf)
			arg++
		case 'c', 's':
			text := a.CheckText(arg)
			arg++
			if size == 0 {
				size = len(text)
				s.g.Grow(size)
			}
			if len(text) < size {
				a.BadArg(arg, "string too short")
			}
			b.WriteString(text[:size])
			if opt == 's' {
				b.WriteByte(0)
				size++
			}
		default:
			f.control(opt)
		}
		total += size
	}
	a.PushText(b.String())
	return 1
}

func (s *State) structUnpack(a *lua.Thread) int {
	f := layout{t: a, format: a.CheckText(1), align: 1}
	data, at := a.CheckText(2), int(a.OptInteger(3, 1))
	if at == 0 {
		a.BadArg(3, "offset must be 1 or greater")
	}
	at--
	short := func(size int) {
		if size < 0 || size > len(data) || at < 0 || at > len(data)-size {
			a.BadArg(2, "data string too short")
		}
	}
	n := 0
	for f.more() {
		opt, size := f.next()
		at += f.padding(at, opt, size)
		short(size)
		s.g.Walk(1)
		switch opt {
		case 'b', 'h', 'l', 'i', 'B', 'H', 'L', 'T', 'I':
			a.Push(f.integer(data[at:at+size], opt >= 'a'))
			n++
		case 'x':
		case 'f':
			a.Push(lua.Number(float64(math.Float32frombits(f.order().Uint32([]byte(data[at : at+4]))))))
			n++
		case 'd':
			a.Push(lua.Number(math.Float64frombits(f.order().Uint64([]byte(data[at : at+8])))))
			n++
		case 'c':
			if size == 0 {
				length, ok := a.Arg(a.Args()).AsNumber()
				if n == 0 || !ok {
					a.Errorf("format 'c0' needs a previous size")
				}
				a.Pop()
				n--
				size = int(lua.Truncate(length))
				short(size)
			}
			a.PushText(data[at : at+size])
			n++
		case 's':
			size = strings.IndexByte(data[at:], 0) + 1
			if size == 0 {
				a.Errorf("unfinished string in data")
			}
			s.g.Walk(size / 8)
			a.PushText(data[at : at+size-1])
			n++
		default:
			f.control(opt)
		}
		at += size
	}
	a.Push(lua.Int(at + 1))
	return n + 1
}

func structSize(a *lua.Thread) int {
	f := layout{t: a, format: a.CheckText(1), align: 1}
	at := 0
	for f.more() {
		opt, size := f.next()
		at += f.padding(at, opt, size)
		switch {
		case opt == 's':
			a.BadArg(1, "option 's' has no fixed size")
		case opt == 'c' && size == 0:
			a.BadArg(1, "option 'c0' has no fixed size")
		case !isLetter(opt) && !isDigit(opt):
			f.control(opt)
		}
		at += size
	}
	a.Push(lua.Int(at))
	return 1
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
