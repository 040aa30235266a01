package realm

import (
	"encoding/json"
	"errors"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// open is a realm of strings and all that it imports.
func open(t *testing.T) *Imports {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "strings")
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r := New(token.NewFileSet())
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		if err := dec.Decode(&p); err == io.EOF {
			return r
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Export != "" {
			r.Export[p.ImportPath] = p.Export
		}
	}
}

func importing(t *testing.T, r *Imports, path string) *types.Package {
	t.Helper()
	p, err := r.Import(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPackageIsReadOnceAndWhole(t *testing.T) {
	r := open(t)
	text := importing(t, r, "strings")
	delete(r.Export, "strings") // nothing is read any more
	if importing(t, r, "strings") != text {
		t.Error("strings was read twice")
	}
	// What strings mentions of io is there in part until somebody asks for io.
	part := text.Scope().Lookup("NewReader").Type().(*types.Signature).Results().At(0).Type()
	m, _, _ := types.LookupFieldOrMethod(part, true, nil, "WriteTo")
	writer := m.(*types.Func).Signature().Params().At(0).Type().(*types.Named).Obj()
	whole := importing(t, r, "io")
	if whole != writer.Pkg() || whole.Scope().Lookup("Writer") != types.Object(writer) {
		t.Error("strings and io have different packages io")
	}
	if !whole.Complete() || whole.Scope().Lookup("MultiReader") == nil {
		t.Error("io is there in part only")
	}
	if p := importing(t, r, "unsafe"); p != types.Unsafe {
		t.Error("unsafe has export data")
	}
}

func TestExportDataThatCannotBeReadSaysWhose(t *testing.T) {
	r := New(token.NewFileSet())
	spoilt := filepath.Join(t.TempDir(), "spoilt.a")
	if err := os.WriteFile(spoilt, []byte("no archive\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Export["gone"], r.Export["spoilt"] = spoilt+".gone", spoilt
	for path, want := range map[string]string{
		"nowhere": "no export data for nowhere",
		"gone":    "export data of gone is gone: the go command's cache was emptied meanwhile",
		"spoilt":  "export data of spoilt: ",
	} {
		if _, err := r.Import(path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestGeneratedSourcesAreCheckedOncePerImports(t *testing.T) {
	r := New(token.NewFileSet())
	sizes := types.SizesFor("gc", runtime.GOARCH)
	dep := func() *types.Package {
		p := types.NewPackage("example.com/dep", "dep")
		p.Scope().Insert(types.NewTypeName(token.NoPos, p, "T", types.Typ[types.Int]))
		p.MarkComplete()
		return p
	}
	check := func(imp *types.Package, body string) *types.Package {
		t.Helper()
		p, err := r.Check("example.com/gen", map[string][]byte{
			"a.go": []byte("package gen\n\nimport \"example.com/dep\"\n\nvar V dep.T\n"),
			"b.go": []byte("package gen\n\n" + body),
		}, sizes, ImporterFunc(func(string) (*types.Package, error) { return imp, nil }))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one, other := dep(), dep()
	first := check(one, "var W = V")
	if check(one, "var W = V") != first {
		t.Error("the same sources over the same imports were checked twice")
	}
	if check(one, "var X = V") == first {
		t.Error("other sources are taken for the same")
	}
	// The types of another package with the same path are other types.
	if p := check(other, "var W = V"); p == first || p.Imports()[0] != other {
		t.Error("other imports are taken for the same")
	}
}

func TestGeneratedSourcesThatAreWrongSayWhere(t *testing.T) {
	r := New(token.NewFileSet())
	none := ImporterFunc(func(path string) (*types.Package, error) { return nil, errors.New("not there") })
	for src, want := range map[string]string{
		"package gen\n\nvar v int = \"\"\n":                            "a.go:3:13: cannot use",
		"package gen\n\nvar v = = 1\n":                                 "a.go:3:9: ",
		"package gen\n\nimport _ \"no/where\"":                         "a.go imports no/where: not there",
		"package gen\n\nvar a = " + strings.Repeat("x + ", 30) + "1\n": "a.go:3:9: undefined: x",
	} {
		for range 2 { // what failed is not remembered as done
			_, err := r.Check("example.com/gen", map[string][]byte{"a.go": []byte(src)}, nil, none)
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: %v, want %s", src, err, want)
			} else if n := strings.Count(err.Error(), "\n"); n > 9 {
				t.Errorf("%q: %d errors are named, want ten at most", src, n+1)
			}
		}
	}
}

func TestThisGoTypesChecksCgo(t *testing.T) {
	if !CheckCgo(&types.Config{}) {
		t.Error("go/types has no such field any more: look how go/packages sets it now")
	}
}
