package vettool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/vettool"
	"github.com/redis2cf/redis2cf/vet"
)

// The test's own binary is the vet tool: the go command calls it with arguments
// that Called knows.
func TestMain(m *testing.M) {
	if args := os.Args[1:]; vettool.Called(args) {
		os.Exit(vettool.Main(args, vet.Analyzer, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func module(t *testing.T) (dir string, env []string) {
	t.Helper()
	ar, err := txtar.ParseFile("../../analyzer/testdata/module.txtar")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	ar.Files = append(ar.Files, txtar.File{Name: "go.sum", Data: sum})
	if dir, err = filepath.EvalSymlinks(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for _, f := range ar.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if strings.HasSuffix(name, ".go") { // go vet would answer out of its cache, with the paths of an earlier run
			f.Data = fmt.Appendf(slices.Clone(f.Data), "\n// In %s.\n", dir)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -trimpath") // one compilation for all directories
}

func goVet(t *testing.T, dir string, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	tool, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"vet", "-vettool=" + tool}, args...)...)
	cmd.Dir, cmd.Env = dir, env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func TestVetReportsWhatTheLibraryFinds(t *testing.T) {
	dir, env := module(t)
	prog, err := load.Load(context.Background(), load.Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range prog.Analyze().Sites {
		// The pattern of a view is in source that vet does not have.
		if _, ok := s.Diagnostic(); ok && !s.Viewed {
			rel, _ := filepath.Rel(dir, s.Position.Filename)
			want = append(want, fmt.Sprintf("%s:%d:%d %s", filepath.ToSlash(rel), s.Position.Line, s.Position.Column, s.Row.Method))
		}
	}
	_, out, err := goVet(t, dir, env, "./...")
	if err == nil {
		t.Error("go vet passes a module with go-redis in it")
	}
	var got []string
	for _, line := range strings.Split(out, "\n") {
		pos, message, ok := strings.Cut(strings.TrimPrefix(line, "./"), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		method, _, _ := strings.Cut(strings.NewReplacer(":", " ", "(", " ").Replace(message), " ")
		got = append(got, filepath.ToSlash(pos)+" "+method)
	}
	sort.Strings(want)
	sort.Strings(got)
	got, want = slices.Compact(got), slices.Compact(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("vet reports\n%s\nthe library\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(got) < 40 {
		t.Errorf("only %d diagnostics", len(got))
	}
}

func TestVetIsSilentWhereNothingIsLeft(t *testing.T) {
	dir, env := module(t)
	finished := strings.NewReplacer("\tcfstore.Messages(rdb).LPush(ctx, \"other:\"", "\t// ", "\trdb.FTInfo", "\t// ")
	name := filepath.Join(dir, "migrated", "migrated.go")
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(finished.Replace(string(src))), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, out, err := goVet(t, dir, env, "./migrated", "./cfstore", "./apart"); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func TestVetPrintsJSON(t *testing.T) {
	dir, env := module(t)
	out, errs, err := goVet(t, dir, env, "-json", "./through")
	if err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	type diagnostic struct{ Category, Posn, Message string }
	all := map[string]map[string][]diagnostic{}
	for dec := json.NewDecoder(strings.NewReader(out + errs)); ; {
		var tree map[string]map[string][]diagnostic
		if dec.Decode(&tree) != nil {
			break
		}
		for id, m := range tree {
			all[id] = m
		}
	}
	got := all["example.com/m/through"]["redis2cf"]
	if len(got) != 1 || got[0].Category != spec.Migratable || got[0].Message != `RPush on "through" (list): goes to D1` {
		t.Errorf("got %+v from\n%s%s", got, out, errs)
	}
}

func TestAPackageThatDoesNotCompileIsLeftToTheCompiler(t *testing.T) {
	dir, env := module(t)
	name := filepath.Join(dir, "through", "broken.go")
	if err := os.WriteFile(name, []byte("package through\n\nvar x int = \"\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, out, err := goVet(t, dir, env, "./through")
	if err == nil || !strings.Contains(out, "broken.go:3:13") {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func TestOnlyTheGoCommandsArgumentsAreItsOwn(t *testing.T) {
	for args, want := range map[string]bool{
		"-V=full": true, "-flags": true, "x.cfg": true, "-json -c=1 x.cfg": true,
		"": false, "-w ./...": false, "-V=full ./...": false, "./x x.cfg": false, "undo": false,
	} {
		if got := vettool.Called(strings.Fields(args)); got != want {
			t.Errorf("Called(%q) = %v", args, got)
		}
	}
}

// TestMostPackagesAreAnsweredBeforeTheProgramStarts holds the reason for package
// quick: no package of the tool's own is initialised for a unit that cannot
// reach go-redis.
func TestMostPackagesAreAnsweredBeforeTheProgramStarts(t *testing.T) {
	dir := t.TempDir()
	answered := filepath.Join(dir, "vet.out")
	cfg := filepath.Join(dir, "vet.cfg")
	data, err := json.Marshal(map[string]any{
		"ID": "example.com/x", "ImportPath": "example.com/x", "Compiler": "gc", "GoFiles": []string{"does-not-exist.go"},
		"ImportMap": map[string]string{"fmt": "fmt"}, "PackageFile": map[string]string{"fmt": "fmt.a"},
		"Standard": map[string]bool{"fmt": true}, "VetxOutput": answered,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg, data, 0o644); err != nil {
		t.Fatal(err)
	}
	tool, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, cfg)
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := os.ReadFile(answered); err != nil || string(got) != "redis2cf: no\n" {
		t.Errorf("the answer is %q, %v", got, err)
	}
	if !strings.Contains(string(out), "init ") {
		t.Fatalf("no trace of initialisation:\n%s", out)
	}
	for _, late := range []string{"redis2cf/internal/spec", "golang.org/x/tools"} {
		if strings.Contains(string(out), "init github.com/"+late) || strings.Contains(string(out), "init "+late) {
			t.Errorf("%s was initialised first:\n%s", late, out)
		}
	}
}
