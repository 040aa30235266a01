package objectserver

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// host is an object with its connections and timers. It is guarded by the server's mu.
type host struct {
	s      *Server
	name   string
	handle uint32
	exec   *objecttest.Executor
	conns  map[uint64]*conn
	spoken []*conn // that have something to write, see flush
	last   uint64
	timer  *time.Timer
	due    int64 // Unix microseconds, 0: the timer is not set
	sweep  *time.Timer

	sweepsBlobs bool
}

// A conn is a WebSocket or a request that waits for its answer.
type conn struct {
	h      *host
	number uint64
	scope  int
	note   []byte
	socket *websocket.Conn
	over   chan struct{} // a request: closed when its answer is whole

	mu      sync.Mutex
	out     []objecttest.Send
	writing bool
	parts   [][]byte // a request's
}

// host finds or makes an object. The caller holds mu.
func (s *Server) host(name string) (*host, error) {
	if h := s.objects[name]; h != nil {
		return h, nil
	}
	exec, err := objecttest.New()
	if err != nil {
		return nil, err
	}
	s.lastHandle++
	h := &host{s: s, name: name, handle: s.lastHandle, exec: exec, conns: map[uint64]*conn{}}
	s.objects[name] = h
	h.open()
	return h, nil
}

// open opens the object and attaches its connections. The caller holds mu.
func (h *host) open() {
	h.take(h.s.in.Open(h.handle, h.exec, h.name, h.s.opt.Now(), h.s.rnd.Uint64()))
	for n := uint64(1); n <= h.last; n++ {
		if c := h.conns[n]; c != nil {
			h.take(h.object().Attach(n, c.scope, c.note))
		}
	}
}

func (h *host) object() *object.Object { return h.s.in.Object(h.handle) }

// take carries out what an output says. The caller holds mu, and flushes afterwards.
func (h *host) take(b []byte) {
	out, err := objecttest.ReadOutput(b)
	if err != nil {
		panic(err)
	}
	for _, send := range out.Sends {
		c := h.conns[send.Conn]
		if c == nil {
			continue
		}
		switch send.Kind {
		case 2:
			c.note = send.Data
			continue
		case 1:
			delete(h.conns, send.Conn)
		}
		c.mu.Lock()
		c.out = append(c.out, send)
		c.mu.Unlock()
		if n := len(h.spoken); n == 0 || h.spoken[n-1] != c {
			h.spoken = append(h.spoken, c)
		}
	}
	due := out.Timer
	if due == 0 || out.Alarm != 0 && out.Alarm < due {
		due = out.Alarm
	}
	h.arm(due)
	if out.Flags&object.FlagR2 != 0 {
		h.sweepBlobs()
	}
	if out.Flags&object.FlagSweep != 0 && h.sweep == nil {
		h.sweep = time.AfterFunc(20*time.Millisecond, func() {
			h.call(func(o *object.Object) []byte {
				h.sweep = nil
				return o.Sweep(128)
			})
		})
	}
}

func (h *host) arm(due int64) {
	if due == h.due {
		return
	}
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	if h.due = due; due != 0 {
		d := time.Duration(due-h.s.opt.Now()) * time.Microsecond
		h.timer = time.AfterFunc(max(d, 0), func() {
			h.call(func(o *object.Object) []byte {
				h.due = 0
				return o.Tick(h.s.opt.Now(), h.s.rnd.Uint64())
			})
		})
	}
}

func (h *host) stop() {
	h.arm(0)
	if h.sweep != nil {
		h.sweep.Stop()
	}
}

// call calls the object and sends what it says.
func (h *host) call(f func(o *object.Object) []byte) {
	h.s.mu.Lock()
	if h.s.closed {
		h.s.mu.Unlock()
		return
	}
	h.take(f(h.object()))
	h.unlock()
}

// unlock gives the server's mu back and writes what connections have to say.
func (h *host) unlock() {
	spoken := h.spoken
	h.spoken = nil
	h.s.mu.Unlock()
	for _, c := range spoken {
		c.flush()
	}
}

// flush writes what waits, unless somebody else does. What one call of the object
// says comes in order.
func (c *conn) flush() {
	c.mu.Lock()
	if c.writing {
		c.mu.Unlock()
		return
	}
	c.writing = true
	for len(c.out) > 0 {
		out := c.out
		c.out = nil
		c.mu.Unlock()
		for _, send := range out {
			c.write(send)
		}
		c.mu.Lock()
	}
	c.writing = false
	c.mu.Unlock()
}

func (c *conn) write(send objecttest.Send) {
	switch {
	case c.socket == nil && send.Kind == 0:
		c.parts = append(c.parts, send.Data)
	case c.socket == nil:
		close(c.over)
	case send.Kind == 0:
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_ = c.socket.Write(ctx, websocket.MessageBinary, send.Data)
		cancel()
	default:
		go c.socket.Close(websocket.StatusCode(send.Code), string(send.Data))
	}
}

func (c *conn) cut() {
	if c.socket != nil {
		_ = c.socket.CloseNow()
	}
}

// add adds a connection to an object.
func (s *Server) add(name string, scope int, socket *websocket.Conn) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, err := s.host(name)
	if err != nil {
		return nil, err
	}
	h.last++
	c := &conn{h: h, number: h.last, scope: scope, socket: socket, over: make(chan struct{})}
	h.conns[c.number] = c
	h.take(h.object().Attach(c.number, c.scope, nil)) // which says nothing yet
	return c, nil
}

// socket serves a WebSocket until it ends.
func (s *Server) socket(w http.ResponseWriter, r *http.Request, name string, scope int) {
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{frame.Subprotocol}})
	if err != nil {
		return
	}
	defer socket.CloseNow()
	socket.SetReadLimit(frame.MaxMessage + 1024)
	c, err := s.add(name, scope, socket)
	if err != nil {
		return
	}
	h := c.h
	for {
		_, message, err := socket.Read(context.Background())
		if err != nil {
			break
		}
		if s.opt.Before != nil {
			s.opt.Before(s)
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		h.take(h.object().Message(c.number, s.opt.Now(), s.rnd.Uint64(), message, false))
		h.unlock()
	}
	h.left(c)
}

// left tells the object that a connection is gone.
func (h *host) left(c *conn) {
	h.call(func(o *object.Object) []byte {
		delete(h.conns, c.number)
		return o.Closed(c.number, h.s.opt.Now(), h.s.rnd.Uint64())
	})
}

// post serves a request with a greeting and one message.
func (s *Server) post(w http.ResponseWriter, r *http.Request, name string, scope int) {
	body, err := io.ReadAll(io.LimitReader(r.Body, frame.MaxMessage+1))
	if err != nil || len(body) > frame.MaxMessage {
		refuse(w, http.StatusRequestEntityTooLarge, frame.CodeTooLarge, "ERR the request is too large")
		return
	}
	c, err := s.add(name, scope, nil)
	if err != nil {
		refuse(w, http.StatusInternalServerError, frame.CodeFault, "ERR "+err.Error())
		return
	}
	h := c.h
	if s.opt.Before != nil {
		s.opt.Before(s)
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	h.take(h.object().Post(c.number, s.opt.Now(), s.rnd.Uint64(), body, false))
	h.unlock()
	select {
	case <-c.over:
	case <-r.Context().Done():
		h.left(c)
		return
	}
	var answer []byte
	c.mu.Lock()
	for _, part := range c.parts {
		answer = frame.AppendPart(answer, part)
	}
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(answer)
}
