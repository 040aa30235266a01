package redislua

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

func (s *State) jsonDecode(a args) int {
	if a.GetTop() != 1 {
		a.bad(1, "expected 1 argument")
	}
	text := a.text(1)
	if len(text) >= 2 && (text[0] == 0 || text[1] == 0) {
		a.RaiseError("JSON parser does not support UTF-16 or UTF-32")
	}
	r := jsonReader{s: s, text: text}
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
	text  string
	at    int
	token jsonToken // the last one, or what is wrong with it
	index int       // where it begins
	val   lua.LValue
}

func (r *jsonReader) char(i int) byte {
	if i < len(r.text) {
		return r.text[i]
	}
	return 0
}

func (r *jsonReader) expected(what string) {
	r.s.l.RaiseError("Expected %s but found %s at character %d", what, string(r.token), r.index+1)
}

// broken makes the token an error at the current place.
func (r *jsonReader) broken(why string) {
	r.token, r.index = jsonToken(why), r.at
}

func (r *jsonReader) next() {
	r.s.walk(1)
	for c := r.char(r.at); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = r.char(r.at) {
		r.at++
	}
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
		r.token, r.val, r.at = jsonBoolean, lua.LTrue, r.at+4
	case strings.HasPrefix(rest, "false"):
		r.token, r.val, r.at = jsonBoolean, lua.LFalse, r.at+5
	case strings.HasPrefix(rest, "null"):
		r.token, r.val, r.at = jsonNull, r.s.null, r.at+4
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
	f, n := leadingNumber(rest)
	if n == 0 {
		r.broken("invalid number")
		return
	}
	r.s.walk(n / 8)
	r.token, r.val, r.at = jsonNumber, lua.LNumber(f), r.at+n
}

// leadingNumber reads the number at the start of a text as strtod does and
// returns how many characters it has.
func leadingNumber(s string) (f float64, n int) {
	sign := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1
	}
	body := s[sign:]
	for _, word := range []string{"infinity", "inf", "nan"} {
		if len(body) >= len(word) && strings.EqualFold(body[:len(word)], word) {
			f, _ = strconv.ParseFloat(s[:sign]+word[:3], 64)
			if word == "nan" {
				f, _ = strconv.ParseFloat("nan", 64)
			}
			return f, sign + len(word)
		}
	}
	digit, exponent, prefix := isDigit, byte('e'), 0
	if len(body) > 2 && body[0] == '0' && body[1]|0x20 == 'x' {
		isHex := func(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
		if isHex(body[2]) || body[2] == '.' && len(body) > 3 && isHex(body[3]) {
			digit, exponent, prefix = isHex, 'p', 2
		}
	}
	i, digits := prefix, 0
	for ; i < len(body) && digit(body[i]); i++ {
		digits++
	}
	if i < len(body) && body[i] == '.' {
		j := i + 1
		for ; j < len(body) && digit(body[j]); j++ {
			digits++
		}
		if digits > 0 {
			i = j
		}
	}
	if digits == 0 {
		return 0, 0
	}
	exponents := false
	if i < len(body) && body[i]|0x20 == exponent {
		j := i + 1
		if j < len(body) && (body[j] == '-' || body[j] == '+') {
			j++
		}
		if j < len(body) && isDigit(body[j]) {
			for ; j < len(body) && isDigit(body[j]); j++ {
			}
			i, exponents = j, true
		}
	}
	number := s[:sign+i]
	if prefix > 0 && !exponents {
		number += "p0"
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, 0
	}
	return f, sign + i
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r'}

func (r *jsonReader) string() {
	r.at++
	var out []byte
	for {
		r.s.walk(1)
		c := r.char(r.at)
		switch {
		case c == '"':
			r.at++
			r.s.grow(len(out))
			r.token, r.val = jsonString, lua.LString(out)
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
func (r *jsonReader) value(depth int) lua.LValue {
	switch r.token {
	case jsonString, jsonNumber, jsonBoolean, jsonNull:
		return r.val
	case jsonObjectBegin, jsonArrayBegin:
		if depth++; depth > r.s.json.decodeDepth {
			r.s.l.RaiseError("Found too many nested data structures (%d) at character %d", depth, r.index+1)
		}
		r.s.grow(tableBytes)
		if r.token == jsonObjectBegin {
			return r.object(depth)
		}
		return r.array(depth)
	}
	r.expected("value")
	return lua.LNil
}

func (r *jsonReader) object(depth int) lua.LValue {
	t := r.s.l.NewTable()
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
		r.s.grow(fieldBytes)
		t.RawSet(key, r.value(depth))
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

func (r *jsonReader) array(depth int) lua.LValue {
	t := r.s.l.NewTable()
	if r.next(); r.token == jsonArrayEnd {
		return t
	}
	for i := 1; ; i++ {
		r.s.grow(fieldBytes)
		t.RawSetInt(i, r.value(depth))
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
