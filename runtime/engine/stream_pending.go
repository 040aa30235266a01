package engine

import (
	"math"
	"slices"
)

// pendingChunk is how many entries a chunk of a pendingList holds at most.
const pendingChunk = 128

// A pendingList holds pending entries by id, in chunks, so that neither adding
// nor acknowledging pays for the length of the list. The zero value is empty.
type pendingList struct {
	chunks [][]*pendingEntry // none is empty
	n      int
}

// at is the index of the chunk in which an id is or belongs, -1 when the list is
// empty.
func (l *pendingList) at(id streamID) int {
	i, found := slices.BinarySearchFunc(l.chunks, id, func(c []*pendingEntry, id streamID) int { return c[0].id.compare(id) })
	if found || i == 0 && len(l.chunks) > 0 {
		return i
	}
	return i - 1
}

func searchPending(c []*pendingEntry, id streamID) (int, bool) {
	return slices.BinarySearchFunc(c, id, func(p *pendingEntry, id streamID) int { return p.id.compare(id) })
}

// find returns the entry with an id, nil when there is none.
func (l *pendingList) find(id streamID) *pendingEntry {
	at := l.at(id)
	if at < 0 {
		return nil
	}
	if i, found := searchPending(l.chunks[at], id); found {
		return l.chunks[at][i]
	}
	return nil
}

// insert adds an entry that is not in the list.
func (l *pendingList) insert(p *pendingEntry) {
	l.n++
	at := l.at(p.id)
	if at < 0 {
		l.chunks = append(l.chunks, []*pendingEntry{p})
		return
	}
	c := l.chunks[at]
	i, _ := searchPending(c, p.id)
	if len(c) < pendingChunk {
		l.chunks[at] = slices.Insert(c, i, p)
		return
	}
	if at == len(l.chunks)-1 && i == len(c) { // ids mostly come in order
		l.chunks = append(l.chunks, []*pendingEntry{p})
		return
	}
	half := len(c) / 2
	upper := slices.Clone(c[half:])
	clear(c[half:])
	l.chunks[at] = c[:half]
	l.chunks = slices.Insert(l.chunks, at+1, upper)
	if i > half {
		l.chunks[at+1] = slices.Insert(upper, i-half, p)
	} else {
		l.chunks[at] = slices.Insert(l.chunks[at], i, p)
	}
}

// remove takes an entry out and returns it, nil when there is none.
func (l *pendingList) remove(id streamID) *pendingEntry {
	at := l.at(id)
	if at < 0 {
		return nil
	}
	i, found := searchPending(l.chunks[at], id)
	if !found {
		return nil
	}
	p := l.chunks[at][i]
	l.chunks[at] = slices.Delete(l.chunks[at], i, i+1)
	if len(l.chunks[at]) == 0 {
		l.chunks = slices.Delete(l.chunks, at, at+1)
	}
	l.n--
	return p
}

// walk calls yield for the entries from an id on until it returns false. The
// list must not change meanwhile.
func (l *pendingList) walk(from streamID, yield func(*pendingEntry) bool) {
	for at := max(l.at(from), 0); at < len(l.chunks); at++ {
		c := l.chunks[at]
		i, _ := searchPending(c, from)
		for ; i < len(c); i++ {
			if !yield(c[i]) {
				return
			}
		}
	}
}

// pendingAll is a count that no list reaches.
const pendingAll = math.MaxInt64

// page is the entries between two ids, both included, that keep lets through
// (nil: all), at most count. It is not the list's own: the list may change.
func (l *pendingList) page(from, to streamID, count int64, keep func(*pendingEntry) bool) []*pendingEntry {
	var all []*pendingEntry
	if count <= 0 {
		return nil
	}
	l.walk(from, func(p *pendingEntry) bool {
		if to.less(p.id) {
			return false
		}
		if keep == nil || keep(p) {
			all = append(all, p)
		}
		return int64(len(all)) < count
	})
	return all
}

// ends are the first and the last entry of a list that is not empty.
func (l *pendingList) ends() (first, last *pendingEntry) {
	c := l.chunks[len(l.chunks)-1]
	return l.chunks[0][0], c[len(c)-1]
}
