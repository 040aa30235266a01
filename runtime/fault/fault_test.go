package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/fault"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)

var (
	ctx     = context.Background()
	errLost = errors.New("the connection is lost")
)

// weak is a store that fails when it is told to. What it was sent is counted.
type weak struct {
	store.Backend
	mu     sync.Mutex
	fail   int // so many frames
	err    error
	after  bool   // it fails once the frame was run
	busy   int    // so many frames are answered with LOADING
	before func() // called before the next frame runs
	during func() // once it was run
	sent   []string
}

type weakSession struct {
	store.Session
	w *weak
}

func (w *weak) NewSession(o store.SessionOptions) (store.Session, error) {
	s, err := w.Backend.NewSession(o)
	return weakSession{s, w}, err
}

func (s weakSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	w := s.w
	w.mu.Lock()
	for _, c := range cmds {
		w.sent = append(w.sent, strings.Join(c, " "))
	}
	fails := w.fail != 0
	if w.fail > 0 {
		w.fail--
	}
	busy, during, err, after := w.busy > 0, w.during, w.err, w.after
	if busy {
		w.busy--
	}
	before := w.before
	w.before, w.during = nil, nil
	w.mu.Unlock()
	switch {
	case fails && !after:
		return nil, err
	case busy:
		out := make([]resp.Reply, len(cmds))
		for i := range out {
			out[i] = resp.NewError("LOADING Redis is loading the dataset in memory")
		}
		return out, nil
	}
	if before != nil {
		before()
	}
	replies, e := s.Session.Execute(ctx, cmds)
	if during != nil {
		during()
	}
	if fails {
		return nil, err
	}
	return replies, e
}

// breaks makes the next n frames fail; negative is all of them.
func (w *weak) breaks(n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail, w.err, w.sent = n, err, nil
}

// count is how often the command was sent since breaks.
func (w *weak) count(cmd string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		if strings.HasPrefix(s, cmd) {
			n++
		}
	}
	return n
}

func open(t *testing.T, opt fault.Options) (*weak, *fault.Backend, *runtime.Client) {
	t.Helper()
	inner, err := store.Open("memory://" + strings.ReplaceAll(t.Name(), "/", "-"))
	if err != nil {
		t.Fatal(err)
	}
	w := &weak{Backend: inner}
	if opt.Pause == 0 {
		opt.Pause = time.Microsecond
	}
	b := fault.Wrap(w, opt)
	c := runtime.ClientOver(b, &runtime.Options{})
	t.Cleanup(func() { c.Close() })
	return w, b, c
}

func TestReadsAreSentAgainAndWritesAreNot(t *testing.T) {
	w, b, c := open(t, fault.Options{Failures: -1})
	c.Set(ctx, "k", "v", 0)
	w.breaks(2, errLost)
	if v, err := c.Get(ctx, "k").Result(); v != "v" || err != nil || w.count("get") != 3 {
		t.Errorf("a read: %q %v, sent %d times", v, err, w.count("get"))
	}
	if s := b.Stats(); s.Retries != 2 || s.Failures != 2 {
		t.Errorf("%+v", s)
	}
	for _, write := range []func() error{
		func() error { return c.Incr(ctx, "n").Err() },
		func() error {
			_, err := c.Pipelined(ctx, func(p runtime.Pipeliner) error { p.Get(ctx, "k"); p.Incr(ctx, "n"); return nil })
			return err
		},
		func() error { return c.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{"n"}).Err() },
		func() error { return c.GetDel(ctx, "n").Err() },
		func() error { return c.BLPop(ctx, time.Second, "l").Err() },
		func() error { return c.Publish(ctx, "c", "m").Err() },
	} {
		w.breaks(1, errLost)
		if err := write(); !errors.Is(err, errLost) {
			t.Errorf("%v: %v", w.sent, err)
		}
		w.mu.Lock()
		if len(w.sent) > 2 {
			t.Errorf("sent again: %v", w.sent)
		}
		w.mu.Unlock()
	}
}

// A server that says that it cannot answer yet is asked again, and nobody hears of it.
func TestAServerThatIsLoading(t *testing.T) {
	w, _, c := open(t, fault.Options{})
	c.Set(ctx, "k", "v", 0)
	w.mu.Lock()
	w.busy = 3
	w.mu.Unlock()
	if v, err := c.Get(ctx, "k").Result(); v != "v" || err != nil {
		t.Error(v, err)
	}
	w.mu.Lock()
	w.busy = 1
	w.mu.Unlock()
	if err := c.Set(ctx, "k", "w", 0).Err(); err == nil || !strings.HasPrefix(err.Error(), "LOADING") {
		t.Error("a write:", err)
	}
}

