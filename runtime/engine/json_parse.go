package engine

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONArg is the number of levels that JSON in an argument may have; it is
// RedisJSON's own limit.
const maxJSONArg = 127

var errJSONUTF8 = errors.New("Couldn't parse as UTF-8 string")

// parseJSON reads one JSON value. levels limits how deep it may be nested, 0 not
// at all. The errors are worded as RedisJSON words them.
func parseJSON(text string, levels int) (*jsonValue, error) {
	if !utf8.ValidString(text) {
		return nil, errJSONUTF8
	}
	p := jsonParser{text: text, left: levels}
	if levels == 0 {
		p.left = math.MaxInt
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(text) {
		return nil, p.unexpected("trailing characters")
	}
	return v, nil
}

type jsonParser struct {
	text string
	at   int
	left int // levels that may still be opened
}

// fail is an error at the character before p.at.
func (p *jsonParser) fail(what string) error {
	read := p.text[:min(p.at, len(p.text))]
	start := strings.LastIndexByte(read, '\n') + 1
	return fmt.Errorf("%s at line %d column %d", what, 1+strings.Count(read[:start], "\n"), len(read)-start)
}

// unexpected is an error at p.at.
func (p *jsonParser) unexpected(what string) error {
	p.at = min(p.at+1, len(p.text))
	return p.fail(what)
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next character after spaces, 0 at the end. A NUL in the text is
// as wrong as the end wherever peek is used, and told from it by eof.
func (p *jsonParser) peek() byte {
	if p.space(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) eof() bool { return p.at >= len(p.text) }

// wrong is the error for a character that does not fit, or for the end.
func (p *jsonParser) wrong(what, inside string) error {
	if p.eof() {
		return p.fail("EOF while parsing " + inside)
	}
	return p.unexpected(what)
}

func (p *jsonParser) value() (*jsonValue, error) {
	switch c := p.peek(); {
	case c == 'n':
		return &jsonValue{}, p.word("null")
	case c == 't':
		return newJSONBool(true), p.word("true")
	case c == 'f':
		return newJSONBool(false), p.word("false")
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == '"':
		s, err := p.string()
		return newJSONString(s), err
	case c == '[':
		return p.array()
	case c == '{':
		return p.object()
	}
	return nil, p.wrong("expected value", "a value")
}

func (p *jsonParser) word(word string) error {
	for i := 0; i < len(word); i++ {
		if p.eof() {
			return p.fail("EOF while parsing a value")
		}
		p.at++
		if p.text[p.at-1] != word[i] {
			return p.fail("expected ident")
		}
	}
	return nil
}

// digits reads digits and reports whether there was one.
func (p *jsonParser) digits() bool {
	from := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > from
}

func (p *jsonParser) accept(set string) bool {
	if p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) number() (*jsonValue, error) {
	from, whole := p.at, true
	p.accept("-")
	zero := p.at < len(p.text) && p.text[p.at] == '0'
	if zero {
		if p.at++; p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			return nil, p.unexpected("invalid number")
		}
	} else if !p.digits() {
		return nil, p.wrong("invalid number", "a value")
	}
	if p.accept(".") {
		if whole = false; !p.digits() {
			return nil, p.wrong("invalid number", "a value")
		}
	}
	if p.accept("eE") {
		whole = false
		p.accept("+-")
		if !p.digits() {
			return nil, p.wrong("invalid number", "a value")
		}
	}
	text := p.text[from:p.at]
	if whole && text != "-0" {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return newJSONInt(n), nil
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return &jsonValue{kind: jsonUint, bits: n}, nil
		}
	}
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return nil, p.fail("number out of range")
	}
	return newJSONFloat(f), nil
}

// string reads a string that starts at p.at with its quote.
func (p *jsonParser) string() (string, error) {
	p.at++
	from := p.at
	var b []byte // what was read, once there was an escape
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if b == nil {
				return strings.Clone(p.text[from : p.at-1]), nil
			}
			return string(append(b, p.text[from:p.at-1]...)), nil
		case c < ' ':
			return "", p.unexpected("control character (\\u0000-\\u001F) found while parsing a string")
		case c == '\\':
			if b = append(b, p.text[from:p.at]...); b == nil {
				b = []byte{}
			}
			p.at++
			var err error
			if b, err = p.escape(b); err != nil {
				return "", err
			}
			from = p.at
			p.at--
		}
	}
	return "", p.fail("EOF while parsing a string")
}

// escape reads an escape behind its backslash.
func (p *jsonParser) escape(b []byte) ([]byte, error) {
	if p.eof() {
		return nil, p.fail("EOF while parsing a string")
	}
	c := p.text[p.at]
	p.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return append(b, "\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return nil, p.fail("invalid escape")
	}
	r, err := p.hex()
	if err != nil {
		return nil, err
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(b, r), nil
	}
	if r >= 0xDC00 {
		return nil, p.fail("lone leading surrogate in hex escape")
	}
	if !strings.HasPrefix(p.text[p.at:], `\u`) {
		return nil, p.wrong("unexpected end of hex escape", "a string")
	}
	p.at += 2
	low, err := p.hex()
	if err != nil {
		return nil, err
	}
	if low < 0xDC00 || low > 0xDFFF {
		return nil, p.fail("lone leading surrogate in hex escape")
	}
	return utf8.AppendRune(b, utf16.DecodeRune(r, low)), nil
}

func (p *jsonParser) hex() (rune, error) {
	if len(p.text)-p.at < 4 {
		p.at = len(p.text)
		return 0, p.fail("EOF while parsing a string")
	}
	p.at += 4
	n, err := strconv.ParseUint(p.text[p.at-4:p.at], 16, 32)
	if err != nil {
		return 0, p.fail("invalid escape")
	}
	return rune(n), nil
}

// open enters an array or object.
func (p *jsonParser) open() error {
	p.at++
	if p.left == 0 {
		return p.fail("recursion limit exceeded")
	}
	p.left--
	return nil
}

func (p *jsonParser) array() (*jsonValue, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	v := newJSONBox(jsonArray)
	for first := true; ; first = false {
		c := p.peek()
		if c == ']' {
			break
		}
		if !first {
			if c != ',' {
				return nil, p.wrong("expected `,` or `]`", "a list")
			}
			if p.at++; p.peek() == ']' {
				return nil, p.unexpected("trailing comma")
			}
		} else if p.eof() {
			return nil, p.fail("EOF while parsing a list")
		}
		e, err := p.value()
		if err != nil {
			return nil, err
		}
		v.box.elems = append(v.box.elems, e)
	}
	p.at++
	p.left++
	return v, nil
}

func (p *jsonParser) object() (*jsonValue, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	v := newJSONBox(jsonObject)
	for first := true; ; first = false {
		c := p.peek()
		if c == '}' {
			break
		}
		if !first {
			if c != ',' {
				return nil, p.wrong("expected `,` or `}`", "an object")
			}
			p.at++
			if c = p.peek(); c == '}' {
				return nil, p.unexpected("trailing comma")
			}
		}
		if c != '"' {
			return nil, p.wrong("key must be a string", "an object")
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.peek() != ':' {
			return nil, p.wrong("expected `:`", "an object")
		}
		p.at++
		e, err := p.value()
		if err != nil {
			return nil, err
		}
		v.put(name, e) // the last of several values of one name counts
	}
	p.at++
	p.left++
	return v, nil
}
