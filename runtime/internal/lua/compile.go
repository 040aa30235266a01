package lua

import (
	"fmt"
	"math/bits"
)

// maxRegisters is Lua 5.1's limit of a function's registers.
const maxRegisters = 250

// A compiler makes the code of one function.
type compiler struct {
	fn     *function
	p      *Proto
	free   int // the first register that is not in use
	line   int
	nums   map[float64]int
	strs   map[string]int
	breaks [][]int // jumps out of each open loop
}

func generate(fn *function, chunk, source string) (p *Proto, err error) {
	defer func() {
		if r := recover(); r != nil {
			se, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			err = se
		}
	}()
	return compileFunction(fn, chunk, source), nil
}

func compileFunction(fn *function, chunk, source string) *Proto {
	c := &compiler{fn: fn, line: fn.line, nums: map[float64]int{}, strs: map[string]int{}}
	c.p = &Proto{
		chunk: chunk, source: source, line: fn.line, params: len(fn.params), registers: 2,
		vararg: fn.vararg, arg: fn.arg != nil && !fn.dots,
	}
	for _, up := range fn.upvalues {
		if up.local != nil {
			c.p.upvalues = append(c.p.upvalues, upvalueSource{true, up.local.reg})
		} else {
			c.p.upvalues = append(c.p.upvalues, upvalueSource{false, up.index})
		}
	}
	for _, v := range fn.params {
		c.bind(v, c.reserve(1))
	}
	if fn.arg != nil {
		at := c.reserve(1)
		if !c.p.arg {
			c.emit(opLoadNil, at, 1, 0)
		}
		c.bind(fn.arg, at)
	}
	c.block(fn.body)
	c.line = fn.endLine
	c.emit(opReturn, 0, 1, 0)
	return c.p
}

// bind gives a variable its register, whose value it takes over.
func (c *compiler) bind(v *local, reg int) {
	v.reg = reg
	if v.shared {
		c.emit(opNewCell, reg, 0, 0)
	}
}

func (c *compiler) emit(op opcode, a, b, k int) int {
	c.p.code = append(c.p.code, instr{op, uint8(a), int32(b), int32(k)})
	c.p.lines = append(c.p.lines, int32(c.line))
	return len(c.p.code) - 1
}

func (c *compiler) here() int { return len(c.p.code) }

func (c *compiler) patch(jumps ...int) { c.patchTo(c.here(), jumps...) }

func (c *compiler) patchTo(to int, jumps ...int) {
	for _, j := range jumps {
		c.p.code[j].b = int32(to)
	}
}

func (c *compiler) reserve(n int) int {
	at := c.free
	c.free += n
	if c.free >= maxRegisters {
		panic(&SyntaxError{fmt.Sprintf("%s:%d: function or expression too complex", c.p.chunk, c.line)})
	}
	c.p.registers = max(c.p.registers, c.free+1)
	return at
}

func (c *compiler) constNumber(f float64) int {
	i, ok := c.nums[f]
	if !ok || f != f {
		i = len(c.p.consts)
		c.nums[f] = i
		c.p.consts = append(c.p.consts, Number(f))
	}
	return i
}

func (c *compiler) constString(s string) int {
	i, ok := c.strs[s]
	if !ok {
		i = len(c.p.consts)
		c.strs[s] = i
		str := &String{s: s}
		str.hashOf() // programs are shared by goroutines
		c.p.consts = append(c.p.consts, Value{o: str})
	}
	return i
}

// note remembers how the text calls an operand.
func (c *compiler) note(pc int, as role, e expr) {
	if kind, name := describe(e); kind != "" {
		c.p.notes = append(c.p.notes, note{int32(pc), as, kind, name})
	}
}

// isLate tells a shared variable: Lua, which has it in a register, reads it when
// the instruction runs, behind the operands that come after it.
func isLate(e expr) (*local, bool) {
	v, ok := e.(*exprLocal)
	if ok && v.v.shared {
		return v.v, true
	}
	return nil, false
}

// next evaluates an expression into a new register.
func (c *compiler) next(e expr) int {
	if call, ok := e.(*exprCall); ok {
		at := c.free
		c.call(call, 1)
		return at
	}
	at := c.reserve(1)
	c.to(e, at)
	return at
}

// reg evaluates an expression into any register.
func (c *compiler) reg(e expr) int {
	switch v := e.(type) {
	case *exprLocal:
		if !v.v.shared {
			return v.v.reg
		}
	case *exprParen:
		if _, dots := v.x.(*exprDots); !dots {
			return c.reg(v.x)
		}
	}
	return c.next(e)
}

// rk evaluates an expression into any register, or finds it among the constants.
func (c *compiler) rk(e expr) int {
	switch v := e.(type) {
	case *exprNumber:
		return firstK + c.constNumber(v.v)
	case *exprString:
		return firstK + c.constString(v.v)
	}
	return c.reg(e)
}

