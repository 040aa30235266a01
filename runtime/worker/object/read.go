package object

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// headerColumns are read by result.header. An expiry that a double is not exact for comes
// as text, as Program.Expiry wrote it.
const headerColumns = "hash, key, type, id, CASE WHEN expires > 9007199254740992 THEN CAST(expires AS TEXT) ELSE expires END, packed"

// The statements that read headers: a cursor does not outlive a call, so a long
// list is read in pages, each from where the last one ended.
var (
	askKey          = asideStatement("SELECT " + headerColumns + ", value FROM keys WHERE space = ? AND hash = ? AND key = ?")
	askKeys         = statement("SELECT " + headerColumns + ", value FROM keys WHERE space = ? AND hash >= ? ORDER BY hash, key LIMIT ?")
	askKeysAfter    = statement("SELECT " + headerColumns + ", value FROM keys WHERE space = ? AND (hash, key) > (?, ?) ORDER BY hash, key LIMIT ?")
	askNames        = statement("SELECT " + headerColumns + ", CASE WHEN packed THEN value END FROM keys WHERE space = ? AND hash >= ? ORDER BY hash, key LIMIT ?")
	askNamesAfter   = statement("SELECT " + headerColumns + ", CASE WHEN packed THEN value END FROM keys WHERE space = ? AND (hash, key) > (?, ?) ORDER BY hash, key LIMIT ?")
	askKeyCount     = statement("SELECT count(*) FROM keys WHERE space = ?")
	askExpiresCount = statement("SELECT count(*) FROM keys INDEXED BY keys_expiring WHERE space = ? AND expires IS NOT NULL")
	askHasKeys      = statement("SELECT 1 FROM keys WHERE space = ? LIMIT 1")
	askExpiring     = statement("SELECT " + headerColumns + ", NULL FROM keys INDEXED BY keys_expiring WHERE space = ? AND expires IS NOT NULL AND expires < ? ORDER BY expires LIMIT ?")
)

// header reads a row of headerColumns and the value.
func (q *result) header(db uint32) engine.Header {
	return engine.Header{
		DB: db, Hash: uint64(q.int()), Key: q.string(), Type: engine.Type(q.int()),
		ID: uint64(q.int()), ExpireAt: q.int(), Packed: q.int() != 0, Value: q.string(),
	}
}

// Key finds the header of a key.
func (r *Rows) Key(db uint32, hash uint64, key string) (h engine.Header, found bool, err error) {
	if r.spaces[db] == 0 {
		return h, false, nil
	}
	h, found, known, err := r.keyOf(db, hash, key)
	if err == nil && !known {
		found, err = r.one(r.ask(askKey).Int(r.spaces[db]).Int(int64(hash)).Blob(key), func(q *result) { h = q.header(db) })
	}
	if err != nil {
		return engine.Header{}, false, fmt.Errorf("object: reading a key: %w", err)
	}
	return h, found, nil
}

// keyIn finds the header of a key in a space, which may be a flushed one.
func (r *Rows) keyIn(space int64, hash uint64, key string) (h engine.Header, found bool, err error) {
	for db, s := range r.spaces {
		if s == space {
			return r.Key(db, hash, key)
		}
	}
	if found, err = r.one(r.ask(askKey).Int(space).Int(int64(hash)).Blob(key), func(q *result) { h = q.header(0) }); err != nil {
		return engine.Header{}, false, fmt.Errorf("object: reading a key: %w", err)
	}
	return h, found, nil
}

// Keys yields the headers of a database by hash, then key.
func (r *Rows) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	space := r.spaces[db]
	if space == 0 {
		return nil
	}
	first, after := askKeys, askKeysAfter
	if noValues {
		first, after = askNames, askNamesAfter
	}
	p, limit := r.ask(first).Int(space).Int(int64(from)), firstPage
	for {
		q, err := r.query(p.Int(int64(limit)), limit)
		if err != nil {
			return fmt.Errorf("object: listing keys: %w", err)
		}
		var h engine.Header
		for i := 0; i < q.rows; i++ {
			h = q.header(db)
			if q.err != nil {
				return q.err
			}
			if !yield(h) {
				return nil
			}
		}
		if !q.more && q.rows < limit {
			return nil
		}
		limit = laterPage
		p = r.ask(after).Int(space).Int(int64(h.Hash)).Blob(h.Key)
	}
}

// CountKeys counts the headers of a database.
func (r *Rows) CountKeys(db uint32) (keys, expiring int64, err error) {
	space := r.spaces[db]
	if space == 0 {
		return 0, 0, nil
	}
	_, err = r.one(r.ask(askKeyCount).Int(space), func(q *result) { keys = q.int() })
	if err == nil {
		_, err = r.one(r.ask(askExpiresCount).Int(space), func(q *result) { expiring = q.int() })
	}
	if err != nil {
		return 0, 0, fmt.Errorf("object: counting keys: %w", err)
	}
	return keys, expiring, nil
}

// DBs lists the databases that have keys, in order.
func (r *Rows) DBs() (dbs []uint32, err error) {
	for db, space := range r.spaces {
		found, err := r.one(r.ask(askHasKeys).Int(space), func(q *result) { q.int() })
		if err != nil {
			return nil, fmt.Errorf("object: listing databases: %w", err)
		}
		if found {
			dbs = append(dbs, db)
		}
	}
	slices.Sort(dbs)
	return dbs, nil
}

// Expiring yields the headers whose expiry is before a time, soonest first and
// without values. It asks each database alone, because one index over all would lead
// through the keys of flushed databases.
func (r *Rows) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	n := int64(limit)
	if limit <= 0 {
		n = laterPage
	}
	before = min(before, maxExact) // what expires later does not in anybody's time
	var found []engine.Header
	for db, space := range r.spaces {
		q, err := r.query(r.ask(askExpiring).Int(space).Int(before).Int(n), int(n))
		if err != nil {
			return fmt.Errorf("object: looking for expired keys: %w", err)
		}
		for i := 0; i < q.rows; i++ {
			found = append(found, q.header(db))
		}
		if q.err != nil {
			return q.err
		}
	}
	slices.SortFunc(found, func(a, b engine.Header) int {
		switch {
		case a.ExpireAt != b.ExpireAt:
			return cmp.Compare(a.ExpireAt, b.ExpireAt)
		case a.DB != b.DB:
			return cmp.Compare(a.DB, b.DB)
		case a.Hash != b.Hash:
			return cmp.Compare(a.Hash, b.Hash)
		}
		return strings.Compare(a.Key, b.Key)
	})
	for i, h := range found {
		if limit > 0 && i == limit || !yield(h) {
			break
		}
	}
	return nil
}
