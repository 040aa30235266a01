package spec

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// evalTerms is the argument language's meaning, said once more without a
// generator: what a template makes of arguments.
func evalTerms(t *testing.T, terms []Arg, args map[string]reflect.Value) []any {
	t.Helper()
	var out []any
	for _, a := range terms {
		switch a.Kind {
		case ArgUnit:
		case ArgLiteral:
			out = append(out, a.Text)
		case ArgParam:
			out = append(out, lookup(args, a.Text).Interface())
		case ArgFlatten:
			out = append(out, flatten(lookup(args, a.Text).Interface().([]any))...)
		case ArgEach, ArgEachOpt:
			v := lookup(args, a.Text)
			for i := range v.Len() {
				if a.Kind == ArgEachOpt {
					out = append(out, a.With)
				}
				out = append(out, v.Index(i).Interface())
			}
		case ArgLen:
			out = append(out, lookup(args, a.Text).Len())
		case ArgLower:
			out = append(out, strings.ToLower(lookup(args, a.Text).String()))
		case ArgSeconds:
			out = append(out, whole(duration(args, a), time.Second))
		case ArgMillis:
			out = append(out, whole(duration(args, a), time.Millisecond))
		case ArgTruncMS:
			out = append(out, int(duration(args, a)/time.Millisecond))
		case ArgUnix:
			out = append(out, lookup(args, a.Text).Interface().(time.Time).Unix())
		case ArgUnixMS:
			out = append(out, lookup(args, a.Text).Interface().(time.Time).UnixNano()/int64(time.Millisecond))
		case ArgIf:
			e, err := parser.ParseExpr(a.Text)
			if err != nil {
				t.Fatal(err)
			}
			if condition(t, e, args).Bool() {
				out = append(out, evalTerms(t, a.Args, args)...)
			}
		default:
			t.Fatalf("no meaning for a term of kind %s", a.Kind)
		}
	}
	return out
}

func lookup(args map[string]reflect.Value, path string) reflect.Value {
	name, field, isField := strings.Cut(path, ".")
	if isField {
		return reflect.Indirect(args[name]).FieldByName(field)
	}
	return args[name]
}

func duration(args map[string]reflect.Value, a Arg) time.Duration {
	return lookup(args, a.Text).Interface().(time.Duration)
}

// whole is go-redis's rule for durations: what is shorter than the unit, and
// not nothing, counts as one.
func whole(d, unit time.Duration) int64 {
	if d > 0 && d < unit {
		return 1
	}
	return int64(d / unit)
}

// flatten is go-redis's rule for a single slice.
func flatten(values []any) []any {
	if len(values) == 1 {
		if s, ok := values[0].([]string); ok {
			values = nil
			for _, v := range s {
				values = append(values, v)
			}
		}
	}
	return values
}

// condition evaluates the Go conditions that templates use.
func condition(t *testing.T, e ast.Expr, args map[string]reflect.Value) reflect.Value {
	t.Helper()
	switch e := e.(type) {
	case *ast.Ident:
		return args[e.Name]
	case *ast.SelectorExpr:
		return lookup(args, e.X.(*ast.Ident).Name+"."+e.Sel.Name)
	case *ast.CallExpr:
		return reflect.ValueOf(int64(condition(t, e.Args[0], args).Len()))
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return reflect.ValueOf(s)
		}
		n, err := strconv.ParseInt(e.Value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return reflect.ValueOf(n)
	case *ast.BinaryExpr:
		x, y := condition(t, e.X, args), condition(t, e.Y, args)
		switch e.Op {
		case token.LOR:
			return reflect.ValueOf(x.Bool() || y.Bool())
		case token.NEQ:
			if x.Kind() == reflect.String {
				return reflect.ValueOf(x.String() != y.String())
			}
			return reflect.ValueOf(x.Int() != y.Int())
		case token.GTR:
			return reflect.ValueOf(x.Int() > y.Int())
		}
	}
	t.Fatalf("no meaning for condition %T", e)
	return reflect.Value{}
}
