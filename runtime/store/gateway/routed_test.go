package gateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// spread is a plan with a group of four shards and another one.
func spread() objectserver.Options {
	return objectserver.Options{Config: worker.Config{
		Groups: []worker.Group{{Name: "", Shards: 4}, {Name: "carts", Shards: 1}},
		Families: []worker.Family{
			{Pattern: "cart:*", Name: "Cart", Type: "hash", Store: "do", Group: "carts"},
			{Pattern: "cart:old:*", Name: "OldCart", Type: "hash", Store: "do"},
			{Pattern: "user:*", Name: "User", Type: "hash", Store: "do"},
		},
	}}
}

// Slots as redis-server 7.0's CLUSTER KEYSLOT gives them.
func TestSlotsAreRedisClusters(t *testing.T) {
	for key, slot := range map[string]int{
		"123456789": 12739, "foo": 12182, "": 0, "{user1000}.following": 3443, "{user1000}.followers": 3443,
		"foo{}{bar}": 8363, "foo{{bar}}zap": 4015, "foo{bar}{zap}": 5061, "bar": 5061, "{bar": 4015,
	} {
		if got := slotOf(key); got != slot {
			t.Errorf("%q: %d, want %d", key, got, slot)
		}
	}
}

func TestKeysGoToTheirGroupAndShard(t *testing.T) {
	r := newRig(t, spread(), "")
	s := r.session(store.SessionOptions{})
	used := map[string]int{}
	for i := 0; i < 100; i++ {
		key := fmt.Sprint("user:", i)
		want(t, s, "OK", "SET", key, strconv.Itoa(i))
		used[fmt.Sprint("/", slotOf(key)%4)]++
	}
	for name, n := range used {
		if got := keysIn(t, r, name); got != n {
			t.Errorf("%s has %d keys, want %d", name, got, n)
		}
	}
	if len(used) != 4 {
		t.Errorf("%v", used)
	}
	want(t, s, "1", "HSET", "cart:1", "a", "1")
	want(t, s, "1", "HSET", "cart:old:1", "a", "1")
	if n := keysIn(t, r, "carts/0"); n != 1 {
		t.Errorf("the group has %d keys", n)
	}
	want(t, s, "102", "DBSIZE")
	want(t, s, "OK", "MSET", "{t}a", "1", "{t}b", "2")
	want(t, s, `["1" "2"]`, "MGET", "{t}a", "{t}b")
	want(t, s, "!"+crossSlot, "MGET", "user:1", "user:2")
	got := show(do(t, s, cmd("SUNION", "cart:1", "user:1"))[0])
	for _, part := range []string{"!CROSSSLOT", `Cart ("cart:*")`, `User ("user:*")`, "group: carts", "redis2cf.yaml"} {
		if !strings.Contains(got, part) {
			t.Errorf("%s does not say %s", got, part)
		}
	}
	want(t, s, `["a" "1"]`, "EVAL", "return redis.call('HGETALL', KEYS[1])", "1", "cart:1")
}

