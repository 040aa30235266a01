package runtime_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// TestReadTimeoutEndsADoThatWaits: the methods' own timeouts do not depend on it.
func TestReadTimeoutEndsADoThatWaits(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name(), MaxRetries: -1}).WithTimeout(20 * time.Millisecond)
	var timeout net.Error
	if err := c.Do(ctx, "blpop", "q", 0).Err(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("Do: %v", err)
	}
	if err := c.BLPop(ctx, 60*time.Millisecond, "q").Err(); err != runtime.Nil {
		t.Errorf("BLPop: %v", err)
	}
	c.RPush(ctx, "q", "x") // the Do that gave up must not take it
	if v, err := c.LPop(ctx, "q").Result(); v != "x" {
		t.Errorf("%q, %v", v, err)
	}
}

// TestContextEndsWhatWaits whatever ContextTimeoutEnabled says.
func TestContextEndsWhatWaits(t *testing.T) {
	for _, enabled := range []bool{false, true} {
		c := client(t, &runtime.Options{Addr: "memory://" + t.Name(), ContextTimeoutEnabled: enabled})
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		for name, err := range map[string]error{"BLPop": c.BLPop(short, 0, "q").Err(), "Do": c.Do(short, "blpop", "q", 0).Err()} {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
	}
}

func TestShardsOfARingAreOneSetOfData(t *testing.T) {
	r := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"a": "ring-one:6379", "b": "ring-two:6379"}})
	defer r.Close()
	r.Set(ctx, "k", "v", 0)
	r.SetAddrs(map[string]string{"c": "ring-three:6379"})
	if r.Get(ctx, "k").Val() != "v" || r.Len() != 1 || r.Options().Addrs["c"] == "" {
		t.Error("SetAddrs moved the data")
	}
	seen := 0
	err := r.ForEachShard(ctx, func(ctx context.Context, c *runtime.Client) error {
		seen++
		return c.Get(ctx, "k").Err()
	})
	if err != nil || seen != 1 {
		t.Error(err, seen)
	}
	if c, err := r.GetShardClientForKey("k"); err != nil || c.Get(ctx, "k").Val() != "v" {
		t.Error(err)
	}
}

func TestClusterNodesAreOneSetOfData(t *testing.T) {
	c := runtime.NewClusterClient(&runtime.ClusterOptions{Addrs: []string{"node-one:7000", "node-two:7001"}})
	defer c.Close()
	c.Set(ctx, "k", "v", 0)
	read := func(ctx context.Context, node *runtime.Client) error { return node.Get(ctx, "k").Err() }
	master, err1 := c.MasterForKey(ctx, "k")
	replica, err2 := c.SlaveForKey(ctx, "k")
	err := errors.Join(err1, err2, read(ctx, master), read(ctx, replica), c.ForEachMaster(ctx, read), c.ForEachShard(ctx, read), c.ForEachSlave(ctx, read))
	if err != nil {
		t.Error(err)
	}
}

// TestTwoServersAreTwoSetsOfData: a FLUSHALL of one leaves the other alone.
func TestTwoServersAreTwoSetsOfData(t *testing.T) {
	one, two := client(t, &runtime.Options{Addr: "cache.internal:6379"}), client(t, &runtime.Options{Addr: "cache.internal:6380"})
	one.Set(ctx, "k", "one", 0)
	two.Set(ctx, "k", "two", 0)
	one.FlushAll(ctx)
	if v := two.Get(ctx, "k").Val(); v != "two" {
		t.Errorf("%q", v)
	}
}

func TestFunctionsThroughTheFacade(t *testing.T) {
	c := embedded(t)
	code := "#!lua name=lib\nredis.register_function{function_name='f', callback=function(k, a) return a[1] end, flags={'no-writes'}, description='d'}"
	if name, err := c.FunctionLoad(ctx, code).Result(); name != "lib" || err != nil {
		t.Fatal(name, err)
	}
	if v, err := c.FCallRO(ctx, "f", []string{"k"}, "x").Text(); v != "x" || err != nil {
		t.Error(v, err)
	}
	lib, err := c.FunctionList(ctx, runtime.FunctionListQuery{LibraryNamePattern: "l*", WithCode: true}).First()
	if err != nil || lib.Code != code || lib.Functions[0].Description != "d" || lib.Functions[0].Flags[0] != "no-writes" {
		t.Error(lib, err)
	}
	stats, err := c.FunctionStats(ctx).Result()
	if err != nil || stats.Running() || len(stats.Engines) != 1 || stats.Engines[0].FunctionsCount != 1 {
		t.Error(stats, err)
	}
	if err := c.FunctionFlush(ctx).Err(); err != nil || len(c.FunctionList(ctx, runtime.FunctionListQuery{}).Val()) != 0 {
		t.Error(err)
	}
}
