package keys

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// finish replaces the parameters that are left in templates by what the callers
// pass. A parameter behind literal text is a hole instead: in "user:"+id the
// family is what stands in front, and joining the ids that callers pass would
// split it.
func (a *Analyzer) finish(s set) set {
	var out set
	var weak []template // of the alternatives, and what became of them
	var as []set
	for _, t := range s.lead().alts {
		one, led := a.finishOne(t)
		if led {
			out = join(out, one)
		} else {
			weak, as = append(weak, t), append(as, one)
		}
	}
	for i, t := range weak {
		if from := t[0].from; out.has(from) {
			out = out.assume(from, as[i].why())
		} else {
			out = join(out, as[i])
		}
	}
	if out.full() {
		return out.many("more than 16 patterns")
	}
	return out
}

// has tells whether an alternative starts with a value of the field or global.
func (s set) has(from token.Pos) bool {
	for _, t := range s.alts {
		if len(t) > 0 && t[0].from == from && t.hasText() {
			return true
		}
	}
	return false
}

// finishOne resolves one template. led is false when it starts with a value kept
// as configuration that turned out to be anything: the alternatives that start
// with text then stand for the family.
func (a *Analyzer) finishOne(t template) (s set, led bool) {
	led = true
	if !t.hasParam() {
		return set{alts: []template{t}}, led
	}
	pure := len(t) == 1
	behind := false // text that names a family
	for i, p := range t {
		switch {
		case p.kind != param:
			behind = behind || p.kind == literal && hasWord(p.text)
			s = concat(s, set{alts: []template{{p}}})
		case behind:
			s = concat(s, unknown(FromData, "parameter "+p.text))
		default:
			v := a.parameter(p)
			if !pure {
				v = v.orHole("parameter " + p.text + ", which a recursion builds")
				if p.from.IsValid() {
					v = v.withoutEmpty()
				}
			}
			known := false
			for _, u := range v.alts {
				known = known || u.hasText()
				behind = behind || u.named()
			}
			if i == 0 && p.from.IsValid() && !known {
				led = false
			}
			s = concat(s, v)
		}
	}
	if t[0].from.IsValid() {
		alts := append([]template(nil), s.alts...) // they may be a memoised set's
		for i, u := range alts {
			if len(u) > 0 && !u[0].from.IsValid() {
				alts[i] = append(template(nil), u...)
				alts[i][0].from = t[0].from
			}
		}
		s.alts = alts
	}
	return s, led
}

// parameter joins the arguments that a parameter gets, over all callers. It is
// empty where the parameter is being resolved already: as an argument by itself,
// it adds nothing to the join.
func (a *Analyzer) parameter(of part) set {
	k := asked{of.pos, of.from.IsValid()}
	if s, ok := a.resolved[k]; ok {
		return s
	}
	p, ok := a.idx.params[of.pos]
	if !ok {
		return unknown(Unknown, "a parameter that is not declared here")
	}
	if a.busy[of.pos] {
		a.cuts++
		return set{}
	}
	if a.depth >= maxDepth {
		a.cuts++
		return unknown(Unknown, "passed through too many functions")
	}
	a.busy[of.pos] = true
	a.depth++
	cuts := a.cuts
	// What is at hand for one call or statement says nothing about others.
	frames, now := a.frames, a.now
	a.frames, a.now = nil, map[*types.Var]reading{}
	s := a.callers(p, of.from.IsValid())
	a.frames, a.now = frames, now
	a.depth--
	delete(a.busy, of.pos)
	if len(s.alts) == 0 {
		s = unknown(Unknown, fmt.Sprintf("parameter %s of %s, which only calls itself", p.name, p.fn.name()))
	}
	if a.cuts == cuts || len(a.busy) == 0 {
		// Inside a recursion the join is not whole yet.
		a.resolved[k] = s
	}
	return s
}

// name is a function for people.
func (f *function) name() string {
	switch {
	case f.obj == nil:
		return "a function literal"
	case f.obj.Exported():
		return "exported func " + strings.TrimPrefix(name(f.obj), f.unit.pkg.Types.Name()+".")
	}
	return "func " + strings.TrimPrefix(name(f.obj), f.unit.pkg.Types.Name()+".")
}

// reachable tells whether code outside the packages can call the function: it is
// exported, and so is the type that it is a method of, or values of that type
// get out of the package.
func (a *Analyzer) reachable(f *function) bool {
	if f.unit.pkg.Closed || f.unit.test || f.obj == nil || !f.obj.Exported() {
		return false
	}
	if recv := f.sig.Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Exported() || a.handsOut(n, f)
		}
	}
	return true
}

