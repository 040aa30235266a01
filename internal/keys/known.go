package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/syntax"
)

func base(name string) string { return filepath.Base(name) }

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
	if len(n.Args) == 0 {
		return set{}, false
	}
	switch fn.Pkg().Path() {
	case "fmt":
		tail := *n
		tail.Args = n.Args[1:]
		switch fn.Name() {
		case "Sprintf":
			return a.sprintf(n, info), true
		case "Appendf":
			return concat(a.eval(n.Args[0]), a.sprintf(&tail, info)), true
		case "Sprint":
			return a.sprint(n, info), true
		case "Append":
			return concat(a.eval(n.Args[0]), a.sprint(&tail, info)), true
		}
	case "strings", "bytes":
		return a.text(fn, n, info)
	case "path", "path/filepath":
		if fn.Name() == "Join" {
			return a.pathJoin(fn, n, info), true
		}
	case "strconv":
		return a.converted(fn, n, info)
	case "cmp":
		if fn.Name() == "Or" && !n.Ellipsis.IsValid() && isText(info.TypeOf(n)) {
			// The first that is not empty: a default and what may replace it.
			var s set
			for i, arg := range n.Args {
				one := a.eval(arg)
				if i < len(n.Args)-1 {
					one = one.withoutEmpty()
				}
				s = join(s, one)
			}
			return s, true
		}
	}
	return set{}, false
}

// text reads package strings, and bytes where it has the same function.
func (a *Analyzer) text(fn *types.Func, n *ast.CallExpr, info *types.Info) (set, bool) {
	arg := func(i int) (string, bool) {
		if i >= len(n.Args) {
			return "", false
		}
		return constantOf(a.eval(n.Args[i]))
	}
	change := func(template) (template, bool) { return nil, false }
	switch fn.Name() {
	case "Join":
		if len(n.Args) == 2 {
			return a.joined(n, info), true
		}
		return set{}, false
	case "Clone":
		return a.eval(n.Args[0]), true
	case "ToLower":
		change = each(strings.ToLower)
	case "ToUpper":
		change = each(strings.ToUpper)
	case "TrimSpace":
		change = trimmed(" \t\n\v\f\r\u0085\u00a0", true, true)
	case "Trim", "TrimLeft", "TrimRight":
		if cut, ok := arg(1); ok {
			change = trimmed(cut, fn.Name() != "TrimRight", fn.Name() != "TrimLeft")
		}
	case "TrimPrefix":
		if p, ok := arg(1); ok {
			change = withoutPrefix(p)
		}
	case "TrimSuffix":
		if p, ok := arg(1); ok {
			change = withoutSuffix(p)
		}
	case "Replace", "ReplaceAll":
		return a.replace(fn, n, info), true
	case "Title", "Map", "Repeat", "ToTitle", "ToValidUTF8":
	default:
		return set{}, false
	}
	return a.changed(a.eval(n.Args[0]), "result of "+name(fn)+a.line(n), change), true
}

// changed applies a change to every alternative. One that cannot be told is a
// hole; parameters are not known yet, and a call's arguments say more.
func (a *Analyzer) changed(s set, why string, change func(template) (template, bool)) set {
	var out set
	for _, t := range s.alts {
		u := make(template, 0, len(t))
		open := false
		for _, p := range t {
			if p.kind == param {
				p = part{kind: hole, code: FromData, why: "parameter " + p.text, open: true}
				open = true
			}
			open = open || p.open
			u = append(u, p)
		}
		if v, ok := change(u); ok {
			out = out.add(v)
		} else {
			out = out.add(template{{kind: hole, code: FromData, why: why, open: open}})
		}
	}
	return out
}

// each changes literal text; what is in a hole stays in it.
func each(f func(string) string) func(template) (template, bool) {
	return func(t template) (template, bool) {
		for i := range t {
			if t[i].kind == literal {
				t[i].text = f(t[i].text)
			}
		}
		return t, true
	}
}

// trimmed cuts a set of characters off the ends. An end that could be cut beyond
// a piece of text, or a hole that could let the cut go on behind it, is not told.
func trimmed(cut string, left, right bool) func(template) (template, bool) {
	return func(t template) (template, bool) {
		n := len(t)
		if n == 1 && t[0].kind == literal {
			if left {
				t[0].text = strings.TrimLeft(t[0].text, cut)
			}
			if right {
				t[0].text = strings.TrimRight(t[0].text, cut)
			}
			return t, true
		}
		if left {
			i := firstLiteral(t, 0, 1)
			if i < n && strings.TrimLeft(t[i].text, cut) != t[i].text {
				if i > 0 || strings.TrimLeft(t[i].text, cut) == "" {
					return nil, false
				}
				t[i].text = strings.TrimLeft(t[i].text, cut)
			}
		}
		if right {
			i := firstLiteral(t, n-1, -1)
			if i >= 0 && strings.TrimRight(t[i].text, cut) != t[i].text {
				if i < n-1 || strings.TrimRight(t[i].text, cut) == "" {
					return nil, false
				}
				t[i].text = strings.TrimRight(t[i].text, cut)
			}
		}
		return t, true
	}
}

