package object_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// until asks a follower once and returns how long it waits, in microseconds; -1 when
// it has a task, which is not carried out.
func (r *followRig) until(follower int) int64 {
	r.t.Helper()
	out, task, err := objecttest.SplitOutput(r.object().Follow(follower, r.now))
	if err != nil || out.Status != 0 {
		r.t.Fatalf("%v %+v", err, out)
	}
	if task[0] != 0 {
		return -1
	}
	_, at := r.d1.Carry(task)
	if at == 0 {
		return 0
	}
	return at - r.now
}

func TestAFlushGoesOutWithinATenthOfASecondOr500Rows(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("RPUSH list:1 a")
	r.settle()
	if r.last.Flags&object.FlagD1 != 0 {
		t.Fatal("D1 has work when nothing is left to do")
	}
	l.do("RPUSH list:1 b")
	if r.last.Flags&object.FlagD1 == 0 || r.last.Flags&object.FlagHold != 0 {
		t.Fatalf("after one row the flags are %d", r.last.Flags)
	}
	if r.last.Alarm == 0 || r.last.Alarm > r.now+30_000_000 {
		t.Errorf("the alarm that looks after it is at %d, now %d", r.last.Alarm, r.now)
	}
	if wait := r.until(1); wait != 100_000 {
		t.Errorf("the flush waits %d microseconds", wait)
	}
	r.now += 40_000
	l.do("RPUSH list:1 c")
	if wait := r.until(1); wait != 60_000 {
		t.Errorf("with another row the flush waits %d microseconds", wait)
	}
	l.do("RPUSH list:2 " + strings.Repeat("x ", 520))
	if r.last.Flags&object.FlagHold == 0 {
		t.Error("500 rows do not end the wait")
	}
	before := r.d1.Batches
	if did, _ := r.step(1); !did || r.d1.Batches != before+1 {
		t.Error("500 rows do not go out")
	}
	r.settle()
	r.compare()
}

func TestWhatIsWrittenOftenGoesOutOnce(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("ZADD zset:1 1 m", "HSET hash:1 f v")
	r.settle()
	before := r.d1.Written
	for i := 0; i < 50; i++ {
		l.do("ZINCRBY zset:1 1 m", "HINCRBY hash:1 n 1", "RPUSH list:1 a", "DEL list:1", "EXPIRE hash:1 100")
	}
	r.now += 100_000
	r.step(1)
	r.compare()
	// The score, the field, its header and the row of followers; the lists that came and
	// went left nothing.
	if n := r.d1.Written - before; n > 8 {
		t.Errorf("%d rows were written", n)
	}
}

func TestAnEmptyD1IsFilledWhileTrafficGoesOn(t *testing.T) {
	r := newFollowRig(t, followed[:3]) // no family of lists in D1 yet
	l := r.lane(1)
	rnd := rand.New(rand.NewSource(1))
	for i := 0; i < 40; i++ {
		var lists []string
		for j := 0; j < 50; j++ {
			lists = append(lists, fmt.Sprintf("RPUSH list:%d %d %d", rnd.Intn(400), i, j))
		}
		l.do(lists...)
	}
	for i := 0; i < 5; i++ {
		big := resp.Command{"SADD", "set:big"}
		for j := 0; j < 700; j++ {
			big = append(big, fmt.Sprintf("member:%d:%d", i, j))
		}
		l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{big}})
	}
	r.settle()
	if n := count(t, r.d1.DB(), "SELECT count(*) FROM keys"); n != 0 {
		t.Fatalf("D1 has %d keys that it does not follow", n)
	}
	r.families = followed
	r.restart(1)
	r.messages(1)
	batches := 0
	for r.object().Followers()["d1"].State != "current" {
		if did, _ := r.step(1); did {
			batches++
		}
		l.do(fmt.Sprintf("RPUSH list:%d x", rnd.Intn(400)), fmt.Sprintf("SREM set:big member:1:%d", rnd.Intn(700)), fmt.Sprintf("RENAME list:%d list:%d", rnd.Intn(400), rnd.Intn(400)))
		if batches > 500 {
			t.Fatal("the copy does not come to an end")
		}
	}
	r.settle()
	r.compare()
	t.Logf("%d rows in %d batches", count(t, r.d1.DB(), "SELECT (SELECT count(*) FROM list_items) + (SELECT count(*) FROM set_members)"), batches)

	// The database is deleted and made anew, and its rows of one hour ago come back.
	if err := r.d1.Close(); err != nil {
		t.Fatal(err)
	}
	d1, err := objecttest.NewD1(followed)
	if err != nil {
		t.Fatal(err)
	}
	defer d1.Close()
	r.d1 = d1
	l.do("RPUSH list:1 after")
	r.settle()
	r.compare()
	old := "CREATE TEMP TABLE before AS SELECT * FROM followers"
	if _, err := d1.DB().Exec(old); err != nil {
		t.Fatal(err)
	}
	l.do("RPUSH list:1 lost", "DEL list:2")
	r.settle()
	if _, err := d1.DB().Exec("UPDATE followers SET (batch, seq) = (SELECT batch, seq FROM before); DELETE FROM list_items WHERE value = CAST('lost' AS BLOB)"); err != nil {
		t.Fatal(err)
	}
	l.do("RPUSH list:1 again")
	r.settle()
	r.compare()
}

