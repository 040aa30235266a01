package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	cf "github.com/redis2cf/redis2cf/runtime"
)

// A kind is one command of a load.
type kind uint8

const (
	get kind = iota
	set
	incr
	hset
	hgetall
	lpush
	lrange
)

// A mix says how often each command comes, in hundredths.
type mix struct {
	name  string
	share map[kind]int
	// What issue and design ask for: the ratio to Redis by number of callers, and for
	// pipelines of 50.
	want map[shape]float64
}

// A shape is how commands are sent: by so many callers, one or several in a pipeline.
type shape struct{ callers, pipeline int }

func (s shape) String() string {
	switch {
	case s.pipeline > 1:
		return fmt.Sprintf("%d caller, pipelines of %d", s.callers, s.pipeline)
	case s.callers == 1:
		return "1 caller"
	}
	return strconv.Itoa(s.callers) + " callers"
}

var shapes = []shape{{1, 1}, {64, 1}, {256, 1}, {1, 50}}

var mixes = []mix{
	{
		name:  "80/20",
		share: map[kind]int{get: 80, set: 20},
		want:  map[shape]float64{{64, 1}: 1, {256, 1}: 2, {1, 1}: 0.4, {1, 50}: 0.4},
	},
	{
		name:  "mix",
		share: map[kind]int{get: 40, set: 20, incr: 15, hset: 10, hgetall: 5, lpush: 5, lrange: 5},
		want:  map[shape]float64{{64, 1}: 0.7, {256, 1}: 1.2, {1, 1}: 0.3, {1, 50}: 0.25},
	},
}

// keysOfKind is how many keys each command goes round.
const keysOfKind = 1000

// A step is a command to send, made before the clock starts.
type step struct {
	kind  kind
	key   string
	field string
	value string
}

// script makes n steps of a mix, with values that were never there before.
func (m *mix) script(n int) []step {
	steps := make([]step, n)
	for i := range steps {
		at := rand.IntN(100)
		k := get
		for k = get; k <= lrange; k++ {
			if at -= m.share[k]; at < 0 {
				break
			}
		}
		no := strconv.Itoa(rand.IntN(keysOfKind))
		steps[i] = step{kind: k, value: strconv.FormatUint(rand.Uint64(), 36) + "-" + strconv.FormatUint(rand.Uint64(), 36) + "-a-value"}
		switch k {
		case get, set:
			steps[i].key = "bench:str:" + no
		case incr:
			steps[i].key = "bench:num:" + no
		case hset, hgetall:
			steps[i].key, steps[i].field = "bench:hash:"+no, "field"+strconv.Itoa(rand.IntN(10))
		default:
			steps[i].key = "bench:list:" + no
		}
	}
	return steps
}

// A side is one of the two that are compared.
type side struct {
	name string
	one  func(ctx context.Context, s *step) error
	many func(ctx context.Context, s []step) error
	cpu  func() time.Duration // of the server
}

// cloudflareSide sends steps with the migrated program's client.
func cloudflareSide(c *cf.Client) *side {
	do := func(ctx context.Context, c cf.Cmdable, s *step) error {
		switch s.kind {
		case get:
			return ignore(c.Get(ctx, s.key).Err(), cf.Nil)
		case set:
			return c.Set(ctx, s.key, s.value, 0).Err()
		case incr:
			return c.Incr(ctx, s.key).Err()
		case hset:
			return c.HSet(ctx, s.key, s.field, s.value).Err()
		case hgetall:
			return c.HGetAll(ctx, s.key).Err()
		case lpush:
			return c.LPush(ctx, s.key, s.value).Err()
		}
		return c.LRange(ctx, s.key, 0, 9).Err()
	}
	return &side{name: "workerd", one: func(ctx context.Context, s *step) error { return do(ctx, c, s) },
		many: func(ctx context.Context, steps []step) error {
			p := c.Pipeline()
			for i := range steps {
				_ = do(ctx, p, &steps[i])
			}
			_, err := p.Exec(ctx)
			return ignore(err, cf.Nil)
		}}
}

// redisSide sends steps with go-redis.
func redisSide(c *redis.Client) *side {
	do := func(ctx context.Context, c redis.Cmdable, s *step) error {
		switch s.kind {
		case get:
			return ignore(c.Get(ctx, s.key).Err(), redis.Nil)
		case set:
			return c.Set(ctx, s.key, s.value, 0).Err()
		case incr:
			return c.Incr(ctx, s.key).Err()
		case hset:
			return c.HSet(ctx, s.key, s.field, s.value).Err()
		case hgetall:
			return c.HGetAll(ctx, s.key).Err()
		case lpush:
			return c.LPush(ctx, s.key, s.value).Err()
		}
		return c.LRange(ctx, s.key, 0, 9).Err()
	}
	return &side{name: "redis-server", one: func(ctx context.Context, s *step) error { return do(ctx, c, s) },
		many: func(ctx context.Context, steps []step) error {
			p := c.Pipeline()
			for i := range steps {
				_ = do(ctx, p, &steps[i])
			}
			_, err := p.Exec(ctx)
			return ignore(err, redis.Nil)
		}}
}

