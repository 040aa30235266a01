package gateway

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

var blobSeed = flag.Int64("blobseed", 1, "seed of the random test of large values")

func largeOptions() objectserver.Options {
	return objectserver.Options{R2: true, Config: worker.Config{
		Groups: []worker.Group{{Name: "", Shards: 1}},
		Families: []worker.Family{
			{Pattern: "video:*", Name: "Videos", Type: "string", Store: "r2"},
			{Pattern: "page:*", Name: "Pages", Type: "string", Store: "kv", Consistency: "follow"},
		},
	}}
}

// text is a value of so many bytes.
func text(n int, seed byte) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>8)*31 ^ byte(i) ^ seed
	}
	return string(b)
}

func TestLargeValuesGoToR2(t *testing.T) {
	for _, query := range []string{"", "?transport=http"} {
		r := newRig(t, largeOptions(), query)
		s := r.session(store.SessionOptions{})
		bucket := r.server.Bucket("main", "/0")
		for _, c := range []struct {
			key  string
			size int
			r2   bool
		}{
			{"video:a", 64 << 10, false}, {"video:b", 64<<10 + 1, true}, {"video:c", 3 << 20, true},
			{"other:a", 1 << 20, false}, {"other:b", 1<<20 + 1, true},
			{"page:a", 1<<20 + 1, false}, {"page:b", 1_900_001, true},
		} {
			before := len(bucket.Names())
			value := text(c.size, byte(c.size))
			do(t, s, cmd("SET", c.key, value))
			if got := do(t, s, cmd("GET", c.key))[0]; got.Kind != resp.Bulk || got.Str != value {
				t.Errorf("%s: of %d bytes came %d, kind %d: %.80s", c.key, c.size, len(got.Str), got.Kind, got.Str)
			}
			if r2 := len(bucket.Names()) > before; r2 != c.r2 {
				t.Errorf("%s with %d bytes is in R2: %v, want %v", c.key, c.size, r2, c.r2)
			}
		}
	}
}

