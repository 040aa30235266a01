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

// maxSteps bounds the expressions that are looked at for one key. Most keys need
// less than a hundred; a field that a whole program writes to would need
// millions, and has no pattern in the end.
const maxSteps = 5000

// tooFar tells whether a question has become too deep or too long; what it asks
// for is a hole then.
func (a *Analyzer) tooFar() bool {
	if a.steps++; a.depth < maxDepth && a.steps < maxSteps {
		return false
	}
	a.cuts++
	return true
}

// further answers a question about an expression of which the source is there, one
// step further.
func (a *Analyzer) further(e ast.Expr, answer func(*Analyzer, ast.Expr, *unit) set) set {
	if a.tooFar() {
		return unknown(Unknown, "built in too many steps")
	}
	a.depth++
	defer func() { a.depth-- }()
	e = ast.Unparen(e)
	u := a.idx.at(e.Pos())
	if u == nil {
		return unknown(Unknown, "its source was not loaded")
	}
	return answer(a, e, u)
}

// eval gives the templates of e, over the parameters of the functions around
// it. It never fails and never gives none: what it cannot follow is a hole.
func (a *Analyzer) eval(e ast.Expr) set { return a.further(e, (*Analyzer).evalIn) }

func (a *Analyzer) evalIn(e ast.Expr, u *unit) set {
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
			if r, ok := a.now[obj]; ok && within(r.in, e.Pos()) {
				return r.set.orHole("variable " + obj.Name())
			}
			if s, ok := a.filled(obj); ok {
				return s
			}
			if s, ok := a.local(obj, e, info); ok {
				return s
			}
			return a.variable(obj)
		case *types.Nil:
			return text("")
		}
	case *ast.SelectorExpr:
		if v, ok := info.Uses[e.Sel].(*types.Var); ok {
			if s, ok := a.filled(v); ok {
				return s
			}
			return a.variable(v)
		}
	case *ast.CallExpr:
		return a.call(e, info, 0).orHole("result of a call")
	case *ast.IndexExpr:
		if isText(info.TypeOf(e.X)) {
			return unknown(FromData, "a byte of a text")
		}
		return a.elements(e.X).orHole("an element of data")
	case *ast.SliceExpr:
		return a.cut(e, info)
	case *ast.StarExpr:
		return a.pointee(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.ARROW {
			return a.elements(e.X).orHole("received from a channel")
		}
	case *ast.TypeAssertExpr:
		if e.Type != nil && isText(info.TypeOf(e)) {
			return a.eval(e.X)
		}
		return unknown(FromData, "asserted from an interface value")
	case *ast.CompositeLit:
		switch t := info.TypeOf(e); {
		case isText(t):
			return a.bytes(e, info)
		case isElements(t):
			return a.elements(e).orHole("an element of data")
		}
		return unknown(FromData, "a struct")
	}
	return unknown(Unknown, fmt.Sprintf("built by a %s", node(e)))
}

// filled is the text of bytes that something changes in place.
func (a *Analyzer) filled(v *types.Var) (set, bool) {
	if !shared(v.Type()) || !a.mutable(v) {
		return set{}, false
	}
	return unknown(FromData, "bytes that are changed in place"), true
}

// bytes reads []byte{'a', 'b'}.
func (a *Analyzer) bytes(e *ast.CompositeLit, info *types.Info) set {
	s := text("")
	for _, x := range e.Elts {
		if _, ok := x.(*ast.KeyValueExpr); ok {
			return unknown(FromData, "bytes by index")
		}
		s = concat(s, a.character(x, info))
	}
	return s
}

// cut reads x[:0], x[:] and x[n:] and x[:n] of a constant.
func (a *Analyzer) cut(e *ast.SliceExpr, info *types.Info) set {
	if e.Low == nil && e.High == nil {
		return a.eval(e.X)
	}
	low, high := 0, -1
	for _, end := range [...]struct {
		e ast.Expr
		n *int
	}{{e.Low, &low}, {e.High, &high}} {
		if end.e == nil {
			continue
		}
		tv := info.Types[end.e]
		if tv.Value == nil {
			return unknown(FromData, "part of a text")
		}
		n, ok := constant.Int64Val(tv.Value)
		if !ok {
			return unknown(FromData, "part of a text")
		}
		*end.n = int(n)
	}
	if high == 0 {
		return text("")
	}
	s := a.eval(e.X)
	if whole, ok := constantOf(s); ok && low <= len(whole) && high <= len(whole) && (high < 0 || low <= high) {
		if high < 0 {
			high = len(whole)
		}
		return text(whole[low:high])
	}
	return unknown(FromData, "part of a text")
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
	return unknown(FromData, "behind the pointer "+types.ExprString(e))
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
	case *types.Interface:
		return textual(t)
	}
	return false
}

// textual tells whether a constraint allows nothing but texts: ~string | []byte.
func textual(t *types.Interface) bool {
	if t.IsMethodSet() || t.NumEmbeddeds() == 0 {
		return false
	}
	for e := range t.EmbeddedTypes() {
		if u, ok := e.(*types.Union); ok {
			for term := range u.Terms() {
				if !isText(term.Type()) {
					return false
				}
			}
		} else if !isText(e) {
			return false
		}
	}
	return true
}

// result is e, or one of its results when it is a call with several.
func (a *Analyzer) result(e ast.Expr, index int) set {
	if index < 0 {
		return a.eval(e)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if u := a.idx.at(e.Pos()); u != nil {
			return a.call(e, u.pkg.Info, index).orHole("result of a call")
		}
	case *ast.IndexExpr: // v, ok := m[k]
		if index == 0 {
			return join(a.eval(e), text(""))
		}
	case *ast.TypeAssertExpr, *ast.UnaryExpr: // v, ok := x.(string); v, ok := <-ch
		if index == 0 {
			return join(a.eval(e), text(""))
		}
	}
	return unknown(FromData, "one of several results")
}
