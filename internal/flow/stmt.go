package flow

import (
	"go/ast"
	"go/token"
	"go/types"
)

// file walks the declarations of one file.
func (a *analysis) file(f *ast.File) {
	for _, d := range f.Decls {
		a.here = d.Pos()
		switch d := d.(type) {
		case *ast.GenDecl:
			a.genDecl(d)
		case *ast.FuncDecl:
			a.declare(d.Recv)
			a.declare(d.Type.TypeParams)
			a.declare(d.Type.Params)
			a.declare(d.Type.Results)
			if fn, ok := a.info.Defs[d.Name].(*types.Func); ok {
				a.receiverParams(fn.Signature())
				if d.Body != nil {
					a.body(fn.Signature(), d.Body)
				}
			}
		}
	}
}

func (a *analysis) genDecl(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			a.typeSpec(s)
		case *ast.ValueSpec:
			a.valueSpec(s)
		}
	}
}

func (a *analysis) valueSpec(s *ast.ValueSpec) {
	t := a.typeExpr(s.Type)
	var lhs []val
	for _, name := range s.Names {
		obj := a.info.Defs[name]
		if obj == nil {
			lhs = append(lhs, val{})
			continue
		}
		v := a.objectVal(obj)
		if t.hard {
			a.union(v.n, t.n)
		}
		if v.hard {
			a.touch(name.Pos(), v.n)
		}
		lhs = append(lhs, v)
	}
	a.assign(lhs, s.Values)
}

// assign moves the values of rhs into lhs, also from one call or comma-ok form.
func (a *analysis) assign(lhs []val, rhs []ast.Expr) {
	if len(rhs) == 0 {
		return
	}
	var vs []val
	call, isCall := ast.Unparen(rhs[0]).(*ast.CallExpr)
	switch {
	case len(rhs) == 1 && len(lhs) > 1 && isCall:
		a.val(rhs[0])
		vs = a.call(call)
	default:
		for _, r := range rhs {
			vs = append(vs, a.val(r))
		}
		if len(lhs) > len(vs) { // v, ok := x.(T): what v gets is no expression of its own
			vs[0].e = nil
		}
	}
	for i := range min(len(lhs), len(vs)) {
		a.flow(lhs[i], vs[i])
	}
}

func (a *analysis) body(sig *types.Signature, b *ast.BlockStmt) {
	saved := a.sig
	a.sig = sig
	a.stmt(b)
	a.sig = saved
}

func (a *analysis) stmts(list []ast.Stmt) {
	for _, s := range list {
		a.stmt(s)
	}
}

func (a *analysis) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		if s != nil {
			a.stmts(s.List)
		}
	case *ast.ExprStmt:
		a.val(s.X)
	case *ast.AssignStmt:
		var lhs []val
		for _, l := range s.Lhs {
			if s.Tok == token.ASSIGN {
				a.written[l] = true
			}
			v := a.val(l)
			if s.Tok == token.DEFINE {
				if id, ok := l.(*ast.Ident); ok && a.info.Defs[id] != nil {
					v = a.objectVal(a.info.Defs[id])
				}
			}
			lhs = append(lhs, v)
		}
		a.assign(lhs, s.Rhs)
		a.keepOptions(s)
	case *ast.DeclStmt:
		if d, ok := s.Decl.(*ast.GenDecl); ok {
			a.genDecl(d)
		}
	case *ast.ReturnStmt:
		a.returnStmt(s)
	case *ast.SendStmt:
		ch := a.val(s.Chan)
		var t types.Type
		if ch.t != nil {
			t = elemType(ch.t)
		}
		a.flow(value(ch.n, t, ch.hard), a.val(s.Value))
	case *ast.IncDecStmt:
		a.val(s.X)
	case *ast.GoStmt:
		a.val(s.Call)
	case *ast.DeferStmt:
		a.val(s.Call)
	case *ast.LabeledStmt:
		a.stmt(s.Stmt)
	case *ast.IfStmt:
		a.stmt(s.Init)
		a.val(s.Cond)
		a.stmt(s.Body)
		a.stmt(s.Else)
	case *ast.ForStmt:
		a.stmt(s.Init)
		a.val(s.Cond)
		a.stmt(s.Post)
		a.stmt(s.Body)
	case *ast.RangeStmt:
		a.rangeStmt(s)
	case *ast.SwitchStmt:
		a.stmt(s.Init)
		tag := a.val(s.Tag)
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			for _, e := range c.List {
				if v := a.val(e); s.Tag != nil {
					a.compare(tag, v)
				}
			}
			a.stmts(c.Body)
		}
	case *ast.TypeSwitchStmt:
		a.typeSwitch(s)
	case *ast.SelectStmt:
		for _, c := range s.Body.List {
			c := c.(*ast.CommClause)
			a.stmt(c.Comm)
			a.stmts(c.Body)
		}
	}
}

func (a *analysis) returnStmt(s *ast.ReturnStmt) {
	if a.sig == nil || len(s.Results) == 0 {
		for _, r := range s.Results {
			a.val(r)
		}
		return // named results are their own variables
	}
	var lhs []val
	for i := range a.sig.Results().Len() {
		lhs = append(lhs, a.objectVal(a.sig.Results().At(i)))
	}
	a.assign(lhs, s.Results)
}

func (a *analysis) rangeStmt(s *ast.RangeStmt) {
	x := a.val(s.X)
	for i, e := range []ast.Expr{s.Key, s.Value} {
		if e == nil {
			continue
		}
		v := a.val(e)
		if id, ok := e.(*ast.Ident); ok && s.Tok == token.DEFINE && a.info.Defs[id] != nil {
			v = a.objectVal(a.info.Defs[id])
		}
		t := v.t
		if x.t != nil && i == 1 {
			t = elemType(x.t)
		}
		a.flow(v, value(x.n, t, x.hard && v.hard))
	}
	a.stmt(s.Body)
}

func (a *analysis) typeSwitch(s *ast.TypeSwitchStmt) {
	a.stmt(s.Init)
	var x val
	switch as := s.Assign.(type) {
	case *ast.ExprStmt:
		x = a.val(as.X)
	case *ast.AssignStmt:
		x = a.val(as.Rhs[0])
	}
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		clause := x
		for _, e := range c.List {
			if a.info.Types[e].IsNil() {
				continue
			}
			v := a.assertion(x, a.typeExpr(e), a.info.TypeOf(e))
			if len(c.List) == 1 {
				clause = v
			}
		}
		if obj := a.info.Implicits[c]; obj != nil {
			// Every clause has a variable of its own at the same position.
			n := a.at(a.place(c.Pos()), kindClause)
			a.objects[obj] = n
			dst := value(n, obj.Type(), a.carries(obj.Type()))
			if dst.hard && clause.hard {
				a.union(dst.n, clause.n)
			} else {
				a.flow(dst, clause)
			}
		}
		a.stmts(c.Body)
	}
}