func TestALargeChangeIsWrittenDownAsKeys(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SADD set:2 a")
	r.settle()
	script := "for i = 1, 12000 do redis.call('SADD', KEYS[1], i) redis.call('RPUSH', KEYS[2], i) end redis.call('DEL', KEYS[3])"
	l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"EVAL", script, "3", "set:3", "list:1", "set:2"}}})
	if n := count(t, r.db.DB(), "SELECT max(length(d1)) FROM outbox"); n > 2000 {
		t.Errorf("the outbox has a row of %d bytes", n)
	}
	// Nobody sees a part of a new collection: its header comes last.
	for r.object().Followers()["d1"].State != "current" || r.last.Flags&object.FlagD1 != 0 {
		if did, until := r.step(1); !did && until > 0 {
			r.now = until
		}
		for table, key := range map[string]string{"sets": "set:3", "lists": "list:1"} {
			if n := count(t, r.d1.DB(), "SELECT count(*) FROM "+table+" WHERE key = '"+key+"'"); n != 0 && n != 12000 {
				t.Fatalf("D1 shows %d of 12000 elements of %s", n, key)
			}
		}
	}
	r.settle()
	r.compare()
	wide := resp.Command{"HSET", "hash:1"}
	for i := 0; i < 4; i++ {
		wide = append(wide, fmt.Sprint("f", i), strings.Repeat(fmt.Sprint(i), 400_000))
	}
	l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{wide, {"SET", "string:4", strings.Repeat("\xff", 1_800_000)}}})
	r.settle()
	r.compare()
}

