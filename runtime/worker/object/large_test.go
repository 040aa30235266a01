package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

func groupOf(client uint64, cmds ...resp.Command) frame.Group {
	return frame.Group{Client: client, Protocol: 3, Commands: cmds}
}

// An answer that would have too many bytes has errors for its largest replies: what
// only read is not run again for it, and what wrote is undone.
func TestRepliesThatDoNotFitAreErrors(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	value := strings.Repeat("x", 1_500_000)
	set := resp.Command{"SET", "big", value}
	many := resp.Command{"MGET"}
	for i := 0; i < 10; i++ {
		many = append(many, "big")
	}
	l.frame(groupOf(1, set))
	r.messages(1)
	res := l.frame(groupOf(1, resp.Command{"INCR", "n"}, many, resp.Command{"STRLEN", "big"}), groupOf(2, resp.Command{"INCR", "n"}))
	if len(res) != 2 {
		t.Fatalf("%d results", len(res))
	}
	replies := append(append([]resp.Reply(nil), res[0].Replies...), res[1].Replies...)
	if replies[0].Int != 1 || replies[1].Kind != resp.Error || !strings.Contains(replies[1].Str, "ask for less") || replies[2].Int != 1_500_000 || replies[3].Int != 2 {
		t.Errorf("%v", replies)
	}
	for _, m := range r.messages(1) {
		if frame.Kind(m) == frame.KindWelcome {
			t.Error("the engine was opened anew for a command that only read")
		}
	}
	// Up to the limit each has its bytes.
	res = l.frame(groupOf(1, many[:7], resp.Command{"GET", "big"}))
	if got := res[0].Replies; len(got[0].Elems) != 6 || got[0].Elems[5].Str != value || got[1].Str != value {
		t.Errorf("%d elements, %d bytes", len(got[0].Elems), len(got[1].Str))
	}
	script := resp.Command{"EVAL", "redis.call('INCR', 'n') local s = redis.call('GET', 'big') local t = {} for i = 1, 10 do t[i] = s end return t", "0"}
	res = l.frame(groupOf(1, resp.Command{"INCR", "n"}, script, resp.Command{"INCR", "n"}))
	if got := res[0].Replies; got[0].Int != 3 || got[1].Kind != resp.Error || !strings.Contains(got[1].Str, "ask for less") || got[2].Int != 4 {
		t.Errorf("a script: %v %v %v", got[0], got[1].Str, got[2])
	}
}

// A script may return lists in lists as deep as it likes. What no client could read is
// an error, and what the script wrote is undone.
func TestRepliesThatAreTooDeepAreErrors(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	nested := func(n int, before string) resp.Command {
		return resp.Command{"EVAL", fmt.Sprintf("%s local t = 1 for i = 1, %d do t = {t} end return t", before, n), "0"}
	}
	for n, fits := range map[int]bool{1: true, frame.MaxDepth: true, frame.MaxDepth + 1: false, 5000: false} {
		replies := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", "k", "v"}, nested(n, "redis.call('APPEND', 'k', 'w')"), {"GET", "k"}}})[0].Replies
		if ok := replies[1].Kind != resp.Error; len(replies) != 3 || ok != fits || !ok && !strings.Contains(replies[1].Str, "lists in lists") {
			t.Errorf("%d deep: %.200s", n, show(replies))
		}
		if want := map[bool]string{true: "vw", false: "v"}[fits]; replies[2].Str != want {
			t.Errorf("%d deep: the key is %q", n, replies[2].Str)
		}
	}
}
