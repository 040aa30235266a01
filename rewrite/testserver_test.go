package rewrite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"go/importer"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/internal/flow"
)

// The declarations of the test server are the real package's, and they are what
// internal/flow lets move: no more and no less.
func TestTestServerIsTheRuntimes(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, TestServerPath)
	if err != nil || len(loaded) != 1 || len(loaded[0].Errors) > 0 {
		t.Fatalf("loading %s: %v", TestServerPath, err)
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "cftest.go", testServer, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil), IgnoreFuncBodies: true}
	stub, err := conf.Check("cftest", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	real := loaded[0].Types
	plain := func(*types.Package) string { return "" }
	for _, name := range stub.Scope().Names() {
		have := real.Scope().Lookup(name)
		if have == nil {
			t.Errorf("the test server has no %s", name)
			continue
		}
		if a, b := types.TypeString(stub.Scope().Lookup(name).Type(), plain), types.TypeString(have.Type(), plain); a != b {
			t.Errorf("%s is %s, in the test server %s", name, a, b)
		}
	}
	methods := func(p *types.Package) *types.MethodSet {
		return types.NewMethodSet(types.NewPointer(p.Scope().Lookup("Miniredis").Type()))
	}
	declared, all := methods(stub), methods(real)
	for i := 0; i < declared.Len(); i++ {
		m := declared.At(i).Obj()
		have := all.Lookup(nil, m.Name())
		if have == nil || types.TypeString(have.Type(), plain) != types.TypeString(m.Type(), plain) {
			t.Errorf("Miniredis.%s is %s, in the test server %v", m.Name(), m.Type(), have)
		}
		if !flow.Everyday(m.Name()) {
			t.Errorf("internal/flow does not let Miniredis.%s move", m.Name())
		}
	}
	for i := 0; i < all.Len(); i++ {
		name := all.At(i).Obj().Name()
		if flow.Everyday(name) && declared.Lookup(nil, name) == nil {
			t.Errorf("internal/flow lets Miniredis.%s move, but it is not declared here", name)
		}
	}
}
