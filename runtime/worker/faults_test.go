package worker_test

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// workerd evicts an object ten seconds after its last event; nothing can make it
// sooner, and nothing in the Worker helps. An alarm is an event too, and may come late.
const hibernation = 15 * time.Second

func messages(t *testing.T, c *workerdtest.Conn) frame.Messages {
	t.Helper()
	for {
		if len(c.Messages) > 0 {
			m := c.Messages[0]
			c.Messages = c.Messages[1:]
			return m
		}
		b := c.Read()
		var m frame.Messages
		switch frame.Kind(b) {
		case frame.KindMessages:
			if err := m.Decode(b); err != nil {
				t.Fatal(err)
			}
			return m
		case frame.KindWelcome:
			if err := c.Welcome.Decode(b); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("a message of the kind %q came", frame.Kind(b))
		}
	}
}

// An object that nobody talks to leaves memory; its sockets stay, and what it knew
// of them is there again with the next message.
func TestHibernationIsNotNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("workerd takes 10 seconds to evict an object")
	}
	_, client := start(t)
	c, replaced, leaver := client.Connect(t), client.Connect(t), client.Connect(t)
	// A client that lost its network and came back: the socket it had is closed, and
	// nobody answers that.
	listener := client.Resume(t, replaced.Session, 0)
	leaver.Groups(group(1, "SUBSCRIBE news", "SUBSCRIBE more"))
	want(t, c.Commands(resp.Command{"SET", "k", "v"}, resp.Command{"SET", "short", "x", "PX", "1"}), "OK", "OK")
	if a := listener.Groups(group(7, "SUBSCRIBE news")); a.Results[0].Status != frame.StatusDone {
		t.Fatalf("%+v", a)
	}
	f := &frame.Frame{Seq: c.Seq + 1, Groups: []frame.Group{group(1, "INCR n")}}
	c.Frame(f)
	before := c.Welcome.Epoch

	for attempt := 1; ; attempt++ {
		time.Sleep(hibernation)
		leaver.Close() // which is what wakes it: its subscriptions go
		// The same number again: its answer lies in a row.
		again := c.Frame(f)
		want(t, again.Results[0].Replies, "1")
		if c.Welcome.Epoch != before {
			break
		}
		if attempt == 4 {
			t.Fatal("the epoch is the same: the object did not hibernate, and this tests nothing")
		}
		// Something was late on a busy machine; it is quiet by now.
		leaver = client.Connect(t)
		leaver.Groups(group(1, "SUBSCRIBE news", "SUBSCRIBE more"))
	}
	c.Seq++
	want(t, c.Commands(resp.Command{"GET", "k"}, resp.Command{"GET", "short"}, resp.Command{"INCR", "n"}, resp.Command{"PUBLISH", "news", "hello"}), "v", "nil", "2", "1")
	for {
		m := messages(t, listener) // and not the socket that it had before
		if len(m.Pushes) == 0 {
			continue
		}
		if p := m.Pushes[0]; p.Client == 7 && strings.Contains(show(p.Reply), "hello") {
			break
		} else if !strings.Contains(show(p.Reply), "subscribe") {
			t.Fatalf("%+v", m)
		}
	}
	want(t, c.Commands(resp.Command{"PUBSUB", "CHANNELS"}), "[news]")
	// A group that counts on the old epoch is not run.
	g := group(1, "SET k x")
	g.Epoch = before
	if a := c.Groups(g); a.Results[0].Status != frame.StatusStale {
		t.Errorf("%+v", a)
	}
	want(t, []resp.Reply{c.Do("GET", "k")}, "v")
}

