package rewrite

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// checkForm says why the rule of a use does not cover the form that it has.
func (r *run) checkForm(u *v8Use) {
	if u.refused != "" || u.decl != nil {
		return
	}
	switch u.use.Rule {
	case spec.V8Only:
		u.refuse(spec.V8NoCounterpart, u.use.Why)
	case spec.V8Rename:
	case spec.V8Resp2:
		if r.v8.raw && u.call == nil {
			u.refuse(spec.V8Form, "used as a value, where nothing can say that replies are RESP2's")
		}
	case spec.V8Drop, spec.V8Approx, spec.V8Millis:
		u.refuse(spec.V8Form, r.fieldForm(u))
	case spec.V8Wrap:
		if u.call == nil {
			u.refuse(spec.V8Form, "used as a value: "+u.use.Why)
		} else if hook := r.foreignHook(u); hook != nil {
			u.refuse(r.hookReason(hook))
		}
	default:
		if u.call == nil {
			u.refuse(spec.V8Form, "used as a value: "+u.use.Why)
		} else {
			u.refuse(spec.V8Form, r.callForm(u))
		}
	}
}

// callForm says why a call cannot be edited by its rule.
func (r *run) callForm(u *v8Use) string {
	args, info := u.call.Args, u.f.info
	spread := len(args) == 1 && isTuple(info.TypeOf(args[0]))
	switch u.use.Rule {
	case spec.V8Values:
		if spread {
			return "its arguments come out of one call"
		}
	case spec.V8Members:
		if spread || len(args) < 3 {
			return "its members do not stand at the call"
		}
	case spec.V8Append:
		if spread {
			return "its arguments come out of one call"
		}
	case spec.V8DropFalse:
		v := constant.Value(nil)
		if !spread {
			v = info.Types[args[len(args)-1]].Value
		}
		if v == nil || v.Kind() != constant.Bool || constant.BoolVal(v) {
			return u.use.Why
		}
	case spec.V8DropContext, spec.V8Option:
		if !u.f.pure(args[0]) {
			return "its context comes out of a call: " + u.use.Why
		}
		return u.onlyUse(args[0])
	case spec.V8NoResult:
		return u.resultForm()
	case spec.V8Background:
		return r.contextForm(u)
	case spec.V8Receiver:
		return r.receiverForm(u)
	}
	return ""
}

func isTuple(t types.Type) bool {
	_, ok := t.(*types.Tuple)
	return ok
}

// resultForm wants nobody to look at the result.
func (u *v8Use) resultForm() string {
	switch p := u.parent().(type) {
	case *ast.ExprStmt, *ast.DeferStmt, *ast.GoStmt:
		return ""
	case *ast.AssignStmt:
		if id, ok := p.Lhs[0].(*ast.Ident); ok && len(p.Lhs) == 1 && id.Name == "_" && p.Tok == token.ASSIGN {
			return ""
		}
	}
	return u.use.Why
}

// contextForm wants a client that nobody gave another context.
func (r *run) contextForm(u *v8Use) string {
	switch {
	case r.v8.withContext.IsValid():
		return "the client may have the context that it is given at " + r.rel(r.v8.withContext)
	case !u.f.pure(u.sel.X):
		return "its client comes out of a call: " + u.use.Why
	case types.IsInterface(u.f.info.TypeOf(u.sel.X)) && r.hasOwnContext():
		return "a type of this module that stands for a client has a Context of its own"
	}
	return ""
}

// hasOwnContext looks for a type of the module that passes for a client and declares
// Context itself.
func (r *run) hasOwnContext() bool {
	universal, ok := r.v8.pkg.Scope().Lookup("UniversalClient").Type().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for _, p := range r.prog.Packages {
		for _, name := range p.Types.Scope().Names() {
			tn, ok := p.Types.Scope().Lookup(name).(*types.TypeName)
			if !ok || types.IsInterface(tn.Type()) || !types.Implements(types.NewPointer(tn.Type()), universal) {
				continue
			}
			if m, _, _ := types.LookupFieldOrMethod(tn.Type(), true, p.Types, "Context"); m != nil && !isV8(m) {
				return true
			}
		}
	}
	return false
}

// receiverForm wants a copy of a client that differs in its context alone, which
// nothing asks for.
func (r *run) receiverForm(u *v8Use) string {
	switch {
	case r.v8.context.IsValid():
		return "the context is asked for at " + r.rel(r.v8.context)
	case !u.f.pure(u.call.Args[0]):
		return "its context comes out of a call: " + u.use.Why
	}
	if _, statement := u.parent().(*ast.ExprStmt); statement {
		return "its result is not used"
	}
	sel, called := u.parent().(*ast.SelectorExpr)
	if r.v8.addsHook && (!called || sel.Sel.Name == "AddHook") {
		return "a hook that the copy is given would be the client's too"
	}
	return u.onlyUse(u.call.Args[0])
}

