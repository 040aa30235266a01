package smallre

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrSyntax is the error of what is no regular expression.
var ErrSyntax = errors.New("smallre: not a regular expression")

// Limits. Those of depth and size are below the standard library's.
const (
	maxRepeat = 1000
	maxDepth  = 500    // groups in each other
	maxProg   = 20_000 // instructions
)

type nodeKind uint8

const (
	nodeEmpty nodeKind = iota
	nodeClass          // one character of a set
	nodeCat
	nodeAlt
	nodeRepeat
	nodeAssert
)

// A node is a part of an expression.
type node struct {
	kind     nodeKind
	set      *set
	subs     []*node
	min, max int // max -1: without bound
	assert   byte
}

// The flags of an expression.
type flags struct{ fold, multi, dotAll bool }

type parser struct {
	s     string
	flags flags
	depth int
}

func parse(s string) (*node, error) {
	if !utf8.ValidString(s) {
		return nil, ErrSyntax
	}
	p := &parser{s: s}
	n, err := p.alternatives()
	if err == nil && p.s != "" {
		err = ErrSyntax // a ) too many
	}
	return n, err
}

// alternatives parses up to a ) or the end.
func (p *parser) alternatives() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, ErrSyntax
	}
	defer func() { p.depth-- }()
	alt := &node{kind: nodeAlt}
	for {
		cat, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, cat)
		if !p.eat("|") {
			return alt, nil
		}
	}
}

func (p *parser) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.s, prefix)
	p.s = rest
	return ok
}

func (p *parser) sequence() (*node, error) {
	cat := &node{kind: nodeCat}
	repeated := false // the last one has its quantifier
	for p.s != "" && p.s[0] != '|' && p.s[0] != ')' {
		switch c := p.s[0]; {
		case c == '*' || c == '+' || c == '?' || c == '{' && p.counted():
			if len(cat.subs) == 0 || repeated {
				return nil, ErrSyntax
			}
			last := len(cat.subs) - 1
			r, err := p.repeat(cat.subs[last])
			if err != nil {
				return nil, err
			}
			cat.subs[last], repeated = r, true
			continue
		}
		repeated = false
		if p.eat(`\Q`) {
			text, rest, _ := strings.Cut(p.s, `\E`)
			p.s = rest
			for _, r := range text {
				cat.subs = append(cat.subs, p.literal(r))
			}
			continue
		}
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n != nil { // flags stand for nothing: what follows them applies to what is before
			cat.subs = append(cat.subs, n)
		}
	}
	return cat, nil
}

// counted reports whether {…} is a quantifier, as it is when it has numbers.
func (p *parser) counted() bool {
	_, _, _, ok := readCount(p.s)
	return ok
}

func readCount(s string) (least, most int, rest string, ok bool) {
	body, rest, found := strings.Cut(s[1:], "}")
	if !found {
		return 0, 0, s, false
	}
	low, high, comma := strings.Cut(body, ",")
	least, ok = number(low)
	switch {
	case !ok:
		return 0, 0, s, false
	case !comma:
		return least, least, rest, true
	case high == "":
		return least, -1, rest, true
	}
	most, ok = number(high)
	return least, most, rest, ok
}

// number reads a count; one that is too large is more than any may be.
func number(s string) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > maxRepeat {
		n = maxRepeat + 1
	}
	return n, true
}

func (p *parser) repeat(sub *node) (*node, error) {
	r := &node{kind: nodeRepeat, subs: []*node{sub}, max: -1}
	switch {
	case p.eat("*"):
	case p.eat("+"):
		r.min = 1
	case p.eat("?"):
		r.max = 1
	default:
		r.min, r.max, p.s, _ = readCount(p.s)
		if r.min > maxRepeat || r.max > maxRepeat || r.max >= 0 && r.min > r.max {
			return nil, ErrSyntax
		}
		if repeats(r, maxRepeat) == 0 {
			return nil, ErrSyntax
		}
	}
	p.eat("?") // which of several matches is of no account
	return r, nil
}

