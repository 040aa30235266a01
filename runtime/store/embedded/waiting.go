package embedded

import "github.com/redis2cf/redis2cf/runtime/engine"

// waiting finds in the changes of one batch what they did last to a key or an
// element. It is made when a read asks for it, and extended from where it was
// left off.
type waiting struct {
	n          int // changes that are in it
	keys       map[keyName]*engine.Op
	items      map[itemName]*engine.Op
	dropped    map[uint64]*engine.Op // collections whose items are gone
	written    map[uint64]struct{}   // collections with changed items
	rearranged bool                  // a database was flushed or swapped
}

type keyName struct {
	db  uint32
	key string
}

// itemName is what tells the items of all collections apart.
type itemName struct {
	id    uint64
	kind  uint8
	pos   int64
	field string
}

func nameOf(t engine.Type, id uint64, it *engine.Item) itemName {
	switch t {
	case engine.TypeList, engine.TypeJSON:
		return itemName{id: id, pos: it.Pos}
	case engine.TypeStream:
		return itemName{id: id, kind: it.Kind, field: it.Field}
	}
	return itemName{id: id, field: it.Field}
}

// extend takes in what was added to the changes. Those that are there do not
// change any more.
func (w *waiting) extend(changes []*engine.Change) {
	if w.n == len(changes) {
		return
	}
	if w.keys == nil {
		w.keys, w.items = map[keyName]*engine.Op{}, map[itemName]*engine.Op{}
		w.dropped, w.written = map[uint64]*engine.Op{}, map[uint64]struct{}{}
	}
	for ; w.n < len(changes); w.n++ {
		ops := changes[w.n].Ops
		for i := range ops {
			w.add(&ops[i])
		}
	}
}

func (w *waiting) add(op *engine.Op) {
	switch op.Kind {
	case engine.OpPutKey:
		w.keys[keyName{op.Header.DB, op.Header.Key}] = op
	case engine.OpDelKey:
		w.keys[keyName{op.Header.DB, op.Header.Key}] = op
		if op.Header.ID != 0 {
			w.dropped[op.Header.ID] = op
		}
	case engine.OpPutItem, engine.OpDelItem:
		w.items[nameOf(op.Type, op.ID, &op.Item)] = op
		w.written[op.ID] = struct{}{}
	case engine.OpDrop:
		w.dropped[op.ID] = op
	default:
		w.rearranged = true
	}
}

// rearranges reports whether keys cannot be found by their database's number.
func (w *waiting) rearranges() bool { return w.rearranged }

// concerns reports whether items of a collection were changed.
func (w *waiting) concerns(id uint64) bool {
	if _, ok := w.written[id]; ok {
		return true
	}
	return w.dropped[id] != nil
}
