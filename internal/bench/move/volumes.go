package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	cf "github.com/redis2cf/redis2cf/runtime"
)

// A target is a store or a server that is filled and asked.
type target struct {
	name string
	// send sends commands as one pipeline, do one command. A reply of nil is none.
	send  func(ctx context.Context, cmds [][]any) error
	do    func(ctx context.Context, cmd ...any) error
	count func(ctx context.Context, cmd ...any) (int64, error) // a command that answers a number
	size  func(ctx context.Context) (int64, error)             // bytes of data, in memory or on disk
	close func() error
}

func redisTarget(addr string) *target {
	c := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 64, ReadTimeout: time.Minute})
	return &target{
		name: "redis-server",
		send: func(ctx context.Context, cmds [][]any) error {
			p := c.Pipeline()
			for _, cmd := range cmds {
				p.Do(ctx, cmd...)
			}
			_, err := p.Exec(ctx)
			return err
		},
		do: func(ctx context.Context, cmd ...any) error {
			if err := c.Do(ctx, cmd...).Err(); !errors.Is(err, redis.Nil) {
				return err
			}
			return nil
		},
		count: func(ctx context.Context, cmd ...any) (int64, error) { return c.Do(ctx, cmd...).Int64() },
		size: func(ctx context.Context) (int64, error) {
			info, err := c.Info(ctx, "memory").Result()
			_, rest, _ := strings.Cut(info, "used_memory:")
			text, _, _ := strings.Cut(rest, "\r\n")
			n, _ := strconv.ParseInt(text, 10, 64) // Redis writes a number
			return n, err
		},
		close: c.Close,
	}
}

// storeTarget is a store of the runtime; size says what it takes.
func storeTarget(name, url string, size func(ctx context.Context) (int64, error), close func() error) (*target, error) {
	a := cf.NewClient(&cf.Options{Addr: url, PoolSize: 64, ReadTimeout: time.Minute})
	if err := a.Ping(context.Background()).Err(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return &target{
		name: name,
		send: func(ctx context.Context, cmds [][]any) error {
			p := a.Pipeline()
			for _, cmd := range cmds {
				p.Do(ctx, cmd...)
			}
			_, err := p.Exec(ctx)
			return err
		},
		do: func(ctx context.Context, cmd ...any) error {
			if err := a.Do(ctx, cmd...).Err(); !errors.Is(err, cf.Nil) {
				return err
			}
			return nil
		},
		count: func(ctx context.Context, cmd ...any) (int64, error) { return a.Do(ctx, cmd...).Int64() },
		size:  size,
		close: func() error { return errors.Join(a.Close(), close()) },
	}, nil
}

// openTarget makes one of the targets.
func (o *options) openTarget(ctx context.Context, name, dir string) (*target, error) {
	none := func() error { return nil }
	switch name {
	case "redis-server":
		addr, stop, err := startRedis(dir)
		if err != nil {
			return nil, err
		}
		t := redisTarget(addr)
		end := t.close
		t.close = func() error { err := end(); stop(); return err }
		return t, nil
	case "memory":
		before := heap()
		return storeTarget(name, "memory://volumes", func(context.Context) (int64, error) { return heap() - before, nil }, none)
	case "file":
		path := filepath.Join(dir, "volumes.db")
		return storeTarget(name, "file:"+path+o.file, func(context.Context) (int64, error) {
			var n int64
			for _, end := range []string{"", "-wal"} {
				if s, err := os.Stat(path + end); err == nil {
					n += s.Size()
				}
			}
			return n, nil
		}, none)
	case "workerd":
		local, err := startWorker(ctx, dir)
		if err != nil {
			return nil, err
		}
		state := filepath.Join(dir, "state")
		t, err := storeTarget(name, local.URL(), func(context.Context) (int64, error) { return sizeOf(state) }, local.Stop)
		if err != nil {
			return nil, errors.Join(err, local.Stop())
		}
		return t, nil
	}
	return nil, fmt.Errorf("there is no store %q", name)
}

// heap is the memory of this process that is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil //nolint:nilerr // files come and go while the server runs
	})
	return n, err
}

