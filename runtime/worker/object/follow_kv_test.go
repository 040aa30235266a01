package object_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

func TestAKeyIsPutOnceASecond(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	for i := 0; i < 200; i++ { // four seconds
		l.do("INCR string:1")
		r.now += 20_000
		r.step(2)
	}
	r.settle()
	if r.kv.TooOften > 0 || r.kv.Puts < 4 || r.kv.Puts > 6 {
		t.Errorf("%d puts, %d of them too often", r.kv.Puts, r.kv.TooOften)
	}
	if e, _ := r.kv.Get("string:1"); e.Value != "200" {
		t.Errorf("KV has %q", e.Value)
	}
	l.do("SET string:0 x", "APPEND string:0 y")
	if wait := r.until(2); wait != 100_000 {
		t.Errorf("a first put waits %d microseconds", wait)
	}
}

func TestWhatExpiresCostsNoDelete(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:1 x EX 100", "SET string:2 short PX 5000", "JSON.SET json:2 $ {\"a\":1}", "EXPIRE json:2 200")
	r.kv.Now = r.now
	r.settleFor(2_000_000)
	e, ok := r.kv.Get("string:2")
	var m objecttest.KVMetadata
	if err := json.Unmarshal([]byte(e.Metadata), &m); err != nil || !ok || m.Expires != 1_700_000_005_000 || e.Expires < r.now/1_000_000+55 {
		t.Fatalf("KV has %+v, now %d", e, r.now)
	}
	r.compare()
	r.now += 5_000_000
	r.take(r.object().Tick(r.now, 1))
	r.settleFor(2_000_000)
	if _, ok := r.kv.Get("string:2"); ok || r.kv.Deletes != 1 {
		t.Errorf("what lives shorter than KV keeps it is there: %v, after %d deletes", ok, r.kv.Deletes)
	}
	r.now += 300_000_000
	r.take(r.object().Tick(r.now, 1))
	r.settle()
	if r.kv.Now = r.now; len(r.kv.Names()) > 0 || r.kv.Deletes != 1 {
		t.Errorf("KV has %q after %d deletes", r.kv.Names(), r.kv.Deletes)
	}
	r.compare()
}

// settleFor lets the followers work for some microseconds.
func (r *followRig) settleFor(d int64) {
	r.t.Helper()
	for end := r.now + d; r.now < end; r.now += 50_000 {
		for did := true; did; {
			did, _ = r.step(2)
		}
	}
}

func TestNamesThatKVDoesNotTake(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	long := "string:" + strings.Repeat("k", 600)
	l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", long, "x"}, {"SET", "string:\x00\xff", "bytes"}, {"SET", "string:1", "x"},
		{"SELECT", "2"}, {"SET", "string:1", "in 2"}}})
	l.do("RPUSH string:2 a list")
	r.settle()
	r.kv.Now = r.now
	if got := fmt.Sprint(r.kv.Names()); got != "[@/0#737472696e673a00ff @/2/string:1 string:1]" {
		t.Errorf("names %s", got)
	}
	if st := r.object().Followers()["kv"]; st.Left != 1 || st.State != "current" {
		t.Errorf("%+v", st)
	}
	r.compare()

	r.kv.Fail = func(name string) error {
		if name == "string:0" {
			return errors.New("KV PUT failed: 400 Bad Request")
		}
		return nil
	}
	l.do("SET string:0 x", "SET string:1 y")
	r.settle()
	if e, _ := r.kv.Get("string:1"); e.Value != "y" {
		t.Errorf("what KV refuses keeps others from it: %+v", e)
	}
	if st := r.object().Followers()["kv"]; st.Left != 2 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}

func TestAFlushedDatabaseLeavesKV(t *testing.T) {
	defer object.LowLimits(20, 100, 10, 12)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	for i := 0; i < 300; i++ {
		l.do(fmt.Sprintf("SET string:many:%d x", i), fmt.Sprintf("SADD set:many:%d x", i))
	}
	r.settle()
	if r.kv.Now = r.now; len(r.kv.Names()) != 300 {
		t.Fatalf("KV has %d names", len(r.kv.Names()))
	}
	r.compare()
	l.do("FLUSHDB", "SET string:many:7 new")
	for i := 0; i < 200; i++ { // the rows that are walked stay until then
		r.take(r.object().Sweep(1000))
	}
	r.restart(1)
	r.messages(1)
	for i := 0; i < 20; i++ {
		r.step(2)
		r.take(r.object().Sweep(1000))
		r.now += 100_000
	}
	r.settle()
	if r.kv.Now = r.now; fmt.Sprint(r.kv.Names()) != "[string:many:7]" {
		t.Errorf("KV has %q", r.kv.Names())
	}
	r.compare()
	if n := count(t, r.db.DB(), "SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM garbage_spaces)"); n != 1 {
		t.Errorf("%d rows are left in the object", n)
	}
	l.do("SWAPDB 0 3")
	r.settle()
	if r.kv.Now = r.now; fmt.Sprint(r.kv.Names()) != "[@/3/string:many:7]" {
		t.Errorf("KV has %q", r.kv.Names())
	}
	r.compare()
}

