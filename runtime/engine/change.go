package engine

// takeChange turns what the frame changed into the rows to write. It returns
// nil when nothing did.
func (e *Engine) takeChange() *Change {
	if e.volatile || len(e.dirty) == 0 && len(e.ops) == 0 {
		return nil
	}
	e.settle()
	ops := e.ops
	e.ops = nil
	if e.shifted {
		e.handedOver()
	}
	if len(ops) == 0 {
		return nil
	}
	e.seq++
	ch := &e.spare[0].Change
	e.spare = e.spare[1:]
	ch.Seq, ch.NextID, ch.Ops = e.seq, e.nextID, ops
	ch.Touched, e.touched = e.touched, nil
	ch.Refs, e.refs.moved = e.refs.moved, false
	return ch
}

// A record is a change with room for one operation, which is what most have.
type record struct {
	Change
	room [1]Op
}

// spareRecords is how many records are allocated at once: some 6 KB.
const spareRecords = 32

// extend appends an empty operation and returns it, to be filled in. Room behind
// operations was never used and is empty: an Op is large, and most of it stays so.
func extend(ops []Op) ([]Op, *Op) {
	n := len(ops)
	if n == cap(ops) {
		ops = append(ops, Op{})
	}
	ops = ops[:n+1]
	return ops, &ops[n]
}

// emit appends the operations that bring the key's rows up to date.
func (ent *entry) emit(ops []Op) []Op {
	ent.dirty = false
	if ent.gone {
		switch {
		case ent.stored:
			ops = append(ops, Op{Kind: OpDelKey, Header: Header{DB: ent.db, Hash: ent.hash, Key: ent.key, Type: ent.typ, ID: ent.id}})
		case ent.carried && ent.id != 0: // renamed and deleted in one frame
			ops = append(ops, Op{Kind: OpDrop, Type: ent.typ, ID: ent.id})
		}
		ent.stored = false
		return ops
	}
	if ent.header || !ent.stored {
		var op *Op
		ops, op = extend(ops)
		op.Kind, op.Type = OpPutKey, ent.typ
		h := &op.Header
		h.DB, h.Hash, h.Key, h.Type, h.ID, h.ExpireAt = ent.db, ent.hash, ent.key, ent.typ, ent.id, ent.expireAt
		if ent.typ == TypeString {
			h.Value, h.Packed = ent.text(), ent.ref
		}
		ent.header, ent.stored = false, true
	}
	if ent.obj != nil {
		ops = ent.obj.emit(ent.id, ops)
	}
	return ops
}

// settle turns what is pending into operations now, so that an operation on a
// whole database can follow in order.
func (e *Engine) settle() {
	if len(e.spare) == 0 {
		e.spare = make([]record, spareRecords)
	}
	if e.ops == nil {
		if e.ops = e.spare[0].room[:0]; len(e.dirty) > 1 {
			e.ops = make([]Op, 0, len(e.dirty))
		}
	}
	if e.opt.Touched && e.touched == nil {
		e.touched = make([]Touched, 0, len(e.dirty))
	}
	for i, ent := range e.dirty {
		if e.opt.Touched {
			e.emitTouched(ent)
		} else {
			e.ops = ent.emit(e.ops)
		}
		if ent.seq = e.seq + 1; ent.gone {
			e.seen.gone = e.seq + 1
		} else {
			e.measure(ent)
		}
		e.dirty[i] = nil
	}
	e.dirty = e.dirty[:0]
}

// handedOver notes that what this frame changed is on its way to the store,
// which will show it from the next call on.
func (e *Engine) handedOver() {
	for n, ks := range e.dbs {
		ks.stored, ks.ghosts = n, nil
	}
	e.shifted = false
}

// flush removes every key of a database, which costs one row operation. While a
// script runs that may have to be undone, the keys go to a database that no
// SELECT reaches.
func (e *Engine) flush(db uint32) {
	e.failDatabase(db, db)
	ks := e.dbs[db]
	if ks == nil || ks.len() == 0 && ks.absent == 0 {
		return
	}
	if e.undo != nil {
		e.discard(e.undo, db)
	} else {
		e.drop(db)
	}
	e.writes++
	if len(e.waiting) > 0 {
		e.signalDatabase(db)
	}
}

// drop removes a database.
func (e *Engine) drop(db uint32) {
	if !e.volatile {
		e.settle()
		e.ops = append(e.ops, Op{Kind: OpFlushDB, Header: Header{DB: db}})
		e.refs.moved = e.refs.moved || e.opt.Blobs
		e.seen.all = e.seq + 1
		e.uncountDB(db)
	}
	e.expiry.dropDB(db)
	for ent := range e.fields.hashes {
		if ent.db == db {
			delete(e.fields.hashes, ent)
		}
	}
	delete(e.dbs, db)
}

// discard puts a database where emptyTrash finds it.
func (e *Engine) discard(undo *undoLog, db uint32) {
	undo.trash++
	to := FunctionsDB - undo.trash
	e.exchangeDBs(db, to)
	undo.add(func() {
		e.exchangeDBs(db, to)
		delete(e.dbs, to) // what the script had added since is undone
	})
}

// emptyTrash removes what a script flushed, now that it cannot be undone any more.
func (e *Engine) emptyTrash(undo *undoLog) {
	for ; undo.trash > 0; undo.trash-- {
		e.drop(FunctionsDB - undo.trash)
	}
}

// swap exchanges two databases.
func (e *Engine) swap(a, b uint32) {
	if a == b {
		return
	}
	e.failDatabase(a, a, b)
	e.failDatabase(b, a, b)
	e.exchangeDBs(a, b)
	e.writes++
	if e.undo != nil {
		e.undo.add(func() { e.swap(a, b) })
	}
	if len(e.waiting) > 0 {
		e.signalDatabase(a)
		e.signalDatabase(b)
	}
}

// exchangeDBs is swap without telling anybody.
func (e *Engine) exchangeDBs(a, b uint32) {
	if !e.volatile {
		e.settle()
		e.ops = append(e.ops, Op{Kind: OpSwapDB, Header: Header{DB: a}, ID: uint64(b)})
		e.seen.all = e.seq + 1
		e.shifted = true
	}
	x, y := e.db(a), e.db(b)
	for _, side := range []struct {
		ks *keyspace
		to uint32
	}{{x, b}, {y, a}} {
		to := side.to
		side.ks.scan(0, func(ent *entry) bool { ent.db = to; return true })
	}
	e.dbs[a], e.dbs[b] = y, x
}
