package smalljson

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrSyntax is in the error of what is no JSON.
var ErrSyntax = errors.New("this is no JSON")

// maxDepth bounds how deep values stand in each other. It must leave room for what others
// write: KV's metadata have 1,024 bytes.
const maxDepth = 1000

// Unmarshal is encoding/json's, for the types of the package. Names must be written
// as in the tags; unknown ones are left out. What is null stays as it was. A map or slice
// that was there is replaced.
func Unmarshal(text []byte, to any) error {
	v, err := parse(text)
	if err != nil {
		return err
	}
	p := reflect.ValueOf(to)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errors.New("smalljson: there is no pointer to read into")
	}
	return set(p.Elem(), v)
}

// A number is as it was written: which of them fit depends on where it is read into.
type number string

// parse reads JSON into maps, slices, strings, numbers, bools and nil.
func parse(text []byte) (any, error) {
	p := &reader{s: string(text)}
	v := p.value(0)
	if p.space(); p.err == nil && p.s != "" {
		p.fail()
	}
	return v, p.err
}

func set(to reflect.Value, v any) error {
	wrong := func() error {
		return fmt.Errorf("smalljson: a %T does not fit into a %s", v, to.Type())
	}
	if v == nil {
		return nil
	}
	switch to.Kind() {
	case reflect.Pointer:
		if to.IsNil() {
			to.Set(reflect.New(to.Type().Elem()))
		}
		return set(to.Elem(), v)
	case reflect.Interface:
		if to.NumMethod() > 0 {
			return wrong()
		}
		v, err := plain(v)
		if err == nil {
			to.Set(reflect.ValueOf(v))
		}
		return err
	case reflect.Struct:
		m, ok := v.(map[string]any)
		if !ok {
			return wrong()
		}
		for i := 0; i < to.NumField(); i++ {
			if name, _ := fieldName(to.Type().Field(i)); name != "" {
				if err := set(to.Field(i), m[name]); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
		return nil
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok || to.Type().Key().Kind() != reflect.String {
			return wrong()
		}
		to.Set(reflect.MakeMapWithSize(to.Type(), len(m)))
		for k, v := range m {
			e := reflect.New(to.Type().Elem()).Elem()
			if err := set(e, v); err != nil {
				return err
			}
			to.SetMapIndex(reflect.ValueOf(k).Convert(to.Type().Key()), e)
		}
		return nil
	case reflect.Slice:
		return setSlice(to, v, wrong)
	}
	return setScalar(to, v, wrong)
}

// plain is a value with float64s for its numbers, where its type is not known.
func plain(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return nil, fmt.Errorf("smalljson: %.32s does not fit into a float64", v)
		}
		return f, nil
	case []any:
		for i := range v {
			if v[i], err = plain(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = plain(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func setSlice(to reflect.Value, v any, wrong func() error) error {
	if s, ok := v.(string); ok && to.Type().Elem().Kind() == reflect.Uint8 {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return fmt.Errorf("smalljson: bytes: %w", err)
		}
		to.SetBytes(b)
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		return wrong()
	}
	to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
	for i, v := range list {
		if err := set(to.Index(i), v); err != nil {
			return err
		}
	}
	return nil
}

func setScalar(to reflect.Value, v any, wrong func() error) error {
	switch v := v.(type) {
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(v)
			return nil
		}
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	case number:
		switch to.Kind() {
		case reflect.Float64:
			if f, err := strconv.ParseFloat(string(v), 64); err == nil {
				to.SetFloat(f)
				return nil
			}
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			if n, err := strconv.ParseInt(string(v), 10, to.Type().Bits()); err == nil {
				to.SetInt(n)
				return nil
			}
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			if n, err := strconv.ParseUint(string(v), 10, to.Type().Bits()); err == nil {
				to.SetUint(n)
				return nil
			}
		}
	}
	return wrong()
}

type reader struct {
	s   string
	err error
}

func (p *reader) fail() any {
	if p.err == nil {
		s := p.s
		if len(s) > 32 {
			s = s[:32]
		}
		p.err = fmt.Errorf("smalljson: %w: %q", ErrSyntax, s)
		p.s = ""
	}
	return nil
}

func (p *reader) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

// eat takes a byte if it comes next.
func (p *reader) eat(c byte) bool {
	p.space()
	if p.s == "" || p.s[0] != c {
		return false
	}
	p.s = p.s[1:]
	return true
}

func (p *reader) value(depth int) any {
	p.space()
	if p.s == "" || depth > maxDepth {
		return p.fail()
	}
	switch p.s[0] {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.string()
	}
	n := strings.IndexAny(p.s, ",]} \t\r\n")
	if n < 0 {
		n = len(p.s)
	}
	switch word := p.s[:n]; word {
	case "true", "false":
		p.s = p.s[n:]
		return word == "true"
	case "null":
		p.s = p.s[n:]
		return nil
	default:
		if !isNumber(word) {
			return p.fail()
		}
		p.s = p.s[n:]
		return number(word)
	}
}

// isNumber reports whether a word is a number as JSON writes it: without a plus, without
// zeros before it, and with digits on both sides of a point.
func isNumber(word string) bool {
	word = strings.TrimPrefix(word, "-")
	whole := strings.TrimLeft(word, "0123456789")
	if n := len(word) - len(whole); n == 0 || n > 1 && word[0] == '0' {
		return false
	}
	if rest, ok := strings.CutPrefix(whole, "."); ok {
		if whole = strings.TrimLeft(rest, "0123456789"); len(whole) == len(rest) {
			return false
		}
	}
	if whole == "" {
		return true
	}
	if whole[0] != 'e' && whole[0] != 'E' {
		return false
	}
	if whole = whole[1:]; whole != "" && (whole[0] == '+' || whole[0] == '-') {
		whole = whole[1:]
	}
	return whole != "" && strings.Trim(whole, "0123456789") == ""
}

func (p *reader) object(depth int) any {
	p.s = p.s[1:]
	m := map[string]any{}
	if p.eat('}') {
		return m
	}
	for p.err == nil {
		p.space()
		name := p.string()
		if !p.eat(':') {
			return p.fail()
		}
		m[name] = p.value(depth + 1)
		if p.eat('}') {
			return m
		}
		if !p.eat(',') {
			return p.fail()
		}
	}
	return nil
}

func (p *reader) array(depth int) any {
	p.s = p.s[1:]
	list := []any{}
	if p.eat(']') {
		return list
	}
	for p.err == nil {
		list = append(list, p.value(depth+1))
		if p.eat(']') {
			return list
		}
		if !p.eat(',') {
			return p.fail()
		}
	}
	return nil
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}

// string reads a string with its quotes.
func (p *reader) string() string {
	if p.s == "" || p.s[0] != '"' {
		p.fail()
		return ""
	}
	var b []byte
	for i := 1; i < len(p.s); i++ {
		c := p.s[i]
		switch {
		case c == '"':
			p.s = p.s[i+1:]
			return string(b)
		case c < ' ':
			p.fail()
			return ""
		case c >= utf8.RuneSelf:
			// What is no UTF-8 becomes U+FFFD, a byte at a time, as in encoding/json.
			r, n := utf8.DecodeRuneInString(p.s[i:])
			b = utf8.AppendRune(b, r)
			i += n - 1
			continue
		case c != '\\':
			b = append(b, c)
			continue
		}
		i++
		if i == len(p.s) {
			break
		}
		if e, ok := escapes[p.s[i]]; ok {
			b = append(b, e)
			continue
		}
		n, ok := p.hex(i)
		if !ok {
			break
		}
		i += 4
		if n >= 0xd800 && n < 0xdc00 && i+1 < len(p.s) && p.s[i+1] == '\\' {
			if low, ok := p.hex(i + 2); ok && low >= 0xdc00 && low < 0xe000 {
				n = 0x10000 + (n-0xd800)<<10 + (low - 0xdc00)
				i += 6
			}
		}
		b = utf8.AppendRune(b, rune(n))
	}
	p.fail()
	return ""
}

// hex reads u and four digits.
func (p *reader) hex(at int) (int64, bool) {
	if at+5 > len(p.s) || p.s[at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[at+1:at+5], 16, 32)
	return int64(n), err == nil
}
