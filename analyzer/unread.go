package analyzer

import "go/ast"

// unread notes the calls whose result is not looked at but for its error:
//
//	rdb.Del(ctx, key)
//	err := rdb.Del(ctx, key).Err()
//	_, err := rdb.Del(ctx, key).Result()
//	_ = rdb.Del(ctx, key)
//
// Whatever else is done with a result (a variable, an argument, a return) may read it.
func (f *finder) unread(n ast.Node) {
	switch n := n.(type) {
	case *ast.ExprStmt:
		f.done[ast.Unparen(n.X)] = true
	case *ast.DeferStmt:
		f.done[n.Call] = true
	case *ast.GoStmt:
		f.done[n.Call] = true
	case *ast.CallExpr:
		if call := receiver(n, "Err"); call != nil {
			f.done[call] = true
		}
	case *ast.AssignStmt:
		if len(n.Rhs) != 1 || !blank(n.Lhs[0]) {
			return
		}
		value := ast.Unparen(n.Rhs[0])
		if len(n.Lhs) == 1 {
			f.done[value] = true
			return
		}
		if call, ok := value.(*ast.CallExpr); ok {
			if of := receiver(call, "Result"); of != nil {
				f.done[of] = true
			}
		}
	}
}

// receiver is the call on whose result a method without arguments is called, nil if n
// is something else.
func receiver(n *ast.CallExpr, method string) ast.Expr {
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != method || len(n.Args) != 0 {
		return nil
	}
	if call, ok := ast.Unparen(sel.X).(*ast.CallExpr); ok {
		return call
	}
	return nil
}

func blank(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && id.Name == "_"
}
