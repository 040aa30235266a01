package modfiles

import (
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// nested adds to a go.mod the runtime's own modules that the new files import: from
// where the runtime comes from, and at its version. What go.mod says of them already stays.
func (s *settler) nested(mod []byte) ([]byte, error) {
	f, err := modfile.Parse(s.gomod, mod, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the new go.mod: %w", err)
	}
	if f.Module == nil || f.Module.Mod.Path == RuntimePath {
		return mod, nil
	}
	changed := false
	for _, dir := range Nested {
		if !Imports(s.req.Files, RuntimePath+"/"+dir) {
			continue
		}
		added, err := addNested(f, dir)
		if err != nil {
			return nil, fmt.Errorf("adding the runtime's %s to go.mod: %w", dir, err)
		}
		changed = changed || added
	}
	if !changed {
		return mod, nil
	}
	if err := writable(s.gomod); err != nil {
		return nil, err
	}
	f.Cleanup()
	return f.Format()
}

// addNested requires one module of the runtime as the runtime itself is required.
func addNested(f *modfile.File, dir string) (added bool, err error) {
	own := RuntimePath + "/" + dir
	version, from := "", ""
	for _, q := range f.Require {
		switch q.Mod.Path {
		case own:
			return false, nil
		case RuntimePath:
			version = q.Mod.Version
		}
	}
	if version == "" {
		return false, nil // the go command finds both
	}
	for _, q := range f.Replace {
		switch {
		case q.Old.Path == own:
			return true, f.AddRequire(own, version)
		case q.Old.Path == RuntimePath && q.New.Version == "":
			from = q.New.Path
		}
	}
	if err := f.AddRequire(own, version); err != nil {
		return false, err
	}
	if from == "" {
		return true, nil
	}
	to := filepath.Join(from, filepath.FromSlash(dir))
	if !filepath.IsAbs(from) {
		// A relative target must begin with a dot, which Join takes away.
		if to = path.Join(filepath.ToSlash(from), dir); !strings.HasPrefix(to, "../") {
			to = "./" + to
		}
	}
	return true, f.AddReplace(own, "", to, "")
}

// Imports reports whether a file imports a package: files by name, nil for one that goes.
func Imports(files map[string][]byte, pkg string) bool {
	for name, src := range files {
		if src == nil || filepath.Ext(name) != ".go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			continue // the build says it better
		}
		for _, im := range f.Imports {
			if p, err := strconv.Unquote(im.Path.Value); err == nil && p == pkg {
				return true
			}
		}
	}
	return false
}
