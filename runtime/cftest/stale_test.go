package cftest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cftest"
)

var stalePlan = runtime.RegisterPlan(runtime.Plan{Module: "example.com/stale", Package: "example.com/stale/cfstore", Families: []runtime.Family{
	{Pattern: "stale-session:*", Name: "StaleSession", Type: "string", Store: "kv", Consistency: "primary"},
	{Pattern: "stale-count:*", Name: "StaleCount", Type: "string", Store: "do"},
}})

func TestStaleKVShowsOtherClientsWhatWasThereBefore(t *testing.T) {
	ctx := context.Background()
	s := cftest.RunT(t)
	s.StaleKV(1)
	client := func() *runtime.Client {
		c := stalePlan.NewClient(&runtime.Options{Addr: s.Addr()})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	a, b := client(), client()
	if err := a.Set(ctx, "stale-session:1", "v", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Get(ctx, "stale-session:1").Result(); err != nil || got != "v" {
		t.Errorf("its own write: %q, %v", got, err)
	}
	if got, err := b.Get(ctx, "stale-session:1").Result(); err != runtime.Nil {
		t.Errorf("another client: %q, %v", got, err)
	}
	if got, err := s.Get("stale-session:1"); err != nil || got != "v" {
		t.Errorf("the test itself: %q, %v", got, err)
	}
	s.FastForward(time.Minute)
	if got, err := b.Get(ctx, "stale-session:1").Result(); err != nil || got != "v" {
		t.Errorf("another client, a minute later: %q, %v", got, err)
	}
	if n, err := b.Incr(ctx, "stale-count:1").Result(); err != nil || n != 1 {
		t.Errorf("INCR of another family: %d, %v", n, err)
	}
	if err := b.Incr(ctx, "stale-session:1").Err(); err == nil {
		t.Error("INCR of a family in KV alone has no error")
	}
	s.FastForward(time.Hour)
	if s.Exists("stale-session:1") {
		t.Error("the key outlived its expiry")
	}
}
