package object_test

import (
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

const minute = 60_000_000 // microseconds

// hoard is an object with a bucket.
type hoard struct {
	*rig
	l      *lane
	bucket *objecttest.Bucket
	page   int // of a list
	// crash, when it is not nil, is asked between giving a task and its receipt.
	crash func() bool
}

func newHoard(t testing.TB) *hoard {
	r := newRig(t)
	return &hoard{rig: r, l: r.lane(1), bucket: &objecttest.Bucket{}, page: 1000}
}

// run runs one command and returns its reply.
func (h *hoard) run(line ...string) resp.Reply {
	h.t.Helper()
	return h.l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{line}})[0].Replies[0]
}

var blobText = strings.Repeat("b", engine.MinRef)

func (h *hoard) put() engine.Ref {
	h.t.Helper()
	id, err := h.bucket.Put(h.now/1000, blobText)
	if err != nil {
		h.t.Fatal(err)
	}
	return engine.Ref{ID: id, Size: int64(len(blobText))}
}

func withRef(r engine.Ref, line ...string) resp.Command {
	return engine.WithRefs(line, map[int]engine.Ref{2: r})
}

func (h *hoard) set(key string, r engine.Ref) {
	h.t.Helper()
	if got := h.run(withRef(r, "SET", key, "")...); got.Str != "OK" {
		h.t.Fatalf("%+v", got)
	}
}

// follow does what the loop of the Worker does, until R2 has nothing to do now. until is
// when it has again.
func (h *hoard) follow() (until int64) {
	h.t.Helper()
	for i := 0; ; i++ {
		if i == 1000 {
			h.t.Fatal("R2 is never done")
		}
		out, task, err := objecttest.SplitTask(h.object().FollowR2(h.now))
		if err != nil {
			h.t.Fatal(err)
		}
		h.take(out)
		receipt, until, err := h.bucket.Carry(task, h.page)
		if err != nil {
			h.t.Fatal(err)
		}
		if receipt == nil {
			if h.last.Flags&object.FlagR2 != 0 {
				h.t.Fatal("there is a flag and no task")
			}
			return until
		}
		if h.crash != nil && h.crash() {
			h.restart(1)
			h.l.epoch = welcomeOf(h.t, h.messages(1))
			continue
		}
		h.take(h.object().FollowedR2(h.now, receipt))
	}
}

// settle lets time pass as the alarm sees it until R2 has nothing to do any more.
func (h *hoard) settle() {
	h.t.Helper()
	for i := 0; i < 100; i++ {
		h.follow()
		alarm := h.last.Alarm
		if alarm == 0 {
			return
		}
		h.now = max(h.now, alarm)
		h.take(h.object().Tick(h.now, 1))
		for j := 0; h.last.Flags&object.FlagSweep != 0 && j < 100; j++ {
			h.take(h.object().Sweep(128))
		}
	}
	h.t.Fatal("the alarm never ends")
}

// referenced are the ids that rows refer to, those of flushed databases included.
func (h *hoard) referenced() map[string]bool {
	h.t.Helper()
	h.settleJournal()
	rows, err := h.db.DB().Query("SELECT value FROM keys WHERE type = 1 AND packed = 1")
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return nil // nothing was written yet
	}
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	ids := map[string]bool{}
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			h.t.Fatal(err)
		}
		r, ok := engine.ParseRef(value)
		if !ok {
			h.t.Fatalf("a row has the reference %q", value)
		}
		ids[r.ID] = true
	}
	return ids
}

func TestReferencesAreRowsAndComeBack(t *testing.T) {
	h := newHoard(t)
	ref := h.put()
	h.set("k", ref)
	for i := 0; i < 2; i++ {
		if r := h.run("GET", "k"); r.Kind != resp.Blob || r.Str != ref.ID || r.Int != ref.Size {
			t.Errorf("%+v", r)
		}
		if r := h.run("STRLEN", "k"); r.Int != ref.Size {
			t.Errorf("%+v", r)
		}
		h.restart(1)
		h.l.epoch = welcomeOf(t, h.messages(1))
	}
}

func TestATokenThatMayOnlyReadSetsNoReference(t *testing.T) {
	h := newHoard(t)
	ref := h.put()
	h.set("k", ref)
	l := &lane{r: h.rig, conn: 2, id: frame.SessionID{2}}
	l.connect()
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"GET", "k"}, withRef(h.put(), "SET", "k", "")}})
	if r := res[0].Replies; r[0].Kind != resp.Blob || r[0].Str != ref.ID || r[1].Kind != resp.Error || !strings.HasPrefix(r[1].Str, "NOPERM") {
		t.Errorf("%+v", r)
	}
	if r := h.run("GET", "k"); r.Str != ref.ID {
		t.Errorf("%+v", r)
	}
}

