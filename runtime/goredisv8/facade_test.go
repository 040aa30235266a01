package goredisv8_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/go-redis/redis/v8"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/goredisv8"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// pair is a go-redis client and the facade over it.
func pair(t *testing.T, addr string) (*redis.Client, *runtime.Client) {
	t.Helper()
	g := redis.NewClient(&redis.Options{Addr: addr, DB: 1})
	f := goredisv8.FromGoRedis(g)
	t.Cleanup(func() { _ = f.Close() })
	return g, f
}

func TestFacadeOverGoRedisReadsWhatGoRedisReads(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		g := redis.NewClient(&redis.Options{Addr: addr})
		f := goredisv8.FromGoRedis(g)
		must(t, f.FlushDB(ctx).Err())
		must(t, f.Set(ctx, "s", "v", time.Hour).Err())
		must(t, f.HSet(ctx, "h", "f", "1", "g", "2").Err())
		must(t, f.RPush(ctx, "l", "a", "b").Err())
		must(t, f.SAdd(ctx, "set", "m").Err())
		must(t, f.ZAdd(ctx, "z", runtime.Z{Score: 1.5, Member: "one"}, runtime.Z{Score: 2, Member: "two"}).Err())
		for what, both := range map[string][2]interface{}{
			"GET":    {f.Get(ctx, "s").Val(), g.Get(ctx, "s").Val()},
			"SET":    {f.Set(ctx, "s", "v", time.Hour).Val(), "OK"},
			"TTL":    {f.TTL(ctx, "s").Val(), g.TTL(ctx, "s").Val()},
			"HGETAL": {f.HGetAll(ctx, "h").Val(), g.HGetAll(ctx, "h").Val()},
			"LRANGE": {f.LRange(ctx, "l", 0, -1).Val(), g.LRange(ctx, "l", 0, -1).Val()},
			"SMEMB":  {f.SMembersMap(ctx, "set").Val(), g.SMembersMap(ctx, "set").Val()},
			"ZSCORE": {f.ZScore(ctx, "z", "one").Val(), g.ZScore(ctx, "z", "one").Val()},
			"ZRANGE": {fmt.Sprint(f.ZRangeWithScores(ctx, "z", 0, -1).Val()), fmt.Sprint(g.ZRangeWithScores(ctx, "z", 0, -1).Val())},
			"ZPOP":   {fmt.Sprint(f.ZRangeArgsWithScores(ctx, runtime.ZRangeArgs{Key: "z", Start: 0, Stop: -1, Rev: true}).Val()), "[{2 two} {1.5 one}]"},
			"TYPE":   {f.Type(ctx, "z").Val(), "zset"},
			"SCAN":   {scanned(f), 5},
			"MGET":   {f.MGet(ctx, "s", "none").Val(), g.MGet(ctx, "s", "none").Val()},
			"EVAL":   {f.Eval(ctx, `return {1, "two", false, {ok="fine"}}`, nil).Val(), g.Eval(ctx, `return {1, "two", false, {ok="fine"}}`, nil).Val()},
			"DO":     {f.Do(ctx, "HGETALL", "h").Val(), g.Do(ctx, "HGETALL", "h").Val()},
			"WRONG":  {f.Incr(ctx, "l").Err().Error(), g.Incr(ctx, "l").Err().Error()},
			"NIL":    {f.Get(ctx, "none").Err(), g.Get(ctx, "none").Err()},
		} {
			if !reflect.DeepEqual(both[0], both[1]) {
				t.Errorf("%s: the facade has %#v, go-redis %#v", what, both[0], both[1])
			}
		}
		must(t, f.Close())
		if err := g.Ping(ctx).Err(); err != redis.ErrClosed {
			t.Errorf("the facade's Close left the go-redis client open: %v", err)
		}
	})
}

func scanned(f *runtime.Client) (n int) {
	it := f.Scan(ctx, 0, "*", 2).Iterator()
	for it.Next(ctx) {
		n++
	}
	return n
}

