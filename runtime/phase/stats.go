package phase

import (
	"sync/atomic"
	"time"
)

// counters count what the phases do.
type counters struct {
	commands, marked, brought, refused atomic.Uint64
	same, different, fallbacks         atomic.Uint64
	left                               atomic.Int64
	lag                                atomic.Int64 // nanoseconds
}

// Stats is what a process has counted since it was opened.
type Stats struct {
	Phase     Phase
	Switching bool          // commands wait for a switch
	Following bool          // this process is the one that follows
	Commands  uint64        // that were run, at the truth
	Marked    uint64        // keys that were about to change
	Brought   uint64        // keys whose state was brought to the other side
	Refused   uint64        // times that the other side did not take a key
	Same      uint64        // keys that the comparison in the background found equal
	Different uint64        // those that were not, and were brought again
	Fallbacks uint64        // reads of caches that the other side answered
	Left      int64         // marks that the last look of the follower has left, of commands under way too
	Lag       time.Duration // how old the oldest key was that the follower brought last, about
}

// Stats returns the counters.
func (b *Backend) Stats() Stats {
	p, closed := b.member.current()
	return Stats{
		Phase: p, Switching: closed, Following: b.member.follows(),
		Commands: b.stats.commands.Load(), Marked: b.stats.marked.Load(),
		Brought: b.stats.brought.Load(), Refused: b.stats.refused.Load(),
		Same: b.stats.same.Load(), Different: b.stats.different.Load(), Fallbacks: b.stats.fallbacks.Load(),
		Left: b.stats.left.Load(), Lag: time.Duration(b.stats.lag.Load()),
	}
}
