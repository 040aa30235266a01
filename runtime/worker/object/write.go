package object

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

var (
	delKey       = statement("DELETE FROM keys WHERE space = ? AND hash = ? AND key = ?")
	putGarbage   = statement("INSERT OR REPLACE INTO garbage (id, type) VALUES (?, ?)")
	putDB        = statement("INSERT OR REPLACE INTO dbs (db, space) VALUES (?, ?)")
	delDBs       = statement("DELETE FROM dbs WHERE db = ? OR db = ?")
	putOldSpace  = statement("INSERT OR IGNORE INTO garbage_spaces (space) VALUES (?)")
	askGarbage   = statement("SELECT id, type FROM garbage LIMIT 1")
	delGarbage   = statement("DELETE FROM garbage WHERE id = ?")
	askOldSpaces = statement("SELECT space FROM garbage_spaces ORDER BY space LIMIT 64")
	delOldSpace  = statement("DELETE FROM garbage_spaces WHERE space = ?")
	listOldItems = statement("INSERT OR IGNORE INTO garbage (id, type) SELECT id, type FROM keys WHERE id <> 0 AND space = ? AND (hash, key) IN " + oldKeys)
	delOldKeys   = statement("DELETE FROM keys WHERE space = ? AND (hash, key) IN " + oldKeys)
	askOldCount  = statement("SELECT count(*) FROM (SELECT 1 FROM keys WHERE space = ? LIMIT ?)")
)

const oldKeys = "(SELECT hash, key FROM keys WHERE space = ? ORDER BY hash, key LIMIT ?)"

// puts are statements that put 1, 2, 4 … rows into a table.
type puts []Statement

// putRows makes puts of so many rows at most. No more than 100 parameters may stand in a
// statement.
func putRows(most int, into, row string) (p puts) {
	for n := 1; n <= most; n *= 2 {
		p = append(p, statement("INSERT OR REPLACE INTO "+into+" VALUES "+row+strings.Repeat(", "+row, n-1)))
	}
	return p
}

// largest is the statement for the most of n rows, and how many these are.
func (p puts) largest(n int) (s Statement, rows int) {
	i := min(bits.Len(uint(n)), len(p)) - 1
	return p[i], 1 << i
}

// The statements for keys: all of them, and those that are plain strings. What is the
// same for all of these is no parameter, since eight parameters cost as much as writing
// a row does.
var (
	putKeys    = putRows(8, keyColumns, "(?, ?, ?, ?, ?, ?, ?, ?)")
	putStrings = putRows(16, keyColumns, "(?, ?, ?, 1, 0, ?, 0, ?)")
)

const keyColumns = "keys (space, hash, key, type, id, expires, packed, value)"

// A RowTooLarge is in the error of a change that no store of Cloudflare would take.
type RowTooLarge struct{ Bytes int }

func (e *RowTooLarge) Error() string {
	return fmt.Sprintf("a row of %d bytes is larger than the %d that a row may have", e.Bytes, MaxRow)
}

// MaxRow is how many bytes the names and values of one row may have: Cloudflare's limit
// is 2 MB with SQLite's own bytes.
const MaxRow = 2_000_000

// check finds what is certainly refused, before it is tried.
func check(ch *engine.Change) error {
	for i := range ch.Ops {
		op := &ch.Ops[i]
		n := len(op.Header.Key) + len(op.Header.Value) + len(op.Item.Field) + len(op.Item.Value)
		if n > MaxRow {
			return &RowTooLarge{n}
		}
	}
	return nil
}

// Commit stores one change set by itself, with the row of sessions that carries its
// number. The host makes larger programs.
func (r *Rows) Commit(ch *engine.Change) error {
	if err := r.settle(); err != nil {
		return err
	}
	var p Program
	p.Reset()
	if err := r.add(&p, ch); err != nil {
		return err
	}
	p.session(&noSession, 0, r.seq, r.nextID, 0, nil, 0)
	return r.exec.Exec(p.Bytes())
}

