package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/bill"
	cf "github.com/redis2cf/redis2cf/runtime"
)

// A write is a command whose rows are counted.
type write struct {
	name    string
	prepare func(ctx context.Context, c *cf.Client, i int) error // once before; nil: nothing
	run     func(ctx context.Context, c *cf.Client, i int) error
	touched int // elements that one run touches
	removed int // rows that it takes away; the outbox's is one, for families that are followed
}

// writes are alone in their frames, so each pays for the frame's own row as well.
var writes = []write{
	{name: "SET", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.Set(ctx, "rows:str:"+strconv.Itoa(i), "value", 0).Err()
	}},
	{name: "SET with expiry", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.Set(ctx, "rows:exp:"+strconv.Itoa(i), "value", 1<<40).Err()
	}},
	{name: "SET of a kv family", touched: 1, removed: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.Set(ctx, "kv:rows:"+strconv.Itoa(i), "value", 0).Err()
	}},
	{name: "INCR", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.Incr(ctx, "rows:num").Err()
	}},
	{name: "HSET, one field", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.HSet(ctx, "rows:hash", "field"+strconv.Itoa(i), "value").Err()
	}},
	{name: "LPUSH", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.LPush(ctx, "rows:list", strconv.Itoa(i)).Err()
	}},
	{name: "LPUSH of a d1 family", touched: 1, removed: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.LPush(ctx, "d1:rows", strconv.Itoa(i)).Err()
	}},
	{name: "RPUSH of 10", touched: 10, run: func(ctx context.Context, c *cf.Client, i int) error {
		all := make([]any, 10)
		for k := range all {
			all[k] = strconv.Itoa(i*10 + k)
		}
		return c.RPush(ctx, "rows:list10", all...).Err()
	}},
	{name: "SADD", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.SAdd(ctx, "rows:set", "member"+strconv.Itoa(i)).Err()
	}},
	{name: "ZADD", touched: 1, run: func(ctx context.Context, c *cf.Client, i int) error {
		return c.ZAdd(ctx, "rows:zset", cf.Z{Score: float64(i), Member: "member" + strconv.Itoa(i)}).Err()
	}},
	{name: "DEL of a string", removed: 1,
		prepare: func(ctx context.Context, c *cf.Client, i int) error {
			return c.Set(ctx, "rows:del:"+strconv.Itoa(i), "value", 0).Err()
		},
		run: func(ctx context.Context, c *cf.Client, i int) error {
			return c.Del(ctx, "rows:del:"+strconv.Itoa(i)).Err()
		}},
	{name: "LPOP", removed: 1,
		prepare: func(ctx context.Context, c *cf.Client, i int) error {
			return c.RPush(ctx, "rows:pop", strconv.Itoa(i)).Err()
		},
		run: func(ctx context.Context, c *cf.Client, i int) error { return c.LPop(ctx, "rows:pop").Err() }},
}

// rows counts the rows that commands write as Cloudflare bills them, those included that
// the journal becomes when it is settled: at most two for
// each element touched, one for each row removed, and one for the frame. What followers
// confirm later removes the outbox's rows, which are counted in the column behind.
func (b *bench) rows(ctx context.Context) error {
	const runs = 2048 // some settlings of the journal
	fmt.Printf("\nRows written by one command, alone in its frame (average of %d), as billed: rows of indexes count,\n"+
		"and those that the journal becomes when it is settled.\n\n", runs)
	w := figures.NewTable()
	fmt.Fprint(w, "command\trows\tmust\tlater\t\n")
	for _, c := range writes {
		if c.prepare != nil {
			for i := range runs + 2 { // one more than is taken: the key stays
				if err := c.prepare(ctx, b.client, i); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
		}
		if err := c.run(ctx, b.client, runs); err != nil { // the key is there
			return fmt.Errorf("%s: %w", c.name, err)
		}
		before, err := b.settled(ctx)
		if err != nil {
			return err
		}
		for i := range runs {
			if err := c.run(ctx, b.client, i); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		after, err := b.stats(ctx)
		if err != nil {
			return err
		}
		later, err := b.settled(ctx)
		if err != nil {
			return err
		}
		got := (after.Billed.RowsWritten - before.Billed.RowsWritten) / runs
		must := float64(2*c.touched + c.removed + 1)
		fmt.Fprintf(w, "%s\t%.2f\t%.0f\t%.2f\t\n", c.name, got, must, (later.Billed.RowsWritten-after.Billed.RowsWritten)/runs)
		// A settling has two rows of its own, for some hundred commits.
		b.verdicts.AtMost(c.name+", rows written", math.Round(10*got)/10, must)
	}
	return w.Flush()
}

// settled waits until the object writes nothing more, followers and sweeps included.
func (b *bench) settled(ctx context.Context) (s stats, err error) {
	for last := -1.0; s.Billed.RowsWritten != last; {
		last = s.Billed.RowsWritten
		time.Sleep(1500 * time.Millisecond) // followers wait a second at most
		if s, err = b.stats(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// bill counts what the mixes use at 64 callers and reckons the month.
func (b *bench) bill(ctx context.Context) error {
	fmt.Printf("\nWhat is billed at 64 callers, and the month's bill (%s the plan's own price) by writes a second.\n\n", bill.Dollars(bill.Base))
	w := figures.NewTable()
	fmt.Fprint(w, "load\tcommands a frame\trequests a command\trows written a command\tread\t1/s\t100/s\t1,000/s\t\n")
	for i := range mixes {
		m := &mixes[i]
		before, err := b.stats(ctx)
		if err != nil {
			return err
		}
		x, err := drive(ctx, b.cloudflare, shape{64, 1}, m.script(int(1_000_000*b.slice.Seconds())+4096), b.slice)
		if err != nil {
			return err
		}
		after, err := b.stats(ctx)
		if err != nil {
			return err
		}
		n := float64(x.commands)
		messages := after.Billed.Messages - before.Billed.Messages
		requests := messages / bill.MessagesPerRequest / n
		one := bill.Usage{
			bill.ObjectRequests:    requests,
			bill.ObjectRowsWritten: (after.Billed.RowsWritten - before.Billed.RowsWritten) / n,
			bill.ObjectRowsRead:    (after.Billed.RowsRead - before.Billed.RowsRead) / n,
		}
		writing := 0
		for k, share := range m.share {
			if k == set || k == incr || k == hset || k == lpush {
				writing += share
			}
		}
		fmt.Fprintf(w, "%s\t%.1f\t1/%.0f\t%.3f\t%.3f\t", m.name, n/messages, 1/requests, one[bill.ObjectRowsWritten], one[bill.ObjectRowsRead])
		b.verdicts.AtLeast(m.name+", 64 callers, commands for each request billed", 1/requests, 500)
		for _, rate := range []float64{1, 100, 1000} {
			// So many writes a second, and the reads that come with them. The object is awake
			// the whole month.
			month := one.Times(rate * 100 / float64(writing) * bill.Month)
			month[bill.ObjectDuration] = 0.128 * bill.Month
			_, total := bill.Of(month)
			fmt.Fprintf(w, "%s\t", bill.Dollars(total))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