// A blocked command keeps its object awake, and what it pops is kept until it is
// acknowledged.
func TestBlockedCommandsWakeAcrossConnections(t *testing.T) {
	l, client := start(t)
	waiter, other := client.Connect(t), client.Connect(t)
	g := group(1, "BLPOP l 0")
	g.Ticket = 5
	if a := waiter.Groups(g); a.Results[0].Status != frame.StatusBlocked {
		t.Fatalf("%+v", a)
	}
	if !testing.Short() {
		time.Sleep(hibernation) // it must not leave
	}
	want(t, []resp.Reply{other.Do("LPUSH", "l", "a")}, "1")
	m := messages(t, waiter)
	if len(m.Wakes) != 1 || m.Wakes[0].Ticket != 5 || show(m.Wakes[0].Reply) != "[l a]" {
		t.Fatalf("%+v", m)
	}
	// It was not acknowledged: it comes again, after workerd was killed too.
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	restart(t, l)
	waiter = client.Resume(t, waiter.Session, waiter.Seq)
	if m := messages(t, waiter); len(m.Wakes) != 1 || m.Wakes[0].Ticket != 5 || show(m.Wakes[0].Reply) != "[l a]" {
		t.Fatalf("%+v", m)
	}
	waiter.Seq++
	waiter.Frame(&frame.Frame{Seq: waiter.Seq, Acks: []uint64{5}, Groups: []frame.Group{group(1, "LLEN l")}})
	waiter.Cut()
	waiter = client.Resume(t, waiter.Session, waiter.Seq)
	want(t, []resp.Reply{waiter.Do("LLEN", "l")}, "0")
	if len(waiter.Messages) != 0 {
		t.Errorf("what was acknowledged came again: %+v", waiter.Messages)
	}
	// One that times out.
	g = group(1, "BLPOP l 0.2")
	g.Ticket = 6
	if a := waiter.Groups(g); a.Results[0].Status != frame.StatusBlocked {
		t.Fatalf("%+v", a)
	}
	if m := messages(t, waiter); len(m.Wakes) != 1 || m.Wakes[0].Ticket != 6 || show(m.Wakes[0].Reply) != "nil" {
		t.Errorf("%+v", m)
	}
}

// trapping needs more memory than an instance may have.
var trapping = resp.Command{"SETRANGE", "k2", "500000000", "x"}

//go:embed testdata/rotated.js
var rotated string

// A socket outlives its token's rotation until its object wakes, and then it is
// closed before anything else is done for it; a token that may do less does less.
func TestRotatedTokensLoseTheirSockets(t *testing.T) {
	if testing.Short() {
		t.Skip("workerd takes 10 seconds to evict an object")
	}
	list := []project.Token{workerdtest.Token("write", "one", true), workerdtest.Token("demoted", "one", true), workerdtest.Token("stays", "one", true), workerdtest.Token("moved", "one", true)}
	for i, name := range []string{"write", "demoted", "stays", "moved"} {
		list[i].Name = name
	}
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: list, Entry: rotated})
	conns := map[string]*workerdtest.Conn{}
	for _, token := range list {
		c := workerdtest.Client{URL: l.URL(), Token: token.Name}.Connect(t)
		want(t, []resp.Reply{c.Do("SET", token.Name, "v")}, "OK")
		conns[token.Name] = c
	}
	time.Sleep(hibernation)
	// Its own message is what wakes the object.
	gone := conns["write"]
	gone.Write((&frame.Frame{Seq: 2, Groups: []frame.Group{group(1, "SET after x")}}).Append(nil))
	if _, e := gone.Answer(); e == nil || e.Code != frame.CodeRotated || !e.Fatal {
		t.Errorf("%+v", e)
	}
	if code := gone.CloseCode(); code != 4000+int(frame.CodeRotated) {
		t.Errorf("closed with %d", code)
	}
	if code := conns["moved"].CloseCode(); code != 4000+int(frame.CodeRotated) {
		t.Errorf("a token of another namespace by now: closed with %d", code)
	}
	if r := conns["demoted"].Do("SET", "after", "x"); r.Kind != resp.Error || !strings.Contains(r.Str, "NOPERM") {
		t.Errorf("a token that may only read by now: %s", show(r))
	}
	want(t, []resp.Reply{conns["demoted"].Do("GET", "demoted")}, "v")
	want(t, conns["stays"].Commands(resp.Command{"EXISTS", "after"}, resp.Command{"SET", "stays", "w"}), "0", "OK")
}

