package engine

import "slices"

func init() {
	collections[TypeHash] = func(track bool) collection { return &hash{tracker: tracker{on: track}} }
}

// smallHash is the number of fields up to which a hash keeps the order in which
// they came, as Redis does with its compact encoding. Larger ones are ordered by
// hash.
const smallHash = 128

// A hash holds fields, in a slice while it is small.
type hash struct {
	small []*hashField
	// recent is where in small the last field was found, or any number: what a
	// command changes is looked for again when its row is written.
	recent int
	large  *table[hashField, *hashField]
	pages  *fieldPages[hashField, *hashField] // large is just what is in memory; nil: it is all
	log    *undoLog
	// soonest is when the first field expires, Unix milliseconds, or earlier; 0 when none
	// does.
	soonest int64
	held    int64 // bytes that the fields take
	tracker
}

type hashField struct {
	chain[hashField]
	value    string
	expireAt int64 // Unix milliseconds, 0: never
}

// hashFieldBytes is what a field takes besides its name and its value, its place
// in the table or the slice included.
const hashFieldBytes = 64 + 8

func (f *hashField) bytes() int64 { return hashFieldBytes + textBytes(f.key) + textBytes(f.value) }

func (h *hash) typ() Type { return TypeHash }

// bytes is about what the hash takes in memory.
func (h *hash) bytes() int64 {
	if h.pages != nil {
		return 128 + h.held + h.pages.bytes()
	}
	return 128 + h.held
}

func (h *hash) journal(log *undoLog) bool {
	off := h.log == nil
	h.log = log
	return off
}

func (h *hash) length() int {
	switch {
	case h.pages != nil:
		return h.pages.length()
	case h.large != nil:
		return h.large.len()
	}
	return len(h.small)
}

// empty reports whether no field is left, which length may have to count.
func (h *hash) empty() bool {
	if h.pages != nil {
		return h.pages.empty()
	}
	return h.length() == 0
}

// room is how many fields to make room for.
func (h *hash) room() int {
	if h.pages != nil {
		return h.pages.room()
	}
	return h.length()
}

func (h *hash) find(field string) *hashField {
	if h.large != nil {
		hash := KeyHash(field)
		f := h.large.find(hash, field)
		if f == nil && h.pages != nil {
			if f = h.pages.read(field, hash); f != nil {
				h.hold(f)
			}
		}
		return f
	}
	if i := h.recent; i < len(h.small) && h.small[i].key == field {
		return h.small[i]
	}
	for i, f := range h.small {
		if f.key == field {
			h.recent = i
			return f
		}
	}
	return nil
}

// peek is find for one of many fields, which are not to fill the memory.
func (h *hash) peek(field string) *hashField {
	if h.pages == nil {
		return h.find(field)
	}
	hash := KeyHash(field)
	if f := h.large.find(hash, field); f != nil {
		return f
	}
	return h.pages.read(field, hash)
}

// hold puts a field that was read into memory.
func (h *hash) hold(f *hashField) {
	h.large.insert(f)
	h.held += f.bytes()
}

// set gives a field a value without an expiry and reports whether the field is
// new.
func (h *hash) set(field, value string) bool { return h.put(field, value, 0) }

// keep gives a field a value. Its expiry stays.
func (h *hash) keep(field, value string) bool {
	if f := h.find(field); f != nil {
		return h.put(field, value, f.expireAt)
	}
	return h.put(field, value, 0)
}

// put gives a field a value and an expiry and reports whether the field is new.
func (h *hash) put(field, value string, expireAt int64) bool {
	h.note(field)
	if f := h.find(field); f != nil {
		if h.log != nil {
			before, at := f.value, f.expireAt
			h.log.add(func() {
				h.note(field)
				h.held += textBytes(before) - textBytes(f.value)
				f.value, f.expireAt = before, at
				h.expires(at)
			})
		}
		h.held += textBytes(value) - textBytes(f.value)
		f.value, f.expireAt = value, expireAt
		h.expires(expireAt)
		return false
	}
	h.insert(field, value, expireAt)
	if h.pages != nil {
		h.pages.added(field, KeyHash(field))
	}
	if h.log != nil {
		h.log.add(func() { h.remove(field) })
	}
	return true
}

// expires notes that a field expires at a time.
func (h *hash) expires(at int64) {
	if at != 0 && (h.soonest == 0 || at < h.soonest) {
		h.soonest = at
	}
}