func TestACopyRemovesWhatTheObjectHasNot(t *testing.T) {
	r := newFollowRig(t, followed)
	r.kv.Page = 7
	l := r.lane(1)
	for i := 0; i < 30; i++ {
		l.do(fmt.Sprintf("SET string:c:%d %d", i, i))
	}
	r.settle()
	for i := 0; i < 20; i++ {
		r.kv.Store(fmt.Sprintf("string:stale:%d", i), objecttest.KVEntry{Value: "old", Metadata: `{"expires":0,"seq":1,"object":"main:/0"}`})
		r.kv.Store(fmt.Sprintf("string:foreign:%d", i), objecttest.KVEntry{Value: "x", Metadata: `{"expires":0,"seq":1,"object":"main:other/0"}`})
		r.kv.Store(fmt.Sprintf("string:people:%d", i), objecttest.KVEntry{Value: "x"})
	}
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	for i, metadata := range []string{`"note"`, `[1,{}]`, `17.5`, `{"expires":"soon","seq":-1.5,"object":1}`, `{"binary":true}`, `null`, deep} {
		r.kv.Store(fmt.Sprintf("string:noted:%d", i), objecttest.KVEntry{Value: "x", Metadata: metadata})
	}
	r.kv.Store("string:c:3", objecttest.KVEntry{Value: "damaged", Metadata: `{"expires":0,"seq":1,"object":"main:/0"}`})
	r.take(r.object().Rebuild(2, r.now))
	r.step(2)
	r.restart(1) // a copy goes on
	r.messages(1)
	r.settle()
	if r.kv.Now = r.now; len(r.kv.Names()) != 77 {
		t.Errorf("KV has %q", r.kv.Names())
	}
	for _, name := range r.kv.Names() {
		if !strings.HasPrefix(name, "string:c:") {
			r.kv.Store(name, objecttest.KVEntry{Expires: 1})
		}
	}
	r.compare()
}

func TestWhatIsNotConfirmedIsPutAgain(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:1 a", "SET string:2 a")
	r.settle()
	r.kv.Fail = func(string) error { return errors.New("KV PUT failed: 503 Service Unavailable") }
	l.do("SET string:1 b", "DEL string:2")
	r.settleFor(3_000_000)
	if st := r.object().Followers()["kv"]; st.State != "failing" || st.Waiting != 2 || st.LagMs < 2000 {
		t.Errorf("%+v", st)
	}
	if r.take(r.object().Tick(r.now, 1)).Alarm == 0 {
		t.Error("no alarm looks after it")
	}
	r.restart(1)
	r.messages(1)
	if r.last.Flags&object.FlagKV == 0 {
		t.Error("a new instance has nothing to do")
	}
	r.kv.Fail = nil
	r.settle()
	r.compare()
	if out := r.take(r.object().Tick(r.now, 1)); out.Flags&object.FlagKV != 0 {
		t.Errorf("something is left to do: %d", out.Flags)
	}
}

// Names of databases that were exchanged are found although their keys go before they
// are looked for.
func TestNamesOfExchangedDatabasesGo(t *testing.T) {
	defer object.LowLimits(20, 100, 10, 4)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	var keys []string
	for i := 0; i < 40; i++ {
		l.do(fmt.Sprintf("SET string:x:%d a", i))
		keys = append(keys, fmt.Sprintf("DEL string:x:%d", i))
	}
	r.settle()
	l.do("SWAPDB 0 1")
	res := l.frame(frame.Group{Client: 1, DB: 1, Protocol: 3, Commands: commands(keys...)})
	if show(res[0].Replies[:1]) != "(integer) 1" {
		t.Fatal(show(res[0].Replies))
	}
	r.settle()
	if r.kv.Now = r.now; len(r.kv.Names()) > 0 {
		t.Errorf("KV still has %q", r.kv.Names())
	}
	r.compare()

	// The same while more waits than is kept in memory, and over a restart.
	for i := 0; i < 40; i++ {
		l.do(fmt.Sprintf("SET string:x:%d a", i))
	}
	r.settle()
	for i := 0; i < 40; i++ {
		l.do(fmt.Sprintf("SET string:y:%d a", i))
	}
	l.do("SWAPDB 0 2")
	l.frame(frame.Group{Client: 1, DB: 2, Protocol: 3, Commands: commands(keys[:20]...)})
	r.restart(1)
	r.messages(1)
	l.frame(frame.Group{Client: 1, DB: 2, Protocol: 3, Commands: commands(keys[20:]...)})
	r.settle()
	r.compare()
}

func TestAKeyThatChangesDuringItsPutIsPutAgain(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:1 a")
	r.now += 100_000
	receipt, _ := r.carry(2)
	l.do("SET string:1 b")
	r.report(2, receipt)
	r.settle()
	if e, _ := r.kv.Get("string:1"); e.Value != "b" {
		t.Errorf("KV has %q", e.Value)
	}
	l.do("SET string:1 c")
	r.now += 1_000_000
	receipt, _ = r.carry(2)
	l.do("SET string:1 b")
	r.report(2, receipt)
	r.restart(1)
	r.messages(1)
	r.settle()
	if e, _ := r.kv.Get("string:1"); e.Value != "b" || r.kv.TooOften > 0 {
		t.Errorf("KV has %q, %d puts were too often", e.Value, r.kv.TooOften)
	}
}