type stats struct{ LinearMemory, Traps, Handles, Requests int }

// An instance that runs out of memory is discarded: the command that did it is
// answered with an error, the others of its frame are run, and other objects go on.
func TestACommandThatTrapsFailsAlone(t *testing.T) {
	_, client := start(t)
	c := client.Connect(t)
	elsewhere := client
	elsewhere.Object = "other/0"
	other := elsewhere.Connect(t)
	g := group(1, "BLPOP l 0")
	g.Ticket = 1
	if a := other.Groups(g); a.Results[0].Status != frame.StatusBlocked {
		t.Fatalf("%+v", a)
	}
	want(t, c.Commands(resp.Command{"SET", "k", "v"}), "OK")
	var before, after stats
	if err := client.Get("/v1/stats", &before); err != nil {
		t.Fatal(err)
	}
	a := c.Groups(group(1, "INCR n"), frame.Group{Client: 2, Protocol: 3, Commands: []resp.Command{{"INCR", "n"}, trapping, {"INCR", "n"}}}, group(3, "INCR n", "GET k"))
	if err := client.Get("/v1/stats", &after); err != nil {
		t.Fatal(err)
	}
	if after.Traps == before.Traps {
		t.Errorf("nothing trapped, and this tests nothing: %+v", a)
	}
	if len(a.Results) != 3 {
		t.Fatalf("%+v", a)
	}
	want(t, a.Results[0].Replies, "1")
	if r := a.Results[1].Replies; len(r) != 3 || r[0].Int != 2 || r[1].Kind != resp.Error || r[2].Int != 3 {
		t.Errorf("%+v", a.Results[1])
	}
	want(t, a.Results[2].Replies, "4", "v")
	// The client of the other object, whose command was blocked, hears of it by itself.
	epoch := other.Welcome.Epoch
	for other.Welcome.Epoch == epoch {
		b := other.Read()
		if frame.Kind(b) == frame.KindWelcome {
			if err := other.Welcome.Decode(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	want(t, []resp.Reply{other.Do("PING")}, "PONG")
	const most = 1536 << 16 // bytes, see project.MaxMemoryPages
	if after.LinearMemory > most {
		t.Errorf("%d bytes of memory", after.LinearMemory)
	}
}

// Answers that do not fit into memory are errors, and the instance lives on.
func TestLargeRepliesEndNothing(t *testing.T) {
	_, client := start(t)
	c := client.Connect(t)
	value := strings.Repeat("x", 1_800_000)
	many := resp.Command{"MGET"}
	for i := 0; i < 80; i++ {
		many = append(many, "big")
	}
	want(t, c.Commands(resp.Command{"SET", "big", value}), "OK")
	if r := c.Commands(many[:6])[0]; len(r.Elems) != 5 || r.Elems[4].Str != value {
		t.Errorf("five values: %.100s", show(r))
	}
	for i := 0; i < 5; i++ {
		r := c.Commands(resp.Command{"INCR", "n"}, many, resp.Command{"INCR", "n"})
		if r[0].Int != int64(2*i+1) || r[1].Kind != resp.Error || r[2].Int != int64(2*i+2) {
			t.Errorf("%d %.100s %d", r[0].Int, show(r[1]), r[2].Int)
		}
	}
	var s stats
	if err := client.Get("/v1/stats", &s); err != nil || s.Traps != 0 {
		t.Errorf("%+v %v", s, err)
	}
}

// What goes wrong is logged, without keys, values or tokens.
func TestLogsHaveNoSecrets(t *testing.T) {
	log := new(workerdtest.Log)
	list := []project.Token{workerdtest.Token("token-SECRET", "one", true), workerdtest.Token("reader-SECRET", "one", false)}
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: list, Log: log})
	client := workerdtest.Client{URL: l.URL(), Token: "token-SECRET"}
	c := client.Connect(t)
	c.Commands(
		resp.Command{"SET", "key-SECRET", "value-SECRET"}, resp.Command{"LPUSH", "key-SECRET", "x"}, resp.Command{"SECRET-COMMAND", "SECRET"},
		resp.Command{"SETRANGE", "key2-SECRET", "500000000", "value-SECRET"},
		resp.Command{"SET", "key3-SECRET", strings.Repeat("SECRET", 400_000)},
		resp.Command{"EVAL", "local secret = ARGV[1] error(secret) -- SECRET", "1", "key-SECRET", "value-SECRET"},
		resp.Command{"SETRANGE", strings.Repeat("key-SECRET", 100), "1800000", strings.Repeat("v", 190_000)},
	)
	reader := client
	reader.Token = "reader-SECRET"
	reader.Connect(t).Do("SET", "key-SECRET", "value-SECRET")
	c.Write(append([]byte{'F'}, "SECRET"...))
	if _, e := c.Answer(); e == nil {
		t.Error("a damaged frame was answered")
	}
	client.Connect(t).WriteText("SECRET")
	wrong := client
	for _, token := range []string{"wrong-SECRET", strings.Repeat("SECRET", 200)} {
		wrong.Token = token
		if _, err := wrong.Dial(t); err == nil {
			t.Errorf("the token %.20s… was accepted", token)
		}
	}
	wrong = client
	wrong.Object, wrong.Namespace = "SECRET/1", "SECRET"
	if _, err := wrong.Dial(t); err == nil {
		t.Error("an object that is none was found")
	}
	if _, err := client.Post([]byte("SECRET"), []byte("SECRET")); err != nil {
		t.Error(err)
	}
	text, discarded := log.Until(func(text string) bool { return strings.Contains(text, "discarded") })
	if !discarded || strings.Contains(text, "SECRET") {
		t.Errorf("the log:\n%s", text)
	}
}

func TestFramesOverHTTP(t *testing.T) {
	l, client := start(t)
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	post := func(message []byte) (a *frame.Answer, wakes []frame.Wake) {
		t.Helper()
		parts, err := client.Post(hello, message)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			switch frame.Kind(p) {
			case frame.KindAnswer:
				a = new(frame.Answer)
				err = a.Decode(p)
			case frame.KindMessages:
				var m frame.Messages
				err = m.Decode(p)
				wakes = append(wakes, m.Wakes...)
			case frame.KindWelcome:
			default:
				t.Fatalf("a message of the kind %q: %q", frame.Kind(p), p)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return a, wakes
	}
	first := (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "INCR n", "SET k v")}}).Append(nil)
	for i := 0; i < 3; i++ {
		a, _ := post(first)
		if a == nil {
			t.Fatal("no answer")
		}
		want(t, a.Results[0].Replies, "1", "OK")
		if i == 1 {
			if err := l.Kill(); err != nil {
				t.Fatal(err)
			}
			restart(t, l)
		}
	}
	// A poll waits for what a blocked command gets.
	g := group(1, "BLPOP l 0")
	g.Ticket = 3
	if a, _ := post((&frame.Frame{Seq: 2, Groups: []frame.Group{g}}).Append(nil)); a == nil || a.Results[0].Status != frame.StatusBlocked {
		t.Fatalf("%+v", a)
	}
	polled := make(chan []frame.Wake, 1)
	go func() {
		parts, err := client.Post(hello, (&frame.Poll{Wait: 20_000}).Append(nil))
		var wakes []frame.Wake
		for _, p := range parts {
			var m frame.Messages
			if err == nil && frame.Kind(p) == frame.KindMessages {
				err = m.Decode(p)
				wakes = append(wakes, m.Wakes...)
			}
		}
		if err != nil {
			t.Error(err)
		}
		polled <- wakes
	}()
	want(t, []resp.Reply{client.Connect(t).Do("RPUSH", "l", "a")}, "1")
	if wakes := <-polled; len(wakes) != 1 || wakes[0].Ticket != 3 || show(wakes[0].Reply) != "[l a]" {
		t.Errorf("%+v", wakes)
	}
	if a, _ := post((&frame.Frame{Seq: 3, Acks: []uint64{3}, Groups: []frame.Group{group(1, "LLEN l")}}).Append(nil)); a == nil || show(a.Results[0].Replies[0]) != "0" {
		t.Errorf("%+v", a)
	}
	// One that nothing comes for ends by itself.
	begun := time.Now()
	if _, wakes := post((&frame.Poll{Wait: 300}).Append(nil)); len(wakes) != 0 || time.Since(begun) < 250*time.Millisecond {
		t.Errorf("%v after %v", wakes, time.Since(begun))
	}
}

