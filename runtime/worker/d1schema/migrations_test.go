package d1schema_test

import (
	"database/sql"
	"reflect"
	"sort"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/d1schema"
)

var families = []worker.Family{
	{Pattern: "messages:*", Name: "Messages", Type: "list", Store: "d1"},
	{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv"},
	{Pattern: "user:*:tags", Name: "UserTags", Type: "set", Store: "d1"},
	{Pattern: "lists", Name: "Lists", Type: "list", Store: "d1"},
	{Pattern: "job's\\*:*", Name: "Jobs", Type: "hash", Store: "d1", Client: "jobs"},
	{Pattern: "a:*:" + strings.Repeat("long", 20), Name: "Long", Type: "set", Store: "d1"},
	{Pattern: "*", Name: "Default", Type: "any", Store: "d1"},
}

func migrate(t *testing.T, files map[string]string, families []worker.Family) map[string]string {
	t.Helper()
	added, err := d1schema.Migrations(files, families)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range added {
		if _, twice := files[name]; twice {
			t.Fatalf("%s was written again", name)
		}
		files[name] = text
	}
	return added
}

func open(t *testing.T, files map[string]string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	for _, name := range names(files) {
		if _, err := db.Exec(files[name]); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, files[name])
		}
	}
	return db
}

func names(files map[string]string) (list []string) {
	for name := range files {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func TestMigrationsAreNumberedAndSaidOnce(t *testing.T) {
	files := map[string]string{}
	migrate(t, files, families)
	if got, want := names(files), []string{"0001_tables.sql", "0002_views.sql"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("files %q, want %q", got, want)
	}
	if added := migrate(t, files, families); len(added) != 0 {
		t.Errorf("the same plan added %q", names(added))
	}
	for name, text := range files { // as git may check them out
		files[name] = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if added := migrate(t, files, families); len(added) != 0 {
		t.Errorf("other ends of lines added %q", names(added))
	}
}

func TestAChangedPlanIsANewFile(t *testing.T) {
	files := map[string]string{}
	migrate(t, files, families)
	files["0003_ours.sql"] = "CREATE TABLE mine (a);\n"
	changed := append([]worker.Family{}, families...)
	changed[0].Name = "History"  // another name
	changed[2].Pattern = "tag:*" // another pattern
	changed[4].Store = "do"      // no longer
	if got, want := names(migrate(t, files, changed)), []string{"0004_views.sql"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("added %q, want %q", got, want)
	}
	db := open(t, files)
	var list string
	err := db.QueryRow("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name)").Scan(&list)
	if err != nil || list != "History,UserTags,documents,family_Lists,hashes,lag,lists,sets,sorted_sets,streams,strings" {
		t.Errorf("views %s, %v", list, err)
	}
}

func TestViewsShowTheirFamilyOfAllObjects(t *testing.T) {
	files := map[string]string{}
	migrate(t, files, families)
	db := open(t, files)
	for _, q := range []string{
		"INSERT INTO dbs VALUES ('main:/0', 0, 5), ('main/jobs:/0', 0, 5), ('main/x:/0', 0, 5)",
		`INSERT INTO keys VALUES ('main:/0', 5, 1, x'6d657373616765733a31', 3, 9, NULL, NULL), ('main/jobs:/0', 5, 1, CAST('job''s*:1' AS BLOB), 2, 9, NULL, NULL),
			('main/x:/0', 5, 1, CAST('job''s*:1' AS BLOB), 2, 9, NULL, NULL),
			('main:/0', 5, 2, CAST('messages:2' AS BLOB), 3, 10, 1000, NULL), ('main:/0', 5, 3, CAST('user:1:tags' AS BLOB), 4, 11, NULL, NULL),
			('main:/0', 5, 4, CAST('user:1:tagsx' AS BLOB), 4, 11, NULL, NULL), ('main:/0', 5, 5, CAST('lists' AS BLOB), 3, 9, NULL, NULL)`,
		"INSERT INTO list_items VALUES ('main:/0', 9, 3, CAST('a' AS BLOB)), ('main:/0', 9, 4, CAST('b' AS BLOB)), ('main:/0', 10, 4, CAST('over' AS BLOB)), ('other', 9, 1, x'00')",
		"INSERT INTO hash_fields VALUES ('main/jobs:/0', 9, x'66', x'76', NULL), ('main/x:/0', 9, x'66', x'76', NULL)",
		"INSERT INTO set_members VALUES ('main:/0', 11, CAST('go' AS BLOB))",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"SELECT group_concat(object || key || idx || value) FROM messages":        "main:/0messages:10a,main:/0messages:11b",
		"SELECT group_concat(object || key || field || value) FROM Jobs":          "main/jobs:/0job's*:1fv",
		"SELECT group_concat(object || key || member) FROM UserTags":              "main:/0user:1:tagsgo",
		"SELECT group_concat(key || idx || value) FROM family_lists":              "lists0a,lists1b",
		"SELECT count(*) FROM lists":                                              "4",
		"SELECT count(*) FROM sqlite_schema WHERE name = 'Long' AND type ='view'": "0",
	} {
		var got string
		if err := db.QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, want %q, %v", query, got, want, err)
		}
	}
	for _, f := range families {
		name, ok := d1schema.ViewName(f)
		var n int
		if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name = ?", name).Scan(&n); err != nil || (n == 1) != ok {
			t.Errorf("the view of %s is said to be %q, %v, and there are %d, %v", f.Name, name, ok, n, err)
		}
	}
	if !strings.Contains(files["0002_views.sql"], "-- The family Long has no view") {
		t.Error("nothing is said of the family without a view")
	}
}

func TestDirectoriesThatDoNotAddUpAreRefused(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a file is missing":      {"0002_tables.sql": "-- redis2cf: tables 2\n"},
		"the first is missing":   {"0002_views.sql": "-- redis2cf: view A\nCREATE VIEW A AS SELECT 1\n-- redis2cf: view ends\n;\n"},
		"a newer program's":      {"0001_tables.sql": "-- redis2cf: tables 1\n", "0002_more.sql": "-- redis2cf: tables 2\n"},
		"a view that is cut off": {"0001_tables.sql": "-- redis2cf: tables 1\n-- redis2cf: view A\nCREATE"},
	} {
		if added, err := d1schema.Migrations(files, families); err == nil {
			t.Errorf("%s: added %q", name, names(added))
		}
	}
	two := []worker.Family{{Pattern: "a:*", Name: "Item", Type: "set", Store: "d1"}, {Pattern: "b:*", Name: "ITEM", Type: "set", Store: "d1"}}
	if added, err := d1schema.Migrations(nil, two); err == nil {
		t.Errorf("two families with one view: added %q", names(added))
	}
}
