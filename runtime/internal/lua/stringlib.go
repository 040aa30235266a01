package lua

import "strings"

func (g *State) openString() {
	lib := g.NewTable(0, 15)
	g.Register(lib, []string{
		"byte", "char", "dump", "find", "format", "gfind", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper",
	}, map[string]func(*Thread) int{
		"byte": stringByte, "char": stringChar, "dump": stringDump, "find": stringFind, "format": stringFormat,
		"gfind": stringGmatch, "gmatch": stringGmatch, "gsub": stringGsub, "len": stringLen, "lower": stringLower, "match": stringMatch,
		"rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringUpper,
	})
	lib.SetText("gfind", lib.GetText("gmatch"))
	g.strings = g.NewTable(0, 1)
	g.strings.SetText("__index", lib.Value())
	g.Globals.SetText("string", lib.Value())
}

// StringMeta is the metatable of strings.
func (g *State) StringMeta() *Table { return g.strings }

// position counts from the end what is negative; before the first is 0.
func position(i int64, n int) int64 {
	if i < 0 {
		i += int64(n) + 1
	}
	return max(i, 0)
}

func stringLen(t *Thread) int {
	t.Push(Int(len(t.CheckText(1))))
	return 1
}

func stringSub(t *Thread) int {
	s := t.CheckText(1)
	from := max(position(t.CheckInteger(2), len(s)), 1)
	to := min(position(t.OptInteger(3, -1), len(s)), int64(len(s)))
	if from > to {
		t.Push(Text(""))
		return 1
	}
	t.PushText(s[from-1 : to])
	return 1
}

// mapped makes a string of the same length.
func (t *Thread) mapped(f func(out []byte)) int {
	s := t.CheckText(1)
	t.g.Walk(len(s) / 8)
	t.g.Grow(2 * len(s))
	out := []byte(s)
	f(out)
	t.PushText(string(out))
	return 1
}

func stringReverse(t *Thread) int {
	return t.mapped(func(b []byte) {
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	})
}

func stringLower(t *Thread) int {
	return t.mapped(func(b []byte) {
		for i, c := range b {
			if c >= 'A' && c <= 'Z' {
				b[i] = c + 'a' - 'A'
			}
		}
	})
}

func stringUpper(t *Thread) int {
	return t.mapped(func(b []byte) {
		for i, c := range b {
			if c >= 'a' && c <= 'z' {
				b[i] = c - 'a' + 'A'
			}
		}
	})
}

func stringRep(t *Thread) int {
	s, n := t.CheckText(1), t.CheckInt(2)
	if n <= 0 || s == "" {
		t.Push(Text(""))
		return 1
	}
	if int64(n) > t.g.Room()/int64(len(s)) {
		n = int(min(t.g.Room()/int64(len(s)), 1<<31)) + 1 // more than there is, and no overflow
	}
	t.g.Grow(len(s) * n)
	t.Push(Text(strings.Repeat(s, n)))
	return 1
}

func stringByte(t *Thread) int {
	s := t.CheckText(1)
	from := position(t.OptInteger(2, 1), len(s))
	to := position(t.OptInteger(3, from), len(s))
	from, to = max(from, 1), min(to, int64(len(s)))
	if from > to {
		return 0
	}
	n := int(to - from + 1)
	if !t.Room(n) {
		t.Errorf("stack overflow (string slice too long)")
	}
	t.g.Walk(n / 4)
	for _, c := range []byte(s[from-1 : to]) {
		t.Push(Int(int(c)))
	}
	return n
}

func stringChar(t *Thread) int {
	out := make([]byte, t.Args())
	for i := range out {
		n := t.CheckInt(i + 1)
		if n != int(byte(n)) {
			t.BadArg(i+1, "invalid value")
		}
		out[i] = byte(n)
	}
	t.PushText(string(out))
	return 1
}

// stringDump has nothing to give: the code of this machine is its own.
func stringDump(t *Thread) int {
	t.CheckFunction(1)
	t.Errorf("unable to dump given function")
	return 0
}

