package rewrite

import (
	"context"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Local makes the edits that one package can have by itself, for editors and go fix:
// views for its calls, and the swap of groups that no other package can see. prog has
// that package alone, known are the packages that it can reach, in its realm of types.
//
// A group is seen outside when an exported function, variable, field or type shows one
// of its types. What else ties packages together is not known here: a family whose other
// users stay on go-redis. So Local is for modules that a first whole run has migrated.
func Local(ctx context.Context, prog *load.Program, known map[string]*types.Package, sites []analyzer.Site, p *plan.Plan) (*Result, error) {
	r := newRun(ctx, prog, sites, p, Options{MemoryOnly: true})
	r.known = known
	r.collectFiles()
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.group()
	r.holdVisible()
	r.shareFamilies()
	return r.verified()
}

// holdVisible holds back the groups that other packages can see.
func (r *run) holdVisible() {
	for name, f := range r.files {
		for _, v := range visible(f) {
			groups := r.mentionedIn(name, v.from, v.to)
			if len(groups) == 0 && v.obj != nil && carriesGoRedis(v.obj.Type()) {
				// The type is written elsewhere, or nowhere.
				for line := r.line(v.from); line <= r.line(v.to); line++ {
					groups = append(groups, r.moving(r.flow.OnLine(name, line))...)
				}
			}
			for _, g := range groups {
				r.stays[g] = flow.Blocker{Pos: r.prog.Fset.PositionFor(v.from, false), Code: spec.NotSelected, Text: "other packages can see it: redis2cf -w looks at all of them"}
			}
		}
	}
}

func (r *run) line(p token.Pos) int { return r.prog.Fset.PositionFor(p, false).Line }

// A shown is a part of a declaration that other packages can see.
type shown struct {
	from, to token.Pos
	obj      types.Object // that has a type; nil for a type's declaration
}

// visible lists what other packages can see of a file: signatures of exported
// functions, exported variables, fields and types.
func visible(f *file) []shown {
	var out []shown
	for _, d := range f.syn.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				out = append(out, shown{d.Pos(), d.Type.End(), f.info.Defs[d.Name]})
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, id := range s.Names {
						if id.IsExported() {
							out = append(out, shown{s.Pos(), s.End(), f.info.Defs[id]})
						}
					}
				case *ast.TypeSpec:
					out = append(out, visibleType(f, s)...)
				}
			}
		}
	}
	return out
}

// visibleType lists the exported and embedded fields of a struct, whose name may be
// unexported and a value of it still be at hand elsewhere; all of another type when its
// name is exported.
func visibleType(f *file, s *ast.TypeSpec) []shown {
	st, ok := s.Type.(*ast.StructType)
	if !ok || s.Assign.IsValid() {
		if s.Name.IsExported() {
			return []shown{{s.Pos(), s.End(), nil}}
		}
		return nil
	}
	var out []shown
	for _, field := range st.Fields.List {
		if len(field.Names) == 0 {
			out = append(out, shown{field.Pos(), field.End(), nil})
		}
		for _, id := range field.Names {
			if id.IsExported() {
				out = append(out, shown{field.Pos(), field.Type.End(), f.info.Defs[id]})
			}
		}
	}
	return out
}

// carriesGoRedis reports whether a type names one of go-redis without a declared type
// of the module in between, which keeps its name whatever it consists of.
func carriesGoRedis(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if pkg := t.Obj().Pkg(); pkg != nil && isGoRedis(pkg.Path()) {
			return true
		}
		for a := range t.TypeArgs().Types() {
			if carriesGoRedis(a) {
				return true
			}
		}
	case *types.Pointer:
		return carriesGoRedis(t.Elem())
	case *types.Slice:
		return carriesGoRedis(t.Elem())
	case *types.Array:
		return carriesGoRedis(t.Elem())
	case *types.Chan:
		return carriesGoRedis(t.Elem())
	case *types.Map:
		return carriesGoRedis(t.Key()) || carriesGoRedis(t.Elem())
	case *types.Signature:
		return carriesGoRedis(t.Params()) || carriesGoRedis(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if carriesGoRedis(v.Type()) {
				return true
			}
		}
	case *types.Struct:
		for v := range t.Fields() {
			if carriesGoRedis(v.Type()) {
				return true
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if carriesGoRedis(m.Type()) {
				return true
			}
		}
	}
	return false
}
