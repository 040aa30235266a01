package sqlite

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A conn is one connection to a database file. It sits on SQLite's own
// interface and not on database/sql: there, each execution of a prepared
// statement parses its text again, which costs more than the execution. It must
// not be used from two goroutines at once.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	file  string // for messages
	stmts map[string]*stmt
}

func init() { sqlite3.PatchIssue199() }

// open opens a file. flags are SQLITE_OPEN_*.
func open(file string, flags int32) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), file: file, stmts: make(map[string]*stmt)}
	name, err := libc.CString(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer libc.Xfree(c.tls, name)
	handle := c.tls.Alloc(int(unsafe.Sizeof(uintptr(0))))
	defer c.tls.Free(int(unsafe.Sizeof(uintptr(0))))
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, handle, flags|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(pointer(handle))
	if rc != sqlite3.SQLITE_OK {
		err := c.fail(rc)
		c.close()
		return nil, err
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, 10_000)
	return c, nil
}

// close ends the connection and its statements.
func (c *conn) close() error {
	if c.tls == nil {
		return nil
	}
	for _, s := range c.stmts {
		s.finalize()
	}
	var err error
	if c.db != 0 {
		if rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db); rc != sqlite3.SQLITE_OK {
			err = c.fail(rc)
		}
	}
	c.tls.Close()
	c.tls, c.db = nil, 0
	return err
}

// pointer is p as Go's pointer to memory that SQLite allocated, outside Go's heap.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// An Error is what SQLite answered.
type Error struct {
	Code int // extended result code
	File string
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s (SQLite code %d)", e.File, e.Text, e.Code) }

func (c *conn) fail(rc int32) error {
	text := libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if more := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)); more != text && more != "not an error" {
			text += ": " + more
		}
	}
	return &Error{Code: int(rc), File: c.file, Text: text}
}

// run executes one or several statements without parameters or results.
func (c *conn) run(sql string) error {
	p, err := libc.CString(sql)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, p)
	if rc := sqlite3.Xsqlite3_exec(c.tls, c.db, p, 0, 0, 0); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// changes is how many rows the last statement changed.
func (c *conn) changes() int { return int(sqlite3.Xsqlite3_changes(c.tls, c.db)) }

// A stmt is a prepared statement. Parameters are bound in order by the methods
// named after the types, which chain; then exec or rows runs it.
type stmt struct {
	c     *conn
	p     uintptr
	next  int32
	large []uintptr // blobs bound to this execution, freed at reset
	spare uintptr   // a block for small blobs, kept from execution to execution
	used  int       // bytes of it in use
	inUse bool
	kept  bool  // the connection keeps it for the next use
	rc    int32 // first error of a bind
}

// spareSize is what most keys and values fit in, in bytes.
const spareSize = 1024

// prepare returns the statement for a text, prepared once per connection. A
// statement that is being read from is not disturbed: a second one is made,
// which ends with its reset.
func (c *conn) prepare(sql string) (*stmt, error) {
	s := c.stmts[sql]
	if s != nil && !s.inUse {
		s.inUse, s.next = true, 0
		return s, nil
	}
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	handle := c.tls.Alloc(int(unsafe.Sizeof(uintptr(0))))
	defer c.tls.Free(int(unsafe.Sizeof(uintptr(0))))
	const persistent = sqlite3.SQLITE_PREPARE_PERSISTENT
	if rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, persistent, handle, 0); rc != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("%w, in %s", c.fail(rc), strings.Join(strings.Fields(sql), " "))
	}
	fresh := &stmt{c: c, p: *(*uintptr)(pointer(handle)), inUse: true, kept: s == nil}
	if s == nil {
		c.stmts[sql] = fresh
	}
	return fresh, nil
}

func (s *stmt) note(rc int32) *stmt {
	if rc != sqlite3.SQLITE_OK && s.rc == sqlite3.SQLITE_OK {
		s.rc = rc
	}
	return s
}

func (s *stmt) int(v int64) *stmt {
	s.next++
	return s.note(sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, s.next, v))
}

// intOrNull binds NULL for 0.
func (s *stmt) intOrNull(v int64) *stmt {
	if v == 0 {
		return s.null()
	}
	return s.int(v)
}

