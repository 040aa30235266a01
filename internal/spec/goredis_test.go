package spec

import (
	"go/ast"
	"go/types"
	"sort"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

const goredis = "github.com/redis/go-redis/v9"

// receivers are the types whose methods all need a row.
var receivers = []string{"Cmdable", "StatefulCmdable", "UniversalClient", "Client", "ClusterClient", "Ring", "Conn", "Tx",
	"Pipeline", "Pipeliner", "PubSub", "Script", "Scripter", "ScanIterator", "AutoPipeliner", "SentinelClient",
	"StringCmdable", "GenericCmdable", "HashCmdable", "ListCmdable", "SetCmdable", "SortedSetCmdable", "StreamCmdable"}

// loadGoRedis type-checks go-redis and its public sub-packages, by the name of
// the sub-package.
var loadGoRedis = sync.OnceValues(func() (map[string]*types.Package, error) {
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedModule}
	loaded, err := packages.Load(cfg, goredis+"/...")
	if err != nil {
		return nil, err
	}
	out := map[string]*types.Package{}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
		if strings.Contains(p.PkgPath, "/internal") || p.Name == "main" {
			continue
		}
		out[strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, goredis), "/")] = p.Types
	}
	return out, nil
})

func goRedis(t *testing.T) map[string]*types.Package {
	t.Helper()
	pkgs, err := loadGoRedis()
	if err != nil {
		t.Fatalf("loading %s: %v", goredis, err)
	}
	if pkgs[""] == nil {
		t.Fatalf("%s was not loaded", goredis)
	}
	return pkgs
}

// methodsOf are the exported methods of a type of go-redis, by name.
func methodsOf(t *testing.T, pkg *types.Package, name string) map[string]*types.Signature {
	t.Helper()
	o := pkg.Scope().Lookup(name)
	if o == nil {
		t.Fatalf("go-redis has no type %s", name)
	}
	typ := o.Type()
	if !types.IsInterface(typ) {
		typ = types.NewPointer(typ)
	}
	out := map[string]*types.Signature{}
	ms := types.NewMethodSet(typ)
	for i := range ms.Len() {
		if f := ms.At(i).Obj(); f.Exported() {
			out[f.Name()] = f.Type().(*types.Signature)
		}
	}
	return out
}

func qualify(pkg *types.Package) types.Qualifier {
	return func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	}
}

// source writes a signature as rows write it.
func source(pkg *types.Package, s *types.Signature) (params, result string, noCtx bool) {
	noCtx = true
	var ps []string
	for i := range s.Params().Len() {
		v := s.Params().At(i)
		typ := types.TypeString(v.Type(), qualify(pkg))
		if i == 0 && typ == "context.Context" {
			noCtx = false
			continue
		}
		if s.Variadic() && i == s.Params().Len()-1 {
			typ = "..." + strings.TrimPrefix(typ, "[]")
		}
		ps = append(ps, strings.TrimSpace(v.Name()+" "+typ))
	}
	var rs []string
	for i := range s.Results().Len() {
		rs = append(rs, types.TypeString(s.Results().At(i).Type(), qualify(pkg)))
	}
	if result = strings.Join(rs, ", "); len(rs) > 1 {
		result = "(" + result + ")"
	}
	one := func(s string) string { return strings.ReplaceAll(s, "any", "interface{}") }
	return one(strings.Join(ps, ", ")), one(result), noCtx
}

// typesOnly drops the names from a parameter list.
func typesOnly(params string) string {
	var out []string
	depth, from := 0, 0
	parts := []string{}
	for i, r := range params {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, params[from:i])
				from = i + 1
			}
		}
	}
	for _, p := range append(parts, params[from:]) {
		p = strings.TrimSpace(p)
		if name, rest, ok := strings.Cut(p, " "); ok && ast.IsExported(name) == false && !strings.ContainsAny(name, "(*[") {
			p = rest
		}
		out = append(out, p)
	}
	return strings.Join(out, ", ")
}

func TestCmdableHas617Methods(t *testing.T) {
	if n := len(methodsOf(t, goRedis(t)[""], "Cmdable")); n != 617 {
		t.Errorf("Cmdable has %d methods: the table was written for 617, of v9.22.0", n)
	}
}