func firstLiteral(t template, i, step int) int {
	for i >= 0 && i < len(t) && (t[i].kind != literal || t[i].text == "") {
		i += step
	}
	return i
}

// withoutPrefix cuts a text off the front, where the template says whether it is
// there.
func withoutPrefix(p string) func(template) (template, bool) {
	return func(t template) (template, bool) {
		switch {
		case p == "" || len(t) == 0:
			return t, true
		case t[0].kind != literal:
			return nil, false
		case strings.HasPrefix(t[0].text, p):
			t[0].text = t[0].text[len(p):]
			return t, true
		}
		return t, len(t) == 1 || !strings.HasPrefix(p, t[0].text)
	}
}

func withoutSuffix(p string) func(template) (template, bool) {
	return func(t template) (template, bool) {
		last := len(t) - 1
		switch {
		case p == "" || last < 0:
			return t, true
		case t[last].kind != literal:
			return nil, false
		case strings.HasSuffix(t[last].text, p):
			t[last].text = t[last].text[:len(t[last].text)-len(p)]
			return t, true
		}
		return t, last == 0 || !strings.HasSuffix(p, t[last].text)
	}
}

// pathJoin puts slashes between its parts and cleans what comes out. Parts that
// are not known are taken to be neither empty nor dots, which the key says.
func (a *Analyzer) pathJoin(fn *types.Func, n *ast.CallExpr, info *types.Info) set {
	list := make([]set, 0, len(n.Args))
	if n.Ellipsis.IsValid() {
		var ok bool
		if list, ok = a.list(n.Args[0], info); !ok {
			return a.openHole(n.Args[0], "joined from a slice", info)
		}
	} else {
		for _, arg := range n.Args {
			list = append(list, a.eval(arg))
		}
	}
	list = slices.DeleteFunc(list, func(s set) bool {
		whole, ok := constantOf(s)
		return ok && whole == ""
	})
	whole := true
	out := set{}
	for _, t := range chain(list, text("/")).alts {
		if len(t) == 1 && t[0].kind == literal {
			out = out.add(template{{kind: literal, text: path.Clean(t[0].text)}})
			continue
		}
		whole = false
		t, ok := cleaned(t)
		if !ok {
			return a.openHole(n, "a path with dots in it", info)
		}
		out = out.add(t)
	}
	if !whole {
		out = out.assume(token.NoPos, "a part of "+name(fn)+" that is empty or has dots in it")
	}
	return out
}

// cleaned takes double slashes, and those at the end, out of a path that is known in
// part; ok is false for one that has dots for elements.
func cleaned(t template) (out template, ok bool) {
	out = append(out, t...)
	for i := range out {
		if out[i].kind != literal {
			continue
		}
		s := out[i].text
		for strings.Contains(s, "//") {
			s = strings.ReplaceAll(s, "//", "/")
		}
		if i == len(out)-1 {
			s = strings.TrimSuffix(s, "/")
		}
		for _, elem := range strings.Split(s, "/") {
			if elem == "." || elem == ".." {
				return nil, false
			}
		}
		out[i].text = s
	}
	return out, true
}

// openHole is a hole that the arguments of a call may fill, when e is a slice
// that the function is given.
func (a *Analyzer) openHole(e ast.Expr, why string, info *types.Info) set {
	open := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := info.Uses[id].(*types.Var); ok {
				_, is := a.idx.params[v.Pos()]
				_, have := a.bound(v)
				open = open || is && !have
			}
		}
		return !open
	})
	return set{alts: []template{{{kind: hole, code: FromData, why: why, open: open}}}}
}

// joined is strings.Join: exact for a slice whose elements are known in order,
// otherwise known in front and a hole behind.
func (a *Analyzer) joined(n *ast.CallExpr, info *types.Info) set {
	sep := a.eval(n.Args[1])
	if list, ok := a.list(n.Args[0], info); ok {
		return chain(list, sep)
	}
	if s, ok := a.joinedLocal(n.Args[0], sep, info); ok {
		return s
	}
	// append([]string{"a", "b"}, rest...)
	if c, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok && len(c.Args) == 2 && c.Ellipsis.IsValid() {
		if id, ok := c.Fun.(*ast.Ident); ok && info.Uses[id] == types.Universe.Lookup("append") {
			if list, ok := a.list(c.Args[0], info); ok && len(list) > 0 {
				return concat(chain(list, sep), a.openHole(c.Args[1], "joined from a slice", info))
			}
		}
	}
	return a.openHole(n.Args[0], "joined from a slice", info)
}

// chain is texts one behind the other, with sep between.
func chain(list []set, sep set) set {
	s := text("")
	for i, one := range list {
		if i > 0 {
			s = concat(s, sep)
		}
		s = concat(s, one)
	}
	return s
}

// Elements gives the elements of a slice or array that is written out where e
// stands, where its only writer is, or in the function that makes it; nil when it
// is not.
func (a *Analyzer) Elements(e ast.Expr) []ast.Expr {
	info := a.Info(e)
	if info == nil {
		return nil
	}
	out, ok := a.elementExprs(e, info, maxInlined)
	if !ok {
		return nil
	}
	return out
}

