package object_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// Many wait for one queue, and elements come one by one: who waits is asked only while
// there is something to take.
func TestManyWhoWaitForOneQueueCostLittle(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	ticket := uint64(0)
	for i := 0; i < 15; i++ {
		groups := make([]frame.Group, frame.MaxCommands)
		for j := range groups {
			ticket++
			groups[j] = frame.Group{Client: ticket, Protocol: 3, Ticket: ticket, Commands: commands("BLPOP q 0")}
		}
		l.frame(groups...)
	}
	var lines []string
	for i := 0; i < frame.MaxCommands; i++ {
		lines = append(lines, fmt.Sprint("RPUSH q ", i))
	}
	began := time.Now()
	p.frame(group(1, lines...))
	took := time.Since(began)
	t.Log(took)
	if took > 3*time.Second { // it was 6 when each was asked each time
		t.Errorf("%d who wait cost a frame %v", ticket, took)
	}
	if got := len(r.messages(1)); got != frame.MaxCommands {
		t.Errorf("%d were served", got)
	}
	if got := p.do("LLEN q"); got != "(integer) 0" {
		t.Error(got)
	}
}
