package engine

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/internal/smallre"
)

// A jsonPath is a parsed path: JSONPath when it starts with $, else one of
// RedisJSON's first version, which leads to one value.
type jsonPath struct {
	text   string // as it was given
	full   string // as JSONPath
	legacy bool
	steps  []jsonStep
}

// root reports whether the path is the document itself.
func (p *jsonPath) root() bool { return len(p.steps) == 0 }

type jsonStepKind uint8

const (
	stepNames  jsonStepKind = iota // members by name
	stepPlaces                     // elements by place
	stepSlice                      // elements from, to, by
	stepAll                        // all children
	stepFilter                     // children for which a condition holds
	stepDeep                       // the value itself and all below it
)

// A jsonStep is one step of a path.
type jsonStep struct {
	kind     jsonStepKind
	names    []string
	places   []int64
	from, to *int64 // of a slice; nil: its end
	by       int64  // of a slice, 1 or more
	filter   *jsonFilter
}

// static reports whether the step leads to one value at most.
func (s *jsonStep) static() bool {
	return s.kind == stepNames && len(s.names) == 1 || s.kind == stepPlaces && len(s.places) == 1
}

// A jsonFilter is a condition: any of, all of, or one test.
type jsonFilter struct {
	any, all    []*jsonFilter
	left, right jsonTerm
	op          string // empty: left exists
}

// A jsonTerm is a side of a test: a constant, or what a path leads to.
type jsonTerm struct {
	value   *jsonValue      // a constant
	pattern *smallre.Regexp // a constant string as a pattern, behind =~; nil: it is none
	steps   []jsonStep
	top     bool // the path starts at the document, not at the child that is tested
}

// maxPathNesting limits filters within filters.
const maxPathNesting = 100

// parseJSONPath reads a path.
func parseJSONPath(text string) (*jsonPath, error) {
	path := &jsonPath{text: text}
	if !utf8.ValidString(text) {
		return nil, errJSONUTF8
	}
	if text != "$" && !strings.HasPrefix(text, "$.") && !strings.HasPrefix(text, "$[") {
		path.legacy = true
		switch {
		case text == ".":
			text = "$"
		case strings.HasPrefix(text, "."):
			text = "$" + text
		default:
			text = "$." + text
		}
	}
	path.full = text
	p := pathParser{text: text, at: 1}
	var err error
	if path.steps, err = p.steps(false); err != nil {
		return nil, err
	}
	if p.space(); p.at < len(text) {
		return nil, p.fail("the end of the path", "'.'", "'..'", "'['")
	}
	return path, nil
}

type pathParser struct {
	text    string
	at      int
	nesting int
}

func (p *pathParser) fail(expected ...string) error {
	// At most 128 bytes of the path, those around the place.
	before, after := p.text[:p.at], p.text[p.at:]
	if len(before) > 64 {
		before = "…" + before[len(before)-64:]
	}
	if len(after) > 64 {
		after = after[:64] + "…"
	}
	place := before + " ---->>>> " + after
	if after == "" {
		place = before + " <<<<----"
	}
	return fmt.Errorf("Error occurred on position %d, \"%s\", expected one of the following: %s.", p.at, place, strings.Join(expected, ", "))
}

