package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// BenchmarkGetSet is 80 % GET and 20 % SET of fresh values by so many callers that
// share a session, as the facade's client does. "object" is the whole way to an object
// in this process; "echo" has a server that answers at once, so that what is measured
// is the gateway.
func BenchmarkGetSet(b *testing.B) {
	for _, server := range []string{"echo", "object"} {
		for _, callers := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("%s/callers=%d", server, callers), func(b *testing.B) {
				url, frames := benchServer(b, server)
				s, err := open(b, url).session(store.SessionOptions{})
				if err != nil {
					b.Fatal(err)
				}
				for i := 0; i < 100; i++ {
					do(b, s, cmd("SET", "key:"+strconv.Itoa(i), "value"))
				}
				before := frames()
				b.ReportAllocs()
				b.ResetTimer()
				var wait sync.WaitGroup
				for c := 0; c < callers; c++ {
					wait.Add(1)
					n := b.N / callers
					if c < b.N%callers {
						n++
					}
					go func(c int) {
						defer wait.Done()
						callMany(b, s, c, n)
					}(c)
				}
				wait.Wait()
				if n := frames() - before; n > 0 {
					b.ReportMetric(float64(b.N)/float64(n), "commands/frame")
				}
			})
		}
	}
}

func callMany(b *testing.B, s *Session, c, n int) {
	ctx := context.Background()
	var scratch resp.Scratch
	words := make([]string, 3)
	cmds := make([]resp.Command, 1)
	for i := 0; i < n; i++ {
		key := benchKeys[(i*7+c)%len(benchKeys)]
		if i%5 == 0 {
			words = append(words[:0], "set", key, strconv.Itoa(c*1_000_000+i)+"-a-fresh-value-of-some-forty-bytes")
		} else {
			words = append(words[:0], "get", key)
		}
		cmds[0] = words
		if _, err := s.ExecuteIn(ctx, &scratch, cmds); err != nil {
			b.Error(err)
			return
		}
		scratch.Reset()
	}
}

var benchKeys = func() (keys [100]string) {
	for i := range keys {
		keys[i] = "key:" + strconv.Itoa(i)
	}
	return keys
}()

func benchServer(b *testing.B, kind string) (url string, frames func() int64) {
	if kind == "object" {
		r := newRig(b, objectserver.Options{}, "")
		return r.url, func() int64 { return 0 }
	}
	b.Setenv(TokenVariable, "")
	var n atomic.Int64
	e := &echo{n: &n}
	server := &http.Server{Handler: e}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go server.Serve(l)
	b.Cleanup(func() { _ = server.Close() })
	return "http://" + l.Addr().String(), n.Load
}

// echo answers each command at once, with a value of forty bytes.
type echo struct{ n *atomic.Int64 }

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/info" {
		fmt.Fprintf(w, `{"protocol":%d}`, frame.Version)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{frame.Subprotocol}})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	value := resp.NewBulk("1234567890123456789012345678901234567890")
	var out []byte
	for {
		_, m, err := c.Read(context.Background())
		if err != nil {
			return
		}
		out = out[:0]
		switch frame.Kind(m) {
		case frame.KindHello:
			out = (&frame.Welcome{Version: frame.Version, Epoch: 1, Write: true}).Append(out)
		case frame.KindFrame:
			e.n.Add(1)
			var f frame.Frame
			if f.Decode(m) != nil {
				return
			}
			a := frame.Answer{Seq: f.Seq, Epoch: 1, Results: make([]frame.Result, len(f.Groups))}
			for i, g := range f.Groups {
				a.Results[i].Protocol = 3
				for range g.Commands {
					a.Results[i].Replies = append(a.Results[i].Replies, value)
				}
			}
			out = a.Append(out)
		default:
			return
		}
		if c.Write(context.Background(), websocket.MessageBinary, out) != nil {
			return
		}
	}
}