// A frame that is sent again is answered as it was, and its reference is set once.
func TestAReferenceIsSetOnce(t *testing.T) {
	h := newHoard(t)
	group := frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{withRef(h.put(), "SET", "k", "", "NX", "GET")}}
	first := h.l.frame(group)
	for i := 0; i < 2; i++ {
		if again := h.l.repeat(group); show(again[0].Replies) != show(first[0].Replies) {
			t.Errorf("%+v, then %+v", first, again)
		}
		h.restart(1)
		h.messages(1)
		hello := frame.Hello{Version: frame.Version, Session: h.l.id, Library: "test"}
		h.send(1, hello.Append(nil))
		h.messages(1)
	}
}

func TestWhatNoRowRefersToIsRemoved(t *testing.T) {
	h := newHoard(t)
	h.page = 3
	h.bucket.Store("somebody-else's", "x")
	var live []string
	start := h.now
	for i := 0; i < 10; i++ {
		h.now += 7_000_000
		r := h.put()
		h.set(fmt.Sprint("k", i), r)
		if i%3 == 0 {
			live = append(live, r.ID)
		}
	}
	h.put() // its SET never came
	for i := 0; i < 10; i++ {
		if i%3 != 0 {
			h.run("DEL", fmt.Sprint("k", i))
		}
	}
	h.run("COPY", "k0", "copy")
	h.run("RENAME", "k0", "renamed")
	h.run("DEL", "renamed")
	if alarm := h.last.Alarm; alarm < start+minute*60 || alarm > start+minute*63 {
		t.Errorf("the alarm comes after %d minutes", (alarm-start)/minute)
	}
	if until := h.follow(); until > start+minute*62 || len(h.bucket.Names()) != 12 {
		t.Errorf("something was removed at once, or the bucket is looked through at %d", until)
	}
	h.settle()
	if names := fmt.Sprint(h.bucket.Names()); names != fmt.Sprint(append(append([]string{}, live...), "somebody-else's")) {
		t.Errorf("left are %s, want %v", names, live)
	}
	if took := (h.now - start) / minute; took > 150 {
		t.Errorf("it took %d minutes", took)
	}
	// Overwritten, expired, flushed.
	h.run("SET", "k3", "small")
	h.run("PEXPIRE", "k6", "1000")
	h.now += minute * 61
	h.take(h.object().Tick(h.now, 1))
	h.run("FLUSHALL")
	h.settle()
	if names := h.bucket.Names(); len(names) != 1 {
		t.Errorf("left are %v", names)
	}
	if h.db.Rows == 0 || h.last.Alarm != 0 {
		t.Error("the alarm is set for nothing")
	}
}

// An object that has nothing in R2 pays for none of this.
func TestWithoutReferencesThereIsNoWork(t *testing.T) {
	h := newHoard(t)
	h.run("SET", "k", "v")
	h.run("SET", "k", "w")
	h.run("DEL", "k")
	if h.last.Alarm != 0 || h.last.Flags&object.FlagR2 != 0 || h.follow() != 0 {
		t.Errorf("%+v", h.last)
	}
	before := h.db.Rows
	h.run("SET", "k", "v")
	if n := h.db.Rows - before; n != 1 { // of the journal
		t.Errorf("%d rows", n)
	}
}

// An answer that stands for what it removed leaves time to fetch it.
func TestWhatWasJustRemovedCanStillBeFetched(t *testing.T) {
	h := newHoard(t)
	a, b := h.put(), h.put()
	h.set("a", a)
	h.set("b", b)
	h.now += 61 * minute
	h.run("DEL", "a")
	if r := h.run("GETDEL", "b"); r.Kind != resp.Blob || r.Str != b.ID {
		t.Fatalf("%+v", r)
	}
	removed := h.now
	dropped := int64(0)
	h.bucket.Dropped = func(string) { dropped = h.now }
	for len(h.bucket.Names()) > 0 && h.now < removed+120*minute {
		h.follow()
		h.now += minute
	}
	if after := (dropped - removed) / minute; dropped == 0 || after < 10 {
		t.Errorf("it was removed after %d minutes", after)
	}
}

