// Package realm holds the types of packages that no edit changes, as their export data
// has them: each is read once, for the load and for everything that is checked
// afterwards against what it loaded.
package realm

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"unsafe"

	"golang.org/x/tools/go/gcexportdata"
)

// Imports are packages from export data.
type Imports struct {
	Fset   *token.FileSet
	Export map[string]string // files, by import path

	mu   sync.Mutex
	pkgs map[string]*types.Package
	made map[string]*types.Package // by what they are made of
}

// An ImporterFunc is an importer that is a function.
type ImporterFunc func(path string) (*types.Package, error)

// Import calls it.
func (f ImporterFunc) Import(path string) (*types.Package, error) { return f(path) }

// New is an empty realm over a file set.
func New(fset *token.FileSet) *Imports {
	return &Imports{Fset: fset, Export: map[string]string{}, pkgs: map[string]*types.Package{}, made: map[string]*types.Package{}}
}

// Import gives a package whole, and reads it if nobody has asked for it before.
func (r *Imports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.pkgs[path]; p != nil && p.Complete() {
		return p, nil
	}
	name := r.Export[path]
	if name == "" {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("export data of %s is gone: the go command's cache was emptied meanwhile", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("export data of %s: %w", path, err)
	}
	return gcexportdata.Read(in, r.Fset, r.pkgs, path)
}

// Check gives the package of generated sources, by file name, whose imports imp gives. The
// same sources over the same imports are checked once.
func (r *Imports) Check(path string, sources map[string][]byte, sizes types.Sizes, imp types.Importer) (*types.Package, error) {
	key, err := madeOf(path, sources, imp)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	p := r.made[key]
	r.mu.Unlock()
	if p != nil {
		return p, nil
	}
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		f, err := parser.ParseFile(r.Fset, name, sources[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	var all []error
	conf := types.Config{Importer: imp, Sizes: sizes, Error: func(err error) { all = append(all, err) }}
	p, _ = conf.Check(path, r.Fset, files, nil)
	if len(all) > 0 {
		return nil, errors.Join(all[:min(len(all), 10)]...)
	}
	r.mu.Lock()
	r.made[key] = p
	r.mu.Unlock()
	return p, nil
}

// madeOf names what a package consists of: its sources, and the packages in memory that
// they import.
func madeOf(path string, sources map[string][]byte, imp types.Importer) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q", path)
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		fmt.Fprintf(h, "%q %x", name, sha256.Sum256(sources[name]))
		f, err := parser.ParseFile(token.NewFileSet(), name, sources[name], parser.ImportsOnly|parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return "", err
			}
			p, err := imp.Import(path)
			if err != nil {
				return "", fmt.Errorf("%s imports %s: %w", name, path, err)
			}
			fmt.Fprintf(h, "%p", p)
		}
	}
	return string(h.Sum(nil)), nil
}

// CheckCgo has a package checked with what cgo declares for it, a file that
// stands among its own: C.int is the type that it has there. The field is not
// exported; go/packages sets it the same way.
func CheckCgo(conf *types.Config) bool {
	f := reflect.ValueOf(conf).Elem().FieldByName("go115UsesCgo")
	if !f.IsValid() || f.Kind() != reflect.Bool {
		return false
	}
	*(*bool)(unsafe.Pointer(f.UnsafeAddr())) = true
	return true
}
