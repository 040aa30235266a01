package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// go-redis v8 is swapped as v9 is, and what v9 has in another form is edited with it,
// by the rules of internal/spec:
//
//	rdb.SetEX(ctx, k, v, d)               →  rdb.SetEx(ctx, k, v, d)
//	rdb.ZAdd(ctx, k, &redis.Z{…}, z)      →  rdb.ZAdd(ctx, k, cfstore.Z{…}, *z)
//	&redis.Options{IdleTimeout: d}        →  &cfstore.Options{ConnMaxIdleTime: d}
//	rdb.AddHook(tracing{})                →  rdb.AddHook(cfstore.FromHookV8(tracing{}))
//
// Sound because each rule says the same in v9's words: arguments are evaluated where
// they were and in their order, and what is left out is a name, a constant or a call
// that only reads. A use in a form that no rule covers holds its group back.

// A v8Use is one place where v8 and v9 differ.
type v8Use struct {
	f       *file
	use     *spec.V8Use
	id      *ast.Ident // the name that differs
	sel     *ast.SelectorExpr
	call    *ast.CallExpr // the call of it; nil for a value
	stack   []ast.Node    // around the name, the file first
	lit     *ast.CompositeLit
	kv      *ast.KeyValueExpr
	decl    *ast.FuncType // a method of the module that has to have v9's signature
	body    *ast.BlockStmt
	refused string // why no rule covers this form
	code    string // and its code
}

type span struct{ from, to token.Pos }

// v8Rules is what a run knows of the module's use of v8.
type v8Rules struct {
	uses  map[string][]*v8Use // by file
	pkg   *types.Package
	decls map[token.Position]*spec.V8Use // methods of the module whose signatures follow v9's
	// values are the variables whose type follows such a signature: *Z before, Z after.
	values map[token.Position]bool

	raw         bool // asks for replies as they come
	addsHook    bool
	withContext token.Position // the first WithContext of a client
	context     token.Position // the first Context of a client
	overridden  bool           // a type of the module has a Context of its own in a client's place
}

// findV8 looks for the uses of v8 that v9 has in another form.
func (r *run) findV8() {
	r.v8 = &v8Rules{uses: map[string][]*v8Use{}, decls: map[token.Position]*spec.V8Use{}, values: map[token.Position]bool{}}
	if r.v8.pkg = r.prog.Realm(analyzer.GoRedisV8Path); r.v8.pkg == nil {
		return
	}
	names := sortedKeys(r.files)
	for _, name := range names {
		r.v8Declared(r.files[name])
	}
	for _, name := range names {
		r.v8InFile(r.files[name])
	}
	for _, name := range names {
		for _, u := range r.v8.uses[name] {
			r.checkForm(u)
		}
	}
}

// v8InFile notes the uses in one file.
func (r *run) v8InFile(f *file) {
	if f.path == r.generated {
		return
	}
	var stack []ast.Node
	ast.Inspect(f.syn, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.Ident:
			r.v8Name(f, n, stack)
		case *ast.SelectorExpr:
			r.v8Member(f, n, stack)
		case *ast.CompositeLit:
			r.v8Literal(f, n, stack)
		}
		return true
	})
}

// spot is a position without the offset, which export data does not have.
func (r *run) spot(pos token.Pos) token.Position {
	p := r.prog.Fset.PositionFor(pos, false)
	p.Offset = 0
	return p
}

func (r *run) addV8(u *v8Use, stack []ast.Node) {
	u.stack = append([]ast.Node(nil), stack...)
	r.v8.uses[u.f.name] = append(r.v8.uses[u.f.name], u)
}

// v8Name notes a name of the package itself: a constructor.
func (r *run) v8Name(f *file, id *ast.Ident, stack []ast.Node) {
	fn, ok := f.info.Uses[id].(*types.Func)
	if !ok || !isV8(fn) || fn.Signature().Recv() != nil {
		return
	}
	if strings.HasPrefix(fn.Name(), "New") && strings.HasSuffix(fn.Name(), "Cmd") {
		r.v8.raw = true
	}
	if u := spec.V8Name(fn.Name()); u != nil && u.Rule == spec.V8Resp2 {
		r.addV8(&v8Use{f: f, use: u, id: id, call: callOf(stack)}, stack)
	}
}

// v8Member notes a method or field that is selected.
func (r *run) v8Member(f *file, sel *ast.SelectorExpr, stack []ast.Node) {
	s := f.info.Selections[sel]
	if s == nil {
		return
	}
	u := &v8Use{f: f, id: sel.Sel, sel: sel, call: callOf(stack)}
	switch obj := s.Obj().(type) {
	case *types.Func:
		if d := r.v8.decls[r.spot(obj.Origin().Pos())]; d != nil {
			u.use = d
		} else if isV8(obj) {
			u.use = spec.V8Method(v8Owner(s), obj.Name())
			r.v8Sees(u, s)
		}
	case *types.Var:
		if isV8(obj) {
			u.use = spec.V8Field(v8Owner(s), obj.Name())
		}
	}
	if u.use != nil {
		r.addV8(u, stack)
	}
}

