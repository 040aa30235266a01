package vet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/rewrite"
)

// changes are what the rewriter would do to a package.
type changes struct {
	pass     *analysis.Pass
	sites    []analyzer.Site
	fates    []rewrite.Fate
	fixes    []fix
	comments []comment
}

// A comment is a keep comment that somebody should look at.
type comment struct {
	pos        token.Pos
	code, text string
}

// keepDirective begins a comment that leaves code alone.
const keepDirective = "//redis2cf:keep"

// changesOf asks the rewriter where there is something to ask: a plan, and a call that
// could change; or a keep comment.
func changesOf(pass *analysis.Pass, res *analyzer.Result) (*changes, error) {
	none := &changes{}
	if len(pass.Files) == 0 {
		return none, nil
	}
	dir := filepath.Dir(fileName(pass, pass.Files[0].FileStart))
	root := moduleRoot(dir)
	if root == "" {
		return none, nil
	}
	p, err := plan.Read(filepath.Join(root, plan.FileName))
	planned := err == nil
	switch {
	case planned && couldChange(res):
	case hasKeepComment(pass):
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	default:
		return none, nil
	}
	prog, err := program(pass, root)
	if err != nil {
		return nil, err
	}
	if !planned {
		p, _ = plan.Build(res.Sites, nil)
	}
	path := prog.Packages[0].Path
	if path == prog.Module.Path+"/"+p.Package {
		return none, nil // the generated package itself
	}
	// Callers in other packages are not seen, so no exported function's are known.
	sites := analyzer.Find(pass.Fset, []analyzer.Unit{{Path: path, Types: pass.Pkg, Info: pass.TypesInfo, Files: pass.Files}}).Sites
	out, err := rewrite.Local(context.Background(), prog, reachable(pass.Pkg), sites, p)
	if err != nil {
		return nil, err
	}
	c := &changes{pass: pass, sites: sites, fates: out.Fates}
	for _, k := range out.Problems {
		c.comments = append(c.comments, comment{c.pos(k.Pos.Filename, k.Pos.Offset), k.Code, k.Text})
	}
	if planned {
		c.fixes = c.fixesOf(out.Edits)
	}
	return c, nil
}

// couldChange reports whether some call is still on go-redis, or could have a view.
func couldChange(res *analyzer.Result) bool {
	for i := range res.Sites {
		if s := &res.Sites[i]; !s.Migrated || s.ViewOK && !s.Viewed && len(s.Keys) > 0 {
			return true
		}
	}
	for _, s := range res.Symbols {
		if !s.Migrated {
			return true
		}
	}
	return false
}

func hasKeepComment(pass *analysis.Pass) bool {
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, keepDirective) {
					return true
				}
			}
		}
	}
	return false
}

func fileName(pass *analysis.Pass, p token.Pos) string { return pass.Fset.File(p).Name() }

// moduleRoot is the directory of the go.mod around dir.
func moduleRoot(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// program describes the package to the rewriter as a module of one package.
func program(pass *analysis.Pass, root string) (*load.Program, error) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	mod, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil || mod.Module == nil {
		return nil, fmt.Errorf("go.mod of %s names no module", root)
	}
	path, _, _ := strings.Cut(pass.Pkg.Path(), " ")
	prog := &load.Program{
		Fset:   pass.Fset,
		Module: load.Module{Path: mod.Module.Mod.Path, Dir: root},
		Meta:   map[string]*load.Meta{path: {Path: path, Name: pass.Pkg.Name(), Dir: root, Reaches: true}},
		Files:  map[string]*load.Source{},
	}
	pkg := &packages.Package{
		ID: pass.Pkg.Path(), PkgPath: pass.Pkg.Path(), Name: pass.Pkg.Name(), Fset: pass.Fset,
		Syntax: pass.Files, Types: pass.Pkg, TypesInfo: pass.TypesInfo,
		Imports: importsOf(pass),
	}
	if mod.Go != nil {
		prog.Module.Go = mod.Go.Version
		pkg.Module = &packages.Module{Path: mod.Module.Mod.Path, Dir: root, Main: true, GoVersion: mod.Go.Version}
	}
	for _, f := range pass.Files {
		name := fileName(pass, f.FileStart)
		data, err := pass.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pkg.GoFiles = append(pkg.GoFiles, name)
		prog.Files[name] = &load.Source{Data: data, Size: int64(len(data))}
	}
	pkg.CompiledGoFiles = pkg.GoFiles
	for _, name := range pass.IgnoredFiles {
		if data, err := pass.ReadFile(name); err == nil && bytes.Contains(data, []byte(analyzer.GoRedisPath)) {
			prog.LeftOut = append(prog.LeftOut, load.LeftOut{File: name, Why: "belongs to another build", Script: bytes.Contains(data, []byte("//go:build ignore"))})
		}
	}
	prog.Packages = []*load.Package{{Package: pkg, Path: path, Own: pass.Files, Wanted: true}}
	return prog, nil
}

// importsOf are the packages that the files import, by the path that they write, each
// with what it imports itself.
func importsOf(pass *analysis.Pass) map[string]*packages.Package {
	made := map[*types.Package]*packages.Package{}
	var of func(p *types.Package) *packages.Package
	of = func(p *types.Package) *packages.Package {
		if made[p] == nil {
			made[p] = &packages.Package{ID: p.Path(), PkgPath: p.Path(), Name: p.Name(), Imports: map[string]*packages.Package{}}
			for _, imp := range p.Imports() {
				made[p].Imports[imp.Path()] = of(imp)
			}
		}
		return made[p]
	}
	out := map[string]*packages.Package{}
	for _, f := range pass.Files {
		for _, s := range f.Imports {
			path, err := strconv.Unquote(s.Path.Value)
			if pn := pass.TypesInfo.PkgNameOf(s); err == nil && pn != nil {
				out[path] = of(pn.Imported())
			}
		}
	}
	return out
}

// reachable are all packages that a package's types can come from, by path.
func reachable(pkg *types.Package) map[string]*types.Package {
	out := map[string]*types.Package{}
	var visit func(p *types.Package)
	visit = func(p *types.Package) {
		if out[p.Path()] == nil {
			out[p.Path()] = p
			for _, imp := range p.Imports() {
				visit(imp)
			}
		}
	}
	for _, imp := range pkg.Imports() {
		visit(imp)
	}
	return out
}

// pos is a place in a file of the package.
func (c *changes) pos(file string, offset int) token.Pos {
	for _, f := range c.pass.Files {
		if tok := c.pass.Fset.File(f.FileStart); tok.Name() == file {
			return tok.Pos(offset)
		}
	}
	return token.NoPos
}