func TestEveryMethodHasARow(t *testing.T) {
	pkg := goRedis(t)[""]
	for _, recv := range receivers {
		for name, sig := range methodsOf(t, pkg, recv) {
			row, ok := Method(recv, name)
			if !ok {
				t.Errorf("%s.%s has no row", recv, name)
				continue
			}
			params, result, noCtx := source(pkg, sig)
			if typesOnly(row.Params) != typesOnly(params) || row.Result != result || row.NoCtx != noCtx {
				t.Errorf("%s.%s: the row says (%s) %s, without context %v; go-redis says (%s) %s, %v",
					recv, name, row.Params, row.Result, row.NoCtx, params, result, noCtx)
			}
			if recv == "Cmdable" && row.Params != params {
				t.Errorf("Cmdable.%s: the row names its parameters %q, go-redis %q", name, row.Params, params)
			}
		}
	}
}

func TestEveryRowHasItsMethod(t *testing.T) {
	pkg := goRedis(t)[""]
	methods := map[string]map[string]*types.Signature{}
	for _, r := range Rows() {
		recvs := []string{"Cmdable"}
		if r.Types != "" {
			recvs = strings.Split(r.Types, ",")
		}
		for _, recv := range recvs {
			if methods[recv] == nil {
				methods[recv] = methodsOf(t, pkg, recv)
			}
			if methods[recv][r.Method] == nil {
				t.Errorf("a row for %s.%s, which go-redis does not have", recv, r.Method)
			}
		}
	}
}

// TestKeyParametersAreKeys checks the types behind the key parameters: strings
// and collections of strings, fields included.
func TestKeyParametersAreKeys(t *testing.T) {
	pkg := goRedis(t)[""]
	sigs := methodsOf(t, pkg, "Cmdable")
	for _, r := range Rows() {
		if r.On != OnCmdable {
			continue
		}
		for _, p := range r.Keys.Params {
			typ := paramType(sigs[r.Method], p)
			if typ == nil {
				t.Errorf("%s: no parameter %s", r.Method, p)
				continue
			}
			switch s := typ.Underlying().String(); {
			case s == "string", s == "[]string", strings.HasPrefix(s, "map[string]"):
			case r.Keys.Kind != KeysPlain && (s == "[]any" || s == "[]interface{}" || s == "[][]any" || s == "[][]interface{}"):
			default:
				t.Errorf("%s: key parameter %s is %s", r.Method, p, s)
			}
		}
	}
}

// TestTemplatesFitTheirParameters checks that each function of a template
// stands on a parameter of the type that it works on.
func TestTemplatesFitTheirParameters(t *testing.T) {
	sigs := methodsOf(t, goRedis(t)[""], "Cmdable")
	want := map[ArgKind]func(types.Type) bool{
		ArgSeconds: is("time.Duration"), ArgMillis: is("time.Duration"), ArgTruncMS: is("time.Duration"),
		ArgUnix: is("time.Time"), ArgUnixMS: is("time.Time"), ArgLower: is("string"),
		ArgFlatten: func(t types.Type) bool { s := t.String(); return s == "[]interface{}" || s == "[]any" },
		ArgEach:    isSlice, ArgEachOpt: isSlice, ArgLen: isSlice,
	}
	var check func(r *Row, args []Arg)
	check = func(r *Row, args []Arg) {
		for _, a := range args {
			check(r, a.Args)
			fits := want[a.Kind]
			if fits == nil {
				continue
			}
			if typ := paramType(sigs[r.Method], a.Text); typ == nil || !fits(typ) {
				t.Errorf("%s: %s(%s) on a parameter of type %v", r.Method, a.Kind, a.Text, typ)
			}
		}
	}
	for _, r := range Rows() {
		if args, err := ParseArgs(r.Args); err == nil && r.On == OnCmdable {
			check(r, args)
		}
	}
}

func is(name string) func(types.Type) bool {
	return func(t types.Type) bool { return t.String() == name }
}

