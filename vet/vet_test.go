package vet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/gen/stub"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/vet"
)

// TestFixes runs the analyzer over a module that was migrated and has new code since.
// The generated package is real, and the runtime below it is the facade's declarations:
// they say all that types can, and are read in no time.
func TestFixes(t *testing.T) {
	dir := t.TempDir()
	ar, err := txtar.ParseFile(filepath.Join("testdata", "module.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"runtime/api.go": stub.Source(), "runtime/go.mod": []byte("module " + cfstore.RuntimePath + "\n\ngo 1.21\n")}
	for _, f := range ar.Files {
		files[f.Name] = f.Data
	}
	if files["go.sum"], err = os.ReadFile(filepath.Join("..", "testdata", "chat", "go.sum")); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Parse(plan.FileName, files[plan.FileName])
	if err != nil {
		t.Fatal(err)
	}
	generated, err := cfstore.Package(p, cfstore.Options{ImportPath: "example.com/m/" + p.Package, Facade: map[string][]byte{"runtime.go": stub.Source()}})
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range generated {
		files[p.Package+"/"+name] = withoutDrivers(src)
	}
	for name, data := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	download := exec.Command("go", "mod", "download") // analysistest looks into the cache only
	download.Dir, download.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := download.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	analysistest.RunWithSuggestedFixes(t, dir, vet.Analyzer, "./views", "./swap", "./shown", "./builds", "./comments")
}

// withoutDrivers leaves the stores out, which types do not need.
func withoutDrivers(src []byte) []byte {
	var out []string
	for _, line := range strings.Split(string(src), "\n") {
		if !strings.HasPrefix(line, "\t_ \""+cfstore.RuntimePath) {
			out = append(out, line)
		}
	}
	return []byte(strings.Join(out, "\n"))
}
