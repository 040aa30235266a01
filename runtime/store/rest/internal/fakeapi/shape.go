package fakeapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A shape says what a JSON value looks like. It is written in a notation of its own:
//
//	string number integer boolean any null
//	string<=512  string>=3  number>=60  [T]<=100     limits; of strings in bytes
//	"text"|"json"  T|null                            one of several
//	[T]                                              a list
//	{a: T, b?: T, *: T}                              an object; ? may be missing, * are all others
//
// An object without * has no other fields.
type shape struct {
	kind     string
	min, max float64 // of numbers, of lengths; NaN is not used: limited says
	lower    bool
	upper    bool
	literal  string
	elem     *shape
	fields   map[string]*field
	rest     *shape
	options  []*shape
}

type field struct {
	shape    *shape
	optional bool
}

var token = regexp.MustCompile(`^\s*("[^"]*"|[A-Za-z_$][A-Za-z0-9_]*|<=|>=|-?[0-9]+|[\[\]{}|:,?*])`)

type parser struct {
	text string
	next string
}

func parse(text string) *shape {
	p := &parser{text: text}
	p.advance()
	s := p.shape()
	if p.next != "" {
		panic(fmt.Sprintf("%q is left over in the shape %q", p.next, text))
	}
	return s
}

func (p *parser) advance() string {
	was := p.next
	m := token.FindStringSubmatch(p.text)
	if m == nil {
		if strings.TrimSpace(p.text) != "" {
			panic("a shape cannot be read at " + p.text)
		}
		p.next, p.text = "", ""
		return was
	}
	p.next, p.text = m[1], p.text[len(m[0]):]
	return was
}

func (p *parser) want(s string) {
	if p.next != s {
		panic(fmt.Sprintf("a shape has %q where %q is wanted, before %s", p.next, s, p.text))
	}
	p.advance()
}

func (p *parser) shape() *shape {
	first := p.one()
	if p.next != "|" {
		return first
	}
	s := &shape{kind: "union", options: []*shape{first}}
	for p.next == "|" {
		p.advance()
		s.options = append(s.options, p.one())
	}
	return s
}

func (p *parser) one() *shape {
	s := &shape{}
	switch t := p.advance(); {
	case t == "[":
		s.kind, s.elem = "array", p.shape()
		p.want("]")
	case t == "{":
		s.kind, s.fields = "object", map[string]*field{}
		for p.next != "}" {
			name := strings.Trim(p.advance(), `"`)
			f := &field{}
			if p.next == "?" {
				p.advance()
				f.optional = true
			}
			p.want(":")
			f.shape = p.shape()
			if name == "*" {
				s.rest = f.shape
			} else {
				s.fields[name] = f
			}
			if p.next == "," {
				p.advance()
			}
		}
		p.want("}")
	case strings.HasPrefix(t, `"`):
		s.kind, s.literal = "literal", strings.Trim(t, `"`)
	case strings.HasPrefix(t, "$"):
		named, ok := names[t[1:]]
		if !ok {
			panic("no shape is called " + t)
		}
		*s = *parse(named)
	default:
		s.kind = t
	}
	for p.next == "<=" || p.next == ">=" {
		op := p.advance()
		n, err := strconv.ParseFloat(p.advance(), 64)
		if err != nil {
			panic(err)
		}
		if op == "<=" {
			s.max, s.upper = n, true
		} else {
			s.min, s.lower = n, true
		}
	}
	return s
}

// check says what is wrong with a value that json.Decoder read with UseNumber; where names
// the place.
func (s *shape) check(v interface{}, where string) error {
	bad := func(format string, args ...interface{}) error {
		return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
	}
	limits := func(n float64, what string) error {
		switch {
		case s.lower && n < s.min:
			return bad("%s %v is below %v", what, n, s.min)
		case s.upper && n > s.max:
			return bad("%s %v is above %v", what, n, s.max)
		}
		return nil
	}
	switch s.kind {
	case "any":
		return nil
	case "union":
		var first error
		for _, o := range s.options {
			err := o.check(v, where)
			if err == nil {
				return nil
			}
			if first == nil {
				first = err
			}
		}
		return fmt.Errorf("%w (nor does another shape fit)", first)
	case "null":
		if v != nil {
			return bad("%s, and not null", kindOf(v))
		}
		return nil
	case "literal":
		if v != s.literal {
			return bad("%v, and not %q", v, s.literal)
		}
		return nil
	case "true", "false":
		if v != (s.kind == "true") {
			return bad("%v, and not %s", v, s.kind)
		}
		return nil
	case "boolean":
		if _, ok := v.(bool); !ok {
			return bad("%s, and not a boolean", kindOf(v))
		}
		return nil
	case "string":
		text, ok := v.(string)
		switch {
		case !ok:
			return bad("%s, and not a string", kindOf(v))
		case !utf8.ValidString(text):
			return bad("a string that is no UTF-8")
		}
		return limits(float64(len(text)), "length")
	case "number", "integer":
		n, ok := v.(json.Number)
		if !ok {
			return bad("%s, and not a number", kindOf(v))
		}
		if s.kind == "integer" {
			if _, err := n.Int64(); err != nil {
				return bad("%s is no integer", n)
			}
		}
		f, err := n.Float64()
		if err != nil {
			return bad("%s is no number", n)
		}
		return limits(f, "value")
	case "array":
		list, ok := v.([]interface{})
		if !ok {
			return bad("%s, and not a list", kindOf(v))
		}
		for i, e := range list {
			if err := s.elem.check(e, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
		return limits(float64(len(list)), "length")
	case "object":
		object, ok := v.(map[string]interface{})
		if !ok {
			return bad("%s, and not an object", kindOf(v))
		}
		for name, f := range s.fields {
			if _, ok := object[name]; !ok && !f.optional {
				return bad("the field %s is missing", name)
			}
		}
		for _, name := range sorted(object) {
			f := s.fields[name]
			switch {
			case f != nil:
				if err := f.shape.check(object[name], where+"."+name); err != nil {
					return err
				}
			case s.rest == nil:
				return bad("the field %s is unknown", name)
			default:
				if err := s.rest.check(object[name], where+"."+name); err != nil {
					return err
				}
			}
		}
		return nil
	}
	panic("there is no shape " + s.kind)
}

func sorted(m map[string]interface{}) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func kindOf(v interface{}) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []interface{}:
		return "a list"
	}
	return "an object"
}
