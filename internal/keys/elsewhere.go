package keys

import (
	"go/types"
	"slices"
	"strings"
)

// An outside is an interface of a package whose source is not loaded.
type outside struct {
	name  string
	iface *types.Interface
	pkg   *types.Package
}

// calledElsewhere names an interface that a method can be called through by code
// that is not in sight: a session store is called by the library that it is a
// store of. Empty when there is none.
func (a *Analyzer) calledElsewhere(fn *function) string {
	if fn.obj == nil || fn.sig.Recv() == nil || !fn.obj.Exported() || fn.unit.test {
		return ""
	}
	if by, ok := a.elsewhere[fn.pos]; ok {
		return by
	}
	by := ""
	for _, o := range a.interfaces()[fn.obj.Name()] {
		if a.implements(fn, o.iface) {
			by = o.pkg.Name() + "." + o.name
			break
		}
	}
	a.elsewhere[fn.pos] = by
	return by
}

// interfaces gives the exported interfaces of the packages that the loaded ones
// import, by the names of their methods. The standard library knows of no keys.
func (a *Analyzer) interfaces() map[string][]outside {
	if a.outer != nil {
		return a.outer
	}
	a.outer = map[string][]outside{}
	own := map[string]bool{} // first elements of the packages' paths
	for path := range a.loaded {
		own[first(path)] = true
	}
	seen := map[string]bool{}
	for _, p := range a.pkgs {
		for _, imp := range p.Types.Imports() {
			path := imp.Path()
			if seen[path] || a.loaded[path] || isClient(path) || !own[first(path)] && !strings.Contains(first(path), ".") {
				continue
			}
			seen[path] = true
			scope := imp.Scope()
			for _, name := range scope.Names() {
				tn, ok := scope.Lookup(name).(*types.TypeName)
				if !ok || !tn.Exported() {
					continue
				}
				iface, ok := tn.Type().Underlying().(*types.Interface)
				if !ok || !iface.IsMethodSet() {
					continue
				}
				for m := range iface.Methods() {
					if takesText(m.Signature().Params()) {
						a.outer[m.Name()] = append(a.outer[m.Name()], outside{name, iface, imp})
					}
				}
			}
		}
	}
	return a.outer
}

func first(path string) string {
	path, _, _ = strings.Cut(path, "/")
	return path
}

// isClient tells whether a package is go-redis or its counterpart: a type that
// passes for a client is called by its users, not by the client's package.
func isClient(path string) bool {
	return slices.ContainsFunc([]string{"github.com/redis/go-redis/", "github.com/go-redis/redis", "github.com/redis2cf/redis2cf/"}, func(p string) bool {
		return strings.HasPrefix(path, p)
	})
}

// takesText tells whether a parameter may carry a key.
func takesText(params *types.Tuple) bool {
	for v := range params.Variables() {
		switch t := v.Type().Underlying().(type) {
		case *types.Basic:
			if t.Info()&types.IsString != 0 {
				return true
			}
		case *types.Pointer, *types.Slice, *types.Map, *types.Struct:
			return true
		case *types.Interface:
			if t.NumMethods() == 0 {
				return true
			}
		}
	}
	return false
}
