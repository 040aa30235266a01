package analyzer

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// A method is what a selection resolves to when it is one of the table's.
type method struct {
	fn       *types.Func
	row      *spec.Row
	origin   origin
	pkg      *types.Package // go-redis or the facade, in the realm of the selection
	dynamic  bool           // through an interface that is not go-redis's
	promoted bool           // of an embedded client
}

// method says which row of the table a selected method belongs to. It goes by
// types alone: the method is declared in go-redis or the facade, or it is
// declared in an interface elsewhere with exactly the signature that a client
// has.
func (f *finder) method(s *types.Selection) (method, bool) {
	fn, ok := s.Obj().(*types.Func)
	if !ok {
		return method{}, false
	}
	fn = fn.Origin()
	sig := fn.Signature()
	if sig.Recv() == nil {
		return method{}, false
	}
	m := method{fn: fn, origin: originOf(fn.Pkg()), pkg: fn.Pkg()}
	if m.origin != foreign {
		static := named(s.Recv())
		m.promoted = static == nil || originOf(static.Obj().Pkg()) == foreign
		m.row = rowOf(provider(s), fn)
		return m, m.row != nil
	}
	if !types.IsInterface(sig.Recv().Type()) {
		return method{}, false
	}
	t := redisType(sig)
	if t == nil {
		return method{}, false
	}
	m.pkg, m.dynamic = t.Obj().Pkg(), true
	m.origin = originOf(m.pkg)
	for _, name := range clientTypes {
		if obj, _ := m.pkg.Scope().Lookup(name).(*types.TypeName); obj != nil {
			got, _, _ := types.LookupFieldOrMethod(types.NewPointer(obj.Type()), true, m.pkg, fn.Name())
			if types.IsInterface(obj.Type()) {
				got, _, _ = types.LookupFieldOrMethod(obj.Type(), true, m.pkg, fn.Name())
			}
			if g, ok := got.(*types.Func); ok && types.Identical(bare(g.Signature()), bare(sig)) {
				m.row, _ = rowIn(m.pkg, name, fn.Name())
				return m, m.row != nil
			}
		}
	}
	return method{}, false
}

// clientTypes are looked at in this order when an interface elsewhere declares
// a method.
var clientTypes = []string{"Client", "Pipeliner", "Tx", "Conn", "ClusterClient", "PubSub", "Script"}

// bare drops the receiver, which Identical would ignore anyway but for type
// parameters.
func bare(s *types.Signature) *types.Signature {
	return types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())
}

// provider is the type of go-redis that a selection finds its method on: the
// receiver, or the embedded field that promotes it.
func provider(s *types.Selection) *types.Named {
	t := s.Recv()
	if n := named(t); n != nil && originOf(n.Obj().Pkg()) != foreign {
		return n
	}
	for _, i := range s.Index()[:len(s.Index())-1] {
		n := t
		if p, ok := n.Underlying().(*types.Pointer); ok {
			n = p.Elem()
		}
		st, ok := n.Underlying().(*types.Struct)
		if !ok || i >= st.NumFields() {
			return named(t)
		}
		t = st.Field(i).Type()
		if n := named(t); n != nil && originOf(n.Obj().Pkg()) != foreign {
			return n
		}
	}
	return named(t)
}

// declared are go-redis's internal types by the name of a type that has their
// methods.
var declared = map[string]string{
	"cmdable": "Cmdable", "statefulCmdable": "StatefulCmdable", "baseClient": "Client", "hooksMixin": "Client", "hooks": "Client",
}

// rowIn finds a row of the table, which is v9's, by a method of pkg: one of v8 has
// the row of what it becomes.
func rowIn(pkg *types.Package, typeName, name string) (*spec.Row, bool) {
	if pkg != nil && IsV8(pkg.Path()) {
		return spec.V8Row(typeName, name)
	}
	return spec.Method(typeName, name)
}

// newer holds the rows made for methods that the table does not know, by name:
// one row a method, whichever package is looked at.
var newer sync.Map

// rowOf finds the row of a method by the type that provides it, or else by the
// type that declares it (an interface that embeds go-redis's provides methods
// that only the embedded one declares). A method of a client that the table
// does not know belongs to a newer go-redis.
func rowOf(provider *types.Named, fn *types.Func) *spec.Row {
	name := ""
	if provider != nil && originOf(provider.Obj().Pkg()) != foreign {
		name = provider.Obj().Name()
		if views[name] {
			name = "Cmdable"
		}
		if row, ok := rowIn(fn.Pkg(), name, fn.Name()); ok {
			return row
		}
	}
	decl := ""
	if n := named(fn.Signature().Recv().Type()); n != nil {
		decl = n.Obj().Name()
		if d, ok := declared[decl]; ok {
			decl = d
		}
		if views[decl] {
			decl = "Cmdable"
		}
		if row, ok := rowIn(fn.Pkg(), decl, fn.Name()); ok {
			return row
		}
	}
	if !fn.Exported() || decl != "Cmdable" && !strings.HasSuffix(decl, "Cmdable") {
		return nil
	}
	if row, ok := newer.Load(fn.Name()); ok {
		return row.(*spec.Row)
	}
	row, _ := newer.LoadOrStore(fn.Name(), &spec.Row{
		Method: fn.Name(), On: spec.OnCmdable, Group: "client", Redis: strings.ToUpper(fn.Name()),
		Verdict: spec.Bridge, Code: spec.NotOnFacade,
		Advice: "the method is newer than the command table: update redis2cf, or keep the call on go-redis",
	})
	return row.(*spec.Row)
}