// v8Sees notes what rules ask of the module as a whole.
func (r *run) v8Sees(u *v8Use, s *types.Selection) {
	at := r.prog.Fset.PositionFor(u.id.Pos(), false)
	switch name := u.id.Name; {
	case name == "Do":
		r.v8.raw = true
	case name == "AddHook":
		r.v8.addsHook = true
	case u.use == nil:
	case u.use.Rule == spec.V8Receiver && !r.v8.withContext.IsValid():
		r.v8.withContext = at
	case u.use.Rule == spec.V8Background && !r.v8.context.IsValid():
		r.v8.context = at
	}
}

// v8Literal notes the fields of a literal.
func (r *run) v8Literal(f *file, lit *ast.CompositeLit, stack []ast.Node) {
	n := namedType(f.info.TypeOf(lit))
	if n == nil || !isV8(n.Obj()) {
		return
	}
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		id, ok := kv.Key.(*ast.Ident)
		if !ok {
			continue
		}
		if u := spec.V8Field(n.Obj().Name(), id.Name); u != nil {
			r.addV8(&v8Use{f: f, use: u, id: id, lit: lit, kv: kv}, stack)
		}
	}
}

// v8Declared notes the methods that the module declares with a signature of v8's
// clients, in interfaces and in what stands for a client: they follow v9's.
func (r *run) v8Declared(f *file) {
	ast.Inspect(f.syn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv != nil {
				r.v8Declaration(f, n.Name, n.Type, n.Body)
			}
		case *ast.InterfaceType:
			for _, m := range n.Methods.List {
				if ft, ok := m.Type.(*ast.FuncType); ok && len(m.Names) == 1 {
					r.v8Declaration(f, m.Names[0], ft, nil)
				}
			}
		}
		return true
	})
}

func (r *run) v8Declaration(f *file, id *ast.Ident, ft *ast.FuncType, body *ast.BlockStmt) {
	use := spec.V8Method("Cmdable", id.Name)
	fn, ok := f.info.Defs[id].(*types.Func)
	if use == nil || !ok || use.Rule != spec.V8Rename && use.Rule != spec.V8Values {
		return
	}
	cmdable := r.v8.pkg.Scope().Lookup("Cmdable").Type()
	m, _, _ := types.LookupFieldOrMethod(cmdable, false, r.v8.pkg, id.Name)
	theirs, ok := m.(*types.Func)
	if !ok || !types.Identical(withoutReceiver(theirs), withoutReceiver(fn)) {
		return
	}
	r.v8.decls[r.spot(id.Pos())] = use
	u := &v8Use{f: f, use: use, id: id, decl: ft, body: body}
	if use.Rule == spec.V8Values && body != nil {
		r.v8Values(u, ft)
	}
	r.addV8(u, nil)
}

func withoutReceiver(fn *types.Func) *types.Signature {
	s := fn.Signature()
	return types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())
}

// v8Values notes the variables that become values with the parameter of a method,
// and refuses the method when one is used otherwise than for its fields.
func (r *run) v8Values(u *v8Use, ft *ast.FuncType) {
	last := ft.Params.List[len(ft.Params.List)-1]
	if len(last.Names) != 1 {
		return
	}
	f := u.f
	follow := map[types.Object]bool{f.info.Defs[last.Names[0]]: true}
	ast.Inspect(u.body, func(n ast.Node) bool {
		if rs, ok := n.(*ast.RangeStmt); ok {
			x, isIdent := ast.Unparen(rs.X).(*ast.Ident)
			if v, ok := rs.Value.(*ast.Ident); ok && isIdent && follow[f.info.Uses[x]] && f.info.Defs[v] != nil {
				follow[f.info.Defs[v]] = true
			}
		}
		return true
	})
	var stack []ast.Node
	ast.Inspect(u.body, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && follow[f.info.Uses[id]] && !r.staysRight(f, id, stack) {
			u.refuse(spec.V8Form, "what it does with "+id.Name+" needs the pointers")
		}
		return true
	})
	for obj := range follow {
		r.v8.values[r.spot(obj.Pos())] = true
	}
}

// staysRight reports whether a use of a []*Z or *Z means the same of a []Z or Z:
// its length, what its fields have, a range over it, an argument of another such method.
func (r *run) staysRight(f *file, id *ast.Ident, stack []ast.Node) bool {
	if len(stack) < 2 {
		return false
	}
	switch p := stack[len(stack)-2].(type) {
	case *ast.RangeStmt:
		return p.X == id
	case *ast.SelectorExpr:
		return p.X == id && !written(stack[:len(stack)-1])
	case *ast.IndexExpr:
		if p.X != id {
			return false
		}
		switch around := stack[len(stack)-3].(type) {
		case *ast.SelectorExpr:
			return around.X == p && !written(stack[:len(stack)-2])
		case *ast.CallExpr:
			return r.takesMembers(f, around)
		}
	case *ast.CallExpr:
		fun, ok := p.Fun.(*ast.Ident)
		return ok && fun.Name == "len" || r.takesMembers(f, p)
	}
	return false
}

