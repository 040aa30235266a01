package engine_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestRowsAreTheWholeState compares an engine that is opened anew from its rows
// again and again with redis-server.
func TestRowsAreTheWholeState(t *testing.T) {
	fromRows(t, 17, nil)
}

// TestCollectionsAreServedFromTheirRows does so with engines that keep next to
// nothing of a collection in memory.
func TestCollectionsAreServedFromTheirRows(t *testing.T) {
	fromRows(t, 18, func(n int) engine.Options {
		return subject.Tight(n)
	})
}

func fromRows(t *testing.T, off int64, options func(n int) engine.Options) {
	addr := testneed.RedisServer(t)
	s := &subject.Stored{
		T: t, Options: options, Every: 3,
		Fresh: func() engine.Store { return memory.NewRows() },
		Again: func(s engine.Store) engine.Store { return s },
	}
	difftest.Run(t, s, difftest.Options{
		Addr: addr, Seed: *seed + off, Commands: *commands / 4, Proto: 3, Settle: 20, Served: subject.Remembered,
	})
	if s.Opened() < *commands/2000 {
		t.Fatalf("the engine was opened only %d times", s.Opened())
	}
	t.Logf("opened %d times", s.Opened())
}
