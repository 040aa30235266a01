package goredis_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/goredis"
)

func TestAClientBesideHasTheOptionsAndIsMadeOnce(t *testing.T) {
	made := 0
	make := func(opt *runtime.Options) *runtime.Client {
		made++
		return runtime.NewClient(opt)
	}
	g := redis.NewClient(&redis.Options{Addr: memoryURL(t), DB: 2, Username: "ann", MaxRetries: -1, ReadTimeout: -1, DialTimeout: 7 * time.Second})
	c := goredis.BesideGoRedis(g, make)
	defer c.Close()
	opt := c.Options()
	if opt.Addr != memoryURL(t) || opt.DB != 2 || opt.Username != "ann" || opt.MaxRetries != 0 || opt.ReadTimeout != 0 || opt.DialTimeout != 7*time.Second {
		t.Errorf("options %+v", opt)
	}
	if goredis.BesideGoRedis(g, make) != c || made != 1 {
		t.Errorf("%d clients beside one", made)
	}
	if goredis.BesideGoRedis(nil, make) != nil {
		t.Error("nil must stay nil")
	}
}

func TestCloseOfAClientBesideClosesBoth(t *testing.T) {
	g := redis.NewClient(&redis.Options{Addr: memoryURL(t)})
	c := goredis.BesideGoRedis(g, runtime.NewClient)
	must(t, c.Set(ctx, "k", "v", 0).Err())
	must(t, c.Close())
	if err := g.Ping(ctx).Err(); err != redis.ErrClosed {
		t.Errorf("the go-redis client: %v", err)
	}
	again := goredis.BesideGoRedis(g, runtime.NewClient)
	if err := again.Get(ctx, "k").Err(); err != runtime.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
	if again == c {
		t.Error("what is closed is still held")
	}
	if err := c.Close(); err != runtime.ErrClosed {
		t.Errorf("closed twice: %v", err)
	}
}
