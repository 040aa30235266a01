package object

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// The journal.
//
// A frame of many callers changes many keys, and keys lie in the order of their hashes: a
// commit of its rows writes a page of 4 KB for almost each of them, and bills a row. So
// a commit writes one row of the table journal instead, which has the operations, the
// number of the frame and its answer. Later many of these are settled at once: of
// what was written several times the last state becomes a row, in the order of the tables.
// The next commits then use the rows of the journal again, because a row that is removed
// is billed as one that is written.
//
// The rows of all other tables are as of the last settling. Three things see to it
// that nobody notices:
//
//   - what is read of a key, a collection or a session that the journal has is answered
//     from memory, or settles first; and so does any other statement on the tables;
//   - an object that opens settles what it finds;
//   - what is more than rows (a database that is flushed or swapped) or too large to be
//     written twice settles first and is committed as rows.

const (
	// journalOps, journalRows and journalBytes are how much is settled by the next sweep;
	// twice as much is settled by the commit that brings it. Settling 1,000 rows takes
	// about 5 ms (make bench-cloudflare).
	journalOps   = 1 << 10
	journalRows  = 1 << 8
	journalBytes = 256 << 10

	// A commit of more bytes is not written twice, nor one of this many for each operation:
	// its rows fill pages of their own.
	journalCommit    = 64 << 10
	journalOperation = 2 << 10
	// Nor does the journal take one of more operations: settling them would take too long
	// together with what it has already.
	journalMost = journalOps
	// journalAnswer is how long an answer may be: it is copied when it is settled.
	journalAnswer = 256 << 10
	// journalStored is how many bytes the rows of one pass may have, answers included, which
	// are not in memory. They stay in the table until rows of later ones replace them.
	journalStored = 1 << 20

	// fullBytes is how large the database may be for the journal to be used. The limit of
	// an object is 10 GB: what was promised must find room when it is settled.
	fullBytes = 10_000_000_000 - 100_000_000
)

// journalSteps are the tables of the journal, a step of formats.
var journalSteps = []Statement{
	statement(`CREATE TABLE journal (
	slot    INTEGER PRIMARY KEY, -- from 1 on, in the order of the commits
	pass    INTEGER NOT NULL,    -- number of the settling that is to come; others are settled
	id      BLOB    NOT NULL,    -- of the session, and so on as in sessions
	frame   INTEGER NOT NULL,
	seq     INTEGER NOT NULL,
	next_id INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	ops     BLOB    NOT NULL,    -- see journal_ops.go
	answer  BLOB    NOT NULL
)`),
	statement(`CREATE TABLE settled (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	pass INTEGER NOT NULL        -- how many settlings there were
)`),
	statement(`INSERT INTO settled (one, pass) VALUES (1, 0)`),
	statement(`INSERT INTO format (version) VALUES (3)`),
}

