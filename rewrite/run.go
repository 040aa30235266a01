package rewrite

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// Options say how to verify.
type Options struct {
	NoBuild        bool   // verify in memory, without the go command's word
	MemoryOnly     bool   // leave the module files out too: for tests of single packages
	AllowGoUpgrade bool   // the go line of go.mod may cross 1.22
	Dual           bool   // the generated package links Redis beside the store, for the time in which data moves
	RuntimeDir     string // replace directive to a local checkout of the runtime module
	Tags           string // build tags, comma separated
	Env            []string

	Only *Selection // what the run is for; nil is everything
	Step Step       // how far it goes; the zero value is all the way

	// Progress is told of each long step; nil is silence.
	Progress func(step string)
}

// Result is what a run would write. Nothing in it has been written.
type Result struct {
	Edits     []Edit            // by file and position, as values; Files is what they make
	Files     map[string][]byte // changed files and generated ones, by absolute path
	Module    map[string][]byte // go.mod, go.sum and kin as they have to be, by absolute path
	Remove    []string          // files of vendor, and of the generated package, that go, absolute
	Facade    map[string]bool   // which of Files are the generated package's
	Fates     []Fate            // one for each site, in their order
	Stayed    []Stay            // what did not move, by position
	Cuts      []Cut             // where bridges were laid, by position
	TakenBack []TakenBack       // what verification took back
	Problems  []Stay            // what else a person should look at: keep comments without use or reason, reflection, …
	Groups    []GroupFate       // by position: what moves or stays together
	Reached   Reached           // what moved beside that which was asked for
	Generate  []string          // commands that make the edited generated files anew
	Counts    Counts
	GoVersion [2]string // the go line before and after, "1.20" and "1.21"
}

// Fate is what becomes of one site.
type Fate struct {
	Moved  bool   // its receiver is on the facade, or was before
	View   string // the view it has after the run, old or new
	Code   string // why it stays, or why it has no view; empty with a view
	Text   string // one line for people
	Edited bool
	Group  int // of its receiver, which moves whole or stays whole; -1 when it has none
}

// Stay is something that stays as it is, with a stable reason code.
type Stay struct {
	Pos   token.Position
	Code  string
	Text  string
	Group int // the sites of this group stay with it; -1: none do
}

// TakenBack is an edit that did not survive verification.
type TakenBack struct {
	Pos  token.Position // in the file as it was
	Rung Rung
	Code string // VERIFY_FAILED
	Text string // what the compiler said
}

// Counts sum up a run.
type Counts struct {
	Sites, Moved, Viewed, Stayed int // command calls
	Groups, GroupsMoved          int
	Files, Edits                 int
	Exported                     int // exported signatures whose types change
}

// run is the state of one Run.
type run struct {
	ctx       context.Context
	prog      *load.Program
	plan      *plan.Plan
	sites     []analyzer.Site
	opts      Options
	generated string // import path of the generated package
	dir       string // and its directory
	files     map[string]*file
	parsed    map[string]*ast.File
	source    map[string][]byte // the generated package
	facade    *types.Package    // and its types, the bridges among them
	bridges   map[string][]byte // the files with the bridges, which are only written when one is used
	realms    []*verify.Realm   // one for each build configuration, the host's first
	flow      *flow.Result
	byFile    map[string][]*flow.Mention
	v8        *v8Rules
	errConsts []errConst
	wanted    map[string]bool           // files of the packages that were asked for
	known     map[string]*types.Package // Local: packages that are in memory

	generators map[string]*generator // of generated files, by absolute path

	stays     map[int]flow.Blocker // groups that do not move, beside those with blockers
	noView    map[int]string       // sites whose view was taken back
	takenBack []TakenBack
}

// Run makes the edits of a program. sites are what the analyzer found in prog,
// p is the plan made of them. The error is for what no edit can answer: a
// generated package that does not compile, module files that cannot be settled.
func Run(ctx context.Context, prog *load.Program, sites []analyzer.Site, p *plan.Plan, opts Options) (*Result, error) {
	r := newRun(ctx, prog, sites, p, opts)
	r.collectFiles()
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.opts.Progress("grouping")
	r.group()
	return r.verified()
}

func newRun(ctx context.Context, prog *load.Program, sites []analyzer.Site, p *plan.Plan, opts Options) *run {
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	return &run{
		ctx: ctx, prog: prog, plan: p, sites: sites, opts: opts,
		generated: path.Join(prog.Module.Path, p.Package),
		dir:       filepath.Join(prog.Module.Dir, filepath.FromSlash(p.Package)),
		files:     map[string]*file{}, byFile: map[string][]*flow.Mention{}, parsed: map[string]*ast.File{},
		stays: map[int]flow.Blocker{}, noView: map[int]string{}, bridges: map[string][]byte{},
	}
}

// collectFiles notes every source file once, with the types of the first
// package that holds it.
func (r *run) collectFiles() {
	for _, p := range r.prog.Packages {
		for _, syn := range p.Syntax {
			tok := r.prog.Fset.File(syn.FileStart)
			name := tok.Name()
			src := r.prog.Files[name]
			if r.parsed[name] == nil {
				r.parsed[name] = syn // a variant behind its package has outlines
			}
			if r.files[name] != nil || src == nil {
				continue
			}
			r.files[name] = &file{
				name: name, src: src.Data, syn: syn, tok: tok, fset: r.prog.Fset,
				info: p.TypesInfo, pkg: p.Types, path: p.Path,
				names: map[string]string{}, crlf: strings.Contains(string(src.Data), "\r\n"),
			}
		}
	}
	r.collectErrConsts()
}

