// Package load brings the packages of a module that reach go-redis into memory:
// typed, tests included, in one realm, with everything else from export data.
// It never reads the source of a dependency, never computes facts and never
// changes a file.
package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/realm"
)

// Config says what to load.
type Config struct {
	Dir      string   // where patterns are relative to; "" is the working directory
	Patterns []string // none is "./..."
	Tags     string   // build tags, comma separated
	Env      []string // nil is the process's

	// Progress is told of each long step; nil is silence.
	Progress func(step string)
}

// A Program is what was loaded.
type Program struct {
	Fset     *token.FileSet
	Module   Module
	Packages []*Package         // typed; dependencies before dependents, test variants behind their package
	Meta     map[string]*Meta   // every package of the module, by import path
	Files    map[string]*Source // every file that was parsed, by absolute path
	LeftOut  []LeftOut          // files with go-redis that are in none of the packages
	Warnings []string           // for people, one line each

	parsed  map[string]parsed // by absolute path: configurations share syntax
	forKeys []string          // packages that are there for the keys that they build
	outside map[string]string // packages of other modules of the workspace, with their modules
}

type parsed struct {
	file *ast.File
	err  error
}

// A Package is a typed package of the module.
type Package struct {
	*packages.Package
	Path string // import path, of a test variant without the suffix
	// Own are the files whose sites are this package's to report: all, but for
	// the test variant of a package only the test files.
	Own []*ast.File
	// Build names the configuration that the package was loaded in, where that is
	// not the host's: "windows/amd64". Such packages are there for the files that
	// the host's build leaves out, with what hangs together with these; each
	// configuration is a realm of its own.
	Build string
	// Neighbour is the module of the package, where that is another one of the
	// workspace. Such packages are there for what they do with this module's
	// values: they have no sites of their own here and are not edited.
	Neighbour string
	// Wanted says that the package matches the patterns it was asked for. The
	// others are here because values flow through them.
	Wanted bool
	// Outside is what the packages of its build import from export data.
	Outside *realm.Imports
}

// Variant tells whether the package is compiled for a test.
func (p *Package) Variant() bool { return p.ForTest != "" }

// A Source is a file as it was read.
type Source struct {
	Size int64
	Hash [sha256.Size]byte
	Data []byte
	Mode os.FileMode
}

// Changed tells whether the file on disk is no longer what was read.
func (s *Source) Changed(name string) bool {
	data, err := os.ReadFile(name)
	return err != nil || int64(len(data)) != s.Size || sha256.Sum256(data) != s.Hash
}

// Load finds the module around cfg.Dir and loads the packages of it that reach
// go-redis or the runtime, directly or through the types of another package.
// The error is a *NoRedisError when there are none, a *CompileError when one of
// them does not compile, a *ModuleError when there is no module to work on.
func Load(ctx context.Context, cfg Config) (*Program, error) {
	say := cfg.Progress
	if say == nil {
		say = func(string) {}
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("directory %s: %w", cfg.Dir, err)
	}
	// The go command resolves links in the paths that it gives, and a walk does
	// not enter a directory that is a link.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if cfg.Env == nil {
		cfg.Env = os.Environ()
	}
	mod, err := findModule(dir, cfg.Env)
	if err != nil {
		return nil, err
	}
	if !mod.mayReach() {
		return nil, &NoRedisError{Module: mod.Path, Dir: mod.Dir}
	}
	say("reading " + mod.Path)
	hits, err := search(mod.Dir)
	if err != nil {
		return nil, fmt.Errorf("reading module %s in %s: %w", mod.Path, mod.Dir, err)
	}
	if !hits.any() && !mod.bridged() {
		return nil, &NoRedisError{Module: mod.Path, Dir: mod.Dir}
	}
	say("listing packages")
	meta, wanted, err := list(ctx, cfg, dir, mod)
	if err != nil {
		return nil, err
	}
	p := &Program{Fset: token.NewFileSet(), Module: *mod, Meta: meta, Files: map[string]*Source{}, parsed: map[string]parsed{}}
	p.edges(hits)
	if paths := p.prune(hits, mod); len(paths) > 0 {
		if p.outside, err = p.neighbours(ctx, cfg, mod, hits, paths); err != nil {
			return nil, err
		}
		p.forKeys = p.keyPackages(hits, paths)
		paths = append(paths, p.forKeys...)
		say(fmt.Sprintf("type-checking %d of %d packages", len(paths), len(meta)))
		paths = append(paths, keysOf(p.outside)...)
		if err := p.types(ctx, cfg, paths, wanted); err != nil {
			return nil, err
		}
	}
	if err := p.builds(ctx, cfg, dir, mod, hits, say); err != nil {
		return nil, err
	}
	switch {
	case len(p.Packages) == 0:
		return nil, &NoRedisError{Module: mod.Path, Dir: mod.Dir, OnlyOld: hits.onlyOld(), LeftOut: p.LeftOut}
	case !slices.ContainsFunc(p.Packages, func(pkg *Package) bool { return pkg.Wanted }):
		return nil, &NoRedisError{Module: mod.Path, Dir: mod.Dir, Patterns: cfg.Patterns}
	}
	p.warn(hits)
	return p, nil
}

