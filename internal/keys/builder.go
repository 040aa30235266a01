package keys

import (
	"go/ast"
	"go/types"
	"strings"
)

// builder reads strings.Builder and bytes.Buffer: what is written at the top of
// the function in order, a hole from the first loop or branch on.
func (a *Analyzer) builder(fn *types.Func, n *ast.CallExpr, info *types.Info) (set, bool) {
	switch fn.FullName() {
	case "(*strings.Builder).String", "(*bytes.Buffer).String", "(*bytes.Buffer).Bytes":
	default:
		return set{}, false
	}
	data := unknown(FromData, "built by a "+strings.TrimSuffix(fn.FullName()[2:], ")."+fn.Name()))
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok {
		return data, true
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return data, true
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok || v.IsField() {
		return data, true
	}
	body := a.idx.bodyAround(n)
	if body == nil {
		return data, true
	}
	s := text("")
	for _, st := range body.List {
		if st.Pos() <= n.Pos() && n.End() <= st.End() {
			if _, simple := st.(*ast.ReturnStmt); !simple {
				if _, simple := st.(*ast.AssignStmt); !simple {
					if _, simple := st.(*ast.ExprStmt); !simple {
						return concat(s, data), true
					}
				}
			}
			return s, true
		}
		if !mentions(st, v, info) {
			continue
		}
		if rng, ok := st.(*ast.RangeStmt); ok {
			if all, ok := a.loop(rng, v, info); ok {
				s = concat(s, all)
				continue
			}
		}
		arg, ok := builderWrite(st, v, info)
		if !ok {
			if declares(st, v, info) {
				continue
			}
			return concat(s, data), true
		}
		if arg == nil {
			return concat(s, data), true
		}
		if call, ok := arg.(*ast.CallExpr); ok && isFprintf(call, info) {
			tail := *call
			tail.Args = call.Args[1:]
			s = concat(s, a.sprintf(&tail, info))
			continue
		}
		s = concat(s, a.argument(arg, info))
	}
	return concat(s, data), true
}

func mentions(n ast.Node, v *types.Var, info *types.Info) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && info.ObjectOf(id) == v {
			found = true
		}
		return !found
	})
	return found
}

// declares tells whether the statement only makes the empty builder.
func declares(st ast.Stmt, v *types.Var, info *types.Info) bool {
	switch st := st.(type) {
	case *ast.DeclStmt:
		g, ok := st.Decl.(*ast.GenDecl)
		if !ok {
			return false
		}
		for _, sp := range g.Specs {
			if vs, ok := sp.(*ast.ValueSpec); !ok || len(vs.Values) > 0 {
				return false
			}
		}
		return true
	case *ast.AssignStmt:
		if len(st.Lhs) == 1 && len(st.Rhs) == 1 {
			if id, ok := st.Lhs[0].(*ast.Ident); ok && info.Defs[id] == v {
				e := ast.Unparen(st.Rhs[0])
				if un, ok := e.(*ast.UnaryExpr); ok {
					e = un.X
				}
				lit, ok := e.(*ast.CompositeLit)
				return ok && len(lit.Elts) == 0
			}
		}
	case *ast.ExprStmt:
		if call, ok := st.X.(*ast.CallExpr); ok {
			sel, ok := call.Fun.(*ast.SelectorExpr)
			return ok && sel.Sel.Name == "Grow"
		}
	}
	return false
}

// builderWrite gives the text that a statement writes to v.
func builderWrite(st ast.Stmt, v *types.Var, info *types.Info) (ast.Expr, bool) {
	var e ast.Expr
	switch st := st.(type) {
	case *ast.ExprStmt:
		e = st.X
	case *ast.AssignStmt:
		if len(st.Rhs) != 1 {
			return nil, false
		}
		e = st.Rhs[0]
	default:
		return nil, false
	}
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	if isFprintf(call, info) {
		return call, true
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return nil, false
	}
	if id, ok := ast.Unparen(sel.X).(*ast.Ident); !ok || info.Uses[id] != v {
		return nil, false
	}
	switch sel.Sel.Name {
	case "WriteString", "Write":
		return call.Args[0], true
	case "WriteByte", "WriteRune":
		return nil, true
	}
	return nil, false
}

func isFprintf(call *ast.CallExpr, info *types.Info) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return false
	}
	fn, ok := info.Uses[sel.Sel].(*types.Func)
	return ok && fn.FullName() == "fmt.Fprintf"
}

// loop reads a loop that does nothing but write the elements of a slice
// parameter, one behind the other.
func (a *Analyzer) loop(rng *ast.RangeStmt, v *types.Var, info *types.Info) (set, bool) {
	if len(rng.Body.List) != 1 || rng.Value == nil {
		return set{}, false
	}
	arg, ok := builderWrite(rng.Body.List[0], v, info)
	if !ok || arg == nil {
		return set{}, false
	}
	elem, ok := rng.Value.(*ast.Ident)
	if !ok {
		return set{}, false
	}
	if id, ok := ast.Unparen(arg).(*ast.Ident); !ok || info.ObjectOf(id) != info.ObjectOf(elem) {
		return set{}, false
	}
	return a.sliceParam(rng.X, "", info)
}
