package lua

import "strings"

func (g *State) openBase() {
	g.Globals.SetText("_G", g.Globals.Value())
	g.Globals.SetText("_VERSION", Text("Lua 5.1"))
	g.Register(g.Globals, []string{
		"assert", "collectgarbage", "error", "gcinfo", "getmetatable", "loadstring", "load", "next", "pcall", "rawequal",
		"rawget", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall",
	}, map[string]func(*Thread) int{
		"assert": baseAssert, "collectgarbage": baseCollect, "error": baseError, "gcinfo": baseGCInfo,
		"getmetatable": baseGetMetatable, "loadstring": baseLoadString, "load": baseLoad, "next": baseNext, "pcall": basePCall,
		"rawequal": baseRawEqual, "rawget": baseRawGet, "rawset": baseRawSet, "select": baseSelect,
		"setmetatable": baseSetMetatable, "tonumber": baseToNumber, "tostring": baseToString, "type": baseType,
		"unpack": baseUnpack, "xpcall": baseXPCall,
	})
	next := g.Globals.GetText("next")
	step := g.Func(ipairsStep).Value()
	g.Register(g.Globals, []string{"ipairs", "pairs"}, map[string]func(*Thread) int{
		"pairs": func(t *Thread) int {
			tab := t.CheckTable(1)
			t.Push(next)
			t.Push(tab.Value())
			t.Push(Nil)
			return 3
		},
		"ipairs": func(t *Thread) int {
			tab := t.CheckTable(1)
			t.Push(step)
			t.Push(tab.Value())
			t.Push(Number(0))
			return 3
		},
	})
}

func ipairsStep(t *Thread) int {
	tab, i := t.CheckTable(1), t.CheckInt(2)+1
	t.Push(Int(i))
	v := tab.GetInt(i)
	if v.o == nil {
		return 0
	}
	t.Push(v)
	return 2
}

func baseAssert(t *Thread) int {
	if !t.CheckAny(1).Truth() {
		msg, _, _ := strings.Cut(t.OptText(2, "assertion failed!"), "\x00") // as C sees it
		t.Errorf("%s", msg)
	}
	return t.Args()
}

// heapKilobytes is what programs are told that they use.
const heapKilobytes = 64

func baseGCInfo(t *Thread) int {
	t.Push(Int(heapKilobytes))
	return 1
}

func baseCollect(t *Thread) int {
	switch opt := t.OptText(1, "collect"); opt {
	case "stop", "restart", "collect", "setpause", "setstepmul":
		t.OptInt(2, 0)
		n := map[string]int{"setpause": 200, "setstepmul": 200}[opt]
		t.Push(Int(n))
	case "count":
		t.Push(Int(heapKilobytes))
	case "step":
		t.Push(True)
	default:
		t.BadArg(1, "invalid option '%s'", opt)
	}
	return 1
}

func baseError(t *Thread) int {
	level := t.OptInt(2, 1)
	v := t.Arg(1)
	if s, ok := v.ToString(); ok && level > 0 {
		s = t.Where(level) + s
		t.g.Grow(stringBytes + len(s))
		v = Text(s)
	}
	t.Throw(v)
	return 0
}

// meta is a value's metatable.
func (t *Thread) meta(v Value) *Table {
	switch o := v.o.(type) {
	case *Table:
		return o.meta
	case *String:
		return t.g.strings
	}
	return nil
}

func baseGetMetatable(t *Thread) int {
	meta := t.meta(t.CheckAny(1))
	if meta == nil {
		t.Push(Nil)
	} else if v := meta.getString(t.g.events[eventMeta]); v.o != nil {
		t.Push(v)
	} else {
		t.Push(meta.Value())
	}
	return 1
}

func baseSetMetatable(t *Thread) int {
	tab := t.CheckTable(1)
	v := t.Arg(2)
	meta, ok := v.o.(*Table)
	if !ok && (v.o != nil || t.Args() < 2) {
		t.BadArg(2, "nil or table expected")
	}
	if tab.meta != nil && tab.meta.getString(t.g.events[eventMeta]).o != nil {
		t.Errorf("cannot change a protected metatable")
	}
	if tab.readonly {
		t.RuntimeError("Attempt to modify a readonly table")
	}
	tab.meta = meta
	t.SetArgs(1)
	return 1
}

func (t *Thread) load(text, source string) int {
	p, err := compile(text, source, &t.g.meter, t.goCalls+1)
	if err != nil {
		t.Push(Nil)
		t.PushText(err.Error())
		return 2
	}
	t.g.Grow(closureBytes)
	t.Push(t.g.Load(p).Value())
	return 1
}

func baseLoadString(t *Thread) int {
	text := t.CheckText(1)
	return t.load(text, t.OptText(2, text))
}

