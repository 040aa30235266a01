package verify

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// buildOf makes a module of files and a Build that sees overlay in it.
func buildOf(t *testing.T, files, overlay map[string]string) *Build {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := &Build{Dir: dir, Overlay: map[string][]byte{}, Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=")}
	b.Plain = b.Env
	for name, text := range overlay {
		b.Overlay[filepath.Join(dir, name)] = []byte(text)
	}
	return b
}

const gomod = "module example.com/m\n\ngo 1.21\n"

func TestANewPackageIsBuiltAndItsImportersAreVetted(t *testing.T) {
	files := map[string]string{"go.mod": gomod, "m.go": "package m\n"}
	overlay := map[string]string{
		"internal/fresh/f.go": "package fresh\n\nfunc F() int { return 1 }\n",
		"m.go":                "package m\n\nimport \"example.com/m/internal/fresh\"\n\nvar X = fresh.F()\n",
	}
	errs, err := buildOf(t, files, overlay).Run(context.Background())
	if err != nil || len(errs) > 0 {
		t.Errorf("a module that compiles: %v, %v", errs, err)
	}
	overlay["m.go"] += "\nfunc f(x int) { x = x }\n"
	errs, err = buildOf(t, files, overlay).Run(context.Background())
	if err != nil || len(errs) != 1 || errs[0].Pos.Line != 7 || !strings.Contains(errs[0].Msg, "self-assignment") {
		t.Errorf("what vet objects to in an importer: %v, %v", errs, err)
	}
	overlay["m.go"] += "\nvar Y string = fresh.F()\n"
	errs, err = buildOf(t, files, overlay).Run(context.Background())
	if err != nil || len(errs) != 1 || errs[0].Pos.Line != 9 || errs[0].Step != "build" {
		t.Errorf("what does not compile: %v, %v", errs, err)
	}
}

func TestWhatVetSaidBeforeDoesNotCount(t *testing.T) {
	old := "package m\n\nfunc f(x int) { x = x }\n"
	b := buildOf(t, map[string]string{"go.mod": gomod, "m.go": old}, map[string]string{"m.go": "package m\n\nvar _ = 1\n\nfunc f(x int) { x = x }\n"})
	errs, err := b.Run(context.Background())
	if err != nil || len(errs) > 0 {
		t.Errorf("%v, %v", errs, err)
	}
}

// Taking edits back would not mend it.
func TestAModuleThatDidNotBuildBeforeIsAnError(t *testing.T) {
	files := map[string]string{"go.mod": gomod, "m.go": "package m\n", "p/p.go": "package p\n\nvar X int = \"a\"\n"}
	errs, err := buildOf(t, files, map[string]string{"m.go": "package m\n\nvar Y = 1\n"}).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "p/p.go:3") || !strings.Contains(err.Error(), "does not build as it is") {
		t.Errorf("%v, %v", errs, err)
	}
}

func TestAGoCommandThatCannotSpeakIsAnError(t *testing.T) {
	b := buildOf(t, map[string]string{"go.mod": "module\n", "m.go": "package m\n"}, nil)
	if errs, err := b.Run(context.Background()); err == nil {
		t.Errorf("no error; %v", errs)
	}
}
