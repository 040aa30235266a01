package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/verify"
)

func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func realm(dir string) *verify.Realm {
	unit := func(id, path, name string, imports map[string]string, files ...string) *verify.Unit {
		for i := range files {
			files[i] = filepath.Join(dir, files[i])
		}
		return &verify.Unit{ID: id, Path: path, Name: name, Files: files, Imports: imports, GoVersion: "go1.21"}
	}
	r := &verify.Realm{Units: map[string]*verify.Unit{}, Extra: map[string]map[string][]byte{
		"m/gen": {"gen.go": []byte("package gen\n\ntype T struct{}\n")},
	}}
	for _, u := range []*verify.Unit{
		unit("m/a", "m/a", "a", nil, "a/a.go"),
		unit("m/a [m/a.test]", "m/a", "a", nil, "a/a.go", "a/in_test.go"),
		unit("m/a_test [m/a.test]", "m/a_test", "a_test", map[string]string{"m/a": "m/a [m/a.test]"}, "a/out_test.go"),
		unit("m/b", "m/b", "b", map[string]string{"m/a": "m/a"}, "b/b.go"),
		unit("m/c", "m/c", "c", nil, "c/c.go"),
		unit("m/d", "m/d", "d", map[string]string{"m/gen": "m/gen"}, "d/d.go"),
	} {
		r.Units[u.ID] = u
	}
	return r
}

var sources = map[string]string{
	"a/a.go":        "package a\n\nfunc F() int { return 1 }\n",
	"a/in_test.go":  "package a\n\nvar G int = F()\n",
	"a/out_test.go": "package a_test\n\nimport \"m/a\"\n\nvar H int = a.F() + a.G\n",
	"b/b.go":        "package b\n\nimport \"m/a\"\n\nvar X int = a.F()\n",
	"d/d.go":        "package d\n\nimport \"m/gen\"\n\nvar T gen.T\n",
	"c/c.go":        "package c\n\nvar broken int = \"but nobody edits it\"\n",
}

func TestCheckReachesImportersAndTests(t *testing.T) {
	dir := lay(t, sources)
	errs := realm(dir).Check(map[string][]byte{
		filepath.Join(dir, "a/a.go"): []byte("package a\n\nfunc F() string { return \"1\" }\n"),
	})
	got := map[string]bool{}
	for _, e := range errs {
		rel, _ := filepath.Rel(dir, e.Pos.Filename)
		got[filepath.ToSlash(rel)] = true
	}
	for _, want := range []string{"a/in_test.go", "a/out_test.go", "b/b.go"} {
		if !got[want] {
			t.Errorf("no error in %s: %v", want, errs)
		}
	}
	if got["c/c.go"] {
		t.Errorf("a package that no edit reaches was checked: %v", errs)
	}
}

// A package that imports what a generated one replaces has that one's types, whether
// it is edited or not.
func TestCheckReachesThoseThatImportTheGeneratedPackage(t *testing.T) {
	dir := lay(t, sources)
	r := realm(dir)
	r.Extra["m/gen"]["gen.go"] = []byte("package gen\n\ntype Other struct{}\n")
	errs := r.Check(map[string][]byte{filepath.Join(dir, "a/a.go"): []byte(sources["a/a.go"])})
	if len(errs) != 1 || !strings.HasSuffix(filepath.ToSlash(errs[0].Pos.Filename), "d/d.go") {
		t.Errorf("errors %v, want one in d/d.go", errs)
	}
	if errs := r.Check(nil); len(errs) > 0 {
		t.Errorf("without an edit there is nothing to check: %v", errs)
	}
}

func TestCheckAcceptsWhatCompiles(t *testing.T) {
	dir := lay(t, sources)
	errs := realm(dir).Check(map[string][]byte{
		filepath.Join(dir, "a/a.go"): []byte("package a\n\nimport \"m/gen\"\n\nfunc F() int { var _ gen.T; return 2 }\n"),
	})
	if len(errs) != 0 {
		t.Errorf("errors in a module that compiles: %v", errs)
	}
}

func TestBuildSeesTestsAndOverlayOnlyPackages(t *testing.T) {
	dir := lay(t, map[string]string{
		"go.mod":    "module example.com/m\n\ngo 1.21\n",
		"a.go":      "package m\n\nimport \"fmt\"\n\nfunc Old() { fmt.Printf(\"%d\", \"known before\") }\n",
		"a_test.go": "package m\n\nvar y = 1\n",
	})
	overlay := map[string][]byte{
		filepath.Join(dir, "internal/gen/gen.go"): []byte("package gen\n\nconst N = 1\n"),
		filepath.Join(dir, "a_test.go"):           []byte("package m\n\nimport \"example.com/m/internal/gen\"\n\nvar y int = gen.N\n"),
	}
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	b := &verify.Build{Dir: dir, Overlay: overlay, Env: env, Plain: env}
	errs, err := b.Run(context.Background())
	if err != nil || len(errs) != 0 {
		t.Fatalf("what vet said before counts: %v %v", errs, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "internal")); !os.IsNotExist(err) {
		t.Errorf("a directory was left behind: %v", err)
	}
	overlay[filepath.Join(dir, "a_test.go")] = []byte("package m\n\nvar y int = \"no number\"\n")
	errs, err = b.Run(context.Background())
	if err != nil || len(errs) != 1 || errs[0].Pos.Line != 3 || !strings.Contains(errs[0].Msg, "cannot use") {
		t.Errorf("a test that does not compile: %v %v", errs, err)
	}
}
