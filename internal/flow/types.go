package flow

import (
	"go/ast"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// typeExpr evaluates a type: the union of the go-redis names in it.
func (a *analysis) typeExpr(e ast.Expr) val {
	if e == nil {
		return val{}
	}
	if v, ok := a.typeMemo[e]; ok {
		return v
	}
	v := a.typeNow(e)
	if v.t == nil {
		v.t = a.info.TypeOf(e)
	}
	a.typeMemo[e] = v
	if v.hard {
		a.touch(e.Pos(), v.n)
	}
	return v
}

func (a *analysis) typeNow(e ast.Expr) val {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return a.typeExpr(e.X)
	case *ast.Ident:
		return a.typeName(e, nil)
	case *ast.SelectorExpr:
		return a.typeName(e.Sel, e)
	case *ast.StarExpr:
		return a.typeExpr(e.X)
	case *ast.Ellipsis:
		return a.typeExpr(e.Elt)
	case *ast.ArrayType:
		a.val(e.Len)
		return a.typeExpr(e.Elt)
	case *ast.ChanType:
		return a.typeExpr(e.Value)
	case *ast.MapType:
		return a.together(a.typeExpr(e.Key), a.typeExpr(e.Value))
	case *ast.IndexExpr:
		return a.together(append(a.typeArgs(e.X, e.Index), a.typeExpr(e.X))...)
	case *ast.IndexListExpr:
		return a.together(append(a.typeArgs(e.X, e.Indices...), a.typeExpr(e.X))...)
	case *ast.FuncType:
		a.fields(e.TypeParams)
		return a.together(a.fields(e.Params), a.fields(e.Results))
	case *ast.StructType:
		return a.fields(e.Fields)
	case *ast.InterfaceType:
		return a.together(a.interfaceType(e))
	case *ast.UnaryExpr:
		return a.typeExpr(e.X)
	case *ast.BinaryExpr:
		return a.together(a.typeExpr(e.X), a.typeExpr(e.Y))
	}
	return val{}
}

// together unites the hard ones among vs.
func (a *analysis) together(vs ...val) val {
	var out val
	for _, v := range vs {
		switch {
		case !v.hard:
		case !out.hard:
			out = val{n: v.n, hard: true}
		default:
			a.union(out.n, v.n)
		}
	}
	return out
}

func (a *analysis) typeName(id *ast.Ident, sel *ast.SelectorExpr) val {
	tn, ok := a.info.Uses[id].(*types.TypeName)
	if !ok {
		return val{}
	}
	switch {
	case a.tracked(tn.Pkg()):
		return a.mention(id, sel, tn)
	case a.module(tn.Pkg()):
		return a.objectVal(tn)
	case tn.Pkg() != nil && a.carries(tn.Type()):
		n := a.hidden(tn)
		a.refuse(n, id.Pos(), a.foreign(tn, spec.ForeignAPI, tn.Pkg().Path()+"."+tn.Name()+" is a go-redis type"))
		return val{n: n, hard: true}
	}
	return val{}
}

// fields declares parameters, results or struct fields of a type that is written
// out: the result is the union of all of them.
func (a *analysis) fields(list *ast.FieldList) val { return a.together(a.declare(list)...) }

// declare unites parameters, results or struct fields with their types, each by
// itself: those of a declared function or type are tied together only where it is
// used as a value, or converted.
func (a *analysis) declare(list *ast.FieldList) []val {
	if list == nil {
		return nil
	}
	var all []val
	for _, f := range list.List {
		t := a.typeExpr(f.Type)
		if !t.hard {
			continue
		}
		if len(f.Names) == 0 {
			// go/types puts a nameless parameter at its type, an embedded field at
			// the name of its type.
			a.union(t.n, a.at(a.place(f.Type.Pos()), kindObject))
			if id := embeddedName(f.Type); id != nil {
				a.union(t.n, a.at(a.place(id.Pos()), kindObject))
			}
		}
		for _, name := range f.Names {
			a.union(t.n, a.at(a.place(name.Pos()), kindObject))
			a.touch(name.Pos(), t.n)
		}
		all = append(all, t)
	}
	return all
}

// interfaceType declares an interface's methods and returns what it embeds,
// then what its methods mention.
func (a *analysis) interfaceType(e *ast.InterfaceType) (embedded, methods val) {
	var in, out []val
	for _, f := range e.Methods.List {
		t := a.typeExpr(f.Type)
		if len(f.Names) == 0 {
			in = append(in, t)
		} else {
			out = append(out, t)
		}
	}
	return a.together(in...), a.together(out...)
}

// typeSpec declares a type.
func (a *analysis) typeSpec(s *ast.TypeSpec) {
	a.declare(s.TypeParams)
	obj := a.info.Defs[s.Name]
	if obj == nil {
		return
	}
	var rhs val
	switch t := ast.Unparen(s.Type).(type) {
	case *ast.StructType:
		if s.Assign.IsValid() {
			rhs = a.typeExpr(t)
		} else {
			a.declare(t.Fields)
		}
	case *ast.InterfaceType:
		if s.Assign.IsValid() {
			rhs = a.typeExpr(t)
		} else {
			rhs, _ = a.interfaceType(t)
		}
	default:
		rhs = a.typeExpr(s.Type)
	}
	if rhs.hard {
		a.union(rhs.n, a.object(obj))
		a.touch(s.Name.Pos(), rhs.n)
	}
}

func embeddedName(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.StarExpr:
		return embeddedName(e.X)
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.IndexExpr:
		return embeddedName(e.X)
	case *ast.IndexListExpr:
		return embeddedName(e.X)
	}
	return nil
}
