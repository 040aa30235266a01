package lua

import "strings"

func (g *State) openTable() {
	lib := g.NewTable(0, 16)
	g.Register(lib, []string{"concat", "foreach", "foreachi", "getn", "maxn", "insert", "remove", "setn", "sort"}, map[string]func(*Thread) int{
		"concat": tableConcat, "foreach": tableForEach, "foreachi": tableForEachI, "getn": tableGetN, "maxn": tableMaxN,
		"insert": tableInsert, "remove": tableRemove, "setn": tableSetN, "sort": tableSort,
	})
	g.Globals.SetText("table", lib.Value())
}

func tableGetN(t *Thread) int {
	t.Push(Int(t.CheckTable(1).Len()))
	return 1
}

func tableSetN(t *Thread) int {
	t.CheckTable(1)
	t.Errorf("'setn' is obsolete")
	return 0
}

func tableMaxN(t *Thread) int {
	most := 0.0
	n := 0
	t.CheckTable(1).Each(func(k, _ Value) bool {
		if f, ok := k.AsNumber(); ok && f > most {
			most = f
		}
		n++
		return true
	})
	t.g.Walk(n)
	t.Push(Number(most))
	return 1
}

func tableForEachI(t *Thread) int {
	tab := t.CheckTable(1)
	n := tab.Len()
	fn := t.CheckFunction(2)
	for i := 1; i <= n; i++ {
		t.Push(fn.Value())
		t.Push(Int(i))
		t.Push(tab.GetInt(i))
		t.Call(2, 1)
		if t.stack[t.top-1].o != nil {
			return 1
		}
		t.Pop()
	}
	return 0
}

func tableForEach(t *Thread) int {
	tab := t.CheckTable(1)
	fn := t.CheckFunction(2)
	for k := Nil; ; {
		var v Value
		var ok bool
		k, v, ok = tab.Next(k)
		if !ok {
			t.RuntimeError("invalid key to 'next'")
		}
		if k.o == nil {
			return 0
		}
		t.Push(fn.Value())
		t.Push(k)
		t.Push(v)
		t.Call(2, 1)
		if t.stack[t.top-1].o != nil {
			return 1
		}
		t.Pop()
	}
}

func tableInsert(t *Thread) int {
	tab := t.CheckTable(1)
	e := tab.Len() + 1
	var at int
	switch t.Args() {
	case 2:
		at = e
	case 3:
		at = t.CheckInt(2)
		if at > e {
			e = at
		}
		for i := e; i > at; i-- {
			t.g.Walk(1)
			t.set(tab, Int(i), tab.GetInt(i-1))
		}
	default:
		t.Errorf("wrong number of arguments to 'insert'")
	}
	t.set(tab, Int(at), t.stack[t.top-1])
	return 0
}

func tableRemove(t *Thread) int {
	tab := t.CheckTable(1)
	e := tab.Len()
	at := t.OptInt(2, e)
	if at < 1 || at > e {
		return 0
	}
	t.Push(tab.GetInt(at))
	for ; at < e; at++ {
		t.g.Walk(1)
		t.set(tab, Int(at), tab.GetInt(at+1))
	}
	t.set(tab, Int(e), Nil)
	return 1
}

func tableConcat(t *Thread) int {
	sep := t.OptText(2, "")
	tab := t.CheckTable(1)
	i := t.OptInt(3, 1)
	var last int
	if t.Arg(4).o == nil {
		last = tab.Len()
	} else {
		last = t.CheckInt(4)
	}
	var b strings.Builder
	for ; i <= last; i++ {
		v := tab.GetInt(i)
		s, ok := v.ToString()
		if !ok {
			t.Errorf("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i == last {
			sep = ""
		}
		t.g.Walk(1)
		t.g.Grow(len(s) + len(sep))
		b.WriteString(s)
		b.WriteString(sep)
	}
	t.PushText(b.String())
	return 1
}

// A sorter sorts as Lua 5.1 does, step by step: what a comparison sees and where
// equal elements end up is the same.
type sorter struct {
	t    *Thread
	tab  *Table
	less Value
}

func tableSort(t *Thread) int {
	tab := t.CheckTable(1)
	n := tab.Len()
	s := sorter{t: t, tab: tab}
	if t.Args() > 1 && t.Arg(2).o != nil {
		s.less = t.CheckFunction(2).Value()
	}
	t.SetArgs(2)
	s.sort(1, n)
	return 0
}

func (s *sorter) before(a, b Value) bool {
	t := s.t
	t.g.Walk(3)
	if s.less.o == nil {
		return t.less(a, b)
	}
	at := t.top
	t.Push(s.less)
	t.Push(a)
	t.Push(b)
	t.call(at, 1)
	t.top = at
	return t.stack[at].Truth()
}

func (s *sorter) set(i int, v Value) { s.t.set(s.tab, Int(i), v) }

func (s *sorter) sort(l, u int) {
	tab := s.tab
	for l < u {
		a, b := tab.GetInt(l), tab.GetInt(u)
		if s.before(b, a) {
			s.set(l, b)
			s.set(u, a)
		}
		if u-l == 1 {
			break
		}
		i := (l + u) / 2
		a, b = tab.GetInt(i), tab.GetInt(l)
		if s.before(a, b) {
			s.set(i, b)
			s.set(l, a)
		} else if b = tab.GetInt(u); s.before(b, a) {
			s.set(i, b)
			s.set(u, a)
		}
		if u-l == 2 {
			break
		}
		pivot := tab.GetInt(i)
		b = tab.GetInt(u - 1)
		s.set(i, b)
		s.set(u-1, pivot)
		i = s.partition(l, u, pivot)
		a, b = tab.GetInt(u-1), tab.GetInt(i)
		s.set(u-1, b)
		s.set(i, a)
		var j int
		if i-l < u-i {
			j, i, l = l, i-1, i+1
		} else {
			j, i, u = i+1, u, i-1
		}
		s.sort(j, i)
	}
}

// partition puts what is smaller than the pivot on the left and returns where
// the right side begins.
func (s *sorter) partition(l, u int, pivot Value) int {
	i, j := l, u-1
	for {
		i++
		a := s.tab.GetInt(i)
		for ; s.before(a, pivot); a = s.tab.GetInt(i) {
			if i > u {
				s.t.Errorf("invalid order function for sorting")
			}
			i++
		}
		j--
		b := s.tab.GetInt(j)
		for ; s.before(pivot, b); b = s.tab.GetInt(j) {
			if j < l {
				s.t.Errorf("invalid order function for sorting")
			}
			j--
		}
		if j < i {
			return i
		}
		s.set(i, b)
		s.set(j, a)
	}
}
