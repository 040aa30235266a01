package stub

import (
	"bytes"
	"fmt"
	"go/format"
	"go/types"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"
)

// ImportPath is the package that the declarations are of.
const ImportPath = "github.com/redis2cf/redis2cf/runtime"

// NotForPrograms are the exported functions that join the parts of the runtime. No
// migrated code names them, and their types are not of the standard library.
var NotForPrograms = map[string]bool{
	"SetSentinels": true, "BackendOf": true, "Attach": true, "ClientOver": true, "ClusterClientOver": true,
}

// Load type-checks the runtime from dir, a directory of this module.
func Load(dir string) (*types.Package, error) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes, Dir: dir}, ImportPath)
	if err != nil {
		return nil, err
	}
	if len(pkgs) != 1 || len(pkgs[0].Errors) > 0 {
		return nil, fmt.Errorf("loading %s: %v", ImportPath, pkgs[0].Errors)
	}
	return pkgs[0].Types, nil
}

// Generate writes the declarations of a package.
func Generate(pkg *types.Package) ([]byte, error) {
	g := &generator{pkg: pkg, imports: map[string]string{}, hidden: map[*types.TypeName]bool{}}
	g.findPrivate()
	names := pkg.Scope().Names()
	for _, name := range names {
		if obj := pkg.Scope().Lookup(name); obj.Exported() && !NotForPrograms[name] {
			g.object(obj)
		}
	}
	g.hiddenTypes()
	if g.err != nil {
		return nil, g.err
	}
	var out bytes.Buffer
	out.WriteString("// Code generated from the runtime's types by internal/gen/stub; DO NOT EDIT.\n\npackage runtime\n\nimport (\n")
	paths := make([]string, 0, len(g.imports))
	for path := range g.imports {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		fmt.Fprintf(&out, "\t%q\n", path)
	}
	out.WriteString(")\n\n")
	out.Write(g.body.Bytes())
	return format.Source(out.Bytes())
}

type generator struct {
	pkg     *types.Package
	body    bytes.Buffer
	imports map[string]string
	private []string                 // unexported methods of exported interfaces, sorted
	hidden  map[*types.TypeName]bool // unexported types that exported declarations name; true when written
	err     error
}

// findPrivate lists the unexported methods that keep others from implementing
// an interface.
func (g *generator) findPrivate() {
	seen := map[string]bool{}
	for _, name := range g.pkg.Scope().Names() {
		i, ok := g.pkg.Scope().Lookup(name).Type().Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for m := 0; m < i.NumMethods(); m++ {
			if f := i.Method(m); !f.Exported() && !seen[f.Name()] {
				seen[f.Name()] = true
				g.private = append(g.private, f.Name())
			}
		}
	}
	sort.Strings(g.private)
}

// text writes a type and notes what it names.
func (g *generator) text(t types.Type) string {
	return types.TypeString(t, g.qualify(t))
}

func (g *generator) signature(s *types.Signature) string {
	return strings.TrimPrefix(g.text(s), "func")
}

func (g *generator) qualify(in types.Type) types.Qualifier {
	g.note(in, map[types.Type]bool{})
	return func(p *types.Package) string {
		if p == g.pkg {
			return ""
		}
		if strings.Contains(strings.SplitN(p.Path(), "/", 2)[0], ".") && g.err == nil {
			g.err = fmt.Errorf("an exported declaration names %s, which is not of the standard library", p.Path())
		}
		g.imports[p.Path()] = p.Name()
		return p.Name()
	}
}

// note finds the unexported types of the package that a type names.
func (g *generator) note(t types.Type, seen map[types.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		if obj := t.Obj(); obj.Pkg() == g.pkg && !obj.Exported() {
			if _, ok := g.hidden[obj]; !ok {
				g.hidden[obj] = false
			}
		}
	case *types.Pointer:
		g.note(t.Elem(), seen)
	case *types.Slice:
		g.note(t.Elem(), seen)
	case *types.Array:
		g.note(t.Elem(), seen)
	case *types.Chan:
		g.note(t.Elem(), seen)
	case *types.Map:
		g.note(t.Key(), seen)
		g.note(t.Elem(), seen)
	case *types.Signature:
		g.note(t.Params(), seen)
		g.note(t.Results(), seen)
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			g.note(t.At(i).Type(), seen)
		}
	}
}

func (g *generator) printf(format string, args ...interface{}) {
	fmt.Fprintf(&g.body, format, args...)
}

