package engine

import "unsafe"

// A zserved is what a sorted set that is served from its rows knows of them. The
// set's tree holds the known members where they are now; stale holds the places
// that their rows have. So the set is its rows without the stale places, and the
// tree.
//
// A member is found by its name, a range by score or by name through the order of
// the rows; either costs what it touches. Ranks, ranges that start far from both
// ends and the length need the fences, which the first of these commands sets up:
// it counts all rows once. ZSCAN, whose cursor follows the hashes of the members,
// passes over all rows for each stretch of scanSelection members. What is known
// stays until shed. A set that is used as much as reading it whole costs is read
// whole, if it fits.
type zserved struct {
	*rows
	known   map[string]*zknown // what was looked at or changed since shed, by name
	stale   ztree
	n       int64 // rows; at least so many as long as they were not counted
	counted bool
	sent    []zsent // changes that were emitted and that the rows may not show yet
	sentSeq uint64  // the engine's last change before they were emitted
	ahead   scanAhead
	fences  *zfences // nil: not needed yet
	work    int64    // rows that were read since shed; as much as the set has, and it had better been read whole
}

// Counting and passing over so many rows is as much work as reading one, and
// looking for one by its name as much as reading so many.
const (
	zcountedRows = 8
	zpointRows   = 4
)

// point, scan and count are those of rows, with the work counted.
func (v *zserved) point(it Item) (found Item, ok bool) {
	v.work += zpointRows
	return v.rows.point(it)
}

func (v *zserved) scan(q Query, yield func(Item) bool) {
	v.work += zpointRows + q.Offset/zcountedRows
	v.rows.scan(q, func(it Item) bool { v.work++; return yield(it) })
}

func (v *zserved) count(q Query) int64 {
	n := v.rows.count(q)
	v.work += zpointRows + n/zcountedRows
	return n
}

// recall reads a set whole that is used so much that its rows cost more, if there
// is room for it in memory.
func (z *zset) recall() {
	v := z.served
	if v.work < v.n || v.work < int64(z.length()) {
		return
	}
	each := zmemberBytes + znameBytes + 24
	if len(v.known) > 0 {
		each += z.text/int64(len(v.known)) - 24
	}
	if !v.e.fits(v.n * each) {
		return
	}
	all := make([]zkey, 0, z.length())
	z.each(func(k zkey) bool { all = append(all, k); return true })
	z.served, z.order, z.text = nil, ztree{}, 0
	for _, k := range all {
		z.place(k.m) // a known member stays itself: a script's undo log may hold it
	}
}

// A zknown is what is known of a name.
type zknown struct {
	m   *zmember // nil: no member
	row *zmember // the member as its row has it; nil: it has no row
}

// A zsent is a row as it was emitted.
type zsent struct {
	name    string
	present bool
	score   float64
}

// zknownBytes is about what a known member takes beside its name.
const zknownBytes = 2*zmemberBytes + int64(unsafe.Sizeof(zknown{})) + 64

func newZServed(r *rows, n int64, counted bool) *zserved {
	return &zserved{rows: r, known: map[string]*zknown{}, n: n, counted: counted}
}

// page has the set serve from its rows.
func (z *zset) page(r *rows) {
	most := int64(r.e.opt.ResidentRows)
	z.served = newZServed(r, most+1, false)
	if z.loose = most >= zCompact; !z.loose { // a test's bound
		n := 0
		r.scan(Query{Limit: zCompact + 1}, func(it Item) bool {
			n++
			z.loose = z.loose || n > zCompact || len(it.Field) > zCompactName
			return true
		})
	}
}

// shed forgets what is known of the rows.
func (z *zset) shed(r *rows) {
	if len(z.tracker.names) > 0 || z.log != nil {
		return
	}
	switch v := z.served; {
	case v != nil:
		v.sync()
		if len(v.sent) > 0 {
			return
		}
		v.known, v.stale, v.work = map[string]*zknown{}, ztree{}, 0
		v.ahead.age()
	case z.order.n <= r.e.opt.ResidentRows:
		return
	default:
		z.served = newZServed(r, int64(z.order.n), true)
		z.served.fenceTree(&z.order)
		z.names, z.recent = nil, nil
	}
	z.order, z.text = ztree{}, 0
}

