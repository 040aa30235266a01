package sqlite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// Commit stores one change set.
func (s *Store) Commit(ch *engine.Change) error { return s.CommitAll([]*engine.Change{ch}) }

// CommitAll stores several change sets that follow one another, in one
// transaction: all of them or none.
func (s *Store) CommitAll(changes []*engine.Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := s.transaction(func() error { return s.apply(changes) }); err != nil {
		if errors.Is(err, engine.ErrFenced) {
			return fmt.Errorf("%w: %s", err, s.path)
		}
		return s.explain("writing to", err)
	}
	return nil
}

// transaction runs body in a transaction of the writer.
func (s *Store) transaction(body func() error) error {
	if err := s.exec("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	err := body()
	if err == nil {
		err = s.exec("COMMIT", nil)
	}
	if err != nil {
		// After some faults SQLite has rolled back by itself, and this fails.
		_ = s.exec("ROLLBACK", nil)
	}
	return err
}

// exec runs a statement of the writer with what bind binds.
func (s *Store) exec(sql string, bind func(q *stmt)) error {
	q, err := s.writer.prepare(sql)
	if err != nil {
		return err
	}
	if bind != nil {
		bind(q)
	}
	return q.exec()
}

func (s *Store) apply(changes []*engine.Change) error {
	first, last := changes[0], changes[len(changes)-1]
	for i, ch := range changes {
		if ch.Seq != first.Seq+uint64(i) {
			return fmt.Errorf("%w (change %d follows %d)", engine.ErrFenced, ch.Seq, first.Seq+uint64(i)-1)
		}
	}
	err := s.exec("UPDATE meta SET seq = ?, next_id = ? WHERE seq = ?", func(q *stmt) {
		q.int(int64(last.Seq)).int(int64(last.NextID)).int(int64(first.Seq) - 1)
	})
	if err != nil {
		return err
	}
	if s.writer.changes() != 1 {
		return engine.ErrFenced
	}
	sp := spaces{s: s}
	for _, ch := range changes {
		for i := range ch.Ops {
			if err := s.op(&sp, &ch.Ops[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// op applies one row operation.
func (s *Store) op(sp *spaces, op *engine.Op) error {
	switch op.Kind {
	case engine.OpPutKey:
		return s.putKey(sp, &op.Header)
	case engine.OpDelKey:
		return s.delKey(sp, &op.Header)
	case engine.OpPutItem, engine.OpDelItem:
		t, err := tableOf(op.Type)
		if err != nil {
			return err
		}
		sql, columns := t.del, t.point
		if op.Kind == engine.OpPutItem {
			sql, columns = t.put, t.all
		}
		return s.exec(sql, func(q *stmt) {
			q.int(int64(op.ID))
			t.bindAll(q, columns, &op.Item)
		})
	case engine.OpDrop:
		return s.discard(op.Type, op.ID)
	case engine.OpFlushDB:
		return sp.flush(op.Header.DB)
	case engine.OpSwapDB:
		return sp.swap(op.Header.DB, uint32(op.ID))
	}
	return fmt.Errorf("sqlite: unknown row operation %d", op.Kind)
}

func (s *Store) putKey(sp *spaces, h *engine.Header) error {
	space, err := sp.of(h.DB)
	if err != nil {
		return err
	}
	return s.exec("INSERT OR REPLACE INTO keys (space, hash, key, type, id, expires, packed, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", func(q *stmt) {
		q.int(space).int(int64(h.Hash)).blob(h.Key).int(int64(h.Type)).int(int64(h.ID)).intOrNull(h.ExpireAt)
		if h.Packed {
			q.int(1)
		} else {
			q.int(0)
		}
		if h.ID != 0 && !h.Packed && h.Value == "" {
			q.null()
		} else {
			q.blob(h.Value)
		}
	})
}

func (s *Store) delKey(sp *spaces, h *engine.Header) error {
	space, err := sp.of(h.DB)
	if err != nil {
		return err
	}
	err = s.exec("DELETE FROM keys WHERE space = ? AND hash = ? AND key = ?", func(q *stmt) {
		q.int(space).int(int64(h.Hash)).blob(h.Key)
	})
	if err != nil || h.ID == 0 {
		return err
	}
	return s.discard(h.Type, h.ID)
}

// discard leaves a collection's items to Sweep.
func (s *Store) discard(typ engine.Type, id uint64) error {
	return s.exec("INSERT OR REPLACE INTO garbage (id, type) VALUES (?, ?)", func(q *stmt) {
		q.int(int64(id)).int(int64(typ))
	})
}

// spaces maps databases to spaces within one transaction.
type spaces struct {
	s     *Store
	known [16]int64 // the first databases' spaces, 0: not known
}

// of is the space of a database, which is made when it has none.
func (sp *spaces) of(db uint32) (int64, error) {
	if int(db) < len(sp.known) && sp.known[db] != 0 {
		return sp.known[db], nil
	}
	var space int64
	q, err := sp.s.writer.prepare("SELECT space FROM dbs WHERE db = ?")
	if err != nil {
		return 0, err
	}
	found, err := q.int(int64(db)).one(func() { space = q.colInt(0) })
	if err != nil {
		return 0, err
	}
	if !found {
		if space, err = sp.fresh(db); err != nil {
			return 0, err
		}
	}
	if int(db) < len(sp.known) {
		sp.known[db] = space
	}
	return space, nil
}

// fresh gives a database a space that was never used.
func (sp *spaces) fresh(db uint32) (space int64, err error) {
	q, err := sp.s.writer.prepare("UPDATE meta SET next_space = next_space + 1 RETURNING next_space - 1")
	if err != nil {
		return 0, err
	}
	for {
		more, err := q.step()
		if err != nil || !more {
			if err = q.reset(err); err != nil {
				return 0, err
			}
			break
		}
		space = q.colInt(0)
	}
	return space, sp.s.exec("INSERT OR REPLACE INTO dbs (db, space) VALUES (?, ?)", func(q *stmt) {
		q.int(int64(db)).int(space)
	})
}

// flush leaves a database's keys to Sweep.
func (sp *spaces) flush(db uint32) error {
	space, err := sp.of(db)
	if err != nil {
		return err
	}
	err = sp.s.exec("INSERT OR IGNORE INTO garbage_spaces (space) VALUES (?)", func(q *stmt) { q.int(space) })
	if err != nil {
		return err
	}
	sp.known = [16]int64{}
	_, err = sp.fresh(db)
	return err
}

// swap exchanges two databases.
func (sp *spaces) swap(a, b uint32) error {
	x, err := sp.of(a)
	if err != nil {
		return err
	}
	y, err := sp.of(b)
	if err != nil || x == y {
		return err
	}
	sp.known = [16]int64{}
	for _, row := range []struct {
		db    uint32
		space int64
	}{{a, -1}, {b, x}, {a, y}} { // no two rows may have one space, not even for a moment
		err := sp.s.exec("UPDATE dbs SET space = ? WHERE db = ?", func(q *stmt) { q.int(row.space).int(int64(row.db)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes at most so many rows of what is garbage.
func (s *Store) Sweep(rows int) (more bool, err error) {
	err = s.transaction(func() error {
		for left := rows; left > 0; {
			n, some, err := s.sweepSome(left)
			if err != nil {
				return err
			}
			if more = some; !more {
				return nil
			}
			left -= max(n, 1)
		}
		return nil
	})
	if err != nil {
		return false, s.explain("removing deleted rows from", err)
	}
	return more, nil
}

// sweepSome removes at most so many rows of one collection or one space. It
// reports how many, and whether there was anything to look at.
func (s *Store) sweepSome(rows int) (n int, some bool, err error) {
	var id, typ int64
	q, err := s.writer.prepare("SELECT id, type FROM garbage LIMIT 1")
	if err != nil {
		return 0, false, err
	}
	some, err = q.one(func() { id, typ = q.colInt(0), q.colInt(1) })
	if err != nil {
		return 0, false, err
	}
	if !some {
		return s.sweepSpace(rows)
	}
	if t, err := tableOf(engine.Type(typ)); err == nil {
		err := s.exec(t.sweep, func(q *stmt) { q.int(id).int(id).int(int64(rows)) })
		if err != nil {
			return 0, true, err
		}
		if n = s.writer.changes(); n >= rows {
			return n, true, nil
		}
	}
	return n, true, s.exec("DELETE FROM garbage WHERE id = ?", func(q *stmt) { q.int(id) })
}

// sweepSpace removes at most so many keys of a flushed database and lists their
// collections as garbage.
func (s *Store) sweepSpace(rows int) (n int, some bool, err error) {
	var space int64
	q, err := s.writer.prepare("SELECT space FROM garbage_spaces LIMIT 1")
	if err != nil {
		return 0, false, err
	}
	some, err = q.one(func() { space = q.colInt(0) })
	if err != nil || !some {
		return 0, some, err
	}
	const these = "(SELECT hash, key FROM keys WHERE space = ? ORDER BY hash, key LIMIT ?)"
	for _, sql := range []string{
		"INSERT OR IGNORE INTO garbage (id, type) SELECT id, type FROM keys WHERE id <> 0 AND space = ? AND (hash, key) IN " + these,
		"DELETE FROM keys WHERE space = ? AND (hash, key) IN " + these,
	} {
		if err := s.exec(sql, func(q *stmt) { q.int(space).int(space).int(int64(rows)) }); err != nil {
			return 0, true, err
		}
	}
	if n = s.writer.changes(); n >= rows {
		return n, true, nil
	}
	return n, true, s.exec("DELETE FROM garbage_spaces WHERE space = ?", func(q *stmt) { q.int(space) })
}

// init builds the statements that write items.
func init() {
	for _, t := range itemTables {
		if t == nil {
			continue
		}
		t.all = strings.Split(t.columns, ", ")
		t.put = "INSERT OR REPLACE INTO " + t.name + " (id, " + t.columns + ") VALUES (?" + strings.Repeat(", ?", len(t.all)) + ")"
		t.del = "DELETE FROM " + t.name + " WHERE id = ? AND " + tuple(t.point) + " = " + params(len(t.point))
		t.sweep = "DELETE FROM " + t.name + " WHERE id = ? AND " + tuple(t.point) + " IN (SELECT " + strings.Join(t.point, ", ") +
			" FROM " + t.name + " WHERE id = ? LIMIT ?)"
	}
}
