package object_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Who waits behind the last entry of a stream misses none that came while the object was
// reset and he had not heard of it.
func TestAReaderBehindTheLastEntryMissesNoneAcrossAReset(t *testing.T) {
	for _, many := range []bool{false, true} { // with others' commands, and alone
		r := newRig(t)
		p := r.lane(1)
		p.do("XADD x 1-1 f before")
		l := r.lane(2)
		groups := []frame.Group{{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("XREAD BLOCK 0 STREAMS x y $ $")}}
		if many {
			groups = append([]frame.Group{{Client: 1, Protocol: 3, Ticket: 6, Commands: commands("PING")}}, groups...)
		}
		res := l.frame(groups...)
		last := res[len(res)-1]
		if got := show([]resp.Reply{resp.NewBulk(last.Again.Name())}); last.Status != frame.StatusBlocked || got != `"XREAD"` {
			t.Fatalf("status %d, again %q", last.Status, last.Again)
		}
		r.restart(1, 2)
		p.do("XADD x 2-1 f between")
		again := l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: []resp.Command{last.Again}})
		if got := show(again[0].Replies); got != `map["x", [["2-1", ["f", "between"]]]]` {
			t.Errorf("status %d, %s", again[0].Status, got)
		}
	}
}

func TestOtherCommandsThatWaitAreSentAgainAsTheyWere(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("XGROUP CREATE x g $ MKSTREAM")
	for i, line := range []string{"BLPOP q 0", "BLPOP $ 0", "XREAD BLOCK 0 STREAMS x 5", "XREADGROUP GROUP g $ BLOCK 0 STREAMS x >", "BZPOPMIN z $ 0"} {
		res := l.frame(frame.Group{Client: uint64(i + 1), Protocol: 3, Ticket: uint64(i + 1), Commands: commands(line)})
		if res[0].Status != frame.StatusBlocked || res[0].Again != nil {
			t.Errorf("%s: status %d, %q", line, res[0].Status, res[0].Again)
		}
	}
}
