package plan

import (
	"fmt"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// shards reports calls and transactions whose keys lie in several shards of their
// group whatever the program does. A shard is chosen as Redis Cluster chooses a slot:
// by what stands in the key's first braces, or by the whole key.
func (b *builder) shards() {
	shards := map[string]int{}
	for _, g := range b.plan.Groups {
		shards[g.Name] = g.Shards
	}
	type key struct {
		site   int
		family *Family
		glob   glob
	}
	together := map[string][]key{}
	var order []string
	for i := range b.sites {
		s := &b.sites[i]
		if !keyed(s) || s.Tx == "" && len(s.Keys) < 2 {
			continue
		}
		where := s.Tx
		if where == "" {
			where = fmt.Sprintf("site %d", i)
		}
		for _, k := range s.Keys {
			if len(k.Patterns) != 1 {
				continue // not known, or one of several
			}
			g, err := parseSeen(k.Patterns[0])
			f := b.plan.Route(k.Patterns[0])
			if err != nil || f == nil || shards[f.Group] < 2 {
				continue
			}
			if together[where] == nil {
				order = append(order, where)
			}
			together[where] = append(together[where], key{i, f, g})
		}
	}
	told := map[[2]string]bool{}
	for _, where := range order {
		all := together[where]
		for _, k := range all[1:] {
			x, y := all[0], k
			if x.family.Group != y.family.Group || x.glob.hashed().overlaps(y.glob.hashed()) || told[[2]string{x.glob.String(), y.glob.String()}] {
				continue
			}
			told[[2]string{x.glob.String(), y.glob.String()}] = true
			b.problems = append(b.problems, Problem{Code: spec.ShardsSplit, Family: x.family.Pattern, Pos: b.positions(y.site),
				Message: fmt.Sprintf("%s: keys of %q and %q are used in one piece here, no {part} of them is the same, and group %s has %d shards: the answer is CROSSSLOT: use shards: 1 in %s, or put what the keys share into braces",
					short(b.sites[y.site].Position), x.glob, y.glob, x.family.Group, shards[x.family.Group], FileName)})
		}
	}
}

// hashed is the part of the keys that decides their shard.
func (g glob) hashed() glob {
	for i := range g {
		if g[i] != (tok{b: '{'}) {
			continue
		}
		for j := i + 1; j < len(g); j++ {
			if g[j] == (tok{b: '}'}) {
				if j > i+1 {
					return g[i+1 : j]
				}
				return g
			}
		}
		return g
	}
	return g
}
