package rewrite

import (
	"bytes"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// v8File returns the edits of one file that v8's rules add to the swap. It notes in
// need the packages that they name.
func (r *run) v8File(f *file, need map[string]bool) []Edit {
	var all []Edit
	var gone []span
	for _, u := range r.v8.uses[f.name] {
		g := r.v8Group(u)
		if !r.moves(g) {
			continue
		}
		w := &v8Writer{r: r, u: u, f: f, group: g, need: need}
		w.write()
		all = append(all, w.edits...)
		gone = append(gone, w.gone...)
	}
	return append(all, f.unused(gone, need)...)
}

// unused removes the imports that only what is gone has used.
func (f *file) unused(gone []span, need map[string]bool) []Edit {
	if len(gone) == 0 {
		return nil
	}
	left, lost := map[types.Object]int{}, map[types.Object]int{}
	for id, obj := range f.info.Uses {
		pn, ok := obj.(*types.PkgName)
		if !ok || id.Pos() < f.syn.FileStart || id.Pos() >= f.syn.FileEnd {
			continue
		}
		within := false
		for _, s := range gone {
			within = within || id.Pos() >= s.from && id.Pos() < s.to
		}
		if within {
			lost[pn]++
		} else {
			left[pn]++
		}
	}
	var out []Edit
	for _, s := range f.syn.Imports {
		if pn := f.pkgName(s); pn != nil && lost[pn] > 0 && left[pn] == 0 && !need[pn.Imported().Path()] {
			e := f.removeSpec(s)
			e.Group = -1
			out = append(out, e)
		}
	}
	return out
}

// v8Writer writes the edits of one use.
type v8Writer struct {
	r     *run
	u     *v8Use
	f     *file
	group int
	need  map[string]bool
	edits []Edit
	gone  []span
}

func (w *v8Writer) replace(from, to token.Pos, text string) {
	w.edits = append(w.edits, Edit{File: w.f.name, Start: w.f.offset(from), End: w.f.offset(to), New: text, Rung: RungSwap, Group: w.group, Site: -1})
}

func (w *v8Writer) insert(at token.Pos, text string) { w.replace(at, at, text) }

// drop leaves a span out that only read.
func (w *v8Writer) drop(from, to token.Pos) {
	w.replace(from, to, "")
	w.gone = append(w.gone, span{from, to})
}

func (w *v8Writer) rename() {
	if w.u.use.To != w.u.id.Name {
		w.replace(w.u.id.Pos(), w.u.id.End(), w.u.use.To)
	}
}

// facade is the qualifier of the generated package, with its dot.
func (w *v8Writer) facade() string {
	w.need[w.r.generated] = true
	return w.f.localName(w.r.generated, path.Base(w.r.generated)) + "."
}

func (w *v8Writer) write() {
	u, args := w.u, []ast.Expr(nil)
	if u.call != nil {
		args = u.call.Args
	}
	switch u.use.Rule {
	case spec.V8Rename:
		w.rename()
	case spec.V8Values:
		w.values()
	case spec.V8Members:
		w.rename()
		w.members(args[2:])
	case spec.V8Append:
		w.rename()
		w.insert(args[len(args)-1].End(), ", "+u.use.Arg)
	case spec.V8DropFalse:
		w.drop(args[len(args)-2].End(), args[len(args)-1].End())
	case spec.V8DropContext:
		w.drop(u.call.Lparen+1, u.call.Rparen) // with a comma and line breaks
	case spec.V8Option:
		w.drop(args[0].Pos(), args[1].Pos())
		w.insert(args[1].Pos(), w.facade()+u.use.Arg+"(")
		w.insert(args[1].End(), ")")
	case spec.V8NoResult:
		w.rename()
		if as, ok := u.parent().(*ast.AssignStmt); ok {
			w.replace(as.Pos(), u.call.Pos(), "")
		}
	case spec.V8Background:
		w.need["context"] = true
		w.replace(u.call.Pos(), u.call.End(), w.f.localName("context", "context")+".Background()")
	case spec.V8Receiver:
		w.drop(u.sel.X.End(), u.call.End())
	case spec.V8Wrap:
		w.insert(args[0].Pos(), w.facade()+u.use.Arg+"(")
		w.insert(args[0].End(), ")")
	case spec.V8Resp2:
		if w.r.v8.raw && len(args) == 1 {
			w.resp2(args[0])
		}
	case spec.V8Drop:
		w.dropField()
	case spec.V8Approx:
		w.rename()
		w.insert(u.kv.End(), ", "+u.use.Arg+": true")
	case spec.V8Millis:
		w.insert(u.sel.End(), "."+u.use.Arg)
	}
}

// values makes Z of the *Z among the arguments of a call or the parameters of a
// declaration.
func (w *v8Writer) values() {
	if w.u.decl != nil {
		last := w.u.decl.Params.List[len(w.u.decl.Params.List)-1]
		if star, ok := last.Type.(*ast.Ellipsis).Elt.(*ast.StarExpr); ok {
			w.replace(star.Star, star.X.Pos(), "")
		}
		return
	}
	sig, ok := w.f.info.TypeOf(w.u.call.Fun).(*types.Signature)
	if !ok || sig.Params().Len() > len(w.u.call.Args) {
		return // no members
	}
	args := w.u.call.Args[sig.Params().Len()-1:]
	if w.u.call.Ellipsis.IsValid() {
		w.slice(args[0])
		return
	}
	for _, a := range args {
		w.value(a)
	}
}

// value is what a *Z points to.
func (w *v8Writer) value(e ast.Expr) {
	switch x := e.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			w.replace(x.OpPos, x.X.Pos(), "")
			return
		}
	case *ast.Ident:
		if w.becomesValue(x) {
			return
		}
	case *ast.IndexExpr:
		if id, ok := x.X.(*ast.Ident); ok && w.becomesValue(id) {
			return
		}
	}
	w.insert(e.Pos(), "*")
}

