package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	cf "github.com/redis2cf/redis2cf/runtime"
)

// An op is one line of the table.
type op struct {
	name string
	// What issue and design ask for; 0: nothing is asked.
	p50    time.Duration // at most this, on the memory store
	redis  float64       // at least so many times faster than go-redis to redis-server
	behind float64       // at most so many times the memory store's, on a file at the level behind
	batch  int           // commands in one call
}

const (
	mustP50    = 2 * time.Microsecond
	mustRedis  = 12
	mustBehind = 1.2
	mustPipe   = 3
)

var ops = []op{
	{name: "SET", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "GET", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "INCR", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "HSET", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "HGETALL of 10", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "LPUSH+LTRIM", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 2},
	{name: "LRANGE of 50", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "ZADD", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "ZRANGE of 50", p50: mustP50, redis: mustRedis, behind: mustBehind, batch: 1},
	{name: "HGET", batch: 1},
	{name: "SADD", batch: 1},
	{name: "EVAL", batch: 1},
	{name: "50 x SET", redis: mustPipe, batch: 50},
	{name: "50 x GET", redis: mustPipe, batch: 50},
	{name: "50 x HSET", redis: mustPipe, batch: 50},
	{name: "50 x INCR", redis: mustPipe, batch: 50},
}

// keysOfKind is how many keys each command goes round.
const keysOfKind = 500

// inputs are the keys and values of a round, made before the clock starts, so
// that what is measured is the client and the store.
type inputs struct {
	str, num, hash, wide, list, range50, zset, rank50, set, eval []string
	fields, members                                              []string
	values                                                       []string // fresh in every round
}

func newInputs() *inputs {
	names := func(prefix string, n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = prefix + strconv.Itoa(i)
		}
		return all
	}
	in := &inputs{fields: names("field", 20), members: names("member:", 50)}
	for _, k := range []struct {
		to     *[]string
		prefix string
	}{
		{&in.str, "bench:str:"}, {&in.num, "bench:num:"}, {&in.hash, "bench:hash:"}, {&in.wide, "bench:wide:"},
		{&in.list, "bench:list:"}, {&in.range50, "bench:range:"}, {&in.zset, "bench:zset:"}, {&in.rank50, "bench:rank:"},
		{&in.set, "bench:set:"}, {&in.eval, "bench:eval:"},
	} {
		*k.to = names(k.prefix, keysOfKind)
	}
	return in
}

// refresh makes n values that were never there before: a store that writes
// nothing when nothing changes must not look fast.
func (in *inputs) refresh(n int) {
	in.values = make([]string, n)
	for i := range in.values {
		in.values[i] = strconv.FormatUint(rand.Uint64(), 36) + "-" + strconv.Itoa(i)
	}
}

func of(all []string, i int) string { return all[i%len(all)] }

const script = `return redis.call("INCRBY", KEYS[1], ARGV[1])`

// inProcess and overTCP are the same lines on two clients with the same methods
// and different types.
func inProcess(c *cf.Client, in *inputs) map[string]func(i int) error {
	ctx := context.Background()
	sc := cf.NewScript(script)
	pipe := func(queue func(p cf.Pipeliner, i int)) func(int) error {
		return func(i int) error {
			p := c.Pipeline()
			for k := range 50 {
				queue(p, i*50+k)
			}
			_, err := p.Exec(ctx)
			return err
		}
	}
	return map[string]func(int) error{
		"SET":           func(i int) error { return c.Set(ctx, of(in.str, i), of(in.values, i), 0).Err() },
		"GET":           func(i int) error { return c.Get(ctx, of(in.str, i)).Err() },
		"INCR":          func(i int) error { return c.Incr(ctx, of(in.num, i)).Err() },
		"HSET":          func(i int) error { return c.HSet(ctx, of(in.hash, i), of(in.fields, i), of(in.values, i)).Err() },
		"HGETALL of 10": func(i int) error { return c.HGetAll(ctx, of(in.wide, i)).Err() },
		"LPUSH+LTRIM": func(i int) error {
			if err := c.LPush(ctx, of(in.list, i), of(in.values, i)).Err(); err != nil {
				return err
			}
			return c.LTrim(ctx, of(in.list, i), 0, 99).Err()
		},
		"LRANGE of 50": func(i int) error { return c.LRange(ctx, of(in.range50, i), 0, -1).Err() },
		"ZADD": func(i int) error {
			return c.ZAdd(ctx, of(in.zset, i), cf.Z{Score: float64(i), Member: of(in.members, i)}).Err()
		},
		"ZRANGE of 50": func(i int) error { return c.ZRange(ctx, of(in.rank50, i), 0, -1).Err() },
		"HGET":         func(i int) error { return ignore(c.HGet(ctx, of(in.hash, i), of(in.fields, i)).Err(), cf.Nil) },
		"SADD":         func(i int) error { return c.SAdd(ctx, of(in.set, i), of(in.values, i)).Err() },
		"EVAL":         func(i int) error { return sc.Run(ctx, c, in.eval[i%keysOfKind:i%keysOfKind+1], i).Err() },
		"50 x SET":     pipe(func(p cf.Pipeliner, i int) { p.Set(ctx, of(in.str, i), of(in.values, i), 0) }),
		"50 x GET":     pipe(func(p cf.Pipeliner, i int) { p.Get(ctx, of(in.str, i)) }),
		"50 x HSET":    pipe(func(p cf.Pipeliner, i int) { p.HSet(ctx, of(in.hash, i), of(in.fields, i), of(in.values, i)) }),
		"50 x INCR":    pipe(func(p cf.Pipeliner, i int) { p.Incr(ctx, of(in.num, i)) }),
		"fill": func(i int) error {
			_, err := c.Pipelined(ctx, func(p cf.Pipeliner) error {
				p.Set(ctx, of(in.str, i), "a value", 0)
				for k := range 50 {
					if k < 10 {
						p.HSet(ctx, of(in.wide, i), "field"+strconv.Itoa(k), "the value of field "+strconv.Itoa(k))
					}
					p.RPush(ctx, of(in.range50, i), "an element of the list "+strconv.Itoa(k))
					p.ZAdd(ctx, of(in.rank50, i), cf.Z{Score: float64(k), Member: "a member of the set " + strconv.Itoa(k)})
				}
				return nil
			})
			return err
		},
	}
}

