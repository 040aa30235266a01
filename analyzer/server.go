package analyzer

import (
	"go/ast"
	"go/constant"
	"go/token"
	"sort"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Server is a server that the program names in its text: options of a client
// whose addresses are constants.
type Server struct {
	Names    []string // as store.ServerName writes addresses, sorted; of a Sentinel's master master:NAME@ADDRESS
	Package  string   // import path of the package that makes the options
	Position token.Position
	Test     bool // in a _test.go file
}

// addressFields are the fields of the option types that hold addresses.
var addressFields = map[string]string{
	"Options": "Addr", "UniversalOptions": "Addrs", "ClusterOptions": "Addrs", "RingOptions": "Addrs", "FailoverOptions": "SentinelAddrs",
}

// server notes the server that a literal of options names, if all of it is known.
func (f *finder) server(lit *ast.CompositeLit) {
	n := named(f.info.TypeOf(lit))
	if n == nil || originOf(n.Obj().Pkg()) == foreign {
		return
	}
	field := addressFields[n.Obj().Name()]
	if field == "" {
		return
	}
	values := map[string]ast.Expr{}
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				values[id.Name] = kv.Value
			}
		}
	}
	network, _ := f.text(values["Network"])
	master, known := f.text(values["MasterName"])
	if values["MasterName"] != nil && !known {
		return
	}
	addrs, ok := f.texts(values[field])
	if !ok || len(addrs) == 0 {
		return
	}
	s := Server{Package: f.u.Path, Position: f.fset.Position(lit.Pos()), Test: f.test}
	for _, addr := range addrs {
		name := store.ServerName(network, addr)
		if master != "" {
			name = "master:" + master + "@" + name
		}
		s.Names = append(s.Names, name)
	}
	sort.Strings(s.Names)
	f.out.Servers = append(f.out.Servers, s)
}

// text is the constant that an expression is. Only what stands there counts: a
// value from elsewhere may be another one in another environment.
func (f *finder) text(e ast.Expr) (string, bool) {
	if e == nil {
		return "", false
	}
	v := f.info.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

// texts are the constants of an address, or of a literal with several.
func (f *finder) texts(e ast.Expr) ([]string, bool) {
	if s, ok := f.text(e); ok {
		return []string{s}, true
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	var all []string
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			elt = kv.Value // the shards of a ring
		}
		s, ok := f.text(elt)
		if !ok {
			return nil, false
		}
		all = append(all, s)
	}
	return all, true
}
