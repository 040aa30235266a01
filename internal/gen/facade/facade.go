// Package facade writes the generated files of the runtime: methods,
// interfaces, result types and views, out of the command table. It decides
// nothing: what the table marks as served is emitted, and what the table has no
// argument template for is expected in the runtime's own files.
package facade

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// importPath is the package that the files belong to.
const importPath = "github.com/redis2cf/redis2cf/runtime"

// Files returns the generated files by name, relative to the runtime's
// directory.
func Files() (map[string][]byte, error) {
	g := &generator{rows: servedRows()}
	files := map[string]*jen.File{
		"interfaces_gen.go": g.interfaces(),
		"results_gen.go":    g.results(),
		"views_gen.go":      g.views(),
		"options_gen.go":    g.options(),
	}
	for _, name := range groupsOf(g.rows) {
		if f := g.methods(name); f != nil {
			files["methods_"+name+"_gen.go"] = f
		}
	}
	if g.err != nil {
		return nil, g.err
	}
	out := make(map[string][]byte, len(files))
	for name, f := range files {
		var b bytes.Buffer
		if err := f.Render(&b); err != nil {
			return nil, fmt.Errorf("rendering %s: %w", name, err)
		}
		out[name] = b.Bytes()
	}
	return out, nil
}

// generator holds the rows and the first error.
type generator struct {
	rows []*spec.Row
	err  error
}

func (g *generator) fail(r *spec.Row, err error) {
	if g.err == nil && err != nil {
		g.err = fmt.Errorf("method %s: %w", r.Method, err)
	}
}

func servedRows() []*spec.Row {
	var out []*spec.Row
	for _, r := range spec.Rows() {
		if r.Verdict == spec.Served {
			out = append(out, r)
		}
	}
	return out
}

func groupsOf(rows []*spec.Row) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r.Group] {
			seen[r.Group] = true
			out = append(out, r.Group)
		}
	}
	return out
}

func newFile() *jen.File {
	f := jen.NewFilePathName(importPath, "runtime")
	f.HeaderComment("Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.")
	return f
}

// has reports whether a row stands on a receiver type that is not every
// Cmdable.
func has(r *spec.Row, typ string) bool {
	for _, t := range strings.Split(r.Types, ",") {
		if t == typ {
			return true
		}
	}
	return false
}

// signature is the parameters and results of a method as Go source.
func signature(r *spec.Row) (*ast.FuncType, error) {
	params := r.Params
	if !r.NoCtx {
		params = "ctx context.Context"
		if r.Params != "" {
			params += ", " + r.Params
		}
	}
	e, err := parser.ParseExpr("func(" + params + ") " + r.Result)
	if err != nil {
		return nil, fmt.Errorf("parameters %q, results %q: %w", r.Params, r.Result, err)
	}
	return e.(*ast.FuncType), nil
}

// declare is a method as an interface lists it: Name(params) results.
func (g *generator) declare(r *spec.Row) *jen.Statement {
	sig, err := signature(r)
	if err != nil {
		g.fail(r, err)
		return jen.Null()
	}
	s := jen.Id(r.Method).Params(fields(sig.Params)...)
	if sig.Results != nil {
		s.Add(results(sig.Results))
	}
	return s
}

func results(l *ast.FieldList) *jen.Statement {
	if len(l.List) == 1 && len(l.List[0].Names) == 0 {
		return typeOf(l.List[0].Type)
	}
	return jen.Params(fields(l)...)
}

func fields(l *ast.FieldList) []jen.Code {
	var out []jen.Code
	for _, f := range l.List {
		if len(f.Names) == 0 {
			out = append(out, typeOf(f.Type))
			continue
		}
		for _, n := range f.Names {
			out = append(out, jen.Id(n.Name).Add(typeOf(f.Type)))
		}
	}
	return out
}

// stdlib are the packages that parameter types come from.
var stdlib = map[string]string{"context": "context", "time": "time", "io": "io"}

func typeOf(e ast.Expr) *jen.Statement {
	switch e := e.(type) {
	case *ast.Ident:
		return jen.Id(e.Name)
	case *ast.StarExpr:
		return jen.Op("*").Add(typeOf(e.X))
	case *ast.SelectorExpr:
		return jen.Qual(stdlib[e.X.(*ast.Ident).Name], e.Sel.Name)
	case *ast.ArrayType:
		return jen.Index().Add(typeOf(e.Elt))
	case *ast.MapType:
		return jen.Map(typeOf(e.Key)).Add(typeOf(e.Value))
	case *ast.Ellipsis:
		return jen.Op("...").Add(typeOf(e.Elt))
	case *ast.InterfaceType:
		return jen.Interface()
	case *ast.ChanType:
		if e.Dir == ast.RECV {
			return jen.Op("<-").Chan().Add(typeOf(e.Value))
		}
		return jen.Chan().Add(typeOf(e.Value))
	case *ast.FuncType:
		s := jen.Func().Params(fields(e.Params)...)
		if e.Results != nil {
			s.Add(results(e.Results))
		}
		return s
	}
	panic(fmt.Sprintf("facade: the table has a parameter type that typeOf does not know: %T", e))
}
