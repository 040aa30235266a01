package plan

import (
	"fmt"
	"strings"
)

// A glob is a parsed pattern: one token for each byte of a key, or for a run of
// any bytes.
type glob []tok

type tok struct {
	kind tokenKind
	b    byte
}

type tokenKind uint8

const (
	literal tokenKind = iota
	anyByte           // ?
	anyRun            // *
)

// parseGlob reads a pattern: '*' is any run of bytes, '?' any one byte, and a
// backslash takes the next byte literally. Redis's character classes are
// refused, because no store but the engine could follow a key through one.
func parseGlob(pattern string) (glob, error) {
	if pattern == "" {
		return nil, fmt.Errorf("pattern is empty")
	}
	var g glob
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			if len(g) > 0 && g[len(g)-1].kind == anyRun {
				continue // "**" is "*"
			}
			g = append(g, tok{kind: anyRun})
		case '?':
			g = append(g, tok{kind: anyByte})
		case '[':
			return nil, fmt.Errorf("pattern %q has a character class at byte %d: write \\[ for a bracket that stands in the key", pattern, i+1)
		case '\\':
			if i+1 == len(pattern) {
				return nil, fmt.Errorf("pattern %q ends in a backslash that escapes nothing", pattern)
			}
			i++
			g = append(g, tok{b: pattern[i]})
		default:
			g = append(g, tok{b: c})
		}
	}
	return g, nil
}

// literals counts the bytes that every key of the pattern has: the measure by
// which one pattern wins over another.
func (g glob) literals() int {
	n := 0
	for _, t := range g {
		if t.kind == literal {
			n++
		}
	}
	return n
}

// constant tells whether the pattern is a single key.
func (g glob) constant() bool { return g.literals() == len(g) }

// contains tells whether every key of other is a key of g. Holes of other
// are treated as bytes that only a hole of g matches, which is exact as long as
// some byte stands in no pattern.
func (g glob) contains(other glob) bool {
	return meets(g, other, func(a, b tok) bool {
		switch a.kind {
		case literal:
			return b == a
		case anyByte:
			return b.kind != anyRun
		}
		return false
	}, nil, false)
}

// overlaps tells whether some key belongs to both.
func (g glob) overlaps(other glob) bool {
	return meets(g, other, either, nil, true)
}

// overlapsPlainly tells whether some key belongs to both whose variable parts have
// none of the bytes that separate the parts: "queue:{*}:active" and "queue:{*}:t:*"
// share keys only when an id has a colon or a brace in it, which those who join parts
// by colons and braces avoid.
func (g glob) overlapsPlainly(other glob) bool {
	return meets(g, other, either, func(t tok) bool {
		return t.kind != literal || !separates(t.b)
	}, true)
}

func either(a, b tok) bool { return a.kind == anyByte || b.kind == anyByte || a == b }

// separates tells whether a byte of a pattern stands between its parts.
func separates(c byte) bool { return !isWord(c) && c != '-' && c != '_' && c != '.' }

// match tells whether key belongs to g.
func (g glob) match(key string) bool {
	k := make(glob, len(key))
	for i := range len(key) {
		k[i] = tok{b: key[i]}
	}
	return g.contains(k)
}

// meets walks both patterns at once. A run in a swallows tokens of b, those that in
// allows where it is given; where both is set, a run in b swallows tokens of a too.
func meets(a, b glob, one func(a, b tok) bool, in func(tok) bool, both bool) bool {
	if in == nil {
		in = func(tok) bool { return true }
	}
	// row[j] answers for a[i:] and b[j:].
	next := make([]bool, len(b)+1)
	row := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			aEnd, bEnd := i == len(a), j == len(b)
			switch {
			case aEnd && bEnd:
				row[j] = true
			case !aEnd && a[i].kind == anyRun:
				row[j] = next[j] || !bEnd && in(b[j]) && row[j+1]
			case both && !bEnd && b[j].kind == anyRun:
				row[j] = row[j+1] || !aEnd && in(a[i]) && next[j]
			case aEnd || bEnd:
				row[j] = false
			default:
				row[j] = one(a[i], b[j]) && next[j+1]
			}
		}
		next, row = row, next
	}
	return next[0]
}

// words are the letters and digits of the pattern, in the pieces that other
// bytes and holes cut them to.
func (g glob) words() []string {
	var words []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	for _, t := range g {
		if t.kind == literal && isWord(t.b) {
			b.WriteByte(t.b)
			continue
		}
		end()
	}
	end()
	return words
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// swallows tells whether narrow differs from the wider g only by letters or
// digits beside one of g's holes, so that a value in that hole can turn a key
// of g into one of narrow: "*:*" and "*:*m".
func (g glob) swallows(narrow glob) bool {
	if narrow.constant() || !g.contains(narrow) {
		return false
	}
	extra := narrow.literals() - g.literals()
	if extra <= 0 || len(narrow) != len(g)+extra {
		return false
	}
	// The tokens that narrow has beyond g stand in one run, beside a hole.
	i := 0
	for i < len(g) && g[i] == narrow[i] {
		i++
	}
	for k := i; k < i+extra; k++ {
		if narrow[k].kind != literal || !isWord(narrow[k].b) {
			return false
		}
	}
	if !sameTokens(g[i:], narrow[i+extra:]) {
		return false
	}
	before := i > 0 && g[i-1].kind == anyRun
	after := i < len(g) && g[i].kind == anyRun
	return before || after
}

// exampled tells whether other is g with a word in the place of one or more holes,
// each of which stands between bytes that are no letters and digits, or at an end:
// what a hole holds is then told from what stands beside it.
func (g glob) exampled(other glob) bool {
	if len(g.words()) == 0 {
		return false
	}
	var fits func(i, j int, filled bool) bool
	fits = func(i, j int, filled bool) bool {
		switch {
		case i == len(g):
			return filled && j == len(other)
		case j < len(other) && g[i] == other[j] && fits(i+1, j+1, filled):
			return true
		case g[i].kind != anyRun || i > 0 && isWord(g[i-1].b) || i+1 < len(g) && isWord(g[i+1].b):
			return false
		}
		n := j
		for n < len(other) && other[n].kind == literal && (isWord(other[n].b) || strings.IndexByte("-_.", other[n].b) >= 0) {
			n++
			if fits(i+1, n, true) {
				return true
			}
		}
		return false
	}
	return fits(0, 0, false)
}

func sameTokens(a, b glob) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// parseSeen reads a pattern that the analyzer made, where a bracket is a byte
// of the key.
func parseSeen(pattern string) (glob, error) {
	g, err := parseGlob(pattern)
	if err == nil {
		return g, nil
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '[', c == '\\' && i+1 == len(pattern):
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\\':
			b.WriteString(pattern[i : i+2])
			i++
		default:
			b.WriteByte(c)
		}
	}
	return parseGlob(b.String())
}

// String is the pattern in its shortest form.
func (g glob) String() string {
	var b strings.Builder
	for _, t := range g {
		switch t.kind {
		case anyRun:
			b.WriteByte('*')
		case anyByte:
			b.WriteByte('?')
		default:
			if strings.IndexByte(`*?[\`, t.b) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(t.b)
		}
	}
	return b.String()
}