func (s *stmt) float(v float64) *stmt {
	s.next++
	return s.note(sqlite3.Xsqlite3_bind_double(s.c.tls, s.p, s.next, v))
}

func (s *stmt) null() *stmt {
	s.next++
	return s.note(sqlite3.Xsqlite3_bind_null(s.c.tls, s.p, s.next))
}

func (s *stmt) blob(v string) *stmt {
	s.next++
	if len(v) == 0 {
		return s.note(sqlite3.Xsqlite3_bind_zeroblob(s.c.tls, s.p, s.next, 0))
	}
	if len(v) > math.MaxInt32-16 {
		return s.note(sqlite3.SQLITE_TOOBIG)
	}
	block := s.block(len(v))
	if block == 0 {
		return s.note(sqlite3.SQLITE_NOMEM)
	}
	copy(unsafe.Slice((*byte)(pointer(block)), len(v)), v)
	return s.note(sqlite3.Xsqlite3_bind_blob(s.c.tls, s.p, s.next, block, int32(len(v)), 0))
}

// text binds a string that is compared with text and not with bytes.
func (s *stmt) text(v string) *stmt {
	s.next++
	block := s.block(len(v) + 1)
	if block == 0 {
		return s.note(sqlite3.SQLITE_NOMEM)
	}
	copy(unsafe.Slice((*byte)(pointer(block)), len(v)), v)
	return s.note(sqlite3.Xsqlite3_bind_text(s.c.tls, s.p, s.next, block, int32(len(v)), 0))
}

// block returns memory that lives until the statement is reset.
func (s *stmt) block(n int) uintptr {
	if s.spare == 0 {
		s.spare = sqlite3.Xsqlite3_malloc(s.c.tls, spareSize)
	}
	if s.spare != 0 && s.used+n <= spareSize {
		s.used += n
		return s.spare + uintptr(s.used-n)
	}
	block := sqlite3.Xsqlite3_malloc(s.c.tls, int32(n))
	if block != 0 {
		s.large = append(s.large, block)
	}
	return block
}

// exec runs the statement to its end.
func (s *stmt) exec() error {
	for {
		more, err := s.step()
		if err != nil || !more {
			return s.reset(err)
		}
	}
}

// step goes to the next row and reports whether there is one.
func (s *stmt) step() (bool, error) {
	if s.rc != sqlite3.SQLITE_OK {
		return false, s.c.fail(s.rc)
	}
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.p); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fail(rc)
	}
}

// rows calls row for each row until it returns false.
func (s *stmt) rows(row func() bool) error {
	for {
		more, err := s.step()
		if err != nil || !more {
			return s.reset(err)
		}
		if !row() {
			return s.reset(nil)
		}
	}
}

// one reads the first row, if there is one, with row.
func (s *stmt) one(row func()) (found bool, err error) {
	found, err = s.step()
	if found {
		row()
	}
	return found, s.reset(err)
}

// reset makes the statement ready for its next use and passes err on.
func (s *stmt) reset(err error) error {
	sqlite3.Xsqlite3_reset(s.c.tls, s.p)
	sqlite3.Xsqlite3_clear_bindings(s.c.tls, s.p)
	for _, block := range s.large {
		sqlite3.Xsqlite3_free(s.c.tls, block)
	}
	s.large, s.used, s.rc, s.inUse = s.large[:0], 0, sqlite3.SQLITE_OK, false
	if !s.kept {
		s.finalize()
	}
	return err
}

func (s *stmt) finalize() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.p)
	if s.spare != 0 {
		sqlite3.Xsqlite3_free(s.c.tls, s.spare)
	}
	s.p, s.spare = 0, 0
}

func (s *stmt) colInt(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.p, int32(i)) }

func (s *stmt) colFloat(i int) float64 {
	return sqlite3.Xsqlite3_column_double(s.c.tls, s.p, int32(i))
}

// colString is a copy of a blob or a text; NULL is empty.
func (s *stmt) colString(i int) string {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.p, int32(i))
	n := sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i))
	if p == 0 || n == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(pointer(p)), int(n)))
}
