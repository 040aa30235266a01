package conformance

import (
	"math/rand"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// compare runs random commands.
func compare(t *testing.T, s *single, o difftest.Options) {
	t.Helper()
	s.t, s.rnd = t, rand.New(rand.NewSource(o.Seed))
	o.Round = 500 // each leaves an object whose followers are compared
	difftest.Run(t, s, o)
	s.close()
}

// TestTheGatewayAnswersLikeRedis compares one client's answers, over WebSockets and
// over HTTP, and at the end the followers with the object.
func TestTheGatewayAnswersLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	r := newRig(t, plan())
	for i, settings := range [][]string{nil, {"transport=http"}} {
		for _, proto := range []int{2, 3} {
			compare(t, &single{r: r, settings: settings}, difftest.Options{
				Addr: addr, Seed: *seedFlag + int64(i), Commands: *commandsFlag / 4, Proto: proto, Served: engine.Served,
			})
		}
	}
	documents(t, &single{t: t, r: r}, *seedFlag)
	r.followersHaveIt()
}

// TestTheGatewayAnswersLikeRedisWhileWorkerdIsKilled kills workerd while frames are on
// their way: what is answered was stored, once.
func TestTheGatewayAnswersLikeRedisWhileWorkerdIsKilled(t *testing.T) {
	addr := testneed.RedisServer(t)
	r := newRig(t, plan())
	s := &single{r: r, crashes: 8, reopens: true}
	compare(t, s, difftest.Options{
		Addr: addr, Seed: *seedFlag + 10, Commands: *commandsFlag / 4, Proto: 3, Settle: 20, Served: subject.Remembered,
	})
	if s.crashed == 0 {
		t.Error("workerd was not killed, and this tests nothing")
	}
	r.followersHaveIt()
	t.Logf("workerd was killed %d times", s.crashed)
}

// TestTheGatewayAnswersLikeRedisWithoutMemory does so when an object keeps next to
// nothing in memory.
func TestTheGatewayAnswersLikeRedisWithoutMemory(t *testing.T) {
	addr := testneed.RedisServer(t)
	p := plan()
	p.MemoryBytes = 3000
	r := newRig(t, p)
	compare(t, &single{r: r, reopens: true}, difftest.Options{
		Addr: addr, Seed: *seedFlag + 20, Commands: *commandsFlag / 2, Proto: 3, Settle: 20, Served: subject.Remembered,
	})
	r.followersHaveIt()
}

// TestClientsOfTheGatewayAreAnsweredLikeByRedis lets clients of two connections block,
// serve each other, interleave their transactions and listen.
func TestClientsOfTheGatewayAreAnsweredLikeByRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	s := &several{t: t, r: newRig(t, plan())}
	for _, proto := range []int{2, 3} {
		difftest.RunClients(t, s, 4, difftest.Options{
			Addr: addr, Seed: *seedFlag + 40, Commands: *commandsFlag / 4, Proto: proto, Served: engine.Served,
		})
	}
	s.close()
	s.r.followersHaveIt()
}
