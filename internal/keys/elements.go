package keys

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// isElements tells whether a variable of the type stands for its elements in a
// template: a slice, array, map or channel of something.
func isElements(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map, *types.Chan:
		return !isText(t)
	}
	return false
}

// elements joins the elements of a slice, array, map or channel; none when
// nothing is ever put in.
func (a *Analyzer) elements(e ast.Expr) set { return a.further(e, (*Analyzer).elementsIn) }

func (a *Analyzer) elementsIn(e ast.Expr, u *unit) set {
	info := u.pkg.Info
	if t := info.TypeOf(e); t != nil {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if !isElements(t) && !types.IsInterface(t) && !info.Types[e].IsNil() {
			return unknown(FromData, "an element of data")
		}
	}
	switch e := e.(type) {
	case *ast.CompositeLit:
		var s set
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			s = join(s, a.eval(x))
			if s.full() {
				return s.many("more than 16 elements")
			}
		}
		return s
	case *ast.Ident:
		switch obj := info.ObjectOf(e).(type) {
		case *types.Var:
			return a.elementsOfVar(obj)
		case *types.Nil:
			return set{}
		}
	case *ast.SelectorExpr:
		if v, ok := info.Uses[e.Sel].(*types.Var); ok {
			return a.elementsOfVar(v)
		}
	case *ast.SliceExpr:
		return a.elements(e.X)
	case *ast.IndexExpr: // of a map of slices
		return a.elements(e.X)
	case *ast.StarExpr:
		if un, ok := ast.Unparen(e.X).(*ast.UnaryExpr); ok && un.Op == token.AND {
			return a.elements(un.X)
		}
	case *ast.CallExpr:
		return a.elementsOfCall(e, info)
	}
	return unknown(FromData, "an element of data")
}

func (a *Analyzer) elementsOfVar(v *types.Var) set {
	v = v.Origin()
	pos := v.Pos()
	ws := a.idx.writes[pos]
	var s set
	if _, ok := a.idx.params[pos]; ok {
		// What a slice parameter stands for in a template is its elements.
		if s = a.param(v); len(ws) == 0 {
			return s
		}
	}
	if a.busy[pos] {
		a.cuts++
		return s // keys = append(keys, …): what else is in it is joined anyway
	}
	if a.global(v) || v.IsField() {
		u := a.idx.at(pos)
		by := a.idx.decoder(pos)
		switch {
		case u == nil:
			return unknown(FromData, fmt.Sprintf("an element of %s, whose source is not loaded", v.Name()))
		case by != "":
			return unknown(FromData, fmt.Sprintf("an element of %s, which %s sets", v.Name(), by))
		case a.settable(v):
			s = join(s, unknown(FromImporter, fmt.Sprintf("an element of %s, which importers set", v.Name())))
		}
	} else if len(ws) == 0 && !a.idx.zero[pos] {
		return unknown(FromData, "an element of "+v.Name())
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)
	s = a.put(v, ws, s)
	to, by := a.holders(v)
	for to := range to {
		s = a.put(v, elementWrites(a.idx.writes[to]), s)
	}
	if by.fills {
		s = join(s, unknown(FromData, fmt.Sprintf("an element of %s, which %s changes", v.Name(), by.name)))
	}
	if s.full() {
		return s.many("more than 16 elements")
	}
	return s
}

// put joins what the writes put into a slice, map or channel.
func (a *Analyzer) put(v *types.Var, ws []write, s set) set {
	for _, w := range a.relevant(v, ws) {
		switch w.how {
		case value, returned:
			s = join(s, a.elementsOfResult(w.expr, w.index))
		case element:
			s = join(s, a.eval(w.expr))
		case spread, elementsOf:
			s = join(s, a.elements(w.expr))
		default:
			s = join(s, unknown(FromData, fmt.Sprintf("an element of %s: %s", v.Name(), w.why)))
		}
		if s.full() {
			return s.many("more than 16 elements")
		}
	}
	return s
}

// elementsOfResult is elements of e, or of one of its results.
func (a *Analyzer) elementsOfResult(e ast.Expr, index int) set {
	if index < 0 {
		return a.elements(e)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if u := a.idx.at(e.Pos()); u != nil {
			if sig, ok := u.pkg.Info.TypeOf(e.Fun).Underlying().(*types.Signature); ok && index < sig.Results().Len() && isElements(sig.Results().At(index).Type()) {
				return a.call(e, u.pkg.Info, index)
			}
		}
	case *ast.IndexExpr: // v, ok := m[k]
		if index == 0 {
			return a.elements(e.X)
		}
	}
	return unknown(FromData, "an element of a result")
}

// mapKeys joins the keys of a map.
func (a *Analyzer) mapKeys(e ast.Expr) set { return a.further(e, (*Analyzer).mapKeysIn) }

