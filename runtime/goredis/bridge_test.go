package goredis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cftest"
	"github.com/redis2cf/redis2cf/runtime/goredis"
)

func TestSentinelsAreGoRedissOwn(t *testing.T) {
	if error(runtime.Nil) != error(redis.Nil) || error(runtime.TxFailedErr) != error(redis.TxFailedErr) || runtime.ErrClosed != redis.ErrClosed {
		t.Error("the sentinels differ")
	}
	c := newFacade(t)
	if err := c.Get(ctx, "none").Err(); err != redis.Nil {
		t.Errorf("the facade's error is %#v", err)
	}
	if err := goredis.GoRedis(c).Get(ctx, "none").Err(); err != error(runtime.Nil) {
		t.Errorf("go-redis's error is %#v", err)
	}
}

func TestBothSidesSeeTheSameData(t *testing.T) {
	c := newFacade(t)
	g := goredis.GoRedis(c)
	must(t, c.Set(ctx, "a", "facade", 0).Err())
	equal(t, "go-redis reads", g.Get(ctx, "a").Val(), "facade")
	must(t, g.HSet(ctx, "h", "f", "1", "g", "2").Err())
	equal(t, "the facade reads", fmt.Sprint(c.HGetAll(ctx, "h").Val()), "map[f:1 g:2]")
	must(t, g.ZAdd(ctx, "z", redis.Z{Score: 1.5, Member: "m"}).Err())
	equal(t, "scores", fmt.Sprint(g.ZRangeWithScores(ctx, "z", 0, -1).Val()), "[{1.5 m}]")
	large := strings.Repeat("x", 5<<20)
	must(t, g.Set(ctx, "large", large, 0).Err())
	equal(t, "5 MB", g.Get(ctx, "large").Val() == large, true)
}

func TestOneBridgeForAClientAndItsClones(t *testing.T) {
	c := newFacade(t)
	if goredis.GoRedis(c) != goredis.GoRedis(c) || goredis.GoRedis(c) != goredis.GoRedis(c.WithTimeout(time.Minute)) {
		t.Error("a client has several bridges")
	}
	if goredis.GoRedis(c) == goredis.GoRedis(newFacade(t)) {
		t.Error("two clients share a bridge")
	}
	if goredis.GoRedis(nil) != nil || goredis.GoRedisCluster(nil) != nil || goredis.FromGoRedis(nil) != nil || goredis.FromGoRedis((*redis.Client)(nil)) != nil {
		t.Error("nil must stay nil")
	}
}

func TestBridgeOfAnInterfacesClient(t *testing.T) {
	c := newFacade(t)
	type wrapper struct{ runtime.UniversalClient }
	for _, v := range []interface{}{c, wrapper{c}} {
		if goredis.GoRedisOf(v) != redis.UniversalClient(goredis.GoRedis(c)) {
			t.Errorf("another bridge for a %T", v)
		}
	}
	if goredis.GoRedisOf(nil) != nil {
		t.Error("nil must stay nil")
	}
	defer func() {
		want := "goredis: a *runtime.Pipeline goes to code that needs go-redis, and there is no client of the runtime in it; " +
			"pass a client, embed one, or give it a method Unwrap that returns one as a UniversalClient"
		if got := recover(); got != want {
			t.Errorf("of a pipeline: %v", got)
		}
	}()
	goredis.GoRedisOf(c.Pipeline())
}

func TestDatabaseAndOptionsComeAlong(t *testing.T) {
	c := runtime.NewClient(&runtime.Options{Addr: memoryURL(t), DB: 3, ReadTimeout: -1, ClientName: "me"})
	defer c.Close()
	g := goredis.GoRedis(c)
	must(t, g.Set(ctx, "k", "v", 0).Err())
	equal(t, "the facade's database 3", c.Get(ctx, "k").Val(), "v")
	equal(t, "name", g.ClientGetName(ctx).Val(), "me")
	equal(t, "read timeout", g.Options().ReadTimeout, 0)
	equal(t, "write timeout", g.Options().WriteTimeout, c.Options().WriteTimeout)
}

func TestPasswordIsTheFacades(t *testing.T) {
	s := cftest.RunT(t)
	s.RequireUserAuth("ann", "secret")
	c := runtime.NewClient(&runtime.Options{Addr: s.Addr(), Username: "ann", Password: "secret"})
	defer c.Close()
	must(t, goredis.GoRedis(c).Set(ctx, "k", "v", 0).Err())
	s.CheckGet(t, "k", "v")
	stranger := runtime.NewClient(&runtime.Options{Addr: s.Addr(), MaxRetries: -1})
	defer stranger.Close()
	if err := goredis.GoRedis(stranger).Get(ctx, "k").Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
}

