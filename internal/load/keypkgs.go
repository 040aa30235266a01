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
// text, and so on through those packages.
func (p *Program) keyPackages(h *hits, kept []string) []string {
	k := &keyFinder{fset: token.NewFileSet(), prog: p, have: map[string]bool{}, makes: map[string]map[string]bool{}}
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
		for _, path := range k.leads(file) {
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
}

// leads gives the packages that keys of a file may come from.
func (k *keyFinder) leads(file string) []string {
	f, err := parser.ParseFile(k.fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil // the typed load says what is wrong with it
	}
	var called map[string]bool
	var out []string
	for _, imp := range f.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil || k.have[path] || k.prog.Meta[path] == nil || slices.Contains(out, path) {
			continue
		}
		if called == nil {
			called = callees(f)
		}
		for name := range k.makers(path) {
			if called[name] {
				out = append(out, path)
				break
			}
		}
	}
	return out
}

// callees are the names behind a dot, or of a dot import, that a file calls.
func callees(f *ast.File) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := ast.Unparen(c.Fun).(type) {
		case *ast.SelectorExpr:
			out[fun.Sel.Name] = true
		case *ast.Ident:
			out[fun.Name] = true
		}
		return true
	})
	return out
}

// makers are the exported functions and methods of a package with a result that
// is text or a list of texts.
func (k *keyFinder) makers(path string) map[string]bool {
	if m, ok := k.makes[path]; ok {
		return m
	}
	m := map[string]bool{}
	k.makes[path] = m
	for _, file := range k.prog.Meta[path].GoFiles {
		f, err := parser.ParseFile(k.fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
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
