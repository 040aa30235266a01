package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// embedded is a client over a memory store of its own.
func embedded(t *testing.T) *runtime.Client {
	t.Helper()
	return client(t, &runtime.Options{Addr: "memory://" + t.Name()})
}

func TestAutoPipelineReturnsWithTheResult(t *testing.T) {
	c := embedded(t)
	ap, err := c.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := ap.AutoPipeline(); again != ap || !ap.IsBlocking() {
		t.Error("AutoPipeline does not return the client's one")
	}
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			key := fmt.Sprint("k", i)
			for n := 1; n <= 20; n++ {
				if got, err := ap.Incr(ctx, key).Result(); err != nil || got != int64(n) {
					t.Errorf("%s: %d, %v, want %d", key, got, err, n)
					return
				}
			}
			if err := ap.LPush(ctx, key, "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "WRONGTYPE") {
				t.Errorf("LPUSH on a number: %v", err)
			}
			if _, err := ap.Get(ctx, "missing").Result(); err != runtime.Nil {
				t.Errorf("GET of nothing: %v", err)
			}
		}()
	}
	wg.Wait()
	if err := ap.Submit(ctx, runtime.NewStatusCmd(ctx, "ping")).Wait(); !errors.Is(err, runtime.ErrSubmitBlockingFace) {
		t.Error(err)
	}
	if n, err := ap.DBSize(ctx).Result(); n != 50 || err != nil {
		t.Error(n, err)
	}
}

func TestAsyncAutoPipelineKeepsTheOrderOfCalls(t *testing.T) {
	c := embedded(t)
	ap, err := c.AsyncAutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ {
		key := fmt.Sprint("list", g)
		wg.Add(1)
		go func() {
			defer wg.Done()
			pushed := make([]*runtime.IntCmd, 500)
			for i := range pushed {
				pushed[i] = ap.RPush(ctx, key, i)
			}
			for i, cmd := range pushed {
				if n, err := cmd.Result(); err != nil || n != int64(i+1) {
					t.Errorf("%s: push %d answered %d, %v", key, i, n, err)
					return
				}
			}
			for i, v := range ap.LRange(ctx, key, 0, -1).Val() {
				if v != fmt.Sprint(i) {
					t.Errorf("%s[%d] = %s", key, i, v)
					return
				}
			}
		}()
	}
	wg.Wait()
	bad := ap.Set(ctx, "k", make(chan int), 0)
	good := ap.Get(ctx, "nothing")
	if bad.Err() == nil || good.Err() == nil {
		t.Error(bad.Err(), good.Err())
	}
	f := ap.Submit(ctx, runtime.NewStatusCmd(ctx, "set", "k", "v"))
	if err := f.WaitContext(ctx); err != nil || f.Cmd().String() != "set k v: OK" {
		t.Error(err, f.Cmd())
	}
	if err := (runtime.AutoFuture{}).Wait(); err == nil {
		t.Error("a zero AutoFuture has no error")
	}
}

// asking is a hook that asks commands before and after they ran.
type asking struct{ t *testing.T }

func (asking) DialHook(next runtime.DialHook) runtime.DialHook { return next }
func (a asking) ProcessHook(next runtime.ProcessHook) runtime.ProcessHook {
	return func(ctx context.Context, cmd runtime.Cmder) error {
		_ = cmd.String()
		if cmd.Name() == "echo" {
			panic("a hook's panic")
		}
		err := next(ctx, cmd)
		return errors.Join(err, cmd.Err())
	}
}
func (a asking) ProcessPipelineHook(next runtime.ProcessPipelineHook) runtime.ProcessPipelineHook {
	return func(ctx context.Context, cmds []runtime.Cmder) error {
		for _, cmd := range cmds {
			if cmd.Err() != nil {
				a.t.Error("an error before the command ran")
			}
		}
		return next(ctx, cmds)
	}
}

