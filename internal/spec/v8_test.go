package spec

import (
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

const goredisV8 = "github.com/go-redis/redis/v8"

// loadV8AndFacade type-checks go-redis v8, which the module of the golden cases
// requires, and the facade.
var loadV8AndFacade = sync.OnceValues(func() ([2]*types.Package, error) {
	var out [2]*types.Package
	cases, err := filepath.Abs("../../testdata/cases/module")
	if err != nil {
		return out, err
	}
	for i, cfg := range []*packages.Config{
		{Dir: cases, Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")},
		{},
	} {
		cfg.Mode = packages.NeedName | packages.NeedTypes | packages.NeedImports
		loaded, err := packages.Load(cfg, [...]string{goredisV8, facade}[i])
		if err != nil {
			return out, err
		}
		if len(loaded[0].Errors) > 0 {
			return out, loaded[0].Errors[0]
		}
		out[i] = loaded[0].Types
	}
	return out, nil
})

func v8AndFacade(t *testing.T) (v8, facade *types.Package) {
	t.Helper()
	pkgs, err := loadV8AndFacade()
	if err != nil {
		t.Fatal(err)
	}
	return pkgs[0], pkgs[1]
}

// inFacadeWords writes a type of v8 as the facade would: with its names.
func inFacadeWords(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		switch p.Path() {
		case goredisV8, goredisV8 + "/internal", facade:
			return "" // names are translated below
		}
		return p.Name()
	})
}

var v8Words = strings.NewReplacer("StringStringMapCmd", "MapStringStringCmd", "StringIntMapCmd", "MapStringIntCmd", "interface{}", "any", "HookV8", "Hook")

func sameType(v8, facade types.Type) bool {
	return v8Words.Replace(inFacadeWords(v8)) == v8Words.Replace(inFacadeWords(facade))
}

// sameSignature compares parameters and results, not their names.
func sameSignature(v8, facade *types.Signature) bool {
	same := func(a, b *types.Tuple) bool {
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameType(a.At(i).Type(), b.At(i).Type()) {
				return false
			}
		}
		return true
	}
	return v8.Variadic() == facade.Variadic() && same(v8.Params(), facade.Params()) && same(v8.Results(), facade.Results())
}

// TestV8NamesAreTheFacades compares each exported name of go-redis v8 with what
// it becomes. Whatever the facade does not have in the same form needs a rule, or
// a row that says that it stays.
func TestV8NamesAreTheFacades(t *testing.T) {
	v8, runtime := v8AndFacade(t)
	for _, name := range v8.Scope().Names() {
		obj := v8.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		s, ok := V8Symbol(name)
		if !ok {
			t.Errorf("%s of v8 is in no table", name)
			continue
		}
		if s.Verdict != Served {
			continue
		}
		to := runtime.Scope().Lookup(s.Facade)
		if to == nil {
			t.Errorf("%s of v8 would be %s, which the facade does not have", name, s.Facade)
			continue
		}
		switch obj := obj.(type) {
		case *types.Func:
			f, ok := to.(*types.Func)
			if !ok || !sameSignature(obj.Signature(), f.Signature()) {
				t.Errorf("func %s: v8 has %v, the facade %v", name, obj.Type(), to.Type())
			}
		case *types.TypeName:
			v8Fields(t, name, obj, to)
			v8Methods(t, name, obj, to)
		default:
			if _, isType := to.(*types.TypeName); isType {
				t.Errorf("%s of v8 is a value, the facade's %s a type", name, s.Facade)
			}
		}
	}
}

// v8Fields compares the exported fields of a struct.
func v8Fields(t *testing.T, name string, obj *types.TypeName, to types.Object) {
	st, ok := obj.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range st.NumFields() {
		f := st.Field(i)
		if !f.Exported() {
			continue
		}
		u := V8Field(name, f.Name())
		want := f.Name()
		if u != nil && u.To != "" {
			want = u.To
		}
		found, _, _ := types.LookupFieldOrMethod(to.Type(), true, to.Pkg(), want)
		same := found != nil && sameType(f.Type(), found.Type())
		switch {
		case u == nil && !same:
			t.Errorf("field %s.%s of v8 is not the facade's, and has no rule", name, f.Name())
		case u != nil && u.Rule == V8Rename && !same:
			t.Errorf("field %s.%s of v8 would be %s, which the facade has not with this type", name, f.Name(), want)
		case u != nil && u.To == f.Name() && same, u != nil && u.To == "" && same:
			t.Errorf("field %s.%s is the facade's as it is, but has a rule", name, f.Name())
		case u != nil && u.Rule == V8Approx:
			if sameType(f.Type(), found.Type()) && memberOf(to, u.Arg) == nil {
				t.Errorf("field %s.%s: the facade has no %s", name, f.Name(), u.Arg)
			}
		}
	}
}

func memberOf(in types.Object, name string) types.Object {
	o, _, _ := types.LookupFieldOrMethod(in.Type(), true, in.Pkg(), name)
	return o
}

