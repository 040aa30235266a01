package rewrite

import (
	"bytes"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/realm"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// newRealms describes the one load to the verifier: a realm for each build
// configuration, the host's first.
func (r *run) newRealms(extra map[string]map[string][]byte) []*verify.Realm {
	var builds []string
	for _, p := range r.prog.Packages {
		if !slices.Contains(builds, p.Build) {
			builds = append(builds, p.Build)
		}
	}
	realms := make([]*verify.Realm, len(builds))
	for i, build := range builds {
		realms[i] = r.newRealm(build, extra)
	}
	return realms
}

func (r *run) newRealm(build string, extra map[string]map[string][]byte) *verify.Realm {
	vr := &verify.Realm{Units: map[string]*verify.Unit{}, Parsed: r.parsed, Extra: extra, Known: r.known}
	seen := map[*packages.Package]bool{}
	var add func(p *packages.Package)
	add = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		// What lies between packages of the load is checked from source too.
		if len(p.CompiledGoFiles) > 0 && p.PkgPath != r.generated {
			u := &verify.Unit{ID: p.ID, Path: p.PkgPath, Name: p.Name, Files: p.CompiledGoFiles, Imports: map[string]string{}, Types: p.Types}
			if p.Module != nil && p.Module.GoVersion != "" {
				u.GoVersion = "go" + p.Module.GoVersion
			}
			for path, imp := range p.Imports {
				u.Imports[path] = imp.ID
			}
			vr.Units[u.ID] = u
		}
		for _, imp := range p.Imports {
			add(imp)
		}
	}
	for _, p := range r.prog.Packages {
		if p.Build != build {
			continue
		}
		vr.Imports = p.Outside
		add(p.Package)
	}
	if vr.Imports == nil {
		vr.Imports = realm.New(r.prog.Fset)
	}
	return vr
}

// check type-checks an attempt in every configuration.
func (r *run) check(edited map[string][]byte) []verify.Error {
	var errs []verify.Error
	for _, realm := range r.realms {
		for _, e := range realm.Check(edited) {
			if !slices.ContainsFunc(errs, func(o verify.Error) bool { return o.Pos == e.Pos && o.Msg == e.Msg }) {
				errs = append(errs, e)
			}
		}
	}
	return errs
}

// verified edits, checks and takes back until it compiles.
func (r *run) verified() (*Result, error) {
	for round := 1; ; round++ {
		edits := r.edits()
		edited, err := r.apply(edits)
		if err != nil {
			return nil, err
		}
		r.opts.Progress("checking types")
		errs := r.check(edited)
		if len(errs) > 0 {
			if err := r.takeBack(errs, edits); err != nil {
				return nil, err
			}
			continue
		}
		files := map[string][]byte{}
		for name, b := range edited {
			files[name] = Tidy(r.files[name].src, b)
		}
		generateOnly := r.opts.Step == StepGenerate && len(files) > 0
		if generateOnly {
			// The edits were made and checked, so that a package is only generated
			// where something moves later.
			r.holdForLater()
			edits, files = nil, map[string][]byte{}
		}
		res := r.result(edits, files)
		if len(files) > 0 && res.Counts.Sites > 0 && res.Counts.Moved == 0 {
			// Types and symbols could move, and no call that uses them: a new
			// requirement and a generated package would be for nothing.
			r.holdAll()
			continue
		}
		if len(files) == 0 && r.migratedAlready() == 0 && !generateOnly {
			return res, nil // nothing moves: no package is generated, no module file changes
		}
		r.linkBridge(res)
		for name, b := range r.source {
			full := filepath.Join(r.dir, name)
			res.Facade[full] = true
			if old := r.prog.Files[full]; old == nil || !bytes.Equal(old.Data, b) {
				res.Files[full] = b
			}
		}
		errs, err = r.settle(res)
		if err != nil {
			return nil, err
		}
		if len(errs) == 0 {
			return res, nil
		}
		if err := r.takeBack(errs, edits); err != nil {
			return nil, err
		}
	}
}

