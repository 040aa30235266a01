package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Meta is what is known of a package of the module without its types.
type Meta struct {
	Path, Name, Dir string
	GoFiles         []string // absolute, cgo files included
	TestFiles       []string // absolute, of the package itself
	XTestFiles      []string // absolute, of the external test package

	// Import paths as they stand in the files, sorted.
	Imports, TestImports, XTestImports []string
	// ImportedBy are the packages of the module that import this one by a name
	// outside tests, TestedBy those that do so only in tests; import paths, sorted.
	// A blank import brings no values, and a command that registers its parts that
	// way would bring in most of a large program.
	ImportedBy, TestedBy []string
	// Reaches says that the package can hold values of go-redis or the runtime.
	Reaches bool
}

// list asks the go command which packages and files there are. With -find it
// resolves no imports, which is most of the time that go list takes; those come
// from the files themselves.
func list(ctx context.Context, cfg Config, dir string, mod *Module) (map[string]*Meta, map[string]bool, error) {
	all, err := goList(ctx, cfg, mod.Dir, "./...")
	if err != nil {
		return nil, nil, err
	}
	meta := map[string]*Meta{}
	for _, p := range all {
		if p.Dir == "" {
			continue
		}
		meta[p.ImportPath] = p.meta()
		if p.Name == "main" && !sample(strings.TrimPrefix(p.ImportPath, mod.Path)) {
			mod.Program = true
		}
	}
	wanted := map[string]bool{}
	if len(cfg.Patterns) == 0 || dir == mod.Dir && slices.Equal(cfg.Patterns, []string{"./..."}) {
		if dir == mod.Dir {
			for path := range meta {
				wanted[path] = true
			}
			return meta, wanted, nil
		}
		cfg.Patterns = []string{"./..."}
	}
	some, err := goList(ctx, cfg, dir, cfg.Patterns...)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range some {
		if p.Error != nil && meta[p.ImportPath] == nil {
			pattern := strings.Join(cfg.Patterns, " ")
			return nil, nil, fmt.Errorf("pattern %s: %s; name packages of module %s, such as ./...", pattern,
				strings.TrimPrefix(strings.TrimSpace(p.Error.Err), "pattern "+pattern+": "), mod.Path)
		}
		wanted[p.ImportPath] = true
	}
	if len(some) == 0 {
		return nil, nil, fmt.Errorf("pattern %s matches no packages in %s", strings.Join(cfg.Patterns, " "), dir)
	}
	return meta, wanted, nil
}

// sample tells whether a command is an example or a tool beside a library.
func sample(rel string) bool {
	for _, part := range strings.Split(rel, "/") {
		switch part {
		case "example", "examples", "_examples", "tools", "tool", "scripts", "hack", "test", "tests", "demo", "bench", "benchmark", "benchmarks":
			return true
		}
	}
	return false
}

func in(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if filepath.IsAbs(n) {
			out[i] = n
		} else {
			out[i] = filepath.Join(dir, n)
		}
	}
	return out
}

type listed struct {
	ImportPath, Name, Dir                        string
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	Error                                        *struct{ Pos, Err string }
}

func (p *listed) meta() *Meta {
	return &Meta{
		Path: p.ImportPath, Name: p.Name, Dir: p.Dir,
		GoFiles:   append(in(p.Dir, p.GoFiles), in(p.Dir, p.CgoFiles)...),
		TestFiles: in(p.Dir, p.TestGoFiles), XTestFiles: in(p.Dir, p.XTestGoFiles),
	}
}

func goList(ctx context.Context, cfg Config, dir string, patterns ...string) ([]listed, error) {
	args := []string{"list", "-find", "-e", "-json=ImportPath,Name,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Error"}
	args = append(args, buildFlags(cfg)...)
	args = append(append(args, "--"), patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// Without PWD the go command takes ours, which may be another name of dir.
	cmd.Env = append(slices.Clone(cfg.Env), "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, goFailed(ctx, "go list", dir, err, stderr.String())
	}
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return pkgs, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the answer of go list in %s: %w", dir, err)
		}
		pkgs = append(pkgs, p)
	}
}

