package modfiles

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// nested adds to a go.mod the runtime's own modules that the new files import: from
// where the runtime comes from, and at its version. One whose last import goes with a file
// goes too. What go.mod says of the others already stays.
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
		users := usersOf(dir)
		if Imports(s.req.Files, users...) {
			added, err := addNested(f, dir, !Imports(s.req.Files, users[0]))
			if err != nil {
				return nil, fmt.Errorf("adding the runtime's %s to go.mod: %w", dir, err)
			}
			changed = changed || added
			continue
		}
		left, err := s.left(users)
		if err != nil {
			return nil, fmt.Errorf("looking for what uses the runtime's %s: %w", dir, err)
		}
		if left {
			dropped, err := dropNested(f, dir)
			if err != nil {
				return nil, fmt.Errorf("taking the runtime's %s out of go.mod: %w", dir, err)
			}
			changed = changed || dropped
		}
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

// standsOn has which modules of the runtime need which others. Those are required too: a
// replace directive counts only in the main module.
var standsOn = map[string][]string{"dual": {"goredis"}}

// usersOf are the packages whose import needs a module of the runtime, its own first.
func usersOf(dir string) []string {
	users := []string{RuntimePath + "/" + dir}
	for _, other := range Nested {
		if slices.Contains(standsOn[other], dir) {
			users = append(users, RuntimePath+"/"+other)
		}
	}
	return users
}

// addNested requires one module of the runtime as the runtime itself is required.
func addNested(f *modfile.File, dir string, indirect bool) (added bool, err error) {
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
			f.AddNewRequire(own, version, indirect)
			return true, nil
		case q.Old.Path == RuntimePath && q.New.Version == "":
			from = q.New.Path
		}
	}
	f.AddNewRequire(own, version, indirect)
	if from == "" {
		return true, nil
	}
	return true, f.AddReplace(own, "", within(from, dir), "")
}

// within is the target of a replace directive for a directory of a checkout.
func within(from, dir string) string {
	if filepath.IsAbs(from) {
		return filepath.Join(from, filepath.FromSlash(dir))
	}
	to := path.Join(filepath.ToSlash(from), dir)
	if !strings.HasPrefix(to, "../") {
		to = "./" + to // a relative target must begin with a dot, which Join takes away
	}
	return to
}

// dropNested takes back what addNested does.
func dropNested(f *modfile.File, dir string) (dropped bool, err error) {
	own := RuntimePath + "/" + dir
	for _, q := range f.Require {
		dropped = dropped || q.Mod.Path == own
	}
	if !dropped {
		return false, nil
	}
	if err := f.DropRequire(own); err != nil {
		return false, err
	}
	from := ""
	for _, q := range f.Replace {
		if q.Old.Path == RuntimePath && q.New.Version == "" {
			from = q.New.Path
		}
	}
	for _, q := range f.Replace {
		if q.Old.Path == own && from != "" && q.New.Path == within(from, dir) {
			return true, f.DropReplace(own, q.Old.Version)
		}
	}
	return true, nil
}

// left reports whether a file that goes is the last of the module that imports one of some
// packages.
func (s *settler) left(pkgs []string) (bool, error) {
	gone := map[string][]byte{}
	for name, src := range s.req.Files {
		if src != nil {
			continue
		}
		old, err := readOptional(name)
		if err != nil {
			return false, err
		}
		gone[name] = old
	}
	if !Imports(gone, pkgs...) {
		return false, nil
	}
	others := map[string][]byte{}
	err := filepath.WalkDir(s.req.Dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name == s.req.Dir {
				return nil
			}
			if _, err := os.Lstat(filepath.Join(name, "go.mod")); err == nil || d.Name() == "vendor" {
				return fs.SkipDir // another module
			}
		case filepath.Ext(name) == ".go":
			if _, known := s.req.Files[name]; known {
				return nil // asked before
			}
			src, err := os.ReadFile(name)
			if err == nil && slices.ContainsFunc(pkgs, func(pkg string) bool { return bytes.Contains(src, []byte(pkg)) }) {
				others[name] = src
			}
			return err
		}
		return nil
	})
	return !Imports(others, pkgs...), err
}

// Imports reports whether a file imports one of some packages: files by name, nil for one
// that goes.
func Imports(files map[string][]byte, pkgs ...string) bool {
	for name, src := range files {
		if src == nil || filepath.Ext(name) != ".go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			continue // the build says it better
		}
		for _, im := range f.Imports {
			if p, err := strconv.Unquote(im.Path.Value); err == nil && slices.Contains(pkgs, p) {
				return true
			}
		}
	}
	return false
}
