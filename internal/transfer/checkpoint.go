package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/value"
	"modernc.org/sqlite" // the driver, too
	sqlite3 "modernc.org/sqlite/lib"
)

// A checkpoint is a file in which a copy remembers where it is and what it wrote, so
// that one which was killed goes on, and none overwrites what others write.
//
// What was written is appended in the order of SCAN, which is none that an index likes; a
// copy that finds nothing of others at the destination never asks for it. Where one does,
// the index is made then.
type checkpoint struct {
	db   *sql.DB
	file string

	indexed  sync.Once
	indexErr error
}

// fault says which file an error is of. An interruption is none of it.
func (c *checkpoint) fault(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the checkpoint %s: %w; -checkpoint FILE names another place", c.file, err)
}

func (c *checkpoint) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.db.ExecContext(ctx, query, args...)
	return c.fault(err)
}

// index makes keys findable.
func (c *checkpoint) index(ctx context.Context) error {
	c.indexed.Do(func() {
		c.indexErr = c.exec(ctx, `CREATE INDEX IF NOT EXISTS wrote_key ON wrote (key)`)
	})
	return c.indexErr
}

// ErrOtherCopy says that a checkpoint belongs to a copy between other ends, or of
// other keys.
var ErrOtherCopy = errors.New("the checkpoint is of another copy")

// openCheckpoint opens or makes the file. what says which copy it is of, without
// secrets; resumed whether there was one.
func openCheckpoint(file, what string) (c *checkpoint, resumed bool, err error) {
	if _, err := os.Stat(file); err == nil {
		resumed = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	} else if _, err := os.Stat(filepath.Dir(file)); err != nil {
		return nil, false, fmt.Errorf("the checkpoint %s: %w", file, err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file)+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return nil, false, err
	}
	db.SetMaxOpenConns(1)
	c = &checkpoint{db: db, file: file}
	if err := c.begin(what); err != nil {
		_ = db.Close() // the first error says what is wrong
		return nil, false, fmt.Errorf("the checkpoint %s: %w%s", file, err, openAdvice(err))
	}
	return c, resumed, nil
}

// openAdvice says what to do about a checkpoint that cannot be opened.
func openAdvice(err error) string {
	var fault *sqlite.Error
	if !errors.As(err, &fault) {
		return ""
	}
	switch fault.Code() & 0xff { // the rest says more of the same
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "; another copy uses it: wait until that has ended, or name another file with -checkpoint"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return "; it is damaged: remove it to begin anew, and what is at the destination already stays"
	}
	return "; -checkpoint FILE names another place"
}

func (c *checkpoint) begin(what string) error {
	if _, err := c.db.Exec(`
CREATE TABLE IF NOT EXISTS copy (one INTEGER PRIMARY KEY CHECK (one = 1), what TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS node (name TEXT PRIMARY KEY, cursor TEXT NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wrote (key BLOB NOT NULL, digest BLOB NOT NULL, expire INTEGER NOT NULL);
`); err != nil {
		return err
	}
	if _, err := c.db.Exec(`INSERT INTO copy VALUES (1, ?) ON CONFLICT DO NOTHING`, what); err != nil {
		return err
	}
	var of string
	if err := c.db.QueryRow(`SELECT what FROM copy`).Scan(&of); err != nil {
		return err
	}
	if of != what {
		return fmt.Errorf("%w: it is of %s, and this is %s; remove it to begin anew, or name another file", ErrOtherCopy, of, what)
	}
	return nil
}

// cursor is where the scan of a node goes on.
func (c *checkpoint) cursor(ctx context.Context, node string) (cursor string, done bool, err error) {
	err = c.db.QueryRowContext(ctx, `SELECT cursor, done FROM node WHERE name = ?`, node).Scan(&cursor, &done)
	if errors.Is(err, sql.ErrNoRows) {
		return "0", false, nil
	}
	return cursor, done, c.fault(err)
}

// passed notes that everything before a cursor was brought.
func (c *checkpoint) passed(ctx context.Context, node, cursor string) error {
	return c.exec(ctx, `INSERT INTO node VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cursor = excluded.cursor, done = excluded.done`, node, cursor, cursor == "0")
}

// anew forgets the cursors, not what was written.
func (c *checkpoint) anew(ctx context.Context) error {
	return c.exec(ctx, `DELETE FROM node`)
}

// A mark is a state of a key that this copy has written, or is about to.
type mark struct {
	key    string
	digest value.Digest
	expire int64
}

// partial is the digest of a value of which only some pieces were written.
var partial value.Digest

// will notes states before they are written: whoever is killed in between finds them.
func (c *checkpoint) will(ctx context.Context, marks []mark) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return c.fault(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	st, err := tx.PrepareContext(ctx, `INSERT INTO wrote VALUES (?, ?, ?)`)
	if err != nil {
		return c.fault(err)
	}
	for _, m := range marks {
		if _, err := st.ExecContext(ctx, []byte(m.key), m.digest[:], m.expire); err != nil {
			return c.fault(err)
		}
	}
	return c.fault(tx.Commit())
}

// did notes that a key has one state now: the others that it was given before are no
// longer there.
func (c *checkpoint) did(ctx context.Context, m mark) error {
	if err := c.index(ctx); err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM wrote WHERE key = ? AND NOT (digest = ? AND expire = ?)`, []byte(m.key), m.digest[:], m.expire)
}

// forget notes that a key is somebody else's.
func (c *checkpoint) forget(ctx context.Context, key string) error {
	if err := c.index(ctx); err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM wrote WHERE key = ?`, []byte(key))
}

// written are the next n keys behind a key that this copy has written; nil is before the
// first.
func (c *checkpoint) written(ctx context.Context, after []byte, n int) (keys []string, err error) {
	if err := c.index(ctx); err != nil {
		return nil, err
	}
	rows, err := c.db.QueryContext(ctx, `SELECT DISTINCT key FROM wrote WHERE ?1 IS NULL OR key > ?1 ORDER BY key LIMIT ?2`, after, n)
	if err != nil {
		return nil, c.fault(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, string(key))
	}
	return keys, c.fault(rows.Err())
}

// drop takes one state back that was not written after all.
func (c *checkpoint) drop(ctx context.Context, m mark) error {
	if err := c.index(ctx); err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM wrote WHERE key = ? AND digest = ? AND expire = ?`, []byte(m.key), m.digest[:], m.expire)
}

// ours tells whether a state is one that this copy wrote.
func (c *checkpoint) ours(ctx context.Context, m mark) (bool, error) {
	if err := c.index(ctx); err != nil {
		return false, err
	}
	var n int
	err := c.db.QueryRowContext(ctx, `SELECT count(*) FROM wrote WHERE key = ? AND digest = ? AND expire = ?`, []byte(m.key), m.digest[:], m.expire).Scan(&n)
	return n > 0, c.fault(err)
}

// wrote tells whether this copy has written a value, whenever it expires.
func (c *checkpoint) wrote(ctx context.Context, key string, digest value.Digest) (bool, error) {
	if err := c.index(ctx); err != nil {
		return false, err
	}
	var n int
	err := c.db.QueryRowContext(ctx, `SELECT count(*) FROM wrote WHERE key = ? AND digest = ?`, []byte(key), digest[:]).Scan(&n)
	return n > 0, c.fault(err)
}

func (c *checkpoint) close() error { return c.db.Close() }

// remove ends a copy that is complete.
func (c *checkpoint) remove() error {
	err := c.close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(c.file + suffix); e != nil && !errors.Is(e, fs.ErrNotExist) && err == nil {
			err = e
		}
	}
	return err
}
