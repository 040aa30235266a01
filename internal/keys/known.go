package keys

import (
	"go/ast"
	"go/types"
	"path"
	"strings"
)

// known gives the result of the standard library's text-building functions.
func (a *Analyzer) known(fn *types.Func, n *ast.CallExpr, info *types.Info) (set, bool) {
	if fn.Pkg() == nil {
		return set{}, false
	}
	if recv := fn.Signature().Recv(); recv != nil {
		if fn.Name() == "String" || fn.Name() == "Bytes" {
			return a.builder(fn, n, info)
		}
		return set{}, false
	}
	switch fn.Pkg().Path() {
	case "fmt":
		switch fn.Name() {
		case "Sprintf":
			return a.sprintf(n, info), true
		case "Appendf":
			if len(n.Args) > 1 {
				tail := *n
				tail.Args = n.Args[1:]
				return concat(a.eval(n.Args[0]), a.sprintf(&tail, info)), true
			}
		case "Sprint":
			return a.sprint(n, info), true
		}
	case "strings", "bytes":
		switch fn.Name() {
		case "Join":
			if len(n.Args) == 2 {
				return a.joined(n, info), true
			}
		case "ToLower":
			return mapText(a.eval(n.Args[0]), strings.ToLower), true
		case "ToUpper":
			return mapText(a.eval(n.Args[0]), strings.ToUpper), true
		case "Clone":
			return a.eval(n.Args[0]), true
		case "TrimSpace", "Trim", "TrimLeft", "TrimRight", "TrimPrefix", "TrimSuffix", "Replace", "ReplaceAll", "Repeat", "Title", "Map":
			return unknown(FromData, "result of "+name(fn)), true
		}
	case "path", "path/filepath":
		if fn.Name() == "Join" && !n.Ellipsis.IsValid() {
			var s set
			for i, arg := range n.Args {
				if i > 0 {
					s = concat(s, text("/"))
				}
				s = concat(s, a.eval(arg))
			}
			return mapAll(s, cleaned), true
		}
	case "strconv":
		// Constant arguments only; a number that is computed is a hole.
		if len(n.Args) > 0 {
			if tv, ok := info.Types[n.Args[0]]; ok && tv.Value != nil && (fn.Name() == "Itoa" || len(n.Args) == 2 && isTen(info, n.Args[1])) {
				return constantText(tv.Value), true
			}
			return unknown(FromData, "result of "+name(fn)), true
		}
	}
	return set{}, false
}

func isTen(info *types.Info, e ast.Expr) bool {
	tv, ok := info.Types[e]
	return ok && tv.Value != nil && tv.Value.ExactString() == "10"
}

func mapText(s set, f func(string) string) set {
	var out set
	for _, t := range s.alts {
		u := make(template, len(t))
		copy(u, t)
		for i := range u {
			if u[i].kind == literal {
				u[i].text = f(u[i].text)
			} else {
				u[i] = part{kind: hole, code: FromData, why: "changed in case"}
			}
		}
		out = out.add(u)
	}
	return out
}

func mapAll(s set, f func(template) template) set {
	var out set
	for _, t := range s.alts {
		out = out.add(f(t))
	}
	return out
}

// cleaned applies path.Clean to a path that is all literal; a path with holes
// keeps its text, in which only doubled slashes are certain to go.
func cleaned(t template) template {
	if len(t) == 1 && t[0].kind == literal {
		return template{{kind: literal, text: path.Clean(t[0].text)}}
	}
	u := make(template, len(t))
	copy(u, t)
	for i := range u {
		for strings.Contains(u[i].text, "//") {
			u[i].text = strings.ReplaceAll(u[i].text, "//", "/")
		}
	}
	return u
}

