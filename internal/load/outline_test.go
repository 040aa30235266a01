package load

import (
	"bytes"
	"context"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnOutlineHasDeclarationsAndTheirImports(t *testing.T) {
	src := `package p

import (
	. "dots"
	_ "embed"
	yaml "example.com/go-yaml"
	"example.com/unlisted"
	"io"
	"os"
)

import "fmt"

type T[K any] struct{ r io.Reader }

func (t *T[K]) Text() string { return fmt.Sprint(os.Args) }

var parse = func(b []byte) error { return yaml.Unmarshal(b) }

func init() { os.Exit(1) }
`
	want := `package p

import (
	. "dots"
	_ "embed"
	yaml "example.com/go-yaml"
	"example.com/unlisted"
	"io"
)

import ()

type T[K any] struct{ r io.Reader }

func (t *T[K]) Text() string

var parse = func(b []byte) error { return yaml.Unmarshal(b) }

func init()
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, fset, outline(f, func(p string) string { return strings.TrimPrefix(path.Base(p), "unlisted") }))
	if got != want {
		t.Errorf("outline:\n%s\nwant:\n%s", got, want)
	}
	if all := text(t, fset, f); all != src {
		t.Errorf("the file itself has changed:\n%s", all)
	}
}

func text(t *testing.T, fset *token.FileSet, f *ast.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := format.Node(&b, fset, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever a file imports for its bodies, in the way it does: its outline compiles.
func TestAVariantHasTheBodiesOfItsTestsOnly(t *testing.T) {
	dir, env := write(t, goMod+`
-- store/store.go --
package store

import (
	"context"
	"net/url"
	. "strings"
	"unsafe"

	"github.com/redis/go-redis/v9"
)

var host = func(url *url.URL) string { return url.Host }

var name = func(unsafe struct{ a string }) string { return unsafe.a }

func init() { _ = unsafe.Sizeof(host) }

func Key[T ~string](id T) string { return ToLower(string(id)) }

func Get(ctx context.Context, rdb *redis.Client) string { return rdb.Get(ctx, Key("a")).Val() }
-- store/store_test.go --
package store

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestGet(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{})
	rdb.Set(context.Background(), Key("b"), "1", 0)
	_ = name
}
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]int{}
	for _, pkg := range p.Packages {
		for _, f := range pkg.Syntax {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					bodies[pkg.ID+" "+filepath.Base(p.Fset.File(f.FileStart).Name())]++
				}
			}
		}
	}
	const pkg = "example.com/m/store"
	if len(bodies) != 2 || bodies[pkg+" store.go"] != 3 || bodies[pkg+" ["+pkg+".test] store_test.go"] != 1 {
		t.Errorf("bodies: %v", bodies)
	}
	var keys []string
	for _, s := range p.Analyze().Sites {
		keys = append(keys, s.Row.Method+" "+strings.Join(s.Keys[0].Patterns, " "))
	}
	if got := strings.Join(keys, ", "); got != "Get a, Set b" {
		t.Errorf("sites: %s", got)
	}
}

// What stands between two packages of the load is there for its declarations.
func TestExportDataIsReadForWhatIsDeclaredOnly(t *testing.T) {
	dir, env := write(t, goMod+`
-- keys/keys.go --
package keys

type ID string

func Session(id ID) string { return "session:" + string(id) }
-- between/between.go --
package between

import (
	"io"
	"net/smtp"

	"example.com/m/keys"
)

func Send(id keys.ID, w io.Writer) { _ = smtp.SendMail }
-- store/store.go --
package store

import (
	"context"

	"example.com/m/between"
	"example.com/m/keys"
	"github.com/redis/go-redis/v9"
)

func Get(ctx context.Context, rdb *redis.Client, id keys.ID) {
	between.Send(id, nil)
	rdb.Get(ctx, keys.Session(id))
}
`)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	between := p.Lookup("example.com/m/store").Imports["example.com/m/between"]
	if between.Types.Scope().Lookup("Send") == nil || p.Lookup("example.com/m/between") != nil {
		t.Fatal("package between is not between")
	}
	for _, imp := range between.Types.Imports() {
		if imp.Path() == "net/smtp" {
			t.Error("net/smtp was read, and only a body names it")
		}
	}
	if p.Files[filepath.Join(dir, "between", "between.go")] != nil {
		t.Error("the source of package between is kept")
	}
}
