// Package syntax answers what several passes ask of Go's syntax. It knows no types.
package syntax

import (
	"go/ast"
	"slices"
)

// Name is the identifier that an expression names something by: x of x, (x) and p.x;
// nil for any other expression.
func Name(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

// UsesCgo reports whether one of the files imports "C".
func UsesCgo(files []*ast.File) bool {
	return slices.ContainsFunc(files, func(f *ast.File) bool {
		return slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"C"` })
	})
}
