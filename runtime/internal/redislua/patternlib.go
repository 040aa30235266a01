package redislua

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// from is the optional start of a search, counted from the end when negative.
func from(l args, arg, n int) int {
	at := l.integer(arg, 1)
	if at < 0 {
		at += n + 1
	}
	return min(max(at-1, 0), n)
}

func (s *State) stringFind(l args) int  { return s.search(l, true) }
func (s *State) stringMatch(l args) int { return s.search(l, false) }

func (s *State) search(l args, find bool) int {
	text, pattern := l.text(1), l.text(2)
	at := from(l, 3, len(text))
	m := s.newMatcher(text, pattern)
	if find && (lua.LVAsBool(l.Get(4)) || !strings.ContainsAny(m.pattern, "^$*+?.([%-")) {
		s.walk((len(text) - at) / 8)
		i := strings.Index(text[at:], pattern)
		if i < 0 {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LNumber(at + i + 1))
		l.Push(lua.LNumber(at + i + len(pattern)))
		return 2
	}
	first, anchored := 0, strings.HasPrefix(m.pattern, "^")
	if anchored {
		first = 1
	}
	for ; at <= len(text); at++ {
		if end := m.start(at, first); end >= 0 {
			if !find {
				return m.push(l.LState, true, at, end)
			}
			l.Push(lua.LNumber(at + 1))
			l.Push(lua.LNumber(end))
			return 2 + m.push(l.LState, false, at, end)
		}
		if anchored {
			break
		}
	}
	l.Push(lua.LNil)
	return 1
}

func (s *State) stringGmatch(l args) int {
	m, at := s.newMatcher(l.text(1), l.text(2)), 0
	l.Push(l.NewFunction(func(l *lua.LState) int {
		for ; at <= len(m.text); at++ {
			begin := at
			end := m.start(begin, 0)
			if end < 0 {
				continue
			}
			if at = end; end == begin {
				at++
			}
			return m.push(l, true, begin, end)
		}
		return 0
	}))
	return 1
}

func (s *State) stringGsub(l args) int {
	text, pattern := l.text(1), l.text(2)
	with := l.Get(3)
	switch with.Type() {
	case lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction:
	default:
		l.bad(3, "string/function/table expected")
	}
	most := l.integer(4, len(text)+1)
	m := s.newMatcher(text, pattern)
	first, anchored := 0, strings.HasPrefix(m.pattern, "^")
	if anchored {
		first = 1
	}
	var b strings.Builder
	n, at := 0, 0
	for n < most {
		end := m.start(at, first)
		if end >= 0 {
			n++
			piece := s.replacement(m, with, at, end)
			s.grow(len(piece))
			b.WriteString(piece)
		}
		switch {
		case end > at:
			at = end
		case at < len(text):
			b.WriteByte(text[at])
			at++
		default:
			anchored = true // the end
		}
		if anchored {
			break
		}
	}
	s.grow(b.Len() + len(text) - at)
	b.WriteString(text[at:])
	l.SetTop(0)
	l.Push(lua.LString(b.String()))
	l.Push(lua.LNumber(n))
	return 2
}

// replacement is what gsub puts in the place of a match.
func (s *State) replacement(m *matcher, with lua.LValue, at, end int) string {
	l := s.l
	var v lua.LValue
	switch with := with.(type) {
	case *lua.LTable:
		v = l.GetTable(with, m.capture(0, at, end))
	case *lua.LFunction:
		top := l.GetTop()
		l.Push(with)
		l.Call(m.push(l, true, at, end), 1)
		v = l.Get(-1)
		l.SetTop(top)
	default:
		pattern, _ := text(with)
		return s.expand(m, pattern, at, end)
	}
	if !lua.LVAsBool(v) {
		return m.text[at:end]
	}
	r, ok := text(v)
	if !ok {
		m.fail("invalid replacement value (a %s)", v.Type().String())
	}
	return r
}

// expand puts captures into a replacement string.
func (s *State) expand(m *matcher, with string, at, end int) string {
	if !strings.Contains(with, "%") {
		return with
	}
	var b strings.Builder
	for i := 0; i < len(with); i++ {
		if with[i] != '%' {
			b.WriteByte(with[i])
			continue
		}
		switch i++; {
		case i == len(with):
			b.WriteByte(0) // what C finds behind the string
		case !isDigit(with[i]):
			b.WriteByte(with[i])
		default:
			piece := m.text[at:end]
			if with[i] != '0' {
				piece, _ = text(m.capture(int(with[i]-'1'), at, end))
			}
			s.grow(len(piece))
			b.WriteString(piece)
		}
	}
	return b.String()
}

func (s *State) stringRep(l args) int {
	text, n := l.text(1), l.integer(2, 0)
	if n <= 0 || text == "" {
		l.Push(lua.LString(""))
		return 1
	}
	if int64(n) > s.meter.Bytes {
		n = int(s.meter.Bytes/int64(len(text))) + 1 // more than there is, and no overflow
	}
	s.grow(len(text) * n)
	l.Push(lua.LString(strings.Repeat(text, n)))
	return 1
}

// counted wraps a function that makes a string as long as its first argument.
func (s *State) counted(inner lua.LGFunction) func(args) int {
	return func(a args) int {
		text := a.text(1)
		s.grow(len(text))
		a.Replace(1, lua.LString(text))
		return inner(a.LState)
	}
}

// The table library's functions that move or compare elements without running
// instructions.

func (s *State) tableInsert(inner lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		s.grow(fieldBytes)
		if l.GetTop() > 2 {
			t := l.CheckTable(1)
			s.walk(max(t.Len()-l.CheckInt(2), 0) / 8)
		}
		return inner(l)
	}
}

func (s *State) tableRemove(inner lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		if l.GetTop() > 1 {
			t := l.CheckTable(1)
			s.walk(max(t.Len()-l.CheckInt(2), 0) / 8)
		}
		return inner(l)
	}
}

func (s *State) tableSort(inner lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		n := l.CheckTable(1).Len()
		steps := n
		for ; n > 1; n /= 2 {
			steps += l.CheckTable(1).Len()
		}
		s.walk(steps)
		return inner(l)
	}
}
