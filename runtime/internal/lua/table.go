package lua

import (
	"math"
	"math/bits"
)

// A Table is a table of Lua: a list and a hash with Lua 5.1's own layout, so
// that pairs, next and the length of a list with holes answer as there.
type Table struct {
	list     []Value
	nodes    []node // 2^n of them, or none
	lastFree int    // nodes at and behind it are in use
	meta     *Table
	g        *State // whose budget pays
	readonly bool
	id       uint32
}

// A node is an element of the hash. next is how far away the next node of the
// chain is, 0 at its end.
type node struct {
	key, val Value
	next     int32
}

// NewTable returns a table with room for a list and for other keys.
func (g *State) NewTable(list, hash int) *Table {
	g.Grow(tableBytes + valueBytes*list + nodeBytes*hash)
	g.ids++
	t := &Table{g: g, id: g.ids}
	if list > 0 {
		t.list = make([]Value, list)
	}
	t.setNodes(hash)
	return t
}

// Refill makes of a table that nothing uses any more a new one that is a list of
// strings.
func (t *Table) Refill(texts []string) {
	g, list := t.g, t.list
	g.Grow(tableBytes + valueBytes*len(texts))
	g.ids++
	clear(list)
	if cap(list) < len(texts) || cap(list) > maxRefill {
		list = make([]Value, len(texts))
	}
	*t = Table{g: g, id: g.ids, list: list[:len(texts)]}
	for i, s := range texts {
		t.list[i] = Text(s)
	}
}

// maxRefill is how long a list Refill keeps.
const maxRefill = 256

// SetReadonly says whether programs can change the table, as Redis's patched Lua
// has it.
func (t *Table) SetReadonly(on bool) { t.readonly = on }

// Readonly reports whether programs cannot change the table.
func (t *Table) Readonly() bool { return t.readonly }

// SetMeta gives the table a metatable, or none.
func (t *Table) SetMeta(meta *Table) { t.meta = meta }

// Meta is the table's metatable, nil when it has none.
func (t *Table) Meta() *Table { return t.meta }

func (t *Table) setNodes(size int) {
	if size == 0 {
		t.nodes, t.lastFree = nil, 0
		return
	}
	n := 1 << bits.Len(uint(size-1))
	t.nodes, t.lastFree = make([]node, n), n
}

// position is the node where a key belongs. There must be nodes.
func (t *Table) position(k Value) int {
	mask := uint32(len(t.nodes) - 1)
	switch o := k.o.(type) {
	case *String:
		return int(o.hashOf() & mask)
	case isNumber:
		if k.n == 0 {
			return 0
		}
		b := math.Float64bits(k.n)
		return int((uint32(b) + uint32(b>>32)) % (mask | 1))
	case bool:
		if o {
			return int(1 & mask)
		}
		return 0
	case *Table:
		return int(o.id % (mask | 1))
	case *Function:
		return int(o.id % (mask | 1))
	case *Thread:
		return int(o.id % (mask | 1))
	}
	return 0
}

// Get is the value of a key, without metamethods.
func (t *Table) Get(k Value) Value {
	switch o := k.o.(type) {
	case *String:
		return t.getString(o)
	case isNumber:
		i := int(k.n)
		if uint(i-1) < uint(len(t.list)) && float64(i) == k.n {
			return t.list[i-1]
		}
		return t.getNumber(k.n)
	case nil:
		return Nil
	}
	if n := t.find(k); n != nil {
		return n.val
	}
	return Nil
}

// GetInt is the value of a whole number.
func (t *Table) GetInt(i int) Value {
	if uint(i-1) < uint(len(t.list)) {
		return t.list[i-1]
	}
	return t.getNumber(float64(i))
}

// GetText is the value of a string.
func (t *Table) GetText(key string) Value { return t.getString(&String{s: key}) }

func (t *Table) getString(key *String) Value {
	if len(t.nodes) == 0 {
		return Nil
	}
	i := int(key.hashOf()) & (len(t.nodes) - 1)
	for {
		n := &t.nodes[i]
		if s, ok := n.key.o.(*String); ok && (s == key || s.hash == key.hash && s.s == key.s) {
			return n.val
		}
		if n.next == 0 {
			return Nil
		}
		i += int(n.next)
		t.g.steps-- // keys can be made that collide
	}
}

