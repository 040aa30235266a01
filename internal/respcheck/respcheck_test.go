package respcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/cftest"
)

// calls are made on both servers in this order.
var calls = []struct {
	name string
	call func(ctx context.Context, c *redis.Client) any
}{
	{"Ping", func(ctx context.Context, c *redis.Client) any { return c.Ping(ctx) }},
	{"Set", func(ctx context.Context, c *redis.Client) any { return c.Set(ctx, "k", "v\r\n\x00", time.Hour) }},
	{"Get", func(ctx context.Context, c *redis.Client) any { return c.Get(ctx, "k") }},
	{"Get missing", func(ctx context.Context, c *redis.Client) any { return c.Get(ctx, "none") }},
	{"TTL", func(ctx context.Context, c *redis.Client) any { return c.TTL(ctx, "k") }},
	{"MGet", func(ctx context.Context, c *redis.Client) any { return c.MGet(ctx, "k", "none") }},
	{"wrong type", func(ctx context.Context, c *redis.Client) any { return c.LPush(ctx, "k", 1) }},
	{"RPush", func(ctx context.Context, c *redis.Client) any { return c.RPush(ctx, "l", "a", "b", "c") }},
	{"LRange", func(ctx context.Context, c *redis.Client) any { return c.LRange(ctx, "l", 0, -1) }},
	{"LPopCount", func(ctx context.Context, c *redis.Client) any { return c.LPopCount(ctx, "l", 2) }},
	{"BLPop", func(ctx context.Context, c *redis.Client) any { return c.BLPop(ctx, time.Second, "none", "l") }},
	{"HSet", func(ctx context.Context, c *redis.Client) any { return c.HSet(ctx, "h", "f", 1, "g", 2.5) }},
	{"HGetAll", func(ctx context.Context, c *redis.Client) any { return c.HGetAll(ctx, "h").Val() }},
	{"HIncrByFloat", func(ctx context.Context, c *redis.Client) any { return c.HIncrByFloat(ctx, "h", "g", 0.1) }},
	{"HRandFieldWithValues", func(ctx context.Context, c *redis.Client) any { return len(c.HRandFieldWithValues(ctx, "h", 2).Val()) }},
	{"SAdd", func(ctx context.Context, c *redis.Client) any { return c.SAdd(ctx, "s", "m") }},
	{"SMembers", func(ctx context.Context, c *redis.Client) any { return c.SMembers(ctx, "s") }},
	{"SMIsMember", func(ctx context.Context, c *redis.Client) any { return c.SMIsMember(ctx, "s", "m", "n") }},
	{"ZAdd", func(ctx context.Context, c *redis.Client) any {
		return c.ZAdd(ctx, "z", redis.Z{Score: 0.1, Member: "a"}, redis.Z{Score: 2, Member: "b"})
	}},
	{"ZRangeWithScores", func(ctx context.Context, c *redis.Client) any { return c.ZRangeWithScores(ctx, "z", 0, -1) }},
	{"ZScore", func(ctx context.Context, c *redis.Client) any { return c.ZScore(ctx, "z", "a") }},
	{"ZPopMax", func(ctx context.Context, c *redis.Client) any { return c.ZPopMax(ctx, "z", 1) }},
	{"ZRandMemberWithScores", func(ctx context.Context, c *redis.Client) any { return c.ZRandMemberWithScores(ctx, "z", 1) }},
	{"pipeline", func(ctx context.Context, c *redis.Client) any {
		cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "n")
			p.LPush(ctx, "k", "x")
			p.Incr(ctx, "n")
			return nil
		})
		return fmt.Sprint(cmds, err)
	}},
	{"transaction", func(ctx context.Context, c *redis.Client) any {
		cmds, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "n")
			p.HGetAll(ctx, "none")
			return nil
		})
		return fmt.Sprint(cmds, err)
	}},
	{"broken watch", func(ctx context.Context, c *redis.Client) any {
		return c.Watch(ctx, func(tx *redis.Tx) error {
			if err := c.Incr(ctx, "n").Err(); err != nil {
				return err
			}
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "n"); return nil })
			return err
		}, "n")
	}},
	{"Scan", func(ctx context.Context, c *redis.Client) any {
		n := 0
		it := c.Scan(ctx, 0, "*", 2).Iterator()
		for it.Next(ctx) {
			n++
		}
		return fmt.Sprint(n, it.Err())
	}},
	{"unknown", func(ctx context.Context, c *redis.Client) any { return c.Do(ctx, "NOPE", "a") }},
	{"ClientGetName", func(ctx context.Context, c *redis.Client) any { return c.ClientGetName(ctx) }},
	{"Type", func(ctx context.Context, c *redis.Client) any { return c.Type(ctx, "z") }},
	{"Eval missing script", func(ctx context.Context, c *redis.Client) any {
		return redis.HasErrorPrefix(c.EvalSha(ctx, strings.Repeat("0", 40), nil).Err(), "NOSCRIPT")
	}},
}

