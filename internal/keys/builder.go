package keys

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// builder reads what was written to a local strings.Builder or bytes.Buffer
// where its text is taken.
func (a *Analyzer) builder(fn *types.Func, n *ast.CallExpr, info *types.Info) (set, bool) {
	switch fn.FullName() {
	case "(*strings.Builder).String", "(*bytes.Buffer).String", "(*bytes.Buffer).Bytes":
	default:
		return set{}, false
	}
	data := unknown(FromData, "built by a "+strings.TrimSuffix(fn.FullName()[2:], ")."+fn.Name()))
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok {
		return data, true
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return data, true
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok {
		return data, true
	}
	owner := a.idx.owner[v.Pos()]
	if owner == nil || owner.jump || v.Pos() < owner.body.Pos() {
		return data, true
	}
	ws, ok := a.builderWrites(v, owner, info)
	if !ok {
		return data, true
	}
	r := &reader{a: a, v: v, at: id.Pos(), fn: owner, info: info, writes: ws}
	if s, ok := r.read(); ok {
		return s, true
	}
	return data, true
}

// builderWrites gives what the function does to the builder v; ok is false when
// it does something that is not known to only read or append.
func (a *Analyzer) builderWrites(v *types.Var, fn *function, info *types.Info) (ws []write, ok bool) {
	known := map[*ast.Ident]bool{}
	is := func(e ast.Expr) bool {
		e = ast.Unparen(e)
		if un, ok := e.(*ast.UnaryExpr); ok && un.Op == token.AND {
			e = ast.Unparen(un.X)
		}
		id, ok := e.(*ast.Ident)
		if !ok || info.ObjectOf(id) != v {
			return false
		}
		known[id] = true
		return true
	}
	add := func(w write) {
		w.index = -1
		ws = append(ws, w)
	}
	ok, lits := true, 0
	var walk func(n ast.Node) bool
	walk = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			lits++
			ast.Inspect(n.Body, walk)
			lits--
			return false
		case *ast.CallExpr:
			sel, isSel := ast.Unparen(n.Fun).(*ast.SelectorExpr)
			if !isSel {
				return true
			}
			if f, _ := info.Uses[sel.Sel].(*types.Func); f != nil && len(n.Args) > 0 {
				tail := *n
				tail.Args = n.Args[1:]
				switch f.FullName() {
				case "fmt.Fprintf":
					if is(n.Args[0]) {
						add(write{how: formatted, args: &tail, pos: n.Pos()})
						ok = ok && lits == 0
						return true
					}
				case "fmt.Fprint":
					if is(n.Args[0]) {
						add(write{how: printed, args: &tail, pos: n.Pos()})
						ok = ok && lits == 0
						return true
					}
				case "io.WriteString":
					if is(n.Args[0]) {
						add(write{how: suffix, expr: n.Args[1], pos: n.Pos()})
						ok = ok && lits == 0
						return true
					}
				}
			}
			if !is(sel.X) {
				return true
			}
			switch sel.Sel.Name {
			case "WriteString", "Write":
				add(write{how: suffix, expr: n.Args[0], pos: n.Pos()})
			case "WriteByte", "WriteRune":
				add(write{how: char, expr: n.Args[0], pos: n.Pos()})
			case "Reset":
				add(write{how: cleared, pos: n.Pos()})
			case "String", "Bytes", "Len", "Cap", "Grow", "Available":
				return true
			default:
				ok = false
			}
			ok = ok && lits == 0
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if info.Defs[name] == v {
					known[name] = true
					if len(n.Values) == len(n.Names) {
						w, isNew := newBuilder(n.Values[i], info)
						add(w)
						ok = ok && isNew
					}
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if is(l) {
					if len(n.Lhs) != len(n.Rhs) {
						ok = false
						continue
					}
					w, isNew := newBuilder(n.Rhs[i], info)
					w.pos = l.Pos()
					add(w)
					ok = ok && isNew && lits == 0
				}
			}
		case *ast.Ident:
			if info.ObjectOf(n) == v && !known[n] {
				ok = false
			}
		}
		return ok
	}
	ast.Inspect(fn.body, walk)
	return ws, ok
}

