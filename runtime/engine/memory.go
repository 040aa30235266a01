package engine

import "slices"

// defaultMaxBytes is the bound on memory that Options.MaxBytes has when it is 0.
const defaultMaxBytes = 256 << 20

// What an entry takes beside the bytes of its key and value, on 64-bit machines:
// itself, its share of the table's segments, and its place among the keys that
// expire. A test holds them against the allocator.
const (
	entryBytes  = 160 + 8
	expiryBytes = 12
)

// memory counts the bytes that the keys in memory take, over a store that keeps
// rows. Over one that keeps nothing nothing is counted: memory is the data.
//
// An entry is counted when it is read and when its changes are settled, and a
// collection also after each command that asked for it, because reading may
// bring elements into memory. Keys leave memory between commands and after a
// frame, never one that has changes which the store does not show yet, nor one
// that an undo log refers to. Which ones go is drawn as in Redis: of a few
// candidates the one that was not used for the longest time.
type memory struct {
	bound   int64
	used    int64
	touched []*entry    // collections that were asked for since they were last counted
	large   []*entry    // collections that are to let go of elements
	pool    []candidate // for eviction, kept from one to the next
	seed    uint64      // of the drawing of candidates; no command sees it
	futile  bool        // nothing can leave before this frame's changes are handed over
}

// A candidate is a key that may leave memory.
type candidate struct {
	dbKey
	hash   uint64
	access int64 // as of when it was drawn
}

// Of so many candidates drawn at random, and so many that are remembered from the
// last times, the least recently used leaves.
const (
	evictionSamples = 6
	evictionPool    = 16
)

// held is how many bytes an entry takes.
func (ent *entry) held() int64 {
	n := entryBytes + textBytes(ent.key) + textBytes(ent.str) + int64(cap(ent.buf))
	if ent.expireAt != 0 {
		n += expiryBytes
	}
	if ent.obj != nil {
		n += sizeOf(ent.obj)
	}
	return n
}

// sizeOf is how many bytes a collection takes.
func sizeOf(obj collection) int64 {
	if s, ok := obj.(sizer); ok {
		return s.bytes()
	}
	const perElement = 64
	return perElement * int64(obj.length())
}

// measure counts an entry anew.
func (e *Engine) measure(ent *entry) {
	if d := ent.held() - ent.size; d != 0 {
		e.account(ent, d)
	}
}

func (e *Engine) account(ent *entry, d int64) {
	ent.size += d
	e.memory.used += d
	e.db(ent.db).used += d
}

// fits reports whether so many bytes more have room in memory, as part of one
// collection.
func (e *Engine) fits(bytes int64) bool {
	return bytes <= e.memory.bound/8 && e.memory.used+bytes <= e.memory.bound
}

// touch notes that a command asked for a collection, which may grow by it.
func (m *memory) touch(ent *entry) {
	if !ent.touched {
		ent.touched = true
		m.touched = append(m.touched, ent)
	}
}

// reshaped notes that a value may take other memory without having changed.
func (e *Engine) reshaped(ent *entry) {
	if !e.volatile {
		e.memory.touch(ent)
	}
}

// count counts what commands asked for, and finds what is too large to stay in
// memory whole.
func (e *Engine) count() {
	m := &e.memory
	for i, ent := range m.touched {
		m.touched[i] = nil
		ent.touched = false
		if ent.gone {
			continue
		}
		e.measure(ent)
		if ent.size > m.bound/8 && !ent.large {
			if _, ok := ent.obj.(paged); ok {
				ent.large = true
				m.large = append(m.large, ent)
			}
		}
	}
	m.touched = m.touched[:0]
}

// uncountDB forgets what the keys of a database take, which is removed.
func (e *Engine) uncountDB(db uint32) {
	m := &e.memory
	m.used -= e.db(db).used
	for _, list := range []*[]*entry{&m.touched, &m.large} {
		kept := (*list)[:0]
		for _, ent := range *list {
			if ent.db != db {
				kept = append(kept, ent)
			}
		}
		clear((*list)[len(kept):])
		*list = kept
	}
}

// keepBound is called between two commands. It lets keys go when memory is far
// over its bound, so that a frame or a script may read more than fits.
func (e *Engine) keepBound() {
	m := &e.memory
	if len(m.touched) > 0 {
		e.count()
	}
	if m.used > m.bound+m.bound/8 && !m.futile && len(e.ops) == 0 {
		e.shedLarge()
		e.shrink(m.bound, true)
	}
}

// settleMemory is called at the end of a frame, when its changes are handed
// over. shown says that there are none, so that the store shows everything.
func (e *Engine) settleMemory(shown bool) {
	m := &e.memory
	if len(m.touched) > 0 {
		e.count()
	}
	m.futile = false
	if len(m.large) == 0 && m.used <= m.bound {
		return
	}
	if shown {
		e.shedLarge()
	}
	// What waits to be shed until the store shows it is as good as gone.
	waiting := int64(0)
	for _, ent := range m.large {
		if !ent.gone {
			waiting += ent.size
		}
	}
	e.shrink(m.bound+waiting, shown)
	m.futile = false
}