func (p *pathParser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// accept passes over a word, and spaces before it, when it stands here.
func (p *pathParser) accept(word string) bool {
	from := p.at
	p.space()
	if strings.HasPrefix(p.text[p.at:], word) {
		p.at += len(word)
		return true
	}
	p.at = from
	return false
}

func isPathLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_`~+#%$^/:", c) >= 0
}

// name reads a name without quotes, empty when there is none.
func (p *pathParser) name() string {
	p.space()
	from := p.at
	for p.at < len(p.text) && isPathLetter(p.text[p.at]) {
		p.at++
	}
	return p.text[from:p.at]
}

// steps reads as many steps as there are. bare lets the first be a name without
// its dot, as in @name.
func (p *pathParser) steps(bare bool) ([]jsonStep, error) {
	var out []jsonStep
	if bare {
		if p.accept("*") {
			out = append(out, jsonStep{kind: stepAll})
		} else if name := p.name(); name != "" {
			out = append(out, jsonStep{kind: stepNames, names: []string{name}})
		}
	}
	for {
		from := p.at
		deep := p.accept("..")
		dot := deep || p.accept(".")
		if deep {
			out = append(out, jsonStep{kind: stepDeep})
		}
		switch {
		case p.accept("["):
			step, err := p.bracket()
			if err != nil {
				return nil, err
			}
			if !p.accept("]") {
				return nil, p.fail("']'")
			}
			out = append(out, step)
		case !dot:
			p.at = from
			return out, nil
		case p.accept("*"):
			out = append(out, jsonStep{kind: stepAll})
		default:
			name := p.name()
			if name == "" {
				return nil, p.fail("<string>", "'*'", "'['")
			}
			out = append(out, jsonStep{kind: stepNames, names: []string{name}})
		}
	}
}

// bracket reads what stands between brackets.
func (p *pathParser) bracket() (jsonStep, error) {
	if p.accept("*") {
		return jsonStep{kind: stepAll}, nil
	}
	if p.accept("?") {
		f, err := p.filter()
		return jsonStep{kind: stepFilter, filter: f}, err
	}
	p.space()
	if p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'') {
		step := jsonStep{kind: stepNames}
		for {
			name, err := p.quoted()
			if err != nil {
				return step, err
			}
			step.names = append(step.names, name)
			if !p.accept(",") {
				return step, nil
			}
		}
	}
	first, some, err := p.integer()
	if err != nil {
		return jsonStep{}, err
	}
	if p.accept(":") {
		step := jsonStep{kind: stepSlice, by: 1}
		if some {
			step.from = &first
		}
		return step, p.slice(&step)
	}
	step := jsonStep{kind: stepPlaces, places: []int64{first}}
	for {
		if !some {
			return step, p.fail("'<number>[,<number>,...]'", "['start:end:steps']", "'<string>[,<string>,...]'", "'*'", "'[?(filter_expression)]'")
		}
		if !p.accept(",") {
			return step, nil
		}
		var n int64
		if n, some, err = p.integer(); err != nil {
			return step, err
		}
		step.places = append(step.places, n)
	}
}

// slice reads what follows the first colon of a slice.
func (p *pathParser) slice(step *jsonStep) error {
	to, some, err := p.integer()
	if err != nil {
		return err
	}
	if some {
		step.to = &to
	}
	if !p.accept(":") {
		return nil
	}
	by, some, err := p.integer()
	if err != nil || !some {
		return err
	}
	if by < 1 {
		return p.fail("a step of 1 or more")
	}
	step.by = by
	return nil
}

// digits reads an integer's text: no plus sign, no leading zeros.
func (p *pathParser) digits() string {
	p.space()
	from := p.at
	i := from
	if i < len(p.text) && p.text[i] == '-' {
		i++
	}
	first := i
	for i < len(p.text) && p.text[i] >= '0' && p.text[i] <= '9' {
		if i > first && p.text[first] == '0' {
			break
		}
		i++
	}
	if i > first {
		p.at = i
	}
	return p.text[from:p.at]
}

func (p *pathParser) integer() (n int64, some bool, err error) {
	s := p.digits()
	if s == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, false, p.fail("a number of 64 bits")
	}
	return n, true, nil
}

// quoted reads a string in quotes of either kind, in which a backslash stands
// before that quote or another backslash.
func (p *pathParser) quoted() (string, error) {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '"' && p.text[p.at] != '\'' {
		return "", p.fail("<string>")
	}
	quote := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.at = i + 1
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(p.text) && (p.text[i+1] == quote || p.text[i+1] == '\\'):
			i++
			b.WriteByte(p.text[i])
		default:
			p.at = i + 1
			return "", p.fail(string(quote), `'\'`)
		}
	}
	p.at = len(p.text)
	return "", p.fail("the closing " + string(quote))
}

// filter reads a condition: && binds closer than ||.
func (p *pathParser) filter() (*jsonFilter, error) {
	if p.nesting++; p.nesting > maxPathNesting {
		return nil, p.fail("fewer filters within filters")
	}
	defer func() { p.nesting-- }()
	or := &jsonFilter{}
	for {
		and := &jsonFilter{}
		for {
			f, err := p.test()
			if err != nil {
				return nil, err
			}
			and.all = append(and.all, f)
			if !p.accept("&&") {
				break
			}
		}
		or.any = append(or.any, and)
		if !p.accept("||") {
			return or, nil
		}
	}
}

// filterOps are the operators, those first that others begin with.
var filterOps = []string{">=", ">", "<=", "<", "==", "!=", "=~"}

// test reads a condition in parentheses or a single test.
func (p *pathParser) test() (*jsonFilter, error) {
	if p.accept("(") {
		f, err := p.filter()
		if err == nil && !p.accept(")") {
			err = p.fail("')'", "and", "or", "an operator")
		}
		return f, err
	}
	f := &jsonFilter{}
	var err error
	if f.left, err = p.term(); err != nil {
		return nil, err
	}
	for _, op := range filterOps {
		if !p.accept(op) {
			continue
		}
		f.op = op
		if f.right, err = p.term(); err != nil {
			return nil, err
		}
		if v := f.right.value; op == "=~" && v != nil && v.isString() {
			f.right.pattern, _ = smallre.Compile(v.str) // a wrong pattern matches nothing
		}
		break
	}
	return f, nil
}

func (p *pathParser) term() (t jsonTerm, err error) {
	switch {
	case p.accept("@"):
		t.steps, err = p.steps(true)
		return t, err
	case p.accept("$"):
		t.top = true
		t.steps, err = p.steps(true)
		return t, err
	case p.accept("true"):
		t.value = newJSONBool(true)
		return t, nil
	case p.accept("false"):
		t.value = newJSONBool(false)
		return t, nil
	case p.accept("null"):
		t.value = &jsonValue{}
		return t, nil
	}
	p.space()
	if p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'') {
		s, err := p.quoted()
		t.value = newJSONString(s)
		return t, err
	}
	s := p.digits()
	if s == "" {
		return t, p.fail("a path from @ or $", "a number", "<string>", "true", "false", "null", "'('")
	}
	if p.at+1 < len(p.text) && p.text[p.at] == '.' && p.text[p.at+1] >= '0' && p.text[p.at+1] <= '9' {
		from := p.at
		for p.at++; p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9'; p.at++ {
		}
		s += p.text[from:p.at]
	}
	t.value = newJSONFloat(0)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		t.value = newJSONInt(n)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil {
		t.value = newJSONFloat(f)
	} else {
		return t, p.fail("a number of 64 bits")
	}
	return t, nil
}
