package analyzer_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// program loads the test module once.
var program *load.Program

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "analyzer")
	if err != nil {
		panic(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		panic(err)
	}
	program, err = loadModule(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "loading testdata/module.txtar:", err)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func loadModule(dir string) (*load.Program, error) {
	ar, err := txtar.ParseFile("testdata/module.txtar")
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		return nil, err
	}
	ar.Files = append(ar.Files, txtar.File{Name: "go.sum", Data: sum})
	for _, f := range ar.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return nil, err
		}
	}
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	return load.Load(context.Background(), load.Config{Dir: dir, Env: env})
}

// where is a file and line, relative to the module.
func where(file string, line int) string {
	rel, err := filepath.Rel(program.Module.Dir, file)
	if err != nil {
		rel = file
	}
	return filepath.ToSlash(rel) + ":" + strconv.Itoa(line)
}

func TestSites(t *testing.T) {
	want := map[string]string{}
	for name, src := range program.Files {
		for i, line := range strings.Split(string(src.Data), "\n") {
			if _, text, ok := strings.Cut(line, "// site: "); ok {
				want[where(name, i+1)] = text
			}
		}
	}
	if len(want) < 50 {
		t.Fatalf("only %d sites are expected: the module was not loaded whole", len(want))
	}
	for _, s := range program.Analyze().Sites {
		at := where(s.Position.Filename, s.Position.Line)
		text, ok := want[at]
		if !ok {
			t.Errorf("%s: unexpected site %s", at, s.Message())
			continue
		}
		delete(want, at)
		message, fields, _ := strings.Cut(text, " | ")
		if head, cut := strings.CutSuffix(message, "..."); cut {
			if !strings.HasPrefix(s.Message(), head) {
				t.Errorf("%s:\n got %s\nwant %s", at, s.Message(), message)
			}
		} else if got := s.Message(); got != message {
			t.Errorf("%s:\n got %s\nwant %s", at, got, message)
		}
		for _, f := range strings.Fields(fields) {
			name, value, _ := strings.Cut(f, "=")
			if got := field(t, &s, name); got != value {
				t.Errorf("%s: %s is %q, want %q", at, name, got, value)
			}
		}
	}
	for at, text := range want {
		t.Errorf("%s: no site, want %s", at, text)
	}
}

func field(t *testing.T, s *analyzer.Site, name string) string {
	t.Helper()
	switch name {
	case "shape":
		return string(s.Shape)
	case "view":
		return strconv.FormatBool(s.ViewOK)
	case "via":
		return s.Via
	case "ttl":
		return s.TTL
	case "tx":
		return s.Tx
	case "code":
		return s.Code
	case "keepttl":
		return strconv.FormatBool(s.KeepTTL)
	case "unread":
		return strconv.FormatBool(s.Unread)
	case "test":
		return strconv.FormatBool(s.Test)
	case "keys":
		return strconv.Itoa(len(s.Keys))
	case "migrated":
		return strconv.FormatBool(s.Migrated)
	case "viewed":
		return strconv.FormatBool(s.Viewed)
	case "pattern":
		return s.ViewPattern
	case "silent":
		_, says := s.Diagnostic()
		return strconv.FormatBool(!says)
	case "types":
		var types []string
		for _, k := range s.Keys {
			types = append(types, string(k.Type))
		}
		return strings.Join(types, ",")
	}
	t.Fatalf("no field %q", name)
	return ""
}