func TestFacadeOverGoRedisPipelinesAndTransactions(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		g, f := pair(t, addr)
		cmds, err := f.Pipelined(ctx, func(p runtime.Pipeliner) error {
			p.Set(ctx, "k", "v", 0)
			p.Get(ctx, "none")
			p.LPush(ctx, "k", "x")
			p.Get(ctx, "k")
			return nil
		})
		if err != runtime.Nil || cmds[3].(*runtime.StringCmd).Val() != "v" || !runtime.HasErrorPrefix(cmds[2].Err(), "WRONGTYPE") {
			t.Errorf("%v, %v", cmds, err)
		}
		cmds, err = f.TxPipelined(ctx, func(p runtime.Pipeliner) error {
			p.Incr(ctx, "n")
			p.LPush(ctx, "k", "x")
			p.Incr(ctx, "n")
			return nil
		})
		if !runtime.HasErrorPrefix(err, "WRONGTYPE") || cmds[2].(*runtime.IntCmd).Val() != 2 {
			t.Errorf("%v, %v", cmds, err)
		}
		_, err = f.TxPipelined(ctx, func(p runtime.Pipeliner) error {
			p.Incr(ctx, "n")
			p.Do(ctx, "nosuchcommand")
			return nil
		})
		if err == nil || f.Get(ctx, "n").Val() != "2" {
			t.Errorf("a transaction with a fault: %v, n is %s", err, f.Get(ctx, "n").Val())
		}

		watch := func(meanwhile func()) error {
			return f.Watch(ctx, func(tx *runtime.Tx) error {
				n, err := tx.Get(ctx, "n").Int()
				if err != nil {
					return err
				}
				meanwhile()
				_, err = tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { return p.Set(ctx, "n", n*10, 0).Err() })
				return err
			}, "n")
		}
		must(t, watch(func() {}))
		equal(t, "n", g.Get(ctx, "n").Val(), "20")
		if err := watch(func() { g.Incr(ctx, "n") }); err != redis.TxFailedErr {
			t.Errorf("a changed key: %v", err)
		}
		equal(t, "n", g.Get(ctx, "n").Val(), "21")
	})
}

func TestFacadeOverGoRedisGivesConnectionsBackAsTheyWere(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		g := redis.NewClient(&redis.Options{Addr: addr, DB: 1, PoolSize: 1})
		f := goredisv8.FromGoRedis(g)
		defer f.Close()
		must(t, f.Set(ctx, "k", "in 1", 0).Err())
		conn := f.Conn()
		must(t, conn.Select(ctx, 2).Err())
		must(t, conn.ClientSetName(ctx, "another").Err())
		must(t, conn.Set(ctx, "k", "in 2", 0).Err())
		equal(t, "name", conn.ClientGetName(ctx).Val(), "another")
		must(t, conn.Close())
		equal(t, "the pool's only connection", g.Get(ctx, "k").Val(), "in 1")
		equal(t, "its name", g.ClientGetName(ctx).Err(), error(redis.Nil))
		equal(t, "connections", int(g.PoolStats().TotalConns), 1)
	})
}

func TestFacadeOverGoRedisWaitsForData(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		g := redis.NewClient(&redis.Options{Addr: addr, ReadTimeout: 50 * time.Millisecond, MaxRetries: -1})
		f := goredisv8.FromGoRedis(g)
		defer f.Close()
		got := make(chan string, 1)
		go func() { got <- fmt.Sprint(f.BLPop(ctx, 0, "queue").Result()) }()
		eventually(t, "a blocked client", busy(g))
		time.AfterFunc(100*time.Millisecond, func() { g.RPush(ctx, "queue", "job") }) // longer than the read timeout
		equal(t, "popped", <-got, "[queue job] <nil>")

		if err := f.Do(ctx, "BLPOP", "queue", "0.01").Err(); err != runtime.Nil {
			t.Errorf("after its timeout: %v", err)
		}
		waiting, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- f.BLPop(waiting, 0, "queue").Err() }()
		eventually(t, "a blocked client", busy(g))
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("after cancel: %v", err)
		}
		must(t, g.RPush(ctx, "queue", "kept").Err())
		equal(t, "nobody took it", g.LLen(ctx, "queue").Val(), 1)
	})
}

// busy reports whether a connection is in use.
func busy(g *redis.Client) func() bool {
	return func() bool {
		s := g.PoolStats()
		return s.TotalConns > s.IdleConns
	}
}

func blockedClients(g *redis.Client) (n int) {
	info := g.Info(ctx, "clients").Val()
	for i := 0; i+16 < len(info); i++ {
		if info[i:i+16] == "blocked_clients:" {
			_, _ = fmt.Sscan(info[i+16:], &n)
		}
	}
	return n
}

func TestFacadeOverGoRedisWaitsInsideAConnection(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		g, f := pair(t, addr)
		conn := f.Conn()
		defer conn.Close()
		must(t, conn.ClientSetName(ctx, "mine").Err())
		if err := conn.Do(ctx, "BLPOP", "queue", "0.02").Err(); err != runtime.Nil {
			t.Errorf("after its timeout: %v", err)
		}
		must(t, g.RPush(ctx, "queue", "job").Err())
		equal(t, "popped", fmt.Sprint(conn.BLPop(ctx, 0, "queue").Val()), "[queue job]")
	})
}