func TestSyncedAnswersAreHeld(t *testing.T) {
	families := append([]worker.Family{{Pattern: "order:*", Name: "Orders", Type: "hash", Store: "d1", Consistency: "sync"}}, followed...)
	r := newFollowRig(t, families)
	l := r.lane(1)
	write := frame.Group{Client: 1, Protocol: 3, Commands: commands("HSET order:1 n 1")}
	try := func(doing string, seq uint64) {
		t.Helper()
		f := frame.Frame{Seq: seq, Groups: []frame.Group{write}}
		r.send(1, f.Append(nil))
		if r.last.Flags&object.FlagD1 == 0 || len(r.came[1]) > 0 {
			t.Fatalf("%s: flags %d, %d messages came", doing, r.last.Flags, len(r.came[1]))
		}
	}
	held := func(doing string) {
		t.Helper()
		if len(r.came[1]) > 0 {
			t.Fatalf("%s: %d messages came before D1 had the rows", doing, len(r.came[1]))
		}
	}
	answered := func(doing string) {
		t.Helper()
		for i := 0; i < 8 && len(r.came[1]) == 0; i++ {
			if _, until := r.step(1); until > 0 {
				r.now = until
			}
		}
		if len(r.came[1]) == 0 {
			t.Fatalf("%s: no answer came", doing)
		}
		if n := count(t, r.d1.DB(), "SELECT count(*) FROM Orders WHERE object = 'main:/0' AND value <> ''"); n == 0 {
			t.Fatalf("%s: an answer came before D1 had the rows", doing)
		}
		l.answer()
	}
	l.seq = 1
	try("the first frame of an object", 1)
	answered("the first frame of an object")
	l.seq = 2
	try("a frame", 2)
	if r.last.Flags&object.FlagHold == 0 {
		t.Error("the flush waits for others to join")
	}
	answered("a frame")

	// Others do not wait, in no order with what waits.
	try("a frame before others", 3)
	other := r.lane(2)
	if got := other.do("RPUSH list:1 a", "HGET order:1 n"); !strings.Contains(got, "1") {
		t.Errorf("another client got %s", got)
	}
	held("another client's frame")
	answered("a frame before others")

	// A repeated frame waits as the first did, also for a new instance.
	r.d1.After = func(int) error { return errors.New("D1_ERROR: lost") }
	try("a frame whose receipt is lost", 4)
	r.d1.Before = func(int) error { return errors.New("D1_ERROR: gone") }
	r.step(1)
	try("its repetition", 4)
	held("its repetition")
	r.restart(1)
	r.messages(1)
	try("its repetition to a new instance", 4)
	r.d1.Before, r.d1.After = nil, nil
	answered("its repetition to a new instance")
	for len(r.came[1]) > 0 {
		l.answer()
	}
	r.settle()
	r.compare()
}

