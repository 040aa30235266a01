package redislua

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// maxReplyDepth is the depth at which Redis stops to convert nested tables.
const maxReplyDepth = 100

// reply converts what a script returned, as Redis's table says.
func (s *State) reply(v lua.LValue, depth int) resp.Reply {
	switch v := v.(type) {
	case lua.LString:
		return resp.NewBulk(string(v))
	case lua.LNumber:
		return resp.NewInt(truncate(float64(v)))
	case lua.LBool:
		switch {
		case s.resp3:
			return resp.NewBool(bool(v))
		case bool(v):
			return resp.NewInt(1)
		}
		return resp.Reply{}
	case *lua.LTable:
		if depth > maxReplyDepth {
			return resp.NewError("ERR reached lua stack limit")
		}
		return s.tableReply(v, depth)
	}
	return resp.Reply{}
}

// truncate is C's conversion of a double to a 64-bit integer on amd64.
func truncate(f float64) int64 {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return math.MinInt64
	}
	return int64(f)
}

func (s *State) tableReply(t *lua.LTable, depth int) resp.Reply {
	if msg, ok := text(t.RawGetString("err")); ok {
		return resp.NewError(oneLine(msg))
	}
	if msg, ok := text(t.RawGetString("ok")); ok {
		return resp.NewStatus(oneLine(msg))
	}
	if f, ok := t.RawGetString("double").(lua.LNumber); ok {
		return resp.NewDouble(float64(f))
	}
	if m, ok := t.RawGetString("map").(*lua.LTable); ok {
		out := resp.Reply{Kind: resp.Map, Elems: []resp.Reply{}}
		elementsOf(m, func(k, v lua.LValue) bool {
			out.Elems = append(out.Elems, s.reply(k, depth+1), s.reply(v, depth+1))
			return true
		})
		return out
	}
	if m, ok := t.RawGetString("set").(*lua.LTable); ok {
		out := resp.Reply{Kind: resp.Set, Elems: []resp.Reply{}}
		elementsOf(m, func(k, _ lua.LValue) bool {
			out.Elems = append(out.Elems, s.reply(k, depth+1))
			return true
		})
		return out
	}
	if n, ok := text(t.RawGetString("big_number")); ok {
		return resp.Reply{Kind: resp.BigNumber, Str: oneLine(n)}
	}
	if m, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok {
		str, ok1 := text(m.RawGetString("string"))
		format, ok2 := text(m.RawGetString("format"))
		if ok1 && ok2 {
			return resp.Reply{Kind: resp.Verbatim, Str: (format + "   ")[:3] + ":" + str}
		}
	}
	out := resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
	for i := 1; ; i++ {
		v := t.RawGetInt(i)
		if v == lua.LNil {
			return out
		}
		out.Elems = append(out.Elems, s.reply(v, depth+1))
	}
}

// value converts a command's reply for the script, as Redis's table says.
func (s *State) value(r resp.Reply) lua.LValue {
	l := s.l
	switch r.Kind {
	case resp.Int:
		return lua.LNumber(r.Int)
	case resp.Bulk:
		return lua.LString(r.Str)
	case resp.Status:
		t := l.NewTable()
		t.RawSetString("ok", lua.LString(r.Str))
		return t
	case resp.Error:
		return s.errorTable(r.Str, false)
	case resp.Double:
		if !s.resp3 {
			return lua.LString(FormatG(r.Float(), 17))
		}
		t := l.NewTable()
		t.RawSetString("double", lua.LNumber(r.Float()))
		return t
	case resp.Bool:
		if s.resp3 {
			return lua.LBool(r.Int != 0)
		}
		return lua.LNumber(r.Int)
	case resp.Nil, resp.NilArray:
		if s.resp3 {
			return lua.LNil
		}
		return lua.LFalse
	case resp.BigNumber:
		if !s.resp3 {
			return lua.LString(r.Str)
		}
		t := l.NewTable()
		t.RawSetString("big_number", lua.LString(r.Str))
		return t
	case resp.Verbatim:
		if !s.resp3 {
			return lua.LString(r.Str[4:])
		}
		t, m := l.NewTable(), l.NewTable()
		m.RawSetString("format", lua.LString(r.Str[:3]))
		m.RawSetString("string", lua.LString(r.Str[4:]))
		t.RawSetString("verbatim_string", m)
		return t
	case resp.Map:
		if s.resp3 {
			t, m := l.NewTable(), l.NewTable()
			for i := 0; i+1 < len(r.Elems); i += 2 {
				m.RawSet(s.value(r.Elems[i]), s.value(r.Elems[i+1]))
			}
			t.RawSetString("map", m)
			return t
		}
	case resp.Set:
		if s.resp3 {
			t, m := l.NewTable(), l.NewTable()
			for _, e := range r.Elems {
				m.RawSet(s.value(e), lua.LTrue)
			}
			t.RawSetString("set", m)
			return t
		}
	case resp.Pairs:
		if s.resp3 {
			t := l.NewTable()
			for i := 0; i+1 < len(r.Elems); i += 2 {
				pair := l.NewTable()
				pair.RawSetInt(1, s.value(r.Elems[i]))
				pair.RawSetInt(2, s.value(r.Elems[i+1]))
				t.RawSetInt(i/2+1, pair)
			}
			return t
		}
	}
	t := l.CreateTable(len(r.Elems), 0)
	for i, e := range r.Elems {
		t.RawSetInt(i+1, s.value(e))
	}
	return t
}

// errorTable is what a failed command gives to a script.
func (s *State) errorTable(msg string, place bool) *lua.LTable {
	t := s.l.NewTable()
	t.RawSetString("err", lua.LString(msg))
	if place {
		t.RawSetString("source", lua.LString("@"+s.unit.chunk))
		t.RawSetString("line", lua.LNumber(s.line(s.l)))
	}
	return t
}

// argument is how Redis writes a Lua value as a command's argument.
func argument(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		f := float64(v)
		if f == math.Trunc(f) && math.Abs(f) < 1e16 && !(f == 0 && math.Signbit(f)) {
			return strconv.FormatInt(int64(f), 10), true
		}
		return FormatG(f, 17), true
	}
	return "", false
}
