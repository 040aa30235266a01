package object_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// cramped is an executor whose database is nearly full: commits are rows.
type cramped struct {
	object.Executor
	size int64
}

func (c *cramped) Size() int64 { return c.size }

// allRows is every row of data, what is garbage swept.
func (r *rig) allRows() []string {
	r.t.Helper()
	r.settleJournal()
	for i := 0; r.take(r.object().Sweep(1000)).Flags&object.FlagSweep != 0; i++ {
		if i > 1000 {
			r.t.Fatal("the sweep does not come to an end")
		}
	}
	lines := dump(r.t, r.db.DB(), false, func(string) bool { return true })
	for _, table := range []string{"hash_fields", "list_items", "set_members", "zset_members", "stream_entries", "json_documents"} {
		n := count(r.t, r.db.DB(), "SELECT count(*) FROM "+table+" WHERE id NOT IN (SELECT id FROM keys)")
		lines = append(lines, fmt.Sprintf("%d rows of %s that nothing refers to", n, table))
	}
	return lines
}

// mixed draws a command that writes, on few keys of all types.
func mixed(rnd *rand.Rand) string {
	k := func(typ string) string { return fmt.Sprintf("%s%d", typ, rnd.Intn(4)) }
	n := rnd.Intn
	any := func() string { return k([]string{"s", "h", "l", "e", "z", "x", "j"}[n(7)]) }
	switch n(24) {
	case 0, 1:
		return fmt.Sprintf("SET %s v%d", k("s"), n(1e6))
	case 2:
		return fmt.Sprintf("SET %s v%d PX %d", k("s"), n(1e6), 1+n(5e6))
	case 3:
		return "INCR " + k("n")
	case 4:
		return fmt.Sprintf("HSET %s f%d v%d f%d w", k("h"), n(9), n(1e6), n(9))
	case 5:
		return fmt.Sprintf("HDEL %s f%d f%d", k("h"), n(9), n(9))
	case 6:
		return fmt.Sprintf("RPUSH %s a%d b c", k("l"), n(1e6))
	case 7:
		return fmt.Sprintf("LPOP %s %d", k("l"), 1+n(3))
	case 8:
		return fmt.Sprintf("LTRIM %s %d -1", k("l"), n(3))
	case 9:
		return fmt.Sprintf("LSET %s 0 v%d", k("l"), n(1e6))
	case 10:
		return fmt.Sprintf("SADD %s m%d m%d", k("e"), n(9), n(9))
	case 11:
		return fmt.Sprintf("SREM %s m%d", k("e"), n(9))
	case 12:
		return fmt.Sprintf("ZADD %s %d m%d %d.5 m%d", k("z"), n(100), n(9), n(100), n(9))
	case 13:
		return fmt.Sprintf("ZREM %s m%d", k("z"), n(9))
	case 14:
		return fmt.Sprintf("XADD %s MAXLEN 5 * f v%d", k("x"), n(1e6))
	case 15:
		return fmt.Sprintf(`JSON.SET %s $ {"a":%d}`, k("j"), n(1e6))
	case 16, 17:
		return "DEL " + any()
	case 18:
		return fmt.Sprintf("RENAME %s %s", any(), any())
	case 19:
		return fmt.Sprintf("COPY %s %s REPLACE", any(), any())
	case 20:
		return fmt.Sprintf("PEXPIRE %s %d", any(), 1+n(5e6))
	case 21:
		return "PERSIST " + any()
	case 22:
		if n(20) == 0 {
			return "FLUSHDB"
		}
		if n(10) == 0 {
			return "SWAPDB 0 1"
		}
		return fmt.Sprintf("MOVE %s 1", any())
	}
	return fmt.Sprintf("SET %s %s", k("s"), strings.Repeat("x", 1+n(9000)))
}

