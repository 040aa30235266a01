package lua

import "fmt"

// Limits of Lua 5.1 on a program's text.
const (
	maxLocals   = 200
	maxUpvalues = 60
	maxLevels   = 200 // nested blocks and expressions
)

// A parser makes the syntax tree.
type parser struct {
	lexer
	fn    *function
	depth int
	built int // nodes of the last concatenation's chain
}

// parse reads a whole program.
func parse(text, chunk string, m *meter, depth int) (fn *function, err error) {
	p := &parser{lexer: lexer{text: text, chunk: chunk, line: 1, lastLine: 1, meter: m}, depth: depth}
	defer func() {
		if r := recover(); r != nil {
			se, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			err = se
		}
	}()
	fn = &function{vararg: true}
	p.fn = fn
	p.openBlock(false)
	p.next()
	fn.body = p.chunkBody()
	p.check(tokenEOF)
	fn.endLine = p.line
	return fn, nil
}

func (p *parser) check(k tokenKind) {
	if p.tok.kind != k {
		p.expected(k)
	}
}

func (p *parser) expected(k tokenKind) { p.syntaxError(fmt.Sprintf("'%s' expected", k)) }

func (p *parser) test(k tokenKind) bool {
	if p.tok.kind == k {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(k tokenKind) {
	p.check(k)
	p.next()
}

// match expects what closes something that a line opened.
func (p *parser) match(what, who tokenKind, line int) {
	if p.test(what) {
		return
	}
	if line == p.line {
		p.expected(what)
	}
	p.syntaxError(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", what, who, line))
}

func (p *parser) name() string {
	p.check(tokenName)
	s := p.tok.text
	p.next()
	return s
}

func (p *parser) enterLevel() {
	if p.depth++; p.depth > maxLevels {
		p.errorAt("chunk has too many syntax levels", 0)
	}
}

func (p *parser) limit(n, most int, what string) {
	if n <= most {
		return
	}
	where := "main function"
	if p.fn.line != 0 {
		where = fmt.Sprintf("function at line %d", p.fn.line)
	}
	p.errorAt(fmt.Sprintf("%s has more than %d %s", where, most, what), 0)
}

// Scopes.

func (p *parser) openBlock(loop bool) {
	p.fn.block = &block{outer: p.fn.block, active: len(p.fn.active), loop: loop}
}

func (p *parser) closeBlock() {
	p.fn.active = p.fn.active[:p.fn.block.active]
	p.fn.block = p.fn.block.outer
}

// newLocal makes a variable that declare makes visible; before counts those that
// were made before it and are not visible yet.
func (p *parser) newLocal(name string, before int) *local {
	p.limit(len(p.fn.active)+before+1, maxLocals, "local variables")
	return &local{name: name}
}

func (p *parser) declare(vars ...*local) { p.fn.active = append(p.fn.active, vars...) }

func (p *parser) resolve(name string) expr {
	for i := len(p.fn.active) - 1; i >= 0; i-- {
		if v := p.fn.active[i]; v.name == name {
			return &exprLocal{v}
		}
	}
	if i := p.upvalue(p.fn, name); i >= 0 {
		return &exprUpvalue{i, name}
	}
	return &exprGlobal{name, p.lastLine}
}

// upvalue is the index of a variable of an outer function, -1 for a global.
func (p *parser) upvalue(fn *function, name string) int {
	if fn.outer == nil {
		return -1
	}
	var up upvalue
	found := false
	for i := len(fn.outer.active) - 1; i >= 0 && !found; i-- {
		if v := fn.outer.active[i]; v.name == name {
			up, found = upvalue{name: name, local: v}, true
		}
	}
	if !found {
		i := p.upvalue(fn.outer, name)
		if i < 0 {
			return -1
		}
		up = upvalue{name: name, index: i}
	} else {
		up.local.shared = true
	}
	for i, have := range fn.upvalues {
		if have == up {
			return i
		}
	}
	inner := p.fn
	p.fn = fn
	p.limit(len(fn.upvalues)+1, maxUpvalues, "upvalues")
	p.fn = inner
	fn.upvalues = append(fn.upvalues, up)
	return len(fn.upvalues) - 1
}

// Expressions.

func (p *parser) exprList() []expr {
	list := []expr{p.expr(0)}
	for p.test(',') {
		list = append(list, p.expr(0))
	}
	return list
}

type binary struct {
	op          opcode
	left, right int
}

var binaries = map[tokenKind]binary{
	'+': {opAdd, 6, 6}, '-': {opSub, 6, 6}, '*': {opMul, 7, 7}, '/': {opDiv, 7, 7}, '%': {opMod, 7, 7},
	'^': {opPow, 10, 9}, tokenConcat: {opConcat, 5, 4},
	tokenNe: {opEq, 3, 3}, tokenEq: {opEq, 3, 3}, '<': {opLt, 3, 3}, tokenLe: {opLe, 3, 3}, '>': {opLt, 3, 3}, tokenGe: {opLe, 3, 3},
	tokenAnd: {opTest, 2, 2}, tokenOr: {opTest, 1, 1},
}

const unaryPriority = 8

// expr reads an expression whose operators bind tighter than a limit.
func (p *parser) expr(limit int) expr {
	p.enterLevel()
	var x expr
	switch p.tok.kind {
	case tokenNot:
		x = p.unary(opNot)
	case '-':
		x = p.unary(opUnm)
	case '#':
		x = p.unary(opLen)
	default:
		x = p.simple()
	}
	for {
		kind := p.tok.kind
		b, ok := binaries[kind]
		if !ok || b.left <= limit {
			break
		}
		p.next()
		y := p.expr(b.right)
		x = p.join(kind, b.op, x, y)
	}
	p.depth--
	return x
}

func (p *parser) unary(op opcode) expr {
	p.next()
	x := p.expr(unaryPriority)
	if n, ok := x.(*exprNumber); ok && op == opUnm && n.v == n.v {
		return &exprNumber{-n.v}
	}
	if op == opNot {
		switch x.(type) {
		case *exprNil, *exprFalse:
			return &exprTrue{}
		case *exprNumber, *exprString, *exprTrue:
			return &exprFalse{}
		}
	}
	return &exprUnary{op, x, p.lastLine}
}

// join makes a binary expression. Numbers are computed at once, as Lua does.
func (p *parser) join(kind tokenKind, op opcode, x, y expr) expr {
	switch kind {
	case tokenAnd, tokenOr:
		if decided(kind, x) {
			switch v := y.(type) {
			case *exprCall:
				v.single = true
			case *exprDots:
				return &exprParen{y}
			}
			return y
		}
		return &exprLogic{kind == tokenAnd, x, y}
	case tokenConcat:
		if c, ok := y.(*exprConcat); ok {
			c.parts = append(c.parts, x) // last first, until it is compiled
			c.line = p.lastLine
			return c
		}
		return &exprConcat{[]expr{y, x}, p.lastLine}
	case tokenNe, tokenEq, '<', tokenLe, '>', tokenGe:
		return &exprBinary{op: op, x: x, y: y, not: kind == tokenNe, swap: kind == '>' || kind == tokenGe, line: p.lastLine}
	}
	a, ok1 := x.(*exprNumber)
	b, ok2 := y.(*exprNumber)
	if ok1 && ok2 && !(b.v == 0 && (op == opDiv || op == opMod)) {
		if f := arith(op, a.v, b.v); f == f {
			return &exprNumber{f}
		}
	}
	return &exprBinary{op: op, x: x, y: y, line: p.lastLine}
}

// decided reports whether a constant leaves the result to the second operand.
func decided(kind tokenKind, x expr) bool {
	switch x.(type) {
	case *exprNil, *exprFalse:
		return kind == tokenOr
	case *exprTrue, *exprNumber, *exprString:
		return kind == tokenAnd
	}
	return false
}

func (p *parser) simple() expr {
	var x expr
	switch p.tok.kind {
	case tokenNumber:
		x = &exprNumber{p.tok.num}
	case tokenString:
		x = &exprString{p.tok.text}
	case tokenNil:
		x = &exprNil{}
	case tokenTrue:
		x = &exprTrue{}
	case tokenFalse:
		x = &exprFalse{}
	case tokenDots:
		if !p.fn.vararg {
			p.syntaxError("cannot use '...' outside a vararg function")
		}
		p.fn.dots = true
		x = &exprDots{}
	case '{':
		return p.table()
	case tokenFunction:
		p.next()
		return p.body(false, p.line)
	default:
		return p.suffixed()
	}
	p.next()
	return x
}

func (p *parser) prefix() expr {
	switch p.tok.kind {
	case '(':
		line := p.line
		p.next()
		x := p.expr(0)
		p.match(')', '(', line)
		switch c := x.(type) {
		case *exprCall:
			c.single = true
		case *exprDots, *exprConcat, *exprLocal, *exprUpvalue, *exprGlobal, *exprIndex:
			return &exprParen{x} // one value, no further .., nothing to assign to
		}
		return x
	case tokenName:
		return p.resolve(p.name())
	}
	p.syntaxError("unexpected symbol")
	return nil
}

func (p *parser) suffixed() expr {
	x := p.prefix()
	for {
		switch p.tok.kind {
		case '.':
			p.next()
			x = &exprIndex{x, &exprString{p.name()}, p.lastLine}
		case '[':
			p.next()
			key := p.expr(0)
			p.expect(']')
			x = &exprIndex{x, key, p.lastLine}
		case ':':
			p.next()
			x = p.call(x, p.name())
		case '(', tokenString, '{':
			x = p.call(x, "")
		default:
			return x
		}
	}
}

func (p *parser) call(fn expr, method string) expr {
	c := &exprCall{fn: fn, method: method, line: p.line}
	switch p.tok.kind {
	case '(':
		if p.line != p.lastLine {
			p.syntaxError("ambiguous syntax (function call x new statement)")
		}
		p.next()
		if p.tok.kind != ')' {
			c.args = p.exprList()
		}
		p.match(')', '(', c.line)
	case '{':
		c.args = []expr{p.table()}
	case tokenString:
		c.args = []expr{&exprString{p.tok.text}}
		p.next()
	default:
		p.syntaxError("function arguments expected")
	}
	return c
}

func (p *parser) table() expr {
	line := p.line
	t := &exprTable{line: line}
	p.expect('{')
	for p.tok.kind != '}' {
		switch {
		case p.tok.kind == '[':
			p.next()
			key := p.expr(0)
			p.expect(']')
			p.expect('=')
			t.fields = append(t.fields, field{key, p.expr(0), p.lastLine})
		case p.tok.kind == tokenName && p.peek() == '=':
			key := &exprString{p.name()}
			p.expect('=')
			t.fields = append(t.fields, field{key, p.expr(0), p.lastLine})
		default:
			t.fields = append(t.fields, field{nil, p.expr(0), p.lastLine})
		}
		if !p.test(',') && !p.test(';') {
			break
		}
	}
	p.match('}', '{', line)
	return t
}

// body reads a function from its parameters to its end.
func (p *parser) body(method bool, line int) *exprFunction {
	fn := &function{outer: p.fn, line: line}
	p.fn = fn
	p.openBlock(false)
	p.expect('(')
	if method {
		self := p.newLocal("self", 0)
		fn.params = append(fn.params, self)
		p.declare(self)
	}
	if p.tok.kind != ')' {
		p.params(fn)
	}
	p.expect(')')
	fn.body = p.chunkBody()
	fn.endLine = p.line
	p.match(tokenEnd, tokenFunction, line)
	p.closeBlock()
	p.fn = fn.outer
	return &exprFunction{fn}
}

func (p *parser) params(fn *function) {
	first := len(fn.params)
	for {
		switch p.tok.kind {
		case tokenName:
			fn.params = append(fn.params, p.newLocal(p.name(), len(fn.params)-first))
		case tokenDots:
			p.next()
			fn.vararg = true
			fn.arg = p.newLocal("arg", len(fn.params)-first)
		default:
			p.syntaxError("<name> or '...' expected")
		}
		if fn.vararg || !p.test(',') {
			break
		}
	}
	p.declare(fn.params[first:]...)
	if fn.arg != nil {
		p.declare(fn.arg)
	}
}
