package cli

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/gen/stub"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/modfiles"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// runGenerate writes the generated package again from redis2cf.yaml.
func runGenerate(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("generate", "generate takes no packages: redis2cf.yaml says what it writes")
	}
	none := fmt.Errorf("no module of this workspace has a %s: redis2cf -w ./... writes the first ones", plan.FileName)
	if code, ok, err := e.eachModule(o, hasPlan, none, func(o *options) (int, error) { return runGenerate(e, o) }); ok {
		return code, err
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
	now, err := cfstore.Package(j.plan, cfstore.Options{
		ImportPath: modulePath(j.root) + "/" + j.plan.Package, Facade: map[string][]byte{"runtime.go": stub.Source()},
		Bridge: func(b cfstore.Bridge) bool { return old[b.File] != nil }, // the calls are there, and generate changes none
		Dual:   o.dual || old[cfstore.DualFile] != nil,
	})
	if err != nil {
		return exitError, err
	}
	mod := map[string][]byte{}
	if o.dual && old[cfstore.DualFile] == nil {
		mod, err = j.requireDual(dir, now)
	} else {
		err = j.driversThere(old, now)
	}
	if err != nil {
		return exitError, err
	}
	if err := j.viewsServe(old, now); err != nil {
		return exitError, err
	}
	if err := j.promisesKept(); err != nil {
		return exitError, err
	}
	n, err := j.writeGenerated(dir, old, now, mod)
	if err != nil {
		return exitError, err
	}
	e.ui.done()
	if n == 0 {
		_, err = fmt.Fprintf(e.stdout, "%s is up to date with %s.\n", j.plan.Package, plan.FileName)
	} else {
		_, err = fmt.Fprintf(e.stdout, "Wrote %s in %s from %s; no call site changed.\n", files(n), j.plan.Package, plan.FileName)
	}
	if err == nil && len(mod) > 0 {
		_, err = fmt.Fprintf(e.stdout, "%s requires %s now.\n", strings.Join(j.relAll(mod), ", "), cfstore.DualPath)
	}
	return exitDone, err
}

// writeGenerated writes what differs, and removes what is no longer generated,
// in one transaction with the module files. It tells how many files of the package those
// are.
func (j *job) writeGenerated(dir string, old, now, mod map[string][]byte) (int, error) {
	after := map[string][]byte{}
	for name := range old {
		after[filepath.Join(dir, name)] = nil
	}
	for name, src := range now {
		after[filepath.Join(dir, name)] = src
	}
	for name, src := range old { // what was read is what may be replaced
		j.read[filepath.Join(dir, name)] = src
	}
	n := len(mod)
	maps.Copy(after, mod)
	changes, err := j.changes(after)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	return len(changes) - n, commit(j.root, "redis2cf generate", changes)
}

// requireDual works out the module files for a package that gets dual.go.
func (j *job) requireDual(dir string, now map[string][]byte) (map[string][]byte, error) {
	if err := j.readModuleFiles(); err != nil {
		return nil, err
	}
	rt, err := modfiles.SelfRuntime()
	if j.opt.runtimeDir != "" {
		rt, err = modfiles.RuntimeIn(j.opt.runtimeDir)
	}
	if err != nil {
		return nil, err
	}
	j.ui.step("settling go.mod")
	files := map[string][]byte{}
	for name, src := range now {
		files[filepath.Join(dir, name)] = src
	}
	mod, err := modfiles.Settle(j.ctx, modfiles.Request{Dir: j.root, Runtime: rt, Files: files, Tags: j.opt.tags})
	if err != nil {
		return nil, err
	}
	defer mod.Close()
	if mod.LoopVars {
		return nil, fmt.Errorf("%s needs go %s in go.mod, and from go 1.22 on each iteration of a loop has its own variables: redis2cf -w -dual looks whether that matters here; nothing was changed",
			cfstore.DualPath, mod.GoAfter)
	}
	for _, name := range mod.Remove {
		mod.Files[name] = nil
	}
	return mod.Files, nil
}

// readModuleFiles notes what the module files hold before they are worked on.
func (j *job) readModuleFiles() error {
	for _, name := range []string{"go.mod", "go.sum"} {
		path := filepath.Join(j.root, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		j.read[path] = data
	}
	return nil
}

// relAll are the files of a map below the module, sorted.
func (j *job) relAll(files map[string][]byte) []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		out = append(out, j.rel(path))
	}
	return out
}

// driversThere refuses a package that imports a module of the runtime's which go.mod does
// not require yet: only -w changes go.mod, and minds its go line.
func (j *job) driversThere(old, now map[string][]byte) error {
	for _, dir := range modfiles.Nested {
		path := modfiles.RuntimePath + "/" + dir
		if !modfiles.Imports(now, path) || modfiles.Imports(old, path) {
			continue
		}
		cmd := exec.CommandContext(j.ctx, "go", "list", path)
		cmd.Dir = j.root
		if err := cmd.Run(); err != nil {
			if j.ctx.Err() != nil {
				return j.ctx.Err()
			}
			return fmt.Errorf("%s says default: %s, and go.mod does not require the module of its driver, %s: redis2cf -w ./... requires it; nothing was changed",
				plan.FileName, j.plan.Default, path)
		}
	}
	return nil
}

