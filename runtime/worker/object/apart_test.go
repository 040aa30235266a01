package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// What is kept of one client's commands is not touched by those of others that come
// after it, whatever memory they are read into.
func TestWhatOneClientLeftIsNotChangedByOthers(t *testing.T) {
	r := newRig(t)
	l, other := r.lane(1), r.lane(2)
	noise := func() {
		for i := 0; i < 3; i++ {
			var groups []frame.Group
			for j := uint64(10); j < 40; j++ {
				word := strings.Repeat("e", int(j%17)+1)
				groups = append(groups, group(j, fmt.Sprintf("SET %s evil", word), "MULTI", fmt.Sprintf("DEL %s %s evil", word, word), "DISCARD", "BLPOP evil 0"))
			}
			other.frame(groups...)
			r.messages(2)
		}
	}
	l.do("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 100000")
	l.frame(
		group(1, "WATCH w1 w2", "MULTI", "SET queued mine", "RPUSH list a b c"),
		frame.Group{Client: 2, Protocol: 3, Ticket: 1, Commands: commands("BLMOVE from to LEFT RIGHT 0")},
		frame.Group{Client: 3, Protocol: 3, Ticket: 2, Commands: commands("XREAD BLOCK 0 STREAMS stream 0")},
		group(4, "SUBSCRIBE channel"), group(5, "CLIENT SETNAME name"), group(6, "CLIENT PAUSE 50 WRITE"),
		frame.Group{Client: 7, Protocol: 3, Ticket: 3, Commands: commands("SET held mine")},
	)
	r.messages(1)
	noise()
	r.now += 100_000
	r.take(r.object().Tick(r.now, 1))
	noise()
	r.messages(1)
	exec := group(1, "EXEC")
	exec.Epoch = l.epoch
	if got := show(l.frame(exec)[0].Replies); got != "[+OK, (integer) 3]" {
		t.Errorf("the transaction answers %s", got)
	}
	if got := l.do("GET queued", "LRANGE list 0 -1", "GET held", "CLIENT LIST"); !strings.HasPrefix(got, `"mine" ["a", "b", "c"] "mine"`) || !strings.Contains(got, "name=name ") {
		t.Error(got)
	}
	noise()
	if got := other.do("RPUSH from x", "XADD stream 1-1 f v", "PUBLISH channel m", "LRANGE to 0 -1"); got != `(integer) 1 "1-1" (integer) 1 ["x"]` {
		t.Error(got)
	}
	came := r.messages(1)
	if got := wakes(came); !strings.Contains(got, `1 "x"`) || !strings.Contains(got, `"1-1"`) {
		t.Errorf("those who waited get %s", got)
	}
	if got := pushes(t, came, 4); got != `push["message", "channel", "m"]` {
		t.Errorf("who listens hears %s", got)
	}
	noise()
	logged := map[string]bool{}
	for _, entry := range l.frame(group(1, "SLOWLOG GET -1"))[0].Replies[0].Elems {
		logged[difftest.Show(entry.Elems[3])] = true
	}
	for _, want := range []string{`["RPUSH", "list", "a", "b", "c"]`, `["XADD", "stream", "1-1", "f", "v"]`, `["PUBLISH", "channel", "m"]`} {
		if !logged[want] {
			t.Errorf("the slow log of %d commands has no %s", len(logged), want)
		}
	}
}
