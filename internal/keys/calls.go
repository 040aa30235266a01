package keys

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// call gives result number index of a call.
func (a *Analyzer) call(n *ast.CallExpr, info *types.Info, index int) set {
	if tv, ok := info.Types[n.Fun]; ok && tv.IsType() {
		return a.conversion(n, info)
	}
	obj := typeutil.Callee(info, n)
	switch obj := obj.(type) {
	case *types.Builtin:
		if obj.Name() == "append" && len(n.Args) > 0 {
			// append([]byte("user:"), id...): text after text.
			s := a.eval(n.Args[0])
			for _, arg := range n.Args[1:] {
				s = concat(s, a.argument(arg, info))
			}
			return s
		}
		if obj.Name() == "min" || obj.Name() == "max" {
			return unknown(FromData, "computed")
		}
	case *types.Func:
		if s, ok := a.known(obj, n, info); ok {
			return s
		}
		return a.calls(obj.Origin(), n, info, index)
	case *types.Var:
		if fn := a.literalOf(obj); fn != nil {
			return a.apply(fn, n, info, index, false)
		}
		return unknown(Unknown, fmt.Sprintf("result of the function value %s", obj.Name()))
	}
	if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
		if fn := a.idx.funcs[lit.Pos()]; fn != nil {
			return a.apply(fn, n, info, index, false)
		}
	}
	return unknown(Unknown, "result of a function value")
}

// conversion keeps text as it is; a number becomes one character or bytes.
func (a *Analyzer) conversion(n *ast.CallExpr, info *types.Info) set {
	if len(n.Args) == 1 && isText(info.TypeOf(n.Args[0])) {
		return a.eval(n.Args[0])
	}
	if len(n.Args) == 1 {
		if t := info.TypeOf(n.Fun); t != nil && types.IsInterface(t) {
			return a.eval(n.Args[0])
		}
	}
	return unknown(FromData, "converted from a number")
}

// argument is an operand whose text is taken: strings as they are, constants
// formatted, everything else a hole.
func (a *Analyzer) argument(e ast.Expr, info *types.Info) set {
	t := info.TypeOf(e)
	if tv, ok := info.Types[e]; ok && tv.Value != nil {
		return constantText(tv.Value)
	}
	if t != nil && isText(t) && !hasString(t) {
		return a.eval(e)
	}
	if t != nil && types.IsInterface(t) {
		return unknown(FromData, "an interface value")
	}
	return unknown(FromData, "formatted data")
}

// hasString tells whether formatting t calls a String or Error method.
func hasString(t types.Type) bool {
	for _, name := range [...]string{"String", "Error"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}

// literalOf gives the one function literal that v ever holds.
func (a *Analyzer) literalOf(v *types.Var) *function {
	ws := a.idx.writes[v.Origin().Pos()]
	if len(ws) != 1 || ws[0].how != value || ws[0].index >= 0 {
		return nil
	}
	if lit, ok := ast.Unparen(ws[0].expr).(*ast.FuncLit); ok {
		return a.idx.funcs[lit.Pos()]
	}
	return nil
}

// calls gives the result of a declared function or method.
func (a *Analyzer) calls(fn *types.Func, n *ast.CallExpr, info *types.Info, index int) set {
	expl := false
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
		if s := info.Selections[sel]; s != nil {
			expl = s.Kind() == types.MethodExpr
			if iface, ok := s.Recv().Underlying().(*types.Interface); ok {
				return a.implementations(fn, iface, n, info, index)
			}
		}
	}
	if f := a.idx.funcs[fn.Pos()]; f != nil {
		return a.apply(f, n, info, index, expl)
	}
	return unknown(FromData, "result of "+name(fn))
}

// implementations joins what the module's implementations of an interface
// method return (class hierarchy analysis).
func (a *Analyzer) implementations(fn *types.Func, iface *types.Interface, n *ast.CallExpr, info *types.Info, index int) set {
	var s set
	for _, m := range a.idx.methods[fn.Name()] {
		if !implements(m, iface) {
			continue
		}
		s = join(s, a.apply(m, n, info, index, false))
		if len(s.alts) > MaxPatterns {
			return unknown(Unknown, fmt.Sprintf("%s has too many implementations", name(fn)))
		}
	}
	if len(s.alts) == 0 {
		return unknown(FromData, "result of "+name(fn))
	}
	return s
}

// implements tells whether the method's receiver satisfies the interface.
func implements(m *function, iface *types.Interface) bool {
	t := m.sig.Recv().Type()
	if types.Implements(t, iface) {
		return true
	}
	if _, ok := t.(*types.Pointer); !ok {
		return types.Implements(types.NewPointer(t), iface)
	}
	return false
}

// name is a function for people: "Get", "Store.Get".
func name(fn *types.Func) string {
	if recv := fn.Signature().Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name() + "." + fn.Name()
		}
		return fn.Name()
	}
	if fn.Pkg() != nil {
		return fn.Pkg().Name() + "." + fn.Name()
	}
	return fn.Name()
}

// apply fills a function's templates with the arguments of one call.
func (a *Analyzer) apply(fn *function, n *ast.CallExpr, info *types.Info, index int, expl bool) set {
	templates := a.returns(fn, index)
	var out set
	for _, t := range templates.alts {
		if !t.hasParam() {
			out = out.add(t)
			continue
		}
		s := set{}
		for _, p := range t {
			one := set{alts: []template{{p}}}
			if p.kind == param {
				if pm, ok := a.idx.params[p.pos]; ok && pm.fn == fn {
					if p.all {
						one = a.strung(pm, p.sep, n, info, expl)
					} else {
						one = a.bound(pm, n, info, expl)
					}
				}
			}
			s = concat(s, one)
		}
		out = join(out, s)
		if len(out.alts) > MaxPatterns {
			return unknown(Unknown, "more than 16 results")
		}
	}
	return out
}

