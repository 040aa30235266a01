package object

import (
	"github.com/redis2cf/redis2cf/runtime/engine"
)

// A changeWriter writes down one change for the followers.
type changeWriter struct {
	f   *followers
	ch  *engine.Change
	now int64
	sp  spaceView
	row outboxRow

	keysOnly bool            // the change is too large: keys instead of rows
	carried  map[uint64]bool // collections whose old name goes in this change: true when D1 has their rows
}

// write goes through the operations, of which those of one key stand together.
func (w *changeWriter) write() error {
	if err := w.run(); err != nil {
		return err
	}
	if len(w.row.d1) > limits.outboxBytes || w.row.rows > limits.outboxOps {
		w.again()
		w.keysOnly = true
		if err := w.run(); err != nil {
			return err
		}
	}
	if len(w.row.d1) > limits.outboxBytes {
		w.row.d1, w.row.rows, w.row.copy = nil, 0, true
	}
	if len(w.row.kv) > limits.outboxBytes {
		// More names than a row holds: the walks visit every key there is, and the
		// list of KV shows those that are gone.
		w.row.kv, w.row.names, w.row.walks = nil, nil, nil
		w.row.kv = (&rowOp{kind: rowWalk, db: lastDB}).add(nil)
		w.row.walks = []kvWalk{{db: lastDB}}
	}
	return nil
}

func (w *changeWriter) again() {
	w.sp = spaceView{rows: w.f.rows, next: w.f.rows.next}
	w.row = outboxRow{seq: w.row.seq, at: w.row.at}
}

func (w *changeWriter) run() error {
	if w.f.routes.d1 {
		if err := w.carriedFrom(); err != nil {
			return err
		}
	}
	ch, at := w.ch, 0
	if w.keysOnly {
		// A collection may go from one name to another: the old one is looked at first.
		w.gone()
	}
	for i := range ch.Touched {
		t := &ch.Touched[i]
		w.outside(ch.Ops[at:t.From])
		at = t.To
		if err := w.key(t, ch.Ops[t.From:t.To]); err != nil {
			return err
		}
	}
	w.outside(ch.Ops[at:])
	return nil
}

// gone writes down first, of a change that is written down as keys, those that go.
func (w *changeWriter) gone() {
	sp := w.sp
	w.sp = spaceView{rows: w.f.rows, next: w.f.rows.next}
	at := 0
	for i := range w.ch.Touched {
		t := &w.ch.Touched[i]
		for _, op := range w.ch.Ops[at:t.From] {
			switch op.Kind {
			case engine.OpFlushDB:
				w.sp.flush(op.Header.DB)
			case engine.OpSwapDB:
				w.sp.swap(op.Header.DB, uint32(op.ID))
			}
		}
		at = t.To
		if t.DB < lastDB && t.Gone && w.f.routes.of(t.Key).d1 {
			w.d1(rowOp{kind: rowLoad, space: w.sp.of(t.DB), hash: t.Hash, key: t.Key})
		}
	}
	w.sp = sp
}

// carriedFrom notes the collections whose name goes in this change while their rows
// stay. Their old headers alone know which these are.
func (w *changeWriter) carriedFrom() error {
	moved := false
	for i := range w.ch.Touched {
		moved = moved || w.ch.Touched[i].Moved
	}
	for i := range w.ch.Ops { // a name that came and went in between is not in the list
		moved = moved || w.ch.Ops[i].Kind == engine.OpDrop
	}
	if !moved {
		return nil
	}
	w.carried = map[uint64]bool{}
	sp, r := spaceView{rows: w.f.rows, next: w.f.rows.next}, w.f.rows
	for i := range w.ch.Ops {
		op := &w.ch.Ops[i]
		h := &op.Header
		switch op.Kind {
		case engine.OpFlushDB:
			sp.flush(h.DB)
		case engine.OpSwapDB:
			sp.swap(h.DB, uint32(op.ID))
		case engine.OpPutKey:
			sp.of(h.DB)
		case engine.OpDelKey:
			space := sp.of(h.DB)
			if h.ID != 0 || h.Type == engine.TypeString || h.DB >= lastDB {
				continue
			}
			old, found, err := r.keyIn(space, h.Hash, h.Key)
			if err != nil {
				return err
			}
			if found && old.ID != 0 {
				w.carried[old.ID] = w.f.routes.of(h.Key).d1
			}
		}
	}
	return nil
}