func stringFind(t *Thread) int  { return t.search(true) }
func stringMatch(t *Thread) int { return t.search(false) }

func (t *Thread) search(find bool) int {
	text, pattern := t.CheckText(1), t.CheckText(2)
	at := int(min(max(position(t.OptInteger(3, 1), len(text))-1, 0), int64(len(text))))
	m := t.newMatcher(text, pattern)
	if find && (t.Arg(4).Truth() || !strings.ContainsAny(m.pattern, "^$*+?.([%-")) {
		t.g.Walk((len(text) - at) / 8)
		i := strings.Index(text[at:], pattern)
		if i < 0 {
			t.Push(Nil)
			return 1
		}
		t.Push(Int(at + i + 1))
		t.Push(Int(at + i + len(pattern)))
		return 2
	}
	first := b2i(strings.HasPrefix(m.pattern, "^"))
	for ; at <= len(text); at++ {
		if end := m.start(at, first); end >= 0 {
			if !find {
				return m.push(t, true, at, end)
			}
			t.Push(Int(at + 1))
			t.Push(Int(end))
			return 2 + m.push(t, false, at, end)
		}
		if first > 0 {
			break
		}
	}
	t.Push(Nil)
	return 1
}

func stringGmatch(t *Thread) int {
	text, pattern, at := t.CheckText(1), t.CheckText(2), 0
	t.Push(t.g.Func(func(t *Thread) int {
		m := t.newMatcher(text, pattern)
		for ; at <= len(text); at++ {
			begin := at
			end := m.start(begin, 0)
			if end < 0 {
				continue
			}
			if at = end; end == begin {
				at++
			}
			return m.push(t, true, begin, end)
		}
		return 0
	}).Value())
	return 1
}

func stringGsub(t *Thread) int {
	text, pattern := t.CheckText(1), t.CheckText(2)
	with := t.Arg(3)
	most := t.OptInt(4, len(text)+1)
	switch with.o.(type) {
	case *String, isNumber, *Table, *Function:
	default:
		t.BadArg(3, "string/function/table expected")
	}
	m := t.newMatcher(text, pattern)
	first := b2i(strings.HasPrefix(m.pattern, "^"))
	var b strings.Builder
	n, at := 0, 0
	for n < most {
		end := m.start(at, first)
		if end >= 0 {
			n++
			piece := t.replacement(m, with, at, end)
			t.g.Grow(len(piece))
			b.WriteString(piece)
		}
		if end > at {
			at = end
		} else if at < len(text) {
			b.WriteByte(text[at])
			at++
		} else {
			break
		}
		if first > 0 {
			break
		}
	}
	t.g.Grow(b.Len() + len(text) - at)
	b.WriteString(text[at:])
	t.PushText(b.String())
	t.Push(Int(n))
	return 2
}

// replacement is what gsub puts in the place of a match.
func (t *Thread) replacement(m *matcher, with Value, at, end int) string {
	var v Value
	switch o := with.o.(type) {
	case *Table:
		v = t.Index(with, m.capture(0, at, end))
	case *Function:
		top := t.top
		t.Push(o.Value())
		t.Call(m.push(t, true, at, end), 1)
		v = t.stack[top]
		t.top = top
	default:
		pattern, _ := with.ToString()
		return t.expand(m, pattern, at, end)
	}
	if !v.Truth() {
		return m.text[at:end]
	}
	r, ok := v.ToString()
	if !ok {
		m.fail("invalid replacement value (a %s)", v.Type())
	}
	return r
}

// expand puts captures into a replacement string.
func (t *Thread) expand(m *matcher, with string, at, end int) string {
	t.g.Walk(len(with) / 8)
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
				piece, _ = m.capture(int(with[i]-'1'), at, end).ToString()
			}
			t.g.Grow(len(piece))
			b.WriteString(piece)
		}
	}
	return b.String()
}