func TestWhatIsRefusedIsNotRepeated(t *testing.T) {
	w, b, c := open(t, fault.Options{Failures: 1, Open: time.Hour})
	w.breaks(1, fmt.Errorf("no such token: %w", store.ErrRefused))
	if err := c.Get(ctx, "k").Err(); !errors.Is(err, store.ErrRefused) || w.count("get") != 1 {
		t.Error(err, w.sent)
	}
	if s := b.Stats(); s.Breaker != fault.Closed || s.Failures != 0 {
		t.Errorf("the store is well: %+v", s)
	}
}

// What a session has watched may be gone with it: nothing is read again as if it were not.
func TestWatchedKeysAreNotReadAgain(t *testing.T) {
	w, _, c := open(t, fault.Options{})
	c.Set(ctx, "k", 1, 0)
	err := c.Watch(ctx, func(tx *runtime.Tx) error {
		w.breaks(1, errLost)
		return tx.Get(ctx, "k").Err()
	}, "k")
	if !errors.Is(err, errLost) || w.count("get") != 1 {
		t.Error(err, w.sent)
	}
}

func TestConflictsAreCounted(t *testing.T) {
	_, b, c := open(t, fault.Options{})
	err := c.Watch(ctx, func(tx *runtime.Tx) error {
		c.Set(ctx, "k", "other", 0)
		_, err := tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.Set(ctx, "k", "mine", 0); return nil })
		return err
	}, "k")
	if !errors.Is(err, runtime.TxFailedErr) || b.Stats().Conflicts != 1 {
		t.Error(err, b.Stats().Conflicts)
	}
}

func TestTheBreaker(t *testing.T) {
	w, b, c := open(t, fault.Options{Failures: 3, Retries: -1, Open: 30 * time.Millisecond})
	w.breaks(-1, errLost)
	for i := 0; i < 3; i++ {
		if err := c.Set(ctx, "k", i, 0).Err(); !errors.Is(err, errLost) {
			t.Fatal(err)
		}
	}
	err := c.Set(ctx, "k", 3, 0).Err()
	if !errors.Is(err, fault.ErrOpen) || w.count("set") != 3 {
		t.Errorf("%v, sent %d", err, w.count("set"))
	}
	if err := c.BLPop(ctx, time.Second, "l").Err(); !errors.Is(err, fault.ErrOpen) {
		t.Error("what waits is refused as well:", err)
	}
	if s := b.Stats(); s.Breaker != fault.Open || s.Opened != 1 || s.Refused != 2 {
		t.Errorf("%+v", s)
	}
	w.breaks(0, nil)
	for deadline := time.Now().Add(10 * time.Second); b.Stats().Breaker == fault.Open; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it stays open")
		}
	}
	if err := c.Set(ctx, "k", 4, 0).Err(); err != nil || b.Stats().Breaker != fault.Closed {
		t.Error(err, b.Stats().Breaker)
	}
}

// Callers that give up say nothing of the store; a store that lets them wait does.
func TestWhoGivesUp(t *testing.T) {
	w, b, c := open(t, fault.Options{Failures: 1, Open: time.Hour})
	w.breaks(1, context.Canceled)
	if err := c.Get(ctx, "k").Err(); !errors.Is(err, context.Canceled) || b.Stats().Breaker != fault.Closed {
		t.Error(err, b.Stats().Breaker)
	}
	w.breaks(1, context.DeadlineExceeded)
	if err := c.Get(ctx, "k").Err(); err == nil || b.Stats().Breaker != fault.Open {
		t.Error(err, b.Stats().Breaker)
	}
}

