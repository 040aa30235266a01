package embedded

import (
	"cmp"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// view is the store as the engine sees it: with the changes that are still
// waiting to be stored. The engine reads while the host's mu is held.
//
// Asking for one key or one element, for the keys in order and for those that
// expire is answered from the waiting changes and the rows together. Other reads
// have the changes stored first, if one concerns the collection.
type view struct {
	engine.Store
	h       *Host
	seq     uint64 // as of Open
	opening bool   // the engine is being opened: nothing waits, and storeMu is held
}

// Open notes how far the rows are.
func (v *view) Open() (engine.State, error) {
	st, err := v.Store.Open()
	v.seq, v.h.volatile = st.Seq, st.Volatile
	return st, err
}

// nothing is the index of no batch.
var nothing waiting

// index brings the indexes of the waiting batches up to date, the younger first.
// It costs as much as what was added since the last time, and nothing when
// nothing waits.
func (v *view) index() (all [2]*waiting) {
	for i, b := range [2]*batch{v.h.open, v.h.flying} {
		if b == nil {
			all[i] = &nothing
			continue
		}
		b.index.extend(b.changes)
		all[i] = &b.index
	}
	return all
}

// last is the last waiting operation that find finds; nil when there is none.
func (v *view) last(find func(*waiting) *engine.Op) *engine.Op {
	for _, w := range v.index() {
		if op := find(w); op != nil {
			return op
		}
	}
	return nil
}

// settle stores what waits if it concerns a read.
func (v *view) settle(concerns func(*waiting) bool) error {
	if v.opening {
		return nil
	}
	if all := v.index(); concerns(all[0]) || concerns(all[1]) {
		return v.h.settle()
	}
	return nil
}

// lock lets the rows be read. A store that cannot do so while it commits is
// waited for.
func (v *view) lock() (unlock func()) {
	if v.opening {
		return func() {}
	}
	if _, ok := v.Store.(ConcurrentReader); ok {
		return func() {}
	}
	v.h.storeMu.Lock()
	return v.h.storeMu.Unlock
}

// Key finds the header of a key.
func (v *view) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	if err := v.settle((*waiting).rearranges); err != nil {
		return engine.Header{}, false, err
	}
	if !v.opening {
		name := keyName{db, key}
		if op := v.last(func(w *waiting) *engine.Op { return w.keys[name] }); op != nil {
			return op.Header, op.Kind == engine.OpPutKey, nil
		}
	}
	defer v.lock()()
	return v.Store.Key(db, hash, key)
}

// Items yields one collection's items.
func (v *view) Items(q engine.Query, yield func(engine.Item) bool) error {
	if q.Point && !v.opening {
		name := nameOf(q.Type, q.ID, q.From)
		op := v.last(func(w *waiting) *engine.Op {
			if op := w.items[name]; op != nil {
				return op
			}
			return w.dropped[q.ID]
		})
		if op != nil {
			if op.Kind == engine.OpPutItem {
				yield(op.Item)
			}
			return nil
		}
	} else if err := v.settle(func(w *waiting) bool { return w.concerns(q.ID) }); err != nil {
		return err
	}
	defer v.lock()()
	return v.Store.Items(q, yield)
}

// Count counts one collection's items.
func (v *view) Count(q engine.Query) (int64, error) {
	if err := v.settle(func(w *waiting) bool { return w.concerns(q.ID) }); err != nil {
		return 0, err
	}
	defer v.lock()()
	return v.Store.Count(q)
}

// pending collects the last waiting headers of keys that choose lets through.
func (v *view) pending(choose func(*engine.Op) bool) (ops []*engine.Op) {
	if v.opening {
		return nil
	}
	all := v.index()
	for i, w := range all {
		for name, op := range w.keys {
			if (i == 0 || all[0].keys[name] == nil) && choose(op) {
				ops = append(ops, op)
			}
		}
	}
	return ops
}

// merge yields the headers of the rows and of what waits in one order. What
// waits comes in the place of the row of its key.
func (v *view) merge(ops []*engine.Op, order func(a, b *engine.Header) int,
	read func(func(engine.Header) bool) error, yield func(engine.Header) bool) error {
	slices.SortFunc(ops, func(a, b *engine.Op) int { return order(&a.Header, &b.Header) })
	more := true
	waiting := func(before *engine.Header) {
		for more && len(ops) > 0 && (before == nil || order(&ops[0].Header, before) <= 0) {
			if ops[0].Kind == engine.OpPutKey {
				more = yield(ops[0].Header)
			}
			ops = ops[1:]
		}
	}
	hidden := v.hidden()
	defer v.lock()()
	err := read(func(h engine.Header) bool {
		waiting(&h)
		if more && !hidden(&h) {
			more = yield(h)
		}
		return more
	})
	if err == nil {
		waiting(nil)
	}
	return err
}

// hidden tells which rows a waiting operation replaces.
func (v *view) hidden() func(*engine.Header) bool {
	if v.opening {
		return func(*engine.Header) bool { return false }
	}
	all := v.index()
	return func(h *engine.Header) bool {
		name := keyName{h.DB, h.Key}
		return all[0].keys[name] != nil || all[1].keys[name] != nil
	}
}

// Keys yields the headers of a database by hash, then key.
func (v *view) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	if err := v.settle((*waiting).rearranges); err != nil {
		return err
	}
	ops := v.pending(func(op *engine.Op) bool { return op.Header.DB == db && op.Header.Hash >= from })
	byHash := func(a, b *engine.Header) int {
		if c := cmp.Compare(a.Hash, b.Hash); c != 0 {
			return c
		}
		return cmp.Compare(a.Key, b.Key)
	}
	read := func(f func(engine.Header) bool) error { return v.Store.Keys(db, from, noValues, f) }
	return v.merge(ops, byHash, read, yield)
}

// CountKeys counts the headers of a database.
func (v *view) CountKeys(db uint32) (keys, expiring int64, err error) {
	if err := v.settle(func(w *waiting) bool { return w.rearranged || len(w.keys) > 0 }); err != nil {
		return 0, 0, err
	}
	defer v.lock()()
	return v.Store.CountKeys(db)
}

// DBs lists the databases that have keys.
func (v *view) DBs() ([]uint32, error) {
	if err := v.settle(func(w *waiting) bool { return w.rearranged || len(w.keys) > 0 }); err != nil {
		return nil, err
	}
	defer v.lock()()
	return v.Store.DBs()
}

// Expiring yields the headers that expire before a time, soonest first.
func (v *view) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	if err := v.settle((*waiting).rearranges); err != nil {
		return err
	}
	ops := v.pending(func(op *engine.Op) bool {
		return op.Kind == engine.OpPutKey && op.Header.ExpireAt != 0 && op.Header.ExpireAt < before
	})
	byTime := func(a, b *engine.Header) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) }
	asked, n := limit, 0
	if limit > 0 && !v.opening {
		// Rows that are hidden must not use the limit up.
		for _, w := range v.index() {
			asked += len(w.keys)
		}
	}
	read := func(f func(engine.Header) bool) error { return v.Store.Expiring(before, asked, f) }
	return v.merge(ops, byTime, read, func(h engine.Header) bool {
		n++
		return yield(h) && (limit <= 0 || n < limit)
	})
}