// newBuilder reads the value that a builder is declared with.
func newBuilder(e ast.Expr, info *types.Info) (write, bool) {
	w := write{how: cleared, pos: e.Pos()}
	e = ast.Unparen(e)
	if un, ok := e.(*ast.UnaryExpr); ok && un.Op == token.AND {
		e = ast.Unparen(un.X)
	}
	switch e := e.(type) {
	case *ast.CompositeLit:
		return w, len(e.Elts) == 0
	case *ast.CallExpr:
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
			return w, info.Uses[id] == types.Universe.Lookup("new")
		}
		sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		if !ok || len(e.Args) != 1 {
			return w, false
		}
		fn, _ := info.Uses[sel.Sel].(*types.Func)
		if fn == nil || fn.FullName() != "bytes.NewBufferString" && fn.FullName() != "bytes.NewBuffer" {
			return w, false
		}
		w.how, w.expr = value, e.Args[0]
		return w, true
	}
	return w, false
}

// character is a byte or rune as text.
func (a *Analyzer) character(e ast.Expr, info *types.Info) set {
	if tv := info.Types[e]; tv.Value != nil {
		if n, ok := constant.Int64Val(constant.ToInt(tv.Value)); ok {
			if n < 0x80 {
				return text(string(rune(n)))
			}
			if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Kind() == types.Uint8 {
				return text(string([]byte{byte(n)}))
			}
			return text(string(rune(n)))
		}
	}
	return unknown(FromData, "a character that is computed")
}

// joinedLocal is strings.Join of a local slice that is made and appended to in
// its own function.
func (a *Analyzer) joinedLocal(e ast.Expr, sep set, info *types.Info) (set, bool) {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return set{}, false
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok || v.IsField() || a.mutable(v) {
		return set{}, false
	}
	glue, ok := constantOf(sep)
	fn := a.idx.owner[v.Pos()]
	if !ok || fn == nil || fn.jump || v.Pos() < fn.body.Pos() {
		return set{}, false
	}
	ws := a.idx.writes[v.Pos()]
	if len(ws) == 0 {
		return set{}, false
	}
	for _, w := range ws {
		if w.in != fn || w.how != value || w.index >= 0 {
			return set{}, false
		}
	}
	r := &reader{a: a, v: v, at: id.Pos(), fn: fn, info: info, writes: ws, list: true, sep: sep}
	s, ok := r.read()
	if !ok {
		return set{}, false
	}
	var out set
	for _, t := range s.alts {
		switch {
		case t.empty():
		case t[0].kind == literal && strings.HasPrefix(t[0].text, glue):
			t = append(template(nil), t...)
			t[0].text = t[0].text[len(glue):]
		default:
			return set{}, false
		}
		out = out.add(t)
	}
	return out, true
}

// strung gives the elements of the slice e one behind the other, sep before
// each; s is those of the variable itself.
func (r *reader) strung(e ast.Expr, s set) set {
	e = ast.Unparen(e)
	if id, ok := e.(*ast.Ident); ok && r.info.Uses[id] == r.v {
		return s
	}
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) > 0 {
		if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
			switch r.info.Uses[id] {
			case types.Universe.Lookup("append"):
				out := r.strung(call.Args[0], s)
				for i, arg := range call.Args[1:] {
					if call.Ellipsis.IsValid() && i == len(call.Args)-2 {
						out = concat(out, r.strung(arg, s))
					} else {
						out = concat(out, concat(r.sep, r.a.eval(arg)))
					}
				}
				return out
			case types.Universe.Lookup("make"):
				if len(call.Args) > 1 {
					if n, ok := r.number(call.Args[1]); ok && n == 0 {
						return text("")
					}
				}
			}
		}
	}
	if list, ok := r.a.list(e, r.info); ok {
		out := text("")
		for _, one := range list {
			out = concat(out, concat(r.sep, one))
		}
		return out
	}
	if r.info.Types[e].IsNil() {
		return text("")
	}
	// With nothing in it there is no separator either, so this cannot be known
	// without ambiguity at the front; a hole behind other elements is.
	return unknown(FromData, "joined from a slice")
}

// constantOf gives the text of a set that is one literal.
func constantOf(s set) (string, bool) {
	if len(s.alts) != 1 {
		return "", false
	}
	text := ""
	for _, p := range s.alts[0] {
		if p.kind != literal {
			return "", false
		}
		text += p.text
	}
	return text, true
}
