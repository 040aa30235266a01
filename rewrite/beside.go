package rewrite

import (
	"maps"
	"slices"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A client that has to stay for commands on data that no store serves keeps them, and
// what else it does goes to a client of the store beside it:
//
//	rdb.BFAdd(ctx, "seen", id)  stays
//	rdb.Get(ctx, "page:"+id)    →  cfstore.BesideGoRedis(rdb).Get(ctx, "page:"+id)
//
// Sound where the keys of the two are known and apart: what one writes the other
// never reads. Two variables at the constructor, which is what the design has, would
// say the same with an edit at each place that the client passes through; a client
// that is found by the one that stays has the shape of every other cut.

// keepBeside holds back what a client beside another would do, where the data cannot
// be taken apart.
func (r *run) keepBeside() {
	cuts := map[int][]*flow.Cut{} // by the group that stays
	given := map[int]bool{}
	for _, c := range r.flow.Cuts {
		switch {
		case !r.active(c):
		case c.Func == flow.Beside:
			cuts[c.Far] = append(cuts[c.Far], c)
		case c.In:
			given[c.Near] = true
		}
	}
	for _, far := range slices.Sorted(maps.Keys(cuts)) { // what one holds back is the next one's ground
		list := cuts[far]
		near := map[int]bool{}
		for _, c := range list {
			near[c.Near] = true
		}
		indexed := false // a search reads hashes and documents by their prefix
		var whole *analyzer.Site
		for i := range r.sites {
			s := &r.sites[i]
			switch g := r.siteGroup(s); {
			case g == far && s.Row.Group == "search":
				indexed = true
			case (g == far || near[g]) && r.anyKey(s):
				whole = s
			}
		}
		moves := false
		for _, c := range list {
			switch {
			case whole != nil:
				r.holdBeside(c, whole, "which keys it has is not known")
			case given[c.Near]:
				r.stays[c.Near] = c.Blocker
			case !c.Closes:
				if s := r.indexedSite(c.Near); indexed && s != nil {
					r.holdBeside(c, s, "a search of the client that stays may read it")
				} else {
					moves = true
				}
			}
		}
		for _, c := range list {
			if c.Closes && !moves {
				r.stays[c.Near] = c.Blocker // there is nothing beside to close
			}
		}
	}
}

func (r *run) holdBeside(c *flow.Cut, s *analyzer.Site, why string) {
	r.stays[c.Near] = flow.Blocker{Pos: c.Blocker.Pos, Code: spec.FamilyShared,
		Text: c.Blocker.Text + " Nothing can move beside it for " + s.Row.Method + " at " + r.rel(s.Position) + ": " + why}
}

// anyKey reports whether a site may touch any key: one that is not known, or all.
func (r *run) anyKey(s *analyzer.Site) bool {
	for _, f := range r.familiesOf(s) {
		if f == "*" {
			return true
		}
	}
	switch s.Row.Keys.Kind {
	case spec.KeysPattern:
		return true
	case spec.KeysRaw:
		return len(s.Keys) == 0
	}
	if len(s.Keys) > 0 || s.Row.Redis == "" {
		return false
	}
	switch s.Row.Group {
	case "connection", "tx", "pubsub", "client", "search", "timeseries":
		return false
	}
	return true
}

// indexedSite is a site of a group that an index of hashes or documents can have.
func (r *run) indexedSite(group int) *analyzer.Site {
	for i := range r.sites {
		s := &r.sites[i]
		if r.siteGroup(s) == group && (s.Type == spec.Hash || s.Type == spec.JSON) {
			return s
		}
	}
	return nil
}
