package spec

import (
	"fmt"
	"go/ast"
	"go/parser"
	"strings"
)

// An argument template says, for a method that only arranges its parameters,
// which command it sends. It is a list of terms separated by spaces:
//
//	"hset"          the literal, as a string argument
//	key             a parameter, or a field of one (opt.Min), as one argument:
//	                what go-redis gives to its writer, so that a Duration, a
//	                time.Time or a BinaryMarshaler is marshalled there
//	values...       an []interface{} parameter by go-redis's appendArgs rule: with exactly
//	                one element, that element is flattened (slices, maps, structs
//	                with redis tags); otherwise each element is one argument
//	each(keys)      every element of a slice, one argument each, never flattened
//	eachopt("get",sort.Get)
//	                every element of a slice, each behind the literal
//	len(keys)       the number of elements
//	lower(order)    strings.ToLower
//	seconds(ttl)    a Duration in whole seconds by go-redis's formatSec: between 0
//	                and a second it warns and sends 1
//	millis(ttl)     a Duration in whole milliseconds by go-redis's formatMs
//	truncms(ttl)    int(ttl/time.Millisecond)
//	unix(tm)        tm.Unix()
//	unixms(tm)      tm.UnixNano() / int64(time.Millisecond)
//	[cond: terms]   the terms if a Go condition over the parameters holds:
//	                [match!="": "match" match]. The condition has no spaces.
//	unit:s, unit:ms first term only, sends nothing: the precision of the
//	                DurationCmd that receives the answer
//
// The context is not a parameter here.
type Arg struct {
	Kind ArgKind
	Text string // the literal, the parameter or field, the condition, the unit
	With string // ArgEachOpt: the literal before each element
	Args []Arg  // ArgIf: the terms
}

// ArgKind is a kind of term.
type ArgKind string

// The kinds of terms, as ParseArgs documents them.
const (
	ArgLiteral ArgKind = "literal"
	ArgParam   ArgKind = "param"
	ArgFlatten ArgKind = "flatten"
	ArgEach    ArgKind = "each"
	ArgEachOpt ArgKind = "eachopt"
	ArgLen     ArgKind = "len"
	ArgLower   ArgKind = "lower"
	ArgSeconds ArgKind = "seconds"
	ArgMillis  ArgKind = "millis"
	ArgTruncMS ArgKind = "truncms"
	ArgUnix    ArgKind = "unix"
	ArgUnixMS  ArgKind = "unixms"
	ArgIf      ArgKind = "if"
	ArgUnit    ArgKind = "unit"
)

var argFuncs = map[string]ArgKind{
	"each": ArgEach, "len": ArgLen, "lower": ArgLower, "seconds": ArgSeconds, "millis": ArgMillis,
	"truncms": ArgTruncMS, "unix": ArgUnix, "unixms": ArgUnixMS,
}

// ParseArgs reads an argument template; see Arg for the language. An empty
// template gives no terms and no error.
func ParseArgs(template string) ([]Arg, error) {
	p := argParser{rest: template}
	args, err := p.list(false)
	if err != nil {
		return nil, fmt.Errorf("argument template %q: %w", template, err)
	}
	for i, a := range args {
		if a.Kind == ArgUnit && i > 0 {
			return nil, fmt.Errorf("argument template %q: unit:%s is not the first term", template, a.Text)
		}
	}
	return args, nil
}

type argParser struct{ rest string }

// list reads terms up to the end, or up to the bracket that closes a condition.
func (p *argParser) list(inner bool) ([]Arg, error) {
	var out []Arg
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		switch {
		case p.rest == "" && inner:
			return nil, fmt.Errorf("a condition is not closed with ]")
		case p.rest == "":
			return out, nil
		case inner && p.rest[0] == ']':
			p.rest = p.rest[1:]
			return out, nil
		}
		a, err := p.term()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
}

func (p *argParser) term() (Arg, error) {
	switch p.rest[0] {
	case '"':
		lit, rest, ok := strings.Cut(p.rest[1:], `"`)
		if !ok {
			return Arg{}, fmt.Errorf("literal without its closing quote at %s", p.rest)
		}
		p.rest = rest
		return Arg{Kind: ArgLiteral, Text: lit}, nil
	case '[':
		cond, rest, ok := strings.Cut(p.rest[1:], ": ")
		if !ok || strings.Contains(cond, " ") {
			return Arg{}, fmt.Errorf("condition without a colon and a space at %s", p.rest)
		}
		if _, err := parser.ParseExpr(cond); err != nil {
			return Arg{}, fmt.Errorf("condition %s is no Go expression: %w", cond, err)
		}
		p.rest = rest
		inner, err := p.list(true)
		if err == nil && len(inner) == 0 {
			err = fmt.Errorf("condition %s has no terms", cond)
		}
		return Arg{Kind: ArgIf, Text: cond, Args: inner}, err
	}
	end := strings.IndexAny(p.rest, " ]")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return parseWord(word)
}

func parseWord(word string) (Arg, error) {
	if unit, ok := strings.CutPrefix(word, "unit:"); ok {
		if unit != "s" && unit != "ms" {
			return Arg{}, fmt.Errorf("unit %q is neither s nor ms", unit)
		}
		return Arg{Kind: ArgUnit, Text: unit}, nil
	}
	if name, ok := strings.CutSuffix(word, "..."); ok {
		return Arg{Kind: ArgFlatten, Text: name}, checkName(name)
	}
	fn, rest, ok := strings.Cut(word, "(")
	if !ok {
		return Arg{Kind: ArgParam, Text: word}, checkName(word)
	}
	inner, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return Arg{}, fmt.Errorf("%s lacks its closing parenthesis", word)
	}
	if fn == "eachopt" {
		lit, name, ok := strings.Cut(inner, `",`)
		if !ok || !strings.HasPrefix(lit, `"`) {
			return Arg{}, fmt.Errorf("%s is not eachopt(\"literal\",param)", word)
		}
		return Arg{Kind: ArgEachOpt, With: lit[1:], Text: name}, checkName(name)
	}
	kind, ok := argFuncs[fn]
	if !ok {
		return Arg{}, fmt.Errorf("%s is no known function", fn)
	}
	return Arg{Kind: kind, Text: inner}, checkName(inner)
}

// checkName accepts a parameter or a field of one.
func checkName(name string) error {
	e, err := parser.ParseExpr(name)
	if err != nil {
		return fmt.Errorf("%q is no parameter", name)
	}
	if s, ok := e.(*ast.SelectorExpr); ok {
		e = s.X
	}
	if _, ok := e.(*ast.Ident); !ok {
		return fmt.Errorf("%q is neither a parameter nor a field of one", name)
	}
	return nil
}

// Names lists the parameters that a term reads, conditions included; fields
// are given by their parameter.
func (a Arg) Names() []string {
	var out []string
	switch a.Kind {
	case ArgLiteral, ArgUnit:
		return nil
	case ArgIf:
		for _, inner := range a.Args {
			out = append(out, inner.Names()...)
		}
	}
	e, err := parser.ParseExpr(a.Text)
	if err != nil {
		return append(out, a.Text)
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				out = append(out, id.Name)
				return false
			}
		case *ast.Ident:
			if n.Name != "len" {
				out = append(out, n.Name)
			}
		}
		return true
	})
	return out
}
