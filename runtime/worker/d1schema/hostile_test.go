package d1schema_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/d1schema"
)

// Names and patterns are what somebody wrote into a plan. Whatever stands in them, the
// files make one view each, and nothing else.
func TestNamesAndPatternsAreNoSQL(t *testing.T) {
	evil := []string{`x"; DROP TABLE keys; --`, "x'; DROP TABLE keys; --", "x -- ", "x /* ", "*/ x", ";", "a;b", "x\\", "x\"\"", "wörld ✓", "%s%d"}
	patterns := append([]string{"a\nb:*", "*\n-- redis2cf: view ends\n;DROP TABLE keys;--*", "*\x00*:x", "\x00*", "*\xff*", "[", "*[", "*\\", "*'*", "*\r\n*"}, evil...)
	for i := range evil {
		evil[i] += "*" // no two patterns are one
	}
	var list []worker.Family
	for i, p := range patterns {
		name := "family " + strings.Repeat("x", i)
		if i < len(evil) {
			name = evil[i]
		}
		list = append(list, worker.Family{Pattern: p, Name: name, Type: "hash", Store: "d1"})
	}
	files := map[string]string{}
	migrate(t, files, nil)
	db := open(t, files)
	count := func(kind string) (n int) {
		if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE type = ?", kind).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	tables, views := count("table"), count("view")
	added := migrate(t, files, list)
	notes := 0
	for name, sql := range added {
		if strings.ContainsRune(sql, 0) {
			t.Errorf("%s has a NUL", name)
		}
		notes += strings.Count(sql, "has no view")
		if _, err := db.Exec(sql); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, sql)
		}
	}
	if got := count("table"); got != tables {
		t.Errorf("%d tables became %d", tables, got)
	}
	if got := count("view") - views; got != len(list)-notes || notes > 2 {
		t.Errorf("%d families have %d views and %d notes", len(list), got, notes)
	}
	for _, f := range list {
		var n int
		err := db.QueryRow(`SELECT count(*) FROM "` + strings.ReplaceAll(f.Name, `"`, `""`) + `"`).Scan(&n)
		if err != nil && !strings.Contains(err.Error(), "no such table") {
			t.Errorf("%q: %v", f.Pattern, err)
		}
	}
	if more := migrate(t, files, list); len(more) > 0 {
		t.Errorf("a second run adds %q", names(more))
	}
	if _, err := db.Exec(strings.Join(values(migrate(t, files, nil)), "\n")); err != nil || count("view") != views {
		t.Errorf("taking the views away: %v, %d are left", err, count("view")-views)
	}
}

func values(files map[string]string) (list []string) {
	for _, name := range names(files) {
		list = append(list, files[name])
	}
	return list
}

func TestNamesThatWouldEndACommentAreRefused(t *testing.T) {
	for _, f := range []worker.Family{
		{Name: "a\n;DROP TABLE keys;--"}, {Name: "a\r\nb"}, {Name: "a\u2028b\x85"}, {Name: "a\x00b"}, {Name: "\xff"},
		{Name: "a", Client: "x' OR 1 --"}, {Name: "a", Client: "X"}, {Name: "a", Client: "*"},
	} {
		f.Pattern, f.Type, f.Store = "a:*", "set", "d1"
		if added, err := d1schema.Migrations(nil, []worker.Family{f}); err == nil {
			t.Errorf("%q, client %q: %q", f.Name, f.Client, added)
		}
	}
}
