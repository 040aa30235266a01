package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/internal/realm"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// go/packages would have the go command compile the packages that are loaded, which are
// then checked from source all the same, and would keep everything that it reads of
// dependencies to itself. So it only lists here: what the packages import comes from
// export data that the go command makes of dependencies alone, read once for this
// load and for the verifier.

// listMode is what go/packages is asked for.
const listMode = packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
	packages.NeedTypesSizes | packages.NeedModule | packages.NeedForTest

// typecheckCgo has go/packages name cgo files as they are written, and not what
// cgo makes of them, whose positions are of files in the build cache. Its name
// is not exported; it stands behind NeedForTest, and a test looks whether it
// still does.
const typecheckCgo = packages.NeedForTest << 1

// A typer gives packages their types.
type typer struct {
	ctx     context.Context
	cfg     Config
	dir     string
	fset    *token.FileSet
	parse   func(name string, keep bool) (*ast.File, error)
	nodes   map[string]*node // by ID
	source  []*node          // dependencies before dependents
	outside *realm.Imports
}

// A node is a package in the graph of imports.
type node struct {
	*packages.Package
	root   bool // it was asked for
	source bool // it is checked from source
	done   chan struct{}

	outlines map[string]bool // files of which only outlines are checked
}

// check gives roots, as they were listed, syntax and types.
func (t *typer) check(roots []*packages.Package) error {
	t.nodes = map[string]*node{}
	for _, p := range roots {
		if !strings.HasSuffix(p.ID, ".test") { // the generated main of a test
			t.nodes[p.ID] = &node{Package: p, root: true, source: true}
		}
	}
	border := t.mark(roots)
	if len(border) > 0 {
		if err := t.exports(border); err != nil {
			return err
		}
	}
	for id, n := range t.nodes {
		if !n.source && n.ID != "unsafe" && t.outside.Export[n.PkgPath] == "" {
			t.nodes[id].source = true // it does not compile: its source says as much of its types as there is
		}
	}
	t.mark(roots)
	if err := t.files(); err != nil {
		return err
	}
	t.types()
	return t.ctx.Err()
}

// mark settles which packages are checked from source: those that were asked for and
// what imports such a package on the way from one to another, since its export data has
// other objects for the same types. It returns those from export data that these import.
func (t *typer) mark(roots []*packages.Package) (border []string) {
	t.source = nil
	seen := map[string]bool{}
	at := map[string]bool{}
	var visit func(p *packages.Package) *node
	visit = func(p *packages.Package) *node {
		n := t.nodes[p.ID]
		if n == nil {
			n = &node{Package: p}
			t.nodes[p.ID] = n
		}
		if seen[p.ID] {
			return n
		}
		seen[p.ID] = true
		var outside []*node
		for _, path := range keysOf(p.Imports) {
			if imp := visit(p.Imports[path]); imp.source {
				n.source = true
			} else {
				outside = append(outside, imp)
			}
		}
		if n.source {
			t.source = append(t.source, n)
			for _, imp := range outside {
				if !at[imp.PkgPath] && imp.ID != "unsafe" {
					at[imp.PkgPath] = true
					border = append(border, imp.PkgPath)
				}
			}
		}
		return n
	}
	for _, p := range roots {
		if n := t.nodes[p.ID]; n != nil {
			visit(p)
		}
	}
	slices.Sort(border)
	return border
}

// exports has the go command name the export data of packages and of all that these
// import, and compile what is not in its cache.
func (t *typer) exports(paths []string) error {
	args := []string{"list", "-e", "-export", "-deps", "-pgo=off", "-json=ImportPath,Export"}
	args = append(append(args, buildFlags(t.cfg)...), "--")
	for len(paths) > 0 {
		n, size := 0, 0
		for n < len(paths) && size < 24_000 { // what every system takes as a command line
			size += len(paths[n]) + 1
			n++
		}
		if err := t.export(append(slices.Clone(args), paths[:n]...)); err != nil {
			return err
		}
		paths = paths[n:]
	}
	return nil
}

func (t *typer) export(args []string) error {
	cmd := exec.CommandContext(t.ctx, "go", args...)
	cmd.Dir = t.dir
	cmd.Env = append(slices.Clone(t.cfg.Env), "PWD="+t.dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return goFailed(t.ctx, "go list -export", t.dir, err, stderr.String())
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := dec.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the answer of go list -export in %s: %w", t.dir, err)
		}
		if p.Export != "" {
			t.outside.Export[p.ImportPath] = p.Export
		}
	}
}

// files parses what is checked from source. Of packages with cgo the go command says
// which files there are besides.
func (t *typer) files() error {
	var cgo []string
	for _, n := range t.source {
		n.CompiledGoFiles = n.GoFiles
	}
	t.parseAll(t.source)
	for _, n := range t.source {
		if path := strings.TrimSuffix(n.PkgPath, "_test"); syntax.UsesCgo(n.Syntax) && !slices.Contains(cgo, path) {
			cgo = append(cgo, path)
		}
	}
	if len(cgo) == 0 {
		return nil
	}
	listed, err := packages.Load(&packages.Config{
		Context: t.ctx, Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedForTest | typecheckCgo,
		Dir: t.dir, Env: t.cfg.Env, Tests: true, BuildFlags: buildFlags(t.cfg),
	}, cgo...)
	if err != nil {
		return fmt.Errorf("listing packages with cgo in %s: %w", t.dir, err)
	}
	var again []*node
	for _, p := range listed {
		n := t.nodes[p.ID]
		if n == nil || !n.source || !syntax.UsesCgo(n.Syntax) || len(p.CompiledGoFiles) == 0 {
			continue
		}
		n.CompiledGoFiles, n.Errors = p.CompiledGoFiles, append(n.Errors, p.Errors...)
		again = append(again, n)
	}
	t.parseAll(again)
	return nil
}

