package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/luagen"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// TestKnownCasesAnswerLikeRedis runs the engine's kept cases: commands that once showed
// a difference, programs that did, random programs, and commands whose answers are
// recorded.
func TestKnownCasesAnswerLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	s := &single{t: t, r: newRig(t, plan())}
	defer s.close()
	t.Run("commands", func(t *testing.T) { cases(t, s, addr) })
	t.Run("recorded", func(t *testing.T) { recorded(t, s) })
	for _, proto := range []int{2, 3} {
		t.Run([]string{2: "scripts RESP2", 3: "scripts RESP3"}[proto], func(t *testing.T) { scripts(t, s, proto) })
	}
}

func cases(t *testing.T, s *single, addr string) {
	text, err := os.ReadFile("../../internal/difftest/testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := difftest.Cases(string(text))
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		d, err := difftest.Replay(s, difftest.Options{Addr: addr, Proto: 3}, c)
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			t.Errorf("%s", d)
		}
	}
}

func recorded(t *testing.T, s *single) {
	recording, err := os.ReadFile("../../engine/testdata/recorded.resp")
	if err != nil {
		t.Fatal(err)
	}
	n, d, err := difftest.Recorded(s, recording)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		t.Fatalf("after %d commands:\n%s", n, d)
	}
	if n < 700 {
		t.Fatalf("only %d commands are recorded", n)
	}
}

// address is where a value lies, which nobody promises.
var address = regexp.MustCompile("0x[0-9a-f]{9,}")

// A server is a redis-server that is started again when a script has ended it, as
// error({}) does to 7.0.
type server struct {
	t     *testing.T
	proto int
	conn  *difftest.Conn
	lost  int
}

func (s *server) start() {
	s.t.Helper()
	conn, err := difftest.Dial(testneed.RedisServer(s.t), s.proto)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() }) // the server may be gone
	s.conn = conn
}

// answers runs a program on no data; ok is false when the server did not live through it.
func (s *server) answers(cmds []resp.Command) (text string, ok bool) {
	reset := []resp.Command{{"FLUSHALL"}, {"EVAL", luagen.Reset, "0"}}
	replies, err := s.conn.Do(append(reset, cmds...))
	if err != nil {
		s.lost++
		s.start()
		return "", false
	}
	return wire(replies[len(replies)-1], s.proto), true
}

func wire(r resp.Reply, proto int) string {
	return address.ReplaceAllString(string(resp.AppendReply(nil, proto, r)), "0x")
}

func scripts(t *testing.T, s *single, proto int) {
	redis := &server{t: t, proto: proto}
	redis.start()
	s.Reset(proto)
	check := func(name, program string) {
		t.Helper()
		cmd := resp.Command{"EVAL", program, "1", "key", "41", "arg two"}
		want, ok := redis.answers([]resp.Command{cmd})
		got := wire(s.Exec(0, 0, []resp.Command{{"FLUSHALL"}, cmd})[1], proto)
		if ok && got != want {
			t.Errorf("%s:\n%s\n gateway: %q\n redis:   %q", name, strings.TrimPrefix(program, luagen.Prelude), got, want)
		}
	}
	files, err := filepath.Glob("../../engine/testdata/scripts/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		check(file, string(text))
	}
	random := *commandsFlag / 20
	for i := 0; i < random && !t.Failed(); i++ {
		seed := *seedFlag + int64(2*i+proto)
		check(fmt.Sprint("the program of seed ", seed), luagen.New(seed).Text())
	}
	if redis.lost > 2+(len(files)+random)/20 {
		t.Errorf("redis-server did not live through %d programs", redis.lost)
	}
}
