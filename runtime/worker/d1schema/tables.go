package d1schema

import "github.com/redis2cf/redis2cf/runtime/internal/sqlviews"

// A step brings the tables from the version that is its index to the next one. A
// released step never changes.
type step struct {
	name string // of the file, behind its number
	sql  string
}

// steps are the tables of a store's SQLite file with the object before every
// primary key. They carry no index beyond it: nothing but people reads them, and an
// index is a row written more for each row. Views of families come in files of
// their own.
var steps = []step{{"tables", `
-- How far each object's rows have come. The first statement of every batch moves
-- batch by one, in one run, or violates NOT NULL: a batch that is late or comes
-- again fails whole.
CREATE TABLE followers (
	object    TEXT    NOT NULL,
	run       INTEGER NOT NULL, -- drawn when a copy of the object begins
	batch     INTEGER NOT NULL, -- of this run
	seq       INTEGER NOT NULL, -- the object's last commit that is here
	state     TEXT    NOT NULL, -- 'current', or 'copying' while older rows still come
	committed INTEGER NOT NULL, -- when that commit was, Unix time in milliseconds
	PRIMARY KEY (object)
) WITHOUT ROWID;

CREATE TABLE dbs (
	object TEXT    NOT NULL,
	db     INTEGER NOT NULL,    -- number of SELECT
	space  INTEGER NOT NULL,
	PRIMARY KEY (object, db)
) WITHOUT ROWID;

CREATE TABLE keys (
	object  TEXT    NOT NULL,
	space   INTEGER NOT NULL,
	hash    INTEGER NOT NULL,
	key     BLOB    NOT NULL,
	type    INTEGER NOT NULL,   -- 1 string, 2 hash, 3 list, 4 set, 5 zset, 6 stream, 7 JSON
	id      INTEGER NOT NULL,   -- collection whose items are in the tables below; 0: none
	expires INTEGER,            -- Unix time in milliseconds; NULL: never
	value   BLOB,               -- of a string
	PRIMARY KEY (object, space, hash, key)
) WITHOUT ROWID;

CREATE TABLE hash_fields (
	object  TEXT    NOT NULL,
	id      INTEGER NOT NULL,
	field   BLOB    NOT NULL,
	value   BLOB    NOT NULL,
	expires INTEGER,
	PRIMARY KEY (object, id, field)
) WITHOUT ROWID;

CREATE TABLE list_items (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	pos    INTEGER NOT NULL,    -- contiguous, ascending from head to tail
	value  BLOB    NOT NULL,
	PRIMARY KEY (object, id, pos)
) WITHOUT ROWID;

CREATE TABLE set_members (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	PRIMARY KEY (object, id, member)
) WITHOUT ROWID;

CREATE TABLE zset_members (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	score          NOT NULL,    -- REAL; declared so, SQLite would drop the sign of -0
	PRIMARY KEY (object, id, member)
) WITHOUT ROWID;

CREATE TABLE stream_entries (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	kind   INTEGER NOT NULL,    -- 0 entries, 1 counters, 2 groups, 3 consumers, 4 pending entries
	entry  BLOB    NOT NULL,    -- of an entry: 8 bytes milliseconds, 8 bytes sequence, big endian
	value  BLOB    NOT NULL,
	PRIMARY KEY (object, id, kind, entry)
) WITHOUT ROWID;

CREATE TABLE json_documents (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	pos    INTEGER NOT NULL,    -- 0: a document is one row
	value  BLOB    NOT NULL,    -- compact JSON text
	PRIMARY KEY (object, id, pos)
) WITHOUT ROWID;

-- Collections and spaces that nothing refers to. Their rows go a few at a time.
CREATE TABLE garbage (
	object TEXT    NOT NULL,
	id     INTEGER NOT NULL,
	type   INTEGER NOT NULL,
	PRIMARY KEY (object, id)
) WITHOUT ROWID;

CREATE TABLE garbage_spaces (
	object TEXT    NOT NULL,
	space  INTEGER NOT NULL,
	PRIMARY KEY (object, space)
) WITHOUT ROWID;

CREATE VIEW lag AS SELECT object, state, seq, strftime('%Y-%m-%d %H:%M:%f', committed / 1000.0, 'unixepoch') AS as_of FROM followers;
` + sqlviews.D1.Standard() + "CREATE VIEW documents AS " + sqlviews.D1.Documents() + ";\n"}}
