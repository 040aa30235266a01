package flow

import (
	"cmp"
	"slices"
)

// reach answers for every node at once from which sources a value can get there.
// Asking node by node walks most of the graph each time, because most soft values
// have passed through foreign code: in a module of 400,000 lines that was two
// minutes. Components of the graph that reach each other share a set, sets that are
// equal are mostly one, and what comes through the hub is kept apart from them.
type reach struct {
	grown   int // the graph when this was made
	sources []source
	hub     []int32 // what reaches the hub: indexes into sources, ascending
	sets    []*reachSet
}

// reachSet is what reaches a node.
type reachSet struct {
	hub  bool    // all that reaches the hub
	more []int32 // and these, ascending, none of them among the hub's where hub is set
	list []source
}

// nothing is the set of nodes where no source gets to.
var nothing = &reachSet{}

// reaching returns the sources from which a value can get to n, ordered by their
// nodes. What was added to the graph since the last call of settle is not seen.
func (g *graph) reaching(n node) []source {
	if g.reach == nil {
		g.settle()
	}
	r := g.reach
	if int(n) >= len(r.sets) || r.sets[n] == nil || r.sets[n] == nothing {
		return nil
	}
	s := r.sets[n]
	if s.list == nil {
		ids := s.more
		if s.hub {
			ids = mergeIDs(r.hub, s.more)
		}
		s.list = make([]source, len(ids))
		for i, id := range ids {
			s.list[i] = r.sources[id]
		}
	}
	return slices.Clip(s.list)
}

// settle makes reaching see the graph as it is now. It reports whether the graph
// has grown since the last time.
func (g *graph) settle() bool {
	if g.reach != nil && g.reach.grown == g.grown {
		return false
	}
	r := &reach{grown: g.grown, sets: make([]*reachSet, len(g.parent))}
	type entry struct {
		source
		to node
	}
	var entries []entry
	for to, list := range g.sources {
		for _, s := range list {
			entries = append(entries, entry{s, to})
		}
	}
	// A node's own list keeps its order: the sort is stable, and by nodes first.
	slices.SortStableFunc(entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
	own := map[node][]int32{}
	for i, e := range entries {
		r.sources = append(r.sources, e.source)
		own[e.to] = append(own[e.to], int32(i))
	}
	w := reachWalk{g: g, r: r, own: own, reached: g.reachable(own), order: make([]int32, len(g.parent)), low: make([]int32, len(g.parent))}
	w.hub()
	// Only where something arrives is there anything to find out.
	for n, ok := range w.reached {
		if ok && w.order[n] == 0 {
			w.from(node(n))
		}
	}
	g.reach = r
	return true
}

// reachable marks the nodes that anything reaches.
func (g *graph) reachable(own map[node][]int32) []bool {
	out := make([][]node, len(g.parent))
	for to, from := range g.in {
		for _, f := range from {
			out[f] = append(out[f], to)
		}
	}
	seen := make([]bool, len(g.parent))
	var todo []node
	for n := range own {
		seen[n] = true
		todo = append(todo, n)
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range out[n] {
			if !seen[m] {
				seen[m] = true
				todo = append(todo, m)
			}
		}
	}
	return seen
}

// reachWalk is Tarjan's algorithm over the edges backwards, without recursion: a
// chain of assignments may be longer than a stack.
type reachWalk struct {
	g       *graph
	r       *reach
	own     map[node][]int32
	reached []bool
	order   []int32 // when a node was met first, from 1
	low     []int32
	next    int32
	stack   []node // nodes whose component is not complete
	calls   []reachCall
}

type reachCall struct {
	n    node
	edge int // of g.in[n], the next to follow
}

// hub finds what reaches the hub and completes its component, so that the walks
// end there.
func (w *reachWalk) hub() {
	seen := map[node]bool{hub: true}
	todo := []node{hub}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		w.r.hub = append(w.r.hub, w.own[n]...)
		for _, m := range w.g.in[n] {
			if !seen[m] && w.reached[m] {
				seen[m] = true
				todo = append(todo, m)
			}
		}
	}
	slices.Sort(w.r.hub)
	w.next++
	w.order[hub] = w.next
	w.r.sets[hub] = nothing
	if len(w.r.hub) > 0 {
		w.r.sets[hub] = &reachSet{hub: true}
	}
}

func (w *reachWalk) from(n node) {
	w.enter(n)
	for len(w.calls) > 0 {
		c := &w.calls[len(w.calls)-1]
		if in := w.g.in[c.n]; c.edge < len(in) {
			m := in[c.edge]
			c.edge++
			switch {
			case !w.reached[m]:
			case w.order[m] == 0:
				w.enter(m)
			case w.r.sets[m] == nil: // on the stack
				w.low[c.n] = min(w.low[c.n], w.order[m])
			}
			continue
		}
		n, low := c.n, w.low[c.n]
		w.calls = w.calls[:len(w.calls)-1]
		if low == w.order[n] {
			w.complete(n)
		}
		if len(w.calls) > 0 {
			up := w.calls[len(w.calls)-1].n
			w.low[up] = min(w.low[up], low)
		}
	}
}

func (w *reachWalk) enter(n node) {
	w.next++
	w.order[n], w.low[n] = w.next, w.next
	w.stack = append(w.stack, n)
	w.calls = append(w.calls, reachCall{n: n})
}

// complete gives the component whose first node is n its set.
func (w *reachWalk) complete(n node) {
	at := len(w.stack) - 1
	for w.stack[at] != n {
		at--
	}
	members := w.stack[at:]
	w.stack = w.stack[:at]
	set := nothing
	for _, m := range members {
		if ids := w.own[m]; len(ids) > 0 {
			set = w.union(set, &reachSet{more: ids})
		}
		for _, p := range w.g.in[m] {
			if s := w.r.sets[p]; s != nil {
				set = w.union(set, s)
			}
		}
	}
	for _, m := range members {
		w.r.sets[m] = set
	}
}

// union is one of its operands where that holds the other.
func (w *reachWalk) union(x, y *reachSet) *reachSet {
	if x == y || y == nothing {
		return x
	}
	if x == nothing {
		return y
	}
	if x.hub != y.hub {
		if y.hub {
			x, y = y, x
		}
		y = &reachSet{more: withoutIDs(y.more, w.r.hub)} // x has the hub's
	}
	more := mergeIDs(x.more, y.more)
	switch {
	case len(more) == len(x.more):
		return x
	case len(more) == len(y.more) && x.hub == y.hub:
		return y
	}
	return &reachSet{hub: x.hub, more: more}
}

// mergeIDs is the union of two ascending lists; one of them where it has all.
func mergeIDs(x, y []int32) []int32 {
	if len(y) == 0 {
		return x
	}
	if len(x) == 0 {
		return y
	}
	out := make([]int32, 0, len(x)+len(y))
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			out, x = append(out, x[0]), x[1:]
		case x[0] > y[0]:
			out, y = append(out, y[0]), y[1:]
		default:
			out, x, y = append(out, x[0]), x[1:], y[1:]
		}
	}
	return append(append(out, x...), y...)
}

// withoutIDs is what x has beside y; both ascend.
func withoutIDs(x, y []int32) []int32 {
	var out []int32
	for _, id := range x {
		if _, ok := slices.BinarySearch(y, id); !ok {
			out = append(out, id)
		}
	}
	return out
}
