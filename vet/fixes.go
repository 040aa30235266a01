package vet

import (
	"fmt"
	"go/token"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/rewrite"
)

// A fix is a set of edits that only make sense together.
type fix struct {
	message string
	edits   []rewrite.Edit
	sites   map[int]bool
	groups  map[int]bool
}

// fixesOf divides edits into fixes: those of one group or one call, and all of a file
// whose imports change, since an import is the whole file's.
func (c *changes) fixesOf(edits []rewrite.Edit) []fix {
	imports := map[string]bool{}
	for _, e := range edits {
		if e.Rung == rewrite.RungSwap && c.inImports(e) {
			imports[e.File] = true
		}
	}
	parent := make([]int, len(edits))
	for i := range parent {
		parent[i] = i
	}
	var root func(i int) int
	root = func(i int) int {
		if parent[i] != i {
			parent[i] = root(parent[i])
		}
		return parent[i]
	}
	first := map[string]int{}
	tie := func(i int, key string) {
		if j, ok := first[key]; ok {
			parent[root(i)] = root(j)
		} else {
			first[key] = i
		}
	}
	for i, e := range edits {
		if imports[e.File] {
			tie(i, "file "+e.File)
		}
		if e.Group >= 0 {
			tie(i, fmt.Sprint("group ", e.Group))
		}
		if e.Site >= 0 {
			tie(i, fmt.Sprint("site ", e.Site))
		}
	}
	at := map[int]int{}
	var out []fix
	for i, e := range edits {
		n, ok := at[root(i)]
		if !ok {
			n = len(out)
			at[root(i)] = n
			out = append(out, fix{sites: map[int]bool{}, groups: map[int]bool{}})
		}
		f := &out[n]
		f.edits = append(f.edits, e)
		if e.Site >= 0 {
			f.sites[e.Site] = true
		}
		if e.Group >= 0 {
			f.groups[e.Group] = true
		}
	}
	for i := range out {
		out[i].message = c.message(&out[i])
	}
	return out
}

func (c *changes) inImports(e rewrite.Edit) bool {
	pos := c.pos(e.File, e.Start)
	for _, f := range c.pass.Files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return len(f.Decls) == 0 || pos < f.Decls[0].Pos() || len(f.Imports) > 0 && pos <= f.Imports[len(f.Imports)-1].End()
		}
	}
	return false
}

func (c *changes) message(f *fix) string {
	swaps := 0
	for _, e := range f.edits {
		if e.Rung == rewrite.RungSwap {
			swaps++
		}
	}
	if swaps == 0 && len(f.sites) == 1 {
		for i := range f.sites {
			return "Use the view " + c.fates[i].View
		}
	}
	if len(f.groups) == 0 {
		return "Use the views of the calls' families"
	}
	return "Move what hangs together here from go-redis to the generated package"
}

// at are the fixes of what stands at a position.
func (c *changes) at(pos token.Pos) []analysis.SuggestedFix {
	for i := range c.sites {
		if c.sites[i].Pos != pos {
			continue
		}
		for _, f := range c.fixes {
			if f.sites[i] || c.fates[i].Group >= 0 && f.groups[c.fates[i].Group] {
				return []analysis.SuggestedFix{c.suggested(f)}
			}
		}
	}
	return nil
}

func (c *changes) suggested(f fix) analysis.SuggestedFix {
	out := analysis.SuggestedFix{Message: f.message}
	for _, e := range f.edits {
		out.TextEdits = append(out.TextEdits, analysis.TextEdit{
			Pos: c.pos(e.File, e.Start), End: c.pos(e.File, e.End), NewText: []byte(e.New),
		})
	}
	return out
}

// An unviewed is a migrated call that could have the view of its family.
type unviewed struct {
	pos, end token.Pos
	message  string
}

func (c *changes) unviewed() []unviewed {
	var out []unviewed
	for i := range c.sites {
		s, f := &c.sites[i], c.fates[i]
		if s.Migrated && f.Edited && c.at(s.Pos) != nil {
			out = append(out, unviewed{s.Pos, s.Selector.Sel.End(), fmt.Sprintf("%s: %s (%s)", s.Row.Method, codeTitle(spec.ViewMissing), f.View)})
		}
	}
	return out
}

func codeTitle(code string) string {
	c, _ := spec.CodeOf(code)
	return c.Title
}
