package object_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// Whatever is asked first of an object whose journal left memory, it is answered as if
// nothing had: the journal is read while that query waits.
func TestAJournalIsReadBeforeWhateverIsAsked(t *testing.T) {
	for _, ask := range []string{"DBSIZE", "SCAN 0 COUNT 100", "KEYS h", "HGETALL h", "LRANGE l 0 -1", "INFO keyspace", "GET s", "LLEN l", "ZRANGE z 0 -1"} {
		var got [2]string
		for i := range got {
			r := newRig(t)
			r.opt, r.memory = object.Options{ResidentRows: 1}, 3000
			r.start()
			l := r.lane(1)
			l.do("SET first 1")
			l.do("SET s v3", "HSET h f v", "SET over x PX 100000", "RPUSH l a b c", "ZADD z 1 a 2 b")
			r.restart(1)
			r.messages(1)
			l.do("INCR n", "SET m w PX 100", "HSET g f v", "RPUSH l d", "ZREM z a")
			r.now += 1_000_000
			if i == 1 {
				r.object().ReleaseJournal()
			}
			got[i] = l.do(ask)
			if len(r.logs) > 0 {
				t.Errorf("%s: the log has %q", ask, r.logs)
			}
		}
		if got[0] != got[1] {
			t.Errorf("%s is answered with %s, and not with %s", ask, got[1], got[0])
		}
	}
}

// What runs by itself reads a journal that left memory as well.
func TestAJournalIsReadBeforeWhatRunsByItself(t *testing.T) {
	r := newRig(t)
	r.opt, r.memory = object.Options{ResidentRows: 1}, 3000
	r.start()
	l := r.lane(1)
	l.do("SET first 1", "RPUSH l a b c")
	l.do("SET over x PX 10", "DEL l")
	r.settleJournal()
	l.do("DEL first", "SET a b")
	r.object().ReleaseJournal()
	r.take(r.object().Sweep(100)) // the list
	if n := count(t, r.db.DB(), "SELECT count(*) FROM garbage"); n > 0 || len(r.logs) > 0 {
		t.Errorf("%d rows of garbage are left, and the log has %q", n, r.logs)
	}
	l.do("DEL a")
	r.object().ReleaseJournal()
	r.now += 60_000_000
	r.seed++
	r.take(r.object().Tick(r.now, r.seed))
	if r.last.Status != 0 || len(r.logs) > 0 {
		t.Errorf("status %d, the log has %q", r.last.Status, r.logs)
	}
	if n := count(t, r.db.DB(), "SELECT count(*) FROM keys"); n > 0 {
		t.Errorf("%d keys are left", n)
	}
}

// What is looked for in the rows before bytes leave R2 is looked for in the journal as well,
// also when that is not in memory.
func TestBytesInR2StayWhenTheJournalLeftMemory(t *testing.T) {
	h := newHoard(t)
	ref := h.put()
	h.set("k", ref)
	h.set("other", h.put())
	h.run("DEL", "other")
	for i := 0; i < 300; i++ {
		h.run("INCR", "n")
		h.object().ReleaseJournal()
		h.follow()
		h.now += minute
	}
	if names := h.bucket.Names(); len(names) != 1 || names[0] != ref.ID {
		t.Errorf("in the bucket are %v, and not what the key refers to alone", names)
	}
	if r := h.run("GET", "k"); r.Str != ref.ID {
		t.Errorf("%+v", r)
	}
}
