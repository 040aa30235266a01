package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"math/bits"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
)

// A LeftOut is a file with go-redis that no configuration brought in.
type LeftOut struct {
	File   string // absolute
	Why    string // one line for people
	Script bool   // run by its name (//go:build ignore): no part of the package beside it
}

// A config is one build configuration.
type config struct {
	goos, goarch string
	cgo          bool
	tags         []string // sorted
}

func (c config) String() string {
	s := c.goos + "/" + c.goarch
	if len(c.tags) > 0 {
		s += " -tags=" + strings.Join(c.tags, ",")
	}
	if c.cgo {
		s += " with cgo"
	}
	return s
}

// settings are those of a load in this configuration.
func (c config) settings(cfg Config) Config {
	cfg.Tags = strings.Join(c.tags, ",")
	cgo := "0"
	if c.cgo {
		cgo = "1"
	}
	cfg.Env = append(slices.Clone(cfg.Env), "GOOS="+c.goos, "GOARCH="+c.goarch, "CGO_ENABLED="+cgo)
	return cfg
}

// builds loads what files that the host's configuration leaves out belong to:
// for each such file that can hold values of go-redis the nearest configuration
// that has it, and of the module the packages that hang together with it. They
// are further packages of the program, as variants for tests are. A file that
// cannot be had is in LeftOut.
func (p *Program) builds(ctx context.Context, cfg Config, dir string, mod *Module, h *hits, say func(string)) error {
	files := p.leftOut(h)
	if len(files) == 0 {
		return nil
	}
	s, err := newSolver(ctx, cfg, mod.Dir, h)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, m := range p.Meta {
		for _, f := range slices.Concat(m.GoFiles, m.TestFiles, m.XTestFiles) {
			have[f] = true
		}
	}
	for _, b := range s.assign(files) {
		say("type-checking what " + b.config.String() + " has beside this build")
		if err := p.load(ctx, b, b.config.settings(cfg), dir, mod, h, have); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if ended := (*EndedError)(nil); errors.As(err, &ended) {
				return err // nothing is wrong with the files
			}
			why := fmt.Sprintf("it is part of builds for %s, where the package cannot be loaded: %s", b.config, firstLine(err.Error()))
			for _, f := range b.files {
				s.left = append(s.left, LeftOut{File: f, Why: why})
			}
		}
	}
	p.LeftOut = s.left
	return nil
}

// load loads one further configuration.
func (p *Program) load(ctx context.Context, b *assigned, cfg Config, dir string, mod *Module, h *hits, have map[string]bool) error {
	meta, wanted, err := list(ctx, cfg, dir, mod)
	if err != nil {
		return err
	}
	q := &Program{Fset: p.Fset, Module: p.Module, Meta: meta, Files: p.Files, parsed: p.parsed}
	q.edges(h)
	paths := q.around(q.prune(h, mod), b.files)
	if len(paths) == 0 {
		return nil // its package cannot hold a value after all
	}
	q.forKeys = q.keyPackages(h, paths)
	paths = append(paths, q.forKeys...)
	if err := q.types(ctx, cfg, paths, wanted); err != nil {
		return err
	}
	var fresh []string
	for _, pkg := range q.Packages {
		pkg.Build = b.config.String()
		pkg.Own = slices.DeleteFunc(slices.Clone(pkg.Own), func(f *ast.File) bool { return have[p.Fset.File(f.FileStart).Name()] })
		for _, f := range pkg.Own {
			fresh = append(fresh, p.Fset.File(f.FileStart).Name())
		}
	}
	for _, name := range fresh {
		have[name] = true
	}
	p.Packages = append(p.Packages, q.Packages...)
	for path, m := range meta {
		if p.Meta[path] == nil {
			p.Meta[path] = m
		}
	}
	return nil
}

