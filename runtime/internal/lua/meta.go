package lua

import (
	"math"
	"strings"
)

// noRole is for a table that no message names.
const noRole = role(255)

// maxLoop is how many __index or __newindex in a row Lua follows.
const maxLoop = 100

// metaOf is a value's metamethod, nil when it has none.
func (t *Thread) metaOf(v Value, e event) Value {
	var meta *Table
	switch o := v.o.(type) {
	case *Table:
		meta = o.meta
	case *String:
		meta = t.g.strings
	}
	if meta == nil {
		return Nil
	}
	return meta.getString(t.g.events[e])
}

// index is v[k].
func (t *Thread) index(v, k Value, as role) Value {
	for i := 0; i < maxLoop; i++ {
		var meta Value
		if tab, ok := v.o.(*Table); ok {
			if r := tab.Get(k); r.o != nil || tab.meta == nil {
				return r
			}
			if meta = tab.meta.getString(t.g.events[eventIndex]); meta.o == nil {
				return Nil
			}
		} else if meta = t.metaOf(v, eventIndex); meta.o == nil {
			t.typeError(v, "index", t.nameAtFirst(as, i))
		}
		if fn, ok := meta.o.(*Function); ok {
			return t.callMeta(fn, v, k)
		}
		v = meta
		t.g.Walk(1)
	}
	t.RuntimeError("loop in gettable")
	return Nil
}

// Index is v[k] with metamethods.
func (t *Thread) Index(v, k Value) Value { return t.index(v, k, noRole) }

// setIndex is v[k] = val.
func (t *Thread) setIndex(v, k, val Value, as role) {
	for i := 0; i < maxLoop; i++ {
		var meta Value
		if tab, ok := v.o.(*Table); ok {
			if tab.meta == nil {
				t.set(tab, k, val)
				return
			}
			if tab.Get(k).o == nil {
				meta = tab.meta.getString(t.g.events[eventNewIndex])
			}
			if meta.o == nil {
				t.set(tab, k, val)
				return
			}
		} else if meta = t.metaOf(v, eventNewIndex); meta.o == nil {
			t.typeError(v, "index", t.nameAtFirst(as, i))
		}
		if fn, ok := meta.o.(*Function); ok {
			at := t.hold(fn, v, k, val)
			t.call(at, 0)
			t.top = at
			return
		}
		v = meta
		t.g.Walk(1)
	}
	t.RuntimeError("loop in settable")
}

// set sets a table's element after the checks that Lua makes.
func (t *Thread) set(tab *Table, k, v Value) {
	if tab.readonly {
		t.RuntimeError("Attempt to modify a readonly table")
	}
	switch k.o.(type) {
	case nil:
		if tab.find(k) == nil {
			t.RuntimeError("table index is nil")
		}
	case isNumber:
		if math.IsNaN(k.n) {
			t.RuntimeError("table index is NaN")
		}
	}
	tab.Set(k, v)
}

// hold pushes a call behind what the running function uses of the stack.
func (t *Thread) hold(vals ...any) int {
	at := t.top
	if f := t.frame; f.fn != nil && f.fn.proto != nil {
		at = f.base + f.fn.proto.registers
	}
	t.room(at + len(vals))
	for i, v := range vals {
		switch v := v.(type) {
		case *Function:
			t.stack[at+i] = v.Value()
		case Value:
			t.stack[at+i] = v
		}
	}
	t.top = at + len(vals)
	return at
}

// callMeta calls a metamethod for one result.
func (t *Thread) callMeta(fn *Function, x, y Value) Value {
	top := t.top
	at := t.hold(fn, x, y)
	t.call(at, 1)
	v := t.stack[at]
	t.top = top
	return v
}

var arithEvents = map[opcode]event{
	opAdd: eventAdd, opSub: eventSub, opMul: eventMul, opDiv: eventDiv, opMod: eventMod, opPow: eventPow,
}

// toNumber is a number, or what a string reads as, which takes its time.
func (t *Thread) toNumber(v Value) (f float64, ok bool) {
	if s, ok := v.o.(*String); ok {
		t.g.Walk(len(s.s) / 2)
	}
	return v.ToNumber()
}

// arith computes on any values.
func (t *Thread) arith(op opcode, x, y Value) Value {
	a, ok1 := t.toNumber(x)
	b, ok2 := t.toNumber(y)
	if ok1 && ok2 {
		return Number(arith(op, a, b))
	}
	meta := t.metaOf(x, arithEvents[op])
	if meta.o == nil {
		meta = t.metaOf(y, arithEvents[op])
	}
	if fn := t.metaFunction(meta, x, y); fn != nil {
		return t.callMeta(fn, x, y)
	}
	if !ok1 {
		t.typeError(x, "perform arithmetic on", t.nameAt(roleLeft))
	}
	t.typeError(y, "perform arithmetic on", t.nameAt(roleRight))
	return Nil
}

// metaFunction is a metamethod that can be called; one that is no function is
// called all the same, for the error.
func (t *Thread) metaFunction(meta, x, y Value) *Function {
	switch m := meta.o.(type) {
	case nil:
		return nil
	case *Function:
		return m
	}
	at := t.hold(meta, x, y)
	return t.callable(at)
}