// repeats is what is left of a number when it is divided by the counts of an
// expression that stand in each other; 0: too many.
func repeats(n *node, left int) int {
	if n.kind == nodeRepeat {
		m := n.max
		if m == 0 {
			return left // nothing is left of what stands in it
		}
		if m < 0 {
			m = n.min
		}
		if m > 1 {
			if left /= m; left == 0 {
				return 0
			}
		}
	}
	least := left
	for _, s := range n.subs {
		least = min(least, repeats(s, left))
	}
	return least
}

func (p *parser) literal(r rune) *node {
	return &node{kind: nodeClass, set: &set{ranges: []rune{r, r}, fold: p.flags.fold}}
}

// atom parses what a quantifier applies to; nil for flags alone.
func (p *parser) atom() (*node, error) {
	switch c := p.s[0]; c {
	case '(':
		return p.group()
	case '[':
		s, err := p.bracket()
		return &node{kind: nodeClass, set: s}, err
	case '.':
		p.s = p.s[1:]
		s := &set{ranges: []rune{'\n', '\n'}, not: true}
		if p.flags.dotAll {
			s.ranges = nil
		}
		return &node{kind: nodeClass, set: s}, nil
	case '^':
		p.s = p.s[1:]
		if p.flags.multi {
			return &node{kind: nodeAssert, assert: '^'}, nil
		}
		return &node{kind: nodeAssert, assert: 'A'}, nil
	case '$':
		p.s = p.s[1:]
		if p.flags.multi {
			return &node{kind: nodeAssert, assert: '$'}, nil
		}
		return &node{kind: nodeAssert, assert: 'z'}, nil
	case '\\':
		return p.escaped()
	}
	r, n := utf8.DecodeRuneInString(p.s)
	p.s = p.s[n:]
	return p.literal(r), nil
}

func (p *parser) group() (*node, error) {
	before := p.flags
	p.s = p.s[1:]
	if strings.HasPrefix(p.s, "?P<") || strings.HasPrefix(p.s, "?<") {
		_, rest, _ := strings.Cut(p.s, "<")
		name, rest, ok := strings.Cut(rest, ">")
		if !ok || name == "" {
			return nil, ErrSyntax
		}
		for _, r := range name {
			if r != '_' && !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
				return nil, ErrSyntax
			}
		}
		p.s = rest
	} else if p.eat("?") {
		alone, err := p.setFlags()
		if err != nil || alone {
			return nil, err
		}
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.eat(")") {
		return nil, ErrSyntax
	}
	p.flags = before
	return n, nil
}

// setFlags parses flags up to : or ), which says that they stand alone.
func (p *parser) setFlags() (alone bool, err error) {
	on, some, minus := true, false, false
	for i := 0; i < len(p.s); i++ {
		switch c := p.s[i]; c {
		case 'i':
			p.flags.fold = on
		case 'm':
			p.flags.multi = on
		case 's':
			p.flags.dotAll = on
		case 'U': // which of several matches is of no account
		case '-':
			if minus {
				return false, ErrSyntax
			}
			on, minus, some = false, true, false
			continue
		case ':', ')':
			if minus && !some {
				return false, ErrSyntax
			}
			p.s = p.s[i+1:]
			return c == ')', nil
		default:
			return false, ErrSyntax
		}
		some = true
	}
	return false, ErrSyntax
}

// escaped parses what begins with a backslash.
func (p *parser) escaped() (*node, error) {
	if len(p.s) < 2 {
		return nil, ErrSyntax
	}
	switch c := p.s[1]; c {
	case 'A', 'z', 'b', 'B':
		p.s = p.s[2:]
		return &node{kind: nodeAssert, assert: c}, nil
	}
	if c, ok, err := p.class(); ok || err != nil {
		return &node{kind: nodeClass, set: &set{classes: []class{c}, fold: p.flags.fold}}, err
	}
	r, err := p.escape()
	return p.literal(r), err
}

// class parses \d and its like, if it stands there.
func (p *parser) class() (c class, ok bool, err error) {
	if len(p.s) < 2 || p.s[0] != '\\' {
		return c, false, nil
	}
	switch p.s[1] {
	case 'd', 'D':
		c.in = digit
	case 's', 'S':
		c.in = space
	case 'w', 'W':
		c.in = word
	case 'p', 'P':
		return p.category()
	default:
		return c, false, nil
	}
	c.not = p.s[1] < 'a'
	p.s = p.s[2:]
	return c, true, nil
}

