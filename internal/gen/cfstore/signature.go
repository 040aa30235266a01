package cfstore

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"
)

// errUnnamed says that a signature has a type that only the facade can name.
var errUnnamed = errors.New("a type in the signature cannot be named outside the facade")

// wrapper writes a function with the signature of fn that calls target with the
// same arguments.
func wrapper(fn function, target *jen.Statement) (*jen.Statement, error) {
	if fn.typ.TypeParams != nil {
		return nil, errUnnamed
	}
	var params, args []jen.Code
	n := 0
	for _, field := range fn.typ.Params.List {
		typ, err := fn.code(field.Type)
		if err != nil {
			return nil, err
		}
		names := field.Names
		if len(names) == 0 {
			names = []*ast.Ident{{Name: "_"}}
		}
		for _, name := range names {
			arg := name.Name
			if arg == "_" || arg == "plan" || arg == "runtime" || fn.imports[arg] != "" {
				arg = "arg" + strconv.Itoa(n) // would hide what the body needs
			}
			n++
			params = append(params, jen.Id(arg).Add(typ))
			call := jen.Id(arg)
			if _, ok := field.Type.(*ast.Ellipsis); ok {
				call = call.Op("...")
			}
			args = append(args, call)
		}
	}
	results, err := fn.results()
	if err != nil {
		return nil, err
	}
	body := target.Call(args...)
	s := jen.Func().Id(fn.name).Params(params...)
	switch len(results) {
	case 0:
		return s.Block(body), nil
	case 1:
		return s.Add(results[0]).Block(jen.Return(body)), nil
	}
	return s.Params(results...).Block(jen.Return(body)), nil
}

func (fn function) results() ([]jen.Code, error) {
	if fn.typ.Results == nil {
		return nil, nil
	}
	var out []jen.Code
	for _, field := range fn.typ.Results.List {
		typ, err := fn.code(field.Type)
		if err != nil {
			return nil, err
		}
		if len(field.Names) == 0 {
			out = append(out, typ)
			continue
		}
		for _, name := range field.Names {
			if fn.typ.Results.NumFields() == 1 {
				out = append(out, typ)
				continue
			}
			out = append(out, jen.Id(name.Name).Add(typ))
		}
	}
	return out, nil
}

// code writes a type of the facade's sources as the generated package sees it:
// the facade's own types under their aliases.
func (fn function) code(e ast.Expr) (*jen.Statement, error) {
	switch e := e.(type) {
	case *ast.Ident:
		if types.Universe.Lookup(e.Name) != nil || e.IsExported() && !forTheTool[e.Name] {
			return jen.Id(e.Name), nil
		}
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		if ok && fn.imports[x.Name] != "" && !isInternal(fn.imports[x.Name]) {
			return jen.Qual(fn.imports[x.Name], e.Sel.Name), nil
		}
	case *ast.StarExpr:
		return fn.prefixed(jen.Op("*"), e.X)
	case *ast.ParenExpr:
		return fn.code(e.X)
	case *ast.Ellipsis:
		return fn.prefixed(jen.Op("..."), e.Elt)
	case *ast.ArrayType:
		if e.Len == nil {
			return fn.prefixed(jen.Index(), e.Elt)
		}
		if lit, ok := e.Len.(*ast.BasicLit); ok {
			return fn.prefixed(jen.Index(jen.Op(lit.Value)), e.Elt)
		}
	case *ast.MapType:
		key, err := fn.code(e.Key)
		if err != nil {
			return nil, err
		}
		return fn.prefixed(jen.Map(key), e.Value)
	case *ast.ChanType:
		switch e.Dir {
		case ast.SEND:
			return fn.prefixed(jen.Chan().Op("<-"), e.Value)
		case ast.RECV:
			return fn.prefixed(jen.Op("<-").Chan(), e.Value)
		}
		return fn.prefixed(jen.Chan(), e.Value)
	case *ast.InterfaceType:
		if e.Methods.NumFields() == 0 {
			return jen.Interface(), nil
		}
	case *ast.StructType:
		if e.Fields.NumFields() == 0 {
			return jen.Struct(), nil
		}
	case *ast.FuncType:
		inner := function{typ: e, imports: fn.imports}
		var params []jen.Code
		for _, field := range e.Params.List {
			typ, err := fn.code(field.Type)
			if err != nil {
				return nil, err
			}
			for range max(1, len(field.Names)) {
				params = append(params, typ)
			}
		}
		results, err := inner.unnamedResults()
		if err != nil {
			return nil, err
		}
		s := jen.Func().Params(params...)
		switch len(results) {
		case 0:
			return s, nil
		case 1:
			return s.Add(results[0]), nil
		}
		return s.Params(results...), nil
	}
	return nil, errUnnamed
}

func (fn function) unnamedResults() ([]jen.Code, error) {
	if fn.typ.Results == nil {
		return nil, nil
	}
	var out []jen.Code
	for _, field := range fn.typ.Results.List {
		typ, err := fn.code(field.Type)
		if err != nil {
			return nil, err
		}
		for range max(1, len(field.Names)) {
			out = append(out, typ)
		}
	}
	return out, nil
}

func (fn function) prefixed(s *jen.Statement, e ast.Expr) (*jen.Statement, error) {
	rest, err := fn.code(e)
	if err != nil {
		return nil, err
	}
	return s.Add(rest), nil
}

func isInternal(importPath string) bool {
	return strings.Contains("/"+importPath+"/", "/internal/")
}

// packageName makes the name of the generated package from its directory.
func packageName(dir string) string {
	base := dir[strings.LastIndexByte(dir, '/')+1:]
	name := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return -1
	}, base)
	if !token.IsIdentifier(name) || name == "_" || name == "main" {
		return "cfstore"
	}
	return name
}
