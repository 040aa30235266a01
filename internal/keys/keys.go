// Package keys says which patterns the Redis keys of a program can have, from
// syntax and types alone, on demand, one expression at a time. It builds no SSA
// form, does no I/O and never guesses: what it cannot follow is a hole in the
// pattern, or a key that is said to be unknown, with the reason.
//
// Limits. Values are joined over all writers of a variable, whatever the order
// in which they run, so a pattern can be wider than what one path builds and is
// never narrower. A hole stands for any text, the empty one included.
// Recursion, more than sixteen alternatives and function values that escape are
// unknown.
package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

// Reason codes of keys of which no literal byte is known.
const (
	FromImporter = "KEY_FROM_IMPORTER" // a parameter that code outside this module fills
	FromData     = "KEY_FROM_DATA"     // a reply, a request, a map, stored data
	Unknown      = "KEY_UNKNOWN"       // the analysis gave up
)

// MaxPatterns is the most patterns that one key may have before it is unknown.
const MaxPatterns = 16

// A Key is what is known of one expression.
type Key struct {
	Patterns []string // sorted Redis globs; empty when nothing is known, "*" among others for a part that is not
	Code     string   // reason code when Patterns is empty
	Why      string   // one line for people, without the code; also for a "*" among other patterns
}

// A Package is one type-checked package with its syntax.
type Package struct {
	Types *types.Package
	Info  *types.Info
	Files []*ast.File
	// Closed says that no code outside the packages given to New can call the
	// exported functions of this one: package main, an internal package, a
	// package of a module that is a program.
	Closed bool
}

// An Analyzer answers for the packages it was made with. Values flow between
// them where they share a realm. It is not safe for concurrent use.
type Analyzer struct {
	fset *token.FileSet
	idx  *index

	results  map[token.Pos]set // of functions: templates over their parameters
	resolved map[part]set      // of parameters: joined over the callers
	busy     map[token.Pos]bool
	depth    int
	cuts     int // recursions and depths met so far: what is computed meanwhile is not whole
}

// New makes an analyzer over the packages, which must share fset. A file that
// stands in several of them (a package and its test variant) is read once, with
// the types of the first.
func New(fset *token.FileSet, pkgs []Package) *Analyzer {
	return &Analyzer{
		fset:     fset,
		idx:      newIndex(fset, pkgs),
		results:  map[token.Pos]set{},
		resolved: map[part]set{},
		busy:     map[token.Pos]bool{},
	}
}

// Of says what the string that e evaluates to looks like.
func (a *Analyzer) Of(e ast.Expr) Key { return a.key(a.finish(a.eval(e)), escape) }

// OfGlob is Of for an argument that is a glob itself, as the pattern of KEYS
// and SCAN: its '*' stays one.
func (a *Analyzer) OfGlob(e ast.Expr) Key {
	return a.key(a.finish(a.eval(e)), func(s string) string { return s })
}

// OfElements says what the elements of the slice e look like, all together.
func (a *Analyzer) OfElements(e ast.Expr) Key { return a.key(a.finish(a.elements(e)), escape) }

// Text gives the constant text that e has, whichever way it gets there, and
// false when there is none or more than one.
func (a *Analyzer) Text(e ast.Expr) (string, bool) {
	s := a.finish(a.eval(e))
	if len(s.alts) != 1 {
		return "", false
	}
	var b strings.Builder
	for _, p := range s.alts[0] {
		if p.kind != literal {
			return "", false
		}
		b.WriteString(p.text)
	}
	return b.String(), true
}

// key turns resolved templates into patterns.
func (a *Analyzer) key(s set, esc func(string) string) Key {
	var k Key
	seen := map[string]bool{}
	for _, t := range s.alts {
		pattern, literals := t.pattern(esc)
		if !literals {
			pattern = "*"
			if h := t.firstHole(); h != nil && (k.Code == "" || rank(h.code) > rank(k.Code)) {
				k.Code, k.Why = h.code, h.why
			}
		}
		if !seen[pattern] {
			seen[pattern] = true
			k.Patterns = append(k.Patterns, pattern)
		}
	}
	sort.Strings(k.Patterns)
	switch {
	case len(k.Patterns) == 0:
		k.Code, k.Why = Unknown, "no value of it was found"
	case len(k.Patterns) == 1 && seen["*"] && k.Code != "":
		k.Patterns = nil
	case len(k.Patterns) > MaxPatterns:
		k.Patterns, k.Code, k.Why = nil, Unknown, "more than 16 patterns"
	default:
		k.Code = ""
	}
	return k
}

// rank orders the codes when several say why: what a person can do something
// about comes first.
func rank(code string) int {
	switch code {
	case FromImporter:
		return 3
	case FromData:
		return 2
	}
	return 1
}
