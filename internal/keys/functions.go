package keys

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/syntax"
)

// A target is a function that a value may be: a declared one, or a literal that
// call made, when it came out of the function maker.
type target struct {
	fn    *function
	expl  bool
	maker *function
	call  *ast.CallExpr
}

// callValue joins the results of all functions that the called expression can be.
func (a *Analyzer) callValue(n *ast.CallExpr, info *types.Info, index int) set {
	targets, all := a.functions(n.Fun, info)
	if len(targets) == 0 {
		return unknown(Unknown, "result of the function value "+types.ExprString(n.Fun))
	}
	var s set
	for _, t := range targets {
		one := a.apply(t.fn, n, info, index, t.expl)
		if t.maker != nil {
			if u := a.idx.at(t.call.Pos()); u != nil {
				one = a.fill(t.maker, one, t.call, u.pkg.Info, false)
			}
		}
		s = join(s, one)
		if s.full() {
			return s.many(fmt.Sprintf("the function value %s has more than 16 results", types.ExprString(n.Fun)))
		}
	}
	if !all {
		s = join(s, unknown(Unknown, fmt.Sprintf("the function value %s is more than what is in sight", types.ExprString(n.Fun))))
	}
	return s
}

// functions gives the functions that e may stand for. all is false when there may
// be others.
func (a *Analyzer) functions(e ast.Expr, info *types.Info) (targets []target, all bool) {
	if a.tooFar() {
		return nil, false
	}
	a.depth++
	defer func() { a.depth-- }()
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		if fn := a.idx.funcs[e.Pos()]; fn != nil {
			return []target{{fn: fn}}, true
		}
	case *ast.Ident:
		switch obj := info.Uses[e].(type) {
		case *types.Func:
			return a.declared(obj, false)
		case *types.Var:
			return a.held(obj)
		case *types.Nil:
			return nil, true
		}
	case *ast.SelectorExpr:
		switch obj := info.Uses[e.Sel].(type) {
		case *types.Func:
			sel := info.Selections[e]
			return a.declared(obj, sel != nil && sel.Kind() == types.MethodExpr)
		case *types.Var:
			return a.held(obj)
		}
	case *ast.IndexExpr:
		if fn, ok := info.Uses[syntax.Name(e.X)].(*types.Func); ok {
			return a.declared(fn, false) // an instance of a generic function
		}
		return a.among(e.X, info)
	case *ast.CallExpr:
		if tv, ok := info.Types[e.Fun]; ok && tv.IsType() && len(e.Args) == 1 {
			return a.functions(e.Args[0], info)
		}
		return a.made(e, info)
	}
	return nil, false
}

func (a *Analyzer) declared(obj *types.Func, expl bool) ([]target, bool) {
	obj = obj.Origin()
	if iface := interfaceOf(obj); iface != nil {
		var out []target
		for _, m := range a.idx.methods[obj.Name()] {
			if !m.unit.test && a.implements(m, iface) {
				out = append(out, target{fn: m, expl: expl})
			}
		}
		return out, len(out) > 0
	}
	if fn := a.idx.funcs[obj.Pos()]; fn != nil {
		return []target{{fn: fn, expl: expl}}, true
	}
	return nil, false
}

// held gives the functions that a variable is ever set to.
func (a *Analyzer) held(v *types.Var) (targets []target, all bool) {
	v = v.Origin()
	pos := v.Pos()
	if a.busy[pos] {
		return nil, true
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)
	all = true
	more := func(t []target, ok bool) {
		targets = append(targets, t...)
		all = all && ok
	}
	ws := a.idx.writes[pos]
	if p, ok := a.idx.params[pos]; ok {
		more(a.handed(p))
	} else if a.settable(v) || len(ws) == 0 {
		all = false
	}
	for _, w := range a.relevant(v, ws) {
		u := (*unit)(nil)
		if w.expr != nil {
			u = a.idx.at(w.expr.Pos())
		}
		switch {
		case u == nil:
			all = false
		case w.how == value && w.index < 0 && w.key == nil:
			more(a.functions(w.expr, u.pkg.Info))
		case w.how == elementsOf:
			more(a.among(w.expr, u.pkg.Info))
		default:
			all = false
		}
		if len(targets) > MaxPatterns {
			return nil, false
		}
	}
	return targets, all
}

// handed gives the functions that callers pass for a parameter.
func (a *Analyzer) handed(p parameter) (targets []target, all bool) {
	if p.index < 0 || p.fn.obj == nil || p.variadic || a.reachable(p.fn) || a.escapes(p.fn) {
		return nil, false
	}
	all = true
	for _, c := range programs(a.callsOf(p.fn), p.fn.unit.test) {
		u := a.idx.at(c.expr.Pos())
		i := p.index
		if c.expl {
			i++
		}
		if u == nil || i >= len(c.expr.Args) {
			return targets, false
		}
		t, ok := a.functions(c.expr.Args[i], u.pkg.Info)
		targets = append(targets, t...)
		all = all && ok
		if len(targets) > MaxPatterns {
			return nil, false
		}
	}
	return targets, all
}

// among gives the functions that are elements of a slice, array or map.
func (a *Analyzer) among(e ast.Expr, info *types.Info) (targets []target, all bool) {
	e = ast.Unparen(e)
	all = true
	more := func(t []target, ok bool) {
		targets = append(targets, t...)
		all = all && ok
	}
	switch e := e.(type) {
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			more(a.functions(x, info))
		}
		return targets, all
	case *ast.CallExpr:
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok && info.Uses[id] == types.Universe.Lookup("make") {
			return nil, true
		}
		return nil, false
	}
	v, ok := info.Uses[syntax.Name(e)].(*types.Var)
	if !ok {
		return nil, false
	}
	v = v.Origin()
	_, isParam := a.idx.params[v.Pos()]
	if isParam || a.settable(v) || a.busy[v.Pos()] || a.mutable(v) {
		return nil, false
	}
	a.busy[v.Pos()] = true
	defer delete(a.busy, v.Pos())
	for _, w := range a.relevant(v, a.idx.writes[v.Pos()]) {
		var u *unit
		if w.expr != nil {
			u = a.idx.at(w.expr.Pos())
		}
		switch {
		case u == nil:
			all = false
		case w.how == element:
			more(a.functions(w.expr, u.pkg.Info))
		case w.how == value && w.index < 0:
			more(a.among(w.expr, u.pkg.Info))
		default:
			all = false
		}
	}
	return targets, all
}

// made gives the literals that a function returns to a call.
func (a *Analyzer) made(n *ast.CallExpr, info *types.Info) (targets []target, all bool) {
	makers, all := a.functions(n.Fun, info)
	for _, m := range makers {
		if m.maker != nil || m.expl || a.busy[m.fn.pos] {
			return nil, false
		}
		a.busy[m.fn.pos] = true
		ast.Inspect(m.fn.body, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				if len(x.Results) != 1 {
					all = false
					return true
				}
				t, ok := a.functions(x.Results[0], m.fn.unit.pkg.Info)
				all = all && ok
				for _, one := range t {
					if one.maker != nil {
						all = false
						continue
					}
					one.maker, one.call = m.fn, n
					targets = append(targets, one)
				}
			}
			return true
		})
		delete(a.busy, m.fn.pos)
	}
	return targets, all
}
