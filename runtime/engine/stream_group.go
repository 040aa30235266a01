package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// unknownRead stands for a count of read entries that cannot be told.
const unknownRead = -1

// A streamGroup is a consumer group.
type streamGroup struct {
	name      string
	last      streamID // of the last entry that was delivered
	read      int64    // entries that were ever read, or unknownRead
	pending   pendingList
	consumers map[string]*streamConsumer
}

// A streamConsumer is a member of a group.
type streamConsumer struct {
	name    string
	seen    int64 // Unix milliseconds of its last call
	pending pendingList
}

// A pendingEntry was delivered and not acknowledged.
type pendingEntry struct {
	id       streamID
	consumer *streamConsumer
	at       int64 // Unix milliseconds of the last delivery
	count    int64 // deliveries
}

// sortedNames lists the names of groups or consumers in the order in which
// Redis shows them.
func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What groups take in memory besides their names.
const (
	groupBytes    = 128 + 48 + 32 // with the map of its consumers and its place in the stream's
	consumerBytes = 64 + 32
	pendingBytes  = 48 + 2*12 // with its places in the lists of the group and the consumer
)

func (g *streamGroup) held() int64 {
	b := groupBytes + textBytes(g.name) + pendingBytes*int64(g.pending.n)
	for name := range g.consumers {
		b += consumerBytes + textBytes(name)
	}
	return b
}

func (s *stream) addGroup(name string, last streamID, read int64) *streamGroup {
	g := &streamGroup{name: name, last: last, read: read, consumers: map[string]*streamConsumer{}}
	s.groups[name] = g
	s.held += g.held()
	s.change(streamGroupRow, name)
	if s.log != nil {
		s.log.add(func() { s.removeGroup(g) })
	}
	return g
}

// removeGroup forgets a group with its consumers and what is pending.
func (s *stream) removeGroup(g *streamGroup) {
	delete(s.groups, g.name)
	s.held -= g.held()
	s.changeAll(g)
	if s.log != nil {
		s.log.add(func() { s.groups[g.name] = g; s.held += g.held(); s.changeAll(g) })
	}
}

// changeAll notes all rows of a group.
func (s *stream) changeAll(g *streamGroup) {
	s.change(streamGroupRow, g.name)
	for name := range g.consumers {
		s.changeConsumer(g, name)
	}
	g.pending.walk(streamID{}, func(p *pendingEntry) bool { s.changePending(g, p.id); return true })
}

// move changes how far a group has read.
func (s *stream) move(g *streamGroup, last streamID, read int64) {
	if s.log != nil {
		before, count := g.last, g.read
		s.log.add(func() { s.move(g, before, count) })
	}
	g.last, g.read = last, read
	s.change(streamGroupRow, g.name)
}

func (s *stream) addConsumer(g *streamGroup, name string, nowMs int64) *streamConsumer {
	con := &streamConsumer{name: name, seen: nowMs}
	g.consumers[name] = con
	s.held += consumerBytes + textBytes(name)
	s.changeConsumer(g, name)
	if s.log != nil {
		s.log.add(func() { s.removeConsumer(g, con) })
	}
	return con
}

// consumer finds or adds a consumer that makes a call now.
func (s *stream) consumer(g *streamGroup, name string, nowMs int64) *streamConsumer {
	con := g.consumers[name]
	if con == nil {
		return s.addConsumer(g, name, nowMs)
	}
	if con.seen != nowMs {
		if s.log != nil {
			before := con.seen
			s.log.add(func() { con.seen = before; s.changeConsumer(g, name) })
		}
		con.seen = nowMs
		s.changeConsumer(g, name)
	}
	return con
}

// removeConsumer forgets a consumer and what is pending for it.
func (s *stream) removeConsumer(g *streamGroup, con *streamConsumer) {
	con.pending.walk(streamID{}, func(p *pendingEntry) bool {
		g.pending.remove(p.id)
		s.changePending(g, p.id)
		return true
	})
	delete(g.consumers, con.name)
	s.held -= consumerBytes + textBytes(con.name) + pendingBytes*int64(con.pending.n)
	s.changeConsumer(g, con.name)
	if s.log != nil {
		s.log.add(func() {
			g.consumers[con.name] = con
			s.held += consumerBytes + textBytes(con.name) + pendingBytes*int64(con.pending.n)
			s.changeConsumer(g, con.name)
			con.pending.walk(streamID{}, func(p *pendingEntry) bool {
				g.pending.insert(p)
				s.changePending(g, p.id)
				return true
			})
		})
	}
}

// deliver notes that an entry was given to a consumer for the first time. One
// that was pending for another goes over.
func (s *stream) deliver(g *streamGroup, con *streamConsumer, id streamID, nowMs int64) {
	p := g.pending.find(id)
	if p == nil {
		p = s.addPending(g, id)
	}
	s.assign(g, p, con, nowMs, 1)
}

// addPending adds a pending entry, which assign must give to a consumer.
func (s *stream) addPending(g *streamGroup, id streamID) *pendingEntry {
	p := &pendingEntry{id: id, count: 1}
	g.pending.insert(p)
	s.held += pendingBytes
	if s.log != nil {
		s.log.add(func() { s.settle(g, id) })
	}
	return p
}

// assign gives a pending entry to a consumer and sets when and how often it was
// delivered.
func (s *stream) assign(g *streamGroup, p *pendingEntry, con *streamConsumer, at, count int64) {
	if s.log != nil {
		before := *p
		s.log.add(func() { s.assign(g, p, before.consumer, before.at, before.count) })
	}
	p.at, p.count = at, count
	s.changePending(g, p.id)
	if p.consumer == con {
		return
	}
	if p.consumer != nil {
		p.consumer.pending.remove(p.id)
	}
	if p.consumer = con; con != nil {
		con.pending.insert(p)
	}
}

