package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// index is what one walk over the packages finds: who writes a variable, who
// calls a function. Objects are named by the position of their declaration,
// which a package and its test variant share where their objects differ.
type index struct {
	fset    *token.FileSet
	infos   map[*token.File]*unit
	funcs   map[token.Pos]*function // declared functions and methods, by name; literals, by "func"
	params  map[token.Pos]parameter
	writes  map[token.Pos][]write
	calls   map[token.Pos][]call // of declared functions, and of variables that hold one literal
	values  map[token.Pos]bool   // functions used other than by calling them
	dynamic map[string][]dynamic // calls through interfaces, by method name
	methods map[string][]*function
}

// A unit is what a file belongs to.
type unit struct {
	pkg  *Package
	test bool
}

type function struct {
	obj  *types.Func // nil for a literal
	sig  *types.Signature
	body *ast.BlockStmt
	pos  token.Pos
	unit *unit
	held token.Pos // variable that holds the literal
}

type parameter struct {
	fn       *function
	index    int
	variadic bool
	name     string
}

// A write is one assignment: the value, or the result of the value at index.
type write struct {
	how   how
	expr  ast.Expr
	index int // result of a call with several, -1 when expr is the value itself
	why   string
	test  bool
}

type how uint8

const (
	opaque     how = iota // something that cannot be followed, why says what
	value                 // x = expr
	suffix                // x += expr
	element               // x[i] = expr
	elementsOf            // for _, x = range expr
)

type call struct {
	expr *ast.CallExpr
	expl bool // method expression: the receiver is the first argument
	test bool
}

type dynamic struct {
	call  call
	iface *types.Interface
}

func newIndex(fset *token.FileSet, pkgs []Package) *index {
	x := &index{
		fset:    fset,
		infos:   map[*token.File]*unit{},
		funcs:   map[token.Pos]*function{},
		params:  map[token.Pos]parameter{},
		writes:  map[token.Pos][]write{},
		calls:   map[token.Pos][]call{},
		values:  map[token.Pos]bool{},
		dynamic: map[string][]dynamic{},
		methods: map[string][]*function{},
	}
	for i := range pkgs {
		p := &pkgs[i]
		for _, f := range p.Files {
			tf := fset.File(f.FileStart)
			if tf == nil || x.infos[tf] != nil {
				continue
			}
			u := &unit{pkg: p, test: strings.HasSuffix(tf.Name(), "_test.go")}
			x.infos[tf] = u
			w := &walker{index: x, unit: u, info: p.Info}
			w.file(f)
		}
	}
	return x
}

// at gives the unit whose file holds pos.
func (x *index) at(pos token.Pos) *unit {
	tf := x.fset.File(pos)
	if tf == nil {
		return nil
	}
	return x.infos[tf]
}

// walker reads one file into the index.
type walker struct {
	*index
	unit *unit
	info *types.Info
}

func (w *walker) file(f *ast.File) {
	called := map[ast.Expr]bool{} // expressions in call position
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			w.decl(n)
		case *ast.FuncLit:
			if sig, ok := w.info.TypeOf(n).(*types.Signature); ok {
				if w.funcs[n.Pos()] == nil {
					w.funcs[n.Pos()] = &function{sig: sig, body: n.Body, pos: n.Pos(), unit: w.unit}
				}
				w.parameters(w.funcs[n.Pos()], n.Type.Params)
			}
		case *ast.CallExpr:
			called[ast.Unparen(n.Fun)] = true
			w.call(n)
		case *ast.SelectorExpr:
			if called[n] {
				called[n.Sel] = true
			} else if fn, ok := w.info.Uses[n.Sel].(*types.Func); ok {
				w.values[fn.Origin().Pos()] = true
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
						w.values[obj.Origin().Pos()] = true
					case *types.Var:
						if _, ok := obj.Type().Underlying().(*types.Signature); ok {
							w.values[obj.Pos()] = true
						}
					}
				}
			}
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
						w.write(v, write{index: -1, how: opaque, why: "its address is taken"})
					}
				}
			}
		case *ast.IncDecStmt:
			if v := w.variable(n.X); v != nil {
				w.write(v, write{index: -1, how: opaque, why: "it is counted"})
			}
		}
		return true
	})
}

func (w *walker) decl(n *ast.FuncDecl) {
	obj, ok := w.info.Defs[n.Name].(*types.Func)
	if !ok || n.Body == nil {
		return
	}
	fn := &function{obj: obj, sig: obj.Signature(), body: n.Body, pos: obj.Pos(), unit: w.unit}
	w.funcs[fn.pos] = fn
	w.parameters(fn, n.Type.Params)
	if fn.sig.Recv() != nil {
		w.methods[obj.Name()] = append(w.methods[obj.Name()], fn)
	}
}

func (w *walker) parameters(fn *function, fields *ast.FieldList) {
	i := 0
	for _, f := range fields.List {
		for _, name := range f.Names {
			if v, ok := w.info.Defs[name].(*types.Var); ok {
				w.params[v.Pos()] = parameter{fn: fn, index: i, name: name.Name,
					variadic: fn.sig.Variadic() && i == fn.sig.Params().Len()-1}
			}
			i++
		}
		if len(f.Names) == 0 {
			i++
		}
	}
}

