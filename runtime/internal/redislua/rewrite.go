package redislua

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// concatName is the global that ".." becomes a call of. No script can spell it.
const concatName = "\x00concat"

// A rewriter walks a script's syntax.
type rewriter struct{ err error }

// block replaces every a .. b by a call of concat, in place. goto, which Lua 5.1
// does not have, is an error.
func (rw *rewriter) block(stmts []ast.Stmt) {
	for _, stmt := range stmts {
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			rw.exprs(s.Lhs)
			rw.exprs(s.Rhs)
		case *ast.LocalAssignStmt:
			rw.exprs(s.Exprs)
		case *ast.FuncCallStmt:
			s.Expr = rw.expr(s.Expr)
		case *ast.DoBlockStmt:
			rw.block(s.Stmts)
		case *ast.WhileStmt:
			s.Condition = rw.expr(s.Condition)
			rw.block(s.Stmts)
		case *ast.RepeatStmt:
			s.Condition = rw.expr(s.Condition)
			rw.block(s.Stmts)
		case *ast.IfStmt:
			s.Condition = rw.expr(s.Condition)
			rw.block(s.Then)
			rw.block(s.Else)
		case *ast.NumberForStmt:
			s.Init, s.Limit, s.Step = rw.expr(s.Init), rw.expr(s.Limit), rw.expr(s.Step)
			rw.block(s.Stmts)
		case *ast.GenericForStmt:
			rw.exprs(s.Exprs)
			rw.block(s.Stmts)
		case *ast.FuncDefStmt:
			rw.block(s.Func.Stmts)
		case *ast.GotoStmt:
			rw.err = fmt.Errorf("%suser_script:%d: '=' expected near '%s'", compiling, s.Line(), s.Label)
		case *ast.LabelStmt:
			rw.err = fmt.Errorf("%suser_script:%d: unexpected symbol near '::'", compiling, s.Line())
		case *ast.ReturnStmt:
			rw.exprs(s.Exprs)
		}
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
		rw.block(e.Stmts)
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
	name := &ast.IdentExpr{Value: concatName}
	name.SetLine(e.Line())
	call := &ast.FuncCallExpr{Func: name, Args: args, AdjustRet: true}
	call.SetLine(e.Line())
	call.SetLastLine(e.LastLine())
	return call
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
