package analyzer

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/keys"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A Unit is one type-checked package to look at.
type Unit struct {
	Path  string // import path, of a test variant without the suffix
	Types *types.Package
	Info  *types.Info
	Files []*ast.File
	// Own are the files whose sites are wanted, when they are not all: those of
	// a test variant that its package does not have.
	Own []*ast.File
	// Closed says that all callers of the package's exported functions are among
	// the units. Package main is closed without saying so.
	Closed bool
}

// A Result is what the analyzer finds in a set of packages.
type Result struct {
	Sites   []Site   // by file and position
	Symbols []Symbol // likewise
	Servers []Server // likewise
}

// A Symbol is one use of a go-redis name, or of the facade's: a type, a
// function, a method, a field, a constant or a variable. The rewriter reads
// them; they are not sites.
type Symbol struct {
	Ident    *ast.Ident
	Obj      types.Object
	Package  string // import path of the package that uses it
	Test     bool
	Migrated bool
}

// Find gives the sites and symbols of the units, which share fset and, but for
// test variants, a realm of types. Keys are followed through all of them.
func Find(fset *token.FileSet, units []Unit) *Result {
	pkgs := make([]keys.Package, len(units))
	for i, u := range units {
		closed := u.Closed || u.Types.Name() == "main"
		pkgs[i] = keys.Package{Types: u.Types, Info: u.Info, Files: u.Files, Closed: closed}
	}
	f := &finder{fset: fset, keys: keys.New(fset, pkgs), views: viewPatterns(units),
		scripts: map[string]keys.Script{}, satisfied: map[implementing]bool{}}
	for i := range units {
		f.unit(&units[i])
	}
	sort.SliceStable(f.out.Sites, func(i, j int) bool {
		return before(f.out.Sites[i].Position, f.out.Sites[j].Position)
	})
	sort.SliceStable(f.out.Servers, func(i, j int) bool {
		return before(f.out.Servers[i].Position, f.out.Servers[j].Position)
	})
	return &f.out
}

func before(a, b token.Position) bool {
	if a.Filename != b.Filename {
		return a.Filename < b.Filename
	}
	return a.Offset < b.Offset
}

// finder works through units; u, info and file are those at hand.
type finder struct {
	fset    *token.FileSet
	keys    *keys.Analyzer
	views   map[string]string // path.Func of a view to its pattern
	scripts map[string]keys.Script
	out     Result

	satisfied map[implementing]bool

	u    *Unit
	info *types.Info
	test bool
	call map[ast.Expr]*ast.CallExpr // called expression to its call
	done map[ast.Expr]bool          // calls whose result nothing looks at but for its error
	tx   map[*types.Var]string      // parameter or local that is in a transaction, to its name
}

func (f *finder) unit(u *Unit) {
	f.u, f.info = u, u.Info
	f.call, f.tx = map[ast.Expr]*ast.CallExpr{}, map[*types.Var]string{}
	f.done = map[ast.Expr]bool{}
	var starts []*ast.CallExpr
	for _, file := range u.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			f.unread(n)
			if n, ok := n.(*ast.CallExpr); ok {
				f.call[ast.Unparen(n.Fun)] = n
				if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && startsTx(sel.Sel.Name) {
					starts = append(starts, n)
				}
			}
			return true
		})
	}
	// Twice, because the function that a Watch is given can stand before it,
	// with a TxPipelined inside that belongs to the Watch.
	for range 2 {
		for _, n := range starts {
			f.transaction(n)
		}
	}
	files := u.Own
	if files == nil {
		files = u.Files
	}
	for _, file := range files {
		f.file(file)
	}
}

func (f *finder) file(file *ast.File) {
	f.test = strings.HasSuffix(f.fset.File(file.FileStart).Name(), "_test.go")
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			f.selector(n)
		case *ast.Ident:
			f.symbol(n)
		case *ast.CompositeLit:
			f.server(n)
		}
		return true
	})
}

