package engine

import "slices"

func init() {
	collections[TypeStream] = func(track bool) collection { return newStream(track) }
}

// A stream is a log of entries with its consumer groups.
type stream struct {
	nodes  []*streamNode // those without entries included, which Redis keeps too
	n      int           // entries in nodes
	pages  *streamPages  // the entries before those in nodes; nil: there are no others
	state  streamState
	stored streamState // as the state row has it
	groups map[string]*streamGroup
	held   int64 // bytes that the entries, groups and what is pending take
	log    *undoLog
	tracker
}

// A streamState is what the entries that are there do not tell.
type streamState struct {
	last    streamID // the greatest id that was ever given
	added   int64    // entries that were ever added
	deleted streamID // the greatest id that XDEL removed
}

func newStream(track bool) *stream {
	return &stream{groups: map[string]*streamGroup{}, tracker: tracker{on: track}}
}

func (s *stream) typ() Type { return TypeStream }

func (s *stream) length() int {
	if s.pages != nil {
		return s.n + s.pages.length()
	}
	return s.n
}

// empty reports whether there is no entry, which length may have to count.
func (s *stream) empty() bool { return s.n == 0 && (s.pages == nil || s.pages.edge(false) == nil) }

// bytes is about what the stream takes in memory.
func (s *stream) bytes() int64 {
	if s.pages != nil {
		return 256 + s.held + s.pages.bytes()
	}
	return 256 + s.held
}

func (s *stream) journal(log *undoLog) bool {
	off := s.log == nil
	s.log = log
	return off
}

// change notes that a row must be written or removed.
func (s *stream) change(kind uint8, field string) {
	if s.on {
		s.note(string(rune('0'+kind)) + field)
	}
}

func (s *stream) setState(st streamState) {
	if s.log != nil {
		before := s.state
		s.log.add(func() { s.state = before })
	}
	s.state = st
}

// add appends an entry, whose id must be greater than all before.
func (s *stream) add(id streamID, fields []string) {
	s.makeWay(id)
	if s.log != nil {
		s.log.add(s.unadd(id))
	}
	s.state.last = id
	s.state.added++
	s.insert(id, fields, packEntry(s.state.added, fields))
	if s.on {
		s.change(streamEntryRow, id.bytes())
	}
}

func (s *stream) insert(id streamID, fields []string, value string) {
	if len(s.nodes) == 0 || !s.nodes[len(s.nodes)-1].hasRoom(fieldBytes(fields)) {
		n := newStreamNode(id, fields)
		s.nodes = append(s.nodes, n)
		s.held += n.held()
	}
	n := s.nodes[len(s.nodes)-1]
	n.add(id, fields, value)
	s.held += n.entries[len(n.entries)-1].held()
	s.n++
}

// fieldBytes is how many bytes names and values have.
func fieldBytes(fields []string) (n int) {
	for _, f := range fields {
		n += len(f)
	}
	return n
}

// unadd is the inverse of adding an entry now.
func (s *stream) unadd(id streamID) func() {
	state, count := s.state, len(s.nodes)
	var lastID streamID
	var bytes int
	if count > 0 {
		lastID, bytes = s.nodes[count-1].last, s.nodes[count-1].bytes
	}
	return func() {
		n := s.nodes[len(s.nodes)-1]
		s.held -= n.entries[len(n.entries)-1].held()
		if len(s.nodes) > count {
			s.held -= n.held()
			clear(s.nodes[count:])
			s.nodes = s.nodes[:count]
		} else {
			n.entries = n.entries[:len(n.entries)-1]
			n.last, n.bytes = lastID, bytes
		}
		s.state = state
		s.n--
		s.change(streamEntryRow, id.bytes())
	}
}

// at is the index of the node in which an id would be.
func (s *stream) at(id streamID) int {
	i, found := slices.BinarySearchFunc(s.nodes, id, func(n *streamNode, id streamID) int { return n.first.compare(id) })
	if found {
		return i
	}
	return i - 1
}

// find returns an entry, nil when there is none.
func (s *stream) find(id streamID) *streamEntry {
	if at := s.at(id); at >= 0 {
		n := s.nodes[at]
		if i := n.search(id); i < len(n.entries) && n.entries[i].id == id {
			return &n.entries[i]
		}
	}
	if s.pages != nil {
		return s.pages.find(id)
	}
	return nil
}

// walk calls yield for the entries between two ids, both included, until it
// returns false.
func (s *stream) walk(from, to streamID, reverse bool, yield func(*streamEntry) bool) {
	switch {
	case s.pages == nil:
		s.walkNodes(from, to, reverse, yield)
	case reverse:
		_ = s.walkNodes(from, to, true, yield) && s.pages.walk(from, to, true, yield)
	default:
		_ = s.pages.walk(from, to, false, yield) && s.walkNodes(from, to, false, yield)
	}
}

