package cleanup

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
)

// found is what the sources say, by places such as "lock/lock.go:12".
type found struct {
	imports map[string][]string // of go-redis, by import path
	bridges map[string][]string // uses of bridges, by their file in the generated package
}

// uses reads every Go file of the module, for whatever system and tag it is: types are not
// needed to see an import or the name of a bridge, and one build would not show all.
func uses(req *Request) (*found, error) {
	out := &found{map[string][]string{}, map[string][]string{}}
	names := map[string]string{} // of a bridge, to its file
	for _, b := range cfstore.Bridges {
		for _, of := range flow.BridgeFuncs {
			names[b.Name(of)] = b.File
		}
	}
	for _, root := range append([]string{req.Root}, req.Others...) {
		err := sources(root, func(name string, src []byte) error {
			if filepath.Dir(name) == req.Dir {
				return nil
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
			if f == nil {
				return fmt.Errorf("looking for what uses go-redis: %w", err)
			}
			place := func(pos token.Pos) string {
				return fmt.Sprintf("%s:%d", filepath.ToSlash(rel(req.Root, name)), fset.PositionFor(pos, false).Line)
			}
			for _, im := range f.Imports {
				path, err := strconv.Unquote(im.Path.Value)
				switch {
				case err != nil:
				case path == req.Package:
					for _, id := range named(f, req.Name, im) {
						if file := names[id.Name]; file != "" {
							out.bridges[file] = append(out.bridges[file], place(id.Pos())+" "+id.Name)
						}
					}
				case root == req.Root && slices.ContainsFunc(goRedis, func(m string) bool { return strings.HasPrefix(path, m+"/") || path == m }):
					out.imports[path] = append(out.imports[path], place(im.Pos()))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// named are the identifiers that may name something of an import: what a shadowed name
// selects is among them, which keeps too much and never too little.
func named(f *ast.File, name string, im *ast.ImportSpec) []*ast.Ident {
	if im.Name != nil {
		name = im.Name.Name
	}
	var out []*ast.Ident
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == name {
				out = append(out, n.Sel)
			}
		case *ast.Ident:
			if name == "." {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// sources gives each the Go files of a module that mention go-redis or a bridge. What the
// go command leaves out, and modules below this one, are left out.
func sources(root string, each func(name string, src []byte) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("looking for what uses go-redis: %w", err)
		case path == root:
		case d.IsDir():
			if _, err := os.Lstat(filepath.Join(path, "go.mod")); err == nil {
				return fs.SkipDir
			}
			if name := d.Name(); name == "vendor" || name == "testdata" || name[0] == '.' || name[0] == '_' {
				return fs.SkipDir
			}
		case filepath.Ext(path) == ".go":
			src, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("looking for what uses go-redis: %w", err)
			}
			if bytes.Contains(src, []byte("GoRedis")) || bytes.Contains(src, []byte("go-redis")) {
				return each(path, src)
			}
		}
		return nil
	})
}