func TestAllFormsOfLargeValues(t *testing.T) {
	r := newRig(t, largeOptions(), "")
	s := r.session(store.SessionOptions{})
	a, b := text(100_000, 1), text(200_000, 2)
	equal := func(got resp.Reply, want ...string) {
		t.Helper()
		list := got.Elems
		if got.Kind != resp.Array {
			list = []resp.Reply{got}
		}
		for i, w := range want {
			if i >= len(list) || list[i].Str != w {
				t.Errorf("%d: %.80s, want %.80s", i, show(got), w)
			}
		}
	}
	// A pipeline, in order.
	got := do(t, s, cmd("SET", "video:1", a), cmd("GET", "video:1"), cmd("SET", "video:1", b, "GET"), cmd("STRLEN", "video:1"), cmd("GETSET", "video:1", a), cmd("GET", "video:1"))
	for i, want := range []string{"OK", a, a, "", b, a} {
		equal(got[i], want)
	}
	if got[3].Int != int64(len(b)) {
		t.Errorf("STRLEN: %s", show(got[3]))
	}
	do(t, s, cmd("mset", "video:2", a, "small", "x", "video:3", b))
	equal(do(t, s, cmd("MGET", "video:2", "none", "small", "video:3"))[0], a, "", "x", b)
	want(t, s, "1", "MSETNX", "video:4", a, "video:5", b)
	want(t, s, "OK", "SETEX", "video:6", "100", a)
	want(t, s, "OK", "PSETEX", "video:7", "100000", a)
	want(t, s, "0", "SETNX", "video:7", b)
	equal(do(t, s, cmd("GETRANGE", "video:5", "1000", "1999"))[0], b[1000:2000])
	equal(do(t, s, cmd("GETRANGE", "video:5", "-5", "-1"))[0], b[len(b)-5:])
	equal(do(t, s, cmd("GETEX", "video:6", "PERSIST"))[0], a)
	want(t, s, "-1", "TTL", "video:6")
	got = do(t, s, cmd("MULTI"), cmd("SET", "video:8", b), cmd("GET", "video:8"), cmd("MGET", "video:8", "video:6"), cmd("EXEC"))
	equal(got[4].Elems[1], b)
	equal(got[4].Elems[2], b, a)
	// A transaction that is open over several calls.
	for _, c := range []resp.Command{cmd("MULTI"), cmd("SET", "video:8", a), cmd("GET", "video:8")} {
		do(t, s, c)
	}
	equal(do(t, s, cmd("EXEC"))[0].Elems[1], a)
	want(t, s, "1", "COPY", "video:8", "video:9")
	equal(do(t, s, cmd("GETDEL", "video:8"))[0], a)
	equal(do(t, s, cmd("GET", "video:9"))[0], a)
	if got := do(t, s, cmd("APPEND", "video:9", "x"))[0]; got.Kind != resp.Error || !strings.Contains(got.Str, "APPEND") || !strings.Contains(got.Str, "R2") {
		t.Errorf("APPEND: %s", show(got))
	}
	if got := do(t, s, cmd("EVAL", "return redis.call('GET', KEYS[1])", "1", "video:9"))[0]; got.Kind != resp.Error || !strings.Contains(got.Str, "R2") {
		t.Errorf("a script: %s", show(got))
	}
	// Nobody but the gateway says what is in R2.
	id := r.server.Bucket("main", "/0").Names()[0]
	for _, words := range [][]string{{engine.BlobCommand, "SET", "stolen", "r" + id + ":100000"}, {strings.ToUpper(engine.BlobCommand), "SET", "stolen", "r" + id + ":100000"}} {
		for _, more := range []resp.Command{cmd("PING"), cmd("SET", "video:1", a)} {
			if got := do(t, s, words, more); got[0].Kind != resp.Error || !strings.HasPrefix(got[0].Str, "ERR unknown command") {
				t.Errorf("%s", show(got[0]))
			}
		}
	}
	want(t, s, "0", "EXISTS", "stolen")
}

func TestShardsHaveBucketsOfTheirOwn(t *testing.T) {
	opt := largeOptions()
	opt.Config.Groups[0].Shards = 4
	r := newRig(t, opt, "")
	s := r.session(store.SessionOptions{})
	var cmds []resp.Command
	for i := 0; i < 20; i++ {
		cmds = append(cmds, cmd("SET", fmt.Sprint("video:", i), text(70_000, byte(i))))
	}
	do(t, s, cmds...)
	for i := range cmds {
		cmds[i] = cmd("GET", fmt.Sprint("video:", i))
	}
	for i, got := range do(t, s, cmds...) {
		if got.Str != text(70_000, byte(i)) {
			t.Errorf("%d: %.60s", i, show(got))
		}
	}
	used := 0
	for i := 0; i < 4; i++ {
		if len(r.server.Bucket("main", fmt.Sprint("/", i)).Names()) > 0 {
			used++
		}
	}
	if used < 3 {
		t.Errorf("%d buckets are used", used)
	}
}

func TestNothingIsRunWhenAnUploadFails(t *testing.T) {
	r := newRig(t, largeOptions(), "")
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("SET", "n", "1"))
	down := errors.New("R2 is down")
	var tries, passes, n int32
	// It is set once: an upload whose caller has left may still be under way.
	r.server.Bucket("main", "/0").Fail = func(string) error {
		atomic.AddInt32(&tries, 1)
		if atomic.LoadInt32(&passes) != 0 && atomic.AddInt32(&n, 1)%2 == 0 {
			return nil
		}
		return down
	}
	_, err := s.Execute(soon(t), []resp.Command{cmd("INCR", "n"), cmd("SET", "video:1", text(100_000, 1))})
	if err == nil || !strings.Contains(err.Error(), "nothing was run") || !strings.Contains(err.Error(), "R2") {
		t.Errorf("%v", err)
	}
	if atomic.LoadInt32(&tries) < 2 {
		t.Error("it was tried once")
	}
	want(t, s, `"1"`, "GET", "n")
	want(t, s, "0", "EXISTS", "video:1")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := s.Execute(ctx, []resp.Command{cmd("SET", "video:1", text(100_000, 1))}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	// A fault that passes is not seen.
	atomic.StoreInt32(&passes, 1)
	want(t, s, "OK", "SET", "video:1", text(100_000, 1))
	if got := do(t, s, cmd("GET", "video:1"))[0]; got.Str != text(100_000, 1) {
		t.Errorf("%.80s", show(got))
	}
}

