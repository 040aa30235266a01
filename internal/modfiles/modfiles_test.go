package modfiles

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// tree writes files below a new directory. Symbolic links in its path are
// resolved, as the go command does.
func tree(t *testing.T, files map[string]string) string {
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
	return dir
}

// aRuntime is a module with the runtime's path and the given go line.
func aRuntime(t *testing.T, goVersion string) Runtime {
	t.Helper()
	return Runtime{Dir: tree(t, map[string]string{
		"go.mod":              "module " + RuntimePath + "\n\ngo " + goVersion + "\n",
		"runtime.go":          "package runtime\n",
		"store/memory/mem.go": "package memory\n",
	})}
}

const importer = `package cfstore

import (
	_ "github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)
`

// settle asks for a module that imports the runtime, and fails when a file of
// the module changed.
func settle(t *testing.T, dir string, rt Runtime) (*Result, error) {
	t.Helper()
	before := snapshot(t, dir)
	r, err := Settle(context.Background(), Request{Dir: dir, Runtime: rt, Files: map[string][]byte{
		filepath.Join(dir, "internal/cfstore/facade.go"): []byte(importer),
	}})
	if after := snapshot(t, dir); after != before {
		t.Errorf("files of the module changed:\n%s\nwere\n%s", after, before)
	}
	if err == nil {
		t.Cleanup(func() {
			r.Close()
			if r.tmp != "" {
				if _, err := os.Stat(r.tmp); err == nil {
					t.Error("Close leaves files")
				}
			}
		})
	}
	return r, err
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	all, err := readTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	asText := map[string][]byte{}
	for name, data := range all {
		asText[name] = data
	}
	for _, name := range sorted(asText) {
		b.WriteString(name + "\n" + string(all[name]) + "\n")
	}
	return b.String()
}

// take writes a result into the module, as the journal would.
func take(t *testing.T, dir string, r *Result) {
	t.Helper()
	put := func(path string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, data := range r.Files {
		put(path, data)
	}
	for _, path := range r.Remove {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(dir, "internal/cfstore/facade.go"), []byte(importer))
}

func goBuild(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command("go", "build", "./...")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS="), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, out)
	}
}

const modText = `// ours
module example.com/m // the module

go %s

// nothing else

exclude example.com/bad v1.0.0 // broken
`

func TestAPlainModule(t *testing.T) {
	dir := tree(t, map[string]string{"go.mod": strings.Replace(modText, "%s", "1.20", 1), "m.go": "package m\n"})
	rt := aRuntime(t, "1.21")
	r, err := settle(t, dir, rt)
	if err != nil {
		t.Fatal(err)
	}
	got := string(r.Files[filepath.Join(dir, "go.mod")])
	for _, want := range []string{"// ours\n", "// the module\n", "// nothing else\n", "// broken\n", "require " + RuntimePath + " v0.0.0", "replace " + RuntimePath + " => " + rt.Dir} {
		if !strings.Contains(got, want) {
			t.Errorf("go.mod lacks %q:\n%s", want, got)
		}
	}
	if r.GoBefore != "1.20" || r.GoAfter != "1.21" || r.LoopVars {
		t.Errorf("go line: %q to %q, loop variables %v\n%s", r.GoBefore, r.GoAfter, r.LoopVars, got)
	}
	if len(r.Remove) > 0 || len(r.Files) != 1 {
		t.Errorf("files: %v, removed: %v", sorted(r.Files), r.Remove)
	}
	take(t, dir, r)
	goBuild(t, dir, "GOWORK=off")
	again, err := settle(t, dir, rt)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Files) > 0 {
		t.Errorf("a second run changes %v", sorted(again.Files))
	}
}

func TestTheRuntimeIsADirectRequirement(t *testing.T) {
	lib := func(name string) string {
		return tree(t, map[string]string{"go.mod": "module example.com/" + name + "\n", "lib.go": "package lib\n"})
	}
	dir := tree(t, map[string]string{"m.go": "package m\n\nimport _ \"example.com/lib\"\n", "go.mod": `module example.com/m

go 1.21

require example.com/lib v1.0.0

require (
	example.com/b v1.0.0 // indirect
	example.com/c v1.0.0 // indirect; kept
)

replace (
	example.com/b => ` + lib("b") + `
	example.com/c => ` + lib("c") + `
	example.com/lib => ` + lib("lib") + `
)
`})
	r, err := settle(t, dir, aRuntime(t, "1.21"))
	if err != nil {
		t.Fatal(err)
	}
	want := `require (
	example.com/lib v1.0.0
	` + RuntimePath + ` v0.0.0
)

require (
	example.com/b v1.0.0 // indirect
	example.com/c v1.0.0 // indirect; kept
)
`
	if got := string(r.Files[filepath.Join(dir, "go.mod")]); !strings.Contains(got, want) {
		t.Errorf("go.mod:\n%s\nwant in it:\n%s", got, want)
	}
}

