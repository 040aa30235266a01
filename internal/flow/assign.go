package flow

import (
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// flow moves src into dst: an assignment, an argument, an element, a result.
func (a *analysis) flow(dst, src val) {
	if src.n == 0 || dst.n == 0 {
		return
	}
	src = a.passing(src, dst.t)
	a.poses(dst, src.t)
	a.satisfy(src, dst)
	a.alike(dst.t, src.t)
	switch {
	case dst.hard && src.hard:
		a.union(dst.n, src.n)
		if isFuncType(src.t) || isFuncType(dst.t) {
			a.edge(src.n, dst.n)
			a.edge(dst.n, src.n)
		}
	case dst.hard:
		a.graph.sink(src.n, dst.n, dst.t)
	case src.hard:
		a.source(src.n, src.t, a.sentinels[src.n], dst.n)
		if isFuncType(src.t) {
			a.edge(src.n, dst.n)
			a.edge(dst.n, src.n)
		}
	case inert(src.t):
	default:
		if src.t != nil && a.hasTrackedMethods(src.t) {
			a.source(a.holder(src.t), src.t, false, dst.n)
		}
		a.edge(src.n, dst.n)
		if isFuncType(src.t) {
			a.edge(dst.n, src.n)
		}
	}
}

// alike ties the fields of two struct types of which one becomes the other:
// Go asks that they are the same, field by field.
func (a *analysis) alike(dst, src types.Type) {
	if dst == nil || src == nil || types.Identical(dst, src) {
		return
	}
	d, ok1 := derefStruct(dst)
	s, ok2 := derefStruct(src)
	if !ok1 || !ok2 || d.NumFields() != s.NumFields() || !types.IdenticalIgnoreTags(d, s) {
		return
	}
	for i := 0; i < d.NumFields(); i++ {
		x, y := a.objectVal(d.Field(i)), a.objectVal(s.Field(i))
		if x.hard && y.hard && !a.tracked(d.Field(i).Pkg()) {
			a.union(x.n, y.n)
		} else if !x.hard && !y.hard {
			a.edge(x.n, y.n)
			a.edge(y.n, x.n)
		}
	}
}

// inert values can hold nothing that matters.
func inert(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString == 0 && b.Kind() != types.UnsafePointer
}

// compare is ==, !=, errors.Is and the cases of a switch over values.
func (a *analysis) compare(x, y val) {
	switch {
	case x.n == 0 || y.n == 0:
	case x.hard && y.hard:
		a.union(x.n, y.n)
	case x.hard:
		a.compare(y, x)
	case y.hard:
		switch {
		case a.sentinels[y.n] || isError(y.t) && !types.IsInterface(y.t):
			a.graph.errorSink(x.n, y.n)
		case y.t == nil:
			a.graph.sink(x.n, y.n, errorType)
		default:
			a.graph.sink(x.n, y.n, y.t)
		}
	default:
		if !inert(x.t) && !inert(y.t) && !textual(x.t) {
			a.joins = append(a.joins, join{x.n, y.n})
		}
	}
}

func textual(t types.Type) bool { return t != nil && isText(t) }

// assertion is x.(T) or one case of a type switch.
func (a *analysis) assertion(x, t val, typ types.Type) val {
	if typ == nil {
		return x
	}
	out := value(t.n, typ, t.hard)
	if x.t != nil && types.IsInterface(typ) && types.IsInterface(x.t) {
		a.satisfy(x, out) // what has the methods of both has them with the same types
	}
	switch {
	case x.hard && t.hard:
		a.union(x.n, t.n)
	case x.hard:
		out.n = a.fresh()
		a.satisfy(value(t.n, typ, false), x)
		a.source(x.n, x.t, false, out.n)
	case t.hard:
		a.graph.sink(x.n, t.n, typ)
	default:
		out.n = a.fresh()
		a.edge(x.n, out.n)
		if a.hasTrackedMethods(typ) {
			a.asserts = append(a.asserts, assert{x.n, typ, out})
		}
	}
	return out
}

// assert is an assertion to a module type whose methods have tracked types: the
// values that arrive must agree with it.
type assert struct {
	from node
	typ  types.Type
	to   val
}

// hasTrackedMethods reports whether t's method set has a tracked type in a
// signature, promoted methods included.
func (a *analysis) hasTrackedMethods(t types.Type) bool {
	if known, ok := a.methodful[t]; ok {
		return known
	}
	a.methodful[t] = false
	found := false
	base := types.Unalias(t)
	if p, ok := base.(*types.Pointer); ok {
		base = types.Unalias(p.Elem())
	}
	if n, ok := base.(*types.Named); ok && a.module(n.Obj().Pkg()) {
		ms := types.NewMethodSet(types.NewPointer(base))
		if types.IsInterface(base) {
			ms = types.NewMethodSet(base)
		}
		for i := 0; i < ms.Len() && !found; i++ {
			found = a.carries(ms.At(i).Obj().Type())
		}
	}
	a.methodful[t] = found
	return found
}

// holder is a node that stands for "a value of module type t" among sources;
// it is united with nothing by itself.
func (a *analysis) holder(t types.Type) node {
	base := types.Unalias(t)
	if p, ok := base.(*types.Pointer); ok {
		base = types.Unalias(p.Elem())
	}
	if n, ok := base.(*types.Named); ok {
		return a.object(n.Obj())
	}
	return 0
}

// satisfy unites what an interface conversion ties together: the methods that
// the value brings and those that the interface asks for.
func (a *analysis) satisfy(src, dst val) {
	if src.t == nil || dst.t == nil {
		return
	}
	dst = a.constraint(dst)
	iface, ok := dst.t.Underlying().(*types.Interface)
	if !ok || iface.NumMethods() == 0 || isTypeParam(src.t) {
		return
	}
	if types.Identical(src.t, dst.t) || a.trackedNamed(src.t) && a.trackedNamed(dst.t) {
		return
	}
	if isNil(src.t) {
		return
	}
	key := satisfied{src.t, dst.t, src.n, dst.n}
	if a.satisfies[key] {
		return
	}
	a.satisfies[key] = true
	if !a.hasTrackedMethods(src.t) && !src.hard && !a.carries(dst.t) && !a.hasTrackedMethods(dst.t) && !a.returnsSoft(iface) {
		return
	}
	for i := 0; i < iface.NumMethods(); i++ {
		m := iface.Method(i)
		obj, index, _ := types.LookupFieldOrMethod(src.t, true, m.Pkg(), m.Name())
		fn, ok := obj.(*types.Func)
		if !ok {
			continue
		}
		owner, recv := a.walkPath(src, src.t, index[:len(index)-1])
		if owner.hard && a.tracked(fn.Pkg()) && !a.tracked(m.Pkg()) {
			a.refuseMember(token.NoPos, owner, recv, fn)
		}
		impl, iface := a.end(fn, owner), a.end(m, dst)
		a.asked(m, impl)
		a.connect(a.agree(iface, fn, impl), a.agree(impl, m, iface))
	}
}

type satisfied struct {
	src, dst types.Type
	sn, dn   node
}

// returnsSoft reports whether a method of the interface returns or takes an
// interface or function: the shapes a tracked value hides in.
func (a *analysis) returnsSoft(iface *types.Interface) bool {
	for i := 0; i < iface.NumMethods(); i++ {
		sig := iface.Method(i).Type().(*types.Signature)
		for _, t := range []*types.Tuple{sig.Params(), sig.Results()} {
			for j := 0; j < t.Len(); j++ {
				if !inert(t.At(j).Type()) && !isText(t.At(j).Type()) {
					return true
				}
			}
		}
	}
	return false
}

// end is one side of a method that two types share.
type end struct {
	sig *types.Signature
	one val // used when per is false: a tracked or foreign value as a whole
	per bool
}

func (a *analysis) end(fn *types.Func, owner val) end {
	sig := fn.Origin().Type().(*types.Signature)
	switch {
	case a.module(fn.Pkg()):
		return end{sig: sig, per: true}
	case a.tracked(fn.Pkg()):
		return end{sig: sig, one: owner}
	case owner.hard:
		return end{sig: sig, one: owner}
	}
	return end{sig: sig, one: val{n: hub}}
}

// agree blocks a method of the module that has to have the types of a foreign
// one, if those are go-redis's.
func (a *analysis) agree(mine end, theirs *types.Func, e end) end {
	if !mine.per || e.per || a.tracked(theirs.Pkg()) || e.one.hard || !a.carries(e.sig) {
		return e
	}
	n := a.hidden(theirs)
	a.block(n, token.NoPos, spec.ForeignAPI, "has to agree with "+theirs.FullName())
	e.one = val{n: n, hard: true}
	return e
}

func (a *analysis) endVar(e end, v *types.Var) val {
	if e.per {
		return a.objectVal(v)
	}
	if e.one.hard {
		a.owners[e.one.n] = true
	}
	return value(e.one.n, v.Type(), e.one.hard && a.carries(v.Type()))
}

func (a *analysis) connect(impl, iface end) {
	n := min(impl.sig.Params().Len(), iface.sig.Params().Len())
	for i := 0; i < n; i++ {
		a.tie(a.endVar(impl, impl.sig.Params().At(i)), a.endVar(iface, iface.sig.Params().At(i)))
	}
	n = min(impl.sig.Results().Len(), iface.sig.Results().Len())
	for i := 0; i < n; i++ {
		a.tie(a.endVar(iface, iface.sig.Results().At(i)), a.endVar(impl, impl.sig.Results().At(i)))
	}
}

func (a *analysis) tie(dst, src val) {
	switch {
	case dst.hard && src.hard:
		a.union(dst.n, src.n)
	case dst.hard:
		a.graph.sink(src.n, dst.n, dst.t)
	case src.hard:
		a.source(src.n, src.t, false, dst.n)
	case types.Identical(dst.t, errorType) && src.n != 0 && a.trackedEnd(src):
		a.source(src.n, errorType, false, dst.n)
	default:
		a.edge(src.n, dst.n)
	}
}

// trackedEnd reports whether a soft value belongs to a tracked owner: the error
// result of a go-redis method that a module interface asks for.
func (a *analysis) trackedEnd(v val) bool { return a.owners[v.n] }
