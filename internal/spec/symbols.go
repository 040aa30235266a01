package spec

import (
	"strings"
	"sync"
)

// A symbolRow is a list of names with one kind and one fate.
type symbolRow struct {
	pkg, kind string
	fate      fate
	names     string
}

// A fieldRow is an argument struct with its fields.
type fieldRow struct {
	typ    string
	fate   fate
	fields string
}

var (
	symbols  []*Symbol
	symbolBy = map[string]*Symbol{} // "logging.LogLevelWarn", ".Options.Addr"
)

var loadSymbols = sync.OnceFunc(func() {
	for _, r := range symbolRows {
		addSymbols(r)
	}
	for _, r := range subPackageRows {
		addSymbols(r)
	}
	for _, r := range fieldRows {
		for _, f := range strings.Fields(r.fields) {
			addSymbol("", "field", r.typ+"."+f, "used", r.fate)
		}
	}
	addOptionFields()
})

func addSymbols(r symbolRow) {
	for _, n := range strings.Fields(r.names) {
		addSymbol(r.pkg, r.kind, n, "", r.fate)
	}
}

func addSymbol(pkg, kind, name, use string, f fate) {
	s := &Symbol{Package: pkg, Name: name, Kind: kind, Verdict: f.verdict, Code: f.code, Advice: f.advice, Use: use, Facade: name}
	if kind == "field" && s.Verdict != Served {
		s.Use = "error"
	}
	k := pkg + "." + name
	if symbolBy[k] != nil {
		panic("spec: two rows for symbol " + k)
	}
	symbolBy[k] = s
	symbols = append(symbols, s)
}

// Symbols are all exported names of go-redis and its public sub-packages that
// are no methods, and the fields of option and argument structs. The slice is
// the package's own: do not change it.
func Symbols() []*Symbol {
	loadSymbols()
	return symbols
}

// SymbolOf finds a symbol by its sub-package ("" for go-redis itself) and its
// name; a field is named with its type: "Options.Addr".
func SymbolOf(pkg, name string) (*Symbol, bool) {
	loadSymbols()
	s := symbolBy[pkg+"."+name]
	return s, s != nil
}
