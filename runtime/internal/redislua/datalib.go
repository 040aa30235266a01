package redislua

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// openData adds the libraries that Redis gives scripts for data formats.
func (s *State) openData() {
	s.null = &lua.LUserData{Env: s.real}
	s.json = jsonDefaults
	for name, lib := range map[string]*lua.LTable{
		"cjson": s.jsonLib(), "cmsgpack": s.msgpackLib(), "struct": s.structLib(), "bit": s.bitLib(),
	} {
		s.real.RawSetString(name, s.seal(lib))
	}
}

// library makes a table of functions, each of which is told its name for
// errors.
func (s *State) library(fns map[string]func(a args) int) *lua.LTable {
	t := s.l.NewTable()
	for name, fn := range fns {
		name, fn := name, fn
		t.RawSetString(name, s.l.NewFunction(func(l *lua.LState) int { return fn(args{l, name}) }))
	}
	return t
}

// args are the arguments of a library's function. Errors have Lua's text.
type args struct {
	*lua.LState
	name string
}

func (a args) bad(i int, format string, values ...any) {
	a.RaiseError("%s", fmt.Sprintf("bad argument #%d to '%s' (%s)", i, a.name, fmt.Sprintf(format, values...)))
}

func (a args) mistyped(i int, want string) {
	got := "no value"
	if i <= a.GetTop() {
		got = a.Get(i).Type().String()
	}
	a.bad(i, "%s expected, got %s", want, got)
}

func (a args) number(i int) float64 {
	v := a.Get(i)
	if t, ok := v.(lua.LString); ok {
		v = readNumber(string(t))
	}
	n, ok := v.(lua.LNumber)
	if !ok {
		a.mistyped(i, "number")
	}
	return float64(n)
}

// integer is a whole number, or the default when there is none.
func (a args) integer(i, otherwise int) int {
	if a.Get(i) == lua.LNil {
		return otherwise
	}
	return int(truncate(a.number(i)))
}

func (a args) text(i int) string {
	s, ok := text(a.Get(i))
	if !ok {
		a.mistyped(i, "string")
	}
	return s
}

// elementsOf calls yield for every element of a table in a steady order.
func elementsOf(t *lua.LTable, yield func(k, v lua.LValue) bool) {
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !yield(k, v) {
			return
		}
	}
}
