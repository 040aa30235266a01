package syntax

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

func TestName(t *testing.T) {
	for src, want := range map[string]string{"x": "x", "((x))": "x", "p.x": "x", "a.b.x": "x", "f()": "", "x[0]": "", "*x": "", `"x"`: ""} {
		e, err := parser.ParseExpr(src)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if id := Name(e); id != nil {
			got = id.Name
		}
		if got != want {
			t.Errorf("%s: %q, not %q", src, got, want)
		}
	}
}

func TestUsesCgo(t *testing.T) {
	for src, want := range map[string]bool{"package p\nimport \"C\"": true, "package p\nimport (\n\"fmt\"\n\"C\"\n)": true, "package p\nimport \"fmt\"": false} {
		f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := UsesCgo([]*ast.File{f}); got != want {
			t.Errorf("%s: %v", src, got)
		}
	}
}