func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// A sample is what one side did in one round.
type sample struct {
	commands int
	took     time.Duration
	server   time.Duration // CPU
	client   time.Duration // CPU of this process
}

func (s sample) rate() float64 { return float64(s.commands) / s.took.Seconds() }

// drive has callers send the script's steps for a slice of time.
func drive(ctx context.Context, s *side, sh shape, steps []step, slice time.Duration) (sample, error) {
	runtime.GC() // of the script before it, so that it is not collected while the slice runs
	var next, done atomic.Int64
	var stop atomic.Bool
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	server, client := s.cpu(), figures.CPUTime()
	begin := time.Now()
	timer := time.AfterFunc(slice, func() { stop.Store(true) })
	defer timer.Stop()
	for range sh.callers {
		wg.Go(func() {
			n := 0
			defer func() { done.Add(int64(n)) }()
			for !stop.Load() && ctx.Err() == nil {
				at := int(next.Add(int64(sh.pipeline))) - sh.pipeline
				if at+sh.pipeline > len(steps) {
					err := fmt.Errorf("%d steps are too few for a slice: a value would be written twice", len(steps))
					failed.Store(&err)
					return
				}
				var err error
				if sh.pipeline > 1 {
					err = s.many(ctx, steps[at:at+sh.pipeline])
				} else {
					err = s.one(ctx, &steps[at])
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				n += sh.pipeline
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return sample{}, fmt.Errorf("%s, %s: %w", s.name, sh, *err)
	}
	return sample{int(done.Load()), time.Since(begin), s.cpu() - server, figures.CPUTime() - client}, ctx.Err()
}

// load prints the ratios.
func (b *bench) load(ctx context.Context) error {
	if err := b.warm(ctx); err != nil {
		return err
	}
	fmt.Printf("\nCommands in a second, median of %d alternating rounds of %s, fresh values in every write.\n"+
		"CPU is the server's for one command; client is this process's.\n\n", b.rounds, b.slice)
	w := figures.NewTable()
	fmt.Fprint(w, "load\tshape\tredis-server\tworkerd\tratio\tmust\tCPU redis\tCPU workerd\tclient redis\tclient workerd\t\n")
	for i := range mixes {
		m := &mixes[i]
		for _, sh := range shapes {
			if !strings.Contains(m.name+", "+sh.String(), b.only) {
				continue
			}
			got := map[*side][]sample{}
			var ratios []float64
			for round := -1; round < b.rounds; round++ { // the first one warms up
				var rates [2]float64
				for k, s := range []*side{b.redis, b.cloudflare} {
					slice := b.slice
					if round < 0 {
						slice /= 4
					}
					x, err := drive(ctx, s, sh, m.script(int(1_000_000*slice.Seconds())+4096), slice)
					if err != nil {
						return err
					}
					if rates[k] = x.rate(); round >= 0 {
						got[s] = append(got[s], x)
					}
				}
				if round >= 0 {
					ratios = append(ratios, rates[1]/rates[0])
				}
			}
			r, c := got[b.redis], got[b.cloudflare]
			ratio := figures.Middle(ratios)
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.0f\t%.2f\t%g\t%s\t%s\t%s\t%s\t\n", m.name, sh,
				figures.Middle(each(r, sample.rate)), figures.Middle(each(c, sample.rate)), ratio, m.want[sh],
				perCommand(r, false), perCommand(c, false), perCommand(r, true), perCommand(c, true))
			b.verdicts.AtLeast(m.name+", "+sh.String()+", ratio to Redis", ratio, m.want[sh])
		}
	}
	return w.Flush()
}

// warmup is for how long each load runs on each side before anything is measured. V8
// compiles what runs often anew, on a thread of its own: for some seconds that takes as
// much CPU as the load, once in an isolate's life.
const warmup = 5 * time.Second

// warm runs the loads, so that what is measured after it is what lasts.
func (b *bench) warm(ctx context.Context) error {
	for i := range mixes {
		for _, sh := range []shape{shapes[1], shapes[len(shapes)-1]} {
			for _, s := range []*side{b.redis, b.cloudflare} {
				if _, err := drive(ctx, s, sh, mixes[i].script(int(1_000_000*warmup.Seconds()/2)), warmup/2); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func each(all []sample, f func(sample) float64) []float64 {
	out := make([]float64, len(all))
	for i, s := range all {
		out[i] = f(s)
	}
	return out
}

// perCommand is the median CPU time of one command.
func perCommand(all []sample, client bool) string {
	return micro(figures.Middle(each(all, func(s sample) float64 {
		if client {
			return float64(s.client) / float64(s.commands)
		}
		return float64(s.server) / float64(s.commands)
	})))
}

func micro(ns float64) string { return fmt.Sprintf("%.1f µs", ns/1e3) }