// group runs the flow analysis and settles which groups move.
func (r *run) group() {
	var pkgs []*flow.Package
	module := map[string]bool{}
	for _, p := range r.prog.Packages {
		if p.PkgPath == r.generated || p.Path == r.generated {
			continue
		}
		module[p.PkgPath] = true
		pkgs = append(pkgs, &flow.Package{
			Path: p.Path, Types: p.Types, Info: p.TypesInfo, Files: p.Syntax, Ignored: r.ignored(p), Neighbour: p.Neighbour,
		})
	}
	r.findGenerators()
	bridged, sentinels := r.bridgedVersions()
	r.flow = flow.Analyze(&flow.Config{
		Fset: r.prog.Fset, Packages: pkgs,
		Module:  func(p string) bool { return module[p] || r.inModule(p) },
		Redis:   isGoRedis,
		Reaches: r.reaches(),
		Keep:    r.kept,
		Follows: func(file string) bool { return r.generators[file] != nil },
		Border:  r.border,
		Symbol:  r.refuseSymbol,
		Member:  r.refuseMember,
		Default: r.defaults,

		Command:   command,
		Library:   r.library,
		Bridged:   bridged,
		Sentinels: sentinels,
		Generated: r.generated,

		Counterpart: func(p string) bool { return spec.CounterpartOf(p) != "" },
	})
	for _, m := range r.flow.Mentions {
		r.byFile[m.Pos.Filename] = append(r.byFile[m.Pos.Filename], m)
	}
	r.findV8()
	r.holdV8()
	r.withoutBridges()
	r.selected()
	r.holdGenerated()
	r.shareFamilies()
}

// border reports whether importers outside the module can name what a package
// exports, and the plan keeps go-redis's types there.
func (r *run) border(p *flow.Package) bool {
	rel := strings.TrimPrefix(p.Path, r.prog.Module.Path)
	return r.plan.KeepsAPI() && p.Neighbour == "" && p.Types.Name() != "main" && !slices.Contains(strings.Split(rel, "/"), "internal")
}

func (r *run) inModule(p string) bool {
	p = strings.TrimSuffix(p, "_test")
	return p == r.prog.Module.Path || strings.HasPrefix(p, r.prog.Module.Path+"/") && r.prog.Meta[p] != nil
}

func isGoRedis(p string) bool {
	return analyzer.IsGoRedis(p)
}

// kept reports whether the plan leaves a package alone.
func (r *run) kept(p string) bool {
	rel := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(p, "_test"), r.prog.Module.Path), "/")
	for _, k := range r.plan.Keep {
		k = strings.TrimPrefix(strings.TrimPrefix(k, r.prog.Module.Path+"/"), "./")
		if tree, ok := strings.CutSuffix(k, "/..."); ok && (rel == tree || strings.HasPrefix(rel, tree+"/")) || k == rel || k == p {
			return true
		}
	}
	return false
}

// moves reports whether a group is swapped in the current attempt.
func (r *run) moves(g int) bool {
	if g < 0 || len(r.flow.Groups[g].Blockers) > 0 {
		return false
	}
	_, stays := r.stays[g]
	return !stays
}

// siteGroup is the group of a site's receiver, -1 when it has none: a migrated
// site, or a value that no go-redis name in the module leads to.
func (r *run) siteGroup(s *analyzer.Site) int {
	return r.flow.At(r.prog.Fset.PositionFor(s.Pos, false))
}

// siteMoves reports whether a site's receiver is on the facade after the run.
func (r *run) siteMoves(s *analyzer.Site) bool {
	if s.Migrated {
		return true
	}
	return r.moves(r.siteGroup(s))
}

// edits are the edits of the current attempt, by file.
func (r *run) edits() map[string][]Edit {
	out := map[string][]Edit{}
	need := map[string]map[string]bool{}
	for name, f := range r.files {
		f.names = map[string]string{}
		need[name] = map[string]bool{}
	}
	for i := range r.sites {
		s := &r.sites[i]
		f := r.files[s.Position.Filename]
		if f == nil || f.path == r.generated || r.noView[i] != "" || r.covered(s) || !r.siteMoves(s) || !r.viewAsked(s) || ast.IsGenerated(f.syn) || r.kept(s.Package) {
			continue
		}
		fam := r.viewFor(s)
		if fam == nil {
			continue
		}
		if es := r.viewEdits(f, s, i, fam, r.siteGroup(s)); es != nil {
			out[f.name] = append(out[f.name], es...)
			need[f.name][r.generated] = true
		}
	}
	for name, es := range r.errConstEdits() {
		out[name] = append(out[name], es...)
	}
	for name, f := range r.files {
		out[name] = append(out[name], r.v8File(f, need[name])...)
		if es := r.cutFile(f); es != nil {
			out[name] = append(out[name], es...)
			need[name][r.generated] = true
		}
		out[name] = append(out[name], r.swapFile(f, r.byFile[name], need[name])...)
		sortEdits(out[name])
		if len(out[name]) == 0 {
			delete(out, name)
		}
	}
	return out
}

// covered reports whether a keep comment stands over a migrated site: it then
// only keeps the call without a view.
func (r *run) covered(s *analyzer.Site) bool {
	if !s.Migrated {
		return false
	}
	for _, k := range r.flow.Keeps {
		if k.Reason != "" && k.Pos.Filename == s.Position.Filename &&
			(k.Pos.Line == s.Position.Line || k.Pos.Line == s.Position.Line-1) {
			k.Used = true
			return true
		}
	}
	return false
}

// apply makes the edited files of an attempt.
func (r *run) apply(edits map[string][]Edit) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, es := range edits {
		b, err := Apply(r.files[name].src, es)
		if err != nil {
			return nil, fmt.Errorf("rewriting %s: %w", name, err)
		}
		out[name] = b
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