func isSlice(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

// paramType finds the type of a parameter, of a field of one ("a.Key"), or of
// the elements' field where the parameter is a slice of structs ("docs.Key").
func paramType(sig *types.Signature, path string) types.Type {
	name, field, isField := strings.Cut(path, ".")
	for i := range sig.Params().Len() {
		v := sig.Params().At(i)
		if v.Name() != name {
			continue
		}
		typ := v.Type()
		if !isField {
			return typ
		}
		if s, ok := typ.Underlying().(*types.Slice); ok {
			typ = s.Elem()
		}
		o, _, _ := types.LookupFieldOrMethod(typ, true, v.Pkg(), field)
		if f, ok := o.(*types.Var); ok {
			return f.Type()
		}
	}
	return nil
}

func TestEverySymbolHasARow(t *testing.T) {
	for short, pkg := range goRedis(t) {
		for _, name := range pkg.Scope().Names() {
			o := pkg.Scope().Lookup(name)
			if !o.Exported() {
				continue
			}
			s, ok := SymbolOf(short, name)
			if !ok {
				t.Errorf("%s %s.%s has no row", kindOf(o), short, name)
			} else if s.Kind != kindOf(o) {
				t.Errorf("%s.%s is a %s, its row says %s", short, name, kindOf(o), s.Kind)
			}
		}
	}
}

func kindOf(o types.Object) string {
	switch o.(type) {
	case *types.TypeName:
		return "type"
	case *types.Func:
		return "func"
	case *types.Const:
		return "const"
	}
	return "var"
}

func TestEveryFieldOfAnOptionHasARow(t *testing.T) {
	pkg := goRedis(t)[""]
	for _, name := range argumentStructs(t, pkg) {
		st := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)
		for i := range st.NumFields() {
			if f := st.Field(i); f.Exported() {
				if _, ok := SymbolOf("", name+"."+f.Name()); !ok {
					t.Errorf("field %s.%s has no row", name, f.Name())
				}
			}
		}
	}
}

// argumentStructs are the structs that callers fill in: option types, and what
// the methods of Cmdable take, nested ones included.
func argumentStructs(t *testing.T, pkg *types.Package) []string {
	seen := map[string]bool{}
	var visit func(types.Type)
	visit = func(typ types.Type) {
		switch typ := typ.(type) {
		case *types.Pointer:
			visit(typ.Elem())
		case *types.Slice:
			visit(typ.Elem())
		case *types.Named:
			name := typ.Obj().Name()
			if typ.Obj().Pkg() != pkg || !typ.Obj().Exported() || seen[name] {
				return
			}
			st, ok := typ.Underlying().(*types.Struct)
			if !ok || strings.HasSuffix(name, "Cmd") || name == "Client" {
				return
			}
			exported := false
			for i := range st.NumFields() {
				exported = exported || st.Field(i).Exported()
			}
			if seen[name] = exported; !exported {
				return
			}
			for i := range st.NumFields() {
				visit(st.Field(i).Type())
			}
		}
	}
	for _, name := range []string{"Options", "ClusterOptions", "FailoverOptions", "RingOptions", "UniversalOptions", "CacheConfig"} {
		visit(pkg.Scope().Lookup(name).Type())
	}
	for _, sig := range methodsOf(t, pkg, "Cmdable") {
		for i := range sig.Params().Len() {
			visit(sig.Params().At(i).Type())
		}
	}
	var out []string
	for name, ok := range seen {
		if ok {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

func TestEverySymbolRowHasItsSymbol(t *testing.T) {
	pkgs := goRedis(t)
	for _, s := range Symbols() {
		pkg := pkgs[s.Package]
		if pkg == nil {
			t.Errorf("a row for %s in %q, which go-redis does not have", s.Name, s.Package)
			continue
		}
		name, field, isField := strings.Cut(s.Name, ".")
		o := pkg.Scope().Lookup(name)
		if o == nil || !o.Exported() {
			t.Errorf("a row for %s.%s, which go-redis does not have", s.Package, s.Name)
			continue
		}
		if isField {
			if f, _, _ := types.LookupFieldOrMethod(o.Type(), true, pkg, field); f == nil {
				t.Errorf("a row for field %s, which go-redis does not have", s.Name)
			}
		}
	}
}
