package cfstore

import (
	"bytes"
	"errors"
	"flag"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/gen/stub"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

var update = flag.Bool("update", false, "write the golden files")

const smallFacade = `package runtime

import (
	"context"
	"errors"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/arg"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Nil is the reply of a missing key. It has a second sentence.
var Nil = errors.New("redis: nil")

// KeepTTL keeps the expiry.
const KeepTTL = -1

// Two of them.
const (
	ModeA = "a"
	modeB = "b" // not for others
)

type (
	// Client is a client.
	Client struct{}
	Options struct{ Addr string }
	hidden  struct{}
)

type Cmdable interface{ KeyOps; Lists; Strings }
type KeyOps interface{ Del(ctx context.Context, keys ...string) int }
type Strings interface{ KeyOps; Get(ctx context.Context, key string) string }
type Lists interface{ KeyOps; LPush(ctx context.Context, key string, values ...interface{}) int }
type Generic[T any] struct{}

func NewClient(opt *Options) *Client { return nil }
func ParseURL(redisURL string) (*Options, error) { return nil, nil }
// HasPrefix tells.
func HasPrefix(err error, prefixes ...string) (code string, ok bool) { return }
func Backoff(min, max time.Duration) func(attempt int) time.Duration { return nil }
func Strange(plan, runtime, time string, _ int, m map[string][]*Client, ch <-chan struct{}, r resp.Reply) {}
func Private(h hidden) {}
func Inner(h arg.Writer) {}
func hiddenFunc() {}

type Plan struct{ Module, Package, Default string; Families []Family; Clients []PlannedClient }
type PlannedClient struct{ Addr, Namespace string }
type Family struct{ Pattern, Name, Type, Store, Consistency, TTL, Group, Client, Phase string }
type RegisteredPlan struct{}
func RegisterPlan(p Plan) *RegisteredPlan { return nil }
func Plans() []Plan { return nil }
// NewClient is NewClient over the plan's store.
func (p *RegisteredPlan) NewClient(opt *Options) *Client { return nil }
func (p *RegisteredPlan) Namespace(name string) *RegisteredPlan { return p }
func (p *RegisteredPlan) Plan() Plan { return Plan{} }
`

func samplePlan() *plan.Plan {
	return &plan.Plan{
		Version: 1, Module: "example.com/chat", Package: "internal/cfstore", Default: "file:chat.db",
		Groups:  []plan.Group{{Name: "main", Shards: 1}},
		Clients: []plan.Client{{Addr: "cache:6379"}, {Addr: "queue*:6379", Namespace: "queue"}},
		Families: []plan.Family{
			{Pattern: "messages:*", Name: "Messages", Type: spec.List, Store: plan.StoreD1, Consistency: plan.Follow, Phase: "only", Group: "main"},
			{Pattern: "session:*", Name: "Session", Type: spec.String, Store: plan.StoreKV, Consistency: plan.Primary, TTL: "24h0m0s", Phase: "redis", Group: "main"},
			{Pattern: "odd:\x00\"*", Name: "Odd", Type: spec.Any, Store: plan.StoreDO, TTL: "varies", Phase: "only", Group: "main"},
			{Pattern: "*", Name: "Default", Type: spec.Any, Store: plan.StoreDO, Phase: "only", Group: "main"},
		},
	}
}

func TestGolden(t *testing.T) {
	files, err := Package(samplePlan(), Options{Facade: map[string][]byte{"api.go": []byte(smallFacade)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{FacadeFile, ViewsFile, StoreFile} {
		golden := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(golden, files[name], 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(files[name], want) {
			t.Errorf("%s differs from its golden file (-update writes it):\n%s", name, files[name])
		}
		if clean, err := format.Source(files[name]); err != nil || !bytes.Equal(clean, files[name]) {
			t.Errorf("%s is not gofmt-clean: %v", name, err)
		}
		if !IsGenerated(files[name]) {
			t.Errorf("%s does not say that it is generated", name)
		}
	}
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
}

func TestTheSamePlanGivesTheSameBytes(t *testing.T) {
	first, err := Package(samplePlan(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := Package(samplePlan(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for name := range first {
			if !bytes.Equal(first[name], again[name]) {
				t.Fatalf("%s differs", name)
			}
		}
	}
}

func TestNamesOfTheFacadeAreRefused(t *testing.T) {
	p := samplePlan()
	p.Families[0].Name = "Client"
	_, err := Package(p, Options{Facade: map[string][]byte{"api.go": []byte(smallFacade)}})
	if err == nil || !strings.Contains(err.Error(), `"messages:*"`) || !strings.Contains(err.Error(), "ClientKeys") {
		t.Errorf("error: %v", err)
	}
}

func TestExistingRefusesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	if got, err := Existing(filepath.Join(dir, "none")); got != nil || err != nil {
		t.Errorf("no directory: %v, %v", got, err)
	}
	for name, text := range map[string]string{
		"views.go":  "// " + generatedBy + "\n\npackage cfstore\n",
		"crlf.go":   "// " + generatedBy + "\r\n\r\npackage cfstore\r\n",
		"README.md": "mine",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Existing(dir)
	if err != nil || len(got) != 2 {
		t.Errorf("generated files: %v, %v", got, err)
	}
	mine := "package cfstore // " + generatedBy + "\n"
	if err := os.WriteFile(filepath.Join(dir, "mine.go"), []byte(mine), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Existing(dir); err == nil || !strings.Contains(err.Error(), "mine.go") || strings.Contains(err.Error(), "views.go") {
		t.Errorf("error: %v", err)
	}
}

func TestPackageNames(t *testing.T) {
	for dir, want := range map[string]string{
		"internal/cfstore": "cfstore", "store": "store", "internal/cf-store": "cfstore", "Data": "data", "internal/123": "cfstore", "cmd/main": "cfstore",
	} {
		if got := packageName(dir); got != want {
			t.Errorf("%s: %s, want %s", dir, got, want)
		}
	}
}

func runtimeDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../runtime")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func runtimeSources(t *testing.T) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(runtimeDir(t), "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("the runtime's sources: %v", err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = data
	}
	return out
}

// Every exported name of the facade must be in the generated package, and no
// family may take it.
func TestEverythingIsExportedAndReserved(t *testing.T) {
	sources := runtimeSources(t)
	files, err := Package(samplePlan(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, got := exported(t, sources), exported(t, files)
	for name := range want {
		if forTheTool[name] || stub.NotForPrograms[name] {
			continue
		}
		if !got[name] {
			t.Errorf("%s is not in the generated package", name)
		}
		if !plan.Reserved(name) {
			t.Errorf("a family could be named %s: add it to the reserved names of the plan", name)
		}
	}
	if len(want) < 100 {
		t.Errorf("the facade exports %d names only: something is not read", len(want))
	}
}

func exported(t *testing.T, files map[string][]byte) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for name, src := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					out[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							out[s.Name.Name] = true
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							if n.IsExported() {
								out[n.Name] = true
							}
						}
					}
				}
			}
		}
	}
	return out
}

// onePackage imports the small facade for the generated package.
type onePackage struct {
	types.Importer
	pkgs map[string]*types.Package
}

func (i onePackage) Import(path string) (*types.Package, error) {
	if p, ok := i.pkgs[path]; ok {
		return p, nil
	}
	return i.Importer.Import(path)
}

func TestThePackageTypeChecks(t *testing.T) {
	for name, src := range map[string][]byte{"the small facade": []byte(smallFacade), "the API stub": stub.Source()} {
		t.Run(name, func(t *testing.T) { typeCheck(t, src) })
	}
}

func typeCheck(t *testing.T, facade []byte) {
	fset := token.NewFileSet()
	imp := onePackage{importer.ForCompiler(fset, "source", nil), map[string]*types.Package{}}
	check := func(path string, files map[string][]byte) {
		t.Helper()
		var parsed []*ast.File
		for _, name := range slices.Sorted(maps.Keys(files)) {
			f, err := parser.ParseFile(fset, name, files[name], 0)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		conf := types.Config{Importer: imp, GoVersion: "go1.21"}
		p, err := conf.Check(path, fset, parsed, nil)
		if err != nil {
			t.Fatal(err)
		}
		imp.pkgs[path] = p
	}
	check(RuntimePath+"/resp", map[string][]byte{"resp.go": []byte("package resp\ntype Reply struct{}")})
	check(RuntimePath+"/internal/arg", map[string][]byte{"arg.go": []byte("package arg\ntype Writer struct{}")})
	check(RuntimePath+"/store/gateway", map[string][]byte{"g.go": []byte("package gateway")})
	check(RuntimePath+"/store/memory", map[string][]byte{"m.go": []byte("package memory")})
	check(RuntimePath+"/store/sqlite", map[string][]byte{"s.go": []byte("package sqlite")})
	sources := map[string][]byte{"api.go": facade}
	check(RuntimePath, sources)
	files, err := Package(samplePlan(), Options{Facade: sources})
	if err != nil {
		t.Fatal(err)
	}
	check("example.com/chat/internal/cfstore", files)
}

// The generated package is built and vetted in a module of its own, as users
// have it.
func TestTheGeneratedPackageBuilds(t *testing.T) {
	files, err := Package(samplePlan(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", []byte("module example.com/chat\n\ngo 1.21\n\nrequire github.com/redis2cf/redis2cf/runtime v0.0.0\n\nreplace github.com/redis2cf/redis2cf/runtime => "+runtimeDir(t)+"\n"))
	sums, err := os.ReadFile(filepath.Join(runtimeDir(t), "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	put("go.sum", sums)
	for name, data := range files {
		put("internal/cfstore/"+name, data)
	}
	put("use_test.go", []byte(useTest))
	for _, args := range [][]string{{"build", "./..."}, {"vet", "./..."}, {"test", "./..."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := cmd.CombinedOutput()
		if args[0] == "vet" {
			// Go's cache can repeat what vet once said of a dependency.
			out, err = ownLines(out, dir)
		}
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// ownLines keeps what vet says of the module in dir.
func ownLines(out []byte, dir string) (own []byte, err error) {
	for _, line := range bytes.Split(out, []byte("\n")) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if len(line) > 0 && (!ok || !filepath.IsAbs(string(name)) || strings.HasPrefix(string(name), dir)) {
			own = append(append(own, line...), '\n')
		}
	}
	if len(own) > 0 {
		err = errors.New("vet objects")
	}
	return own, err
}

const useTest = `package chat

import (
	"context"
	"errors"
	"testing"

	"example.com/chat/internal/cfstore"
)

func TestUse(t *testing.T) {
	ctx := context.Background()
	rdb := cfstore.NewClient(&cfstore.Options{Addr: "memory://use"})
	defer rdb.Close()
	if n, err := cfstore.Messages(rdb).LPush(ctx, "messages:1", "a", "b").Result(); n != 2 || err != nil {
		t.Errorf("LPush: %d, %v", n, err)
	}
	if _, err := cfstore.Session(rdb).Get(ctx, "session:1").Result(); !errors.Is(err, cfstore.Nil) {
		t.Errorf("Get: %v", err)
	}
}
`
