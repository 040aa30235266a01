package object

import (
	"fmt"
)

// The tables hold the same as those of store/sqlite, with these differences: there
// is no meta row, because each commit writes one row of sessions, which carries the
// number of the change; and there are no views, since people read D1.
//
// formats bring an object from the format that is their index to the next one. A
// released step never changes.
var formats = [][]Statement{{
	statement(`CREATE TABLE format (
	version INTEGER PRIMARY KEY
)`),
	statement(`CREATE TABLE dbs (
	db    INTEGER PRIMARY KEY,   -- number of SELECT
	space INTEGER NOT NULL UNIQUE
)`),
	statement(`CREATE TABLE keys (
	space   INTEGER NOT NULL,
	hash    INTEGER NOT NULL,    -- of the key; the order of SCAN
	key     BLOB    NOT NULL,
	type    INTEGER NOT NULL,    -- 1 string, 2 hash, 3 list, 4 set, 5 zset, 6 stream, 7 JSON
	id      INTEGER NOT NULL,    -- collection whose items are in the tables below; 0: none
	expires INTEGER,             -- Unix time in milliseconds; NULL: never
	packed  INTEGER NOT NULL,    -- 1: value holds a packed collection
	value   BLOB,                -- of a string
	PRIMARY KEY (space, hash, key)
) WITHOUT ROWID`),
	statement(`CREATE INDEX keys_expiring ON keys (space, expires) WHERE expires IS NOT NULL`),
	statement(`CREATE TABLE hash_fields (
	id      INTEGER NOT NULL,
	field   BLOB    NOT NULL,
	value   BLOB    NOT NULL,
	expires INTEGER,
	PRIMARY KEY (id, field)
) WITHOUT ROWID`),
	statement(`CREATE INDEX hash_expiring ON hash_fields (id, expires) WHERE expires IS NOT NULL`),
	statement(`CREATE TABLE list_items (
	id    INTEGER NOT NULL,
	pos   INTEGER NOT NULL,      -- contiguous, ascending from head to tail
	value BLOB    NOT NULL,
	PRIMARY KEY (id, pos)
) WITHOUT ROWID`),
	statement(`CREATE TABLE set_members (
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	PRIMARY KEY (id, member)
) WITHOUT ROWID`),
	statement(`CREATE TABLE zset_members (
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	score          NOT NULL,     -- REAL; declared so, SQLite would drop the sign of -0
	PRIMARY KEY (id, member)
) WITHOUT ROWID`),
	statement(`CREATE INDEX zset_order ON zset_members (id, score, member)`),
	statement(`CREATE TABLE stream_entries (
	id    INTEGER NOT NULL,
	kind  INTEGER NOT NULL,      -- 0 entries, 1 counters, 2 groups, 3 consumers, 4 pending entries
	entry BLOB    NOT NULL,      -- of an entry: 8 bytes milliseconds, 8 bytes sequence, big endian
	value BLOB    NOT NULL,
	PRIMARY KEY (id, kind, entry)
) WITHOUT ROWID`),
	statement(`CREATE TABLE json_documents (
	id    INTEGER NOT NULL,
	pos   INTEGER NOT NULL,      -- 0: a document is one row
	value BLOB    NOT NULL,      -- compact JSON text
	PRIMARY KEY (id, pos)
) WITHOUT ROWID`),
	statement(`CREATE TABLE garbage (
	id   INTEGER PRIMARY KEY,
	type INTEGER NOT NULL
)`),
	statement(`CREATE TABLE garbage_spaces (
	space INTEGER PRIMARY KEY
)`),
	statement(`CREATE TABLE sessions (
	id      BLOB    NOT NULL,    -- 16 bytes; zeros: what is written without a client
	frame   INTEGER NOT NULL,    -- number of the last frame that wrote
	seq     INTEGER NOT NULL,    -- number of the last change; the greatest of the table is the object's
	next_id INTEGER NOT NULL,    -- first collection number that was never used, as of then
	at      INTEGER NOT NULL,    -- Unix time in milliseconds of that frame
	parts   INTEGER NOT NULL,    -- how many rows of session_parts hold the rest of the answer
	answer  BLOB    NOT NULL,    -- message that the frame was answered with
	PRIMARY KEY (id)
) WITHOUT ROWID`),
	statement(`CREATE TABLE session_parts (
	id     BLOB    NOT NULL,
	part   INTEGER NOT NULL,
	answer BLOB    NOT NULL,
	PRIMARY KEY (id, part)
) WITHOUT ROWID`),
	statement(`CREATE TABLE wakes (
	id      BLOB    NOT NULL,    -- of the session
	ticket  BLOB    NOT NULL,    -- 8 bytes
	part    INTEGER NOT NULL,
	command INTEGER NOT NULL,    -- hash of the command that was blocked
	message BLOB    NOT NULL,    -- a part of the message that brings its reply
	PRIMARY KEY (id, ticket, part)
) WITHOUT ROWID`),
	statement(`CREATE TABLE subscriptions (
	id     BLOB    NOT NULL,     -- of the session
	client BLOB    NOT NULL,     -- 8 bytes
	kind   INTEGER NOT NULL,     -- 1 channel, 2 pattern, 3 sharded channel
	name   BLOB    NOT NULL,
	scope  INTEGER NOT NULL,     -- of the connection, as in worker's doc.go
	PRIMARY KEY (id, client, kind, name)
) WITHOUT ROWID`),
	// Strings whose value lies in R2: packed is 1, and value the reference.
	statement(`CREATE INDEX keys_in_r2 ON keys (value) WHERE packed = 1 AND type = 1`),
	statement(`CREATE TABLE blob_sweep (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	due    INTEGER NOT NULL,     -- when the bucket is to be looked through, Unix milliseconds; 0: no need
	pass   INTEGER NOT NULL,     -- when that began which is under way; 0: none is
	cursor TEXT    NOT NULL      -- the last name that was looked at
)`),
	statement(`CREATE TABLE blob_doomed (
	page INTEGER PRIMARY KEY,
	at   INTEGER NOT NULL,       -- when nothing referred to them, Unix milliseconds
	ids  BLOB    NOT NULL        -- 32 bytes each, in order
)`),
	statement(`INSERT INTO format (version) VALUES (1)`),
}, followSteps, journalSteps}

