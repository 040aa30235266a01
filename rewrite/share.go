package rewrite

import (
	"go/token"
	"path/filepath"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// channels stands for all pub/sub channels in the books of shareFamilies.
const channels = "pub/sub channels"

// shareFamilies holds back groups whose keys are also used by a group that
// stays: a value written on one side would not be there on the other. It runs
// until nothing changes, since what is held back holds back others.
func (r *run) shareFamilies() {
	for {
		r.keepForeign()
		r.keepBeside()
		stay := map[string]*analyzer.Site{} // family to a site that stays
		for i := range r.sites {
			s := &r.sites[i]
			if r.siteMoves(s) || s.Migrated || r.bridged(r.siteGroup(s)) {
				continue
			}
			for _, f := range r.familiesOf(s) {
				if stay[f] == nil {
					stay[f] = s
				}
			}
		}
		changed := false
		for i := range r.sites {
			s := &r.sites[i]
			g := r.siteGroup(s)
			if s.Migrated || !r.moves(g) {
				continue
			}
			for _, f := range r.familiesOf(s) {
				if other := stay[f]; other != nil {
					r.stays[g] = flow.Blocker{Pos: s.Position, Code: spec.FamilyShared,
						Text: f + " is also used at " + r.rel(other.Position) + ", which stays on go-redis"}
					changed = true
					break
				}
			}
		}
		if !changed {
			return
		}
	}
}

// keepForeign holds back the groups whose clients foreign code has handed out, when
// they share keys with one that moves to the store: the data of a client that
// comes through FromGoRedis stays where that client has it.
func (r *run) keepForeign() {
	given := map[int]*flow.Cut{}
	for _, c := range r.flow.Cuts {
		if c.In && c.Func != flow.Beside && r.active(c) && !r.bridged(c.Far) {
			given[c.Near] = c
		}
	}
	if len(given) == 0 {
		return
	}
	stored := map[string]bool{}
	for i := range r.sites {
		s := &r.sites[i]
		if g := r.siteGroup(s); r.siteMoves(s) && given[g] == nil {
			for _, f := range r.familiesOf(s) {
				stored[f] = true
			}
		}
	}
	for i := range r.sites {
		s := &r.sites[i]
		g := r.siteGroup(s)
		if given[g] == nil {
			continue
		}
		for _, f := range r.familiesOf(s) {
			if stored[f] {
				r.stays[g] = given[g].Blocker
			}
		}
	}
}

// familiesOf names the families that a site touches; keys that nobody knows
// are the default family's.
func (r *run) familiesOf(s *analyzer.Site) []string {
	if s.Type == spec.PubSub {
		return []string{channels}
	}
	var out []string
	for _, k := range s.Keys {
		if len(k.Patterns) == 0 {
			out = append(out, "*")
		}
		for _, p := range k.Patterns {
			if f := r.plan.Route(p); f != nil {
				out = append(out, f.Pattern)
			} else {
				out = append(out, p)
			}
		}
	}
	return out
}

func (r *run) rel(p token.Position) string {
	if rel, err := filepath.Rel(r.prog.Module.Dir, p.Filename); err == nil {
		p.Filename = filepath.ToSlash(rel)
	}
	p.Column = 0
	return p.String()
}