// bound is the argument of a call that a parameter gets.
func (a *Analyzer) bound(p parameter, n *ast.CallExpr, info *types.Info, expl bool) set {
	i := p.index
	if expl {
		i++
	}
	if len(n.Args) == 1 && p.fn.sig.Params().Len() > 1 {
		return unknown(FromData, "one of several results") // f(g())
	}
	if p.variadic {
		if n.Ellipsis.IsValid() {
			return a.elements(n.Args[len(n.Args)-1])
		}
		var s set
		for ; i < len(n.Args); i++ {
			s = join(s, a.eval(n.Args[i]))
		}
		return s
	}
	if i >= len(n.Args) {
		return unknown(Unknown, "an argument that is not there")
	}
	if isElements(p.fn.sig.Params().At(p.index).Type()) {
		return a.elements(n.Args[i])
	}
	return a.eval(n.Args[i])
}

// strung is the arguments of a slice parameter one behind the other, as Join or
// a loop over it puts them.
func (a *Analyzer) strung(p parameter, sep string, n *ast.CallExpr, info *types.Info, expl bool) set {
	i := p.index
	if expl {
		i++
	}
	if i > len(n.Args) || len(n.Args) == 1 && p.fn.sig.Params().Len() > 1 {
		return unknown(FromData, "one of several results")
	}
	args := n.Args[i:]
	if !p.variadic || n.Ellipsis.IsValid() {
		lit := a.literalSlice(n.Args[i], info)
		if lit == nil {
			return unknown(FromData, "joined from a slice")
		}
		args = lit.Elts
	}
	return a.chain(args, text(sep))
}

// chain is the expressions one behind the other, with sep between.
func (a *Analyzer) chain(args []ast.Expr, sep set) set {
	s := text("")
	for i, e := range args {
		if _, ok := e.(*ast.KeyValueExpr); ok {
			return unknown(FromData, "joined from an indexed literal")
		}
		if i > 0 {
			s = concat(s, sep)
		}
		s = concat(s, a.eval(e))
	}
	return s
}

// isElements tells whether a parameter stands for the elements of its slice.
func isElements(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map:
		return !isText(t)
	}
	return false
}

// returns gives the templates of a function's result over its parameters.
func (a *Analyzer) returns(fn *function, index int) set {
	if index == 0 {
		if s, ok := a.results[fn.pos]; ok {
			return s
		}
	}
	if a.busy[fn.pos] {
		a.cuts++
		return unknown(Unknown, "built by a function that calls itself")
	}
	a.busy[fn.pos] = true
	defer delete(a.busy, fn.pos)

	if fn.sig == nil || index >= fn.sig.Results().Len() {
		return unknown(Unknown, "a result that is not there")
	}
	cuts := a.cuts
	slice := isElements(fn.sig.Results().At(index).Type())
	var s set
	ast.Inspect(fn.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			switch {
			case len(n.Results) == 0:
				s = join(s, a.variable(fn.sig.Results().At(index)))
			case len(n.Results) == fn.sig.Results().Len():
				if slice {
					s = join(s, a.elements(n.Results[index]))
				} else {
					s = join(s, a.eval(n.Results[index]))
				}
			default:
				s = join(s, a.result(n.Results[0], index))
			}
		}
		return true
	})
	s = s.withoutEmpty()
	if len(s.alts) > MaxPatterns {
		s = unknown(Unknown, "more than 16 results")
	}
	if index == 0 && a.cuts == cuts {
		// A result cut short by the depth or the recursion of this one
		// question must not answer the next.
		a.results[fn.pos] = s
	}
	return s
}

// elementsOfCall joins the elements of a slice that a call returns.
func (a *Analyzer) elementsOfCall(n *ast.CallExpr, info *types.Info) set {
	if tv, ok := info.Types[n.Fun]; ok && tv.IsType() && len(n.Args) == 1 {
		return a.elements(n.Args[0])
	}
	switch obj := typeutil.Callee(info, n).(type) {
	case *types.Builtin:
		switch obj.Name() {
		case "append":
			s := a.elements(n.Args[0])
			for i, arg := range n.Args[1:] {
				if n.Ellipsis.IsValid() && i == len(n.Args)-2 {
					s = join(s, a.elements(arg))
				} else {
					s = join(s, a.eval(arg))
				}
			}
			return s
		case "make":
			return set{}
		}
	case *types.Func:
		if isElements(resultType(obj)) {
			if s := a.calls(obj.Origin(), n, info, 0); s.firstText() || !strings.HasPrefix(s.why(), "result of") {
				return s
			}
		}
		return unknown(FromData, "an element of the result of "+name(obj))
	}
	return unknown(FromData, "an element of a result")
}

func resultType(fn *types.Func) types.Type {
	if r := fn.Signature().Results(); r.Len() > 0 {
		return r.At(0).Type()
	}
	return types.Typ[types.Invalid]
}

func (s set) firstText() bool { return len(s.alts) > 0 && s.alts[0].hasText() }

func (s set) why() string {
	for _, t := range s.alts {
		if h := t.firstHole(); h != nil {
			return h.why
		}
	}
	return ""
}
