package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func TestARotatedTokenIsNamed(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("INCR", "n"))
	c, _ := p.accept(1)
	f := c.frame()
	queued := begin(soon(t), s, cmd("GET", "n"))
	lane := func() *lane { return s.home.Load().clients[0].l }
	until(t, "a command that waits", func() bool { return lane().queuedCalls.Load() == 1 })
	p.text.Store(`{"code":3,"text":"ERR no such token"}`)
	p.refuses.Store(http.StatusUnauthorized)
	c.send(&frame.Error{Code: frame.CodeRotated, Fatal: true, Text: "ERR the token is not valid any more"})
	c.cut()
	if got := within(t, came, 5*time.Second); !errors.Is(got.err, ErrOutcome) || !strings.Contains(got.err.Error(), "rotated") {
		t.Errorf("what was sent: %v", got.err)
	}
	if got := within(t, queued, 5*time.Second); got.err == nil || errors.Is(got.err, ErrOutcome) || !strings.Contains(got.err.Error(), "rotated; set the new one") {
		t.Errorf("what was not sent: %v", got.err)
	}
	if f.Seq != 1 {
		t.Errorf("frame %d", f.Seq)
	}
	// Another secret makes the token one again: nothing is remembered.
	p.refuses.Store(0)
	came = begin(soon(t), s, cmd("GET", "n"))
	c, _ = p.accept(1)
	c.answer(c.frame(), 1)
	if got := within(t, came, 5*time.Second); got.err != nil {
		t.Error(got.err)
	}
}

func TestAFrameGoesOnWhenItsConnectionWasReplaced(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("INCR", "n"))
	c, hello := p.accept(1)
	f := c.frame()
	c.send(&frame.Error{Code: frame.CodeReplaced, Fatal: true, Text: "ERR another connection has taken the session over"})
	c.cut()
	c, again := p.accept(1)
	if again.Session != hello.Session {
		t.Error("it is another session by now")
	}
	g := c.frame()
	if g.Seq != f.Seq || !g.Again || fmt.Sprint(g.Groups[0].Commands) != fmt.Sprint(f.Groups[0].Commands) {
		t.Errorf("%+v was sent, and then %+v", f, g)
	}
	c.answer(g, 1)
	if got := within(t, came, 5*time.Second); got.err != nil || show(got.replies[0]) != "OK" {
		t.Errorf("%+v", got)
	}
}

// A command that would wait, in a frame whose answer has no room for it: when its caller
// gives up meanwhile nobody has to be asked.
func TestABlockingCommandThatWasNotRunEndsWithItsContext(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	first := begin(soon(t), s, cmd("EVAL", "return 1", "0"))
	c, _ := p.accept(1)
	f := c.frame()
	l := s.home.Load().clients[1].l
	large := begin(soon(t), s, cmd("EVAL", "return 2", "0"))
	until(t, "a command that waits", func() bool { return l.queuedCalls.Load() == 1 })
	ctx, cancel := context.WithCancel(soon(t))
	blocking := begin(ctx, s, cmd("BLPOP", "l", "0"))
	until(t, "another", func() bool { return l.queuedCalls.Load() == 2 })
	c.answer(f, 1)
	if f = c.frame(); len(f.Groups) != 2 {
		t.Fatalf("%d groups", len(f.Groups))
	}
	cancel()
	until(t, "a caller that gives up", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.flight) == 2 && l.flight[1].giveUp != nil
	})
	c.answer(f, 1)
	if got := within(t, blocking, 3*time.Second); !errors.Is(got.err, context.Canceled) || errors.Is(got.err, ErrOutcome) {
		t.Error(got.err)
	}
	for _, came := range []chan result{first, large} {
		if got := within(t, came, 5*time.Second); got.err != nil {
			t.Error(got.err)
		}
	}
}

