package respserver

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Redis does not run a subscription behind a command that waits on the same
// connection, so that nobody waits for it.
func TestSubscriptionsBehindOtherCommandsHaveNoTurn(t *testing.T) {
	subscribe := resp.Command{"SUBSCRIBE", "c"}
	for _, c := range []struct {
		name string
		cmds []resp.Command
		idle bool
		turn bool
	}{
		{"at once", []resp.Command{subscribe}, true, true},
		{"behind another of its frame", []resp.Command{{"BLPOP", "l", "0"}, subscribe}, true, false},
		{"behind another frame", []resp.Command{subscribe}, false, false},
		{"no subscription", []resp.Command{{"ZSUBSCRIBE", "c"}}, true, false},
	} {
		var o Order
		if turn, _ := o.enter(c.cmds, c.idle); (turn != 0) != c.turn || (len(o.pending) != 0) != c.turn {
			t.Errorf("%s: turn %d, %d pending", c.name, turn, len(o.pending))
		}
	}
}

// Frames that subscribe and publish do not wait for each other, nor for themselves:
// only for what came before.
func TestPublicationsWaitForEarlierTurnsOnly(t *testing.T) {
	both := []resp.Command{{"SUBSCRIBE", "c"}, {"PUBLISH", "c", "m"}}
	var o Order
	first, publishes := o.enter(both, true)
	second, _ := o.enter(both, true)
	if !publishes || len(o.pending) != 2 {
		t.Fatalf("publishes %v, %d pending", publishes, len(o.pending))
	}
	if n := len(o.before(first)); n != 0 {
		t.Errorf("the first waits for %d", n)
	}
	if before := o.before(second); len(before) != 1 || before[first] == nil {
		t.Errorf("the second waits for %d and not for the first alone", len(before))
	}
	o.leave(first)
	if n := len(o.before(second)); n != 0 {
		t.Errorf("when the first has run the second waits for %d", n)
	}
	o.leave(second)
	o.leave(second)
	if len(o.pending) != 0 {
		t.Error("what has run is still waited for")
	}
}