// A poll whose client is gone ends when its session polls again.
func TestAPollThatIsCutOffEnds(t *testing.T) {
	_, client := start(t)
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	requests := func(n int) {
		t.Helper()
		var s stats
		for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
			if err := client.Get("/v1/stats", &s); err != nil {
				t.Fatal(err)
			}
			if s.Requests == n {
				return
			}
		}
		t.Fatalf("%d requests wait, not %d", s.Requests, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := client.PostContext(ctx, hello, (&frame.Poll{Wait: 25_000}).Append(nil))
		ended <- err
	}()
	requests(1)
	cancel()
	if err := <-ended; err == nil {
		t.Fatal("a request that was cancelled had an answer")
	}
	if _, err := client.Post(hello, (&frame.Poll{Wait: 10}).Append(nil)); err != nil {
		t.Fatal(err)
	}
	requests(0)
}

// A poll, and what it waits for, does not outlive the instance: it ends, so that its
// client hears of the new engine and sends its command again.
func TestAPollEndsWithItsInstance(t *testing.T) {
	_, client := start(t)
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	g := group(1, "BLPOP l 0")
	g.Ticket = 1
	if _, err := client.Post(hello, (&frame.Frame{Seq: 1, Groups: []frame.Group{g}}).Append(nil)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := client.Post(hello, (&frame.Poll{Wait: 25_000}).Append(nil))
		ended <- err
	}()
	soon(t, "the poll", func() error {
		var s stats
		if err := client.Get("/v1/stats", &s); err != nil || s.Requests != 1 {
			return fmt.Errorf("%+v %v", s, err)
		}
		return nil
	})
	if r := client.Connect(t).Do(trapping...); r.Kind != resp.Error {
		t.Fatalf("%v: %s", trapping, show(r))
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(15 * time.Second):
		t.Error("the poll waits on")
	}
}