// goFailed says why a go command gave no answer. One that a signal ended may have
// written a part of it, which nobody takes for the whole.
func goFailed(ctx context.Context, command, dir string, err error, stderr string) error {
	if ctx.Err() != nil {
		return ctx.Err() // ours was ended, and took it along
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("the go command is not on the path: install Go from https://go.dev/dl: %w", err)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() {
		return &EndedError{Command: command, Dir: dir, Err: err}
	}
	msg := strings.TrimSpace(stderr)
	if msg == "" {
		msg = err.Error()
	}
	return &ModuleError{Dir: dir, Msg: command + " failed: " + msg}
}

// edges fills in who imports whom, from the heads that the search has read.
func (p *Program) edges(h *hits) {
	fset := token.NewFileSet()
	imports := func(files []string, named map[string]bool) []string {
		seen := map[string]bool{}
		for _, name := range files {
			f, err := parser.ParseFile(fset, name, h.heads[name], parser.ImportsOnly|parser.SkipObjectResolution)
			if f == nil || err != nil && len(f.Imports) == 0 {
				continue // the typed load says what is wrong with it
			}
			for _, imp := range f.Imports {
				if path, err := strconv.Unquote(imp.Path.Value); err == nil {
					seen[path] = true
					if imp.Name == nil || imp.Name.Name != "_" {
						named[path] = true
					}
				}
			}
		}
		return keysOf(seen)
	}
	for _, path := range keysOf(p.Meta) {
		m := p.Meta[path]
		named, tested := map[string]bool{}, map[string]bool{}
		m.Imports, m.TestImports, m.XTestImports = imports(m.GoFiles, named), imports(m.TestFiles, tested), imports(m.XTestFiles, tested)
		for imp := range named {
			if d := p.Meta[imp]; d != nil {
				d.ImportedBy = append(d.ImportedBy, path)
			}
		}
		for imp := range tested {
			if d := p.Meta[imp]; d != nil && imp != path && !named[imp] {
				d.TestedBy = append(d.TestedBy, path)
			}
		}
	}
}

func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// prune keeps the packages that can hold values of go-redis or the runtime:
// those that import it, a package that this tool generated or a module that
// brings its types, and everything that imports them, tests included.
func (p *Program) prune(h *hits, mod *Module) []string {
	direct := func(imports []string) bool {
		for _, path := range imports {
			if m := p.Meta[path]; m != nil {
				if h.gens[m.Dir] {
					return true
				}
				continue
			}
			if analyzer.IsGoRedis(path) || under(path, analyzer.RuntimePath) || mod.brings(path) {
				return true
			}
		}
		return false
	}
	var queue []string
	reach := func(m *Meta) {
		if !m.Reaches {
			m.Reaches = true
			queue = append(queue, m.Path)
		}
	}
	for _, path := range keysOf(p.Meta) {
		if m := p.Meta[path]; h.gens[m.Dir] || direct(m.Imports) {
			reach(m)
		}
	}
	tests := map[string]bool{}
	for len(queue) > 0 {
		m := p.Meta[queue[0]]
		queue = queue[1:]
		for _, by := range m.ImportedBy {
			reach(p.Meta[by])
		}
		for _, by := range m.TestedBy {
			tests[by] = true
		}
	}
	var out []string
	for _, path := range keysOf(p.Meta) {
		m := p.Meta[path]
		if m.Reaches || tests[path] || direct(m.TestImports) || direct(m.XTestImports) {
			out = append(out, path)
		}
	}
	return out
}

func under(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// warn says what the run leaves out or does not know.
func (p *Program) warn(h *hits) {
	for _, pkg := range p.Packages {
		for path, imp := range pkg.Imports {
			if path == analyzer.GoRedisPath && imp.Module != nil && imp.Module.Version != "" {
				p.Module.GoRedis = imp.Module.Version
			}
		}
	}
	if v := p.Module.GoRedis; semver.Compare(semver.MajorMinor(v), semver.MajorMinor(spec.GoRedisVersion)) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("go-redis %s is newer than the version this redis2cf knows (%s): a method that was added since is not known and stays on go-redis; look for a newer redis2cf", v, spec.GoRedisVersion))
	}
	if len(h.old) > 0 {
		files := keysOf(h.old)
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s go-redis before v8 (%s), which this redis2cf leaves alone: move to %s to migrate that too", filesUse(len(files)), someOf(len(files), p.rel(files[0])), analyzer.GoRedisPath))
	}
	p.warnNested(h)
	var scripts []string
	for _, f := range p.LeftOut {
		if f.Script {
			scripts = append(scripts, p.rel(f.File))
		}
	}
	if n := len(scripts); n > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s go-redis and is run by name (%s): scripts stay as they are", filesUse(n), someOf(n, scripts[0])))
	}
}

// warnNested names the modules below this one that use go-redis: they are
// modules of their own, and what changes here reaches those that build with
// this directory.
func (p *Program) warnNested(h *hits) {
	var apart, with []string
	for _, dir := range h.mods {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil || !mentions(data) || slices.ContainsFunc(p.Module.work, func(w workModule) bool { return w.dir == dir }) {
			continue
		}
		f, err := modfile.Parse("go.mod", data, nil)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool {
			return r.Old.Path == p.Module.Path && filepath.Join(dir, filepath.FromSlash(r.New.Path)) == p.Module.Dir
		}) {
			with = append(with, p.rel(dir))
		} else {
			apart = append(apart, p.rel(dir))
		}
	}
	if len(apart) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("modules of their own below this one use go-redis too (%s): they stay as they are; redis2cf -C %s for that one", strings.Join(apart, ", "), apart[0]))
	}
	if len(with) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("modules below this one build with it by a replace directive and use go-redis (%s): they stay as they are, and follow by hand where an exported signature changes, or by redis2cf -C %s where they have calls of their own", strings.Join(with, ", "), with[0]))
	}
}

// rel is a path relative to the module, with slashes.
func (p *Program) rel(name string) string {
	if rel, err := filepath.Rel(p.Module.Dir, name); err == nil {
		name = rel
	}
	return filepath.ToSlash(name)
}

func filesUse(n int) string {
	if n == 1 {
		return "1 file uses"
	}
	return fmt.Sprintf("%d files use", n)
}

func someOf(n int, first string) string {
	if n == 1 {
		return first
	}
	return first + " first"
}
