package cli

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/gen/stub"
	"github.com/redis2cf/redis2cf/internal/journal"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
)

// runGenerate writes the generated package again from redis2cf.yaml.
func runGenerate(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("generate", "generate takes no packages: redis2cf.yaml says what it writes")
	}
	j, err := newJob(e, o)
	if err != nil {
		return exitError, err
	}
	if j.plan == nil {
		return exitError, fmt.Errorf("there is no %s in %s: redis2cf -w ./... writes the first one", plan.FileName, j.root)
	}
	dir := filepath.Join(j.root, filepath.FromSlash(j.plan.Package))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return exitError, fmt.Errorf("%s says package: %s, and there is no such directory: put back the old one, or redis2cf undo and then redis2cf -w -pkg %s",
			plan.FileName, j.plan.Package, j.plan.Package)
	}
	old, err := cfstore.Existing(dir)
	if err != nil {
		return exitError, err
	}
	e.ui.step("generating " + j.plan.Package)
	now, err := cfstore.Package(j.plan, cfstore.Options{ImportPath: modulePath(j.root) + "/" + j.plan.Package, Facade: map[string][]byte{"runtime.go": stub.Source()}})
	if err != nil {
		return exitError, err
	}
	if err := j.viewsStay(old, now); err != nil {
		return exitError, err
	}
	n, err := writeGenerated(j.root, dir, old, now)
	if err != nil {
		return exitError, err
	}
	e.ui.done()
	if n == 0 {
		_, err = fmt.Fprintf(e.stdout, "%s is up to date with %s.\n", j.plan.Package, plan.FileName)
	} else {
		_, err = fmt.Fprintf(e.stdout, "Wrote %s in %s from %s; no call site changed.\n", files(n), j.plan.Package, plan.FileName)
	}
	return exitDone, err
}

// writeGenerated writes what differs, and removes what is no longer generated,
// in one transaction.
func writeGenerated(root, dir string, old, now map[string][]byte) (int, error) {
	txn, err := journal.Begin(root, "redis2cf generate")
	if err != nil {
		return 0, err
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		before, there := old[name]
		expect := journal.Absent
		if there {
			if string(before) == string(now[name]) {
				continue
			}
			expect = journal.Sum(before)
		}
		if err := txn.Stage(filepath.Join(dir, name), now[name], expect, 0); err != nil {
			return 0, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, still := now[name]; !still {
			if err := txn.Remove(filepath.Join(dir, name), journal.Sum(old[name])); err != nil {
				return 0, err
			}
		}
	}
	n := txn.Len()
	if n == 0 {
		return 0, nil
	}
	_, err = txn.Commit()
	return n, err
}

// viewsStay refuses a package that lacks a view which a call still uses. Only
// when a view goes is the program loaded to look for its calls.
func (j *job) viewsStay(old, now map[string][]byte) error {
	has := viewNames(now)
	gone := map[string]bool{}
	for name := range viewNames(old) {
		if !has[name] {
			gone[name] = true
		}
	}
	if len(gone) == 0 {
		return nil
	}
	prog, err := load.Load(j.ctx, load.Config{Dir: j.root, Tags: j.opt.tags, Progress: j.ui.step})
	var none *load.NoRedisError
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	return usedViews(j, prog.Analyze(), gone)
}

func usedViews(j *job, found *analyzer.Result, gone map[string]bool) error {
	var uses []string
	view := ""
	for i := range found.Sites {
		if s := &found.Sites[i]; s.Viewed && gone[s.View] {
			view = s.View
			uses = append(uses, j.at(s.Position.Filename, s.Position.Line))
		}
	}
	if len(uses) == 0 {
		return nil
	}
	more := ""
	if len(uses) > 3 {
		more = fmt.Sprintf(" and %d more", len(uses)-3)
		uses = uses[:3]
	}
	return fmt.Errorf("%s no longer has the view %s, and calls still use it (%s%s): put the family back under that name, or change these calls first; nothing was changed",
		plan.FileName, view, strings.Join(uses, ", "), more)
}

// viewNames are the views of a generated package.
func viewNames(files map[string][]byte) map[string]bool {
	names := map[string]bool{}
	f, err := parser.ParseFile(token.NewFileSet(), cfstore.ViewsFile, files[cfstore.ViewsFile], parser.SkipObjectResolution)
	if err != nil {
		return names // a package that does not parse has no view that a call could use
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
			names[fn.Name.Name] = true
		}
	}
	return names
}
