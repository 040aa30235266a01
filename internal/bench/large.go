package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	cf "github.com/redis2cf/redis2cf/runtime"
)

// mustLarge is how much slower a collection of a million elements may be than
// one of a thousand.
const mustLarge = 4

// calls is how often each command runs in a round of large.
const calls = 3000

// large measures a list and a sorted set of a million elements, resident,
// beside the same of a thousand.
func (b *bench) large() error {
	ctx := context.Background()
	sizes := []int{1000, 1_000_000}
	names := make([]string, sizes[1])
	for i := range names {
		names[i] = "member:" + strconv.Itoa(i)
	}
	for _, n := range sizes {
		if err := b.fillLarge(ctx, n, names); err != nil {
			return err
		}
	}
	c := b.memory
	type large struct {
		name string
		run  func(list, zset string, n, i int) error
	}
	// Picked before the clock starts: finding a name is not what is measured.
	var picked [calls]string
	ops := []large{
		{"LPUSH", func(list, _ string, _, i int) error { return c.LPush(ctx, list, of(b.inputs.values, i)).Err() }},
		{"LINDEX", func(list, _ string, n, _ int) error { return c.LIndex(ctx, list, rand.Int64N(int64(n))).Err() }},
		{"LRANGE of 50", func(list, _ string, n, _ int) error {
			from := rand.Int64N(int64(n - 50))
			return c.LRange(ctx, list, from, from+49).Err()
		}},
		{"ZADD", func(_, zset string, _, i int) error {
			return c.ZAdd(ctx, zset, cf.Z{Score: rand.Float64(), Member: picked[i]}).Err()
		}},
		{"ZSCORE", func(_, zset string, _, i int) error { return c.ZScore(ctx, zset, picked[i]).Err() }},
		{"ZRANK", func(_, zset string, _, i int) error { return c.ZRank(ctx, zset, picked[i]).Err() }},
		{"ZRANGE of 50", func(_, zset string, n, _ int) error {
			from := rand.Int64N(int64(n - 50))
			return c.ZRange(ctx, zset, from, from+49).Err()
		}},
	}
	p50 := map[string][2][]time.Duration{}
	for round := -1; round < b.rounds; round++ {
		b.inputs.refresh(calls)
		for _, o := range ops {
			if !b.only(o.name) {
				continue
			}
			both := p50[o.name]
			for k, n := range sizes {
				list, zset := "list:"+strconv.Itoa(n), "zset:"+strconv.Itoa(n)
				for i := range picked {
					picked[i] = strings.Clone(names[rand.IntN(n)])
				}
				times := make([]time.Duration, calls)
				for i := range times {
					begin := time.Now()
					if err := o.run(list, zset, n, i); err != nil {
						return fmt.Errorf("%s: %w", o.name, err)
					}
					times[i] = time.Since(begin)
				}
				if round >= 0 {
					slices.Sort(times)
					both[k] = append(both[k], times[calls/2])
				}
				if o.name == "LPUSH" {
					if err := c.LTrim(ctx, list, 0, int64(n-1)).Err(); err != nil {
						return err
					}
				}
			}
			p50[o.name] = both
		}
	}
	fmt.Printf("\nOne list and one sorted set on the memory store: p50 (median of %d alternating rounds), random elements.\n\n", b.rounds)
	w := figures.NewTable()
	fmt.Fprint(w, "\tof a thousand\tof a million\tratio\ttarget\t\n")
	for _, o := range ops {
		if !b.only(o.name) {
			continue
		}
		small, big := figures.Median(p50[o.name][0]), figures.Median(p50[o.name][1])
		ratio := float64(big) / float64(small)
		fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%d\t\n", o.name, micro(small), micro(big), ratio, mustLarge)
		b.verdicts.AtMost(o.name+", a million / a thousand", ratio, mustLarge)
	}
	return w.Flush()
}

// fillLarge makes a list and a sorted set of n elements, with random scores.
func (b *bench) fillLarge(ctx context.Context, n int, names []string) error {
	list, zset := "list:"+strconv.Itoa(n), "zset:"+strconv.Itoa(n)
	for i := 0; i < n; i += 500 {
		values := make([]any, 0, 500)
		members := make([]cf.Z, 0, 500)
		for k := i; k < i+500; k++ {
			values = append(values, "an element "+strconv.Itoa(k))
			members = append(members, cf.Z{Score: rand.Float64(), Member: names[k]})
		}
		if err := b.memory.RPush(ctx, list, values...).Err(); err != nil {
			return err
		}
		if err := b.memory.ZAdd(ctx, zset, members...).Err(); err != nil {
			return err
		}
	}
	return nil
}
