package load

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheNearestBuildOfAFile(t *testing.T) {
	s := &solver{host: config{goos: "linux", goarch: "amd64", cgo: true, tags: []string{"prod"}}, h: &hits{heads: map[string][]byte{}}}
	for _, c := range []struct{ name, head, want string }{
		{"x_windows.go", "package x", "windows/amd64 -tags=prod"},
		{"x_arm64.go", "package x", "linux/arm64 -tags=prod"},
		{"x_js_wasm.go", "package x", "js/wasm -tags=prod"},
		{"x_test.go", "//go:build integration\n\npackage x", "linux/amd64 -tags=integration,prod with cgo"},
		{"x.go", "// +build integration\n// +build slow\n\npackage x", "linux/amd64 -tags=integration,prod,slow with cgo"},
		{"x.go", "//go:build !prod\n\npackage x", "linux/amd64 with cgo"},
		{"x.go", "//go:build !prod && (windows || darwin)\n\npackage x", "darwin/amd64"},
		{"x.go", "//go:build !cgo\n\npackage x", "linux/amd64 -tags=prod"},
		{"x.go", "//go:build !unix\n\npackage x", "windows/amd64 -tags=prod"},
		{"x_windows.go", "//go:build linux\n\npackage x", ""},
		{"x.go", "//go:build ignore\n\npackage x", ""},
		{"x.go", "//go:build go1.999\n\npackage x", ""},
	} {
		name := filepath.Join(t.TempDir(), c.name)
		s.h.heads[name] = []byte(c.head)
		got, ok := s.solve(name)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s with %q: %v %q, want %q", c.name, c.head, ok, got, c.want)
		}
	}
}

const slowFiles = goMod + `
-- a.go --
package m

import "github.com/redis/go-redis/v9"

type S struct{ rdb *redis.Client }
-- a_slow.go --
//go:build slow

package m

import "context"

func (s S) A(ctx context.Context) { s.rdb.Get(ctx, "a") }
-- b_slow.go --
//go:build slow && !fast

package m

import "context"

func (s S) B(ctx context.Context) { s.rdb.Get(ctx, "b") }
-- none.go --
//go:build slow

package m

const None = 0
-- script.go --
//go:build ignore

package main

import _ "github.com/redis/go-redis/v9"

func main() {}
`

func TestFilesOfOneBuildAreLoadedTogether(t *testing.T) {
	dir, env := write(t, slowFiles)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Analyze().Sites {
		got = append(got, filepath.Base(s.Position.Filename))
	}
	if want := []string{"a_slow.go", "b_slow.go"}; !slices.Equal(got, want) {
		t.Errorf("sites in %v, want %v", got, want)
	}
	if len(p.Packages) != 2 || p.Packages[1].Build == "" || p.Packages[0].Syntax[0] != p.Packages[1].Syntax[0] {
		t.Errorf("%d packages, which share no syntax", len(p.Packages))
	}
	if len(p.LeftOut) != 1 || !p.LeftOut[0].Script {
		t.Errorf("left out: %+v", p.LeftOut)
	}
}

func TestABuildThatDoesNotCompileIsLeftOut(t *testing.T) {
	dir, env := write(t, slowFiles+`
-- broken/x.go --
//go:build slow

package broken

import "github.com/redis/go-redis/v9"

var x int = redis.Nil
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Analyze().Sites); n > 0 {
		t.Errorf("%d sites in a build that does not compile", n)
	}
	for _, f := range p.LeftOut {
		if !f.Script && (!strings.Contains(f.Why, "-tags=slow") || !strings.Contains(f.Why, "x.go:7:13")) {
			t.Errorf("%s: %s", f.File, f.Why)
		}
	}
	if len(p.LeftOut) != 4 {
		t.Errorf("left out: %+v", p.LeftOut)
	}
}

// What typecheckCgo stands for has no exported name.
func TestCgoFilesAreCheckedAsTheyAreWritten(t *testing.T) {
	if s := typecheckCgo.String(); strings.Contains(s, "Need") {
		t.Fatalf("the bit behind NeedForTest is %s", s)
	}
	dir, env := write(t, goMod+`
-- a.go --
package m

// int n;
import "C"

import "github.com/redis/go-redis/v9"

var c *redis.Client

func N() int { return int(C.n) }
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: append(env, "CGO_ENABLED=1")})
	if err != nil {
		t.Skipf("there is no C compiler: %v", err)
	}
	if p.Files[filepath.Join(dir, "a.go")] == nil {
		t.Error("a.go was not read")
	}
}
