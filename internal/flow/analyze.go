package flow

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"sort"
	"strings"
)

// analysis is the state of one Analyze.
type analysis struct {
	*Config
	*graph
	pkg  *Package
	info *types.Info
	sig  *types.Signature // of the function being walked

	// Per package: variants share syntax but not types.
	memo     map[ast.Expr]val
	typeMemo map[ast.Expr]val
	calls    map[*ast.CallExpr][]val
	callee   map[ast.Expr]bool // expressions that are called

	carrying    map[types.Type]bool
	methodful   map[types.Type]bool
	definedFrom map[place]bool
	objects     map[types.Object]node
	linked      map[node]bool
	satisfies   map[satisfied]bool
	asserts     []assert
	sentinels   map[node]bool // mentions of errors
	portable    map[node]bool // those among them that are equal on both sides of a bridge
	owners      map[node]bool
	contexts    node // what was put into contexts
	reflected   node // functions wired together by reflection

	mentions  []*Mention
	mentioned map[place]node
	uses      map[place]node
	touched   map[place]node
	blockers  []blocked
	notes     []blocked
	fixed     bool // the file at hand gets no bridge: it is not ours to edit
	bridges   []bridgeCall
	spanned   map[node]bool
	passages  []passage
	passes    map[node]bool
	owns      []ownValue // what passes by an interface of the module's
	posing    []val      // and what gets into one that has go-redis's
	ties      []tie
	tied      map[[2]node]bool
	marks     map[node]*side      // what is known of the component of a node
	sides     map[node]*side      // by component, while and after it is divided
	addresses map[place]node      // variables that an address of Redis is read from
	tests     []given             // addresses of tests
	handed    []given             // text variables that are set to others
	options   map[*types.Var]bool // variables that hold a client's own options
	written   map[ast.Expr]bool   // operands that are only set
	here      token.Pos           // the last position that is worth reporting
}

type blocked struct {
	n      node
	bridge bool // a bridge can stand beside it
	beside bool // so can a second client
	Blocker
}

// Analyze groups the uses of go-redis in the packages of cfg.
func Analyze(cfg *Config) *Result {
	a := &analysis{
		Config: cfg, graph: newGraph(),
		carrying: map[types.Type]bool{}, methodful: map[types.Type]bool{}, definedFrom: map[place]bool{},
		objects: map[types.Object]node{}, linked: map[node]bool{}, satisfies: map[satisfied]bool{},
		sentinels: map[node]bool{}, portable: map[node]bool{}, owners: map[node]bool{},
		passes: map[node]bool{}, spanned: map[node]bool{}, tied: map[[2]node]bool{}, marks: map[node]*side{},
		mentioned: map[place]node{}, uses: map[place]node{}, touched: map[place]node{}, addresses: map[place]node{},
		options: map[*types.Var]bool{}, written: map[ast.Expr]bool{},
	}
	a.reflected, a.contexts = a.fresh(), a.fresh()
	for _, p := range cfg.Packages {
		a.findDefined(p)
	}
	for _, p := range cfg.Packages {
		a.pkg, a.info = p, p.Info
		a.memo, a.typeMemo = map[ast.Expr]val{}, map[ast.Expr]val{}
		a.calls, a.callee = map[*ast.CallExpr][]val{}, map[ast.Expr]bool{}
		for _, f := range p.Files {
			code, _ := a.fileBlocker(p, f)
			a.fixed = code != "" || ast.IsGenerated(f)
			a.file(f)
		}
	}
	for _, p := range cfg.Packages {
		if cfg.Border != nil && cfg.Border(p) {
			a.border(p)
		}
	}
	keeps := a.outerBlockers()
	a.linkServers()
	a.linkAddresses()
	a.resolve()
	a.holdFakes()
	a.divide()
	return a.result(keeps)
}

// findDefined notes types that are defined from a tracked type
// (type X redis.Client): their underlying type no longer says so.
func (a *analysis) findDefined(p *Package) {
	for _, f := range p.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if t := p.Info.TypeOf(s.Type); t != nil && a.trackedNamed(t) {
				if _, ptr := ast.Unparen(s.Type).(*ast.StarExpr); !ptr {
					a.definedFrom[a.place(s.Name.Pos())] = true
				}
			}
			return true
		})
	}
}

func (a *analysis) position(pos token.Pos) token.Position {
	if !pos.IsValid() {
		pos = a.here
	}
	return a.Fset.PositionFor(pos, false)
}

