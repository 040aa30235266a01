package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// call evaluates a call to its results.
func (a *analysis) call(e *ast.CallExpr) []val {
	if vs, ok := a.calls[e]; ok {
		return vs
	}
	a.calls[e] = nil
	vs := a.callNow(e)
	a.calls[e] = vs
	return vs
}

func (a *analysis) callNow(e *ast.CallExpr) []val {
	fun := ast.Unparen(e.Fun)
	tv := a.info.Types[fun]
	switch {
	case tv.IsType():
		return []val{a.conversion(a.typeExpr(fun), tv.Type, e)}
	case tv.IsBuiltin():
		return a.builtin(fun, e)
	}
	a.callee[fun] = true
	callee := a.val(fun)
	if vs, ok := a.bridge(e, fun); ok {
		return vs
	}
	sig, ok := types.Unalias(a.info.TypeOf(fun)).Underlying().(*types.Signature)
	if !ok {
		for _, arg := range e.Args {
			a.val(arg)
		}
		return nil
	}
	args := a.args(e)
	fn, _ := typeutil.Callee(a.info, e).(*types.Func)
	switch {
	case fn == nil:
		return a.callValue(callee, sig, args)
	case a.tracked(fn.Pkg()):
		return a.callTracked(e, callee, fn, sig, args)
	case a.module(fn.Pkg()):
		for i, arg := range e.Args {
			p, _ := paramAt(sig, i, len(e.Args))
			a.give(p, arg)
		}
		return a.callModule(callee, fn.Origin(), sig, args)
	default:
		if a.here < e.Pos() || a.here >= e.End() { // what was last seen stands elsewhere
			a.here = e.Pos()
		}
		return a.callForeign(e, callee, fn, sig, args)
	}
}

// args are the values of a call's arguments; f(g()) spreads g's results.
func (a *analysis) args(e *ast.CallExpr) []val {
	if len(e.Args) == 1 {
		if inner, ok := ast.Unparen(e.Args[0]).(*ast.CallExpr); ok {
			if t, ok := a.info.TypeOf(inner).(*types.Tuple); ok && t.Len() > 1 {
				return a.call(inner)
			}
		}
	}
	out := make([]val, len(e.Args))
	for i, arg := range e.Args {
		out[i] = a.val(arg)
	}
	return out
}

// paramAt returns the parameter that takes argument i, and the argument's type
// in it: the element of a variadic parameter.
func paramAt(sig *types.Signature, i, nargs int) (*types.Var, types.Type) {
	n := sig.Params().Len()
	if n == 0 {
		return nil, nil
	}
	if sig.Variadic() && i >= n-1 {
		p := sig.Params().At(n - 1)
		return p, elemType(p.Type())
	}
	if i >= n {
		return nil, nil
	}
	return sig.Params().At(i), sig.Params().At(i).Type()
}

func (a *analysis) conversion(t val, typ types.Type, e *ast.CallExpr) val {
	v := value(a.fresh(), typ, a.carries(typ))
	if v.hard && t.hard {
		a.union(v.n, t.n)
	}
	for _, arg := range e.Args {
		x := a.val(arg)
		a.unsafely(v, x, arg.Pos())
		a.flow(v, x)
	}
	return v
}

func (a *analysis) builtin(fun ast.Expr, e *ast.CallExpr) []val {
	name := ""
	switch f := fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	switch name {
	case "new", "make":
		t := a.typeExpr(e.Args[0])
		for _, arg := range e.Args[1:] {
			a.val(arg)
		}
		v := value(a.fresh(), a.info.TypeOf(e), t.hard)
		if t.hard {
			a.union(v.n, t.n)
		}
		return []val{v}
	case "recover":
		return []val{{n: hub}}
	}
	args := a.args(e)
	switch name {
	case "append":
		typ := a.info.TypeOf(e)
		v := value(a.fresh(), typ, a.carries(typ))
		a.flow(v, args[0])
		for _, x := range args[1:] {
			if x.t != nil && types.Identical(x.t.Underlying(), typ.Underlying()) {
				a.flow(v, x)
			} else {
				a.flow(value(v.n, elemType(typ), v.hard), x)
			}
		}
		return []val{v}
	case "copy":
		a.flow(args[0], args[1])
	case "panic":
		a.escape(args[0], nil, a.anyType(), "panic")
	}
	return []val{{}}
}

