package engine

import "math"

// streamPages serves the entries of a stream that are not in its nodes from
// their rows: all entries but those that came since the last shed. Groups and
// what is pending are always in memory.
type streamPages struct {
	rows *rows
	// Entries with an id from from to to are in the rows and not in nodes, but for
	// those that are gone. Rows outside are of entries that were removed.
	from, to streamID
	none     bool // there are no such entries
	gone     map[streamID]bool

	n       int // number of the entries, when it was counted
	counted bool
	// delta is by how many entries the change number frame, which is not stored
	// yet, changes the number in the rows.
	delta int
	frame uint64

	edges [2]edgeEntry // the first and the last entry
	head  *streamNode  // the entries that would be in the first node; nil: not made yet
	held  int64        // bytes that head takes
}

// An edgeEntry is the first or the last entry, which is nil when there is none.
type edgeEntry struct {
	entry *streamEntry
	known bool
}

func (p *streamPages) bytes() int64 { return 256 + 48*int64(len(p.gone)) + p.held }

// changed forgets what was derived from the entries that are there.
func (p *streamPages) changed() {
	p.edges, p.head, p.held = [2]edgeEntry{}, nil, 0
}

// within narrows an interval of ids to the entries in the rows.
func (p *streamPages) within(from, to streamID) (streamID, streamID, bool) {
	if from.less(p.from) {
		from = p.from
	}
	if p.to.less(to) {
		to = p.to
	}
	return from, to, !p.none && !to.less(from)
}

// walk calls yield for the entries between two ids, both included, until it
// returns false, which walk returns.
func (p *streamPages) walk(from, to streamID, reverse bool, yield func(*streamEntry) bool) bool {
	var page []streamEntry
	for size := int64(16); ; size = min(2*size, 512) {
		var ok bool
		if from, to, ok = p.within(from, to); !ok {
			return true
		}
		low, high := Item{Kind: streamEntryRow, Field: from.bytes()}, Item{Kind: streamEntryRow, Field: to.bytes()}
		q := Query{From: &low, To: &high, Limit: size, Reverse: reverse}
		if reverse {
			q.From, q.To = &high, &low
		}
		page = page[:0]
		n, last := int64(0), streamID{}
		// Rows are read ahead of yield, which may read others.
		p.rows.scan(q, func(it Item) bool {
			n++
			last = streamIDOf(it.Field)
			if !p.gone[last] {
				page = append(page, streamEntry{last, it.Value})
			}
			return true
		})
		for i := range page {
			e := page[i] // yield may keep it
			if !yield(&e) {
				return false
			}
		}
		if n < size {
			return true
		}
		if reverse {
			to, ok = last.prev()
		} else {
			from, ok = last.next()
		}
		if !ok {
			return true
		}
	}
}

// find returns an entry, nil when there is none.
func (p *streamPages) find(id streamID) *streamEntry {
	if _, _, ok := p.within(id, id); !ok || p.gone[id] {
		return nil
	}
	if it, ok := p.rows.point(Item{Kind: streamEntryRow, Field: id.bytes()}); ok {
		return &streamEntry{id, it.Value}
	}
	return nil
}

// edge is the first or the last entry, nil when there is none.
func (p *streamPages) edge(last bool) *streamEntry {
	at := &p.edges[0]
	if last {
		at = &p.edges[1]
	}
	if !at.known {
		*at = edgeEntry{known: true}
		p.walk(streamID{}, maxStreamID, last, func(e *streamEntry) bool { at.entry = e; return false })
	}
	return at.entry
}

func (p *streamPages) count(by int) {
	if p.counted {
		p.n += by
		return
	}
	if p.frame != p.rows.e.seq {
		p.frame, p.delta = p.rows.e.seq, 0
	}
	p.delta += by
}

// length is the number of entries. It is counted once.
func (p *streamPages) length() int {
	if !p.counted {
		p.count(0)
		// Rows of entries that this frame removed are counted by both.
		high := Item{Kind: streamEntryRow, Field: p.to.bytes()}
		p.counted, p.n = true, int(p.rows.count(Query{To: &high}))+p.delta
	}
	return p.n
}

// firstNode makes the node in which the first entries would be if they were in
// memory, as Redis packs entries that come one after the other.
func (p *streamPages) firstNode() *streamNode {
	if p.head == nil {
		p.walk(streamID{}, maxStreamID, false, func(e *streamEntry) bool {
			_, fields := unpackEntry(e.value)
			if p.head == nil {
				p.head = newStreamNode(e.id, fields)
				p.held = p.head.held()
			} else if !p.head.hasRoom(fieldBytes(fields)) {
				return false
			}
			p.head.add(e.id, fields, e.value)
			p.held += e.held()
			return true
		})
	}
	return p.head
}

