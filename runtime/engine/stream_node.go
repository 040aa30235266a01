package engine

import "slices"

// Redis keeps entries in nodes of at most 100 entries or 4096 bytes, and
// trimming with ~ only removes whole nodes: so that it removes the same entries
// here, entries are kept in nodes of the same borders.
const (
	streamNodeEntries = 100
	streamNodeBytes   = 4096
)

// A streamEntry is an entry with its fields as the store keeps them.
type streamEntry struct {
	id    streamID
	value string // packed, see packEntry
}

// A streamNode holds neighbouring entries.
type streamNode struct {
	first   streamID // of the entry for which the node was made
	last    streamID // of the last entry that it was given
	names   []string // field names of the first entry, which Redis writes once
	entries []streamEntry
	gone    int // entries that were removed
	bytes   int // that Redis's node has, removed entries included
}

// held is about what an entry takes in memory: its place, for which a node that
// grows has room to spare, and its text.
func (e *streamEntry) held() int64 { return 41 + textBytes(e.value) }

// held is about what a node takes in memory besides its entries.
func (n *streamNode) held() int64 {
	b := int64(104)
	for _, name := range n.names {
		b += 16 + textBytes(name)
	}
	return b
}

// copy returns a node that does not change with this one.
func (n *streamNode) copy() streamNode {
	c := *n
	c.entries = slices.Clone(n.entries)
	return c
}

// hasRoom reports whether an entry whose names and values have so many bytes goes
// into the node.
func (n *streamNode) hasRoom(bytes int) bool {
	return n.bytes+bytes < streamNodeBytes && len(n.entries)+n.gone < streamNodeEntries
}

// newStreamNode returns an empty node for an entry with these fields.
func newStreamNode(id streamID, fields []string) *streamNode {
	n := &streamNode{first: id, names: make([]string, 0, len(fields)/2)}
	// A header, an end, two counts, the number of names, the names, an end mark.
	n.bytes = 7 + 2 + 2 + packedInt(int64(len(fields)/2)) + 2
	for i := 0; i < len(fields); i += 2 {
		n.names = append(n.names, fields[i])
		n.bytes += packedString(fields[i])
	}
	return n
}

// add appends an entry.
func (n *streamNode) add(id streamID, fields []string, value string) {
	n.bytes += 2 + packedInt(int64(id.ms-n.first.ms)) + packedInt(int64(id.seq-n.first.seq))
	count := len(fields) / 2
	same := count == len(n.names)
	for i := 0; same && i < count; i++ {
		same = fields[2*i] == n.names[i]
	}
	if same {
		n.bytes += packedInt(int64(count + 3))
	} else {
		n.bytes += packedInt(int64(count)) + packedInt(int64(2*count+4))
	}
	for i, f := range fields {
		if i%2 == 1 || !same {
			n.bytes += packedString(f)
		}
	}
	n.entries = append(n.entries, streamEntry{id, value})
	n.last = id
}

// packedInt is how many bytes an integer takes in a Redis listpack.
func packedInt(v int64) int {
	switch {
	case v >= 0 && v < 1<<7:
		return 2
	case v >= -1<<12 && v < 1<<12:
		return 3
	case v >= -1<<15 && v < 1<<15:
		return 4
	case v >= -1<<23 && v < 1<<23:
		return 5
	case v >= -1<<31 && v < 1<<31:
		return 6
	}
	return 10
}

// packedString is how many bytes a string takes in a Redis listpack.
func packedString(s string) int {
	if v, ok := parseInt(s); ok {
		return packedInt(v)
	}
	n := len(s)
	switch {
	case n < 1<<6:
		n++
	case n < 1<<12:
		n += 2
	default:
		n += 5
	}
	for size := n; ; size >>= 7 { // the length once more, for walking backwards
		n++
		if size < 1<<7 {
			return n
		}
	}
}

// search is the index of the first entry that is not before id.
func (n *streamNode) search(id streamID) int {
	i, _ := slices.BinarySearchFunc(n.entries, id, func(e streamEntry, id streamID) int { return e.id.compare(id) })
	return i
}

// radixNodes is how many nodes a radix tree like Redis's has over the ids of the
// nodes: a run of bytes without a branch is one node, and so is each branch.
func radixNodes(keys []string) int {
	if len(keys) == 0 {
		return 1
	}
	return radixBelow(keys, 0)
}

func radixBelow(keys []string, depth int) int {
	if depth == len(keys[0]) {
		return 1
	}
	first, last := keys[0], keys[len(keys)-1]
	common := depth
	for common < len(first) && first[common] == last[common] {
		common++
	}
	if common > depth {
		return 1 + radixBelow(keys, common)
	}
	total := 1
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n][depth] == keys[0][depth] {
			n++
		}
		total += radixBelow(keys[:n], depth+1)
		keys = keys[n:]
	}
	return total
}
