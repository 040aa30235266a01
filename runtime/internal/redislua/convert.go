package redislua

import (
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// maxReplyDepth is the depth at which Redis stops to convert nested tables.
const maxReplyDepth = 100

// reply converts what a script returned, as Redis's table says.
func (s *State) reply(v lua.Value, depth int) resp.Reply {
	switch v.Kind() {
	case lua.KindString:
		str, _ := v.AsString()
		return resp.NewBulk(str)
	case lua.KindNumber:
		f, _ := v.AsNumber()
		return resp.NewInt(lua.Truncate(f))
	case lua.KindBool:
		switch {
		case s.resp3:
			return resp.NewBool(v.Truth())
		case v.Truth():
			return resp.NewInt(1)
		}
	case lua.KindTable:
		if depth > maxReplyDepth {
			return resp.NewError("ERR reached lua stack limit")
		}
		s.g.Walk(1)
		return s.tableReply(v.AsTable(), depth)
	}
	return resp.Reply{}
}

// The fields by which a table says what it stands for.
var (
	fieldErr       = lua.Text("err")
	fieldOK        = lua.Text("ok")
	fieldDouble    = lua.Text("double")
	fieldMap       = lua.Text("map")
	fieldSet       = lua.Text("set")
	fieldBigNumber = lua.Text("big_number")
	fieldVerbatim  = lua.Text("verbatim_string")
	fieldString    = lua.Text("string")
	fieldFormat    = lua.Text("format")
	fieldSource    = lua.Text("source")
	fieldLine      = lua.Text("line")
	// The error of a command was counted when it ran.
	fieldIgnore = lua.Text("ignore_error_stats_update")
)

func (s *State) tableReply(t *lua.Table, depth int) resp.Reply {
	if t.Hashed() {
		if r, ok := s.marked(t, depth); ok {
			return r
		}
	}
	out := resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
	for i := 1; ; i++ {
		v := t.GetInt(i)
		if v.IsNil() {
			return out
		}
		s.g.Grow(replyBytes)
		out.Elems = append(out.Elems, s.reply(v, depth+1))
	}
}

// replyBytes is what an element of a reply takes.
const replyBytes = 64

// marked converts a table that says what it stands for.
func (s *State) marked(t *lua.Table, depth int) (r resp.Reply, ok bool) {
	if msg, ok := t.Get(fieldErr).AsString(); ok {
		return resp.NewError(oneLine(strings.TrimRight(cString(msg), "\r\n"))), true
	}
	if msg, ok := t.Get(fieldOK).AsString(); ok {
		return resp.NewStatus(oneLine(cString(msg))), true
	}
	if f, ok := t.Get(fieldDouble).AsNumber(); ok {
		return resp.NewDouble(f), true
	}
	if m := t.Get(fieldMap).AsTable(); m != nil {
		out := resp.Reply{Kind: resp.Map, Elems: []resp.Reply{}}
		m.Each(func(k, v lua.Value) bool {
			s.g.Grow(2 * replyBytes)
			out.Elems = append(out.Elems, s.reply(k, depth+1), s.reply(v, depth+1))
			return true
		})
		return out, true
	}
	if m := t.Get(fieldSet).AsTable(); m != nil {
		out := resp.Reply{Kind: resp.Set, Elems: []resp.Reply{}}
		m.Each(func(k, _ lua.Value) bool {
			s.g.Grow(replyBytes)
			out.Elems = append(out.Elems, s.reply(k, depth+1))
			return true
		})
		return out, true
	}
	if n, ok := t.Get(fieldBigNumber).AsString(); ok {
		return resp.Reply{Kind: resp.BigNumber, Str: oneLine(n)}, true
	}
	if m := t.Get(fieldVerbatim).AsTable(); m != nil {
		str, ok1 := m.Get(fieldString).AsString()
		format, ok2 := m.Get(fieldFormat).AsString()
		if ok1 && ok2 {
			return resp.Reply{Kind: resp.Verbatim, Str: (format + "   ")[:3] + ":" + str}, true
		}
	}
	return resp.Reply{}, false
}

// cString is a string as C sees it, up to its first NUL.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// value converts a command's reply for the script, as Redis's table says.
func (s *State) value(r resp.Reply) lua.Value {
	switch r.Kind {
	case resp.Int:
		return lua.Number(float64(r.Int))
	case resp.Bulk:
		return s.text(r.Str)
	case resp.Status:
		t := s.g.NewTable(0, 0)
		t.Set(fieldOK, lua.Text(r.Str))
		return t.Value()
	case resp.Error:
		return s.errorTable(r.Str).Value()
	case resp.Double:
		if !s.resp3 {
			return s.text(lua.FormatG(r.Float(), 17))
		}
		t := s.g.NewTable(0, 0)
		t.Set(fieldDouble, lua.Number(r.Float()))
		return t.Value()
	case resp.Bool:
		if s.resp3 {
			return lua.Bool(r.Int != 0)
		}
		return lua.Number(float64(r.Int))
	case resp.Nil, resp.NilArray:
		if s.resp3 {
			return lua.Nil
		}
		return lua.False
	case resp.BigNumber:
		if !s.resp3 {
			return s.text(r.Str)
		}
		t := s.g.NewTable(0, 0)
		t.Set(fieldBigNumber, lua.Text(r.Str))
		return t.Value()
	case resp.Verbatim:
		if !s.resp3 {
			return s.text(r.Str[4:])
		}
		t, m := s.g.NewTable(0, 0), s.g.NewTable(0, 0)
		m.Set(fieldFormat, lua.Text(r.Str[:3]))
		m.Set(fieldString, lua.Text(r.Str[4:]))
		t.Set(fieldVerbatim, m.Value())
		return t.Value()
	case resp.Map:
		if s.resp3 {
			t, m := s.g.NewTable(0, 0), s.g.NewTable(0, 0)
			for i := 0; i+1 < len(r.Elems); i += 2 {
				m.Set(s.value(r.Elems[i]), s.value(r.Elems[i+1]))
			}
			t.Set(fieldMap, m.Value())
			return t.Value()
		}
	case resp.Set:
		if s.resp3 {
			t, m := s.g.NewTable(0, 0), s.g.NewTable(0, 0)
			for _, e := range r.Elems {
				m.Set(s.value(e), lua.True)
			}
			t.Set(fieldSet, m.Value())
			return t.Value()
		}
	case resp.Pairs:
		if s.resp3 {
			t := s.g.NewTable(0, 0)
			for i := 0; i+1 < len(r.Elems); i += 2 {
				pair := s.g.NewTable(0, 0)
				pair.SetInt(1, s.value(r.Elems[i]))
				pair.SetInt(2, s.value(r.Elems[i+1]))
				t.SetInt(i/2+1, pair.Value())
			}
			return t.Value()
		}
	}
	t := s.g.NewTable(0, 0)
	t.Reserve(len(r.Elems))
	for i, e := range r.Elems {
		t.SetInt(i+1, s.value(e))
	}
	return t.Value()
}

func (s *State) text(str string) lua.Value {
	s.g.Grow(32 + len(str))
	return lua.Text(str)
}

// errorTable is what a failed command gives to a script.
func (s *State) errorTable(msg string) *lua.Table {
	t := s.g.NewTable(0, 0)
	t.Set(fieldErr, s.text(msg))
	return t
}

// argument is how Redis writes a Lua value as a command's argument.
func argument(v lua.Value) (string, bool) {
	if s, ok := v.AsString(); ok {
		return s, true
	}
	f, ok := v.AsNumber()
	if !ok {
		return "", false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e16 && (f != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(int64(f), 10), true
	}
	return lua.FormatG(f, 17), true
}
