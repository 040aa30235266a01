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

// joined is strings.Join: exact for a slice that is written out, a template for
// a slice parameter, otherwise known in front and a hole behind.
func (a *Analyzer) joined(n *ast.CallExpr, info *types.Info) set {
	sep := a.eval(n.Args[1])
	if lit := a.literalSlice(n.Args[0], info); lit != nil {
		return a.chain(lit.Elts, sep)
	}
	if text, ok := a.Text(n.Args[1]); ok {
		if s, ok := a.sliceParam(n.Args[0], text, info); ok {
			return s
		}
	}
	// append([]string{"a", "b"}, rest...)
	if c, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok && len(c.Args) > 1 {
		if id, ok := c.Fun.(*ast.Ident); ok && info.Uses[id] == types.Universe.Lookup("append") {
			if lit := a.literalSlice(c.Args[0], info); lit != nil && len(lit.Elts) > 0 {
				front := append([]ast.Expr(nil), lit.Elts...)
				if !c.Ellipsis.IsValid() {
					return a.chain(append(front, c.Args[1:]...), sep)
				}
				return concat(a.chain(front, sep), unknown(FromData, "joined from a slice"))
			}
		}
	}
	return unknown(FromData, "joined from a slice")
}

// sliceParam is the elements of a slice parameter that is never written to, one
// behind the other.
func (a *Analyzer) sliceParam(e ast.Expr, sep string, info *types.Info) (set, bool) {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return set{}, false
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok || len(a.idx.writes[v.Pos()]) > 0 {
		return set{}, false
	}
	if _, ok := a.idx.params[v.Pos()]; !ok || !isElements(v.Type()) {
		return set{}, false
	}
	return set{alts: []template{{{kind: param, pos: v.Pos(), text: v.Name(), all: true, sep: sep}}}}, true
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
