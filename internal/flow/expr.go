package flow

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// val is what an expression evaluates to, as far as groups care.
type val struct {
	n    node
	t    types.Type
	hard bool
	e    ast.Expr // the expression that has just been evaluated, if it is one
}

func value(n node, t types.Type, hard bool) val { return val{n: n, t: t, hard: hard} }

// val evaluates an expression once; later calls return the same value.
func (a *analysis) val(e ast.Expr) val {
	if e == nil {
		return val{}
	}
	if v, ok := a.memo[e]; ok {
		return v
	}
	v := a.eval(e)
	if v.t == nil {
		v.t = a.info.TypeOf(e)
	}
	v.e = e
	if v.hard {
		a.touch(e.Pos(), v.n)
	}
	a.memo[e] = v
	return v
}

func (a *analysis) eval(e ast.Expr) val {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return a.val(e.X)
	case *ast.Ident:
		return a.ident(e)
	case *ast.SelectorExpr:
		return a.selector(e)
	case *ast.CallExpr:
		if vs := a.call(e); len(vs) == 1 {
			return vs[0]
		}
		return val{}
	case *ast.CompositeLit:
		return a.compositeLit(e)
	case *ast.FuncLit:
		return a.funcLit(e)
	case *ast.UnaryExpr:
		v := a.val(e.X)
		if v.hard {
			v.t = a.info.TypeOf(e) // the address of a client is a client
		}
		return v
	case *ast.StarExpr:
		if a.info.Types[e].IsType() {
			return a.typeExpr(e)
		}
		return a.val(e.X)
	case *ast.BinaryExpr:
		return a.binary(e)
	case *ast.IndexExpr:
		if a.info.Types[e].IsType() {
			return a.typeExpr(e)
		}
		x := a.val(e.X)
		if tv, ok := a.info.Types[e.Index]; ok && tv.IsType() {
			return a.instance(e, x, e.Index)
		}
		a.flow(value(x.n, nil, false), a.val(e.Index))
		return val{n: x.n, hard: x.hard && a.carries(a.info.TypeOf(e))}
	case *ast.IndexListExpr:
		if a.info.Types[e].IsType() {
			return a.typeExpr(e)
		}
		return a.instance(e, a.val(e.X), e.Indices...)
	case *ast.SliceExpr:
		a.val(e.Low)
		a.val(e.High)
		a.val(e.Max)
		return a.val(e.X)
	case *ast.TypeAssertExpr:
		x := a.val(e.X)
		if e.Type == nil {
			return x
		}
		t := a.typeExpr(e.Type)
		return a.assertion(x, t, a.info.TypeOf(e.Type))
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.StructType, *ast.InterfaceType, *ast.Ellipsis:
		return a.typeExpr(e)
	}
	return val{}
}

// instance is an explicitly instantiated generic function: its type arguments
// are part of its value.
func (a *analysis) instance(e ast.Expr, x val, args ...ast.Expr) val {
	v := val{n: a.at(a.place(e.Pos()), kindLiteral)}
	for _, t := range a.typeArgs(generic(e), args...) {
		if t.hard {
			a.union(v.n, t.n)
			v.hard = true
		}
	}
	if x.hard {
		a.union(v.n, x.n)
		v.hard = true
	} else {
		a.edge(x.n, v.n)
	}
	return v
}

func (a *analysis) ident(e *ast.Ident) val {
	obj := a.info.ObjectOf(e)
	switch obj := obj.(type) {
	case *types.Var:
		if a.tracked(obj.Pkg()) && !obj.IsField() {
			return a.mention(e, nil, obj)
		}
		return a.objectVal(obj)
	case *types.Func:
		if a.tracked(obj.Pkg()) {
			return a.mention(e, nil, obj)
		}
		return a.funcValueOf(obj, !a.callee[e])
	case *types.TypeName:
		return a.typeExpr(e)
	case *types.Const:
		if a.tracked(obj.Pkg()) {
			return a.mention(e, nil, obj)
		}
		return a.objectVal(obj)
	}
	return val{}
}

