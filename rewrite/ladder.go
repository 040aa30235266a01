package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// The ladder: what an error touches is taken back from the highest rung down,
// the views of the statement first, then its cuts, then the groups that have a value there,
// then wider and wider surroundings. Every step takes something back, so it
// ends.

// takeBack handles the errors of one check. It reports false when an error
// touches nothing that could be taken back.
func (r *run) takeBack(errs []verify.Error, edits map[string][]Edit) error {
	progress := false
	for _, e := range errs {
		name := e.Pos.Filename
		f := r.files[name]
		if f == nil {
			continue // a file nobody edits: an error in one that is edited leads there
		}
		pos := r.original(f, edits[name], e.Pos)
		if r.takeViews(f, pos, edits[name], e) || r.takeCuts(f, pos, e) || r.takeGroups(f, pos, e) {
			progress = true
		}
	}
	if progress {
		r.shareFamilies()
		return nil
	}
	// Nothing near: the widest step, one kind of edit at a time.
	if r.takeAll(errs[0], edits) {
		return nil
	}
	return fmt.Errorf("the module does not compile with the generated package: %w", errs[0])
}

// original is a position of the edited file in the file as it was.
func (r *run) original(f *file, edits []Edit, p token.Position) token.Pos {
	offset := p.Offset
	if offset == 0 && p.Line > 1 { // from the go command: line and column only
		after, err := Apply(f.src, edits)
		if err != nil {
			return f.syn.Pos()
		}
		offset = lineOffset(after, p.Line) + max(p.Column-1, 0)
	}
	o := originalOffset(edits, offset)
	return f.tok.Pos(min(max(o, 0), f.tok.Size()))
}

func lineOffset(src []byte, line int) int {
	for i, c := range src {
		if line <= 1 {
			return i
		}
		if c == '\n' {
			line--
		}
	}
	return len(src)
}

// statement is the smallest statement, specification or field around a position.
func statement(f *file, pos token.Pos) (from, to token.Pos) {
	from, to = f.syn.FileStart, f.syn.FileEnd
	ast.Inspect(f.syn, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos >= n.End() {
			return false
		}
		switch n.(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
		case ast.Stmt, ast.Spec, *ast.Field, ast.Decl:
			from, to = n.Pos(), n.End()
		}
		return true
	})
	return from, to
}

func (r *run) takeViews(f *file, pos token.Pos, edits []Edit, e verify.Error) bool {
	from, to := statement(f, pos)
	took := false
	for _, ed := range edits {
		if ed.Rung != RungView || ed.Start < f.offset(from) || ed.Start >= f.offset(to) || r.noView[ed.Site] != "" {
			continue
		}
		r.noView[ed.Site] = e.Msg
		r.takenBack = append(r.takenBack, TakenBack{r.sites[ed.Site].Position, RungView, spec.VerifyFailed, e.Msg})
		took = true
	}
	return took
}

// takeGroups takes back the swap of the groups with a value on the line, else
// of those with a name in the declaration, else of those in the file.
func (r *run) takeGroups(f *file, pos token.Pos, e verify.Error) bool {
	at := r.prog.Fset.PositionFor(pos, false)
	groups := r.moving(r.flow.OnLine(f.name, at.Line))
	if len(groups) == 0 {
		groups = r.usedAt(f, pos)
	}
	if len(groups) == 0 {
		for _, d := range f.syn.Decls {
			if pos >= d.Pos() && pos < d.End() {
				groups = r.mentionedIn(f.name, d.Pos(), d.End())
			}
		}
	}
	if len(groups) == 0 {
		groups = r.mentionedIn(f.name, f.syn.FileStart, f.syn.FileEnd)
	}
	r.hold(groups, at, e.Msg)
	return len(groups) > 0
}

// usedAt are the groups in the declarations of what the statement at a position
// names: the parameters of a function, the fields of a type.
func (r *run) usedAt(f *file, pos token.Pos) []int {
	from, to := statement(f, pos)
	var groups []int
	look := func(p token.Pos) {
		if p.IsValid() {
			at := r.prog.Fset.PositionFor(p, false)
			groups = append(groups, r.flow.OnLine(at.Filename, at.Line)...)
		}
	}
	ast.Inspect(f.syn, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return n != nil && n.Pos() < to && n.End() > from
		}
		obj := f.info.Uses[id]
		if id.Pos() < from || id.Pos() >= to || obj == nil {
			return true
		}
		look(obj.Pos())
		t := obj.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if st, ok := t.Underlying().(*types.Struct); ok {
			for i := range st.NumFields() {
				look(st.Field(i).Pos())
			}
		}
		return true
	})
	return r.moving(groups)
}

func (r *run) moving(groups []int) []int {
	var out []int
	for _, g := range groups {
		if r.moves(g) && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func (r *run) mentionedIn(name string, from, to token.Pos) []int {
	var groups []int
	for _, m := range r.byFile[name] {
		if m.Ident.Pos() >= from && m.Ident.Pos() < to {
			groups = append(groups, m.Group)
		}
	}
	return r.moving(groups)
}

func (r *run) hold(groups []int, at token.Position, msg string) {
	for _, g := range groups {
		r.stays[g] = flow.Blocker{Pos: at, Code: spec.VerifyFailed, Text: msg}
		r.takenBack = append(r.takenBack, TakenBack{at, RungSwap, spec.VerifyFailed, msg})
	}
}

// takeAll takes back every view, then every cut, then every group.
func (r *run) takeAll(e verify.Error, edits map[string][]Edit) bool {
	took := false
	for _, name := range sortedKeys(edits) {
		for _, ed := range edits[name] {
			if ed.Rung == RungView && r.noView[ed.Site] == "" {
				r.noView[ed.Site] = e.Msg
				r.takenBack = append(r.takenBack, TakenBack{r.sites[ed.Site].Position, RungView, spec.VerifyFailed, e.Msg})
				took = true
			}
		}
	}
	if took || r.takeCutsWhere(e, func(c *flow.Cut) bool { return c.Expr != nil }) {
		return true
	}
	var groups []int
	for g := range r.flow.Groups {
		groups = append(groups, g)
	}
	groups = r.moving(groups)
	r.hold(groups, e.Pos, e.Msg)
	return len(groups) > 0
}