func TestHooksAskCommandsOfTheirOwnBatch(t *testing.T) {
	c := embedded(t)
	c.AddHook(asking{t})
	ap, err := c.AsyncAutoPipelineWithOptions(&runtime.AutoPipelineOptions{MaxBatchSize: 3, MaxFlushDelay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	a, b, d := ap.Set(ctx, "k", "v", 0), ap.Get(ctx, "k"), ap.Incr(ctx, "n") // the third fills the batch
	if a.Err() != nil || b.Val() != "v" || d.Val() != 1 {
		t.Error(a, b, d)
	}
	if cmd := ap.Do(ctx, "echo", "x"); cmd.Err() == nil || !strings.Contains(cmd.Err().Error(), "panic") {
		t.Error(cmd)
	}
}

func TestClosedAutoPipelineLeavesNoGoroutine(t *testing.T) {
	c := embedded(t)
	c.Ping(ctx)
	before := goruntime.NumGoroutine()
	for _, opt := range []*runtime.AutoPipelineOptions{nil, {MaxFlushDelay: time.Hour}, {Unordered: true, MaxConcurrentBatches: 4, NumShards: 4, MaxBatchBytes: 64}} {
		ap, err := c.AsyncAutoPipelineWithOptions(opt)
		if err != nil {
			t.Fatal(err)
		}
		cmds := make([]*runtime.IntCmd, 100)
		for i := range cmds {
			cmds[i] = ap.Incr(ctx, "n")
		}
		if err := ap.Close(); err != nil {
			t.Fatal(err)
		}
		for _, cmd := range cmds {
			if cmd.Err() != nil {
				t.Fatal(cmd)
			}
		}
		if err := ap.Incr(ctx, "n").Err(); !errors.Is(err, runtime.ErrClosed) || !ap.IsClosed() || ap.Len() != 0 {
			t.Errorf("after Close: %v", err)
		}
		for goruntime.NumGoroutine() > before { // the last may not have returned yet
			goruntime.Gosched()
		}
	}
	if n := c.Get(ctx, "n").Val(); n != "300" {
		t.Errorf("n = %s", n)
	}
}

func TestClosingTheClientEndsItsPipeliners(t *testing.T) {
	c := runtime.NewClient(&runtime.Options{Addr: "memory://" + t.Name()})
	ap, err := c.AsyncAutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	pop := ap.BLPop(ctx, 0, "nothing")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if pop.Err() == nil {
		t.Error("a BLPOP of a closed client has no error")
	}
	if _, err := c.AutoPipeline(); !errors.Is(err, runtime.ErrClosed) {
		t.Error(err)
	}
}

func TestAutoPipelineOptionsAreChecked(t *testing.T) {
	c := embedded(t)
	for _, opt := range []runtime.AutoPipelineOptions{
		{MaxConcurrentBatches: 2}, {MaxBatchSize: -1}, {MaxFlushDelay: -1}, {AdaptiveDelay: true}, {NumShards: 2}, {NumShards: -1}, {MaxBatchBytes: -1},
	} {
		opt := opt
		if _, err := c.AsyncAutoPipelineWithOptions(&opt); err == nil {
			t.Errorf("%+v", opt)
		}
	}
	ring := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"a": "memory://" + t.Name()}})
	defer ring.Close()
	if _, err := ring.AutoPipeline(); !errors.Is(err, runtime.ErrRingAutoPipelineUnsupported) {
		t.Error(err)
	}
}

func TestDoRawReturnsTheReplyAsBytes(t *testing.T) {
	for proto, want := range map[int]string{2: "*2\r\n$1\r\nf\r\n$1\r\nv\r\n", 3: "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"} {
		c := client(t, &runtime.Options{Addr: "memory://" + t.Name(), Protocol: proto})
		c.HSet(ctx, "h", "f", "v")
		if raw, err := c.DoRaw(ctx, "hgetall", "h").Bytes(); err != nil || string(raw) != want {
			t.Errorf("protocol %d: %q, %v", proto, raw, err)
		}
		if raw, err := c.DoRaw(ctx, "nope").Result(); err != nil || !strings.HasPrefix(string(raw), "-ERR unknown command 'nope'") {
			t.Errorf("protocol %d: %q, %v", proto, raw, err)
		}
		var buf bytes.Buffer
		cmd := c.DoRawWriteTo(ctx, &buf, "hgetall", "h")
		if n, err := cmd.Result(); err != nil || n != int64(len(want)) || buf.String() != want || !cmd.NoRetry() {
			t.Errorf("protocol %d: %d, %v, %q", proto, n, err, &buf)
		}
	}
	c := embedded(t)
	p := c.Pipeline().(*runtime.Pipeline) // Pipeliner has no DoRaw, in go-redis either
	raw := p.DoRaw(ctx, "incr", "n")
	if _, err := p.Exec(ctx); err != nil || string(raw.Val()) != ":1\r\n" {
		t.Errorf("%q, %v", raw.Val(), err)
	}
}