// object returns the node of a declared object.
func (a *analysis) object(obj types.Object) node {
	if n, ok := a.objects[obj]; ok {
		return n
	}
	switch o := obj.(type) {
	case *types.Var:
		obj = o.Origin()
	case *types.Func:
		obj = o.Origin()
	}
	if !obj.Pos().IsValid() {
		return 0
	}
	n := a.at(a.place(obj.Pos()), kindObject)
	a.objects[obj] = n
	return n
}

func (a *analysis) objectVal(obj types.Object) val {
	return value(a.object(obj), obj.Type(), a.carries(obj.Type()))
}

func (a *analysis) selector(e *ast.SelectorExpr) val {
	sel, ok := a.info.Selections[e]
	if !ok { // qualified identifier
		obj := a.info.Uses[e.Sel]
		switch obj := obj.(type) {
		case nil:
			return val{}
		case *types.TypeName:
			return a.typeExpr(e)
		case *types.Func:
			if a.tracked(obj.Pkg()) {
				return a.mention(e.Sel, e, obj)
			}
			if a.module(obj.Pkg()) {
				return a.funcValueOf(obj, !a.callee[e])
			}
		default:
			if a.tracked(obj.Pkg()) {
				return a.mention(e.Sel, e, obj)
			}
			if a.module(obj.Pkg()) {
				return a.objectVal(obj)
			}
		}
		return a.foreignObject(e, obj)
	}
	base := a.val(e.X)
	owner, via := a.walkPath(base, sel.Recv(), sel.Index()[:len(sel.Index())-1])
	switch obj := sel.Obj().(type) {
	case *types.Var:
		return a.field(e, owner, obj)
	case *types.Func:
		return a.method(e, owner, via, obj)
	}
	return val{}
}

// walkPath follows the embedded fields of a promoted selection and returns the
// value that really has the field or method, with its type: the outermost
// tracked one, since what is embedded in go-redis's own types has no name
// outside.
func (a *analysis) walkPath(base val, recv types.Type, index []int) (owner val, t types.Type) {
	cur, t, at := base, recv, recv
	for _, i := range index {
		st, ok := derefStruct(at)
		if !ok {
			return cur, t
		}
		f := st.Field(i)
		at = f.Type()
		switch {
		case a.tracked(f.Pkg()):
			continue
		case a.module(f.Pkg()):
			cur = a.objectVal(f)
		case a.carries(at):
			cur = value(a.hidden(f), at, true)
		}
		t = at
		cur.t = t
	}
	return cur, t
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func derefStruct(t types.Type) (*types.Struct, bool) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	return s, ok
}

// hidden is a tracked value inside a foreign type: it stays what it is.
func (a *analysis) hidden(obj types.Object) node {
	name := obj.Pkg().Path() + "." + obj.Name()
	if fn, ok := obj.(*types.Func); ok {
		name = fn.FullName()
	}
	n := a.at(place{file: name}, kindObject)
	a.mark(n, side{given: true})
	return n
}

func (a *analysis) field(e *ast.SelectorExpr, owner val, f *types.Var) val {
	t := a.info.TypeOf(e)
	carries := a.carries(t)
	switch {
	case a.tracked(f.Pkg()):
		if owner.hard {
			a.refuseMember(e.Sel.Pos(), owner, owner.t, f)
			a.readDefault(owner.n, e, f)
		}
		if carries {
			return value(owner.n, t, true)
		}
		v := val{n: a.fresh(), t: t}
		if owner.hard && (types.IsInterface(t) || isText(t)) {
			a.source(owner.n, t, false, v.n)
		}
		a.use(e.Sel, owner)
		return v
	case a.module(f.Pkg()):
		if carries && !a.carries(f.Origin().Type()) { // a field of an instantiated generic struct
			v := value(a.fresh(), t, true)
			if owner.hard {
				a.union(v.n, owner.n)
			}
			a.source(v.n, t, false, a.object(f))
			a.graph.sink(a.object(f), v.n, t)
			return v
		}
		return value(a.object(f), t, carries)
	case carries:
		n := a.hidden(f)
		a.refuse(n, e.Sel.Pos(), a.foreign(f, spec.ForeignAPI, "field "+f.Name()+" of "+f.Pkg().Path()+" has a go-redis type"))
		return value(n, t, true)
	}
	v := val{n: a.fresh(), t: t}
	a.edge(owner.n, v.n)
	a.edge(v.n, owner.n)
	a.edge(hub, v.n)
	return v
}

