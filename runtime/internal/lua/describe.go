package lua

import "strings"

// describe is the kind and the name of a variable, empty for other expressions.
func describe(e expr) (kind, name string) {
	switch e := e.(type) {
	case *exprLocal:
		return "local", e.v.name
	case *exprUpvalue:
		return "upvalue", e.name
	case *exprGlobal:
		return "global", e.name
	case *exprIndex:
		if s, ok := e.key.(*exprString); ok {
			name, _, _ = strings.Cut(s.v, "\x00")
			return "field", name
		}
		return "field", "?"
	case *exprParen:
		return describe(e.x)
	case *exprLogic:
		return describe(landing(e, nil, false))
	}
	return "", ""
}

// A turn is an "and" or an "or" around an operand on its left: what the other
// operand is, and whether that is looked at when the first is true.
type turn struct {
	and   bool
	y     expr
	not   bool // y is under a "not"
	outer *turn
}

// landing is the operand of a logical expression by whose name Lua 5.1 calls the
// value, nil when by none. Lua looks for the instruction that wrote the register
// last and follows, without running anything, each jump ahead: that of the first
// operand, then that of the operand where it lands, and so on. Only an operand
// that is reached so and that no jump leaves has written the register.
func landing(e expr, around *turn, not bool) expr {
	switch x := e.(type) {
	case *exprParen:
		if isLogic(x.x) {
			return landing(x.x, around, not)
		}
	case *exprUnary:
		if x.op == opNot && around != nil && isLogic(x.x) {
			return landing(x.x, around, !not)
		}
	case *exprLogic:
		return landing(x.x, &turn{x.and != not, x.y, not, around}, not)
	}
	if around == nil {
		return e
	}
	if truth, known := constantTruth(e); known && truth != not == around.and {
		return landing(around.y, around.outer, around.not) // Lua leaves it out
	}
	for to := around.outer; to != nil; to = to.outer {
		if to.and != around.and {
			return landing(to.y, to.outer, to.not)
		}
	}
	return nil
}

func isLogic(e expr) bool {
	switch e := e.(type) {
	case *exprLogic:
		return true
	case *exprParen:
		return isLogic(e.x)
	case *exprUnary:
		return e.op == opNot && isLogic(e.x)
	}
	return false
}

// constantTruth is how a condition that is a constant decides.
func constantTruth(e expr) (truth, known bool) {
	switch e.(type) {
	case *exprTrue, *exprNumber, *exprString:
		return true, true
	case *exprNil, *exprFalse:
		return false, true
	}
	return false, false
}