func TestTheGoLine(t *testing.T) {
	for _, tt := range []struct {
		module, runtime, after string
		crosses                bool
	}{
		{"1.20", "1.23", "1.23", true},
		{"1.21.5", "1.21", "1.21.5", false},
		{"1.22", "1.23", "1.23", false},
		{"1.24", "1.21", "1.24", false},
		{"1.13", "1.21", "1.21", false},
	} {
		dir := tree(t, map[string]string{"go.mod": "module example.com/m\n\ngo " + tt.module + "\n", "m.go": "package m\n"})
		r, err := settle(t, dir, aRuntime(t, tt.runtime))
		if err != nil {
			t.Errorf("%s with %s: %v", tt.module, tt.runtime, err)
			continue
		}
		if r.GoBefore != tt.module || r.GoAfter != tt.after || r.LoopVars != tt.crosses {
			t.Errorf("%s with %s: %q to %q, crosses %v", tt.module, tt.runtime, r.GoBefore, r.GoAfter, r.LoopVars)
		}
	}
}

func TestLineEndingsStay(t *testing.T) {
	dir := tree(t, map[string]string{"go.mod": "module example.com/m\r\n\r\ngo 1.21\r\n", "m.go": "package m\r\n"})
	r, err := settle(t, dir, aRuntime(t, "1.21"))
	if err != nil {
		t.Fatal(err)
	}
	got := string(r.Files[filepath.Join(dir, "go.mod")])
	if strings.Count(got, "\n") != strings.Count(got, "\r\n") || !strings.Contains(got, RuntimePath) {
		t.Errorf("go.mod: %q", got)
	}
}

func TestWhatGoModSaysOfTheRuntimeStays(t *testing.T) {
	mine := aRuntime(t, "1.21")
	gomod := "module example.com/m\n\ngo 1.21\n\nrequire " + RuntimePath + " v0.3.0\n\nreplace " + RuntimePath + " => " + mine.Dir + "\n"
	dir := tree(t, map[string]string{"go.mod": gomod, "m.go": "package m\n"})
	other := aRuntime(t, "1.21")
	r, err := settle(t, dir, other)
	if err != nil || len(r.Files) > 0 {
		t.Errorf("the tool's own runtime replaces the user's: %v, %v", r, err)
	}
	other.Chosen = true
	r, err = settle(t, dir, other)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Files[filepath.Join(dir, "go.mod")]); !strings.Contains(got, "=> "+other.Dir) || !strings.Contains(got, "v0.3.0") || strings.Contains(got, mine.Dir) {
		t.Errorf("go.mod with -runtime:\n%s", got)
	}
}

