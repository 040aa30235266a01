package flow

import (
	"go/types"
	"slices"
)

// A module often takes its client by an interface of its own, with the few methods that
// it needs, and hands it on to a library that has such an interface, too. Both name
// go-redis's types in their methods, so that what moves can no longer be the library's.
// A bridge can stand between them where a client of go-redis satisfies the library's
// interface: which value it is, and whether there is a client in it, is found when the
// program runs (GoRedisOf). Where all that can get there is seen, and is no client, or
// is one with methods that the library would no longer reach, the two stay together.

// ownValue is a value that passes by an interface of the module's own.
type ownValue struct {
	x    val // as it is before
	want *types.Interface
	from node
	to   node
}

// passingOwn lets a value of one of the module's interfaces pass to an interface of
// foreign code.
func (a *analysis) passingOwn(x val, want types.Type) (val, bool) {
	if a.fixed || x.n == 0 || x.e == nil || x.t == nil || want == nil || isTypeParam(x.t) || isTypeParam(want) {
		return x, false
	}
	mine, ok := x.t.Underlying().(*types.Interface)
	theirs, ok2 := want.Underlying().(*types.Interface)
	if !ok || !ok2 || !a.ownInterface(x.t) || theirs.NumMethods() == 0 {
		return x, false
	}
	redis := a.redisIn(theirs)
	if redis == nil || a.redisIn(mine) != redis || redis.Scope().Lookup("UniversalClient") == nil {
		return x, false
	}
	p := passage{expr: x.e, kind: own, want: want, redis: redis}
	if p.out() == "" {
		return x, false
	}
	// Of an interface all methods move together, or what has them would not satisfy it.
	if x.hard {
		p.from = x.n
	}
	for i := range mine.NumMethods() {
		m := mine.Method(i)
		if !a.module(m.Pkg()) {
			continue
		}
		sig := m.Origin().Type().(*types.Signature)
		for _, list := range []*types.Tuple{sig.Params(), sig.Results()} {
			for j := range list.Len() {
				switch v := a.objectVal(list.At(j)); {
				case !v.hard:
				case p.from == 0:
					p.from = v.n
				default:
					a.union(p.from, v.n)
				}
			}
		}
	}
	if p.from == 0 {
		return x, false
	}
	n := a.pass(p)
	a.owns = append(a.owns, ownValue{x: x, want: theirs, from: p.from, to: n})
	return val{n: n, t: x.t, hard: true}, true
}

// ownInterface reports whether t is an interface that the module declares.
func (a *analysis) ownInterface(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return !ok || a.module(n.Obj().Pkg())
}

// redisIn is the go-redis that the methods of an interface name, nil if none does.
func (a *analysis) redisIn(iface *types.Interface) *types.Package {
	for i := range iface.NumMethods() {
		sig := iface.Method(i).Type().(*types.Signature)
		for _, list := range []*types.Tuple{sig.Results(), sig.Params()} {
			for j := range list.Len() {
				t := types.Unalias(list.At(j).Type())
				if p, ok := t.(*types.Pointer); ok {
					t = types.Unalias(p.Elem())
				}
				if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && a.goRedis(n.Obj().Pkg()) {
					return n.Obj().Pkg()
				}
			}
		}
	}
	return nil
}

// holdFakes unites the ends of passages to which only fakes get, or a client that the
// module changes on its way.
func (a *analysis) holdFakes() {
	for _, o := range a.owns {
		clients, fakes, changed := false, false, false
		for _, t := range a.arriving(o.x) {
			if types.IsInterface(t) && !a.trackedNamed(t) || !hasMethods(t, o.want) {
				continue // what is in it arrives by itself
			}
			switch client, overrides := a.clientBehind(t, o.want, nil); {
			case overrides:
				changed = true
			case client:
				clients = true
			default:
				fakes = true
			}
		}
		if changed || fakes && !clients {
			a.union(o.from, o.to)
		}
	}
}

// arriving are the types of what gets to a value, as far as the module shows it.
func (a *analysis) arriving(x val) []types.Type {
	var out []types.Type
	if x.hard {
		for _, v := range a.posing {
			if a.find(v.n) == a.find(x.n) {
				out = append(out, v.t)
			}
		}
		return out
	}
	for _, s := range a.reaching(x.n) {
		if s.typ != nil && !s.sentinel {
			out = append(out, s.typ)
		}
	}
	return out
}

// clientBehind reports whether values of a type are clients or structs that embed one,
// and whether a struct that does has methods of its own in place of those wanted.
func (a *analysis) clientBehind(t types.Type, want *types.Interface, outer []types.Type) (client, overrides bool) {
	if k, _ := a.kindOf(t, true); k != noClient || a.unwraps(t) {
		return true, false
	}
	if len(outer) > 0 && types.IsInterface(t) {
		return hasMethods(t, want), false // the program finds out
	}
	s, ok := derefStruct(t)
	if !ok || slices.ContainsFunc(outer, func(o types.Type) bool { return types.Identical(o, t) }) {
		return false, false
	}
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Embedded() || !f.Exported() {
			continue
		}
		inner, changed := a.clientBehind(f.Type(), want, append(outer, t))
		client, overrides = client || inner, overrides || changed
	}
	if !client {
		return false, false
	}
	for i := range want.NumMethods() {
		m := want.Method(i)
		if _, index, _ := types.LookupFieldOrMethod(t, true, m.Pkg(), m.Name()); len(index) == 1 {
			overrides = true
		}
	}
	return client, overrides
}

// unwraps reports whether a type has a method by which the bridge gets to its client.
func (a *analysis) unwraps(t types.Type) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "Unwrap")
	fn, ok := obj.(*types.Func)
	if !ok || fn.Signature().Params().Len() != 0 || fn.Signature().Results().Len() != 1 {
		return false
	}
	k, _ := a.kindOf(fn.Signature().Results().At(0).Type(), false)
	return k == universal
}

// hasMethods reports whether a type has methods of the interface's names: types of a
// package and of its test variant are not the same.
func hasMethods(t types.Type, iface *types.Interface) bool {
	for i := range iface.NumMethods() {
		m := iface.Method(i)
		obj, _, _ := types.LookupFieldOrMethod(t, true, m.Pkg(), m.Name())
		if _, ok := obj.(*types.Func); !ok {
			return false
		}
	}
	return true
}
