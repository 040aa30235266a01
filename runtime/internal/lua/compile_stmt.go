package lua

import "fmt"

func (c *compiler) block(list []stmt) {
	free := c.free
	for _, s := range list {
		c.stmt(s)
	}
	c.free = free
}

func (c *compiler) stmt(s stmt) {
	free := c.free
	keep := false
	switch s := s.(type) {
	case *stmtLocal:
		keep = true
		c.line = s.line
		at := c.adjust(s.exprs, len(s.vars))
		c.free = at + len(s.vars)
		for i, v := range s.vars {
			c.bind(v, at+i)
		}
	case *stmtLocalFunction:
		keep = true
		at := c.reserve(1)
		c.line = s.line
		if s.v.shared {
			c.emit(opLoadNil, at, 1, 0)
			c.bind(s.v, at)
			c.emit(opSetCell, at, c.next(s.fn), 0)
			c.free = at + 1
		} else {
			s.v.reg = at
			c.to(s.fn, at)
		}
	case *stmtFunction:
		c.line = s.line
		c.assign(s.target, s.fn, s.line)
	case *stmtAssign:
		c.line = s.line
		if len(s.targets) == 1 && len(s.exprs) == 1 {
			c.assign(s.targets[0], s.exprs[0], s.line)
		} else {
			c.assignMany(s)
		}
	case *stmtCall:
		c.call(s.call, 0)
	case *stmtDo:
		c.block(s.body)
	case *stmtWhile:
		c.while(s)
	case *stmtRepeat:
		c.repeat(s)
	case *stmtIf:
		c.ifs(s)
	case *stmtNumeric:
		c.numeric(s)
	case *stmtGeneric:
		c.generic(s)
	case *stmtReturn:
		c.returns(s)
	case *stmtBreak:
		c.line = s.line
		loop := len(c.breaks) - 1
		c.breaks[loop] = append(c.breaks[loop], c.emit(opJump, 0, 0, 0))
	default:
		panic(fmt.Sprintf("compiler: %T", s))
	}
	if !keep {
		c.free = free
	}
}

// assign sets one variable or element.
func (c *compiler) assign(target, e expr, line int) {
	switch x := target.(type) {
	case *exprLocal:
		if x.v.shared {
			c.emit(opSetCell, x.v.reg, c.rk(e), 0)
		} else if readsOnce(e) {
			c.to(e, x.v.reg)
		} else {
			c.emit(opMove, x.v.reg, c.next(e), 0)
		}
	case *exprUpvalue:
		c.emit(opSetUp, x.index, c.rk(e), 0)
	case *exprGlobal:
		v := c.rk(e)
		c.line = line
		c.emit(opSetGlobal, 0, v, c.constString(x.name))
	case *exprIndex:
		var t int
		late, isLate := isLate(x.table)
		if isLate {
			t = c.reserve(1)
		} else {
			t = c.reg(x.table)
		}
		k, v := c.pair(x.key, e)
		if isLate {
			c.emit(opGetCell, t, late.reg, 0)
		}
		c.line = line
		pc := c.emit(opSetTable, t, k, v)
		c.note(pc, roleTable, x.table)
	}
}

// readsOnce reports whether an expression's last instruction reads all that it
// needs, so that it may write into a variable that the expression reads.
func readsOnce(e expr) bool {
	switch e := e.(type) {
	case *exprNil, *exprTrue, *exprFalse, *exprNumber, *exprString, *exprLocal, *exprUpvalue, *exprGlobal, *exprIndex,
		*exprUnary, *exprDots, *exprFunction:
		return true
	case *exprBinary:
		return e.op < opEq
	}
	return false
}

