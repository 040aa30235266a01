package rewrite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// The declarations of the counterparts are the real packages', and have every name that
// the table of libraries lets move.
func TestCounterpartsAreTheRuntimes(t *testing.T) {
	names := map[string]string{}
	for _, l := range spec.Libraries() {
		if l.Counterpart != "" {
			names[l.Counterpart] = l.Names
		}
	}
	if len(names) != len(counterparts) {
		t.Errorf("%d counterparts are declared, and the table has %d", len(counterparts), len(names))
	}
	for path, src := range counterparts {
		loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps}, path)
		if err != nil || len(loaded) != 1 || len(loaded[0].Errors) > 0 {
			t.Fatalf("loading %s: %v %v", path, err, loaded[0].Errors)
		}
		imports := map[string]*types.Package{}
		packages.Visit(loaded, nil, func(p *packages.Package) { imports[p.PkgPath] = p.Types })
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "counterpart.go", src, 0)
		if err != nil {
			t.Fatal(err)
		}
		conf := types.Config{Importer: loadedOnly(imports), IgnoreFuncBodies: true}
		declared, err := conf.Check(path, fset, []*ast.File{f}, nil)
		if err != nil {
			t.Fatal(err)
		}
		plain := func(p *types.Package) string { return p.Name() }
		for _, name := range strings.Fields(names[path]) {
			have, want := declared.Scope().Lookup(name), loaded[0].Types.Scope().Lookup(name)
			if have == nil || want == nil {
				t.Errorf("%s of %s is declared %v, and is %v", name, path, have, want)
				continue
			}
			if a, b := types.TypeString(have.Type(), plain), types.TypeString(want.Type(), plain); a != b {
				t.Errorf("%s of %s is declared %s, and is %s", name, path, a, b)
			}
		}
	}
}

// loadedOnly imports what was loaded.
type loadedOnly map[string]*types.Package

func (l loadedOnly) Import(path string) (*types.Package, error) { return l[path], nil }
