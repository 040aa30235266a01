package rewrite

import (
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// subPackage is the sub-package of go-redis that an object belongs to, "" for
// go-redis itself.
func subPackage(obj types.Object) string {
	path := strings.TrimPrefix(obj.Pkg().Path(), analyzer.GoRedisV8Path)
	return strings.TrimPrefix(strings.TrimPrefix(path, analyzer.GoRedisPath), "/")
}

// facadeName is what a go-redis name is called in the generated package.
func (r *run) facadeName(obj types.Object) string {
	if s, ok := symbolOf(obj, obj.Name()); ok && s.Facade != "" {
		return s.Facade
	}
	return obj.Name()
}

// symbolOf finds the table's symbol of a go-redis name, that of what it becomes for
// one of v8; obj is of its package.
func symbolOf(obj types.Object, name string) (*spec.Symbol, bool) {
	if isV8(obj) {
		return spec.V8Symbol(name)
	}
	return spec.SymbolOf(subPackage(obj), name)
}

// refuseSymbol says why a package-level go-redis name has no counterpart. The
// table gives the reason, the generated package has the last word.
func (r *run) refuseSymbol(obj types.Object) flow.Refusal {
	name := obj.Pkg().Name() + "." + obj.Name()
	if to := spec.CounterpartOf(obj.Pkg().Path()); to != "" {
		if _, ok := spec.LibraryOf(obj.Pkg().Path(), obj.Name()); !ok {
			return flow.Refusal{Code: spec.NotOnFacade, Text: name + " is not in " + to}
		}
		return flow.Refusal{}
	}
	s, ok := symbolOf(obj, obj.Name())
	if ok && s.Verdict != spec.Served {
		return flow.Refusal{Code: s.Code, Text: name + ": " + s.Advice, Bridge: answered[s.Code]}
	}
	if r.facade.Scope().Lookup(r.facadeName(obj)) == nil {
		return flow.Refusal{Code: spec.NotOnFacade, Text: name + " is not on the facade"}
	}
	return flow.Refusal{}
}

// refuseMember says why a method or field has no counterpart.
func (r *run) refuseMember(obj types.Object, recv types.Type) flow.Refusal {
	t := ownerName(obj, recv)
	name := t + "." + obj.Name()
	if isV8(obj) {
		if hasRule(t, obj) {
			return flow.Refusal{} // its form decides: see checkForm
		}
		if s, ok := spec.V8Symbol(t); ok && s.Facade != "" {
			t = s.Facade
		}
	}
	if fn, ok := obj.(*types.Func); ok {
		row, ok := spec.Method(t, fn.Name())
		if ok && row.Verdict != spec.Served {
			return flow.Refusal{Code: row.Code, Text: name + ": " + row.Advice, Bridge: command(fn, recv), Beside: ownData[row.Code]}
		}
	} else if s, ok := symbolOf(obj, name); ok && (s.Verdict != spec.Served || s.Use == "error") {
		return flow.Refusal{Code: s.Code, Text: name + ": " + s.Advice}
	}
	tn, ok := r.facade.Scope().Lookup(t).(*types.TypeName)
	if !ok {
		return flow.Refusal{} // a type without a name of its own: the compiler decides
	}
	typ := tn.Type()
	if !types.IsInterface(typ) {
		typ = types.NewPointer(typ)
	}
	found, _, _ := types.LookupFieldOrMethod(typ, true, r.facade, obj.Name())
	if found == nil {
		fn, ok := obj.(*types.Func)
		return flow.Refusal{Code: spec.NotOnFacade, Text: name + " is not on the facade", Bridge: ok && command(fn, recv)}
	}
	return flow.Refusal{}
}

// hasRule reports whether a method or field of v8 has one in v9's other form.
func hasRule(typeName string, obj types.Object) bool {
	if _, ok := obj.(*types.Func); ok {
		return spec.V8Method(typeName, obj.Name()) != nil
	}
	return spec.V8Field(typeName, obj.Name()) != nil
}

// ownerName is the go-redis type whose member is meant: the static one of the
// value, else the one that declares the method.
func ownerName(obj types.Object, recv types.Type) string {
	for _, t := range []types.Type{recv, declarer(obj)} {
		if t == nil {
			continue
		}
		t = types.Unalias(t)
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && isGoRedis(n.Obj().Pkg().Path()) && n.Obj().Exported() {
			return n.Obj().Name()
		}
	}
	return ""
}

func declarer(obj types.Object) types.Type {
	fn, ok := obj.(*types.Func)
	if !ok {
		return nil
	}
	if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
		return recv.Type()
	}
	return nil
}

// reaches returns which packages import go-redis, directly or not.
func (r *run) reaches() func(string) bool {
	memo := map[string]bool{}
	var visit func(p *packages.Package) bool
	visit = func(p *packages.Package) bool {
		if known, ok := memo[p.PkgPath]; ok {
			return known
		}
		memo[p.PkgPath] = false
		hit := isGoRedis(p.PkgPath)
		for _, imp := range p.Imports {
			if visit(imp) {
				hit = true
			}
		}
		memo[p.PkgPath] = hit
		return hit
	}
	for _, p := range r.prog.Packages {
		for _, imp := range p.Imports {
			visit(imp)
		}
	}
	return func(path string) bool { return memo[path] && !isGoRedis(path) }
}

// ignored says of the files beside a package that use go-redis and that no
// build brought in why they could not be had: what they need cannot be seen.
func (r *run) ignored(p *load.Package) []string {
	var out []string
	for _, f := range r.prog.LeftOut {
		if !f.Script && len(p.GoFiles) > 0 && filepath.Dir(f.File) == filepath.Dir(p.GoFiles[0]) {
			out = append(out, r.rel(token.Position{Filename: f.File})+" uses go-redis too, and "+f.Why)
		}
	}
	return out
}