// shedLarge has collections let go of elements, unless they have changes that
// the store does not show.
func (e *Engine) shedLarge() {
	m := &e.memory
	kept := m.large[:0]
	for _, ent := range m.large {
		switch {
		case ent.gone:
			ent.large = false
		case ent.dirty || ent.pinned:
			kept = append(kept, ent)
		default:
			ent.large = false
			e.shed(ent)
		}
	}
	clear(m.large[len(kept):])
	m.large = kept
}

// shed has one collection let go of elements. It reports whether that was worth
// it.
func (e *Engine) shed(ent *entry) bool {
	p, ok := ent.obj.(paged)
	if !ok {
		return false
	}
	before := ent.size
	p.shed(&rows{e: e, typ: ent.typ, id: ent.id})
	e.measure(ent)
	return ent.size < before/2
}

// shrink lets keys go until no more than so many bytes are in memory. shown says
// that the store shows all changes of those that may go.
func (e *Engine) shrink(to int64, shown bool) {
	m := &e.memory
	if m.used <= to {
		return
	}
	var spaces []*keyspace
	var numbers []uint32
	for db := 0; db < e.opt.Databases; db++ {
		if ks := e.dbs[uint32(db)]; ks != nil && ks.len() > 0 {
			spaces, numbers = append(spaces, ks), append(numbers, uint32(db))
		}
	}
	for m.used > to {
		ent := e.victim(spaces, numbers)
		if ent == nil {
			m.futile = true
			return
		}
		// A large collection is worth keeping at hand: reading it anew begins with
		// as many rows as a small one has.
		if shown && ent.size > m.bound/64 && e.shed(ent) {
			continue
		}
		e.evict(ent)
	}
}

// evictable reports whether an entry may leave memory.
func (ent *entry) evictable() bool {
	return ent.stored && !ent.dirty && !ent.gone && !ent.pinned && !ent.large
}

// victim finds the least recently used of some keys; nil when none may leave.
func (e *Engine) victim(spaces []*keyspace, numbers []uint32) *entry {
	m := &e.memory
	for try := 0; try < 16; try++ {
		total := 0
		for _, ks := range spaces {
			total += ks.len()
		}
		for i := 0; i < evictionSamples && total > 0; i++ {
			n, at := int(m.draw()%uint64(total)), 0
			for n >= spaces[at].len() {
				n -= spaces[at].len()
				at++
			}
			if ent := spaces[at].random(m.draw); ent.evictable() {
				m.propose(candidate{dbKey{numbers[at], ent.key}, ent.hash, ent.access})
			}
		}
		for len(m.pool) > 0 {
			c := m.pool[0]
			m.pool = slices.Delete(m.pool, 0, 1)
			ks := e.dbs[c.db]
			if ks == nil {
				continue
			}
			if ent := ks.find(c.hash, c.key); ent != nil && ent.evictable() && ent.access == c.access {
				return ent
			}
		}
	}
	return nil
}

// draw returns 64 random bits (splitmix64) of a sequence that is the same in
// every run.
func (m *memory) draw() uint64 {
	m.seed += 0x9e3779b97f4a7c15
	z := m.seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// propose adds a candidate to the pool, whose first is the least recently used.
// Of too many the youngest falls out.
func (m *memory) propose(c candidate) {
	at := len(m.pool)
	for i := range m.pool {
		if m.pool[i].hash == c.hash && m.pool[i].dbKey == c.dbKey {
			return
		}
		if at == len(m.pool) && c.access < m.pool[i].access {
			at = i
		}
	}
	if at == evictionPool {
		return
	}
	m.pool = slices.Insert(m.pool, at, c)
	if len(m.pool) > evictionPool {
		m.pool = slices.Delete(m.pool, evictionPool, len(m.pool))
	}
}

// evict takes a key out of memory. Its rows stay.
func (e *Engine) evict(ent *entry) {
	ks := e.db(ent.db)
	if ks.absent == 0 {
		e.haunt(ks, ent.db)
	}
	ks.remove(ent.hash, ent.key)
	ks.moved(1, ent.expireAt)
	if ent.expireAt != 0 {
		e.expiry.drop(ent)
		if e.soonest == 0 || ent.expireAt < e.soonest {
			e.soonest = ent.expireAt
		}
	}
	delete(e.fields.hashes, ent)
	e.account(ent, -ent.size)
	ent.gone = true
	e.stats.evicted++
}

// haunt notes the keys of a database that this frame removed before the database
// had keys which are not in memory.
func (e *Engine) haunt(ks *keyspace, db uint32) {
	for _, ent := range e.dirty {
		if ent.gone && ent.db == db {
			e.addGhost(ks, ent.key)
		}
	}
}

// memoryUsed is about how many bytes the keys take. Over a store that keeps
// nothing it is reckoned from some of them.
func (e *Engine) memoryUsed() int64 {
	if !e.volatile {
		return e.memory.used
	}
	total := int64(0)
	for db := 0; db < e.opt.Databases; db++ {
		ks := e.dbs[uint32(db)]
		if ks == nil || ks.len() == 0 {
			continue
		}
		const enough = 20_000
		n, sum := int64(0), int64(0)
		ks.scan(0, func(ent *entry) bool {
			n++
			sum += ent.held()
			return n < enough
		})
		total += sum + sum/n*(int64(ks.len())-n)
	}
	return total
}

// memoryLimit is the bound on memoryUsed; 0 when there is none.
func (e *Engine) memoryLimit() int64 {
	if e.volatile {
		return 0
	}
	return e.memory.bound
}