var (
	askFormat  = statement(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'format'`)
	askVersion = statement(`SELECT max(version) FROM format`)
)

// tables is the Executor of one object that makes its tables with the first program.
// What only reads leaves nothing behind: whoever has a token, one that may only read
// too, names as many objects as he likes, and each one's tables are 110 KB and
// 45 rows that are billed as written.
type tables struct {
	Executor
	missing bool // there are none: a query has no rows
}

// noRows is the result of a query without rows.
var noRows = make([]byte, 7)

// Query is Executor's. As long as there are no tables a query that counts has no row
// either.
func (t *tables) Query(program []byte, rows int) ([]byte, error) {
	if t.missing {
		return noRows, nil
	}
	return t.Executor.Query(program, rows)
}

// Exec is Executor's.
func (t *tables) Exec(program []byte) error {
	if t.missing {
		if err := t.migrate(0); err != nil {
			return err
		}
		t.missing = false
	}
	return t.Executor.Exec(program)
}

// open looks whether there are tables, and brings them up to date.
func (t *tables) open() error {
	var p Program
	version, q := 0, result{}
	b, err := t.Executor.Query(p.Statement(askFormat).Bytes(), 1)
	if err == nil {
		q = readResult(b)
		if t.missing = q.rows == 0 && q.err == nil; t.missing {
			return nil
		}
		p.Reset()
		b, err = t.Executor.Query(p.Statement(askVersion).Bytes(), 1)
	}
	if err == nil {
		q = readResult(b)
		version, err = int(q.int()), q.err
	}
	if err != nil {
		return fmt.Errorf("object: reading the format of the tables: %w", err)
	}
	if version > len(formats) {
		return fmt.Errorf("object: the tables have format %d, and this Worker knows %d: deploy the newer Worker again", version, len(formats))
	}
	return t.migrate(version)
}

// migrate brings the tables from a format to the last one, each step in one
// transaction. They have format 0 when there are none.
func (t *tables) migrate(version int) error {
	for ; version < len(formats); version++ {
		var p Program
		for _, s := range formats[version] {
			p.Statement(s)
		}
		if err := t.Executor.Exec(p.Bytes()); err != nil {
			return fmt.Errorf("object: bringing the tables from format %d to %d: %w", version, version+1, err)
		}
	}
	return nil
}
