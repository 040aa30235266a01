package verify

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/realm"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// A Realm is the set of packages in which edited sources are type-checked.
// Packages outside the module come from the export data of the one load, in which
// they were read; packages of the module that an edit can reach are checked from
// source, and the others are those of the load.
type Realm struct {
	Imports *realm.Imports               // from export data; its file set is everybody's
	Units   map[string]*Unit             // by ID
	Parsed  map[string]*ast.File         // files as the load parsed them, by absolute path
	Extra   map[string]map[string][]byte // generated packages: import path to file name to content
	Known   map[string]*types.Package    // packages that are in memory, before Imports

	extra map[string]*types.Package
	sizes types.Sizes
}

func (r *Realm) init() {
	if r.extra == nil {
		if r.Imports == nil {
			r.Imports = realm.New(token.NewFileSet())
		}
		r.extra = map[string]*types.Package{}
		r.sizes = types.SizesFor("gc", runtime.GOARCH)
	}
}

// Package returns a package of Extra or Known, type-checked.
func (r *Realm) Package(path string) (*types.Package, error) {
	r.init()
	return r.outsider(path)
}

func (r *Realm) extraPackage(path string) (*types.Package, error) {
	if p := r.extra[path]; p != nil {
		return p, nil
	}
	p, err := r.Imports.Check(path, r.Extra[path], r.sizes, realm.ImporterFunc(r.outsider))
	if err != nil {
		return nil, fmt.Errorf("generated package %s: %w", path, err)
	}
	r.extra[path] = p
	return p, nil
}

// outsider imports a package that no edit can change.
func (r *Realm) outsider(path string) (*types.Package, error) {
	if _, ok := r.Extra[path]; ok {
		return r.extraPackage(path)
	}
	if p := r.Known[path]; p != nil {
		return p, nil
	}
	if u := r.Units[path]; u != nil && u.Types != nil {
		return u.Types, nil
	}
	return r.Imports.Import(path)
}

// Check type-checks every package that the edited files belong to, every package
// that imports one of Extra, and every package of the module that depends on one of
// those, and returns what does not compile. edited maps absolute paths to new contents.
func (r *Realm) Check(edited map[string][]byte) []Error {
	if len(edited) == 0 {
		return nil
	}
	r.init()
	c := &checker{Realm: r, edited: edited, affected: r.reach(edited), done: map[string]*types.Package{}}
	ids := make([]string, 0, len(c.affected))
	for id := range c.affected {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		c.unit(id)
	}
	return distinct(c.errs)
}

// reach is the units that hold an edited file or import a package of Extra, and their
// importers. The export data of a package that imported what stood in an Extra's place
// has its types from there, and they are not the Extra's: in a module that was migrated
// before, one part of it could not be given a client of another.
func (r *Realm) reach(edited map[string][]byte) map[string]bool {
	importers := map[string][]string{}
	var todo []string
	for id, u := range r.Units {
		replaced := false
		for path, dep := range u.Imports {
			importers[dep] = append(importers[dep], id)
			_, extra := r.Extra[path]
			replaced = replaced || extra
		}
		if replaced || slices.ContainsFunc(u.Files, func(f string) bool { _, ok := edited[f]; return ok }) {
			todo = append(todo, id)
		}
	}
	out := map[string]bool{}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if out[id] {
			continue
		}
		out[id] = true
		todo = append(todo, importers[id]...)
	}
	return out
}

type checker struct {
	*Realm
	edited   map[string][]byte
	affected map[string]bool
	done     map[string]*types.Package
	errs     []Error
}

// unit checks one package from source, what it imports first.
func (c *checker) unit(id string) *types.Package {
	if p, ok := c.done[id]; ok {
		return p
	}
	c.done[id] = nil // an import cycle is not ours to report
	u := c.Units[id]
	report := func(err error) {
		if u.Broken {
			return
		}
		c.errs = append(c.errs, errorOf(c.Imports.Fset, err, u.ID))
	}
	var files []*ast.File
	for _, name := range u.Files {
		f, err := c.parse(name)
		if err != nil {
			report(err)
		}
		if f != nil {
			files = append(files, f)
		}
	}
	conf := types.Config{
		Importer:  realm.ImporterFunc(func(path string) (*types.Package, error) { return c.imported(u, path) }),
		Sizes:     c.sizes,
		GoVersion: u.GoVersion,
		Error:     report,
	}
	if syntax.UsesCgo(files) && !realm.CheckCgo(&conf) {
		conf.Error = func(error) {} // the real build says what is wrong with it
	}
	p, _ := conf.Check(u.Path, c.Imports.Fset, files, nil)
	c.done[id] = p
	return p
}

func (c *checker) imported(u *Unit, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if _, ok := c.Extra[path]; ok {
		return c.extraPackage(path)
	}
	id := u.Imports[path]
	if id == "" {
		id = path
	}
	dep := c.Units[id]
	if dep != nil && (c.affected[id] || dep.Types == nil) {
		if p := c.unit(id); p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("import cycle through %s", path)
	}
	// A vendored or replaced path goes by its ID.
	return c.outsider(id)
}

func (c *checker) parse(name string) (*ast.File, error) {
	if src, ok := c.edited[name]; ok {
		return parser.ParseFile(c.Imports.Fset, name, src, parser.SkipObjectResolution)
	}
	if f := c.Parsed[name]; f != nil {
		return f, nil
	}
	return parser.ParseFile(c.Imports.Fset, name, nil, parser.SkipObjectResolution)
}

func errorOf(fset *token.FileSet, err error, unit string) Error {
	var te types.Error
	if errors.As(err, &te) {
		return Error{Pos: fset.PositionFor(te.Pos, false), Msg: te.Msg, Unit: unit, Step: "types"}
	}
	return Error{Msg: err.Error(), Unit: unit, Step: "types"}
}

// distinct drops what a package and its test variant both report.
func distinct(errs []Error) []Error {
	var out []Error
	seen := map[string]bool{}
	for _, e := range errs {
		k := e.Pos.String() + " " + strings.TrimSpace(e.Msg)
		if !seen[k] {
			seen[k] = true
			out = append(out, e)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].Pos, out[j].Pos
		if a.Filename != b.Filename {
			return filepath.ToSlash(a.Filename) < filepath.ToSlash(b.Filename)
		}
		return a.Offset < b.Offset
	})
	return out
}
