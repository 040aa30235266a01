package engine

// An entry is one key and its value.
type entry struct {
	chain[entry]
	expireAt int64 // Unix milliseconds, 0: never

	str string     // a string's value, unless buf holds it
	buf []byte     // a string's value while it is changed in place (APPEND, SETRANGE, SETBIT)
	id  uint64     // collection id, 0 for a string
	obj collection // nil for a string, and for a collection that is not loaded yet

	seq     uint64 // of the last change that wrote rows of this key, or that was there when they were read
	access  int64  // Unix milliseconds of the last use
	size    int64  // bytes that memory.used counts for it
	db      uint32
	heapIdx int32 // place in the expiry heap + 1, 0: not in it

	typ     Type
	stored  bool // a row exists, or will after the changes before this one
	carried bool // the collection had rows before it came under this name
	dirty   bool // is in engine.dirty
	header  bool // the header row must be written
	gone    bool // removed from the keyspace, or evicted
	touched bool // is in memory.touched
	pinned  bool // a running script may have to put its value back
	sound   bool // a hash that is not loaded has a field that never expires
	sampled bool // is in memory.pool
	large   bool // is in memory.large
	ref     bool // str is a Ref in place of a string's value
}

// A collection is the value of a key that is not a string.
type collection interface {
	typ() Type
	length() int
	// load adds one row that the store kept. Rows come in the order of Query.
	load(Item)
	// emit appends the row operations for what changed since the last emit.
	emit(id uint64, ops []Op) []Op
	// clone returns a deep copy, all of which emit will write.
	clone() collection
}

// newCollection returns an empty collection. track says whether it must
// remember which rows changed.
func newCollection(t Type, track bool) collection {
	if make := collections[t]; make != nil {
		return make(track)
	}
	panic(fault{errUnknownType(t)})
}

// collections is filled by the files of the data types.
var collections = map[Type]func(track bool) collection{}

// text is a string's value.
func (ent *entry) text() string {
	if ent.buf != nil {
		return string(ent.buf)
	}
	return ent.str
}

// textLen is the length of a string's value in bytes.
func (ent *entry) textLen() int {
	if ent.buf != nil {
		return len(ent.buf)
	}
	return len(ent.str)
}

// setText replaces a string's value.
func (ent *entry) setText(s string) { ent.str, ent.buf, ent.ref = s, nil, false }

// bytes returns the value in its form for changes in place, at least n bytes long.
func (ent *entry) bytes(n int) []byte {
	if ent.buf == nil {
		ent.buf = make([]byte, len(ent.str), max(n, len(ent.str))+16)
		copy(ent.buf, ent.str)
		ent.str = ""
	}
	if n > len(ent.buf) {
		ent.buf = append(ent.buf, make([]byte, n-len(ent.buf))...)
	}
	return ent.buf
}
