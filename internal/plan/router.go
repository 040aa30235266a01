package plan

// A Router finds the families of keys, many of them.
type Router struct {
	plan  *Plan
	globs []glob
	def   *Family
}

// Router returns one for the families as they are now.
func (p *Plan) Router() *Router {
	r := &Router{plan: p, globs: make([]glob, len(p.Families))}
	for i := range p.Families {
		if f := &p.Families[i]; f.IsDefault() {
			r.def = f
		} else if g, err := parseGlob(f.Pattern); err == nil {
			r.globs[i] = g
		}
	}
	return r
}

// Of is the family of a key: the one with the most literal bytes among those whose
// pattern it has, else the default family, else nil.
func (r *Router) Of(key string) *Family {
	best, literals := r.def, -1
	for i, g := range r.globs {
		if n := g.literals(); n > literals && g != nil && g.matches(key) {
			best, literals = &r.plan.Families[i], n
		}
	}
	return best
}

// matches is match in linear time for what has few runs: it goes back to the last one.
func (g glob) matches(key string) bool {
	i, k, run, from := 0, 0, -1, 0
	for k < len(key) {
		switch {
		case i < len(g) && g[i].kind == anyRun:
			run, from = i, k
			i++
		case i < len(g) && (g[i].kind == anyByte || g[i].b == key[k] && g[i].kind == literal):
			i, k = i+1, k+1
		case run >= 0:
			from++
			i, k = run+1, from
		default:
			return false
		}
	}
	for i < len(g) && g[i].kind == anyRun {
		i++
	}
	return i == len(g)
}
