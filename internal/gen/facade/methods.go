package facade

import (
	"go/ast"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/redis2cf/redis2cf/internal/spec"
)

const argPath = importPath + "/internal/arg"

// receiver is the func type that a row's method stands on, empty when the
// method is written by hand.
func receiver(r *spec.Row) string {
	switch {
	case r.Args == "":
		return ""
	case r.Types == "" || has(r, "Client") && has(r, "Pipeline"):
		return "cmdable"
	case has(r, "StatefulCmdable"):
		return "statefulCmdable"
	}
	return ""
}

// methods writes the methods of one group, nil when it has none of its own.
func (g *generator) methods(group string) *jen.File {
	f := newFile()
	any := false
	for _, r := range g.rows {
		if recv := receiver(r); r.Group == group && recv != "" {
			any = true
			g.method(f, r, recv)
		}
	}
	if !any {
		return nil
	}
	return f
}

func (g *generator) method(f *jen.File, r *spec.Row, recv string) {
	terms, err := spec.ParseArgs(r.Args)
	if err != nil {
		g.fail(r, err)
		return
	}
	sig, err := signature(r)
	if err != nil {
		g.fail(r, err)
		return
	}
	body := &body{row: r, sig: sig}
	if len(terms) > 0 && terms[0].Kind == spec.ArgUnit {
		body.unit, terms = terms[0].Text, terms[1:]
	}
	f.Commentf("%s sends %s.", r.Method, r.Redis)
	f.Func().Params(jen.Id("c").Id(recv)).Add(g.declare(r)).Block(body.code(terms)...)
	f.Line()
}

// body is the statements of one method.
type body struct {
	row  *spec.Row
	sig  *ast.FuncType
	unit string
}

func (b *body) code(terms []spec.Arg) []jen.Code {
	var out []jen.Code
	make := jen.Id("New" + strings.TrimPrefix(b.row.Result, "*"))
	first := []jen.Code{jen.Id("ctx")}
	switch {
	case b.unit == "s":
		first = append(first, jen.Qual("time", "Second"))
	case b.unit == "ms":
		first = append(first, jen.Qual("time", "Millisecond"))
	case b.row.Result == "*ScanCmd":
		first = append(first, jen.Id("c"))
	}
	if knowsWords(strings.TrimPrefix(b.row.Result, "*")) {
		for len(terms) > 0 && terms[0].Kind == spec.ArgLiteral {
			terms = terms[1:]
		}
	}
	if prefix := scalars(terms); len(prefix) == len(terms) {
		out = append(out, jen.Id("cmd").Op(":=").Add(make).Call(append(first, prefix...)...))
	} else {
		out = append(out, b.slice(terms)...)
		out = append(out, jen.Id("cmd").Op(":=").Add(make).Call(append(first, jen.Id("words").Op("..."))...))
	}
	if b.row.Block && b.param("timeout") {
		out = append(out, jen.Id("cmd").Dot("setReadTimeout").Call(jen.Id("timeout")))
	}
	out = append(out, jen.Id("_").Op("=").Id("c").Call(jen.Id("ctx"), jen.Id("cmd")))
	if b.row.Redis == "EVAL" || b.row.Redis == "EVALSHA" || b.row.Redis == "EVAL_RO" || b.row.Redis == "EVALSHA_RO" {
		out = append(out, jen.If(jen.Id("HasErrorPrefix").Call(jen.Id("cmd").Dot("err"), jen.Lit("NOSCRIPT"))).Block(
			jen.Id("cmd").Dot("err").Op("=").Id("ErrNoScript")))
	}
	return append(out, jen.Return(jen.Id("cmd")))
}

func (b *body) param(name string) bool {
	for _, f := range b.sig.Params.List {
		for _, n := range f.Names {
			if n.Name == name {
				return true
			}
		}
	}
	return false
}

// slice builds args term by term, in a slice that has room for what is known.
func (b *body) slice(terms []spec.Arg) []jen.Code {
	size := jen.Lit(fixed(terms))
	for _, t := range terms {
		switch t.Kind {
		case spec.ArgFlatten, spec.ArgEach:
			size.Op("+").Len(jen.Id(t.Text))
		case spec.ArgEachOpt:
			size.Op("+").Lit(2).Op("*").Len(jen.Id(t.Text))
		}
	}
	out := []jen.Code{jen.Id("words").Op(":=").Make(jen.Index().Interface(), jen.Lit(0), size)}
	return append(out, appends(terms)...)
}

// fixed counts the arguments that are always there, and those of conditions.
func fixed(terms []spec.Arg) int {
	n := 0
	for _, t := range terms {
		switch t.Kind {
		case spec.ArgFlatten, spec.ArgEach, spec.ArgEachOpt:
		case spec.ArgIf:
			n += fixed(t.Args)
		default:
			n++
		}
	}
	return n
}

func appends(terms []spec.Arg) []jen.Code {
	var out []jen.Code
	for len(terms) > 0 {
		if run := scalars(terms); len(run) > 0 {
			out = append(out, jen.Id("words").Op("=").Append(append([]jen.Code{jen.Id("words")}, run...)...))
			terms = terms[len(run):]
			continue
		}
		t := terms[0]
		terms = terms[1:]
		v := jen.Id("v")
		switch t.Kind {
		case spec.ArgFlatten:
			out = append(out, jen.Id("words").Op("=").Qual(argPath, "Flatten").Call(jen.Id("words"), jen.Id(t.Text)))
		case spec.ArgEach:
			out = append(out, jen.For(jen.List(jen.Id("_"), v).Op(":=").Range().Id(t.Text)).Block(
				jen.Id("words").Op("=").Append(jen.Id("words"), v)))
		case spec.ArgEachOpt:
			out = append(out, jen.For(jen.List(jen.Id("_"), v).Op(":=").Range().Id(t.Text)).Block(
				jen.Id("words").Op("=").Append(jen.Id("words"), jen.Lit(t.With), v)))
		case spec.ArgIf:
			out = append(out, jen.If(jen.Id(t.Text)).Block(appends(t.Args)...))
		}
	}
	return out
}

// scalars are the leading terms that are one argument each.
func scalars(terms []spec.Arg) []jen.Code {
	var out []jen.Code
	for _, t := range terms {
		c := scalar(t)
		if c == nil {
			break
		}
		out = append(out, c)
	}
	return out
}

func scalar(t spec.Arg) *jen.Statement {
	p := jen.Id(t.Text)
	switch t.Kind {
	case spec.ArgLiteral:
		return jen.Lit(t.Text)
	case spec.ArgParam:
		return p
	case spec.ArgLen:
		return jen.Len(p)
	case spec.ArgLower:
		return jen.Id("lower").Call(p)
	case spec.ArgSeconds:
		return jen.Id("formatSec").Call(jen.Id("ctx"), p)
	case spec.ArgMillis:
		return jen.Id("formatMs").Call(jen.Id("ctx"), p)
	case spec.ArgTruncMS:
		return jen.Int().Call(p.Op("/").Qual("time", "Millisecond"))
	case spec.ArgUnix:
		return p.Dot("Unix").Call()
	case spec.ArgUnixMS:
		return p.Dot("UnixNano").Call().Op("/").Int64().Call(jen.Qual("time", "Millisecond"))
	}
	return nil
}
