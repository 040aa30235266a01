package object_test

import (
	"fmt"
	"math"
	"math/rand"
	"runtime"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// Answers are not in memory, but they are in the table until later commits take their
// place: of these there are few bytes.
func TestLongAnswersDoNotStayInTheJournal(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.frame(groupOf(1, resp.Command{"SET", "long", strings.Repeat("x", 100_000)}))
	for i := 0; i < 300; i++ {
		l.do("INCR n", "GET long", "GET long")
	}
	if n := count(t, r.db.DB(), "SELECT sum(length(ops) + length(answer)) FROM journal"); n > 5<<20 {
		t.Errorf("%d bytes stand in the journal", n)
	}
	r.restart(1)
	r.messages(1)
	if got := l.do("GET n"); got != `"300"` {
		t.Error(got)
	}
}

// A commit of thousands of operations would make what is settled at once too much.
func TestACommitOfManyOperationsIsRows(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	hset, hdel := resp.Command{"HSET", "h"}, resp.Command{"HDEL", "h"}
	for i := 0; i < 3000; i++ {
		hset, hdel = append(hset, fmt.Sprint(i), ""), append(hdel, fmt.Sprint(i))
	}
	l.frame(groupOf(1, append(hset, "last", "v")))
	r.messages(1)
	before := count(t, r.db.DB(), "SELECT count(*) FROM journal")
	l.frame(groupOf(1, hdel))
	if n := count(t, r.db.DB(), "SELECT count(*) FROM journal"); n != before {
		t.Errorf("it is %d rows of the journal", n-before)
	}
	if n := count(t, r.db.DB(), "SELECT count(*) FROM hash_fields"); n != 1 {
		t.Errorf("%d fields are left", n)
	}
}

// absent is an executor of a database that takes everything and has nothing.
type absent struct{}

func (absent) Exec([]byte) error                 { return nil }
func (absent) Query([]byte, int) ([]byte, error) { return make([]byte, 7), nil }
func (absent) Size() int64                       { return 0 }

// Thousands of objects may be in an isolate: one whose journal is settled, or left
// memory, keeps nothing of it.
func TestASettledJournalKeepsNoMemory(t *testing.T) {
	const objects = 60
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	measure := func(frames int) int64 {
		r := newRig(t)
		r.opt, r.memory = object.Options{ResidentRows: 1}, 3000
		r.exec = absent{}
		r.start()
		before := heap()
		for n := uint32(1); n <= objects; n++ {
			r.take(r.in.Open(n, absent{}, fmt.Sprint("chat/", n), r.now, uint64(n)))
			o := r.in.Object(n)
			r.take(o.Attach(1, 1, nil))
			r.take(o.Message(1, r.now, 1, (&frame.Hello{Version: frame.Version, Session: frame.SessionID{1}}).Append(nil), false))
			for i := 1; i <= frames; i++ {
				f := frame.Frame{Seq: uint64(i)}
				for k := 0; k < 30; k++ {
					f.Groups = append(f.Groups, frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", fmt.Sprintf("key:%d:%d", i, k), "v"}}})
				}
				r.take(o.Message(1, r.now, uint64(i), f.Append(nil), false))
			}
			if n%2 == 0 {
				o.ReleaseJournal()
			} else if err := o.Settle(); err != nil {
				t.Fatal(err)
			}
		}
		n := (heap() - before) / objects
		runtime.KeepAlive(r)
		return n
	}
	few, many := measure(2), measure(130)
	if t.Logf("%d and %d bytes an object", few, many); many > few+64<<10 {
		t.Errorf("after 130 frames an object keeps %d bytes, after 2 frames %d", many, few)
	}
}

// The journal takes what the tables will take: an object that could not settle could not be
// opened any more.
func TestTheJournalTakesWhatTheTablesWillTake(t *testing.T) {
	member := func(score float64) engine.Op {
		return engine.Op{Kind: engine.OpPutItem, Type: engine.TypeZSet, ID: 7, Item: engine.Item{Field: "m", Score: score}}
	}
	header := func(db uint32, value string) engine.Op {
		return engine.Op{Kind: engine.OpPutKey, Header: engine.Header{DB: db, Key: "k", Type: engine.TypeString, Value: value}}
	}
	for i, test := range []struct {
		op   engine.Op
		want bool
	}{
		{member(math.Inf(-1)), true},
		{member(math.NaN()), false},
		{header(0, "v"), true},
		{header(1, "v"), false}, // which has no space
		{header(0, strings.Repeat("v", 3000)), true},
		{header(0, strings.Repeat("v", 5000)), false},
		{header(0, strings.Repeat("v", 1_900_000)), false},
		{engine.Op{Kind: engine.OpPutItem, Type: engine.TypeFunction, ID: 7}, false},
		{engine.Op{Kind: engine.OpFlushDB}, false},
		{engine.Op{Kind: engine.OpSwapDB, ID: 1}, false},
		{engine.Op{Kind: 99}, false},
	} {
		db, err := objecttest.New()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := object.Journals(db, test.op); err != nil || got != test.want {
			t.Errorf("%d: %v, %v", i, got, err)
		}
		_ = db.Close()
	}
}

// What all objects keep is counted with each call of one, and not looked through: it is what it is
// at any time, whatever leaves memory.
func TestWhatAllObjectsKeepIsCounted(t *testing.T) {
	defer object.LowJournals(20_000)()
	rnd := rand.New(rand.NewSource(*seedFlag))
	r := newRig(t)
	r.memory = 60_000
	r.start()
	const objects = 30
	dbs, lanes, seqs := make([]*objecttest.Executor, objects+2), make([]uint64, objects+2), make([]uint64, objects+2)
	open := func(n int) {
		if dbs[n] == nil {
			db, err := objecttest.New()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			dbs[n] = db
		}
		r.take(r.in.Open(uint32(n), dbs[n], fmt.Sprint("chat/", n), r.now, uint64(n)))
		lanes[n]++
		r.take(r.in.Object(uint32(n)).Attach(lanes[n], 1, nil))
		r.take(r.in.Object(uint32(n)).Message(lanes[n], r.now, 1, (&frame.Hello{Version: frame.Version, Session: frame.SessionID{1}}).Append(nil), false))
	}
	most := int64(0)
	for i := 0; i < 3000; i++ {
		n := 2 + rnd.Intn(objects)
		switch o := r.in.Object(uint32(n)); {
		case o == nil || rnd.Intn(50) == 0:
			open(n)
		case rnd.Intn(50) == 0:
			r.in.Release(uint32(n))
		default:
			seqs[n]++
			f := frame.Frame{Seq: seqs[n], Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", fmt.Sprint("k", rnd.Intn(100)), strings.Repeat("v", rnd.Intn(500))}, {"INCR", "n"}}}}}
			r.take(o.Message(lanes[n], r.now, uint64(i), f.Append(nil), false))
		}
		live, journals, allLive, allJournals := r.in.Counted()
		if live != allLive || journals != allJournals {
			t.Fatalf("seed %d, call %d: %d and %d bytes were counted, and there are %d and %d", *seedFlag, i, live, journals, allLive, allJournals)
		}
		most = max(most, journals)
	}
	if most > 20_000+2000 || most < 10_000 {
		t.Errorf("the journals had up to %d bytes", most)
	}
	for n := 2; n < objects+2; n++ {
		open(n)
		if got := count(t, dbs[n].DB(), "SELECT CAST(value AS INTEGER) FROM keys WHERE key = CAST('n' AS BLOB)"); got != int(seqs[n]) {
			t.Errorf("object %d counted to %d, not to %d", n, got, seqs[n])
		}
	}
}
