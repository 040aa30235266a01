package flow

import (
	"go/types"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestReachingIsWhatAWalkFinds holds the sets of all nodes against a walk from each,
// on random graphs with loops and a hub.
func TestReachingIsWhatAWalkFinds(t *testing.T) {
	const seed = 1
	rnd := rand.New(rand.NewPCG(seed, seed))
	for round := range 400 {
		g := newGraph()
		nodes := 2 + rnd.IntN(30)
		for range nodes {
			g.fresh()
		}
		any := func() node { return node(1 + rnd.IntN(nodes+1)) }
		for stage := range 3 { // the graph grows between two questions
			for range rnd.IntN(2 * nodes) {
				g.edge(any(), any())
			}
			for range rnd.IntN(6) {
				g.source(any(), types.Typ[types.Int], rnd.IntN(2) == 0, any())
			}
			if grown := g.settle(); !grown && stage == 0 && g.grown > 0 {
				t.Fatal("settle says that an empty graph has not grown")
			}
			for n := node(1); int(n) < len(g.parent); n++ {
				got, want := g.reaching(n), g.walk(n)
				if !sameSources(got, want) {
					t.Fatalf("seed %d, round %d, node %d of %d:\ngot  %v\nwant %v\nedges %v", seed, round, n, len(g.parent)-1, got, want, g.in)
				}
			}
		}
	}
}

// walk is what reaching means.
func (g *graph) walk(n node) []source {
	seen := map[node]bool{n: true}
	todo := []node{n}
	var out []source
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		out = append(out, g.sources[n]...)
		for _, m := range g.in[n] {
			if !seen[m] {
				seen[m] = true
				todo = append(todo, m)
			}
		}
	}
	return out
}

// sameSources compares two lists as bags; the first must be ordered by its nodes.
func sameSources(got, want []source) bool {
	if len(got) != len(want) || !slices.IsSortedFunc(got, func(x, y source) int { return int(x.from - y.from) }) {
		return false
	}
	left := slices.Clone(want)
	for _, s := range got {
		i := slices.Index(left, s)
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}
