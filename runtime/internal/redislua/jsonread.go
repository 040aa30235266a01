package redislua

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

func (s *State) jsonDecode(a *lua.Thread) int {
	if a.Args() != 1 {
		a.BadArg(1, "expected 1 argument")
	}
	text := a.CheckText(1)
	if len(text) >= 2 && (text[0] == 0 || text[1] == 0) {
		a.Errorf("JSON parser does not support UTF-16 or UTF-32")
	}
	r := jsonReader{s: s, t: a, text: text, used: 1}
	r.next()
	v := r.value(0)
	r.next()
	if r.token != jsonEnd {
		r.expected("the end")
	}
	a.Push(v)
	return 1
}

// A jsonToken is what cjson's errors call a piece of JSON.
type jsonToken string

const (
	jsonObjectBegin jsonToken = "T_OBJ_BEGIN"
	jsonObjectEnd   jsonToken = "T_OBJ_END"
	jsonArrayBegin  jsonToken = "T_ARR_BEGIN"
	jsonArrayEnd    jsonToken = "T_ARR_END"
	jsonString      jsonToken = "T_STRING"
	jsonNumber      jsonToken = "T_NUMBER"
	jsonBoolean     jsonToken = "T_BOOLEAN"
	jsonNull        jsonToken = "T_NULL"
	jsonColon       jsonToken = "T_COLON"
	jsonComma       jsonToken = "T_COMMA"
	jsonEnd         jsonToken = "T_END"
)

var jsonPunctuation = map[byte]jsonToken{
	'{': jsonObjectBegin, '}': jsonObjectEnd, '[': jsonArrayBegin, ']': jsonArrayEnd, ':': jsonColon, ',': jsonComma,
}

// A jsonReader reads one token after the other. It is as generous as cjson: a
// NUL ends the text, numbers may be hexadecimal, inf or nan.
type jsonReader struct {
	s     *State
	t     *lua.Thread
	used  int // of the stack that Redis's Lua would use
	text  string
	at    int
	token jsonToken // the last one, or what is wrong with it
	index int       // where it begins
	val   lua.Value
}

func (r *jsonReader) char(i int) byte {
	if i < len(r.text) {
		return r.text[i]
	}
	return 0
}

func (r *jsonReader) expected(what string) {
	r.t.Errorf("Expected %s but found %s at character %d", what, string(r.token), r.index+1)
}

// broken makes the token an error at the current place.
func (r *jsonReader) broken(why string) {
	r.token, r.index = jsonToken(why), r.at
}

func (r *jsonReader) next() {
	r.s.g.Walk(1)
	start := r.at
	for c := r.char(r.at); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = r.char(r.at) {
		r.at++
	}
	r.s.g.Walk((r.at - start) / 2)
	r.index = r.at
	c := r.char(r.at)
	rest := r.text[min(r.at, len(r.text)):]
	switch {
	case c == 0:
		r.token = jsonEnd
	case jsonPunctuation[c] != "":
		r.token = jsonPunctuation[c]
		r.at++
	case c == '"':
		r.string()
	case c == '-' || isDigit(c):
		if !r.s.json.decodeInvalid && invalidNumber(rest) {
			r.broken("invalid number")
			return
		}
		r.number(rest)
	case strings.HasPrefix(rest, "true"):
		r.token, r.val, r.at = jsonBoolean, lua.True, r.at+4
	case strings.HasPrefix(rest, "false"):
		r.token, r.val, r.at = jsonBoolean, lua.False, r.at+5
	case strings.HasPrefix(rest, "null"):
		r.token, r.val, r.at = jsonNull, r.s.null.Value(), r.at+4
	case strings.IndexByte("+fiInNt", c) >= 0 && r.s.json.decodeInvalid && invalidNumber(rest):
		r.number(rest)
	default:
		r.broken("invalid token")
	}
}