// method is a method value or the callee of a call.
func (a *analysis) method(e *ast.SelectorExpr, owner val, recv types.Type, m *types.Func) val {
	switch {
	case a.tracked(m.Pkg()):
		owner = a.receives(e, owner, recv, m)
		a.use(e.Sel, owner)
		if owner.hard {
			a.refuseMember(e.Sel.Pos(), owner, recv, m)
		}
		return value(owner.n, m.Type(), owner.hard)
	case a.module(m.Pkg()):
		if v := a.signatureVal(m); v.hard {
			a.use(e.Sel, v)
		}
		if n, ok := types.Unalias(deref(recv)).(*types.Named); ok && owner.hard && n.TypeArgs().Len() > 0 {
			return value(owner.n, m.Type(), true) // the receiver's type arguments
		}
		if !a.callee[e] {
			return a.funcValue(m)
		}
		return a.funcValueOf(m, false)
	}
	return value(owner.n, m.Type(), owner.hard)
}

// signatureVal is the first tracked result or parameter of a method: the group
// that a call of it belongs to.
func (a *analysis) signatureVal(m *types.Func) val {
	sig := m.Origin().Type().(*types.Signature)
	for _, tuple := range []*types.Tuple{sig.Results(), sig.Params()} {
		for i := 0; i < tuple.Len(); i++ {
			if v := a.objectVal(tuple.At(i)); v.hard {
				return v
			}
		}
	}
	return val{}
}

func (a *analysis) foreignObject(e *ast.SelectorExpr, obj types.Object) val {
	t := obj.Type()
	if a.carries(t) {
		n := a.hidden(obj)
		if _, isFunc := obj.(*types.Func); !isFunc || !a.callee[e] {
			a.refuse(n, e.Sel.Pos(), a.foreign(obj, spec.ForeignAPI, obj.Pkg().Path()+"."+obj.Name()+" has a go-redis type"))
		}
		return value(n, t, true)
	}
	return value(hub, t, false)
}

func (a *analysis) binary(e *ast.BinaryExpr) val {
	x, y := a.val(e.X), a.val(e.Y)
	switch e.Op {
	case token.EQL, token.NEQ:
		a.compare(x, y)
	case token.ADD:
		v := val{n: a.fresh()}
		a.edge(x.n, v.n)
		a.edge(y.n, v.n)
		return v
	}
	return val{}
}

// funcValue is a function used other than by calling it: its parameters and
// results travel as one value.
func (a *analysis) funcValue(f *types.Func) val { return a.funcValueOf(f, true) }

func (a *analysis) funcValueOf(f *types.Func, link bool) val {
	f = f.Origin()
	v := value(a.object(f), f.Type(), a.carries(f.Type()))
	if link && !a.linked[v.n] {
		a.linked[v.n] = true
		a.linkSignature(v, f.Type().(*types.Signature))
	}
	return v
}

func (a *analysis) linkSignature(v val, sig *types.Signature) {
	for i := 0; i < sig.Params().Len(); i++ {
		if p := a.objectVal(sig.Params().At(i)); p.hard {
			a.union(v.n, p.n)
		} else {
			a.edge(v.n, p.n)
		}
	}
	for i := 0; i < sig.Results().Len(); i++ {
		if r := a.objectVal(sig.Results().At(i)); r.hard {
			a.union(v.n, r.n)
		} else {
			a.edge(r.n, v.n)
		}
	}
}

