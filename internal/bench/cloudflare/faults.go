package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	cf "github.com/redis2cf/redis2cf/runtime"
)

// gets measures GETs of eight callers while something else goes on.
func (b *bench) gets(ctx context.Context, meanwhile func(ctx context.Context) error) (p50, p99, worst time.Duration, err error) {
	if err := b.client.Set(ctx, "bench:get", "value", 0).Err(); err != nil {
		return 0, 0, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				begin := time.Now()
				err := b.client.Get(ctx, "bench:get").Err()
				took := time.Since(begin)
				mu.Lock()
				all = append(all, took)
				if err != nil && failed == nil {
					failed = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	err = meanwhile(ctx)
	close(stop)
	wg.Wait()
	if err = errors.Join(err, failed); err != nil {
		return 0, 0, 0, err
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], all[len(all)-1], nil
}

// busyScript counts as long as it is told.
const busyScript = `local n = 0 for i = 1, tonumber(ARGV[1]) do n = n + i end return n`

// pause measures GET beside collections of garbage and beside a long script.
func (b *bench) pause(ctx context.Context) error {
	// How many turns take 100 ms here?
	turns := 100_000
	for {
		begin := time.Now()
		if err := b.client.Eval(ctx, busyScript, nil, turns).Err(); err != nil {
			return err
		}
		if took := time.Since(begin); took > 60*time.Millisecond {
			turns = int(float64(turns) * float64(100*time.Millisecond) / float64(took))
			break
		}
		turns *= 2
	}
	fmt.Printf("\nGET of 8 callers while something else goes on.\n\n")
	w := figures.NewTable()
	fmt.Fprint(w, "meanwhile\tp50\tp99\tlongest\t\n")
	for _, m := range []struct {
		name string
		run  func(ctx context.Context) error
	}{
		{"nothing", func(context.Context) error { time.Sleep(b.slice); return nil }},
		{"SETs of 10 KB, collected as they go", func(ctx context.Context) error {
			value := strings.Repeat("x", 10<<10)
			for i, end := 0, time.Now().Add(2*b.slice); time.Now().Before(end); i++ {
				if err := b.client.Set(ctx, "bench:large:"+strconv.Itoa(i%1000), value+strconv.Itoa(i), 0).Err(); err != nil {
					return err
				}
			}
			return nil
		}},
		{"a script of 100 ms, again and again", func(ctx context.Context) error {
			for end := time.Now().Add(2 * b.slice); time.Now().Before(end); {
				if err := b.client.Eval(ctx, busyScript, nil, turns).Err(); err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		p50, p99, worst, err := b.gets(ctx, m.run)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", m.name, p50.Round(time.Microsecond), p99.Round(time.Microsecond), worst.Round(time.Microsecond))
	}
	return w.Flush()
}

// trap measures how long it takes after an instance ran out of memory until the object
// answers again.
func (b *bench) trap(ctx context.Context) error {
	before, err := b.stats(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	err = b.client.SetRange(ctx, "bench:hungry", 500_000_000, "x").Err()
	took := time.Since(begin)
	if err == nil {
		return errors.New("a string of 500 MB was served")
	}
	again := time.Now()
	if err := ignore(b.client.Get(ctx, "bench:get").Err(), cf.Nil); err != nil {
		return err
	}
	next := time.Since(again)
	after, err := b.stats(ctx)
	if err != nil {
		return err
	}
	if after.Traps == before.Traps {
		return errors.New("no instance was lost, so nothing was measured")
	}
	fmt.Printf("\nA command that takes more memory than there is: its error came after %s, with %.0f instances lost; the next GET took %s\n",
		took.Round(time.Millisecond), after.Traps-before.Traps, next.Round(100*time.Microsecond))
	return nil
}

// memory churns 48 MB of data and looks at linear memory.
func (b *bench) memory(ctx context.Context) error {
	const keys, size = 48 << 10, 1000
	longest := time.Duration(0)
	most := 0.0
	write := func(from, to, round int) error {
		for at := from; at < to; at += 100 {
			begin := time.Now()
			_, err := b.client.Pipelined(ctx, func(p cf.Pipeliner) error {
				for k := at; k < min(at+100, to); k++ {
					p.Set(ctx, "bench:live:"+strconv.Itoa(k*7919%keys), strings.Repeat(strconv.Itoa(round*keys+k)+" ", size/7), 0)
				}
				return nil
			})
			if err != nil {
				return err
			}
			longest = max(longest, time.Since(begin))
		}
		return nil
	}
	if err := write(0, keys, 0); err != nil {
		return err
	}
	longest = 0
	for round := 1; round <= 4; round++ {
		for part := range 8 {
			if err := write(part*keys/8, (part+1)*keys/8, round); err != nil {
				return err
			}
			s, err := b.stats(ctx)
			if err != nil {
				return err
			}
			most = max(most, s.LinearMemory)
		}
	}
	s, err := b.stats(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n48 MB of data written four times over: %.0f MB of linear memory at most, %.0f MB of data in it at the end; "+
		"the longest pipeline of 100 took %s; %.0f traps\n", most/1e6, s.Memory/1e6, longest.Round(100*time.Microsecond), s.Traps)
	b.verdicts.AtMost("linear memory with 48 MB of live data, MB", most/1e6, 100)
	return nil
}

// cold measures the first answer after the process was killed.
func (b *bench) cold(ctx context.Context) error {
	var first []float64
	for range b.rounds {
		if err := b.local.Kill(); err != nil {
			return err
		}
		if err := b.local.Restart(ctx); err != nil {
			return err
		}
		c := cf.NewClient(&cf.Options{Addr: b.local.URL(), ReadTimeout: time.Minute})
		begin := time.Now()
		err := c.Get(ctx, "bench:get").Err()
		took := time.Since(begin)
		if err = errors.Join(ignore(err, cf.Nil), c.Close()); err != nil {
			return err
		}
		first = append(first, float64(took)/1e6)
	}
	got := figures.Middle(first)
	fmt.Printf("\nThe first answer of a cold object, connection and engine included: %.1f ms (median of %d)\n", got, b.rounds)
	b.verdicts.AtMost("first answer of a cold object, ms", got, 60)
	return nil
}

// lag measures how far D1 and KV are behind under load.
func (b *bench) lag(ctx context.Context) error {
	var lags []float64
	load, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for k := range 16 {
		wg.Go(func() {
			for i := 0; load.Err() == nil; i++ {
				_ = b.client.LPush(load, "d1:load:"+strconv.Itoa(k), strconv.Itoa(i)).Err() // only the load counts
				_ = b.client.LTrim(load, "d1:load:"+strconv.Itoa(k), 0, 49).Err()
			}
		})
	}
	for i := range 20 {
		mark := "mark" + strconv.Itoa(i)
		if err := b.client.LPush(ctx, "d1:mark", mark).Err(); err != nil {
			return err
		}
		begin := time.Now()
		for {
			rows, err := b.local.Query(ctx, `SELECT 1 AS one FROM "Rows" WHERE key = ? AND value = ?`, "d1:mark", mark)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				break
			}
			if time.Since(begin) > 30*time.Second {
				return errors.New("D1 does not follow")
			}
		}
		lags = append(lags, float64(time.Since(begin))/1e6)
	}
	cancel()
	wg.Wait()
	slices.Sort(lags)
	fmt.Printf("\nD1 behind the object while 16 callers push and trim lists: p50 %.0f ms, longest of %d %.0f ms\n",
		figures.Middle(lags), len(lags), lags[len(lags)-1])
	return nil
}