// What cannot be fetched is an error in its place: the commands were run.
func TestAValueThatCannotBeFetchedIsAnError(t *testing.T) {
	r := newRig(t, largeOptions(), "")
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("SET", "video:1", text(100_000, 1)), cmd("SET", "n", "1"))
	r.server.Bucket("main", "/0").Fail = func(op string) error { return errors.New("R2 is down") }
	got := do(t, s, cmd("INCR", "n"), cmd("GET", "video:1"), cmd("MGET", "n", "video:1"))
	if got[0].Int != 2 || got[1].Kind != resp.Error || !strings.Contains(got[1].Str, "R2 is down") || got[2].Elems[0].Str != "2" || got[2].Elems[1].Kind != resp.Error {
		t.Errorf("%v", got)
	}
}

// A value that goes between the answer and the fetch: the reader asks again, once.
func TestAValueThatVanishesIsAskedForAgain(t *testing.T) {
	r := newRig(t, largeOptions(), "")
	s, other := r.session(store.SessionOptions{}), r.session(store.SessionOptions{})
	bucket := r.server.Bucket("main", "/0")
	old, fresh := text(100_000, 1), text(100_000, 2)
	vanish := func(then func()) {
		var once sync.Once
		ids := bucket.Names()
		bucket.Fail = func(op string) error {
			if op == "get" {
				once.Do(func() {
					then()
					for _, id := range ids {
						bucket.Remove(id)
					}
				})
			}
			return nil
		}
	}
	for _, c := range []struct {
		then []string
		line []string
		want string
	}{
		{[]string{"SET", "video:1", fresh}, []string{"GET", "video:1"}, fresh},
		{[]string{"SET", "video:1", "small"}, []string{"GET", "video:1"}, "small"},
		{[]string{"DEL", "video:1"}, []string{"GET", "video:1"}, ""},
		{[]string{"SET", "video:1", fresh}, []string{"GETRANGE", "video:1", "0", "9"}, fresh[:10]},
	} {
		do(t, s, cmd("SET", "video:1", old))
		vanish(func() { do(t, other, c.then) })
		if got := do(t, s, c.line)[0]; got.Str != c.want {
			t.Errorf("%.40q, then %q: %.80s", c.then, c.line, show(got))
		}
		bucket.Fail = nil
	}
	do(t, s, cmd("SET", "video:1", old))
	vanish(func() { do(t, other, cmd("SET", "video:1", fresh)) })
	if got := do(t, s, cmd("MGET", "none", "video:1"))[0]; got.Elems[1].Str != fresh {
		t.Errorf("%.80s", show(got))
	}
	// What cannot be asked again says so.
	do(t, s, cmd("SET", "video:1", old))
	vanish(func() {})
	if got := do(t, s, cmd("GETDEL", "video:1"))[0]; got.Str != errGone {
		t.Errorf("%.80s", show(got))
	}
	// Nor is it asked more than twice.
	do(t, s, cmd("SET", "video:1", old))
	for _, id := range bucket.Names() {
		bucket.Remove(id)
	}
	if got := do(t, s, cmd("GET", "video:1"))[0]; got.Str != errGone {
		t.Errorf("%.80s", show(got))
	}
}

