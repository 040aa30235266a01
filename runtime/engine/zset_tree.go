package engine

import (
	"slices"
	"strings"
)

const (
	// zLeaf is how many elements a leaf holds at most, zFan how many children an
	// inner node has at most.
	zLeaf = 128
	zFan  = 64
)

// A zkey is an element's place in the order of a sorted set. The name is the
// member's key: a range is answered from the leaves, without a look at members
// that lie all over the memory.
type zkey struct {
	score float64
	name  string
	m     *zmember
}

// compare orders by score, then by the member's bytes.
func (a zkey) compare(b zkey) int {
	switch {
	case a.score < b.score:
		return -1
	case a.score > b.score:
		return 1
	case a.m == b.m:
		return 0
	}
	return strings.Compare(a.name, b.name)
}

// ztree is a B+tree whose inner nodes count the elements below each child, so
// that an element is found by its rank and its rank by its place. Leaves are
// chained in both directions. The zero value is empty.
type ztree struct {
	root *znode
	n    int
}

// A znode is a leaf, with items, or an inner node, with kids.
type znode struct {
	items      []zkey
	prev, next *znode
	kids       []zkid
	counts     []int32 // elements below each child, apart from kids so that few cache lines hold them
}

// A zkid is a child. low is at most as great as everything in it
// and greater than everything in the child before; the first child's is not
// looked at.
type zkid struct {
	low  zkey
	node *znode
}

// width is what a node's limits are about.
func (n *znode) width() int { return len(n.items) + len(n.kids) }

func (n *znode) leaf() bool { return n.kids == nil }

// size is the number of elements below a node.
func (n *znode) size() int {
	total := len(n.items)
	for _, c := range n.counts {
		total += int(c)
	}
	return total
}

// stride is how many elements lie between those that a search looks at first.
// These looks do not depend on one another, so that their cache misses overlap,
// and what is left lies in few cache lines. In a binary search each look waits
// for the one before.
const stride = 8

