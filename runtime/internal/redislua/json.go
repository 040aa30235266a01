package redislua

import (
	"math"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

// jsonOptions are what the functions of cjson set. They hold until the script
// ends.
type jsonOptions struct {
	sparseConvert bool
	sparseRatio   int
	sparseSafe    int
	encodeDepth   int
	decodeDepth   int
	precision     int
	keepBuffer    bool
	encodeInvalid int // 0: an error, 1: as they are, 2: null
	decodeInvalid bool
}

var jsonDefaults = jsonOptions{
	sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14, keepBuffer: true, decodeInvalid: true,
}

// jsonLib is the library cjson.
func (s *State) jsonLib() *lua.Table {
	number := func(field *int, low, high int) func(*lua.Thread) int {
		return func(a *lua.Thread) int {
			if one(a); !a.Arg(1).IsNil() {
				n := int(a.OptInteger(1, 0))
				if n < low || n > high {
					a.BadArg(1, "expected integer between %d and %d", low, high)
				}
				*field = n
			}
			a.Push(lua.Int(*field))
			return 1
		}
	}
	t := s.library(0, []function{
		{"encode", s.jsonEncode},
		{"decode", s.jsonDecode},
		{"encode_sparse_array", s.jsonSparse},
		{"encode_max_depth", number(&s.json.encodeDepth, 1, math.MaxInt32)},
		{"decode_max_depth", number(&s.json.decodeDepth, 1, math.MaxInt32)},
		{"encode_number_precision", number(&s.json.precision, 1, 14)},
		{"encode_keep_buffer", func(a *lua.Thread) int { one(a); return flag(a, 1, &s.json.keepBuffer) }},
		{"encode_invalid_numbers", s.jsonInvalid},
		{"decode_invalid_numbers", func(a *lua.Thread) int { one(a); return flag(a, 1, &s.json.decodeInvalid) }},
		{"new", func(a *lua.Thread) int { a.Push(s.jsonLib().Value()); return 1 }},
	})
	t.SetText("null", s.null.Value())
	t.SetText("_NAME", lua.Text("cjson"))
	t.SetText("_VERSION", lua.Text("2.1.0"))
	return t
}

// one checks that there is one argument at most.
func one(a *lua.Thread) {
	if a.Args() > 1 {
		a.BadArg(2, "found too many arguments")
	}
}

// flag reads an optional boolean, sets it and answers what holds.
func flag(a *lua.Thread, i int, field *bool) int {
	n := 0
	if *field {
		n = 1
	}
	option(a, i, &n, "off", "on")
	*field = n == 1
	return 1
}

// option reads an optional choice, for whose first two words there are booleans,
// sets it and answers what holds.
func option(a *lua.Thread, i int, field *int, words ...string) {
	if b, ok := a.Arg(i).AsBool(); ok {
		*field = 0
		if b {
			*field = 1
		}
	} else if !a.Arg(i).IsNil() {
		word := a.CheckText(i)
		n := slices.Index(words, cString(word))
		if n < 0 {
			a.BadArg(i, "invalid option '%s'", cString(word))
		}
		*field = n
	}
	if *field < 2 {
		a.Push(lua.Bool(*field == 1))
	} else {
		a.Push(lua.Text(words[*field]))
	}
}

func (s *State) jsonSparse(a *lua.Thread) int {
	if a.Args() > 3 {
		a.BadArg(4, "found too many arguments")
	}
	a.SetArgs(3)
	flag(a, 1, &s.json.sparseConvert)
	for i, field := range []*int{&s.json.sparseRatio, &s.json.sparseSafe} {
		if !a.Arg(2 + i).IsNil() {
			n := a.CheckInteger(2 + i)
			if n < 0 || n > math.MaxInt32 {
				a.BadArg(1, "expected integer between %d and %d", 0, math.MaxInt32)
			}
			*field = int(n)
		}
		a.Push(lua.Int(*field))
	}
	return 3
}

func (s *State) jsonInvalid(a *lua.Thread) int {
	one(a)
	option(a, 1, &s.json.encodeInvalid, "off", "on", "null")
	return 1
}

func (s *State) jsonEncode(a *lua.Thread) int {
	if a.Args() != 1 {
		a.BadArg(1, "expected 1 argument")
	}
	w := jsonWriter{s: s, t: a, used: 1}
	w.value(a.Arg(1), 0)
	a.PushText(string(w.out))
	return 1
}

type jsonWriter struct {
	s    *State
	t    *lua.Thread
	out  []byte
	used int // of the stack that Redis's Lua would use
}

// luaStack is how many values a function of C may have on Lua's stack.
const luaStack = 8000

func (w *jsonWriter) put(text string) {
	w.s.g.Grow(len(text))
	w.out = append(w.out, text...)
}

func (w *jsonWriter) refuse(v lua.Value, why string) {
	w.t.Errorf("Cannot serialise %s: %s", v.Type(), why)
}

func (w *jsonWriter) value(v lua.Value, depth int) {
	w.s.g.Walk(1)
	switch v.Kind() {
	case lua.KindString:
		str, _ := v.AsString()
		w.text(str)
	case lua.KindNumber:
		w.number(v)
	case lua.KindBool:
		if v.Truth() {
			w.put("true")
		} else {
			w.put("false")
		}
	case lua.KindNil:
		w.put("null")
	case lua.KindTable:
		depth++
		if depth > w.s.json.encodeDepth || w.used+3 > luaStack {
			w.t.Errorf("Cannot serialise, excessive nesting (%d)", depth)
		}
		t := v.AsTable()
		if n := w.length(t); n > 0 {
			w.used++
			w.array(t, n, depth)
			w.used--
		} else {
			w.used += 2
			w.object(t, depth)
			w.used -= 2
		}
	default:
		if !v.Equal(w.s.null.Value()) {
			w.refuse(v, "type not supported")
		}
		w.put("null")
	}
}

// length is the greatest key of a table whose keys are all positive integers, 0
// or less for one that is written as an object.
func (w *jsonWriter) length(t *lua.Table) int {
	n, highest := 0, 0.0
	list := true
	t.Each(func(k, _ lua.Value) bool {
		w.s.g.Walk(1)
		f, ok := k.AsNumber()
		if !ok || f < 1 || f != math.Floor(f) {
			list = false
			return false
		}
		highest = max(highest, f)
		n++
		return true
	})
	if !list {
		return -1
	}
	o := &w.s.json
	if o.sparseRatio > 0 && highest > float64(n)*float64(o.sparseRatio) && highest > float64(o.sparseSafe) {
		if !o.sparseConvert {
			w.refuse(t.Value(), "excessively sparse array")
		}
		return -1
	}
	return int(min(highest, math.MaxInt32))
}

func (w *jsonWriter) array(t *lua.Table, n, depth int) {
	w.put("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			w.put(",")
		}
		w.value(t.GetInt(i), depth)
	}
	w.put("]")
}