// around gives the packages among kept that have one of the files, what they
// import and what imports them, directly or not.
func (p *Program) around(kept, files []string) []string {
	in := map[string]bool{}
	for _, path := range kept {
		in[path] = true
	}
	out := map[string]bool{}
	var walk func(path string, next func(*Meta) [][]string)
	walk = func(path string, next func(*Meta) [][]string) {
		for _, list := range next(p.Meta[path]) {
			for _, to := range list {
				if in[to] && !out[to] {
					out[to] = true
					walk(to, next)
				}
			}
		}
	}
	down := func(m *Meta) [][]string { return [][]string{m.Imports, m.TestImports, m.XTestImports} }
	up := func(m *Meta) [][]string { return [][]string{m.ImportedBy, m.TestedBy} }
	for _, path := range kept {
		m := p.Meta[path]
		if slices.ContainsFunc(files, func(f string) bool {
			return slices.Contains(m.GoFiles, f) || slices.Contains(m.TestFiles, f) || slices.Contains(m.XTestFiles, f)
		}) {
			out[path] = true
			walk(path, up)
		}
	}
	for _, path := range keysOf(out) {
		walk(path, down)
	}
	return keysOf(out)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// leftOut gives the files that the host's build leaves out and that can hold a
// value of go-redis: they import it or a generated package, or they name
// something of a loaded package whose type has one.
func (p *Program) leftOut(h *hits) []string {
	have := map[string]bool{}
	reaching := map[string]*Meta{} // by directory
	for _, m := range p.Meta {
		for _, f := range slices.Concat(m.GoFiles, m.TestFiles, m.XTestFiles) {
			have[f] = true
		}
		if m.Reaches {
			reaching[m.Dir] = m
		}
	}
	var names map[string]map[string]bool
	var out []string
	for _, name := range keysOf(h.heads) {
		if have[name] || h.gens[filepath.Dir(name)] {
			continue
		}
		if h.files[name] {
			out = append(out, name)
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, h.heads[name], parser.ImportsOnly|parser.SkipObjectResolution)
		if f == nil || err != nil && len(f.Imports) == 0 {
			continue
		}
		var from []string // packages whose values it can name
		generated := false
		for _, imp := range f.Imports {
			if path, err := strconv.Unquote(imp.Path.Value); err == nil && p.Meta[path] != nil && p.Meta[path].Reaches {
				from = append(from, path)
				generated = generated || h.gens[p.Meta[path].Dir]
			}
		}
		if m := reaching[filepath.Dir(name)]; m != nil {
			from = append(from, m.Path)
		}
		if len(from) == 0 {
			continue
		}
		if names == nil {
			names = p.carriers()
		}
		if generated || naming(name, from, names) {
			out = append(out, name)
		}
	}
	return out
}

// carriers are the names that packages of the host's build declare with
// go-redis's types, or the facade's, in their own.
func (p *Program) carriers() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, pkg := range p.Packages {
		names := out[pkg.Path]
		if names == nil {
			names = map[string]bool{}
			out[pkg.Path] = names
		}
		for id, obj := range pkg.TypesInfo.Defs {
			if obj == nil {
				continue
			}
			typ := obj.Type()
			switch obj := obj.(type) {
			case *types.TypeName:
				typ = typ.Underlying()
			case *types.Var:
				if !obj.IsField() && obj.Parent() != pkg.Types.Scope() {
					continue // a local
				}
			}
			if typ == nil {
				continue
			}
			if s := typ.String(); strings.Contains(s, analyzer.GoRedisPath) || strings.Contains(s, analyzer.GoRedisV8Path) || strings.Contains(s, analyzer.RuntimePath) {
				names[id.Name] = true
			}
		}
	}
	return out
}

// naming tells whether a file has an identifier among the names of packages.
func naming(name string, from []string, names map[string]map[string]bool) bool {
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return false // it never compiles
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !found {
			found = slices.ContainsFunc(from, func(path string) bool { return names[path][id.Name] })
		}
		return !found
	})
	return found
}

// A solver finds configurations for files.
type solver struct {
	host config
	h    *hits
	left []LeftOut
}

func newSolver(ctx context.Context, cfg Config, dir string, h *hits) (*solver, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS")
	cmd.Dir, cmd.Env = dir, append(slices.Clone(cfg.Env), "PWD="+dir)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env in %s: %w", dir, err)
	}
	var env struct{ GOOS, GOARCH, CGO_ENABLED, GOFLAGS string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("reading the answer of go env in %s: %w", dir, err)
	}
	tags := cfg.Tags
	for _, flag := range strings.Fields(env.GOFLAGS) {
		if v, ok := strings.CutPrefix(strings.TrimLeft(flag, "-"), "tags="); ok && tags == "" {
			tags = v
		}
	}
	host := config{goos: env.GOOS, goarch: env.GOARCH, cgo: env.CGO_ENABLED == "1"}
	host.tags = strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(host.tags)
	return &solver{host: host, h: h}, nil
}

// assigned are the files that one configuration brings in.
type assigned struct {
	config config
	files  []string
}

// assign finds a configuration for each file, as few as are near the host's.
// What has none goes to left.
func (s *solver) assign(files []string) []*assigned {
	var out []*assigned
next:
	for _, name := range files {
		for _, b := range out {
			if s.matches(b.config, name) {
				b.files = append(b.files, name)
				continue next
			}
		}
		c, ok := s.solve(name)
		if !ok {
			if why, script, dead := s.never(name); !dead {
				s.left = append(s.left, LeftOut{File: name, Why: why, Script: script})
			}
			continue
		}
		out = append(out, &assigned{config: c, files: []string{name}})
	}
	return out
}

