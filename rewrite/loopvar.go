package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
)

// loopVars returns where a loop variable of the files outlives its iteration by
// a closure or by its address. Before go 1.22 all iterations share it, from
// go 1.22 on each has its own: raising the go line changes what such code does.
//
// A closure that is called on the spot, func() { … }(), and not by go or defer,
// has ended before the next iteration: it is not reported.
func loopVars(files []*ast.File, info *types.Info) []token.Pos {
	var out []token.Pos
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt:
				if init, ok := n.Init.(*ast.AssignStmt); ok && init.Tok == token.DEFINE {
					out = append(out, captured(n.Body, defined(info, init.Lhs...), info)...)
					if n.Post != nil {
						out = append(out, captured(n.Post, defined(info, init.Lhs...), info)...)
					}
				}
			case *ast.RangeStmt:
				if n.Tok == token.DEFINE {
					out = append(out, captured(n.Body, defined(info, n.Key, n.Value), info)...)
				}
			}
			return true
		})
	}
	return out
}

func defined(info *types.Info, names ...ast.Expr) map[types.Object]bool {
	vars := map[types.Object]bool{}
	for _, e := range names {
		if id, ok := e.(*ast.Ident); ok {
			if obj := info.Defs[id]; obj != nil {
				vars[obj] = true
			}
		}
	}
	return vars
}

// captured returns the uses of vars below n that outlive an iteration.
func captured(n ast.Node, vars map[types.Object]bool, info *types.Info) []token.Pos {
	if len(vars) == 0 {
		return nil
	}
	var out []token.Pos
	immediate := map[*ast.FuncLit]bool{}
	spawned := map[*ast.CallExpr]bool{}
	var walk func(n ast.Node, inside bool)
	walk = func(n ast.Node, inside bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				spawned[n.Call] = true
			case *ast.DeferStmt:
				spawned[n.Call] = true
			case *ast.CallExpr:
				if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok && !spawned[n] {
					immediate[lit] = true
				}
			case *ast.FuncLit:
				walk(n.Body, inside || !immediate[n])
				return false
			case *ast.UnaryExpr:
				if id := root(n.X, info); n.Op == token.AND && id != nil && vars[info.Uses[id]] {
					out = append(out, id.Pos())
					return false
				}
			case *ast.SliceExpr: // slicing an array takes its address
				if t := info.TypeOf(n.X); t != nil {
					if _, ok := t.Underlying().(*types.Array); ok {
						if id := root(n.X, info); id != nil && vars[info.Uses[id]] {
							out = append(out, id.Pos())
						}
					}
				}
			case *ast.SelectorExpr: // a method value or call that takes the address
				if sel := info.Selections[n]; sel != nil && sel.Kind() == types.MethodVal && !inside {
					if id := root(n.X, info); id != nil && vars[info.Uses[id]] && addressTaken(sel) {
						out = append(out, id.Pos())
						return false
					}
				}
			case *ast.Ident:
				if inside && vars[info.Uses[n]] {
					out = append(out, n.Pos())
				}
			}
			return true
		})
	}
	walk(n, false)
	return out
}

// addressTaken reports whether a method selection implicitly takes its
// receiver's address.
func addressTaken(sel *types.Selection) bool {
	fn, ok := sel.Obj().(*types.Func)
	if !ok {
		return false
	}
	recv := fn.Type().(*types.Signature).Recv()
	if recv == nil || sel.Indirect() {
		return false
	}
	_, wantsPointer := recv.Type().Underlying().(*types.Pointer)
	_, isPointer := sel.Recv().Underlying().(*types.Pointer)
	return wantsPointer && !isPointer
}

// root is the variable of which e is a part without passing through a pointer.
func root(e ast.Expr, info *types.Info) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		if t := info.TypeOf(e.X); t != nil && !throughPointer(t) {
			return root(e.X, info)
		}
	case *ast.IndexExpr:
		if t := info.TypeOf(e.X); t != nil {
			if _, ok := t.Underlying().(*types.Array); ok {
				return root(e.X, info)
			}
		}
	}
	return nil
}
