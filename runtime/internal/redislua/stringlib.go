package redislua

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (s *State) openString() {
	l := s.l
	lib := l.GetGlobal(lua.StringLibName).(*lua.LTable)
	inner := func(name string) lua.LGFunction { return lib.RawGetString(name).(*lua.LFunction).GFunction }
	fns := map[string]func(args) int{
		"find": s.stringFind, "match": s.stringMatch, "gmatch": s.stringGmatch, "gfind": s.stringGmatch, "gsub": s.stringGsub,
		"rep": s.stringRep,
	}
	for _, name := range []string{"byte", "len", "sub"} {
		fn := inner(name)
		fns[name] = func(a args) int {
			a.Replace(1, lua.LString(a.text(1)))
			return fn(a.LState)
		}
	}
	for _, name := range []string{"lower", "upper", "reverse"} {
		fns[name] = s.counted(inner(name))
	}
	s.library(fns).ForEach(lib.RawSet)
	s.define(lib, map[string]lua.LGFunction{"format": s.format})
	lib.RawSetString("dump", lua.LNil)
	// Methods on strings ("x"):upper() must not reach a table that can change.
	if meta, ok := l.GetMetatable(lua.LString("")).(*lua.LTable); ok {
		meta.RawSetString("__index", lib)
		meta.RawSetString("__metatable", lua.LFalse)
	}
	s.real.RawSetString(lua.StringLibName, s.seal(lib))
}

func (s *State) openTable() {
	lib := s.l.GetGlobal(lua.TabLibName).(*lua.LTable)
	inner := func(name string) lua.LGFunction { return lib.RawGetString(name).(*lua.LFunction).GFunction }
	s.define(lib, map[string]lua.LGFunction{
		"concat": s.tableConcat, "insert": s.tableInsert(inner("insert")),
		"remove": s.tableRemove(inner("remove")), "sort": s.tableSort(inner("sort")),
	})
	s.real.RawSetString(lua.TabLibName, s.seal(lib))
}

func (s *State) openMath() {
	lib := s.l.GetGlobal(lua.MathLibName).(*lua.LTable)
	s.define(lib, map[string]lua.LGFunction{"random": s.mathRandom, "randomseed": s.mathRandomSeed})
	s.real.RawSetString(lua.MathLibName, s.seal(lib))
}

func (s *State) tableConcat(l *lua.LState) int {
	t := l.CheckTable(1)
	sep := ""
	if l.GetTop() >= 2 && l.Get(2) != lua.LNil {
		var ok bool
		if sep, ok = text(l.Get(2)); !ok {
			l.TypeError(2, lua.LTString)
		}
	}
	from, to := l.OptInt(3, 1), l.OptInt(4, t.Len())
	var b strings.Builder
	for i := from; i <= to; i++ {
		v, ok := text(t.RawGetInt(i))
		if !ok {
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", t.RawGetInt(i).Type(), i)
		}
		s.walk(1)
		s.grow(len(v) + len(sep))
		b.WriteString(v)
		if i < to {
			b.WriteString(sep)
		}
	}
	l.Push(lua.LString(b.String()))
	return 1
}

// A directive is one "%…" of string.format.
type directive struct {
	minus, plus, space, alt, zero bool
	width, prec                   int // prec -1: none given
	verb                          byte
}

// maxFormatWidth is Lua's limit: two digits.
const maxFormatDigits = 2

func parseDirective(s string) (d directive, n int, ok bool) {
	d.prec = -1
	for ; n < len(s); n++ {
		switch s[n] {
		case '-':
			d.minus = true
			continue
		case '+':
			d.plus = true
			continue
		case ' ':
			d.space = true
			continue
		case '#':
			d.alt = true
			continue
		case '0':
			d.zero = true
			continue
		}
		break
	}
	digits := func() (v int, ok bool) {
		start := n
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			v = v*10 + int(s[n]-'0')
			n++
		}
		return v, n-start <= maxFormatDigits
	}
	if d.width, ok = digits(); !ok {
		return d, n, false
	}
	if n < len(s) && s[n] == '.' {
		n++
		if d.prec, ok = digits(); !ok {
			return d, n, false
		}
	}
	if n == len(s) {
		return d, n, false
	}
	d.verb = s[n]
	return d, n + 1, true
}