// viewOf gives the function of a generated package whose call x is, when x is a
// view: a function that takes a Cmdable and gives one of the facade's narrow
// interfaces.
func (f *finder) viewOf(x ast.Expr) *types.Func {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil
	}
	fn, ok := f.info.Uses[syntax.Name(call.Fun)].(*types.Func)
	if !ok {
		return nil
	}
	sig := fn.Signature()
	if sig.Recv() != nil || sig.Params().Len() != 1 || sig.Results().Len() != 1 {
		return nil
	}
	in, out := named(sig.Params().At(0).Type()), named(sig.Results().At(0).Type())
	if in == nil || out == nil || originOf(in.Obj().Pkg()) != migrated || originOf(out.Obj().Pkg()) != migrated {
		return nil
	}
	if in.Obj().Name() != "Cmdable" || !views[out.Obj().Name()] {
		return nil
	}
	return fn
}

// viewable tells whether a view can be written around the receiver: it is
// assignable to Cmdable, or its address is, or the client that it embeds is;
// via is the path of embedded fields to that client.
func (f *finder) viewable(sel *ast.SelectorExpr, s *types.Selection, m method) (ok bool, via string) {
	if m.row.On&spec.OnCmdable == 0 || m.pkg == nil {
		return false, ""
	}
	obj, _ := m.pkg.Scope().Lookup("Cmdable").(*types.TypeName)
	if obj == nil {
		return false, ""
	}
	cmdable, isIface := obj.Type().Underlying().(*types.Interface)
	if !isIface {
		return false, ""
	}
	if f.implements(s.Recv(), cmdable) {
		return true, ""
	}
	if _, isPtr := s.Recv().Underlying().(*types.Pointer); !isPtr && !types.IsInterface(s.Recv()) {
		if tv := f.info.Types[sel.X]; tv.Addressable() && f.implements(types.NewPointer(s.Recv()), cmdable) {
			return true, ""
		}
	}
	if !m.promoted {
		return false, ""
	}
	var path []string
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || i >= st.NumFields() {
			return false, ""
		}
		field := st.Field(i)
		if !field.Exported() && field.Pkg() != f.u.Types {
			return false, ""
		}
		path = append(path, field.Name())
		t = field.Type()
		if f.implements(t, cmdable) {
			return true, strings.Join(path, ".")
		}
	}
	return false, ""
}

// implements is types.Implements, remembered: Cmdable has six hundred methods,
// and a package has few receiver types.
func (f *finder) implements(t types.Type, iface *types.Interface) bool {
	k := implementing{t: types.Unalias(t), iface: iface}
	if p, ok := k.t.(*types.Pointer); ok { // not the same value for each expression
		k.t, k.pointer = types.Unalias(p.Elem()), true
	}
	ok, known := f.satisfied[k]
	if !known {
		ok = types.Implements(t, iface)
		f.satisfied[k] = ok
	}
	return ok
}

type implementing struct {
	t       types.Type
	pointer bool
	iface   *types.Interface
}

// viewPatterns reads the patterns of views from the generated packages among
// the units: the first quoted text of the view's doc comment.
func viewPatterns(units []Unit) map[string]string {
	out := map[string]string{}
	for _, u := range units {
		for _, file := range u.Files {
			if !ast.IsGenerated(file) {
				continue
			}
			for _, d := range file.Decls {
				fd, ok := d.(*ast.FuncDecl)
				if !ok || fd.Recv != nil || fd.Doc == nil {
					continue
				}
				doc := fd.Doc.Text()
				if i := strings.IndexByte(doc, '"'); i >= 0 {
					if q, err := strconv.QuotedPrefix(doc[i:]); err == nil {
						if p, err := strconv.Unquote(q); err == nil {
							out[u.Path+"."+fd.Name.Name] = p
						}
					}
				}
			}
		}
	}
	return out
}

// root gives the variable that a receiver expression starts from: itself, or
// what a view is laid over.
func (f *finder) root(x ast.Expr) *types.Var {
	for {
		x = ast.Unparen(x)
		switch e := x.(type) {
		case *ast.Ident:
			v, _ := f.info.Uses[e].(*types.Var)
			return v
		case *ast.UnaryExpr:
			if e.Op != token.AND {
				return nil
			}
			x = e.X
		case *ast.CallExpr:
			if f.viewOf(e) == nil {
				return nil
			}
			x = e.Args[0]
		default:
			return nil
		}
	}
}
