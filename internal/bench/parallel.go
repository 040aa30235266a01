package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
)

// slice is how long callers run in one round.
const slice = 150 * time.Millisecond

// A load is a command that many callers send at once.
type load struct {
	op      string
	callers int
	writers int                        // who send SET meanwhile and are not counted
	rate    map[string][]float64       // commands in a second, by subject, one for each round
	p50     map[string][]time.Duration // of a call
	p99     map[string][]time.Duration
}

// parallel measures many callers at once.
func (b *bench) parallel() error {
	subjects := []*subject{
		{name: "memory", ops: inProcess(b.memory, b.inputs)},
		{name: "commit", ops: inProcess(b.commit, b.inputs)},
	}
	if b.server != nil {
		subjects = append(subjects, &subject{name: "redis-server", ops: overTCP(b.server, b.inputs)})
	}
	b.inputs.refresh(1 << 17)
	for _, s := range subjects {
		for i := range keysOfKind {
			if err := s.ops["fill"](i); err != nil {
				return fmt.Errorf("filling %s: %w", s.name, err)
			}
		}
	}
	var loads []*load
	add := func(op string, callers, writers int) {
		loads = append(loads, &load{op: op, callers: callers, writers: writers, rate: map[string][]float64{},
			p50: map[string][]time.Duration{}, p99: map[string][]time.Duration{}})
	}
	for _, op := range []string{"SET", "GET"} {
		for _, callers := range []int{1, 8, 64} {
			add(op, callers, 0)
		}
	}
	add("HGETALL of 10", 1, 8) // of keys that nobody writes
	for round := -1; round < b.rounds; round++ {
		for _, l := range loads {
			if !b.only(l.op) {
				continue
			}
			for _, s := range subjects {
				times, err := l.run(s)
				if err != nil {
					return fmt.Errorf("%s of %d callers on %s: %w", l.op, l.callers, s.name, err)
				}
				if round < 0 {
					continue
				}
				slices.Sort(times)
				l.rate[s.name] = append(l.rate[s.name], float64(len(times))/slice.Seconds())
				l.p50[s.name] = append(l.p50[s.name], times[len(times)/2])
				l.p99[s.name] = append(l.p99[s.name], times[len(times)*99/100])
			}
		}
	}
	fmt.Printf("\nMany callers at once: thousands of commands in a second, and p50 and p99 of a call (median of %d alternating rounds of %s).\n\n",
		b.rounds, slice)
	w := figures.NewTable()
	fmt.Fprint(w, "\tcallers\t")
	for _, s := range subjects {
		fmt.Fprintf(w, "%s\tp50\tp99\t", s.name)
	}
	fmt.Fprint(w, "memory/redis\t\n")
	for _, l := range loads {
		if !b.only(l.op) {
			continue
		}
		name := l.op
		if l.writers > 0 {
			name = fmt.Sprintf("%s beside %d x SET", l.op, l.writers)
		}
		fmt.Fprintf(w, "%s\t%d\t", name, l.callers)
		for _, s := range subjects {
			fmt.Fprintf(w, "%.1f\t%s\t%s\t", figures.Middle(l.rate[s.name])/1e3, micro(figures.Median(l.p50[s.name])), micro(figures.Median(l.p99[s.name])))
		}
		if b.server != nil {
			fmt.Fprintf(w, "%.1f\t", figures.Middle(l.rate["memory"])/figures.Middle(l.rate["redis-server"]))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// run lets the callers run for a slice of time and returns how long each call took.
func (l *load) run(s *subject) ([]time.Duration, error) {
	var next atomic.Int64
	var stop atomic.Bool
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var done sync.WaitGroup
	timer := time.AfterFunc(slice, func() { stop.Store(true) })
	defer timer.Stop()
	for k := range l.callers + l.writers {
		do := s.ops[l.op]
		if k >= l.callers {
			do = s.ops["SET"]
		}
		done.Go(func() {
			var times []time.Duration
			var err error
			for err == nil && !stop.Load() {
				i := int(next.Add(1))
				begin := time.Now()
				err = do(i)
				times = append(times, time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			if k < l.callers {
				all = append(all, times...)
			}
			if err != nil {
				failed = err
			}
		})
	}
	done.Wait()
	return all, failed
}
