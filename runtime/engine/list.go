package engine

import (
	"slices"
	"unsafe"
)

func init() {
	collections[TypeList] = func(track bool) collection { return &list{track: track} }
}

const (
	chunkBits = 7
	chunkLen  = 1 << chunkBits
)

// A list holds its elements at contiguous positions, the same that its rows
// carry, in chunks of fixed length: an element is found by arithmetic, and both
// ends grow without moving the others. A change in the middle moves the shorter
// side by one position.
//
// A list that is served from its rows lacks chunks. One that was changed since
// shed is there, so a chunk that is not is as its rows are.
type list struct {
	chunks []*[chunkLen]string // chunks[i] holds the positions from (base+i)*chunkLen on
	base   int64
	head   int64 // position of the first element
	n      int64
	held   int64 // chunks that are there
	text   int64 // bytes of the elements

	rows     *rows // where the chunks are that are not here; nil: all are
	log      *undoLog
	track    bool
	touched  []int64 // positions whose rows changed
	storedLo int64   // rows exist for the positions from storedLo up to storedHi
	storedHi int64
}

func (l *list) typ() Type   { return TypeList }
func (l *list) length() int { return int(l.n) }

func (l *list) slot(pos int64) *string {
	c := l.chunks[pos>>chunkBits-l.base]
	if c == nil {
		c = l.fetch(pos >> chunkBits)
	}
	return &c[pos&(chunkLen-1)]
}

// at is the element with an index from the head, which must exist.
func (l *list) at(i int64) string { return *l.slot(l.head + i) }

func (l *list) note(pos int64) {
	if l.track {
		l.touched = append(l.touched, pos)
	}
}

func (l *list) journal(log *undoLog) bool {
	off := l.log == nil
	l.log = log
	return off
}

// put writes an element at a position and notes it.
func (l *list) put(pos int64, v string) {
	l.fill(pos, v)
	l.note(pos)
}

// fill writes an element at a position.
func (l *list) fill(pos int64, v string) {
	slot := l.slot(pos)
	l.text += textBytes(v) - textBytes(*slot)
	*slot = v
}

// bytes is about the memory that the list takes.
func (l *list) bytes() int64 {
	return int64(unsafe.Sizeof(*l)) + l.held*int64(unsafe.Sizeof([chunkLen]string{})) + 8*int64(cap(l.chunks)) + l.text
}

// reserve makes sure that a position has a slot.
func (l *list) reserve(pos int64) {
	l.room(pos >> chunkBits)
	if l.chunks[pos>>chunkBits-l.base] == nil {
		l.fetch(pos >> chunkBits)
	}
}

// room makes sure that there is a place for a chunk at either end.
func (l *list) room(chunk int64) {
	switch {
	case len(l.chunks) == 0:
		l.base = chunk
		l.chunks = append(l.chunks, nil)
	case chunk < l.base:
		// Room in front doubles, as append doubles it behind.
		room := int64(max(len(l.chunks), 1))
		l.chunks = append(make([]*[chunkLen]string, room, 2*int(room)+len(l.chunks)), l.chunks...)
		l.base -= room
	case chunk-l.base >= int64(len(l.chunks)):
		l.chunks = append(l.chunks, nil)
	}
}

func (l *list) pushFront(v string) {
	l.reserve(l.head - 1)
	l.head--
	l.n++
	l.put(l.head, v)
	if l.log != nil {
		l.log.add(func() { l.popFront() })
	}
}

func (l *list) pushBack(v string) {
	pos := l.head + l.n
	l.reserve(pos)
	l.n++
	l.put(pos, v)
	if l.log != nil {
		l.log.add(func() { l.popBack() })
	}
}

func (l *list) popFront() string {
	v := *l.slot(l.head)
	if l.log != nil {
		l.log.add(func() { l.pushFront(v) })
	}
	l.put(l.head, "")
	l.head++
	l.n--
	if l.head&(chunkLen-1) == 0 {
		l.chunks[(l.head-1)>>chunkBits-l.base] = nil
		l.held--
		l.release()
	}
	return v
}

func (l *list) popBack() string {
	pos := l.head + l.n - 1
	v := *l.slot(pos)
	if l.log != nil {
		l.log.add(func() { l.pushBack(v) })
	}
	l.put(pos, "")
	l.n--
	if pos&(chunkLen-1) == 0 {
		l.chunks[pos>>chunkBits-l.base] = nil
		l.held--
		l.release()
	}
	return v
}