func (t *Table) getNumber(f float64) Value {
	if len(t.nodes) == 0 {
		return Nil
	}
	i := t.position(Number(f))
	for {
		n := &t.nodes[i]
		if _, ok := n.key.o.(isNumber); ok && n.key.n == f {
			return n.val
		}
		if n.next == 0 {
			return Nil
		}
		i += int(n.next)
		t.g.steps-- // keys can be made that collide
	}
}

// find is the node of a key, nil when there is none.
func (t *Table) find(k Value) *node {
	if len(t.nodes) == 0 {
		return nil
	}
	for i := t.position(k); ; {
		n := &t.nodes[i]
		if n.key.Equal(k) {
			return n
		}
		if n.next == 0 {
			return nil
		}
		i += int(n.next)
		t.g.steps--
	}
}

// Set sets a key, without metamethods. The key must not be nil or NaN.
func (t *Table) Set(k, v Value) {
	if _, ok := k.o.(isNumber); ok {
		i := int(k.n)
		if uint(i-1) < uint(len(t.list)) && float64(i) == k.n {
			t.list[i-1] = v
			return
		}
	}
	if n := t.find(k); n != nil {
		n.val = v
		return
	}
	t.insert(k, v)
}

// SetInt sets a whole number.
func (t *Table) SetInt(i int, v Value) {
	if uint(i-1) < uint(len(t.list)) {
		t.list[i-1] = v
		return
	}
	t.Set(Int(i), v)
}

// SetText sets a string.
func (t *Table) SetText(key string, v Value) { t.Set(Text(key), v) }

// insert adds a key that the table does not have. Colliding nodes out of their
// main position move; otherwise the new one takes a free place.
func (t *Table) insert(k, v Value) {
	if len(t.nodes) == 0 {
		t.rehash(k, v)
		return
	}
	main := t.position(k)
	at := main
	if t.nodes[main].val.o != nil {
		free := t.free()
		if free < 0 {
			t.rehash(k, v)
			return
		}
		if other := t.position(t.nodes[main].key); other != main {
			for other+int(t.nodes[other].next) != main {
				other += int(t.nodes[other].next)
			}
			t.nodes[other].next = int32(free - other)
			t.nodes[free] = t.nodes[main]
			if t.nodes[main].next != 0 {
				t.nodes[free].next += int32(main - free)
			}
			t.nodes[main] = node{}
		} else {
			if next := t.nodes[main].next; next != 0 {
				t.nodes[free].next = int32(main + int(next) - free)
			} else {
				t.nodes[free].next = 0
			}
			t.nodes[main].next = int32(free - main)
			at = free
		}
	}
	t.nodes[at].key, t.nodes[at].val = k, v
}

// free is a node that was never used, -1 when there is none.
func (t *Table) free() int {
	for t.lastFree > 0 {
		t.lastFree--
		if t.nodes[t.lastFree].key.o == nil {
			return t.lastFree
		}
	}
	return -1
}

const maxListBits = 26

// rehash makes room for one more key: the list gets the largest size that is
// more than half in use.
func (t *Table) rehash(k, v Value) {
	t.g.Walk(len(t.list) + len(t.nodes))
	var counts [maxListBits + 1]int
	inList := t.countList(&counts)
	total := inList
	for i := range t.nodes {
		if n := &t.nodes[i]; n.val.o != nil {
			inList += countIndex(n.key, &counts)
			total++
		}
	}
	inList += countIndex(k, &counts)
	total++
	size, used := listSize(&counts, inList)
	t.resize(size, total-used)
	t.Set(k, v)
}

// countIndex counts a key that could be in a list by its power of two.
func countIndex(k Value, counts *[maxListBits + 1]int) int {
	if _, ok := k.o.(isNumber); !ok {
		return 0
	}
	i := int(k.n)
	if float64(i) != k.n || i <= 0 || i > 1<<maxListBits {
		return 0
	}
	counts[bits.Len(uint(i-1))]++
	return 1
}

func (t *Table) countList(counts *[maxListBits + 1]int) (used int) {
	i := 0
	for lg, limit := 0, 1; lg <= maxListBits; lg, limit = lg+1, limit*2 {
		n := 0
		for ; i < min(limit, len(t.list)); i++ {
			if t.list[i].o != nil {
				n++
			}
		}
		counts[lg] += n
		used += n
		if i >= len(t.list) {
			break
		}
	}
	return used
}

