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
	waiting                            atomic.Int64 // since when the oldest key waits that is to be brought, in Unix nanoseconds; 0 is none
}

// Stats is what a process has counted since it was opened.
type Stats struct {
	Phase     Phase         // of all keys but those of Families
	Families  []Family      // none where all keys are in one phase
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
	Lag       time.Duration // for how long the key was marked that the follower brought last, since it saw the mark: it looks each Options.Follow
	// Waiting is for how long the oldest key has waited that is still to be brought, as far
	// as the follower knows; 0 is none. Where the other side is not reached, it grows.
	Waiting time.Duration
}

// Has tells whether some keys may be in a phase.
func (s *Stats) Has(p Phase) bool {
	if s.Phase == p {
		return true
	}
	for _, f := range s.Families {
		if f.Phase == p {
			return true
		}
	}
	return false
}

// Stats returns the counters.
func (b *Backend) Stats() Stats {
	p, closed := b.member.current()
	waiting := time.Duration(0)
	if since := b.stats.waiting.Load(); since != 0 && b.member.follows() {
		waiting = time.Since(time.Unix(0, since))
	}
	if p == nil {
		p = &division{}
	}
	return Stats{
		Waiting: waiting,
		Phase:   p.rest, Families: p.families, Switching: closed, Following: b.member.follows(),
		Commands: b.stats.commands.Load(), Marked: b.stats.marked.Load(),
		Brought: b.stats.brought.Load(), Refused: b.stats.refused.Load(),
		Same: b.stats.same.Load(), Different: b.stats.different.Load(), Fallbacks: b.stats.fallbacks.Load(),
		Left: b.stats.left.Load(), Lag: time.Duration(b.stats.lag.Load()),
	}
}
