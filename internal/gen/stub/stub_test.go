package stub_test

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"sort"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/gen/stub"
)

// both are the runtime's types and those of the committed stub.
func both(t *testing.T) (real, api *types.Package) {
	t.Helper()
	real, err := stub.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "api.go", stub.Source(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, imp := range file.Imports {
		if path := strings.Trim(imp.Path.Value, `"`); strings.Contains(strings.Split(path, "/")[0], ".") {
			t.Errorf("the stub imports %s", path)
		}
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil), GoVersion: "go1.21"}
	api, err = conf.Check(stub.ImportPath, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return real, api
}

func TestCommittedStubIsCurrent(t *testing.T) {
	pkg, err := stub.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	want, err := stub.Generate(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, stub.Source()) {
		t.Error("internal/gen/stub/api.go.txt is stale: run go generate ./internal/gen")
	}
}

func exported(p *types.Package) []string {
	var out []string
	for _, n := range p.Scope().Names() {
		if token.IsExported(n) && !stub.NotForPrograms[n] {
			out = append(out, n)
		}
	}
	return out
}

// unqualified writes types without the package, so that both sides compare.
func unqualified(p *types.Package) types.Qualifier {
	return func(q *types.Package) string {
		if q.Path() == p.Path() {
			return ""
		}
		return q.Path()
	}
}

func methods(p *types.Package, t types.Type) string {
	set := types.NewMethodSet(t)
	var out []string
	for i := 0; i < set.Len(); i++ {
		f := set.At(i).Obj()
		if f.Exported() {
			out = append(out, f.Name()+types.TypeString(set.At(i).Type(), unqualified(p)))
		}
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

func TestStubHasTheRuntimesNamesAndMethods(t *testing.T) {
	real, api := both(t)
	if a, b := strings.Join(exported(real), " "), strings.Join(exported(api), " "); a != b {
		t.Fatalf("the runtime exports\n%s\nthe stub\n%s", a, b)
	}
	for _, name := range exported(real) {
		a, b := real.Scope().Lookup(name), api.Scope().Lookup(name)
		if x, y := types.TypeString(a.Type(), unqualified(real)), types.TypeString(b.Type(), unqualified(api)); x != y {
			t.Errorf("%s is %s, in the stub %s", name, x, y)
		}
		if _, ok := a.(*types.TypeName); !ok {
			continue
		}
		if types.Comparable(a.Type()) != types.Comparable(b.Type()) {
			t.Errorf("%s is comparable: %v, in the stub %v", name, types.Comparable(a.Type()), types.Comparable(b.Type()))
		}
		for _, wrap := range []func(types.Type) types.Type{func(t types.Type) types.Type { return t }, func(t types.Type) types.Type { return types.NewPointer(t) }} {
			if x, y := methods(real, wrap(a.Type())), methods(api, wrap(b.Type())); x != y {
				t.Errorf("methods of %s:\n%s\nin the stub:\n%s", name, x, y)
			}
		}
	}
}

func TestStubAssignsWhatTheRuntimeAssigns(t *testing.T) {
	real, api := both(t)
	names := exported(real)
	pairs := 0
	for _, to := range names {
		dst, ok := real.Scope().Lookup(to).(*types.TypeName)
		if !ok || !types.IsInterface(dst.Type()) {
			continue
		}
		for _, from := range names {
			src, ok := real.Scope().Lookup(from).(*types.TypeName)
			if !ok {
				continue
			}
			stubDst, stubSrc := api.Scope().Lookup(to).Type(), api.Scope().Lookup(from).Type()
			pairs += 2
			if a, b := types.AssignableTo(src.Type(), dst.Type()), types.AssignableTo(stubSrc, stubDst); a != b {
				t.Errorf("%s to %s: %v, in the stub %v", from, to, a, b)
			}
			a := types.AssignableTo(types.NewPointer(src.Type()), dst.Type())
			b := types.AssignableTo(types.NewPointer(stubSrc), stubDst)
			if a != b {
				t.Errorf("*%s to %s: %v, in the stub %v", from, to, a, b)
			}
		}
	}
	if pairs < 1000 {
		t.Errorf("only %d pairs were compared", pairs)
	}
	// Nobody else can be a command.
	cmder := api.Scope().Lookup("Cmder").Type().Underlying().(*types.Interface)
	private := false
	for i := 0; i < cmder.NumMethods(); i++ {
		private = private || !cmder.Method(i).Exported()
	}
	if !private {
		t.Error("the stub's Cmder has no unexported method")
	}
}
