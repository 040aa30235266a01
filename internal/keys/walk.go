package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// walker reads one file into the index.
type walker struct {
	*index
	unit *unit
	info *types.Info
	tf   *token.File
	fn   *function // around the node at hand
}

// enter notes a function before the walk goes into it.
func (w *walker) enter(fn *function, params *ast.FieldList) {
	fn.par = w.fn
	w.fn = fn
	w.bodies[w.tf] = append(w.bodies[w.tf], fn)
	w.parameters(fn, params)
	for r := range fn.sig.Results().Variables() {
		if r.Name() != "" {
			w.zero[r.Pos()], w.owner[r.Pos()] = true, fn
		}
	}
}

func (w *walker) file(f *ast.File) {
	called := map[ast.Expr]bool{} // expressions in call position
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			return true
		}
		for w.fn != nil && n.Pos() >= w.fn.body.End() {
			w.fn = w.fn.par
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			w.decl(n)
		case *ast.FuncLit:
			if fn := w.literal(n); fn != nil {
				w.enter(fn, n.Type.Params)
			}
		case *ast.CallExpr:
			called[ast.Unparen(n.Fun)] = true
			w.call(n)
		case *ast.SelectorExpr:
			if called[n] {
				called[n.Sel] = true
			} else if fn, ok := w.info.Uses[n.Sel].(*types.Func); ok {
				w.value(fn.Origin())
				called[n.Sel] = true
			}
		case *ast.IndexExpr:
			if called[n] {
				called[ast.Unparen(n.X)] = true
			}
		case *ast.IndexListExpr:
			if called[n] {
				called[ast.Unparen(n.X)] = true
			}
		case *ast.Ident:
			if !called[n] {
				if obj := w.info.Uses[n]; obj != nil {
					switch obj := obj.(type) {
					case *types.Func:
						w.value(obj.Origin())
					case *types.Var:
						if _, ok := obj.Type().Underlying().(*types.Signature); ok {
							w.values[obj.Pos()] = true
						}
					}
				}
			}
		case *ast.TypeSpec:
			w.embedded(n)
		case *ast.AssignStmt:
			w.assign(n)
		case *ast.ValueSpec:
			w.spec(n)
		case *ast.RangeStmt:
			w.ranges(n)
		case *ast.CompositeLit:
			w.composite(n)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				if v := w.variable(n.X); v != nil {
					if _, isStruct := v.Type().Underlying().(*types.Struct); !isStruct {
						w.write(v, write{index: -1, how: opaque, key: indexOf(n.X), why: "its address is taken", pos: n.Pos()})
					}
				}
			}
		case *ast.IncDecStmt:
			if v := w.variable(n.X); v != nil {
				w.write(v, write{index: -1, how: opaque, key: indexOf(n.X), why: "it is counted", pos: n.Pos()})
			}
		case *ast.SendStmt:
			if v := w.variable(n.Chan); v != nil {
				w.write(v, write{how: element, expr: n.Value, index: -1, pos: n.Pos()})
			}
		case *ast.ReturnStmt:
			w.returns(n)
		case *ast.LabeledStmt:
			if w.fn != nil {
				w.fn.jump = true
			}
		case *ast.BranchStmt:
			if w.fn != nil && (n.Tok == token.GOTO || n.Tok == token.FALLTHROUGH || n.Label != nil) {
				w.fn.jump = true
			}
		}
		return true
	})
}

// embedded notes the types that a struct embeds: their methods are its own.
func (w *walker) embedded(n *ast.TypeSpec) {
	obj := w.info.Defs[n.Name]
	if obj == nil {
		return
	}
	st, ok := obj.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for f := range st.Fields() {
		if !f.Embedded() {
			continue
		}
		t := f.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if named, ok := types.Unalias(t).(*types.Named); ok {
			pos := named.Obj().Pos()
			w.embeds[pos] = append(w.embeds[pos], obj.Type())
		}
	}
}

func (w *walker) decl(n *ast.FuncDecl) {
	obj, ok := w.info.Defs[n.Name].(*types.Func)
	if !ok || n.Body == nil {
		return
	}
	fn := &function{obj: obj, sig: obj.Signature(), body: n.Body, pos: obj.Pos(), unit: w.unit}
	w.funcs[fn.pos] = fn
	w.fn = nil
	w.enter(fn, n.Type.Params)
	w.receiver(fn, n.Recv)
	if fn.sig.Recv() != nil {
		w.methods[obj.Name()] = append(w.methods[obj.Name()], fn)
	}
}

