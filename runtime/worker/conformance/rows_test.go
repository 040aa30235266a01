package conformance

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // what workerd leaves behind is read with it

	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// itemTables are the tables of elements, with what tells a row of them apart. A score's
// sign, which -0 has, shows in 1 / score.
var itemTables = map[string]string{
	"hash_fields":    "hex(i.field), hex(i.value), CAST(min(i.expires, 9007199254740992) AS INTEGER)",
	"list_items":     "i.pos, hex(i.value), NULL",
	"set_members":    "hex(i.member), NULL, NULL",
	"zset_members":   "hex(i.member), typeof(i.score) || printf('%.17g', i.score), printf('%.17g', 1 / i.score)",
	"stream_entries": "i.kind || hex(i.entry), hex(i.value), NULL",
	"json_documents": "i.pos, hex(i.value), NULL",
}

// compareRows compares D1's tables with those of the objects, in workerd's files.
// workerd must have ended.
func (r *rig) compareRows() {
	r.t.Helper()
	var want, got []string
	objects, d1 := 0, 0
	err := filepath.WalkDir(r.state, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".sqlite" {
			return err
		}
		db, err := sql.Open("sqlite", "file:"+name)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }() // it was only read
		tables := r.column(db, "SELECT name FROM sqlite_master WHERE type = 'table'")
		has := strings.Join(tables, " ") + " "
		switch {
		case strings.Contains(has, "d1_migrations "):
			d1++
			got = append(got, r.dump(db, true)...)
			r.nothingLeft(db)
		case strings.Contains(has, "outbox "):
			objects++
			want = append(want, r.settled(db)...)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if objects != len(r.spaces) || d1 != 1 {
		r.t.Errorf("there are files of %d objects and %d D1 databases, want %d and 1", objects, d1, len(r.spaces))
	}
	if missing, extra := objecttest.Difference(want, got); len(missing)+len(extra) > 0 {
		r.t.Errorf("D1's rows are not those of the objects:\nmissing %q\nmore    %q", some(missing), some(extra))
	}
	r.t.Logf("D1 has %d rows, as the objects do", len(got))
}

// settled is the dump of an object's database, after what its journal has was made rows.
func (r *rig) settled(db *sql.DB) []string {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "object.sqlite")
	if _, err := db.Exec("VACUUM INTO ?", file); err != nil {
		r.t.Fatal(err)
	}
	e, err := objecttest.Open(file)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = e.Close() }() // it was only read
	if _, err := object.NewRows(e).Open(); err != nil {
		r.t.Fatal(err)
	}
	return r.dump(e.DB(), false)
}

func (r *rig) column(db *sql.DB, query string) (texts []string) {
	r.t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			r.t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return texts
}

// dump is all keys of families in D1 with their rows, as text. D1 has no others.
func (r *rig) dump(db *sql.DB, d1 bool) (lines []string) {
	r.t.Helper()
	dbs, items := "d.space = k.space AND d.db < 1073741824", "i.id = k.id"
	if d1 {
		dbs, items = "d.object = k.object AND "+dbs, "i.object = k.object AND "+items
	}
	from := "FROM keys k JOIN dbs d ON " + dbs
	// D1 knows no time behind 2^53 ms, which JavaScript could not tell it.
	queries := []string{"SELECT k.key, d.db, 'key', k.type, k.hash, CAST(min(k.expires, 9007199254740992) AS INTEGER), CASE WHEN k.id = 0 THEN hex(k.value) ELSE k.value IS NULL END " + from}
	for table, columns := range itemTables {
		queries = append(queries, "SELECT k.key, d.db, '"+table+"', k.type, "+columns+" "+from+" JOIN "+table+" i ON "+items)
	}
	for _, q := range queries {
		rows, err := db.Query(q)
		if err != nil {
			r.t.Fatalf("%s: %v", q, err)
		}
		for rows.Next() {
			var key []byte
			values := make([]any, 6)
			to := []any{&key}
			for i := range values {
				to = append(to, &values[i])
			}
			if err := rows.Scan(to...); err != nil {
				r.t.Fatal(err)
			}
			own, _ := route(string(key))
			if d1 || own != nil && own.Store == "d1" {
				lines = append(lines, fmt.Sprintf("%q %v", key, values))
			}
		}
		if err := rows.Err(); err != nil {
			r.t.Fatalf("%s: %v", q, err)
		}
		_ = rows.Close() // Err said that all were read
	}
	return lines
}

// nothingLeft fails when D1 keeps rows that nothing refers to.
func (r *rig) nothingLeft(db *sql.DB) {
	r.t.Helper()
	for table := range itemTables {
		if left := r.column(db, "SELECT count(*) FROM "+table+" WHERE (object, id) NOT IN (SELECT object, id FROM keys) AND (object, id) NOT IN (SELECT object, id FROM garbage)"); left[0] != "0" {
			r.t.Errorf("D1 keeps %s rows of %s that nothing refers to", left[0], table)
		}
	}
}
