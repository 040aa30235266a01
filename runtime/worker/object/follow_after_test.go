package object_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// The rows of a flushed database say which names are to go from KV: they must stay
// until that is stored as done, or a crash in between leaves the names there for ever.
func TestAFlushedDatabaseLeavesKVThroughACrash(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:0 a", "SET string:1 b", "SWAPDB 0 1", "SET string:2 c")
	r.settle()
	l.do("SWAPDB 0 1", "FLUSHALL")
	r.now += 1_000_000
	if _, task, err := objecttest.SplitOutput(r.object().Follow(2, r.now)); err != nil || task[0] != 2 {
		t.Fatalf("task %v, %v", task, err)
	}
	// KV never hears of it.
	for more := true; more; {
		more = r.take(r.object().Sweep(100)).Flags&object.FlagSweep != 0
	}
	r.restart(1)
	r.settle()
	r.compare()
	if n := count(t, r.db.DB(), "SELECT count(*) FROM keys"); n > 0 {
		t.Errorf("%d rows of flushed databases are left", n)
	}
}

// A response ends behind its answer, also when that waits for D1.
func TestAnHTTPRequestWaitsForD1(t *testing.T) {
	synced := append(followed[:0:0], followed...)
	for i := range synced {
		if synced[i].Pattern == "list:*" {
			synced[i].Consistency = "sync"
		}
	}
	r := newFollowRig(t, synced)
	hello := (&frame.Hello{Version: frame.Version, Session: [16]byte{9}}).Append(nil)
	f := &frame.Frame{Seq: 1, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: commands("RPUSH list:1 a")}}}
	body := frame.AppendPart(frame.AppendPart(nil, hello), f.Append(nil))
	r.take(r.object().Attach(7, 3, nil))
	r.take(r.object().Post(7, r.now, 1, body, false))
	if r.gone[7] != 0 {
		t.Fatal("the response ended before D1 had the row")
	}
	r.messages(7) // the welcome may come before
	r.settle()
	got := r.messages(7)
	var a frame.Answer
	if len(got) != 1 || a.Decode(got[0]) != nil || len(a.Results) != 1 || a.Results[0].Replies[0].Int != 1 {
		t.Errorf("%q came", got)
	}
	if r.gone[7] == 0 {
		t.Error("the response does not end")
	}
}
