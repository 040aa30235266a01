package load

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"
)

// A workModule is a module of the workspace.
type workModule struct {
	path, dir string
	redis     bool // its go.mod names go-redis or the runtime
}

// workspace reads which modules the workspace has beside this one; none when
// this one is not in it.
func (m *Module) workspace() []workModule {
	if m.Work == "" {
		return nil
	}
	data, err := os.ReadFile(m.Work)
	if err != nil {
		return nil // the go command says what is wrong with it
	}
	w, err := modfile.ParseWork(m.Work, data, nil)
	if err != nil {
		return nil
	}
	var out []workModule
	in := false
	for _, use := range w.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(m.Work), dir)
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if dir == m.Dir {
			in = true
			continue
		}
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			out = append(out, workModule{path: modfile.ModulePath(mod), dir: dir, redis: mentions(mod)})
		}
	}
	if !in {
		return nil
	}
	return out
}

// Beside reports whether a package is of another module of the workspace.
func (m *Module) Beside(path string) bool {
	if under(path, m.Path) && !slices.ContainsFunc(m.work, func(w workModule) bool { return under(w.path, m.Path) && under(path, w.path) }) {
		return false
	}
	return slices.ContainsFunc(m.work, func(w workModule) bool { return under(path, w.path) })
}

// neighbours gives the packages of the workspace's other modules that can hold
// values of the kept ones: what imports those, directly or not, by import path
// with the module. They are loaded to see what they do with such values.
func (p *Program) neighbours(ctx context.Context, cfg Config, mod *Module, h *hits, kept []string) (map[string]string, error) {
	of := map[string]string{}
	all := &hits{files: maps.Clone(h.files), gens: maps.Clone(h.gens), heads: maps.Clone(h.heads)}
	q := &Program{Meta: map[string]*Meta{}}
	for path, m := range p.Meta {
		q.Meta[path] = m.bare()
	}
	for _, w := range mod.work {
		there, err := search(w.dir)
		if err != nil {
			return nil, fmt.Errorf("reading module %s in %s: %w", w.path, w.dir, err)
		}
		uses := false
		for _, head := range there.heads {
			uses = uses || bytes.Contains(head, []byte(`"`+mod.Path))
		}
		if !uses {
			continue
		}
		listed, err := goList(ctx, cfg, w.dir, "./...")
		if err != nil {
			return nil, err
		}
		maps.Copy(all.files, there.files)
		maps.Copy(all.gens, there.gens)
		maps.Copy(all.heads, there.heads)
		for _, l := range listed {
			if l.Dir != "" && q.Meta[l.ImportPath] == nil {
				q.Meta[l.ImportPath] = l.meta()
				of[l.ImportPath] = w.path
			}
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	q.edges(all)
	up := map[string]bool{}
	var walk func(path string)
	walk = func(path string) {
		for _, by := range slices.Concat(q.Meta[path].ImportedBy, q.Meta[path].TestedBy) {
			if !up[by] {
				up[by] = true
				walk(by)
			}
		}
	}
	for _, path := range kept {
		walk(path)
	}
	maps.DeleteFunc(of, func(path, _ string) bool { return !up[path] })
	return of, nil
}

// bare is what is known of a package without who imports it.
func (m *Meta) bare() *Meta {
	return &Meta{Path: m.Path, Name: m.Name, Dir: m.Dir, GoFiles: m.GoFiles, TestFiles: m.TestFiles, XTestFiles: m.XTestFiles}
}
