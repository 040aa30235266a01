package cftest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/cftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func TestDataMethodsAnswerAsMiniredisDoes(t *testing.T) {
	s := cftest.RunT(t)
	if _, err := s.Get("none"); !errors.Is(err, cftest.ErrKeyNotFound) {
		t.Errorf("Get of a missing key: %v", err)
	}
	if err := s.Set("str", "value"); err != nil {
		t.Fatal(err)
	}
	s.CheckGet(t, "str", "value")
	if _, err := s.List("str"); !errors.Is(err, cftest.ErrWrongType) {
		t.Errorf("List of a string: %v", err)
	}
	if n, err := s.Incr("n", 5); n != 5 || err != nil {
		t.Errorf("Incr: %d, %v", n, err)
	}
	if _, err := s.Incr("str", 1); !errors.Is(err, cftest.ErrIntValueError) {
		t.Errorf("Incr of a word: %v", err)
	}
	if n, err := s.Push("l", "b", "c"); n != 2 || err != nil {
		t.Errorf("Push: %d, %v", n, err)
	}
	if n, err := s.Lpush("l", "a"); n != 3 || err != nil {
		t.Errorf("Lpush: %d, %v", n, err)
	}
	s.CheckList(t, "l", "a", "b", "c")
	if v, err := s.Pop("l"); v != "c" || err != nil {
		t.Errorf("Pop: %q, %v", v, err)
	}
	s.HSet("h", "f", "1", "g", "2")
	if keys, err := s.HKeys("h"); err != nil || !reflect.DeepEqual(keys, []string{"f", "g"}) {
		t.Errorf("HKeys: %v, %v", keys, err)
	}
	s.HDel("h", "f")
	if v := s.HGet("h", "f") + s.HGet("h", "g"); v != "2" {
		t.Errorf("HGet after HDel: %q", v)
	}
	if n, err := s.SAdd("set", "b", "a", "b"); n != 2 || err != nil {
		t.Errorf("SAdd: %d, %v", n, err)
	}
	s.CheckSet(t, "set", "a", "b")
	if ok, err := s.IsMember("set", "z"); ok || err != nil {
		t.Errorf("IsMember: %v, %v", ok, err)
	}
	for member, score := range map[string]float64{"two": 2, "one": 1.5} {
		if _, err := s.ZAdd("z", score, member); err != nil {
			t.Fatal(err)
		}
	}
	if z, err := s.SortedSet("z"); err != nil || !reflect.DeepEqual(z, map[string]float64{"one": 1.5, "two": 2}) {
		t.Errorf("SortedSet: %v, %v", z, err)
	}
	if score, err := s.ZScore("z", "one"); score != 1.5 || err != nil {
		t.Errorf("ZScore: %v, %v", score, err)
	}
	if got := strings.Join(s.Keys(), " "); got != "h l n set str z" {
		t.Errorf("Keys: %s", got)
	}
	want := "- h\n   g: \"2\"\n- l\n   \"a\"\n   \"b\"\n- n\n   \"5\"\n- set\n   \"a\"\n   \"b\"\n- str\n   \"value\"\n- z\n   1.500000: \"one\"\n   2.000000: \"two\"\n"
	if got := s.Dump(); got != want {
		t.Errorf("Dump:\n%s", got)
	}
	s.Select(3)
	if s.Exists("str") || s.DB(0).Type("str") != "string" {
		t.Error("Select must choose another database")
	}
	s.FlushAll()
	if keys := s.DB(0).Keys(); len(keys) != 0 {
		t.Errorf("after FlushAll: %v", keys)
	}
}

func TestTimeToLiveMovesOnlyWithFastForward(t *testing.T) {
	s := cftest.RunT(t)
	s.Set("k", "v")
	s.SetTTL("k", 10*time.Second)
	if got := s.TTL("k"); got != 10*time.Second {
		t.Errorf("TTL %v, want exactly 10s", got)
	}
	s.FastForward(4 * time.Second)
	if got := s.TTL("k"); got != 6*time.Second {
		t.Errorf("TTL after 4s: %v", got)
	}
	s.SetTime(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := s.TTL("k"); got != 6*time.Second {
		t.Errorf("TTL after SetTime: %v", got)
	}
	s.FastForward(6*time.Second + time.Millisecond)
	if s.Exists("k") {
		t.Error("the key must be gone")
	}
}

// exec runs a command in the way of clients of the same process.
func exec(t *testing.T, addr string, args ...string) (resp.Reply, error) {
	t.Helper()
	b, ok := store.Local(addr)
	if !ok {
		t.Fatalf("nothing is registered at %s", addr)
	}
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		return resp.Reply{}, err
	}
	defer s.Close()
	replies, err := s.Execute(context.Background(), []resp.Command{args})
	if err != nil {
		return resp.Reply{}, err
	}
	return replies[0], nil
}

