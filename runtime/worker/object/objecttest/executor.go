// Package objecttest runs objects natively, over modernc's SQLite in memory, for
// tests. It performs programs as the Worker's JavaScript does, and never decides
// anything.
package objecttest

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	_ "modernc.org/sqlite" // the driver

	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// An Executor is an object.Executor over a database of its own.
type Executor struct {
	db *sql.DB

	Programs, Statements, Rows int // that were run, and rows that were changed
}

// New returns an executor over an empty database in memory.
func New() (*Executor, error) { return Open(":memory:") }

// Open returns an executor over the database of a file.
func Open(file string) (*Executor, error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	return &Executor{db: db}, nil
}

// Close closes the database, which ends it.
func (e *Executor) Close() error { return e.db.Close() }

// DB is the database, for looking at it.
func (e *Executor) DB() *sql.DB { return e.db }

// limits of a query's result and of a row, in bytes.
const (
	maxResult = 256 << 10
	maxRow    = 2 << 20
)

// errLarge is what SQLite says of a row that is larger than it may be.
var errLarge = errors.New("string or blob too big: SQLITE_TOOBIG")

type reader struct{ b []byte }

func (r *reader) u16() int {
	n := int(binary.LittleEndian.Uint16(r.b))
	r.b = r.b[2:]
	return n
}

func (r *reader) u32() int {
	n := int(binary.LittleEndian.Uint32(r.b))
	r.b = r.b[4:]
	return n
}

// statement reads a statement and its parameters.
func (r *reader) statement() (s object.Statement, args []any, err error) {
	s = object.Statement(r.u16())
	n := r.u16()
	size := 0
	for i := 0; i < n; i++ {
		tag := r.b[0]
		r.b = r.b[1:]
		switch tag {
		case 0:
			args = append(args, nil)
		case 1:
			args = append(args, math.Float64frombits(binary.LittleEndian.Uint64(r.b)))
			r.b = r.b[8:]
		case 2, 3:
			k := r.u32()
			v := append([]byte{}, r.b[:k]...)
			r.b = r.b[k:]
			if size += k; k > maxRow {
				return s, nil, errLarge
			}
			if tag == 2 {
				args = append(args, v)
			} else {
				args = append(args, string(v))
			}
		default:
			return s, nil, fmt.Errorf("objecttest: a parameter has the tag %d", tag)
		}
	}
	return s, args, nil
}

// Size is how many bytes the database has.
func (e *Executor) Size() (n int64) {
	_ = e.db.QueryRow("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Scan(&n)
	return n
}

// Exec runs a program in one transaction.
func (e *Executor) Exec(program []byte) error {
	tx, err := e.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	r := &reader{program}
	for n := r.u32(); n > 0; n-- {
		s, args, err := r.statement()
		if err != nil {
			return err
		}
		res, err := tx.Exec(s.SQL(), args...)
		if err != nil {
			return fmt.Errorf("%w: %s", err, s.SQL())
		}
		e.count(res)
	}
	if len(r.b) > 0 {
		return fmt.Errorf("objecttest: %d bytes follow a program", len(r.b))
	}
	e.Programs++
	return tx.Commit()
}

func (e *Executor) count(res sql.Result) {
	e.Statements++
	if n, err := res.RowsAffected(); err == nil {
		e.Rows += int(n)
	}
}

// Query runs a program of one statement.
func (e *Executor) Query(program []byte, most int) ([]byte, error) {
	r := &reader{program}
	if n := r.u32(); n != 1 {
		return nil, fmt.Errorf("objecttest: a query of %d statements", n)
	}
	s, args, err := r.statement()
	if err != nil {
		return nil, err
	}
	rows, err := e.db.Query(s.SQL(), args...)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, s.SQL())
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 5), 0, 0)
	binary.LittleEndian.PutUint16(b[5:], uint16(len(columns)))
	n := 0
	for rows.Next() {
		if n == most || n > 0 && len(b) > maxResult {
			b[0] = 1
			break
		}
		values := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for _, v := range values {
			if b, err = appendValue(b, v); err != nil {
				return nil, err
			}
		}
		n++
	}
	binary.LittleEndian.PutUint32(b[1:], uint32(n))
	return b, rows.Err()
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 0), nil
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, 1), math.Float64bits(float64(v))), nil
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, 1), math.Float64bits(v)), nil
	case []byte:
		return append(binary.LittleEndian.AppendUint32(append(b, 2), uint32(len(v))), v...), nil
	case string:
		return append(binary.LittleEndian.AppendUint32(append(b, 3), uint32(len(v))), v...), nil
	}
	return nil, fmt.Errorf("objecttest: a value of the type %T", v)
}
