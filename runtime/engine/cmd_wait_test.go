package engine

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func TestWaitAnswersWhenItsTimeIsUp(t *testing.T) {
	e, s := newTestEngine(t)
	if r := run(e, s, "WAIT", "0", "1000"); r.Kind != resp.Int || r.Int != 0 {
		t.Errorf("for no replicas: %v", r)
	}
	if r := run(e, s, "WAIT", "1", "-1"); r.Str != errTimeoutNeg.Str {
		t.Errorf("with a negative timeout: %v", r)
	}
	const now = 1_700_000_000_000_000
	out := e.Exec(now, 1, Frame{Session: s, Commands: []resp.Command{{"WAIT", "1", "30"}}})
	if out.Ticket == 0 || out.Deadline != now+30_000 {
		t.Fatalf("ticket %d, deadline in %d µs", out.Ticket, out.Deadline-now)
	}
	if wakes := e.Tick(now+30_000, 1).Wakes; len(wakes) != 1 || wakes[0].Reply.Kind != resp.Int {
		t.Errorf("woken with %v", wakes)
	}
}