// child is the index of the child in which a key belongs.
func (n *znode) child(k zkey) int {
	lo, hi := 1, len(n.kids)
	for lo+stride < hi && n.kids[lo+stride-1].low.score < k.score {
		lo += stride
	}
	if at := lo + stride - 1; at < hi && n.kids[at].low.score > k.score {
		hi = at
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if n.kids[mid].low.compare(k) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// search is the index in a leaf of the first element that is not before k.
func (n *znode) search(k zkey) int {
	lo, hi := 0, len(n.items)
	for lo+stride < hi && n.items[lo+stride-1].score < k.score {
		lo += stride
	}
	if at := lo + stride - 1; at < hi && n.items[at].score > k.score {
		hi = at
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if n.items[mid].compare(k) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// insert adds a key that is not in the tree.
func (t *ztree) insert(k zkey) {
	if t.root == nil {
		t.root = &znode{}
	}
	t.n++
	if right, low := t.root.insert(k); right != nil {
		left := t.root
		t.root = &znode{
			kids:   []zkid{{node: left}, {low, right}},
			counts: []int32{int32(left.size()), int32(right.size())},
		}
	}
}

// insert returns the node's new right half and its lower bound when it split.
func (n *znode) insert(k zkey) (right *znode, low zkey) {
	if n.leaf() {
		i := n.search(k)
		n.items = slices.Insert(n.items, i, k)
		if len(n.items) <= zLeaf {
			return nil, zkey{}
		}
		// Elements that come in order leave full leaves behind.
		at := len(n.items) / 2
		if i == zLeaf && n.next == nil {
			at = zLeaf
		}
		right = &znode{items: append(make([]zkey, 0, zLeaf+1), n.items[at:]...), prev: n, next: n.next}
		clear(n.items[at:])
		n.items = n.items[:at]
		if n.next != nil {
			n.next.prev = right
		}
		n.next = right
		return right, right.items[0]
	}
	i := n.child(k)
	split, bound := n.kids[i].node.insert(k)
	n.counts[i]++
	if split == nil {
		return nil, zkey{}
	}
	size := int32(split.size())
	n.counts[i] -= size
	n.counts = slices.Insert(n.counts, i+1, size)
	n.kids = slices.Insert(n.kids, i+1, zkid{bound, split})
	if len(n.kids) <= zFan {
		return nil, zkey{}
	}
	at := len(n.kids) / 2
	if i+1 == zFan {
		at = zFan
	}
	right = &znode{
		kids:   append(make([]zkid, 0, zFan+1), n.kids[at:]...),
		counts: append(make([]int32, 0, zFan+1), n.counts[at:]...),
	}
	clear(n.kids[at:])
	n.kids, n.counts = n.kids[:at], n.counts[:at]
	return right, right.kids[0].low
}

// remove takes a key out and reports whether it was there.
func (t *ztree) remove(k zkey) bool {
	if t.root == nil || !t.root.remove(k) {
		return false
	}
	t.n--
	for len(t.root.kids) == 1 {
		t.root = t.root.kids[0].node
	}
	if t.root.width() == 0 {
		t.root = nil
	}
	return true
}

func (n *znode) remove(k zkey) bool {
	if n.leaf() {
		i := n.search(k)
		if i == len(n.items) || n.items[i].compare(k) != 0 {
			return false
		}
		n.items = slices.Delete(n.items, i, i+1)
		return true
	}
	i := n.child(k)
	if !n.kids[i].node.remove(k) {
		return false
	}
	n.counts[i]--
	n.settle(i)
	return true
}

// settle merges a child that became thin with a neighbour that has room, and
// drops one that became empty. A child between two full neighbours may stay thin.
func (n *znode) settle(i int) {
	kid := n.kids[i].node
	full := zLeaf
	if !kid.leaf() {
		full = zFan
	}
	switch w := kid.width(); {
	case w == 0:
		if kid.leaf() {
			kid.unlink()
		}
		n.drop(i)
	case w >= full/4:
	case i > 0 && n.kids[i-1].node.width()+w <= full*3/4:
		n.merge(i - 1)
	case i+1 < len(n.kids) && n.kids[i+1].node.width()+w <= full*3/4:
		n.merge(i)
	}
}

// merge moves what is in child i+1 to child i.
func (n *znode) merge(i int) {
	left, right := n.kids[i].node, n.kids[i+1].node
	if right.leaf() {
		left.items = append(left.items, right.items...)
		right.unlink()
	} else {
		right.kids[0].low = n.kids[i+1].low
		left.kids = append(left.kids, right.kids...)
		left.counts = append(left.counts, right.counts...)
	}
	n.counts[i] += n.counts[i+1]
	n.drop(i + 1)
}

// drop forgets a child.
func (n *znode) drop(i int) {
	n.kids = slices.Delete(n.kids, i, i+1)
	n.counts = slices.Delete(n.counts, i, i+1)
}

// unlink takes a leaf out of the chain.
func (n *znode) unlink() {
	if n.prev != nil {
		n.prev.next = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	}
}

// move gives an element another score. An element that stays in its leaf is
// moved within it, and the nodes above do not change.
func (t *ztree) move(k zkey, score float64) {
	to := zkey{score, k.name, k.m}
	n := t.root
	for !n.leaf() {
		n = n.kids[n.child(k)].node
	}
	// Beyond the ends of a leaf are the bounds that inner nodes keep.
	last := len(n.items) - 1
	if n != t.root && (n.items[0].compare(to) > 0 || n.items[last].compare(to) < 0) {
		t.remove(k)
		t.insert(to)
		return
	}
	from, at := n.search(k), n.search(to)
	if at > from {
		at-- // the element itself is before it
		copy(n.items[from:at], n.items[from+1:at+1])
	} else {
		copy(n.items[at+1:from+1], n.items[at:from])
	}
	n.items[at] = to
}

// count is the number of leading elements for which before holds; it must not
// hold for an element after one for which it does not.
func (t *ztree) count(before func(zkey) bool) int {
	if t.root == nil {
		return 0
	}
	n, rank := t.root, 0
	for !n.leaf() {
		lo, hi := 1, len(n.kids)
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if before(n.kids[mid].low) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for _, c := range n.counts[:lo-1] {
			rank += int(c)
		}
		n = n.kids[lo-1].node
	}
	lo, hi := 0, len(n.items)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if before(n.items[mid]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return rank + lo
}

// rank is the number of elements before k.
func (t *ztree) rank(k zkey) int {
	if t.root == nil {
		return 0
	}
	n, rank := t.root, 0
	for !n.leaf() {
		i := n.child(k)
		for _, c := range n.counts[:i] {
			rank += int(c)
		}
		n = n.kids[i].node
	}
	return rank + n.search(k)
}

// through is the number of elements up to k, k included.
func (t *ztree) through(k zkey) int {
	return t.count(func(e zkey) bool { return e.compare(k) <= 0 })
}

// seek finds the leaf and the index in it of the element with a rank, which
// must exist.
func (t *ztree) seek(rank int) (*znode, int) {
	n := t.root
	for !n.leaf() {
		i := 0
		for rank >= int(n.counts[i]) {
			rank -= int(n.counts[i])
			i++
		}
		n = n.kids[i].node
	}
	return n, rank
}

// walk calls yield for the elements with ranks from from up to to (exclusive),
// or from the last of them down to the first, until yield returns false. The
// tree must not change meanwhile.
func (t *ztree) walk(from, to int, reverse bool, yield func(zkey) bool) {
	if from >= to {
		return
	}
	if reverse {
		n, i := t.seek(to - 1)
		for left := to - from; left > 0; left-- {
			for i < 0 {
				n = n.prev
				i = len(n.items) - 1
			}
			if !yield(n.items[i]) {
				return
			}
			i--
		}
		return
	}
	n, i := t.seek(from)
	for left := to - from; left > 0; left-- {
		for i == len(n.items) {
			n, i = n.next, 0
		}
		if !yield(n.items[i]) {
			return
		}
		i++
	}
}