// session is the text of a session, 300 bytes.
func session(i int) string {
	head := `{"user":` + strconv.Itoa(i) + `,"csrf":"` + strconv.FormatUint(rand.Uint64(), 36) + `","scopes":["read","write"],"agent":"`
	return head + strings.Repeat("m", max(0, 298-len(head))) + `"}`
}

// message is the text of a message, 200 bytes.
func message(i int) string {
	head := `{"from":"user-` + strconv.Itoa(i%1000) + `","at":` + strconv.Itoa(1_700_000_000+i) + `,"text":"`
	return head + strings.Repeat("w", max(0, 198-len(head))) + `"}`
}

const dayInSeconds = 86400

// fillTarget writes sessions and threads. It ends early where time is over, and says how
// much is there.
func (o *options) fillTarget(ctx context.Context, t *target) (sessions, threads int, err error) {
	end := time.Now().Add(o.filling)
	for threads = 0; threads < o.threads && time.Now().Before(end); {
		var cmds [][]any
		for len(cmds) < fillPipeline && threads < o.threads {
			for n := range o.messages {
				cmds = append(cmds, []any{"RPUSH", "thread:" + strconv.Itoa(threads), message(threads*o.messages + n)})
			}
			threads++
		}
		if err := t.send(ctx, cmds); err != nil {
			return sessions, threads, err
		}
	}
	for sessions < o.sessions && time.Now().Before(end) {
		n := min(fillPipeline, o.sessions-sessions)
		cmds := make([][]any, n)
		for i := range cmds {
			cmds[i] = []any{"SET", "session:" + strconv.Itoa(sessions+i), session(sessions + i), "EX", dayInSeconds}
		}
		if err := t.send(ctx, cmds); err != nil {
			return sessions, threads, err
		}
		sessions += n
	}
	return sessions, threads, nil
}

// check counts what is there: a store that lost its engine while it was filled has neither
// less than it was told nor anything twice.
func (o *options) check(ctx context.Context, t *target, sessions, threads int) error {
	n, err := t.count(ctx, "DBSIZE")
	if err != nil || n != int64(sessions+threads) {
		return fmt.Errorf("%d sessions and %d threads were written, and there are %d keys: %w", sessions, threads, n, err)
	}
	for i := range threads {
		if n, err = t.count(ctx, "LLEN", "thread:"+strconv.Itoa(i)); err != nil || n != int64(o.messages) {
			return fmt.Errorf("thread %d has %d messages and not %d: %w", i, n, o.messages, err)
		}
	}
	return nil
}

// A load is what callers do, each command by itself.
type load struct {
	name string
	one  func(ctx context.Context, t *target, rnd *rand.Rand, sessions, threads int) error
}

var loads = []load{
	{"read a session", func(ctx context.Context, t *target, rnd *rand.Rand, sessions, _ int) error {
		return t.do(ctx, "GET", "session:"+strconv.Itoa(rnd.IntN(sessions)))
	}},
	{"write a session", func(ctx context.Context, t *target, rnd *rand.Rand, sessions, _ int) error {
		i := rnd.IntN(sessions)
		return t.do(ctx, "SET", "session:"+strconv.Itoa(i), session(i), "EX", dayInSeconds)
	}},
	{"last 20 messages", func(ctx context.Context, t *target, rnd *rand.Rand, _, threads int) error {
		return t.do(ctx, "LRANGE", "thread:"+strconv.Itoa(rnd.IntN(threads)), -20, -1)
	}},
	{"add a message", func(ctx context.Context, t *target, rnd *rand.Rand, _, threads int) error {
		return t.do(ctx, "RPUSH", "thread:"+strconv.Itoa(rnd.IntN(threads)), message(rnd.IntN(1000)))
	}},
}

// A volume is one line of the table.
type volume struct {
	target, load string
	rate         float64 // a second
	percentiles  []time.Duration
}

// percents are those that are printed.
var percents = []float64{50, 95, 99, 99.9}

