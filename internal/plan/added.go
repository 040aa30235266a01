package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// added reports the families that the file of a migrated program does not have. Those
// that only tests use are nobody's business: their keys are routed like any other.
func (b *builder) added() {
	if b.kept == 0 || !slices.ContainsFunc(b.sites, func(s analyzer.Site) bool { return s.Migrated }) {
		return
	}
	for i := b.kept; i < len(b.plan.Families); i++ {
		f := &b.plan.Families[i]
		if f.IsDefault() || f.TestOnly || len(b.refs[i]) == 0 {
			continue
		}
		at := b.siteOf(i, func(*analyzer.Site) bool { return true })
		b.problems = append(b.problems, Problem{Code: spec.NoFamily, Family: f.Pattern, Pos: b.positions(at),
			Message: missing(f, skipFamily(b.plan))})
	}
}

// missing says how a family comes into the file.
func missing(f *Family, skip func(key, value string) bool) string {
	return fmt.Sprintf("keys %q have no family in %s: redis2cf -w adds it; by hand, write this under families and run redis2cf generate:\n%s",
		f.Pattern, FileName, strings.TrimSuffix(item("  ", familyFields, f, skip), "\n"))
}

// Check looks at sites that were migrated, with the file alone: for keys that no family
// takes, keys of another type than their family's, and commands that a family in KV
// alone cannot serve. It is for one package at a time, of which less is known than of
// the module, and says only what it is sure of. Tests may do as they like.
func (p *Plan) Check(sites []analyzer.Site) []SiteProblem {
	var out []SiteProblem
	for i := range sites {
		s := &sites[i]
		if !s.Migrated || s.Test || !keyed(s) {
			continue
		}
		for _, k := range s.Keys {
			if code, text := p.check(s, k); code != "" {
				out = append(out, SiteProblem{Site: i, Code: code, Message: text})
				break
			}
		}
	}
	return out
}

// A SiteProblem is what Check says of a site.
type SiteProblem struct {
	Site    int // index
	Code    string
	Message string
}

func (p *Plan) check(s *analyzer.Site, k analyzer.Key) (code, text string) {
	typ := k.Type
	if typ == spec.None {
		typ = s.Type
	}
	if len(k.Patterns) != 1 {
		return "", "" // not known, or one of several
	}
	pattern := k.Patterns[0]
	g, err := parseSeen(pattern)
	if err != nil || len(g) == 0 || g[0].kind != literal {
		return "", "" // how the key begins is not known here
	}
	f := p.Route(pattern)
	switch v := p.named(s.View); {
	case v != nil && !v.takes(g):
		return spec.NotInFamily, fmt.Sprintf("%q is no key of %q, whose view %s is: %s", pattern, v.Pattern, v.Name, other(f))
	case f == nil || f.IsDefault():
		if p.touches(g) {
			return "", ""
		}
		fresh, _ := Build([]analyzer.Site{*s}, nil)
		now := fresh.Route(pattern)
		now.Name = newNamer(p, nil).of(g, now.Type)
		return spec.NoFamily, missing(now, skipFamily(fresh))
	case !fits(f.Type, typ):
		return spec.FamilyConflict, fmt.Sprintf("%s on %q needs a %s, and %s says that family %s (%q) is a %s: give the keys another prefix, or name the narrower pattern there",
			s.Row.Method, pattern, typ, FileName, f.Name, f.Pattern, f.Type)
	case f.Store == StoreKV && f.Consistency == Primary:
		command := strings.ToUpper(s.Command)
		why := unproven(s, command)
		if !primaryOnly[command] {
			why = "it uses " + command
		}
		if why != "" {
			return spec.KVPrimaryRefused, fmt.Sprintf("family %s (%q) cannot have consistency: primary, because %s: use consistency: follow in %s",
				f.Name, f.Pattern, why, FileName)
		}
	}
	return "", ""
}

// touches tells whether some key of the pattern may be in one of the families.
func (p *Plan) touches(g glob) bool {
	for i := range p.Families {
		if f := &p.Families[i]; !f.IsDefault() && f.takes(g) {
			return true
		}
	}
	return false
}

// takes tells whether some key of the pattern may be in the family.
func (f *Family) takes(g glob) bool {
	own, err := parseGlob(f.Pattern)
	return err == nil && own.overlaps(g)
}

// named gives the family with a view of that name, or nil.
func (p *Plan) named(view string) *Family {
	for i := range p.Families {
		if p.Families[i].Name == view {
			return &p.Families[i]
		}
	}
	return nil
}

// other says which view a call should have.
func other(f *Family) string {
	if f == nil || f.IsDefault() {
		return "call the client itself, or name the keys in " + FileName
	}
	return fmt.Sprintf("it belongs to %s (%q)", f.Name, f.Pattern)
}