// add appends a change to a program. What Rows knows is then as if the program had
// been run: when it fails, Open is to be called again.
func (r *Rows) add(p *Program, ch *engine.Change) error {
	if err := r.follows(ch); err != nil {
		return err
	}
	ops := r.sorted(ch.Ops)
	defer clear(ops)
	for i := 0; i < len(ops); {
		n, err := r.op(p, ops[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// follows takes the numbers of a change, which must be the next one.
func (r *Rows) follows(ch *engine.Change) error {
	if ch.Seq != r.seq+1 {
		return fmt.Errorf("%w (change %d follows %d)", engine.ErrFenced, ch.Seq, r.seq)
	}
	r.seq, r.nextID = ch.Seq, max(r.nextID, ch.NextID)
	return nil
}

// sorted brings operations that put the same kind of rows together, because a statement
// for many rows costs little more than one for a single row. A frame is of many callers, whose
// commands alternate. The order matters only in each table; and not at all, where a
// change is of rows alone, for keys that are put: each is there once.
func (r *Rows) sorted(ops []engine.Op) []*engine.Op {
	list := r.ops[:0]
	var there uint32 // classes of operations
	for i := range ops {
		list = append(list, &ops[i])
		class := classOf(&ops[i])
		if class < 0 {
			there |= 1 << 31
			continue
		}
		there |= 1 << class
	}
	if there&(there-1) != 0 && there>>31 == 0 && there&(1<<classDelKey) == 0 {
		list = list[:0]
		for class := 0; class < 31; class++ {
			if there&(1<<class) == 0 {
				continue
			}
			for i := range ops {
				if classOf(&ops[i]) == class {
					list = append(list, &ops[i])
				}
			}
		}
	}
	if r.ops = list; cap(list) > keptOps {
		r.ops = nil
	}
	return list
}

// keptOps is of how many operations the list is kept for the next change.
const keptOps = 1024

const (
	classString = iota
	classKey
	classDelKey
	classItem // and the number of the type
)

// classOf tells operations apart by what they do to which table; -1: it may be more
// than one row, or must stay where it is.
func classOf(op *engine.Op) int {
	switch op.Kind {
	case engine.OpPutKey:
		if plain(op) {
			return classString
		}
		return classKey
	case engine.OpDelKey:
		return classDelKey
	case engine.OpPutItem, engine.OpDelItem:
		return classItem + int(op.Type)&15
	}
	return -1
}

// op appends the first operations of some, and returns how many.
func (r *Rows) op(p *Program, ops []*engine.Op) (int, error) {
	op := ops[0]
	switch op.Kind {
	case engine.OpPutKey:
		return r.putKeys(p, ops), nil
	case engine.OpDelKey:
		h := &op.Header
		p.Statement(delKey).Int(r.space(p, h.DB)).Int(int64(h.Hash)).Blob(h.Key)
		if h.ID != 0 {
			r.discard(p, h.Type, h.ID)
		}
	case engine.OpPutItem:
		t, err := tableOf(op.Type)
		if err != nil {
			return 0, err
		}
		n := 1
		for n < manyRows && n < len(ops) && ops[n].Kind == engine.OpPutItem && ops[n].Type == op.Type {
			n++
		}
		s, n := t.put.largest(n)
		p.Statement(s)
		for _, op := range ops[:n] {
			p.Int(int64(op.ID))
			p.item(t, nil, &op.Item)
		}
		return n, nil
	case engine.OpDelItem:
		t, err := tableOf(op.Type)
		if err != nil {
			return 0, err
		}
		p.Statement(t.del).Int(int64(op.ID)).item(t, t.point, &op.Item)
	case engine.OpDrop:
		r.discard(p, op.Type, op.ID)
	case engine.OpFlushDB:
		if space := r.spaces[op.Header.DB]; space != 0 {
			p.Statement(putOldSpace).Int(space)
			r.trash = true
			if db := op.Header.DB; db < lastDB {
				r.fresh(p, db)
			} else { // of a script's FLUSHDB, and there may be thousands
				delete(r.spaces, db)
				p.Statement(delDBs).Int(int64(db)).Int(int64(db))
			}
		}
	case engine.OpSwapDB:
		r.swap(p, op.Header.DB, uint32(op.ID))
	default:
		return 0, fmt.Errorf("object: unknown row operation %d", op.Kind)
	}
	return 1, nil
}

// plain reports whether an operation puts a string that is nothing but that.
func plain(op *engine.Op) bool {
	h := &op.Header
	return op.Kind == engine.OpPutKey && h.Type == engine.TypeString && h.ID == 0 && !h.Packed
}

// putStrings appends the plain strings that ops begin with.
func (r *Rows) putStrings(p *Program, ops []*engine.Op) int {
	n := 1
	for n < len(ops) && plain(ops[n]) && n < 1<<(len(putStrings)-1) {
		n++
	}
	for _, op := range ops[:n] {
		r.space(p, op.Header.DB) // which may be a statement of its own
	}
	s, n := putStrings.largest(n)
	p.Statement(s)
	for _, op := range ops[:n] {
		h := &op.Header
		p.Int(r.space(p, h.DB)).Int(int64(h.Hash)).Blob(h.Key).Expiry(h.ExpireAt).Blob(h.Value)
	}
	return n
}

// putKeys appends the headers that ops begin with.
func (r *Rows) putKeys(p *Program, ops []*engine.Op) int {
	if plain(ops[0]) {
		return r.putStrings(p, ops)
	}
	n := 1
	for n < len(ops) && ops[n].Kind == engine.OpPutKey && n < 1<<(len(putKeys)-1) {
		n++
	}
	for _, op := range ops[:n] {
		r.space(p, op.Header.DB) // which may be a statement of its own
	}
	s, n := putKeys.largest(n)
	p.Statement(s)
	for _, op := range ops[:n] {
		h := &op.Header
		p.Int(r.space(p, h.DB)).Int(int64(h.Hash)).Blob(h.Key).Int(int64(h.Type)).Int(int64(h.ID)).Expiry(h.ExpireAt)
		if h.Packed {
			p.Int(1)
		} else {
			p.Int(0)
		}
		if h.ID != 0 && !h.Packed && h.Value == "" {
			p.Null()
		} else {
			p.Blob(h.Value)
		}
	}
	return n
}

// discard leaves a collection's items to Sweep.
func (r *Rows) discard(p *Program, typ engine.Type, id uint64) {
	p.Statement(putGarbage).Int(int64(id)).Int(int64(typ))
	r.trash = true
}

// space is the space of a database, which is made when it has none.
func (r *Rows) space(p *Program, db uint32) int64 {
	if space := r.spaces[db]; space != 0 {
		return space
	}
	return r.fresh(p, db)
}

// fresh gives a database a space that was never used.
func (r *Rows) fresh(p *Program, db uint32) int64 {
	space := r.next
	r.next++
	r.spaces[db] = space
	p.Statement(putDB).Int(int64(db)).Int(space)
	return space
}

// swap exchanges two databases. No two rows may have one space, not even for a moment.
func (r *Rows) swap(p *Program, a, b uint32) {
	x, y := r.spaces[a], r.spaces[b]
	if x == y {
		return
	}
	p.Statement(delDBs).Int(int64(a)).Int(int64(b))
	for _, row := range []struct {
		db    uint32
		space int64
	}{{a, y}, {b, x}} {
		if row.space == 0 {
			delete(r.spaces, row.db)
			continue
		}
		r.spaces[row.db] = row.space
		p.Statement(putDB).Int(int64(row.db)).Int(row.space)
	}
}

// Sweep removes at most so many rows of what is garbage. Each part of it is a
// transaction of its own, which needs no number: the engine never sees these rows.
func (r *Rows) Sweep(rows int) (more bool, err error) {
	if !r.trash {
		return false, nil
	}
	for left := int64(rows); left > 0; {
		n, some, err := r.sweepSome(left)
		if err != nil {
			return false, fmt.Errorf("object: removing deleted rows: %w", err)
		}
		if !some {
			r.trash = false
			return false, nil
		}
		left -= max(n, 1)
	}
	return true, nil
}

// sweepSome removes at most so many rows of one collection or one space. It reports
// how many, and whether there was anything to look at.
func (r *Rows) sweepSome(rows int64) (n int64, some bool, err error) {
	var id int64
	var typ engine.Type
	if some, err = r.one(r.ask(askGarbage), func(q *result) { id, typ = q.int(), engine.Type(q.int()) }); err != nil {
		return 0, false, err
	}
	if !some {
		return r.sweepSpace(rows)
	}
	var p Program
	t, err := tableOf(typ)
	if err == nil {
		if n, err = r.Count(engine.Query{Type: typ, ID: uint64(id), Limit: rows}); err != nil {
			return 0, true, err
		}
		p.Statement(t.sweep).Int(id).Int(id).Int(rows)
	}
	if n < rows {
		p.Statement(delGarbage).Int(id)
	}
	return n, true, r.exec.Exec(p.Bytes())
}

// sweepSpace removes at most so many keys of a flushed database and lists their
// collections as garbage.
func (r *Rows) sweepSpace(rows int64) (n int64, some bool, err error) {
	var space int64
	err = r.all(r.ask(askOldSpaces), func(q *result) bool {
		old := q.int()
		if some = r.held == nil || !r.held(old); some {
			space = old
		}
		return !some
	})
	if err != nil || !some {
		return 0, some, err
	}
	if _, err = r.one(r.ask(askOldCount).Int(space).Int(rows), func(q *result) { n = q.int() }); err != nil {
		return 0, true, err
	}
	var p Program
	for _, s := range []Statement{listOldItems, delOldKeys} {
		p.Statement(s).Int(space).Int(space).Int(rows)
	}
	if n < rows {
		p.Statement(delOldSpace).Int(space)
	}
	return n, true, r.exec.Exec(p.Bytes())
}
