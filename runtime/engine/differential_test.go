package engine_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

var (
	seed     = flag.Int64("seed", 1, "seed of the differential test")
	commands = flag.Int("commands", 100_000, "commands that the differential test sends")
	without  = flag.String("without", "", "commands, with commas between, that the differential test leaves out")
)

// volatile is a store that keeps nothing.
type volatile struct{ engine.Store }

func (volatile) Open() (engine.State, error) { return engine.State{Volatile: true}, nil }

// subject is the engine as the differential test drives it.
type subject struct {
	t       testing.TB
	e       *engine.Engine
	session uint64
}

func (s *subject) Reset(proto int) {
	e, err := engine.Open(volatile{}, engine.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.e, s.session = e, e.NewSession(0, proto, "")
}

func (s *subject) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	out := s.e.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		s.t.Fatal(out.Err)
	}
	return out.Replies
}

func (s *subject) Settle() {}

func TestRandomCommandsAnswerLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	left := strings.Split(strings.ToLower(*without), ",")
	served := func(name string) bool { return engine.Served(name) && !slices.Contains(left, name) }
	for _, proto := range []int{2, 3} {
		difftest.Run(t, &subject{t: t}, difftest.Options{
			Addr: addr, Seed: *seed, Commands: *commands / 2, Proto: proto, Served: served,
		})
	}
}