func TestVeryLargeValuesComeInParts(t *testing.T) {
	opt := largeOptions()
	opt.MaxBody = blobWhole
	r := newRig(t, opt, "")
	s := r.session(store.SessionOptions{})
	value := text(blobWhole+blobPart+7, 3)
	want(t, s, "OK", "SET", "video:1", value)
	if got := do(t, s, cmd("GET", "video:1"))[0]; got.Str != value {
		t.Errorf("of %d bytes came %d", len(value), len(got.Str))
	}
	r.server.SetMaxBody(1000)
	if _, err := s.Execute(soon(t), []resp.Command{cmd("SET", "video:1", text(100_000, 1))}); err == nil || !strings.Contains(err.Error(), "413") {
		t.Errorf("%v", err)
	}
}

func TestAReadOnlyTokenBringsNothing(t *testing.T) {
	opt := largeOptions()
	opt.Tokens = []objectserver.Token{{Text: "w", Namespace: "main", Write: true}, {Text: "r", Namespace: "main"}}
	r := newRig(t, opt, "?token=w")
	do(t, r.session(store.SessionOptions{}), cmd("SET", "video:1", text(100_000, 1)))
	b := open(t, strings.Replace(r.url, "token=w", "token=r", 1))
	s, err := b.session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := do(t, s, cmd("GET", "video:1"))[0]; got.Str != text(100_000, 1) {
		t.Errorf("%.80s", show(got))
	}
	if _, err := s.Execute(soon(t), []resp.Command{cmd("SET", "video:1", text(100_000, 2))}); err == nil || !strings.Contains(err.Error(), "NOPERM this token may only read") {
		t.Errorf("%v", err)
	}
	if n := len(r.server.Bucket("main", "/0").Names()); n != 1 {
		t.Errorf("%d values are in the bucket", n)
	}
}

func TestWithoutR2LargeValuesAreRefusedWithTheLineToWrite(t *testing.T) {
	opt := largeOptions()
	opt.R2 = false
	r := newRig(t, opt, "")
	s := r.session(store.SessionOptions{})
	value := text(1_500_000, 1)
	want(t, s, "OK", "SET", "video:1", value)
	if got := do(t, s, cmd("GET", "video:1"))[0]; got.Str != value {
		t.Errorf("%.80s", show(got))
	}
	names := func(text string) bool { return strings.Contains(text, "R2") && strings.Contains(text, "store: r2") }
	if got := do(t, s, cmd("SET", "video:1", text(2_000_000, 1)))[0]; got.Kind != resp.Error || !names(got.Str) {
		t.Errorf("%.300s", show(got))
	}
	got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("SET", "video:1", text(2_000_000, 1)), cmd("EXEC"))
	if got[3].Kind != resp.Error || !strings.HasPrefix(got[3].Str, "EXECABORT") {
		t.Errorf("%.300s", show(got[3]))
	}
	_, err := s.Execute(soon(t), []resp.Command{cmd("INCR", "n"), cmd("SET", "video:1", text(17<<20, 1))})
	if err == nil || !names(err.Error()) || !strings.Contains(err.Error(), "nothing was run") {
		t.Errorf("%.300v", err)
	}
	want(t, s, "0", "EXISTS", "n")
	if _, err := s.Execute(soon(t), []resp.Command{cmd("HSET", "h", "f", text(17<<20, 1))}); err == nil || names(err.Error()) || !strings.Contains(err.Error(), "only the values of strings") {
		t.Errorf("%.300v", err)
	}
}