func TestCachesAreAnsweredFromMemory(t *testing.T) {
	w, b, c := open(t, fault.Options{Failures: -1, Retries: 1, Caches: []string{"cache:*", "page:*"}})
	c.Set(ctx, "cache:a", "1", 0)
	c.Set(ctx, "cache:b", "2", 0)
	c.HSet(ctx, "page:1", "title", "t")
	c.Set(ctx, "account:1", "100", 0)
	read := func(want string, stale bool) {
		t.Helper()
		get, hash := c.Get(ctx, "cache:a"), c.HGetAll(ctx, "page:1")
		var piped *runtime.SliceCmd
		_, err := c.Pipelined(ctx, func(p runtime.Pipeliner) error {
			piped = p.MGet(ctx, "cache:a", "cache:b", "cache:none")
			return nil
		})
		got := fmt.Sprintln(get.Val(), hash.Val(), piped.Val())
		if err != nil || got != want {
			t.Errorf("%s %v, not %s", got, err, want)
		}
		for _, cmd := range []runtime.Cmder{get, hash, piped, get.Clone()} {
			if runtime.IsStale(cmd) != stale {
				t.Errorf("%v: stale is %v", cmd, !stale)
			}
		}
	}
	const all = "1 map[title:t] [1 2 <nil>]\n"
	read(all, false)
	if err := c.Get(ctx, "account:1").Err(); err != nil {
		t.Fatal(err)
	}
	w.breaks(-1, errLost)
	read(all, true)
	if n := b.Stats().Fallbacks; n != 3 {
		t.Errorf("%d are counted", n)
	}
	if v, err := c.Get(ctx, "cache:b").Result(); v != "2" || err != nil {
		t.Error("what MGET has read, GET is answered:", v, err)
	}
	for _, cmd := range []runtime.Cmder{c.Get(ctx, "account:1"), c.MGet(ctx, "cache:a", "account:1"), c.Get(ctx, "cache:new"), c.Set(ctx, "cache:a", "9", 0)} {
		if !errors.Is(cmd.Err(), errLost) || runtime.IsStale(cmd) {
			t.Errorf("%v", cmd)
		}
	}
	w.breaks(0, nil)
	if cmd := c.Get(ctx, "cache:b"); cmd.Val() != "2" || runtime.IsStale(cmd) {
		t.Error("when the store is back:", cmd)
	}
}

// While the breaker is open nothing is written, so what is remembered stays.
func TestAnOpenBreakerKeepsWhatIsRemembered(t *testing.T) {
	w, _, c := open(t, fault.Options{Failures: 1, Open: time.Hour, Retries: -1, Caches: []string{"*"}})
	c.Set(ctx, "k", "v", 0)
	c.Set(ctx, "other", "v", 0)
	c.Get(ctx, "k")
	w.breaks(-1, errLost)
	c.Set(ctx, "other", "w", 0)
	if err := c.Set(ctx, "k", "w", 0).Err(); !errors.Is(err, fault.ErrOpen) {
		t.Fatal(err)
	}
	if cmd := c.Get(ctx, "k"); cmd.Val() != "v" || !runtime.IsStale(cmd) {
		t.Error(cmd)
	}
}

// A process never reads what it has overwritten itself, whatever became of the write.
func TestOwnWritesAreForgotten(t *testing.T) {
	for name, write := range map[string]func(c *runtime.Client) error{
		"set":    func(c *runtime.Client) error { return c.Set(ctx, "k", "new", 0).Err() },
		"rename": func(c *runtime.Client) error { return c.Rename(ctx, "from", "k").Err() },
		"script": func(c *runtime.Client) error {
			return c.Eval(ctx, "return redis.call('SET', KEYS[1], 'new')", []string{"k"}).Err()
		},
		"flush": func(c *runtime.Client) error { return c.FlushDB(ctx).Err() },
		"queued": func(c *runtime.Client) error {
			conn := c.Conn()
			defer conn.Close()
			conn.Do(ctx, "MULTI")
			conn.Set(ctx, "k", "new", 0)
			c.Get(ctx, "k") // remembers the old one again
			return conn.Do(ctx, "EXEC").Err()
		},
		"selected": func(c *runtime.Client) error {
			conn := c.Conn()
			defer conn.Close()
			conn.Do(ctx, "SELECT", 1)
			conn.Do(ctx, "SELECT", 0)
			return conn.Set(ctx, "k", "new", 0).Err()
		},
	} {
		for _, lost := range []bool{false, true} {
			if lost && name != "set" && name != "flush" {
				continue
			}
			t.Run(fmt.Sprint(name, lost), func(t *testing.T) {
				w, _, c := open(t, fault.Options{Failures: -1, Retries: -1, Caches: []string{"*"}})
				c.Set(ctx, "k", "old", 0)
				c.Set(ctx, "from", "x", 0)
				c.Get(ctx, "k")
				c.MGet(ctx, "k", "from")
				if lost {
					w.after = true
					w.breaks(1, errLost)
				}
				if err := write(c); err != nil != lost {
					t.Fatal(err)
				}
				w.after = false
				w.breaks(-1, errLost)
				if cmd := c.Get(ctx, "k"); !errors.Is(cmd.Err(), errLost) {
					t.Error(cmd)
				}
			})
		}
	}
}