// receiver makes a parameter of a receiver that is a text: type Path string.
func (w *walker) receiver(fn *function, recv *ast.FieldList) {
	if recv == nil || len(recv.List) != 1 || len(recv.List[0].Names) != 1 {
		return
	}
	name := recv.List[0].Names[0]
	if v, ok := w.info.Defs[name].(*types.Var); ok && name.Name != "_" && isText(v.Type()) {
		w.owner[v.Pos()] = fn
		w.params[v.Pos()] = parameter{fn: fn, index: -1, name: name.Name}
		fn.recv = v.Pos()
	}
}

func (w *walker) parameters(fn *function, fields *ast.FieldList) {
	i := 0
	for _, f := range fields.List {
		for _, name := range f.Names {
			fn.args = append(fn.args, name.Pos())
			if v, ok := w.info.Defs[name].(*types.Var); ok && name.Name != "_" {
				w.owner[v.Pos()] = fn
				w.params[v.Pos()] = parameter{fn: fn, index: i, name: name.Name,
					variadic: fn.sig.Variadic() && i == fn.sig.Params().Len()-1}
			}
			i++
		}
		if len(f.Names) == 0 {
			fn.args = append(fn.args, token.NoPos)
			i++
		}
	}
}

// literal gives the function of a literal, which is noted when it is written
// somewhere or when the walk comes to it, whatever is first.
func (w *walker) literal(n *ast.FuncLit) *function {
	if fn := w.funcs[n.Pos()]; fn != nil {
		return fn
	}
	sig, ok := w.info.TypeOf(n).(*types.Signature)
	if !ok {
		return nil
	}
	fn := &function{sig: sig, body: n.Body, pos: n.Pos(), unit: w.unit}
	w.funcs[n.Pos()] = fn
	return fn
}

// value notes that a function is used other than by calling it.
func (w *walker) value(fn *types.Func) {
	if recv := fn.Signature().Recv(); recv != nil {
		if iface, ok := recv.Type().Underlying().(*types.Interface); ok {
			w.taken[fn.Name()] = append(w.taken[fn.Name()], iface)
			return
		}
	}
	w.values[fn.Pos()] = true
}

// returns notes what a return statement writes to named results.
func (w *walker) returns(n *ast.ReturnStmt) {
	if w.fn == nil || len(n.Results) == 0 {
		return
	}
	if w.fn.obj != nil {
		for _, e := range n.Results {
			by := loan{by: w.fn.obj.Pos()}
			if v := w.source(e); v != nil && shared(v.Type()) {
				w.lent[v.Origin().Pos()] = append(w.lent[v.Origin().Pos()], by)
			} else if t := w.info.TypeOf(e); t != nil && !isText(t) {
				w.giveTo(e, by)
			}
		}
	}
	results := w.fn.sig.Results()
	for i := range results.Len() {
		r := results.At(i)
		if r.Name() == "" || r.Name() == "_" {
			return
		}
		wr := write{how: returned, expr: n.Results[0], index: i, pos: n.Pos()}
		if len(n.Results) == results.Len() {
			wr.expr, wr.index = n.Results[i], -1
		}
		w.write(r, wr)
	}
}

func (w *walker) call(n *ast.CallExpr) {
	if tv, ok := w.info.Types[n.Fun]; ok && tv.IsType() {
		w.converted(n, tv.Type)
		return
	}
	fun := ast.Unparen(n.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = ast.Unparen(f.X)
	case *ast.IndexListExpr:
		fun = ast.Unparen(f.X)
	}
	if id, ok := fun.(*ast.Ident); !ok || !isBuiltin(w.info.Uses[id]) {
		w.lend(n)
	}
	c := call{expr: n, test: w.unit.test}
	switch f := fun.(type) {
	case *ast.Ident:
		switch obj := w.info.Uses[f].(type) {
		case *types.Func:
			pos := obj.Origin().Pos()
			w.calls[pos] = append(w.calls[pos], c)
			w.decodes(n, obj)
		case *types.Var:
			w.calls[obj.Pos()] = append(w.calls[obj.Pos()], c)
		case *types.Builtin:
			if obj.Name() == "copy" && len(n.Args) == 2 {
				w.write(w.variable(n.Args[0]), write{how: spread, expr: n.Args[1], index: -1, pos: n.Pos()})
			}
		}
	case *ast.SelectorExpr:
		switch obj := w.info.Uses[f.Sel].(type) {
		case *types.Var: // a field that holds a function
			pos := obj.Origin().Pos()
			w.calls[pos] = append(w.calls[pos], c)
		case *types.Func:
			fn := obj.Origin()
			if sel := w.info.Selections[f]; sel != nil {
				c.expl = sel.Kind() == types.MethodExpr
				if iface, ok := fn.Signature().Recv().Type().Underlying().(*types.Interface); ok {
					w.dynamic[fn.Name()] = append(w.dynamic[fn.Name()], dynamic{c, iface})
					w.decodes(n, fn)
					return
				}
			}
			w.calls[fn.Pos()] = append(w.calls[fn.Pos()], c)
			w.decodes(n, fn)
		}
	}
}

