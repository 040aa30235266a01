package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	goruntime "runtime"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/testneed"
	cf "github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// A subject is one client over one server or store.
type subject struct {
	name    string
	calls   int // of one command in one round
	ops     map[string]func(i int) error
	results map[string]*result
}

// A result is what the rounds of one command came to.
type result struct {
	p50    []time.Duration // one for each round
	cpu    []time.Duration // of this process, for each call
	allocs []time.Duration // thousandths of an allocation for each call
}

// bench is one run of the engine's part.
type bench struct {
	rounds   int
	only     func(name string) bool
	dir      string
	addr     string // of redis-server; empty: there is none
	memory   *cf.Client
	behind   *cf.Client
	commit   *cf.Client
	server   *redis.Client
	inputs   *inputs
	verdicts figures.Verdicts
}

// benchEngine prints what commands cost on the embedded engine and through
// go-redis on a redis-server of this machine. strict makes a missed target an error.
func benchEngine(rounds int, parts, only string, strict bool) error {
	slog.SetLogLoggerLevel(slog.LevelError)
	dir, err := os.MkdirTemp("", "redis2cf-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{rounds: rounds, dir: dir, inputs: newInputs(), only: func(name string) bool { return only == "" || only == name }}
	b.memory = cf.NewClient(&cf.Options{Addr: "memory://bench"})
	defer func() { _ = b.memory.Close() }()
	b.behind = cf.NewClient(&cf.Options{Addr: "file:" + dir + "/behind.db?durability=behind"})
	defer func() { _ = b.behind.Close() }()
	b.commit = cf.NewClient(&cf.Options{Addr: "file:" + dir + "/commit.db"})
	defer func() { _ = b.commit.Close() }()

	addr, stop, err := testneed.StartRedis(dir)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		fmt.Println("redis-server is not installed: the engine is shown alone")
	case err != nil:
		return err
	default:
		defer stop()
		b.addr = addr
		b.server = redis.NewClient(&redis.Options{Addr: addr, PoolSize: 64})
		defer func() { _ = b.server.Close() }()
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"commands", b.commands}, {"large", b.large}, {"rows", b.rows}, {"parallel", b.parallel},
	} {
		if parts != "all" && parts != "engine" && parts != part.name {
			continue
		}
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	missed := b.verdicts.Print()
	if strict && missed > 0 {
		return fmt.Errorf("%d targets were missed", missed)
	}
	return nil
}

// commands measures single commands and pipelines of one caller.
func (b *bench) commands() error {
	subjects := []*subject{
		{name: "memory", calls: 4000, ops: inProcess(b.memory, b.inputs)},
		{name: "behind", calls: 4000, ops: inProcess(b.behind, b.inputs)},
		{name: "commit", calls: 25, ops: inProcess(b.commit, b.inputs)},
	}
	if b.server != nil {
		subjects = append(subjects, &subject{name: "redis-server", calls: 1000, ops: overTCP(b.server, b.inputs)})
	}
	b.inputs.refresh(1)
	for _, s := range subjects {
		s.results = map[string]*result{}
		for _, o := range ops {
			s.results[o.name] = &result{}
		}
		for i := range keysOfKind {
			if err := s.ops["fill"](i); err != nil {
				return fmt.Errorf("filling %s: %w", s.name, err)
			}
		}
	}
	quiet()
	for round := -1; round < b.rounds; round++ { // the first one warms up
		for _, o := range ops {
			if !b.only(o.name) {
				continue
			}
			b.inputs.refresh(4000)
			for _, s := range subjects {
				if err := measure(s, o, round); err != nil {
					return fmt.Errorf("%s on %s: %w", o.name, s.name, err)
				}
			}
		}
	}
	b.printCommands(subjects)
	return nil
}

// measure runs one command many times.
func measure(s *subject, o op, round int) error {
	n := s.calls
	if o.batch > 2 {
		n = max(n/20, 10)
	}
	times := make([]time.Duration, n)
	do := s.ops[o.name]
	base := (round + 1) * n
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	cpu := figures.CPUTime()
	for i := range times {
		begin := time.Now()
		if err := do(base + i); err != nil {
			return err
		}
		times[i] = time.Since(begin)
	}
	cpu = figures.CPUTime() - cpu
	goruntime.ReadMemStats(&after)
	if s.name == "behind" {
		quiet()
	}
	if round >= 0 {
		r := s.results[o.name]
		slices.Sort(times)
		r.p50 = append(r.p50, times[n/2])
		r.cpu = append(r.cpu, cpu/time.Duration(n))
		r.allocs = append(r.allocs, time.Duration(after.Mallocs-before.Mallocs)*1000/time.Duration(n))
	}
	return nil
}

// quiet waits until the process has nothing more to do: until the stores that
// answer first have stored.
func quiet() {
	for last := figures.CPUTime(); ; {
		time.Sleep(40 * time.Millisecond)
		now := figures.CPUTime()
		if now-last < time.Millisecond {
			return
		}
		last = now
	}
}

func (b *bench) printCommands(subjects []*subject) {
	fmt.Printf("\nOne caller: p50 of a call (median of %d alternating rounds), fresh values in every write.\n"+
		"CPU is the process's, of a call on the memory store, its garbage collection included.\n\n", b.rounds)
	w := figures.NewTable()
	fmt.Fprint(w, "\tmemory\tCPU\tallocs\tfile, behind\tbehind/memory\tfile, commit\tredis-server\tredis/memory\ttarget\t\n")
	for _, o := range ops {
		if !b.only(o.name) {
			continue
		}
		mem, behind, commit := subjects[0].results[o.name], subjects[1].results[o.name], subjects[2].results[o.name]
		p50 := figures.Median(mem.p50)
		late := float64(figures.Median(behind.p50)) / float64(p50)
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%s\t%.2f\t%s\t", o.name, micro(p50), micro(figures.Median(mem.cpu)),
			float64(figures.Median(mem.allocs))/1000, micro(figures.Median(behind.p50)), late, micro(figures.Median(commit.p50)))
		b.verdicts.AtMost(o.name+", p50 on the memory store in µs", float64(p50)/1e3, float64(o.p50)/1e3)
		b.verdicts.AtMost(o.name+", behind / memory", late, o.behind)
		if b.server != nil {
			tcp := figures.Median(subjects[3].results[o.name].p50)
			ratio := float64(tcp) / float64(p50)
			fmt.Fprintf(w, "%s\t%.1f\t", micro(tcp), ratio)
			b.verdicts.AtLeast(o.name+", redis-server / memory", ratio, o.redis)
		} else {
			fmt.Fprint(w, "-\t-\t")
		}
		switch {
		case o.p50 > 0:
			fmt.Fprintf(w, "%s, %gx, %g\t\n", micro(o.p50), o.redis, o.behind)
		case o.redis > 0:
			fmt.Fprintf(w, "%gx\t\n", o.redis)
		default:
			fmt.Fprint(w, "\t\n")
		}
	}
	_ = w.Flush()
}

func micro(d time.Duration) string { return fmt.Sprintf("%.2f µs", float64(d)/1e3) }