// Who sends a large frame himself does not wait longer than his context for the other
// end to take it.
func TestALargeFrameThatIsNotTakenEndsWithItsContext(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("SET", "small", "v"))
	c, _ := p.accept(1)
	c.answer(c.frame(), 1)
	within(t, came, 5*time.Second)
	came = begin(soon(t), s, cmd("EVAL", "return 1", "0"))
	c, _ = p.accept(1)
	c.answer(c.frame(), 1)
	within(t, came, 5*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	came = begin(ctx, s, cmd("HSET", "h", "f", strings.Repeat("x", 15<<20)))
	w := s.home.Load().clients[1].l.wire.(*socket)
	until(t, "a frame that is being written", func() bool {
		idle := w.mu.TryLock()
		if idle {
			w.mu.Unlock()
		}
		return !idle
	})
	cancel()
	if got := within(t, came, 3*time.Second); !errors.Is(got.err, context.Canceled) {
		t.Error(got.err)
	}
	if w.mu.TryLock() {
		t.Error("the other end took it")
		w.mu.Unlock()
	}
}

// When the object's store fails at a frame that was sent before, the object may not have
// been able to look whether it has stored it then.
func TestAFaultAtAFrameThatWasSentBeforeLeavesItsOutcomeUnknown(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	fault := func(f *frame.Frame) *frame.Error {
		return &frame.Error{Code: frame.CodeFault, Seq: f.Seq, Text: "ERR the store failed"}
	}
	came := begin(soon(t), s, cmd("INCR", "n"))
	c, _ := p.accept(1)
	c.send(fault(c.frame()))
	if got := within(t, came, 5*time.Second); got.err == nil || errors.Is(got.err, ErrOutcome) || !strings.Contains(got.err.Error(), "nothing was run") {
		t.Errorf("at the first time: %v", got.err)
	}
	came = begin(soon(t), s, cmd("INCR", "n"))
	c.frame()
	c.cut()
	c, _ = p.accept(1)
	c.send(fault(c.frame()))
	if got := within(t, came, 5*time.Second); !errors.Is(got.err, ErrOutcome) || strings.Contains(got.err.Error(), "nothing was run") {
		t.Errorf("at the second time: %v", got.err)
	}
}

// What an overloaded object did not run is tried again some times, and then said.
func TestAnObjectThatStaysOverloadedIsNamed(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("INCR", "n"))
	c, _ := p.accept(1)
	for i := 0; i <= maxOverload; i++ {
		c.send(&frame.Error{Code: frame.CodeOverload, Seq: c.frame().Seq, Text: "ERR busy"})
	}
	if got := within(t, came, 5*time.Second); got.err == nil || !strings.Contains(got.err.Error(), "nothing was run, the object is overloaded") {
		t.Error(got.err)
	}
	came = begin(soon(t), s, cmd("INCR", "n"))
	c.answer(c.frame(), 1)
	if got := within(t, came, 5*time.Second); got.err != nil {
		t.Error(got.err)
	}
}

// What a frame that failed said beside its commands is said with the next one.
func TestClientsThatEndedAreNamedAgainWhenTheirFrameFailed(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	other, err := s.b.session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	came := begin(soon(t), other, cmd("GET", "n"))
	c, _ := p.accept(1)
	f := c.frame()
	number := f.Groups[0].Client
	c.answer(f, 1)
	within(t, came, 5*time.Second)
	came = begin(soon(t), s, cmd("GET", "n"))
	f = c.frame()
	_ = other.Close() // which is told with the next frame
	more := begin(soon(t), s, cmd("GET", "n"))
	until(t, "a command that waits", func() bool { return s.home.Load().clients[0].l.queuedCalls.Load() == 1 })
	c.answer(f, 1)
	within(t, came, 5*time.Second)
	f = c.frame()
	if fmt.Sprint(f.Closed) != fmt.Sprint([]uint64{number}) {
		t.Fatalf("%v ended, and the frame says %v", number, f.Closed)
	}
	c.send(&frame.Error{Code: frame.CodeFault, Seq: f.Seq, Text: "ERR the store failed"})
	if got := within(t, more, 5*time.Second); got.err == nil {
		t.Error("a frame that failed was answered")
	}
	if f = c.frame(); fmt.Sprint(f.Closed) != fmt.Sprint([]uint64{number}) {
		t.Errorf("%v ended, and the next frame says %v", number, f.Closed)
	}
}