// settle takes an entry off what is pending and reports whether it was there.
func (s *stream) settle(g *streamGroup, id streamID) bool {
	p := g.pending.remove(id)
	if p == nil {
		return false
	}
	if p.consumer != nil {
		p.consumer.pending.remove(id)
	}
	s.held -= pendingBytes
	s.changePending(g, id)
	if s.log != nil {
		s.log.add(func() {
			g.pending.insert(p)
			s.held += pendingBytes
			if p.consumer != nil {
				p.consumer.pending.insert(p)
			}
			s.changePending(g, id)
		})
	}
	return true
}

func (s *stream) changeConsumer(g *streamGroup, name string) {
	if s.on {
		s.change(streamConsumerRow, counted(g.name)+name)
	}
}

func (s *stream) changePending(g *streamGroup, id streamID) {
	if s.on {
		s.change(streamPendingRow, counted(g.name)+id.bytes())
	}
}

// hasTombstones reports whether XDEL may have removed an entry from an id on
// that has others before it.
func (s *stream) hasTombstones(from streamID) bool {
	deleted := s.state.deleted
	return deleted != streamID{} && from.compare(deleted) <= 0 && !s.empty() && !deleted.less(s.firstID())
}

// readUpTo is how many entries were ever added up to an id, or unknownRead where
// removed entries hide it.
func (s *stream) readUpTo(id streamID) int64 {
	switch {
	case s.state.added == 0:
		return 0
	case id == s.state.last, id.compare(s.state.last) <= 0 && s.empty():
		return s.state.added
	case s.state.last.less(id):
		return unknownRead
	}
	first := s.firstID()
	if s.state.deleted == (streamID{}) || s.state.deleted.less(first) {
		switch c := id.compare(first); {
		case c < 0:
			return s.state.added - int64(s.length())
		case c == 0:
			return s.state.added - int64(s.length()) + 1
		}
	}
	return unknownRead
}

// lag is how many entries a group has not read yet; ok is false when removed
// entries hide it.
func (s *stream) lag(g *streamGroup) (lag int64, ok bool) {
	if s.state.added == 0 {
		return 0, true
	}
	read := g.read
	if read == unknownRead || s.hasTombstones(g.last) {
		if read = s.readUpTo(g.last); read == unknownRead {
			return 0, false
		}
	}
	return s.state.added - read, true
}

// advance notes that a group was given an entry.
func (s *stream) advance(g *streamGroup, id streamID) {
	if !g.last.less(id) {
		return
	}
	read := g.read
	if read != unknownRead && !s.hasTombstones(id) {
		read++
	} else if s.state.added > 0 {
		read = s.readUpTo(id)
	}
	s.move(g, id, read)
}

func (g *streamGroup) clone(s *stream) *streamGroup {
	twin := s.addGroup(g.name, g.last, g.read)
	for name, con := range g.consumers {
		s.addConsumer(twin, name, con.seen)
	}
	g.pending.walk(streamID{}, func(p *pendingEntry) bool {
		q := s.addPending(twin, p.id)
		s.assign(twin, q, twin.consumers[p.consumer.name], p.at, p.count)
		return true
	})
	return twin
}

// counted is a name that something follows: its length stands before it.
func counted(name string) string { return strconv.Itoa(len(name)) + ":" + name }

// groupRow is the value of a row that belongs to a group.
func (s *stream) groupRow(kind uint8, field string) (value string, ok bool) {
	if kind == streamGroupRow {
		g := s.groups[field]
		if g == nil {
			return "", false
		}
		return fmt.Sprintf("%v %d", g.last, g.read), true
	}
	name, rest, ok := cutCounted(field)
	g := s.groups[name]
	if !ok || g == nil {
		return "", false
	}
	if kind == streamConsumerRow {
		con := g.consumers[rest]
		if con == nil {
			return "", false
		}
		return strconv.FormatInt(con.seen, 10), true
	}
	p := g.pending.find(streamIDOf(rest))
	if p == nil {
		return "", false
	}
	return fmt.Sprintf("%d %d %s", p.at, p.count, p.consumer.name), true
}

// loadGroup adds what a row says that belongs to a group.
func (s *stream) loadGroup(it Item) bool {
	if it.Kind == streamGroupRow {
		id, read, _ := strings.Cut(it.Value, " ")
		last, ok := strictID(id)
		n, err := strconv.ParseInt(read, 10, 64)
		g := &streamGroup{name: it.Field, last: last, read: n, consumers: map[string]*streamConsumer{}}
		s.groups[it.Field] = g
		s.held += g.held()
		return ok && err == nil
	}
	name, rest, ok := cutCounted(it.Field)
	g := s.groups[name]
	if !ok || g == nil {
		return false
	}
	if it.Kind == streamConsumerRow {
		seen, err := strconv.ParseInt(it.Value, 10, 64)
		g.consumers[rest] = &streamConsumer{name: rest, seen: seen}
		s.held += consumerBytes + textBytes(rest)
		return err == nil
	}
	words := strings.SplitN(it.Value, " ", 3)
	if it.Kind != streamPendingRow || len(words) != 3 || g.consumers[words[2]] == nil {
		return false
	}
	p := &pendingEntry{id: streamIDOf(rest), consumer: g.consumers[words[2]]}
	var err1, err2 error
	p.at, err1 = strconv.ParseInt(words[0], 10, 64)
	p.count, err2 = strconv.ParseInt(words[1], 10, 64)
	g.pending.insert(p)
	p.consumer.pending.insert(p)
	s.held += pendingBytes
	return err1 == nil && err2 == nil
}
