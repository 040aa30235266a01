package sqlite

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/internal/sqlviews"
)

// applicationID marks the files that are ours (PRAGMA application_id): the
// letters "r2cf".
const applicationID = 0x72326366

// migrations bring a file from the version that is their index to the next one.
// The version is SQLite's user_version. A released step never changes.
//
// A key belongs to a space and not to a database, so that SWAPDB swaps two rows
// of dbs and FLUSHDB gives the database a new space. The spaces and collections
// that nobody refers to are listed as garbage and removed a few rows at a time.
// Numbers of spaces and collections are never used twice.
var migrations = []string{
	`
CREATE TABLE meta (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	seq        INTEGER NOT NULL, -- number of the last commit; a commit that does not follow it is refused
	next_id    INTEGER NOT NULL, -- first collection number that was never used
	next_space INTEGER NOT NULL  -- first space number that was never used
);
INSERT INTO meta VALUES (1, 0, 1, 1);

CREATE TABLE dbs (
	db    INTEGER PRIMARY KEY,   -- number of SELECT
	space INTEGER NOT NULL UNIQUE
);

CREATE TABLE keys (
	space   INTEGER NOT NULL,
	hash    INTEGER NOT NULL,    -- of the key; the order of SCAN
	key     BLOB    NOT NULL,
	type    INTEGER NOT NULL,    -- 1 string, 2 hash, 3 list, 4 set, 5 zset, 6 stream, 7 JSON
	id      INTEGER NOT NULL,    -- collection whose items are in the tables below; 0: none
	expires INTEGER,             -- Unix time in milliseconds; NULL: never
	packed  INTEGER NOT NULL,    -- 1: value holds a packed collection
	value   BLOB,                -- of a string
	PRIMARY KEY (space, hash, key)
) WITHOUT ROWID;
CREATE INDEX keys_expiring ON keys (space, expires) WHERE expires IS NOT NULL;

CREATE TABLE hash_fields (
	id      INTEGER NOT NULL,
	field   BLOB    NOT NULL,
	value   BLOB    NOT NULL,
	expires INTEGER,
	PRIMARY KEY (id, field)
) WITHOUT ROWID;

CREATE TABLE list_items (
	id    INTEGER NOT NULL,
	pos   INTEGER NOT NULL,      -- contiguous, ascending from head to tail
	value BLOB    NOT NULL,
	PRIMARY KEY (id, pos)
) WITHOUT ROWID;

CREATE TABLE set_members (
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	PRIMARY KEY (id, member)
) WITHOUT ROWID;

CREATE TABLE zset_members (
	id     INTEGER NOT NULL,
	member BLOB    NOT NULL,
	score          NOT NULL,     -- REAL; declared so, SQLite would drop the sign of -0
	PRIMARY KEY (id, member)
) WITHOUT ROWID;
CREATE INDEX zset_order ON zset_members (id, score, member);

CREATE TABLE stream_entries (
	id    INTEGER NOT NULL,
	kind  INTEGER NOT NULL,      -- 0 entries, 1 counters, 2 groups, 3 consumers, 4 pending entries
	entry BLOB    NOT NULL,      -- of an entry: 8 bytes milliseconds, 8 bytes sequence, big endian
	value BLOB    NOT NULL,
	PRIMARY KEY (id, kind, entry)
) WITHOUT ROWID;

CREATE TABLE garbage (
	id   INTEGER PRIMARY KEY,
	type INTEGER NOT NULL
);

CREATE TABLE garbage_spaces (
	space INTEGER PRIMARY KEY
);
` + sqlviews.File.Standard(),
	`
CREATE TABLE json_documents (
	id    INTEGER NOT NULL,
	pos   INTEGER NOT NULL,      -- 0: a document is one row
	value BLOB    NOT NULL,      -- compact JSON text
	PRIMARY KEY (id, pos)
) WITHOUT ROWID;
DROP VIEW IF EXISTS documents; -- a family's: it comes back as family_documents
CREATE VIEW documents AS ` + sqlviews.File.Documents() + `;
`,
	`
CREATE INDEX hash_expiring ON hash_fields (id, expires) WHERE expires IS NOT NULL;
`,
}

// migrate brings the schema up to date, in one transaction per version.
func (c *conn) migrate(from int) error {
	for v := from; v < len(migrations); v++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE;\n%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT", migrations[v], applicationID, v+1)
		if err := c.run(step); err != nil {
			// Without an open transaction this fails, which changes nothing.
			_ = c.run("ROLLBACK")
			return fmt.Errorf("bringing the tables from version %d to %d: %w", v, v+1, err)
		}
	}
	return nil
}
