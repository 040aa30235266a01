package cfstore

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"sort"
	"strconv"
	"strings"
)

// An api is what the facade exports.
type api struct {
	types, consts, vars []symbol
	funcs               []function
	constructors        []function // methods of RegisteredPlan, by the names of go-redis's functions
	has                 map[string]bool
}

type symbol struct {
	name string
	doc  string // one sentence
}

type function struct {
	symbol
	typ     *ast.FuncType
	imports map[string]string // of its file: name to path
}

// forTheTool are the facade's names for generated packages, not for programs.
var forTheTool = map[string]bool{
	"Plan": true, "Family": true, "PlannedClient": true, "RegisteredPlan": true, "RegisterPlan": true, "Plans": true,
}

// readAPI reads the exported declarations of the facade's sources: its API
// stub, or the package itself. Test files and files for other systems than the
// usual are left out.
func readAPI(sources map[string][]byte) (*api, error) {
	a := &api{has: map[string]bool{}}
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	sort.Strings(names)
	fset := token.NewFileSet()
	constructors := map[string]function{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, sources[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading the facade: %w", err)
		}
		if constrained(f) {
			continue
		}
		imports := map[string]string{}
		for _, im := range f.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("reading the facade: %s: %w", name, err)
			}
			local := path.Base(p)
			if im.Name != nil {
				local = im.Name.Name
			}
			imports[local] = p
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				fn := function{symbol{d.Name.Name, sentence(d.Doc)}, d.Type, imports}
				switch {
				case !d.Name.IsExported():
				case d.Recv == nil:
					if a.add(fn.name) {
						a.funcs = append(a.funcs, fn)
					}
				case receiver(d) == "RegisteredPlan" && strings.HasPrefix(fn.name, "New"):
					constructors[fn.name] = fn
				}
			case *ast.GenDecl:
				a.decl(d)
			}
		}
	}
	a.split(constructors)
	return a, nil
}

// constrained tells whether a file is for some systems only: what it exports is
// declared in a sibling too, or is not for everybody.
func constrained(f *ast.File) bool {
	for _, g := range f.Comments {
		if g.Pos() > f.Package {
			break
		}
		for _, c := range g.List {
			if constraint.IsGoBuild(c.Text) {
				return true
			}
		}
	}
	return false
}

func (a *api) add(name string) bool {
	if forTheTool[name] || a.has[name] {
		return false
	}
	a.has[name] = true
	return true
}

func (a *api) decl(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.TypeParams == nil && a.add(s.Name.Name) {
				a.types = append(a.types, symbol{s.Name.Name, sentence(s.Doc, d.Doc)})
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if !n.IsExported() || !a.add(n.Name) {
					continue
				}
				sym := symbol{n.Name, sentence(s.Doc)}
				if len(d.Specs) == 1 {
					sym.doc = sentence(s.Doc, d.Doc)
				}
				if d.Tok == token.CONST {
					a.consts = append(a.consts, sym)
				} else {
					a.vars = append(a.vars, sym)
				}
			}
		}
	}
}

// split takes the constructors out of the functions, and sorts all of it.
func (a *api) split(constructors map[string]function) {
	rest := a.funcs[:0]
	for _, f := range a.funcs {
		if c, ok := constructors[f.name]; ok && c.doc == "" {
			c.doc = f.doc
			constructors[f.name] = c
		} else if !ok {
			rest = append(rest, f)
		}
	}
	a.funcs = rest
	for name, c := range constructors {
		a.has[name] = true
		a.constructors = append(a.constructors, c)
	}
	for _, list := range [][]symbol{a.types, a.consts, a.vars} {
		sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	}
	for _, list := range [][]function{a.funcs, a.constructors} {
		sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	}
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// sentence is the first sentence of the first comment that has one, on one
// line. A comment that begins a section for several names is none.
func sentence(docs ...*ast.CommentGroup) string {
	for _, d := range docs {
		if d == nil {
			continue
		}
		if s := new(doc.Package).Synopsis(d.Text()); s != "" {
			return s
		}
	}
	return ""
}