// listSize is the largest power of two of which more than half would be used,
// and how many keys it holds.
func listSize(counts *[maxListBits + 1]int, candidates int) (size, used int) {
	sum := 0
	for i, limit := 0, 1; limit/2 < candidates && i <= maxListBits; i, limit = i+1, limit*2 {
		if counts[i] > 0 {
			sum += counts[i]
			if sum > limit/2 {
				size, used = limit, sum
			}
		}
		if sum == candidates {
			break
		}
	}
	return size, used
}

// resize gives the table another layout.
func (t *Table) resize(list, hash int) {
	if list > len(t.list) {
		t.g.Grow(valueBytes * (list - len(t.list)))
	}
	if hash > 0 {
		t.g.Grow(nodeBytes << bits.Len(uint(hash-1)))
	}
	nodes := t.nodes
	var moved []Value
	switch {
	case list > len(t.list):
		l := make([]Value, list)
		copy(l, t.list)
		t.list = l
	case list < len(t.list):
		moved = t.list[list:]
		t.list = t.list[:list:list]
	}
	t.setNodes(hash)
	for i, v := range moved {
		if v.o != nil {
			t.SetInt(list+i+1, v)
		}
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if nodes[i].val.o != nil {
			t.Set(nodes[i].key, nodes[i].val)
		}
	}
}

// The sizes of what tables are made of, in bytes.
const (
	tableBytes = 96
	valueBytes = 24
	nodeBytes  = 56
)

// Hashed reports whether the table may have other keys than its list.
func (t *Table) Hashed() bool { return len(t.nodes) > 0 }

// Reserve makes room for a list of n elements.
func (t *Table) Reserve(n int) {
	if n > len(t.list) {
		t.resize(n, len(t.nodes))
	}
}

// Len is a border of the list, the same that Lua 5.1 finds.
func (t *Table) Len() int {
	j := len(t.list)
	if j > 0 && t.list[j-1].o == nil {
		i := 0
		for j-i > 1 {
			if m := (i + j) / 2; t.list[m-1].o == nil {
				j = m
			} else {
				i = m
			}
		}
		return i
	}
	if len(t.nodes) == 0 {
		return j
	}
	i := j
	for j++; t.GetInt(j).o != nil; {
		i = j
		j *= 2
		if j > math.MaxInt32-2 {
			for i = 1; t.GetInt(i).o != nil; i++ {
			}
			return i - 1
		}
	}
	for j-i > 1 {
		if m := (i + j) / 2; t.GetInt(m).o == nil {
			j = m
		} else {
			i = m
		}
	}
	return i
}

// Next is the element behind a key in the order of pairs; the first behind nil.
// key is nil behind the last one. ok is false when the key is not in the table.
func (t *Table) Next(k Value) (key, val Value, ok bool) {
	i := 0
	if k.o != nil {
		if i = t.indexOf(k); i < 0 {
			return Nil, Nil, false
		}
	}
	key, val, _ = t.from(i)
	return key, val, true
}

// from is the first element at or behind a place in the order of pairs, and the
// place behind it.
func (t *Table) from(i int) (key, val Value, next int) {
	start := i
	for ; i < len(t.list); i++ {
		if t.list[i].o != nil {
			t.g.steps -= int64(i-start) / 4
			return Int(i + 1), t.list[i], i + 1
		}
	}
	for j := i - len(t.list); j < len(t.nodes); j++ {
		if n := &t.nodes[j]; n.val.o != nil {
			t.g.steps -= int64(j+len(t.list)-start) / 4
			return n.key, n.val, j + len(t.list) + 1
		}
	}
	t.g.steps -= int64(len(t.list)+len(t.nodes)-start) / 4
	return Nil, Nil, 0
}

// indexOf is the place behind a key in the order of pairs, -1 for one that is
// not there.
func (t *Table) indexOf(k Value) int {
	if _, ok := k.o.(isNumber); ok {
		if i := int(k.n); uint(i-1) < uint(len(t.list)) && float64(i) == k.n {
			return i
		}
	}
	if len(t.nodes) == 0 {
		return -1
	}
	for i := t.position(k); ; {
		n := &t.nodes[i]
		if n.key.Equal(k) {
			return i + len(t.list) + 1
		}
		if n.next == 0 {
			return -1
		}
		i += int(n.next)
		t.g.steps--
	}
}

// Each calls yield for every element in the order of pairs until it returns
// false. The table must not be changed meanwhile.
func (t *Table) Each(yield func(k, v Value) bool) {
	for k, v, i := t.from(0); k.o != nil; k, v, i = t.from(i) {
		if !yield(k, v) {
			return
		}
	}
}
