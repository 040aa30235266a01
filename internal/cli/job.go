package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/report"
)

// olderGoRedis is the module path of go-redis before v9, without its version.
// Of those, v8 is migrated too.
const olderGoRedis = "github.com/go-redis/redis"

// A job is one run over one module, as far as it has come.
type job struct {
	*env
	opt  *options
	root string // of the module

	prog  *load.Program
	found *analyzer.Result

	planFile string // absolute
	planOld  []byte // as it was read; nil when there is none
	plan     *plan.Plan
	problems []plan.Problem

	goRedis []report.Dep
	older   []string          // requirements of a go-redis before v8
	read    map[string][]byte // module files as they were before the work began
}

// errNothing ends a run that has nothing to do, with exit code 0.
type errNothing struct{ reason string }

func (e *errNothing) Error() string { return e.reason }

// newJob finds the module, puts back what a killed run left of it, and reads its
// plan, so that mistakes in it are told before the long work begins.
func newJob(e *env, o *options) (*job, error) {
	root, err := moduleRoot(o.dir)
	if err != nil {
		return nil, err
	}
	if err := checkWorkspace(root); err != nil {
		return nil, err
	}
	j := &job{env: e, opt: o, root: root, planFile: filepath.Join(root, plan.FileName), read: map[string][]byte{}}
	if err := j.recover(); err != nil {
		return nil, err
	}
	return j, j.readPlan()
}

// readPlan reads redis2cf.yaml when there is one.
func (j *job) readPlan() error {
	data, err := os.ReadFile(j.planFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := plan.Parse(plan.FileName, data)
	if err != nil {
		return err
	}
	j.planOld, j.plan = data, p
	return nil
}

// analyze loads the packages, finds the sites and makes the plan.
func (j *job) analyze() error {
	if err := j.readRequirements(); err != nil {
		return err
	}
	prog, err := load.Load(j.ctx, load.Config{
		Dir: dirOr(j.opt.dir), Patterns: j.opt.args, Tags: j.opt.tags, Progress: j.ui.step,
	})
	var none *load.NoRedisError
	switch {
	case !errors.As(err, &none):
	case none.OnlyOld && len(j.older) > 0:
		return fmt.Errorf("%s requires %s, and this redis2cf knows go-redis from v8 on: move to %s first, then run redis2cf again; nothing was changed",
			none.Module, strings.Join(j.older, ", "), analyzer.GoRedisPath)
	case !none.OnlyOld:
		return &errNothing{err.Error()}
	}
	if err != nil {
		return err
	}
	j.prog = prog
	for _, w := range prog.Warnings {
		j.warn("%s", w)
	}
	j.ui.step("finding calls and keys")
	j.found = prog.Analyze()
	j.plan, j.problems = plan.Build(j.found.Sites, j.plan)
	if j.planOld == nil {
		j.plan.InferClients(j.found.Servers)
	}
	if j.plan.Module == "" {
		j.plan.Module = prog.Module.Path
	}
	if err := j.useAPI(); err != nil {
		return err
	}
	return j.usePackage()
}

// useAPI takes -api into the plan, so that later runs, vet and generate know it. A line of
// the file decides: what importers compile against does not hang on who types the command.
func (j *job) useAPI() error {
	switch {
	case j.opt.api == "" || j.opt.api == j.plan.API:
	case j.plan.API != "":
		return usagef("", "-api %s: %s says api: %s; change the line if you mean it, for what is migrated from then on", j.opt.api, plan.FileName, j.plan.API)
	case j.opt.api == plan.APIKeep: // swap goes without saying
		j.plan.API = j.opt.api
	}
	return nil
}

// usePackage takes -pkg, which only the first run may say.
func (j *job) usePackage() error {
	if j.opt.pkg == "" {
		return nil
	}
	pkg := filepath.ToSlash(filepath.Clean(j.opt.pkg))
	if !filepath.IsLocal(pkg) || pkg == "." {
		return usagef("", "-pkg %s: name a directory below the module, such as %s", j.opt.pkg, plan.DefaultPackage)
	}
	if err := module.CheckImportPath(pkg); err != nil {
		return usagef("", "-pkg %s: that is no import path: name a directory such as %s", j.opt.pkg, plan.DefaultPackage)
	}
	if j.planOld != nil && pkg != j.plan.Package {
		return usagef("", "-pkg %s: %s already says package: %s; redis2cf undo first, then name another", j.opt.pkg, plan.FileName, j.plan.Package)
	}
	j.plan.Package = pkg
	return nil
}

func dirOr(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// readRequirements reads which go-redis the module requires.
func (j *job) readRequirements() error {
	file := filepath.Join(j.root, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	j.read = map[string][]byte{file: data}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return fmt.Errorf("%w; repair it first (go mod edit -fmt shows what is wrong)", err)
	}
	for _, r := range f.Require {
		if r.Mod.Path != analyzer.GoRedisV8Path && (r.Mod.Path == olderGoRedis || strings.HasPrefix(r.Mod.Path, olderGoRedis+"/")) {
			j.older = append(j.older, r.Mod.String())
		}
		if r.Mod.Path != analyzer.GoRedisPath && r.Mod.Path != analyzer.GoRedisV8Path {
			continue
		}
		j.goRedis = append(j.goRedis, report.Dep{Path: r.Mod.Path, Version: r.Mod.Version})
	}
	return nil
}

// warn tells a person something that does not stop the run.
func (e *env) warn(format string, args ...any) {
	e.ui.done()
	fmt.Fprintf(e.stderr, "redis2cf: %s\n", fmt.Sprintf(format, args...))
}

// report makes the report of what was found, and of what a rewrite made of it;
// res may be nil.
func (j *job) report(res *result) *report.Report {
	in := report.Input{
		Root: j.root, Module: j.prog.Module.Path, GoRedis: j.goRedis, Planned: j.planOld != nil,
		Plan: j.plan, Problems: j.problems, Sites: j.found.Sites, Servers: j.found.Servers,
	}
	if res != nil {
		in.Outcome, in.Blockers, in.Cuts = res.outcome(j), res.blockers(), res.cuts()
	}
	return report.New(in)
}