// D1 keeps every score bit by bit, and every byte of every value.
func TestD1KeepsScoresAndBytes(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	rnd := rand.New(rand.NewSource(*seedFlag))
	scores := []float64{0, 1, -1, 0.1, 1e-300, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 1<<53 + 2, 1.7e9 + 0.123456, math.Inf(1), math.Inf(-1), 1e17, 4.35}
	for len(scores) < 3000 {
		f := math.Float64frombits(rnd.Uint64())
		if rnd.Intn(2) == 0 {
			f = rnd.NormFloat64() * math.Pow(10, float64(rnd.Intn(30)-15))
		}
		if !math.IsNaN(f) {
			scores = append(scores, f)
		}
	}
	for at := 0; at < len(scores); at += 100 {
		cmd := resp.Command{"ZADD", "zset:1"}
		for i := at; i < min(at+100, len(scores)); i++ {
			cmd = append(cmd, fmt.Sprintf("%.17g", scores[i]), fmt.Sprint(i))
		}
		value := make([]byte, rnd.Intn(60))
		rnd.Read(value)
		l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{cmd, {"HSET", "hash:1", string(value), string(value), `"\`, "ü\u2028\ufeff", "\ufeff", "\x1f"}}})
		r.now += 100_000
		r.step(1)
	}
	r.settle()
	r.compare()
	rows, err := r.d1.DB().Query("SELECT CAST(CAST(member AS TEXT) AS INTEGER), score FROM zset_members")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var i int
		var score float64
		if err := rows.Scan(&i, &score); err != nil {
			t.Fatal(err)
		}
		if math.Float64bits(score) != math.Float64bits(scores[i]) {
			t.Errorf("D1 has %v (%x) for %v (%x)", score, math.Float64bits(score), scores[i], math.Float64bits(scores[i]))
		}
	}
	if n != len(scores) {
		t.Errorf("D1 has %d scores of %d", n, len(scores))
	}
}

// No statement but those that end a copy reads more of D1 than it has to.
func TestStatementsFindTheirRowsByKey(t *testing.T) {
	d1, err := objecttest.NewD1(followed)
	if err != nil {
		t.Fatal(err)
	}
	defer d1.Close()
	for _, text := range object.D1Statements() {
		if strings.Contains(text, "NOT IN (SELECT") {
			continue // finds what nothing refers to, once for each copy
		}
		args := make([]any, strings.Count(text, "?"))
		for i := range args {
			args[i] = "[]"
		}
		rows, err := d1.DB().Query("EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "json_each") && !strings.HasPrefix(detail, "SCAN g") && !strings.HasPrefix(detail, "SCAN (subquery") && detail != "SCAN CONSTANT ROW" {
				t.Errorf("%s\n\tdoes this: %s", text, detail)
			}
		}
		rows.Close()
	}
}

func FuzzOutboxAndReceipts(f *testing.F) {
	f.Add([]byte{1, 3, 2, 4, 1, 'k', 1, 0, 0, 1}, byte(0))
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, byte(1))
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0}, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, what byte) {
		if what%2 == 0 {
			_ = object.CheckOutbox(b) // an error, or not
		} else {
			object.CheckReceipts(b)
		}
	})
}

// A collection goes to a name that D1 does not follow and comes back before anything
// was swept.
func TestACollectionThatComesBackIsNoGarbage(t *testing.T) {
	r := newFollowRig(t, followed)
	l := r.lane(1)
	flush := func() {
		r.now += 100_000
		for did := true; did; {
			did, _ = r.step(1)
			if count(t, r.d1.DB(), "SELECT count(*) FROM garbage") > 0 {
				return // what is swept comes next
			}
		}
	}
	l.do("RPUSH list:1 a b c", "ZADD zset:1 1 m")
	r.settle()
	l.do("RENAME list:1 list:4", "RENAME zset:1 own")
	flush()
	if n := count(t, r.d1.DB(), "SELECT (SELECT count(*) FROM garbage) * 10 + (SELECT count(*) FROM keys)"); n != 20 {
		t.Fatalf("D1 has garbage and keys of %d", n)
	}
	l.do("LPUSH list:4 0", "LPOP list:4", "RPOP list:4", "RENAME list:4 list:2", "RENAME own zset:2")
	flush()
	r.settle()
	r.compare()
	if n := count(t, r.d1.DB(), "SELECT count(*) FROM list_items"); n != 2 {
		t.Errorf("D1 has %d items", n)
	}
}

// A copy leaves nothing in D1 that the object has not, wherever it stands.
func TestACopyRemovesStrangeRows(t *testing.T) {
	defer object.LowLimits(20, 100, 10, 12)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	for i := 0; i < 60; i++ {
		l.do(fmt.Sprintf("RPUSH list:k%d a b c", i), fmt.Sprintf("SADD set:k%d a b", i))
	}
	r.settle()
	for _, q := range []string{
		"INSERT INTO keys SELECT object, space, hash + 1, key, type, id + 100000, NULL, NULL FROM keys",
		"INSERT INTO keys SELECT object, space, (1 << 52) - 1, x'ff', 1, 0, NULL, x'00' FROM keys LIMIT 1",
		"INSERT INTO keys SELECT object, 77, hash, key, type, id, NULL, NULL FROM keys LIMIT 30",
		"INSERT INTO list_items SELECT object, id, pos + 100, value FROM list_items",
		"INSERT INTO list_items SELECT object, id + 100000, pos, value FROM list_items",
		"UPDATE set_members SET member = x'61ff' WHERE member = x'61'",
		"INSERT OR IGNORE INTO garbage SELECT object, id, type FROM keys WHERE id <> 0",
		"UPDATE dbs SET space = 5; INSERT INTO dbs VALUES ('main:/0', 9, 77)",
	} {
		if _, err := r.d1.DB().Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	r.take(r.object().Rebuild(1, r.now))
	r.settle()
	r.compare()
}

// A collection that is to be copied goes to another name, or with its database, before
// D1 has heard of it.
func TestWhatIsToBeCopiedMovesBefore(t *testing.T) {
	defer object.LowLimits(20, 10, 10, 12)()
	r := newFollowRig(t, followed)
	l := r.lane(1)
	l.do("SET string:4 x")
	r.settle()
	l.do("RPUSH list:1 "+strings.Repeat("x ", 60), "RPUSH list:3 a")
	l.do("RENAME list:1 list:2")
	r.settle()
	r.compare()
	l.do("RPUSH list:1 " + strings.Repeat("x ", 60))
	l.do("RPUSH list:1 y")
	r.now += 100_000
	r.step(1) // a part of it
	l.do("LPOP list:1", "FLUSHDB")
	for i := 0; i < 20; i++ {
		r.take(r.object().Sweep(100))
	}
	r.settle()
	r.compare()
}