func (c *compiler) assignMany(s *stmtAssign) {
	type place struct{ t, k int }
	places := make([]place, len(s.targets))
	for i, target := range s.targets {
		if x, ok := target.(*exprIndex); ok {
			places[i].t = c.next(x.table)
			switch x.key.(type) {
			case *exprNumber, *exprString:
				places[i].k = c.rk(x.key)
			default:
				places[i].k = c.next(x.key)
			}
		}
	}
	at := c.adjust(s.exprs, len(s.targets))
	for i := len(s.targets) - 1; i >= 0; i-- {
		c.line = s.line
		switch x := s.targets[i].(type) {
		case *exprLocal:
			if x.v.shared {
				c.emit(opSetCell, x.v.reg, at+i, 0)
			} else {
				c.emit(opMove, x.v.reg, at+i, 0)
			}
		case *exprUpvalue:
			c.emit(opSetUp, x.index, at+i, 0)
		case *exprGlobal:
			c.emit(opSetGlobal, 0, at+i, c.constString(x.name))
		case *exprIndex:
			pc := c.emit(opSetTable, places[i].t, places[i].k, at+i)
			c.note(pc, roleTable, x.table)
		}
	}
}

func (c *compiler) openLoop() { c.breaks = append(c.breaks, nil) }

func (c *compiler) closeLoop() {
	last := len(c.breaks) - 1
	c.patch(c.breaks[last]...)
	c.breaks = c.breaks[:last]
}

func (c *compiler) while(s *stmtWhile) {
	top := c.here()
	exit := c.jump(s.cond, false)
	c.openLoop()
	c.block(s.body)
	c.patchTo(top, c.emit(opJump, 0, 0, 0))
	c.patch(exit...)
	c.closeLoop()
}

func (c *compiler) repeat(s *stmtRepeat) {
	top := c.here()
	free := c.free
	c.openLoop()
	for _, inner := range s.body {
		c.stmt(inner)
	}
	c.line = s.line
	c.patchTo(top, c.jump(s.cond, false)...)
	c.free = free
	c.closeLoop()
}

func (c *compiler) ifs(s *stmtIf) {
	var ends []int
	for i, cond := range s.conds {
		skip := c.jump(cond, false)
		c.block(s.bodies[i])
		if i < len(s.bodies)-1 {
			ends = append(ends, c.emit(opJump, 0, 0, 0))
		}
		c.patch(skip...)
	}
	if len(s.bodies) > len(s.conds) {
		c.block(s.bodies[len(s.conds)])
	}
	c.patch(ends...)
}

func (c *compiler) numeric(s *stmtNumeric) {
	at := c.free
	c.next(s.start)
	c.next(s.limit)
	if s.step != nil {
		c.next(s.step)
	} else {
		c.emit(opLoadK, c.reserve(1), c.constNumber(1), 0)
	}
	c.line = s.doLine
	prep := c.emit(opForPrep, at, 0, 0)
	top := c.here()
	c.openLoop()
	c.bind(s.v, c.reserve(1))
	c.block(s.body)
	c.patch(prep)
	c.line = s.line
	c.emit(opForLoop, at, top, 0)
	c.closeLoop()
}

func (c *compiler) generic(s *stmtGeneric) {
	at := c.adjust(s.exprs, 3)
	c.free = at + 3
	start := c.emit(opJump, 0, 0, 0)
	top := c.here()
	c.openLoop()
	vars := c.reserve(max(len(s.vars), 3)) // a call takes three
	for i, v := range s.vars {
		c.bind(v, vars+i)
	}
	c.free = vars + len(s.vars)
	c.block(s.body)
	c.patch(start)
	c.line = s.line
	pc := c.emit(opTForLoop, at, top, len(s.vars))
	c.p.notes = append(c.p.notes, note{int32(pc), roleCall, "local", generator})
	c.closeLoop()
}

func (c *compiler) returns(s *stmtReturn) {
	if len(s.exprs) == 1 {
		if call, ok := s.exprs[0].(*exprCall); ok && !call.single {
			at := c.free
			c.call(call, -1)
			c.p.code[c.here()-1].op = opTailCall
			c.line = s.line
			c.emit(opReturn, at, 0, 0)
			return
		}
		if _, dots := s.exprs[0].(*exprDots); !dots {
			r := c.reg(s.exprs[0])
			c.line = s.line
			c.emit(opReturn, r, 2, 0)
			return
		}
	}
	at := c.free
	open := c.list(s.exprs)
	c.line = s.line
	if open {
		c.emit(opReturn, at, 0, 0)
	} else {
		c.emit(opReturn, at, len(s.exprs)+1, 0)
	}
}
