package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

// Cuts. A client that must stay go-redis's at one place need not hold all that is
// tied to it: where its value passes from one expression to the next, a bridge can
// stand between the two. So a client that passes (an argument, an assignment, a
// result, the receiver of a command) is not united with what it becomes: the
// passage is noted, and when all blockers are known, divide unites what stands on
// the same side and cuts what does not. Everything that is free stays together, so
// that a cut is as near to the blocker as a passage is.
//
// Sound because a bridge is the same client: its commands reach the same store, in
// the same order, and it is made where the value is evaluated.
//
// A client that has to stay for commands on data of their own (a search, a filter)
// goes on with them, and what else it does passes to one of the store beside it.
// Whether the data can be taken apart so is asked by who knows the families.

// The functions of the generated package that stand in a cut.
const (
	ToClient    = "GoRedis"
	ToCluster   = "GoRedisCluster"
	ToUniversal = "GoRedisUniversal"
	ToCmdable   = "GoRedisCmdable"
	ToValue     = "GoRedisOf"
	FromClient  = "FromGoRedis"
	FromCluster = "FromGoRedisCluster"
	Beside      = "BesideGoRedis"
)

// BridgeFuncs are all of them, to v9; the names of others have its version behind
// GoRedis.
var BridgeFuncs = []string{ToClient, ToCluster, ToUniversal, ToCmdable, ToValue, FromClient, FromCluster, Beside}

// A Cut is a place where a client's value changes sides while the group Near moves
// and the group Far stays.
type Cut struct {
	Pos  token.Position
	Expr ast.Expr          // the client; nil when only errors cross, which needs no edit
	Sel  *ast.SelectorExpr // the method of which Expr is the receiver, if it is one
	// Closes says that Sel is Close: of both clients, where one is beside the other.
	Closes bool
	Func   string // the bridge that Expr goes through; empty without an Expr
	In     bool   // the value comes from go-redis: Near gets it
	// Redis is the import path of the go-redis on the other side.
	Redis string
	Near  int // index into Result.Groups
	Far   int
	// Blocker is what holds Far. It holds Near too when the cut is taken back.
	Blocker Blocker
}

// passage is where a client's value goes from one node to the next.
type passage struct {
	from, to node
	expr     ast.Expr
	sel      *ast.SelectorExpr
	kind     clientKind
	method   *types.Func // of sel
	want     types.Type  // what the destination asks for, without sel
	redis    *types.Package
	closes   bool // sel is Close, which goes along unless a client stands beside
}

// tie is two nodes between which only errors go: the compared sentinels are the
// same values on both sides where a bridge is linked.
type tie struct{ x, y node }

// clientKind is the static type of a client.
type clientKind uint8

const (
	noClient clientKind = iota
	single
	cluster
	ring
	universal
	cmdable
	own // an interface of the module that a client satisfies
)

var clientKinds = map[string]clientKind{
	"Client": single, "ClusterClient": cluster, "Ring": ring, "UniversalClient": universal, "Cmdable": cmdable,
}

