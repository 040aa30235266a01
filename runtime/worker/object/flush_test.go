package object_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A script's FLUSHDB swaps the database with one that nobody can select. What a script
// does often leaves nothing behind, and no object that cannot be opened.
func TestAScriptThatFlushesOftenLeavesNothing(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET kept v")
	r.stranger(1, 1, group(1, "SELECT 1", "SET other v"))
	got := l.one(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"EVAL", "for i = 1, 10000 do redis.call('SET', 'a', i) redis.call('FLUSHDB') end redis.call('SET', 'a', 'b') return 1", "0"}}})
	if got != "(integer) 1" {
		t.Fatal(got)
	}
	if n := r.rows("dbs"); n != 2 {
		t.Errorf("%d databases", n)
	}
	r.restart(1)
	if got := l.do("GET a", "DBSIZE", "SELECT 1", "GET other"); got != `"b" (integer) 1 +OK "v"` {
		t.Error(got)
	}
}

// Programs load their scripts each time they start: a row that is there is not written.
func TestAScriptThatIsLoadedAgainWritesNothing(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	load := frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SCRIPT", "LOAD", "return 1"}}}
	sha := l.one(load)
	r.restart(1)
	n := r.db.Rows
	if got := l.one(load); got != sha {
		t.Error(got)
	}
	if r.db.Rows != n {
		t.Errorf("%d rows were written", r.db.Rows-n)
	}
	flush := frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SCRIPT", "FLUSH"}, {"SCRIPT", "LOAD", "return 1"}}}
	l.one(flush)
	r.restart(1)
	if got := l.do("EVALSHA " + sha[1:41] + " 0"); got != "(integer) 1" {
		t.Errorf("flushed and loaded again: %s", got)
	}
}
