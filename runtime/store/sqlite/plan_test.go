package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// TestReadsFollowAnIndex asks everything that can be asked and looks at how SQLite
// goes about it: no read walks through a table or sorts.
func TestReadsFollowAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	fill(t, path, 2000, 2000) // so that a plan which is only good for an empty table would show
	s := sqlite.New(path, sqlite.SyncOff)
	if _, err := s.Open(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := func(engine.Header) bool { return true }
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	_, _, err := s.Key(0, engine.KeyHash("k"), "k")
	check(err)
	check(s.Keys(0, 7, true, all))
	check(s.Keys(0, 7, false, all))
	check(s.Expiring(1<<62, 3, all))
	_, _, err = s.CountKeys(0)
	check(err)
	from, to := &engine.Item{Field: "a"}, &engine.Item{Field: "b", Score: 1, Pos: 1, Kind: 1}
	for _, typ := range []engine.Type{engine.TypeHash, engine.TypeList, engine.TypeSet, engine.TypeZSet, engine.TypeStream, engine.TypeJSON} {
		queries := []engine.Query{{From: from, Point: true}}
		for _, limit := range []int64{0, 5} {
			for _, reverse := range []bool{false, true} {
				queries = append(queries, engine.Query{Limit: limit, Reverse: reverse}, engine.Query{From: from, Limit: limit, Reverse: reverse},
					engine.Query{To: to, Limit: limit, Reverse: reverse}, engine.Query{From: from, To: to, Limit: limit, Reverse: reverse})
			}
		}
		if typ == engine.TypeHash {
			queries = append(queries, engine.Query{Expiring: true}, engine.Query{Expiring: true, Limit: 1})
		}
		for _, q := range queries {
			q.Type, q.ID = typ, 1
			check(s.Items(q, func(engine.Item) bool { return true }))
			_, err := s.Count(q)
			check(err)
		}
	}
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	texts := s.Statements()
	if len(texts) < 100 {
		t.Fatalf("just %d statements were prepared", len(texts))
	}
	for _, text := range texts {
		steps, err := s.Rows("EXPLAIN QUERY PLAN "+text, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			// Counting walks over what a subquery yields, and dbs has a row per database.
			what := step[3]
			if strings.Contains(what, "TEMP B-TREE") || strings.HasPrefix(what, "SCAN ") && what != "SCAN d" && !strings.HasPrefix(what, "SCAN (") {
				t.Errorf("%s\n%s", text, what)
			}
		}
	}
}
