package engine

import "slices"

// tracker remembers which elements of a collection changed since its rows were
// last emitted. The zero value remembers nothing, which is what a store that
// keeps nothing needs.
type tracker struct {
	on    bool
	names []string
}

func (t *tracker) note(name string) {
	if t.on && (len(t.names) == 0 || t.names[len(t.names)-1] != name) {
		t.names = append(t.names, name)
	}
}

// take returns the changed names, each once, and forgets them.
func (t *tracker) take() []string {
	names := t.names
	t.names = nil
	if len(names) > 1 {
		slices.Sort(names)
		names = slices.Compact(names)
	}
	return names
}