// callValue calls a function value: a variable, a field, a result.
func (a *analysis) callValue(f val, sig *types.Signature, args []val) []val {
	for i, x := range args {
		if p, t := paramAt(sig, i, len(args)); p != nil {
			a.flow(value(f.n, t, f.hard && a.carries(t)), x)
		}
	}
	return a.results(sig, func(r *types.Var) val {
		if a.carries(r.Type()) {
			return value(f.n, r.Type(), true)
		}
		return value(f.n, r.Type(), false)
	})
}

func (a *analysis) results(sig *types.Signature, f func(*types.Var) val) []val {
	out := make([]val, sig.Results().Len())
	for i := range out {
		out[i] = f(sig.Results().At(i))
	}
	return out
}

// callModule calls a function or method that the module declares. sig is the
// instantiated signature, fn the generic origin.
func (a *analysis) callModule(callee val, fn *types.Func, sig *types.Signature, args []val) []val {
	origin := fn.Type().(*types.Signature)
	var hard []node // tracked values that go through type parameters
	for i, x := range args {
		p, t := paramAt(origin, i, len(args))
		if p == nil {
			continue
		}
		dst := value(a.object(p), t, a.carries(p.Type()))
		if x.hard && !dst.hard && mentionsTypeParam(p.Type()) {
			a.satisfyParam(x, dst)
			hard = append(hard, x.n)
			a.source(x.n, x.t, false, dst.n)
			if isFuncType(x.t) {
				a.edge(x.n, dst.n)
				a.edge(dst.n, x.n)
			}
			continue
		}
		a.flow(dst, x)
	}
	if callee.hard { // explicit type arguments or a generic receiver
		hard = append(hard, callee.n)
	}
	i := -1
	return a.results(sig, func(r *types.Var) val {
		i++
		o := a.objectVal(origin.Results().At(i))
		if o.hard || !a.carries(r.Type()) {
			return value(o.n, r.Type(), o.hard)
		}
		v := value(a.fresh(), r.Type(), true)
		for _, n := range hard {
			a.union(v.n, n)
		}
		a.graph.sink(o.n, v.n, r.Type())
		return v
	})
}

