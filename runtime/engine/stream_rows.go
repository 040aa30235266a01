package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// Kinds of a stream's rows, in the order in which they are read.
const (
	streamEntryRow    uint8 = 0 // Field: the id. Value: see packEntry
	streamStateRow    uint8 = 1 // Field: empty. Value: "last-id entries-added max-deleted-id", while the last entry does not say it
	streamGroupRow    uint8 = 2 // Field: the group. Value: "last-delivered-id entries-read"
	streamConsumerRow uint8 = 3 // Field: the group's length, ":", the group, the consumer. Value: Unix milliseconds of its last call
	streamPendingRow  uint8 = 4 // Field: the group's length, ":", the group, the id. Value: "delivered-at deliveries consumer"
)

// packEntry writes an entry's row: which of the entries ever added it is, then
// each name and value with its length before it, "17;4:name5:Alice".
func packEntry(ordinal int64, fields []string) string {
	size := 24
	for _, f := range fields {
		size += len(f) + 4
	}
	b := make([]byte, 0, size)
	b = append(strconv.AppendInt(b, ordinal, 10), ';')
	for _, f := range fields {
		b = append(strconv.AppendInt(b, int64(len(f)), 10), ':')
		b = append(b, f...)
	}
	return string(b)
}

// unpackEntry reads what packEntry wrote.
func unpackEntry(value string) (ordinal int64, fields []string) {
	head, rest, ok := strings.Cut(value, ";")
	ordinal, err := strconv.ParseInt(head, 10, 64)
	if ok = ok && err == nil; ok {
		for rest != "" && ok {
			var f string
			f, rest, ok = cutCounted(rest)
			fields = append(fields, f)
		}
	}
	if !ok || len(fields)%2 != 0 {
		panic(fault{fmt.Errorf("engine: a row of a stream does not hold an entry: %q", clip(value))})
	}
	return ordinal, fields
}

// cutCounted reads a string with its length before it.
func cutCounted(s string) (text, rest string, ok bool) {
	size, rest, ok := strings.Cut(s, ":")
	n, err := strconv.Atoi(size)
	if !ok || err != nil || n < 0 || n > len(rest) {
		return "", "", false
	}
	return rest[:n], rest[n:], true
}

func (s *stream) load(it Item) {
	ok := true
	switch it.Kind {
	case streamEntryRow:
		id := streamIDOf(it.Field)
		ordinal, fields := unpackEntry(it.Value)
		s.insert(id, fields, it.Value)
		s.state.last, s.state.added = id, ordinal
	case streamStateRow:
		s.stored, ok = parseStreamState(it.Value)
		s.state = s.recalled(s.state.last, s.state.added)
	default:
		ok = s.loadGroup(it)
	}
	if !ok {
		panic(fault{fmt.Errorf("engine: a row of kind %d of a stream cannot be read: %q = %q", it.Kind, clip(it.Field), clip(it.Value))})
	}
}

// recalled is the state that the state row and the last entry's row tell
// together: the newer of the two counts.
func (s *stream) recalled(last streamID, added int64) streamState {
	st := s.stored
	if st.last.less(last) {
		st.last, st.added = last, added
	}
	return st
}

func (st streamState) String() string {
	return fmt.Sprintf("%v %d %v", st.last, st.added, st.deleted)
}

func parseStreamState(text string) (st streamState, ok bool) {
	words := strings.Split(text, " ")
	if len(words) != 3 {
		return st, false
	}
	added, err := strconv.ParseInt(words[1], 10, 64)
	last, ok1 := strictID(words[0])
	deleted, ok2 := strictID(words[2])
	return streamState{last, added, deleted}, err == nil && ok1 && ok2
}

func (s *stream) emit(id uint64, ops []Op) []Op {
	put := func(kind uint8, field, value string) {
		ops = append(ops, Op{Kind: OpPutItem, Type: TypeStream, ID: id, Item: Item{Kind: kind, Field: field, Value: value}})
	}
	for _, name := range s.take() {
		kind, field := name[0]-'0', name[1:]
		value, ok := s.row(kind, field)
		if ok {
			put(kind, field, value)
		} else {
			ops = append(ops, Op{Kind: OpDelItem, Type: TypeStream, ID: id, Item: Item{Kind: kind, Field: field}})
		}
	}
	if !s.on {
		return ops
	}
	var last streamID
	var added int64
	if e := s.edge(true); e != nil {
		last = e.id
		added, _ = unpackOrdinal(e.value)
	}
	if s.recalled(last, added) != s.state {
		s.stored = s.state
		put(streamStateRow, "", s.state.String())
	}
	return ops
}

// unpackOrdinal is unpackEntry without the fields.
func unpackOrdinal(value string) (int64, error) {
	head, _, _ := strings.Cut(value, ";")
	return strconv.ParseInt(head, 10, 64)
}

// row is the value of a row; ok is false when it must not exist.
func (s *stream) row(kind uint8, field string) (value string, ok bool) {
	if kind != streamEntryRow {
		return s.groupRow(kind, field)
	}
	if e := s.find(streamIDOf(field)); e != nil {
		return e.value, true
	}
	return "", false
}
