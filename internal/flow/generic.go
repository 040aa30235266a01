package flow

import (
	"go/ast"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/syntax"
)

// Type parameters. One whose constraint names a go-redis type is hard, like a
// variable: func Load[C redis.Cmdable](c C) changes with what it is called
// with. One whose constraint has methods with such types ties the methods of
// every type argument, as an interface does.

// constraint gives the interface that a value of a type parameter has to
// satisfy, in the place of the parameter.
func (a *analysis) constraint(v val) val {
	tp, ok := v.t.(*types.TypeParam)
	if !ok {
		return v
	}
	return value(a.object(tp.Obj()), tp.Constraint(), a.carries(tp.Constraint()))
}

// satisfyParam ties an argument to the constraint of the type parameter that
// its parameter is of, or has as its elements: T, []T, chan T, map[K]T.
func (a *analysis) satisfyParam(x, param val) {
	for {
		if isTypeParam(param.t) {
			a.satisfy(x, param)
			return
		}
		pe, ok1 := param.t.(interface{ Elem() types.Type })
		xe, ok2 := x.t.Underlying().(interface{ Elem() types.Type })
		if !ok1 || !ok2 {
			return
		}
		param.t, x.t = pe.Elem(), xe.Elem()
	}
}

// typeArgs evaluates explicit type arguments and ties each to its constraint.
func (a *analysis) typeArgs(generic ast.Expr, args ...ast.Expr) []val {
	var params *types.TypeParamList
	if id := syntax.Name(generic); id != nil {
		switch obj := a.info.Uses[id].(type) {
		case *types.TypeName:
			if g, ok := obj.Type().(interface{ TypeParams() *types.TypeParamList }); ok {
				params = g.TypeParams()
			}
		case *types.Func:
			params = obj.Origin().Signature().TypeParams()
		}
	}
	out := make([]val, len(args))
	for i, arg := range args {
		out[i] = a.typeExpr(arg)
		if i < params.Len() && out[i].t != nil {
			a.satisfy(out[i], val{t: params.At(i)})
		}
	}
	return out
}

func generic(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.IndexExpr:
		return e.X
	case *ast.IndexListExpr:
		return e.X
	}
	return nil
}

// receiverParams ties the names that a method gives to the type parameters of
// its receiver to those of the type's declaration.
func (a *analysis) receiverParams(sig *types.Signature) {
	params := sig.RecvTypeParams()
	if params.Len() == 0 {
		return
	}
	n, ok := types.Unalias(deref(sig.Recv().Type())).(*types.Named)
	if !ok {
		return
	}
	declared := n.Origin().TypeParams()
	for i := range params.Len() {
		if a.carries(params.At(i)) {
			a.union(a.object(params.At(i).Obj()), a.object(declared.At(i).Obj()))
		}
	}
}

func isTypeParam(t types.Type) bool {
	_, ok := t.(*types.TypeParam)
	return ok
}

// mentionsTypeParam reports whether a type parameter occurs in t.
func mentionsTypeParam(t types.Type) bool {
	switch t := t.(type) {
	case *types.TypeParam:
		return true
	case *types.Alias:
		return mentionsTypeParam(types.Unalias(t))
	case *types.Named:
		for i := 0; i < t.TypeArgs().Len(); i++ {
			if mentionsTypeParam(t.TypeArgs().At(i)) {
				return true
			}
		}
	case interface{ Elem() types.Type }:
		if m, ok := t.(*types.Map); ok && mentionsTypeParam(m.Key()) {
			return true
		}
		return mentionsTypeParam(t.Elem())
	case *types.Signature:
		return mentionsTypeParam(t.Params()) || mentionsTypeParam(t.Results())
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			if mentionsTypeParam(t.At(i).Type()) {
				return true
			}
		}
	}
	return false
}