func (f *finder) symbol(id *ast.Ident) {
	obj := f.info.Uses[id]
	if obj == nil {
		return
	}
	o := originOf(obj.Pkg())
	if o == foreign {
		// A generated package's alias for a type of the facade.
		tn, ok := obj.(*types.TypeName)
		if !ok || !tn.IsAlias() {
			return
		}
		n := named(tn.Type())
		if n == nil {
			return
		}
		if o = originOf(n.Obj().Pkg()); o == foreign {
			return
		}
	}
	f.out.Symbols = append(f.out.Symbols, Symbol{Ident: id, Obj: obj, Package: f.u.Path, Test: f.test, Migrated: o == migrated})
}

// selector makes a site of a method of a client, if sel is one.
func (f *finder) selector(sel *ast.SelectorExpr) {
	s := f.info.Selections[sel]
	if s == nil || s.Kind() == types.FieldVal {
		return
	}
	m, ok := f.method(s)
	if !ok {
		return
	}
	row := m.row
	command := row.Redis != "" || row.Keys.Kind == spec.KeysRaw
	if !command && row.Verdict == spec.Served {
		return // Close, Pipeline, Options: symbols
	}
	recv := s.Recv()
	site := Site{
		Pos:      sel.Sel.Pos(),
		Position: f.fset.Position(sel.Sel.Pos()),
		Package:  f.u.Path,
		Test:     f.test,
		Migrated: m.origin == migrated,
		Row:      row,
		Command:  row.Redis,
		Type:     row.Type,
		Recv:     types.TypeString(recv, (*types.Package).Name),
		Call:     f.call[sel],
		Selector: sel,
		RecvType: recv,
	}
	site.Unread = site.Call != nil && f.done[site.Call]
	switch {
	case !command:
		site.Shape = ShapeSymbol
	case site.Call == nil || s.Kind() == types.MethodExpr:
		site.Shape = ShapeMethodValue
	case row.Keys.Kind == spec.KeysRaw:
		site.Shape = ShapeDo
	case site.Type == spec.Script:
		site.Shape = ShapeScript
	case m.dynamic:
		site.Shape = ShapeInterface
	case m.promoted:
		site.Shape = ShapePromoted
	default:
		site.Shape = ShapeCall
	}
	if v := f.viewOf(sel.X); v != nil {
		site.Viewed = true
		site.View = v.Name()
		site.ViewPattern = f.views[v.Pkg().Path()+"."+v.Name()]
	}
	if s.Kind() == types.MethodVal && !site.Viewed {
		site.ViewOK, site.Via = f.viewable(sel, s, m)
	}
	if site.Call != nil {
		f.arguments(&site, s)
	}
	site.Tx = f.inTransaction(&site)
	site.Code = codeOf(&site)
	f.out.Sites = append(f.out.Sites, site)
}

// codeOf is the first thing that stands against migrating with a view.
func codeOf(s *Site) string {
	switch {
	case s.Code != "":
		return s.Code // a raw command that is not known or not served
	case s.Row.Verdict != spec.Served:
		return s.Row.Code
	case s.Row.Keys.Kind == spec.KeysChannels, s.Row.Keys.Kind == spec.KeysChannelPatterns, s.Row.Keys.Kind == spec.KeysPattern:
		return ""
	}
	for _, k := range s.Keys {
		if k.Code != "" {
			return k.Code
		}
	}
	if s.Shape == ShapeInterface && !s.ViewOK && len(s.Keys) > 0 {
		return spec.NarrowInterface
	}
	return ""
}

// Served tells whether the facade answers the site: its method, and for a raw
// command the command.
func (s *Site) Served() bool {
	if s.Row.Verdict != spec.Served {
		return false
	}
	return !rawProblem(s.Code)
}

func rawProblem(code string) bool {
	return code != "" && code != spec.KeyFromData && code != spec.KeyFromImporter && code != spec.KeyUnknown && code != spec.NarrowInterface
}
