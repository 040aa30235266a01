package lua

import "strings"

const (
	maxCaptures  = 32
	maxPattern   = 1000 // items of a pattern that can be open at a time
	captureOpen  = -1
	captureIndex = -2 // "()", which captures a position
)

// A matcher matches Lua 5.1's patterns. It counts each character it looks at
// in the script's budget: a pattern can take exponential time.
type matcher struct {
	text, pattern string
	t             *Thread
	depth         int
	level         int
	captures      [maxCaptures]struct{ at, len int }
}

// newMatcher takes a pattern up to its first NUL, which ends it in Lua 5.1.
func (t *Thread) newMatcher(text, pattern string) *matcher {
	if i := strings.IndexByte(pattern, 0); i >= 0 {
		pattern = pattern[:i]
	}
	return &matcher{text: text, pattern: pattern, t: t}
}

func (m *matcher) fail(format string, args ...any) { m.t.Errorf(format, args...) }

// p is a byte of the pattern, 0 behind its end.
func (m *matcher) p(i int) byte {
	if i < len(m.pattern) {
		return m.pattern[i]
	}
	return 0
}

// start matches from a position with no captures and returns the end of the
// match, -1 when there is none.
func (m *matcher) start(at, pattern int) int {
	m.level, m.depth = 0, 0
	return m.match(at, pattern)
}

func (m *matcher) match(at, p int) int {
	if m.depth++; m.depth > maxPattern {
		m.fail("pattern too complex")
	}
	at = m.items(at, p)
	m.depth--
	return at
}

// items matches one item of the pattern after the other.
func (m *matcher) items(at, p int) int {
	for p < len(m.pattern) {
		m.t.g.Walk(1)
		switch c := m.pattern[p]; {
		case c == '(' && m.p(p+1) == ')':
			return m.open(at, p+2, captureIndex)
		case c == '(':
			return m.open(at, p+1, captureOpen)
		case c == ')':
			return m.close(at, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if at == len(m.text) {
				return at
			}
			return -1
		case c == '%' && m.p(p+1) == 'b':
			if at = m.balance(at, p+2); at < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && m.p(p+1) == 'f':
			p += 2
			if m.p(p) != '[' {
				m.fail("missing '[' after '%%f' in pattern")
			}
			end := m.classEnd(p)
			before, here := byte(0), byte(0)
			if at > 0 {
				before = m.text[at-1]
			}
			if at < len(m.text) {
				here = m.text[at]
			}
			if m.inSet(before, p, end-1) || !m.inSet(here, p, end-1) {
				return -1
			}
			p = end
			continue
		case c == '%' && m.p(p+1) >= '0' && m.p(p+1) <= '9':
			if at = m.repeat(at, m.p(p+1)); at < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.classEnd(p)
		switch m.p(end) {
		case '?':
			if m.one(at, p, end) {
				if r := m.match(at+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
		case '*':
			return m.longest(at, p, end)
		case '+':
			if !m.one(at, p, end) {
				return -1
			}
			return m.longest(at+1, p, end)
		case '-':
			return m.shortest(at, p, end)
		default:
			if !m.one(at, p, end) {
				return -1
			}
			at, p = at+1, end
		}
	}
	return at
}

// longest matches an item as often as it can, then the rest of the pattern.
func (m *matcher) longest(at, p, end int) int {
	n := 0
	for m.one(at+n, p, end) {
		n++
	}
	for ; n >= 0; n-- {
		if r := m.match(at+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

// shortest matches an item as seldom as it can, then the rest of the pattern.
func (m *matcher) shortest(at, p, end int) int {
	for {
		if r := m.match(at, end+1); r >= 0 {
			return r
		}
		if !m.one(at, p, end) {
			return -1
		}
		at++
	}
}

func (m *matcher) open(at, p, kind int) int {
	if m.level >= maxCaptures {
		m.fail("too many captures")
	}
	m.captures[m.level].at, m.captures[m.level].len = at, kind
	m.level++
	r := m.match(at, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) close(at, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].len != captureOpen {
		i--
	}
	if i < 0 {
		m.fail("invalid pattern capture")
	}
	m.captures[i].len = at - m.captures[i].at
	r := m.match(at, p)
	if r < 0 {
		m.captures[i].len = captureOpen
	}
	return r
}

// repeat matches what a capture matched, for %1 to %9.
func (m *matcher) repeat(at int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].len == captureOpen {
		m.fail("invalid capture index")
	}
	c := m.captures[i]
	if c.len < 0 { // a position is as long as nothing is
		return -1
	}
	m.t.g.Walk(c.len)
	if !strings.HasPrefix(m.text[at:], m.text[c.at:c.at+c.len]) {
		return -1
	}
	return at + c.len
}

// balance matches %bxy.
func (m *matcher) balance(at, p int) int {
	if m.p(p) == 0 || m.p(p+1) == 0 {
		m.fail("unbalanced pattern")
	}
	open, shut := m.p(p), m.p(p+1)
	if at >= len(m.text) || m.text[at] != open {
		return -1
	}
	nested := 1
	for at++; at < len(m.text); at++ {
		m.t.g.Walk(1)
		switch m.text[at] {
		case shut:
			if nested--; nested == 0 {
				return at + 1
			}
		case open:
			nested++
		}
	}
	return -1
}

// classEnd is the index behind the single-character item at p.
func (m *matcher) classEnd(p int) int {
	c := m.p(p)
	p++
	switch c {
	case '%':
		if p >= len(m.pattern) {
			m.fail("malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if m.p(p) == '^' {
			p++
		}
		for first := true; first || m.p(p) != ']'; first = false {
			if p >= len(m.pattern) {
				m.fail("malformed pattern (missing ']')")
			}
			if m.pattern[p] == '%' && p+1 < len(m.pattern) {
				p++
			}
			p++
		}
		return p + 1
	}
	return p
}

// one reports whether the item from p to end matches the character at a place.
func (m *matcher) one(at, p, end int) bool {
	m.t.g.Walk(1)
	if at >= len(m.text) {
		return false
	}
	switch c := m.text[at]; m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	default:
		return m.pattern[p] == c
	}
}

// inSet reports whether a character is in the set from the [ at p to the ] at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	found := true
	if p++; m.p(p) == '^' {
		found = false
		p++
	}
	for ; p < end; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.p(p)) {
				return found
			}
		case m.p(p+1) == '-' && p+2 < end:
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return found
			}
			p += 2
		case m.pattern[p] == c:
			return found
		}
	}
	return !found
}

// inClass reports whether a character is in the class that a letter names; what
// is no such letter stands for itself.
func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > ' ' && c < 127 && !isLetter(c) && !isDigit(c)
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isLetter(class) {
		return class == c
	}
	return in == (class >= 'a')
}

// capture is what one capture holds; the whole match when there are none.
func (m *matcher) capture(i, from, to int) Value {
	if i >= m.level {
		if i != 0 {
			m.fail("invalid capture index")
		}
		m.t.g.Grow(stringBytes + to - from)
		return Text(m.text[from:to])
	}
	switch c := m.captures[i]; c.len {
	case captureOpen:
		m.fail("unfinished capture")
		return Nil
	case captureIndex:
		return Int(c.at + 1)
	default:
		m.t.g.Grow(stringBytes + c.len)
		return Text(m.text[c.at : c.at+c.len])
	}
}

// push pushes every capture, or the whole match when there are none and whole
// asks for it, and returns how many values that are.
func (m *matcher) push(t *Thread, whole bool, from, to int) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for i := 0; i < n; i++ {
		t.Push(m.capture(i, from, to))
	}
	return n
}