func (h *hash) insert(field, value string, expireAt int64) {
	h.expires(expireAt)
	f := &hashField{value: value, expireAt: expireAt}
	f.key = field
	h.held += f.bytes()
	if h.large == nil && len(h.small) < smallHash {
		h.recent = len(h.small)
		h.small = append(h.small, f)
		return
	}
	if h.large == nil {
		h.large = &table[hashField, *hashField]{}
		for _, old := range h.small {
			old.hash = KeyHash(old.key)
			h.large.insert(old)
		}
		if h.log != nil {
			small := h.small
			h.log.add(func() { h.small, h.large = small, nil })
		}
		h.small = nil
	}
	f.hash = KeyHash(field)
	h.large.insert(f)
}

// remove takes a field out and reports whether it was there.
func (h *hash) remove(field string) bool {
	if h.large != nil {
		if h.pages != nil {
			h.find(field)
		}
		f := h.large.remove(KeyHash(field), field)
		if f == nil {
			return false
		}
		h.held -= f.bytes()
		if h.pages != nil {
			h.pages.removed(field)
		}
		if h.log != nil {
			h.log.add(func() {
				h.note(field)
				h.expires(f.expireAt)
				h.hold(f)
				if h.pages != nil {
					h.pages.added(field, f.hash)
				}
			})
		}
	} else {
		i := slices.IndexFunc(h.small, func(f *hashField) bool { return f.key == field })
		if i < 0 {
			return false
		}
		f := h.small[i]
		h.held -= f.bytes()
		if h.log != nil {
			h.log.add(func() {
				h.note(field)
				h.expires(f.expireAt)
				h.held += f.bytes()
				h.small = slices.Insert(h.small, i, f)
			})
		}
		h.small = slices.Delete(h.small, i, i+1)
	}
	h.note(field)
	return true
}

// each calls yield for every field until it returns false.
func (h *hash) each(yield func(*hashField) bool) {
	if h.pages != nil && !h.own() {
		h.pages.each(yield)
		return
	}
	if h.large != nil {
		h.large.scan(0, yield)
		return
	}
	for _, f := range h.small {
		if !yield(f) {
			return
		}
	}
}

// own reads all fields into memory, unless they are too many, and reports it.
func (h *hash) own() bool {
	all, held := h.pages.whole((*hashField).bytes)
	if all == nil {
		return false
	}
	h.large, h.held, h.pages = &table[hashField, *hashField]{}, held, nil
	for _, f := range all {
		h.large.insert(f)
	}
	return true
}

// random returns any field.
func (h *hash) random(rnd func() uint64) *hashField {
	if h.pages != nil {
		return h.find(h.pages.draw(rnd))
	}
	if h.large != nil {
		return h.large.random(rnd)
	}
	return h.small[rnd()%uint64(len(h.small))]
}

func (h *hash) load(it Item) { h.insert(it.Field, it.Value, it.ExpireAt) }

// pinned finds a field that was noted: when it is there, it is in memory.
func (h *hash) pinned(field string) *hashField {
	if h.large != nil {
		return h.large.find(KeyHash(field), field)
	}
	return h.find(field)
}

func (h *hash) emit(id uint64, ops []Op) []Op {
	for _, field := range h.take() {
		var op *Op
		ops, op = extend(ops)
		op.Kind, op.Type, op.ID, op.Item.Field = OpDelItem, TypeHash, id, field
		if f := h.pinned(field); f != nil {
			op.Kind, op.Item.Value, op.Item.ExpireAt = OpPutItem, f.value, f.expireAt
		}
	}
	return ops
}

func (h *hash) clone() collection {
	twin := &hash{tracker: tracker{on: h.on}}
	h.each(func(f *hashField) bool {
		twin.insert(f.key, f.value, f.expireAt)
		twin.note(f.key)
		return true
	})
	return twin
}

func parseField(it Item) *hashField { return &hashField{value: it.Value, expireAt: it.ExpireAt} }

func (h *hash) page(r *rows) {
	h.serve(r)
	r.scan(Query{Expiring: true, Limit: 1}, func(it Item) bool { h.expires(it.ExpireAt); return false })
}

// serve has the hash read its rows, with nothing in memory.
func (h *hash) serve(r *rows) {
	h.large = &table[hashField, *hashField]{}
	h.pages = newFieldPages(r, h.large, parseField)
}

func (h *hash) shed(r *rows) {
	switch {
	case len(h.names) > 0 || h.log != nil:
	case h.pages != nil:
		h.large, h.held = &table[hashField, *hashField]{}, 0
		h.pages.shed(h.large)
	case h.length() > r.e.opt.ResidentRows:
		n := h.length()
		h.small, h.held = nil, 0
		h.serve(r)
		h.pages.n, h.pages.counted = n, true
	}
}
