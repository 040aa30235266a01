package redislua

import (
	"errors"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// base lists what scripts get of Lua's base library. What reads files, prints or
// changes environments is left out, as in Redis.
var base = []string{
	"assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget",
	"select", "type", "unpack", "xpcall", "collectgarbage",
}

func (s *State) openBase() {
	l := s.l
	for _, name := range base {
		s.real.RawSetString(name, l.GetGlobal(name))
	}
	s.define(s.real, map[string]lua.LGFunction{
		"tostring":     s.toString,
		"tonumber":     toNumber,
		"rawset":       s.rawSet,
		"setmetatable": s.setMetatable,
		"loadstring":   s.loadString,
		"load":         s.loadString,
		"pcall":        s.protectedCall(l.GetGlobal("pcall").(*lua.LFunction).GFunction),
	})
	s.real.RawSetString("_VERSION", lua.LString("Lua 5.1"))
}

func (s *State) define(t *lua.LTable, fns map[string]lua.LGFunction) {
	for name, fn := range fns {
		t.RawSetString(name, s.l.NewFunction(fn))
	}
}

// protectedCall is pcall as Redis has it: of an error table of redis.call it
// gives the message. Catching an error costs far more than an instruction.
func (s *State) protectedCall(pcall lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		n := pcall(l)
		if n < 2 || l.Get(-n) != lua.LFalse {
			return n
		}
		s.walk(caughtSteps)
		if t, ok := l.Get(1 - n).(*lua.LTable); ok {
			if msg, ok := text(t.RawGetString("err")); ok {
				l.Replace(l.GetTop()+2-n, lua.LString(msg))
			}
		}
		return n
	}
}

// toString is tostring with Lua's number format.
func (s *State) toString(l *lua.LState) int {
	v := l.CheckAny(1)
	if n, ok := v.(lua.LNumber); ok {
		l.Push(lua.LString(number(n)))
		return 1
	}
	l.Push(l.ToStringMeta(v))
	return 1
}

// toNumber is tonumber with C's idea of a decimal number: gopher-lua's knows no
// exponent without a point, and no -0.
func toNumber(l *lua.LState) int {
	v := l.CheckAny(1)
	if base := l.OptInt(2, 10); base != 10 {
		if base < 2 || base > 36 {
			l.ArgError(2, "base out of range")
		}
		v = readUnsigned(l.CheckString(1), base)
	} else if text, ok := v.(lua.LString); ok {
		v = readNumber(string(text))
	} else if v.Type() != lua.LTNumber {
		v = lua.LNil
	}
	l.SetTop(0)
	l.Push(v)
	return 1
}

// readUnsigned reads an integer with a base as strtoul does: a minus counts
// from 2^64 down, and what is too large is the largest.
func readUnsigned(s string, base int) lua.LValue {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits, minus := strings.CutPrefix(s, "-")
	if !minus {
		digits = strings.TrimPrefix(s, "+")
	}
	if base == 16 && len(digits) > 2 && strings.EqualFold(digits[:2], "0x") {
		digits = digits[2:]
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return lua.LNil
	}
	if minus && err == nil {
		n = -n
	}
	return lua.LNumber(n)
}

// readNumber reads a number as Lua 5.1 does with strtod, nil when it is none.
func readNumber(s string) lua.LValue {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := strings.ToLower(strings.TrimLeft(s, "+-"))
	if strings.HasPrefix(digits, "0x") && !strings.Contains(digits, "p") {
		s += "p0" // Go wants an exponent here
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.Contains(s, "_") {
		return lua.LNil
	}
	return lua.LNumber(f)
}

func (s *State) rawSet(l *lua.LState) int {
	t := l.CheckTable(1)
	if s.sealed[t] != nil {
		l.Error(lua.LString("Attempt to modify a readonly table"), 0)
	}
	s.grow(fieldBytes)
	t.RawSet(l.CheckAny(2), l.CheckAny(3))
	l.SetTop(1)
	return 1
}

func (s *State) setMetatable(l *lua.LState) int {
	t := l.CheckTable(1)
	meta := l.CheckAny(2)
	if s.sealed[t] != nil {
		return readonly(l)
	}
	if meta != lua.LNil && meta.Type() != lua.LTTable {
		l.ArgError(2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		l.RaiseError("cannot change a protected metatable")
	}
	t.Metatable = meta
	l.SetTop(1)
	return 1
}

func (s *State) loadString(l *lua.LState) int {
	text := l.CheckString(1)
	s.walk(20 * len(text)) // what compiling costs, roughly
	s.grow(100 * len(text))
	p, err := s.unit.compile(text)
	if err != nil {
		l.Push(lua.LNil)
		l.Push(lua.LString(err.Error()))
		return 2
	}
	fn := l.NewFunctionFromProto(p.proto)
	fn.Env = s.env
	l.Push(fn)
	return 1
}

// concat is the operator "..".
func (s *State) concatenate(l *lua.LState) int {
	n := l.GetTop()
	parts, size := make([]string, n), 0
	for i := 1; i <= n; i++ {
		part, ok := text(l.Get(i))
		if !ok {
			return s.concatMeta(l)
		}
		parts[i-1] = part
		size += len(part)
	}
	s.grow(size)
	l.Push(lua.LString(strings.Join(parts, "")))
	return 1
}

// concatMeta joins from the right, two at a time, asking metamethods.
func (s *State) concatMeta(l *lua.LState) int {
	n := l.GetTop()
	acc := l.Get(n)
	for i := n - 1; i >= 1; i-- {
		left := l.Get(i)
		a, ok1 := text(left)
		b, ok2 := text(acc)
		if ok1 && ok2 {
			s.grow(len(a) + len(b))
			acc = lua.LString(a + b)
			continue
		}
		meta := l.GetMetaField(left, "__concat")
		if meta == lua.LNil {
			meta = l.GetMetaField(acc, "__concat")
		}
		if meta == lua.LNil {
			bad := left
			if ok1 {
				bad = acc
			}
			l.RaiseError("attempt to concatenate a %s value", bad.Type().String())
		}
		l.Push(meta)
		l.Push(left)
		l.Push(acc)
		l.Call(2, 1)
		acc = l.Get(-1)
		l.Pop(1)
	}
	l.Push(acc)
	return 1
}