func baseLoad(t *Thread) int {
	fn := t.CheckFunction(1)
	source := t.OptText(2, "=(load)")
	var b strings.Builder
	msg := Nil
	failed := t.protect(t.handler, func() {
		for {
			t.Push(fn.Value())
			t.Call(0, 1)
			v := t.Pop()
			piece, ok := v.ToString()
			if v.o != nil && !ok {
				t.Errorf("reader function must return a string")
			}
			if piece == "" {
				return
			}
			t.g.Grow(len(piece))
			b.WriteString(piece)
		}
	})
	if failed != nil {
		msg = failed.v
		t.Push(Nil)
		t.Push(msg)
		return 2
	}
	return t.load(b.String(), source)
}

func baseNext(t *Thread) int {
	tab := t.CheckTable(1)
	k, v, ok := tab.Next(t.Arg(2))
	if !ok {
		t.RuntimeError("invalid key to 'next'")
	}
	t.Push(k)
	if k.o == nil {
		return 1
	}
	t.Push(v)
	return 2
}

func basePCall(t *Thread) int {
	t.CheckAny(1)
	at, n := t.frame.base, t.Args()-1
	if err := t.protect(Nil, func() { t.Call(n, -1) }); err != nil {
		t.top = at
		t.Push(False)
		t.Push(err.v)
		return 2
	}
	n = t.top - at
	t.Push(Nil)
	copy(t.stack[at+1:at+1+n], t.stack[at:at+n])
	t.stack[at] = True
	return n + 1
}

func baseXPCall(t *Thread) int {
	t.CheckAny(2)
	t.SetArgs(2)
	at := t.frame.base
	fn, handler := t.stack[at], t.stack[at+1]
	t.top = at + 1
	t.stack[at] = True
	t.Push(fn)
	if err := t.protect(handler, func() { t.Call(0, -1) }); err != nil {
		t.top = at
		t.Push(False)
		t.Push(err.v)
		return 2
	}
	return t.top - at
}

func baseRawEqual(t *Thread) int {
	t.CheckAny(1)
	t.CheckAny(2)
	t.Push(Bool(t.Arg(1).Equal(t.Arg(2))))
	return 1
}

func baseRawGet(t *Thread) int {
	tab := t.CheckTable(1)
	t.Push(tab.Get(t.CheckAny(2)))
	return 1
}

func baseRawSet(t *Thread) int {
	tab := t.CheckTable(1)
	t.CheckAny(2)
	t.CheckAny(3)
	t.set(tab, t.Arg(2), t.Arg(3))
	t.SetArgs(1)
	return 1
}

func baseSelect(t *Thread) int {
	n := t.Args()
	if s, ok := t.Arg(1).o.(*String); ok && strings.HasPrefix(s.s, "#") {
		t.Push(Int(n - 1))
		return 1
	}
	i := t.CheckInt(1)
	if i < 0 {
		i += n
	} else if i > n {
		i = n
	}
	if i < 1 {
		t.BadArg(1, "index out of range")
	}
	return n - i
}

func baseToNumber(t *Thread) int {
	v := Nil
	if base := t.OptInt(2, 10); base == 10 {
		if f, ok := t.toNumber(t.CheckAny(1)); ok {
			v = Number(f)
		}
	} else {
		s := t.CheckText(1)
		if base < 2 || base > 36 {
			t.BadArg(2, "base out of range")
		}
		t.g.Walk(len(s) / 2)
		if f, ok := parseUnsigned(s, base); ok {
			v = Number(f)
		}
	}
	t.Push(v)
	return 1
}

// ToStringMeta is what tostring gives for a value.
func (t *Thread) ToStringMeta(v Value) Value {
	if fn := t.metaOf(v, eventToString); fn.o != nil {
		at := t.top
		t.Push(fn)
		t.Push(v)
		t.call(at, 1)
		t.top = at
		return t.stack[at]
	}
	switch o := v.o.(type) {
	case nil:
		return Text("nil")
	case bool:
		if o {
			return Text("true")
		}
		return Text("false")
	case isNumber:
		t.g.Grow(stringBytes)
		return Text(FormatNumber(v.n))
	case *String:
		return v
	}
	t.g.Grow(stringBytes)
	return Text(v.Type() + ": " + address(v))
}

func baseToString(t *Thread) int {
	t.Push(t.ToStringMeta(t.CheckAny(1)))
	return 1
}

func baseType(t *Thread) int {
	t.Push(Text(t.CheckAny(1).Type()))
	return 1
}

func baseUnpack(t *Thread) int {
	tab := t.CheckTable(1)
	i := t.OptInt(2, 1)
	var last int
	if t.Arg(3).o == nil {
		last = tab.Len()
	} else {
		last = t.CheckInt(3)
	}
	if i > last {
		return 0
	}
	n := last - i + 1
	if n >= 1<<31 || !t.Room(n) {
		t.Errorf("too many results to unpack")
	}
	t.g.Walk(n / 4)
	for ; i <= last; i++ {
		t.Push(tab.GetInt(i))
	}
	return n
}
