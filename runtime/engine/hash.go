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
	large *table[hashField, *hashField]
	log   *undoLog
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
func (h *hash) bytes() int64 { return 128 + h.held }

func (h *hash) journal(log *undoLog) bool {
	off := h.log == nil
	h.log = log
	return off
}

func (h *hash) length() int {
	if h.large != nil {
		return h.large.len()
	}
	return len(h.small)
}

func (h *hash) find(field string) *hashField {
	if h.large != nil {
		return h.large.find(KeyHash(field), field)
	}
	for _, f := range h.small {
		if f.key == field {
			return f
		}
	}
	return nil
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
		f := h.large.remove(KeyHash(field), field)
		if f == nil {
			return false
		}
		h.held -= f.bytes()
		if h.log != nil {
			h.log.add(func() { h.note(field); h.expires(f.expireAt); h.held += f.bytes(); h.large.insert(f) })
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

// random returns any field.
func (h *hash) random(rnd func() uint64) *hashField {
	if h.large != nil {
		return h.large.random(rnd)
	}
	return h.small[rnd()%uint64(len(h.small))]
}

func (h *hash) load(it Item) { h.insert(it.Field, it.Value, it.ExpireAt) }

func (h *hash) emit(id uint64, ops []Op) []Op {
	for _, field := range h.take() {
		op := Op{Kind: OpDelItem, Type: TypeHash, ID: id, Item: Item{Field: field}}
		if f := h.find(field); f != nil {
			op.Kind, op.Item.Value, op.Item.ExpireAt = OpPutItem, f.value, f.expireAt
		}
		ops = append(ops, op)
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