func TestAFailingBucketIsTriedAgainLaterAndLater(t *testing.T) {
	h := newHoard(t)
	h.set("k", h.put())
	h.run("DEL", "k")
	tries, last := 0, int64(0)
	var pauses []int64
	h.bucket.Fail = func(op string) error {
		if op == "put" {
			return nil
		}
		if tries++; last != 0 {
			pauses = append(pauses, (h.now-last)/minute)
		}
		last = h.now
		return errors.New("R2 is down")
	}
	for end := h.now + 400*minute; h.now < end; {
		h.follow()
		h.now = max(h.now+minute, min(h.last.Alarm, end))
	}
	if tries < 6 || tries > 15 || pauses[0] > 3 || pauses[len(pauses)-1] > 62 {
		t.Errorf("%d tries, with pauses of %v minutes", tries, pauses)
	}
	if log := strings.Join(h.logs, "\n"); !strings.Contains(log, "R2 is down") {
		t.Error("nothing in the log")
	}
	h.bucket.Fail = nil
	h.settle()
	if names := h.bucket.Names(); len(names) != 0 {
		t.Errorf("left are %v", names)
	}
}

func TestDamagedReceiptsChangeNothing(t *testing.T) {
	h := newHoard(t)
	h.set("k", h.put())
	h.run("DEL", "k")
	h.now += 70 * minute
	for _, receipt := range [][]byte{nil, {0}, {0, 1}, {0, 0, 9, 0, 0, 0}, {0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0, 0, 0, 7}, {2}} {
		h.take(h.object().FollowR2(h.now)[:28])
		h.take(h.object().FollowedR2(h.now, receipt))
		h.now += 2 * 60 * minute
	}
	h.settle()
	if names := h.bucket.Names(); len(names) != 0 {
		t.Errorf("left are %v", names)
	}
}

// R2 may answer that there is more and name nothing: that is no reason to begin again.
func TestAnEmptyPageEndsAPass(t *testing.T) {
	h := newHoard(t)
	h.set("k", h.put())
	h.run("DEL", "k")
	h.now += 70 * minute
	for i := 0; i < 3; i++ {
		_, task, err := objecttest.SplitTask(h.object().FollowR2(h.now))
		if err != nil {
			t.Fatal(err)
		}
		if task[0] == 0 {
			return
		}
		h.take(h.object().FollowedR2(h.now, []byte{0, 1, 0, 0, 0, 0}))
	}
	t.Error("the bucket is looked through again and again")
}

// flakyRows fails now and then, before or after it has done what it was asked.
type flakyRows struct {
	object.Executor
	fail func() bool
	rnd  *rand.Rand
}

var errRows = errors.New("the rows are not to be reached")

func (f *flakyRows) Exec(program []byte) error {
	if f.fail() {
		if f.rnd.Intn(2) == 0 {
			_ = f.Executor.Exec(program)
		}
		return errRows
	}
	return f.Executor.Exec(program)
}

// Whatever clients, time, crashes and faults do: what a row refers to is in the bucket,
// what was uploaded lately is, and in the end nothing else is.
func TestTheSweepNeverRemovesWhatIsNeeded(t *testing.T) {
	rounds := int64(40)
	if testing.Short() {
		rounds = 5
	}
	for seed := *seedFlag; seed < *seedFlag+rounds; seed++ {
		if !sweepRound(t, seed) {
			t.Fatalf("with -seed=%d", seed)
		}
	}
}

