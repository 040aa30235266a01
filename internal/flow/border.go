package flow

import (
	"go/ast"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// border holds what a package exports on go-redis: the parameters and results of
// its functions and methods, its variables, the exported fields of its structs,
// the methods of its interfaces and the types that are go-redis's by another
// name. Importers go on as they are, and a client that passes the border goes
// over a bridge.
func (a *analysis) border(p *Package) {
	a.pkg, a.info = p, p.Info
	for _, f := range p.Files {
		if isTestFile(a.position(f.FileStart).Filename) {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if fn, ok := p.Info.Defs[d.Name].(*types.Func); ok && d.Name.IsExported() && exportedReceiver(fn) {
					a.keepSignature(fn, fn.Name())
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.ValueSpec:
						for _, name := range s.Names {
							a.keepVar(p.Info.Defs[name], name.Name)
						}
					case *ast.TypeSpec:
						if obj, ok := p.Info.Defs[s.Name].(*types.TypeName); ok && s.Name.IsExported() {
							a.keepType(obj)
						}
					}
				}
			}
		}
	}
}

func exportedReceiver(fn *types.Func) bool {
	recv := fn.Type().(*types.Signature).Recv()
	if recv == nil {
		return true
	}
	t := types.Unalias(recv.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Exported()
}

func (a *analysis) keepSignature(fn *types.Func, name string) {
	sig := fn.Type().(*types.Signature)
	for _, list := range []*types.Tuple{sig.Params(), sig.Results()} {
		for i := range list.Len() {
			a.keepObject(list.At(i), name)
		}
	}
}

func (a *analysis) keepType(obj *types.TypeName) {
	switch t := obj.Type().Underlying().(type) {
	case *types.Struct:
		if obj.IsAlias() || a.trackedNamed(obj.Type()) || a.definedFrom[a.place(obj.Pos())] {
			a.keepObject(obj, obj.Name())
			return
		}
		for i := range t.NumFields() {
			a.keepVar(t.Field(i), obj.Name()+"."+t.Field(i).Name())
		}
	case *types.Interface:
		if obj.IsAlias() {
			a.keepObject(obj, obj.Name())
			return
		}
		for i := range t.NumExplicitMethods() {
			if m := t.ExplicitMethod(i); m.Exported() {
				a.keepSignature(m, obj.Name()+"."+m.Name())
			}
		}
		for i := range t.NumEmbeddeds() {
			if a.carries(t.EmbeddedType(i)) {
				a.keepObject(obj, obj.Name())
			}
		}
	default:
		a.keepObject(obj, obj.Name())
	}
}

func (a *analysis) keepVar(obj types.Object, name string) {
	if obj != nil && obj.Exported() {
		a.keepObject(obj, name)
	}
}

func (a *analysis) keepObject(obj types.Object, name string) {
	if n := a.object(obj); n != 0 && a.carries(obj.Type()) {
		a.blockType(n, obj.Pos(), spec.APIKept, name+" is exported and keeps go-redis's types (-api=keep)")
	}
}