// onlyUse says which local variable is used in e alone: without e it would not compile.
func (u *v8Use) onlyUse(e ast.Expr) string {
	why := ""
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || why != "" {
			return true
		}
		v, ok := u.f.info.Uses[id].(*types.Var)
		if !ok || v.IsField() || v.Parent() == nil || v.Parent() == v.Pkg().Scope() || isParameter(v, u.stack) {
			return true
		}
		for other, obj := range u.f.info.Uses {
			if obj == v && (other.Pos() < e.Pos() || other.Pos() >= e.End()) {
				return true
			}
		}
		why = "nothing else uses " + id.Name + ": " + u.use.Why
		return true
	})
	return why
}

// isParameter tells whether a variable is a parameter, result or receiver of one of the
// functions around.
func isParameter(v *types.Var, stack []ast.Node) bool {
	for _, n := range stack {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv != nil && within(n.Recv, v) || within(n.Type, v) {
				return true
			}
		case *ast.FuncLit:
			if within(n.Type, v) {
				return true
			}
		}
	}
	return false
}

func within(n ast.Node, v *types.Var) bool { return n.Pos() <= v.Pos() && v.Pos() < n.End() }

// foreignHook is the type of a hook that does not change with the module.
func (r *run) foreignHook(u *v8Use) *types.TypeName {
	n := namedType(u.f.info.TypeOf(u.call.Args[0]))
	if n == nil || n.Obj().Pkg() == nil || isV8(n.Obj()) || r.inModule(n.Obj().Pkg().Path()) {
		return nil
	}
	return n.Obj()
}

// hookReason says why a client keeps such a hook: what the table of libraries knows of
// its package, with what to do, or that it is somebody's.
func (r *run) hookReason(hook *types.TypeName) (code, why string) {
	name := "the hook is " + hook.Pkg().Path() + "." + hook.Name()
	if l := r.library(hook); l.Code != "" {
		return l.Code, name + ": " + l.Text
	}
	return spec.ForeignAPI, name + ", which was written for it"
}

// fieldForm says why a field cannot be edited by its rule.
func (r *run) fieldForm(u *v8Use) string {
	switch u.use.Rule {
	case spec.V8Drop:
		if u.kv != nil {
			if !u.f.pure(u.kv.Value) {
				return "its value comes out of a call: " + u.use.Why
			}
			return u.onlyUse(u.kv.Value)
		}
		if as, ok := u.parent().(*ast.AssignStmt); ok && as.Tok == token.ASSIGN && len(as.Lhs) == 1 && as.Lhs[0] == u.sel && u.f.pure(u.sel.X) {
			return ""
		}
	case spec.V8Approx:
		if u.kv == nil {
			break
		}
		for _, elt := range u.lit.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok && kv != u.kv {
				if id, ok := kv.Key.(*ast.Ident); ok && (id.Name == "MaxLen" || id.Name == "MinID" || id.Name == "Approx") {
					return "it stands beside " + id.Name
				}
			}
		}
		return ""
	case spec.V8Millis:
		if u.kv != nil {
			break
		}
		if !written(u.stack) {
			return ""
		}
	}
	return u.use.Why
}

// pure reports whether evaluating an expression does nothing but read.
func (f *file) pure(e ast.Expr) bool {
	if f.info.Types[e].Value != nil {
		return true
	}
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.ParenExpr:
		return f.pure(e.X)
	case *ast.StarExpr:
		return f.pure(e.X)
	case *ast.SelectorExpr:
		_, isPackage := f.info.Uses[identOf(e.X)].(*types.PkgName)
		return isPackage || f.pure(e.X)
	case *ast.UnaryExpr:
		return e.Op == token.AND && f.pure(e.X)
	case *ast.CallExpr:
		// context.Background(), r.Context(): these give what is there.
		sel, ok := e.Fun.(*ast.SelectorExpr)
		if !ok || len(e.Args) > 0 || types.TypeString(f.info.TypeOf(e), nil) != "context.Context" {
			return false
		}
		fn, ok := f.info.Uses[sel.Sel].(*types.Func)
		if !ok || fn.Pkg() == nil || analyzer.IsGoRedis(fn.Pkg().Path()) {
			return false
		}
		return fn.Pkg().Path() == "context" || fn.Name() == "Context" && f.pure(sel.X)
	}
	return false
}

func identOf(e ast.Expr) *ast.Ident {
	id, _ := e.(*ast.Ident)
	return id
}
