package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

const headerColumns = "d.db, k.hash, k.key, k.type, k.id, k.expires, k.packed"

// headerRow reads a row of headerColumns and the value.
func headerRow(q *stmt) engine.Header {
	return engine.Header{
		DB: uint32(q.colInt(0)), Hash: uint64(q.colInt(1)), Key: q.colString(2), Type: engine.Type(q.colInt(3)),
		ID: uint64(q.colInt(4)), ExpireAt: q.colInt(5), Packed: q.colInt(6) != 0, Value: q.colString(7),
	}
}

// Key finds the header of a key.
func (s *Store) Key(db uint32, hash uint64, key string) (h engine.Header, found bool, err error) {
	q, err := s.reader.prepare("SELECT " + headerColumns + ", k.value FROM dbs d JOIN keys k ON k.space = d.space WHERE d.db = ? AND k.hash = ? AND k.key = ?")
	if err == nil {
		found, err = q.int(int64(db)).int(int64(hash)).blob(key).one(func() { h = headerRow(q) })
	}
	if err != nil {
		return engine.Header{}, false, s.explain("reading a key from", err)
	}
	return h, found, nil
}

// Keys yields the headers of a database by hash, then key.
func (s *Store) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	value := ", k.value"
	if noValues {
		value = ", CASE WHEN k.packed THEN k.value END"
	}
	q, err := s.reader.prepare("SELECT " + headerColumns + value + " FROM dbs d CROSS JOIN keys k ON k.space = d.space WHERE d.db = ? AND k.hash >= ? ORDER BY k.hash, k.key")
	if err == nil {
		err = q.int(int64(db)).int(int64(from)).rows(func() bool { return yield(headerRow(q)) })
	}
	if err != nil {
		return s.explain("listing the keys of", err)
	}
	return nil
}

// CountKeys counts the headers of a database.
func (s *Store) CountKeys(db uint32) (keys, expiring int64, err error) {
	q, err := s.reader.prepare("SELECT count(*), (SELECT count(*) FROM keys INDEXED BY keys_expiring WHERE space = d.space AND expires IS NOT NULL) " +
		"FROM dbs d CROSS JOIN keys k ON k.space = d.space WHERE d.db = ?")
	if err == nil {
		_, err = q.int(int64(db)).one(func() { keys, expiring = q.colInt(0), q.colInt(1) })
	}
	if err != nil {
		return 0, 0, s.explain("counting the keys of", err)
	}
	return keys, expiring, nil
}

// DBs lists the databases that have keys, in order.
func (s *Store) DBs() (dbs []uint32, err error) {
	q, err := s.reader.prepare("SELECT db FROM dbs d WHERE EXISTS (SELECT 1 FROM keys k WHERE k.space = d.space) ORDER BY db")
	if err == nil {
		err = q.rows(func() bool { dbs = append(dbs, uint32(q.colInt(0))); return true })
	}
	if err != nil {
		return nil, s.explain("listing the databases of", err)
	}
	return dbs, nil
}

// Expiring yields the headers whose expiry is before a time, soonest first and
// without values. It
// asks each database alone, because one index over all would lead through the
// keys of flushed databases.
func (s *Store) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	n := int64(limit)
	if limit <= 0 {
		n = -1
	}
	dbs, err := s.DBs()
	if err != nil {
		return err
	}
	var found []engine.Header
	for _, db := range dbs {
		q, err := s.reader.prepare("SELECT " + headerColumns + ", NULL FROM dbs d CROSS JOIN keys k INDEXED BY keys_expiring ON k.space = d.space " +
			"WHERE d.db = ? AND k.expires IS NOT NULL AND k.expires < ? ORDER BY k.expires LIMIT ?")
		if err == nil {
			err = q.int(int64(db)).int(before).int(n).rows(func() bool { found = append(found, headerRow(q)); return true })
		}
		if err != nil {
			return s.explain("looking for expired keys in", err)
		}
	}
	slices.SortStableFunc(found, func(a, b engine.Header) int {
		switch {
		case a.ExpireAt < b.ExpireAt:
			return -1
		case a.ExpireAt > b.ExpireAt:
			return 1
		}
		return 0
	})
	for i, h := range found {
		if limit > 0 && i == limit || !yield(h) {
			break
		}
	}
	return nil
}

// An itemTable says how items of one type are kept.
type itemTable struct {
	name    string
	columns string   // all of an item, in the order that row reads
	order   []string // columns that order the items
	point   []string // columns that identify one
	row     func(q *stmt) engine.Item

	all             []string // columns, each by itself
	put, del, sweep string   // statements of commit.go
}