func overTCP(c *redis.Client, in *inputs) map[string]func(i int) error {
	ctx := context.Background()
	sc := redis.NewScript(script)
	pipe := func(queue func(p redis.Pipeliner, i int)) func(int) error {
		return func(i int) error {
			p := c.Pipeline()
			for k := range 50 {
				queue(p, i*50+k)
			}
			_, err := p.Exec(ctx)
			return err
		}
	}
	return map[string]func(int) error{
		"SET":           func(i int) error { return c.Set(ctx, of(in.str, i), of(in.values, i), 0).Err() },
		"GET":           func(i int) error { return c.Get(ctx, of(in.str, i)).Err() },
		"INCR":          func(i int) error { return c.Incr(ctx, of(in.num, i)).Err() },
		"HSET":          func(i int) error { return c.HSet(ctx, of(in.hash, i), of(in.fields, i), of(in.values, i)).Err() },
		"HGETALL of 10": func(i int) error { return c.HGetAll(ctx, of(in.wide, i)).Err() },
		"LPUSH+LTRIM": func(i int) error {
			if err := c.LPush(ctx, of(in.list, i), of(in.values, i)).Err(); err != nil {
				return err
			}
			return c.LTrim(ctx, of(in.list, i), 0, 99).Err()
		},
		"LRANGE of 50": func(i int) error { return c.LRange(ctx, of(in.range50, i), 0, -1).Err() },
		"ZADD": func(i int) error {
			return c.ZAdd(ctx, of(in.zset, i), redis.Z{Score: float64(i), Member: of(in.members, i)}).Err()
		},
		"ZRANGE of 50": func(i int) error { return c.ZRange(ctx, of(in.rank50, i), 0, -1).Err() },
		"HGET":         func(i int) error { return ignore(c.HGet(ctx, of(in.hash, i), of(in.fields, i)).Err(), redis.Nil) },
		"SADD":         func(i int) error { return c.SAdd(ctx, of(in.set, i), of(in.values, i)).Err() },
		"EVAL":         func(i int) error { return sc.Run(ctx, c, in.eval[i%keysOfKind:i%keysOfKind+1], i).Err() },
		"50 x SET":     pipe(func(p redis.Pipeliner, i int) { p.Set(ctx, of(in.str, i), of(in.values, i), 0) }),
		"50 x GET":     pipe(func(p redis.Pipeliner, i int) { p.Get(ctx, of(in.str, i)) }),
		"50 x HSET":    pipe(func(p redis.Pipeliner, i int) { p.HSet(ctx, of(in.hash, i), of(in.fields, i), of(in.values, i)) }),
		"50 x INCR":    pipe(func(p redis.Pipeliner, i int) { p.Incr(ctx, of(in.num, i)) }),
		"fill": func(i int) error {
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				p.Set(ctx, of(in.str, i), "a value", 0)
				for k := range 50 {
					if k < 10 {
						p.HSet(ctx, of(in.wide, i), "field"+strconv.Itoa(k), "the value of field "+strconv.Itoa(k))
					}
					p.RPush(ctx, of(in.range50, i), "an element of the list "+strconv.Itoa(k))
					p.ZAdd(ctx, of(in.rank50, i), redis.Z{Score: float64(k), Member: "a member of the set " + strconv.Itoa(k)})
				}
				return nil
			})
			return err
		},
	}
}

func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}
