package engine

import "slices"

// A nameFinder tells which names a hash or a set has that is served from its
// rows. The names should come in order: then it reads rows ahead, as many as
// the last ones were of use.
type nameFinder[E any, P linked[E]] struct {
	p      *fieldPages[E, P]
	from   string   // names holds the rows from here on
	names  []string // in order
	end    bool     // there are no rows after names
	read   bool
	size   int64 // rows that were asked for
	served int   // names that were answered from them
}

func (f *nameFinder[E, P]) has(name string) bool {
	switch {
	case f.p.cached.find(KeyHash(name), name) != nil:
		return true
	case f.p.hidden(name):
		return false
	}
	if !f.read || name < f.from || !f.end && (len(f.names) == 0 || f.names[len(f.names)-1] < name) {
		f.fill(name)
	}
	f.served++
	_, found := slices.BinarySearch(f.names, name)
	return found
}

func (f *nameFinder[E, P]) fill(from string) {
	switch {
	case !f.read:
		f.size = 1
	case f.served*8 >= len(f.names):
		f.size = min(2*f.size, 1024)
	default:
		f.size = max(f.size/2, 1)
	}
	f.from, f.names, f.read, f.served = from, f.names[:0], true, 0
	f.p.rows.scan(Query{From: &Item{Field: from}, Limit: f.size}, func(it Item) bool {
		f.names = append(f.names, it.Field)
		return true
	})
	f.end = int64(len(f.names)) < f.size
}

// finder returns what tells whether the set has a member. ordered says that the
// members will come in the order of the rows.
func (s *set) finder(ordered bool) func(m string) bool {
	if s.pages == nil || !ordered {
		return s.holds
	}
	return (&nameFinder[setMember, *setMember]{p: s.pages}).has
}

// finders returns them for some sets, nil for one that is not there or is least
// itself, whose members will be looked for.
func finders(sets []*set, least *set) []func(m string) bool {
	if least.pages != nil {
		least.own() // as its each does, which decides the order
	}
	all := make([]func(m string) bool, len(sets))
	for i, s := range sets {
		if s != nil && s != least {
			all[i] = s.finder(least.pages != nil)
		}
	}
	return all
}
