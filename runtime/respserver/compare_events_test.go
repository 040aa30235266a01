package respserver_test

import (
	"os"
	"sort"
	"strings"
	"testing"
	"time"
)

// ears are a connection that subscribed to everything, and one that publishes.
type ears struct{ sub, pub *client }

func listen(t *testing.T, c *client) ears {
	t.Helper()
	e := ears{dial(t, c.RemoteAddr().String()), dial(t, c.RemoteAddr().String())}
	e.sub.do("PSUBSCRIBE", "*")
	return e
}

// heard reads the messages up to a marker.
func (e ears) heard() (events []string) {
	l, c := e.sub, e.pub
	c.t.Helper()
	c.do("PUBLISH", "marker", "x")
	for {
		_ = l.SetReadDeadline(time.Now().Add(10 * time.Second)) // what never comes must not hang the test
		w, err := readWire(l.rd)
		if err != nil {
			c.t.Fatalf("after %q: %v", events, err)
		}
		channel := w.elems[2].body
		if channel == "marker" {
			return events
		}
		events = append(events, strings.TrimPrefix(channel, "__")+" "+w.elems[3].body)
	}
}

// TestKeyspaceNotificationsAreRediss runs a script on both sides and compares
// what is published after each command. Behind a leading ~ the order does not
// count.
func TestKeyspaceNotificationsAreRediss(t *testing.T) {
	text, err := os.ReadFile("testdata/events.txt")
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := both(t)
	for _, c := range []*client{theirs, ours} {
		c.do("CONFIG", "SET", "notify-keyspace-events", "KEAnm")
	}
	theirEars, ourEars := listen(t, theirs), listen(t, ours)
	compared := 0
	for n, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		cmd := words(t, strings.TrimPrefix(line, "~"))
		theirs.do(cmd...)
		ours.do(cmd...)
		want, got := theirEars.heard(), ourEars.heard()
		if line[0] == '~' {
			sort.Strings(want)
			sort.Strings(got)
		}
		compared += len(want)
		if strings.Join(want, "\n") != strings.Join(got, "\n") {
			t.Errorf("testdata/events.txt:%d: %s\n  redis-server %q\n  engine       %q", n+1, line, want, got)
		}
	}
	t.Logf("%d events compared", compared)
}
