package engine_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var (
	seed     = flag.Int64("seed", 1, "seed of the differential test")
	commands = flag.Int("commands", 100_000, "commands that the differential test sends")
	without  = flag.String("without", "", "commands, with commas between, that the differential test leaves out")
)

// volatile is a store that keeps nothing.
type volatile = memory.Volatile

func TestRandomCommandsAnswerLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	left := strings.Split(strings.ToLower(*without), ",")
	served := func(name string) bool { return engine.Served(name) && !slices.Contains(left, name) }
	for _, proto := range []int{2, 3} {
		difftest.Run(t, &subject.Volatile{T: t}, difftest.Options{
			Addr: addr, Seed: *seed, Commands: *commands / 2, Proto: proto, Served: served,
		})
	}
}

// TestRandomClientsAreAnsweredLikeByRedis lets clients block, serve each other,
// interleave their transactions and listen.
func TestRandomClientsAreAnsweredLikeByRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	for _, proto := range []int{2, 3} {
		difftest.RunClients(t, &subject.Clients{T: t}, 4, difftest.Options{
			Addr: addr, Seed: *seed + 40, Commands: *commands / 10, Proto: proto, Served: engine.Served,
		})
	}
}
