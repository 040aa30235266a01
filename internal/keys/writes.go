package keys

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// variable gives the variable that e names: a local, a global, a field.
func (w *walker) variable(e ast.Expr) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v, ok := w.info.ObjectOf(e).(*types.Var); ok {
			return v
		}
	case *ast.SelectorExpr:
		if v, ok := w.info.Uses[e.Sel].(*types.Var); ok {
			return v
		}
	case *ast.IndexExpr:
		// x[i] = v: one of the elements
		return w.variable(e.X)
	case *ast.SliceExpr:
		// copy(x[2:], v), x[2:][0] = v
		return w.variable(e.X)
	}
	return nil
}

// source gives the variable whose elements the value of e has: ys, ys[1:],
// append(ys, …), T(ys).
func (w *walker) source(e ast.Expr) *types.Var {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) > 0 {
		id, _ := ast.Unparen(call.Fun).(*ast.Ident)
		if tv := w.info.Types[call.Fun]; tv.IsType() || id != nil && w.info.Uses[id] == types.Universe.Lookup("append") {
			return w.source(call.Args[0])
		}
		return nil
	}
	if _, ok := e.(*ast.IndexExpr); ok {
		return nil // one of the elements is not what holds them
	}
	return w.variable(e)
}

// indexOf gives what stands between the brackets of x[i], nil for others.
func indexOf(e ast.Expr) ast.Expr {
	if at, ok := ast.Unparen(e).(*ast.IndexExpr); ok {
		return at.Index
	}
	return nil
}

func (w *walker) write(v *types.Var, wr write) {
	if v == nil || v.Name() == "_" {
		return
	}
	wr.test, wr.in = w.unit.test, w.fn
	pos := v.Origin().Pos()
	w.writes[pos] = append(w.writes[pos], wr)
	if wr.how == value && shared(v.Type()) {
		w.giveTo(wr.expr, loan{to: v.Origin()})
	}
	if wr.how != value || wr.index >= 0 {
		return
	}
	if lit, ok := ast.Unparen(wr.expr).(*ast.FuncLit); ok {
		if fn := w.literal(lit); fn != nil {
			fn.held = loan{to: v.Origin()}
		}
	}
	if shared(v.Type()) {
		if from := w.source(wr.expr); from != nil && from.Origin().Pos() != pos && shared(from.Type()) {
			w.lent[from.Origin().Pos()] = append(w.lent[from.Origin().Pos()], loan{to: v.Origin()})
			w.overwrite(from, wr)
		}
	}
}

// giveTo notes a loan of what a call returns.
func (w *walker) giveTo(e ast.Expr, l loan) {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if fn, ok := typeutil.Callee(w.info, call).(*types.Func); ok {
			pos := fn.Origin().Pos()
			w.given[pos] = append(w.given[pos], l)
		}
	}
}

// overwrite notes what append(x[:n], …) writes to the elements of x itself.
func (w *walker) overwrite(x *types.Var, wr write) {
	call, ok := ast.Unparen(wr.expr).(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return
	}
	if part, ok := ast.Unparen(call.Args[0]).(*ast.SliceExpr); !ok || part.High == nil {
		return
	}
	for _, arg := range call.Args[1:] {
		one := write{how: element, expr: arg, index: -1, pos: wr.pos}
		if call.Ellipsis.IsValid() {
			one.how = spread
		}
		w.write(x, one)
	}
}

func (w *walker) assign(n *ast.AssignStmt) {
	app := n.Tok == token.ADD_ASSIGN
	other := n.Tok != token.ASSIGN && n.Tok != token.DEFINE && !app
	for i, l := range n.Lhs {
		v := w.variable(l)
		if v == nil {
			continue
		}
		if n.Tok == token.DEFINE {
			w.own(l)
		}
		wr := write{how: value, index: -1, pos: l.Pos(), key: indexOf(l)}
		switch {
		case other:
			wr.how, wr.why = opaque, "it is computed"
		case len(n.Lhs) == len(n.Rhs):
			wr.expr = n.Rhs[i]
			if app {
				wr.how = suffix
			}
		default:
			wr.expr, wr.index = n.Rhs[0], i
		}
		if wr.key != nil {
			if wr.how == value && wr.index < 0 {
				wr.how = element
			} else {
				wr.how, wr.why = opaque, "an element is computed"
			}
		}
		w.write(v, wr)
	}
}

// own notes the function that a local is declared in.
func (w *walker) own(e ast.Expr) {
	if id, ok := e.(*ast.Ident); ok && w.fn != nil {
		if v, ok := w.info.Defs[id].(*types.Var); ok {
			w.owner[v.Pos()] = w.fn
		}
	}
}

func (w *walker) spec(n *ast.ValueSpec) {
	for i, name := range n.Names {
		v, ok := w.info.Defs[name].(*types.Var)
		if !ok {
			continue
		}
		w.own(name)
		switch len(n.Values) {
		case 0:
			w.zero[v.Pos()] = true
		case len(n.Names):
			w.write(v, write{how: value, expr: n.Values[i], index: -1, pos: name.Pos()})
		default:
			w.write(v, write{how: value, expr: n.Values[0], index: i, pos: name.Pos()})
		}
	}
}

func (w *walker) ranges(n *ast.RangeStmt) {
	for _, e := range [...]ast.Expr{n.Key, n.Value} {
		if e == nil {
			continue
		}
		if n.Tok == token.DEFINE {
			w.own(e)
		}
		wr := write{how: elementsOf, expr: n.X, index: -1, why: "it ranges over data", pos: e.Pos()}
		if e == n.Key {
			switch w.info.TypeOf(n.X).Underlying().(type) {
			case *types.Map:
				wr.how = keysOf
			case *types.Chan:
			default:
				wr.how, wr.expr = opaque, nil
			}
		}
		w.write(w.variable(e), wr)
	}
}

// composite notes the fields that a struct literal sets.
func (w *walker) composite(n *ast.CompositeLit) {
	t := w.info.TypeOf(n)
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem() // &T elided in a slice literal
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				if v, ok := w.info.Uses[id].(*types.Var); ok {
					w.write(v, write{how: value, expr: kv.Value, index: -1, pos: kv.Pos()})
				}
			}
			continue
		}
		if i < st.NumFields() {
			w.write(st.Field(i), write{how: value, expr: e, index: -1, pos: e.Pos()})
		}
	}
}