func isFuncType(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// callTracked calls go-redis (or miniredis) itself.
func (a *analysis) callTracked(e *ast.CallExpr, callee val, fn *types.Func, sig *types.Signature, args []val) []val {
	out := val{n: a.fresh()}
	constructor := sig.Recv() == nil && fn.Type().(*types.Signature).Recv() == nil
	if constructor && sig.Results().Len() > 0 {
		if k, _ := a.kindOf(sig.Results().At(0).Type(), false); k != noClient {
			a.mark(callee.n, side{made: true, shipped: !isTestFile(a.position(e.Pos()).Filename)})
		}
	}
	for i, x := range args {
		p, t := paramAt(sig, i, len(args))
		if p == nil {
			continue
		}
		switch {
		case x.hard && a.instruments(fn.Pkg()):
			a.union(callee.n, x.n)
		case a.carries(p.Type()):
			a.flow(value(callee.n, t, callee.hard), x)
			if isFuncType(x.t) { // a closure's error comes back out of the call
				a.edge(x.n, out.n)
			}
		case x.hard && isFuncType(x.t):
			a.union(callee.n, x.n)
		case x.hard: // redis.Nil handed to SetErr or NewStringResult
			if a.portable[x.n] {
				a.tieNodes(callee.n, x.n)
			} else if isError(x.t) {
				a.union(callee.n, x.n)
			}
		case types.Identical(t, errorType):
			a.graph.tieSink(x.n, callee.n)
			a.edge(x.n, out.n)
		case constructor && isText(t):
			a.graph.sink(x.n, callee.n, types.Typ[types.String])
			if i < len(e.Args) && strings.HasSuffix(fn.Name(), "URL") {
				a.address(callee.n, e.Args[i])
			}
		case isFuncType(x.t):
			a.edge(x.n, out.n)
		}
	}
	return a.results(sig, func(r *types.Var) val {
		if a.carries(r.Type()) {
			return value(callee.n, r.Type(), true)
		}
		v := val{n: a.fresh(), t: r.Type()}
		a.edge(out.n, v.n)
		if types.IsInterface(r.Type()) || isMiniredis(fn.Pkg()) && fn.Name() == "Addr" {
			a.source(callee.n, r.Type(), false, v.n)
		}
		if isFuncType(r.Type()) {
			a.source(callee.n, errorType, false, v.n)
		}
		return v
	})
}

// pure are packages that hand nothing on except by their results.
var pure = map[string]bool{
	"errors": true, "fmt": true, "log": true, "strings": true, "strconv": true, "bytes": true,
	"testing": true, "time": true, "math": true, "sort": true, "slices": true, "maps": true,
	"os": false, "encoding/json": true, "unicode/utf8": true, "path": true, "io": true, "log/slog": true,
	"github.com/pkg/errors": true, "golang.org/x/xerrors": true, "go.uber.org/multierr": true,
	"github.com/stretchr/testify/assert": true, "github.com/stretchr/testify/require": true,
	"go.uber.org/zap": true, "github.com/sirupsen/logrus": true, "github.com/rs/zerolog": true,
}

// callForeign calls code outside the module.
func (a *analysis) callForeign(e *ast.CallExpr, callee val, fn *types.Func, sig *types.Signature, args []val) []val {
	path := ""
	if fn.Pkg() != nil {
		path = fn.Pkg().Path()
	}
	if path == "errors" && len(args) == 2 {
		switch fn.Name() {
		case "Is":
			a.compare(args[0], args[1])
			return []val{{}}
		case "As":
			if args[1].hard {
				if a.errorInterface(args[1].t) {
					a.graph.tieSink(args[0].n, args[1].n)
				} else {
					a.graph.sink(args[0].n, args[1].n, errorType)
				}
				if args[0].hard {
					a.union(args[0].n, args[1].n)
				}
			}
			a.edge(args[0].n, args[1].n)
			return []val{{}}
		}
	}
	origin := fn.Origin().Type().(*types.Signature)
	declared := a.carries(origin)
	out := a.fresh()
	if !pure[path] {
		a.edge(hub, out)
	}
	var together []node // tracked values that meet in one foreign call
	if callee.hard && !declared {
		together = append(together, callee.n)
	}
	if callee.hard {
		a.inspected(fn, e, callee)
	}
	context := givesContext(sig) && !a.ownKey(fn, args)
	for i, x := range args {
		a.inspected(fn, e, x)
		p, t := paramAt(origin, i, len(args))
		if p == nil {
			continue
		}
		if !pure[path] {
			x = a.handedOver(x, fn, t)
		}
		if context {
			a.inContext(x)
		}
		switch {
		case a.carries(p.Type()):
			if x.hard {
				a.refuse(x.n, e.Args[min(i, len(e.Args)-1)].Pos(), a.foreign(fn, spec.ForeignAPI, "passed to "+fn.FullName()))
			} else if !isNil(x.t) {
				a.satisfy(x, value(a.hidden(fn), t, true))
				a.refuse(a.hidden(fn), e.Pos(), a.foreign(fn, spec.ForeignAPI, "passed to "+fn.FullName()))
			}
		case x.hard:
			together = append(together, x.n)
			if mentionsTypeParam(p.Type()) {
				break
			}
			a.source(x.n, x.t, a.sentinels[x.n], out)
			if !pure[path] {
				a.escape(x, fn, t, fn.FullName())
			}
		default:
			a.edge(x.n, out)
			a.satisfy(x, value(hub, t, false))
			if !pure[path] {
				a.escape(x, fn, t, fn.FullName())
			}
		}
		if x.t != nil && comesBack(x.t) && !x.hard {
			a.edge(out, x.n)
		}
	}
	for _, n := range together[min(1, len(together)):] {
		a.union(together[0], n)
	}
	return a.results(sig, func(r *types.Var) val {
		switch {
		case declared && a.carries(r.Type()):
			n := a.hidden(fn)
			a.refuse(n, e.Pos(), a.foreign(fn, spec.ForeignAPI, "comes from "+fn.FullName()))
			return value(n, r.Type(), true)
		case a.carries(r.Type()):
			v := value(a.fresh(), r.Type(), true)
			for _, n := range together {
				a.union(v.n, n)
			}
			a.graph.sink(out, v.n, r.Type())
			return v
		}
		if fn.Pkg() != nil && a.Reaches(path) && types.IsInterface(r.Type()) && !types.Identical(r.Type(), errorType) {
			n := a.hidden(fn)
			a.blockType(n, e.Pos(), spec.EscapesAsAny, "comes from "+fn.FullName()+", which uses go-redis")
			a.source(n, r.Type(), false, out)
		}
		return value(out, r.Type(), false)
	})
}

// comesBack reports whether foreign code can put something into an argument: a
// pointer it fills, a function it calls.
func comesBack(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Signature, *types.Map, *types.Slice, *types.Chan:
		return true
	}
	return false
}