func (a *Analyzer) elementExprs(e ast.Expr, info *types.Info, depth int) ([]ast.Expr, bool) {
	if depth == 0 {
		return nil, false
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if _, ok := x.(*ast.KeyValueExpr); ok {
				return nil, false
			}
		}
		return e.Elts, true
	case *ast.CallExpr:
		id, ok := ast.Unparen(e.Fun).(*ast.Ident)
		if !ok || info.Uses[id] != types.Universe.Lookup("append") || len(e.Args) == 0 {
			return a.returnedExprs(e, info, depth)
		}
		out, ok := a.elementExprs(e.Args[0], info, depth-1)
		if !ok {
			return nil, false
		}
		out = append([]ast.Expr(nil), out...)
		for i, arg := range e.Args[1:] {
			if e.Ellipsis.IsValid() && i == len(e.Args)-2 {
				more, ok := a.elementExprs(arg, info, depth-1)
				if !ok {
					return nil, false
				}
				out = append(out, more...)
				continue
			}
			out = append(out, arg)
		}
		return out, true
	case *ast.Ident:
		v, ok := info.Uses[e].(*types.Var)
		if !ok || a.mutable(v) {
			return nil, false
		}
		if ws := a.idx.writes[v.Pos()]; len(ws) == 1 && ws[0].how == value && ws[0].index < 0 && !a.appends(ws[0].expr, v, info) {
			if _, isParam := a.idx.params[v.Pos()]; !isParam {
				return a.elementExprs(ws[0].expr, info, depth-1)
			}
		}
		return a.grown(v, e, info, depth)
	}
	return nil, false
}

// returnedExprs gives the elements of the slice that the one return statement of
// a function writes out.
func (a *Analyzer) returnedExprs(n *ast.CallExpr, info *types.Info, depth int) ([]ast.Expr, bool) {
	obj, ok := info.Uses[syntax.Name(n.Fun)].(*types.Func)
	if !ok || interfaceOf(obj) != nil {
		return nil, false
	}
	fn := a.idx.funcs[obj.Origin().Pos()]
	if fn == nil || fn.sig.Results().Len() != 1 {
		return nil, false
	}
	var only *ast.ReturnStmt
	count := 0
	ast.Inspect(fn.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			only = n
			count++
		}
		return true
	})
	if count != 1 || len(only.Results) != 1 {
		return nil, false
	}
	return a.elementExprs(only.Results[0], fn.unit.pkg.Info, depth-1)
}

// appends tells whether e is append(v, …).
func (a *Analyzer) appends(e ast.Expr, v *types.Var, info *types.Info) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || len(call.Args) == 0 || info.Uses[syntax.Name(call.Fun)] != types.Universe.Lookup("append") {
		return false
	}
	id, ok := ast.Unparen(call.Args[0]).(*ast.Ident)
	return ok && info.Uses[id] == v
}

// grown gives the elements of a local slice that is declared and appended to in
// the statements of one block, before the use.
func (a *Analyzer) grown(v *types.Var, at *ast.Ident, info *types.Info, depth int) ([]ast.Expr, bool) {
	fn := a.idx.owner[v.Pos()]
	if fn == nil || fn.jump || !fn.holds(at.Pos()) || v.Pos() < fn.body.Pos() {
		return nil, false
	}
	block := blockOf(fn.body, v.Pos())
	var out []ast.Expr
	for _, w := range a.idx.writes[v.Pos()] {
		call, isCall := ast.Unparen(w.expr).(*ast.CallExpr)
		if w.in != fn || w.how != value || w.index >= 0 || w.pos >= at.Pos() || blockOf(fn.body, w.pos) != block {
			return nil, false
		}
		if isCall && len(call.Args) > 0 {
			if a.appends(call, v, info) {
				if call.Ellipsis.IsValid() {
					more, ok := a.elementExprs(call.Args[len(call.Args)-1], info, depth-1)
					if !ok {
						return nil, false
					}
					out = append(out, more...)
					continue
				}
				out = append(out, call.Args[1:]...)
				continue
			}
			if info.Uses[syntax.Name(call.Fun)] == types.Universe.Lookup("make") {
				if tv := info.Types[call.Args[min(1, len(call.Args)-1)]]; len(call.Args) > 1 && tv.Value != nil && tv.Value.ExactString() == "0" {
					out = nil
					continue
				}
				return nil, false
			}
		}
		more, ok := a.elementExprs(w.expr, info, depth-1)
		if !ok {
			return nil, false
		}
		out = append([]ast.Expr(nil), more...)
	}
	return out, len(out) > 0
}

// blockOf gives the innermost block or clause of a function around pos.
func blockOf(body *ast.BlockStmt, pos token.Pos) ast.Node {
	var block ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil || !within(n, pos) {
			return false
		}
		switch n.(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause, *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			block = n
		}
		return true
	})
	return block
}