// handsOut tells whether a package gives values of its unexported type to
// importers: an exported function, method or variable has it, an exported
// interface with the method f that it implements, or an exported type that embeds
// it.
func (a *Analyzer) handsOut(n *types.Named, f *function) bool {
	key := handing{n.Obj().Pos(), f.obj.Name()}
	if yes, ok := a.handsOn[key]; ok {
		return yes
	}
	a.handsOn[key] = false // a type that embeds itself says no more
	scope := n.Obj().Pkg().Scope()
	yes := slices.ContainsFunc(scope.Names(), func(name string) bool {
		obj := scope.Lookup(name)
		return obj.Exported() && shows(obj, n, f.obj.Name())
	})
	for _, outer := range a.idx.embeds[n.Obj().Pos()] {
		o, ok := outer.(*types.Named)
		yes = yes || ok && promotes(o, f) && (o.Obj().Exported() || a.handsOut(o, f))
	}
	a.handsOn[key] = yes
	return yes
}

// promotes tells whether f is the method that outer has by its name.
func promotes(outer *types.Named, f *function) bool {
	obj, _, _ := types.LookupFieldOrMethod(outer, true, f.obj.Pkg(), f.obj.Name())
	fn, ok := obj.(*types.Func)
	return ok && fn.Origin().Pos() == f.pos
}

// shows tells whether whoever sees an exported object can have values of the type
// n, or of an interface with the method that n implements.
func shows(obj types.Object, n *types.Named, method string) bool {
	switch obj := obj.(type) {
	case *types.Func, *types.Var:
		return reaches(obj.Type(), n, method)
	case *types.TypeName:
		m, ok := types.Unalias(obj.Type()).(*types.Named)
		if !ok || obj.IsAlias() {
			return reaches(obj.Type(), n, method)
		}
		for fn := range m.Methods() {
			if fn.Exported() && reaches(fn.Type(), n, method) {
				return true
			}
		}
		if st, ok := m.Underlying().(*types.Struct); ok {
			for v := range st.Fields() {
				if v.Exported() && reaches(v.Type(), n, method) {
					return true
				}
			}
		}
	}
	return false
}

// reaches tells whether a value of t gives one of n: what it points to, its
// elements, what a function returns or passes to a function that it is given.
func reaches(t types.Type, n *types.Named, method string) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Origin() == n.Origin() {
			return true
		}
		for arg := range t.TypeArgs().Types() {
			if reaches(arg, n, method) {
				return true
			}
		}
		if iface, ok := t.Underlying().(*types.Interface); ok {
			return reaches(iface, n, method)
		}
	case *types.Interface:
		if obj, _, _ := types.LookupFieldOrMethod(t, false, nil, method); obj != nil {
			return types.Implements(n, t) || types.Implements(types.NewPointer(n), t)
		}
	case *types.Signature:
		for v := range t.Results().Variables() {
			if reaches(v.Type(), n, method) {
				return true
			}
		}
		for v := range t.Params().Variables() {
			if fn, ok := v.Type().Underlying().(*types.Signature); ok {
				for given := range fn.Params().Variables() {
					if reaches(given.Type(), n, method) {
						return true
					}
				}
			}
		}
	case interface{ Elem() types.Type }:
		return reaches(t.Elem(), n, method)
	}
	return false
}

// escapes tells whether the function is used as a value, so that whoever got
// hold of it may call it.
func (a *Analyzer) escapes(fn *function) bool {
	if a.idx.values[fn.pos] {
		return true
	}
	if fn.obj == nil || fn.sig.Recv() == nil {
		return false
	}
	for _, iface := range a.idx.taken[fn.obj.Name()] {
		if a.implements(fn, iface) {
			return true
		}
	}
	return false
}

// callsOf gives the calls of a declared function, those through interfaces
// among them.
func (a *Analyzer) callsOf(fn *function) []call {
	calls := a.idx.calls[fn.pos]
	if fn.obj == nil || fn.sig.Recv() == nil {
		return calls
	}
	calls = calls[:len(calls):len(calls)]
	for _, d := range a.idx.dynamic[fn.obj.Name()] {
		if a.implements(fn, d.iface) {
			calls = append(calls, d.call)
		}
	}
	return calls
}

