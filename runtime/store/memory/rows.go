package memory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// Rows is a store that keeps its rows in sorted slices: what a store on disk
// does, without the disk. Tests reopen engines on it and hold other stores
// against it. It also finds faults that a file would bear in silence: a write
// to a collection that was dropped is an error.
type Rows struct {
	seq, nextID uint64
	keys        map[uint32][]engine.Header // by database, sorted by hash and key
	items       map[uint64][]engine.Item   // by collection, in the order of its type
	types       map[uint64]engine.Type
	garbage     []uint64 // dropped collections, whose items Sweep removes
	flushed     [][]engine.Header
	dead        map[uint64]bool // collections that were ever dropped
}

var _ engine.Store = (*Rows)(nil)

// NewRows returns an empty store of rows.
func NewRows() *Rows {
	return &Rows{
		nextID: 1, keys: map[uint32][]engine.Header{}, items: map[uint64][]engine.Item{},
		types: map[uint64]engine.Type{}, dead: map[uint64]bool{},
	}
}

// Open returns the state; opening again is reopening.
func (r *Rows) Open() (engine.State, error) {
	return engine.State{Seq: r.seq, NextID: r.nextID}, nil
}

// Close does nothing: the rows stay, so that the store can be opened again.
func (r *Rows) Close() error { return nil }

func compareHeaders(a, b engine.Header) int {
	if c := cmp.Compare(a.Hash, b.Hash); c != 0 {
		return c
	}
	return strings.Compare(a.Key, b.Key)
}

// Key finds the header of a key.
func (r *Rows) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	i, found := slices.BinarySearchFunc(r.keys[db], engine.Header{Hash: hash, Key: key}, compareHeaders)
	if !found {
		return engine.Header{}, false, nil
	}
	return r.keys[db][i], true, nil
}

// Keys yields headers by hash, then key.
func (r *Rows) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	i, _ := slices.BinarySearchFunc(r.keys[db], engine.Header{Hash: from}, compareHeaders)
	for _, h := range r.keys[db][i:] {
		if noValues && !h.Packed {
			h.Value = ""
		}
		if !yield(h) {
			break
		}
	}
	return nil
}

// CountKeys counts the headers of a database.
func (r *Rows) CountKeys(db uint32) (keys, expiring int64, err error) {
	for i := range r.keys[db] {
		if r.keys[db][i].ExpireAt != 0 {
			expiring++
		}
	}
	return int64(len(r.keys[db])), expiring, nil
}

// DBs lists the databases that have keys, in order.
func (r *Rows) DBs() ([]uint32, error) {
	var dbs []uint32
	for db, keys := range r.keys {
		if len(keys) > 0 {
			dbs = append(dbs, db)
		}
	}
	slices.Sort(dbs)
	return dbs, nil
}

