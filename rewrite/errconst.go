package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/redis2cf/redis2cf/internal/syntax"
)

// go-redis's errors are constants (redis.Nil, redis.TxFailedErr), and a program may
// give them names of its own the same way. On the facade they are variables, since
// they must be able to become go-redis's own values where that stays linked, so a
// constant that is one becomes a variable too:
//
//	const ErrMissing = redis.Nil  →  var ErrMissing = cfstore.Nil
//
// It keeps its name, type and value; what a constant can do beyond a variable (array
// lengths, constants made of it) is no use of an error, and the verifier takes a group
// back where somebody did it all the same. In a group of constants the declaration is
// divided; groups that count with iota, or repeat the value above, are left alone,
// because a line that goes changes the others.

// errConst is a constant whose whole value is the name of another one.
type errConst struct {
	file  *file
	decl  *ast.GenDecl
	spec  *ast.ValueSpec
	value types.Object // what it is named after
}

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// collectErrConsts finds the constants that may have to become variables.
func (r *run) collectErrConsts() {
	for _, name := range sortedKeys(r.files) {
		f := r.files[name]
		ast.Inspect(f.syn, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				return true
			}
			for _, s := range d.Specs {
				spec := s.(*ast.ValueSpec)
				if len(spec.Names) != 1 || len(spec.Values) != 1 {
					continue
				}
				if c, ok := f.info.Defs[spec.Names[0]].(*types.Const); !ok || !types.Implements(c.Type(), errorInterface) {
					continue
				}
				if value := constNamed(f, spec.Values[0]); value != nil {
					r.errConsts = append(r.errConsts, errConst{f, d, spec, value})
				}
			}
			return false
		})
	}
}

// constNamed is the constant that an expression names, nil where it is anything else.
func constNamed(f *file, e ast.Expr) types.Object {
	if c, ok := f.info.Uses[syntax.Name(e)].(*types.Const); ok {
		return c
	}
	return nil
}

// errConstEdits makes variables of the constants whose value moves, by file; what is
// named after one of those follows it.
func (r *run) errConstEdits() map[string][]Edit {
	if len(r.errConsts) == 0 {
		return nil
	}
	at := func(p token.Pos) token.Position {
		pos := r.prog.Fset.PositionFor(p, false)
		pos.Offset = 0 // export data has none
		return pos
	}
	moving := map[token.Position]int{} // mentions, and constants that are variables afterwards: their group
	for _, ms := range r.byFile {
		for _, m := range ms {
			if _, ok := m.Obj.(*types.Const); ok && r.moves(m.Group) {
				moving[at(m.Ident.Pos())] = m.Group
			}
		}
	}
	group := map[*ast.ValueSpec]int{}
	for grown := true; grown; {
		grown = false
		for _, c := range r.errConsts {
			if _, ok := group[c.spec]; ok {
				continue
			}
			e := ast.Unparen(c.spec.Values[0])
			if sel, ok := e.(*ast.SelectorExpr); ok {
				e = sel.Sel
			}
			g, ok := moving[at(e.Pos())]
			if !ok {
				g, ok = moving[at(c.value.Pos())]
			}
			if ok {
				group[c.spec], moving[at(c.spec.Names[0].Pos())] = g, g
				grown = true
			}
		}
	}
	out := map[string][]Edit{}
	done := map[*ast.GenDecl]bool{}
	for _, c := range r.errConsts {
		if _, ok := group[c.spec]; ok && !done[c.decl] {
			done[c.decl] = true
			out[c.file.name] = append(out[c.file.name], c.file.divide(c.decl, group)...)
		}
	}
	return out
}

// divide turns the specs of a constant declaration that have a group into variables.
func (f *file) divide(d *ast.GenDecl, group map[*ast.ValueSpec]int) []Edit {
	edit := func(start, end int, text string, g int) Edit {
		return Edit{File: f.name, Start: start, End: end, New: text, Rung: RungSwap, Group: g, Site: -1}
	}
	specs := make([]*ast.ValueSpec, len(d.Specs))
	some, all, first := false, true, -1
	for i, s := range d.Specs {
		specs[i] = s.(*ast.ValueSpec)
		g, ok := group[specs[i]]
		if ok && first < 0 {
			first = g
		}
		some, all = some || ok, all && ok
	}
	word := f.offset(d.Pos())
	if all {
		return []Edit{edit(word, word+len("const"), "var", first)}
	}
	if !some || !d.Lparen.IsValid() || counts(d) {
		return nil
	}
	nl := f.newline()
	var out []Edit
	is := func(i int) bool {
		if i < 0 || i >= len(specs) {
			return false
		}
		_, ok := group[specs[i]]
		return ok
	}
	for i, s := range specs {
		if !is(i) || is(i-1) {
			continue // within a run of variables
		}
		last := i
		for is(last + 1) {
			last++
		}
		g := group[s]
		start := f.offset(s.Pos())
		if s.Doc != nil {
			start = f.offset(s.Doc.Pos())
		}
		end := specs[last].End()
		if specs[last].Comment != nil {
			end = specs[last].Comment.End()
		}
		open, shut := "var (", ""
		if i == last && s.Doc == nil {
			open = "var "
		} else {
			open += nl + "\t"
			shut = nl + ")"
		}
		if i == 0 {
			out = append(out, edit(word, f.afterParen(d, start), open, g))
		} else {
			out = append(out, edit(f.textBefore(start), start, nl+")"+nl+nl+open, g))
		}
		switch {
		case last < len(specs)-1:
			out = append(out, edit(f.offset(end), f.offset(end), shut+nl+nl+"const (", g))
		case shut == "": // else the declaration's own parenthesis closes it
			out = append(out, edit(f.lineStart(f.offset(d.Rparen)), f.offset(d.Rparen)+1, "", g))
		}
	}
	return out
}

// afterParen is where the text behind a declaration's parenthesis ends that may go:
// white space before start; a comment there stays.
func (f *file) afterParen(d *ast.GenDecl, start int) int {
	if strings.TrimSpace(string(f.src[f.offset(d.Lparen)+1:start])) == "" {
		return start
	}
	return f.offset(d.Lparen) + 1
}

// textBefore is the offset behind the last character before an offset that is no white
// space.
func (f *file) textBefore(at int) int {
	return len(strings.TrimRight(string(f.src[:at]), " \t\r\n"))
}

// lineStart is the offset where the line of an offset begins, if only white space is before it.
func (f *file) lineStart(at int) int {
	for at > 0 && (f.src[at-1] == ' ' || f.src[at-1] == '\t') {
		at--
	}
	return at
}

// counts reports whether the lines of a constant declaration depend on their number
// or on the line above.
func counts(d *ast.GenDecl) bool {
	found := false
	for _, s := range d.Specs {
		found = found || len(s.(*ast.ValueSpec).Values) == 0
	}
	ast.Inspect(d, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "iota" {
			found = true
		}
		return !found
	})
	return found
}
