package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
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
