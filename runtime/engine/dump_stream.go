package engine

import "math"

// streamItems is a stream as its rows tell it, in the order of their kinds. The
// state row is always among them.
func streamItems(s *stream) (items []Item) {
	s.walk(streamID{}, streamID{math.MaxUint64, math.MaxUint64}, false, func(e *streamEntry) bool {
		items = append(items, Item{Field: e.id.bytes(), Value: e.value})
		return true
	})
	items = append(items, Item{Kind: streamStateRow, Value: s.state.String()})
	add := func(kind uint8, field string) {
		if value, ok := s.groupRow(kind, field); ok {
			items = append(items, Item{Kind: kind, Field: field, Value: value})
		}
	}
	groups := sortedNames(s.groups)
	for _, name := range groups {
		add(streamGroupRow, name)
	}
	for _, name := range groups {
		for _, con := range sortedNames(s.groups[name].consumers) {
			add(streamConsumerRow, counted(name)+con)
		}
	}
	for _, name := range groups {
		s.groups[name].pending.walk(streamID{}, func(p *pendingEntry) bool {
			add(streamPendingRow, counted(name)+p.id.bytes())
			return true
		})
	}
	return items
}

// readStream makes a stream of the rows of a payload; ok is false when they are
// not what streamItems writes.
func readStream(items []Item, track bool) (obj collection, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, isFault := p.(fault); !isFault {
				panic(p)
			}
			obj, ok = nil, false // load refused a row
		}
	}()
	s := newStream(false)
	var kind uint8
	var last streamID
	states := 0
	for _, it := range items {
		switch id := streamIDOf(it.Field); {
		case it.Kind < kind:
			return nil, false
		case it.Kind == streamEntryRow:
			if len(it.Field) != 16 || id == (streamID{}) || id.compare(last) <= 0 {
				return nil, false
			}
			last = id
		case it.Kind == streamStateRow:
			states++
		}
		kind = it.Kind
		s.load(it)
	}
	if states != 1 || s.state.last.less(last) {
		return nil, false
	}
	s.on = track // clone notes all of it
	return s.clone(), true
}