// mention records a go-redis name.
func (a *analysis) mention(id *ast.Ident, sel *ast.SelectorExpr, obj types.Object) val {
	p := a.place(id.Pos())
	a.here = id.Pos()
	n, known := a.mentioned[p]
	if !known {
		n = a.at(p, kindMention)
		a.mentioned[p] = n
		a.mentions = append(a.mentions, &Mention{Pos: a.position(id.Pos()), Ident: id, Sel: sel, Obj: obj})
		if r := a.refuseSymbol(obj); r.Code != "" {
			a.refuse(n, id.Pos(), r)
		}
	}
	a.touch(id.Pos(), n)
	switch obj.(type) {
	case *types.Var, *types.Const:
		if isError(obj.Type()) {
			a.sentinels[n] = true
			a.portable[n] = obj.Pkg().Path() == a.Sentinels && sharedSentinels[obj.Name()]
		}
	}
	return val{n: n, t: obj.Type(), hard: true}
}

// sharedSentinels are the errors that a bridge makes the same on both sides.
var sharedSentinels = map[string]bool{"Nil": true, "TxFailedErr": true, "ErrClosed": true}

// touch notes that a tracked value stands at a position.
func (a *analysis) touch(pos token.Pos, n node) {
	if n != 0 && pos.IsValid() {
		a.touched[a.place(pos)] = n
	}
}

// use notes a method or field selected on a tracked value.
func (a *analysis) use(id *ast.Ident, owner val) {
	a.here = id.Pos()
	if owner.hard {
		a.uses[a.place(id.Pos())] = owner.n
		a.touch(id.Pos(), owner.n)
	}
}

func (a *analysis) block(n node, pos token.Pos, code, text string) {
	a.refuse(n, pos, Refusal{Code: code, Text: text})
}

// blockType blocks a value because foreign code knows its type. A bridge can stand
// between it and what moves.
func (a *analysis) blockType(n node, pos token.Pos, code, text string) {
	a.refuse(n, pos, Refusal{Code: code, Text: text, Bridge: true})
}

func (a *analysis) refuse(n node, pos token.Pos, r Refusal) {
	a.blockers = append(a.blockers, blocked{n, r.Bridge, r.Beside, Blocker{a.position(pos), r.Code, r.Text}})
}

// note says something about a value that does not keep it.
func (a *analysis) note(n node, pos token.Pos, code, text string) {
	a.notes = append(a.notes, blocked{n: n, Blocker: Blocker{a.position(pos), code, text}})
}

func (a *analysis) anyType() types.Type { return types.Universe.Lookup("any").Type() }

// resolve unites what the soft graph connects, until nothing changes.
func (a *analysis) resolve() {
	for changed := true; a.settle() || changed; {
		changed = false
		for _, s := range a.sinks {
			for _, src := range a.reaching(s.from) {
				if s.typ == nil || compatible(src.typ, s.typ) || src.sentinel && types.Identical(s.typ, errorType) {
					changed = a.meet(src, s) || changed
				}
			}
		}
		for _, j := range a.joins {
			x, y := a.reaching(j.x), a.reaching(j.y)
			if !hasSentinel(x) && !hasSentinel(y) {
				continue
			}
			all := append(x, y...)
			first, differ := node(0), slices.ContainsFunc(all, func(s source) bool { return s.sentinel && !a.portable[s.from] })
			for _, s := range all {
				if !compatible(s.typ, errorType) && !s.sentinel {
					continue
				}
				if first == 0 {
					first = s.from
				}
				if differ {
					changed = a.union(first, s.from) || changed
				} else {
					a.tieNodes(first, s.from)
				}
			}
		}
		for _, as := range a.asserts {
			for _, src := range a.reaching(as.from) {
				if compatible(src.typ, as.typ) && types.IsInterface(as.typ) {
					before := len(a.satisfies)
					a.satisfy(val{n: src.from, t: src.typ, hard: a.carries(src.typ)}, as.to)
					changed = changed || len(a.satisfies) != before
				}
			}
		}
	}
	for _, b := range a.blocks {
		for _, src := range a.reaching(b.from) {
			if src.sentinel && a.portable[src.from] || !src.sentinel && types.Identical(src.typ, errorType) {
				a.tieNodes(src.from, b.to)
			} else {
				a.blockers = append(a.blockers, blocked{n: src.from, bridge: true, Blocker: b.Blocker})
			}
		}
	}
}

// meet unites a source with a sink that it reaches, or only ties them where
// errors mean the same on both sides of a bridge.
func (a *analysis) meet(src source, s sink) bool {
	if (s.tie || s.compared && a.sameOnBothSides(s.to)) && (!src.sentinel || a.portable[src.from]) {
		return a.tieNodes(src.from, s.to)
	}
	if s.typ != nil && s.typ != types.Typ[types.String] {
		a.poses(val{n: s.to, t: s.typ, hard: true}, src.typ)
	}
	return a.union(src.from, s.to)
}

// sameOnBothSides reports whether every error that is named in a component is the
// same value on both sides of a bridge.
func (a *analysis) sameOnBothSides(n node) bool {
	found := false
	for s := range a.sentinels {
		if a.find(s) == a.find(n) {
			if !a.portable[s] {
				return false
			}
			found = true
		}
	}
	return found
}

