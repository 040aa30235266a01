package object

import (
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
	// twice as much is settled by the commit that brings it. Settling 2,000 operations was
	// measured natively with 4 to 40 ms, on a busy machine and by their type.
	journalOps   = 1 << 10
	journalRows  = 1 << 8
	journalBytes = 256 << 10

	// A commit of more bytes is not written twice, nor one of this many for each operation:
	// its rows fill pages of their own.
	journalCommit    = 64 << 10
	journalOperation = 2 << 10
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
	off    bool // commits are rows: the database is nearly full

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
	if len(ch.Ops) > journalOps {
		return false // settling them would take too long, together with what there is already
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