// pair evaluates two operands, of which the first is read late.
func (c *compiler) pair(x, y expr) (left, right int) {
	if v, ok := isLate(x); ok {
		left = c.reserve(1)
		right = c.rk(y)
		c.emit(opGetCell, left, v.reg, 0)
		return left, right
	}
	left = c.rk(x)
	return left, c.rk(y)
}

// to evaluates an expression into a register, which no part of it may read
// unless it takes one instruction.
func (c *compiler) to(e expr, dst int) {
	free := c.free
	defer func() { c.free = free }()
	switch e := e.(type) {
	case *exprNil:
		c.emit(opLoadNil, dst, 1, 0)
	case *exprTrue:
		c.emit(opLoadBool, dst, 1, 0)
	case *exprFalse:
		c.emit(opLoadBool, dst, 0, 0)
	case *exprNumber:
		c.emit(opLoadK, dst, c.constNumber(e.v), 0)
	case *exprString:
		c.emit(opLoadK, dst, c.constString(e.v), 0)
	case *exprDots:
		c.emit(opVararg, dst, 2, 0)
	case *exprParen:
		c.to(e.x, dst)
	case *exprFunction:
		c.p.protos = append(c.p.protos, compileFunction(e.fn, c.p.chunk, c.p.source))
		c.emit(opClosure, dst, len(c.p.protos)-1, 0)
	case *exprLocal:
		if e.v.shared {
			c.emit(opGetCell, dst, e.v.reg, 0)
		} else if e.v.reg != dst {
			c.emit(opMove, dst, e.v.reg, 0)
		}
	case *exprUpvalue:
		c.emit(opGetUp, dst, e.index, 0)
	case *exprGlobal:
		c.line = e.line
		c.emit(opGetGlobal, dst, c.constString(e.name), 0)
	case *exprIndex:
		c.index(e, dst)
	case *exprCall:
		at := c.free
		c.call(e, 1)
		c.emit(opMove, dst, at, 0)
	case *exprUnary:
		x := c.reg(e.x)
		c.line = e.line
		pc := c.emit(e.op, dst, x, 0)
		c.note(pc, roleLeft, e.x)
	case *exprBinary:
		if e.op >= opEq {
			c.truth(e, dst)
			return
		}
		x, y := c.pair(e.x, e.y)
		c.line = e.line
		pc := c.emit(e.op, dst, x, y)
		c.note(pc, roleLeft, e.x)
		c.note(pc, roleRight, e.y)
	case *exprConcat:
		c.concat(e, dst)
	case *exprLogic:
		c.logic(e, dst)
	case *exprTable:
		c.table(e, dst)
	default:
		panic(fmt.Sprintf("compiler: %T", e))
	}
}

func (c *compiler) index(e *exprIndex, dst int) {
	t, k := c.pair(e.table, e.key)
	if t >= firstK { // ("text").field
		at := c.reserve(1)
		c.emit(opLoadK, at, t-firstK, 0)
		t = at
	}
	c.line = e.line
	var pc int
	if _, ok := e.key.(*exprString); ok {
		pc = c.emit(opGetField, dst, t, k-firstK)
	} else {
		pc = c.emit(opGetTable, dst, t, k)
	}
	c.note(pc, roleTable, e.table)
}

func (c *compiler) concat(e *exprConcat, dst int) {
	first := c.free
	for i := len(e.parts) - 1; i >= 0; i-- {
		c.next(e.parts[i])
	}
	c.line = e.line
	pc := c.emit(opConcat, dst, first, c.free-1)
	for i := range e.parts {
		c.note(pc, rolePart+role(min(len(e.parts)-1-i, 200)), e.parts[i])
	}
}

// truth makes a condition a boolean.
func (c *compiler) truth(e expr, dst int) {
	yes := c.jump(e, true)
	c.emit(opLoadBool, dst, 0, 1)
	c.patch(yes...)
	c.emit(opLoadBool, dst, 1, 0)
}

func (c *compiler) logic(e *exprLogic, dst int) {
	if e.and && isComparison(e.x) {
		no := c.jump(e.x, false)
		c.to(e.y, dst)
		end := c.emit(opJump, 0, 0, 0)
		c.patch(no...)
		c.emit(opLoadBool, dst, 0, 0)
		c.patch(end)
		return
	}
	c.to(e.x, dst)
	end := c.emit(opTest, dst, 0, b2i(!e.and))
	c.to(e.y, dst)
	c.patch(end)
}

