// Package keys says which patterns the Redis keys of a program can have, from
// syntax and types alone, on demand, one expression at a time. It builds no SSA
// form, does no I/O and never guesses: what it cannot follow is a hole in the
// pattern, or a key that is said to be unknown, with the reason.
//
// Limits. Values are joined over all writers of a variable, whatever the order
// in which they run, so a pattern can be wider than what one path builds and is
// never narrower. A hole stands for any text, the empty one included.
// Recursion, more than sixteen alternatives and function values that escape are
// unknown. A local is read statement by statement as far as nothing else can
// change it (reader); a field by all its writers, whichever value of the struct
// they write to.
//
// Where the program has a default and lets others configure something else, the
// default is taken and the key says so (Key.Assumed): the empty text and what an
// exported setter, option or decoder could bring do not count then. What tests
// write to the program's variables, and call its functions with, never counts: a
// key of the program is what the program makes of it.
package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
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
	Assumed  string   // what may set another key, where the patterns are those that the program sets by default
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
	pkgs []Package

	results   map[result]set // of functions: templates over their parameters
	resolved  map[asked]set  // of parameters: joined over the callers
	satisfied map[implementing]bool
	handsOn   map[handing]bool
	loaded    map[string]bool      // paths of the packages
	outer     map[string][]outside // interfaces of packages that are not loaded, by method name
	elsewhere map[token.Pos]string // of methods: who calls them out of sight

	busy   map[token.Pos]bool
	depth  int
	steps  int                      // of the question at hand
	cuts   int                      // recursions and depths met so far: what is computed meanwhile is not whole
	frames []map[token.Pos]argument // parameters of the functions that are read for one call
	now    map[*types.Var]reading   // variables in the statement that is being read
}

type (
	result struct {
		fn    token.Pos
		index int
	}
	asked struct {
		param token.Pos
		kept  bool
	}
	implementing struct {
		method token.Pos
		iface  *types.Interface
	}
	handing struct {
		typ    token.Pos
		method string
	}
	// A reading is the value of a variable in a piece of syntax.
	reading struct {
		set set
		in  ast.Node
	}
)

// New makes an analyzer over the packages, which must share fset. A file that
// stands in several of them (a package and its test variant) is read once, with
// the types of the first.
func New(fset *token.FileSet, pkgs []Package) *Analyzer {
	a := &Analyzer{
		fset:      fset,
		idx:       newIndex(fset, pkgs),
		results:   map[result]set{},
		resolved:  map[asked]set{},
		satisfied: map[implementing]bool{},
		handsOn:   map[handing]bool{},
		loaded:    map[string]bool{},
		elsewhere: map[token.Pos]string{},
		busy:      map[token.Pos]bool{},
		now:       map[*types.Var]reading{},
		pkgs:      pkgs,
	}
	for _, p := range pkgs {
		a.loaded[p.Types.Path()] = true
	}
	return a
}

// Of says what the string that e evaluates to looks like.
func (a *Analyzer) Of(e ast.Expr) Key { return a.key(a.ask(e, a.eval), escape) }

// OfGlob is Of for an argument that is a glob itself, as the pattern of KEYS
// and SCAN: its '*' stays one.
func (a *Analyzer) OfGlob(e ast.Expr) Key {
	return a.key(a.ask(e, a.eval), func(s string) string { return s })
}

// OfElements says what the elements of the slice e look like, all together.
func (a *Analyzer) OfElements(e ast.Expr) Key { return a.key(a.ask(e, a.elements), escape) }

// OfKeys says what the keys of the map e look like, all together.
func (a *Analyzer) OfKeys(e ast.Expr) Key { return a.key(a.ask(e, a.mapKeys), escape) }

// Text gives the constant text that e has, whichever way it gets there, and
// false when there is none or more than one.
func (a *Analyzer) Text(e ast.Expr) (string, bool) { return constantOf(a.ask(e, a.eval)) }

// ask answers one question, in so many steps at most.
func (a *Analyzer) ask(e ast.Expr, by func(ast.Expr) set) set {
	a.steps = 0
	return a.finish(by(e))
}

// key turns resolved templates into patterns. The empty text is no key: it is
// what a variable is before it is set, and what functions return beside an error.
func (a *Analyzer) key(s set, esc func(string) string) Key {
	var k Key
	seen := map[string]bool{}
	bare, sure := false, false
	for _, t := range s.alts {
		pattern, literals := t.pattern(esc)
		if pattern == "" && len(s.alts) > 1 {
			continue
		}
		if !literals {
			pattern, bare = "*", true
			if h := t.firstHole(); h != nil && (k.Code == "" || rank(h.code) > rank(k.Code)) {
				k.Code, k.Why = h.code, h.why
			}
		} else if by := t.assumed(); by == "" {
			sure = true
		} else if k.Assumed == "" {
			k.Assumed = by
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
	case bare && k.Code != "" && !sure:
		// Beside a key that can be anything nothing is left to assume.
		k.Patterns, k.Assumed = nil, ""
	case len(k.Patterns) > MaxPatterns:
		k = Key{Code: Unknown, Why: "more than 16 patterns"}
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
