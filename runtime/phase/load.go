package phase

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Load is what a program has done in the last seconds, as it says itself when it renews
// its lease. Commands that wait for data are counted, and not timed.
type Load struct {
	Over      time.Duration // the time in which that was
	Commands  uint64        // that were run at the truth
	Failed    uint64        // of them, those that were answered with an error, or not at all
	P50, P99  time.Duration // how long frames took, within a fifth; 0 where none was run
	Retries   uint64        // of reads, by runtime/fault
	Fallbacks uint64        // reads of caches that something else than the truth answered
	Breaker   string        // of runtime/fault: "closed", "half-open", "open"; "" is none
}

// steps are the parts of each power of two that durations are told apart by.
const loadSteps = 4

// loads counts what a Load says.
type loads struct {
	commands, failed atomic.Uint64
	took             [64 * loadSteps]atomic.Uint32 // frames, by their duration

	mu     sync.Mutex
	since  time.Time
	before [2]uint64 // retries and fallbacks that were told
}

// bucket is the place of a duration: its power of two in microseconds, and the part of it.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < loadSteps {
		return int(us)
	}
	power := bits.Len64(us) - 1
	return power*loadSteps + int(us>>(power-2))&(loadSteps-1)
}

// middle is about how long what is in a bucket has taken.
func middle(n int) time.Duration {
	if n < loadSteps {
		return time.Duration(n) * time.Microsecond
	}
	low := (uint64(loadSteps) + uint64(n%loadSteps)) << (n / loadSteps) / loadSteps
	width := uint64(1) << (n / loadSteps) / loadSteps
	return time.Duration(low+width/2) * time.Microsecond
}

// ran counts a frame.
func (l *loads) ran(cmds int, took time.Duration, replies []resp.Reply, err error) {
	l.commands.Add(uint64(cmds))
	failed := 0
	for i := range replies {
		if replies[i].Kind == resp.Error {
			failed++
		}
	}
	if err != nil {
		failed = cmds
	}
	if failed > 0 {
		l.failed.Add(uint64(failed))
	}
	if took >= 0 {
		l.took[bucket(took)].Add(1)
	}
}

// faults are what runtime/fault counts, from the beginning.
type faults func() (retries, fallbacks uint64, breaker string)

// say is the load since the last one, as the record has it; "" where too little time has
// passed. own are the fallbacks of the phases themselves, from the beginning.
func (l *loads) say(least time.Duration, own uint64, of faults) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.since.IsZero() {
		l.since = now
	}
	over := now.Sub(l.since)
	if over < least {
		return ""
	}
	l.since = now
	retries, fallbacks, breaker := uint64(0), own, "-"
	if of != nil {
		var n uint64
		retries, n, breaker = of()
		fallbacks += n
	}
	var counts [len(l.took)]uint64
	frames := uint64(0)
	for i := range l.took {
		counts[i] = uint64(l.took[i].Swap(0))
		frames += counts[i]
	}
	at := func(percent uint64) int64 {
		passed := uint64(0)
		for i, n := range counts {
			if passed += n; n > 0 && passed*100 >= frames*percent {
				return middle(i).Microseconds()
			}
		}
		return 0
	}
	text := fmt.Sprintf("%d %d %d %d %d %d %d %s", over.Milliseconds(), l.commands.Swap(0), l.failed.Swap(0), at(50), at(99),
		retries-l.before[0], fallbacks-l.before[1], breaker)
	l.before = [2]uint64{retries, fallbacks}
	return text
}

// readLoad reads what say has written; nil is something else.
func readLoad(text string) *Load {
	var l Load
	var over, p50, p99 int64
	if _, err := fmt.Sscan(text, &over, &l.Commands, &l.Failed, &p50, &p99, &l.Retries, &l.Fallbacks, &l.Breaker); err != nil {
		return nil
	}
	l.Over, l.P50, l.P99 = time.Duration(over)*time.Millisecond, time.Duration(p50)*time.Microsecond, time.Duration(p99)*time.Microsecond
	if l.Breaker == "-" {
		l.Breaker = ""
	}
	return &l
}

// TellFaults is how a Backend in front of this one, runtime/fault's, has its retries,
// fallbacks and breaker told with this program's load. They are counted from the beginning.
func (b *Backend) TellFaults(of func() (retries, fallbacks uint64, breaker string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = of
}

// said is what the record tells of this process.
func (b *Backend) said() string {
	b.mu.Lock()
	of := b.faults
	b.mu.Unlock()
	return b.loads.say(b.opt.Lease/4, b.stats.fallbacks.Load(), of)
}