// holdAll leaves every group on go-redis, for the reason of the first call.
func (r *run) holdAll() {
	why := flow.Blocker{Code: spec.NoSource, Text: "no go-redis name in the module leads to the values that are called"}
	for i := range r.sites {
		g := r.siteGroup(&r.sites[i])
		if g < 0 {
			continue
		}
		if b, ok := r.stays[g]; ok {
			why = b
		} else if bs := r.flow.Groups[g].Blockers; len(bs) > 0 {
			why = bs[0]
		}
		break
	}
	for g, group := range r.flow.Groups {
		if r.moves(g) && len(group.Mentions) > 0 {
			r.stays[g] = flow.Blocker{Pos: group.Mentions[0].Pos, Code: why.Code, Text: "no command call can move with it: " + why.Text}
		}
	}
}

func (r *run) migratedAlready() int {
	n := 0
	for i := range r.sites {
		if r.sites[i].Migrated {
			n++
		}
	}
	return n
}

// result fills in the report.
func (r *run) result(edits map[string][]Edit, files map[string][]byte) *Result {
	res := &Result{Files: files, Module: map[string][]byte{}, Facade: map[string]bool{}, TakenBack: r.takenBack}
	viewed := map[int]string{}
	for _, name := range sortedKeys(edits) {
		res.Edits = append(res.Edits, edits[name]...)
		for _, e := range edits[name] {
			if e.Rung == RungView {
				viewed[e.Site] = r.plan.FamilyOf(&r.sites[e.Site]).Name
			}
		}
	}
	for i := range r.sites {
		f := r.fate(i, viewed)
		res.Fates = append(res.Fates, f)
		res.Counts.Sites++
		switch {
		case !f.Moved:
			res.Counts.Stayed++
		case f.View != "":
			res.Counts.Viewed++
			res.Counts.Moved++
		default:
			res.Counts.Moved++
		}
	}
	res.Groups, res.Reached = r.groupFates(), r.reached(files)
	res.Cuts = r.cutsMade()
	for g, group := range r.flow.Groups {
		if len(group.Mentions) == 0 {
			continue // a value without a name: a cut or a site says what it is
		}
		res.Counts.Groups++
		if r.moves(g) {
			res.Counts.GroupsMoved++
			for _, n := range group.Notes {
				res.Problems = append(res.Problems, Stay{n.Pos, n.Code, n.Text, -1})
			}
			continue
		}
		for _, b := range group.Blockers {
			n := len(res.Stayed)
			if n > 0 && res.Stayed[n-1].Pos.Line == b.Pos.Line && res.Stayed[n-1].Text == b.Text && res.Stayed[n-1].Code == b.Code && res.Stayed[n-1].Group == g {
				continue // several names on one line
			}
			res.Stayed = append(res.Stayed, Stay{b.Pos, b.Code, b.Text, g})
		}
		if b, ok := r.stays[g]; ok {
			res.Stayed = append(res.Stayed, Stay{b.Pos, b.Code, b.Text, g})
		}
	}
	for _, k := range r.flow.Keeps {
		switch {
		case k.Reason == "":
			res.Problems = append(res.Problems, Stay{k.Pos, spec.KeepWithoutReason, "//redis2cf:keep needs a reason behind it; without one it keeps nothing", -1})
		case !k.Used:
			res.Problems = append(res.Problems, Stay{k.Pos, spec.KeepUnused, "//redis2cf:keep stands over nothing that uses go-redis", -1})
		}
	}
	for _, list := range [][]Stay{res.Stayed, res.Problems} {
		sort.SliceStable(list, func(i, j int) bool { return earlier(list[i].Pos, list[j].Pos) })
	}
	res.Generate = r.generate(files)
	res.Counts.Files, res.Counts.Edits = len(files), len(res.Edits)
	res.Counts.Exported = r.exported()
	res.GoVersion[0] = r.prog.Module.Go
	res.GoVersion[1] = r.prog.Module.Go
	return res
}

func earlier(a, b token.Position) bool {
	if a.Filename != b.Filename {
		return a.Filename < b.Filename
	}
	return a.Offset < b.Offset
}

