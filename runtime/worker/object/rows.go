package object

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// Rows is the engine's store over an Executor. It is also where the host makes its
// programs. It keeps which database has which space, because a program cannot ask:
// so it is the only one that writes.
type Rows struct {
	exec *tables
	p    Program      // of queries
	ops  []*engine.Op // of the change that is added

	seq    uint64 // of the last change that is stored
	nextID uint64
	spaces map[uint32]int64       // by database
	next   int64                  // first space that was never used
	trash  bool                   // there may be garbage
	oldest int64                  // when the session wrote that has not for the longest time, as of Open, Unix milliseconds; 0: there is none
	held   func(space int64) bool // a follower still reads a flushed space; nil: none does
	log    journal
}

var _ engine.Store = (*Rows)(nil)

// NewRows returns the store of one object, which Open opens.
func NewRows(exec Executor) *Rows {
	return &Rows{exec: &tables{Executor: exec}, log: journal{desk: &desk{}}}
}

var (
	askState = statement(`SELECT max(seq), max(next_id), coalesce(min(CASE WHEN id <> zeroblob(16) THEN at END), 0) FROM sessions`)
	askDBs   = statement(`SELECT db, space FROM dbs ORDER BY db`)
	askTrash = statement(`SELECT coalesce((SELECT max(space) FROM garbage_spaces), 0), EXISTS (SELECT 1 FROM garbage)`)
)

// Open brings the tables up to date, if there are any, and reads where they stand. It
// may be called again.
func (r *Rows) Open() (st engine.State, err error) {
	r.log.reset(0)
	r.log.unread = true // whatever was added and perhaps not stored
	if err := r.exec.open(); err != nil {
		return st, err
	}
	r.weigh()
	r.spaces, r.next = map[uint32]int64{}, 1
	r.seq, r.nextID, r.oldest, r.trash = 0, 0, 0, false
	err = r.all(r.ask(askDBs), func(q *result) bool {
		db, space := uint32(q.int()), q.int()
		r.spaces[db] = space
		r.next = max(r.next, space+1)
		return true
	})
	if err == nil {
		err = r.settle()
	}
	if err == nil {
		_, err = r.one(r.ask(askState), func(q *result) {
			r.seq, r.nextID, r.oldest = uint64(q.int()), uint64(q.int()), q.int()
		})
	}
	if err == nil {
		_, err = r.one(r.ask(askTrash), func(q *result) {
			space, garbage := q.int(), q.int()
			r.next = max(r.next, space+1)
			r.trash = space+garbage > 0
		})
	}
	if err != nil {
		return st, fmt.Errorf("object: reading where the rows stand: %w", err)
	}
	return engine.State{Seq: r.seq, NextID: r.nextID}, nil
}

// Close does nothing: there is nothing to close.
func (r *Rows) Close() error { return nil }

// ask begins a query.
func (r *Rows) ask(s Statement) *Program {
	r.p.Reset()
	return r.p.Statement(s)
}

// page is how many rows the first query of a long result asks for, and how many the
// later ones do. Most are not read to their end.
const (
	firstPage = 256
	laterPage = 8192
)

func (r *Rows) query(p *Program, rows int) (result, error) {
	if (r.log.slot > 0 || r.log.unread) && p.first().settles() {
		if err := r.settle(); err != nil {
			return result{}, err
		}
	}
	b, err := r.exec.Query(p.Bytes(), rows)
	if err != nil {
		return result{}, err
	}
	return readResult(b), nil
}

// one reads a row if there is one.
func (r *Rows) one(p *Program, row func(*result)) (found bool, err error) {
	q, err := r.query(p, 1)
	if err != nil {
		return false, err
	}
	if q.rows > 0 {
		row(&q)
	}
	return q.rows > 0, q.err
}

// all reads all rows of a result that fits into one answer: few and short ones.
func (r *Rows) all(p *Program, row func(*result) bool) error {
	q, err := r.query(p, laterPage)
	if err != nil {
		return err
	}
	for i := 0; i < q.rows && q.err == nil; i++ {
		if !row(&q) {
			return q.err
		}
	}
	if q.err == nil && q.more {
		return fmt.Errorf("object: more rows than expected")
	}
	return q.err
}