func (g *generator) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		g.printf("const %s %s = %s\n\n", obj.Name(), typed(g.text(obj.Type())), obj.Val().ExactString())
	case *types.Var:
		g.printf("var %s %s\n\n", obj.Name(), g.text(obj.Type()))
	case *types.Func:
		g.printf("func %s%s { panic(\"stub\") }\n\n", obj.Name(), g.signature(obj.Type().(*types.Signature)))
	case *types.TypeName:
		g.typeDecl(obj)
	}
}

// typed leaves an untyped constant untyped.
func typed(t string) string {
	if strings.HasPrefix(t, "untyped ") {
		return ""
	}
	return t
}

func (g *generator) typeDecl(obj *types.TypeName) {
	switch u := obj.Type().Underlying().(type) {
	case *types.Struct:
		g.structDecl(obj, u)
	case *types.Interface:
		g.interfaceDecl(obj, u)
		return
	default:
		g.printf("type %s %s\n\n", obj.Name(), g.text(u))
	}
	g.methods(obj)
}

// structDecl keeps the exported fields. What makes a struct impossible to
// compare stays, because it decides what compiles.
func (g *generator) structDecl(obj *types.TypeName, s *types.Struct) {
	g.printf("type %s struct {\n", obj.Name())
	dropped := false
	for i := 0; i < s.NumFields(); i++ {
		f := s.Field(i)
		switch {
		case !f.Exported():
			dropped = true
		case f.Embedded():
			g.printf("\t%s\n", g.text(f.Type()))
		default:
			g.printf("\t%s %s\n", f.Name(), g.text(f.Type()))
		}
	}
	if dropped && !types.Comparable(obj.Type()) {
		g.printf("\t_ [0]func()\n")
	}
	g.printf("}\n\n")
}

func (g *generator) interfaceDecl(obj *types.TypeName, i *types.Interface) {
	g.printf("type %s interface {\n", obj.Name())
	for e := 0; e < i.NumEmbeddeds(); e++ {
		g.printf("\t%s\n", g.text(i.EmbeddedType(e)))
	}
	for m := 0; m < i.NumExplicitMethods(); m++ {
		f := i.ExplicitMethod(m)
		if f.Exported() {
			g.printf("\t%s%s\n", f.Name(), g.signature(f.Type().(*types.Signature)))
		} else {
			g.printf("\t%s()\n", f.Name())
		}
	}
	g.printf("}\n\n")
}

// methods writes all methods of a type, promoted ones too, unless they are
// promoted from a field that is still there.
func (g *generator) methods(obj *types.TypeName) {
	value := types.NewMethodSet(obj.Type())
	all := types.NewMethodSet(types.NewPointer(obj.Type()))
	for i := 0; i < all.Len(); i++ {
		sel := all.At(i)
		m := sel.Obj().(*types.Func)
		private := !m.Exported()
		if private && !g.isPrivate(m.Name()) || keptField(obj.Type(), sel.Index()) {
			continue
		}
		recv := "*" + obj.Name()
		if value.Lookup(g.pkg, m.Name()) != nil {
			recv = obj.Name()
		}
		sig := "()"
		if !private {
			sig = g.signature(sel.Type().(*types.Signature))
		}
		g.printf("func (%s) %s%s { panic(\"stub\") }\n\n", recv, m.Name(), sig)
	}
}

func (g *generator) isPrivate(name string) bool {
	i := sort.SearchStrings(g.private, name)
	return i < len(g.private) && g.private[i] == name
}

// keptField reports whether a method is promoted from an exported field.
func keptField(t types.Type, index []int) bool {
	if len(index) < 2 {
		return false
	}
	s, ok := t.Underlying().(*types.Struct)
	return ok && s.Field(index[0]).Exported()
}

// hiddenTypes declares the unexported types that were named: function types as
// they are, because functions are assigned to them, and others without content.
func (g *generator) hiddenTypes() {
	for again := true; again; {
		again = false
		var names []*types.TypeName
		for obj, done := range g.hidden {
			if !done {
				names = append(names, obj)
			}
		}
		sort.Slice(names, func(i, j int) bool { return names[i].Name() < names[j].Name() })
		for _, obj := range names {
			again = true
			g.hidden[obj] = true
			if sig, ok := obj.Type().Underlying().(*types.Signature); ok {
				g.printf("type %s %s\n\n", obj.Name(), g.text(sig))
			} else {
				g.printf("type %s struct{ _ [0]func() }\n\n", obj.Name())
			}
		}
	}
}
