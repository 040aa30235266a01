package kvprimary

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/resptest"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// fakeKV answers reads from what it was told to show, and notes every call.
type fakeKV struct {
	mu     sync.Mutex
	shown  map[string]string
	stored map[string]string
	fail   map[string]error
	down   error
	hold   chan struct{} // not nil: writes wait for it
	// readHold, not nil: reads take something from it at their start, and again before they answer.
	readHold chan struct{}
	writes   [][]Write
	reads    [][]string
}

func (k *fakeKV) Read(_ context.Context, names []string) ([]Value, error) {
	if k.readHold != nil {
		<-k.readHold
		<-k.readHold
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reads = append(k.reads, append([]string(nil), names...))
	if k.down != nil {
		return nil, k.down
	}
	out := make([]Value, len(names))
	for i, n := range names {
		out[i].Data, out[i].Found = k.shown[n]
		out[i].Err = k.fail[n]
	}
	return out, nil
}

func (k *fakeKV) Write(_ context.Context, writes []Write) ([]error, error) {
	if k.hold != nil {
		<-k.hold
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.writes = append(k.writes, append([]Write(nil), writes...))
	if k.down != nil {
		return nil, k.down
	}
	errs := make([]error, len(writes))
	for i, w := range writes {
		if errs[i] = k.fail[w.Name]; errs[i] != nil {
			continue
		}
		if w.Delete {
			delete(k.stored, w.Name)
		} else {
			k.stored[w.Name] = w.Data
		}
	}
	return errs, nil
}

func newFakeKV() *fakeKV {
	return &fakeKV{shown: map[string]string{}, stored: map[string]string{}, fail: map[string]error{}}
}

// do runs commands, written with spaces, as one frame.
func do(t *testing.T, c *Client, lines ...string) []string {
	t.Helper()
	replies, err := c.Execute(context.Background(), 0, resptest.Lines(lines...))
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return resptest.Texts(replies)
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFrameAnswersAsIfItRanInOrder(t *testing.T) {
	kv := newFakeKV()
	kv.shown["a"], kv.shown["b"] = "old", "b0"
	c := NewClient(kv, Options{})
	want(t, do(t, c, "GET a", "SET a 1", "GET a", "SET a 2", "MGET a b a c", "DEL b a b", "GET a", "SET b 3"),
		"old", "OK", "1", "OK", "[2 b0 2 nil]", ":2", "nil", "OK")
	if len(kv.reads) != 1 || !reflect.DeepEqual(kv.reads[0], []string{"a", "b", "c"}) {
		t.Errorf("reads %q, want one of a, b, c", kv.reads)
	}
	if len(kv.writes) != 1 || len(kv.writes[0]) != 2 {
		t.Fatalf("writes %+v, want one with a write for each name", kv.writes)
	}
	if w := kv.writes[0]; !w[0].Delete || w[0].Name != "a" || w[1].Name != "b" || w[1].Data != "3" {
		t.Errorf("writes %+v", w)
	}
}

func TestClientReadsItsOwnWritesWhileKVShowsOlderOnes(t *testing.T) {
	kv := newFakeKV()
	kv.shown["a"] = "old"
	now := time.Unix(1_700_000_000, 0)
	c := NewClient(kv, Options{Now: func() time.Time { return now }})
	want(t, do(t, c, "SET a new", "DEL b"), "OK", ":1")
	want(t, do(t, c, "MGET a b"), "[new nil]")
	if len(kv.reads) != 0 {
		t.Errorf("KV was asked for %q", kv.reads)
	}
	now = now.Add(Stale - time.Second)
	want(t, do(t, c, "GET a"), "new")
	now = now.Add(time.Second)
	want(t, do(t, c, "GET a"), "old") // what KV shows decides again
	other := NewClient(kv, Options{})
	want(t, do(t, other, "GET a"), "old")
}

func TestOwnWriteWithAnExpiryIsGoneInTime(t *testing.T) {
	kv := newFakeKV()
	kv.shown["a"] = "old"
	now := time.Unix(1_700_000_000, 0)
	c := NewClient(kv, Options{Now: func() time.Time { return now }})
	want(t, do(t, c, fmt.Sprintf("SET a new EXAT %d", now.Unix()+60)), "OK")
	now = now.Add(59 * time.Second)
	want(t, do(t, c, "GET a"), "new")
}

func TestExpiries(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for line, wanted := range map[string]Write{
		"SET k v EX 60":              {TTL: 60},
		"SET k v px 60001":           {TTL: 61},
		"SET k v PX 61000":           {TTL: 61},
		"SETEX k 90 v":               {TTL: 90},
		"set k v EXAT 1700000060":    {At: 1_700_000_060},
		"set k v EXAT 2147483647":    {At: 2_147_483_647},
		"SET k v PXAT 1700000060001": {At: 1_700_000_061},
		"SET k v":                    {},
		"SET k v EX 447483647":       {TTL: 447_483_647},
	} {
		kv := newFakeKV()
		c := NewClient(kv, Options{Now: func() time.Time { return now }})
		want(t, do(t, c, line), "OK")
		wanted.Name, wanted.Data = "k", "v"
		if got := kv.writes[0][0]; got != wanted {
			t.Errorf("%s wrote %+v, want %+v", line, got, wanted)
		}
	}
}

func TestWhatKVCannotKeepIsRefusedBeforeItIsSent(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	kv := newFakeKV()
	c := NewClient(kv, Options{Now: func() time.Time { return now }})
	long := strings.Repeat("k", MaxName+1)
	for line, text := range map[string]string{
		"SET k v EX 59":           "an expiry of 59 s cannot be kept",
		"SET k v PX 59000":        "an expiry of 59 s",
		"SET k v EXAT 1700000059": "an expiry of 59 s",
		"SET k v EXAT 2147483648": "KV keeps none after 2038-01-19",
		"SET k v EX 447483648":    "KV keeps none after 2038-01-19",
		"SETEX k 1 v":             "an expiry of 1 s",
		"SET k v EX 0":            "invalid expire time in 'set' command",
		"SETEX k -1 v":            "invalid expire time in 'setex' command",
		"SET k v EX x":            "not an integer",
		"SET k v EX":              "syntax error",
		"SET k v EX 60 PX 60000":  "syntax error",
		"SET k v FOO":             "syntax error",
		"SET k v NX":              "unsupported option NX",
		"SET k v EX 60 KEEPTTL":   "unsupported option KEEPTTL",
		"SET k v GET":             "unsupported option GET",
		"SET k":                   "wrong number of arguments for 'set'",
		"GET":                     "wrong number of arguments for 'get'",
		"MGET":                    "wrong number of arguments for 'mget'",
		"DEL":                     "wrong number of arguments for 'del'",
		"SETEX k 60":              "wrong number of arguments for 'setex'",
		"GET " + long:             "the key has 513 bytes in KV",
		"SET " + long + " v":      "the key has 513 bytes in KV",
		"MGET a " + long:          "the key has 513 bytes in KV",
		"DEL a " + long:           "the key has 513 bytes in KV",
		"INCR k":                  "unsupported command 'incr'",
	} {
		if got := do(t, c, line)[0]; !strings.HasPrefix(got, "!ERR ") || !strings.Contains(got, text) {
			t.Errorf("%.40s answers %q, want an error with %q", line, got, text)
		}
	}
	replies, err := c.Execute(context.Background(), 0, []resp.Command{{"SET", "k", strings.Repeat("v", MaxValue+1)}})
	if err != nil || !strings.Contains(replies[0].Str, "the value has 26214401 bytes") {
		t.Errorf("a value above the limit: %v, %v", resptest.Text(replies[0]), err)
	}
	if len(kv.writes) != 0 {
		t.Errorf("%d writes were sent", len(kv.writes))
	}
}

func TestErrorOfOneNameIsItsCommandsAlone(t *testing.T) {
	kv := newFakeKV()
	kv.shown["a"] = "a0"
	kv.fail["bad"] = errors.New("429 slow\r\ndown")
	c := NewClient(kv, Options{})
	got := do(t, c, "SET bad 1", "GET bad", "SET good 1", "GET good", "DEL good bad", "MGET a bad", "GET a")
	want(t, got, "!ERR KV: 429 slow  down", "!ERR KV: 429 slow  down", "OK", "1", "!ERR KV: 429 slow  down", "!ERR KV: 429 slow  down", "a0")
	if _, ok := c.recent.get("bad", time.Now()); ok {
		t.Error("what was not stored is remembered")
	}
}

func TestFailedReadWritesNothing(t *testing.T) {
	kv := newFakeKV()
	kv.down = errors.New("no network")
	c := NewClient(kv, Options{})
	_, err := c.Execute(context.Background(), 0, []resp.Command{{"SET", "a", "1"}, {"GET", "b"}})
	if err == nil || !strings.Contains(err.Error(), "nothing was written") || len(kv.writes) != 0 {
		t.Errorf("%v, %d writes", err, len(kv.writes))
	}
}

func TestCallerWhoGivesUpIsToldThatTheOutcomeIsOpen(t *testing.T) {
	kv := newFakeKV()
	kv.hold = make(chan struct{})
	c := NewClient(kv, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := c.Execute(ctx, 0, []resp.Command{{"SET", "a", "1"}})
		done <- err
	}()
	cancel()
	if err := <-done; err == nil || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "written") && !strings.Contains(err.Error(), "not known") {
		t.Errorf("%v", err)
	}
	close(kv.hold)
}

// Writes that wait behind one on its way leave together, one for each name: the last.
func TestWritesThatWaitAreJoined(t *testing.T) {
	kv := newFakeKV()
	kv.hold = make(chan struct{})
	c := NewClient(kv, Options{})
	var wg sync.WaitGroup
	send := func(line string, until func() bool) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			replies, err := c.Execute(context.Background(), 0, []resp.Command{strings.Split(line, " ")})
			if err != nil || replies[0].Kind == resp.Error {
				t.Errorf("%s: %v %v", line, replies, err)
			}
		}()
		for !until() {
			time.Sleep(100 * time.Microsecond)
		}
	}
	waiting := func(n int, last string) func() bool {
		return func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.pending) == n && (last == "" || c.cells["a"].next != nil && c.cells["a"].next.Data == last)
		}
	}
	send("SET first 1", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.pending) == 0 && c.running })
	send("SET a 1", waiting(1, "1"))
	send("SET a 2", waiting(1, "2"))
	send("SET b 1", waiting(2, ""))
	send("SET a 3", waiting(2, "3"))
	close(kv.hold)
	wg.Wait()
	if len(kv.writes) != 2 || len(kv.writes[1]) != 2 || kv.writes[1][0].Data != "3" {
		t.Errorf("writes %+v", kv.writes)
	}
	if kv.stored["a"] != "3" {
		t.Errorf("a is %q", kv.stored["a"])
	}
}

