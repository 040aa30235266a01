package gateway

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// gate is a TCP proxy that can be shut: connections are cut, and new ones refused.
type gate struct {
	l    net.Listener
	shut atomic.Bool
	deaf atomic.Bool // what is sent arrives, but no answer comes back
	cut  chan struct{}
}

func newGate(t testing.TB, target string) (*gate, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	g := &gate{l: l, cut: make(chan struct{})}
	copying := func(to, from net.Conn, answers bool) {
		defer to.Close()
		defer from.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			if err != nil {
				return
			}
			if answers && g.deaf.Load() {
				continue
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if g.shut.Load() {
				_ = c.Close()
				continue
			}
			up, err := net.Dial("tcp", strings.TrimPrefix(target, "http://"))
			if err != nil {
				_ = c.Close()
				continue
			}
			go copying(up, c, false)
			go copying(c, up, true)
			go func() {
				<-g.cut
				_ = c.Close()
				_ = up.Close()
			}()
		}
	}()
	return g, "http://" + l.Addr().String()
}

func (g *gate) close() {
	g.shut.Store(true)
	close(g.cut)
}

func TestAFrameWithoutAnAnswerIsNotSentForEver(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	g, u := newGate(t, r.url)
	b := open(t, u)
	b.outcomeTime = 50 * time.Millisecond
	s, err := b.session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "1", "INCR", "n")
	g.deaf.Store(true)
	came := make(chan error, 1)
	go func() {
		_, err := s.Execute(context.Background(), []resp.Command{cmd("INCR", "n")})
		came <- err
	}()
	safe := r.session(store.SessionOptions{})
	until(t, "the command at the object", func() bool { return show(do(t, safe, cmd("GET", "n"))[0]) == `"2"` })
	g.close()
	if err := <-came; !errors.Is(err, ErrOutcome) {
		t.Errorf("%v", err)
	}
	g.deaf.Store(false)
	g.shut.Store(false)
	want(t, safe, `"2"`, "GET", "n")
}

func TestWithoutAConnectionCommandsFailAfterAWhileAndAreNotRun(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	g, u := newGate(t, r.url)
	g.shut.Store(true)
	s, err := open(t, u).session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = s.Execute(context.Background(), []resp.Command{cmd("INCR", "n")})
	if err == nil || errors.Is(err, ErrOutcome) {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Execute(ctx, []resp.Command{cmd("INCR", "n")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	g.shut.Store(false)
	want(t, s, "1", "INCR", "n")
}

func TestCallersWaitWhileTheQueueIsFull(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("PING"))
	l := s.home.Load().clients[0].l
	l.mu.Lock()
	l.bytes += maxQueued
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Execute(ctx, []resp.Command{cmd("INCR", "n")}); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nothing was run") {
		t.Error(err)
	}
	came := make(chan error, 1)
	go func() {
		_, err := s.Execute(context.Background(), []resp.Command{cmd("INCR", "n")})
		came <- err
	}()
	until(t, "a caller that waits", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.room != nil
	})
	l.mu.Lock()
	l.bytes -= maxQueued
	close(l.room)
	l.room = nil
	l.mu.Unlock()
	if err := <-came; err != nil {
		t.Error(err)
	}
	want(t, s, `"1"`, "GET", "n")
}

func TestABlockedCommandIsSentWithTheTimeThatIsLeft(t *testing.T) {
	for _, c := range []struct {
		cmd    resp.Command
		waited time.Duration
		want   string
	}{
		{cmd("BLPOP", "a", "b", "10"), 4 * time.Second, "BLPOP a b 6.000000"},
		{cmd("brpoplpush", "a", "b", "0"), time.Hour, "brpoplpush a b 0"},
		{cmd("BLMPOP", "1", "1", "a", "LEFT"), 2 * time.Second, "BLMPOP 0.001000 1 a LEFT"},
		{cmd("XREAD", "COUNT", "1", "BLOCK", "500", "STREAMS", "s", "$"), 200 * time.Millisecond, "XREAD COUNT 1 BLOCK 300 STREAMS s $"},
		{cmd("XREADGROUP", "GROUP", "block", "10", "BLOCK", "500", "STREAMS", "s", ">"), time.Second, "XREADGROUP GROUP block 10 BLOCK 1 STREAMS s >"},
		{cmd("XREAD", "STREAMS", "block", "5"), time.Second, "XREAD STREAMS block 5"},
		{cmd("WAIT", "1", "500"), 100 * time.Millisecond, "WAIT 1 400"},
		{cmd("BLPOP", "a", "nonsense"), time.Second, "BLPOP a nonsense"},
		{cmd("SET", "a", "1"), time.Second, "SET a 1"},
	} {
		if got := strings.Join(stillToWait([]resp.Command{c.cmd}, c.waited)[0], " "); got != c.want {
			t.Errorf("%v after %v: %s, want %s", c.cmd, c.waited, got, c.want)
		}
	}
}