// page has an empty stream serve its entries from the rows.
func (s *stream) page(r *rows) {
	p := &streamPages{rows: r, none: true, gone: map[streamID]bool{}}
	s.pages = p
	from := Item{Kind: streamEntryRow, Field: maxStreamID.bytes()}
	r.scan(Query{From: &from, Reverse: true, Limit: 1}, func(it Item) bool {
		p.to, p.none = streamIDOf(it.Field), false
		p.edges[1] = edgeEntry{&streamEntry{p.to, it.Value}, true}
		ordinal, _ := unpackEntry(it.Value)
		s.state.last, s.state.added = p.to, ordinal
		return false
	})
	from.Kind, from.Field = streamStateRow, ""
	r.scan(Query{From: &from}, func(it Item) bool { s.load(it); return true })
}

// shed lets go of the entries, all of which the store shows.
func (s *stream) shed(r *rows) {
	if len(s.names) > 0 || s.log != nil || s.pages == nil && s.n <= r.e.opt.ResidentRows {
		return
	}
	if s.pages == nil {
		s.pages = &streamPages{rows: r, none: true, counted: true}
	}
	p := s.pages
	p.gone, p.head, p.held = map[streamID]bool{}, nil, 0
	if s.n == 0 {
		s.forget()
		return
	}
	last := s.edge(true)
	if p.none {
		p.from = streamID{}
	}
	p.edges = [2]edgeEntry{p.edges[0], {&streamEntry{last.id, last.value}, true}}
	if p.edges[0].entry == nil {
		p.edges[0].known = false
	}
	p.to, p.none = last.id, false
	if p.counted {
		p.n += s.n
	}
	s.forget()
}

// forget empties the nodes, whose entries the rows serve from now on.
func (s *stream) forget() {
	for _, n := range s.nodes {
		s.held -= n.held()
		for i := range n.entries {
			s.held -= n.entries[i].held()
		}
	}
	s.nodes, s.n = nil, 0
}

// removeRow takes an entry out that is in the rows and reports whether it was
// there.
func (s *stream) removeRow(id streamID) bool {
	p := s.pages
	if p == nil || p.find(id) == nil {
		return false
	}
	set := func(gone bool) {
		if gone {
			p.gone[id] = true
			p.count(-1)
		} else {
			delete(p.gone, id)
			p.count(1)
		}
		p.changed()
		s.change(streamEntryRow, id.bytes())
	}
	set(true)
	if s.log != nil {
		s.log.add(func() { set(false) })
	}
	return true
}

// makeWay has entries from an id on, which is new, be in the nodes. XSETID may
// have gone back behind an entry that was removed.
func (s *stream) makeWay(id streamID) {
	p := s.pages
	if p == nil || p.none || p.to.less(id) {
		return
	}
	p.length() // the rows from id on are of entries that were removed
	to, none := p.to, p.none
	if s.log != nil {
		s.log.add(func() { p.to, p.none = to, none; p.changed() })
	}
	before, ok := id.prev()
	p.to, p.none = before, !ok
}

// trimRows removes entries that are in the rows from the front. It returns how
// many, and whether those in the nodes must be looked at.
func (s *stream) trimRows(t streamTrim) (removed int64, more bool) {
	p := s.pages
	if p == nil {
		return 0, true
	}
	if t.approx {
		for n := p.firstNode(); n != nil; n = p.firstNode() {
			size := len(n.entries)
			if !t.byID && int64(s.length()) <= t.maxLen || t.limit != 0 && removed+int64(size) > t.limit {
				return removed, false
			}
			if t.byID && !n.last.less(t.minID) || !t.byID && int64(s.length()-size) < t.maxLen {
				return removed, false
			}
			ids := make([]streamID, size)
			for i := range ids {
				ids[i] = n.entries[i].id
			}
			s.cutRows(ids)
			removed += int64(size)
		}
		return removed, true
	}
	excess := int64(math.MaxInt64)
	if !t.byID {
		excess = int64(s.length()) - t.maxLen
	}
	if excess <= 0 {
		return 0, false
	}
	var ids []streamID
	more = p.walk(streamID{}, maxStreamID, false, func(e *streamEntry) bool {
		if t.byID && !e.id.less(t.minID) {
			return false
		}
		ids = append(ids, e.id)
		return int64(len(ids)) < excess
	})
	if len(ids) > 0 {
		s.cutRows(ids)
	}
	return int64(len(ids)), more
}

// cutRows removes the first entries that are in the rows.
func (s *stream) cutRows(ids []streamID) {
	p := s.pages
	before := *p
	set := func(from streamID, none bool, by int) {
		p.from, p.none = from, none
		p.count(by)
		p.changed()
		for _, id := range ids {
			s.change(streamEntryRow, id.bytes())
		}
	}
	next, ok := ids[len(ids)-1].next()
	if s.log != nil {
		s.log.add(func() { set(before.from, before.none, len(ids)) })
	}
	set(next, p.none || !ok || p.to.less(next), -len(ids))
}
