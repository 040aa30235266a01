package stub

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"golang.org/x/tools/go/packages"
)

// The declarations are written by hand: they must be those of the package.
func TestBridgeIsThePackages(t *testing.T) {
	bridgeIs(t, "goredis", Bridge())
	bridgeIs(t, "goredisv8", BridgeV8())
}

func bridgeIs(t *testing.T, name string, src []byte) {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, ImportPath+"/"+name)
	if err != nil || len(pkgs) != 1 || len(pkgs[0].Errors) > 0 {
		t.Fatal(err, pkgs)
	}
	scope := pkgs[0].Types.Scope()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "bridge.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		declared[fn.Name.Name] = true
		obj := scope.Lookup(fn.Name.Name)
		if obj == nil {
			t.Errorf("the package has no %s", fn.Name.Name)
			continue
		}
		text := string(src[fset.Position(fn.Type.Params.Pos()).Offset:fset.Position(fn.Type.End()).Offset])
		if got := types.TypeString(obj.Type(), (*types.Package).Name); got != "func"+text {
			t.Errorf("%s is %s, declared as func%s", fn.Name.Name, got, text)
		}
	}
	for _, name := range scope.Names() {
		if scope.Lookup(name).Exported() && !declared[name] {
			t.Errorf("%s is not declared", name)
		}
	}
}