func (r *run) fate(i int, viewed map[int]string) Fate {
	s := &r.sites[i]
	g := r.siteGroup(s)
	f := Fate{Moved: r.siteMoves(s), Group: g}
	switch {
	case s.Viewed:
		f.View = s.View
	case viewed[i] != "":
		f.View, f.Edited = viewed[i], true
	case !f.Moved && g >= 0:
		b := r.blocker(g)
		f.Code, f.Text = b.Code, b.Text
		if b.Pos.IsValid() && b.Pos.Line != s.Position.Line {
			f.Text += " (" + r.rel(b.Pos) + ")"
		}
	case !f.Moved:
		f.Code, f.Text = spec.NoSource, "no go-redis name in the module leads to this value"
	case r.noView[i] != "":
		f.Code, f.Text = spec.VerifyFailed, r.noView[i]
	case !r.viewAsked(s) && !s.Migrated && r.viewFor(s) != nil:
		f.Code, f.Text = spec.NotSelected, "its view was not asked for"
	case s.Code != "":
		f.Code = s.Code
		for _, k := range s.Keys {
			if k.Code == s.Code && k.Why != "" {
				f.Text = k.Why
				break
			}
		}
	case s.Call == nil && len(s.Row.Keys.Params) > 0 && !channelOrGlob(s):
		f.Code, f.Text = spec.MethodValue, "which keys it is called with is not known here"
	case len(s.Keys) == 0 || s.Type == "" || s.Call == nil:
		// has no key: nothing to look at
	default:
		f.Code, f.Text = r.whyNoView(s)
	}
	return f
}

func (r *run) whyNoView(s *analyzer.Site) (code, text string) {
	families := map[string]bool{}
	for _, name := range r.familiesOf(s) {
		families[name] = true
	}
	switch {
	case channelOrGlob(s):
		return "", "" // Publish, Scan: there is nothing to narrow
	case !r.anyViewHas(s.Row.Method):
		return spec.RoutedByKey, s.Row.Method + " takes keys of any type"
	case len(families) > 1:
		return spec.SeveralFamilies, "its keys belong to several families"
	case !s.ViewOK:
		return spec.NarrowInterface, "the receiver does not have all methods of Cmdable"
	}
	return spec.NoView, "the view of its family does not have this command"
}

// channelOrGlob reports whether what the table has as a site's keys are none.
func channelOrGlob(s *analyzer.Site) bool {
	switch s.Row.Keys.Kind {
	case spec.KeysChannels, spec.KeysChannelPatterns, spec.KeysPattern:
		return true
	}
	return false
}

// exported counts exported functions, methods, fields and variables whose types
// the swap changes: what importers of the module will notice.
func (r *run) exported() int {
	lines := map[string]map[int]bool{}
	for _, m := range r.flow.Mentions {
		if r.moves(m.Group) {
			if lines[m.Pos.Filename] == nil {
				lines[m.Pos.Filename] = map[int]bool{}
			}
			lines[m.Pos.Filename][int(m.Ident.Pos())] = true
		}
	}
	n := 0
	for name, at := range lines {
		f := r.files[name]
		if f == nil || f.pkg.Name() == "main" || isTest(name) {
			continue
		}
		in := func(node ast.Node) bool {
			for p := range at {
				if node != nil && token.Pos(p) >= node.Pos() && token.Pos(p) < node.End() {
					return true
				}
			}
			return false
		}
		for _, d := range f.syn.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Name.IsExported() && in(fd.Type) {
				n++
			}
		}
		for id, obj := range f.info.Defs {
			v, ok := obj.(*types.Var)
			if ok && id.IsExported() && (v.IsField() || v.Parent() == f.pkg.Scope()) && id.Pos() >= f.syn.FileStart && id.Pos() < f.syn.FileEnd {
				if fieldMentions(f, id, at) {
					n++
				}
			}
		}
	}
	return n
}

func fieldMentions(f *file, id *ast.Ident, at map[int]bool) bool {
	from, to := statement(f, id.Pos())
	for p := range at {
		if token.Pos(p) >= from && token.Pos(p) < to {
			return true
		}
	}
	return false
}

func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go")
}
