package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// Library says what foreign code that takes a go-redis client, or gives one out, does
// with it. The zero value is a library that nobody has looked at: it gets a bridge.
type Library struct {
	Stays bool   // no bridge is right for what it takes and gives
	Code  string // the reason of what meets it; "" says how it meets it
	Text  string // and what it does; may be empty
}

// library asks about a function, type or field of a foreign package.
func (a *analysis) library(obj types.Object) Library {
	if a.Library == nil || obj.Pkg() == nil {
		return Library{}
	}
	return a.Library(obj)
}

// handedOver lets a client pass into foreign code that a bridge is right for.
func (a *analysis) handedOver(x val, to types.Object, want types.Type) val {
	if a.library(to).Stays {
		return x
	}
	if v, ok := a.passingOwn(x, want); ok {
		return v
	}
	return a.passing(x, want)
}

// foreign is why a value that foreign code takes, gives or names has to stay.
func (a *analysis) foreign(obj types.Object, code, text string) Refusal {
	l := a.library(obj)
	if l.Code != "" {
		code = l.Code
	}
	if l.Text != "" {
		text += ": " + l.Text
	}
	return Refusal{Code: code, Text: text, Bridge: !l.Stays}
}

// asked hands what a method of the module returns to foreign code that uses go-redis
// and asks for it by an interface of its own: it may look at what it gets.
func (a *analysis) asked(m *types.Func, impl end) {
	if !impl.per || m.Pkg() == nil || a.module(m.Pkg()) || !a.Reaches(m.Pkg().Path()) {
		return
	}
	for i := range impl.sig.Results().Len() {
		v := a.objectVal(impl.sig.Results().At(i))
		if v.hard || inert(v.t) {
			continue
		}
		why := a.foreign(m, spec.EscapesAsAny, "returned to "+m.FullName()+", which uses go-redis")
		b := Blocker{a.position(token.NoPos), why.Code, why.Text}
		a.blocks = append(a.blocks, blockSink{v.n, a.outside(m, b), b})
	}
}

// bridge evaluates a call of one of the generated package's bridges, which an
// earlier run wrote: what comes out of it stays go-redis's, and its data is that
// of what went in.
func (a *analysis) bridge(e *ast.CallExpr, fun ast.Expr) ([]val, bool) {
	fn, ok := a.info.Uses[syntax.Name(fun)].(*types.Func)
	if !ok || a.Generated == "" || fn.Pkg() == nil || fn.Pkg().Path() != a.Generated || !a.isBridge(fn.Name()) {
		return nil, false
	}
	args := a.args(e)
	t := a.info.TypeOf(e)
	n := a.at(a.place(e.Rparen), kindLiteral)
	a.here = e.Pos()
	if !a.spanned[n] {
		a.spanned[n] = true
		far := n
		if !a.carries(t) && len(args) > 0 {
			far = args[0].n
		}
		a.bridges = append(a.bridges, bridgeCall{far, &Cut{Pos: a.position(e.Pos()), Expr: e, Func: fn.Name(), In: !a.carries(t), Near: -1, Far: -1}})
	}
	if !a.carries(t) {
		return []val{{n: n, t: t}}, true
	}
	a.mark(n, side{bridged: true})
	a.blockType(n, e.Pos(), spec.ForeignAPI, overBridge)
	return []val{value(n, t, true)}, true
}

// bridgeCall is a call of a bridge, with the value of go-redis's that it gives or takes.
type bridgeCall struct {
	far node
	*Cut
}

// reportBridges says what is behind the bridges that are there already.
func (a *analysis) reportBridges(r *Result, id func(node) int) {
	for _, b := range a.bridges {
		b.Blocker = Blocker{Pos: b.Pos, Code: spec.ForeignAPI, Text: overBridge}
		if a.side(b.far).held {
			b.Far = id(b.far)
		}
		r.Bridges = append(r.Bridges, b.Cut)
	}
	sort.SliceStable(r.Bridges, func(i, j int) bool { return before(r.Bridges[i].Pos, r.Bridges[j].Pos) })
}

// overBridge is the reason of what comes over a bridge, where nothing else is known.
const overBridge = "comes over a bridge"

// errorInterface reports whether t is a pointer to go-redis's interface of errors,
// which the errors of both sides have.
func (a *analysis) errorInterface(t types.Type) bool {
	p, ok := t.Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Pkg() != nil && a.goRedis(n.Obj().Pkg()) && n.Obj().Name() == "Error"
}

func isTestFile(name string) bool { return len(name) > 8 && name[len(name)-8:] == "_test.go" }