func (a *Analyzer) mapKeysIn(e ast.Expr, u *unit) set {
	data := unknown(FromData, "a key of a map")
	switch e := e.(type) {
	case *ast.CompositeLit:
		var s set
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				s = join(s, a.eval(kv.Key))
			}
		}
		if s.full() {
			return s.many("more than 16 keys of a map")
		}
		return s
	case *ast.CallExpr:
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok && u.pkg.Info.Uses[id] == types.Universe.Lookup("make") {
			return set{}
		}
		return data
	}
	var v *types.Var
	switch e := e.(type) {
	case *ast.Ident:
		v, _ = u.pkg.Info.ObjectOf(e).(*types.Var)
	case *ast.SelectorExpr:
		v, _ = u.pkg.Info.Uses[e.Sel].(*types.Var)
	}
	if v == nil {
		return data
	}
	v = v.Origin()
	pos := v.Pos()
	open := a.settable(v) || a.idx.decoder(pos) != ""
	ws := a.idx.writes[pos]
	if _, ok := a.idx.params[pos]; ok || open || a.mutable(v) || len(ws) == 0 && !a.idx.zero[pos] {
		return unknown(FromData, "a key of the map "+v.Name())
	}
	if a.busy[pos] {
		a.cuts++
		return set{}
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)
	var s set
	for _, w := range a.relevant(v, ws) {
		switch {
		case w.key != nil:
			s = join(s, a.eval(w.key))
		case w.how == value && w.index < 0:
			s = join(s, a.mapKeys(w.expr))
		default:
			s = join(s, unknown(FromData, "a key of the map "+v.Name()))
		}
		if s.full() {
			return s.many("more than 16 keys of a map")
		}
	}
	return s
}

// elementsOfCall joins the elements of a slice that a call returns.
func (a *Analyzer) elementsOfCall(n *ast.CallExpr, info *types.Info) set {
	if tv, ok := info.Types[n.Fun]; ok && tv.IsType() && len(n.Args) == 1 {
		return a.elements(n.Args[0])
	}
	obj := typeutil.Callee(info, n)
	if b, ok := obj.(*types.Builtin); ok {
		switch b.Name() {
		case "append":
			s := a.elements(n.Args[0])
			for i, arg := range n.Args[1:] {
				if n.Ellipsis.IsValid() && i == len(n.Args)-2 {
					s = join(s, a.elements(arg))
				} else {
					s = join(s, a.eval(arg))
				}
			}
			return s
		case "make", "new":
			return set{}
		}
	}
	if fn, ok := obj.(*types.Func); ok && len(n.Args) > 0 {
		switch fn.FullName() {
		case "slices.Clone", "slices.Sorted", "slices.Collect", "slices.Compact", "slices.Values", "maps.Values":
			return a.elements(n.Args[0])
		case "maps.Keys":
			return a.mapKeys(n.Args[0])
		case "slices.Concat":
			var s set
			for _, arg := range n.Args {
				if n.Ellipsis.IsValid() {
					return unknown(FromData, "an element of several slices")
				}
				s = join(s, a.elements(arg))
			}
			return s
		}
	}
	if sig, ok := info.TypeOf(n.Fun).Underlying().(*types.Signature); ok && sig.Results().Len() > 0 && isElements(sig.Results().At(0).Type()) {
		return a.call(n, info, 0)
	}
	return unknown(FromData, "an element of the result of "+types.ExprString(n.Fun))
}

// list gives the elements of a slice, each by itself and in order, where it is
// written out, appended to in one expression, or what a call in hand passes.
func (a *Analyzer) list(e ast.Expr, info *types.Info) ([]set, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		if !isElements(info.TypeOf(e)) {
			return nil, false
		}
		out := make([]set, 0, len(e.Elts))
		for _, x := range e.Elts {
			if _, ok := x.(*ast.KeyValueExpr); ok {
				return nil, false
			}
			out = append(out, a.eval(x))
		}
		return out, true
	case *ast.CallExpr:
		id, ok := ast.Unparen(e.Fun).(*ast.Ident)
		if !ok || info.Uses[id] != types.Universe.Lookup("append") || len(e.Args) == 0 {
			return nil, false
		}
		out, ok := a.list(e.Args[0], info)
		if !ok {
			return nil, false
		}
		out = out[:len(out):len(out)]
		for i, arg := range e.Args[1:] {
			if e.Ellipsis.IsValid() && i == len(e.Args)-2 {
				more, ok := a.list(arg, info)
				if !ok {
					return nil, false
				}
				out = append(out, more...)
				continue
			}
			out = append(out, a.eval(arg))
		}
		return out, true
	case *ast.Ident:
		v, ok := info.Uses[e].(*types.Var)
		if !ok {
			return nil, info.Types[e].IsNil()
		}
		ws := a.idx.writes[v.Pos()]
		if _, ok := a.idx.params[v.Pos()]; ok {
			b, ok := a.bound(v)
			return b.list, ok && b.listed && len(ws) == 0 && !a.mutable(v)
		}
		if len(ws) == 1 && ws[0].how == value && ws[0].index < 0 && !a.idx.zero[v.Pos()] && !v.IsField() && !a.mutable(v) && a.idx.owner[v.Pos()] != nil && !a.busy[v.Pos()] {
			a.busy[v.Pos()] = true
			defer delete(a.busy, v.Pos())
			return a.list(ws[0].expr, info)
		}
	}
	return nil, false
}
