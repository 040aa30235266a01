package rewrite

import (
	"go/token"
	"slices"
	"sort"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A Step is how far a run goes. A large migration is reviewed in three parts, each
// of which compiles and passes the tests, and whose sum is one whole run.
type Step string

const (
	StepGenerate Step = "generate" // the generated package, the plan and the module files; no call changes
	StepSwap     Step = "swap"     // and go-redis's names are replaced; no call has a view
	StepViews    Step = "views"    // and calls have the views of their families: the whole run, as ""
)

// A Selection is what a run is for: files, families, or both.
type Selection struct {
	Files    func(name string) bool // by absolute name; nil is none
	Families map[string]bool        // by pattern
}

// A GroupFate is what becomes of one group of uses that change together.
type GroupFate struct {
	Pos   token.Position // of its first use
	Calls int            // command calls
	Moved bool
	Code  string // why it stays
	Text  string
}

// Reached is what changed beside that which was asked for, because groups move whole.
type Reached struct {
	Calls int      // command calls that moved
	Files []string // absolute names
}

// selected holds back the groups that nothing asked for. A group that reaches into
// what was asked for moves whole, and so does one that uses a family of such a group:
// on two sides the two would not see each other's data.
func (r *run) selected() {
	r.wanted = map[string]bool{}
	for _, p := range r.prog.Packages {
		for _, f := range p.Syntax {
			if p.Wanted {
				r.wanted[r.prog.Fset.File(f.FileStart).Name()] = true
			}
		}
	}
	asked := map[int]bool{}
	for g, group := range r.flow.Groups {
		asked[g] = slices.ContainsFunc(group.Mentions, func(m *flow.Mention) bool { return r.fileAsked(m.Pos.Filename) })
	}
	for i := range r.sites {
		if s := &r.sites[i]; r.siteAsked(s) {
			asked[r.siteGroup(s)] = true
		}
	}
	r.alongFamilies(asked)
	for g, group := range r.flow.Groups {
		if !asked[g] && len(group.Mentions) > 0 {
			r.stays[g] = flow.Blocker{Pos: group.Mentions[0].Pos, Code: spec.NotSelected, Text: "nothing that was asked for uses it"}
		}
	}
}

// alongFamilies adds the groups that share a family with one that was asked for.
func (r *run) alongFamilies(asked map[int]bool) {
	for more := true; more; {
		more = false
		families := map[string]bool{}
		for i := range r.sites {
			if s := &r.sites[i]; asked[r.siteGroup(s)] && r.moves(r.siteGroup(s)) {
				for _, f := range r.familiesOf(s) {
					families[f] = true
				}
			}
		}
		for i := range r.sites {
			s := &r.sites[i]
			if g := r.siteGroup(s); g >= 0 && !asked[g] && slices.ContainsFunc(r.familiesOf(s), func(f string) bool { return families[f] }) {
				asked[g], more = true, true
			}
		}
	}
}

// fileAsked reports whether a file was asked for by itself: by its package, and by
// the selection where there is one.
func (r *run) fileAsked(name string) bool {
	only := r.opts.Only
	return r.wanted[name] && (only == nil || only.Files != nil && only.Files(name))
}

// siteAsked reports whether a site was asked for: by its file, or by a family.
func (r *run) siteAsked(s *analyzer.Site) bool {
	if r.fileAsked(s.Position.Filename) {
		return true
	}
	only := r.opts.Only
	return only != nil && r.wanted[s.Position.Filename] &&
		slices.ContainsFunc(r.familiesOf(s), func(f string) bool { return only.Families[f] })
}

// viewAsked reports whether the run writes a site's view. A package that was not asked
// for has views where its group moves, what a selection leaves out has none.
func (r *run) viewAsked(s *analyzer.Site) bool {
	switch {
	case r.opts.Step == StepSwap:
		return false
	case r.opts.Only == nil && !s.Migrated:
		return true
	}
	return r.siteAsked(s)
}

// holdForLater holds back every group that would move.
func (r *run) holdForLater() {
	for g, group := range r.flow.Groups {
		if r.moves(g) {
			r.stays[g] = flow.Blocker{Pos: group.Mentions[0].Pos, Code: spec.NotSelected, Text: "this step changes no call"}
		}
	}
}

// blocker is the first thing that holds a group.
func (r *run) blocker(g int) flow.Blocker {
	if b, ok := r.stays[g]; ok {
		return b
	}
	if bs := r.flow.Groups[g].Blockers; len(bs) > 0 {
		return bs[0]
	}
	return flow.Blocker{}
}

// groupFates says what becomes of each group.
func (r *run) groupFates() []GroupFate {
	calls := map[int]int{}
	for i := range r.sites {
		calls[r.siteGroup(&r.sites[i])]++
	}
	var out []GroupFate
	for g, group := range r.flow.Groups {
		if len(group.Mentions) == 0 {
			continue // what a cut leads to, where no name of go-redis stands
		}
		f := GroupFate{Pos: group.Mentions[0].Pos, Calls: calls[g], Moved: r.moves(g)}
		if !f.Moved {
			b := r.blocker(g)
			f.Code, f.Text = b.Code, b.Text
			if b.Pos.IsValid() {
				f.Pos = b.Pos
			}
		}
		out = append(out, f)
	}
	sort.SliceStable(out, func(i, j int) bool { return earlier(out[i].Pos, out[j].Pos) })
	return out
}

// reached counts what moves without having been asked for.
func (r *run) reached(files map[string][]byte) Reached {
	var out Reached
	asked := map[string]bool{}
	for i := range r.sites {
		s := &r.sites[i]
		if r.siteAsked(s) {
			asked[s.Position.Filename] = true
		} else if !s.Migrated && r.siteMoves(s) {
			out.Calls++
		}
	}
	for _, name := range sortedKeys(files) {
		if !asked[name] && !r.fileAsked(name) {
			out.Files = append(out.Files, name)
		}
	}
	return out
}
