package lua

import "math"

// execute runs the innermost frame, and the Lua functions that it calls, until
// it returns or its coroutine yields.
func (t *Thread) execute() {
	g := t.g
frames:
	for {
		f := t.frame
		p := f.fn.proto
		code, consts := p.code, p.consts
		base := f.base
		regs := t.stack[base : base+p.registers]
		pc := f.pc
		for {
			in := &code[pc]
			pc++
			if g.steps--; g.steps < 0 {
				g.end()
			}
			switch in.op {
			case opMove:
				regs[in.a] = regs[in.b]
			case opLoadK:
				regs[in.a] = consts[in.b]
			case opLoadNil:
				for i := int(in.a); i < int(in.a)+int(in.b); i++ {
					regs[i] = Nil
				}
			case opLoadBool:
				regs[in.a] = Bool(in.b != 0)
				pc += int(in.c)
			case opGetUp:
				regs[in.a] = f.fn.cells[in.b].v
			case opSetUp:
				f.fn.cells[in.a].v = *rk(regs, consts, in.b)
			case opNewCell:
				g.Grow(cellBytes)
				regs[in.a] = Value{o: &cell{regs[in.a]}}
			case opGetCell:
				regs[in.a] = regs[in.b].o.(*cell).v
			case opSetCell:
				regs[in.a].o.(*cell).v = *rk(regs, consts, in.b)
			case opGetGlobal:
				key := consts[in.b]
				if v := f.fn.env.getString(key.o.(*String)); v.o != nil {
					regs[in.a] = v
					continue
				}
				f.pc = pc
				v := t.index(f.fn.env.Value(), key, noRole)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opSetGlobal:
				f.pc = pc
				t.setIndex(f.fn.env.Value(), consts[in.c], *rk(regs, consts, in.b), noRole)
				regs = t.stack[base : base+p.registers]
			case opGetField:
				key := &consts[in.c]
				if tab, ok := regs[in.b].o.(*Table); ok {
					if v := tab.getString(key.o.(*String)); v.o != nil || tab.meta == nil {
						regs[in.a] = v
						continue
					}
				}
				f.pc = pc
				v := t.index(regs[in.b], *key, roleTable)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opGetTable:
				key := rk(regs, consts, in.c)
				if tab, ok := regs[in.b].o.(*Table); ok {
					if v := tab.Get(*key); v.o != nil || tab.meta == nil {
						regs[in.a] = v
						continue
					}
				}
				f.pc = pc
				v := t.index(regs[in.b], *key, roleTable)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opSetTable:
				key, val := rk(regs, consts, in.b), rk(regs, consts, in.c)
				if tab, ok := regs[in.a].o.(*Table); ok && tab.meta == nil && !tab.readonly {
					if _, ok := key.o.(isNumber); ok {
						i := int(key.n)
						if uint(i-1) < uint(len(tab.list)) && float64(i) == key.n {
							tab.list[i-1] = *val
							continue
						}
					}
				}
				f.pc = pc
				t.setIndex(regs[in.a], *key, *val, roleTable)
				regs = t.stack[base : base+p.registers]
			case opSelf:
				obj := regs[in.b]
				f.pc = pc
				v := t.index(obj, consts[in.c], roleTable)
				regs = t.stack[base : base+p.registers]
				regs[in.a+1] = obj
				regs[in.a] = v
			case opNewTable:
				regs[in.a] = g.NewTable(int(in.b), int(in.c)).Value()
			case opSetList:
				n := int(in.b)
				if n == 0 {
					n = t.top - base - int(in.a) - 1
				}
				tab := regs[in.a].o.(*Table)
				tab.Reserve(int(in.c) + n)
				g.Walk(n / 8)
				copy(tab.list[in.c:], t.stack[base+int(in.a)+1:base+int(in.a)+1+n])
			case opAdd:
				x, y := rk(regs, consts, in.b), rk(regs, consts, in.c)
				if bothNumbers(x, y) {
					setNumber(&regs[in.a], x.n+y.n)
					continue
				}
				f.pc = pc
				v := t.arith(opAdd, *x, *y)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opSub:
				x, y := rk(regs, consts, in.b), rk(regs, consts, in.c)
				if bothNumbers(x, y) {
					setNumber(&regs[in.a], x.n-y.n)
					continue
				}
				f.pc = pc
				v := t.arith(opSub, *x, *y)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opMul:
				x, y := rk(regs, consts, in.b), rk(regs, consts, in.c)
				if bothNumbers(x, y) {
					setNumber(&regs[in.a], x.n*y.n)
					continue
				}
				f.pc = pc
				v := t.arith(opMul, *x, *y)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opDiv, opMod, opPow:
				x, y := rk(regs, consts, in.b), rk(regs, consts, in.c)
				if bothNumbers(x, y) {
					setNumber(&regs[in.a], arith(in.op, x.n, y.n))
					continue
				}
				f.pc = pc
				v := t.arith(in.op, *x, *y)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opUnm:
				x := regs[in.b]
				if _, ok := x.o.(isNumber); ok {
					regs[in.a] = Number(-x.n)
					continue
				}
				f.pc = pc
				v := t.negate(x)
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opNot:
				regs[in.a] = Bool(!regs[in.b].Truth())
			case opLen:
				f.pc = pc
				v := t.length(regs[in.b])
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opConcat:
				f.pc = pc
				v := t.concat(base+int(in.b), base+int(in.c))
				regs = t.stack[base : base+p.registers]
				regs[in.a] = v
			case opJump:
				pc = int(in.b)
			case opTest:
				if regs[in.a].Truth() == (in.c != 0) {
					pc = int(in.b)
				}
			case opEq, opLt, opLe:
				x, y := rk(regs, consts, in.b), rk(regs, consts, in.c)
				var is bool
				if bothNumbers(x, y) {
					switch in.op {
					case opEq:
						is = x.n == y.n
					case opLt:
						is = x.n < y.n
					default:
						is = x.n <= y.n
					}
				} else {
					f.pc = pc
					is = t.compare(in.op, *x, *y)
					regs = t.stack[base : base+p.registers]
				}
				if is == (in.a != 0) {
					pc = int(code[pc].b)
				} else {
					pc++
				}
			case opCall:
				at := base + int(in.a)
				if in.b != 0 {
					t.top = at + int(in.b)
				}
				f.pc = pc
				fn, ok := t.stack[at].o.(*Function)
				if !ok {
					fn = t.callable(at)
				}
				if fn.proto != nil {
					t.enterLua(fn, at, int(in.c)-1)
					continue frames
				}
				if t.callGo(fn, at, int(in.c)-1) {
					return
				}
				regs = t.stack[base : base+p.registers]
			case opTailCall:
				at := base + int(in.a)
				if in.b != 0 {
					t.top = at + int(in.b)
				}
				f.pc = pc
				fn, ok := t.stack[at].o.(*Function)
				if !ok {
					fn = t.callable(at)
				}
				if fn.proto == nil {
					if t.callGo(fn, at, -1) {
						return
					}
					regs = t.stack[base : base+p.registers]
					continue
				}
				t.replace(f, fn, at)
				continue frames
			case opReturn:
				from := base + int(in.a)
				n := int(in.b) - 1
				if n < 0 {
					n = t.top - from
				}
				stop := f.stop
				t.leave(from, n)
				if stop {
					return
				}
				continue frames
			case opForPrep:
				f.pc = pc
				t.prepareLoop(regs[in.a : in.a+3])
				pc = int(in.b)
			case opForLoop:
				loop := regs[in.a : in.a+4]
				step := loop[2].n
				i := loop[0].n + step
				if step > 0 && i <= loop[1].n || step <= 0 && loop[1].n <= i {
					pc = int(in.b)
					loop[0].n = i
					loop[3] = Number(i)
				}
			case opTForLoop:
				f.pc = pc
				at := base + int(in.a) + 3
				copy(regs[in.a+3:in.a+6], regs[in.a:in.a+3])
				t.top = at + 3
				t.call(at, int(in.c))
				regs = t.stack[base : base+p.registers]
				if v := regs[in.a+3]; v.o != nil {
					regs[in.a+2] = v
					pc = int(in.b)
				}
			case opClosure:
				regs[in.a] = t.closure(f, p.protos[in.b], regs)
			case opVararg:
				n := int(in.b) - 1
				at := base + int(in.a)
				if n < 0 {
					n = f.extra
					t.room(at + n)
					t.top = at + n
					regs = t.stack[base : base+p.registers]
				}
				g.Walk(n / 8)
				for i := 0; i < n; i++ {
					if i < f.extra {
						t.stack[at+i] = t.stack[base-f.extra+i]
					} else {
						t.stack[at+i] = Nil
					}
				}
			}
		}
	}
}