// What is read while as many reads as may be are under way goes together in the next one,
// each name once.
func TestReadsThatWaitAreJoined(t *testing.T) {
	kv := newFakeKV()
	kv.readHold = make(chan struct{})
	for i := 0; i < 100; i++ {
		kv.shown[fmt.Sprint("k", i)] = fmt.Sprint(i)
	}
	c := NewClient(kv, Options{Reads: 1})
	var wg sync.WaitGroup
	get := func(line resp.Command, want string) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			replies, err := c.Execute(context.Background(), 0, []resp.Command{line})
			if err != nil || resptest.Text(replies[0]) != want {
				t.Errorf("%s: %v %v, want %s", line, replies, err, want)
			}
		}()
	}
	waits := func(n int) {
		for got := -1; got != n; time.Sleep(100 * time.Microsecond) {
			c.reads.mu.Lock()
			if got = 0; c.reads.waiting != nil {
				got = len(c.reads.waiting.names)
			}
			c.reads.mu.Unlock()
		}
	}
	get(resp.Command{"GET", "k0"}, "0")
	kv.readHold <- struct{}{} // the first one is under way
	for i := 1; i < 100; i++ {
		get(resp.Command{"GET", fmt.Sprint("k", i)}, fmt.Sprint(i))
	}
	get(resp.Command{"MGET", "k5", "k0", "absent", "k6"}, "[5 0 nil 6]")
	waits(101)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Execute(ended, 0, []resp.Command{{"GET", "k5"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gives up: %v", err)
	}
	close(kv.readHold)
	wg.Wait()
	if len(kv.reads) != 2 || len(kv.reads[1]) != 101 {
		t.Errorf("%d calls", len(kv.reads))
	}
}

func TestOneWriteASecondForAKey(t *testing.T) {
	kv := newFakeKV()
	const pace = 300 * time.Millisecond
	c := NewClient(kv, Options{Pace: pace})
	start := time.Now()
	want(t, do(t, c, "SET a 1"), "OK")
	want(t, do(t, c, "SET b 1"), "OK")
	if d := time.Since(start); d >= pace {
		t.Skipf("the machine is slow: %v for two writes", d)
	}
	want(t, do(t, c, "SET a 2", "SET c 1"), "OK", "OK")
	if d := time.Since(start); d < pace {
		t.Errorf("two writes to one key within %v", d)
	}
	if len(kv.writes) != 4 || kv.writes[2][0].Name != "c" || kv.writes[3][0].Name != "a" {
		t.Errorf("writes %+v, want c to leave before a's second is over", kv.writes)
	}
}

func TestMemoryOfOwnWritesIsBounded(t *testing.T) {
	kv := newFakeKV()
	c := NewClient(kv, Options{Memory: 10 * (entryBytes + 101)})
	for i := 0; i < 1000; i++ {
		want(t, do(t, c, fmt.Sprintf("SET %c %0100d", 'a'+i%20, i)), "OK")
	}
	c.recent.mu.Lock()
	defer c.recent.mu.Unlock()
	if n := len(c.recent.byName); n != 10 || c.recent.bytes > c.recent.limit || len(c.recent.order) > 20 || c.recent.lost != 990 {
		t.Errorf("%d entries, %d bytes, %d in order, %d lost", n, c.recent.bytes, len(c.recent.order), c.recent.lost)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cells) > 1 || len(c.resting) > 1 {
		t.Errorf("%d cells and %d resting after the last write", len(c.cells), len(c.resting))
	}
}
