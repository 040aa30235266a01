package memory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/resptest"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// world is an imitation with a clock that stands still and some clients.
type world struct {
	t    *testing.T
	host *embedded.Host
	s    *memory.Stale
}

func newWorld(t *testing.T, seed uint64, families ...store.Family) *world {
	t.Helper()
	clock := new(embedded.Clock)
	clock.Stop()
	host, err := memory.New(embedded.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	w := &world{t, host, memory.NewStale(host, seed)}
	if len(families) > 0 {
		if err := w.s.UsePlan(families); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) client(id interface{}) store.Session {
	w.t.Helper()
	inner, err := w.host.NewSession(store.SessionOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.s.Session(inner, store.SessionOptions{Client: id})
}

func (w *world) pass(d time.Duration) {
	w.t.Helper()
	if err := w.host.Advance(d); err != nil {
		w.t.Fatal(err)
	}
}

func check(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

var session = store.Family{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", Consistency: "primary"}

func TestOtherClientsSeeAWriteWithinAMinute(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		w := newWorld(t, seed, session)
		a, b := w.client("a"), w.client("b")
		check(t, resptest.Do(t, b, "GET session:1"), "nil")
		check(t, resptest.Do(t, a, "SET session:1 one"), "OK")
		check(t, resptest.Do(t, a, "GET session:1"), "one")
		if got := resptest.Do(t, b, "GET session:1"); got != "nil" {
			t.Errorf("seed %d: another client reads %q at once", seed, got)
		}
		seen := -1
		for s := 1; s <= 60; s++ {
			w.pass(time.Second)
			check(t, resptest.Do(t, a, "GET session:1"), "one")
			switch got := resptest.Do(t, b, "GET session:1"); {
			case got == "one" && seen < 0:
				seen = s
			case got != "one" && (got != "nil" || seen >= 0):
				t.Errorf("seed %d: %q after %d s, seen first after %d s", seed, got, s, seen)
			}
		}
		if seen < 0 {
			t.Errorf("seed %d: not seen after a minute", seed)
		}
	}
}

// A read is one of the values of the last minute, and never goes back to an older one.
func TestReadsAreAtMostAMinuteOldAndDoNotGoBack(t *testing.T) {
	w := newWorld(t, 7, session)
	a, b := w.client("a"), w.client("b")
	stale, last := 0, -1
	for i := 0; i < 300; i++ {
		check(t, resptest.Do(t, a, fmt.Sprintf("SET session:1 %d", i)), "OK")
		w.pass(time.Second)
		got, n := resptest.Do(t, b, "GET session:1"), -1
		if got != "nil" {
			if _, err := fmt.Sscan(got, &n); err != nil {
				t.Fatal(err)
			}
		}
		if n < last || n < i-59 || n > i {
			t.Fatalf("read %d after %d, the last write was %d", n, last, i)
		}
		if n < i {
			stale++
		}
		last = n
	}
	if stale < 100 {
		t.Errorf("%d of 300 reads were stale", stale)
	}
}

func TestDeletionsAndMissesAreStaleAsWell(t *testing.T) {
	w := newWorld(t, 3, session)
	a, b := w.client("a"), w.client("b")
	resptest.Do(t, a, "SET session:1 v")
	w.pass(time.Minute)
	check(t, resptest.Do(t, b, "MGET session:1 session:2"), "[v nil]")
	check(t, resptest.Do(t, a, "DEL session:1 session:2", "GET session:1"), ":2 nil")
	check(t, resptest.Do(t, b, "GET session:1"), "v")
	w.pass(time.Minute)
	check(t, resptest.Do(t, b, "GET session:1"), "nil")
}

func TestExpiredValuesAreGoneEverywhere(t *testing.T) {
	w := newWorld(t, 3, session)
	a, b := w.client("a"), w.client("b")
	resptest.Do(t, a, "SETEX session:1 100 v")
	w.pass(99 * time.Second)
	check(t, resptest.Do(t, b, "GET session:1"), "v")
	w.pass(time.Second + time.Millisecond)
	check(t, resptest.Do(t, a, "GET session:1"), "nil")
	check(t, resptest.Do(t, b, "GET session:1"), "nil")
}

func TestTheSameSeedShowsTheSame(t *testing.T) {
	run := func(seed uint64) string {
		w := newWorld(t, seed, session)
		clients := []store.Session{w.client(0), w.client(1), w.client(2)}
		var out strings.Builder
		for i := 0; i < 200; i++ {
			resptest.Do(t, clients[i%3], fmt.Sprintf("SET session:%d %d", i%7, i))
			w.pass(time.Duration(i%5) * time.Second)
			out.WriteString(resptest.Do(t, clients[(i+1)%3], "MGET session:0 session:1 session:2 session:3"))
		}
		return out.String()
	}
	if run(1) != run(1) {
		t.Error("two runs with one seed differ")
	}
	if run(1) == run(2) {
		t.Error("two seeds show the same")
	}
}

func TestSessionsOfOneClientShareWhatItWrote(t *testing.T) {
	w := newWorld(t, 1, session)
	one, two, other := w.client("a"), w.client("a"), w.client(nil)
	resptest.Do(t, one, "SET session:1 v")
	check(t, resptest.Do(t, two, "GET session:1"), "v")
	check(t, resptest.Do(t, other, "GET session:1"), "nil")
}

func TestFamiliesRefuseWhatKVCannotDo(t *testing.T) {
	w := newWorld(t, 1, session, store.Family{Pattern: "count:*", Name: "Count", Store: "do"},
		store.Family{Pattern: "page:*", Name: "Page", Store: "kv", Consistency: "follow"})
	a := w.client("a")
	for line, want := range map[string]string{
		"INCR session:1":            "!ERR unsupported command 'incr': the family Session (\"session:*\")",
		"EXPIRE session:1 100":      "!ERR unsupported command 'expire': the family Session",
		"EVAL x 1 session:1":        "!ERR unsupported command 'eval': the family Session",
		"MSET page:1 a session:1 b": "!ERR unsupported command 'mset': the family Session",
		"MGET page:1 session:1":     "!ERR unsupported command 'mget': its keys belong to the family Session",
		"SET session:1 v NX":        "!ERR unsupported option NX",
		"SET session:1 v EX 10":     "!ERR an expiry of 10 s cannot be kept",
		"INCR count:1":              ":1",
		"SET page:1 v":              "OK",
	} {
		if got := resptest.Do(t, a, line); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	check(t, resptest.Do(t, a, "EXISTS page:1 count:1 absent"), ":2")
	check(t, resptest.Do(t, w.client("b"), "GET page:1"), "v") // follow: the host answers
}

func TestFrameOfSeveralFamiliesAnswersInOrder(t *testing.T) {
	w := newWorld(t, 1, session)
	a := w.client("a")
	got := resptest.Do(t, a, "INCR n", "SET session:1 v", "INCR n", "GET session:1", "INCR session:1", "INCR n", "SELECT 1", "GET session:1", "SET session:1 w", "SELECT 0", "GET session:1")
	if want := ":1 OK :2 v !ERR unsupported command 'incr'"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, " :3 OK nil OK OK v") {
		t.Errorf("got %q", got)
	}
}

func TestTransactionWithAKeyInKVIsDiscarded(t *testing.T) {
	w := newWorld(t, 1, session)
	a := w.client("a")
	got := resptest.Do(t, a, "MULTI", "INCR n", "SET session:1 v", "EXEC", "GET n", "GET session:1")
	if !strings.Contains(got, "OK QUEUED !ERR unsupported command 'SET' in a transaction") || !strings.HasSuffix(got, "!EXECABORT Transaction discarded because of previous errors. nil nil") {
		t.Errorf("got %q", got)
	}
	check(t, resptest.Do(t, a, "SET session:1 v", "GET session:1"), "OK v")
}

func TestWithoutAPlanTheCommandsOfKVAreImitatedOnEveryKey(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.client("a"), w.client("b")
	check(t, resptest.Do(t, a, "SET k 1", "HSET h f v", "INCR n", "GET h"), "OK :1 :1 !WRONGTYPE Operation against a key holding the wrong kind of value")
	check(t, resptest.Do(t, b, "GET k", "HGET h f"), "nil v")
	check(t, resptest.Do(t, b, "INCR k"), ":2")                            // works on the data as it is
	check(t, resptest.Do(t, b, "GET k"), "2")                              // and is seen at once
	check(t, resptest.Do(t, a, "GET k"), "2")                              // by who wrote it as well
	check(t, resptest.Do(t, a, "MULTI", "GET k", "EXEC"), "OK QUEUED [2]") // transactions are the host's
}

func TestWhatChangesPastTheImitationIsSeenAtOnce(t *testing.T) {
	w := newWorld(t, 1, session)
	a, b := w.client("a"), w.client("b")
	resptest.Do(t, a, "SET session:1 v")
	check(t, resptest.Do(t, b, "FLUSHALL", "GET session:1"), "OK nil")
	check(t, resptest.Do(t, a, "GET session:1"), "nil")
	direct, err := w.host.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resptest.Do(t, direct, "SET session:1 set-by-the-test")
	check(t, resptest.Do(t, b, "GET session:1"), "set-by-the-test")
	check(t, resptest.Do(t, a, "GET session:1"), "set-by-the-test")
	resptest.Do(t, a, "SET session:2 v")
	check(t, resptest.Do(t, direct, "DEL session:2"), ":1")
	check(t, resptest.Do(t, b, "SET session:2 w"), "OK")
	check(t, resptest.Do(t, a, "MGET session:2"), "[nil]") // not what was removed, nor what has not arrived
}

func TestURLOfAStaleStore(t *testing.T) {
	const url = "memory://stale-url?kv=stale&seed=5"
	one, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = one.Close(); _ = memory.Drop("stale-url") }()
	check(t, one.URL(), url)
	host, err := memory.Host("stale-url")
	if err != nil {
		t.Fatal(err)
	}
	host.Clock().Stop()
	if err := one.(store.Planned).UsePlan([]store.Family{session}); err != nil {
		t.Fatal(err)
	}
	a, err := one.NewSession(store.SessionOptions{Client: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := one.NewSession(store.SessionOptions{Client: 2})
	if err != nil {
		t.Fatal(err)
	}
	resptest.Do(t, a, "SET session:1 v")
	check(t, resptest.Do(t, b, "GET session:1"), "nil")
	if err := host.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	check(t, resptest.Do(t, b, "GET session:1"), "v")
	if _, err := store.Open("memory://stale-url?kv=stale&seed=6"); err == nil || !strings.Contains(err.Error(), "already open") {
		t.Errorf("another seed of an open store: %v", err)
	}
}