// dial runs a command over the network and returns the raw answer.
func dial(t *testing.T, addr string, input string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, input+"QUIT\r\n")
	data, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestClientsInAndOutsideTheProcessMeet(t *testing.T) {
	s := cftest.RunT(t)
	if r, err := exec(t, s.Addr(), "SET", "k", "v"); err != nil || r.Str != "OK" {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := dial(t, s.Addr(), "GET k\r\n"); got != "$1\r\nv\r\n+OK\r\n" {
		t.Errorf("over the network: %q", got)
	}
	if host, port := s.Host(), s.Port(); host+":"+port != s.Addr() {
		t.Errorf("%s:%s is not %s", host, port, s.Addr())
	}
}

func TestSetErrorFailsEveryCommand(t *testing.T) {
	s := cftest.RunT(t)
	s.SetError("LOADING wait a minute")
	if r, err := exec(t, s.Addr(), "GET", "k"); err != nil || r.Kind != resp.Error || r.Str != "LOADING wait a minute" {
		t.Errorf("in the process: %+v, %v", r, err)
	}
	if got := dial(t, s.Addr(), "GET k\r\n"); !strings.HasPrefix(got, "-LOADING wait a minute\r\n") {
		t.Errorf("over the network: %q", got)
	}
	if err := s.Set("k", "v"); err != nil {
		t.Errorf("the test's own methods: %v", err)
	}
	s.SetError("")
	if r, err := exec(t, s.Addr(), "GET", "k"); err != nil || r.Str != "v" {
		t.Errorf("after the error: %+v, %v", r, err)
	}
}

func TestRequireAuthAsksClientsForThePassword(t *testing.T) {
	s := cftest.RunT(t)
	s.RequireAuth("secret")
	if _, err := exec(t, s.Addr(), "PING"); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("in the process: %v", err)
	}
	if got := dial(t, s.Addr(), "PING\r\nAUTH wrong\r\nAUTH secret\r\nPING\r\n"); got != "-NOAUTH Authentication required.\r\n"+
		"-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n+PONG\r\n+OK\r\n" {
		t.Errorf("over the network: %q", got)
	}
}

func TestClosedServerRefusesAndRestartKeepsData(t *testing.T) {
	s := cftest.RunT(t)
	addr := s.Addr()
	s.Set("k", "v")
	b, _ := store.Local(addr)
	session, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	get := []resp.Command{{"GET", "k"}}
	s.Close()
	if b, ok := store.Local(addr); !ok {
		t.Error("clients of a closed server would be led to another store")
	} else if _, err := b.NewSession(store.SessionOptions{}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new client of a closed server: %v", err)
	}
	if _, err := session.Execute(context.Background(), get); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a client of a closed server: %v", err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("the port must be closed")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if s.Addr() != addr {
		t.Errorf("restarted on %s, not %s", s.Addr(), addr)
	}
	if _, err := session.Execute(context.Background(), get); !errors.Is(err, store.ErrClosed) {
		t.Errorf("the connection is of the server before Restart: %v", err)
	}
	if r, err := exec(t, addr, "GET", "k"); err != nil || r.Str != "v" {
		t.Errorf("the client after Restart: %v, %v", r, err)
	}
}

func TestBlockedCommandTimesOutThoughTheClockStands(t *testing.T) {
	s := cftest.RunT(t)
	s.Set("k", "v")
	s.SetTTL("k", time.Second)
	r, err := exec(t, s.Addr(), "BLPOP", "queue", "0.01")
	if err != nil || r.Kind != resp.NilArray {
		t.Errorf("%+v, %v", r, err)
	}
	if got := s.TTL("k"); got != time.Second {
		t.Errorf("waiting moved the clock: TTL %v", got)
	}
}

func TestPublishReachesSubscribersOverTheNetwork(t *testing.T) {
	s := cftest.RunT(t)
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "SUBSCRIBE news\r\n")
	rd := bufio.NewReader(c)
	read := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(rd, got); err != nil || string(got) != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
	read("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n")
	if n := s.Publish("news", "hello"); n != 1 {
		t.Errorf("%d receivers", n)
	}
	read("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n")
	if got := s.PubSubNumSub("news")["news"]; got != 1 {
		t.Errorf("NUMSUB %d", got)
	}
}

func TestClockRunsWhenAsked(t *testing.T) {
	s := cftest.RunT(t)
	s.Set("k", "v")
	s.SetTTL("k", 20*time.Millisecond)
	s.ClockTTL(true)
	for s.Exists("k") { // the test's own timeout ends it when the clock does not run
	}
	s.ClockTTL(false)
	s.Set("k", "v")
	s.SetTTL("k", time.Second)
	if err := s.Copy(0, "k", 2, "copy"); err != nil {
		t.Fatal(err)
	}
	if got := s.DB(2).TTL("copy"); got != time.Second {
		t.Errorf("TTL of the copy: %v", got)
	}
	if err := s.Copy(0, "none", 2, "copy"); !errors.Is(err, cftest.ErrKeyNotFound) {
		t.Errorf("Copy of nothing: %v", err)
	}
}
