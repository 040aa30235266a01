package rewrite

import (
	"go/ast"
	"go/types"
	"path"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/plan"
)

// A view narrows the receiver of one call to the data type of its keys:
//
//	rdb.LPush(ctx, key, msg)  →  cfstore.Messages(rdb).LPush(ctx, key, msg)
//
// Sound because cfstore.Messages returns its argument: the method is looked up
// on the same dynamic value, an override in a wrapper still runs, and the
// receiver is evaluated where it was, before the arguments.

// viewFor returns the family whose view a site's receiver can have, or nil.
func (r *run) viewFor(s *analyzer.Site) *plan.Family {
	if s.Viewed || !s.ViewOK || s.Call == nil || s.Selector == nil || s.Row == nil || len(s.Keys) == 0 {
		return nil
	}
	fam := r.plan.FamilyOf(s)
	if fam == nil || !fam.Serves(s) {
		return nil
	}
	if !r.viewHas(fam.Name, s.Row.Method) {
		return nil
	}
	return fam
}

// viewHas reports whether the generated package has a view of that name with
// that method.
func (r *run) viewHas(view, method string) bool {
	fn, ok := r.facade.Scope().Lookup(view).(*types.Func)
	if !ok {
		return false
	}
	sig := fn.Type().(*types.Signature)
	if sig.Params().Len() != 1 || sig.Results().Len() != 1 {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(sig.Results().At(0).Type(), false, nil, method)
	_, ok = obj.(*types.Func)
	return ok
}

// anyViewHas reports whether some view could have a method.
func (r *run) anyViewHas(method string) bool {
	for _, view := range facadeViews {
		if tn, ok := r.facade.Scope().Lookup(view).(*types.TypeName); ok {
			if obj, _, _ := types.LookupFieldOrMethod(tn.Type(), false, nil, method); obj != nil {
				return true
			}
		}
	}
	return false
}

// facadeViews are the facade's interfaces, one for each data type.
var facadeViews = []string{"Strings", "HyperLogLogs", "Lists", "Hashes", "Sets", "SortedSets", "Streams", "JSON"}

// viewEdits are the two insertions around a receiver.
func (r *run) viewEdits(f *file, s *analyzer.Site, index int, fam *plan.Family, group int) []Edit {
	x := s.Selector.X
	prefix, suffix, ok := receiver(f, x, s.Selector)
	if !ok {
		return nil
	}
	local := f.localName(r.generated, path.Base(r.generated))
	e := Edit{File: f.name, Rung: RungView, Group: group, Site: index}
	open, end := e, e
	open.Start = f.offset(x.Pos())
	open.End = open.Start
	open.New = local + "." + fam.Name + "(" + prefix
	end.Start = f.offset(x.End())
	end.End = end.Start
	end.New = suffix + ")"
	return []Edit{open, end}
}

// receiver says how a receiver becomes an argument of type Cmdable: as it is,
// by its address, or by the client that it embeds.
func receiver(f *file, x ast.Expr, sel *ast.SelectorExpr) (prefix, suffix string, ok bool) {
	tv, known := f.info.Types[x]
	if !known || tv.Type == nil {
		return "", "", false
	}
	cmdable := cmdableOf(f.pkg, f.info.Selections[sel])
	if cmdable == nil {
		return "", "", false
	}
	t := tv.Type
	for {
		_, isStruct := t.Underlying().(*types.Struct)
		switch {
		case isStruct && (tv.Addressable() || suffix != "") && types.Implements(types.NewPointer(t), cmdable):
			// Also where the value itself would do: an address copies nothing.
			if !tv.Addressable() && !throughPointer(tv.Type) {
				return "", "", false
			}
			return "&", suffix, true
		case types.Implements(t, cmdable):
			return "", suffix, true
		}
		field := embedded(f.info.Selections[sel], t, suffix)
		if field == nil {
			return "", "", false
		}
		suffix += "." + field.Name()
		t = field.Type()
	}
}

func throughPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// embedded is the next field on the way of a promoted method.
func embedded(sel *types.Selection, t types.Type, done string) *types.Var {
	if sel == nil {
		return nil
	}
	depth := 0
	for _, c := range done {
		if c == '.' {
			depth++
		}
	}
	index := sel.Index()
	if depth >= len(index)-1 {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || index[depth] >= st.NumFields() {
		return nil
	}
	return st.Field(index[depth])
}

// cmdableOf is the interface that a view takes, in the package that a site's
// method comes from: go-redis's before the swap, the runtime's after it.
func cmdableOf(pkg *types.Package, sel *types.Selection) *types.Interface {
	if sel == nil || sel.Obj().Pkg() == nil {
		return nil
	}
	tn, ok := sel.Obj().Pkg().Scope().Lookup("Cmdable").(*types.TypeName)
	if !ok {
		return nil
	}
	iface, _ := tn.Type().Underlying().(*types.Interface)
	return iface
}
