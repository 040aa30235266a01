package engine

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// blocked starts a command that must wait and returns its ticket.
func blocked(t *testing.T, e *Engine, s uint64, args ...string) uint64 {
	t.Helper()
	out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{args}})
	if out.Ticket == 0 {
		t.Fatalf("%q does not wait: %+v", args, out.Replies)
	}
	return out.Ticket
}

// wakes runs a command and returns what it woke.
func wakes(t *testing.T, e *Engine, s uint64, args ...string) []Wake {
	t.Helper()
	out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{args}})
	if out.Err != nil || len(out.Replies) != 1 || out.Replies[0].Kind == resp.Error {
		t.Fatalf("%q: %+v", args, out)
	}
	return out.Wakes
}

func TestWaitingIsServedByTheKeyThatChanged(t *testing.T) {
	e, s := newTestEngine(t)
	waiting := e.NewSession(0, 3, "")
	ticket := blocked(t, e, waiting, "BLPOP", "a", "b", "0")
	if w := wakes(t, e, s, "SET", "a", "of another type"); len(w) != 0 {
		t.Fatalf("a string woke BLPOP: %+v", w)
	}
	w := wakes(t, e, s, "RPUSH", "b", "x")
	if len(w) != 1 || w[0].Ticket != ticket || show(w[0].Reply) != `["b" "x"]` {
		t.Fatalf("RPUSH on the second key woke %+v", w)
	}
}

func TestWrongDestinationEndsTheWaiting(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "SET", "to", "of another type")
	waiting := e.NewSession(0, 3, "")
	blocked(t, e, waiting, "BLMOVE", "from", "to", "LEFT", "LEFT", "0")
	w := wakes(t, e, s, "RPUSH", "from", "x")
	if len(w) != 1 || w[0].Reply.Str != errWrongType.Str {
		t.Fatalf("woke %+v", w)
	}
	if got := run(e, s, "LLEN", "from"); got.Int != 1 {
		t.Fatalf("the element is gone: %+v", got)
	}
}
