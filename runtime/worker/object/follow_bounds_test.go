package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// inDB is commands of one client as a frame has them.
func inDB(db int, cmds ...resp.Command) frame.Group {
	return frame.Group{Client: 1, DB: db, Protocol: 3, Commands: cmds}
}

// eval runs a script over the keys.
func (l *lane) eval(script string) {
	l.r.t.Helper()
	if res := l.frame(inDB(0, resp.Command{"EVAL", script, "0"})); strings.Contains(show(res[0].Replies), "ERR") {
		l.r.t.Fatal(show(res[0].Replies))
	}
}

// D1 takes 1,000 statements of an invocation, 50 on the free plan: most keys of an object
// may be of families that it does not follow, and a copy walks over them too.
func TestACopyOverForeignKeysFitsD1(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.eval("for i = 1, 20000 do redis.call('SET', 'own:' .. i, i) end redis.call('SADD', 'set:2', 'a') redis.call('RPUSH', 'list:1', 'b')")
	r.settle()
	r.compare()
	l.do("SADD set:3 a")
	r.settle()
	r.compare()
	r.take(r.object().Rebuild(1, r.now))
	r.settle()
	r.compare()
}

// A commit of many keys that is too large to be written down is copied key by key.
func TestManyKeysThatAreCopiedFitD1(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SADD set:2 a")
	for i := 0; i < 300; i++ { // each has something that becomes garbage
		l.do(fmt.Sprintf("RPUSH list:b%d a b", i))
	}
	r.settle()
	l.eval("local v = string.rep('v', 6000) for i = 0, 299 do redis.call('SADD', 'set:b' .. i, v, 'x') redis.call('DEL', 'list:b' .. i) redis.call('RPUSH', 'list:b' .. i, v) end")
	before := r.d1.Batches
	r.settle()
	r.compare()
	t.Logf("%d batches, %d statements at most", r.d1.Batches-before, r.d1.Largest)
}

// A database that a key of another family makes while a copy begins is one that D1 must
// hear of with its first key.
func TestADatabaseThatIsMadeWhileACopyBegins(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SADD set:2 a")
	r.step(1) // D1's row is asked for
	receipt, _ := r.carry(1)
	l.frame(inDB(5, resp.Command{"SET", "own:1", "x"}))
	r.report(1, receipt)
	l.frame(inDB(5, resp.Command{"SADD", "set:2", "b"}))
	r.settle()
	r.compare()
}

// Two collections change names in one commit that is copied key by key, in more than one
// batch: what a name had before is no garbage when another one has it.
func TestCollectionsThatChangePlacesStay(t *testing.T) {
	defer object.LowLimits(5, 3, 12, 12)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("RPUSH list:1 "+strings.Repeat("a ", 30), "RPUSH list:2 "+strings.Repeat("b ", 30))
	r.settle()
	l.do("RENAME list:1 list:3", "RENAME list:2 list:1", "RENAME list:3 list:2", "RPUSH list:3 "+strings.Repeat("c ", 30))
	r.settle()
	r.compare()
}

// A commit may be all keys of D1 and all names of KV that a row of the outbox holds.
func TestBothFollowersFitARowOfTheOutbox(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET own:1 x")
	r.settle()
	l.eval("local k = string.rep('k', 90) for i = 1, 9900 do redis.call('SET', 'string:' .. k .. i, '') end for i = 2, 9 do redis.call('SADD', 'set:' .. i, string.rep('v', 130000)) end")
	n := count(t, r.db.DB(), "SELECT coalesce(max(coalesce(length(d1), 0) + coalesce(length(kv), 0)), 0) FROM outbox")
	if n > 1_900_000 {
		t.Errorf("the outbox has a row of %d bytes", n)
	}
}

// While D1 takes no run, what is written meanwhile is not kept for it without end.
func TestTheOutboxIsBoundedWhileNoCopyBegins(t *testing.T) {
	defer object.LowLimits(20, 10, 12, 12)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SADD set:2 a")
	r.step(1)
	most := 0
	for i := 0; i < 2000; i++ {
		receipt, until := r.carry(1)
		l.do("SADD set:2 " + strings.Repeat(fmt.Sprint("member", i), 20))
		if receipt == nil {
			r.now = max(r.now, until)
			continue
		}
		if receipt[0] == 0 && receipt[1] > 1 { // the batch that begins a run fails
			receipt = append([]byte{1, 4, 0, 0, 0}, "full"...)
		}
		r.report(1, receipt)
		most = max(most, count(t, r.db.DB(), "SELECT count(*) FROM outbox"))
	}
	if most > 300 {
		t.Errorf("the outbox had %d rows", most)
	}
	if r.kv.Puts > 0 {
		t.Error("KV has sets")
	}
	r.settle()
	r.compare()
}
