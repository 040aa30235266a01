package engine

import (
	"fmt"
	"math"
)

// expiryHeap is a binary heap of the keys that expire, soonest first. Each
// entry knows its place, so that a changed expiry costs a logarithm.
type expiryHeap []*entry

func (h *expiryHeap) put(ent *entry) {
	if ent.heapIdx == 0 {
		*h = append(*h, ent)
		ent.heapIdx = int32(len(*h))
	}
	i := int(ent.heapIdx - 1)
	if !h.up(i) {
		h.down(i)
	}
}

func (h *expiryHeap) drop(ent *entry) {
	if ent.heapIdx == 0 {
		return
	}
	i, last := int(ent.heapIdx-1), len(*h)-1
	ent.heapIdx = 0
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	if i == last {
		return
	}
	(*h)[i] = moved
	moved.heapIdx = int32(i + 1)
	if !h.up(i) {
		h.down(i)
	}
}

// dropDB takes all keys of a database out.
func (h *expiryHeap) dropDB(db uint32) {
	kept := (*h)[:0]
	for _, ent := range *h {
		if ent.db == db {
			ent.heapIdx = 0
		} else {
			kept = append(kept, ent)
		}
	}
	for i := len(kept); i < len(*h); i++ {
		(*h)[i] = nil
	}
	*h = kept
	for i, ent := range kept {
		ent.heapIdx = int32(i + 1)
	}
	for i := len(kept)/2 - 1; i >= 0; i-- {
		kept.down(i)
	}
}

func (h expiryHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIdx, h[j].heapIdx = int32(i+1), int32(j+1)
}

func (h expiryHeap) up(i int) (moved bool) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].expireAt <= h[i].expireAt {
			break
		}
		h.swap(i, parent)
		i, moved = parent, true
	}
	return moved
}

func (h expiryHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].expireAt < h[child].expireAt {
			child++
		}
		if h[i].expireAt <= h[child].expireAt {
			return
		}
		h.swap(i, child)
		i = child
	}
}

// expireBatch bounds how many keys one Tick removes.
const expireBatch = 512

// expireInterval is the least time between two removals of expired keys that
// nobody asked for, in milliseconds.
const expireInterval = 100

// expireDue removes keys whose time is over, at most expireBatch of them.
func (e *Engine) expireDue() {
	for n := 0; n < expireBatch && len(e.expiry) > 0 && e.expiry[0].expired(e.nowMs); n++ {
		e.remove(e.expiry[0])
		e.stats.expired++
	}
	e.expireAbsent()
	e.expireFieldsDue()
	e.nextExpire = e.nowMs + expireInterval
}

// expireAbsent removes keys that are not in memory and whose time is over, at
// most expireBatch of them.
func (e *Engine) expireAbsent() {
	if e.soonest == 0 || e.soonest >= e.nowMs {
		return
	}
	var due []Header
	e.soonest = 0
	err := e.store.Expiring(math.MaxInt64, expireBatch+1, func(h Header) bool {
		if h.ExpireAt >= e.nowMs || len(due) == expireBatch {
			e.soonest = h.ExpireAt
			return false
		}
		due = append(due, h)
		return true
	})
	if err != nil {
		panic(fault{fmt.Errorf("looking for expired keys: %w", err)})
	}
	for i := range due {
		h := &due[i]
		ks := e.dbs[h.DB]
		if ks == nil || ks.find(h.Hash, h.Key) != nil || ks.ghost(h.Key) {
			continue // the heap knows it, or has just removed it
		}
		e.remove(e.admit(ks, h.DB, h))
		e.stats.expired++
	}
}

// deadline is the time in Unix microseconds at which Tick has something to do,
// 0 when it never has.
func (e *Engine) deadline() int64 {
	var first int64
	if len(e.expiry) > 0 {
		first = e.expiry[0].expireAt
	}
	var at int64
	for _, soonest := range [...]int64{first, e.soonest, e.fields.soonest} {
		if soonest == 0 || soonest >= math.MaxInt64/1000 { // microseconds have no such time
			continue
		}
		if due := max(soonest+1, e.nextExpire) * 1000; at == 0 || due < at {
			at = due
		}
	}
	if len(e.memory.large) > 0 {
		at = e.now // by then the store shows what they let go of
	}
	if e.nextTimeout != 0 && (at == 0 || e.nextTimeout < at) {
		at = e.nextTimeout
	}
	return at
}