// A reply that is on its way while its key is written may be older than the write.
func TestAReadThatAWriteOvertakes(t *testing.T) {
	w, _, c := open(t, fault.Options{Failures: -1, Retries: -1, Caches: []string{"*"}})
	c.Set(ctx, "k", "old", 0)
	w.mu.Lock()
	w.during = func() { c.Set(ctx, "k", "new", 0) }
	w.mu.Unlock()
	if v := c.Get(ctx, "k").Val(); v != "old" {
		t.Fatal(v)
	}
	w.breaks(-1, errLost)
	if cmd := c.Get(ctx, "k"); !errors.Is(cmd.Err(), errLost) {
		t.Error(cmd)
	}
}

// What is written is not answered from memory while nobody has heard of the write yet,
// and what was read meanwhile is forgotten with its answer.
func TestReadsBesideAWrite(t *testing.T) {
	w, _, c := open(t, fault.Options{Failures: -1, Retries: -1, Caches: []string{"*"}})
	c.Set(ctx, "k", "old", 0)
	c.Get(ctx, "k")
	w.during = func() {
		w.breaks(-1, errLost)
		if cmd := c.Get(ctx, "k"); !errors.Is(cmd.Err(), errLost) {
			t.Error("before the answer:", cmd)
		}
	}
	if err := c.Set(ctx, "k", "new", 0).Err(); err != nil {
		t.Fatal(err)
	}
	w.breaks(0, nil)
	w.before = func() {
		if v := c.Get(ctx, "k").Val(); v != "new" {
			t.Error(v)
		}
	}
	if err := c.Set(ctx, "k", "newer", 0).Err(); err != nil {
		t.Fatal(err)
	}
	w.breaks(-1, errLost)
	if cmd := c.Get(ctx, "k"); !errors.Is(cmd.Err(), errLost) {
		t.Error("after it:", cmd)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const limit = 4000
	w, b, c := open(t, fault.Options{Failures: -1, Retries: -1, Caches: []string{"*"}, CacheBytes: limit, CacheAge: 50 * time.Millisecond})
	for i := 0; i < 100; i++ {
		k := fmt.Sprint("k", i)
		c.Set(ctx, k, strings.Repeat("x", 100), 0)
		c.Get(ctx, k)
		c.Get(ctx, "k0") // read most recently
		if n := b.Stats().Bytes; n > limit || i > 20 && n < limit/2 {
			t.Fatalf("%d bytes of %d after %d", n, limit, i)
		}
	}
	c.Set(ctx, "big", strings.Repeat("x", limit), 0)
	c.Get(ctx, "big")
	c.Get(ctx, "k0")
	w.breaks(-1, errLost)
	if cmd := c.Get(ctx, "k0"); !runtime.IsStale(cmd) {
		t.Error("what is read stays:", cmd)
	}
	for _, k := range []string{"k1", "big"} {
		if cmd := c.Get(ctx, k); cmd.Err() == nil {
			t.Error(cmd)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); c.Get(ctx, "k0").Err() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is answered for ever")
		}
	}
}

func TestURLs(t *testing.T) {
	t.Setenv(runtime.StoreVariable, "fault:memory://urls?fault-cache=cache:*&fault-retries=0")
	c := runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379"})
	defer c.Close()
	if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	b, err := runtime.BackendOf(c)
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := store.As[*fault.Backend](b); !ok || f.Stats().Frames == 0 {
		t.Error("the package is not found behind the client")
	}
	got, err := store.Namespace("fault:memory://urls?fault-retries=1", "jobs")
	if err != nil || !strings.Contains(got, "jobs") || !strings.HasPrefix(got, "fault:memory://") || !strings.HasSuffix(got, "fault-retries=1") {
		t.Error(got, err)
	}
	for url, want := range map[string]string{
		"fault:":                               "behind fault: stands a store's URL",
		"fault:memory://a?fault-retries=-1":    "fault-retries=-1 is no number",
		"fault:memory://a?fault-open=x":        "fault-open=x is no time",
		"fault:memory://a?fault-cache=":        "fault-cache= is no pattern",
		"fault:memory://a?fault-cache-bytes=0": "fault-cache-bytes=0 is no number of bytes",
		"fault:memory://a?fault-nonsense=1":    "unknown setting",
	} {
		if _, err := store.Open(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
