package rewrite

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

func TestApplyAndBack(t *testing.T) {
	src := []byte("one two three")
	edits := []Edit{{Start: 0, End: 3, New: "1"}, {Start: 4, End: 4, New: "("}, {Start: 7, End: 7, New: ")"}}
	out, err := Apply(src, edits)
	if err != nil || string(out) != "1 (two) three" {
		t.Fatalf("%q %v", out, err)
	}
	for word, want := range map[string]int{"1": 0, "two": 4, "three": 8} {
		if got := originalOffset(edits, strings.Index(string(out), word)); got != want {
			t.Errorf("%s stood at %d, not at %d", word, want, got)
		}
	}
	if _, err := Apply(src, []Edit{{Start: 0, End: 5}, {Start: 4, End: 6}}); err == nil {
		t.Error("overlapping edits were made")
	}
}

func TestTidyLeavesOtherFormsAlone(t *testing.T) {
	odd := []byte("package x\nvar  a=1\n")
	if got := Tidy(odd, odd); string(got) != string(odd) {
		t.Errorf("a file that was not in gofmt's form became %q", got)
	}
}

// TestLoopVars: a line that ends in "// here" is one that goes 1.22 would change.
func TestLoopVars(t *testing.T) {
	const src = `package x

type s struct{ n int }

func (p *s) run() {}

func keep(f func()) {}

func f(list []s, ptrs []*s) {
	var all []*int
	for i := 0; i < 3; i++ {
		keep(func() { _ = i }) // here
		all = append(all, &i) // here
		func() { _ = i }()
		i := i
		keep(func() { _ = i })
	}
	for _, v := range list {
		v.run() // here
		_ = &v.n // here
		go func() { _ = v }() // here
		defer func(v s) { _ = v }(v)
	}
	for _, p := range ptrs {
		p.run()
		_ = &p.n
	}
	var i int
	for i = range list {
		keep(func() { _ = i })
	}
}
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	conf := types.Config{Importer: importer.Default(), GoVersion: "go1.21"}
	if _, err := conf.Check("x", fset, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	var got, want []int
	for _, p := range loopVars([]*ast.File{file}, info) {
		if l := fset.Position(p).Line; !slices.Contains(got, l) {
			got = append(got, l)
		}
	}
	for i, line := range strings.Split(src, "\n") {
		if strings.HasSuffix(line, "// here") {
			want = append(want, i+1)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}
