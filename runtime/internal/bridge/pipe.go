package bridge

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// maxUnread bounds what the server may have written and the client not read, in
// bytes. The other direction has no bound: a client that wrote a long pipeline
// only then reads, and two full directions would wait for each other for ever.
const maxUnread = 1 << 20

// pipe returns the two ends of a connection within the process.
func pipe() (client, server net.Conn) {
	up, down := newHalf(0), newHalf(maxUnread)
	return &end{in: down, out: up}, &end{in: up, out: down}
}

// end is one end of a pipe.
type end struct{ in, out *half }

func (e *end) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close ends both directions. What was written can still be read at the other end.
func (e *end) Close() error {
	e.in.close(true)
	e.out.close(false)
	return nil
}

func (e *end) LocalAddr() net.Addr  { return address{} }
func (e *end) RemoteAddr() net.Addr { return address{} }

func (e *end) SetDeadline(t time.Time) error {
	e.in.reading.set(e.in, t)
	e.out.writing.set(e.out, t)
	return nil
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.in.reading.set(e.in, t)
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.writing.set(e.out, t)
	return nil
}

// address is that of both ends.
type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "pipe" }

// half is one direction of a pipe.
type half struct {
	mu    sync.Mutex
	moved *sync.Cond // bytes came or went, it was closed, or a deadline changed or passed
	buf   []byte
	start int // of what is not read yet
	limit int // bytes not read yet; 0 is no limit

	over   bool // nobody writes any more
	unread bool // nobody reads any more

	reading, writing deadline
}

func newHalf(limit int) *half {
	h := &half{limit: limit}
	h.moved = sync.NewCond(&h.mu)
	return h
}

// deadline ends waiting. Its timer exists only while somebody waits: go-redis
// sets a deadline twice for each command and hardly ever waits for one.
type deadline struct{ at time.Time }

func (d *deadline) set(h *half, t time.Time) {
	h.mu.Lock()
	d.at = t
	h.mu.Unlock()
	h.moved.Broadcast()
}

// wait waits for a change, or returns the error of a deadline that has passed.
// The caller holds h.mu.
func (h *half) wait(d *deadline) error {
	if d.at.IsZero() {
		h.moved.Wait()
		return nil
	}
	left := time.Until(d.at)
	if left <= 0 {
		return os.ErrDeadlineExceeded
	}
	timer := time.AfterFunc(left, func() {
		h.mu.Lock() // so that it is not said before anybody waits
		defer h.mu.Unlock()
		h.moved.Broadcast()
	})
	h.moved.Wait()
	timer.Stop()
	return nil
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.unread:
			return 0, net.ErrClosed
		case !h.reading.at.IsZero() && !time.Now().Before(h.reading.at):
			return 0, os.ErrDeadlineExceeded
		case h.start < len(h.buf):
			n := copy(p, h.buf[h.start:])
			h.start += n
			if h.start == len(h.buf) {
				h.buf, h.start = h.buf[:0], 0
				if cap(h.buf) > maxUnread {
					h.buf = nil // a large value does not hold its memory for ever
				}
			}
			h.moved.Broadcast()
			return n, nil
		case h.over:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		if err := h.wait(&h.reading); err != nil {
			return 0, err
		}
	}
}

func (h *half) write(p []byte) (written int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.over:
			return written, net.ErrClosed
		case h.unread:
			return written, io.ErrClosedPipe
		case !h.writing.at.IsZero() && !time.Now().Before(h.writing.at):
			return written, os.ErrDeadlineExceeded
		}
		n := len(p)
		if h.limit > 0 {
			n = min(n, h.limit-(len(h.buf)-h.start))
		}
		if n > 0 || len(p) == 0 {
			if h.start > 0 && len(h.buf)+n > cap(h.buf) {
				h.buf = h.buf[:copy(h.buf, h.buf[h.start:])]
				h.start = 0
			}
			h.buf = append(h.buf, p[:n]...)
			written += n
			h.moved.Broadcast()
			if p = p[n:]; len(p) == 0 {
				return written, nil
			}
			continue
		}
		if err := h.wait(&h.writing); err != nil {
			return written, err
		}
	}
}

// close ends a direction for its reader or its writer.
func (h *half) close(reader bool) {
	h.mu.Lock()
	if reader {
		h.unread, h.buf, h.start = true, nil, 0
	} else {
		h.over = true
	}
	h.mu.Unlock()
	h.moved.Broadcast()
}
