package keys

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
)

// maxDepth bounds how far values are followed. Key functions three deep, each
// with a local and a field, need about twenty.
const maxDepth = 48

// eval gives the templates of e, over the parameters of the functions around
// it. It never fails: what it cannot follow is a hole.
func (a *Analyzer) eval(e ast.Expr) set {
	if a.depth >= maxDepth {
		a.cuts++
		return unknown(Unknown, "built in too many steps")
	}
	a.depth++
	defer func() { a.depth-- }()

	e = ast.Unparen(e)
	u := a.idx.at(e.Pos())
	if u == nil {
		return unknown(Unknown, "its source was not loaded")
	}
	info := u.pkg.Info
	if tv, ok := info.Types[e]; ok && tv.Value != nil {
		return constantText(tv.Value)
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD && isText(info.TypeOf(e)) {
			return concat(a.eval(e.X), a.eval(e.Y))
		}
		return unknown(FromData, "computed")
	case *ast.Ident:
		switch obj := info.ObjectOf(e).(type) {
		case *types.Var:
			return a.variable(obj)
		case *types.Nil:
			return text("")
		}
	case *ast.SelectorExpr:
		if v, ok := info.Uses[e.Sel].(*types.Var); ok {
			return a.variable(v)
		}
	case *ast.CallExpr:
		return a.call(e, info, 0)
	case *ast.IndexExpr:
		if isText(info.TypeOf(e.X)) {
			return unknown(FromData, "a byte of a text")
		}
		return a.elements(e.X)
	case *ast.SliceExpr:
		// x[:0] of a byte slice, x[1:] of a string: some part of the text.
		return unknown(FromData, "part of a text")
	case *ast.StarExpr:
		return a.pointee(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.ARROW {
			return unknown(FromData, "received from a channel")
		}
	case *ast.TypeAssertExpr:
		return unknown(FromData, "asserted from an interface value")
	case *ast.CompositeLit:
		return a.elements(e)
	}
	return unknown(Unknown, fmt.Sprintf("built by a %s", node(e)))
}

// node names a kind of expression for people.
func node(e ast.Expr) string {
	switch e.(type) {
	case *ast.FuncLit:
		return "function value"
	case *ast.SelectorExpr:
		return "method value"
	}
	return fmt.Sprintf("%T", e)[len("*ast."):]
}

// pointee follows *p where p is an address that was taken in sight.
func (a *Analyzer) pointee(e ast.Expr) set {
	if un, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && un.Op == token.AND {
		return a.eval(un.X)
	}
	return unknown(FromData, "behind a pointer")
}

func constantText(v constant.Value) set {
	switch v.Kind() {
	case constant.String:
		return text(constant.StringVal(v))
	case constant.Int:
		return text(v.ExactString())
	case constant.Bool:
		return text(v.String())
	case constant.Float:
		if f, ok := constant.Float64Val(v); ok {
			return text(strconv.FormatFloat(f, 'g', -1, 64))
		}
	}
	return unknown(Unknown, "a constant that is no text")
}

// isText tells whether t is a string or a slice of bytes.
func isText(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0
	case *types.Slice:
		b, ok := t.Elem().Underlying().(*types.Basic)
		return ok && b.Kind() == types.Uint8
	case *types.TypeParam:
		return true
	}
	return false
}

// variable joins what is written to v.
func (a *Analyzer) variable(v *types.Var) set {
	v = v.Origin()
	pos := v.Pos()
	if _, ok := a.idx.params[pos]; ok {
		// A parameter that is assigned to in its function is its argument or
		// what is assigned.
		s := set{alts: []template{{{kind: param, pos: pos, text: v.Name()}}}}
		if ws := a.idx.writes[pos]; len(ws) > 0 {
			return a.written(v, ws, s)
		}
		return s
	}
	ws := a.idx.writes[pos]
	if len(ws) == 0 {
		switch {
		case v.IsField():
			return a.unwritten(v)
		case v.Pkg() != nil && v.Parent() == v.Pkg().Scope() && a.idx.at(pos) == nil:
			return unknown(FromData, fmt.Sprintf("variable %s.%s", v.Pkg().Name(), v.Name()))
		case isText(v.Type()):
			return text("") // declared and never set
		}
		return unknown(FromData, "variable "+v.Name())
	}
	s := a.written(v, ws, set{})
	if v.IsField() || v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		s = s.keep()
	}
	return s
}

// unwritten is a field that nothing in sight sets.
func (a *Analyzer) unwritten(v *types.Var) set {
	if v.Pkg() == nil {
		return unknown(FromData, "field "+v.Name())
	}
	u := a.idx.at(v.Pos())
	if u != nil && v.Exported() && !u.pkg.Closed {
		return unknown(FromImporter, fmt.Sprintf("field %s, which importers set", v.Name()))
	}
	return unknown(FromData, fmt.Sprintf("field %s, which no code in sight sets", v.Name()))
}