// escape hands a value to foreign code as something that is not a go-redis type.
func (a *analysis) escape(x val, to types.Object, t types.Type, where string) {
	if x.n == 0 {
		return
	}
	reaches := to != nil && to.Pkg() != nil && a.Reaches(to.Pkg().Path())
	if !x.hard {
		a.edge(x.n, hub)
		if reaches && !plain(x.t) {
			from := x.n
			if isContext(x.t) {
				from = a.contexts
			}
			b := Blocker{a.position(token.NoPos), spec.EscapesAsAny, "may reach " + where + ", which uses go-redis"}
			a.blocks = append(a.blocks, blockSink{from, a.outside(to, b), b})
		}
		return
	}
	a.source(x.n, x.t, a.sentinels[x.n], hub)
	if isFuncType(x.t) {
		a.edge(x.n, hub)
		a.edge(hub, x.n)
		if t != nil && isAny(t) { // wired together by reflection
			a.union(x.n, a.reflected)
		}
	}
	switch {
	case !reaches:
	case a.portable[x.n]:
		a.tieNodes(x.n, a.outside(to, Blocker{a.position(token.NoPos), spec.EscapesAsAny, "passed to " + where + ", which uses go-redis"}))
	default:
		a.refuse(x.n, token.NoPos, a.foreign(to, spec.EscapesAsAny, "passed to "+where+", which uses go-redis"))
	}
}

// outside is a node for the errors in foreign code that uses go-redis: it stays.
func (a *analysis) outside(obj types.Object, b Blocker) node {
	n := a.at(place{file: obj.Pkg().Path() + "." + obj.Name()}, kindLiteral)
	a.blockers = append(a.blockers, blocked{n: n, bridge: true, Blocker: b})
	return n
}

// plain values are numbers and texts, and structs of them: no client can be in one, and a
// test's server that moves answers at its address as before.
func plain(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.UnsafePointer
	case *types.Array:
		return plain(u.Elem())
	case *types.Slice:
		return plain(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if !plain(u.Field(i).Type()) {
				return false
			}
		}
		return true
	}
	return false
}

func isAny(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0
}