// ignoreTag is the tag that no build sets, by the go command's convention.
const ignoreTag = "ignore"

// The operating systems and architectures of Go, those first that need least
// of a machine that has none of them.
var (
	systems = []string{"linux", "darwin", "windows", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "aix", "plan9", "js", "wasip1", "android", "ios"}
	arches  = []string{"amd64", "arm64", "386", "arm", "wasm", "riscv64", "ppc64le", "ppc64", "s390x", "loong64", "mips64le", "mips64", "mipsle", "mips"}
)

// solve finds the configuration nearest to the host's that has a file: tags
// before another architecture, that before another system.
func (s *solver) solve(name string) (config, bool) {
	toggles := s.customTags(name)
	masks := make([]uint, 1<<len(toggles))
	for i := range masks {
		masks[i] = uint(i)
	}
	slices.SortStableFunc(masks, func(a, b uint) int { return bits.OnesCount(a) - bits.OnesCount(b) })
	for _, goos := range first(s.host.goos, systems) {
		for _, goarch := range first(s.host.goarch, arches) {
			if (goarch == "wasm") != (goos == "js" || goos == "wasip1") {
				continue
			}
			for _, mask := range masks {
				c := config{goos: goos, goarch: goarch, tags: toggle(s.host.tags, toggles, mask)}
				c.cgo = s.host.cgo && goos == s.host.goos && goarch == s.host.goarch
				if s.matches(c, name) {
					return c, true
				}
				if c.cgo = !c.cgo; s.matches(c, name) {
					return c, true
				}
			}
		}
	}
	return config{}, false
}

func first(one string, list []string) []string {
	return append([]string{one}, slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == one })...)
}

func toggle(base, tags []string, mask uint) []string {
	out := slices.Clone(base)
	for i, t := range tags {
		if mask&(1<<i) == 0 {
			continue
		}
		if j := slices.Index(out, t); j >= 0 {
			out = slices.Delete(out, j, j+1)
		} else {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// matches tells whether a configuration has a file.
func (s *solver) matches(c config, name string) bool {
	ctxt := build.Default
	ctxt.GOOS, ctxt.GOARCH, ctxt.CgoEnabled, ctxt.BuildTags = c.goos, c.goarch, c.cgo, c.tags
	ctxt.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.h.heads[name])), nil }
	ok, err := ctxt.MatchFile(filepath.Dir(name), filepath.Base(name))
	return err == nil && ok
}

// never says why no configuration has a file. dead is one that only an older Go
// compiled, which does not build the runtime either.
func (s *solver) never(name string) (why string, script, dead bool) {
	expr := constraintOf(s.h.heads[name])
	if expr == nil {
		return "no build has it", false, false
	}
	tags := tagsOf(expr)
	why = "//go:build " + expr.String()
	switch {
	case slices.Contains(tags, ignoreTag):
		return "it is run by its name (" + why + ")", true, false
	case slices.ContainsFunc(tags, isRelease) && !expr.Eval(isRelease):
		return "", false, true
	}
	return "no build with this Go has it (" + why + ")", false, false
}

func isRelease(tag string) bool { return strings.HasPrefix(tag, "go1.") }

// customTags are the tags of a file's constraint that a -tags flag can set, at
// most six.
func (s *solver) customTags(name string) []string {
	out := slices.DeleteFunc(tagsOf(constraintOf(s.h.heads[name])), func(t string) bool {
		return slices.Contains(systems, t) || slices.Contains(arches, t) || isRelease(t) ||
			t == "unix" || t == "cgo" || t == "gc" || t == "gccgo" || t == ignoreTag
	})
	return out[:min(len(out), 6)]
}

// tagsOf are the tags that an expression names, each once.
func tagsOf(e constraint.Expr) []string {
	var out []string
	add := func(x constraint.Expr) {
		for _, t := range tagsOf(x) {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	switch e := e.(type) {
	case *constraint.TagExpr:
		out = []string{e.Tag}
	case *constraint.NotExpr:
		add(e.X)
	case *constraint.AndExpr:
		add(e.X)
		add(e.Y)
	case *constraint.OrExpr:
		add(e.X)
		add(e.Y)
	}
	return out
}

// constraintOf reads the constraint above a package clause, nil when there is
// none: a //go:build line, or else the // +build lines of old.
func constraintOf(head []byte) constraint.Expr {
	var old constraint.Expr
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "package ") {
			break
		}
		if !constraint.IsGoBuild(line) && !constraint.IsPlusBuild(line) {
			continue
		}
		e, err := constraint.Parse(line)
		switch {
		case err != nil:
		case constraint.IsGoBuild(line):
			return e
		case old == nil:
			old = e
		default:
			old = &constraint.AndExpr{X: old, Y: e}
		}
	}
	return old
}