func TestStoreThatCannotBeOpenedIsTheBridgesError(t *testing.T) {
	c := runtime.NewClient(&runtime.Options{Addr: "nowhere://x", MaxRetries: -1})
	defer c.Close()
	if err := goredis.GoRedis(c).Get(ctx, "k").Err(); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
}

func TestBridgePipelinesAndTransactions(t *testing.T) {
	g := goredis.GoRedis(newFacade(t))
	const n = 5000 // more than either side buffers
	value := strings.Repeat("v", 500)
	pipe := g.Pipeline()
	for i := 0; i < n; i++ {
		pipe.Set(ctx, fmt.Sprint("k", i), value, 0)
		pipe.Get(ctx, fmt.Sprint("k", i))
	}
	cmds, err := pipe.Exec(ctx)
	must(t, err)
	equal(t, "commands", len(cmds), 2*n)
	equal(t, "the last value", cmds[2*n-1].(*redis.StringCmd).Val() == value, true)

	err = g.Watch(ctx, func(tx *redis.Tx) error {
		must(t, g.Set(ctx, "watched", "by another", 0).Err())
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "watched", "mine", 0).Err() })
		return err
	}, "watched")
	if err != error(runtime.TxFailedErr) {
		t.Errorf("a transaction on a changed key: %v", err)
	}
	must(t, g.Watch(ctx, func(tx *redis.Tx) error {
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Incr(ctx, "n").Err() })
		return err
	}, "watched"))
	equal(t, "n", g.Get(ctx, "n").Val(), "1")
}

func TestBridgeSubscriptionsAndBlocking(t *testing.T) {
	c := newFacade(t)
	g := goredis.GoRedis(c)
	sub := g.Subscribe(ctx, "news")
	defer sub.Close()
	_, err := sub.Receive(ctx)
	must(t, err)
	equal(t, "receivers", c.Publish(ctx, "news", "from the facade").Val(), 1)
	m, err := sub.ReceiveMessage(ctx)
	must(t, err)
	equal(t, "payload", m.Payload, "from the facade")

	got := make(chan []string, 1)
	go func() { got <- g.BLPop(ctx, 0, "queue").Val() }()
	must(t, c.RPush(ctx, "queue", "job").Err())
	equal(t, "popped", fmt.Sprint(<-got), "[queue job]")
}

// As with a server, a program that does not wait for the confirmation gets what it
// publishes after it subscribed. The scheduler may read the other connection first
// now and then; without the order it does so nearly always.
func TestBridgePublishesAfterTheSubscriptionBeforeIt(t *testing.T) {
	g := goredis.GoRedis(newFacade(t))
	const rounds = 200
	heard := 0
	for i := 0; i < rounds; i++ {
		channel := fmt.Sprint("news", i)
		sub := g.Subscribe(ctx, channel)
		heard += int(g.Publish(ctx, channel, "m").Val())
		must(t, sub.Close())
	}
	t.Logf("%d of %d were heard", heard, rounds)
	if heard < rounds*2/3 {
		t.Errorf("%d of %d publications were heard", heard, rounds)
	}
}

func TestBridgeScripts(t *testing.T) {
	g := goredis.GoRedis(newFacade(t))
	s := redis.NewScript(`return redis.call("INCRBY", KEYS[1], ARGV[1])`)
	for want := int64(2); want <= 6; want += 2 {
		n, err := s.Run(ctx, g, []string{"n"}, 2).Int64()
		must(t, err)
		equal(t, "n", n, want)
	}
}

func TestBridgeOfAClusterAndARing(t *testing.T) {
	c := runtime.NewClusterClient(&runtime.ClusterOptions{Addrs: []string{memoryURL(t)}})
	defer c.Close()
	g := goredis.GoRedisCluster(c)
	must(t, g.MSet(ctx, "a", "1", "b", "2").Err()) // the slots differ, the node does not
	_, err := g.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Incr(ctx, "a")
		return p.Incr(ctx, "a").Err()
	})
	must(t, err)
	equal(t, "a", c.Get(ctx, "a").Val(), "3")
	if goredis.GoRedisUniversal(c) != redis.UniversalClient(g) || goredis.FromGoRedisCluster(g) != c {
		t.Error("a cluster client and its bridge do not find each other")
	}

	r := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"shard": memoryURL(t)}})
	defer r.Close()
	equal(t, "through the ring", goredis.GoRedisUniversal(r).Get(ctx, "b").Val(), "2")
}

