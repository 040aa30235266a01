package lua

func (p *parser) follows() bool {
	switch p.tok.kind {
	case tokenElse, tokenElseif, tokenEnd, tokenUntil, tokenEOF:
		return true
	}
	return false
}

// chunkBody reads statements up to what ends a block.
func (p *parser) chunkBody() (list []stmt) {
	p.enterLevel()
	for last := false; !last && !p.follows(); {
		var s stmt
		s, last = p.statement()
		list = append(list, s)
		p.test(';')
	}
	p.depth--
	return list
}

func (p *parser) blockBody() []stmt {
	p.openBlock(false)
	list := p.chunkBody()
	p.closeBlock()
	return list
}

func (p *parser) statement() (s stmt, last bool) {
	line := p.line
	switch p.tok.kind {
	case tokenIf:
		return p.ifStmt(line), false
	case tokenWhile:
		p.next()
		cond := p.expr(0)
		p.openBlock(true)
		p.expect(tokenDo)
		body := p.blockBody()
		p.match(tokenEnd, tokenWhile, line)
		p.closeBlock()
		return &stmtWhile{cond, body, line}, false
	case tokenDo:
		p.next()
		body := p.blockBody()
		p.match(tokenEnd, tokenDo, line)
		return &stmtDo{body}, false
	case tokenFor:
		return p.forStmt(line), false
	case tokenRepeat:
		p.openBlock(true)
		p.openBlock(false)
		p.next()
		body := p.chunkBody()
		p.match(tokenUntil, tokenRepeat, line)
		cond := p.expr(0)
		p.closeBlock()
		p.closeBlock()
		return &stmtRepeat{body, cond, p.lastLine}, false
	case tokenFunction:
		return p.functionStmt(line), false
	case tokenLocal:
		p.next()
		if p.test(tokenFunction) {
			v := p.newLocal(p.name(), 0)
			p.declare(v)
			fn := p.body(false, p.line)
			return &stmtLocalFunction{v, fn, p.lastLine}, false
		}
		return p.localStmt(), false
	case tokenReturn:
		p.next()
		var list []expr
		if !p.follows() && p.tok.kind != ';' {
			list = p.exprList()
		}
		return &stmtReturn{list, p.lastLine}, true
	case tokenBreak:
		p.next()
		b := p.fn.block
		for b != nil && !b.loop {
			b = b.outer
		}
		if b == nil {
			p.syntaxError("no loop to break")
		}
		return &stmtBreak{p.lastLine}, true
	}
	return p.exprStmt(), false
}

func (p *parser) ifStmt(line int) stmt {
	s := &stmtIf{}
	for {
		p.next()
		s.conds = append(s.conds, p.expr(0))
		p.expect(tokenThen)
		s.bodies = append(s.bodies, p.blockBody())
		s.lines = append(s.lines, p.lastLine)
		if p.tok.kind != tokenElseif {
			break
		}
	}
	if p.test(tokenElse) {
		s.bodies = append(s.bodies, p.blockBody())
	}
	p.match(tokenEnd, tokenIf, line)
	return s
}

func (p *parser) forStmt(line int) stmt {
	p.openBlock(true)
	p.next()
	first := p.name()
	var s stmt
	switch p.tok.kind {
	case '=':
		s = p.numericFor(first, line)
	case ',', tokenIn:
		s = p.genericFor(first)
	default:
		p.syntaxError("'=' or 'in' expected")
	}
	p.match(tokenEnd, tokenFor, line)
	p.closeBlock()
	return s
}

func (p *parser) hidden(names ...string) (vars [3]*local) {
	for i, name := range names {
		vars[i] = p.newLocal(name, i)
	}
	return vars
}

func (p *parser) numericFor(name string, line int) stmt {
	s := &stmtNumeric{line: line}
	s.hidden = p.hidden("(for index)", "(for limit)", "(for step)")
	s.v = p.newLocal(name, 3)
	p.next()
	s.start = p.expr(0)
	p.expect(',')
	s.limit = p.expr(0)
	if p.test(',') {
		s.step = p.expr(0)
	}
	p.declare(s.hidden[:]...)
	p.expect(tokenDo)
	s.doLine = p.lastLine
	p.openBlock(false)
	p.declare(s.v)
	s.body = p.chunkBody()
	p.closeBlock()
	return s
}

func (p *parser) genericFor(name string) stmt {
	s := &stmtGeneric{}
	s.hidden = p.hidden(generator, "(for state)", "(for control)")
	s.vars = []*local{p.newLocal(name, 3)}
	for p.test(',') {
		s.vars = append(s.vars, p.newLocal(p.name(), 3+len(s.vars)))
	}
	p.expect(tokenIn)
	s.line = p.line
	s.exprs = p.exprList()
	p.declare(s.hidden[:]...)
	p.expect(tokenDo)
	p.openBlock(false)
	p.declare(s.vars...)
	s.body = p.chunkBody()
	p.closeBlock()
	return s
}

func (p *parser) functionStmt(line int) stmt {
	p.next()
	target := p.resolve(p.name())
	method := false
	for p.tok.kind == '.' {
		p.next()
		target = &exprIndex{target, &exprString{p.name()}, p.lastLine}
	}
	if p.test(':') {
		method = true
		target = &exprIndex{target, &exprString{p.name()}, p.lastLine}
	}
	return &stmtFunction{target, p.body(method, line), line}
}

func (p *parser) localStmt() stmt {
	s := &stmtLocal{}
	for {
		s.vars = append(s.vars, p.newLocal(p.name(), len(s.vars)))
		if !p.test(',') {
			break
		}
	}
	if p.test('=') {
		s.exprs = p.exprList()
	}
	s.line = p.lastLine
	p.declare(s.vars...)
	return s
}

func (p *parser) exprStmt() stmt {
	x := p.suffixed()
	if c, ok := x.(*exprCall); ok && !c.single {
		return &stmtCall{c}
	}
	s := &stmtAssign{}
	for {
		switch x.(type) {
		case *exprLocal, *exprUpvalue, *exprGlobal, *exprIndex:
		default:
			p.syntaxError("syntax error")
		}
		s.targets = append(s.targets, x)
		if !p.test(',') {
			break
		}
		x = p.suffixed()
		p.limit(len(s.targets), maxLevels-p.depth, "variables in assignment")
	}
	p.expect('=')
	s.exprs = p.exprList()
	s.line = p.lastLine
	return s
}