// pad brings a number or string to its width; sign is the part before which no
// zeros go.
func (d directive) pad(sign, body string, zeros bool) string {
	n := d.width - len(sign) - len(body)
	switch {
	case n <= 0:
		return sign + body
	case d.minus:
		return sign + body + strings.Repeat(" ", n)
	case d.zero && zeros:
		return sign + strings.Repeat("0", n) + body
	}
	return strings.Repeat(" ", n) + sign + body
}

func (d directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// format is string.format, which follows C's printf.
func (s *State) format(l *lua.LState) int {
	f, ok := text(l.CheckAny(1))
	if !ok {
		l.TypeError(1, lua.LTString)
	}
	var b strings.Builder
	arg := 1
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		if i++; i < len(f) && f[i] == '%' {
			b.WriteByte('%')
			continue
		}
		d, n, ok := parseDirective(f[i:])
		if !ok {
			l.RaiseError("invalid format (width or precision too long)")
		}
		i += n - 1
		arg++
		piece := d.apply(l, arg)
		s.grow(len(piece))
		b.WriteString(piece)
	}
	s.grow(len(f))
	l.Push(lua.LString(b.String()))
	return 1
}

func (d directive) apply(l *lua.LState, arg int) string {
	switch d.verb {
	case 'c':
		return d.pad("", string([]byte{byte(truncate(float64(l.CheckNumber(arg))))}), false)
	case 'd', 'i':
		n := truncate(float64(l.CheckNumber(arg)))
		body := strconv.FormatInt(n, 10)
		return d.integer(d.sign(n < 0), strings.TrimPrefix(body, "-"))
	case 'u':
		return d.integer("", strconv.FormatUint(unsigned(l, arg), 10))
	case 'o':
		body := strconv.FormatUint(unsigned(l, arg), 8)
		if d.alt && body[0] != '0' {
			body = "0" + body
		}
		return d.integer("", body)
	case 'x', 'X':
		n := unsigned(l, arg)
		body, prefix := strconv.FormatUint(n, 16), ""
		if d.alt && n != 0 {
			prefix = "0x"
		}
		if d.verb == 'X' {
			body, prefix = strings.ToUpper(body), strings.ToUpper(prefix)
		}
		return d.integer(prefix, body)
	case 'e', 'E', 'f', 'g', 'G':
		return d.float(float64(l.CheckNumber(arg)))
	case 'q':
		s, ok := text(l.CheckAny(arg))
		if !ok {
			l.TypeError(arg, lua.LTString)
		}
		return quote(s)
	case 's':
		var s string
		if v := l.CheckAny(arg); v.Type() == lua.LTNumber {
			s = number(v.(lua.LNumber))
		} else if str, ok := v.(lua.LString); ok {
			s = string(str)
		} else {
			l.TypeError(arg, lua.LTString)
		}
		if d.prec >= 0 && d.prec < len(s) {
			s = s[:d.prec]
		}
		return d.pad("", s, false)
	}
	l.RaiseError("invalid option '%%%c' to 'format'", d.verb)
	return ""
}

func unsigned(l *lua.LState, arg int) uint64 {
	f := float64(l.CheckNumber(arg))
	if f >= math.MaxInt64 {
		return uint64(f)
	}
	return uint64(truncate(f))
}

func (d directive) integer(sign, body string) string {
	if d.prec >= 0 {
		if body == "0" && d.prec == 0 {
			body = ""
		}
		if n := d.prec - len(body); n > 0 {
			body = strings.Repeat("0", n) + body
		}
	}
	return d.pad(sign, body, d.prec < 0)
}

func (d directive) float(f float64) string {
	sign := d.sign(math.Signbit(f) && !math.IsNaN(f))
	upper := d.verb < 'a'
	f = math.Abs(f)
	prec := d.prec
	if prec < 0 {
		prec = 6
	}
	var body string
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		body = map[bool]string{true: "nan", false: "inf"}[math.IsNaN(f)]
		d.zero = false
	case d.verb == 'f':
		body = strconv.FormatFloat(f, 'f', prec, 64)
	case d.verb|0x20 == 'e':
		body = strconv.FormatFloat(f, 'e', prec, 64)
	case d.alt:
		body = fmt.Sprintf("%#.*g", max(prec, 1), f)
	default:
		body = FormatG(f, max(prec, 1))
	}
	if upper {
		body = strings.ToUpper(body)
	}
	return d.pad(sign, body, true)
}

// quote is %q: a string that Lua reads back.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\r':
			b.WriteString("\\r")
		case 0:
			b.WriteString("\\000")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
