package flow

import (
	"go/ast"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// keepOptions remembers the variables that are set to a client's own options, in
// which every default is filled in.
func (a *analysis) keepOptions(s *ast.AssignStmt) {
	if len(s.Lhs) != len(s.Rhs) {
		return
	}
	for i, l := range s.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok || !a.clientOptions(s.Rhs[i]) {
			continue
		}
		if v, ok := a.info.ObjectOf(id).(*types.Var); ok {
			a.options[v] = true
		}
	}
}

// clientOptions reports whether e is what a client says of its options.
func (a *analysis) clientOptions(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		fn, ok := a.info.Uses[syntax.Name(e.Fun)].(*types.Func)
		return ok && fn.Name() == "Options" && a.tracked(fn.Pkg())
	case *ast.Ident:
		v, ok := a.info.Uses[e].(*types.Var)
		return ok && a.options[v]
	}
	return false
}

// readDefault notes that a program reads an option from a client which may hold
// another default afterwards.
func (a *analysis) readDefault(n node, e *ast.SelectorExpr, f *types.Var) {
	if a.Default == nil || a.written[e] || !a.clientOptions(e.X) {
		return
	}
	if was, is := a.Default(f); was != is {
		a.note(n, e.Sel.Pos(), spec.DefaultDiffers, f.Name()+" is "+is+" unless the program sets it, and "+was+" in its go-redis")
	}
}
