package conformance

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// hibernations costs 12 seconds each: workerd evicts an object ten seconds after its
// last event, and nothing can make it sooner.
var hibernations = flag.Int("hibernations", 0, "how often the object hibernates in the comparison with redis-server")

const evicted = 12 * time.Second

// idle is a client whose object hibernates now and then. It is a difftest.Subject.
type idle struct {
	single
	left  int
	slept int
}

// engine names the engine that the object has opened.
func (s *idle) engine() string {
	s.t.Helper()
	info := s.Exec(0, 0, []resp.Command{{"INFO", "server"}})[0].Str
	_, rest, ok := strings.Cut(info, "run_id:")
	if !ok {
		s.t.Fatalf("INFO server: %q", info)
	}
	id, _, _ := strings.Cut(rest, "\r")
	return id
}

// Settle lets the object hibernate.
func (s *idle) Settle() {
	if s.watches || s.left == 0 {
		return
	}
	s.left--
	before := s.engine()
	time.Sleep(evicted)
	if s.engine() != before {
		s.slept++
	}
}

// TestTheGatewayAnswersLikeRedisThroughHibernation lets the object leave memory
// between two frames. It runs when -hibernations says how often.
func TestTheGatewayAnswersLikeRedisThroughHibernation(t *testing.T) {
	if *hibernations == 0 {
		t.Skip("workerd takes ten seconds to evict an object: -hibernations says how often")
	}
	addr := testneed.RedisServer(t)
	s := &idle{left: *hibernations, single: single{t: t, r: newRig(t, plan()), reopens: true}}
	difftest.Run(t, s, difftest.Options{
		Addr: addr, Seed: *seedFlag + 30, Commands: 100 * *hibernations, Round: 100 * *hibernations, Proto: 3, Settle: 80, Served: subject.Remembered,
	})
	s.close()
	if s.slept < *hibernations/2 {
		t.Errorf("the object hibernated %d times of %d", s.slept, *hibernations)
	}
	s.r.followersHaveIt()
	t.Logf("the object hibernated %d times", s.slept)
}