// kindOf says what kind of client values of type t are, and go-redis in t's realm.
// A receiver may also be a client that is addressed.
func (a *analysis) kindOf(t types.Type, receiver bool) (clientKind, *types.Package) {
	if t == nil {
		return noClient, nil
	}
	t = types.Unalias(t)
	p, pointer := t.(*types.Pointer)
	if pointer {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil || !a.goRedis(n.Obj().Pkg()) {
		return noClient, nil
	}
	k := clientKinds[n.Obj().Name()]
	if iface := types.IsInterface(n); k == noClient || iface && pointer || !iface && !pointer && !receiver {
		return noClient, nil
	}
	return k, n.Obj().Pkg()
}

// goRedis reports whether a package is a go-redis that bridges lead to, without
// its sub-packages.
func (a *analysis) goRedis(pkg *types.Package) bool {
	_, ok := a.Bridged[pkg.Path()]
	return ok
}

// bridgeName is a bridge to or from one version of go-redis.
func (a *analysis) bridgeName(of string, redis *types.Package) string {
	if of == "" {
		return ""
	}
	return strings.Replace(of, ToClient, ToClient+a.Bridged[redis.Path()], 1)
}

// isBridge reports whether a function of the generated package is a bridge.
func (a *analysis) isBridge(name string) bool {
	for _, infix := range a.Bridged {
		for _, of := range BridgeFuncs {
			if name == strings.Replace(of, ToClient, ToClient+infix, 1) {
				return true
			}
		}
	}
	return false
}

// passing lets a client pass: what it returns is what the value becomes.
func (a *analysis) passing(src val, want types.Type) val {
	if a.fixed || !src.hard || src.e == nil || a.info.Types[src.e].IsType() || a.typedNil(src.e) {
		return src
	}
	kind, redis := a.kindOf(src.t, false)
	if kind == noClient {
		return src
	}
	n := a.pass(passage{from: src.n, expr: src.e, kind: kind, want: want, redis: redis})
	return val{n: n, t: src.t, hard: true}
}

// typedNil reports whether an expression is nil of some type, as in
// var _ Store = (*redis.Client)(nil): it says something of types and is no value.
func (a *analysis) typedNil(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && len(call.Args) == 1 && a.info.Types[call.Fun].IsType() && a.info.Types[call.Args[0]].IsNil()
}

// receives lets the receiver of a command pass.
func (a *analysis) receives(e *ast.SelectorExpr, owner val, recv types.Type, m *types.Func) val {
	s := a.info.Selections[e]
	if !owner.hard || s == nil || s.Kind() != types.MethodVal || a.Command == nil {
		return owner
	}
	kind, redis := a.kindOf(recv, true)
	if kind == noClient {
		return owner
	}
	if res := m.Signature().Results(); res.Len() > 0 {
		if k, _ := a.kindOf(res.At(0).Type(), false); k != noClient {
			a.mark(owner.n, side{copied: true})
		}
	}
	closes := m.Name() == "Close" && a.callee[e]
	if a.fixed || !closes && !a.Command(m, recv) {
		return owner
	}
	n := a.pass(passage{from: owner.n, expr: e.X, sel: e, kind: kind, method: m, redis: redis, closes: closes})
	return val{n: n, t: owner.t, hard: true}
}

// pass notes a passage once, whichever variants of the package have it.
func (a *analysis) pass(p passage) node {
	p.to = a.at(a.place(p.expr.End()), kindPassage)
	if !a.passes[p.to] {
		a.passes[p.to] = true
		a.passages = append(a.passages, p)
	}
	return p.to
}

// out is the bridge by which a passage leaves for go-redis, "" when none fits.
func (p *passage) out() string {
	name, t := "", types.Type(nil)
	pointer := func(of string) types.Type { return types.NewPointer(p.redis.Scope().Lookup(of).Type()) }
	switch p.kind {
	case single:
		name, t = ToClient, pointer("Client")
	case cluster:
		name, t = ToCluster, pointer("ClusterClient")
	case ring, universal:
		name, t = ToUniversal, p.redis.Scope().Lookup("UniversalClient").Type()
	case cmdable:
		name, t = ToCmdable, p.redis.Scope().Lookup("Cmdable").Type()
	case own:
		name, t = ToValue, p.redis.Scope().Lookup("UniversalClient").Type()
	}
	if !p.fits(t) {
		return ""
	}
	return name
}

// in is the bridge by which a passage comes from go-redis. The types are those of
// go-redis, whose names the facade's have too.
func (p *passage) in() string {
	name, of := FromClient, "Client"
	switch p.kind {
	case cluster:
		name, of = FromCluster, "ClusterClient"
	case cmdable, own:
		return "" // nobody knows that it is a client
	}
	if !p.fits(types.NewPointer(p.redis.Scope().Lookup(of).Type())) {
		return ""
	}
	return name
}

// fits reports whether a value of type t can stand in the passage.
func (p *passage) fits(t types.Type) bool {
	if p.sel != nil {
		obj, _, _ := types.LookupFieldOrMethod(t, true, p.redis, p.method.Name())
		_, ok := obj.(*types.Func)
		return ok
	}
	return p.want != nil && !mentionsTypeParam(p.want) && types.AssignableTo(t, p.want)
}

// side is what is known of a component: of the nodes that are united.
type side struct {
	held     bool // has a blocker
	stuck    bool // and one that no bridge answers: whatever passes to or from it stays with it
	named    bool // has a go-redis name that can change
	made     bool // constructs clients
	shipped  bool // and not only in tests
	given    bool // gets clients from foreign code
	bridged  bool // gets clients over a bridge that an earlier run wrote
	impostor bool // lets what is no client pass as one
	whole    bool // what holds it needs all that the client does, so that none can stand beside it
	copied   bool // a client is made of it (WithTimeout), as often as the code is run
}

func (s *side) add(o *side) {
	s.held, s.stuck, s.named = s.held || o.held, s.stuck || o.stuck, s.named || o.named
	s.made, s.shipped, s.given = s.made || o.made, s.shipped || o.shipped, s.given || o.given
	s.bridged, s.impostor = s.bridged || o.bridged, s.impostor || o.impostor
	s.whole, s.copied = s.whole || o.whole, s.copied || o.copied
}

// divide decides which passages are cut and unites the ends of all others.
func (a *analysis) divide() {
	a.sides = map[node]*side{}
	for _, b := range a.blockers {
		s := a.side(b.n)
		s.held, s.stuck, s.whole = true, s.stuck || !b.bridge, s.whole || !b.beside
	}
	for _, n := range a.mentioned {
		a.side(n).named = true
	}
	for n, of := range a.marks {
		a.side(n).add(of)
	}
	// What must stay without a bridge takes along all that passes to or from it, but
	// for what can have a client beside.
	a.sweep(func(p *passage, from, to *side) bool { return to.stuck })
	for i := range a.passages {
		p := &a.passages[i]
		if from, to := a.side(p.from), a.side(p.to); from != to && from.held && to.held {
			from.whole = true // others have the client, too
		}
	}
	a.sweep(func(p *passage, from, to *side) bool { return to.stuck || from.stuck && !a.divides(p, from) })
	divided := map[node]bool{}
	for i := range a.passages {
		if p := &a.passages[i]; !p.closes && a.side(p.from).stuck && a.find(p.from) != a.find(p.to) {
			divided[a.find(p.from)] = true
		}
	}
	a.sweep(func(p *passage, from, to *side) bool { return p.closes && !divided[a.find(p.from)] })
	// So does a place where no bridge fits.
	a.sweep(func(p *passage, from, to *side) bool {
		switch {
		case from.held == to.held:
			return false
		case to.held:
			return p.out() == ""
		}
		return !from.stuck && (p.in() == "" || from.made)
	})
	// The rest is free, and stays together.
	a.sweep(func(p *passage, from, to *side) bool { return !from.held && !to.held })
	for _, t := range a.ties {
		if !a.side(t.x).held && !a.side(t.y).held {
			a.join(t.x, t.y)
		}
	}
	a.sweep(func(p *passage, from, to *side) bool {
		near := from
		switch {
		case from.held == to.held:
			return false
		case from.held:
			near = to
			if near.shipped {
				return true // one variable, two places where its data is
			}
		case (p.kind == universal || p.kind == cmdable) && near.impostor:
			return true
		}
		return !near.named && !from.stuck // nothing in it can change
	})
}

// divides reports whether a client can stand beside the one that has to stay: one
// that the module constructs and nobody else has, held by commands alone.
func (a *analysis) divides(p *passage, from *side) bool {
	return p.kind == single && a.Bridged[p.redis.Path()] == "" && from.made && !from.whole && !from.copied &&
		!from.given && !from.bridged && p.fits(types.NewPointer(p.redis.Scope().Lookup("Client").Type()))
}

// sweep unites the ends of the passages that must be, until none is left.
func (a *analysis) sweep(must func(p *passage, from, to *side) bool) {
	for again := true; again; {
		again = false
		for i := range a.passages {
			p := &a.passages[i]
			if a.find(p.from) != a.find(p.to) && must(p, a.side(p.from), a.side(p.to)) {
				a.join(p.from, p.to)
				again = true
			}
		}
	}
}

func (a *analysis) side(n node) *side {
	n = a.find(n)
	s := a.sides[n]
	if s == nil {
		s = &side{}
		a.sides[n] = s
	}
	return s
}

func (a *analysis) join(x, y node) {
	sx, sy := a.side(x), a.side(y)
	if a.union(x, y) {
		if sx != sy {
			sx.add(sy)
		}
		a.sides[a.find(x)] = sx
	}
}

// mark notes something about the component of a node.
func (a *analysis) mark(n node, what side) {
	if a.marks[n] == nil {
		a.marks[n] = &side{}
	}
	a.marks[n].add(&what)
}

// poses notes a value that stands as a client and is none: a pipeline as a
// Cmdable, a fake. No bridge can be laid over it.
func (a *analysis) poses(dst val, src types.Type) {
	if dst.t == nil || src == nil || !dst.hard {
		return
	}
	if isNil(src) {
		return
	}
	if k, _ := a.kindOf(dst.t, false); k < universal {
		if types.IsInterface(dst.t) && a.ownInterface(dst.t) {
			a.posing = append(a.posing, val{n: dst.n, t: src})
		}
		return
	}
	if k, _ := a.kindOf(src, false); k == noClient {
		a.mark(dst.n, side{impostor: true})
	}
}

// isNil reports whether a type is that of nil.
func isNil(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.UntypedNil
}

// cuts are the passages and ties whose ends are on different sides. id numbers the
// groups of both.
func (a *analysis) cuts(id func(node) int) []*Cut {
	var out []*Cut
	for i := range a.passages {
		p := &a.passages[i]
		from, to := a.side(p.from), a.side(p.to)
		if from.held == to.held {
			continue
		}
		c := &Cut{Pos: a.position(p.expr.Pos()), Expr: p.expr, Sel: p.sel, Closes: p.closes, Redis: p.redis.Path()}
		if to.held {
			to.bridged = true
			c.Func, c.Near, c.Far = a.bridgeName(p.out(), p.redis), id(p.from), id(p.to)
		} else {
			c.Func, c.Near, c.Far, c.In = a.bridgeName(p.in(), p.redis), id(p.to), id(p.from), true
			if from.stuck {
				c.Func = Beside
			}
		}
		out = append(out, c)
	}
	where := map[node]token.Position{}
	for _, m := range a.mentions {
		where[a.nodeOf(m)] = m.Pos
	}
	seen := map[[2]int]bool{}
	for _, t := range a.ties {
		x, y := t.x, t.y
		if a.side(x).held {
			x, y = y, x
		}
		if a.side(x).held || !a.side(y).held || !a.side(x).named {
			continue
		}
		c := &Cut{Pos: where[x], Near: id(x), Far: id(y), Redis: a.Sentinels}
		if !c.Pos.IsValid() {
			c.Pos = where[y]
		}
		if k := [2]int{c.Near, c.Far}; !seen[k] {
			seen[k] = true
			out = append(out, c)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return before(out[i].Pos, out[j].Pos) })
	return out
}

// nearest is the blocker at a position, else the first.
func nearest(list []Blocker, pos token.Position) Blocker {
	for _, b := range list {
		if b.Pos.Filename == pos.Filename && b.Pos.Line == pos.Line {
			return b
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return Blocker{Pos: pos}
}
