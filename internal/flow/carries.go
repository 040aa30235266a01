package flow

import (
	"go/types"
	"strings"
)

// MiniredisPath is the import path of the test server whose everyday use moves
// with the clients.
const MiniredisPath = "github.com/alicebob/miniredis/v2"

// tracked reports whether a package's types are those that groups are about.
func (a *analysis) tracked(pkg *types.Package) bool {
	return pkg != nil && (a.Redis(pkg.Path()) || isMiniredis(pkg) || a.instruments(pkg))
}

// instruments reports whether a package's names move with the clients that they are
// given. No bridge stands before them: what they add to a client has to be added to the
// one that the program uses.
func (a *analysis) instruments(pkg *types.Package) bool {
	return pkg != nil && a.Counterpart != nil && a.Counterpart(pkg.Path())
}

func isMiniredis(pkg *types.Package) bool {
	return pkg != nil && (pkg.Path() == MiniredisPath || strings.HasPrefix(pkg.Path(), MiniredisPath+"/"))
}

func (a *analysis) module(pkg *types.Package) bool {
	return pkg != nil && a.Module(pkg.Path())
}

// carries reports whether the identity of t depends on a tracked type. A named
// struct or interface of the module does not carry: its fields and methods are
// nodes of their own.
func (a *analysis) carries(t types.Type) bool {
	if t == nil {
		return false
	}
	if known, ok := a.carrying[t]; ok {
		return known
	}
	a.carrying[t] = false // cuts cycles
	c := a.carriesNow(t)
	a.carrying[t] = c
	return c
}

func (a *analysis) carriesNow(t types.Type) bool {
	switch t := t.(type) {
	case *types.Alias:
		return a.tracked(t.Obj().Pkg()) || a.carries(types.Unalias(t))
	case *types.Named:
		return a.namedCarries(t)
	case *types.Pointer:
		return a.carries(t.Elem())
	case *types.Slice:
		return a.carries(t.Elem())
	case *types.Array:
		return a.carries(t.Elem())
	case *types.Chan:
		return a.carries(t.Elem())
	case *types.Map:
		return a.carries(t.Key()) || a.carries(t.Elem())
	case *types.Signature:
		return a.carries(t.Params()) || a.carries(t.Results())
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			if a.carries(t.At(i).Type()) {
				return true
			}
		}
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if a.carries(t.Field(i).Type()) {
				return true
			}
		}
	case *types.Interface:
		return a.embedsTracked(t) || a.methodsCarry(t)
	case *types.Union:
		for i := 0; i < t.Len(); i++ {
			if a.carries(t.Term(i).Type()) {
				return true
			}
		}
	case *types.TypeParam: // a value of it is of a type that the constraint names
		return a.carries(t.Constraint())
	}
	return false
}

func (a *analysis) namedCarries(t *types.Named) bool {
	if a.tracked(t.Obj().Pkg()) {
		return true
	}
	for i := 0; i < t.TypeArgs().Len(); i++ {
		if a.carries(t.TypeArgs().At(i)) {
			return true
		}
	}
	if !a.module(t.Obj().Pkg()) {
		return false
	}
	if a.definedFrom[a.place(t.Obj().Pos())] {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return false
	case *types.Interface:
		return a.embedsTracked(u)
	default:
		return a.carries(u)
	}
}

func (a *analysis) embedsTracked(t *types.Interface) bool {
	for i := 0; i < t.NumEmbeddeds(); i++ {
		if a.carries(t.EmbeddedType(i)) {
			return true
		}
	}
	return false
}

func (a *analysis) methodsCarry(t *types.Interface) bool {
	for i := 0; i < t.NumExplicitMethods(); i++ {
		if a.carries(t.ExplicitMethod(i).Type()) {
			return true
		}
	}
	return false
}

// trackedNamed reports whether t, a pointer to it or an alias of it is one of
// the tracked packages' own types.
func (a *analysis) trackedNamed(t types.Type) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	return ok && a.tracked(n.Obj().Pkg())
}
