package redislua

import (
	"fmt"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// The globals that Compile puts calls of into a script. No script can spell
// them.
const (
	concatName = "\x00concat" // what ".." becomes
	growName   = "\x00grow"   // counts what a block makes
	sizedName  = "\x00sized"  // counts a table of a list of values
)

// A rewriter walks a script's syntax. It makes ".." a call, and begins each
// block that may run often with a call that counts the bytes of the tables,
// functions and fields that the block makes.
type rewriter struct {
	unit unit
	err  error
	hot  bool // in a loop or a function
	made int  // bytes that one run of the current block makes
}

// loop rewrites a block that may run often, with what an expression made that
// is evaluated as often.
func (rw *rewriter) loop(stmts []ast.Stmt, made int) []ast.Stmt {
	hot := rw.hot
	rw.hot = true
	stmts = rw.block(stmts, made)
	rw.hot = hot
	return stmts
}

// condition rewrites an expression and returns the bytes that it makes.
func (rw *rewriter) condition(e *ast.Expr) int {
	outer := rw.made
	rw.made = 0
	*e = rw.expr(*e)
	made := rw.made
	rw.made = outer
	return made
}

// block rewrites statements. goto, which Lua 5.1 does not have, is an error.
func (rw *rewriter) block(stmts []ast.Stmt, made int) []ast.Stmt {
	outer := rw.made
	rw.made = made
	for _, stmt := range stmts {
		rw.stmt(stmt)
	}
	made, rw.made = rw.made, outer
	if made == 0 || !rw.hot {
		return stmts
	}
	line := 1
	if len(stmts) > 0 {
		line = stmts[0].Line()
	}
	count := &ast.NumberExpr{Value: strconv.Itoa(made)}
	count.SetLine(line)
	call := &ast.FuncCallStmt{Expr: calling(growName, line, count)}
	call.SetLine(line)
	return append([]ast.Stmt{call}, stmts...)
}

// calling is a call of one of the hidden globals.
func calling(global string, line int, args ...ast.Expr) *ast.FuncCallExpr {
	name := &ast.IdentExpr{Value: global}
	name.SetLine(line)
	call := &ast.FuncCallExpr{Func: name, Args: args, AdjustRet: true}
	call.SetLine(line)
	call.SetLastLine(line)
	return call
}

func (rw *rewriter) stmt(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		for _, target := range s.Lhs {
			if _, ok := target.(*ast.AttrGetExpr); ok {
				rw.made += fieldBytes
			}
		}
		rw.exprs(s.Lhs)
		rw.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		rw.exprs(s.Exprs)
	case *ast.FuncCallStmt:
		s.Expr = rw.expr(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts = rw.block(s.Stmts, 0)
	case *ast.WhileStmt:
		s.Stmts = rw.loop(s.Stmts, rw.condition(&s.Condition))
	case *ast.RepeatStmt:
		s.Stmts = rw.loop(s.Stmts, rw.condition(&s.Condition))
	case *ast.IfStmt:
		s.Condition = rw.expr(s.Condition)
		s.Then = rw.block(s.Then, 0)
		s.Else = rw.block(s.Else, 0)
	case *ast.NumberForStmt:
		s.Init, s.Limit = rw.expr(s.Init), rw.expr(s.Limit)
		if s.Step != nil {
			s.Step = rw.expr(s.Step)
		}
		s.Stmts = rw.loop(s.Stmts, 0)
	case *ast.GenericForStmt:
		rw.exprs(s.Exprs)
		s.Stmts = rw.loop(s.Stmts, 0)
	case *ast.FuncDefStmt:
		rw.made += closureBytes + fieldBytes
		s.Func.Stmts = rw.loop(s.Func.Stmts, 0)
	case *ast.GotoStmt:
		rw.err = fmt.Errorf("%s%s:%d: '=' expected near '%s'", rw.unit.compiling, rw.unit.chunk, s.Line(), s.Label)
	case *ast.LabelStmt:
		rw.err = fmt.Errorf("%s%s:%d: unexpected symbol near '::'", rw.unit.compiling, rw.unit.chunk, s.Line())
	case *ast.ReturnStmt:
		rw.exprs(s.Exprs)
	}
}

func (rw *rewriter) exprs(exprs []ast.Expr) {
	for i := range exprs {
		exprs[i] = rw.expr(exprs[i])
	}
}

func (rw *rewriter) expr(expr ast.Expr) ast.Expr {
	switch e := expr.(type) {
	case *ast.AttrGetExpr:
		e.Object, e.Key = rw.expr(e.Object), rw.expr(e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				f.Key = rw.expr(f.Key)
			}
			f.Value = rw.expr(f.Value)
			rw.made += fieldBytes
		}
		rw.made += tableBytes
		if n := len(e.Fields); rw.hot && n > 0 && e.Fields[n-1].Key == nil && many(e.Fields[n-1].Value) {
			return calling(sizedName, e.Line(), e)
		}
	case *ast.FuncCallExpr:
		if e.Func != nil {
			e.Func = rw.expr(e.Func)
		}
		if e.Receiver != nil {
			e.Receiver = rw.expr(e.Receiver)
		}
		rw.exprs(e.Args)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = rw.expr(e.Lhs), rw.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = rw.expr(e.Lhs), rw.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = rw.expr(e.Lhs), rw.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		e.Expr = rw.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = rw.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = rw.expr(e.Expr)
	case *ast.FunctionExpr:
		rw.made += closureBytes
		e.Stmts = rw.loop(e.Stmts, 0)
	case *ast.StringConcatOpExpr:
		return rw.concat(e)
	}
	return expr
}

// concat turns a chain a .. b .. c into one call, so that a long chain
// builds one string rather than one for each operator.
func (rw *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	var args []ast.Expr
	var last ast.Expr = e
	for {
		c, ok := last.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		args = append(args, single(rw.expr(c.Lhs)))
		last = c.Rhs
	}
	args = append(args, single(rw.expr(last)))
	call := calling(concatName, e.Line(), args...)
	call.SetLastLine(e.LastLine())
	return call
}

// many reports whether an expression may have several values.
func many(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// single keeps an operand from spreading into several values as a call's last
// argument does.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}