var (
	putJournal    = asideStatement("INSERT OR REPLACE INTO journal (slot, pass, id, frame, seq, next_id, at, ops, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
	askJournal    = asideStatement("SELECT slot, id, ops FROM journal WHERE slot > ? AND pass = ? ORDER BY slot LIMIT ?")
	askSettled    = asideStatement("SELECT pass FROM settled")
	putSettled    = asideStatement("UPDATE settled SET pass = ?")
	settleSession = asideStatement("INSERT OR REPLACE INTO sessions (id, frame, seq, next_id, at, parts, answer) SELECT id, frame, seq, next_id, at, 0, answer FROM journal WHERE slot = ?")
)

// A journal is what is not settled yet of one object.
type journal struct {
	pass   int64
	slot   int64    // of the last commit; 0: there is nothing to settle
	ops    []string // of each commit
	count  int      // operations
	bytes  int      // of ops
	stored int      // bytes of the rows that were added, answers included

	// nil as long as there is nothing to settle
	keys     map[journalKey]journalPlace // the last operation on a key
	items    map[uint64]struct{}         // collections of which items are there
	sessions map[frame.SessionID]int64   // the last slot of each

	unread bool // it lies in the table alone
	off    bool // commits are rows: the database is nearly full, or the test wants it so

	skipped int // commits since off was looked at

	*desk
}

// A desk is what a journal works with. The objects of an instance share one, since one
// settles at a time, and what it takes would be much for each of thousands.
type desk struct {
	program Program      // that settles
	list    []engine.Op  // that are settled
	order   []int32      // of these
	rows    []*engine.Op // of these, in the order of the tables
	scratch []byte       // the operations of the commit that is made
	starts  []int32      // where each begins

	// Of the journal that was settled last, empty: for the next one that begins.
	spareOps      []string
	spareKeys     map[journalKey]journalPlace
	spareItems    map[uint64]struct{}
	spareSessions map[frame.SessionID]int64
}

// A journalKey is a key but for its name: it may have another one.
type journalKey struct {
	db   uint32
	hash uint64
}

// A journalPlace is where an operation begins.
type journalPlace struct{ commit, at int32 }

// reset says that all is settled.
func (j *journal) reset(pass int64) {
	j.pass, j.slot, j.count, j.bytes, j.stored, j.unread = pass, 0, 0, 0, 0, false
	if j.sessions == nil {
		return
	}
	if len(j.keys) <= 4*journalOps && len(j.items) <= 4*journalOps {
		clear(j.ops)
		clear(j.keys)
		clear(j.items)
		clear(j.sessions)
		j.spareOps, j.spareKeys, j.spareItems, j.spareSessions = j.ops[:0], j.keys, j.items, j.sessions
	}
	j.ops, j.keys, j.items, j.sessions = nil, nil, nil, nil
}

// begin makes room for the first commit.
func (j *journal) begin() {
	if j.sessions != nil {
		return
	}
	j.ops, j.keys, j.items, j.sessions = j.spareOps, j.spareKeys, j.spareItems, j.spareSessions
	j.spareOps, j.spareKeys, j.spareItems, j.spareSessions = nil, nil, nil, nil
	if j.sessions == nil {
		j.keys, j.items, j.sessions = map[journalKey]journalPlace{}, map[uint64]struct{}{}, map[frame.SessionID]int64{}
	}
}

// due reports whether the next sweep is to settle.
func (j *journal) due() bool {
	return j.count >= journalOps || j.slot >= journalRows || j.bytes >= journalBytes || j.stored >= journalStored
}

// full reports whether it is settled before anything more is added.
func (j *journal) full() bool {
	return j.count >= 2*journalOps || j.slot >= 2*journalRows || j.bytes >= 2*journalBytes || j.stored >= 2*journalStored
}

// memory is about how many bytes it keeps.
func (j *journal) memory() int64 { return int64(j.bytes) + 64*(int64(j.count)+j.slot) }

// release lets an object that others need the memory of leave it to the table.
func (j *journal) release() {
	if j.slot > 0 {
		j.reset(j.pass)
		j.unread = true
	}
}

// journal prepares a change to be committed as a row of the journal. It reports whether
// it is: what is not has to be added to the program, after what the journal has was settled.
func (r *Rows) journal(ch *engine.Change, answer []byte) (ok bool, err error) {
	j := &r.log
	if j.unread || j.full() {
		if err := r.settle(); err != nil {
			return false, err
		}
	}
	if j.off {
		if j.skipped++; j.skipped >= 1<<10 {
			r.weigh()
		}
	}
	j.scratch, j.starts = j.scratch[:0], j.starts[:0]
	if !j.off && len(answer) <= journalAnswer && (ch == nil || r.journalOps(ch)) {
		return true, nil
	}
	return false, r.settle()
}

// journalOps writes the operations of a change to scratch, if they are for the journal.
func (r *Rows) journalOps(ch *engine.Change) bool {
	if len(ch.Ops) > journalMost {
		return false
	}
	b := r.log.scratch
	for i := range ch.Ops {
		op := &ch.Ops[i]
		if len(op.Header.Value)+len(op.Item.Value) > journalCommit {
			return false // before it is copied
		}
		switch op.Kind {
		case engine.OpPutKey, engine.OpDelKey:
			if r.spaces[op.Header.DB] == 0 {
				return false
			}
		case engine.OpPutItem, engine.OpDelItem:
			// What the tables refuse must not come into the journal, which they could
			// never take then: a score that is no number is NULL to SQLite.
			if _, err := tableOf(op.Type); err != nil || op.Item.Score != op.Item.Score {
				return false
			}
		case engine.OpDrop:
		default:
			return false
		}
		r.log.starts = append(r.log.starts, int32(len(b)))
		if b = appendJournalOp(b, op); len(b) > journalCommit {
			return false
		}
	}
	r.log.scratch = b
	return len(b) <= journalOperation*(len(ch.Ops)+1)
}

// weigh looks whether there is room for the journal.
func (r *Rows) weigh() {
	r.log.off, r.log.skipped = r.exec.Size() > fullBytes, 0
}

// journaled appends the commit that journal prepared to a program. What Rows knows is
// then as if the program had been run: when it fails, Open is to be called again.
func (p *Program) journaled(r *Rows, ch *engine.Change, id *frame.SessionID, n uint64, at int64, answer []byte) error {
	j := &r.log
	j.begin()
	if ch != nil {
		if err := r.follows(ch); err != nil {
			return err
		}
		for i := range ch.Ops {
			j.note(&ch.Ops[i], j.starts[i])
		}
	}
	ops := string(j.scratch)
	j.commit(id, ops)
	j.stored += len(ops) + len(answer)
	p.Statement(putJournal).Int(j.slot).Int(j.pass).bytes(id[:]).Int(int64(n)).Int(int64(r.seq)).Int(int64(r.nextID)).Int(at).Blob(ops).bytes(answer)
	return nil
}

// note takes an operation of the next commit, which begins there.
func (j *journal) note(op *engine.Op, at int32) {
	switch op.Kind {
	case engine.OpPutKey, engine.OpDelKey:
		j.keys[journalKey{op.Header.DB, op.Header.Hash}] = journalPlace{int32(len(j.ops)), at}
	case engine.OpPutItem, engine.OpDelItem:
		j.items[op.ID] = struct{}{}
	}
	j.count++
}

// commit takes the commit whose operations were noted.
func (j *journal) commit(id *frame.SessionID, ops string) {
	j.slot++
	j.ops, j.bytes = append(j.ops, ops), j.bytes+len(ops)
	j.sessions[*id] = j.slot
}

// settle makes rows of what the journal has.
func (r *Rows) settle() error {
	j := &r.log
	if j.unread {
		if err := r.readJournal(); err != nil {
			return fmt.Errorf("object: reading the journal: %w", err)
		}
	}
	if j.slot == 0 {
		return nil
	}
	p := &j.program
	p.Reset()
	defer p.Reset() // a large one is not kept
	if err := r.settleOps(p); err != nil {
		return err
	}
	for _, slot := range j.sessions {
		p.Statement(settleSession).Int(slot)
	}
	p.Statement(putSettled).Int(j.pass + 1)
	if err := r.exec.Exec(p.Bytes()); err != nil {
		// It may be settled all the same: only the table knows.
		j.reset(j.pass)
		j.unread = true
		return fmt.Errorf("object: settling the journal: %w", err)
	}
	j.reset(j.pass + 1)
	r.weigh()
	return nil
}

// readJournal reads what is not settled from the table. The program of a query that
// waits for it (see Rows.query) is in r.p, so it has another one.
func (r *Rows) readJournal() error {
	j := &r.log
	pass := int64(0)
	var p Program
	if _, err := r.one(p.Statement(askSettled), func(q *result) { pass = q.int() }); err != nil {
		return err
	}
	j.reset(pass)
	j.begin()
	j.unread = true // until all is read
	for {
		p.Reset()
		q, err := r.query(p.Statement(askJournal).Int(j.slot).Int(pass).Int(laterPage), laterPage)
		if err != nil {
			return err
		}
		for i := 0; i < q.rows; i++ {
			var id frame.SessionID
			slot := q.int()
			_, raw := q.value()
			ops := q.string()
			if q.err != nil || copy(id[:], raw) != len(id) || slot != j.slot+1 {
				return errJournal
			}
			for rest := ops; len(rest) > 0; {
				var op engine.Op
				at := len(ops) - len(rest)
				if rest = readJournalOp(rest, &op); op.Kind == 0 {
					return errJournal
				}
				j.note(&op, int32(at))
			}
			j.commit(&id, ops)
		}
		if !q.more && q.rows < laterPage {
			j.unread = false
			return nil
		}
	}
}

// settleOps appends the rows of the operations, of each row the last one.
func (r *Rows) settleOps(p *Program) error {
	j := &r.log
	list := j.list[:0]
	garbage := map[uint64]bool{}
	for i := len(j.ops) - 1; i >= 0; i-- {
		from := len(list)
		for rest := j.ops[i]; len(rest) > 0; {
			list = append(list, engine.Op{})
			if rest = readJournalOp(rest, &list[len(list)-1]); list[len(list)-1].Kind == 0 {
				return errJournal
			}
		}
		// The commits are gone through from the last one to the first, and so are their
		// operations: items of what becomes garbage later are not written at all.
		keep := len(list)
		for k := len(list) - 1; k >= from; k-- {
			op := &list[k]
			switch op.Kind {
			case engine.OpDelKey:
				if op.Header.ID != 0 {
					garbage[op.Header.ID] = true
				}
			case engine.OpDrop:
				garbage[op.ID] = true
			case engine.OpPutItem, engine.OpDelItem:
				if garbage[op.ID] {
					continue
				}
			}
			keep--
			list[keep] = *op
		}
		n := copy(list[from:], list[keep:])
		clear(list[from+n:])
		list = list[:from+n]
		reverse(list[from:])
	}
	// The last operation on a row is the first one of equal ones.
	order := j.order[:0]
	for i := range list {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		if n := compareOps(&list[a], &list[b]); n != 0 {
			return n
		}
		return int(a - b)
	})
	n, there := 0, uint32(0)
	for _, i := range order {
		op := &list[i]
		if n == 0 || compareOps(&list[order[n-1]], op) != 0 {
			there |= 1 << settleClass(op)
			order[n] = i
			n++
		} else if op.Kind == engine.OpDelKey && op.Header.ID != 0 {
			r.discard(p, op.Header.Type, op.Header.ID) // the key is there again, or went twice
		}
	}
	order = order[:n]
	// The rows of one statement are put together, in the order of their table.
	rows := j.rows[:0]
	for class := 0; there != 0; class++ {
		if there>>class == 0 {
			break
		}
		for _, i := range order {
			if op := &list[i]; settleClass(op) == class {
				rows = append(rows, op)
			}
		}
	}
	defer func() {
		clear(rows)
		clear(list)
		j.list, j.order, j.rows = list[:0], order[:0], rows[:0]
		if cap(list) > 8*journalOps {
			j.list, j.order, j.rows = nil, nil, nil
		}
	}()
	for i := 0; i < len(rows); {
		n, err := r.op(p, rows[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// settleClass is classOf, with a number for collections that are dropped.
func settleClass(op *engine.Op) int {
	if class := classOf(op); class >= 0 {
		return class
	}
	return 31
}

func reverse(list []engine.Op) {
	for i, k := 0, len(list)-1; i < k; i, k = i+1, k-1 {
		list[i], list[k] = list[k], list[i]
	}
}

// compareOps orders operations by the rows that they are on.
func compareOps(a, b *engine.Op) int {
	if a, b := tableOrder(a), tableOrder(b); a != b {
		return compareInts(a, b)
	}
	switch a.Kind {
	case engine.OpPutKey, engine.OpDelKey:
		x, y := &a.Header, &b.Header
		switch {
		case x.DB != y.DB:
			return compareInts(int64(x.DB), int64(y.DB))
		case x.Hash != y.Hash:
			return compareInts(int64(x.Hash), int64(y.Hash))
		}
		return strings.Compare(x.Key, y.Key)
	case engine.OpDrop:
		return compareInts(int64(a.ID), int64(b.ID))
	}
	x, y := &a.Item, &b.Item
	switch {
	case a.ID != b.ID:
		return compareInts(int64(a.ID), int64(b.ID))
	case x.Kind != y.Kind:
		return compareInts(int64(x.Kind), int64(y.Kind))
	case x.Pos != y.Pos:
		return compareInts(x.Pos, y.Pos)
	}
	return strings.Compare(x.Field, y.Field)
}

// tableOrder tells the tables of operations apart.
func tableOrder(op *engine.Op) int64 {
	switch op.Kind {
	case engine.OpPutKey, engine.OpDelKey:
		return 0
	case engine.OpDrop:
		return 1
	}
	return 2 + int64(op.Type)
}

// keyOf finds in the journal what a key is: known is false when the rows tell.
func (r *Rows) keyOf(db uint32, hash uint64, key string) (h engine.Header, found, known bool, err error) {
	j := &r.log
	if j.unread {
		if err := r.settle(); err != nil {
			return h, false, false, err
		}
	}
	at, there := j.keys[journalKey{db, hash}]
	if !there {
		return h, false, false, nil
	}
	var op engine.Op
	readJournalOp(j.ops[at.commit][at.at:], &op)
	if op.Header.Key != key {
		return h, false, false, r.settle()
	}
	if op.Kind == engine.OpDelKey {
		return h, false, true, nil
	}
	h = op.Header
	h.Key, h.Value = key, strings.Clone(h.Value)
	return h, true, true, nil
}

// settleItems settles if the journal has items of a collection.
func (r *Rows) settleItems(id uint64) error {
	if _, there := r.log.items[id]; there || r.log.unread {
		return r.settle()
	}
	return nil
}

// settleOf settles if the journal has a commit of a session.
func (r *Rows) settleOf(id *frame.SessionID) error {
	if _, there := r.log.sessions[*id]; there || r.log.unread {
		return r.settle()
	}
	return nil
}