// sync lets the rows have what was emitted before the last change of the engine.
func (v *zserved) sync() {
	if len(v.sent) == 0 || v.sentSeq == v.e.seq {
		return
	}
	for _, s := range v.sent {
		k := v.known[s.name]
		if k.row != nil {
			v.stale.remove(k.row.place())
			v.fences.change(k.row.place(), -1)
			k.row = nil
			v.n--
		}
		if s.present {
			k.row = newZMember(s.name, s.score)
			v.stale.insert(k.row.place())
			v.fences.change(k.row.place(), 1)
			v.n++
		}
	}
	v.sent = nil
}

func newZMember(name string, score float64) *zmember {
	m := &zmember{score: score}
	m.key = name
	return m
}

// know finds out about a name.
func (z *zset) know(name string) *zknown {
	v := z.served
	if k := v.known[name]; k != nil {
		return k
	}
	if it, ok := v.point(Item{Field: name}); ok {
		return z.hold(newZMember(it.Field, it.Score).place())
	}
	k := &zknown{}
	v.known[name] = k
	z.text += textBytes(name)
	return k
}

// hold makes a member known that a walk through the set has found.
func (z *zset) hold(found zkey) *zknown {
	v, m := z.served, found.m
	k := v.known[m.key]
	if k == nil {
		k = &zknown{m: m, row: newZMember(m.key, m.score)}
		v.known[m.key] = k
		v.stale.insert(k.row.place())
		z.order.insert(m.place())
		z.text += textBytes(m.key)
	}
	return k
}

// scoreOf is the score of one of many members, which are not to fill the memory.
func (z *zset) scoreOf(name string) (score float64, ok bool) {
	if z.served != nil && z.served.known[name] == nil {
		it, ok := z.served.point(Item{Field: name})
		return it.Score, ok
	}
	if m := z.find(name); m != nil {
		return m.score, true
	}
	return 0, false
}

// length counts the rows when it is asked first.
func (z *zset) length() int {
	v := z.served
	if v == nil {
		return z.order.n
	}
	v.sync()
	if !v.counted {
		v.fence()
	}
	return z.atLeast()
}

// atLeast is a length that the set has at least, without counting.
func (z *zset) atLeast() int {
	v := z.served
	if v == nil {
		return z.order.n
	}
	v.sync()
	return int(v.n) - v.stale.n + z.order.n
}

// empty reports whether no member is left.
func (z *zset) empty() bool { return z.atLeast() <= 0 && z.length() == 0 }

// bytesServed is about the memory that what is known takes.
func (z *zset) bytesServed() int64 {
	v := z.served
	return int64(unsafe.Sizeof(*z)+unsafe.Sizeof(*v)) + int64(len(v.known))*zknownBytes + z.text + v.ahead.held + v.fences.bytes()
}

// emitted remembers what the rows will show.
func (z *zset) emitted(name string, m *zmember) {
	s := zsent{name: name, present: m != nil}
	if m != nil {
		s.score = m.score
	}
	z.served.sent, z.served.sentSeq = append(z.served.sent, s), z.served.e.seq
}

// rowAt reports whether a row has just this place.
func (z *zset) rowAt(score float64, name string) bool {
	k := z.know(name)
	return k.row != nil && k.row.score == score
}

// rankServed is a member's place from the lowest score on, or from the highest.
func (z *zset) rankServed(m *zmember, reverse bool) int {
	v, at := z.served, m.place()
	v.sync()
	if reverse {
		return int(z.above(at)) - (v.stale.n - v.stale.through(at)) + z.order.n - z.order.through(at)
	}
	return int(z.below(at)) - v.stale.rank(at) + z.order.rank(at)
}

// countServed is the number of members in a range by score or by name.
func (z *zset) countServed(r *zrange) int {
	v := z.served
	v.sync()
	low, high, none := z.places(r)
	if none {
		return 0
	}
	n := z.between(low, high)
	for i, at := range []*zkey{low, high} {
		if at == nil || i > 0 && low != nil && low.compare(*high) == 0 {
			continue
		}
		if (r.min.before(r.by, *at) || !r.max.within(r.by, *at)) && z.rowAt(at.score, at.name) {
			n--
		}
	}
	in := func(t *ztree) int {
		return t.count(func(k zkey) bool { return r.max.within(r.by, k) }) - t.count(func(k zkey) bool { return r.min.before(r.by, k) })
	}
	return max(int(n)-in(&v.stale)+in(&z.order), 0)
}
