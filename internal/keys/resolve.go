package keys

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// finish replaces the parameters that are left in templates by what the callers
// pass. A parameter behind literal text is a hole instead: in "user:"+id the
// family is what stands in front, and joining the ids that callers pass would
// split it.
func (a *Analyzer) finish(s set) set {
	var out, weak set
	for _, t := range s.lead().alts {
		one, led := a.finishOne(t)
		if led {
			out = join(out, one)
		} else {
			weak = join(weak, one)
		}
		if len(out.alts)+len(weak.alts) > MaxPatterns {
			return unknown(Unknown, "more than 16 patterns")
		}
	}
	if len(out.alts) == 0 || !out.allText() {
		out = join(out, weak)
	}
	return out
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
		case behind || p.all:
			s = concat(s, unknown(FromData, "parameter "+p.text))
		default:
			v := a.parameter(p)
			if !pure {
				v = v.withoutEmpty()
			}
			known := false
			for _, u := range v.alts {
				known = known || u.hasText()
				behind = behind || u.named()
			}
			if i == 0 && p.kept && !known {
				led = false
			}
			s = concat(s, v)
		}
	}
	return s, led
}

// parameter joins the arguments that a parameter gets, over all callers.
func (a *Analyzer) parameter(of part) set {
	if s, ok := a.resolved[of]; ok {
		return s
	}
	pos := of.pos
	p, ok := a.idx.params[pos]
	if !ok {
		return unknown(Unknown, "a parameter that is not declared here")
	}
	if a.busy[pos] {
		a.cuts++
		return set{} // recursion adds nothing to the join
	}
	if a.depth >= maxDepth {
		a.cuts++
		return unknown(Unknown, "passed through too many functions")
	}
	a.busy[pos] = true
	a.depth++
	cuts := a.cuts
	s := a.callers(p, of.kept)
	a.depth--
	delete(a.busy, pos)
	if len(s.alts) == 0 {
		s = unknown(Unknown, fmt.Sprintf("parameter %s of %s, which only calls itself", p.name, p.fn.name()))
	}
	if a.cuts == cuts || len(a.busy) == 0 {
		// Inside a recursion the join is not whole yet.
		a.resolved[of] = s
	}
	return s
}

// name is a function for people.
func (f *function) name() string {
	if f.obj == nil {
		return "a function value"
	}
	if f.obj.Exported() {
		return "exported func " + strings.TrimPrefix(name(f.obj), f.unit.pkg.Types.Name()+".")
	}
	return "func " + strings.TrimPrefix(name(f.obj), f.unit.pkg.Types.Name()+".")
}

// reachable tells whether code outside the packages can call the function: it is
// exported, and so is the type that it is a method of.
func (f *function) reachable() bool {
	if f.unit.pkg.Closed || f.unit.test {
		return false
	}
	if f.obj == nil || !f.obj.Exported() {
		return false
	}
	if recv := f.sig.Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Exported()
		}
	}
	return true
}

// callers joins what the calls of a function pass for a parameter. Importers can
// pass anything to an exported function of a library; where the parameter is
// kept as configuration, what the library itself passes is the default, and
// stands for the family.
func (a *Analyzer) callers(p parameter, kept bool) set {
	fn := p.fn
	what := fmt.Sprintf("parameter %s of %s", p.name, fn.name())
	at := fn.pos
	if fn.obj == nil {
		if at = fn.held; !at.IsValid() {
			return unknown(FromData, what)
		}
		if len(a.idx.writes[at]) != 1 {
			return unknown(Unknown, what)
		}
	}
	var s set
	if fn.reachable() {
		if s = unknown(FromImporter, what); !kept {
			return s
		}
	} else if a.idx.values[at] {
		// It is called by whoever got hold of the value.
		s = unknown(FromData, what+", which is used as a value")
	}
	calls := append([]call(nil), a.idx.calls[at]...)
	if fn.obj != nil && fn.sig.Recv() != nil {
		for _, d := range a.idx.dynamic[fn.obj.Name()] {
			if implements(fn, d.iface) {
				calls = append(calls, d.call)
			}
		}
	}
	found := false
	for _, c := range programs(calls, fn.unit.test) {
		u := a.idx.at(c.expr.Pos())
		if u == nil {
			continue
		}
		found = true
		s = join(s, a.finish(a.bound(p, c.expr, u.pkg.Info, c.expl)))
		if len(s.alts) > MaxPatterns {
			return unknown(Unknown, what+" has more than 16 values")
		}
	}
	if !found && len(s.alts) == 0 {
		if fn.obj != nil && fn.obj.Exported() {
			return unknown(FromImporter, what)
		}
		return unknown(FromData, what+", which nothing in sight calls")
	}
	if kept {
		s = s.preferText()
	}
	return s
}

// programs leaves out the calls from tests when the program calls too, and
// unless the function is a test's own.
func programs(calls []call, test bool) []call {
	n := 0
	for _, c := range calls {
		if !c.test {
			n++
		}
	}
	if n == 0 || n == len(calls) || test {
		return calls
	}
	out := make([]call, 0, n)
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
		if !ok || p.variadic || fn != nil && p.fn != fn || len(a.idx.writes[v.Pos()]) > 0 {
			return nil
		}
		fn, at[i] = p.fn, p.index
	}
	if fn == nil || fn.obj == nil || fn.reachable() || a.idx.values[fn.pos] {
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
	for _, w := range a.relevant(a.idx.writes[pos]) {
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
