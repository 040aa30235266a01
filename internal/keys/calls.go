package keys

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// maxInlined bounds the functions whose bodies are read again with the arguments
// of one call, inside each other.
const maxInlined = 6

// An argument is what a parameter gets from the call that is being followed.
type argument struct {
	text   set   // the text, or all elements
	list   []set // of a slice: its elements in order, when listed
	listed bool

	// operands are the elements of a variadic of interfaces as fmt writes them.
	operands []set
}

// bound gives the argument of a parameter whose function is being read for one
// call.
func (a *Analyzer) bound(v *types.Var) (argument, bool) {
	pos := v.Origin().Pos()
	for i := len(a.frames) - 1; i >= 0; i-- {
		if b, ok := a.frames[i][pos]; ok {
			return b, true
		}
	}
	return argument{}, false
}

// call gives result number index of a call: the text, or for a slice the
// elements.
func (a *Analyzer) call(n *ast.CallExpr, info *types.Info, index int) set {
	if tv, ok := info.Types[n.Fun]; ok && tv.IsType() {
		return a.conversion(n, info)
	}
	switch obj := typeutil.Callee(info, n).(type) {
	case *types.Builtin:
		switch {
		case obj.Name() == "append" && len(n.Args) > 0 && isText(info.TypeOf(n)):
			// append([]byte("user:"), id...), append(b, ':'): text after text.
			s := a.eval(n.Args[0])
			for i, arg := range n.Args[1:] {
				if n.Ellipsis.IsValid() && i == len(n.Args)-2 {
					s = concat(s, a.eval(arg))
				} else {
					s = concat(s, a.character(arg, info))
				}
			}
			return s
		case obj.Name() == "make" && isText(info.TypeOf(n)):
			if tv := info.Types[n.Args[1]]; tv.Value != nil && tv.Value.ExactString() == "0" {
				return text("")
			}
			return unknown(FromData, "bytes that are filled in")
		}
		return unknown(FromData, "computed by "+obj.Name())
	case *types.Func:
		if s, ok := a.known(obj, n, info); ok {
			return s
		}
		return a.calls(obj.Origin(), n, info, index)
	}
	return a.callValue(n, info, index)
}

// conversion keeps text as it is; a number becomes one character or bytes.
func (a *Analyzer) conversion(n *ast.CallExpr, info *types.Info) set {
	if len(n.Args) == 1 {
		from, to := info.TypeOf(n.Args[0]), info.TypeOf(n.Fun)
		if isText(from) && isText(to) || to != nil && types.IsInterface(to) {
			return a.eval(n.Args[0])
		}
		if isElements(from) && isElements(to) {
			return a.elements(n.Args[0])
		}
	}
	return unknown(FromData, "converted from "+types.ExprString(n.Args[0]))
}

// operand is the text that fmt's %s or %v makes of e: strings as they are,
// constants formatted, everything else a hole.
func (a *Analyzer) operand(e ast.Expr, info *types.Info) set {
	t := info.TypeOf(e)
	if t == nil || hasString(t) {
		return unknown(FromData, "formatted "+types.ExprString(e))
	}
	b, ok := t.Underlying().(*types.Basic)
	if tv := info.Types[e]; tv.Value != nil && ok && b.Kind() != types.Float32 {
		return constantText(tv.Value)
	}
	if ok && b.Info()&types.IsString != 0 {
		return a.eval(e)
	}
	if types.IsInterface(t) && isText(t) {
		return a.eval(e) // a type parameter
	}
	return unknown(FromData, "formatted "+types.ExprString(e))
}

// hasString tells whether formatting t calls a method of it.
func hasString(t types.Type) bool {
	for _, name := range [...]string{"String", "Error", "Format"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}

// calls gives the result of a declared function or method.
func (a *Analyzer) calls(fn *types.Func, n *ast.CallExpr, info *types.Info, index int) set {
	expl := false
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
		if s := info.Selections[sel]; s != nil {
			expl = s.Kind() == types.MethodExpr
			if iface := interfaceOf(fn); iface != nil {
				return a.implementations(fn, iface, n, info, index)
			}
		}
	}
	if f := a.idx.funcs[fn.Pos()]; f != nil {
		return a.apply(f, n, info, index, expl)
	}
	return a.foreign(fn, n, info, index)
}

// foreign is the result of a function that is not in sight.
func (a *Analyzer) foreign(fn *types.Func, n *ast.CallExpr, info *types.Info, index int) set {
	what := "result of "
	if sig := fn.Signature(); index < sig.Results().Len() && isElements(sig.Results().At(index).Type()) {
		what = "element of the result of "
	}
	return unknown(FromData, what+name(fn)+a.line(n))
}

// line is where n stands, for people.
func (a *Analyzer) line(n ast.Node) string {
	p := a.fset.Position(n.Pos())
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf(" at %s:%d", base(p.Filename), p.Line)
}