func (p *parser) category() (c class, ok bool, err error) {
	c.not = p.s[1] == 'P'
	p.s = p.s[2:]
	r, n := utf8.DecodeRuneInString(p.s)
	if n == 0 {
		return c, true, ErrSyntax
	}
	name := string(r)
	p.s = p.s[n:]
	if r == '{' {
		name, p.s, ok = strings.Cut(p.s, "}")
		if !ok {
			return c, true, ErrSyntax
		}
	}
	if rest, not := strings.CutPrefix(name, "^"); not {
		name, c.not = rest, !c.not
	}
	if c.in = categories[name]; c.in == nil {
		return c, true, ErrSyntax
	}
	return c, true, nil
}

// escape parses a backslash and what it makes one character.
func (p *parser) escape() (rune, error) {
	p.s = p.s[1:]
	c, n := utf8.DecodeRuneInString(p.s)
	p.s = p.s[n:]
	switch {
	case n == 0:
		return 0, ErrSyntax
	case c >= '1' && c <= '7':
		if p.s == "" || p.s[0] < '0' || p.s[0] > '7' {
			return 0, ErrSyntax // a reference back
		}
		return p.octal(c - '0'), nil
	case c == '0':
		return p.octal(0), nil
	case c == 'x':
		return p.hex()
	case c < utf8.RuneSelf && (c == '_' || !word(c)):
		return c, nil
	}
	if i := strings.IndexRune("afnrtv", c); i >= 0 {
		return rune("\a\f\n\r\t\v"[i]), nil
	}
	return 0, ErrSyntax
}

func (p *parser) octal(r rune) rune {
	for i := 1; i < 3 && p.s != "" && p.s[0] >= '0' && p.s[0] <= '7'; i++ {
		r = r*8 + rune(p.s[0]-'0')
		p.s = p.s[1:]
	}
	return r
}

func (p *parser) hex() (rune, error) {
	var digits string
	if p.eat("{") {
		var ok bool
		if digits, p.s, ok = strings.Cut(p.s, "}"); !ok {
			return 0, ErrSyntax
		}
	} else if len(p.s) >= 2 {
		digits, p.s = p.s[:2], p.s[2:]
	}
	if digits == "" || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return 0, ErrSyntax
	}
	n, err := strconv.ParseUint(strings.TrimLeft(digits, "0"), 16, 32)
	if strings.Trim(digits, "0") == "" {
		return 0, nil
	}
	if err != nil || n > unicode.MaxRune {
		return 0, ErrSyntax
	}
	return rune(n), nil
}

// bracket parses […].
func (p *parser) bracket() (*set, error) {
	p.s = p.s[1:]
	s := &set{fold: p.flags.fold}
	s.not = p.eat("^")
	for first := true; ; first = false {
		switch {
		case p.s == "":
			return nil, ErrSyntax
		case p.s[0] == ']' && !first:
			p.s = p.s[1:]
			return s, nil
		}
		if strings.HasPrefix(p.s, "[:") {
			if name, rest, ok := strings.Cut(p.s[2:], ":]"); ok {
				name, not := strings.CutPrefix(name, "^")
				c := class{posix[name], not}
				if c.in == nil {
					return nil, ErrSyntax
				}
				s.classes, p.s = append(s.classes, c), rest
				continue
			}
		}
		if c, ok, err := p.class(); err != nil {
			return nil, err
		} else if ok {
			s.classes = append(s.classes, c)
			continue
		}
		low, err := p.member()
		if err != nil {
			return nil, err
		}
		high := low
		if len(p.s) >= 2 && p.s[0] == '-' && p.s[1] != ']' {
			p.s = p.s[1:]
			if high, err = p.member(); err != nil {
				return nil, err
			}
			if high < low {
				return nil, ErrSyntax
			}
		}
		s.ranges = append(s.ranges, low, high)
	}
}

func (p *parser) member() (rune, error) {
	if p.s == "" {
		return 0, ErrSyntax
	}
	if p.s[0] == '\\' {
		return p.escape()
	}
	r, n := utf8.DecodeRuneInString(p.s)
	p.s = p.s[n:]
	return r, nil
}