// types is the one typed load.
func (p *Program) types(ctx context.Context, cfg Config, paths []string, wanted map[string]bool) error {
	pc := &packages.Config{
		Context: ctx, Mode: listMode, Dir: p.Module.Dir, Env: cfg.Env, Tests: true, BuildFlags: buildFlags(cfg),
	}
	pkgs, err := packages.Load(pc, paths...)
	if err != nil {
		return fmt.Errorf("loading the packages of %s: %w", p.Module.Path, err)
	}
	// The tests of a package that is here for its keys say nothing of them, and hold no client.
	pkgs = slices.DeleteFunc(pkgs, func(pkg *packages.Package) bool {
		return pkg.ForTest != "" && slices.Contains(p.forKeys, pkg.ForTest)
	})
	outside := realm.New(p.Fset)
	t := &typer{ctx: ctx, cfg: cfg, dir: p.Module.Dir, fset: p.Fset, parse: p.parse, outside: outside}
	if err := t.check(pkgs); err != nil {
		return err
	}
	if err := firstError(pkgs); err != nil {
		return err
	}
	for _, pkg := range pkgs {
		if strings.HasSuffix(pkg.ID, ".test") {
			continue // the generated main of a test
		}
		own, of := pkg.Syntax, pkg.PkgPath
		switch {
		case pkg.ForTest == "":
		case pkg.ForTest == pkg.PkgPath:
			own = testFiles(p.Fset, pkg.Syntax)
		case strings.HasSuffix(pkg.Name, "_test"):
			of = pkg.ForTest
		default:
			own = nil // a dependency compiled again for somebody's test
		}
		loaded := &Package{Package: pkg, Path: pkg.PkgPath, Own: own, Outside: outside, Wanted: wanted[of], Neighbour: p.outside[of]}
		if loaded.Neighbour != "" {
			loaded.Own, loaded.Wanted = nil, false
		}
		p.Packages = append(p.Packages, loaded)
	}
	p.order()
	for name, s := range p.Files {
		if st, err := os.Stat(name); err == nil {
			s.Mode = st.Mode()
		}
	}
	return nil
}