// d1 writes an operation for D1.
func (w *changeWriter) d1(op rowOp) {
	w.row.loads = w.row.loads || op.kind == rowLoad
	w.row.d1 = op.add(w.row.d1)
	w.row.rows++
}

// key writes down the operations of one key.
func (w *changeWriter) key(t *engine.Touched, ops []engine.Op) error {
	if t.DB >= lastDB {
		for i := range ops { // as Rows.add does
			if k := ops[i].Kind; k == engine.OpPutKey || k == engine.OpDelKey {
				w.sp.of(t.DB)
			}
		}
		return nil
	}
	to := w.f.routes.of(t.Key)
	if w.f.routes.d1 {
		before := w.row.rows
		switch {
		case to.d1 && (w.keysOnly || t.Moved && (!w.carried[t.ID] || w.f.d1.mayLoad())):
			w.d1(rowOp{kind: rowLoad, space: w.space(t.DB), hash: t.Hash, key: t.Key})
			w.dropped(ops)
		case to.d1:
			w.rows(ops)
		default:
			w.lost(t, ops)
		}
		if w.row.rows > before && to.sync {
			w.row.sync = true
		}
	}
	w.sp.of(t.DB)
	if to.kv {
		return w.name(t.DB, t.Key, ops)
	}
	return nil
}

// outside writes down operations that belong to no key.
func (w *changeWriter) outside(ops []engine.Op) {
	for i := range ops {
		switch op := &ops[i]; op.Kind {
		case engine.OpFlushDB, engine.OpSwapDB:
			w.database(op)
		case engine.OpPutKey, engine.OpDelKey: // functions and scripts
			w.sp.of(op.Header.DB)
		case engine.OpDrop: // nobody knows whose it was
			if w.f.routes.d1 {
				w.dropped(ops[i : i+1])
			}
		}
	}
}

// space writes down which space a database has, if D1 may not know.
func (w *changeWriter) space(db uint32) int64 {
	space := w.sp.of(db)
	for _, known := range w.row.dbs {
		if known.db == db && known.space == space {
			return space
		}
	}
	if w.f.d1.dbs[db] != space {
		w.database1(db, space)
	}
	return space
}

func (w *changeWriter) database1(db uint32, space int64) {
	if db >= lastDB {
		return
	}
	if space == 0 {
		w.d1(rowOp{kind: rowNoDB, db: db})
	} else {
		w.d1(rowOp{kind: rowDB, db: db, space: space})
	}
	w.row.dbs = append(w.row.dbs, dbSpace{db, space})
}

// dropped writes down the collections that become garbage.
func (w *changeWriter) dropped(ops []engine.Op) {
	for i := range ops {
		switch op := &ops[i]; {
		case op.Kind == engine.OpDrop && op.ID != 0:
			w.d1(rowOp{kind: rowGarbage, typ: op.Type, id: op.ID})
		case op.Kind == engine.OpDelKey && op.Header.ID != 0:
			w.d1(rowOp{kind: rowGarbage, typ: op.Header.Type, id: op.Header.ID})
		}
	}
}