// A frame does not name more than it has room for.
func TestManyClientsThatEndedAreNamedInSeveralFrames(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("GET", "n"))
	c, _ := p.accept(1)
	f := c.frame()
	l := s.home.Load().clients[0].l
	l.mu.Lock()
	for i := 0; i < maxAside+10; i++ {
		l.closed = append(l.closed, uint64(1000+i))
	}
	l.mu.Unlock()
	c.answer(f, 1)
	within(t, came, 5*time.Second)
	for _, want := range []int{maxAside, 10} {
		if f = c.frame(); len(f.Closed) != want {
			t.Fatalf("a frame names %d, want %d", len(f.Closed), want)
		}
		c.answer(f, 0)
	}
}

// A frame that ends its connections is not sent again as fast as that goes, and holds
// others up only while somebody waits for it.
func TestAFrameThatEndsItsConnections(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	poison := begin(ctx, s, cmd("INCR", "poison"))
	for n := 0; ; n++ {
		var c *peerConn
		select {
		case c = <-p.conns:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody connects any more")
		}
		c.read()
		c.send(&frame.Welcome{Version: frame.Version, Epoch: 1, Write: true})
		f := c.frame()
		if f.Groups[0].Commands[0][1] == "poison" {
			if n == 0 {
				begin(soon(t), s, cmd("INCR", "n")) // waits behind it
			}
			if n > 3*maxLosses {
				t.Fatalf("it was sent %d times", n)
			}
			c.cut()
			continue
		}
		c.answer(f, 1)
		c.cut()
		break
	}
	if got := within(t, poison, 5*time.Second); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Error(got.err)
	}
}

// A command that waits, and of which nobody said whether it was served, was not certainly
// left alone.
func TestABlockedCommandWhoseObjectIsSilentHasAnUnknownOutcomeWhenTheStoreCloses(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	s.b.closeTime = 50 * time.Millisecond
	came := begin(soon(t), s, cmd("BLPOP", "l", "0"))
	c, _ := p.accept(1)
	f := c.frame()
	c.send(&frame.Answer{Seq: f.Seq, Epoch: 1, Results: []frame.Result{{Status: frame.StatusBlocked, Protocol: 3}}})
	until(t, "a blocked command", func() bool {
		l := s.home.Load().clients[1].l
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.parked) == 1
	})
	closed := make(chan error, 1)
	go func() { closed <- s.b.Close() }()
	if f = c.frame(); len(f.Cancels) != 1 {
		t.Errorf("%+v", f)
	}
	if got := within(t, came, 5*time.Second); !errors.Is(got.err, ErrOutcome) || errors.Is(got.err, store.ErrClosed) {
		t.Error(got.err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// An answer that cannot be read leaves nobody waiting, not even who waited before.
func TestAnAnswerThatCannotBeReadEndsItsCalls(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	came := begin(soon(t), s, cmd("BLPOP", "l", "0"))
	c, _ := p.accept(1)
	f := c.frame()
	c.send(&frame.Answer{Seq: f.Seq, Epoch: 1, Results: []frame.Result{{Status: frame.StatusBlocked, Protocol: 3}}})
	c.send(&frame.Welcome{Version: frame.Version, Epoch: 2, Write: true}) // opened anew: it waits again
	f = c.frame()
	a := frame.Answer{Seq: f.Seq, Epoch: 2, Results: []frame.Result{{Protocol: 3, Replies: []resp.Reply{{Kind: resp.Nil}}}}}
	b := a.Append(nil)
	b[len(b)-1] = 0xff // of no known kind
	if err := c.c.Write(soon(t), websocket.MessageBinary, b); err != nil {
		t.Fatal(err)
	}
	if got := within(t, came, 5*time.Second); !errors.Is(got.err, ErrOutcome) {
		t.Error(got.err)
	}
	l := s.home.Load().clients[1].l
	until(t, "the end of the connection", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.wire == nil || len(l.parked) == 0
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wanted() {
		t.Error("the lane connects for nobody")
	}
}

// Part of a frame that goes to several objects was run: the error does not say that
// nothing was.
func TestAFrameThatFailsHalfwaySaysSo(t *testing.T) {
	p := newPeer(t)
	p.info = fmt.Sprintf(`{"protocol":%d,"groups":[{"name":"","shards":2}]}`, frame.Version)
	s := p.session()
	for _, line := range [][]resp.Command{{cmd("FLUSHALL")}, {cmd("SET", "{0}", "v"), cmd("SET", "{3}", "v")}} {
		if slotOf("{0}")%2 == slotOf("{3}")%2 {
			t.Fatal("the keys are in one shard")
		}
		p := newPeer(t)
		p.info = fmt.Sprintf(`{"protocol":%d,"groups":[{"name":"","shards":2}]}`, frame.Version)
		s = p.session()
		came := begin(soon(t), s, line...)
		for i := 0; i < 2; i++ {
			c, _ := p.accept(1)
			if f := c.frame(); c.object == "/0" {
				c.answer(f, 1)
			} else {
				c.send(&frame.Error{Code: frame.CodeFault, Seq: f.Seq, Text: "ERR the store failed"})
			}
		}
		if got := within(t, came, 5*time.Second); !errors.Is(got.err, ErrOutcome) || strings.Contains(got.err.Error(), "nothing was run") || !strings.Contains(got.err.Error(), "storage failed") {
			t.Errorf("%v: %v", line, got.err)
		}
	}
}

// A fault on the way to an object passes: WebSockets are not given up for it.
func TestAFaultAtTheUpgradeDoesNotChangeTheWay(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	var faults atomic.Int32
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/v1/connect" && faults.Add(1) <= 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		r.server.ServeHTTP(w, req)
	}))
	t.Cleanup(between.Close)
	s, err := open(t, between.URL).session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "1", "INCR", "n")
	if s.sp.plain.Load() || faults.Load() != 3 {
		t.Errorf("after %d tries HTTP is the way from now on: %v", faults.Load(), s.sp.plain.Load())
	}
}

