package keys

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// load type-checks one file. The package is a library unless it says main.
func load(t *testing.T, imp types.Importer, fset *token.FileSet, src string) Package {
	t.Helper()
	f, err := parser.ParseFile(fset, t.Name()+".go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	pkg, err := (&types.Config{Importer: imp}).Check("example.com/p", fset, []*ast.File{f}, info)
	if err != nil {
		t.Fatal(err)
	}
	return Package{Types: pkg, Info: info, Files: []*ast.File{f}, Closed: f.Name.Name == "main"}
}

// TestKeyPatterns reads snippets in which use(key) stands for a command on a
// key, uses(slice...) for one on several, and the comment behind says what
// should be known: quoted patterns, or a code.
func TestKeyPatterns(t *testing.T) {
	imp := importer.Default()
	for _, c := range slices.Concat(keyCases, changeCases) {
		t.Run(c.name, func(t *testing.T) {
			src := c.src
			if !strings.HasPrefix(src, "package ") {
				src = "package p\n" + src
			}
			src += "\nfunc use(key string) {}\nfunc uses(keys ...string) {}\n"
			fset := token.NewFileSet()
			pkg := load(t, imp, fset, src)
			want := map[int]string{}
			for _, g := range pkg.Files[0].Comments {
				if text, ok := strings.CutPrefix(strings.TrimSpace(g.Text()), "want "); ok {
					want[fset.Position(g.Pos()).Line] = strings.TrimSpace(text)
				}
			}
			a := New(fset, []Package{pkg})
			checked := 0
			ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				id, ok := call.Fun.(*ast.Ident)
				if !ok || id.Name != "use" && id.Name != "uses" {
					return true
				}
				line := fset.Position(call.Pos()).Line
				k := a.Of(call.Args[0])
				if call.Ellipsis.IsValid() {
					k = a.OfElements(call.Args[0])
				}
				if got := describe(k); got != want[line] {
					t.Errorf("line %d: got %s (%s), want %s", line, got, k.Why, want[line])
				}
				checked++
				return true
			})
			if checked == 0 || checked != len(want) {
				t.Errorf("%d keys were looked at, %d comments say what to expect", checked, len(want))
			}
		})
	}
}

func describe(k Key) string {
	if len(k.Patterns) == 0 {
		return k.Code
	}
	quoted := make([]string, len(k.Patterns))
	for i, p := range k.Patterns {
		quoted[i] = strconv.Quote(p)
	}
	return strings.Join(quoted, " ")
}

func TestAFileOfTwoPackagesIsReadOnce(t *testing.T) {
	fset := token.NewFileSet()
	pkg := load(t, importer.Default(), fset, `package main
func get(key string) { use(key) }
func main() { get("a:1") }
func use(string) {}
`)
	a := New(fset, []Package{pkg, pkg})
	if n := len(a.idx.calls[pkg.Types.Scope().Lookup("get").Pos()]); n != 1 {
		t.Errorf("%d calls of get are indexed, want 1", n)
	}
}

func TestOriginsFollowVariables(t *testing.T) {
	fset := token.NewFileSet()
	pkg := load(t, importer.Default(), fset, `package p
type script struct{ src string }
func newScript(src string) *script { return &script{src} }
const text = "return 1"
var global = newScript(text)
type store struct{ s *script }
func run(s *script) {}
func f(p *script) {
	st := store{s: global}
	local := st.s
	run(local)
	run(p)
}
`)
	a := New(fset, []Package{pkg})
	var got []int
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "run" {
				o := a.Origins(call.Args[0])
				got = append(got, len(o))
				if len(o) == 1 {
					src, ok := a.Text(o[0].(*ast.CallExpr).Args[0])
					if !ok || src != "return 1" {
						t.Errorf("the script's text is %q, %v", src, ok)
					}
				}
			}
		}
		return true
	})
	if len(got) != 2 || got[0] != 1 || got[1] != 0 {
		t.Errorf("origins: %v, want one for the local and none for the parameter", got)
	}
}

func TestLuaTypesItsKeys(t *testing.T) {
	s, err := ParseScript(`
local counter = KEYS[1]
local n = redis.call("INCR", counter)
if n == 1 then redis.pcall('pexpire', counter, ARGV[1]) end
for i, id in ipairs(redis.call("LRANGE", KEYS[2], 0, -1)) do
	redis.call("ZADD", KEYS[12], i, id)
end
local which = KEYS[1]
which = KEYS[2]
redis.call("DEL", which)
return redis.call("HSET", KEYS[ARGV[1]], "f", 1)`)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "INCR PEXPIRE", 2: "LRANGE", 12: "ZADD", 3: ""} {
		if got := strings.Join(s.Keys[n], " "); got != want {
			t.Errorf("KEYS[%d]: %q, want %q", n, got, want)
		}
	}
	if len(s.Keys) != 3 {
		t.Errorf("keys %v: KEYS[ARGV[1]] is none that is known", s.Keys)
	}
	if _, err := ParseScript("if then"); err == nil {
		t.Error("a script that is no Lua was parsed")
	}
}

func TestADefaultThatImportersCanReplaceIsAnAssumption(t *testing.T) {
	fset := token.NewFileSet()
	pkg := load(t, importer.Default(), fset, `package p
var Prefix = "app:"
var own = "own:"
type Store struct{ Prefix string }
func New() *Store { return &Store{Prefix: "store:"} }
func f(s *Store, id string) {
	use(Prefix + id)   // variable p.Prefix, which importers set
	use(Prefix)        // variable p.Prefix, which importers set
	use(s.Prefix + id) // field Prefix, which importers set
	use(own + id)      //
}
func use(string) {}
`)
	a := New(fset, []Package{pkg})
	want := map[int]string{}
	for _, g := range pkg.Files[0].Comments {
		want[fset.Position(g.Pos()).Line] = strings.TrimSpace(g.Text())
	}
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			line := fset.Position(call.Pos()).Line
			if k := a.Of(call.Args[0]); len(k.Patterns) != 1 || k.Assumed != want[line] {
				t.Errorf("line %d: %q, assumed because of %q, want %q", line, k.Patterns, k.Assumed, want[line])
			}
		}
		return true
	})
}

func TestElementsOfASliceThatIsAppendedToOnce(t *testing.T) {
	fset := token.NewFileSet()
	pkg := load(t, importer.Default(), fset, `package p
func f(a, b string, more bool) {
	var xs []string
	xs = append(xs, a, b)
	use(xs)
	ys := []string{a}
	if more {
		ys = append(ys, b)
	}
	use(ys)
}
func use([]string) {}
`)
	a := New(fset, []Package{pkg})
	var got []int
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "use" {
				got = append(got, len(a.Elements(call.Args[0])))
			}
		}
		return true
	})
	if !slices.Equal(got, []int{2, 0}) {
		t.Errorf("%d elements are known, want two of the first slice and none of one that a branch appends to", got)
	}
}