func TestWorkspaces(t *testing.T) {
	files := map[string]string{
		"go.work":       "go 1.20\n\nuse (\n\t./app // ours\n\t./lib\n)\n",
		"app/go.mod":    "module example.com/app\n\ngo 1.20\n",
		"app/app.go":    "package app\n",
		"lib/go.mod":    "module example.com/lib\n\ngo 1.20\n",
		"lib/lib.go":    "package lib\n",
		"alone/go.mod":  "module example.com/alone\n\ngo 1.20\n",
		"alone/alon.go": "package alone\n",
	}
	t.Run("raises the workspace's go line", func(t *testing.T) {
		root := tree(t, files)
		dir := filepath.Join(root, "app")
		r, err := settle(t, dir, aRuntime(t, "1.21"))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Files[filepath.Join(root, "go.work")]); !strings.Contains(got, "go 1.21\n") || !strings.Contains(got, "./app // ours") {
			t.Errorf("go.work:\n%s", got)
		}
		take(t, dir, r)
		goBuild(t, dir)
	})
	t.Run("resolves neighbours", func(t *testing.T) {
		root := tree(t, files)
		dir := filepath.Join(root, "app")
		for name, text := range map[string]string{
			"go.mod":     "module example.com/app\n\ngo 1.20\n\nrequire example.com/lib v1.0.0\n",
			"app.go":     "package app\n\nimport _ \"example.com/lib\"\n",
			"../go.work": files["go.work"] + "\nreplace example.com/lib v1.0.0 => ./lib\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("GOPROXY", "off")
		r, err := settle(t, dir, aRuntime(t, "1.21"))
		if err != nil {
			t.Fatal(err)
		}
		if r.Modfile != "" || r.GoAfter != "1.21" {
			t.Errorf("modfile %q, go line %q", r.Modfile, r.GoAfter)
		}
		take(t, dir, r)
		goBuild(t, dir)
	})
	t.Run("leaves a module alone that is not in it", func(t *testing.T) {
		root := tree(t, files)
		r, err := settle(t, filepath.Join(root, "alone"), aRuntime(t, "1.21"))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Files) != 1 {
			t.Errorf("files: %v", sorted(r.Files))
		}
	})
	t.Run("refuses a shared vendor directory", func(t *testing.T) {
		root := tree(t, files)
		if err := os.Mkdir(filepath.Join(root, "vendor"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "vendor", "modules.txt"), []byte("## workspace\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := settle(t, filepath.Join(root, "app"), aRuntime(t, "1.21"))
		if err == nil || !strings.Contains(err.Error(), "go work vendor") {
			t.Errorf("error: %v", err)
		}
	})
}

func TestVendor(t *testing.T) {
	lib := tree(t, map[string]string{"go.mod": "module example.com/lib\n\ngo 1.20\n", "lib.go": "package lib\n", "LICENSE": "free\n"})
	gomod := "module example.com/m\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => " + lib + "\n"
	dir := tree(t, map[string]string{"go.mod": gomod, "m.go": "package m\n\nimport _ \"example.com/lib\"\n"})
	cmd := exec.Command("go", "mod", "vendor")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	stale := filepath.Join(dir, "vendor", "example.com", "lib", "stale.go")
	if err := os.WriteFile(stale, []byte("package lib\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := settle(t, dir, aRuntime(t, "1.21"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"vendor/modules.txt", "vendor/" + RuntimePath + "/runtime.go", "vendor/" + RuntimePath + "/store/memory/mem.go"} {
		if r.Files[filepath.Join(dir, want)] == nil {
			t.Errorf("%s is not among %v", want, sorted(r.Files))
		}
	}
	if r.Files[filepath.Join(dir, "vendor/example.com/lib/lib.go")] != nil {
		t.Error("a file that stays as it is would be written")
	}
	if len(r.Remove) != 1 || r.Remove[0] != stale {
		t.Errorf("removed: %v", r.Remove)
	}
	take(t, dir, r)
	goBuild(t, dir, "GOWORK=off")
}

func TestErrors(t *testing.T) {
	good := "module example.com/m\n\ngo 1.21\n"
	for _, tt := range []struct {
		name  string
		gomod string
		rt    Runtime
		setup func(dir string)
		want  []string
	}{
		{"a go.mod that cannot be read", "module example.com/m\n\nrequre x v1\n", aRuntime(t, "1.21"), nil, []string{"go.mod:3", "requre", "mend it"}},
		{"a read-only go.mod", good, aRuntime(t, "1.21"), func(dir string) { os.Chmod(filepath.Join(dir, "go.mod"), 0o444) }, []string{"go.mod cannot be written", "chmod u+w"}},
		{"no go.mod", good, aRuntime(t, "1.21"), func(dir string) { os.Remove(filepath.Join(dir, "go.mod")) }, []string{"reading go.mod"}},
		{"no module line", "go 1.21\n", aRuntime(t, "1.21"), nil, []string{"no module line"}},
		{"no runtime", good, Runtime{}, nil, []string{"-runtime DIR"}},
		{"a runtime that is gone", good, Runtime{Dir: "/does/not/exist"}, nil, []string{"adding the runtime to go.mod failed", "nothing was changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{"go.mod": tt.gomod, "m.go": "package m\n"})
			if tt.setup != nil {
				tt.setup(dir)
			}
			_, err := settle(t, dir, tt.rt)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestAFailureLeavesNoCopies(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := tree(t, map[string]string{"go.mod": "module m\n", "m.go": "package m\n"})
	if _, err := settle(t, dir, Runtime{Dir: "/does/not/exist"}); err == nil {
		t.Fatal("no error")
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "redis2cf-mod-*"))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestRuntimeIn(t *testing.T) {
	root := tree(t, map[string]string{"runtime/go.mod": "module " + RuntimePath + "\n", "other/go.mod": "module x\n"})
	for _, dir := range []string{root, filepath.Join(root, "runtime")} {
		rt, err := RuntimeIn(dir)
		if err != nil || rt.Dir != filepath.Join(root, "runtime") || !rt.Chosen {
			t.Errorf("%s: %+v, %v", dir, rt, err)
		}
	}
	if _, err := RuntimeIn(filepath.Join(root, "other")); err == nil || !strings.Contains(err.Error(), "-runtime") {
		t.Errorf("error: %v", err)
	}
}

func TestSelfRuntime(t *testing.T) {
	rt, err := SelfRuntime()
	if err != nil || !isRuntime(rt.Dir) || rt.Chosen {
		t.Errorf("in its own checkout: %+v, %v", rt, err)
	}
	tool := strings.TrimSuffix(RuntimePath, "/runtime")
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3": {Main: debug.Module{Path: tool, Version: "v1.2.3"}},
		"v1.2.4": {Main: debug.Module{Path: tool, Version: "v1.2.3"}, Deps: []*debug.Module{{Path: RuntimePath, Version: "v1.2.4"}}},
		"":       {Main: debug.Module{Path: tool, Version: "(devel)"}, Deps: []*debug.Module{{Path: RuntimePath, Version: "v0.0.0", Replace: &debug.Module{Path: "./runtime"}}}},
	} {
		if got := versionIn(&info); got != want {
			t.Errorf("version %q, want %q", got, want)
		}
	}
}

// Module versions come from a proxy of files.
func TestARuntimeByVersion(t *testing.T) {
	proxy := tree(t, map[string]string{
		"list":        "v1.0.0\nv1.1.0\n",
		"v1.1.0.info": `{"Version":"v1.1.0"}`,
		"v1.1.0.mod":  "module " + RuntimePath + "\n\ngo 1.21\n",
	})
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for name, text := range map[string]string{
		"go.mod": "module " + RuntimePath + "\n\ngo 1.21\n", "runtime.go": "package runtime\n", "store/memory/mem.go": "package memory\n",
	} {
		w, err := z.Create(RuntimePath + "@v1.1.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(proxy, "v1.1.0.zip"), zipped.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	at := filepath.Join(root, filepath.FromSlash(RuntimePath), "@v")
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(proxy, at); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(root))
	t.Setenv("GONOSUMDB", RuntimePath)
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")

	for _, tt := range []struct{ gomod, want string }{
		{"module example.com/m\n\ngo 1.20\n", "v1.1.0"},
		{"module example.com/m\n\ngo 1.21\n\nrequire " + RuntimePath + " v1.0.0\n", "v1.1.0"},
	} {
		dir := tree(t, map[string]string{"go.mod": tt.gomod, "m.go": "package m\n"})
		r, err := settle(t, dir, Runtime{Version: "v1.1.0"})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Files[filepath.Join(dir, "go.mod")]); !strings.Contains(got, "require "+RuntimePath+" "+tt.want+"\n") || strings.Contains(got, "replace") {
			t.Errorf("go.mod:\n%s", got)
		}
		if sum := string(r.Files[filepath.Join(dir, "go.sum")]); strings.Count(sum, RuntimePath+" v1.1.0") != 2 {
			t.Errorf("go.sum:\n%s", sum)
		}
		if r.GoAfter != "1.21" {
			t.Errorf("go line: %s", r.GoAfter)
		}
		take(t, dir, r)
		again, err := settle(t, dir, Runtime{Version: "v1.0.0"})
		if err != nil || len(again.Files) > 0 {
			t.Errorf("an older tool changes the module: %v, %v", again, err)
		}
	}
}

// The real runtime brings real dependencies: their sums must be there, so that
// a build that may not change go.mod is content.
func TestTheRealRuntime(t *testing.T) {
	rt, err := SelfRuntime()
	if err != nil {
		t.Fatal(err)
	}
	// Below 1.17 the go command would list all modules of the graph when it
	// raises the line.
	dir := tree(t, map[string]string{"go.mod": "module example.com/m\n\ngo 1.16\n", "m.go": "package m\n"})
	src := strings.Replace(importer, ")\n", "\t_ \""+RuntimePath+"/store/sqlite\"\n)\n", 1)
	r, err := Settle(context.Background(), Request{Dir: dir, Runtime: rt, Files: map[string][]byte{
		filepath.Join(dir, "internal/cfstore/facade.go"): []byte(src),
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sum := string(r.Files[filepath.Join(dir, "go.sum")])
	if !strings.Contains(sum, "modernc.org/sqlite ") {
		t.Errorf("go.sum lacks the SQLite driver:\n%s", sum)
	}
	if r.GoAfter != "1.21" || r.LoopVars {
		t.Errorf("go line %s", r.GoAfter)
	}
	if gomod := string(r.Files[filepath.Join(dir, "go.mod")]); strings.Contains(gomod, "modernc.org/ccgo") {
		t.Errorf("modules of which nothing is imported:\n%s", gomod)
	}
	take(t, dir, r)
	if err := os.WriteFile(filepath.Join(dir, "internal/cfstore/facade.go"), []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-mod=readonly", "-deps", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go list with a go.mod that may not change: %v\n%s", err, out)
	}
}
