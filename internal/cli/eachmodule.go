package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/journal"
	"github.com/redis2cf/redis2cf/internal/plan"
)

// eachModule runs a command in every module of a workspace, one after the other,
// when it is given in the directory of a go.work that is no module itself. Each
// module has its own plan, package and journal. ok is false where the command
// is for one module as ever. Modules that has is false of are left out, and none is the
// error when that is all of them.
func (e *env) eachModule(o *options, has func(root string) bool, none error, run func(*options) (int, error)) (code int, ok bool, err error) {
	dir, err := filepath.Abs(dirOr(o.dir))
	if err != nil {
		return exitError, true, err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	modules := workspaceModules(dir)
	if len(modules) == 0 || !slices.Equal(o.args, []string{"./..."}) && len(o.args) > 0 {
		return 0, false, nil
	}
	for _, one := range []struct {
		flag  string
		given bool
	}{{"-json", o.json}, {"-sarif", o.sarif != ""}, {"-html", o.html != ""}} {
		if one.given {
			return exitError, true, &usageError{
				message: fmt.Sprintf("%s holds a workspace, and %s writes the report of one module", dir, one.flag),
				hint:    "Name one with -C: " + strings.Join(modules, ", ") + ".",
			}
		}
	}
	ran := 0
	for _, m := range modules {
		one := *o
		one.dir, one.base = filepath.FromSlash(m), dir
		if !filepath.IsAbs(one.dir) {
			one.dir = filepath.Join(dir, one.dir)
		}
		if has != nil && !has(one.dir) {
			continue
		}
		if !o.diff {
			if ran > 0 {
				fmt.Fprintln(e.stdout)
			}
			fmt.Fprintln(e.stdout, e.ui.style.Bold(m))
		}
		ran++
		c, err := run(&one)
		e.ui.done()
		if err != nil {
			return exitError, true, fmt.Errorf("module %s of the workspace: %w", m, err)
		}
		code = max(code, c)
	}
	if ran == 0 && none != nil {
		return exitError, true, none
	}
	return code, ran > 0, nil
}

// hasPlan tells whether a module has been migrated before.
func hasPlan(root string) bool {
	_, err := os.Stat(filepath.Join(root, plan.FileName))
	return err == nil
}

// hasJournal tells whether a module has something to undo. A journal that cannot be read
// is undo's to report.
func hasJournal(root string) bool {
	ok, err := journal.CanUndo(root)
	return ok || err != nil
}