// v8Methods compares the exported methods of a type.
func v8Methods(t *testing.T, name string, obj *types.TypeName, to types.Object) {
	typ := obj.Type()
	if !types.IsInterface(typ) {
		typ = types.NewPointer(typ)
	}
	ms := types.NewMethodSet(typ)
	for i := range ms.Len() {
		m, ok := ms.At(i).Obj().(*types.Func)
		if !ok || !m.Exported() {
			continue
		}
		u := V8Method(name, m.Name())
		want := m.Name()
		if u != nil && u.To != "" {
			want = u.To
		}
		row, known := V8Row(name, m.Name())
		if known && row.Verdict != Served {
			continue // v9 has it, the facade has not
		}
		found, _ := memberOf(to, want).(*types.Func)
		same := found != nil && sameSignature(m.Signature(), found.Signature())
		switch {
		case u == nil && found == nil:
			t.Errorf("%s.%s of v8 is on no table and not on the facade", name, m.Name())
		case u == nil && !same:
			t.Errorf("%s.%s: v8 has %v, the facade %v, and there is no rule", name, m.Name(), m.Type(), found.Type())
		case u == nil:
		case u.Rule == V8Rename && !same:
			t.Errorf("%s.%s of v8 would be %s, which the facade has not with its signature", name, m.Name(), want)
		case u.Rule != V8Only && u.To != "" && found == nil:
			t.Errorf("%s.%s of v8 would be %s, which the facade does not have", name, m.Name(), want)
		case same && want == m.Name() && u.Rule != V8Wrap:
			t.Errorf("%s.%s is the facade's as it is, but has a rule", name, m.Name())
		}
		if known {
			for _, p := range row.Keys.Params {
				keyParameter(t, name, m, row, p)
			}
		}
	}
}

// keyParameter asks that the analyzer finds a row's key parameter in v8's
// signature: by its name, or at its place in the row.
func keyParameter(t *testing.T, recv string, m *types.Func, row *Row, param string) {
	param, _, _ = strings.Cut(param, ".")
	sig := m.Signature()
	for i := range sig.Params().Len() {
		if sig.Params().At(i).Name() == param {
			return
		}
	}
	place := 0
	for i, p := range strings.Split(row.Params, ", ") {
		if name, _, _ := strings.Cut(p, " "); name == param {
			place = i
		}
	}
	if !row.NoCtx {
		place++
	}
	if place < sig.Params().Len() {
		for typ := sig.Params().At(place).Type(); ; {
			switch u := typ.Underlying().(type) {
			case *types.Slice:
				typ = u.Elem()
				continue
			case *types.Basic:
				if u.Info()&types.IsString != 0 {
					return
				}
			case *types.Interface, *types.Pointer:
				return
			}
			break
		}
	}
	t.Errorf("%s.%s: v8 has no key parameter %s", recv, m.Name(), param)
}

// TestV8RulesAreUsed finds rules for what v8 does not have.
func TestV8RulesAreUsed(t *testing.T) {
	v8, _ := v8AndFacade(t)
	for _, u := range V8Uses() {
		typ, member, isMember := strings.Cut(u.Name, ".")
		if !isMember && u.Kind == "method" {
			typ, member, isMember = "Cmdable", u.Name, true
		}
		obj := v8.Scope().Lookup(typ)
		if obj == nil || isMember && memberOf(obj, member) == nil {
			t.Errorf("a rule for %s %s, which v8 does not have", u.Kind, u.Name)
		}
		if u.Why == "" {
			t.Errorf("the rule for %s does not say why", u.Name)
		}
	}
}

func TestV8RulesHaveATextForPeople(t *testing.T) {
	known := map[V8Rule]bool{}
	for _, r := range V8RuleTexts {
		known[r.Rule] = r.Does != ""
	}
	for _, u := range append(V8Uses(), V8Name("NewClient")) {
		if !known[u.Rule] {
			t.Errorf("rule %q of %s has no text", u.Rule, u.Name)
		}
	}
}

// TestV8ConstructorsTakeOptionsWithAProtocol: what makes a client of options gets
// their protocol said.
func TestV8ConstructorsTakeOptionsWithAProtocol(t *testing.T) {
	v8, runtime := v8AndFacade(t)
	for _, name := range v8.Scope().Names() {
		fn, ok := v8.Scope().Lookup(name).(*types.Func)
		if !ok || !fn.Exported() || fn.Signature().Params().Len() != 1 || !strings.HasSuffix(types.TypeString(fn.Signature().Params().At(0).Type(), nil), "Options") {
			continue
		}
		s, _ := V8Symbol(name)
		if s.Verdict != Served {
			continue
		}
		u := V8Name(name)
		if u == nil || u.Rule != V8Resp2 {
			t.Errorf("%s takes options, and does not say RESP2 in them", name)
		} else if memberOf(runtime.Scope().Lookup(name).(*types.Func).Signature().Params().At(0), u.Arg) == nil {
			t.Errorf("%s: its options have no method %s", name, u.Arg)
		}
	}
}