func TestGoRedisSeesWhatItSeesOnRedis(t *testing.T) {
	real := testneed.RedisServer(t)
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("protocol %d", protocol), func(t *testing.T) {
			ctx := context.Background()
			dial := func(addr string) *redis.Client {
				c := redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol, ClientName: "check"})
				t.Cleanup(func() { c.Close() })
				return c
			}
			want, have := dial(real), dial(cftest.RunT(t).Addr())
			if err := want.FlushAll(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			for _, c := range calls {
				if a, b := fmt.Sprint(c.call(ctx, want)), fmt.Sprint(c.call(ctx, have)); a != b {
					t.Errorf("%s:\nredis %s\nours  %s", c.name, a, b)
				}
			}
		})
	}
}

func TestGoRedisSubscribesAndBlocks(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		c := redis.NewClient(&redis.Options{Addr: cftest.RunT(t).Addr(), Protocol: protocol})
		defer c.Close()
		ps := c.Subscribe(ctx, "a")
		defer ps.Close()
		if err := ps.PSubscribe(ctx, "b*"); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 2; i++ {
			if _, err := ps.Receive(ctx); err != nil { // the confirmations
				t.Fatal(err)
			}
		}
		for _, channel := range []string{"a", "bc"} {
			if n, err := c.Publish(ctx, channel, "hello").Result(); n != 1 || err != nil {
				t.Errorf("Publish: %d, %v", n, err)
			}
			m, err := ps.ReceiveMessage(ctx)
			if err != nil || m.Channel != channel || m.Payload != "hello" {
				t.Errorf("message %v, %v", m, err)
			}
		}
		if err := ps.Ping(ctx); err != nil {
			t.Error(err)
		}
		if m, err := ps.Receive(ctx); err != nil || fmt.Sprintf("%T", m) != "*redis.Pong" {
			t.Errorf("pong %v, %v", m, err)
		}
		popped := make(chan error, 1)
		go func() {
			v, err := c.BLPop(ctx, 0, "queue").Result()
			if err == nil && v[1] != "x" {
				err = fmt.Errorf("popped %q", v)
			}
			popped <- err
		}()
		if err := c.RPush(ctx, "queue", "x").Err(); err != nil {
			t.Fatal(err)
		}
		if err := <-popped; err != nil {
			t.Error(err)
		}
		if err := c.BLPop(ctx, 10*time.Millisecond, "queue").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("BLPop on nothing: %v", err)
		}
	}
}

func TestRedisCliPrintsTheSame(t *testing.T) {
	if _, err := exec.LookPath("redis-cli"); err != nil {
		testneed.Missing(t, "redis-cli", "apt-get install redis-tools")
	}
	input := strings.Join([]string{
		"FLUSHALL", "SET k \"a b\"", "GET k", "GET none", "LPUSH l 1 2 3", "LRANGE l 0 -1", "ZADD z 1.5 m 2 n",
		"ZRANGE z 0 -1 WITHSCORES", "HSET h f v", "HGETALL h", "INCR k", "MULTI", "INCR n", "GET none", "EXEC",
		"LPUSH", "SELECT 3", "DBSIZE",
	}, "\n") + "\n"
	for _, flag := range []string{"-2", "-3"} {
		run := func(addr string) string {
			host, port, err := net.SplitHostPort(addr)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("redis-cli", flag, "-h", host, "-p", port, "--no-raw")
			cmd.Stdin = strings.NewReader(input)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return string(out)
		}
		if want, have := run(testneed.RedisServer(t)), run(cftest.RunT(t).Addr()); want != have {
			t.Errorf("%s:\nredis:\n%s\nours:\n%s", flag, want, have)
		}
	}
}