// interfaceOf is the interface that a method belongs to; nil for others.
func interfaceOf(fn *types.Func) *types.Interface {
	if recv := fn.Signature().Recv(); recv != nil {
		iface, _ := recv.Type().Underlying().(*types.Interface)
		return iface
	}
	return nil
}

// implementations joins what the module's implementations of an interface
// method return (class hierarchy analysis).
func (a *Analyzer) implementations(fn *types.Func, iface *types.Interface, n *ast.CallExpr, info *types.Info, index int) set {
	var s set
	for _, m := range a.idx.methods[fn.Name()] {
		if m.unit.test || !a.implements(m, iface) {
			continue
		}
		s = join(s, a.apply(m, n, info, index, false))
		if s.full() {
			return s.many(name(fn) + " has too many implementations")
		}
	}
	if len(s.alts) == 0 {
		return a.foreign(fn, n, info, index)
	}
	if n, ok := fn.Signature().Recv().Type().(*types.Named); ok && fn.Exported() && n.Obj().Exported() {
		if u := a.idx.at(fn.Pos()); u == nil || !u.pkg.Closed {
			s = join(s, unknown(FromImporter, "result of "+name(fn)+", which importers implement"))
		}
	}
	return s
}

// implements tells whether a call through the interface can reach the method:
// its receiver satisfies the interface, or a type that embeds the receiver does.
func (a *Analyzer) implements(m *function, iface *types.Interface) bool {
	k := implementing{m.pos, iface}
	yes, ok := a.satisfied[k]
	if !ok {
		t := m.sig.Recv().Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		yes = a.satisfies(m, t, iface, map[types.Type]bool{})
		a.satisfied[k] = yes
	}
	return yes
}

func (a *Analyzer) satisfies(m *function, t types.Type, iface *types.Interface, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	obj, _, _ := types.LookupFieldOrMethod(t, true, m.obj.Pkg(), m.obj.Name())
	if fn, ok := obj.(*types.Func); !ok || fn.Origin().Pos() != m.pos {
		return false // the embedding type has a method of its own by the name
	}
	if types.Implements(types.NewPointer(t), iface) {
		return true
	}
	named, ok := t.(*types.Named)
	if !ok {
		return false
	}
	for _, outer := range a.idx.embeds[named.Obj().Pos()] {
		if a.satisfies(m, outer, iface, seen) {
			return true
		}
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

// apply gives what a function returns to one call.
func (a *Analyzer) apply(fn *function, n *ast.CallExpr, info *types.Info, index int, expl bool) set {
	s := a.returns(fn, index)
	if s.opens() && len(a.frames) < maxInlined && !a.busy[fn.pos] {
		// What it does with its parameters is more than a template can say.
		s = a.inlined(fn, n, info, index, expl)
	}
	return a.fill(fn, s, n, info, expl)
}

// inlined reads a function with the arguments of one call at hand.
func (a *Analyzer) inlined(fn *function, n *ast.CallExpr, info *types.Info, index int, expl bool) set {
	frame := map[token.Pos]argument{}
	for i, pos := range fn.args {
		if p, ok := a.idx.params[pos]; ok && p.fn == fn {
			frame[pos] = a.argument(fn, i, n, info, expl)
		}
	}
	if p, ok := a.idx.params[fn.recv]; ok && p.fn == fn {
		frame[fn.recv] = argument{text: a.passed(p, n, info, expl)}
	}
	a.frames = append(a.frames, frame)
	defer func() { a.frames = a.frames[:len(a.frames)-1] }()
	return a.read(fn, index)
}

// argument is what parameter number i of fn gets from a call.
func (a *Analyzer) argument(fn *function, i int, n *ast.CallExpr, info *types.Info, expl bool) argument {
	p := a.idx.params[fn.args[i]]
	arg := argument{text: a.passed(p, n, info, expl)}
	if !isElements(fn.sig.Params().At(i).Type()) {
		arg.text = arg.text.orHole("parameter " + p.name)
		return arg
	}
	if expl {
		i++
	}
	if i > len(n.Args) || len(n.Args) == 1 && fn.sig.Params().Len() > 1 {
		return arg
	}
	if p.variadic && !n.Ellipsis.IsValid() {
		arg.listed = true
		arg.operands = []set{}
		for _, e := range n.Args[i:] {
			arg.list = append(arg.list, a.eval(e))
			arg.operands = append(arg.operands, a.operand(e, info))
		}
		return arg
	}
	if i < len(n.Args) {
		arg.list, arg.listed = a.list(n.Args[i], info)
	}
	return arg
}

// fill puts the arguments of a call where the templates of a function have its
// parameters.
func (a *Analyzer) fill(fn *function, templates set, n *ast.CallExpr, info *types.Info, expl bool) set {
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
					one = a.passed(pm, n, info, expl)
					if len(t) > 1 {
						one = one.orHole("parameter " + p.text)
					}
				}
			}
			s = concat(s, one)
		}
		out = join(out, s)
		if out.full() {
			return out.many("more than 16 results of " + fn.name())
		}
	}
	return out
}