// callers joins what the calls of a function pass for a parameter. Importers can
// pass anything to an exported function of a library; where the parameter is
// kept as configuration, what the library itself passes is the default, and
// stands for the family.
func (a *Analyzer) callers(p parameter, kept bool) set {
	fn := p.fn
	what := fmt.Sprintf("parameter %s of %s", p.name, fn.name())
	var s set
	calls, dead := a.callsOf(fn), "which nothing in sight calls"
	switch {
	case fn.obj == nil:
		what += a.line(fn.body)
		to, all := a.takers(fn.held)
		if len(to) == 0 {
			return unknown(FromData, what)
		}
		for _, pos := range to {
			calls = append(calls, a.idx.calls[pos]...)
			all = all && !a.idx.values[pos]
		}
		switch v := fn.held.to; {
		case v != nil && a.settable(v):
			s = unknown(FromImporter, what+", which importers can call")
		case !all:
			s = unknown(FromData, what+", which is handed on")
		}
	case a.reachable(fn):
		s = unknown(FromImporter, what)
	case a.escapes(fn):
		// It is called by whoever got hold of the value.
		s = unknown(FromData, what+", which is used as a value")
	}
	if by := a.calledElsewhere(fn); by != "" {
		s = join(s, unknown(FromData, what+", which is called through "+by))
	}
	open := len(s.alts) > 0
	found := false
	if len(calls) > 0 {
		dead = "which only tests call"
	}
	for _, c := range programs(calls, fn.unit.test) {
		u := a.idx.at(c.expr.Pos())
		if u == nil {
			continue
		}
		found = true
		s = join(s, a.finish(a.passed(p, c.expr, u.pkg.Info, c.expl)))
		if s.full() {
			return s.many(what + " has more than 16 values")
		}
	}
	if !found && !open {
		return unknown(FromData, what+", "+dead)
	}
	if kept {
		s = s.preferText()
	}
	return s
}

// programs leaves out the calls from tests, unless the function is a test's own.
func programs(calls []call, test bool) []call {
	if test {
		return calls
	}
	var out []call
	for _, c := range calls {
		if !c.test {
			out = append(out, c)
		}
	}
	return out
}

// Passed gives what each call passes for the parameters that all the expressions
// name, which must be of one function whose callers are all in sight; nil
// otherwise. It lets a site in a wrapper be looked at call by call.
func (a *Analyzer) Passed(exprs ...ast.Expr) [][]ast.Expr {
	var fn *function
	at := make([]int, len(exprs))
	for i, e := range exprs {
		id, ok := ast.Unparen(e).(*ast.Ident)
		if !ok {
			return nil
		}
		u := a.idx.at(id.Pos())
		if u == nil {
			return nil
		}
		v, ok := u.pkg.Info.Uses[id].(*types.Var)
		if !ok {
			return nil
		}
		p, ok := a.idx.params[v.Pos()]
		if !ok || p.variadic || p.index < 0 || fn != nil && p.fn != fn || len(a.idx.writes[v.Pos()]) > 0 {
			return nil
		}
		fn, at[i] = p.fn, p.index
	}
	if fn == nil || fn.obj == nil || a.reachable(fn) || a.escapes(fn) || a.calledElsewhere(fn) != "" {
		return nil
	}
	var out [][]ast.Expr
	for _, c := range programs(a.idx.calls[fn.pos], fn.unit.test) {
		row := make([]ast.Expr, len(at))
		for i, n := range at {
			if c.expl {
				n++
			}
			if n >= len(c.expr.Args) {
				return nil
			}
			row[i] = c.expr.Args[n]
		}
		out = append(out, row)
	}
	return out
}

// Origins follows variables to the expressions that they are set to: for the
// receiver of script.Run, the call of NewScript. An expression that is no
// variable is its own origin; nil when a writer cannot be followed.
func (a *Analyzer) Origins(e ast.Expr) []ast.Expr {
	return a.origins(e, map[token.Pos]bool{})
}

func (a *Analyzer) origins(e ast.Expr, seen map[token.Pos]bool) []ast.Expr {
	e = ast.Unparen(e)
	u := a.idx.at(e.Pos())
	if u == nil {
		return nil
	}
	var v *types.Var
	switch e := e.(type) {
	case *ast.Ident:
		v, _ = u.pkg.Info.ObjectOf(e).(*types.Var)
	case *ast.SelectorExpr:
		v, _ = u.pkg.Info.Uses[e.Sel].(*types.Var)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return a.origins(e.X, seen)
		}
	}
	if v == nil {
		return []ast.Expr{e}
	}
	pos := v.Origin().Pos()
	if seen[pos] {
		return nil
	}
	seen[pos] = true
	if _, ok := a.idx.params[pos]; ok {
		return nil
	}
	var out []ast.Expr
	for _, w := range a.relevant(v, a.idx.writes[pos]) {
		if w.how != value || w.index >= 0 {
			return nil
		}
		if o := a.origins(w.expr, seen); o != nil {
			out = append(out, o...)
		} else {
			return nil
		}
	}
	return out
}

// Info gives the type information of the file that e stands in; nil when it is
// none of the analyzer's.
func (a *Analyzer) Info(e ast.Node) *types.Info {
	if u := a.idx.at(e.Pos()); u != nil {
		return u.pkg.Info
	}
	return nil
}