// A request that is too large for something on the way is not sent again and again.
func TestARequestThatDoesNotGetThroughIsAnError(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ContentLength > 100_000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		r.server.ServeHTTP(w, req)
	}))
	t.Cleanup(between.Close)
	s, err := open(t, between.URL+"?transport=http").session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := within(t, begin(soon(t), s, cmd("SET", "k", strings.Repeat("x", 200_000))), 5*time.Second)
	if got.err == nil || errors.Is(got.err, ErrOutcome) || !strings.Contains(got.err.Error(), "nothing was run") || !strings.Contains(got.err.Error(), "413") {
		t.Error(got.err)
	}
	want(t, s, "nil", "GET", "k")
}

// A plan of more objects than can be used is refused before they are made.
func TestAPlanOfTooManyObjectsIsRefusedBeforeTheyAreMade(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	in := &info{Protocol: frame.Version}
	for i := 0; i < 5; i++ {
		in.Groups = append(in.Groups, infoGroup{Name: fmt.Sprint(i), Shards: 1000})
	}
	if _, err := newRouter(s.sp, in); err == nil || !strings.Contains(err.Error(), "1024") {
		t.Error(err)
	}
	if n := len(s.sp.objects); n > 0 {
		t.Errorf("%d objects were made", n)
	}
}

func TestTimeThatACommandHasWaitedCountsOnce(t *testing.T) {
	p := newPeer(t)
	s := p.session()
	l := newLane(&object{sp: s.sp, name: "/0"}, true)
	k := newCall(l.newClient(s), []resp.Command{cmd("BLPOP", "l", "10")}, nil, 20)
	k.ticket, k.waiting, k.since = 1, true, time.Now().Add(-4*time.Second)
	l.resent = true
	l.park(k)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unqueue(k)
	l.waitAgain()
	if got := k.cmds[0][2]; !strings.HasPrefix(got, "5.9") {
		t.Errorf("of 10 seconds %s are left after 4", got)
	}
}
