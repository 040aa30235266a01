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

// expireFields removes at most so many fields whose time is over, and the key
// when none is left, which it reports.
func (e *Engine) expireFields(ent *entry, h *hash, most int) (gone bool) {
	if e.undo != nil {
		e.undo.watch(e, ent) // a reading command does not
	}
	var due []string
	soonest := int64(0)
	h.each(func(f *hashField) bool {
		switch {
		case f.expireAt == 0:
		case f.expireAt < e.nowMs && len(due) < most:
			due = append(due, f.key)
		case soonest == 0 || f.expireAt < soonest:
			soonest = f.expireAt
		}
		return true
	})
	for _, field := range due {
		h.remove(field)
	}
	e.stats.expired += int64(len(due))
	h.soonest = soonest
	switch {
	case h.length() == 0:
		e.remove(ent)
		return true
	case len(due) > 0:
		e.touch(ent)
	}
	return false
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
		case !ok || ent.gone || h.soonest == 0:
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
		before := h.length()
		if left <= 0 || !e.expireFields(ent, h, left) {
			e.scheduleFields(ent, h)
		}
		left -= before - h.length()
	}
}