// What closures and their variables take.
const (
	cellBytes    = 32
	closureBytes = 80
)

func rk(regs, consts []Value, i int32) *Value {
	if i >= firstK {
		return &consts[i-firstK]
	}
	return &regs[i]
}

func bothNumbers(x, y *Value) bool {
	if _, ok := x.o.(isNumber); !ok {
		return false
	}
	_, ok := y.o.(isNumber)
	return ok
}

// setNumber writes a number; the type is not written again where it is one.
func setNumber(v *Value, f float64) {
	if _, ok := v.o.(isNumber); !ok {
		v.o = numberMark
	}
	v.n = f
}

// arith computes on numbers.
func arith(op opcode, x, y float64) float64 {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opMod:
		return modulo(x, y)
	}
	return power(x, y)
}

// closure makes a function of Lua with the variables that it shares.
func (t *Thread) closure(f *frame, p *Proto, regs []Value) Value {
	g := t.g
	g.Grow(closureBytes + 8*len(p.upvalues))
	g.ids++
	fn := &Function{proto: p, env: f.fn.env, id: g.ids}
	if len(p.upvalues) > 0 {
		fn.cells = make([]*cell, len(p.upvalues))
		for i, up := range p.upvalues {
			if up.local {
				fn.cells[i] = regs[up.index].o.(*cell)
			} else {
				fn.cells[i] = f.fn.cells[up.index]
			}
		}
	}
	return fn.Value()
}

// replace has a tail call take the place of its caller's frame.
func (t *Thread) replace(f *frame, fn *Function, at int) {
	n := t.top - at
	to := f.at
	copy(t.stack[to:to+n], t.stack[at:at+n])
	t.top = to + n
	want, stop, tail := f.want, f.stop, f.tail
	t.frame = f.prev
	t.calls--
	f = t.enterLua(fn, to, want)
	f.stop, f.tail = stop, tail+1
}

// prepareLoop makes numbers of a loop's bounds.
func (t *Thread) prepareLoop(loop []Value) {
	for i, what := range [...]string{"initial value", "limit", "step"} {
		f, ok := t.toNumber(loop[i])
		if !ok {
			t.RuntimeError("'for' %s must be a number", what)
		}
		loop[i] = Number(f)
	}
	loop[0].n -= loop[2].n
	if math.IsNaN(loop[2].n) {
		loop[2].n = 0 // no turn is made either way, unless the limit is behind
		loop[1].n = math.NaN()
	}
}
