package engine

import (
	"math"
	"strconv"
	"unsafe"
)

func init() {
	collections[TypeZSet] = func(track bool) collection { return &zset{tracker: tracker{on: track}} }
}

// A zset holds its members in order in a tree and, once the tree has more than
// one leaf, in a hash table by name.
type zset struct {
	order ztree
	names *table[zmember, *zmember] // nil while one leaf holds all: its elements are looked through
	// loose is set once the set has outgrown Redis's compact encoding, which keeps
	// whole scores as integers: it has no -0 and writes 1e17 with all its digits.
	loose bool
	text  int64 // bytes of the members' names
	// served is set when order holds just what is known of a set that is served
	// from its rows; names is nil then.
	served *zserved
	// recent is the member of a small set that was found last, or nil: what a
	// command changes is looked for again when its row is written.
	recent *zmember
	log    *undoLog
	tracker
}

// Sorted sets of at most zCompact members, none longer than zCompactName bytes,
// have Redis's compact encoding.
const (
	zCompact     = 128
	zCompactName = 64
)

// A zmember is a member with its score.
type zmember struct {
	chain[zmember]
	score float64
}

func (m *zmember) place() zkey { return zkey{m.score, m.key, m} }

const (
	// A member has its place in the tree, and a leaf is about three quarters full.
	zmemberBytes = int64(unsafe.Sizeof(zmember{})+15)&^15 + int64(unsafe.Sizeof(zkey{}))*4/3
	// A segment of the table holds about 45 members.
	znameBytes = int64(unsafe.Sizeof(segment[zmember]{})) / 45
)

// bytes is about the memory that the set takes.
func (z *zset) bytes() int64 {
	if z.served != nil {
		return z.bytesServed()
	}
	each := zmemberBytes
	if z.names != nil {
		each += znameBytes
	}
	return int64(unsafe.Sizeof(*z)+unsafe.Sizeof(znode{})) + int64(z.order.n)*each + z.text
}

func (z *zset) typ() Type { return TypeZSet }

// find returns a member, nil when there is none; z may be nil.
func (z *zset) find(name string) *zmember {
	switch {
	case z == nil:
		return nil
	case z.names != nil:
		return z.names.find(KeyHash(name), name)
	case z.served != nil:
		return z.know(name).m
	case z.order.root == nil:
		return nil
	}
	if m := z.recent; m != nil && m.key == name {
		return m
	}
	for _, k := range z.order.root.items {
		if k.name == name {
			z.recent = k.m
			return k.m
		}
	}
	return nil
}

// set gives a member a score.
func (z *zset) set(name string, score float64) {
	if m := z.find(name); m != nil {
		z.move(m, score)
		return
	}
	loose := z.loose
	m := z.insert(name, score)
	z.note(name)
	if z.log != nil {
		z.log.add(func() { z.remove(m); z.loose = loose })
	}
}

func (z *zset) journal(log *undoLog) bool {
	off := z.log == nil
	z.log = log
	return off
}

// move gives a member that is in the set another score.
func (z *zset) move(m *zmember, score float64) {
	if !z.loose && score == 0 {
		score = 0 // not -0
	}
	if z.log != nil {
		before := m.score
		z.log.add(func() { z.move(m, before) })
	}
	z.order.move(m.place(), score)
	m.score = score
	z.note(m.key)
}

// insert adds a member that is not in the set.
func (z *zset) insert(name string, score float64) *zmember {
	z.loose = z.loose || len(name) > zCompactName || z.length() == zCompact
	if !z.loose && score == 0 {
		score = 0 // not -0
	}
	m := newZMember(name, score)
	if z.served != nil {
		z.know(name).m = m
		z.order.insert(m.place())
		z.served.ahead.add(name, KeyHash(name))
		return m
	}
	z.place(m)
	return m
}

// place puts a member where it belongs in a set that is in memory.
func (z *zset) place(m *zmember) {
	if z.names == nil && z.order.n == zLeaf {
		z.names = &table[zmember, *zmember]{}
		for _, k := range z.order.root.items {
			k.m.hash = KeyHash(k.name)
			z.names.insert(k.m)
		}
	}
	if z.names != nil {
		m.hash = KeyHash(m.key)
		z.names.insert(m)
	}
	z.order.insert(m.place())
	z.recent = m
	z.text += textBytes(m.key)
}

// remove takes a member out.
func (z *zset) remove(m *zmember) {
	z.order.remove(m.place())
	if z.recent == m {
		z.recent = nil
	}
	if z.served != nil {
		z.know(m.key).m = nil
	} else {
		z.text -= textBytes(m.key)
	}
	if z.names != nil {
		z.names.remove(m.hash, m.key)
	}
	z.note(m.key)
	if z.log != nil {
		z.log.add(func() { z.restore(m) })
	}
}

// restore puts a member back that was removed.
func (z *zset) restore(m *zmember) {
	if z.served != nil {
		z.know(m.key).m = m
		z.order.insert(m.place())
		z.served.ahead.add(m.key, KeyHash(m.key))
	} else {
		z.place(m)
	}
	z.note(m.key)
}

// rank is a member's place from the lowest score on, or from the highest.
func (z *zset) rank(m *zmember, reverse bool) int {
	if z.served != nil {
		return z.rankServed(m, reverse)
	}
	r := z.order.rank(m.place())
	if reverse {
		return z.order.n - 1 - r
	}
	return r
}

// settle gives a set that was built as a loose one the compact encoding when it
// fits.
func (z *zset) settle() {
	if z.order.n > zCompact {
		return
	}
	z.loose = false
	z.each(func(k zkey) bool {
		z.loose = z.loose || len(k.name) > zCompactName
		return true
	})
	if z.loose {
		return
	}
	for _, m := range z.slice(0, z.order.n) {
		if m.score == 0 {
			z.move(m, 0)
		}
	}
}

// scoreText writes a score as ZSCAN does.
func (z *zset) scoreText(score float64) string {
	if !z.loose && math.Abs(score) <= math.MaxInt64/2 && score == math.Trunc(score) {
		return strconv.FormatInt(int64(score), 10)
	}
	return formatDouble(score)
}

// each calls yield for every member in order until it returns false.
func (z *zset) each(yield func(zkey) bool) {
	if z.served != nil {
		zwalk{}.run(z, yield)
		return
	}
	z.order.walk(0, z.order.n, false, yield)
}

// slice is the members with ranks from from up to to (exclusive).
func (z *zset) slice(from, to int) []*zmember {
	all := make([]*zmember, 0, max(to-from, 0))
	z.order.walk(from, to, false, func(k zkey) bool { all = append(all, k.m); return true })
	return all
}

func (z *zset) load(it Item) { z.insert(it.Field, it.Score) }

func (z *zset) emit(id uint64, ops []Op) []Op {
	if z.served != nil {
		z.served.sync()
	}
	for _, name := range z.take() {
		var op *Op
		ops, op = extend(ops)
		op.Kind, op.Type, op.ID, op.Item.Field = OpDelItem, TypeZSet, id, name
		m := z.find(name)
		if m != nil {
			op.Kind, op.Item.Score = OpPutItem, m.score
		}
		if z.served != nil {
			z.emitted(name, m)
		}
	}
	return ops
}

func (z *zset) clone() collection {
	twin := &zset{tracker: tracker{on: z.on}, loose: z.loose}
	z.each(func(k zkey) bool {
		twin.insert(k.name, k.m.score)
		twin.note(k.name)
		return true
	})
	return twin
}
