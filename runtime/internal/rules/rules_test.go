// Package rules holds the runtime's import rules, as tests. It has no code.
package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const self = "github.com/redis2cf/redis2cf/runtime"

// root is the runtime's directory.
const root = "../.."

// The only packages of the runtime that may bring go-redis.
var mayBringGoRedis = []string{self + "/goredis", self + "/goredisv8", self + "/dual"}

// What no program gets by importing the runtime.
var neverLinked = []string{
	"golang.org/x/tools/",
	"github.com/dave/jennifer/",
	"github.com/redis/go-redis/",
	"github.com/go-redis/",
	"github.com/cloudflare/",
	"github.com/redis2cf/redis2cf/", // the tool's half; the runtime itself is let through before
}

// What the engine may import: nothing that knows a clock, a random source, the
// network, files or other goroutines.
var engineMayImport = map[string]bool{
	"bytes": true, "cmp": true, "errors": true, "fmt": true, "math": true, "math/big": true, "math/bits": true,
	"slices": true, "maps": true, "sort": true, "strconv": true, "strings": true, "unicode": true, "unicode/utf8": true,
	"container/heap": true, "container/list": true, "crypto/sha1": true, "encoding/binary": true, "encoding/hex": true,
	"encoding/json": true, "hash/crc64": true, "regexp": true, "unicode/utf16": true, "unsafe": true,
	"embed":                        true, // a text that is part of the program
	"sync":                         true, // what all engines of a process share is read once
	"github.com/cespare/xxhash/v2": true,
	self + "/resp":                 true,
	self + "/engine":               true,
	self + "/internal/redislua":    true,
	self + "/internal/lua":         true,
	self + "/internal/smallre":     true,
}

// machineDirs are the directories that hold the engine: the same rules for all.
var machineDirs = []string{"engine", "internal/redislua", "internal/lua", "internal/smallre"}

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Deps       []string
	Standard   bool
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Deps,Standard"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) == 0 {
		t.Fatal("go list found no package")
	}
	return pkgs
}

func TestProgramsGetNothingOfTheToolOrGoRedis(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if hasAny(p.ImportPath, mayBringGoRedis) {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, self+"/") || dep == self {
				if hasAny(dep, mayBringGoRedis) {
					t.Errorf("%s imports %s, which brings go-redis", p.ImportPath, dep)
				}
				continue
			}
			if hasAny(dep, neverLinked) {
				t.Errorf("%s brings %s", p.ImportPath, dep)
			}
		}
	}
}

// Each version of go-redis has a module of its own, so that it is not even in the
// module graph of programs that import only the runtime, or the other one.
func TestGoRedisIsInModulesOfItsOwn(t *testing.T) {
	for path, want := range map[string][2]bool{"go.mod": {}, "goredis/go.mod": {true, false}, "goredisv8/go.mod": {false, true}, "dual/go.mod": {true, false}} {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for i, of := range []string{"github.com/redis/go-redis/v9", "github.com/go-redis/redis/v8"} {
			if got := bytes.Contains(data, []byte(of)); got != want[i] {
				t.Errorf("%s requires %s: %v, want %v", path, of, got, want[i])
			}
		}
	}
}

// store/rest is one as well, for cloudflare-go and the versions that it asks for.
func TestCloudflareGoIsInAModuleOfItsOwn(t *testing.T) {
	for path, want := range map[string]bool{"go.mod": false, "store/rest/go.mod": true} {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(data, []byte("github.com/cloudflare/cloudflare-go/")); got != want {
			t.Errorf("%s requires cloudflare-go: %v, want %v", path, got, want)
		}
	}
	// The root package costs a program 143 s of CPU to build and 16 MB.
	allowed := map[string]bool{"kv": true, "d1": true, "r2": true, "workers": true, "option": true}
	err := filepath.WalkDir(filepath.Join(root, "store", "rest"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if rest, ok := strings.CutPrefix(name, "github.com/cloudflare/cloudflare-go/v7"); ok && !allowed[strings.TrimPrefix(rest, "/")] {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hasAny(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == strings.TrimSuffix(p, "/") || strings.HasPrefix(path, strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}

func TestEngineIsAStateMachine(t *testing.T) {
	fset := token.NewFileSet()
	checked := 0
	check := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		checked++
		for _, fault := range machineFaults(f) {
			t.Errorf("%s: %s", fset.Position(fault.pos), fault.what)
		}
		return nil
	}
	for _, dir := range machineDirs {
		if err := filepath.WalkDir(filepath.Join(root, dir), check); err != nil {
			t.Fatal(err)
		}
	}
	if checked == 0 {
		t.Fatal("no file of the engine was checked")
	}
}

type fault struct {
	pos  token.Pos
	what string
}

// machineFaults lists what has no place in a state machine that must behave the
// same in WebAssembly and run again in the same way.
func machineFaults(f *ast.File) []fault {
	var out []fault
	say := func(n ast.Node, format string, args ...interface{}) {
		out = append(out, fault{n.Pos(), fmt.Sprintf(format, args...)})
	}
	for _, imp := range f.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil || !engineMayImport[path] && !strings.HasPrefix(path, self+"/engine/") {
			say(imp, "the engine may not import %s (see engineMayImport)", imp.Path.Value)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			say(n, "the engine may not start a goroutine")
		case *ast.SelectStmt:
			say(n, "the engine may not select")
		case *ast.ChanType:
			say(n, "the engine may not have a channel")
		case *ast.SendStmt:
			say(n, "the engine may not send")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				say(n, "the engine may not receive")
			}
		}
		return true
	})
	return out
}

func TestMachineFaultsAreSeen(t *testing.T) {
	src := `package engine
import (
	"math/rand"
	"time"
	"strings"
)
var c chan int
func f() {
	go f()
	select {}
	c <- rand.Int()
	<-c
	_ = time.Now()
	_ = strings.ToUpper("")
}`
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := machineFaults(f); len(got) != 7 {
		t.Errorf("%d faults, want 7: %v", len(got), got)
	}
}

func TestEngineCompilesToWebAssembly(t *testing.T) {
	cmd := exec.Command("go", "build", "-o", os.DevNull, "./engine/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("GOOS=wasip1 GOARCH=wasm go build ./engine/...: %v\n%s", err, out)
	}
}
