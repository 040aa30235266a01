package engine

import (
	"cmp"
	"slices"
)

// fieldExpiry knows the hashes in memory that have fields which expire. Those
// that are not in memory lose theirs when they are read.
type fieldExpiry struct {
	hashes  map[*entry]struct{}
	soonest int64 // Unix milliseconds, or earlier; 0: none
}

// scheduleFields has Tick look at a hash when its first field expires.
func (e *Engine) scheduleFields(ent *entry, h *hash) {
	if h.soonest == 0 {
		return
	}
	f := &e.fields
	if f.hashes == nil {
		f.hashes = map[*entry]struct{}{}
	}
	f.hashes[ent] = struct{}{}
	if f.soonest == 0 || h.soonest < f.soonest {
		f.soonest = h.soonest
	}
}

// due lists at most so many fields whose time is over, all of them in memory, and
// when the next one's will be, 0 when no other expires.
func (h *hash) due(nowMs int64, most int) (names []string, soonest int64) {
	look := func(f *hashField) bool {
		switch {
		case f.expireAt == 0:
		case f.expireAt < nowMs && len(names) < most:
			names = append(names, f.key)
		case soonest == 0 || f.expireAt < soonest:
			soonest = f.expireAt
		}
		return true
	}
	if h.pages == nil {
		h.each(look)
		return names, soonest
	}
	h.large.scan(0, look)
	var read []*hashField
	h.pages.rows.scan(Query{Expiring: true}, func(it Item) bool {
		f := h.pages.unseen(it)
		if f == nil {
			return true
		}
		before := len(names)
		look(f)
		if len(names) > before {
			read = append(read, f)
		}
		return len(names) > before // else the others expire later
	})
	for _, f := range read {
		h.hold(f)
	}
	return names, soonest
}

// expireFields removes at most so many fields whose time is over. It reports how
// many, and whether it removed the key since none is left.
func (e *Engine) expireFields(ent *entry, h *hash, most int) (n int, gone bool) {
	if e.undo != nil {
		e.undo.watch(e, ent) // a reading command does not
	}
	due, soonest := h.due(e.nowMs, most)
	for _, field := range due {
		h.remove(field)
	}
	e.stats.expired += int64(len(due))
	h.soonest = soonest
	switch {
	case h.empty():
		e.remove(ent)
		return len(due), true
	case len(due) > 0:
		e.touch(ent)
	}
	return len(due), false
}

// expireFieldsDue removes expired fields of hashes in memory, at most
// expireBatch of them.
func (e *Engine) expireFieldsDue() {
	f := &e.fields
	if f.soonest == 0 || f.soonest >= e.nowMs {
		return
	}
	f.soonest = 0
	var due []*entry
	for ent := range f.hashes {
		h, ok := ent.obj.(*hash)
		switch {
		case !ok || h.soonest == 0 || e.db(ent.db).find(ent.hash, ent.key) != ent: // FLUSHDB marks no key
			delete(f.hashes, ent)
		case h.soonest < e.nowMs:
			due = append(due, ent)
		default:
			e.scheduleFields(ent, h)
		}
	}
	// The order of a map must not show in the rows.
	slices.SortFunc(due, func(a, b *entry) int {
		if a.db != b.db {
			return cmp.Compare(a.db, b.db)
		}
		return compareLinks(&a.chain, &b.chain)
	})
	left := expireBatch
	for _, ent := range due {
		h := ent.obj.(*hash)
		gone := false
		if left > 0 {
			var n int
			n, gone = e.expireFields(ent, h, left)
			left -= n
		}
		if !gone {
			e.scheduleFields(ent, h)
		}
	}
}
