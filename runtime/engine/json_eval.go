package engine

import "github.com/redis2cf/redis2cf/runtime/internal/smallre"

// maxPathVisits bounds the values that one path looks at. It takes about a second
// to get there; only paths with several ".." over a large document do.
const maxPathVisits = 10_000_000

// A jsonTrail is the way from the document to a value, the value first.
type jsonTrail struct {
	up   *jsonTrail
	node *jsonValue
}

// below reports whether the way leads through one of the nodes, its own end not
// counted.
func (t *jsonTrail) below(nodes map[*jsonValue]bool) bool {
	for t = t.up; t != nil; t = t.up {
		if nodes[t.node] {
			return true
		}
	}
	return false
}

// depth is the number of levels above the value.
func (t *jsonTrail) depth() int {
	n := 0
	for t = t.up; t != nil; t = t.up {
		n++
	}
	return n
}

// A jsonMatch is a value that a path leads to.
type jsonMatch struct {
	node  *jsonValue
	trail *jsonTrail // nil when it was not asked for
}

// A jsonWalk follows one path through one document.
type jsonWalk struct {
	root     *jsonValue
	trails   bool
	out      []jsonMatch
	visits   int
	patterns map[string]*smallre.Regexp // those that stand in the document
}

// find returns what a path leads to in the document's order; a value can be met
// more than once. ok is false when the path visited too many values.
func (p *jsonPath) find(root *jsonValue, trails bool) (found []jsonMatch, ok bool) {
	return findSteps(p.steps, root, trails)
}

func findSteps(steps []jsonStep, root *jsonValue, trails bool) (found []jsonMatch, ok bool) {
	w := jsonWalk{root: root, trails: trails}
	var trail *jsonTrail
	if trails {
		trail = &jsonTrail{node: root}
	}
	w.walk(steps, root, trail)
	return w.out, w.visits <= maxPathVisits
}

func (w *jsonWalk) walk(steps []jsonStep, v *jsonValue, trail *jsonTrail) {
	if w.visits++; w.visits > maxPathVisits {
		return
	}
	if len(steps) == 0 {
		w.out = append(w.out, jsonMatch{v, trail})
		return
	}
	step, rest := &steps[0], steps[1:]
	switch step.kind {
	case stepNames:
		for _, name := range step.names {
			if e := v.member(name); e != nil {
				w.child(rest, e, trail)
			}
		}
	case stepPlaces:
		if v.kind == jsonArray {
			for _, n := range step.places {
				if i := absPlace(n, len(v.box.elems)); i < len(v.box.elems) {
					w.child(rest, v.box.elems[i], trail)
				}
			}
		}
	case stepSlice:
		if v.kind == jsonArray {
			w.slice(step, rest, v.box.elems, trail)
		}
	case stepAll:
		for _, e := range v.elems() {
			w.child(rest, e, trail)
		}
	case stepFilter:
		for _, e := range v.elems() {
			if w.holds(step.filter, e) {
				w.child(rest, e, trail)
			}
		}
	case stepDeep:
		w.deep(rest, v, trail)
	}
}

// child goes on with a child of the value that the trail leads to.
func (w *jsonWalk) child(steps []jsonStep, v *jsonValue, trail *jsonTrail) {
	if w.trails {
		trail = &jsonTrail{trail, v}
	}
	w.walk(steps, v, trail)
}

// deep goes on with a value and then with everything below it.
func (w *jsonWalk) deep(steps []jsonStep, v *jsonValue, trail *jsonTrail) {
	w.walk(steps, v, trail)
	for _, e := range v.elems() {
		if w.visits > maxPathVisits {
			return
		}
		t := trail
		if w.trails {
			t = &jsonTrail{trail, e}
		}
		w.deep(steps, e, t)
	}
}

// absPlace is a place counted from the start. Negative ones count from the end,
// and those before the start are the start, as in RedisJSON.
func absPlace(n int64, length int) int {
	if n >= 0 {
		return int(min(n, int64(length)))
	}
	return int(max(n+int64(length), 0))
}

func (w *jsonWalk) slice(step *jsonStep, rest []jsonStep, elems []*jsonValue, trail *jsonTrail) {
	from, to := 0, len(elems)
	if step.from != nil {
		from = absPlace(*step.from, len(elems))
	}
	if step.to != nil {
		to = absPlace(*step.to, len(elems))
	}
	by := int(min(step.by, int64(len(elems))+1))
	for i := from; i < to; i += by {
		w.child(rest, elems[i], trail)
	}
}

// holds evaluates a condition on a child.
func (w *jsonWalk) holds(f *jsonFilter, v *jsonValue) bool {
	if f.any != nil {
		for _, sub := range f.any {
			if w.holds(sub, v) {
				return true
			}
		}
		return false
	}
	if f.all != nil {
		for _, sub := range f.all {
			if !w.holds(sub, v) {
				return false
			}
		}
		return true
	}
	left := w.term(&f.left, v)
	if f.op == "" {
		return len(left) > 0
	}
	right := w.term(&f.right, v)
	if f.op == "!=" {
		return !w.some("==", left, right, nil)
	}
	return w.some(f.op, left, right, f.right.pattern)
}

// term is what a side of a test stands for: nothing, one value or several.
func (w *jsonWalk) term(t *jsonTerm, v *jsonValue) []jsonMatch {
	if t.value != nil {
		return []jsonMatch{{node: t.value}}
	}
	if t.top {
		v = w.root
	}
	inner := jsonWalk{root: w.root, visits: w.visits, patterns: w.patterns}
	inner.walk(t.steps, v, nil)
	w.visits, w.patterns = inner.visits, inner.patterns
	return inner.out
}

// some reports whether an operator holds between any two of the values.
func (w *jsonWalk) some(op string, left, right []jsonMatch, pattern *smallre.Regexp) bool {
	for _, l := range left {
		for _, r := range right {
			if w.compare(op, l.node, r.node, pattern) {
				return true
			}
		}
	}
	return false
}

func (w *jsonWalk) compare(op string, l, r *jsonValue, pattern *smallre.Regexp) bool {
	w.visits++
	switch op {
	case "==":
		return l.equal(r, false)
	case "=~":
		if !l.isString() || !r.isString() {
			return false
		}
		if pattern == nil {
			pattern = w.compile(r.str)
		}
		return pattern != nil && pattern.MatchString(l.str)
	}
	n, ok := compareJSON(l, r)
	switch op {
	case "<":
		return ok && n < 0
	case "<=":
		return ok && n <= 0
	case ">":
		return ok && n > 0
	}
	return ok && n >= 0
}

// compile compiles a pattern once; it is nil when it is none.
func (w *jsonWalk) compile(text string) *smallre.Regexp {
	re, ok := w.patterns[text]
	if !ok {
		if w.patterns == nil {
			w.patterns = map[string]*smallre.Regexp{}
		}
		re, _ = smallre.Compile(text) // a wrong pattern matches nothing
		w.patterns[text] = re
	}
	return re
}

// compareJSON orders two numbers, strings, booleans or nulls. ok is false for
// others and for values of different kinds.
func compareJSON(v, w *jsonValue) (n int, ok bool) {
	switch {
	case v.isNumber() && w.isNumber():
		return compareNumbers(v, w), true
	case v.kind != w.kind || v.box != nil:
		return 0, false
	case v.str < w.str || v.bits < w.bits:
		return -1, true
	case v.str > w.str || v.bits > w.bits:
		return 1, true
	}
	return 0, true
}
