package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	cf "github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// perRun is the number of commands of one kind in one run.
const perRun = 20000

// A subject is one client over one server or store.
type subject struct {
	name string
	ops  map[string]func(i int) error
	p50  map[string][]time.Duration // by command, one for each run
}

// order is the order of the table.
var order = []string{
	"SET", "GET", "INCR", "HSET", "HGET", "LPUSH", "LRANGE 0 9", "SADD", "SISMEMBER", "ZADD", "ZRANGE 0 9", "EVAL", "pipeline of 50 SET",
}

// benchEngine prints the median latency of commands on the embedded engine and
// through go-redis on a redis-server of this machine.
func benchEngine(runs int) error {
	slog.SetLogLoggerLevel(slog.LevelError)
	dir, err := os.MkdirTemp("", "redis2cf-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mem := cf.NewClient(&cf.Options{Addr: "memory://bench"})
	defer func() { _ = mem.Close() }()
	file := cf.NewClient(&cf.Options{Addr: "file:" + dir + "/bench.db"})
	defer func() { _ = file.Close() }()
	subjects := []*subject{embedded("memory", mem), embedded("SQLite file", file)}

	addr, stop, err := testneed.StartRedis(dir)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		fmt.Println("redis-server is not installed: the engine is shown alone")
	case err != nil:
		return err
	default:
		defer stop()
		rdb := redis.NewClient(&redis.Options{Addr: addr})
		defer func() { _ = rdb.Close() }()
		subjects = append(subjects, overTCP("redis-server", rdb))
	}

	for n := -1; n < runs; n++ { // the first round warms up
		for _, op := range order {
			for _, s := range subjects {
				d, err := measure(s, op, n)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", op, s.name, err)
				}
				if n >= 0 {
					s.p50[op] = append(s.p50[op], d)
				}
			}
		}
	}
	fmt.Printf("\np50 of one command, one caller, fresh values (median of %d alternating runs of %d)\n", runs, perRun)
	w := newTable()
	fmt.Fprint(w, "\t")
	for _, s := range subjects {
		fmt.Fprintf(w, "%s\t", s.name)
	}
	if len(subjects) > 2 {
		fmt.Fprint(w, "redis-server / memory\t")
	}
	fmt.Fprintln(w)
	for _, op := range order {
		fmt.Fprintf(w, "%s\t", op)
		for _, s := range subjects {
			fmt.Fprintf(w, "%.2f µs\t", float64(median(s.p50[op]))/1e3)
		}
		if len(subjects) > 2 {
			fmt.Fprintf(w, "%.1f\t", float64(median(subjects[2].p50[op]))/float64(median(subjects[0].p50[op])))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// measure runs one command many times and returns the median of its latencies.
func measure(s *subject, op string, run int) (time.Duration, error) {
	n := perRun
	if op == "pipeline of 50 SET" || s.name == "SQLite file" {
		n = perRun / 40 // a file waits for the disk in every write
	}
	times := make([]time.Duration, n)
	do := s.ops[op]
	for i := range times {
		begin := time.Now()
		if err := do((run+1)*perRun*50 + i); err != nil {
			return 0, err
		}
		times[i] = time.Since(begin)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times[n/2], nil
}

// value is a fresh value: a store that writes nothing when nothing changes must
// not look fast.
func value(i int) string { return strconv.Itoa(i) + "-" + strconv.FormatUint(rand.Uint64(), 36) }

// key is one of a thousand keys.
func key(kind string, i int) string { return "bench:" + kind + ":" + strconv.Itoa(i%1000) }

const script = `return redis.call("INCRBY", KEYS[1], ARGV[1])`

// embedded and overTCP are the same lines on two clients with the same methods
// and different types.
func embedded(name string, c *cf.Client) *subject {
	ctx := context.Background()
	sc := cf.NewScript(script)
	return &subject{name: name, p50: map[string][]time.Duration{}, ops: map[string]func(int) error{
		"SET":        func(i int) error { return c.Set(ctx, key("s", i), value(i), 0).Err() },
		"GET":        func(i int) error { return c.Get(ctx, key("s", i)).Err() },
		"INCR":       func(i int) error { return c.Incr(ctx, key("n", i)).Err() },
		"HSET":       func(i int) error { return c.HSet(ctx, key("h", i), "f"+strconv.Itoa(i%20), value(i)).Err() },
		"HGET":       func(i int) error { return ignore(c.HGet(ctx, key("h", i), "f"+strconv.Itoa(i%20)).Err(), cf.Nil) },
		"LPUSH":      func(i int) error { return c.LPush(ctx, key("l", i), value(i)).Err() },
		"LRANGE 0 9": func(i int) error { return c.LRange(ctx, key("l", i), 0, 9).Err() },
		"SADD":       func(i int) error { return c.SAdd(ctx, key("m", i), value(i%50000)).Err() },
		"SISMEMBER":  func(i int) error { return c.SIsMember(ctx, key("m", i), value(i)).Err() },
		"ZADD": func(i int) error {
			return c.ZAdd(ctx, key("z", i), cf.Z{Score: float64(i), Member: "m" + strconv.Itoa(i%50000)}).Err()
		},
		"ZRANGE 0 9": func(i int) error { return c.ZRange(ctx, key("z", i), 0, 9).Err() },
		"EVAL":       func(i int) error { return sc.Run(ctx, c, []string{key("e", i)}, i).Err() },
		"pipeline of 50 SET": func(i int) error {
			_, err := c.Pipelined(ctx, func(p cf.Pipeliner) error {
				for k := range 50 {
					p.Set(ctx, key("p", i*50+k), value(i), 0)
				}
				return nil
			})
			return err
		},
	}}
}

func overTCP(name string, c *redis.Client) *subject {
	ctx := context.Background()
	sc := redis.NewScript(script)
	return &subject{name: name, p50: map[string][]time.Duration{}, ops: map[string]func(int) error{
		"SET":        func(i int) error { return c.Set(ctx, key("s", i), value(i), 0).Err() },
		"GET":        func(i int) error { return c.Get(ctx, key("s", i)).Err() },
		"INCR":       func(i int) error { return c.Incr(ctx, key("n", i)).Err() },
		"HSET":       func(i int) error { return c.HSet(ctx, key("h", i), "f"+strconv.Itoa(i%20), value(i)).Err() },
		"HGET":       func(i int) error { return ignore(c.HGet(ctx, key("h", i), "f"+strconv.Itoa(i%20)).Err(), redis.Nil) },
		"LPUSH":      func(i int) error { return c.LPush(ctx, key("l", i), value(i)).Err() },
		"LRANGE 0 9": func(i int) error { return c.LRange(ctx, key("l", i), 0, 9).Err() },
		"SADD":       func(i int) error { return c.SAdd(ctx, key("m", i), value(i%50000)).Err() },
		"SISMEMBER":  func(i int) error { return c.SIsMember(ctx, key("m", i), value(i)).Err() },
		"ZADD": func(i int) error {
			return c.ZAdd(ctx, key("z", i), redis.Z{Score: float64(i), Member: "m" + strconv.Itoa(i%50000)}).Err()
		},
		"ZRANGE 0 9": func(i int) error { return c.ZRange(ctx, key("z", i), 0, 9).Err() },
		"EVAL":       func(i int) error { return sc.Run(ctx, c, []string{key("e", i)}, i).Err() },
		"pipeline of 50 SET": func(i int) error {
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				for k := range 50 {
					p.Set(ctx, key("p", i*50+k), value(i), 0)
				}
				return nil
			})
			return err
		},
	}}
}

func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}