// sprintf reads a constant format: verbs of text are their arguments, constants
// are filled in, every other verb is a hole.
func (a *Analyzer) sprintf(n *ast.CallExpr, info *types.Info) set {
	if len(n.Args) == 0 {
		return set{}
	}
	format, ok := a.Text(n.Args[0])
	if !ok {
		return unknown(FromData, "a format that is not constant")
	}
	args := n.Args[1:]
	if n.Ellipsis.IsValid() {
		args = nil
	}
	s, next := text(""), 0
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			s = concat(s, text(format))
			break
		}
		s = concat(s, text(format[:i]))
		format = format[i+1:]
		plain := true
		j := 0
		for j < len(format) && strings.IndexByte("+-# 0123456789.*[]", format[j]) >= 0 {
			if format[j] == '*' {
				next++
			}
			plain = false
			j++
		}
		if j == len(format) {
			s = concat(s, unknown(FromData, "a broken format"))
			break
		}
		verb := format[j]
		indexed := strings.ContainsRune(format[:j], '[')
		format = format[j+1:]
		if verb == '%' {
			s = concat(s, text("%"))
			continue
		}
		operand := unknown(FromData, "a formatted value")
		if plain && !indexed && next < len(args) && (verb == 's' || verb == 'v' || verb == 'd') {
			operand = a.argument(args[next], info)
		}
		next++
		s = concat(s, operand)
	}
	return s
}

// sprint joins its operands; Sprint puts spaces between operands when neither is
// a string, which a hole covers.
func (a *Analyzer) sprint(n *ast.CallExpr, info *types.Info) set {
	if n.Ellipsis.IsValid() {
		return unknown(FromData, "formatted data")
	}
	var s set
	for i, arg := range n.Args {
		if i > 0 && !isText(info.TypeOf(arg)) && !isText(info.TypeOf(n.Args[i-1])) {
			s = concat(s, text(" "))
		}
		s = concat(s, a.argument(arg, info))
	}
	return s
}

// joined is strings.Join: exact for a slice that is written out, otherwise a
// first element, and holes between separators only if something is known.
func (a *Analyzer) joined(n *ast.CallExpr, info *types.Info) set {
	sep := a.eval(n.Args[1])
	if lit := a.literalSlice(n.Args[0], info); lit != nil {
		s := set{}
		for i, e := range lit.Elts {
			if _, ok := e.(*ast.KeyValueExpr); ok {
				return unknown(FromData, "joined from an indexed literal")
			}
			if i > 0 {
				s = concat(s, sep)
			}
			s = concat(s, a.eval(e))
		}
		if len(s.alts) == 0 {
			return text("")
		}
		return s
	}
	// append([]string{"a", "b"}, rest...): known in front, a hole behind.
	if c, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok && len(c.Args) > 1 {
		if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "append" && info.Uses[id] == types.Universe.Lookup("append") {
			if lit := a.literalSlice(c.Args[0], info); lit != nil && len(lit.Elts) > 0 {
				s := set{}
				for i, e := range lit.Elts {
					if i > 0 {
						s = concat(s, sep)
					}
					s = concat(s, a.eval(e))
				}
				for i, e := range c.Args[1:] {
					if c.Ellipsis.IsValid() && i == len(c.Args)-2 {
						return concat(s, unknown(FromData, "joined from a slice"))
					}
					s = concat(concat(s, sep), a.eval(e))
				}
				return s
			}
		}
	}
	return unknown(FromData, "joined from a slice")
}

// Elements gives the elements of a slice or array that is written out where e
// stands or where its only writer is; nil when it is not.
func (a *Analyzer) Elements(e ast.Expr) []ast.Expr {
	info := a.Info(e)
	if info == nil {
		return nil
	}
	lit := a.literalSlice(e, info)
	if lit == nil {
		return nil
	}
	for _, x := range lit.Elts {
		if _, ok := x.(*ast.KeyValueExpr); ok {
			return nil
		}
	}
	return lit.Elts
}

