package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// A write costs its rows and not the collection, which has a thousand elements:
// one row for a string or an element, with at most one entry of an index. Whole
// keys and databases cost a few rows, and what is left to Sweep.
func TestWritesCostTheirRows(t *testing.T) {
	s := sqlite.New(filepath.Join(t.TempDir(), "x.db"), sqlite.SyncOff)
	e, err := engine.Open(s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := e.NewSession(0, 3, "")
	now := int64(1_700_000_000_000_000)
	run := func(command string) int64 {
		t.Helper()
		now += 1000
		out := e.Exec(now, 1, engine.Frame{Session: id, Commands: []resp.Command{strings.Fields(command)}})
		if out.Err != nil || out.Replies[0].Kind == resp.Error {
			t.Fatalf("%s: %v %v", command, out.Err, out.Replies)
		}
		if out.Change == nil {
			return 0
		}
		before := s.TotalChanges()
		if err := s.Commit(out.Change); err != nil {
			t.Fatal(err)
		}
		return s.TotalChanges() - before - 1 // one is the number of the commit
	}
	for i := 0; i < 1000; i++ {
		run(fmt.Sprintf("HSET h f%d %d", i, i))
		run(fmt.Sprintf("RPUSH l %d", i))
		run(fmt.Sprintf("SADD m m%d", i))
		run(fmt.Sprintf("ZADD z %d m%d", i, i))
		run(fmt.Sprintf("XADD x %d-1 f %d", i+1, i))
	}
	for _, test := range []struct {
		command string
		rows    int64
	}{
		{"SET s 1", 1}, {"SET s 2 EX 100", 1}, {"INCR s", 1}, {"APPEND s 3", 1}, {"MSET s a t b", 2}, {"SET s a NX", 0}, {"GET s", 0},
		{"HSET h f1 new", 1}, {"HSET h f1 newer f2 new", 2}, {"HINCRBY h n 1", 1}, {"HDEL h f3", 1}, {"HEXPIRE h 100 FIELDS 1 f4", 1},
		{"LPUSH l a", 1}, {"RPUSH l a b", 2}, {"LPOP l", 1}, {"LSET l 500 c", 1}, {"LTRIM l 2 -1", 2}, {"LMOVE l l LEFT RIGHT", 2},
		{"SADD m new", 1}, {"SREM m m5", 1}, {"ZADD z 1.5 new", 1}, {"ZADD z 2000 m6", 1}, {"ZINCRBY z 1 m7", 1}, {"ZPOPMIN z", 1},
		{"XADD x 5000-1 f v", 2}, {"EXPIRE h 1000", 1}, {"RENAME h h2", 2}, {"RENAME h2 h", 2},
		{"DEL h", 2}, {"UNLINK l", 2}, {"SWAPDB 0 1", 5}, {"SWAPDB 0 1", 3}, {"FLUSHDB", 3},
	} {
		if got := run(test.command); got > test.rows {
			t.Errorf("%s wrote %d rows, want at most %d", test.command, got, test.rows)
		}
	}
	indexes, err := s.Rows("SELECT tbl_name, count(*) FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%' GROUP BY 1", 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range indexes {
		if row[1] != "1" {
			t.Errorf("the table %s has %s indexes: an element may cost two rows, its index included", row[0], row[1])
		}
	}
}
