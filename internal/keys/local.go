package keys

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"sort"
)

// local gives the text that a local variable has where the identifier id uses it:
// the statements from its declaration to there, in order. It is for variables
// that nothing but the statements of their own function can change; ok is false
// for others, whose value is any of what is ever written.
func (a *Analyzer) local(v *types.Var, id *ast.Ident, info *types.Info) (s set, ok bool) {
	fn := a.idx.owner[v.Pos()]
	if fn == nil || fn.jump || !isText(v.Type()) {
		return set{}, false
	}
	ws := a.idx.writes[v.Pos()]
	_, isParam := a.idx.params[v.Pos()]
	if len(ws) == 0 && (isParam || !a.idx.zero[v.Pos()]) {
		return set{}, false
	}
	for _, w := range ws {
		if w.in != fn || w.how == opaque || w.how == element || w.how == spread {
			return set{}, false
		}
	}
	if len(ws) == 1 && !isParam && !a.idx.zero[v.Pos()] && ws[0].how == value {
		return a.result(ws[0].expr, ws[0].index), true // key := …, and never again
	}
	r := &reader{a: a, v: v, at: id.Pos(), fn: fn, info: info, writes: ws}
	switch {
	case isParam:
		r.start = a.param(v)
	case v.Pos() < fn.body.Pos():
		r.start = text("") // a named result
	}
	return r.read()
}

// reader goes through the statements of a function with the values that one
// variable can have, up to a point.
type reader struct {
	a      *Analyzer
	v      *types.Var
	at     token.Pos
	fn     *function
	info   *types.Info
	writes []write // by position
	start  set     // at the head of the function: a parameter's

	counter *types.Var // index of a loop that is being unrolled
	count   int
	last    int
	over    *types.Var // the slice that the loop goes through

	list bool // the variable is a slice: its elements are strung together, sep before each
	sep  set

	found bool
	bad   bool
	value set
}

func (r *reader) read() (set, bool) {
	if !r.fn.holds(r.at) {
		return set{}, false
	}
	sort.SliceStable(r.writes, func(i, j int) bool { return r.writes[i].pos < r.writes[j].pos })
	if r.a.busy[r.at] {
		r.a.cuts++
		return unknown(Unknown, r.v.Name()+" is built from itself"), true
	}
	r.a.busy[r.at] = true
	defer delete(r.a.busy, r.at)
	r.block(r.fn.body.List, r.start)
	return r.value, r.found && !r.bad && len(r.value.alts) > 0
}

// hit notes that the use stands in n, where the variable has the value s.
func (r *reader) hit(n ast.Node, s set) bool {
	if !within(n, r.at) {
		return false
	}
	r.found, r.value = true, s
	if lit := r.literalAround(n); lit != nil && r.written(lit.Pos(), r.fn.body.End()) {
		r.bad = true // the literal may run after what is written behind it
	}
	return true
}

func (r *reader) literalAround(n ast.Node) (lit *ast.FuncLit) {
	ast.Inspect(n, func(m ast.Node) bool {
		if f, ok := m.(*ast.FuncLit); ok && within(f, r.at) && lit == nil {
			lit = f
		}
		return lit == nil
	})
	return lit
}

func within(n ast.Node, pos token.Pos) bool { return n.Pos() <= pos && pos < n.End() }

// written tells whether the variable is written between two positions.
func (r *reader) written(from, to token.Pos) bool {
	for _, w := range r.writes {
		if from <= w.pos && w.pos < to {
			return true
		}
	}
	return false
}

// concerns tells whether the statement uses, declares or writes the variable.
func (r *reader) concerns(n ast.Node) bool {
	return within(n, r.at) || within(n, r.v.Pos()) || r.written(n.Pos(), n.End())
}

// block gives the values behind the statements; falls is false when the last of
// them is not left at its end.
func (r *reader) block(list []ast.Stmt, s set) (out set, falls bool) {
	for _, st := range list {
		if s, falls = r.stmt(st, s); r.found || r.bad || !falls {
			return s, false
		}
	}
	return s, true
}

