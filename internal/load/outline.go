package load

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// An outline is a file as those need it that only use what it declares: without the
// bodies of functions, and without the imports that nothing but these names, so that
// no export data is read for them. name gives the name of the package that an import
// path stands for, empty where it is not known. What is left is shared with the file.
func outline(f *ast.File, name func(path string) string) *ast.File {
	out := *f
	out.Decls = make([]ast.Decl, 0, len(f.Decls))
	named := map[string]bool{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			bare := *fn
			bare.Body = nil
			d = &bare
		}
		out.Decls = append(out.Decls, d)
		ast.Inspect(d, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					named[x.Name] = true
				}
			}
			return true
		})
	}
	unread := func(s *ast.ImportSpec) bool {
		as := ""
		if s.Name != nil {
			as = s.Name.Name
		} else if path, err := strconv.Unquote(s.Path.Value); err == nil {
			as = name(path)
		}
		return as != "" && as != "_" && as != "." && !named[as]
	}
	out.Imports = slices.DeleteFunc(slices.Clone(f.Imports), unread)
	for i, d := range out.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			read := *g
			read.Specs = slices.DeleteFunc(slices.Clone(g.Specs), func(s ast.Spec) bool { return unread(s.(*ast.ImportSpec)) })
			out.Decls[i] = &read
		}
	}
	return &out
}
