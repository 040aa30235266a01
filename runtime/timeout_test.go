package runtime_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestTimeoutsThatNoStoreMeets are what tests of programs set.
func TestTimeoutsThatNoStoreMeets(t *testing.T) {
	patient := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	for name, c := range map[string]*runtime.Client{
		"ReadTimeout":  client(t, &runtime.Options{Addr: "memory://" + t.Name(), ReadTimeout: 1}),
		"WriteTimeout": client(t, &runtime.Options{Addr: "memory://" + t.Name(), WriteTimeout: 1}),
		"WithTimeout":  patient.WithTimeout(1),
	} {
		incr := func(p runtime.Pipeliner) error { p.Incr(ctx, "n"); return nil }
		_, piped := c.Pipelined(ctx, incr)
		_, inTx := c.TxPipelined(ctx, incr)
		for what, err := range map[string]error{
			"command":      c.Incr(ctx, "n").Err(),
			"pipeline":     piped,
			"transaction":  inTx,
			"Watch":        c.Watch(ctx, func(tx *runtime.Tx) error { return tx.Incr(ctx, "n").Err() }),
			"Conn":         c.Conn().Incr(ctx, "n").Err(),
			"subscription": c.Subscribe(ctx).Subscribe(ctx, "ch"),
		} {
			if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	if n := patient.Exists(ctx, "n").Val(); n != 0 {
		t.Error("a command was run that said it was not")
	}
}

// TestContextEndsWhatWaitsAnywhere and takes nothing for nobody.
func TestContextEndsWhatWaitsAnywhere(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	ap, err := c.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	pop := func(p interface {
		BLPop(ctx context.Context, timeout time.Duration, keys ...string) *runtime.StringSliceCmd
	}, ctx context.Context) error {
		return p.BLPop(ctx, 0, "q").Err()
	}
	for name, wait := range map[string]func(ctx context.Context) error{
		"command": func(ctx context.Context) error { return pop(c, ctx) },
		"pipeline": func(ctx context.Context) error {
			_, err := c.Pipelined(ctx, func(p runtime.Pipeliner) error {
				p.Set(ctx, "before", 1, 0)
				return ignore(pop(p, ctx), p.Set(ctx, "after", 1, 0).Err())
			})
			return err
		},
		"Conn": func(ctx context.Context) error { conn := c.Conn(); defer conn.Close(); return pop(conn, ctx) },
		"Watch": func(ctx context.Context) error {
			return c.Watch(ctx, func(tx *runtime.Tx) error { return pop(tx, ctx) }, "k")
		},
		"AutoPipeline": func(ctx context.Context) error { return pop(ap, ctx) },
		"XRead": func(ctx context.Context) error {
			return c.XRead(ctx, &runtime.XReadArgs{Streams: []string{"s", "$"}, Block: 0}).Err()
		},
		"subscription": func(ctx context.Context) error {
			p := c.Subscribe(ctx, "nothing comes")
			defer p.Close()
			_, err := p.ReceiveMessage(ctx)
			return err
		},
	} {
		cancelled, cancel := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- wait(cancelled) }()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		late, done := context.WithTimeout(ctx, 5*time.Millisecond)
		if err := wait(late); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, late: %v", name, err)
		}
		done()
	}
	c.RPush(ctx, "q", "x")
	if v := c.LRange(ctx, "q", 0, -1).Val(); len(v) != 1 {
		t.Errorf("a waiter that gave up took an element: %v", v)
	}
	if n := c.Exists(ctx, "before", "after").Val(); n != 1 {
		t.Errorf("%d keys: a pipeline runs up to the command that waits", n)
	}
}

func ignore(...error) error { return nil }

func TestContextThatEndedSendsNothing(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, piped := c.Pipelined(ended, func(p runtime.Pipeliner) error { p.Incr(ended, "n"); return nil })
	for _, err := range []error{c.Incr(ended, "n").Err(), piped, c.BLPop(ended, 0, "q").Err(), c.Conn().Incr(ended, "n").Err()} {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if got := f.sent(); len(got) != 0 {
		t.Errorf("frames %q", got)
	}
}

func TestPoolStatsCountSessions(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	want := func(what string, s runtime.PoolStats) {
		t.Helper()
		if got := *c.PoolStats(); got != s {
			t.Errorf("%s: %+v, want %+v", what, got, s)
		}
	}
	want("nothing was sent", runtime.PoolStats{})
	for i := 0; i < 10; i++ {
		c.Ping(ctx)
	}
	want("ten commands", runtime.PoolStats{Hits: 9, Misses: 1, TotalConns: 1, IdleConns: 1})
	for i := 0; i < 3; i++ {
		c.BLPop(ctx, time.Millisecond, "q")
	}
	want("three that waited", runtime.PoolStats{Hits: 12, Misses: 1, TotalConns: 1, IdleConns: 1})
	conn := c.Conn()
	conn.Ping(ctx)
	want("a connection", runtime.PoolStats{Hits: 12, Misses: 2, TotalConns: 2, IdleConns: 1})
	_ = conn.Close()
	p := c.Subscribe(ctx, "ch")
	want("a subscription", runtime.PoolStats{Hits: 12, Misses: 2, TotalConns: 1, IdleConns: 1, PubSubStats: runtime.PubSubStats{Created: 1, Active: 1}})
	_ = p.Close()
	want("none any more", runtime.PoolStats{Hits: 12, Misses: 2, TotalConns: 1, IdleConns: 1, PubSubStats: runtime.PubSubStats{Created: 1, Untracked: 1}})
	_ = c.Close()
	if s := c.PoolStats(); s.TotalConns != 0 || s.IdleConns != 0 {
		t.Errorf("closed: %+v", s)
	}
}