func (t *Thread) negate(x Value) Value {
	if f, ok := t.toNumber(x); ok {
		return Number(-f)
	}
	if fn := t.metaFunction(t.metaOf(x, eventUnm), x, x); fn != nil {
		return t.callMeta(fn, x, x)
	}
	t.typeError(x, "perform arithmetic on", t.nameAt(roleLeft))
	return Nil
}

func (t *Thread) length(x Value) Value {
	switch o := x.o.(type) {
	case *Table: // Lua 5.1 asks no metamethod
		return Int(o.Len())
	case *String:
		return Int(len(o.s))
	}
	t.typeError(x, "get length of", t.nameAt(roleLeft))
	return Nil
}

// compare is ==, < or <=.
func (t *Thread) compare(op opcode, x, y Value) bool {
	switch op {
	case opEq:
		return t.equal(x, y)
	case opLt:
		return t.less(x, y)
	}
	if a, ok := x.o.(*String); ok {
		if b, ok := y.o.(*String); ok {
			return t.collate(a.s, b.s) <= 0
		}
	}
	if x.Type() != y.Type() {
		t.compareError(x, y)
	}
	if r, ok := t.order(eventLe, x, y); ok {
		return r
	}
	if r, ok := t.order(eventLt, y, x); ok {
		return !r
	}
	t.compareError(x, y)
	return false
}

func (t *Thread) equal(x, y Value) bool {
	switch a := x.o.(type) {
	case *Table:
		b, ok := y.o.(*Table)
		if !ok || a == b {
			return ok
		}
		if fn := t.shared(eventEq, x, y); fn.o != nil {
			return t.callMeta(t.metaFunction(fn, x, y), x, y).Truth()
		}
		return false
	case *String:
		b, ok := y.o.(*String)
		if !ok || len(a.s) != len(b.s) {
			return false
		}
		t.g.Walk(len(a.s) / 64)
	}
	return x.Equal(y)
}

// shared is the metamethod that both values have.
func (t *Thread) shared(e event, x, y Value) Value {
	m := t.metaOf(x, e)
	if m.o == nil || !m.Equal(t.metaOf(y, e)) {
		return Nil
	}
	return m
}

// order compares by a metamethod; ok is false when there is none.
func (t *Thread) order(e event, x, y Value) (r, ok bool) {
	m := t.shared(e, x, y)
	if m.o == nil {
		return false, false
	}
	return t.callMeta(t.metaFunction(m, x, y), x, y).Truth(), true
}

func (t *Thread) less(x, y Value) bool {
	switch a := x.o.(type) {
	case isNumber:
		if _, ok := y.o.(isNumber); ok {
			return x.n < y.n
		}
	case *String:
		if b, ok := y.o.(*String); ok {
			return t.collate(a.s, b.s) < 0
		}
	}
	if x.Type() != y.Type() {
		t.compareError(x, y)
	}
	r, ok := t.order(eventLt, x, y)
	if !ok {
		t.compareError(x, y)
	}
	return r
}

// collate compares strings byte by byte, as in the C locale.
func (t *Thread) collate(a, b string) int {
	t.g.Walk(min(len(a), len(b)) / 64)
	return strings.Compare(a, b)
}

func (t *Thread) compareError(x, y Value) {
	if a, b := x.Type(), y.Type(); a == b {
		t.RuntimeError("attempt to compare two %s values", a)
	} else {
		t.RuntimeError("attempt to compare %s with %s", a, b)
	}
}

// concat joins the values at places from first to last.
func (t *Thread) concat(first, last int) Value {
	size := 0
	for i := last; i >= first; i-- {
		s, ok := t.stack[i].ToString()
		if !ok {
			return t.concatMeta(first, last)
		}
		size += len(s)
	}
	t.g.Grow(stringBytes + size)
	if first+1 == last {
		a, _ := t.stack[first].ToString()
		b, _ := t.stack[last].ToString()
		return Text(a + b)
	}
	var b strings.Builder
	b.Grow(size)
	for i := first; i <= last; i++ {
		s, _ := t.stack[i].ToString()
		b.WriteString(s)
	}
	return Text(b.String())
}

// concatMeta joins from the right, two at a time, asking metamethods.
func (t *Thread) concatMeta(first, last int) Value {
	acc := t.stack[last]
	for i := last - 1; i >= first; i-- {
		left := t.stack[i]
		a, ok1 := left.ToString()
		b, ok2 := acc.ToString()
		if ok1 && ok2 {
			t.g.Grow(stringBytes + len(a) + len(b))
			acc = Text(a + b)
			continue
		}
		meta := t.metaOf(left, eventConcat)
		if meta.o == nil {
			meta = t.metaOf(acc, eventConcat)
		}
		if fn := t.metaFunction(meta, left, acc); fn != nil {
			acc = t.callMeta(fn, left, acc)
			continue
		}
		if ok1 {
			name := ""
			if i == last-1 {
				name = t.nameAt(rolePart + role(min(i+1-first, 200)))
			}
			t.typeError(acc, "concatenate", name)
		}
		t.typeError(left, "concatenate", t.nameAt(rolePart+role(min(i-first, 200))))
	}
	return acc
}