// Several clients on large values, while engines trap, connections are cut, R2 fails
// now and then and hours pass: each reads what was written last, and in the end the
// bucket has nothing that no key needs.
func TestLargeValuesThroughFaultsAndTime(t *testing.T) {
	seed := *blobSeed
	var ahead int64 // microseconds
	opt := largeOptions()
	opt.Seed = seed
	opt.Now = func() int64 { return time.Now().UnixMicro() + atomic.LoadInt64(&ahead) }
	r := newRig(t, opt, "")
	bucket := r.server.Bucket("main", "/0")
	faults := int32(1)
	failing := rand.New(rand.NewSource(seed))
	var mu sync.Mutex
	bucket.Fail = func(string) error {
		mu.Lock()
		defer mu.Unlock()
		if atomic.LoadInt32(&faults) == 1 && failing.Intn(15) == 0 {
			return errors.New("R2 is down")
		}
		return nil
	}
	var dropped int32
	bucket.Dropped = func(string) { atomic.AddInt32(&dropped, 1) }
	steps := 300
	if testing.Short() {
		steps = 60
	}
	stop := make(chan struct{})
	var wait, chaos sync.WaitGroup
	chaos.Add(1)
	go func() {
		defer chaos.Done()
		rnd := rand.New(rand.NewSource(seed + 100))
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(5+rnd.Intn(20)) * time.Millisecond):
			}
			switch rnd.Intn(6) {
			case 0:
				r.server.Trap()
			case 1:
				r.server.Cut()
			default:
				atomic.AddInt64(&ahead, int64(rnd.Intn(25))*60_000_000)
			}
		}
	}()
	for w := 0; w < 4; w++ {
		wait.Add(1)
		go func(w int) {
			defer wait.Done()
			rnd := rand.New(rand.NewSource(seed + int64(w)))
			s := r.session(store.SessionOptions{})
			model := map[string]string{}
			for i := 0; i < steps; i++ {
				key := fmt.Sprint("video:", w, ":", rnd.Intn(3))
				to := fmt.Sprint("video:", w, ":", rnd.Intn(3))
				var line resp.Command
				next := map[string]string{}
				for k, v := range model {
					next[k] = v
				}
				switch rnd.Intn(7) {
				case 0, 1:
					value := text(66_000+rnd.Intn(1000), byte(rnd.Intn(256)))
					line, next[key] = cmd("SET", key, value), value
				case 2:
					line, next[key] = cmd("SET", key, "small"), "small"
				case 3:
					line = cmd("DEL", key)
					delete(next, key)
				case 4:
					line = cmd("COPY", key, to, "REPLACE")
					if v, ok := model[key]; ok && key != to {
						next[to] = v
					}
				default:
					line = cmd("GET", key)
				}
				replies, err := s.Execute(context.Background(), []resp.Command{line})
				switch {
				case err != nil && strings.Contains(err.Error(), "nothing was run"):
					continue
				case err != nil:
					t.Errorf("worker %d: %.40q: %v (-blobseed=%d)", w, line, err, seed)
					return
				}
				got := replies[0]
				if got.Kind == resp.Error {
					if strings.Contains(got.Str, "could not be fetched") || strings.Contains(got.Str, "send it again") || strings.Contains(got.Str, "same") {
						continue
					}
					t.Errorf("worker %d: %.40q: %s (-blobseed=%d)", w, line, got.Str, seed)
					return
				}
				model = next
				if line[0] == "GET" && got.Str != model[key] {
					t.Errorf("worker %d: %s has %.40q, want %.40q (-blobseed=%d)", w, key, got.Str, model[key], seed)
					return
				}
			}
		}(w)
	}
	wait.Wait()
	close(stop)
	chaos.Wait()
	t.Logf("%d values were removed while clients were at work", atomic.LoadInt32(&dropped))
	atomic.StoreInt32(&faults, 0)
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("SET", "video:last", text(70_000, 1)))
	do(t, s, cmd("DEL", "video:last"))
	live := map[string]bool{}
	for _, k := range do(t, s, cmd("KEYS", "*"))[0].Elems {
		if v := do(t, s, cmd("GET", k.Str))[0]; len(v.Str) > 64<<10 {
			live[v.Str] = true
		}
	}
	for until := time.Now().Add(20 * time.Second); ; {
		left := 0
		for _, id := range bucket.Names() {
			if v, _, _ := bucket.Get(id); !live[v] {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%d values are in the bucket that no key has (-blobseed=%d)", left, seed)
		}
		atomic.AddInt64(&ahead, 20*60_000_000)
		do(t, s, cmd("PING")) // the alarm is on the wall clock
		time.Sleep(10 * time.Millisecond)
	}
}
