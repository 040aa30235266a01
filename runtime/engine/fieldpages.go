package engine

import (
	"slices"
	"strings"
)

// fieldPages serves a hash or a set from its rows, which are ordered by field:
// the elements in memory are a cache in which what changed is pinned until the
// store shows it, and what is known to be absent is remembered as well.
//
// Elements in memory win over rows, and absent names hide them. So it does not
// matter which of the changes since the last shed the rows show already.
type fieldPages[E any, P linked[E]] struct {
	rows   *rows
	cached *table[E, P]
	parse  func(Item) P // makes an element of a row
	// absent are names without an element; true: it was removed since the last
	// shed, so that the rows may still have it.
	absent  map[string]bool
	guesses int   // names in absent that may be forgotten
	held    int64 // bytes that absent takes

	n       int // number of elements, when it was counted
	counted bool
	// delta is by how many elements the change number frame, which is not stored
	// yet, changes the number in the rows.
	delta int
	frame uint64

	large bool // too much to be in memory whole, when it was last tried
	draws drawing
	ahead scanAhead
}

// maxGuesses bounds the names that are remembered to be absent without having
// been removed.
const maxGuesses = 1024

func newFieldPages[E any, P linked[E]](r *rows, cached *table[E, P], parse func(Item) P) *fieldPages[E, P] {
	return &fieldPages[E, P]{rows: r, cached: cached, parse: parse, absent: map[string]bool{}}
}

// bytes is about what the pages take beside the elements in memory.
func (p *fieldPages[E, P]) bytes() int64 { return 256 + p.held + p.draws.held + p.ahead.held }

func absentBytes(name string) int64 { return 48 + textBytes(name) }

// read reads an element that is not in memory, nil when there is none. The
// caller may put it into memory, which is no change.
func (p *fieldPages[E, P]) read(name string, hash uint64) P {
	if _, ok := p.absent[name]; ok {
		return nil
	}
	it, ok := p.rows.point(Item{Field: name})
	if !ok {
		if p.guesses < maxGuesses {
			p.guesses++
			p.absent[name] = false
			p.held += absentBytes(name)
		}
		return nil
	}
	return p.element(it, hash)
}

func (p *fieldPages[E, P]) element(it Item, hash uint64) P {
	e := p.parse(it)
	l := e.link()
	l.key, l.hash = it.Field, hash
	return e
}

// added notes that an element is new. It is in memory.
func (p *fieldPages[E, P]) added(name string, hash uint64) {
	if removed, ok := p.absent[name]; ok {
		if !removed {
			p.guesses--
		}
		delete(p.absent, name)
		p.held -= absentBytes(name)
	}
	p.count(1)
	p.draws.add(name)
	p.ahead.add(name, hash)
}

// removed notes that an element is gone, from memory as well.
func (p *fieldPages[E, P]) removed(name string) {
	if removed, ok := p.absent[name]; !ok {
		p.held += absentBytes(name)
	} else if !removed {
		p.guesses--
	}
	p.absent[name] = true
	p.count(-1)
	p.draws.remove(name)
}

func (p *fieldPages[E, P]) count(by int) {
	if p.counted {
		p.n += by
		return
	}
	if p.frame != p.rows.e.seq {
		p.frame, p.delta = p.rows.e.seq, 0
	}
	p.delta += by
}

// length is the number of elements. It is counted once.
func (p *fieldPages[E, P]) length() int {
	if !p.counted {
		p.count(0)
		p.counted, p.n = true, int(p.rows.count(Query{}))+p.delta
	}
	return p.n
}

// room is how many elements to make room for: their number, if it is known.
func (p *fieldPages[E, P]) room() int {
	if p.counted {
		return p.n
	}
	return p.cached.len()
}

// empty reports whether there is no element, without counting many.
func (p *fieldPages[E, P]) empty() bool {
	switch {
	case p.counted:
		return p.n == 0
	case p.cached.len() > 0:
		return false
	case len(p.absent) > 64: // one after the other would pass all of them
		return p.length() == 0
	}
	empty := true
	p.each(func(P) bool { empty = false; return false })
	return empty
}

// each calls yield for every element, in the order of the rows, until it returns
// false. Elements may be kept, and yield may look for others.
func (p *fieldPages[E, P]) each(yield func(P) bool) {
	held := make([]P, 0, p.cached.len())
	p.cached.scan(0, func(e P) bool { held = append(held, e); return true })
	slices.SortFunc(held, func(a, b P) int { return strings.Compare(a.link().key, b.link().key) })
	var page []P
	var from *Item
	for size := int64(64); ; size = min(2*size, 1024) {
		page = page[:0]
		n, last := int64(0), ""
		// Rows are read ahead of yield, which may read others.
		p.rows.scan(Query{From: from, Limit: size}, func(it Item) bool {
			n++
			last = it.Field
			for len(held) > 0 && held[0].link().key < last {
				page, held = append(page, held[0]), held[1:]
			}
			if there := len(held) > 0 && held[0].link().key == last; !there && !p.hidden(last) {
				page = append(page, p.element(it, KeyHash(last)))
			}
			return true
		})
		if n < size {
			page, held = append(page, held...), nil
		}
		for _, e := range page {
			if !yield(e) {
				return
			}
		}
		if n < size {
			return
		}
		from = &Item{Field: last + "\x00"}
	}
}

