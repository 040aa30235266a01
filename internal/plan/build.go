package plan

import (
	"sort"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Defaults of a new plan.
const (
	FileName       = "redis2cf.yaml"
	DefaultPackage = "internal/cfstore"
	defaultGroup   = "main"
	defaultName    = "Default" // of the default family, which has no view
	version        = 1
)

// Build makes the plan of the sites. What existing says wins: its families stay
// as they are, also those that no site uses any more, and new ones are added
// behind them. Neither argument is changed. Positions in the problems are the
// sites'.
func Build(sites []analyzer.Site, existing *Plan) (*Plan, []Problem) {
	p := start(existing)
	b := &builder{plan: p, kept: len(p.Families), sites: sites, uses: map[string]*use{}}
	b.collect()
	b.families()
	b.describe()
	b.meet()
	b.overlaps()
	b.promises()
	b.shards()
	b.added()
	sort.SliceStable(b.problems, func(i, j int) bool { return b.problems[i].Family < b.problems[j].Family })
	return p, b.problems
}

// start copies the existing plan, without what an earlier Build saw, or gives
// an empty one.
func start(existing *Plan) *Plan {
	if existing == nil {
		return &Plan{Version: version, Package: DefaultPackage, Groups: []Group{{Name: defaultGroup, Shards: 1}}}
	}
	p := *existing
	p.Families = append([]Family(nil), existing.Families...)
	p.Groups = append([]Group(nil), existing.Groups...)
	p.Clients = append([]Client(nil), existing.Clients...)
	p.Keep = append([]string(nil), existing.Keep...)
	for i := range p.Families {
		f := &p.Families[i]
		f.Sites, f.TestOnly, f.Meets, f.Commands = 0, false, nil, nil
	}
	if len(p.Groups) == 0 {
		p.Groups = []Group{{Name: defaultGroup, Shards: 1}}
	}
	return &p
}

// A use is one pattern and the sites whose keys may have it.
type use struct {
	pattern string
	glob    glob
	refs    []ref
}

// A ref is one key of one site.
type ref struct {
	site int
	typ  spec.Type
}

type builder struct {
	plan     *Plan
	kept     int // families of the existing plan, which stand first
	sites    []analyzer.Site
	uses     map[string]*use
	patterns []string          // of uses, sorted
	home     map[string]string // pattern of a use to pattern of its family
	seen     []*seen           // by family
	refs     [][]ref           // by family
	met      []map[string]int  // by family: names of those that it meets, and the first site of each
	problems []Problem
}

// keyed tells whether the site's keys are keys of data, not channels and not
// the globs of KEYS and SCAN.
func keyed(s *analyzer.Site) bool {
	if s.Type == spec.PubSub {
		return false
	}
	if s.Row != nil {
		if k := s.Row.Keys.Kind; k == spec.KeysChannels || k == spec.KeysChannelPatterns || k == spec.KeysPattern {
			return false
		}
	}
	return len(s.Keys) > 0
}

// collect gathers the sites of each pattern.
func (b *builder) collect() {
	for i := range b.sites {
		s := &b.sites[i]
		if !keyed(s) {
			continue
		}
		for _, k := range s.Keys {
			typ := k.Type
			if typ == spec.None {
				typ = s.Type
			}
			if len(k.Patterns) == 0 {
				b.use(DefaultPattern, i, typ)
			}
			for _, pattern := range k.Patterns {
				b.use(pattern, i, typ)
			}
		}
	}
	for pattern := range b.uses {
		b.patterns = append(b.patterns, pattern)
	}
	sort.Strings(b.patterns)
}

func (b *builder) use(pattern string, site int, typ spec.Type) {
	g, err := parseSeen(pattern)
	if err != nil || g.literals() == 0 {
		pattern, g = DefaultPattern, glob{{kind: anyRun}}
	} else {
		pattern = g.String()
	}
	u := b.uses[pattern]
	if u == nil {
		u = &use{pattern: pattern, glob: g}
		b.uses[pattern] = u
	}
	u.refs = append(u.refs, ref{site, typ})
}

// families settles which family each pattern belongs to and adds the families
// that are new.
func (b *builder) families() {
	fresh := b.settle()
	sort.SliceStable(fresh, func(i, j int) bool {
		a, c := fresh[i], fresh[j]
		if x, y := b.rank(a), b.rank(c); x != y {
			return x < y
		}
		return a.pattern < c.pattern
	})
	names := b.namer(fresh)
	for _, u := range fresh {
		f := Family{Pattern: u.pattern, Group: b.plan.Groups[0].Name, Phase: "only"}
		if f.IsDefault() {
			f.Name = names.unique(defaultName, spec.Any)
		} else {
			f.Name = names.of(u.glob, b.typeOf(u.refs))
		}
		b.plan.Families = append(b.plan.Families, f)
	}
}

// rank orders new families: the program's, then those of tests, then the rest.
func (b *builder) rank(u *use) int {
	switch {
	case u.pattern == DefaultPattern:
		return 2
	case b.testOnly(u.refs):
		return 1
	}
	return 0
}

func (b *builder) testOnly(refs []ref) bool {
	for _, r := range refs {
		if !b.sites[r.site].Test {
			return false
		}
	}
	return true
}

// fits tells whether a command of type t can work on keys of type family.
func fits(family, t spec.Type) bool {
	return family == t || blind(family) || blind(t)
}

// blind types say nothing about the data that a family can hold: DEL, PING, EVAL,
// and what the engine has no type for.
func blind(t spec.Type) bool {
	return t == spec.None || t == spec.Any || t == spec.Script || t == spec.Other
}

// typeOf joins the types of the sites: the type that most of them have, those
// outside tests first. Sites of another type are conflicts, see describe.
func (b *builder) typeOf(refs []ref) spec.Type {
	weight := map[spec.Type]int{}
	for _, r := range refs {
		if blind(r.typ) {
			continue
		}
		weight[r.typ]++
		if !b.sites[r.site].Test {
			weight[r.typ] += len(b.sites)
		}
	}
	best := spec.Any
	for t, n := range weight {
		if best == spec.Any || n > weight[best] || n == weight[best] && t < best {
			best = t
		}
	}
	return best
}

// oneType tells whether the sites have one data type and no other.
func (b *builder) oneType(refs []ref) bool {
	one := spec.Any
	for _, r := range refs {
		switch {
		case blind(r.typ) || r.typ == one:
		case one != spec.Any:
			return false
		default:
			one = r.typ
		}
	}
	return one != spec.Any
}

// describe fills in what the sites show of each family, and places the new ones.
func (b *builder) describe() {
	index := map[string]int{}
	for i, f := range b.plan.Families {
		index[f.Pattern] = i
	}
	b.refs = make([][]ref, len(b.plan.Families))
	for _, pattern := range b.patterns {
		i := index[b.home[pattern]]
		b.refs[i] = append(b.refs[i], b.uses[pattern].refs...)
	}
	b.seen = make([]*seen, len(b.plan.Families))
	for i := range b.plan.Families {
		f := &b.plan.Families[i]
		refs := b.refs[i]
		sort.SliceStable(refs, func(x, y int) bool { return refs[x].site < refs[y].site })
		s := b.look(refs)
		b.seen[i] = s
		f.Sites, f.TestOnly, f.Commands = s.sites, s.sites > 0 && s.tests == s.sites, s.sorted()
		if i >= b.kept {
			f.Type = s.typ
			if f.IsDefault() {
				f.Type = spec.Any
			}
			f.TTL = s.ttl()
			place(f, s)
			if f.Store == StoreKV || f.Store == StoreD1 {
				f.Consistency = Follow
			}
			if f.TestOnly && !f.IsDefault() {
				f.Reason += " (seen only in tests)"
			}
		} else {
			if f.Type == spec.Any && !f.IsDefault() && b.oneType(refs) {
				// Nothing was known of the data when the line was written; a view
				// for every type has none of the commands now seen. Where several
				// types are seen a person may have meant it.
				f.Type = s.typ
			}
			f.Alternative = alternative(f, s)
		}
		b.typeConflicts(f, refs)
	}
}

func (b *builder) look(refs []ref) *seen {
	s := &seen{typ: b.typeOf(refs), commands: map[string]bool{}, ttls: map[time.Duration]bool{}}
	last := -1
	for _, r := range refs {
		if r.site == last {
			continue // a site with several keys of one family is one site
		}
		last = r.site
		site := &b.sites[r.site]
		s.sites++
		if site.Test {
			s.tests++
			if !b.testOnly(refs) {
				// What a test does to a key decides nothing: it may freeze an
				// expiry or peek at a lock.
				continue
			}
		}
		command := strings.ToUpper(site.Command)
		if command == "" {
			continue
		}
		s.note(site, command)
		s.noteTTL(site.TTL, command)
	}
	return s
}

// typeConflicts reports sites whose data type is not the family's, once for
// each type, with a site of either side.
func (b *builder) typeConflicts(f *Family, refs []ref) {
	if f.IsDefault() {
		return
	}
	told := map[spec.Type]bool{}
	for _, r := range refs {
		if fits(f.Type, r.typ) || told[r.typ] {
			continue
		}
		told[r.typ] = true
		b.problems = append(b.problems, b.typeConflict(f, refs, r))
	}
}
