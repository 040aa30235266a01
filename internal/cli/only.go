package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/rewrite"
)

// stepOf reads -step.
func stepOf(name string) (rewrite.Step, error) {
	switch step := rewrite.Step(name); step {
	case "", rewrite.StepViews:
		return "", nil
	case rewrite.StepGenerate, rewrite.StepSwap:
		return step, nil
	}
	return "", usagef("", "-step %s: there are generate (the generated package, %s and the module files), swap (go-redis's names) and views (everything)", name, plan.FileName)
}

// command is what the run was asked to do, for the journal.
func (o *options) command() string {
	words := []string{"redis2cf -w"}
	if o.step != "" {
		words = append(words, "-step", o.step)
	}
	if o.dual {
		words = append(words, "-dual")
	}
	for _, s := range o.only {
		words = append(words, "-only", s)
	}
	return strings.Join(append(words, o.args...), " ")
}

// selection reads -only; nil when it was not given.
func (j *job) selection() (*rewrite.Selection, error) {
	if len(j.opt.only) == 0 {
		return nil, nil
	}
	sel := &rewrite.Selection{Families: map[string]bool{}}
	var files []func(string) bool
	for _, s := range j.opt.only {
		if f := j.familyNamed(s); f != nil {
			sel.Families[f.Pattern] = true
			continue
		}
		match, err := j.filesNamed(s)
		if err != nil {
			return nil, err
		}
		files = append(files, match)
	}
	sel.Files = func(name string) bool {
		return slices.ContainsFunc(files, func(match func(string) bool) bool { return match(name) })
	}
	return sel, nil
}

// familyNamed finds a family by its name or its pattern.
func (j *job) familyNamed(s string) *plan.Family {
	for i := range j.plan.Families {
		if f := &j.plan.Families[i]; f.Pattern == s || f.Name == s {
			return f
		}
	}
	return nil
}

// filesNamed reads a selector that is a file, a package, or packages below one, each
// as a path from the working directory or as an import path of the module.
func (j *job) filesNamed(s string) (func(name string) bool, error) {
	path, below := strings.CutSuffix(s, "...")
	path = strings.TrimSuffix(path, "/")
	module := j.prog.Module.Path
	full := ""
	switch rel, ok := strings.CutPrefix(path, module); {
	case ok && (rel == "" || rel[0] == '/'):
		full = filepath.Join(j.root, filepath.FromSlash(rel))
	case filepath.IsAbs(path):
		full = filepath.Clean(path)
	default:
		dir, err := filepath.Abs(dirOr(j.opt.dir))
		if err == nil {
			dir, err = filepath.EvalSymlinks(dir)
		}
		if err != nil {
			return nil, err
		}
		full = filepath.Join(dir, filepath.FromSlash(path))
	}
	info, err := os.Stat(full)
	switch {
	case err != nil:
		return nil, usagef("", "-only %s: that is no file or package of %s, and no family: %s", s, module, j.familyList())
	case !info.IsDir() && below:
		return nil, usagef("", "-only %s: %s is a file", s, path)
	case !info.IsDir():
		return func(name string) bool { return name == full }, nil
	case below:
		return func(name string) bool { return strings.HasPrefix(name, full+string(filepath.Separator)) }, nil
	}
	return func(name string) bool { return filepath.Dir(name) == full }, nil
}

// familyList names the families that there are, a few of them.
func (j *job) familyList() string {
	var names []string
	for i := range j.plan.Families {
		f := &j.plan.Families[i]
		names = append(names, fmt.Sprintf("%s (%s)", f.Name, f.Pattern))
	}
	slices.Sort(names)
	if more := len(names) - 20; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:20], ", "), more)
	}
	return strings.Join(names, ", ")
}

// sayReached says what moved beside that which was asked for.
func (j *job) sayReached(r rewrite.Reached) {
	if r.Calls == 0 && len(r.Files) == 0 {
		return
	}
	var names []string
	for _, f := range r.Files {
		names = append(names, j.rel(f))
	}
	more := ""
	if n := len(names) - 5; n > 0 {
		names, more = names[:5], fmt.Sprintf(" and %d more", n)
	}
	where := ""
	if len(names) > 0 {
		where = " (" + strings.Join(names, ", ") + more + ")"
	}
	j.warn("what hangs together moves whole: beside what was asked for, %s%s in %s%s", calls(r.Calls), movesWithoutView(j.opt), files(len(r.Files)), where)
}

func movesWithoutView(o *options) string {
	if len(o.only) > 0 {
		return ", without views,"
	}
	return ""
}