// itemTables is indexed by type.
var itemTables = [...]*itemTable{
	engine.TypeHash: {name: "hash_fields", columns: "field, value, expires", order: []string{"field"}, point: []string{"field"},
		row: func(q *stmt) engine.Item {
			return engine.Item{Field: q.colString(0), Value: q.colString(1), ExpireAt: q.colInt(2)}
		}},
	engine.TypeList: {name: "list_items", columns: "pos, value", order: []string{"pos"}, point: []string{"pos"},
		row: func(q *stmt) engine.Item { return engine.Item{Pos: q.colInt(0), Value: q.colString(1)} }},
	engine.TypeSet: {name: "set_members", columns: "member", order: []string{"member"}, point: []string{"member"},
		row: func(q *stmt) engine.Item { return engine.Item{Field: q.colString(0)} }},
	engine.TypeZSet: {name: "zset_members", columns: "member, score", order: []string{"score", "member"}, point: []string{"member"},
		row: func(q *stmt) engine.Item { return engine.Item{Field: q.colString(0), Score: q.colFloat(1)} }},
	engine.TypeStream: {name: "stream_entries", columns: "kind, entry, value", order: []string{"kind", "entry"}, point: []string{"kind", "entry"},
		row: func(q *stmt) engine.Item {
			return engine.Item{Kind: uint8(q.colInt(0)), Field: q.colString(1), Value: q.colString(2)}
		}},
	engine.TypeJSON: {name: "json_documents", columns: "pos, value", order: []string{"pos"}, point: []string{"pos"},
		row: func(q *stmt) engine.Item { return engine.Item{Pos: q.colInt(0), Value: q.colString(1)} }},
}

// bindItem binds one column of an item.
func bindItem(q *stmt, column string, it *engine.Item) {
	switch column {
	case "field", "member", "entry":
		q.blob(it.Field)
	case "value":
		q.blob(it.Value)
	case "pos":
		q.int(it.Pos)
	case "score":
		q.float(it.Score)
	case "kind":
		q.int(int64(it.Kind))
	case "expires":
		q.intOrNull(it.ExpireAt)
	}
}

func tableOf(t engine.Type) (*itemTable, error) {
	if int(t) < len(itemTables) && itemTables[t] != nil {
		return itemTables[t], nil
	}
	return nil, fmt.Errorf("sqlite: the data type %d has no table of items", t)
}

// tuple is a row value of columns or of as many parameters.
func tuple(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "(" + strings.Join(words, ", ") + ")"
}

// params is a row value of n parameters.
func params(n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = "?"
	}
	return tuple(marks)
}

// query builds the statement of a Query. There are at most 28 texts per type,
// which the connection keeps prepared.
func (t *itemTable) query(what string, q *engine.Query) string {
	var b strings.Builder
	b.WriteString("SELECT " + what + " FROM " + t.name)
	if q.Expiring {
		b.WriteString(" INDEXED BY hash_expiring WHERE id = ? AND expires IS NOT NULL ORDER BY expires, field")
		if q.Limit > 0 {
			b.WriteString(" LIMIT ?")
		}
		return b.String()
	}
	if len(t.order) > len(t.point) && !q.Point {
		b.WriteString(" INDEXED BY zset_order")
	}
	b.WriteString(" WHERE id = ?")
	if q.Point {
		b.WriteString(" AND " + tuple(t.point) + " = " + params(len(t.point)))
		return b.String()
	}
	up, down, direction := " >= ", " <= ", ""
	if q.Reverse {
		up, down, direction = down, up, " DESC"
	}
	if q.From != nil {
		b.WriteString(" AND " + tuple(t.order) + up + params(len(t.order)))
	}
	if q.To != nil {
		b.WriteString(" AND " + tuple(t.order) + down + params(len(t.order)))
	}
	b.WriteString(" ORDER BY " + strings.Join(t.order, direction+", ") + direction)
	switch {
	case q.Offset > 0:
		b.WriteString(" LIMIT ? OFFSET ?")
	case q.Limit > 0:
		b.WriteString(" LIMIT ?")
	}
	return b.String()
}

// ask prepares and binds a Query. wrap encloses the text, for counting.
func (s *Store) ask(t *itemTable, q *engine.Query, what, before, after string) (*stmt, error) {
	st, err := s.reader.prepare(before + t.query(what, q) + after)
	if err != nil {
		return nil, err
	}
	st.int(int64(q.ID))
	switch {
	case q.Point:
		t.bindAll(st, t.point, q.From)
		return st, nil
	case q.Expiring:
	default:
		t.bindAll(st, t.order, q.From)
		t.bindAll(st, t.order, q.To)
	}
	switch {
	case q.Offset > 0 && q.Limit > 0:
		st.int(q.Limit).int(q.Offset)
	case q.Offset > 0:
		st.int(-1).int(q.Offset)
	case q.Limit > 0:
		st.int(q.Limit)
	}
	return st, nil
}

func (t *itemTable) bindAll(st *stmt, columns []string, it *engine.Item) {
	if it == nil {
		return
	}
	for _, c := range columns {
		bindItem(st, c, it)
	}
}

// Items yields one collection's items in order.
func (s *Store) Items(q engine.Query, yield func(engine.Item) bool) error {
	t, err := tableOf(q.Type)
	if err != nil {
		return err
	}
	st, err := s.ask(t, &q, t.columns, "", "")
	if err == nil {
		err = st.rows(func() bool { return yield(t.row(st)) })
	}
	if err != nil {
		return s.explain("reading items from", err)
	}
	return nil
}

// Count counts what Items would yield.
func (s *Store) Count(q engine.Query) (n int64, err error) {
	t, err := tableOf(q.Type)
	if err != nil {
		return 0, err
	}
	st, err := s.ask(t, &q, "1", "SELECT count(*) FROM (", ")")
	if err == nil {
		_, err = st.one(func() { n = st.colInt(0) })
	}
	if err != nil {
		return 0, s.explain("counting items in", err)
	}
	return n, nil
}
