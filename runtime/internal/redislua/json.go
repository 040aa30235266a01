package redislua

import (
	"math"

	lua "github.com/yuin/gopher-lua"
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
func (s *State) jsonLib() *lua.LTable {
	number := func(field *int, low, high int) func(args) int {
		return func(a args) int {
			if a.one(); a.Get(1) != lua.LNil {
				n := a.integer(1, 0)
				if n < low || n > high {
					a.bad(1, "expected integer between %d and %d", low, high)
				}
				*field = n
			}
			a.Push(lua.LNumber(*field))
			return 1
		}
	}
	t := s.library(map[string]func(args) int{
		"encode":                  s.jsonEncode,
		"decode":                  s.jsonDecode,
		"encode_sparse_array":     s.jsonSparse,
		"encode_max_depth":        number(&s.json.encodeDepth, 1, math.MaxInt32),
		"decode_max_depth":        number(&s.json.decodeDepth, 1, math.MaxInt32),
		"encode_number_precision": number(&s.json.precision, 1, 14),
		"encode_keep_buffer":      func(a args) int { return a.flag(1, &s.json.keepBuffer) },
		"decode_invalid_numbers":  func(a args) int { return a.flag(1, &s.json.decodeInvalid) },
		"encode_invalid_numbers":  s.jsonInvalid,
		"new":                     func(a args) int { a.Push(s.l.GetField(s.env, "cjson")); return 1 },
	})
	t.RawSetString("null", s.null)
	t.RawSetString("_NAME", lua.LString("cjson"))
	t.RawSetString("_VERSION", lua.LString("2.1.0"))
	return t
}

// one checks that there is one argument at most.
func (a args) one() {
	if a.GetTop() > 1 {
		a.bad(2, "found too many arguments")
	}
}

// flag reads an optional boolean, sets it and answers what holds.
func (a args) flag(i int, field *bool) int {
	switch v := a.Get(i).(type) {
	case lua.LBool:
		*field = bool(v)
	case *lua.LNilType:
	default:
		if t, ok := text(v); ok && (t == "on" || t == "off") {
			*field = t == "on"
			break
		}
		a.bad(i, "invalid option '%s'", a.Get(i).String())
	}
	a.Push(lua.LBool(*field))
	return 1
}

func (s *State) jsonSparse(a args) int {
	if a.GetTop() > 3 {
		a.bad(4, "found too many arguments")
	}
	a.SetTop(3)
	a.flag(1, &s.json.sparseConvert)
	a.Pop(1)
	for i, field := range []*int{&s.json.sparseRatio, &s.json.sparseSafe} {
		if a.Get(2+i) == lua.LNil {
			continue
		}
		n := a.integer(2+i, 0)
		if n < 0 || n > math.MaxInt32 {
			a.bad(2+i, "expected integer between %d and %d", 0, math.MaxInt32)
		}
		*field = n
	}
	a.Push(lua.LBool(s.json.sparseConvert))
	a.Push(lua.LNumber(s.json.sparseRatio))
	a.Push(lua.LNumber(s.json.sparseSafe))
	return 3
}

func (s *State) jsonInvalid(a args) int {
	switch v, _ := text(a.Get(1)); {
	case a.Get(1) == lua.LNil:
	case a.Get(1) == lua.LTrue || v == "on":
		s.json.encodeInvalid = 1
	case a.Get(1) == lua.LFalse || v == "off":
		s.json.encodeInvalid = 0
	case v == "null":
		s.json.encodeInvalid = 2
	default:
		a.bad(1, "invalid option '%s'", a.Get(1).String())
	}
	if s.json.encodeInvalid == 2 {
		a.Push(lua.LString("null"))
	} else {
		a.Push(lua.LBool(s.json.encodeInvalid == 1))
	}
	return 1
}

func (s *State) jsonEncode(a args) int {
	if a.GetTop() != 1 {
		a.bad(1, "expected 1 argument")
	}
	w := jsonWriter{s: s}
	w.value(a.Get(1), 0)
	a.Push(lua.LString(w.out))
	return 1
}

type jsonWriter struct {
	s   *State
	out []byte
}

func (w *jsonWriter) put(text string) {
	w.s.grow(len(text))
	w.out = append(w.out, text...)
}

func (w *jsonWriter) refuse(v lua.LValue, why string) {
	w.s.l.RaiseError("Cannot serialise %s: %s", v.Type().String(), why)
}

func (w *jsonWriter) value(v lua.LValue, depth int) {
	w.s.walk(1)
	switch v := v.(type) {
	case lua.LString:
		w.text(string(v))
	case lua.LNumber:
		w.number(v)
	case lua.LBool:
		w.put(v.String())
	case *lua.LNilType:
		w.put("null")
	case *lua.LTable:
		depth++
		if depth > w.s.json.encodeDepth {
			w.s.l.RaiseError("Cannot serialise, excessive nesting (%d)", depth)
		}
		if n := w.length(v); n > 0 {
			w.array(v, n, depth)
		} else {
			w.object(v, depth)
		}
	default:
		if v != lua.LValue(w.s.null) {
			w.refuse(v, "type not supported")
		}
		w.put("null")
	}
}

// length is the greatest key of a table whose keys are all positive integers, 0
// or less for one that is written as an object.
func (w *jsonWriter) length(t *lua.LTable) int {
	n, highest := 0, 0.0
	list := true
	elementsOf(t, func(k, _ lua.LValue) bool {
		w.s.walk(1)
		f, ok := k.(lua.LNumber)
		if !ok || f < 1 || float64(f) != math.Floor(float64(f)) {
			list = false
			return false
		}
		highest = max(highest, float64(f))
		n++
		return true
	})
	if !list {
		return -1
	}
	o := &w.s.json
	if o.sparseRatio > 0 && highest > float64(n)*float64(o.sparseRatio) && highest > float64(o.sparseSafe) {
		if !o.sparseConvert {
			w.refuse(t, "excessively sparse array")
		}
		return -1
	}
	return int(min(highest, math.MaxInt32))
}

func (w *jsonWriter) array(t *lua.LTable, n, depth int) {
	w.put("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			w.put(",")
		}
		w.value(t.RawGetInt(i), depth)
	}
	w.put("]")
}

func (w *jsonWriter) object(t *lua.LTable, depth int) {
	w.put("{")
	first := true
	elementsOf(t, func(k, v lua.LValue) bool {
		if !first {
			w.put(",")
		}
		first = false
		switch k := k.(type) {
		case lua.LString:
			w.text(string(k))
		case lua.LNumber:
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

func (w *jsonWriter) number(n lua.LNumber) {
	f := float64(n)
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
	w.put(FormatG(f, w.s.json.precision))
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