func (r *reader) stmt(st ast.Stmt, s set) (set, bool) {
	switch st := st.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		r.hit(st, s)
		return s, false
	case *ast.ExprStmt:
		if call, ok := st.X.(*ast.CallExpr); ok && r.ends(call) {
			r.hit(st, s)
			return s, false
		}
	}
	if st == nil || !r.concerns(st) {
		return s, true
	}
	switch st := st.(type) {
	case *ast.BlockStmt:
		return r.block(st.List, s)
	case *ast.IfStmt:
		return r.branch(st, s)
	case *ast.ForStmt:
		return r.loop(st, st.Body, []ast.Stmt{st.Init}, s)
	case *ast.RangeStmt:
		return r.loop(st, st.Body, nil, s)
	case *ast.SwitchStmt:
		return r.choice(st, st.Init, st.Body, s)
	case *ast.TypeSwitchStmt:
		return r.choice(st, st.Init, st.Body, s)
	case *ast.SelectStmt:
		return r.choice(st, nil, st.Body, s)
	case *ast.DeferStmt, *ast.GoStmt:
		if !r.hit(st, s) {
			r.bad = true
		}
		return s, false
	}
	if r.hit(st, s) {
		return s, false
	}
	return r.apply(st, s), true
}

// ends tells whether the call never comes back.
func (r *reader) ends(call *ast.CallExpr) bool {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		b, ok := r.info.Uses[fun].(*types.Builtin)
		return ok && b.Name() == "panic"
	case *ast.SelectorExpr:
		fn, ok := r.info.Uses[fun.Sel].(*types.Func)
		return ok && (fn.FullName() == "os.Exit" || fn.FullName() == "log.Fatal" || fn.FullName() == "log.Fatalf")
	}
	return false
}

// apply gives the values after what a simple statement writes.
func (r *reader) apply(n ast.Node, s set) set {
	if within(n, r.v.Pos()) && r.a.idx.zero[r.v.Pos()] {
		s = text("")
	}
	for _, w := range r.writes {
		if !within(n, w.pos) {
			continue
		}
		// The right side reads the variable as it was.
		old, had := r.a.now[r.v]
		r.a.now[r.v] = reading{s, n}
		s = r.one(w, s)
		if had {
			r.a.now[r.v] = old
		} else {
			delete(r.a.now, r.v)
		}
	}
	return s
}

// one gives the values after one write.
func (r *reader) one(w write, s set) set {
	switch w.how {
	case value:
		if r.list {
			return r.strung(w.expr, s)
		}
		return r.a.result(w.expr, w.index)
	case suffix:
		return concat(s, r.a.eval(w.expr))
	case char:
		return concat(s, r.a.character(w.expr, r.info))
	case formatted:
		return concat(s, r.a.sprintf(w.args, r.info))
	case printed:
		return concat(s, r.a.sprint(w.args, r.info))
	case cleared:
		return text("")
	case elementsOf:
		return r.a.elements(w.expr).orHole("an element of data")
	case keysOf:
		return r.a.mapKeys(w.expr).orHole("a key of a map")
	}
	return unknown(FromData, "variable "+r.v.Name()+": "+w.why)
}

func (r *reader) branch(st *ast.IfStmt, s set) (set, bool) {
	if st.Init != nil {
		if s, _ = r.stmt(st.Init, s); r.found || r.bad {
			return s, false
		}
	}
	if r.hit(st.Cond, s) {
		return s, false
	}
	yes, no := r.test(st.Cond)
	var out set
	falls := false
	if yes {
		one, f := r.block(st.Body.List, r.given(st.Cond, s, true))
		if r.found || r.bad {
			return one, false
		}
		if f {
			out, falls = join(out, one), true
		}
	}
	if no {
		one, f := r.given(st.Cond, s, false), true
		if st.Else != nil {
			if one, f = r.stmt(st.Else, one); r.found || r.bad {
				return one, false
			}
		}
		if f {
			out, falls = join(out, one), true
		}
	}
	return out, falls
}

// given leaves out the empty text where the condition says that the variable is
// not empty.
func (r *reader) given(cond ast.Expr, s set, holds bool) set {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL && b.Op != token.NEQ {
		return s
	}
	id, ok := ast.Unparen(b.X).(*ast.Ident)
	tv := r.info.Types[b.Y]
	if !ok || r.info.Uses[id] != r.v || tv.Value == nil || tv.Value.Kind() != constant.String || constant.StringVal(tv.Value) != "" {
		return s
	}
	if (b.Op == token.NEQ) == holds {
		return s.withoutEmpty()
	}
	return s
}