func (w *jsonWriter) object(t *lua.Table, depth int) {
	w.put("{")
	first := true
	t.Each(func(k, v lua.Value) bool {
		if !first {
			w.put(",")
		}
		first = false
		switch k.Kind() {
		case lua.KindString:
			str, _ := k.AsString()
			w.text(str)
		case lua.KindNumber:
			w.put(`"`)
			w.number(k)
			w.put(`"`)
		default:
			w.refuse(k, "table key must be a number or string")
		}
		w.put(":")
		w.value(v, depth)
		return true
	})
	w.put("}")
}

func (w *jsonWriter) number(n lua.Value) {
	f, _ := n.AsNumber()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch w.s.json.encodeInvalid {
		case 0:
			w.refuse(n, "must not be NaN or Inf")
		case 2:
			w.put("null")
			return
		}
		if math.IsNaN(f) {
			w.put("nan")
			return
		}
	}
	w.put(lua.FormatG(f, w.s.json.precision))
}

const hexDigits = "0123456789abcdef"

// text writes a string. Bytes above 127 pass as they are.
func (w *jsonWriter) text(s string) {
	w.put(`"`)
	start := 0
	for i := 0; i < len(s); i++ {
		var escape string
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '/':
			escape = `\` + string(rune(c))
		case c == '\b':
			escape = `\b`
		case c == '\t':
			escape = `\t`
		case c == '\n':
			escape = `\n`
		case c == '\f':
			escape = `\f`
		case c == '\r':
			escape = `\r`
		case c < ' ' || c == 127:
			escape = `\u00` + string([]byte{hexDigits[c>>4], hexDigits[c&15]})
		default:
			continue
		}
		w.put(s[start:i])
		w.put(escape)
		start = i + 1
	}
	w.put(s[start:])
	w.put(`"`)
}