// slice is a []Z of a []*Z.
func (w *v8Writer) slice(e ast.Expr) {
	if id, ok := e.(*ast.Ident); ok && w.becomesValue(id) {
		return
	}
	w.insert(e.Pos(), w.facade()+"ZValues(")
	w.insert(e.End(), ")")
}

// becomesValue reports whether a variable's type follows a signature that changes.
func (w *v8Writer) becomesValue(id *ast.Ident) bool {
	obj := w.f.info.Uses[id]
	return obj != nil && w.r.v8.values[w.r.spot(obj.Pos())]
}

// members are a ZAddArgs of the arguments.
func (w *v8Writer) members(args []ast.Expr) {
	facade := w.facade()
	open := facade + "ZAddArgs{" + w.u.use.Arg + "Members: "
	last := args[len(args)-1]
	if w.u.call.Ellipsis.IsValid() {
		w.insert(last.Pos(), open)
		w.slice(last)
		w.replace(last.End(), w.u.call.Ellipsis+3, "}")
		return
	}
	w.insert(args[0].Pos(), open+"[]"+facade+"Z{")
	for _, a := range args {
		w.value(a)
	}
	w.insert(last.End(), "}}")
}

// resp2 says in the options that replies are RESP2's.
func (w *v8Writer) resp2(e ast.Expr) {
	x := e
	if addr, ok := e.(*ast.UnaryExpr); ok && addr.Op == token.AND {
		x = addr.X
	}
	lit, ok := x.(*ast.CompositeLit)
	var first ast.Expr // that stays
	if ok {
		for _, elt := range lit.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); !ok || !w.dropped(kv) {
				first = elt
				break
			}
		}
	}
	switch {
	case !ok:
		if x != e { // &opt
			w.replace(e.Pos(), x.Pos(), "")
		}
		w.insert(e.End(), "."+w.u.use.Arg+"()")
	case first == nil && w.f.tok.Line(lit.Lbrace) == w.f.tok.Line(lit.Rbrace):
		w.insert(lit.Lbrace+1, "Protocol: 2")
	case first == nil:
		w.insert(lit.Rbrace, "Protocol: 2,"+w.f.newline())
	case w.f.tok.Line(first.Pos()) == w.f.tok.Line(lit.Lbrace):
		w.insert(first.Pos(), "Protocol: 2, ")
	default:
		w.insert(first.Pos(), "Protocol: 2,"+w.f.newline()+w.f.indent(first.Pos()))
	}
}

// dropped reports whether a rule leaves a field of a literal out.
func (w *v8Writer) dropped(kv *ast.KeyValueExpr) bool {
	return slices.ContainsFunc(w.r.v8.uses[w.f.name], func(u *v8Use) bool { return u.kv == kv && u.use.Rule == spec.V8Drop })
}

// indent is the white space before the code on a line.
func (f *file) indent(pos token.Pos) string {
	to := f.offset(pos)
	from := to
	for from > 0 && (f.src[from-1] == ' ' || f.src[from-1] == '\t') {
		from--
	}
	return string(f.src[from:to])
}

// dropField takes a field out of its literal, or an assignment to it.
func (w *v8Writer) dropField() {
	if w.u.kv == nil {
		w.replace(w.u.sel.Pos(), w.u.sel.End(), "_")
		return
	}
	kv, elts := w.u.kv, w.u.lit.Elts
	from, to := w.f.offset(kv.Pos()), w.f.offset(kv.End())
	src := w.f.src
	for to < len(src) && (src[to] == ' ' || src[to] == '\t') {
		to++
	}
	if to < len(src) && src[to] == ',' {
		to++
		for to < len(src) && (src[to] == ' ' || src[to] == '\t') {
			to++
		}
	} else if kv != elts[0] { // the last of a line: the comma before it goes
		for i, e := range elts {
			if e == ast.Expr(kv) {
				from = w.f.offset(elts[i-1].End())
			}
		}
	}
	if i := bytes.IndexByte(src[to:], '\n'); i >= 0 && bytes.HasPrefix(src[to:], []byte("//")) {
		to += len(bytes.TrimRight(src[to:to+i], "\r")) // what is said about it
	}
	start := from
	for start > 0 && (src[start-1] == ' ' || src[start-1] == '\t') {
		start--
	}
	if start > 0 && src[start-1] == '\n' && to < len(src) && (src[to] == '\n' || src[to] == '\r') { // alone on its line
		from = start
		for src[to] != '\n' {
			to++
		}
		to++
	}
	w.drop(w.f.tok.Pos(from), w.f.tok.Pos(to))
}
