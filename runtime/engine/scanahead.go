package engine

import (
	"cmp"
	"slices"
	"strings"
)

// scanSelection is how many elements one pass over the rows selects for the
// pages of HSCAN and SSCAN. Their cursors follow the hashes of the elements,
// which the rows do not.
const scanSelection = 16384

// A scanAhead holds the names of the elements whose hashes are in a stretch, so
// that one pass over the rows serves many pages.
type scanAhead struct {
	from, to uint64 // hashes from and before
	names    []scanName
	valid    bool
	held     int64
	used     bool // since the last shed
}

type scanName struct {
	hash uint64
	name string
}

func compareScanNames(a, b scanName) int {
	if c := cmp.Compare(a.hash, b.hash); c != 0 {
		return c
	}
	return strings.Compare(a.name, b.name)
}

// age forgets the selection when nobody used it since the last time.
func (a *scanAhead) age() {
	if !a.used {
		*a = scanAhead{}
	}
	a.used = false
}

// add notes an element that is new.
func (a *scanAhead) add(name string, hash uint64) {
	if !a.valid || hash < a.from || hash >= a.to {
		return
	}
	if i, found := slices.BinarySearchFunc(a.names, scanName{hash, name}, compareScanNames); !found {
		a.names = slices.Insert(a.names, i, scanName{hash, name})
		a.held += 24 + textBytes(name)
	}
}

// fill selects the elements that follow a hash; all passes over all elements.
func (a *scanAhead) fill(from uint64, most int, all func(yield func(hash uint64, name string))) {
	*a = scanAhead{from: from, to: 1 << HashBits, valid: true}
	cut := func() {
		slices.SortFunc(a.names, compareScanNames)
		if len(a.names) <= most {
			return
		}
		at := most
		for at < len(a.names) && a.names[at].hash == a.names[at-1].hash {
			at++ // what has one hash is never torn apart
		}
		if at < len(a.names) {
			a.to = a.names[at].hash
			clear(a.names[at:])
			a.names = a.names[:at]
		}
	}
	all(func(hash uint64, name string) {
		if hash < from || hash >= a.to {
			return
		}
		a.names = append(a.names, scanName{hash, name})
		if len(a.names) >= 2*most {
			cut()
		}
	})
	cut()
	a.names = slices.Clip(a.names)
	for _, n := range a.names {
		a.held += 24 + textBytes(n.name)
	}
}

// page calls take for the names from a cursor on until it took count of them, and
// returns the next cursor as a table's scanPage does: 0 at the end. all passes
// over all elements when the selection does not have the cursor.
func (a *scanAhead) page(cursor uint64, count int, all func(yield func(hash uint64, name string)), take func(name string) bool) (next uint64) {
	if cursor >= 1<<HashBits {
		return 0
	}
	if !a.valid || cursor < a.from || cursor >= a.to {
		a.fill(cursor, max(count, scanSelection), all)
	}
	a.used = true
	i, _ := slices.BinarySearchFunc(a.names, scanName{hash: cursor}, compareScanNames)
	var last uint64
	taken := 0
	for _, n := range a.names[i:] {
		if taken >= count && n.hash != last {
			return n.hash
		}
		if take(n.name) {
			taken++
			last = n.hash
		}
	}
	if a.to < 1<<HashBits {
		return a.to
	}
	return 0
}

// scanPage collects at least count elements (fewer at the end of what was
// selected) from a cursor on. find looks for an element that was selected.
func (p *fieldPages[E, P]) scanPage(cursor uint64, count int, find func(name string) P) (page []P, next uint64) {
	all := func(yield func(uint64, string)) {
		p.each(func(e P) bool { l := e.link(); yield(l.hash, l.key); return true })
	}
	next = p.ahead.page(cursor, count, all, func(name string) bool {
		e := find(name)
		if e != nil {
			page = append(page, e)
		}
		return e != nil
	})
	return page, next
}
