package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// onFile runs commands on a file that is opened for them, and returns the last
// reply. look reads the file while it is open.
func onFile(t *testing.T, path string, look func(*embedded.Host, *sqlite.Store), cmds ...resp.Command) resp.Reply {
	t.Helper()
	rows := sqlite.New(path, sqlite.SyncOff)
	h, err := embedded.New(rows, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	s, err := h.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	replies, err := s.Execute(context.Background(), cmds)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range replies {
		if r.Kind == resp.Error {
			t.Fatalf("%q: %s", cmds[i], r.Str)
		}
	}
	if look != nil {
		look(h, rows)
	}
	return replies[len(replies)-1]
}

func TestDocumentsAreReadableAndSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	onFile(t, path, nil, resp.Command{"JSON.SET", "user:1", "$", `{"name":"é","tags":["a"],"n":1.0}`}, resp.Command{"JSON.SET", "gone", "$", "1"},
		resp.Command{"JSON.SET", "old", "$", "[]", "NX"}, resp.Command{"SET", "str", "x"})
	onFile(t, path, nil, resp.Command{"JSON.ARRAPPEND", "user:1", "$.tags", `"b"`}, resp.Command{"DEL", "gone"}, resp.Command{"RENAME", "old", "user:2"},
		resp.Command{"PEXPIREAT", "user:2", "4102444800123"}, resp.Command{"JSON.NUMINCRBY", "user:1", "$.n", "1"})
	look := func(h *embedded.Host, rows *sqlite.Store) {
		if err := h.DefineViews([]store.View{{Name: "user", Pattern: "user:*", Type: "json"}}); err != nil {
			t.Fatal(err)
		}
		for sql, want := range map[string]string{
			"SELECT key, document, expires_at FROM documents ORDER BY key":              `[[user:1 {"name":"é","tags":["a","b"],"n":2.0} ] [user:2 [] 2100-01-01 00:00:00.123]]`,
			"SELECT key, json_extract(document, '$.tags[1]'), 1 FROM user ORDER BY key": `[[user:1 b 1] [user:2  1]]`,
		} {
			got, err := rows.Rows(sql, 3)
			if fmt.Sprint(got) != want || err != nil {
				t.Errorf("%s: got %v, %v; want %s", sql, got, err, want)
			}
		}
	}
	if r := onFile(t, path, look, resp.Command{"JSON.GET", "user:1"}); r.Str != `{"name":"é","tags":["a","b"],"n":2.0}` {
		t.Errorf("after reopening: %v", r)
	}
	rows := sqlite.New(path, sqlite.SyncOff)
	if _, err := rows.Open(); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, err := rows.Sweep(100); err != nil {
		t.Fatal(err)
	}
	if n, err := rows.CountRows("SELECT count(*) FROM json_documents"); n != 2 || err != nil {
		t.Errorf("%d documents have rows, %v", n, err)
	}
}

// A file of the first version has no table for documents, and may have a
// family's view of the name that the new view wants.
func TestFileWithoutDocumentsIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	onFile(t, path, nil, resp.Command{"SET", "k", "v"})
	rows := sqlite.New(path, sqlite.SyncOff)
	if _, err := rows.Open(); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"DROP VIEW documents", "DROP TABLE json_documents", "DROP INDEX hash_expiring", "CREATE VIEW documents AS SELECT 1", "PRAGMA user_version = 1"} {
		if err := rows.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	look := func(h *embedded.Host, rows *sqlite.Store) {
		if err := h.DefineViews([]store.View{{Name: "documents", Pattern: "*", Type: "string"}}); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"SELECT count(*) FROM family_documents", "SELECT count(*) FROM documents"} {
			if n, err := rows.CountRows(sql); n != 1 || err != nil {
				t.Errorf("%s: %d, %v", sql, n, err)
			}
		}
	}
	if r := onFile(t, path, look, resp.Command{"JSON.SET", "d", "$", "{}"}, resp.Command{"GET", "k"}); r.Str != "v" {
		t.Errorf("the string is %v", r)
	}
}