// Random bytes, and frames in which some were changed, are answered or refused; none
// ends the object or changes what other sessions stored.
func TestDamagedFramesChangeNothing(t *testing.T) {
	const seed, n = 1, 400
	_, client := start(t)
	keeper := client.Connect(t)
	keeper.Do("SET", "kept", "v")
	good := (&frame.Frame{Seq: 1, Acks: []uint64{1}, Groups: []frame.Group{group(1, "GET kept", "EXISTS a b c"), group(2, "PING")}}).Append(nil)
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	var c *workerdtest.Conn
	for i := 0; i < n; i++ {
		if c == nil {
			c = client.Connect(t)
		}
		m := append([]byte(nil), good...)
		for k := rnd.Intn(4) + 1; k > 0; k-- {
			m[rnd.Intn(len(m))] = byte(rnd.Intn(256))
		}
		m = m[:rnd.Intn(len(m)+1)]
		if frame.Kind(m) == frame.KindBye {
			continue
		}
		c.Write(m)
		a, e := c.Answer()
		if a == nil && e.Fatal {
			c = nil
		}
		if e != nil && len(e.Text) > 400 {
			t.Fatalf("a long text: %q", e.Text)
		}
	}
	want(t, keeper.Commands(resp.Command{"GET", "kept"}, resp.Command{"DBSIZE"}), "v", "1")
	var s stats
	if err := client.Get("/v1/stats", &s); err != nil || s.Traps != 0 {
		t.Errorf("%+v %v", s, err)
	}
}