// written joins the writes to v, start among them.
func (a *Analyzer) written(v *types.Var, ws []write, start set) set {
	pos := v.Pos()
	if a.busy[pos] {
		a.cuts++
		return unknown(Unknown, fmt.Sprintf("%s is built from itself", v.Name()))
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)

	s, grows := start, false
	for _, w := range a.relevant(ws) {
		switch w.how {
		case value:
			s = join(s, a.result(w.expr, w.index))
		case suffix:
			grows = true
		case element:
			return unknown(FromData, fmt.Sprintf("an element of %s", v.Name()))
		case elementsOf:
			s = join(s, a.elements(w.expr))
		default:
			s = join(s, unknown(FromData, fmt.Sprintf("variable %s: %s", v.Name(), w.why)))
		}
		if len(s.alts) > MaxPatterns {
			return unknown(Unknown, fmt.Sprintf("variable %s has more than 16 values", v.Name()))
		}
	}
	if grows {
		// How often and in what order is not known: a hole covers none, one and
		// many.
		s = concat(s, unknown(FromData, fmt.Sprintf("appended to %s", v.Name())))
	}
	return s.withoutEmpty()
}

// relevant leaves out what tests write when the program writes too: a key is
// what the program makes of it.
func (a *Analyzer) relevant(ws []write) []write {
	n := 0
	for _, w := range ws {
		if !w.test {
			n++
		}
	}
	if n == 0 || n == len(ws) {
		return ws
	}
	out := make([]write, 0, n)
	for _, w := range ws {
		if !w.test {
			out = append(out, w)
		}
	}
	return out
}

// result is e, or one of its results when it is a call with several.
func (a *Analyzer) result(e ast.Expr, index int) set {
	if index < 0 {
		return a.eval(e)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if u := a.idx.at(e.Pos()); u != nil {
			return a.call(e, u.pkg.Info, index)
		}
	case *ast.IndexExpr: // v, ok := m[k]
		if index == 0 {
			return a.elements(e.X)
		}
	}
	return unknown(FromData, "one of several results")
}

// elements joins the elements of a slice, array or map.
func (a *Analyzer) elements(e ast.Expr) set {
	if a.depth >= maxDepth {
		a.cuts++
		return unknown(Unknown, "built in too many steps")
	}
	a.depth++
	defer func() { a.depth-- }()

	e = ast.Unparen(e)
	u := a.idx.at(e.Pos())
	if u == nil {
		return unknown(Unknown, "its source was not loaded")
	}
	info := u.pkg.Info
	switch e := e.(type) {
	case *ast.CompositeLit:
		var s set
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			s = join(s, a.eval(x))
			if len(s.alts) > MaxPatterns {
				return unknown(Unknown, "more than 16 elements")
			}
		}
		return s
	case *ast.Ident:
		if v, ok := info.ObjectOf(e).(*types.Var); ok {
			return a.elementsOfVar(v)
		}
	case *ast.SelectorExpr:
		if v, ok := info.Uses[e.Sel].(*types.Var); ok {
			return a.elementsOfVar(v)
		}
	case *ast.SliceExpr:
		return a.elements(e.X)
	case *ast.CallExpr:
		return a.elementsOfCall(e, info)
	}
	return unknown(FromData, "an element of data")
}

func (a *Analyzer) elementsOfVar(v *types.Var) set {
	v = v.Origin()
	pos := v.Pos()
	if _, ok := a.idx.params[pos]; ok {
		// What a slice parameter stands for in a template is its elements.
		return set{alts: []template{{{kind: param, pos: pos, text: v.Name()}}}}
	}
	ws := a.idx.writes[pos]
	if len(ws) == 0 {
		if v.IsField() {
			return a.unwritten(v)
		}
		if a.idx.at(pos) == nil {
			return unknown(FromData, "an element of "+v.Name())
		}
		return set{}
	}
	if a.busy[pos] {
		a.cuts++
		return set{} // keys = append(keys, …): what else is in it is joined anyway
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)
	var s set
	for _, w := range a.relevant(ws) {
		switch w.how {
		case value:
			if w.index >= 0 {
				s = join(s, unknown(FromData, "an element of a result"))
				continue
			}
			s = join(s, a.elements(w.expr))
		case element:
			s = join(s, a.eval(w.expr))
		default:
			s = join(s, unknown(FromData, fmt.Sprintf("an element of %s: %s", v.Name(), w.why)))
		}
		if len(s.alts) > MaxPatterns {
			return unknown(Unknown, "more than 16 elements")
		}
	}
	return s
}
