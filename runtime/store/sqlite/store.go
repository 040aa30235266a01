package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/sqlviews"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Sync says when SQLite waits for the disk.
type Sync string

const (
	SyncFull Sync = "FULL" // every commit is on the disk when it returns
	SyncOff  Sync = "OFF"  // the operating system writes when it likes
)

// A Store keeps rows in a SQLite file. It implements engine.Store; its reads may
// run while one Commit or Sweep runs in another goroutine.
type Store struct {
	path   string
	sync   Sync
	lock   *os.File
	writer *conn
	reader *conn // reads have a connection of their own, so that they need not wait for the disk
}

var _ engine.Store = (*Store)(nil)

// New returns the store of a file, which Open opens.
func New(path string, sync Sync) *Store { return &Store{path: path, sync: sync} }

// ReadsDuringCommit tells the host that reads need not wait for a commit.
func (s *Store) ReadsDuringCommit() {}

// Open opens or makes the file, takes its lock and brings its tables up to date.
// A second Open reads the state again.
func (s *Store) Open() (engine.State, error) {
	if s.writer == nil {
		if err := s.connect(); err != nil {
			return engine.State{}, err
		}
	}
	// A failed commit may have left its transaction open; without one this fails
	// and changes nothing.
	_ = s.writer.run("ROLLBACK")
	st := engine.State{}
	q, err := s.writer.prepare("SELECT seq, next_id FROM meta")
	if err == nil {
		var found bool
		found, err = q.one(func() {
			st.Seq, st.NextID = uint64(q.colInt(0)), uint64(q.colInt(1))
		})
		if err == nil && !found {
			err = errors.New("the meta table is empty")
		}
	}
	if err != nil {
		return engine.State{}, s.explain("reading the state of", err)
	}
	return st, nil
}

func (s *Store) connect() (err error) {
	if err := s.inspect(); err != nil {
		return err
	}
	if s.lock, err = takeLock(s.path); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.writer, err = open(s.path, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE); err != nil {
		return s.explain("opening", err)
	}
	version, err := s.check()
	if err != nil {
		return err
	}
	err = s.writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = " + string(s.sync) + "; PRAGMA cache_size = -16384")
	if err == nil {
		err = s.writer.migrate(version)
	}
	if err == nil {
		s.reader, err = open(s.path, sqlite3.SQLITE_OPEN_READWRITE)
	}
	if err == nil {
		err = s.reader.run("PRAGMA query_only = 1; PRAGMA cache_size = -16384")
	}
	if err != nil {
		return s.explain("opening", err)
	}
	return nil
}

// inspect looks at the file before SQLite may touch it.
func (s *Store) inspect() error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(s.path)); err != nil {
			return fmt.Errorf("the database %s cannot be made: %w; make the directory first", s.path, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("opening the database %s: %w", s.path, err)
	case info.IsDir():
		return fmt.Errorf("the database %s is a directory; name a file in it", s.path)
	case info.Size() == 0:
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("opening the database %s: %w; it must be readable and writable", s.path, err)
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	if n, _ := f.ReadAt(head, 0); string(head[:n]) != magic {
		return fmt.Errorf("the file %s is not a SQLite database, and was left as it is; "+
			"name another file, or move it away to start an empty store", s.path)
	}
	return nil
}

// check reads whose file it is and how old its tables are, and changes nothing.
func (s *Store) check() (version int, err error) {
	var app, tables int64
	for _, q := range []struct {
		sql string
		to  func(v int64)
	}{
		{"PRAGMA application_id", func(v int64) { app = v }},
		{"PRAGMA user_version", func(v int64) { version = int(v) }},
		{"SELECT count(*) FROM sqlite_schema", func(v int64) { tables = v }},
	} {
		st, err := s.writer.prepare(q.sql)
		if err == nil {
			_, err = st.one(func() { q.to(st.colInt(0)) })
		}
		if err != nil {
			return 0, s.explain("opening", err)
		}
	}
	switch {
	case app == 0 && tables == 0 && version == 0:
		return 0, nil
	case app != applicationID:
		return 0, fmt.Errorf("the SQLite database %s belongs to another program, and was left as it is; name another file", s.path)
	case version > len(migrations):
		return 0, fmt.Errorf("the database %s has tables of version %d and this program knows them up to %d; "+
			"update the module github.com/redis2cf/redis2cf/runtime", s.path, version, len(migrations))
	}
	return version, nil
}

// explain adds to an error of SQLite which file it was about and what to do.
func (s *Store) explain(doing string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s the database %s: %w", doing, s.path, err)
	}
	advice := ""
	switch e.Code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		advice = "; the file is damaged: restore a copy, or save what can be read with `sqlite3 " +
			filepath.Base(s.path) + " .recover`"
	case sqlite3.SQLITE_FULL:
		advice = "; the disk is full: make room and try again"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		advice = "; the file and its directory must be readable and writable"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		advice = "; another program keeps a transaction open on it: end that one"
	}
	return fmt.Errorf("%s the database %s: %w%s", doing, s.path, err, advice)
}

// Close closes the file and gives its lock back.
func (s *Store) Close() error {
	var errs []error
	for _, c := range []*conn{s.reader, s.writer} {
		if c != nil {
			errs = append(errs, c.close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	s.reader, s.writer, s.lock = nil, nil, nil
	return errors.Join(errs...)
}

// DefineViews makes or replaces the views of key families, for people and their
// tools. A family whose name is a table's or a standard view's has a view called
// family_NAME. It must not run while a commit does.
func (s *Store) DefineViews(views []store.View) error {
	var b strings.Builder
	for _, v := range views {
		name, sql, ok := sqlviews.File.Family(sqlviews.View(v), isOwnName)
		if !ok {
			continue
		}
		// Most opens find what the last one made, and write nothing.
		have := ""
		q, err := s.writer.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ? COLLATE NOCASE")
		if err == nil {
			_, err = q.text(name).one(func() { have = q.colString(0) })
		}
		if err != nil {
			return s.explain("reading the views of", err)
		}
		if have != sql {
			b.WriteString("DROP VIEW IF EXISTS " + sqlviews.Quoted(name) + ";\n" + sql + ";\n")
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := s.writer.run("BEGIN IMMEDIATE;" + b.String() + "COMMIT"); err != nil {
		_ = s.writer.run("ROLLBACK") // fails when the transaction has not begun
		return s.explain("making the views of", err)
	}
	return nil
}

// ViewName is the name that DefineViews gives a family's view; ok is false when the
// family's type has no table to show.
func ViewName(v store.View) (name string, ok bool) {
	name, _, ok = sqlviews.File.Family(sqlviews.View(v), isOwnName)
	return name, ok
}

// isOwnName reports whether the schema has a table or a view of that name.
func isOwnName(name string) bool {
	for _, m := range migrations {
		for _, line := range strings.Split(m, "\n") {
			w := strings.Fields(line)
			if len(w) > 2 && w[0] == "CREATE" && (w[1] == "TABLE" || w[1] == "VIEW" || w[1] == "INDEX") && strings.EqualFold(w[2], name) {
				return true
			}
		}
	}
	return false
}