// passed is the argument of a call that a parameter gets; of a slice, its
// elements, which may be none.
func (a *Analyzer) passed(p parameter, n *ast.CallExpr, info *types.Info, expl bool) set {
	i := p.index
	if i < 0 && !expl {
		return a.receiver(n, info)
	}
	if expl {
		i++
	}
	if len(n.Args) == 1 && p.fn.sig.Params().Len() > 1 {
		if _, ok := info.TypeOf(n.Args[0]).(*types.Tuple); ok { // f(g())
			if call, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok && !p.variadic {
				return a.call(call, info, i)
			}
			return unknown(FromData, "one of several results")
		}
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
	if p.index >= 0 && isElements(p.fn.sig.Params().At(p.index).Type()) {
		return a.elements(n.Args[i])
	}
	return a.eval(n.Args[i])
}

// receiver is the text that a method is called on.
func (a *Analyzer) receiver(n *ast.CallExpr, info *types.Info) set {
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
		if s := info.Selections[sel]; s != nil && len(s.Index()) == 1 && isText(info.TypeOf(sel.X)) {
			return a.eval(sel.X)
		}
	}
	return unknown(FromData, "what a method is called on")
}

// returns gives the templates of a function's result over its parameters.
func (a *Analyzer) returns(fn *function, index int) set {
	k := result{fn.pos, index}
	if s, ok := a.results[k]; ok {
		return s
	}
	cuts := a.cuts
	s := a.read(fn, index)
	if a.cuts == cuts && len(a.frames) == 0 && len(a.now) == 0 {
		// A result cut short by the depth or the recursion of this one
		// question must not answer the next.
		a.results[k] = s
	}
	return s
}

// read joins what the return statements of a function give.
func (a *Analyzer) read(fn *function, index int) set {
	if a.busy[fn.pos] {
		a.cuts++
		return unknown(Unknown, "built by a function that calls itself")
	}
	a.busy[fn.pos] = true
	defer delete(a.busy, fn.pos)

	if fn.sig == nil || index >= fn.sig.Results().Len() {
		return unknown(Unknown, "a result that is not there")
	}
	r := fn.sig.Results().At(index)
	slice := isElements(r.Type())
	if r.Name() != "" && r.Name() != "_" && a.outside(r, fn) {
		// A deferred function may have the last word.
		if slice {
			return a.elementsOfVar(r)
		}
		return a.variable(r)
	}
	var s set
	ast.Inspect(fn.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			s = join(s, a.returned(fn, n, index, slice))
		}
		return !s.full()
	})
	if s.full() {
		s = s.many("more than 16 results of " + fn.name())
	}
	return s
}

// returned is what one return statement gives; nothing where it gives an error
// beside it, since the caller then has no key.
func (a *Analyzer) returned(fn *function, n *ast.ReturnStmt, index int, slice bool) set {
	results := fn.sig.Results()
	switch len(n.Results) {
	case 0:
		r := results.At(index)
		if slice {
			return a.elementsOfVar(r)
		}
		// The statement stands for the name.
		id := &ast.Ident{NamePos: n.Pos(), Name: r.Name()}
		if u := a.idx.at(n.Pos()); u != nil {
			if s, ok := a.local(r, id, u.pkg.Info); ok {
				return s
			}
		}
		return a.variable(r)
	case results.Len():
		if slice {
			return a.elements(n.Results[index])
		}
		s := a.eval(n.Results[index])
		if last := results.Len() - 1; index != last && a.fails(n.Results[last], results.At(last).Type()) {
			if whole, ok := constantOf(s); ok && whole == "" {
				return set{}
			}
		}
		return s
	}
	return a.elementsOrText(n.Results[0], index, slice)
}

func (a *Analyzer) elementsOrText(e ast.Expr, index int, slice bool) set {
	if slice {
		return a.elementsOfResult(e, index)
	}
	return a.result(e, index)
}

// fails tells whether the last result says that there is no other: an error that
// is not nil, false.
func (a *Analyzer) fails(e ast.Expr, t types.Type) bool {
	u := a.idx.at(e.Pos())
	if u == nil {
		return false
	}
	tv := u.pkg.Info.Types[e]
	if types.Identical(t, types.Universe.Lookup("error").Type()) {
		return !tv.IsNil()
	}
	return tv.Value != nil && tv.Value.ExactString() == "false"
}

// outside tells whether a variable of fn is written in another function.
func (a *Analyzer) outside(v *types.Var, fn *function) bool {
	for _, w := range a.idx.writes[v.Pos()] {
		if w.in != fn {
			return true
		}
	}
	return false
}
