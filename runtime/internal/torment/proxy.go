// Package torment loads a store over a way that fails, and finds out whether anything
// that was acknowledged is lost, doubled or seen half. It is for tests of whatever
// leads to an object: on a server in Go, and on workerd.
package torment

import (
	"context"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// A Dice is random decisions of several goroutines from one seed.
type Dice struct {
	mu  sync.Mutex
	rnd *rand.Rand
}

// NewDice logs its seed; 0 draws one.
func NewDice(t testing.TB, seed int64) *Dice {
	t.Helper()
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("-seed %d", seed)
	return &Dice{rnd: rand.New(rand.NewSource(seed))}
}

// Intn is a number from 0 to n-1.
func (d *Dice) Intn(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rnd.Intn(n)
}

// Cutter is a TCP proxy that cuts connections after some bytes in either direction,
// wherever that is in a frame.
func Cutter(t testing.TB, target string, d *Dice, mean int) (url string, calm func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex
	quiet := false
	carry := func(to, from net.Conn, end func()) {
		defer end()
		mu.Lock()
		if quiet {
			mu.Unlock()
			_, _ = io.Copy(to, from)
			return
		}
		mu.Unlock()
		_, _ = io.CopyN(to, from, int64(300+d.Intn(2*mean)))
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", strings.TrimPrefix(target, "http://"))
			if err != nil {
				_ = c.Close()
				continue
			}
			end := func() {
				_ = c.Close()
				_ = up.Close()
			}
			go carry(up, c, end)
			go carry(c, up, end)
		}
	}()
	return "http://" + l.Addr().String(), func() {
		mu.Lock()
		quiet = true
		mu.Unlock()
	}
}

// Garbler is a proxy of whole messages: it loses answers, sends frames twice, cuts
// them short, and holds messages back while others pass over a new connection.
func Garbler(t testing.TB, target string, d *Dice, rate int) (url string, calm func()) {
	t.Helper()
	var mu sync.Mutex
	quiet := false
	hit := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return !quiet && d.Intn(rate) == 0
	}
	info := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/connect" {
			response, err := http.Get(target + r.URL.Path)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer response.Body.Close()
			_, _ = io.Copy(w, response.Body)
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		up, _, err := websocket.Dial(ctx, target+r.URL.Path, &websocket.DialOptions{
			HTTPHeader: http.Header{"X-Redis2cf-Object": r.Header["X-Redis2cf-Object"]}, Subprotocols: []string{frame.Subprotocol},
		})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer up.CloseNow()
		down, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{frame.Subprotocol}})
		if err != nil {
			return
		}
		defer down.CloseNow()
		up.SetReadLimit(-1)
		down.SetReadLimit(-1)
		go func() { // answers
			defer cancel()
			for {
				_, b, err := up.Read(ctx)
				if err != nil || hit() { // the answer is lost, and the connection with it
					return
				}
				if down.Write(ctx, websocket.MessageBinary, b) != nil {
					return
				}
			}
		}()
		for {
			_, b, err := down.Read(ctx)
			if err != nil {
				return
			}
			if frame.Kind(b) == frame.KindFrame && hit() {
				switch d.Intn(4) {
				case 0: // twice
					_ = up.Write(ctx, websocket.MessageBinary, b)
				case 1: // cut short
					b = b[:1+d.Intn(len(b)-1)]
				case 2: // late: the connection is lost first, and another one may be faster
					late := append([]byte(nil), b...)
					go func() {
						time.Sleep(time.Duration(d.Intn(20)) * time.Millisecond)
						_ = up.Write(context.Background(), websocket.MessageBinary, late)
					}()
					_ = down.CloseNow()
					time.Sleep(25 * time.Millisecond)
					return
				case 3: // lost
					return
				}
			}
			if up.Write(ctx, websocket.MessageBinary, b) != nil {
				return
			}
		}
	}))
	t.Cleanup(info.Close)
	return info.URL, func() {
		mu.Lock()
		quiet = true
		mu.Unlock()
	}
}