// test says which ways a condition can go: both, unless it asks for the index of
// a loop that is being unrolled.
func (r *reader) test(cond ast.Expr) (yes, no bool) {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || r.counter == nil {
		return true, true
	}
	id, ok := ast.Unparen(b.X).(*ast.Ident)
	if !ok || r.info.Uses[id] != r.counter {
		return true, true
	}
	limit, ok := r.number(b.Y)
	if !ok {
		return true, true
	}
	t := constant.Compare(constant.MakeInt64(int64(r.count)), b.Op, constant.MakeInt64(int64(limit)))
	switch b.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return t, !t
	}
	return true, true
}

// number reads a constant, or len(x)-1 of the slice that is gone through.
func (r *reader) number(e ast.Expr) (int, bool) {
	e = ast.Unparen(e)
	if tv := r.info.Types[e]; tv.Value != nil {
		n, ok := constant.Int64Val(tv.Value)
		return int(n), ok
	}
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.SUB {
		return 0, false
	}
	if one, ok := r.number(b.Y); !ok || one != 1 {
		return 0, false
	}
	call, ok := ast.Unparen(b.X).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return 0, false
	}
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); !ok || r.info.Uses[id] != types.Universe.Lookup("len") {
		return 0, false
	}
	return r.last, r.ranged(call.Args[0])
}

// ranged tells whether e names the slice of the loop that is being unrolled.
func (r *reader) ranged(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && r.over != nil && r.info.Uses[id] == r.over
}

// loop goes through a loop: once where the variable is declared in it or the
// loop leaves it alone, element by element where the slice is known, and
// otherwise with whatever can be appended.
func (r *reader) loop(st ast.Stmt, body *ast.BlockStmt, init []ast.Stmt, s set) (set, bool) {
	for _, one := range init {
		if one != nil {
			if s, _ = r.stmt(one, s); r.found || r.bad {
				return s, false
			}
		}
	}
	rng, _ := st.(*ast.RangeStmt)
	if rng != nil && r.hit(rng.X, s) {
		return s, false
	}
	own := within(body, r.v.Pos())
	if rng != nil && rng.Tok == token.DEFINE && !own && (rng.Key != nil && within(rng.Key, r.v.Pos()) || rng.Value != nil && within(rng.Value, r.v.Pos())) {
		own = true
		head := rng.Key
		if rng.Value != nil && within(rng.Value, r.v.Pos()) {
			head = rng.Value
		}
		s = r.apply(head, s)
	}
	if own || !r.written(st.Pos(), st.End()) || init != nil && init[0] != nil && !r.written(body.Pos(), st.End()) && !r.writesPost(st) {
		if f, ok := st.(*ast.ForStmt); ok && !own {
			for _, n := range [...]ast.Node{f.Cond, f.Post} {
				if n != nil && r.hit(n, s) {
					return s, false
				}
			}
		}
		r.block(body.List, s)
		return s, true
	}
	if rng != nil && !within(st, r.at) {
		if out, ok := r.unroll(rng, s); ok {
			return out, true
		}
	}
	for _, w := range r.writes {
		if !within(st, w.pos) {
			continue
		}
		if !r.grows(w) {
			r.bad = true
			return s, false
		}
	}
	// How often and in what order is not known: a hole is none, one and many.
	more := unknown(FromData, "what a loop appends to "+r.v.Name())
	if rng != nil {
		more = r.a.openHole(rng.X, "what a loop appends to "+r.v.Name(), r.info)
	}
	s = concat(s, more)
	if within(st, r.at) {
		r.found, r.value = true, s
		if r.literalAround(st) != nil {
			r.bad = true
		}
		return s, false
	}
	return s, true
}

func (r *reader) writesPost(st ast.Stmt) bool {
	f, ok := st.(*ast.ForStmt)
	return ok && f.Post != nil && r.written(f.Post.Pos(), f.Post.End())
}

