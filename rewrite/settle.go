package rewrite

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/modfiles"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// A GoLineError says that the module's go line would have to cross 1.22, where
// each iteration of a loop got its own variables.
type GoLineError struct {
	Before, After string
	Allowed       bool             // -allow-go-upgrade was given: the positions are why it is refused
	Captured      []token.Position // uses of loop variables that outlive an iteration
}

func (e *GoLineError) Error() string {
	var b strings.Builder
	before := e.Before
	if before == "" {
		before = "missing"
	}
	fmt.Fprintf(&b, "the runtime needs go %s in go.mod, where the go line is %s; from go 1.22 on each iteration of a loop has its own variables", e.After, before)
	switch {
	case len(e.Captured) > 0:
		b.WriteString(", and these uses would mean something else (give each loop a copy, x := x, or raise the go line yourself once they are checked):")
		for _, p := range e.Captured {
			fmt.Fprintf(&b, "\n\t%s", p)
		}
	case !e.Allowed:
		b.WriteString("; no loop of this module depends on it: -allow-go-upgrade lets redis2cf raise the line")
	}
	return b.String()
}

// settle works out the module files, guards the go line and lets the go command
// build and vet the outcome. What it returns as errors of the code is taken
// back and tried again.
func (r *run) settle(res *Result) ([]verify.Error, error) {
	if r.opts.MemoryOnly || len(res.Files)+len(res.Remove) == 0 {
		return nil, nil
	}
	r.opts.Progress("settling go.mod")
	rt, err := modfiles.SelfRuntime()
	if r.opts.RuntimeDir != "" {
		rt, err = modfiles.RuntimeIn(r.opts.RuntimeDir)
	}
	if err != nil {
		return nil, err
	}
	outcome := maps.Clone(res.Files)
	for _, gone := range res.Remove {
		outcome[gone] = nil
	}
	mod, err := modfiles.Settle(r.ctx, modfiles.Request{Dir: r.prog.Module.Dir, Runtime: rt, Files: outcome, Tags: r.opts.Tags})
	if err != nil {
		return nil, err
	}
	defer mod.Close()
	res.Module, res.Remove = mod.Files, append(res.Remove, mod.Remove...)
	res.GoVersion = [2]string{mod.GoBefore, mod.GoAfter}
	if mod.LoopVars {
		captured := r.captured()
		if !r.opts.AllowGoUpgrade || len(captured) > 0 {
			return nil, &GoLineError{Before: mod.GoBefore, After: mod.GoAfter, Allowed: r.opts.AllowGoUpgrade, Captured: captured}
		}
	}
	if r.opts.NoBuild {
		return nil, nil
	}
	r.opts.Progress("go build and go vet")
	if mod.Modfile == "" { // a workspace: its files cannot be given as -modfile
		maps.Copy(outcome, mod.Files)
	}
	build := &verify.Build{
		Dir: r.prog.Module.Dir, Modfile: mod.Modfile, Overlay: outcome,
		Tags: r.opts.Tags, Env: append(r.environ(), mod.Env...), Plain: r.opts.Env,
	}
	errs, err := build.Run(r.ctx)
	if err != nil {
		return nil, err
	}
	return errs, r.foreign(errs, res.Facade)
}

// foreign refuses errors outside the module and in the generated package: no
// edit has caused them and none that is taken back would mend them. A broken
// runtime checkout is one, and a runtime of another version than this tool's.
func (r *run) foreign(errs []verify.Error, generated map[string]bool) error {
	for _, e := range errs {
		if generated[e.Pos.Filename] {
			return fmt.Errorf("the generated package does not build with the runtime that go.mod would have: %s (%s); redis2cf and the runtime have to be of one version: name a checkout with -runtime DIR, or take the redis2cf that belongs to the runtime; nothing was changed",
				e.Msg, r.rel(e.Pos))
		}
		rel, err := filepath.Rel(r.prog.Module.Dir, e.Pos.Filename)
		if e.Pos.Filename != "" && (err != nil || !filepath.IsLocal(rel)) {
			return fmt.Errorf("go %s fails in code that is not this module's: %w; make that build first; nothing was changed", e.Step, e)
		}
	}
	return nil
}

// captured looks for loop variables that outlive their iteration in the whole
// module: the go line is for all of it. Packages that were not loaded are read
// without their imports, which is enough to tell variables apart.
func (r *run) captured() []token.Position {
	seen := map[token.Position]bool{}
	loaded := map[string]bool{}
	add := func(fset *token.FileSet, list []token.Pos) {
		for _, p := range list {
			seen[fset.PositionFor(p, false)] = true
		}
	}
	for _, p := range r.prog.Packages {
		if p.Neighbour != "" {
			continue // it has a go line of its own
		}
		for _, f := range p.Syntax {
			loaded[r.prog.Fset.File(f.FileStart).Name()] = true
		}
		add(r.prog.Fset, loopVars(p.Syntax, p.TypesInfo))
	}
	for _, path := range sortedKeys(r.prog.Meta) {
		m := r.prog.Meta[path]
		for _, names := range [][]string{append(append([]string(nil), m.GoFiles...), m.TestFiles...), m.XTestFiles} {
			fset := token.NewFileSet()
			var files []*ast.File
			for _, name := range names {
				if loaded[name] {
					continue
				}
				src, err := os.ReadFile(name)
				if err != nil {
					continue // it was there a moment ago: the write will notice
				}
				if f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution); err == nil {
					files = append(files, f)
				}
			}
			if len(files) == 0 {
				continue
			}
			info := &types.Info{
				Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
				Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
			}
			conf := types.Config{Error: func(error) {}, Importer: noImports{}}
			conf.Check(path, fset, files, info) //nolint:errcheck // without imports there are errors
			add(fset, loopVars(files, info))
		}
	}
	out := make([]token.Position, 0, len(seen))
	for p := range seen {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return earlier(out[i], out[j]) })
	return out
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not read here", path)
}

func (r *run) environ() []string {
	if r.opts.Env != nil {
		return append([]string(nil), r.opts.Env...)
	}
	return os.Environ()
}
