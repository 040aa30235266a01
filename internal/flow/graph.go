package flow

import (
	"go/token"
	"go/types"
)

// node is a vertex of both graphs; 0 is no vertex.
type node int32

// hub stands for all foreign code: what goes in may come out anywhere.
const hub node = 1

// kinds of nodes that may share a position.
const (
	kindObject  = 'o'
	kindMention = 'm'
	kindLiteral = 'l'
	kindClause  = 'c'
	kindPassage = 'p' // by the end of the expression
)

type nodeKey struct {
	at   place
	kind byte
}

// source is a tracked value that enters the soft graph.
type source struct {
	from     node // hard
	typ      types.Type
	sentinel bool // the value is a named error: Nil, TxFailedErr
}

// sink is a place where a soft value is looked at by its go-redis type.
type sink struct {
	from, to node
	typ      types.Type // nil: any source
	tie      bool       // what gets here is kept as an error, which means the same on both sides of a cut
	compared bool       // what gets here is compared with an error, which may be the same on both sides
}

// graph holds the union-find over hard nodes and the directed graph over soft
// ones. Both use the same vertices.
type graph struct {
	parent  []node
	keys    map[nodeKey]node
	in      map[node][]node // soft edges, reversed
	edges   map[[2]node]bool
	sources map[node][]source
	sinks   []sink
	joins   []join
	blocks  []blockSink
	grown   int    // counts edges and sources
	reach   *reach // of the graph as it was when it had grown to reach.grown
}

// join unites what reaches either side when one of them is a sentinel: an
// error handed to a helper that compares.
type join struct{ x, y node }

// blockSink blocks whatever reaches it. Errors are only tied to what it leads to.
type blockSink struct {
	from, to node
	Blocker
}

func newGraph() *graph {
	g := &graph{
		keys:    map[nodeKey]node{},
		in:      map[node][]node{},
		edges:   map[[2]node]bool{},
		sources: map[node][]source{},
	}
	g.parent = []node{0, hub}
	return g
}

func (g *graph) fresh() node {
	n := node(len(g.parent))
	g.parent = append(g.parent, n)
	return n
}

func (g *graph) at(p place, kind byte) node {
	k := nodeKey{p, kind}
	if n, ok := g.keys[k]; ok {
		return n
	}
	n := g.fresh()
	g.keys[k] = n
	return n
}

func (g *graph) find(n node) node {
	for g.parent[n] != n {
		g.parent[n] = g.parent[g.parent[n]]
		n = g.parent[n]
	}
	return n
}

// union reports whether it changed anything.
func (g *graph) union(x, y node) bool {
	if x == 0 || y == 0 {
		return false
	}
	x, y = g.find(x), g.find(y)
	if x == y {
		return false
	}
	if x > y { // the older node leads, so that results do not depend on map order
		x, y = y, x
	}
	g.parent[y] = x
	return true
}

func (g *graph) edge(from, to node) {
	if from == 0 || to == 0 || from == to || g.edges[[2]node{from, to}] {
		return
	}
	g.edges[[2]node{from, to}] = true
	g.grown++
	g.in[to] = append(g.in[to], from)
}

func (g *graph) source(from node, typ types.Type, sentinel bool, to node) {
	if from == 0 || to == 0 {
		return
	}
	for _, s := range g.sources[to] {
		if s.from == from && s.sentinel == sentinel && types.Identical(s.typ, typ) {
			return
		}
	}
	g.sources[to] = append(g.sources[to], source{from, typ, sentinel})
	g.grown++
}

func (g *graph) sink(from, to node, typ types.Type) {
	if from != 0 && to != 0 {
		g.sinks = append(g.sinks, sink{from: from, to: to, typ: typ})
	}
}

// tieSink is a sink that keeps errors.
func (g *graph) tieSink(from, to node) {
	if from != 0 && to != 0 {
		g.sinks = append(g.sinks, sink{from: from, to: to, typ: errorType, tie: true})
	}
}

// errorSink is a sink that compares errors with the one at to.
func (g *graph) errorSink(from, to node) {
	if from != 0 && to != 0 {
		g.sinks = append(g.sinks, sink{from: from, to: to, typ: errorType, compared: true})
	}
}

func isError(t types.Type) bool {
	return t != nil && types.Implements(t, errorType.Underlying().(*types.Interface))
}

var errorType = types.Universe.Lookup("error").Type()

// compatible reports whether a value of static type s may turn out to be a t.
func compatible(s, t types.Type) bool {
	if s == nil || t == nil || types.Identical(s, t) {
		return true
	}
	if types.Identical(t, errorType) {
		return types.Implements(s, errorType.Underlying().(*types.Interface))
	}
	si, sok := s.Underlying().(*types.Interface)
	ti, tok := t.Underlying().(*types.Interface)
	switch {
	case sok && tok:
		return true
	case sok:
		return types.Implements(t, si) || types.Implements(types.NewPointer(t), si)
	case tok:
		return types.Implements(s, ti)
	}
	return false
}

// place resolves a position, ignoring //line directives.
func (a *analysis) place(pos token.Pos) place {
	p := a.Fset.PositionFor(pos, false)
	return place{p.Filename, p.Line, p.Column}
}