// literalSlice gives the composite literal that e is, or that the one local it
// names was made with and never changed.
func (a *Analyzer) literalSlice(e ast.Expr, info *types.Info) *ast.CompositeLit {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return e
	case *ast.Ident:
		if v, ok := info.Uses[e].(*types.Var); ok {
			if ws := a.idx.writes[v.Pos()]; len(ws) == 1 && ws[0].how == value && ws[0].index < 0 {
				lit, _ := ast.Unparen(ws[0].expr).(*ast.CompositeLit)
				return lit
			}
		}
	}
	return nil
}

// builder reads strings.Builder and bytes.Buffer: what is written at the top of
// the function in order, a hole from the first loop or branch on.
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
	if !ok || v.IsField() {
		return data, true
	}
	body := a.idx.bodyAround(n)
	if body == nil {
		return data, true
	}
	s := text("")
	for _, st := range body.List {
		if st.Pos() <= n.Pos() && n.End() <= st.End() {
			if _, simple := st.(*ast.ReturnStmt); !simple {
				if _, simple := st.(*ast.AssignStmt); !simple {
					if _, simple := st.(*ast.ExprStmt); !simple {
						return concat(s, data), true
					}
				}
			}
			return s, true
		}
		if !mentions(st, v, info) {
			continue
		}
		arg, ok := builderWrite(st, v, info)
		if !ok {
			if declares(st, v, info) {
				continue
			}
			return concat(s, data), true
		}
		if arg == nil {
			return concat(s, data), true
		}
		if call, ok := arg.(*ast.CallExpr); ok && isFprintf(call, info) {
			tail := *call
			tail.Args = call.Args[1:]
			s = concat(s, a.sprintf(&tail, info))
			continue
		}
		s = concat(s, a.argument(arg, info))
	}
	return concat(s, data), true
}

func mentions(n ast.Node, v *types.Var, info *types.Info) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && info.ObjectOf(id) == v {
			found = true
		}
		return !found
	})
	return found
}

// declares tells whether the statement only makes the empty builder.
func declares(st ast.Stmt, v *types.Var, info *types.Info) bool {
	switch st := st.(type) {
	case *ast.DeclStmt:
		g, ok := st.Decl.(*ast.GenDecl)
		if !ok {
			return false
		}
		for _, sp := range g.Specs {
			if vs, ok := sp.(*ast.ValueSpec); !ok || len(vs.Values) > 0 {
				return false
			}
		}
		return true
	case *ast.AssignStmt:
		if len(st.Lhs) == 1 && len(st.Rhs) == 1 {
			if id, ok := st.Lhs[0].(*ast.Ident); ok && info.Defs[id] == v {
				e := ast.Unparen(st.Rhs[0])
				if un, ok := e.(*ast.UnaryExpr); ok {
					e = un.X
				}
				lit, ok := e.(*ast.CompositeLit)
				return ok && len(lit.Elts) == 0
			}
		}
	case *ast.ExprStmt:
		if call, ok := st.X.(*ast.CallExpr); ok {
			sel, ok := call.Fun.(*ast.SelectorExpr)
			return ok && sel.Sel.Name == "Grow"
		}
	}
	return false
}

// builderWrite gives the text that a statement writes to v.
func builderWrite(st ast.Stmt, v *types.Var, info *types.Info) (ast.Expr, bool) {
	var e ast.Expr
	switch st := st.(type) {
	case *ast.ExprStmt:
		e = st.X
	case *ast.AssignStmt:
		if len(st.Rhs) != 1 {
			return nil, false
		}
		e = st.Rhs[0]
	default:
		return nil, false
	}
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	if isFprintf(call, info) {
		return call, true
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return nil, false
	}
	if id, ok := ast.Unparen(sel.X).(*ast.Ident); !ok || info.Uses[id] != v {
		return nil, false
	}
	switch sel.Sel.Name {
	case "WriteString", "Write":
		return call.Args[0], true
	case "WriteByte", "WriteRune":
		return nil, true
	}
	return nil, false
}

func isFprintf(call *ast.CallExpr, info *types.Info) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return false
	}
	fn, ok := info.Uses[sel.Sel].(*types.Func)
	return ok && fn.FullName() == "fmt.Fprintf"
}