func keysIn(t *testing.T, r *rig, object string) int {
	t.Helper()
	e := r.server.Executor("main", object)
	if e == nil {
		return 0
	}
	r.server.Trap() // an object that opens makes rows of what its journal has
	var n int
	if err := e.DB().QueryRow("SELECT count(*) FROM keys").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPipelinesAndTransactionsOverSeveralObjects(t *testing.T) {
	r := newRig(t, spread(), "")
	s := r.session(store.SessionOptions{})
	var cmds []resp.Command
	for i := 0; i < 50; i++ {
		cmds = append(cmds, cmd("SET", fmt.Sprint("user:", i), strconv.Itoa(i)), cmd("GET", fmt.Sprint("user:", i)))
	}
	for i, reply := range do(t, s, cmds...) {
		if i%2 == 1 && reply.Str != strconv.Itoa(i/2) {
			t.Errorf("reply %d is %s", i, show(reply))
		}
	}
	all := func(cmds ...resp.Command) string { return show(resp.NewArray(do(t, s, cmds...)...)) }
	multi, exec := cmd("MULTI"), cmd("EXEC")
	if got := all(multi, cmd("SET", "{t}a", "1"), cmd("GET", "{t}a"), exec); got != `[OK QUEUED QUEUED [OK "1"]]` {
		t.Error(got)
	}
	if got := all(multi, cmd("GET", "user:1"), cmd("GET", "user:2"), exec); got != "[OK QUEUED !"+crossSlot+" !"+errExecAbort.Str+"]" {
		t.Error(got)
	}
	// One command at a time: the object is known with the first key.
	want(t, s, "OK", "MULTI")
	want(t, s, "QUEUED", "PING")
	want(t, s, "QUEUED", "INCR", "{t}n")
	want(t, s, "!"+crossSlot, "INCR", "user:7")
	want(t, s, "!"+errExecAbort.Str, "EXEC")
	want(t, s, "OK", "MULTI")
	want(t, s, "QUEUED", "PING")
	want(t, s, "[PONG]", "EXEC")
	want(t, s, "OK", "MULTI")
	want(t, s, "OK", "DISCARD")
	want(t, s, "!ERR EXEC without MULTI", "EXEC")

	other := r.session(store.SessionOptions{})
	want(t, s, "OK", "WATCH", "{t}a")
	want(t, s, `"3"`, "GET", "user:3") // elsewhere, while keys are watched
	want(t, s, "!"+crossSlot, "WATCH", "user:3")
	want(t, other, "OK", "SET", "{t}a", "2")
	if got := all(multi, cmd("SET", "{t}a", "3"), exec); got != "[OK QUEUED nil]" {
		t.Error(got)
	}
	want(t, s, "OK", "WATCH", "{t}a")
	want(t, s, "OK", "UNWATCH") // in the object that watches
	want(t, other, "OK", "SET", "{t}a", "4")
	want(t, s, "OK", "WATCH", "user:3")
	if got := all(multi, cmd("GET", "user:3"), exec); got != `[OK QUEUED ["3"]]` {
		t.Error(got)
	}
	if got := all(multi, cmd("GET", "{t}a"), exec); got != `[OK QUEUED ["4"]]` {
		t.Error(got)
	}
}

func TestCommandsWithoutKeysOverSeveralObjects(t *testing.T) {
	r := newRig(t, spread(), "")
	s := r.session(store.SessionOptions{})
	keys := map[string]bool{}
	for i := 0; i < 500; i++ {
		key := fmt.Sprint("k", i)
		keys[key] = true
		do(t, s, cmd("SET", key, "v"))
	}
	found, cursor := map[string]bool{}, "0"
	for rounds := 0; ; rounds++ {
		page := do(t, s, cmd("SCAN", cursor, "COUNT", "17"))[0]
		for _, e := range page.Elems[1].Elems {
			found[e.Str] = true
		}
		if cursor = page.Elems[0].Str; cursor == "0" {
			break
		}
		if rounds > 1000 {
			t.Fatal("SCAN does not end")
		}
	}
	if len(found) != len(keys) {
		t.Errorf("SCAN found %d of %d keys", len(found), len(keys))
	}
	if got := do(t, s, cmd("KEYS", "k*"))[0]; len(got.Elems) != len(keys) {
		t.Errorf("KEYS found %d", len(got.Elems))
	}
	if got := do(t, s, cmd("RANDOMKEY"))[0]; !keys[got.Str] {
		t.Error(show(got))
	}
	sha := do(t, s, cmd("SCRIPT", "LOAD", "return redis.call('GET', KEYS[1])"))[0].Str
	for key := range keys {
		want(t, s, `"v"`, "EVALSHA", sha, "1", key)
	}
	want(t, s, "[1 0]", "SCRIPT", "EXISTS", sha, strings.Repeat("0", 40))
	want(t, s, "OK", "SELECT", "2")
	want(t, s, "0", "DBSIZE")
	want(t, s, "OK", "SELECT", "0")
	want(t, s, "OK", "FLUSHALL")
	want(t, s, "0", "DBSIZE")
	want(t, s, "nil", "RANDOMKEY")
	want(t, s, "PONG", "PING")
}

func TestMessagesOverSeveralObjects(t *testing.T) {
	r := newRig(t, spread(), "")
	in := newInbox()
	s, other := r.session(store.SessionOptions{Push: in.push}), r.session(store.SessionOptions{})
	want(t, s, "none", "SUBSCRIBE", "a", "b", "c", "d")
	if got := fmt.Sprint(in.take(t, 0)); got != `[["subscribe" "a" 1] ["subscribe" "b" 2] ["subscribe" "c" 3] ["subscribe" "d" 4]]` {
		t.Error(got)
	}
	want(t, s, "none", "PSUBSCRIBE", "*")
	if got := fmt.Sprint(in.take(t, 1)); got != `[["psubscribe" "*" 5]]` {
		t.Error(got)
	}
	for _, channel := range []string{"a", "b", "c", "d"} {
		want(t, other, "2", "PUBLISH", channel, "x")
	}
	got := in.take(t, 8)
	slices.Sort(got)
	if fmt.Sprint(got) != `[["message" "a" "x"] ["message" "b" "x"] ["message" "c" "x"] ["message" "d" "x"] `+
		`["pmessage" "*" "a" "x"] ["pmessage" "*" "b" "x"] ["pmessage" "*" "c" "x"] ["pmessage" "*" "d" "x"]]` {
		t.Error(got)
	}
	if got := do(t, other, cmd("PUBSUB", "CHANNELS"))[0]; len(got.Elems) != 4 {
		t.Error(show(got))
	}
	want(t, other, `["a" 1 "nobody" 0]`, "PUBSUB", "NUMSUB", "a", "nobody")
	want(t, other, "1", "PUBSUB", "NUMPAT")
	want(t, s, "none", "UNSUBSCRIBE")
	if got := in.take(t, 4); got[3] != `["unsubscribe" "d" 1]` {
		t.Error(got)
	}
	want(t, s, "none", "PUNSUBSCRIBE")
	if got := fmt.Sprint(in.take(t, 1)); got != `[["punsubscribe" "*" 0]]` {
		t.Error(got)
	}
	want(t, s, "nil", "GETSET", "still", "v")
}

func TestAPlanThatChangesIsAskedForAgain(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	r.b.askAgain = 0
	s := r.session(store.SessionOptions{})
	want(t, s, "OK", "SET", "k", "v")
	r.server.SetConfig(spread().Config)
	until(t, "the new plan", func() bool { return s.sp.routes.Load().only == nil })
	want(t, s, "1", "HSET", "cart:1", "a", "1")
	if keysIn(t, r, "carts/0") != 1 {
		t.Error("the new group is not used")
	}
}