// rows writes down the operations of a key that D1 follows.
func (w *changeWriter) rows(ops []engine.Op) {
	for i := range ops {
		op := &ops[i]
		h := &op.Header
		switch op.Kind {
		case engine.OpPutKey:
			space := w.space(h.DB)
			w.d1(rowOp{kind: rowKey, space: space, hash: h.Hash, key: h.Key, typ: h.Type, id: h.ID, at: h.ExpireAt, null: h.ID != 0 || h.Packed, value: h.Value})
		case engine.OpDelKey:
			w.d1(rowOp{kind: rowNoKey, space: w.space(h.DB), hash: h.Hash, key: h.Key})
			if h.ID != 0 {
				w.d1(rowOp{kind: rowGarbage, typ: h.Type, id: h.ID})
			}
		case engine.OpPutItem:
			w.d1(rowOp{kind: rowItem, typ: op.Type, id: op.ID, item: op.Item})
		case engine.OpDelItem:
			w.d1(rowOp{kind: rowNoItem, typ: op.Type, id: op.ID, item: op.Item})
		case engine.OpDrop:
			if op.ID != 0 {
				w.d1(rowOp{kind: rowGarbage, typ: op.Type, id: op.ID})
			}
		}
	}
}

// lost writes down that rows which D1 has come under a name that it does not follow,
// or are gone.
func (w *changeWriter) lost(t *engine.Touched, ops []engine.Op) {
	if t.Moved && w.carried[t.ID] {
		w.d1(rowOp{kind: rowGarbage, typ: t.Type, id: t.ID})
	}
	for i := range ops {
		if op := &ops[i]; op.Kind == engine.OpDrop && w.carried[op.ID] {
			w.d1(rowOp{kind: rowGarbage, typ: op.Type, id: op.ID})
		}
	}
}

// database writes down an operation on whole databases.
func (w *changeWriter) database(op *engine.Op) {
	switch a, b := op.Header.DB, uint32(op.ID); op.Kind {
	case engine.OpFlushDB:
		old, space := w.sp.flush(a)
		if old == 0 {
			return
		}
		if a == engine.FunctionsDB || a == 1<<31 { // libraries and scripts: no keys
			return
		}
		if w.f.routes.d1 {
			w.d1(rowOp{kind: rowSpace, space: old})
			w.database1(a, space)
			w.row.sync = w.row.sync || w.f.routes.sync
		}
		w.walk(a, old)
	case engine.OpSwapDB:
		x, y := w.sp.swap(a, b)
		if x == y {
			return
		}
		if w.f.routes.d1 {
			w.database1(a, y)
			w.database1(b, x)
			w.row.sync = w.row.sync || w.f.routes.sync
		}
		for _, db := range []uint32{a, b} {
			w.walk(db, x)
			w.walk(db, y)
		}
	}
}

// name writes down that a key changed that KV follows. One that nobody deleted, whose
// time was over, goes by itself: KV was told its time, unless that is still on its way.
func (w *changeWriter) name(db uint32, key string, ops []engine.Op) error {
	space, r := w.sp.of(db), w.f.rows
	over := false
	if last := &ops[len(ops)-1]; last.Kind == engine.OpDelKey && !w.f.kv.waits(db, key) && len(w.row.walks) == 0 {
		h, found, err := r.keyIn(space, engine.KeyHash(key), key)
		over = found && h.ExpireAt != 0 && h.ExpireAt < w.now/1000
		if err != nil || over {
			return err
		}
	}
	w.named(db, key)
	for _, walks := range [...][]kvWalk{w.f.kv.walks, w.f.kv.walked, w.f.kv.unread, w.row.walks} {
		for i := range walks { // the key may be gone when the walk comes, or comes again
			if walk := &walks[i]; walk.space == space && walk.db != db {
				w.named(walk.db, key)
			}
		}
	}
	return nil
}

func (w *changeWriter) named(db uint32, key string) {
	w.row.kv = (&rowOp{kind: rowName, db: db, key: key}).add(w.row.kv)
	w.row.names = append(w.row.names, kvName{db, key})
}

func (w *changeWriter) walk(db uint32, space int64) {
	if !w.f.routes.kv || db >= lastDB || space == 0 {
		return
	}
	w.row.kv = (&rowOp{kind: rowWalk, db: db, space: space}).add(w.row.kv)
	w.row.walks = append(w.row.walks, kvWalk{db: db, space: space})
}