// parseAll parses the files of packages. Most of the memory of a load goes with the
// bodies of functions, and one of each is enough: a package that stands between those that
// were asked for has outlines, and so has what a test variant shares with its package.
func (t *typer) parseAll(nodes []*node) {
	kept := map[string]bool{} // files of packages that were asked for
	for _, n := range t.source {
		if n.root {
			for _, name := range n.CompiledGoFiles {
				kept[name] = true
			}
		}
	}
	for _, n := range nodes {
		n.Syntax, n.outlines = nil, map[string]bool{}
		var shared []string
		if base := t.nodes[n.PkgPath]; n.ForTest != "" && base != nil && base.root {
			shared = base.CompiledGoFiles
		}
		for _, name := range n.CompiledGoFiles {
			f, err := t.parse(name, kept[name])
			if err != nil {
				n.add(err)
			}
			if f == nil {
				continue
			}
			if !n.root || slices.Contains(shared, name) {
				f, n.outlines[name] = outline(f, n.nameOf), true
			}
			n.Syntax = append(n.Syntax, f)
		}
	}
}

// nameOf is the name of the package that the node imports by a path.
func (n *node) nameOf(path string) string {
	if imp := n.Imports[path]; imp != nil {
		return imp.Name
	}
	return ""
}

// types checks what is checked from source, as many packages at once as there are
// processors.
func (t *typer) types() {
	for _, n := range t.source {
		n.done = make(chan struct{})
	}
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for _, n := range t.source {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer close(n.done)
			for _, imp := range n.Imports {
				if dep := t.nodes[imp.ID]; dep.source {
					<-dep.done
				}
			}
			free <- struct{}{}
			defer func() { <-free }()
			if t.ctx.Err() == nil {
				t.typecheck(n)
			}
		}()
	}
	wg.Wait()
	for _, n := range t.source {
		if !n.root {
			continue
		}
		for path, imp := range n.Imports {
			if !t.nodes[imp.ID].source && imp.Types == nil && t.ctx.Err() == nil {
				imp.Types, _ = t.imported(n, path)
			}
		}
	}
}

func (t *typer) typecheck(n *node) {
	n.Fset = t.fset
	n.Types = types.NewPackage(n.PkgPath, n.Name)
	if n.root {
		n.TypesInfo = &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		}
	}
	report := func(err error) {
		// An outline lacks bodies, and what uses its imports; the package itself says what
		// else is wrong with it.
		var te types.Error
		if errors.As(err, &te) && te.Soft && n.outlines[te.Fset.File(te.Pos).Name()] {
			return
		}
		n.add(err)
	}
	conf := &types.Config{
		Importer: realm.ImporterFunc(func(path string) (*types.Package, error) { return t.imported(n, path) }),
		Sizes:    n.TypesSizes, IgnoreFuncBodies: !n.root, Error: report,
	}
	if n.Module != nil && n.Module.GoVersion != "" {
		conf.GoVersion = "go" + n.Module.GoVersion
	}
	if syntax.UsesCgo(n.Syntax) && !realm.CheckCgo(conf) {
		n.add(errors.New("this go/types does not check packages with cgo"))
	}
	err := types.NewChecker(conf, t.fset, n.Types, n.TypesInfo).Files(n.Syntax)
	if err != nil && len(n.Errors) == 0 {
		report(err)
	}
	n.IllTyped = len(n.Errors) > 0
	if !n.root {
		n.Syntax = nil
	}
}

func (t *typer) imported(n *node, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	imp := n.Imports[path]
	if imp == nil {
		return nil, fmt.Errorf("no package for import path %s", path)
	}
	if dep := t.nodes[imp.ID]; dep.source {
		return dep.Types, nil
	}
	return t.outside.Import(imp.PkgPath)
}

// add notes what the parser or the type checker says.
func (n *node) add(err error) {
	var path *os.PathError
	var list scanner.ErrorList
	var te types.Error
	switch {
	case errors.As(err, &path):
		n.Errors = append(n.Errors, packages.Error{Pos: path.Path + ":1", Msg: path.Err.Error(), Kind: packages.ParseError})
	case errors.As(err, &list):
		for _, e := range list {
			n.Errors = append(n.Errors, packages.Error{Pos: e.Pos.String(), Msg: e.Msg, Kind: packages.ParseError})
		}
	case errors.As(err, &te):
		n.TypeErrors = append(n.TypeErrors, te)
		n.Errors = append(n.Errors, packages.Error{Pos: te.Fset.Position(te.Pos).String(), Msg: te.Msg, Kind: packages.TypeError})
	default:
		n.Errors = append(n.Errors, packages.Error{Pos: "-", Msg: err.Error(), Kind: packages.UnknownError})
	}
}