func (a *analysis) funcLit(e *ast.FuncLit) val {
	sig, ok := a.info.TypeOf(e).(*types.Signature)
	if !ok {
		return val{}
	}
	a.typeExpr(e.Type)
	v := value(a.at(a.place(e.Pos()), kindLiteral), sig, a.carries(sig))
	a.linkSignature(v, sig)
	a.body(sig, e.Body)
	return v
}

func (a *analysis) compositeLit(e *ast.CompositeLit) val {
	t := a.info.TypeOf(e)
	if t == nil {
		return val{}
	}
	v := value(a.at(a.place(e.Lbrace), kindLiteral), t, a.carries(t))
	if e.Type != nil {
		if x := a.typeExpr(e.Type); x.hard {
			a.union(v.n, x.n)
		}
	}
	under := t.Underlying()
	if p, ok := under.(*types.Pointer); ok { // elided &T in a slice or map
		under = p.Elem().Underlying()
	}
	st, isStruct := under.(*types.Struct)
	for i, elt := range e.Elts {
		kv, _ := elt.(*ast.KeyValueExpr)
		x := elt
		if kv != nil {
			x = kv.Value
		}
		if isStruct {
			if f := fieldOf(a.info, st, kv, i); f != nil {
				if v.hard && a.tracked(f.Pkg()) {
					a.refuseMember(elt.Pos(), v, t, f)
					a.addressField(v.n, f.Name(), x)
				} else {
					a.give(f, x)
				}
				a.fillField(v, f, a.val(x))
			}
			continue
		}
		if kv != nil {
			a.flow(value(v.n, keyType(under), v.hard), a.val(kv.Key))
		}
		a.flow(value(v.n, elemType(under), v.hard && a.carries(elemType(under))), a.val(x))
	}
	return v
}

func fieldOf(info *types.Info, st *types.Struct, kv *ast.KeyValueExpr, i int) *types.Var {
	if kv != nil {
		if id, ok := kv.Key.(*ast.Ident); ok {
			f, _ := info.Uses[id].(*types.Var)
			return f
		}
		return nil
	}
	if i < st.NumFields() {
		return st.Field(i)
	}
	return nil
}

// fillField is one element of a struct literal.
func (a *analysis) fillField(lit val, f *types.Var, x val) {
	switch {
	case a.tracked(f.Pkg()):
		a.flow(value(lit.n, f.Type(), lit.hard && a.carries(f.Type())), x)
		if isText(f.Type()) { // the address of a test server
			a.graph.sink(x.n, lit.n, types.Typ[types.String])
		}
	case a.module(f.Pkg()):
		dst := a.objectVal(f)
		if x.hard && !dst.hard && lit.hard { // generic
			a.union(x.n, lit.n)
		}
		a.flow(dst, x)
	default:
		x = a.handedOver(x, f, f.Type())
		if a.carries(f.Type()) && x.hard {
			a.refuse(x.n, token.NoPos, a.foreign(f, spec.ForeignAPI, "goes into field "+f.Name()+" of "+f.Pkg().Path()))
			return
		}
		a.escape(x, f, f.Type(), "field "+f.Name()+" of "+f.Pkg().Path())
	}
}

func isText(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		return isText(u.Elem())
	case *types.Map:
		return isText(u.Elem())
	}
	return false
}

func elemType(t types.Type) types.Type {
	if e, ok := t.Underlying().(interface{ Elem() types.Type }); ok {
		return e.Elem()
	}
	return types.Typ[types.Invalid]
}

func keyType(t types.Type) types.Type {
	if m, ok := t.Underlying().(*types.Map); ok {
		return m.Key()
	}
	return types.Typ[types.Int]
}
