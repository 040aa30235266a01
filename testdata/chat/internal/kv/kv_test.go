package kv_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/kv"
	"example.com/chat/internal/redistest"
)

func TestStatsCountCommandsAndPipelines(t *testing.T) {
	ctx := context.Background()
	c, err := kv.Open(kv.Config{Addr: redistest.Addr(), DB: redistest.DBKV})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}

	// Connecting has counted too: what a server does not know fails there.
	commands, pipelines, failures := c.Stats.Commands.Load(), c.Stats.Pipelines.Load(), c.Stats.Failures.Load()
	if err := c.Get(ctx, "stats:none").Err(); err != redis.Nil {
		t.Fatalf("Get of nothing: %v", err)
	}
	cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "stats:a", 1, time.Minute)
		p.Incr(ctx, "stats:a")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := cmds[1].(*redis.IntCmd).Result(); n != 2 || err != nil {
		t.Fatalf("Incr = %d, %v", n, err)
	}
	if got := c.Stats.Commands.Load() - commands; got != 3 {
		t.Errorf("commands = %d, want 3", got)
	}
	if got := c.Stats.Pipelines.Load() - pipelines; got != 1 {
		t.Errorf("pipelines = %d, want 1", got)
	}
	if got := c.Stats.Failures.Load() - failures; got != 0 {
		t.Errorf("failures = %d, want 0", got)
	}

	if err := c.Set(ctx, "stats:a", "many", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Incr(ctx, "stats:a").Err(); err == nil {
		t.Fatal("Incr of a word succeeded")
	}
	if got := c.Stats.Failures.Load() - failures; got != 1 {
		t.Errorf("failures = %d, want 1", got)
	}
}

func TestOpenRefusesBadURL(t *testing.T) {
	if _, err := kv.Open(kv.Config{URL: "ftp://localhost:6379"}); err == nil {
		t.Fatal("no error")
	}
}
