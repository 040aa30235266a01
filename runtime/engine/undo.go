package engine

import "strings"

// An undoLog remembers how to take back what a running script did, for the case
// that its budget ends it: an inverse for each change, in the order of the
// changes. A script pays a small constant for each change that it makes, never
// for the size of what it changes, except that a string that is being changed
// in place (SETBIT, APPEND) is copied once. Other errors of a script undo
// nothing, as in Redis.
//
// What is not taken back: a transaction that watched a key fails although the
// key is as it was.
type undoLog struct {
	steps    []func()
	watched  []*entry // whose collections log
	journals []journaled
	copied   map[*entry]bool
	writing  bool                // the command that runs may write
	pushes   int                 // pushes before the script
	fresh    map[collection]bool // collections whose rows are gone
	trash    uint32              // databases that were flushed
	pins     []*entry
	charge   func(bytes int)
	charged  int // steps that were charged
}

// undoBytes is what one remembered change counts as in a script's budget.
const undoBytes = 96

// journaled is a collection that logs the inverses of its changes.
type journaled interface {
	collection
	// journal starts or, with nil, ends the logging. It reports whether it was
	// off before.
	journal(log *undoLog) bool
}

// add remembers an inverse. It does nothing when no script runs.
func (u *undoLog) add(inverse func()) {
	if u != nil {
		u.steps = append(u.steps, inverse)
	}
}

// settle charges the script's budget with what was remembered since.
func (u *undoLog) settle() {
	u.charge(undoBytes * (len(u.steps) - u.charged))
	u.charged = len(u.steps)
}

// watch has a collection that a writing command of a script asked for log its
// changes. One that cannot is copied.
func (u *undoLog) watch(e *Engine, ent *entry) {
	u.pin(ent)
	obj, ok := ent.obj.(journaled)
	switch {
	case ok:
		if obj.journal(u) {
			u.watched = append(u.watched, ent)
			u.journals = append(u.journals, obj)
		}
	case !u.copied[ent]:
		u.copy(ent)
		before := ent.obj.clone()
		u.add(func() { e.exchange(ent, before) })
	}
}

// pin keeps an entry in memory while the script runs, because an inverse refers
// to it.
func (u *undoLog) pin(ent *entry) {
	if !ent.pinned {
		ent.pinned = true
		u.pins = append(u.pins, ent)
	}
}

func (u *undoLog) copy(ent *entry) {
	if u.copied == nil {
		u.copied = map[*entry]bool{}
	}
	u.copied[ent] = true
}

// keepString remembers a string's value before a writing command sees it.
func (u *undoLog) keepString(e *Engine, ent *entry) {
	if ent.typ != TypeString || u.copied[ent] {
		return
	}
	u.pin(ent)
	before, ref := ent.str, ent.ref
	if ent.buf != nil {
		u.copy(ent) // once, since each copy costs the string's length
		before = string(ent.buf)
	}
	u.add(func() {
		ent.setText(strings.Clone(before))
		ent.ref = ref
		e.changed(ent)
	})
}

// begin starts the log of a script.
func (u *undoLog) begin(pushes int, charge func(int)) {
	*u = undoLog{
		steps: u.steps[:0], watched: u.watched[:0], journals: u.journals[:0], pins: u.pins[:0],
		pushes: pushes, charge: charge,
	}
}

// forget lets go of what the log of a script refers to.
func (u *undoLog) forget() {
	if len(u.steps) > keptSteps || len(u.pins) > keptSteps {
		*u = undoLog{}
		return
	}
	clear(u.steps)
	clear(u.watched)
	clear(u.journals)
	clear(u.pins)
	u.copied, u.fresh = nil, nil
}

// keptSteps is for how many changes there is room between scripts.
const keptSteps = 256

// stop ends the logging.
func (u *undoLog) stop() {
	for _, obj := range u.journals {
		obj.journal(nil)
	}
	for _, ent := range u.pins {
		ent.pinned = false
	}
}

// rollBack takes back everything that was logged, last first.
func (e *Engine) rollBack(u *undoLog) {
	for i := len(u.steps) - 1; i >= 0; i-- {
		u.steps[i]()
	}
	e.pushes = e.pushes[:u.pushes]
	for _, ent := range u.watched {
		e.mark(ent) // its rows may have been emitted before FLUSHDB or SWAPDB
	}
	if u.fresh == nil {
		return
	}
	for _, ent := range e.dirty {
		if !ent.gone && u.fresh[ent.obj] {
			ent.obj = ent.obj.clone() // which writes all its rows
		}
	}
}

// revive puts an entry back that was removed from the keyspace.
func (e *Engine) revive(u *undoLog, ent *entry) {
	e.db(ent.db).insert(ent)
	e.setExpire(ent, ent.expireAt)
	if ent.gone && !ent.dirty && !e.volatile {
		// Its removal is on its way to the store.
		ent.stored, ent.carried = false, false
		if ent.typ != TypeString {
			if u.fresh == nil {
				u.fresh = map[collection]bool{}
			}
			u.fresh[e.object(ent)] = true
			ent.id = e.newID()
		}
	}
	ent.gone = false
	e.changed(ent)
}

// exchange replaces the value of a collection that has rows.
func (e *Engine) exchange(ent *entry, obj collection) {
	if !e.volatile && ent.stored {
		// What else is pending stays so: keys that are yet to be revived are not
		// written before.
		e.ops = append(e.ops, Op{Kind: OpDrop, Type: ent.typ, ID: ent.id})
	}
	ent.obj = obj
	if ent.typ != TypeString {
		ent.id = e.newID()
	}
	e.changed(ent)
}
