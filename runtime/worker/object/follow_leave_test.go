package object_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// without is a plan in which no family follows to a store.
func without(families []worker.Family, stores ...string) (list []worker.Family) {
	for _, f := range families {
		for _, s := range stores {
			if f.Store == s {
				f.Store, f.Consistency = "do", ""
			}
		}
		list = append(list, f)
	}
	return list
}

const anyInD1 = "SELECT (SELECT count(*) FROM followers) + (SELECT count(*) FROM dbs) + (SELECT count(*) FROM keys) + (SELECT count(*) FROM list_items) + (SELECT count(*) FROM set_members) + (SELECT count(*) FROM garbage) + (SELECT count(*) FROM garbage_spaces)"

func TestTheLastFamilyTakesItsRowsAlong(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	for i := 0; i < 700; i++ {
		l.do(fmt.Sprintf("RPUSH list:k%d a b c", i), fmt.Sprintf("SET string:k%d x", i))
	}
	r.settle()
	r.kv.Store("string:people", objecttest.KVEntry{Value: "x"})
	if count(t, r.d1.DB(), anyInD1) < 2000 {
		t.Fatal("D1 has nothing")
	}
	r.families = without(followed, "d1")
	r.restart(1)
	r.messages(1)
	if st := r.object().Followers()["d1"]; st.State != "leaving" {
		t.Errorf("D1 says %+v", st)
	}
	failing := true
	r.d1.Before = func(int) error {
		if failing {
			return errors.New("the Worker has no binding REDIS2CF_D1")
		}
		return nil
	}
	for i := 0; i < 40; i++ {
		if did, until := r.step(1); !did {
			r.now = until
		}
	}
	for did := true; did; {
		did, _ = r.step(1)
	}
	if st := r.object().Followers()["d1"]; st.State != "failing" || r.until(1) < 50*60_000_000 {
		t.Errorf("D1 says %+v, and is asked again after %d microseconds", st, r.until(1))
	}
	l.do("RPUSH list:k1 more", "DEL list:k2", "FLUSHDB", "RPUSH list:k1 new")
	if r.last.Flags&object.FlagD1 != 0 {
		t.Error("a loop is asked for that would end at once")
	}
	failing = false
	r.restart(1)
	r.messages(1)
	r.settle()
	if n := count(t, r.d1.DB(), anyInD1); n != 0 {
		t.Errorf("D1 has %d rows", n)
	}
	if _, ok := r.object().Followers()["d1"]; ok {
		t.Error("D1 still follows")
	}
	l.do("RPUSH list:k1 more")
	r.settle()
	if n := count(t, r.db.DB(), "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM followers WHERE name = 'd1')"); n != 0 || r.last.Flags&object.FlagD1 != 0 {
		t.Errorf("%d rows are left, flags %d", n, r.last.Flags)
	}
	before := r.d1.Tasks
	r.restart(1)
	r.settle()
	if r.d1.Tasks != before {
		t.Error("D1 is asked again")
	}

	// The family comes back, and KV's goes.
	r.families = without(followed, "kv")
	r.restart(1)
	r.messages(1)
	l.do("RPUSH list:k5 back")
	r.settle()
	r.kv.Now = r.now
	if names := r.kv.Names(); fmt.Sprint(names) != "[string:people]" {
		t.Errorf("KV has %q", names)
	}
	if _, ok := r.object().Followers()["kv"]; ok {
		t.Error("KV still follows")
	}
	if n := count(t, r.d1.DB(), "SELECT count(*) FROM list_items"); n != 3 {
		t.Errorf("D1 has %d items", n)
	}
}

// What a family had in KV is the clients' from the moment on that it is in KV alone.
func TestAFamilyThatBecomesPrimaryKeepsItsNames(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:1 a", "SET string:2 a")
	r.settle()
	l.do("SET string:1 b", "DEL string:2")
	r.families = append([]worker.Family(nil), followed...)
	r.families[0].Consistency = "primary"
	r.restart(1)
	r.messages(1)
	r.kv.Store("string:2", objecttest.KVEntry{Value: "a client's"})
	r.settle()
	r.kv.Now = r.now
	if a, _ := r.kv.Get("string:1"); a.Value != "a" {
		t.Errorf("string:1 is %+v", a)
	}
	if b, _ := r.kv.Get("string:2"); b.Value != "a client's" {
		t.Errorf("string:2 is %+v", b)
	}
}

// Somebody who looks at /v1/stats must see that keys are still looked for.
func TestAFollowerThatLooksForKeysSaysSo(t *testing.T) {
	defer object.LowLimits(20, 100, 10, 6)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	for i := 0; i < 300; i++ {
		l.do(fmt.Sprintf("SET string:k%d x", i))
	}
	r.settle()
	if st := r.object().Followers()["kv"]; st.State != "current" || st.LagMs != 0 || st.Behind != 0 {
		t.Fatalf("KV says %+v", st)
	}
	l.do("FLUSHDB")
	r.now += 5_000_000
	r.take(r.object().Tick(r.now, 1))
	for i := 0; i < 2; i++ {
		if st := r.object().Followers()["kv"]; st.State != "copying" || st.LagMs < 5000 || st.Behind == 0 {
			t.Errorf("KV says %+v while names of a flushed database are looked for", st)
		}
		r.restart(1)
		r.messages(1)
		r.step(2)
	}
	r.settle()
	// More waits than is in memory.
	for i := 0; i < 40; i++ {
		l.do(fmt.Sprintf("SET string:y%d x", i))
		r.now += 1_000_000
	}
	if st := r.object().Followers()["kv"]; st.LagMs < 39_000 {
		t.Errorf("KV says %+v", st)
	}
	r.settle()
	l.do("RPUSH list:1 a")
	if got := l.do("INFO followers"); !strings.Contains(got, "d1:state=current,seq=") || !strings.Contains(got, "kv:state=current,") {
		t.Errorf("INFO says %s", got)
	}
	if got := l.do("INFO"); !strings.Contains(got, "# Followers") {
		t.Errorf("INFO says %s", got)
	}
}

// What KV refuses for good is left out, and so is what it had before.
func TestWhatKVRefusesLeavesNothingOld(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:1 old")
	r.settle()
	refused := true
	r.kv.Fail = func(string) error {
		if refused {
			return errors.New("KV PUT failed: 400 Bad Request")
		}
		return nil
	}
	l.do("SET string:1 new")
	for i := 0; i < 8; i++ {
		r.now += 130_000_000
		r.step(2)
	}
	refused = false
	r.settle()
	r.kv.Now = r.now
	if e, ok := r.kv.Get("string:1"); ok {
		t.Errorf("KV has %+v", e)
	}
	if st := r.object().Followers()["kv"]; st.Left != 1 || st.State != "current" {
		t.Errorf("%+v", st)
	}
	l.do("SET string:1 newer")
	r.settle()
	if e, _ := r.kv.Get("string:1"); e.Value != "newer" {
		t.Errorf("KV has %+v", e)
	}
}