func isComparison(e expr) bool {
	b, ok := e.(*exprBinary)
	return ok && b.op >= opEq
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// jump jumps when a condition is as wanted and returns the jumps to patch.
func (c *compiler) jump(e expr, want bool) []int {
	free := c.free
	defer func() { c.free = free }()
	switch e := e.(type) {
	case *exprNil, *exprFalse:
		if !want {
			return []int{c.emit(opJump, 0, 0, 0)}
		}
		return nil
	case *exprTrue, *exprNumber, *exprString:
		if want {
			return []int{c.emit(opJump, 0, 0, 0)}
		}
		return nil
	case *exprUnary:
		if e.op == opNot {
			return c.jump(e.x, !want)
		}
	case *exprLogic:
		if e.and != want { // one operand decides
			return append(c.jump(e.x, want), c.jump(e.y, want)...)
		}
		skip := c.jump(e.x, !want)
		jumps := c.jump(e.y, want)
		c.patch(skip...)
		return jumps
	case *exprBinary:
		if e.op >= opEq {
			x, y := c.pair(e.x, e.y)
			if e.swap {
				x, y = y, x
			}
			c.line = e.line
			c.emit(e.op, b2i(want != e.not), x, y)
			return []int{c.emit(opJump, 0, 0, 0)}
		}
	}
	r := c.reg(e)
	return []int{c.emit(opTest, r, 0, b2i(want))}
}

// call compiles a call at the first free register; want is the number of
// results, -1 for all.
func (c *compiler) call(e *exprCall, want int) {
	at := c.free
	what := note{role: roleCall}
	if e.method != "" {
		obj := c.reg(e.fn)
		c.free = at
		c.reserve(2)
		c.line = e.line
		pc := c.emit(opSelf, at, obj, c.constString(e.method))
		c.note(pc, roleTable, e.fn)
		what.kind, what.name = "method", e.method
	} else {
		c.next(e.fn)
		what.kind, what.name = describe(e.fn)
	}
	args := 0
	if c.list(e.args) {
		args = -1
	} else {
		args = c.free - at - 1
	}
	c.line = e.line
	what.pc = int32(c.emit(opCall, at, args+1, want+1))
	if what.kind != "" {
		c.p.notes = append(c.p.notes, what)
	}
	c.free = at
	if want > 0 {
		c.reserve(want)
	}
}

// list evaluates a list into new registers and reports whether its last element
// stands for as many values as there are.
func (c *compiler) list(exprs []expr) (open bool) {
	for i, e := range exprs {
		if i == len(exprs)-1 && c.open(e) {
			return true
		}
		c.next(e)
	}
	return false
}

// open evaluates an expression of many values, all of them, to the top.
func (c *compiler) open(e expr) bool {
	switch e := e.(type) {
	case *exprCall:
		if !e.single {
			c.call(e, -1)
			return true
		}
	case *exprDots:
		c.emit(opVararg, c.reserve(1), 0, 0)
		c.free--
		return true
	}
	return false
}

// adjust evaluates a list into n new registers.
func (c *compiler) adjust(exprs []expr, n int) int {
	at := c.free
	for i, e := range exprs {
		last := i == len(exprs)-1
		missing := n - i - 1
		if call, ok := e.(*exprCall); ok && last && !call.single && missing > 0 {
			c.call(call, missing+1)
			return at
		}
		if _, ok := e.(*exprDots); ok && last && missing > 0 {
			first := c.reserve(missing + 1)
			c.emit(opVararg, first, missing+2, 0)
			return at
		}
		c.next(e)
		if i >= n {
			c.free-- // evaluated and dropped
		}
	}
	if missing := n - len(exprs); missing > 0 {
		c.emit(opLoadNil, c.reserve(missing), missing, 0)
	}
	return at
}

// perFlush is how many elements of a list are set at a time.
const perFlush = 50

func (c *compiler) table(e *exprTable, dst int) {
	// The table is made in the last register, behind which its list is.
	t := dst
	if dst != c.free-1 {
		t = c.reserve(1)
	}
	c.line = e.line
	made := c.emit(opNewTable, t, 0, 0)
	list, hash, pending := 0, 0, 0
	for i, f := range e.fields {
		if f.key != nil {
			free := c.free
			k, v := c.pair(f.key, f.value)
			c.line = f.line
			c.emit(opSetTable, t, k, v)
			c.free = free
			hash++
			continue
		}
		if i == len(e.fields)-1 && c.open(f.value) {
			c.emit(opSetList, t, 0, list-pending)
			pending = 0
			c.free = t + 1
			continue
		}
		c.next(f.value)
		list++
		if pending++; pending == perFlush {
			c.emit(opSetList, t, pending, list-pending)
			pending = 0
			c.free = t + 1
		}
	}
	if pending > 0 {
		c.emit(opSetList, t, pending, list-pending)
	}
	c.p.code[made].b, c.p.code[made].c = int32(roomy(list)), int32(roomy(hash))
	if t != dst {
		c.emit(opMove, dst, t, 0)
	}
}

// roomy rounds a size up to what Lua's instruction can say: eight steps for each
// power of two.
func roomy(n int) int {
	if n < 8 {
		return n
	}
	shift := bits.Len(uint(n)) - 4
	return (n + 1<<shift - 1) >> shift << shift
}
