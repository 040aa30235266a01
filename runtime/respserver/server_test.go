package respserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// serve starts a server on a store of its own.
func serve(t *testing.T, opt respserver.Options) (addr string, b store.Backend) {
	t.Helper()
	h, err := memory.New(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- respserver.Serve(ctx, ln, h, opt) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.Close()
	})
	return ln.Addr().String(), h
}

// client is a raw connection.
type client struct {
	t *testing.T
	net.Conn
	rd *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatal(err)
	}
}

// want reads exactly what is expected.
func (c *client) want(s string) {
	c.t.Helper()
	got := make([]byte, len(s))
	if n, err := io.ReadFull(c.rd, got); err != nil || string(got) != s {
		c.t.Fatalf("got %q, %v; want %q", got[:n], err, s)
	}
}

// wantEnd reads to the end of the connection.
func (c *client) wantEnd(s string) {
	c.t.Helper()
	if got, _ := io.ReadAll(c.rd); string(got) != s { // a reset is an end as well
		c.t.Fatalf("got %q, want %q", got, s)
	}
}

func TestConversations(t *testing.T) {
	addr, _ := serve(t, respserver.Options{})
	for _, c := range []struct{ name, send, want string }{
		{"inline commands", "PING\r\nECHO \"a \\x41\\n\" \r\n\r\nECHO 'it\\'s'\n", "+PONG\r\n$4\r\na A\n\r\n$4\r\nit's\r\n"},
		{"a pipeline", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n*2\r\n$3\r\nget\r\n$1\r\nk\r\n*1\r\n$4\r\nNOPE\r\n",
			"+OK\r\n$2\r\n\r\n\r\n-ERR unknown command 'NOPE', with args beginning with: \r\n"},
		{"nulls of protocol 2", "GET none\r\nBLPOP none 0.001\r\n", "$-1\r\n*-1\r\n"},
		{"protocol 3", "HELLO 3 SETNAME me\r\nCLIENT GETNAME\r\nGET none\r\nHSET h f v\r\nHGETALL h\r\nSADD s m\r\nSMEMBERS s\r\nZADD z 1.5 m\r\nZSCORE z m\r\nZRANGE z 0 -1 WITHSCORES\r\n",
			"*\r\n$2\r\nme\r\n_\r\n:1\r\n%1\r\n$1\r\nf\r\n$1\r\nv\r\n:1\r\n~1\r\n$1\r\nm\r\n:1\r\n,1.5\r\n*1\r\n*2\r\n$1\r\nm\r\n,1.5\r\n"},
		{"the same in protocol 2", "HGETALL h\r\nZSCORE z m\r\nZRANGE z 0 -1 WITHSCORES\r\n",
			"*2\r\n$1\r\nf\r\n$1\r\nv\r\n$3\r\n1.5\r\n*2\r\n$1\r\nm\r\n$3\r\n1.5\r\n"},
		{"a subscriber's replies in order", "SUBSCRIBE a b\r\nPING\r\nGET k\r\nUNSUBSCRIBE\r\nPING\r\n",
			"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n" +
				"-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n" +
				"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n+PONG\r\n"},
		{"a subscriber of protocol 3 may do anything", "HELLO 3\r\nSUBSCRIBE a\r\nPING\r\n", "*\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n+PONG\r\n"},
		{"a transaction", "MULTI\r\nINCR n\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n:1\r\n"},
		{"AUTH without a password", "AUTH x\r\n", "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n"},
		{"RESET", "HELLO 3\r\nRESET\r\nGET none\r\n", "*\r\n+RESET\r\n$-1\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := dial(t, addr)
			cl.send(c.send + "QUIT\r\n")
			want := c.want + "+OK\r\n"
			if strings.HasPrefix(want, "*\r\n") { // the answer of HELLO has numbers of its own
				want = want[3:]
				line, err := cl.rd.ReadString('\n')
				if err != nil || line != "%7\r\n" {
					t.Fatalf("HELLO answered %q, %v", line, err)
				}
				for !strings.Contains(line, "modules") && err == nil {
					line, err = cl.rd.ReadString('\n')
				}
				cl.want("*0\r\n")
			}
			cl.wantEnd(want)
		})
	}
}

