package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strconv"
	"strings"
)

// A file is one source file of the module with the types of one of the packages
// that it is compiled in.
type file struct {
	name  string
	src   []byte
	syn   *ast.File
	tok   *token.File
	fset  *token.FileSet
	info  *types.Info
	pkg   *types.Package
	path  string // import path of the package, test variants without their suffix
	names map[string]string
	crlf  bool
}

// offset is a position as a byte offset.
func (f *file) offset(p token.Pos) int { return f.tok.Offset(p) }

func (f *file) newline() string {
	if f.crlf {
		return "\r\n"
	}
	return "\n"
}

// importOf returns the import spec of a path, and its local name as a package
// name object.
func (f *file) importOf(importPath string) (*ast.ImportSpec, *types.PkgName) {
	for _, s := range f.syn.Imports {
		if p, err := strconv.Unquote(s.Path.Value); err == nil && p == importPath {
			return s, f.pkgName(s)
		}
	}
	return nil, nil
}

func (f *file) pkgName(s *ast.ImportSpec) *types.PkgName {
	if s.Name != nil {
		n, _ := f.info.Defs[s.Name].(*types.PkgName)
		return n
	}
	n, _ := f.info.Implicits[s].(*types.PkgName)
	return n
}

// localName is the name under which the file will know a package: the one of
// an import that is there, else want, else want with a number behind it where
// want means something else in the file.
func (f *file) localName(importPath, want string) string {
	if n, ok := f.names[importPath]; ok {
		return n
	}
	name := ""
	if s, pn := f.importOf(importPath); s != nil && pn != nil && pn.Name() != "_" && pn.Name() != "." {
		name = pn.Name()
	}
	for i := 1; name == ""; i++ {
		try := want
		if i > 1 {
			try += strconv.Itoa(i)
		}
		if !f.taken(try) {
			name = try
		}
	}
	f.names[importPath] = name
	return name
}

// taken reports whether a name already means something anywhere in the file.
func (f *file) taken(name string) bool {
	if f.pkg.Scope().Lookup(name) != nil {
		return true
	}
	for _, s := range f.syn.Imports {
		if n := f.pkgName(s); n != nil && n.Name() == name {
			return true
		}
	}
	found := false
	ast.Inspect(f.syn, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok { // fields and methods cannot clash
			ast.Inspect(sel.X, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == name {
					found = true
				}
				return !found
			})
			return false
		}
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// specText is an import spec as it stands in an import declaration.
func specText(name, importPath string) string {
	if name == path.Base(importPath) {
		return strconv.Quote(importPath)
	}
	return name + " " + strconv.Quote(importPath)
}

// replaceSpec puts another import in a spec's place; comments stay.
func (f *file) replaceSpec(s *ast.ImportSpec, text string) Edit {
	return Edit{File: f.name, Start: f.offset(s.Pos()), End: f.offset(s.Path.End()), New: text, Rung: RungSwap, Site: -1}
}

// removeSpec deletes an import with its line, or its declaration when it is the
// only one in it.
func (f *file) removeSpec(s *ast.ImportSpec) Edit {
	var node ast.Node = s
	for _, d := range f.syn.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && len(g.Specs) == 1 && g.Specs[0] == ast.Spec(s) {
			node = g
		}
	}
	start, end := f.offset(node.Pos()), f.offset(node.End())
	for start > 0 && (f.src[start-1] == ' ' || f.src[start-1] == '\t') {
		start--
	}
	if s.Comment != nil {
		end = f.offset(s.Comment.End())
	}
	if start == 0 || f.src[start-1] == '\n' { // alone on its line
		for end < len(f.src) && f.src[end] != '\n' && strings.ContainsRune(" \t\r", rune(f.src[end])) {
			end++
		}
		if end < len(f.src) && f.src[end] == '\n' {
			end++
		}
	}
	return Edit{File: f.name, Start: start, End: end, Rung: RungSwap, Site: -1}
}

// insertAfter adds an import on the line behind spec s.
func (f *file) insertAfter(s *ast.ImportSpec, text string) Edit {
	for _, d := range f.syn.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, spec := range g.Specs {
			if spec != ast.Spec(s) {
				continue
			}
			end := s.End()
			if s.Comment != nil {
				end = s.Comment.End()
			}
			if g.Lparen.IsValid() {
				text = f.newline() + "\t" + text
			} else {
				text = f.newline() + "import " + text
			}
			return f.insertion(f.offset(end), text)
		}
	}
	return f.insertNew(text)
}

func (f *file) insertion(at int, text string) Edit {
	return Edit{File: f.name, Start: at, End: at, New: text, Rung: RungSwap, Site: -1}
}

// insertNew adds an import to a file: beside the import whose path has most in
// common with it, else as the file's first.
func (f *file) insertNew(text string) Edit {
	want := text[strings.IndexByte(text, '"')+1 : len(text)-1]
	var best *ast.ImportSpec
	most := -1
	for _, s := range f.syn.Imports {
		p, _ := strconv.Unquote(s.Path.Value)
		if p == "C" {
			continue
		}
		n := commonElements(p, want)
		if n >= most {
			best, most = s, n
		}
	}
	if best == nil {
		nl := f.newline()
		return f.insertion(f.offset(f.syn.Name.End()), nl+nl+"import "+text)
	}
	if p, _ := strconv.Unquote(best.Path.Value); most == 0 && !strings.Contains(strings.Split(p, "/")[0], ".") {
		// Only the standard library stands there: a group of its own.
		e := f.insertAfter(best, text)
		if i := strings.Index(e.New, "\n"); strings.HasPrefix(e.New[i+1:], "\t") {
			e.New = f.newline() + e.New
		}
		return e
	}
	return f.insertAfter(best, text)
}

func commonElements(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n
}