func TestFacadeOverGoRedisSubscribes(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		noLeaks(t, func() {
			g := redis.NewClient(&redis.Options{Addr: addr})
			f := goredisv8.FromGoRedis(g)
			sub := f.Subscribe(ctx, "news")
			s, err := sub.Receive(ctx)
			must(t, err)
			equal(t, "confirmed", fmt.Sprint(s), "subscribe: news")
			must(t, sub.PSubscribe(ctx, "w*"))
			_, err = sub.Receive(ctx)
			must(t, err)
			must(t, g.Publish(ctx, "news", "one").Err())
			must(t, f.Publish(ctx, "weather", "two").Err())
			for _, want := range []string{"news one", "w* weather two"} {
				m, err := sub.ReceiveMessage(ctx)
				must(t, err)
				got := m.Channel + " " + m.Payload
				if m.Pattern != "" {
					got = m.Pattern + " " + got
				}
				equal(t, "message", got, want)
			}
			must(t, sub.Unsubscribe(ctx, "news"))
			s, err = sub.Receive(ctx)
			must(t, err)
			equal(t, "left", fmt.Sprint(s), "unsubscribe: news")
			must(t, sub.Close())
			must(t, f.Close())
		})
	})
}

func TestClosedGoRedisClientEndsTheFacade(t *testing.T) {
	g, f := pair(t, engineServer(t))
	must(t, f.Ping(ctx).Err())
	must(t, g.Close())
	if err := f.Ping(ctx).Err(); err != runtime.ErrClosed {
		t.Errorf("%v", err)
	}
	must(t, f.Close())
}

func TestTheTwoDirectionsUndoEachOther(t *testing.T) {
	g, f := pair(t, engineServer(t))
	if goredisv8.GoRedis(f) != g {
		t.Error("GoRedis of FromGoRedis(g) is not g")
	}
	c := newFacade(t)
	if goredisv8.FromGoRedis(goredisv8.GoRedis(c)) != c {
		t.Error("FromGoRedis of GoRedis(c) is not c")
	}
}

func TestFacadeOverARing(t *testing.T) {
	servers(t, func(t *testing.T, addr string) {
		ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"shard": addr}})
		f := goredisv8.FromGoRedis(ring)
		must(t, f.Set(ctx, "n", 1, 0).Err())
		for _, want := range []error{nil, redis.TxFailedErr} {
			err := f.Watch(ctx, func(tx *runtime.Tx) error {
				if want != nil {
					ring.Incr(ctx, "n")
				}
				_, err := tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { return p.Incr(ctx, "n").Err() })
				return err
			}, "n")
			if err != want {
				t.Errorf("Watch: %v, want %v", err, want)
			}
		}
		cmds, err := f.TxPipelined(ctx, func(p runtime.Pipeliner) error {
			p.Incr(ctx, "n")
			return p.Get(ctx, "n").Err()
		})
		must(t, err)
		equal(t, "n", cmds[1].(*runtime.StringCmd).Val(), "4")
		if err := f.Do(ctx, "BLPOP", "queue", "0.02").Err(); err != runtime.Nil {
			t.Errorf("BLPop: %v", err)
		}
		conn := f.Conn()
		if err := conn.Select(ctx, 2).Err(); !runtime.HasErrorPrefix(err, "redis2cf: SELECT needs a connection of its own") {
			t.Errorf("Select: %v", err)
		}
		_ = conn.Close()
		must(t, f.Close())
	})
}

func TestXReadOfNewEntriesMissesNoneBetweenSlices(t *testing.T) {
	addr := testneed.RedisServer(t)
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"shard": addr}})
	f := goredisv8.FromGoRedis(ring)
	defer f.Close()
	must(t, f.Do(ctx, "XADD", "s", "1-1", "f", "old").Err())
	got := make(chan string, 1)
	go func() { got <- fmt.Sprint(f.Do(ctx, "XREAD", "BLOCK", 0, "STREAMS", "s", "$").Result()) }()
	single := redis.NewClient(&redis.Options{Addr: addr})
	defer single.Close()
	eventually(t, "a blocked client", func() bool { return blockedClients(single) > 0 })
	must(t, single.Do(ctx, "XADD", "s", "2-1", "f", "new").Err())
	equal(t, "entries", <-got, "[[s [[2-1 [f new]]]]] <nil>")
}