// invalidNumber reports whether a text starts like a number that JSON does not
// have.
func invalidNumber(s string) bool {
	if strings.HasPrefix(s, "+") {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	if strings.HasPrefix(s, "0") {
		return len(s) > 1 && (s[1]|0x20 == 'x' || isDigit(s[1]))
	}
	if len(s) < 3 {
		return false
	}
	return strings.EqualFold(s[:3], "inf") || strings.EqualFold(s[:3], "nan")
}

func (r *jsonReader) number(rest string) {
	f, n := lua.LeadingNumber(rest)
	if n == 0 {
		r.broken("invalid number")
		return
	}
	r.s.g.Walk(n / 2)
	r.token, r.val, r.at = jsonNumber, lua.Number(f), r.at+n
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r'}

func (r *jsonReader) string() {
	r.at++
	var out []byte
	for {
		r.s.g.Walk(1)
		c := r.char(r.at)
		switch {
		case c == '"':
			r.at++
			r.s.g.Grow(32 + len(out))
			r.token, r.val = jsonString, lua.Text(string(out))
			return
		case c == 0:
			r.broken("unexpected end of string")
			return
		case c != '\\':
		case r.char(r.at+1) == 'u':
			code, n := r.unicode()
			if n == 0 {
				r.broken("invalid unicode escape code")
				return
			}
			out = utf8.AppendRune(out, code)
			r.at += n
			continue
		default:
			if c = jsonEscapes[r.char(r.at+1)]; c == 0 {
				r.broken("invalid escape code")
				return
			}
			r.at++
		}
		out = append(out, c)
		r.at++
	}
}

// unicode reads \uXXXX, two of them for a surrogate pair, and returns how many
// characters it took, 0 when they are wrong.
func (r *jsonReader) unicode() (code rune, n int) {
	hex := func(at int) (rune, bool) {
		if at+4 > len(r.text) {
			return 0, false
		}
		v, err := strconv.ParseUint(r.text[at:at+4], 16, 32)
		return rune(v), err == nil
	}
	code, ok := hex(r.at + 2)
	if !ok {
		return 0, 0
	}
	if code&0xf800 != 0xd800 {
		return code, 6
	}
	low, ok := hex(r.at + 8)
	if code&0x400 != 0 || r.char(r.at+6) != '\\' || r.char(r.at+7) != 'u' || !ok || low&0xfc00 != 0xdc00 {
		return 0, 0
	}
	return (code&0x3ff)<<10 + low&0x3ff + 0x10000, 12
}

// value turns the token, and those that belong to it, into a value.
func (r *jsonReader) value(depth int) lua.Value {
	switch r.token {
	case jsonString, jsonNumber, jsonBoolean, jsonNull:
		return r.val
	case jsonObjectBegin, jsonArrayBegin:
		slots := 2
		if r.token == jsonObjectBegin {
			slots = 3
		}
		if depth++; depth > r.s.json.decodeDepth || r.used+slots > luaStack {
			r.t.Errorf("Found too many nested data structures (%d) at character %d", depth, r.index+1)
		}
		r.used += slots - 1
		var v lua.Value
		if slots == 3 {
			v = r.object(depth).Value()
		} else {
			v = r.array(depth).Value()
		}
		r.used -= slots - 1
		return v
	}
	r.expected("value")
	return lua.Nil
}

func (r *jsonReader) object(depth int) *lua.Table {
	t := r.s.g.NewTable(0, 0)
	if r.next(); r.token == jsonObjectEnd {
		return t
	}
	for {
		if r.token != jsonString {
			r.expected("object key string")
		}
		key := r.val
		if r.next(); r.token != jsonColon {
			r.expected("colon")
		}
		r.next()
		t.Set(key, r.value(depth))
		switch r.next(); r.token {
		case jsonObjectEnd:
			return t
		case jsonComma:
			r.next()
		default:
			r.expected("comma or object end")
		}
	}
}

func (r *jsonReader) array(depth int) *lua.Table {
	t := r.s.g.NewTable(0, 0)
	if r.next(); r.token == jsonArrayEnd {
		return t
	}
	for i := 1; ; i++ {
		t.SetInt(i, r.value(depth))
		switch r.next(); r.token {
		case jsonArrayEnd:
			return t
		case jsonComma:
			r.next()
		default:
			r.expected("comma or array end")
		}
	}
}