func (a *analysis) tieNodes(x, y node) bool {
	if x == 0 || y == 0 || a.tied[[2]node{x, y}] {
		return false
	}
	a.tied[[2]node{x, y}] = true
	a.ties = append(a.ties, tie{x: x, y: y})
	return true
}

func hasSentinel(list []source) bool {
	return slices.ContainsFunc(list, func(s source) bool { return s.sentinel })
}

// linkServers ties each test server whose address is not seen to arrive at a
// client to every constructor: one of them connects to it.
func (a *analysis) linkServers() {
	var servers, constructors []node
	for _, m := range a.mentions {
		n := a.mentioned[place{m.Pos.Filename, m.Pos.Line, m.Pos.Column}]
		fn, ok := m.Obj.(*types.Func)
		if !ok {
			continue
		}
		if isMiniredis(fn.Pkg()) {
			servers = append(servers, n)
		} else if strings.HasPrefix(fn.Name(), "New") || fn.Name() == "ParseURL" {
			constructors = append(constructors, n)
		}
	}
	linked := map[node]bool{}
	for _, s := range a.sinks {
		if s.typ == types.Typ[types.String] {
			for _, src := range a.reaching(s.from) {
				linked[a.find(src.from)] = true
			}
		}
	}
	for _, s := range servers {
		if linked[a.find(s)] {
			continue
		}
		for _, c := range constructors {
			a.union(s, c)
		}
	}
}

// result numbers the groups in the order of their first mention.
func (a *analysis) result(keeps []*Comment) *Result {
	r := &Result{Keeps: keeps, at: map[place]int{}, lines: map[string]map[int][]int{}}
	sort.Slice(a.mentions, func(i, j int) bool { return before(a.mentions[i].Pos, a.mentions[j].Pos) })
	r.Mentions = a.mentions
	ids := map[node]int{}
	id := func(n node) int {
		n = a.find(n)
		if g, ok := ids[n]; ok {
			return g
		}
		ids[n] = len(r.Groups)
		r.Groups = append(r.Groups, &Group{ID: len(r.Groups)})
		return ids[n]
	}
	for _, m := range r.Mentions {
		m.Group = id(a.mentioned[place{m.Pos.Filename, m.Pos.Line, m.Pos.Column}])
		r.Groups[m.Group].Mentions = append(r.Groups[m.Group].Mentions, m)
	}
	r.Cuts = a.cuts(id)
	a.reportBridges(r, id)
	for _, p := range a.usePlaces() {
		n := a.uses[p]
		if g, ok := ids[a.find(n)]; ok {
			r.at[p] = g
		} else if a.side(n).held { // a value of foreign code that is nowhere named
			r.at[p] = id(n)
		}
	}
	for p, n := range a.touched {
		g, ok := ids[a.find(n)]
		if !ok {
			continue
		}
		if r.lines[p.file] == nil {
			r.lines[p.file] = map[int][]int{}
		}
		if l := r.lines[p.file][p.line]; !slices.Contains(l, g) {
			l = append(l, g)
			slices.Sort(l)
			r.lines[p.file][p.line] = l
		}
	}
	put := func(list []blocked, of func(*Group) *[]Blocker) {
		for _, b := range list {
			if g, ok := ids[a.find(b.n)]; ok {
				if said := of(r.Groups[g]); !slices.Contains(*said, b.Blocker) {
					*said = append(*said, b.Blocker)
				}
			}
		}
		for _, g := range r.Groups {
			said := *of(g)
			sort.SliceStable(said, func(i, j int) bool { return before(said[i].Pos, said[j].Pos) })
		}
	}
	put(a.blockers, func(g *Group) *[]Blocker { return &g.Blockers })
	put(a.notes, func(g *Group) *[]Blocker { return &g.Notes })
	for n, g := range ids {
		s := a.side(n)
		r.Groups[g].Bridged = s.bridged && !s.made && !s.given
	}
	for _, c := range r.Cuts {
		c.Blocker = nearest(r.Groups[c.Far].Blockers, c.Pos)
	}
	for _, c := range r.Bridges {
		if c.Far < 0 {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(r.Groups[c.Far].Blockers), func(b Blocker) bool { return b.Text == overBridge })
		if len(others) > 0 {
			c.Blocker = nearest(others, c.Pos)
		}
	}
	return r
}

// usePlaces are the positions of uses in their order.
func (a *analysis) usePlaces() []place {
	out := make([]place, 0, len(a.uses))
	for p := range a.uses {
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y place) int {
		return cmp.Or(strings.Compare(x.file, y.file), cmp.Compare(x.line, y.line), cmp.Compare(x.col, y.col))
	})
	return out
}

func before(x, y token.Position) bool {
	if x.Filename != y.Filename {
		return x.Filename < y.Filename
	}
	if x.Line != y.Line {
		return x.Line < y.Line
	}
	return x.Column < y.Column
}
