package object_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// A family in KV alone has no second truth in the object, however a command gets there.
func TestKeysOfFamiliesInKVAloneAreRefused(t *testing.T) {
	r := newRig(t)
	conn := uint64(0)
	open := func(name string) *lane {
		r.in = object.New(object.Options{})
		r.in.Configure(worker.Config{Families: []worker.Family{
			{Pattern: "session:*", Name: "Session", Store: "kv", Consistency: "primary"},
			{Pattern: "session:lock:*", Name: "SessionLock", Store: "do"},
			{Pattern: "user:*", Name: "User", Store: "kv", Consistency: "follow"},
			{Pattern: "cache:*", Name: "Cache", Store: "kv", Consistency: "primary", Client: "other"},
		}})
		r.seed++
		r.take(r.in.Open(1, r.exec, name, r.now, r.seed))
		conn++
		return r.lane(conn)
	}
	l := open("main:/0")
	for _, cmd := range []resp.Command{
		words("SET session:1 v"), words("GET session:1"), words("MGET user:1 session:1"), words("RENAME user:1 session:1"), words("BLPOP session:q 1"),
		words("SORT l STORE session:1"), words("EVAL return(1) 1 session:1"), words("WATCH session:1"), words("XREAD STREAMS session:1 0"),
		{"EVAL", "return redis.call('SET', 'session:' .. ARGV[1], 'v')", "0", "1"}, {"EVAL", "return redis.call('GET', 'session:1')", "0"},
	} {
		got := l.one(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{cmd}})
		if !strings.Contains(got, `the family Session ("session:*") is in KV alone (consistency: primary)`) {
			t.Errorf("%v: %s", cmd, got)
		}
	}
	if got := l.do("MULTI", "SET user:1 v", "SET session:1 v", "EXEC"); !strings.HasSuffix(got, "(error) EXECABORT Transaction discarded because of previous errors.") {
		t.Error(got)
	}
	if got := l.do("SET session:lock:1 v", "SET user:1 v", "SET cache:1 v", "DBSIZE"); got != "+OK +OK +OK (integer) 3" {
		t.Errorf("keys of other families: %s", got)
	}
	if got := open("main/other:/0").do("SET cache:1 v"); !strings.Contains(got, `the family Cache ("cache:*")`) {
		t.Errorf("the client's own namespace: %s", got)
	}
}
