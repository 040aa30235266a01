package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// failing is a store without keys whose reads of items fail.
type failing struct{ Store }

func (failing) Open() (State, error) { return State{NextID: 1}, nil }

func (failing) DBs() ([]uint32, error) { return []uint32{0}, nil }

func (failing) Keys(_ uint32, _ uint64, _ bool, yield func(Header) bool) error {
	yield(Header{Hash: KeyHash("list"), Key: "list", Type: TypeList, ID: 1})
	return nil
}

func (failing) Items(Query, func(Item) bool) error { return errors.New("disk on fire") }

// A command that met a fault has not run: no event tells of its changes, not even
// after the next one.
func TestEventsOfALostFrameAreNotSent(t *testing.T) {
	const now = 1_700_000_000_000_000
	e, err := Open(failing{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	run(e, s, "CONFIG", "SET", "notify-keyspace-events", "KEA")
	run(e, e.NewSession(0, 3, ""), "PSUBSCRIBE", "*")
	old := e
	if out := e.Exec(now, 1, Frame{Session: s, Commands: []resp.Command{{"COPY", "list", "lost"}}}); out.Err == nil {
		t.Fatalf("COPY met no fault: %+v", out)
	}
	if e, err = Open(failing{}, Options{}); err != nil {
		t.Fatal(err)
	}
	e.Adopt(old)
	out := e.Exec(now, 1, Frame{Session: s, Commands: []resp.Command{{"SET", "later", "1"}}})
	for _, p := range out.Pushes {
		if text := fmt.Sprint(p.Reply); strings.Contains(text, "lost") {
			t.Errorf("an event of the lost frame is sent: %s", text)
		}
	}
	if len(out.Pushes) == 0 {
		t.Error("SET sends no event")
	}
}

// Scripts make words of errors up; the memory for counting them is bounded.
func TestWordsOfErrorsAreBounded(t *testing.T) {
	e, s := newTestEngine(t)
	for i := 0; i < 1000; i++ {
		run(e, s, "EVAL", "return redis.error_reply(ARGV[1])", "0", fmt.Sprintf("WORD%d is made up", i))
	}
	if n := len(e.admin.errors); n > maxErrorWords+1 {
		t.Errorf("%d words are kept", n)
	}
	if info := run(e, s, "INFO", "errorstats").Str; !strings.Contains(info, otherErrorWords+":count=872") || !strings.Contains(info, "errorstat_WORD7:count=1") {
		t.Errorf("INFO says\n%s", info)
	}
}
