package engine

import (
	"strings"
	"testing"
)

// A client that was killed is gone for every other command, whenever its host notices.
func TestAKilledClientIsGoneAtOnce(t *testing.T) {
	e, s := newTestEngine(t)
	other := e.NewSession(0, 3, "")
	e.Describe(s, Peer{Addr: "127.0.0.1:1"})
	e.Describe(other, Peer{Addr: "127.0.0.1:2"})
	expectReply(t, e, s, "+OK", "CLIENT", "KILL", "127.0.0.1:2")
	expectReply(t, e, s, "-ERR No such client", "CLIENT", "KILL", "127.0.0.1:2")
	if list := run(e, s, "CLIENT", "LIST").Str; strings.Contains(list, "127.0.0.1:2") || !strings.Contains(list, "127.0.0.1:1") {
		t.Errorf("the clients are %q", list)
	}
	// One that kills itself has its answer still to come.
	expectReply(t, e, s, "+OK", "CLIENT", "KILL", "127.0.0.1:1")
	if list := run(e, s, "CLIENT", "LIST").Str; !strings.Contains(list, "127.0.0.1:1") {
		t.Errorf("the clients are %q", list)
	}
}
