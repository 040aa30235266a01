package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A peer is the other end, which does what the test says: for what no object does when
// a test wants it.
type peer struct {
	t       *testing.T
	url     string
	info    string
	handler http.HandlerFunc
	conns   chan *peerConn
	refuses atomic.Int32 // status that upgrades are answered with, 0: none
	text    atomic.Value // what a refusal says
}

// A peerConn is a WebSocket that the gateway has opened.
type peerConn struct {
	t      *testing.T
	c      *websocket.Conn
	object string
	end    chan struct{}
}

func newPeer(t *testing.T) *peer {
	t.Setenv(TokenVariable, "")
	p := &peer{t: t, info: fmt.Sprintf(`{"protocol":%d}`, frame.Version), conns: make(chan *peerConn, 100)}
	p.handler = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/connect" {
			_, _ = io.WriteString(w, p.info)
			return
		}
		if status := p.refuses.Load(); status != 0 {
			text, _ := p.text.Load().(string)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(int(status))
			_, _ = io.WriteString(w, text)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{frame.Subprotocol}})
		if err != nil {
			return
		}
		c.SetReadLimit(-1)
		pc := &peerConn{t: t, c: c, object: r.Header.Get("X-Redis2cf-Object"), end: make(chan struct{})}
		p.conns <- pc
		<-pc.end
	}
	server := httptest.NewUnstartedServer(p.handler)
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			_ = c.(*net.TCPConn).SetReadBuffer(64 << 10) // who does not read takes no more
		}
	}
	server.Start()
	t.Cleanup(func() {
		for {
			select {
			case c := <-p.conns:
				c.cut()
				continue
			default:
			}
			break
		}
		server.Close()
	})
	p.url = server.URL
	return p
}

// accept takes the next connection, greets and is greeted.
func (p *peer) accept(epoch uint64) (*peerConn, frame.Hello) {
	p.t.Helper()
	select {
	case c := <-p.conns:
		p.t.Cleanup(c.cut)
		var hello frame.Hello
		if err := hello.Decode(c.read()); err != nil {
			p.t.Fatal(err)
		}
		c.send(&frame.Welcome{Version: frame.Version, Epoch: epoch, Write: true})
		return c, hello
	case <-time.After(10 * time.Second):
		p.t.Fatal("the gateway does not connect")
		return nil, frame.Hello{}
	}
}

func (c *peerConn) read() []byte {
	c.t.Helper()
	_, b, err := c.c.Read(soon(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// frame reads the next frame.
func (c *peerConn) frame() *frame.Frame {
	c.t.Helper()
	f := new(frame.Frame)
	if err := f.Decode(c.read()); err != nil {
		c.t.Fatal(err)
	}
	return f
}

func (c *peerConn) send(m interface{ Append([]byte) []byte }) {
	c.t.Helper()
	if err := c.c.Write(soon(c.t), websocket.MessageBinary, m.Append(nil)); err != nil {
		c.t.Fatal(err)
	}
}

// answer answers so many groups of a frame, each command with OK.
func (c *peerConn) answer(f *frame.Frame, groups int) {
	c.t.Helper()
	a := frame.Answer{Seq: f.Seq, Epoch: 1}
	for _, g := range f.Groups[:groups] {
		r := frame.Result{Protocol: 3}
		for range g.Commands {
			r.Replies = append(r.Replies, resp.OK)
		}
		a.Results = append(a.Results, r)
	}
	c.send(&a)
}

func (c *peerConn) cut() {
	_ = c.c.CloseNow()
	select {
	case <-c.end:
	default:
		close(c.end)
	}
}

// result is what Execute returned.
type result struct {
	replies []resp.Reply
	err     error
}

// begin runs commands in another goroutine.
func begin(ctx context.Context, s store.Session, cmds ...resp.Command) chan result {
	came := make(chan result, 1)
	go func() {
		replies, err := s.Execute(ctx, cmds)
		came <- result{replies, err}
	}()
	return came
}

// within is a result that comes in time.
func within(t *testing.T, came chan result, d time.Duration) result {
	t.Helper()
	select {
	case r := <-came:
		return r
	case <-time.After(d):
		t.Fatalf("there was no end within %v", d)
		return result{}
	}
}

func (p *peer) session() *Session {
	p.t.Helper()
	s, err := open(p.t, p.url).session(store.SessionOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}
