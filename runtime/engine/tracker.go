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

// keptNames bounds how many names' memory a tracker keeps for the next change.
const keptNames = 4

// take returns the changed names, each once, and forgets them. They are there
// until the next change.
func (t *tracker) take() []string {
	names := t.names
	if t.names = names[:0]; cap(names) > keptNames {
		t.names = nil
	}
	if len(names) > 1 {
		slices.Sort(names)
		names = slices.Compact(names)
	}
	return names
}
