package load

import (
	"context"
	"errors"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// write lays a txtar archive out as a module with this repository's go.sum.
func write(t *testing.T, archive string) (dir string, env []string) {
	t.Helper()
	ar := txtar.Parse([]byte(archive))
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(archive, "redis") {
		ar.Files = append(ar.Files, txtar.File{Name: "go.sum", Data: sum})
	}
	for _, f := range ar.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
}

const goMod = `
-- go.mod --
module example.com/m

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
`

const layers = goMod + `
-- store/store.go --
package store

import "github.com/redis/go-redis/v9"

type Store struct{ RDB *redis.Client }
-- store/store_test.go --
package store

import "testing"

func TestIn(t *testing.T) {}
-- store/ext_test.go --
package store_test

import (
	"testing"

	"example.com/m/store"
)

func TestOut(t *testing.T) { _ = store.Store{} }
-- web/web.go --
package web

import "example.com/m/store"

func Serve(s store.Store) {}
-- main.go --
package main

import "example.com/m/web"

var _ = web.Serve

func main() {}
-- util/util.go --
package util
-- util/util_test.go --
package util

import (
	"testing"

	"example.com/m/web"
)

func TestUtil(t *testing.T) { _ = web.Serve }
-- alone/alone.go --
package alone

import "example.com/m/util"

var _ util.X
-- parts/parts.go --
package parts

import _ "example.com/m/store"
`

func TestLoadKeepsWhatReachesGoRedis(t *testing.T) {
	dir, env := write(t, strings.Replace(layers, "package util\n", "package util\n\ntype X int\n", 1))
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, pkg := range p.Packages {
		got = append(got, pkg.ID)
		if !pkg.Wanted {
			t.Errorf("%s is not wanted", pkg.ID)
		}
	}
	want := []string{
		"example.com/m/store", "example.com/m/web", "example.com/m", "example.com/m/util",
		"example.com/m/store [example.com/m/store.test]", "example.com/m/store_test [example.com/m/store.test]",
		"example.com/m/util [example.com/m/util.test]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("packages\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(p.Meta) != 6 || p.Meta["example.com/m/alone"] == nil {
		t.Errorf("metadata of %v", keysOf(p.Meta))
	}
	if got := p.Meta["example.com/m/web"]; !slices.Equal(got.ImportedBy, []string{"example.com/m"}) || !slices.Equal(got.TestedBy, []string{"example.com/m/util"}) {
		t.Errorf("web is imported by %v, tested by %v", got.ImportedBy, got.TestedBy)
	}
	if !p.Module.Program || p.Module.Path != "example.com/m" || p.Module.Go != "1.24" || p.Module.GoRedis != "v9.22.0" {
		t.Errorf("module %+v", p.Module)
	}
	// One realm: the importer's Store is the package's own.
	own := p.Lookup("example.com/m/store").Types
	for _, imp := range p.Lookup("example.com/m/web").Types.Imports() {
		if imp.Path() == own.Path() && imp != own {
			t.Error("web sees another realm's store")
		}
	}
	if p.Realm("github.com/redis/go-redis/v9") == nil {
		t.Error("go-redis is not in the realm")
	}
	for _, pkg := range p.Packages {
		for _, f := range pkg.Own {
			name := filepath.Base(p.Fset.File(f.FileStart).Name())
			if pkg.ForTest == pkg.PkgPath && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s reports %s again", pkg.ID, name)
			}
		}
	}
}

func TestLoadKnowsWhatWasAskedFor(t *testing.T) {
	dir, env := write(t, layers[:strings.Index(layers, "-- alone")])
	p, err := Load(context.Background(), Config{Dir: dir, Env: env, Patterns: []string{"./web"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range p.Packages {
		if pkg.Wanted != (pkg.Path == "example.com/m/web") {
			t.Errorf("%s: wanted is %v", pkg.ID, pkg.Wanted)
		}
	}
	_, err = Load(context.Background(), Config{Dir: dir, Env: env, Patterns: []string{"./nowhere"}})
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a pattern that matches nothing: %v", err)
	}
}

func TestFilesKnowWhenTheyChange(t *testing.T) {
	dir, env := write(t, goMod+`
-- a.go --
package m

import _ "github.com/redis/go-redis/v9"
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "a.go")
	s := p.Files[name]
	if s == nil || s.Changed(name) || s.Mode.Perm() != 0o644 {
		t.Fatalf("a.go as it was read: %+v", s)
	}
	if err := os.WriteFile(name, append(s.Data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if !s.Changed(name) {
		t.Error("a longer file has not changed")
	}
}

func TestAModuleWithoutGoRedisIsAnsweredWithoutTheGoCommand(t *testing.T) {
	dir, _ := write(t, `
-- go.mod --
module example.com/plain

go 1.24
-- a.go --
package plain
`)
	start := time.Now()
	_, err := Load(context.Background(), Config{Dir: dir, Env: []string{"PATH=", "HOME=" + dir}})
	var none *NoRedisError
	if !errors.As(err, &none) || none.Module != "example.com/plain" {
		t.Fatalf("got %v", err)
	}
	t.Logf("answered in %s", time.Since(start))
}

func TestAnUnusedRequirementIsNoUse(t *testing.T) {
	dir, _ := write(t, goMod+`
-- a.go --
package m

// github.com/redis/go-redis is in go.sum only.
const x = 1
`)
	_, err := Load(context.Background(), Config{Dir: dir, Env: []string{"PATH=", "HOME=" + dir}})
	var none *NoRedisError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
}

func TestWhatCannotBeLoadedSaysSo(t *testing.T) {
	for _, c := range []struct {
		name, archive string
		want          []string
	}{
		{"does not compile", goMod + "-- a/a.go --\npackage a\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar x int = redis.Nil\n",
			[]string{"package example.com/m/a does not compile", "a.go:5:13"}},
		{"does not parse", goMod + "-- a/a.go --\npackage a\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar x = redis.Nil +\n",
			[]string{"package example.com/m/a does not compile", "a.go:"}},
		{"a module is missing", goMod + "-- a.go --\npackage m\n\nimport (\n\t_ \"example.com/nowhere\"\n\t_ \"github.com/redis/go-redis/v9\"\n)\n",
			[]string{"package example.com/nowhere cannot be loaded", "go mod tidy"}},
		{"before v8", "-- go.mod --\nmodule example.com/m\n\ngo 1.24\n\nrequire github.com/go-redis/redis/v7 v7.4.1\n-- a.go --\npackage m\n\nimport _ \"github.com/go-redis/redis/v7\"\n",
			[]string{"go-redis before v8", "github.com/redis/go-redis/v9"}},
		{"go.mod is broken", "-- go.mod --\nmodule\n-- a.go --\npackage m\n", []string{"go.mod cannot be parsed"}},
		{"in no build", goMod + "-- a.go --\n//go:build gccgo\n\npackage m\n\nimport _ \"github.com/redis/go-redis/v9\"\n-- b.go --\npackage m\n",
			[]string{"a.go", "no build with this Go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, env := write(t, c.archive)
			_, err := Load(context.Background(), Config{Dir: dir, Env: env})
			if err == nil {
				t.Fatal("it was loaded")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in %q", w, err)
				}
			}
		})
	}
}

func TestADirectoryOutsideAModule(t *testing.T) {
	_, err := Load(context.Background(), Config{Dir: t.TempDir(), Env: os.Environ()})
	var me *ModuleError
	if !errors.As(err, &me) || !strings.Contains(err.Error(), "no go.mod") {
		t.Errorf("got %v", err)
	}
}

func TestTagsBringExcludedFiles(t *testing.T) {
	dir, env := write(t, goMod+"-- a.go --\n//go:build special\n\npackage m\n\nimport _ \"github.com/redis/go-redis/v9\"\n-- b.go --\npackage m\n")
	p, err := Load(context.Background(), Config{Dir: dir, Env: env, Tags: "special"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Packages) != 1 || len(p.Packages[0].Syntax) != 2 {
		t.Errorf("%d packages", len(p.Packages))
	}
}

// A module can use go-redis through another module's types without naming it.
func TestAnotherModuleBringsTheTypes(t *testing.T) {
	dir, env := write(t, `
-- go.mod --
module example.com/m

go 1.24

require (
	example.com/lib v0.0.0
	github.com/redis/go-redis/v9 v9.22.0 // indirect
)

replace example.com/lib => ./lib
-- a.go --
package m

import (
	"context"

	"example.com/lib"
)

func F(ctx context.Context) { lib.Client().Get(ctx, "k") }
-- lib/go.mod --
module example.com/lib

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
-- lib/lib.go --
package lib

import "github.com/redis/go-redis/v9"

func Client() *redis.Client { return nil }
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	if sites := p.Analyze().Sites; len(sites) != 1 || sites[0].Row.Method != "Get" {
		t.Errorf("%d sites", len(sites))
	}
}

func TestANewerGoRedisIsSaid(t *testing.T) {
	p := &Program{Module: Module{GoRedis: "v9.99.0"}, Meta: map[string]*Meta{}}
	p.warn(&hits{})
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "v9.99.0") {
		t.Errorf("warnings %q", p.Warnings)
	}
	p = &Program{Module: Module{GoRedis: "v9.22.3"}, Meta: map[string]*Meta{}}
	if p.warn(&hits{}); len(p.Warnings) != 0 {
		t.Errorf("a patch release is warned of: %q", p.Warnings)
	}
}

// The go command gives paths without links, and a walk does not enter a link:
// a module that is worked on through one is found all the same.
func TestModuleBehindASymbolicLink(t *testing.T) {
	dir, env := write(t, goMod+"-- a.go --\npackage m\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar C *redis.Client\n")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("this system has no symbolic links")
	}
	p, err := Load(context.Background(), Config{Dir: link, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	if p.Module.Dir != dir || len(p.Packages) != 1 {
		t.Errorf("module in %s with %d packages, want %s with 1", p.Module.Dir, len(p.Packages), dir)
	}
}

func TestOnlyClientsCountAsAnOlderGoRedis(t *testing.T) {
	for line, old := range map[string]bool{
		`import "github.com/go-redis/redis"`:           true,
		`import "github.com/go-redis/redis/v7"`:        true,
		`import "github.com/go-redis/redis_rate/v10"`:  false,
		`import "github.com/go-redis/redismock/v9"`:    false,
		`import redis "github.com/redis/go-redis/v9" `: false,
	} {
		dir, _ := write(t, "-- a.go --\npackage m\n\n"+line+"\n")
		h, err := search(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(h.old) > 0; got != old {
			t.Errorf("%s: older go-redis %v, want %v", line, got, old)
		}
	}
}

// TestADependencyThatDoesNotCompileIsReadFromItsSource: the go command has no export
// data of it, and its declarations are all that the packages that are loaded need.
func TestADependencyThatDoesNotCompileIsReadFromItsSource(t *testing.T) {
	dir, env := write(t, goMod+`
-- a/a.go --
package a

import (
	"example.com/m/broken"
	"github.com/redis/go-redis/v9"
)

var N broken.Count

var Err = redis.Nil
-- broken/broken.go --
package broken

type Count int

func wrong() int { return "" }
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Packages[0].Types.Scope().Lookup("N"); len(p.Packages) != 1 || n.Type().Underlying() != types.Typ[types.Int] {
		t.Errorf("%d packages, and N is %v", len(p.Packages), n)
	}
}

// TestAPackageBetweenTwoThatAreLoadedIsChecked: one that is brought in by a blank import
// alone reaches nothing, and yet what is on its far side is loaded from source.
func TestAPackageBetweenTwoThatAreLoadedIsChecked(t *testing.T) {
	dir, env := write(t, goMod+`
-- a/a.go --
package a

import (
	"example.com/m/between"
	"github.com/redis/go-redis/v9"
)

var N between.Count

var Err = redis.Nil
-- between/between.go --
package between

import _ "example.com/m/far"

type Count int
-- far/far.go --
package far

import "github.com/redis/go-redis/v9"

var Err = redis.Nil
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*Package{}
	for _, pkg := range p.Packages {
		byPath[pkg.Path] = pkg
	}
	a, far := byPath["example.com/m/a"], byPath["example.com/m/far"]
	if len(p.Packages) != 2 || a == nil || far == nil {
		t.Fatalf("loaded %d packages", len(p.Packages))
	}
	for _, imp := range a.Types.Imports() {
		if imp.Path() == "example.com/m/between" {
			if between := imp.Imports(); len(between) != 1 || between[0] != far.Types {
				t.Errorf("between imports %v, which is not the package that is loaded", between)
			}
			return
		}
	}
	t.Error("a does not import between")
}

// TestAGoCommandThatIsEndedIsNoAnswer: what it had written by then is a part of the
// module, or of its packages' export data.
func TestAGoCommandThatIsEndedIsNoAnswer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the go command is a shell script here")
	}
	theirs, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for name, when := range map[string]string{
		"packages":      `case " $* " in *" -find "*) true;; *) false;; esac`,
		"export data":   `case " $* " in *" -export "*) true;; *) false;; esac`,
		"another build": `test "$GOOS" = plan9`,
	} {
		t.Run(name, func(t *testing.T) {
			dir, env := write(t, layers+"-- store/plan9.go --\n//go:build plan9\n\npackage store\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar Err = redis.Nil\n")
			bin := t.TempDir()
			script := "#!/bin/sh\nif " + when + "; then '" + theirs + "' \"$@\" | head -c 2000; kill -KILL $$; fi\nexec '" + theirs + "' \"$@\"\n"
			if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
			_, err := Load(context.Background(), Config{Dir: dir, Env: env})
			if err == nil || !strings.Contains(err.Error(), "was ended (signal: killed) before it had answered") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestALoadThatIsInterruptedSaysOnlyThat(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the go command is a shell script here")
	}
	dir, env := write(t, layers)
	bin, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\n: > '"+started+"'\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(started); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := Load(ctx, Config{Dir: dir, Env: env}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