func TestProtocolErrorsEndTheConnection(t *testing.T) {
	addr, _ := serve(t, respserver.Options{})
	for send, want := range map[string]string{
		"PING\r\n*x\r\n":                     "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n",
		"*2147483648\r\n":                    "-ERR Protocol error: invalid multibulk length\r\n",
		"*1\r\n:4\r\n":                       "-ERR Protocol error: expected '$', got ':'\r\n",
		"*1\r\n$-4\r\n":                      "-ERR Protocol error: invalid bulk length\r\n",
		"*1\r\n$9999999999\r\n":              "-ERR Protocol error: invalid bulk length\r\n",
		"ECHO \"a\r\n":                       "-ERR Protocol error: unbalanced quotes in request\r\n",
		strings.Repeat("x", 70_000) + "\r\n": "-ERR Protocol error: too big inline request\r\n",
	} {
		c := dial(t, addr)
		c.send(send)
		c.wantEnd(want)
	}
}

func TestPasswordIsAskedForAndLimitsApplyBefore(t *testing.T) {
	addr, _ := serve(t, respserver.Options{Password: "secret", Users: map[string]string{"ann": "hers"}})
	c := dial(t, addr)
	c.send("GET k\r\nHELLO 3\r\nHELLO 3 AUTH ann wrong\r\nAUTH ann hers\r\nPING\r\nRESET\r\nPING\r\nAUTH secret\r\nPING\r\nQUIT\r\n")
	c.want("-NOAUTH Authentication required.\r\n-NOAUTH HELLO must")
	if _, err := c.rd.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	c.wantEnd("-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n+PONG\r\n+RESET\r\n-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n+OK\r\n")
	c = dial(t, addr)
	c.send("*2\r\n$4\r\nAUTH\r\n$20000\r\n")
	c.wantEnd("-ERR Protocol error: unauthenticated bulk length\r\n")
}

func TestCommandsCutAnywhereArriveWhole(t *testing.T) {
	addr, _ := serve(t, respserver.Options{})
	input := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\nGET k\r\n*1\r\n$4\r\nPING\r\n"
	c := dial(t, addr)
	for cut := 1; cut < len(input); cut++ {
		c.send(input[:cut])
		// An answer to the first part shows that it was read by itself.
		rest := "+OK\r\n$5\r\nva\r\nl\r\n+PONG\r\n"
		if cut >= strings.Index(input, "GET") {
			c.want("+OK\r\n")
			rest = strings.TrimPrefix(rest, "+OK\r\n")
		}
		c.send(input[cut:])
		c.want(rest)
	}
}

func TestLargeValuesPass(t *testing.T) {
	addr, _ := serve(t, respserver.Options{})
	value := strings.Repeat("0123456789abcdef", 1<<18) // 4 MB
	c := dial(t, addr)
	go fmt.Fprintf(c, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\nGET k\r\n", len(value), value)
	c.want(fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n", len(value), value))
}

func TestBlockedClientHoldsNobodyUpAndMayLeave(t *testing.T) {
	addr, b := serve(t, respserver.Options{})
	blocked := dial(t, addr)
	blocked.send("SET a 1\r\nBLPOP queue 0\r\nINCR a\r\n")
	blocked.want("+OK\r\n") // what came before does not wait
	other := dial(t, addr)
	other.send("RPUSH queue x\r\n")
	other.want(":1\r\n")
	blocked.want("*2\r\n$5\r\nqueue\r\n$1\r\nx\r\n:2\r\n")

	leaving := dial(t, addr)
	leaving.send("PING\r\nBLPOP queue 0\r\n")
	leaving.want("+PONG\r\n")
	leaving.Close()
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for { // until the server has seen it
		r, err := s.Execute(context.Background(), []resp.Command{{"CLIENT", "LIST"}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(r[0].Str, "\n") == 3 {
			break
		}
	}
	other.send("RPUSH queue y\r\nLLEN queue\r\n")
	other.want(":1\r\n:1\r\n")
}

func TestServeEndsWithItsContext(t *testing.T) {
	h, err := memory.New(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- respserver.Serve(ctx, ln, h, respserver.Options{}) }()
	c := dial(t, ln.Addr().String())
	c.send("PING\r\n")
	c.want("+PONG\r\n")
	c.send("BLPOP queue 0\r\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.wantEnd("")
}
