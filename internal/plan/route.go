package plan

import "github.com/redis2cf/redis2cf/analyzer"

// Route gives the family of a pattern or a key: the one of exactly this
// pattern, else the one with the most literal bytes among those that hold every
// key of it, else the default family, else nil. The result points into p.
func (p *Plan) Route(pattern string) *Family {
	var best, def *Family
	bestLen := -1
	g, err := parseSeen(pattern)
	for i := range p.Families {
		f := &p.Families[i]
		if f.IsDefault() {
			def = f
			continue
		}
		if f.Pattern == pattern {
			return f
		}
		if err != nil {
			continue
		}
		fg, ferr := parseGlob(f.Pattern)
		if ferr != nil || !fg.contains(g) {
			continue
		}
		if n := fg.literals(); n > bestLen {
			best, bestLen = f, n
		}
	}
	if best != nil {
		return best
	}
	return def
}

// FamilyOf gives the one family that all keys of a site belong to, or nil when
// there are several, when some key is not known, or when it is the default
// family's: such a site gets no view.
func (p *Plan) FamilyOf(s *analyzer.Site) *Family {
	var one *Family
	for _, k := range s.Keys {
		if len(k.Patterns) == 0 {
			return nil
		}
		for _, pattern := range k.Patterns {
			f := p.Route(pattern)
			if f == nil || f.IsDefault() || one != nil && f != one {
				return nil
			}
			one = f
		}
	}
	return one
}

// Serves tells whether the family's view has the site's command: its data type
// is the family's, or fits every type.
func (f *Family) Serves(s *analyzer.Site) bool {
	return fits(f.Type, s.Type)
}