func isBuiltin(obj types.Object) bool {
	_, ok := obj.(*types.Builtin)
	return ok
}

// lend notes the slices, maps, channels and function literals that a call hands
// to a function.
func (w *walker) lend(n *ast.CallExpr) {
	for i, arg := range n.Args {
		if lit, ok := ast.Unparen(arg).(*ast.FuncLit); ok {
			if fn := w.literal(lit); fn != nil {
				fn.held = loan{call: n, index: i}
			}
			continue
		}
		if v := w.source(arg); v != nil && shared(v.Type()) {
			w.lent[v.Origin().Pos()] = append(w.lent[v.Origin().Pos()], loan{call: n, index: i})
		}
		if t := w.info.TypeOf(arg); t != nil && shared(t) {
			w.giveTo(arg, loan{call: n, index: i})
		}
	}
}

// shared tells whether two variables of the type can have elements in common.
func shared(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Chan:
		return true
	}
	return false
}

// converted notes that the fields of a struct are those of another one.
func (w *walker) converted(n *ast.CallExpr, t types.Type) {
	if len(n.Args) != 1 {
		return
	}
	to, from := structOf(t), structOf(w.info.TypeOf(n.Args[0]))
	if to == nil || from == nil || to == from {
		return
	}
	for f := range to.Fields() {
		w.write(f, write{how: opaque, index: -1, why: "it is converted from another struct", pos: n.Pos()})
	}
}

// structOf is the struct that t is or points to.
func structOf(t types.Type) *types.Struct {
	if t == nil {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, _ := t.Underlying().(*types.Struct)
	return st
}

// decodes notes the fields that a decoder of another module fills in: what is
// handed to json.Unmarshal, a decoder's Decode, viper's and gorm's kin by address.
func (w *walker) decodes(n *ast.CallExpr, fn *types.Func) {
	if fn.Pkg() == nil || fn.Pkg() == w.unit.pkg.Types || !decodes(fn.Name()) {
		return
	}
	for _, arg := range n.Args {
		t := w.info.TypeOf(arg)
		if t == nil {
			continue
		}
		if _, ok := t.Underlying().(*types.Pointer); ok {
			w.decode(t, decoder{fn.Name(), fn.Pos()}, map[types.Type]bool{})
		}
	}
}

// decodes tells whether functions of this name fill in what they are given.
func decodes(name string) bool {
	for _, verb := range [...]string{"Unmarshal", "Decode", "Scan", "Bind", "Parse", "Unpack", "Load", "Process", "Find", "First", "Take", "Last", "Get", "Select"} {
		if strings.HasPrefix(name, verb) || strings.HasPrefix(name, "Must"+verb) || strings.HasPrefix(name, "Should"+verb) {
			return true
		}
	}
	return false
}

func (w *walker) decode(t types.Type, by decoder, seen map[types.Type]bool) {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		w.decode(u.Elem(), by, seen)
	case *types.Slice:
		w.decode(u.Elem(), by, seen)
	case *types.Array:
		w.decode(u.Elem(), by, seen)
	case *types.Map:
		w.decode(u.Elem(), by, seen)
	case *types.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for f := range u.Fields() {
			if !f.Exported() {
				continue
			}
			pos := f.Origin().Pos()
			if !slices.Contains(w.decoded[pos], by) {
				w.decoded[pos] = append(w.decoded[pos], by)
			}
			w.decode(f.Type(), by, seen)
		}
	}
}
