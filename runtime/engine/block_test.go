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

// What a frame does for other clients must not lie in the memory that its caller
// lends, and takes back.
func TestRepliesForOthersAreNotInLentMemory(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "RPUSH", "list", "x", "y", "z")
	held := e.NewSession(0, 3, "")
	run(e, held, "MULTI")
	run(e, held, "LRANGE", "list", "0", "-1")
	run(e, held, "DEL", "list")
	run(e, s, "CLIENT", "PAUSE", "100000", "WRITE")
	ticket := blocked(t, e, held, "EXEC")
	var lent resp.Scratch
	lent.Elems(16) // which do not fit: there will be room for them
	lent.Reset()
	out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{{"CLIENT", "UNPAUSE"}}, Scratch: &lent})
	lent.Reset()
	if len(out.Wakes) != 1 || out.Wakes[0].Ticket != ticket {
		t.Fatalf("CLIENT UNPAUSE woke %+v", out.Wakes)
	}
	if got := show(out.Wakes[0].Reply.Elems[0]); got != `["x" "y" "z"]` {
		t.Fatalf("LRANGE answers %s when the caller of UNPAUSE has taken its memory back", got)
	}
}

// The keys of a database that is swapped in are served in the order in which
// their waiters came, not in that of a map.
func TestSwappedDatabasesServeWaitersInOrder(t *testing.T) {
	for round := 0; round < 5; round++ {
		e, s := newTestEngine(t)
		other := e.NewSession(1, 3, "")
		var tickets []uint64
		for i := 0; i < 8; i++ {
			key := string(rune('a' + (i*5)%8))
			run(e, other, "RPUSH", key, key)
			tickets = append(tickets, blocked(t, e, e.NewSession(0, 3, ""), "BLMOVE", key, "to", "LEFT", "RIGHT", "0"))
		}
		for i, w := range wakes(t, e, s, "SWAPDB", "0", "1") {
			if w.Ticket != tickets[i] {
				t.Fatalf("ticket %d is served in place %d of %v", w.Ticket, i, tickets)
			}
		}
		if got := show(run(e, s, "LRANGE", "to", "0", "-1")); got != `["a" "f" "c" "h" "e" "b" "g" "d"]` {
			t.Fatalf("moved: %s", got)
		}
	}
}