// viewsServe refuses a package whose views lack what a call uses: a view that
// is gone, or one of another type. Only when a view goes or changes is the
// program loaded to look for its calls.
func (j *job) viewsServe(old, now map[string][]byte) error {
	was, is := viewTypes(old), viewTypes(now)
	differ := map[string]bool{}
	for name, typ := range was {
		if is[name] != typ {
			differ[name] = true
		}
	}
	if len(differ) == 0 {
		return nil
	}
	if err := j.loadAll(); err != nil || j.prog == nil {
		return err
	}
	methods := methodsOf(j.prog)
	return j.refuseViews(j.found, func(s *analyzer.Site) string {
		switch typ := is[s.View]; {
		case !differ[s.View]:
		case typ == "":
			return fmt.Sprintf("%s no longer has the view %s", plan.FileName, s.View)
		case methods != nil && !methods(typ, s.Row.Method):
			return fmt.Sprintf("the view %s would be a cfstore.%s, which has no %s", s.View, typ, s.Row.Method)
		}
		return ""
	})
}

// loadAll loads the module and finds its sites, once. j.prog stays nil when nothing
// in it reaches go-redis or the generated package.
func (j *job) loadAll() error {
	if j.prog != nil {
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
	j.prog, j.found = prog, prog.Analyze()
	return nil
}

// promisesKept refuses a plan that asks for what the program's code does not allow:
// a family in KV alone that needs more, families that meet in two groups. Only where
// the plan asks for such a thing is the program loaded.
func (j *job) promisesKept() error {
	if !j.plan.Promises() {
		return nil
	}
	if err := j.loadAll(); err != nil || j.prog == nil {
		return err
	}
	_, problems := plan.Build(j.found.Sites, j.plan)
	for _, p := range problems {
		switch {
		case p.Fatal:
			return fmt.Errorf("%s: %s; nothing was changed", plan.FileName, p.Message)
		case p.Code == spec.StoreUnfit, p.Code == spec.ShardsSplit, p.Code == spec.KVExpiryTooShort:
			j.warn("%s: %s", p.Code, p.Message)
		}
	}
	return nil
}

// viewsThere refuses a plan that lacks a view which a call uses.
func (j *job) viewsThere() error {
	has := map[string]bool{}
	for i := range j.plan.Families {
		has[j.plan.Families[i].Name] = true
	}
	return j.refuseViews(j.found, func(s *analyzer.Site) string {
		if has[s.View] {
			return ""
		}
		return fmt.Sprintf("%s no longer has the view %s", plan.FileName, s.View)
	})
}

// refuseViews names the calls through a view that is wrong by the first reason.
func (j *job) refuseViews(found *analyzer.Result, wrong func(*analyzer.Site) string) error {
	var uses []string
	reason := ""
	for i := range found.Sites {
		s := &found.Sites[i]
		if !s.Viewed {
			continue
		}
		if why := wrong(s); why != "" && (reason == "" || why == reason) {
			reason = why
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
	return fmt.Errorf("%s, and calls still use it (%s%s): put the family back as it was, or change these calls first; nothing was changed",
		reason, strings.Join(uses, ", "), more)
}

// methodsOf tells which methods the runtime's view types have, as the program
// was loaded with it; nil when the runtime is not there.
func methodsOf(prog *load.Program) func(typ, method string) bool {
	rt := prog.Realm(analyzer.RuntimePath)
	if rt == nil {
		return nil
	}
	return func(typ, method string) bool {
		obj := rt.Scope().Lookup(typ)
		if obj == nil {
			return true // a runtime of another version: its compiler will say
		}
		m, _, _ := types.LookupFieldOrMethod(obj.Type(), true, rt, method)
		return m != nil
	}
}

// viewTypes are the views of a generated package, each with the name of its
// type.
func viewTypes(files map[string][]byte) map[string]string {
	views := map[string]string{}
	f, err := parser.ParseFile(token.NewFileSet(), cfstore.ViewsFile, files[cfstore.ViewsFile], parser.SkipObjectResolution)
	if err != nil {
		return views // a package that does not parse has no view that a call could use
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		views[fn.Name.Name] = "?"
		if fn.Type.Results != nil && len(fn.Type.Results.List) == 1 {
			t := fn.Type.Results.List[0].Type
			if sel, ok := t.(*ast.SelectorExpr); ok {
				views[fn.Name.Name] = sel.Sel.Name
			} else if id, ok := t.(*ast.Ident); ok {
				views[fn.Name.Name] = id.Name
			}
		}
	}
	return views
}