// Expiring yields headers whose expiry is before a time, soonest first.
func (r *Rows) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	var found []engine.Header
	dbs, _ := r.DBs() // it has no errors
	for _, db := range dbs {
		for _, h := range r.keys[db] {
			if h.ExpireAt != 0 && h.ExpireAt < before {
				found = append(found, h)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b engine.Header) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	for i, h := range found {
		if limit > 0 && i == limit || !yield(h) {
			break
		}
	}
	return nil
}

// compareItems orders the items of a type as Query says.
func compareItems(t engine.Type) func(a, b engine.Item) int {
	switch t {
	case engine.TypeList:
		return func(a, b engine.Item) int { return cmp.Compare(a.Pos, b.Pos) }
	case engine.TypeZSet:
		return func(a, b engine.Item) int {
			if c := cmp.Compare(a.Score, b.Score); c != 0 {
				return c
			}
			return strings.Compare(a.Field, b.Field)
		}
	case engine.TypeStream:
		return func(a, b engine.Item) int {
			if c := cmp.Compare(a.Kind, b.Kind); c != 0 {
				return c
			}
			return strings.Compare(a.Field, b.Field)
		}
	}
	return func(a, b engine.Item) int { return strings.Compare(a.Field, b.Field) }
}

// find is the index of an item by what identifies it, -1 when there is none.
func (r *Rows) find(t engine.Type, id uint64, it *engine.Item) int {
	if t == engine.TypeZSet {
		return slices.IndexFunc(r.items[id], func(have engine.Item) bool { return have.Field == it.Field })
	}
	if i, found := slices.BinarySearchFunc(r.items[id], *it, compareItems(t)); found {
		return i
	}
	return -1
}

// Items yields one collection's items in order.
func (r *Rows) Items(q engine.Query, yield func(engine.Item) bool) error {
	for _, it := range r.selected(q) {
		if !yield(it) {
			break
		}
	}
	return nil
}

// Count counts what Items would yield.
func (r *Rows) Count(q engine.Query) (int64, error) { return int64(len(r.selected(q))), nil }

func (r *Rows) selected(q engine.Query) []engine.Item {
	all := r.items[q.ID]
	if q.Point {
		if i := r.find(q.Type, q.ID, q.From); i >= 0 {
			return []engine.Item{all[i]}
		}
		return nil
	}
	if q.Expiring {
		var picked []engine.Item
		for _, it := range all {
			if it.ExpireAt != 0 {
				picked = append(picked, it)
			}
		}
		slices.SortStableFunc(picked, func(a, b engine.Item) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
		if q.Limit > 0 && int64(len(picked)) > q.Limit {
			picked = picked[:q.Limit]
		}
		return picked
	}
	low, high := q.From, q.To
	if q.Reverse {
		low, high = high, low
	}
	order := compareItems(q.Type)
	from, to := 0, len(all)
	if low != nil {
		from, _ = slices.BinarySearchFunc(all, *low, order)
	}
	if high != nil {
		i, found := slices.BinarySearchFunc(all, *high, order)
		if found {
			i++
		}
		to = i
	}
	if from >= to {
		return nil
	}
	most := int64(to-from) - q.Offset
	if most <= 0 {
		return nil
	}
	if q.Limit > 0 {
		most = min(most, q.Limit)
	}
	if q.Reverse {
		to -= int(q.Offset)
		picked := slices.Clone(all[to-int(most) : to])
		slices.Reverse(picked)
		return picked
	}
	from += int(q.Offset)
	return slices.Clone(all[from : from+int(most)])
}

// Commit applies one change set.
func (r *Rows) Commit(ch *engine.Change) error {
	if ch.Seq != r.seq+1 {
		return fmt.Errorf("%w: change %d does not follow %d", engine.ErrFenced, ch.Seq, r.seq)
	}
	for i := range ch.Ops {
		if err := r.check(&ch.Ops[i]); err != nil {
			return err
		}
	}
	for i := range ch.Ops {
		r.apply(&ch.Ops[i])
	}
	r.seq, r.nextID = ch.Seq, ch.NextID
	return nil
}

// check finds what no engine should ask for, before anything is changed.
func (r *Rows) check(op *engine.Op) error {
	switch op.Kind {
	case engine.OpPutKey:
		if op.Header.Hash != engine.KeyHash(op.Header.Key) {
			return fmt.Errorf("memory: the key %q has the wrong hash %d", op.Header.Key, op.Header.Hash)
		}
		if r.dead[op.Header.ID] {
			return fmt.Errorf("memory: the key %q refers to collection %d, which was dropped", op.Header.Key, op.Header.ID)
		}
	case engine.OpPutItem, engine.OpDelItem:
		if r.dead[op.ID] {
			return fmt.Errorf("memory: a row operation on collection %d, which was dropped", op.ID)
		}
		if have, ok := r.types[op.ID]; ok && have != op.Type {
			return fmt.Errorf("memory: collection %d is a %s and not a %s", op.ID, have, op.Type)
		}
		if op.ID == 0 {
			return errors.New("memory: an item without a collection")
		}
	case engine.OpDelKey, engine.OpDrop, engine.OpFlushDB, engine.OpSwapDB:
	default:
		return fmt.Errorf("memory: unknown row operation %d", op.Kind)
	}
	return nil
}

func (r *Rows) apply(op *engine.Op) {
	switch op.Kind {
	case engine.OpPutKey:
		h := op.Header
		keys := r.keys[h.DB]
		i, found := slices.BinarySearchFunc(keys, h, compareHeaders)
		if found {
			keys[i] = h
			return
		}
		r.keys[h.DB] = slices.Insert(keys, i, h)
	case engine.OpDelKey:
		keys := r.keys[op.Header.DB]
		if i, found := slices.BinarySearchFunc(keys, op.Header, compareHeaders); found {
			r.keys[op.Header.DB] = slices.Delete(keys, i, i+1)
		}
		r.drop(op.Header.ID)
	case engine.OpPutItem:
		r.types[op.ID] = op.Type
		if i := r.find(op.Type, op.ID, &op.Item); i >= 0 {
			r.items[op.ID] = slices.Delete(r.items[op.ID], i, i+1)
		}
		i, _ := slices.BinarySearchFunc(r.items[op.ID], op.Item, compareItems(op.Type))
		r.items[op.ID] = slices.Insert(r.items[op.ID], i, op.Item)
	case engine.OpDelItem:
		if i := r.find(op.Type, op.ID, &op.Item); i >= 0 {
			r.items[op.ID] = slices.Delete(r.items[op.ID], i, i+1)
		}
	case engine.OpDrop:
		r.drop(op.ID)
	case engine.OpFlushDB:
		r.flushed = append(r.flushed, r.keys[op.Header.DB])
		for _, h := range r.keys[op.Header.DB] {
			r.dead[h.ID] = h.ID != 0
		}
		delete(r.keys, op.Header.DB)
	case engine.OpSwapDB:
		a, b := op.Header.DB, uint32(op.ID)
		r.keys[a], r.keys[b] = r.keys[b], r.keys[a]
		for _, db := range []uint32{a, b} {
			for i := range r.keys[db] {
				r.keys[db][i].DB = db
			}
		}
	}
}

func (r *Rows) drop(id uint64) {
	if id != 0 && !r.dead[id] {
		r.dead[id] = true
		r.garbage = append(r.garbage, id)
	}
}

// Sweep removes at most so many rows of what is garbage.
func (r *Rows) Sweep(rows int) (more bool, err error) {
	for rows > 0 && (len(r.garbage) > 0 || len(r.flushed) > 0) {
		if len(r.garbage) == 0 {
			keys := r.flushed[0]
			n := min(rows, len(keys))
			for _, h := range keys[:n] {
				if h.ID != 0 {
					r.garbage = append(r.garbage, h.ID)
				}
			}
			r.flushed[0], rows = keys[n:], rows-n
			if len(r.flushed[0]) == 0 {
				r.flushed = r.flushed[1:]
			}
			continue
		}
		id := r.garbage[0]
		n := min(rows, len(r.items[id]))
		r.items[id], rows = r.items[id][n:], rows-n
		if len(r.items[id]) == 0 {
			delete(r.items, id)
			delete(r.types, id)
			r.garbage = r.garbage[1:]
		}
	}
	return len(r.garbage) > 0 || len(r.flushed) > 0, nil
}
