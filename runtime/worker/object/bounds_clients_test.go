package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// with is a group of a client that counts on the epoch.
func (l *lane) with(client uint64, cmds ...resp.Command) frame.Group {
	return frame.Group{Client: client, Protocol: 3, Epoch: l.epoch, Commands: cmds}
}

// one is the reply of one command.
func (l *lane) one(g frame.Group) string {
	l.r.t.Helper()
	return show(l.frame(g)[0].Replies)
}

func TestWatchedKeysAreBounded(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	watch := resp.Command{"WATCH"}
	for i := 0; i < 20_000; i++ {
		watch = append(watch, fmt.Sprint("key:", i))
	}
	groups := make([]frame.Group, 3)
	for i := range groups {
		groups[i] = frame.Group{Client: uint64(i + 1), Protocol: 3, Commands: []resp.Command{watch}}
	}
	res := l.frame(groups...)
	if got := show(res[1].Replies); got != "+OK" {
		t.Error(got)
	}
	if got := show(res[2].Replies); !strings.HasPrefix(got, "(error) ERR max memory for watched keys reached") {
		t.Error(got)
	}
	if got := l.one(l.with(1, words("MULTI"), words("INCR n"), words("EXEC"))); !strings.HasSuffix(got, "[(integer) 1]") {
		t.Errorf("who watched: %s", got)
	}
	if got := l.one(l.with(3, watch)); got != "+OK" {
		t.Errorf("when another one's transaction has ended: %s", got)
	}
}

func TestQueuesOfTransactionsAreBounded(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.one(group(1, "MULTI"))
	value := strings.Repeat("x", 1_000_000)
	got := ""
	for i := 0; i < 20; i++ {
		got = l.one(l.with(1, resp.Command{"SET", "k", value}))
	}
	if !strings.HasPrefix(got, "(error) ERR max memory for queued commands reached") {
		t.Fatalf("%.100s", got)
	}
	if got := l.do("INCR n"); got != "(integer) 1" { // client 1 says that it has no transaction
		t.Error(got)
	}
	for _, end := range []string{"EXEC", "DISCARD", "RESET"} {
		l.one(group(2, "MULTI"))
		for i := 0; i < 20; i++ {
			got = l.one(l.with(2, resp.Command{"SET", "k", value}))
		}
		if end == "EXEC" {
			if got = l.one(l.with(2, words(end))); !strings.HasPrefix(got, "(error) EXECABORT") {
				t.Errorf("%.100s", got)
			}
			continue
		}
		l.one(l.with(2, words(end)))
	}
	l.one(group(3, "MULTI"))
	if got := l.one(l.with(3, resp.Command{"SET", "k", value}, words("EXEC"))); got != "+QUEUED [+OK]" {
		t.Errorf("when the others have ended: %.100s", got)
	}
}

func TestNamesOfClientsAreBounded(t *testing.T) {
	l := newRig(t).lane(1)
	long := strings.Repeat("n", 513)
	for _, line := range []string{"CLIENT SETNAME ", "HELLO 3 SETNAME ", "CLIENT SETINFO LIB-NAME ", "CLIENT SETINFO LIB-VER "} {
		if got := l.do(line + long); got != "(error) ERR a name of 513 bytes is longer than the 512 that a client's name may have" {
			t.Errorf("%s: %.200s", line, got)
		}
		if got := l.do(line + long[1:]); strings.Contains(got, "ERR") {
			t.Errorf("%s: %.200s", line, got)
		}
	}
}

// Loaded scripts are rows. In memory are no more of them than there may be.
func TestLoadedScriptsLeaveMemory(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	script := func(i int) string {
		return fmt.Sprintf("-- %d\n", i) + strings.Repeat("local t = redis.call('GET', 'k') if t == 'x' then return t end\n", 100) + fmt.Sprint("return ", i)
	}
	sha := func(i int) string {
		return l.one(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SCRIPT", "LOAD", script(i)}}})
	}
	first := strings.Trim(sha(0), `"`)
	before := heap()
	for i := 1; i < 1000; i++ {
		sha(i)
	}
	if grown := heap() - before; grown > 12<<20 {
		t.Errorf("1,000 scripts take %d MB", grown>>20)
	}
	if got := l.do("EVALSHA "+first+" 0", "SCRIPT EXISTS "+first); got != "(integer) 0 [(integer) 1]" {
		t.Error(got)
	}
}

func TestLibrariesOfFunctionsAreBounded(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	load := func(i int, more ...string) string {
		code := fmt.Sprintf("#!lua name=lib%d\nredis.register_function('f%d', function() return %d end)\n--%s", i, i, i, strings.Repeat("x", 100_000))
		return l.one(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{append(append(resp.Command{"FUNCTION", "LOAD"}, more...), code)}})
	}
	n, got := 0, ""
	for ; n < 100; n++ {
		if got = load(n); got != fmt.Sprintf(`"lib%d"`, n) {
			break
		}
	}
	if !strings.HasPrefix(got, "(error) ERR max size of libraries reached: all together would have ") || n < 4 {
		t.Fatalf("the library %d: %.200s", n, got)
	}
	if got := load(0, "REPLACE"); got != `"lib0"` {
		t.Errorf("one is replaced: %s", got)
	}
	r.restart(1)
	if got := l.do("FCALL f0 0", fmt.Sprint("FCALL f", n-1, " 0"), "FUNCTION DELETE lib1"); got != fmt.Sprintf("(integer) 0 (integer) %d +OK", n-1) {
		t.Error(got)
	}
	if got := load(n); got != fmt.Sprintf(`"lib%d"`, n) {
		t.Errorf("when there is room: %.200s", got)
	}
}

// One script may take long; 512 of them in one frame may not take 512 times as long.
func TestScriptsOfAFrameHaveOneBudget(t *testing.T) {
	r := rigOver(t, newRig(t).db)
	r.opt.ScriptSteps = 1_000_000
	r.start()
	l := r.lane(1)
	const script = "redis.call('INCR',KEYS[1]) for i = 1, 100000 do local a = {} end return 1"
	eval := func(key string) resp.Command { return resp.Command{"EVAL", script, "1", key} }
	count := func(replies []resp.Reply) (ran, refused int) {
		for _, reply := range replies {
			switch text := show([]resp.Reply{reply}); {
			case text == "(integer) 1":
				ran++
			case strings.HasPrefix(text, "(error) ERR not run: the scripts before it took "):
				refused++
			default:
				t.Errorf("%s", text)
			}
		}
		return ran, refused
	}
	for _, alone := range []bool{false, true} { // in groups of their own
		key := fmt.Sprint("n", alone)
		var groups []frame.Group
		for i := 0; i < 60; i++ {
			if i == 0 || alone {
				groups = append(groups, frame.Group{Client: 1, Protocol: 3})
			}
			g := &groups[len(groups)-1]
			g.Commands = append(g.Commands, eval(key))
		}
		var replies []resp.Reply
		for _, res := range l.frame(groups...) {
			replies = append(replies, res.Replies...)
		}
		ran, refused := count(replies)
		if ran < 2 || refused < 40 {
			t.Errorf("%d ran and %d did not", ran, refused)
		}
		if got := l.do("GET " + key); got != fmt.Sprintf("%q", fmt.Sprint(ran)) {
			t.Errorf("%d ran, and %s is what they did", ran, got)
		}
		if ran, _ := count(l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{eval("next")}})[0].Replies); ran != 1 {
			t.Error("the next frame has no budget of its own")
		}
	}
}