// release lets the places of empty chunks at either end go. A queue that wanders
// through the positions keeps as many chunks as it has elements for.
func (l *list) release() {
	if empty := l.head>>chunkBits - l.base; empty > int64(len(l.chunks)/2) {
		l.chunks = append([]*[chunkLen]string(nil), l.chunks[min(empty, int64(len(l.chunks))):]...)
		l.base += empty
	}
	used := 0
	if l.n > 0 {
		used = int((l.head+l.n-1)>>chunkBits - l.base + 1)
	}
	l.chunks = l.chunks[:used]
}

// set replaces the element with an index.
func (l *list) set(i int64, v string) {
	if l.log != nil {
		before := l.at(i)
		l.log.add(func() { l.set(i, before) })
	}
	l.put(l.head+i, v)
}

// insert puts an element before the one with an index (n: at the end).
func (l *list) insert(i int64, v string) {
	if i < l.n/2 {
		l.pushFront("")
		for j := int64(0); j < i; j++ {
			l.set(j, l.at(j+1))
		}
	} else {
		l.pushBack("")
		for j := l.n - 1; j > i; j-- {
			l.set(j, l.at(j-1))
		}
	}
	l.set(i, v)
}

// removeAll takes out the elements with the indexes given in ascending order.
func (l *list) removeAll(indexes []int64) {
	if len(indexes) == 0 {
		return
	}
	k := int64(len(indexes))
	first, last := indexes[0], indexes[k-1]
	if l.n-1-last >= first {
		// The tail is the longer side: the head moves up.
		next := len(indexes) - 1
		to := last
		for from := last; from >= 0; from-- {
			if next >= 0 && indexes[next] == from {
				next--
				continue
			}
			l.set(to, l.at(from))
			to--
		}
		for ; k > 0; k-- {
			l.popFront()
		}
		return
	}
	next, to := 0, first
	for from := first; from < l.n; from++ {
		if next < len(indexes) && indexes[next] == from {
			next++
			continue
		}
		l.set(to, l.at(from))
		to++
	}
	for ; k > 0; k-- {
		l.popBack()
	}
}

// each calls yield for n elements from an index on, until it returns false.
func (l *list) each(from, n int64, yield func(i int64, v string) bool) { l.walk(from, n, 1, yield) }

// walk calls yield for n elements from an index on, until it returns false, and
// goes on by step, which is 1 or -1. The list must not change meanwhile.
func (l *list) walk(from, n, step int64, yield func(i int64, v string) bool) {
	var unread *[chunkLen]string
	keep := n <= keptRun || l.rows != nil && l.rows.e.fits(n*l.elementBytes())
	for n > 0 {
		pos := l.head + from
		c := l.chunks[pos>>chunkBits-l.base]
		switch {
		case c != nil:
		case keep:
			c = l.fetch(pos >> chunkBits)
		default:
			if unread == nil {
				unread = new([chunkLen]string)
			}
			l.read(pos>>chunkBits, unread)
			c = unread
		}
		at := pos & (chunkLen - 1)
		run := min(n, chunkLen-at)
		if step < 0 {
			run = min(n, at+1)
		}
		for n -= run; run > 0; run-- {
			if !yield(from, c[at]) {
				return
			}
			at, from = at+step, from+step
		}
	}
}

func (l *list) load(it Item) {
	if l.n == 0 {
		l.head, l.storedLo, l.storedHi = it.Pos, it.Pos, it.Pos
	}
	pos := l.head + l.n
	l.reserve(pos)
	l.fill(pos, it.Value)
	l.n++
	l.storedHi = pos + 1
}

func (l *list) emit(id uint64, ops []Op) []Op {
	slices.Sort(l.touched)
	for _, pos := range slices.Compact(l.touched) {
		here := pos >= l.head && pos < l.head+l.n
		if !here && (pos < l.storedLo || pos >= l.storedHi) {
			continue // came and went between two commits
		}
		var op *Op
		ops, op = extend(ops)
		op.Kind, op.Type, op.ID, op.Item.Pos = OpDelItem, TypeList, id, pos
		if here {
			op.Kind, op.Item.Value = OpPutItem, *l.slot(pos)
		}
	}
	l.touched = l.touched[:0]
	if cap(l.touched) > 4*chunkLen {
		l.touched = nil
	}
	l.storedLo, l.storedHi = l.head, l.head+l.n
	return ops
}

func (l *list) clone() collection {
	twin := &list{track: l.track}
	l.each(0, l.n, func(_ int64, v string) bool { twin.pushBack(v); return true })
	return twin
}