// parse parses a file, once if it is to be kept.
func (p *Program) parse(name string, keep bool) (*ast.File, error) {
	if f, known := p.parsed[name]; known {
		return f.file, f.err
	}
	if !keep {
		return parser.ParseFile(p.Fset, name, nil, parser.SkipObjectResolution|parser.AllErrors)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var f parsed
	f.file, f.err = parser.ParseFile(p.Fset, name, src, parser.SkipObjectResolution|parser.ParseComments|parser.AllErrors)
	p.Files[name], p.parsed[name] = &Source{Size: int64(len(src)), Hash: sha256.Sum256(src), Data: src}, f
	return f.file, f.err
}

// testFiles are the files of a test variant that its package does not have.
func testFiles(fset *token.FileSet, files []*ast.File) []*ast.File {
	out := make([]*ast.File, 0, len(files))
	for _, f := range files {
		if strings.HasSuffix(fset.File(f.FileStart).Name(), "_test.go") {
			out = append(out, f)
		}
	}
	return out
}

// order puts dependencies before dependents, and otherwise goes by import path;
// a test variant comes behind its package.
func (p *Program) order() {
	sort.SliceStable(p.Packages, func(i, j int) bool { return p.Packages[i].ID < p.Packages[j].ID })
	byID := map[string]*Package{}
	for _, pkg := range p.Packages {
		byID[pkg.ID] = pkg
	}
	var out []*Package
	done := map[string]bool{}
	var visit func(*Package)
	visit = func(pkg *Package) {
		if done[pkg.ID] {
			return
		}
		done[pkg.ID] = true
		imports := make([]string, 0, len(pkg.Imports))
		for _, imp := range pkg.Imports {
			imports = append(imports, imp.ID)
		}
		sort.Strings(imports)
		for _, id := range imports {
			if dep := byID[id]; dep != nil {
				visit(dep)
			}
		}
		out = append(out, pkg)
	}
	for _, variants := range [...]bool{false, true} {
		for _, pkg := range p.Packages {
			if pkg.Variant() == variants {
				visit(pkg)
			}
		}
	}
	p.Packages = out
}

// Units are the packages as the analyzer takes them.
func (p *Program) Units() []analyzer.Unit {
	units := make([]analyzer.Unit, 0, len(p.Packages))
	for _, pkg := range p.Packages {
		own := pkg.Own
		if own == nil {
			own = []*ast.File{}
		}
		units = append(units, analyzer.Unit{
			Path: pkg.Path, Types: pkg.Types, Info: pkg.TypesInfo, Files: pkg.Syntax, Own: own,
			Closed: p.Module.Program || pkg.Name == "main" || internal(pkg.Path),
		})
	}
	return units
}

func internal(path string) bool {
	return strings.HasPrefix(path, "internal/") || strings.Contains(path, "/internal/") || strings.HasSuffix(path, "/internal")
}

// Analyze finds the sites of the program: all of them, since families are made
// by the whole module. Wanted tells which packages were asked for.
func (p *Program) Analyze() *analyzer.Result { return analyzer.Find(p.Fset, p.Units()) }

// Lookup gives the typed package with an import path (not a test variant), nil
// when it was not loaded.
func (p *Program) Lookup(path string) *Package {
	for _, pkg := range p.Packages {
		if pkg.Path == path && !pkg.Variant() {
			return pkg
		}
	}
	return nil
}

// Realm finds a package in the realm of the load, among what the typed packages
// import: "github.com/redis/go-redis/v9". nil when none reaches it.
func (p *Program) Realm(path string) *types.Package {
	seen := map[*packages.Package]bool{}
	var find func(map[string]*packages.Package) *types.Package
	find = func(imports map[string]*packages.Package) *types.Package {
		for _, imp := range imports {
			if seen[imp] {
				continue
			}
			seen[imp] = true
			if imp.PkgPath == path && imp.Types != nil {
				return imp.Types
			}
			if t := find(imp.Imports); t != nil {
				return t
			}
		}
		return nil
	}
	for _, pkg := range p.Packages {
		if pkg.PkgPath == path {
			return pkg.Types
		}
		if t := find(pkg.Imports); t != nil {
			return t
		}
	}
	return nil
}

func buildFlags(cfg Config) []string {
	if cfg.Tags == "" {
		return nil
	}
	return []string{"-tags=" + cfg.Tags}
}