// walkNodes is walk for the entries in nodes. It returns false when yield did.
func (s *stream) walkNodes(from, to streamID, reverse bool, yield func(*streamEntry) bool) bool {
	if reverse {
		for at := s.at(to); at >= 0; at-- {
			n := s.nodes[at]
			i := n.search(to)
			if i == len(n.entries) || n.entries[i].id != to {
				i--
			}
			for ; i >= 0; i-- {
				if n.entries[i].id.less(from) {
					return true
				}
				if !yield(&n.entries[i]) {
					return false
				}
			}
		}
		return true
	}
	for at := max(s.at(from), 0); at < len(s.nodes); at++ {
		n := s.nodes[at]
		for i := n.search(from); i < len(n.entries); i++ {
			if to.less(n.entries[i].id) {
				return true
			}
			if !yield(&n.entries[i]) {
				return false
			}
		}
	}
	return true
}

// edge is the first or the last entry, nil when there is none.
func (s *stream) edge(last bool) (e *streamEntry) {
	if s.pages != nil && (!last || s.n == 0) {
		if e = s.pages.edge(last); e != nil {
			return e
		}
	}
	s.walkNodes(streamID{}, maxStreamID, last, func(found *streamEntry) bool { e = found; return false })
	return e
}

// firstID is the id of the first entry, 0-0 when there is none.
func (s *stream) firstID() streamID {
	if e := s.edge(false); e != nil {
		return e.id
	}
	return streamID{}
}

// remove takes an entry out and reports whether it was there.
func (s *stream) remove(id streamID) bool {
	at := s.at(id)
	if at < 0 {
		return s.removeRow(id)
	}
	n := s.nodes[at]
	i := n.search(id)
	if i == len(n.entries) || n.entries[i].id != id {
		return s.removeRow(id)
	}
	if s.log != nil {
		before := n.copy()
		s.log.add(func() {
			if len(n.entries) == 0 {
				s.nodes = slices.Insert(s.nodes, at, n)
				s.held += n.held()
			}
			*n = before
			s.held += n.entries[i].held()
			s.n++
			s.change(streamEntryRow, id.bytes())
		})
	}
	s.held -= n.entries[i].held()
	n.entries = slices.Delete(n.entries, i, i+1)
	n.gone++
	s.n--
	if len(n.entries) == 0 {
		s.held -= n.held()
		s.nodes = slices.Delete(s.nodes, at, at+1)
	}
	if s.on {
		s.change(streamEntryRow, id.bytes())
	}
	return true
}

// A streamTrim says which entries at the front go.
type streamTrim struct {
	byID   bool
	maxLen int64
	minID  streamID
	approx bool  // whole nodes only
	limit  int64 // at most so many entries, 0: no limit
}

// trim removes entries from the front and returns how many.
func (s *stream) trim(t streamTrim) int64 {
	removed, more := s.trimRows(t)
	if !more {
		return removed
	}
	var dropped []*streamNode
	if s.log != nil {
		s.log.add(func() {
			s.nodes = append(dropped, s.nodes...)
			for _, n := range dropped {
				s.held += n.held()
			}
		})
	}
	for len(s.nodes) > 0 {
		n := s.nodes[0]
		size := len(n.entries)
		if !t.byID && int64(s.n) <= t.maxLen || t.limit != 0 && removed+int64(size) > t.limit {
			break
		}
		whole := int64(s.n-size) >= t.maxLen
		if t.byID {
			whole = n.last.less(t.minID)
		}
		if whole {
			s.cut(n, size)
			s.held -= n.held()
			s.nodes[0] = nil
			s.nodes = s.nodes[1:]
			dropped = append(dropped, n)
			removed += int64(size)
			continue
		}
		if t.approx {
			break
		}
		part := int(int64(s.n) - t.maxLen)
		if t.byID {
			part = n.search(t.minID)
		}
		s.cut(n, part)
		removed += int64(part)
		break
	}
	return removed
}

// cut removes the first entries of a node.
func (s *stream) cut(n *streamNode, count int) {
	if s.log != nil {
		before := n.copy()
		s.log.add(func() {
			*n = before
			s.n += count
			for i := range n.entries[:count] {
				s.held += n.entries[i].held()
				s.change(streamEntryRow, n.entries[i].id.bytes())
			}
		})
	}
	for i := range n.entries[:count] {
		s.held -= n.entries[i].held()
		if s.on {
			s.change(streamEntryRow, n.entries[i].id.bytes())
		}
	}
	n.entries = slices.Delete(n.entries, 0, count)
	n.gone += count
	s.n -= count
}

func (s *stream) clone() collection {
	twin := newStream(s.on)
	if s.pages != nil {
		s.walk(streamID{}, maxStreamID, false, func(e *streamEntry) bool {
			_, fields := unpackEntry(e.value)
			twin.insert(e.id, fields, e.value)
			twin.change(streamEntryRow, e.id.bytes())
			return true
		})
		twin.state = s.state
		return s.cloneGroups(twin)
	}
	twin.state, twin.n = s.state, s.n
	for _, n := range s.nodes {
		twin.held += n.held()
		for i := range n.entries {
			twin.held += n.entries[i].held()
		}
	}
	twin.nodes = make([]*streamNode, len(s.nodes))
	for i, n := range s.nodes {
		c := n.copy()
		twin.nodes[i] = &c
		if s.on {
			for _, e := range n.entries {
				twin.change(streamEntryRow, e.id.bytes())
			}
		}
	}
	return s.cloneGroups(twin)
}

func (s *stream) cloneGroups(twin *stream) *stream {
	for name, g := range s.groups {
		twin.groups[name] = g.clone(twin)
	}
	return twin
}