// written reports whether the innermost expression is set, or can be by its address.
func written(stack []ast.Node) bool {
	at := stack[len(stack)-1]
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			at = p
			continue
		case *ast.AssignStmt:
			return slices.ContainsFunc(p.Lhs, func(x ast.Expr) bool { return x == at })
		case *ast.RangeStmt:
			return p.Key == at || p.Value == at
		case *ast.IncDecStmt:
			return true
		case *ast.UnaryExpr:
			return p.Op == token.AND
		}
		return false
	}
	return false
}

// takesMembers reports whether a call is one of a method whose *Z become Z.
func (r *run) takesMembers(f *file, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || f.info.Selections[sel] == nil {
		return false
	}
	u := spec.V8Method("Cmdable", sel.Sel.Name)
	fn := f.info.Selections[sel].Obj()
	return u != nil && (u.Rule == spec.V8Values || u.Rule == spec.V8Members) &&
		(isV8(fn) || r.v8.decls[r.spot(fn.Pos())] != nil)
}

func isV8(obj types.Object) bool {
	return obj != nil && obj.Pkg() != nil && analyzer.IsV8(obj.Pkg().Path())
}

func namedType(t types.Type) *types.Named {
	if t == nil {
		return nil
	}
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// v8Owner is the exported type of v8 whose member a selection is: that of the
// receiver, or of the field that embeds it.
func v8Owner(s *types.Selection) string {
	t := s.Recv()
	for _, i := range append(s.Index()[:len(s.Index())-1:len(s.Index())-1], -1) {
		if n := namedType(t); n != nil && isV8(n.Obj()) && n.Obj().Exported() {
			return n.Obj().Name()
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || i < 0 {
			break
		}
		t = st.Field(i).Type()
	}
	if fn, ok := s.Obj().(*types.Func); ok { // of an interface that embeds v8's
		if n := namedType(fn.Signature().Recv().Type()); n != nil && n.Obj().Exported() {
			return n.Obj().Name()
		}
		return "Cmdable"
	}
	return ""
}

// callOf is the call whose function the innermost node is, parentheses aside.
func callOf(stack []ast.Node) *ast.CallExpr {
	at := stack[len(stack)-1]
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			at = p
		case *ast.SelectorExpr: // the name behind a package
			if p.Sel != at {
				return nil
			}
			at = p
		case *ast.CallExpr:
			if p.Fun == at {
				return p
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// parent is the node around the innermost, or around the call of it.
func (u *v8Use) parent() ast.Node {
	at := ast.Node(u.id)
	if u.sel != nil {
		at = u.sel
	}
	if u.call != nil {
		at = u.call
	}
	for i := len(u.stack) - 1; i > 0; i-- {
		if u.stack[i] == at {
			return u.stack[i-1]
		}
	}
	return nil
}

// v8Group is the group that a use belongs to.
func (r *run) v8Group(u *v8Use) int {
	if g := r.flow.At(r.prog.Fset.PositionFor(u.id.Pos(), false)); g >= 0 {
		return g
	}
	if u.decl != nil { // the names in its signature
		return r.mentionIn(u.f, u.decl.Pos(), u.decl.End())
	}
	// The name of the literal's type, or that of the literal around it.
	for i := len(u.stack) - 1; i >= 0; i-- {
		if lit, ok := u.stack[i].(*ast.CompositeLit); ok && lit.Type != nil {
			return r.mentionIn(u.f, lit.Type.Pos(), lit.Type.End())
		}
	}
	if u.sel == nil {
		return r.mentionIn(u.f, u.id.Pos(), u.id.End())
	}
	if groups := r.flow.OnLine(u.f.name, r.prog.Fset.PositionFor(u.id.Pos(), false).Line); len(groups) == 1 {
		return groups[0]
	}
	return -1
}

func (r *run) mentionIn(f *file, from, to token.Pos) int {
	for _, m := range r.byFile[f.name] {
		if m.Ident.Pos() >= from && m.Ident.Pos() < to {
			return m.Group
		}
	}
	return -1
}

// holdV8 blocks the groups that use v8 in a form that no rule covers.
func (r *run) holdV8() {
	for _, name := range sortedKeys(r.v8.uses) {
		for _, u := range r.v8.uses[name] {
			if u.refused == "" {
				continue
			}
			if g := r.v8Group(u); g >= 0 {
				group := r.flow.Groups[g]
				group.Blockers = append(group.Blockers, flow.Blocker{
					Pos: r.prog.Fset.PositionFor(u.id.Pos(), false), Code: u.code, Text: u.use.Name + " of go-redis v8: " + u.refused})
			}
		}
	}
}

// refuse says why no rule covers a use.
func (u *v8Use) refuse(code, why string) { u.code, u.refused = code, why }