// TestSitesAgainstATypedCount counts in another way: every selector whose
// method's result is a command of go-redis or the facade and whose method, or
// the interface that declares it, is theirs or has their result by the same
// name on a client.
func TestSitesAgainstATypedCount(t *testing.T) {
	count := map[string]int{}
	for _, pkg := range program.Packages {
		for _, f := range pkg.Own {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				fn, ok := pkg.TypesInfo.Uses[sel.Sel].(*types.Func)
				if !ok || fn.Signature().Recv() == nil {
					return true
				}
				for i := 0; i < fn.Signature().Results().Len(); i++ {
					p, ok := fn.Signature().Results().At(i).Type().(*types.Pointer)
					if !ok {
						continue
					}
					named, ok := types.Unalias(p.Elem()).(*types.Named)
					if !ok || !strings.HasSuffix(named.Obj().Name(), "Cmd") {
						continue
					}
					path := named.Obj().Pkg().Path()
					_, isInterface := fn.Signature().Recv().Type().Underlying().(*types.Interface)
					if path == analyzer.GoRedisPath || path == analyzer.RuntimePath {
						if fn.Pkg().Path() == path || isInterface {
							count[pkg.Path]++
						}
					}
				}
				return true
			})
		}
	}
	found := map[string]int{}
	for _, s := range program.Analyze().Sites {
		if s.Row.Method == "Process" || s.Row.Method == "Watch" {
			continue // they answer an error
		}
		found[s.Package]++
	}
	for path, n := range count {
		if found[path] != n {
			t.Errorf("%s: %d sites, %d by the other count", path, found[path], n)
		}
	}
	if len(count) < 6 {
		t.Errorf("calls were counted in %d packages only", len(count))
	}
}

func TestSymbolsAreEveryUseOfAName(t *testing.T) {
	got := map[string]int{}
	for _, s := range program.Analyze().Symbols {
		if s.Package == "example.com/m/direct" && !s.Test {
			got[s.Obj.Name()]++
		}
		if s.Package == "example.com/m/migrated" && !s.Migrated {
			t.Errorf("%s in migrated code is not marked so", s.Obj.Name())
		}
	}
	for name, n := range map[string]int{"Cmdable": 1, "Client": 5, "KeepTTL": 1, "XAddArgs": 1, "Stream": 1, "Options": 1, "Close": 1, "NewStringCmd": 1} {
		if got[name] != n {
			t.Errorf("%s is used %d times, want %d", name, got[name], n)
		}
	}
}

// TestAPassSeesWhatTheLibrarySees runs the analysis.Analyzer over the packages,
// one by one as a driver does.
func TestAPassSeesWhatTheLibrarySees(t *testing.T) {
	if err := analysis.Validate([]*analysis.Analyzer{analyzer.Analyzer}); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, s := range program.Analyze().Sites {
		if d, ok := s.Diagnostic(); ok {
			want = append(want, where(s.Position.Filename, s.Position.Line)+" "+s.Row.Method+" "+categoryKind(d.Category))
		}
	}
	for _, pkg := range program.Packages {
		own := map[string]bool{}
		for _, f := range pkg.Own {
			own[program.Fset.File(f.FileStart).Name()] = true
		}
		pass := &analysis.Pass{
			Analyzer: analyzer.Analyzer, Fset: program.Fset, Files: pkg.Syntax, Pkg: pkg.Types, TypesInfo: pkg.TypesInfo,
			Report: func(d analysis.Diagnostic) {
				if p := program.Fset.Position(d.Pos); own[p.Filename] {
					method, _, _ := strings.Cut(strings.NewReplacer(":", " ", "(", " ").Replace(d.Message), " ")
					got = append(got, where(p.Filename, p.Line)+" "+method+" "+categoryKind(d.Category))
				}
			},
		}
		res, err := analyzer.Analyzer.Run(pass)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := res.(*analyzer.Result); !ok {
			t.Fatalf("the result is a %T", res)
		}
	}
	// The pattern of a view is in the source of the generated package, which a
	// pass over its users does not have.
	want = without(want, "migrated/migrated.go:11 LPush")
	sort.Strings(want)
	sort.Strings(got)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the pass reports\n%s\nthe library\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// categoryKind leaves out what a pass cannot know as well as the library: keys
// from other packages.
func categoryKind(c string) string {
	if strings.HasPrefix(c, "KEY_") {
		return spec.Migratable
	}
	return c
}

func without(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		if !strings.HasPrefix(s, prefix) {
			out = append(out, s)
		}
	}
	return out
}
