package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// A wire carries whole messages to an object and back.
type wire interface {
	// write sends a message. b is the caller's again when it returns.
	write(b []byte) error
	// read waits for the next message. It lies in buf when there is room, and is
	// the caller's until the next read. Only one goroutine reads.
	read(buf []byte) ([]byte, error)
	// listen says whether the object may have something to say that nobody asked for.
	listen(on bool)
	// probe finds out whether the other end is there; an error ends the wire.
	probe(ctx context.Context) error
	close()
}

const (
	handshakeTimeout = 10 * time.Second
	readBuffer       = 64 << 10
	maxRead          = 32 << 20 // bytes of a message; Cloudflare's own limit
)

// socket is a wire over a WebSocket.
type socket struct {
	c    *websocket.Conn
	cork *corked
	mu   sync.Mutex // held while a message is written
}

// dialSocket opens a WebSocket. The response, which may be nil, is for the error.
func dialSocket(ctx context.Context, base *url.URL, header http.Header) (*socket, *http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	s := &socket{}
	// A transport of its own: the connection leaves it with the upgrade, and what is
	// under it must be known here.
	t := newTransport()
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		s.cork = newCorked(c)
		return s.cork, nil
	}
	c, response, err := websocket.Dial(ctx, base.JoinPath("v1", "connect").String(), &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: t, CheckRedirect: noRedirect},
		HTTPHeader:      header,
		Subprotocols:    []string{frame.Subprotocol},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		t.CloseIdleConnections() // that on which the refusal came
		return nil, response, err
	}
	c.SetReadLimit(maxRead)
	s.c = c
	return s, response, nil
}

// noRedirect has a redirect be the answer: to follow one would hand the token to
// whoever is behind it.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: handshakeTimeout, KeepAlive: 30 * time.Second}).DialContext
	return t
}

func (s *socket) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cork.hold()
	err := s.c.Write(context.Background(), websocket.MessageBinary, b)
	if flushed := s.cork.release(); err == nil {
		err = flushed
	}
	return err
}

func (s *socket) read(buf []byte) ([]byte, error) {
	kind, r, err := s.c.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, errors.New("the other end sent text, which this protocol has not")
	}
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *socket) listen(bool) {}

// probe asks for a sign of life. While a large message is on its way, in either direction,
// none can come: that the bytes move is one, too.
func (s *socket) probe(ctx context.Context) error {
	before := s.cork.moved.Load()
	err := s.c.Ping(ctx)
	if err != nil && s.cork.moved.Load() != before {
		return nil
	}
	return err
}

func (s *socket) close() { _ = s.c.CloseNow() }

// corked is a connection that gathers what is written while it is held: the
// WebSocket library writes four kilobytes at a time, and each would be a system
// call and a packet. It reads ahead for the same reason.
type corked struct {
	net.Conn
	r     *bufio.Reader
	moved atomic.Int64 // how often bytes came, or bytes of a message went

	mu   sync.Mutex
	held bool
	out  []byte
}

func newCorked(c net.Conn) *corked { return &corked{Conn: c, r: bufio.NewReaderSize(c, readBuffer)} }

func (c *corked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.moved.Add(1)
	}
	return n, err
}

// maxCork bounds what is gathered before it is sent after all.
const maxCork = 256 << 10

func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		return c.Conn.Write(p) // a ping or a pong
	}
	if len(c.out)+len(p) > maxCork {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	c.out = append(c.out, p...)
	return len(p), nil
}

func (c *corked) flush() error {
	for out := c.out; len(out) > 0; {
		n, err := c.Conn.Write(out[:min(len(out), flushPiece)])
		if err != nil {
			return err
		}
		c.moved.Add(1)
		out = out[n:]
	}
	c.out = c.out[:0]
	return nil
}

// flushPiece is how many bytes are handed to the connection at once, so that it can be
// seen that they go.
const flushPiece = 64 << 10

func (c *corked) hold() {
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
}

func (c *corked) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	return c.flush()
}

// describeClose is what a closed WebSocket says, for messages.
func describeClose(err error) error {
	var ce websocket.CloseError
	if errors.As(err, &ce) {
		return fmt.Errorf("the other end closed the connection: %d %s", ce.Code, ce.Reason)
	}
	return err
}