// whole reads all elements, nil when they are too many or too large, which it
// remembers. The others are of more use in memory: who asks for all of them will
// do so again. bytes is what an element takes.
func (p *fieldPages[E, P]) whole(bytes func(P) int64) (all []P, held int64) {
	most := 8 * p.rows.e.opt.ResidentRows
	if p.large || p.counted && p.n > most {
		return nil, 0
	}
	p.each(func(e P) bool {
		all = append(all, e)
		held += bytes(e)
		p.large = len(all) > most || held > p.rows.e.memory.bound/64
		return !p.large
	})
	if p.large {
		return nil, 0
	}
	return all, held
}

// unseen is the element of a row, nil when what is in memory hides it.
func (p *fieldPages[E, P]) unseen(it Item) P {
	hash := KeyHash(it.Field)
	if p.cached.find(hash, it.Field) != nil || p.hidden(it.Field) {
		return nil
	}
	return p.element(it, hash)
}

func (p *fieldPages[E, P]) hidden(name string) bool {
	_, ok := p.absent[name]
	return ok
}

// shed lets go of what the store shows; cached is the new, empty cache.
func (p *fieldPages[E, P]) shed(cached *table[E, P]) {
	p.cached, p.large = cached, false
	p.absent, p.guesses, p.held = map[string]bool{}, 0, 0
	// What was drawn and selected for later costs a pass over all rows: it stays
	// while it is in use.
	p.draws.age()
	p.ahead.age()
}

// reservoir draws k different elements in random order, or all when there are
// not more.
func (p *fieldPages[E, P]) reservoir(k int64, rnd func() uint64) []P {
	var picked []P
	n := uint64(0)
	p.each(func(e P) bool {
		n++
		if int64(n) <= k {
			picked = append(picked, e)
		} else if i := rnd() % n; i < uint64(k) {
			picked[i] = e
		}
		return true
	})
	p.counted, p.n = true, int(n)
	shuffle(picked, rnd)
	return picked
}

func shuffle[T any](s []T, rnd func() uint64) {
	for i := len(s) - 1; i > 0; i-- {
		j := int(rnd() % uint64(i+1))
		s[i], s[j] = s[j], s[i]
	}
}

// draw returns the name of any element, each as likely as any other. There must
// be one.
func (p *fieldPages[E, P]) draw(rnd func() uint64) string {
	if p.draws.where != nil {
		if name, ok := p.draws.draw(p.length(), rnd); ok {
			return name
		}
	}
	p.draws.reset()
	for _, e := range p.reservoir(drawAhead, rnd) {
		p.draws.put(e.link().key)
	}
	name, _ := p.draws.draw(p.n, rnd)
	return name
}

// repeated draws k elements, the same one perhaps several times.
func (p *fieldPages[E, P]) repeated(k int64, rnd func() uint64) []P {
	places := make([]uint64, k)
	n := uint64(p.length())
	for i := range places {
		places[i] = rnd() % n
	}
	slices.Sort(places)
	picked := make([]P, 0, k)
	at, next := uint64(0), 0
	p.each(func(e P) bool {
		for ; next < len(places) && places[next] == at; next++ {
			picked = append(picked, e)
		}
		at++
		return next < len(places)
	})
	shuffle(picked, rnd)
	return picked
}

// drawAhead is how many elements one pass over the rows draws.
const drawAhead = 1024

// A drawing makes one pass over a collection serve many draws, each of which is
// fair: it holds the beginning of a random order of the elements of then, and
// those that are known since, which were drawn or added.
type drawing struct {
	next  []string       // drawn from the end
	known []string       // are there, and not in next
	where map[string]int // place in known, or ^place in next; nil: nothing was drawn yet
	held  int64
	used  bool // since the last shed
}

func (d *drawing) reset() { *d = drawing{where: map[string]int{}} }

// age forgets the drawing when nobody used it since the last time.
func (d *drawing) age() {
	if !d.used {
		*d = drawing{}
	}
	d.used = false
}

// put appends to the random order.
func (d *drawing) put(name string) {
	d.where[name] = ^len(d.next)
	d.next = append(d.next, name)
	d.held += 80 + textBytes(name)
}

// add notes an element that is new.
func (d *drawing) add(name string) {
	if d.where == nil {
		return
	}
	if len(d.known) >= 4*drawAhead {
		*d = drawing{}
		return
	}
	d.where[name] = len(d.known)
	d.known = append(d.known, name)
	d.held += 80 + textBytes(name)
}

// remove notes that an element is gone.
func (d *drawing) remove(name string) {
	at, ok := d.where[name]
	if !ok {
		return
	}
	delete(d.where, name)
	d.held -= 80 + textBytes(name)
	if at < 0 {
		return // its place in next means nothing now
	}
	last := len(d.known) - 1
	if moved := d.known[last]; at != last {
		d.known[at], d.where[moved] = moved, at
	}
	d.known[last] = ""
	d.known = d.known[:last]
}

// draw returns one of n elements; ok is false when the order has come to its end.
func (d *drawing) draw(n int, rnd func() uint64) (name string, ok bool) {
	d.used = true
	if at := rnd() % uint64(n); at < uint64(len(d.known)) {
		return d.known[at], true
	}
	for len(d.next) > 0 {
		last := len(d.next) - 1
		name := d.next[last]
		d.next = d.next[:last]
		if at, ok := d.where[name]; !ok || at != ^last {
			continue // removed since
		}
		d.where[name] = len(d.known)
		d.known = append(d.known, name)
		return name, true
	}
	return "", false
}
