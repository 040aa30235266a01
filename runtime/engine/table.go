package engine

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// KeyHash is the hash by which keys and members are ordered for SCAN: the upper
// 52 bits of XXH64. Stores keep it, so it never changes.
func KeyHash(key string) uint64 { return xxhash.Sum64String(key) >> (64 - HashBits) }

const (
	segmentBits    = 5
	segmentBuckets = 1 << segmentBits
	segmentSplit   = 2 * segmentBuckets // elements at which a segment splits
	maxDepth       = 40                 // beyond it, colliding hashes just make long chains
)

// chain is what an element of a table embeds.
type chain[E any] struct {
	key  string
	hash uint64
	next *E
}

func (c *chain[E]) link() *chain[E] { return c }

// linked is a pointer to an element that embeds chain.
type linked[E any] interface {
	*E
	link() *chain[E]
}

// table is a hash table whose buckets are ordered by hash, so that a scan's
// cursor is a hash and survives growth, restarts and reloads. It grows by
// extendible hashing: one segment of at most 64 elements splits at a time, and
// no insertion pays for the size of the table.
type table[E any, P linked[E]] struct {
	dir   []slot[E] // 1<<depth slots, ordered by the hash's upper bits
	depth uint
	n     int
}

// A slot says where a segment is and, so that the way to a bucket does not wait
// for the segment to be in the cache, by how much a hash is shifted in it.
type slot[E any] struct {
	*segment[E]
	shift uint
}

type segment[E any] struct {
	depth   uint
	n       int
	buckets [segmentBuckets]*E
}

func slotOf[E any](s *segment[E]) slot[E] {
	return slot[E]{s, HashBits - segmentBits - s.depth}
}

func (s *segment[E]) bucket(hash uint64) int {
	return int(hash>>(HashBits-segmentBits-s.depth)) & (segmentBuckets - 1)
}

func (t *table[E, P]) len() int { return t.n }

func (t *table[E, P]) segment(hash uint64) *segment[E] {
	return t.dir[hash>>(HashBits-t.depth)].segment
}

// find returns the element with a key, nil when there is none.
func (t *table[E, P]) find(hash uint64, key string) P {
	if t.n == 0 {
		return nil
	}
	s := t.dir[hash>>(HashBits-t.depth)]
	for e := s.buckets[hash>>s.shift&(segmentBuckets-1)]; e != nil; {
		l := P(e).link()
		if l.hash == hash && l.key == key {
			return e
		}
		e = l.next
	}
	return nil
}

// insert adds an element whose key is not in the table yet.
func (t *table[E, P]) insert(e P) {
	if t.dir == nil {
		t.dir = []slot[E]{slotOf(&segment[E]{})}
	}
	l := e.link()
	s := t.segment(l.hash)
	for s.n >= segmentSplit && s.depth < maxDepth {
		t.split(s, l.hash)
		s = t.segment(l.hash)
	}
	b := s.bucket(l.hash)
	l.next = s.buckets[b]
	s.buckets[b] = e
	s.n++
	t.n++
}

func (t *table[E, P]) split(s *segment[E], hash uint64) {
	if s.depth == t.depth {
		dir := make([]slot[E], 2*len(t.dir))
		for i, old := range t.dir {
			dir[2*i], dir[2*i+1] = old, old
		}
		t.dir, t.depth = dir, t.depth+1
	}
	low, high := &segment[E]{depth: s.depth + 1}, &segment[E]{depth: s.depth + 1}
	for _, e := range s.buckets {
		for e != nil {
			l := P(e).link()
			next := l.next
			to := low
			if l.hash>>(HashBits-1-s.depth)&1 == 1 {
				to = high
			}
			b := to.bucket(l.hash)
			l.next = to.buckets[b]
			to.buckets[b] = e
			to.n++
			e = next
		}
	}
	span := 1 << (t.depth - s.depth) // directory slots that pointed to s
	first := int(hash>>(HashBits-t.depth)) &^ (span - 1)
	for i := 0; i < span; i++ {
		if i < span/2 {
			t.dir[first+i] = slotOf(low)
		} else {
			t.dir[first+i] = slotOf(high)
		}
	}
}

// remove takes an element out and returns it, nil when there is none.
func (t *table[E, P]) remove(hash uint64, key string) P {
	if t.n == 0 {
		return nil
	}
	s := t.segment(hash)
	b := s.bucket(hash)
	var prev *chain[E]
	for e := s.buckets[b]; e != nil; {
		l := P(e).link()
		if l.hash == hash && l.key == key {
			if prev == nil {
				s.buckets[b] = l.next
			} else {
				prev.next = l.next
			}
			l.next = nil
			s.n--
			t.n--
			if t.n == 0 {
				t.dir, t.depth = nil, 0
			} else if len(t.dir) > 64 && t.n < len(t.dir) {
				t.shrink()
			}
			return e
		}
		prev, e = l, l.next
	}
	return nil
}

// shrink rebuilds a table that has become sparse, so that random and scan do not
// walk empty buckets. It costs as much as the removals that led to it.
func (t *table[E, P]) shrink() {
	all := make([]P, 0, t.n)
	t.scan(0, func(e P) bool { all = append(all, e); return true })
	t.dir, t.depth, t.n = nil, 0, 0
	for _, e := range all {
		t.insert(e)
	}
}

// scan yields the elements from a hash on, ordered by hash, then key, until
// yield returns false. The table must not change meanwhile.
func (t *table[E, P]) scan(from uint64, yield func(P) bool) {
	if t.n == 0 || from >= 1<<HashBits {
		return
	}
	var sorted []P
	for i := int(from >> (HashBits - t.depth)); i < len(t.dir); {
		s := t.dir[i]
		for b := range s.buckets {
			sorted = sorted[:0]
			for e := s.buckets[b]; e != nil; e = P(e).link().next {
				if P(e).link().hash >= from {
					sorted = append(sorted, e)
				}
			}
			if len(sorted) > 1 {
				slices.SortFunc(sorted, func(a, b P) int { return compareLinks(a.link(), b.link()) })
			}
			for _, e := range sorted {
				if !yield(e) {
					return
				}
			}
		}
		span := 1 << (t.depth - s.depth)
		i = i&^(span-1) + span
	}
}

func compareLinks[E any](a, b *chain[E]) int {
	switch {
	case a.hash < b.hash:
		return -1
	case a.hash > b.hash:
		return 1
	}
	return strings.Compare(a.key, b.key)
}

// random returns an element, each about as likely as any other: the likelihood
// follows the stretch of hashes before it, as in Redis's own dictionary.
func (t *table[E, P]) random(rnd func() uint64) P {
	if t.n == 0 {
		return nil
	}
	for {
		hash := rnd() >> (64 - HashBits)
		s := t.segment(hash)
		if s.n == 0 {
			continue
		}
		b := s.bucket(hash)
		n := 0
		for e := s.buckets[b]; e != nil; e = P(e).link().next {
			n++
		}
		if n == 0 {
			continue
		}
		e := s.buckets[b]
		for k := int(rnd() % uint64(n)); k > 0; k-- {
			e = P(e).link().next
		}
		return e
	}
}

// scanPage collects at least count elements (fewer at the end) from a cursor
// on, and returns the next cursor, 0 at the end. Elements of one hash are never
// torn apart, so an element that stays in the table is returned at least once.
func (t *table[E, P]) scanPage(cursor uint64, count int) (page []P, next uint64) {
	var last uint64
	t.scan(cursor, func(e P) bool {
		h := e.link().hash
		if len(page) >= count && h != last {
			next = h
			return false
		}
		page, last = append(page, e), h
		return true
	})
	return page, next
}
