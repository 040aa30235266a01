package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// accept takes a connection as a WebSocket, and nothing more.
func accept(t *testing.T, l net.Listener) net.Conn {
	c, err := l.Accept()
	if err != nil {
		t.Error(err)
		return nil
	}
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		t.Error(err)
		return nil
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := c.Write([]byte(head)); err != nil {
		t.Error(err)
	}
	return c
}

// While a large message is on its way nothing else comes through, no sign of life either:
// that its bytes come is one.
func TestAMessageThatTakesLongIsASignOfLife(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := make(chan net.Conn, 1)
	go func() { server <- accept(t, l) }()
	s, _, err := dialSocket(soon(t), &url.URL{Scheme: "http", Host: l.Addr().String()}, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	c := <-server
	defer c.Close()
	go func() { _, _ = s.read(nil) }()
	probe := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		return s.probe(ctx)
	}
	if _, err := c.Write([]byte{0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 0}); err != nil { // a message of a megabyte
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			if _, err := c.Write(make([]byte, 100)); err != nil {
				return
			}
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	if err := probe(); err != nil {
		t.Errorf("bytes come, and yet: %v", err)
	}
	close(stop)
	<-stopped
	before := s.cork.moved.Load()
	until(t, "the last bytes", func() bool {
		last := before
		before = s.cork.moved.Load()
		time.Sleep(20 * time.Millisecond)
		return last == before
	})
	if err := probe(); err == nil {
		t.Error("nothing comes any more, and yet there is a sign of life")
	}
}

// goroutines are those that run in this package, but for the tests'.
func goroutines() string {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	var ours []string
	for _, g := range strings.Split(b.String(), "\n\n") {
		if strings.Contains(g, "gateway.(*lane)") || strings.Contains(g, "gateway.(*posts)") || strings.Contains(g, "gateway.(*space)") || strings.Contains(g, "gateway.dialSocket") {
			ours = append(ours, g)
		}
	}
	return strings.Join(ours, "\n\n")
}

func TestNoGoroutineOutlivesTheStore(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		in := newInbox()
		s, other := r.session(store.SessionOptions{Push: in.push}), r.session(store.SessionOptions{})
		want(t, s, "none", "SUBSCRIBE", "a")
		want(t, other, "1", "INCR", "n")
		came := begin(context.Background(), other, cmd("BLPOP", "l", "0"))
		until(t, "a blocked command", func() bool { return r.parked() == 1 })
		_ = r.b.Close()
		within(t, came, 10*time.Second)
		until(t, "the end of its goroutines: "+goroutines(), func() bool { return goroutines() == "" })
	})
	t.Run("without a connection", func(t *testing.T) {
		r := newRig(t, objectserver.Options{}, "")
		g, u := newGate(t, r.url)
		b := open(t, u)
		s, err := b.session(store.SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, "1", "INCR", "n")
		g.close()
		came := begin(context.Background(), s, cmd("BLPOP", "l", "0"))
		until(t, "a command that waits for a connection", func() bool { return s.home.Load().clients[1].l.queuedCalls.Load() == 1 })
		_ = b.Close()
		within(t, came, 10*time.Second)
		until(t, "the end of its goroutines: "+goroutines(), func() bool { return goroutines() == "" })
	})
}

// A refusal leaves no connection behind.
func TestARefusedUpgradeLeavesNoConnection(t *testing.T) {
	open := map[net.Conn]bool{}
	changed := make(chan func(), 100)
	p := newPeer(t)
	p.refuses.Store(http.StatusBadGateway)
	server := &http.Server{Handler: p.handler, ConnState: func(c net.Conn, state http.ConnState) {
		changed <- func() {
			if open[c] = true; state == http.StateClosed {
				delete(open, c)
			}
		}
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()
	if _, response, err := dialSocket(soon(t), &url.URL{Scheme: "http", Host: l.Addr().String()}, http.Header{}); err == nil || response == nil {
		t.Fatal("the upgrade was not refused")
	}
	seen := false
	until(t, "the end of the connection", func() bool {
		select {
		case change := <-changed:
			change()
			seen = seen || len(open) > 0
		default:
		}
		return seen && len(open) == 0
	})
}
