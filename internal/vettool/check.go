package vettool

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"runtime"
	"sort"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/internal/realm"
	"github.com/redis2cf/redis2cf/internal/vettool/quick"
)

type options struct {
	json bool
	fix  bool // apply fixes, into the archive that the go command wants, instead of printing diagnostics
	diff bool // with fix: print them as a diff instead
}

// check type-checks the package and prints what the analyzer says, as
// unitchecker does. The exit code is 1 when there is something to say.
func check(cfg *quick.Config, a *analysis.Analyzer, opt options, out, stderr io.Writer) int {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range cfg.GoFiles {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fails(cfg, err, stderr)
		}
		files = append(files, f)
	}
	info := &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Implicits:    map[ast.Node]types.Object{},
		Instances:    map[*ast.Ident]types.Instance{},
		Scopes:       map[ast.Node]*types.Scope{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		FileVersions: map[*ast.File]string{},
	}
	tc := &types.Config{
		Importer:  exportData(cfg, fset),
		Sizes:     types.SizesFor("gc", goarch()),
		GoVersion: cfg.GoVersion,
	}
	pkg, err := tc.Check(cfg.ImportPath, fset, files, info)
	if err != nil {
		return fails(cfg, err, stderr)
	}
	var found []analysis.Diagnostic
	pass := &analysis.Pass{
		Analyzer: a, Fset: fset, Files: files, OtherFiles: cfg.NonGoFiles, IgnoredFiles: cfg.IgnoredFiles,
		Pkg: pkg, TypesInfo: info, TypesSizes: tc.Sizes,
		ResultOf: map[*analysis.Analyzer]any{},
		Report:   func(d analysis.Diagnostic) { found = append(found, d) },
		ReadFile: os.ReadFile,
	}
	if _, err := a.Run(pass); err != nil {
		fmt.Fprintf(stderr, "redis2cf: analyzing %s: %v\n", cfg.ImportPath, err)
		return 1
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Pos < found[j].Pos })
	switch {
	case opt.fix:
		if err := fix(cfg, fset, found, opt.diff, out); err != nil {
			fmt.Fprintf(stderr, "redis2cf: fixing %s: %v\n", cfg.ImportPath, err)
			return 1
		}
		return 0
	case opt.json:
		return writeJSON(out, fset, cfg.ID, a.Name, found)
	}
	for _, d := range found {
		fmt.Fprintf(stderr, "%s: %s\n", fset.Position(d.Pos), d.Message)
	}
	if len(found) > 0 {
		return 1
	}
	return 0
}

func goarch() string {
	if v := os.Getenv("GOARCH"); v != "" {
		return v
	}
	return runtime.GOARCH
}

// fails says why a package could not be type-checked. The go command asks for
// silence where the compiler will say the same.
func fails(c *quick.Config, err error, stderr io.Writer) int {
	if c.SucceedOnTypecheckFailure {
		return 0
	}
	fmt.Fprintln(stderr, err)
	return 1
}

// exportData reads the compiler's export data of the packages that the go command
// names.
func exportData(c *quick.Config, fset *token.FileSet) types.Importer {
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := c.PackageFile[path]
		if !ok {
			return nil, fmt.Errorf("the go command gives no export data for %q", path)
		}
		return os.Open(file)
	})
	return realm.ImporterFunc(func(path string) (*types.Package, error) {
		if mapped, ok := c.ImportMap[path]; ok { // vendoring
			path = mapped
		}
		return imp.Import(path)
	})
}

// writeJSON prints diagnostics in the form of the analysis drivers' -json.
func writeJSON(out io.Writer, fset *token.FileSet, id, name string, found []analysis.Diagnostic) int {
	type edit struct {
		Filename string `json:"filename"`
		Start    int    `json:"start"`
		End      int    `json:"end"`
		New      string `json:"new"`
	}
	type suggested struct {
		Message string `json:"message"`
		Edits   []edit `json:"edits"`
	}
	type diagnostic struct {
		Category string      `json:"category,omitempty"`
		Posn     string      `json:"posn"`
		End      string      `json:"end"`
		Message  string      `json:"message"`
		URL      string      `json:"url,omitempty"`
		Fixes    []suggested `json:"suggested_fixes,omitempty"`
	}
	tree := map[string]map[string][]diagnostic{}
	if len(found) > 0 {
		list := make([]diagnostic, len(found))
		for i, d := range found {
			end := d.End
			if !end.IsValid() {
				end = d.Pos
			}
			list[i] = diagnostic{d.Category, fset.Position(d.Pos).String(), fset.Position(end).String(), d.Message, d.URL, nil}
			for _, f := range d.SuggestedFixes {
				s := suggested{Message: f.Message}
				for _, e := range f.TextEdits {
					start, end := fset.Position(e.Pos), fset.Position(e.End)
					s.Edits = append(s.Edits, edit{start.Filename, start.Offset, end.Offset, string(e.NewText)})
				}
				list[i].Fixes = append(list[i].Fixes, s)
			}
		}
		tree[id] = map[string][]diagnostic{name: list}
	}
	data, err := json.MarshalIndent(tree, "", "\t")
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", data)
	}
	if err != nil {
		return 1
	}
	return 0
}
