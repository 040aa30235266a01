package rewrite

import (
	"go/ast"
	"go/types"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// The swap: every mention of a go-redis name whose group moves gets the
// generated package's qualifier in place of go-redis's, and the imports follow.
//
//	redis.NewClient(&redis.Options{…})  →  cfstore.NewClient(&cfstore.Options{…})
//
// Fields, methods and values need no edit: they have the same names there.

// TestServerPath is the package that stands for miniredis.
const TestServerPath = "github.com/redis2cf/redis2cf/runtime/cftest"

// counterpart is where a name of a tracked package lives after the swap, and what it is
// called there.
func (r *run) counterpart(obj types.Object) (importPath, name string) {
	if to := r.counterpartOf(obj.Pkg().Path()); to != r.generated {
		return to, obj.Name()
	}
	return r.generated, r.facadeName(obj)
}

// counterpartOf is the package that stands for one whose names move.
func (r *run) counterpartOf(path string) string {
	if strings.HasPrefix(path, flow.MiniredisPath) {
		return TestServerPath
	}
	if to := spec.CounterpartOf(path); to != "" {
		return to
	}
	return r.generated
}

// swapFile returns the swap's edits of one file: its mentions, then its imports.
// need are further packages that the file's views use.
func (r *run) swapFile(f *file, mentions []*flow.Mention, need map[string]bool) []Edit {
	var edits []Edit
	left := map[string]int{}  // by import path: uses that stay
	group := map[string]int{} // by import path: a group that the import belongs to
	for _, m := range mentions {
		from := m.Obj.Pkg().Path()
		if !r.moves(m.Group) {
			left[importedPath(f, m)]++
			continue
		}
		to, name := r.counterpart(m.Obj)
		need[to] = true
		group[from] = m.Group
		edits = append(edits, r.mentionEdit(f, m, to, name))
	}
	if len(edits) == 0 && len(need) == 0 {
		return nil
	}
	return append(edits, r.importEdits(f, mentions, left, need, group)...)
}

// importedPath is the path of the import that a mention goes through.
func importedPath(f *file, m *flow.Mention) string {
	if m.Sel != nil {
		if x, ok := m.Sel.X.(*ast.Ident); ok {
			if pn, ok := f.info.Uses[x].(*types.PkgName); ok {
				return pn.Imported().Path()
			}
		}
	}
	return m.Obj.Pkg().Path()
}

func (r *run) mentionEdit(f *file, m *flow.Mention, to, name string) Edit {
	local := f.localName(to, path.Base(to))
	e := Edit{File: f.name, Rung: RungSwap, Group: m.Group, Site: -1}
	if m.Sel == nil { // dot import: the name gets a qualifier
		e.Start, e.End = f.offset(m.Ident.Pos()), f.offset(m.Ident.End())
		e.New = local + "." + name
		return e
	}
	e.Start, e.End = f.offset(m.Sel.X.Pos()), f.offset(m.Sel.X.End())
	e.New = local
	if name != m.Ident.Name {
		between := string(f.src[f.offset(m.Sel.X.End()):f.offset(m.Ident.Pos())])
		e.End = f.offset(m.Ident.End())
		e.New += between + name
	}
	return e
}

// importEdits takes out the imports that nothing uses any more and puts the
// needed ones in: in the place of what went, else behind what stayed.
func (r *run) importEdits(f *file, mentions []*flow.Mention, left map[string]int, need map[string]bool, group map[string]int) []Edit {
	touched := map[string]bool{}
	for _, m := range mentions {
		touched[importedPath(f, m)] = true
	}
	var missing []string
	var edits []Edit
	for p := range need {
		if p == "context" { // of v8's rules: stands with the standard library
			if s, pn := f.importOf(p); s == nil || pn.Name() != f.localName(p, p) {
				e := f.insertNew(specText(f.localName(p, p), p))
				e.Group = -1
				edits = append(edits, e)
			}
			continue
		}
		if s, pn := f.importOf(p); s == nil || pn == nil || pn.Name() != f.localName(p, path.Base(p)) {
			missing = append(missing, p)
		}
	}
	sort.Strings(missing)
	var stays *ast.ImportSpec
	for _, s := range f.syn.Imports {
		pn := f.pkgName(s)
		if pn == nil || !touched[pn.Imported().Path()] || pn.Name() == "_" {
			continue
		}
		from := pn.Imported().Path()
		if left[from] > 0 {
			stays = s
			continue
		}
		to := ""
		if i := slices.Index(missing, r.counterpartOf(from)); i >= 0 {
			to = missing[i]
			missing = slices.Delete(missing, i, i+1)
		}
		var e Edit
		if to != "" {
			e = f.replaceSpec(s, specText(f.localName(to, path.Base(to)), to))
		} else {
			e = f.removeSpec(s)
		}
		e.Group = group[from]
		edits = append(edits, e)
	}
	for _, p := range missing {
		text := specText(f.localName(p, path.Base(p)), p)
		var e Edit
		if stays != nil {
			e = f.insertAfter(stays, text)
		} else {
			e = f.insertNew(text)
		}
		e.Group = -1
		edits = append(edits, e)
	}
	return edits
}