func TestBridgeOfARingOfSeveralStores(t *testing.T) {
	r := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"a": memoryURL(t) + "-a", "b": memoryURL(t) + "-b"}, DB: 2})
	g, ok := goredis.GoRedisUniversal(r).(*redis.Ring)
	if !ok || goredis.GoRedisUniversal(r) != redis.UniversalClient(g) {
		t.Fatal("a ring has no bridge, or two")
	}
	var mu sync.Mutex
	counts := map[int64]bool{}
	for i := 0; i < 20; i++ {
		key := fmt.Sprint("k", i)
		must(t, g.Set(ctx, key, i, 0).Err())
		equal(t, key, r.Get(ctx, key).Val(), fmt.Sprint(i))
	}
	must(t, r.ForEachShard(ctx, func(ctx context.Context, shard *runtime.Client) error {
		n, err := shard.DBSize(ctx).Result()
		mu.Lock()
		defer mu.Unlock()
		counts[n] = true
		return err
	}))
	if counts[0] || counts[20] {
		t.Error("the keys are in one shard")
	}
	must(t, r.Close())
	if err := g.Get(ctx, "k1").Err(); err == nil {
		t.Error("the bridge outlived the ring")
	}
}

func TestCloseOfTheClientClosesItsBridge(t *testing.T) {
	noLeaks(t, func() {
		c := runtime.NewClient(&runtime.Options{Addr: memoryURL(t)})
		g := goredis.GoRedis(c)
		must(t, g.Ping(ctx).Err())
		sub := g.Subscribe(ctx, "news")
		_, err := sub.Receive(ctx)
		must(t, err)
		blocked := make(chan error, 1)
		go func() { blocked <- g.BLPop(ctx, 0, "queue").Err() }()
		eventually(t, "a blocked client", busy(g))
		must(t, c.Close())
		if err := <-blocked; err == nil {
			t.Error("a blocked command must end with an error")
		}
		if err := g.Ping(ctx).Err(); err != runtime.ErrClosed {
			t.Errorf("after Close: %v", err)
		}
		if err := goredis.GoRedis(c).Ping(ctx).Err(); err != runtime.ErrClosed {
			t.Errorf("a bridge made after Close: %v", err)
		}
		_ = sub.Close()
	})
}

func TestCloseOfTheBridgeLeavesTheClient(t *testing.T) {
	c := newFacade(t)
	g := goredis.GoRedis(c)
	must(t, g.Set(ctx, "k", "v", 0).Err())
	must(t, g.Close())
	if err := g.Ping(ctx).Err(); err != redis.ErrClosed {
		t.Errorf("the closed bridge: %v", err)
	}
	equal(t, "the client", c.Get(ctx, "k").Val(), "v")
	must(t, c.Close())
}

func TestALibraryOfLocksWorksThroughTheBridge(t *testing.T) {
	c := newFacade(t)
	locks := redislock.New(goredis.GoRedis(c))
	lock, err := locks.Obtain(ctx, "lock", time.Minute, nil)
	must(t, err)
	if _, err := locks.Obtain(ctx, "lock", time.Minute, nil); !errors.Is(err, redislock.ErrNotObtained) {
		t.Errorf("a lock that is held: %v", err)
	}
	if ttl, err := lock.TTL(ctx); err != nil || ttl < 59*time.Second || ttl > time.Minute {
		t.Errorf("TTL %v, %v", ttl, err)
	}
	must(t, lock.Refresh(ctx, time.Hour, nil))
	if ttl := c.TTL(ctx, "lock").Val(); ttl < 59*time.Minute {
		t.Errorf("the facade sees a TTL of %v", ttl)
	}
	must(t, lock.Release(ctx))
	if err := lock.Release(ctx); !errors.Is(err, redislock.ErrLockNotHeld) {
		t.Errorf("released twice: %v", err)
	}
	equal(t, "keys left", c.Exists(ctx, "lock").Val(), 0)
}

func TestContextEndsACommandOfTheBridge(t *testing.T) {
	c := runtime.NewClient(&runtime.Options{Addr: memoryURL(t), ContextTimeoutEnabled: true})
	defer c.Close()
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := goredis.GoRedis(c).BLPop(short, 0, "queue").Err(); !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(fmt.Sprint(err), "timeout") {
		t.Errorf("%v", err)
	}
}
