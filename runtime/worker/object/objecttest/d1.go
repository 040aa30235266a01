package objecttest

import (
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/d1schema"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// A D1 is a database with the project's migrations, that carries out the tasks of
// follower 1 as the Worker's JavaScript does, with D1's limits.
type D1 struct {
	db    *sql.DB
	texts []string

	// Before and After are asked with the number of the task from 1 on. An error of
	// Before means that the batch never came; one of After that it did, and its
	// receipt was lost. They may be nil.
	Before, After func(task int) error

	Tasks, Batches, Statements, Written int // what was carried out, and rows that were written
	Largest                             int // statements of the largest batch
	batches                             [][]byte
}

// Limits of D1.
const (
	d1Params     = 100
	d1Bytes      = 2_000_000
	d1SQL        = 100_000
	d1Statements = 50 // of an invocation, on the free plan
)

// NewD1 returns a database that the migrations of a plan have made.
func NewD1(families []worker.Family) (*D1, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	d := &D1{db: db}
	if err := d.Migrate(families); err != nil {
		return nil, err
	}
	var lists struct {
		D1 []string `json:"d1"`
	}
	if err := json.Unmarshal([]byte(object.Statements()), &lists); err != nil {
		return nil, err
	}
	d.texts = lists.D1
	return d, nil
}

// Migrate brings an empty database to a plan.
func (d *D1) Migrate(families []worker.Family) error {
	files, err := d1schema.Migrations(nil, families)
	if err != nil {
		return err
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, err := d.db.Exec(files[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// DB is the database, for looking at it.
func (d *D1) DB() *sql.DB { return d.db }

// Close closes the database, which ends it.
func (d *D1) Close() error { return d.db.Close() }

// Carry carries a task out and returns its receipt. A task to wait has none: until is
// its time then, in Unix microseconds, 0 for none.
func (d *D1) Carry(task []byte) (receipt []byte, until int64) {
	if task[0] == 0 {
		return nil, int64(math.Float64frombits(binary.LittleEndian.Uint64(task[1:])))
	}
	d.Tasks++
	if d.Before != nil {
		if err := d.Before(d.Tasks); err != nil {
			return failedBatch(err), 0
		}
	}
	receipt, err := d.batch(task[1:])
	if err == nil && d.After != nil {
		err = d.After(d.Tasks)
	}
	if err != nil {
		return failedBatch(err), 0
	}
	return receipt, 0
}

// Late carries an earlier batch out again: it must fail, and whole.
func (d *D1) Late(i int) error {
	_, err := d.batch(d.batches[i])
	return err
}

// Sent is how many batches were carried out that write.
func (d *D1) Sent() int { return len(d.batches) }

func failedBatch(err error) []byte {
	text := err.Error()
	return append(binary.LittleEndian.AppendUint32([]byte{1}, uint32(len(text))), text...)
}

func (d *D1) batch(program []byte) (receipt []byte, err error) {
	tx, err := d.db.Begin()
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	r := &reader{program}
	n := r.u32()
	if n > d1Statements {
		return nil, fmt.Errorf("D1_ERROR: %d statements in a batch", n)
	}
	receipt = binary.LittleEndian.AppendUint32([]byte{0}, uint32(n))
	writes := false
	for i := 0; i < n; i++ {
		s, args, err := r.statement()
		if err != nil {
			return nil, err
		}
		text := d.texts[s]
		if err := d.allowed(text, args); err != nil {
			return nil, err
		}
		if strings.HasPrefix(text, "SELECT") {
			if receipt, err = ask(tx, receipt, text, args); err != nil {
				return nil, err
			}
			continue
		}
		writes = true
		res, err := tx.Exec(text, args...)
		if err != nil {
			return nil, fmt.Errorf("D1_ERROR: %w in %s", err, text)
		}
		changed, _ := res.RowsAffected()
		d.Written += int(changed)
		receipt = binary.LittleEndian.AppendUint64(receipt, math.Float64bits(float64(changed)))
		receipt = append(receipt, 0, 0, 0, 0, 0, 0)
	}
	if len(r.b) > 0 {
		return nil, errors.New("objecttest: bytes follow a batch")
	}
	d.Statements += n
	d.Largest = max(d.Largest, n)
	if writes {
		d.Batches++
		d.batches = append(d.batches, append([]byte(nil), program...))
	}
	return receipt, tx.Commit()
}

func (d *D1) allowed(text string, args []any) error {
	if len(text) > d1SQL || len(args) > d1Params {
		return fmt.Errorf("D1_ERROR: a statement of %d bytes with %d parameters", len(text), len(args))
	}
	for _, a := range args {
		n := 0
		switch a := a.(type) {
		case []byte:
			n = len(a)
		case string:
			n = len(a)
		case float64:
			if math.IsInf(a, 0) || math.IsNaN(a) {
				return fmt.Errorf("D1_ERROR: %v is no JSON", a)
			}
		}
		if n > d1Bytes {
			return fmt.Errorf("D1_ERROR: a parameter of %d bytes", n)
		}
	}
	return nil
}

func ask(tx *sql.Tx, receipt []byte, text string, args []any) ([]byte, error) {
	rows, err := tx.Query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("D1_ERROR: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	receipt = append(receipt, 0, 0, 0, 0, 0, 0, 0, 0)
	at := len(receipt)
	receipt = append(receipt, 0, 0, 0, 0)
	receipt = binary.LittleEndian.AppendUint16(receipt, uint16(len(columns)))
	n := uint32(0)
	for ; rows.Next(); n++ {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for _, v := range values {
			if receipt, err = appendValue(receipt, v); err != nil {
				return nil, err
			}
		}
	}
	binary.LittleEndian.PutUint32(receipt[at:], n)
	return receipt, rows.Err()
}

// SplitOutput reads an output that has a task behind it.
func SplitOutput(b []byte) (out Output, task []byte, err error) {
	at := 28
	if len(b) < at {
		return out, nil, errors.New("objecttest: an output is cut off")
	}
	for n := binary.LittleEndian.Uint32(b[24:]); n > 0; n-- {
		at += 15 + int(binary.LittleEndian.Uint32(b[at+11:]))
	}
	out, err = ReadOutput(b[:at])
	if err == nil && int(binary.LittleEndian.Uint32(b[at:])) != len(b)-at-4 {
		err = errors.New("objecttest: a task is not as long as it says")
	}
	return out, append([]byte(nil), b[at+4:]...), err
}