// percentile of sorted durations.
func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*p/100))]
}

// measure runs a load with all callers.
func (o *options) measure(ctx context.Context, t *target, l load, sessions, threads int) (volume, error) {
	g, each := errgroup.WithContext(ctx)
	took := make([][]time.Duration, o.callers)
	start := time.Now()
	for n := range took {
		g.Go(func() error {
			rnd := rand.New(rand.NewPCG(uint64(n), 1))
			for time.Since(start) < o.slice {
				began := time.Now()
				if err := l.one(each, t, rnd, sessions, threads); err != nil {
					return err
				}
				took[n] = append(took[n], time.Since(began))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return volume{}, err
	}
	seconds := time.Since(start).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	v := volume{target: t.name, load: l.name, rate: float64(len(all)) / seconds}
	for _, p := range percents {
		v.percentiles = append(v.percentiles, percentile(all, p))
	}
	return v, nil
}

// A filled is how a target was filled.
type filled struct {
	target            string
	sessions, threads int
	seconds           float64
	bytes             int64
}

func (o *options) volumes(ctx context.Context, dir string) (fills []filled, out []volume, err error) {
	for _, name := range append([]string{"redis-server"}, o.stores...) {
		own := filepath.Join(dir, name)
		if err := os.Mkdir(own, 0o700); err != nil {
			return nil, nil, err
		}
		t, err := o.openTarget(ctx, name, own)
		if err != nil {
			return nil, nil, err
		}
		err = func() error {
			start := time.Now()
			sessions, threads, err := o.fillTarget(ctx, t)
			if err != nil {
				return err
			}
			f := filled{target: name, sessions: sessions, threads: threads, seconds: time.Since(start).Seconds()}
			if err := o.check(ctx, t, sessions, threads); err != nil {
				return err
			}
			if f.bytes, err = t.size(ctx); err != nil {
				return err
			}
			fills = append(fills, f)
			fmt.Fprintf(os.Stderr, "%s: %d sessions and %d threads in %.1f s\n", name, sessions, threads, f.seconds)
			for i, l := range loads {
				stop, err := o.startProfile(fmt.Sprintf("%s-%d.pprof", name, i+1))
				if err != nil {
					return err
				}
				v, err := o.measure(ctx, t, l, max(1, sessions), max(1, threads))
				stop()
				if err != nil {
					return fmt.Errorf("%s: %w", l.name, err)
				}
				out = append(out, v)
			}
			return nil
		}()
		if err := errors.Join(err, t.close()); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return fills, out, nil
}

// benchVolumes fills each target and asks it.
func benchVolumes(ctx context.Context, o options, dir string) error {
	fills, list, err := o.volumes(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Printf("\nSessions of 300 bytes with an expiry, threads of %d messages of 200 bytes, written in pipelines of %d\n\n", o.messages, fillPipeline)
	w := figures.NewTable()
	fmt.Fprint(w, "store\tsessions\tthreads\tcommands/s\tto redis-server\tMB\t\n")
	var base float64
	for i, f := range fills {
		rate := float64(f.sessions+f.threads*o.messages) / f.seconds
		if i == 0 {
			base = rate
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%.2f\t%.0f\t\n", f.target, f.sessions, f.threads, rate, rate/base, float64(f.bytes)/1e6)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("\nWith that in it, %d callers, one command each at a time, for %v\n\n", o.callers, o.slice)
	w = figures.NewTable()
	fmt.Fprint(w, "load\tstore\tcommands/s\tto redis-server\tp50 µs\tp95 µs\tp99 µs\tp99.9 µs\t\n")
	for _, l := range loads {
		var base float64
		for _, v := range list {
			if v.load != l.name {
				continue
			}
			if base == 0 {
				base = v.rate
			}
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f\t", l.name, v.target, v.rate, v.rate/base)
			for _, p := range v.percentiles {
				fmt.Fprintf(w, "%d\t", p.Microseconds())
			}
			fmt.Fprintln(w)
		}
	}
	return w.Flush()
}