// What is settled is what commits of rows would have left, however often the object
// loses its memory, or only the journal.
func TestTheJournalLeavesTheRowsThatCommitsWould(t *testing.T) {
	rnd := rand.New(rand.NewSource(*seedFlag))
	frames := 3000
	if testing.Short() {
		frames = 700
	}
	a, b := newRig(t), newRig(t)
	a.exec = &cramped{a.db, 10_000_000_000}
	a.start()
	x, y := a.lane(1), b.lane(1)
	journaled := 0
	for i := 0; i < frames; i++ {
		var lines []string
		for j := 1 + rnd.Intn(6); j > 0; j-- {
			lines = append(lines, mixed(rnd))
		}
		step := int64(rnd.Intn(300_000))
		a.now, b.now = a.now+step, b.now+step
		b.seed = a.seed
		if p, q := x.do(lines...), y.do(lines...); p != q {
			t.Fatalf("seed %d, frame %d: %q\nrows    %s\njournal %s", *seedFlag, i, lines, p, q)
		}
		switch rnd.Intn(40) {
		case 0:
			b.restart(1)
			b.messages(1)
		case 1:
			b.object().ReleaseJournal()
		case 2:
			b.take(b.object().Sweep(1 + rnd.Intn(20)))
		case 3:
			if n := count(t, b.db.DB(), "SELECT count(*) FROM journal WHERE pass = (SELECT pass FROM settled)"); n > 0 {
				journaled++
			}
		}
		if i%250 == 249 || i == frames-1 {
			if missing, extra := objecttest.Difference(a.allRows(), b.allRows()); len(missing)+len(extra) > 0 {
				t.Fatalf("seed %d, frame %d: of the rows\nmissing %q\nmore    %q", *seedFlag, i, missing, extra)
			}
		}
	}
	if n := count(t, a.db.DB(), "SELECT count(*) FROM journal"); n > 0 || journaled == 0 {
		t.Errorf("%d rows in the journal of a database without room, and the other one had some %d times", n, journaled)
	}
}

// Counters that many increment are few rows, and none of them is lost.
func TestWhatIsWrittenOftenIsSettledOnce(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("INCR n")
	before := r.db.Rows
	for i := 0; i < 1000; i++ {
		if r.now += 1000; r.last.Flags&object.FlagSweep != 0 {
			r.take(r.object().Sweep(128))
		}
		l.do("INCR n", "LPUSH q x", "RPOP q")
	}
	// One row a frame; and at each settling the counter, the session, garbage and the number.
	if n := r.db.Rows - before; n > 1000+1000/200*8 {
		t.Errorf("%d rows are written", n)
	}
	r.restart(1)
	r.messages(1)
	if got := l.do("GET n"); got != `"1001"` {
		t.Error(got)
	}
	if n := count(t, r.db.DB(), "SELECT max(slot) FROM journal"); n > 1024 {
		t.Errorf("the journal grew to %d rows", n)
	}
}

// An object that others need the memory of reads its journal again.
func TestAJournalThatLeftMemoryIsReadAgain(t *testing.T) {
	defer object.LowJournals(1)()
	r := newRig(t)
	l := r.lane(1)
	l.do("SET a 1", "RPUSH q x y", "DEL a", "SET b 2")
	l.do("INCR b", "RPOP q")
	r.seed++
	other, err := objecttest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	before := r.object().Journal()
	r.take(r.in.Open(2, other, "chat/1", r.now, r.seed))
	if before == 0 || r.object().Journal() != 0 {
		t.Fatalf("%d bytes of the journal are in memory, of %d", r.object().Journal(), before)
	}
	if got := l.do("GET a", "GET b", "LRANGE q 0 -1", "INCR b"); got != `(nil) "3" ["x"] (integer) 4` {
		t.Error(got)
	}
	r.restart(1)
	r.messages(1)
	if got := l.do("GET a", "GET b", "LRANGE q 0 -1"); got != `(nil) "4" ["x"]` {
		t.Error(got)
	}
}

// What stands in the journal may be damaged, and is read without a panic; what was
// written is read as it was.
func FuzzJournalOperations(f *testing.F) {
	f.Add([]byte{1, 0, 5, 1, 'k', 0, 1, 'v', 4, 0, 5, 1, 'k', 1, 0})
	f.Add([]byte{5, 5, 9, 1, 'm', 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 6, 5, 9, 1, 'm', 7, 5, 9})
	f.Add([]byte{2, 0, 5, 1, 'k', 2, 7, 0, 0, 3, 0, 6, 1, 'p', 2, 8, 2, 3, 'x', 'y', 'z'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := object.CheckJournal(b); err != nil {
			t.Error(err)
		}
	})
}
