package load

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// keyPackages gives the packages of the module that the prune left out and that
// may build keys: a key function like keys.Session(id) often stands in a package
// that never sees go-redis, and without its source the key is unknown. It errs
// on the side of loading: a package is taken when a file of a package with
// go-redis, or with the package that this tool generated, imports it and calls
// something by the name of one of its exported functions or methods that return
// text, and so on through those packages; and when a file with go-redis reads a
// field or variable of it that is text, since what is written there may be a
// prefix. Packages that only call through an interface which a type beside
// go-redis fills are not taken: there can be a hundred, and package keys says of
// such a parameter that its callers are not in sight.
func (p *Program) keyPackages(h *hits, kept []string) []string {
	k := &keyFinder{fset: token.NewFileSet(), prog: p, have: map[string]bool{}, makes: map[string]map[string]bool{}, holds: map[string]map[string]bool{}}
	for _, path := range kept {
		k.have[path] = true
	}
	var queue []string
	for _, path := range kept {
		m := p.Meta[path]
		files := slices.Concat(m.GoFiles, m.TestFiles, m.XTestFiles)
		generated := func(imports []string) bool {
			return slices.ContainsFunc(imports, func(path string) bool { d := p.Meta[path]; return d != nil && h.gens[d.Dir] })
		}
		if slices.ContainsFunc(files, func(f string) bool { return h.files[f] }) ||
			generated(m.Imports) || generated(m.TestImports) || generated(m.XTestImports) {
			queue = append(queue, files...)
		}
	}
	var out []string
	for len(queue) > 0 {
		file := queue[0]
		queue = queue[1:]
		for _, path := range k.leads(file, h.files[file]) {
			k.have[path] = true
			out = append(out, path)
			queue = append(queue, p.Meta[path].GoFiles...)
		}
	}
	return out
}

type keyFinder struct {
	fset  *token.FileSet
	prog  *Program
	have  map[string]bool            // packages that are loaded anyway
	makes map[string]map[string]bool // by package: its exported functions and methods that return text
	holds map[string]map[string]bool // by package: its exported variables and fields that are text
}

// leads gives the packages that keys of a file may come from; fields says whether
// those whose fields and variables it reads are among them.
func (k *keyFinder) leads(file string, fields bool) []string {
	f, err := parser.ParseFile(k.fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil // the typed load says what is wrong with it
	}
	var called, read map[string]bool
	var out []string
	for _, imp := range f.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil || k.have[path] || k.prog.Meta[path] == nil || slices.Contains(out, path) {
			continue
		}
		if called == nil {
			called, read = callees(f)
		}
		if common(k.makers(path), called) || fields && common(k.holds[path], read) {
			out = append(out, path)
		}
	}
	return out
}

func common(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}

// callees are the names behind a dot, or of a dot import, that a file calls; read
// are those behind a dot that it names otherwise.
func callees(f *ast.File) (called, read map[string]bool) {
	called, read = map[string]bool{}, map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch fun := ast.Unparen(n.Fun).(type) {
			case *ast.SelectorExpr:
				called[fun.Sel.Name] = true
			case *ast.Ident:
				called[fun.Name] = true
			}
		case *ast.SelectorExpr:
			read[n.Sel.Name] = true
		}
		return true
	})
	return called, read
}

// makers are the exported functions and methods of a package with a result that
// is text or a list of texts.
func (k *keyFinder) makers(path string) map[string]bool {
	if m, ok := k.makes[path]; ok {
		return m
	}
	m, held := map[string]bool{}, map[string]bool{}
	k.makes[path], k.holds[path] = m, held
	for _, file := range k.prog.Meta[path].GoFiles {
		f, err := parser.ParseFile(k.fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		if !ast.IsGenerated(f) {
			texts(f, held)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Type.Results == nil {
				continue
			}
			for _, res := range fn.Type.Results.List {
				t := res.Type
				if list, ok := t.(*ast.ArrayType); ok && list.Len == nil {
					t = list.Elt
				}
				if id, ok := t.(*ast.Ident); ok && (id.Name == "string" || ast.IsExported(id.Name)) {
					m[fn.Name.Name] = true // a type of the package may be text: type Key string
				}
			}
		}
	}
	return m
}

// texts adds the exported variables and fields of a file that are strings. What
// protocol compilers generate is full of fields, and has no keys.
func texts(f *ast.File, held map[string]bool) {
	text := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == "string"
	}
	add := func(names []*ast.Ident) {
		for _, id := range names {
			if id.IsExported() {
				held[id.Name] = true
			}
		}
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				if g.Tok == token.VAR && (spec.Type == nil || text(spec.Type)) {
					add(spec.Names)
				}
			case *ast.TypeSpec:
				ast.Inspect(spec, func(n ast.Node) bool {
					if st, ok := n.(*ast.StructType); ok {
						for _, field := range st.Fields.List {
							if text(field.Type) {
								add(field.Names)
							}
						}
					}
					return true
				})
			}
		}
	}
}