// grows tells whether a write only appends.
func (r *reader) grows(w write) bool {
	switch w.how {
	case suffix, formatted, printed, char:
		return true
	case value:
		if w.index < 0 && r.a.appends(w.expr, r.v, r.info) {
			return true
		}
		if b, ok := ast.Unparen(w.expr).(*ast.BinaryExpr); ok && w.index < 0 && b.Op == token.ADD {
			for {
				x, ok := ast.Unparen(b.X).(*ast.BinaryExpr)
				if !ok || x.Op != token.ADD {
					break
				}
				b = x
			}
			id, ok := ast.Unparen(b.X).(*ast.Ident)
			return ok && r.info.Uses[id] == r.v
		}
	}
	return false
}

// unroll goes through a range over a slice whose elements are known.
func (r *reader) unroll(rng *ast.RangeStmt, s set) (set, bool) {
	if rng.Tok != token.DEFINE || leaves(rng.Body) {
		return s, false
	}
	list, ok := r.a.list(rng.X, r.info)
	if !ok || len(list) > MaxPatterns {
		return s, false
	}
	elem, index := r.defined(rng.Value), r.defined(rng.Key)
	if elem != nil && len(r.a.idx.writes[elem.Pos()]) > 1 || index != nil && len(r.a.idx.writes[index.Pos()]) > 1 {
		return s, false
	}
	in := *r
	in.counter, in.last, in.over = index, len(list)-1, nil
	if id, ok := ast.Unparen(rng.X).(*ast.Ident); ok {
		in.over, _ = r.info.Uses[id].(*types.Var)
	}
	for i, one := range list {
		in.count = i
		if elem != nil {
			r.a.now[elem] = reading{one, rng.Body}
		}
		s, _ = in.block(rng.Body.List, s)
	}
	if elem != nil {
		delete(r.a.now, elem)
	}
	r.bad = r.bad || in.bad
	return s, !in.bad && !in.found
}

func (r *reader) defined(e ast.Expr) *types.Var {
	if id, ok := e.(*ast.Ident); ok {
		v, _ := r.info.Defs[id].(*types.Var)
		return v
	}
	return nil
}

// leaves tells whether the body can end before its end.
func leaves(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.BranchStmt, *ast.ReturnStmt:
			found = true
		case *ast.FuncLit:
			return false
		}
		return !found
	})
	return found
}

// choice goes through the clauses of a switch or select.
func (r *reader) choice(st ast.Stmt, init ast.Stmt, body *ast.BlockStmt, s set) (set, bool) {
	if init != nil {
		if s, _ = r.stmt(init, s); r.found || r.bad {
			return s, false
		}
	}
	switch st := st.(type) {
	case *ast.SwitchStmt:
		if st.Tag != nil && r.hit(st.Tag, s) {
			return s, false
		}
	case *ast.TypeSwitchStmt:
		if r.hit(st.Assign, s) {
			return s, false
		}
	}
	if r.written(body.Pos(), body.End()) && breaks(body) {
		r.bad = true
		return s, false
	}
	var out set
	falls, def := false, false
	for _, cl := range body.List {
		one := s
		var list []ast.Stmt
		switch cl := cl.(type) {
		case *ast.CaseClause:
			def = def || cl.List == nil
			for _, e := range cl.List {
				if r.hit(e, s) {
					return s, false
				}
			}
			list = cl.Body
		case *ast.CommClause:
			if cl.Comm != nil {
				if one, _ = r.stmt(cl.Comm, s); r.found || r.bad {
					return s, false
				}
			}
			list = cl.Body
		}
		one, f := r.block(list, one)
		if r.found || r.bad {
			return one, false
		}
		if f {
			out, falls = join(out, one), true
		}
	}
	if _, ok := st.(*ast.SelectStmt); !ok && !def {
		out, falls = join(out, s), true
	}
	return out, falls
}

// breaks tells whether a break ends one of the clauses early.
func breaks(body *ast.BlockStmt) bool {
	found := false
	for _, cl := range body.List {
		ast.Inspect(cl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.FuncLit:
				return false
			case *ast.BranchStmt:
				found = found || n.Tok == token.BREAK
			}
			return !found
		})
	}
	return found
}
