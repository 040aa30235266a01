package plan

import (
	"fmt"
	"go/token"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

func (b *builder) typeConflict(f *Family, refs []ref, bad ref) Problem {
	pos := []token.Position{b.sites[bad.site].Position}
	with := ""
	for _, r := range refs {
		if r.typ == f.Type {
			s := &b.sites[r.site]
			with = fmt.Sprintf(", but %s at %s needs a %s", s.Command, short(s.Position), f.Type)
			pos = append(pos, s.Position)
			break
		}
	}
	if with == "" {
		with = fmt.Sprintf(", but %s says %s", FileName, f.Type)
	}
	s := &b.sites[bad.site]
	return Problem{
		Code:   spec.FamilyConflict,
		Family: f.Pattern,
		Message: fmt.Sprintf("%s: %s on %q needs a %s%s: the call moves without a view; give the keys different prefixes or name the narrower pattern in %s",
			short(s.Position), s.Command, f.Pattern, bad.typ, with, FileName),
		Pos: pos,
	}
}

// short is a position for a sentence: file and line.
func short(p token.Position) string {
	if i := strings.LastIndexAny(p.Filename, `/\`); i >= 0 {
		p.Filename = p.Filename[i+1:]
	}
	p.Column = 0
	return p.String()
}

// overlaps reports pairs of families that can claim the same key without one of
// them being the more specific, where it makes a difference.
func (b *builder) overlaps() {
	type entry struct {
		f    *Family
		g    glob
		refs []ref
	}
	var all []entry
	for i := range b.plan.Families {
		f := &b.plan.Families[i]
		g, err := parseGlob(f.Pattern)
		if err != nil || f.IsDefault() {
			continue
		}
		all = append(all, entry{f, g, b.refs[i]})
	}
	for i, x := range all {
		for _, y := range all[i+1:] {
			if fits(x.f.Type, y.f.Type) && x.f.Store == y.f.Store || !x.g.overlapsPlainly(y.g) {
				continue
			}
			var why string
			switch xy, yx := x.g.contains(y.g), y.g.contains(x.g); {
			case !xy && !yx:
				why = "neither pattern is the more specific"
			case !fits(x.f.Type, y.f.Type) && (x.g.swallows(y.g) || y.g.swallows(x.g)):
				why = "they differ by letters that a value in the key can end or begin with"
			default:
				continue
			}
			pr := Problem{
				Code:   spec.FamilyConflict,
				Family: x.f.Pattern,
				Message: fmt.Sprintf("families %q (%s, %s) and %q (%s, %s) share keys and %s: make one narrower in %s, or give the keys different prefixes",
					x.f.Pattern, x.f.Type, x.f.Store, y.f.Pattern, y.f.Type, y.f.Store, why, FileName),
			}
			for _, e := range []entry{x, y} {
				if len(e.refs) > 0 {
					pr.Pos = append(pr.Pos, b.sites[e.refs[0].site].Position)
				}
			}
			b.problems = append(b.problems, pr)
		}
	}
}

// meet finds the families that one transaction, script or multi-key command
// uses together.
func (b *builder) meet() {
	together := map[string]map[int]bool{} // transaction or site to families
	at := map[string]int{}                // the same to its first site
	for i, refs := range b.refs {
		for _, r := range refs {
			s := &b.sites[r.site]
			where := s.Tx
			if where == "" {
				if len(s.Keys) < 2 {
					continue // several patterns of one key are alternatives
				}
				where = fmt.Sprintf("site %d", r.site)
			}
			if together[where] == nil {
				together[where] = map[int]bool{}
				at[where] = r.site
			}
			together[where][i] = true
		}
	}
	b.met = make([]map[string]int, len(b.plan.Families))
	places := make([]string, 0, len(together))
	for where := range together {
		places = append(places, where)
	}
	sort.Slice(places, func(i, j int) bool {
		if x, y := at[places[i]], at[places[j]]; x != y {
			return x < y
		}
		return places[i] < places[j]
	})
	told := map[[2]int]bool{}
	for _, where := range places {
		members := sortedInts(together[where])
		for _, i := range members {
			for _, j := range members {
				if i == j {
					continue
				}
				if b.met[i] == nil {
					b.met[i] = map[string]int{}
				}
				if other := b.plan.Families[j].Name; !has(b.met[i], other) {
					b.met[i][other] = at[where]
				}
				if i < j && !told[[2]int{i, j}] {
					told[[2]int{i, j}] = true
					b.splitGroup(&b.plan.Families[i], &b.plan.Families[j], at[where])
				}
			}
		}
	}
	for i, m := range b.met {
		f := &b.plan.Families[i]
		f.Meets = nil
		for n := range m {
			f.Meets = append(f.Meets, n)
		}
		sort.Strings(f.Meets)
	}
}

func has(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}

func sortedInts(m map[int]bool) []int {
	out := make([]int, 0, len(m))
	for i := range m {
		out = append(out, i)
	}
	sort.Ints(out)
	return out
}

func (b *builder) splitGroup(x, y *Family, site int) {
	if x.Group == y.Group || x.IsDefault() || y.IsDefault() {
		return
	}
	pos := b.sites[site].Position
	b.problems = append(b.problems, Problem{
		Code:   spec.GroupsSplit,
		Family: x.Pattern,
		Fatal:  true,
		Message: fmt.Sprintf("%s: families %s (group %s) and %s (group %s) are used in one piece here, and only one group can run it: give them the same group in %s",
			short(pos), x.Name, x.Group, y.Name, y.Group, FileName),
		Pos: []token.Position{pos},
	})
}