func (w *walker) call(n *ast.CallExpr) {
	fun := ast.Unparen(n.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = ast.Unparen(f.X)
	case *ast.IndexListExpr:
		fun = ast.Unparen(f.X)
	}
	c := call{expr: n, test: w.unit.test}
	switch f := fun.(type) {
	case *ast.Ident:
		switch obj := w.info.Uses[f].(type) {
		case *types.Func:
			w.calls[obj.Origin().Pos()] = append(w.calls[obj.Origin().Pos()], c)
		case *types.Var:
			w.calls[obj.Pos()] = append(w.calls[obj.Pos()], c)
		}
	case *ast.SelectorExpr:
		fn, ok := w.info.Uses[f.Sel].(*types.Func)
		if !ok {
			return
		}
		fn = fn.Origin()
		if sel := w.info.Selections[f]; sel != nil {
			c.expl = sel.Kind() == types.MethodExpr
			if iface, ok := sel.Recv().Underlying().(*types.Interface); ok {
				w.dynamic[fn.Name()] = append(w.dynamic[fn.Name()], dynamic{c, iface})
				return
			}
		}
		w.calls[fn.Pos()] = append(w.calls[fn.Pos()], c)
	}
}

// variable gives the variable that e names: a local, a global, a field.
func (w *walker) variable(e ast.Expr) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v, ok := w.info.ObjectOf(e).(*types.Var); ok {
			return v
		}
	case *ast.SelectorExpr:
		if v, ok := w.info.Uses[e.Sel].(*types.Var); ok {
			return v
		}
	case *ast.IndexExpr:
		// x[i] = v: one of the elements
		return w.variable(e.X)
	}
	return nil
}

func (w *walker) write(v *types.Var, wr write) {
	if v == nil || v.Name() == "_" {
		return
	}
	wr.test = w.unit.test
	pos := v.Origin().Pos()
	w.writes[pos] = append(w.writes[pos], wr)
	if lit, ok := wr.expr.(*ast.FuncLit); ok && wr.how == value && wr.index < 0 {
		// Its FuncLit case comes later in the walk, or never again when the
		// function is already there.
		fn := w.funcs[lit.Pos()]
		if fn == nil {
			sig, _ := w.info.TypeOf(lit).(*types.Signature)
			fn = &function{sig: sig, body: lit.Body, pos: lit.Pos(), unit: w.unit}
			w.funcs[lit.Pos()] = fn
		}
		fn.held = pos
	}
}

func (w *walker) assign(n *ast.AssignStmt) {
	app := n.Tok == token.ADD_ASSIGN
	other := n.Tok != token.ASSIGN && n.Tok != token.DEFINE && !app
	for i, l := range n.Lhs {
		v := w.variable(l)
		if v == nil {
			continue
		}
		switch {
		case other:
			w.write(v, write{index: -1, how: opaque, why: "it is computed"})
		case len(n.Lhs) == len(n.Rhs):
			h := value
			if _, indexed := ast.Unparen(l).(*ast.IndexExpr); indexed {
				h = element
			} else if app {
				h = suffix
			}
			w.write(v, write{how: h, expr: n.Rhs[i], index: -1})
		case len(n.Rhs) == 1:
			w.write(v, write{how: value, expr: n.Rhs[0], index: i})
		}
	}
}

func (w *walker) spec(n *ast.ValueSpec) {
	for i, name := range n.Names {
		v, ok := w.info.Defs[name].(*types.Var)
		if !ok {
			continue
		}
		switch {
		case len(n.Values) == len(n.Names):
			w.write(v, write{how: value, expr: n.Values[i], index: -1})
		case len(n.Values) == 1:
			w.write(v, write{how: value, expr: n.Values[0], index: i})
		}
	}
}

func (w *walker) ranges(n *ast.RangeStmt) {
	if v := w.rangeVar(n.Key); v != nil {
		w.write(v, write{index: -1, how: opaque, why: "it ranges over data"})
	}
	if v := w.rangeVar(n.Value); v != nil {
		w.write(v, write{how: elementsOf, expr: n.X, index: -1, why: "it ranges over data"})
	}
}

func (w *walker) rangeVar(e ast.Expr) *types.Var {
	if e == nil {
		return nil
	}
	return w.variable(e)
}

// composite notes the fields that a struct literal sets.
func (w *walker) composite(n *ast.CompositeLit) {
	t := w.info.TypeOf(n)
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem() // &T elided in a slice literal
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				if v, ok := w.info.Uses[id].(*types.Var); ok {
					w.write(v, write{how: value, expr: kv.Value, index: -1})
				}
			}
			continue
		}
		if i < st.NumFields() {
			w.write(st.Field(i), write{how: value, expr: e, index: -1})
		}
	}
}

// bodyAround gives the body of the innermost function that holds n.
func (x *index) bodyAround(n ast.Node) *ast.BlockStmt {
	u := x.at(n.Pos())
	if u == nil {
		return nil
	}
	var body *ast.BlockStmt
	for _, f := range u.pkg.Files {
		if f.FileStart <= n.Pos() && n.Pos() < f.FileEnd {
			ast.Inspect(f, func(m ast.Node) bool {
				if m == nil || n.Pos() < m.Pos() || m.End() < n.End() {
					return m == nil || m.Pos() <= n.Pos() && n.End() <= m.End()
				}
				switch m := m.(type) {
				case *ast.FuncDecl:
					body = m.Body
				case *ast.FuncLit:
					body = m.Body
				}
				return true
			})
		}
	}
	return body
}