func sweepRound(t *testing.T, seed int64) bool {
	rnd := rand.New(rand.NewSource(seed))
	h := newHoard(t)
	defer h.db.Close()
	h.page = 1 + rnd.Intn(6)
	faults := true
	h.exec = &flakyRows{Executor: h.db, rnd: rnd, fail: func() bool { return faults && rnd.Intn(40) == 0 }}
	h.crash = func() bool { return faults && rnd.Intn(6) == 0 }
	h.bucket.Fail = func(op string) error {
		if faults && op != "put" && rnd.Intn(8) == 0 {
			return errors.New("R2 is down")
		}
		return nil
	}
	needed := map[string]int64{} // when something was last referenced, Unix microseconds
	var fault string
	h.bucket.Dropped = func(id string) {
		if h.now-needed[id] < 10*minute {
			fault = fmt.Sprintf("%s was removed %d s after it was needed", id, (h.now-needed[id])/1e6)
		}
	}
	var fresh []engine.Ref // not given to a key yet
	keys := []string{"a", "b", "c", "d", "e", "f"}
	key := func() string { return keys[rnd.Intn(len(keys))] }
	do := func(db int, line resp.Command) (resp.Reply, bool) {
		h.l.seq++
		f := frame.Frame{Seq: h.l.seq, Groups: []frame.Group{{Client: 1, DB: db, Protocol: 3, Commands: []resp.Command{line}}}}
		h.send(1, f.Append(nil))
		for _, b := range h.messages(1) {
			var a frame.Answer
			if a.Decode(b) == nil {
				return a.Results[0].Replies[0], true
			}
		}
		return resp.Reply{}, false // an error of the rows
	}
	check := func(step string) bool {
		there := map[string]bool{}
		for _, id := range h.bucket.Names() {
			there[id] = true
		}
		for id := range h.referenced() {
			if needed[id] = h.now; !there[id] {
				fault = fmt.Sprintf("after %s a row refers to %s, which is gone", step, id)
			}
		}
		for _, r := range fresh {
			if engine.RefTime(r.ID)+engine.RefLife >= h.now/1000 && !there[r.ID] {
				fault = fmt.Sprintf("after %s the upload %s is gone", step, r.ID)
			}
		}
		if fault != "" {
			t.Error(fault)
		}
		return fault == ""
	}
	for i := 0; i < 400; i++ {
		db := rnd.Intn(2)
		step := ""
		switch n := rnd.Intn(24); {
		case n < 4:
			fresh = append(fresh, h.put())
			step = "an upload"
		case n < 8 && len(fresh) > 0:
			at := rnd.Intn(len(fresh))
			line := withRef(fresh[at], "SET", key(), "")
			if rnd.Intn(4) == 0 {
				line = withRef(fresh[at], "SET", key(), "", "PX", fmt.Sprint(1+rnd.Intn(5_000_000)))
			}
			do(db, line)
			if rnd.Intn(3) > 0 { // else it is given to another key, too, or sent again
				fresh = append(fresh[:at], fresh[at+1:]...)
			}
			step = fmt.Sprint(line)
		case n < 17:
			lines := []resp.Command{
				{"DEL", key()}, {"COPY", key(), key(), "REPLACE"}, {"COPY", key(), key(), "DB", "1", "REPLACE"}, {"RENAME", key(), key()}, {"MOVE", key(), "1"},
				{"SET", key(), "small"}, {"GETDEL", key()}, {"PEXPIRE", key(), fmt.Sprint(1 + rnd.Intn(10_000_000))}, {"PERSIST", key()},
				{"SWAPDB", "0", "1"}, {"EVAL", "redis.call('copy', KEYS[1], KEYS[2], 'REPLACE'); return redis.call('del', KEYS[1])", "2", key(), key()},
			}
			line := lines[rnd.Intn(len(lines))]
			if rnd.Intn(40) == 0 {
				line = resp.Command{"FLUSHDB"}
			}
			do(db, line)
			step = fmt.Sprint(line)
		case n < 18:
			h.restart(1)
			h.l.epoch = 0
			step = "a restart"
		case n < 19:
			h.take(h.object().Sweep(1 + rnd.Intn(5)))
			step = "a sweep of rows"
		case n < 22:
			h.follow()
			step = "the follower"
		default:
			h.now += int64(rnd.Intn(40)) * minute
			h.take(h.object().Tick(h.now, rnd.Uint64()))
			step = "time"
		}
		h.messages(1)
		if !check(step) {
			return false
		}
	}
	// Nothing fails any more: what is left is what rows refer to.
	faults = false
	h.restart(1)
	h.messages(1)
	do(0, withRef(h.put(), "SET", "last", ""))
	do(0, resp.Command{"DEL", "last"})
	h.settle()
	if !check("the end") {
		return false
	}
	used := h.referenced()
	for _, id := range h.bucket.Names() {
		if !used[id] {
			t.Errorf("nobody refers to %s, and it is there", id)
			return false
		}
	}
	return true
}

// Many keys may share a reference, more than one answer of the rows has.
func TestReferencesOfManyKeysAreAllSeen(t *testing.T) {
	h := newHoard(t)
	a, b, orphan := h.put(), h.put(), h.put()
	h.set("a", a)
	h.set("b", b)
	if r := h.run("EVAL", "for i = 1, 9000 do redis.call('copy', 'a', 'a' .. i) end", "0"); r.Kind == resp.Error {
		t.Fatal(r.Str)
	}
	h.settle()
	if names := h.bucket.Names(); len(names) != 2 {
		t.Errorf("left are %v, want %v and %v, not %v", names, a.ID, b.ID, orphan.ID)
	}
}
