package difftest

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Conn is a connection to redis-server. Replies come as the protocol has
// them: with RESP2 a double is a bulk string and a map an array.
type Conn struct {
	c     net.Conn
	r     *bufio.Reader
	w     *bufio.Writer
	proto int
	aside []resp.Reply // messages that stood inside a reply
}

// Dial connects to host:port and speaks version 2 or 3 of the protocol.
func Dial(addr string, proto int) (*Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := &Conn{c: c, r: bufio.NewReaderSize(c, 1<<16), w: bufio.NewWriterSize(c, 1<<16), proto: proto}
	if proto == 3 {
		replies, err := conn.Do([]resp.Command{{"HELLO", "3"}})
		if err == nil && replies[0].Kind != resp.Map {
			err = fmt.Errorf("HELLO 3 answered %+v", replies[0])
		}
		if err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	return conn, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.c.Close() }

// Do sends commands in one pipeline and returns their replies. A reply of kind
// Error is a reply; err is a fault of the connection.
func (c *Conn) Do(cmds []resp.Command) ([]resp.Reply, error) {
	sent := make(chan error, 1)
	go func() { sent <- c.send(cmds) }() // a long pipeline would fill both directions
	replies := make([]resp.Reply, len(cmds))
	for i := range replies {
		var err error
		if replies[i], err = c.read(); err != nil {
			_ = c.c.Close()
			<-sent
			return nil, fmt.Errorf("reading the reply of %s: %w", Line(cmds[i]), err)
		}
	}
	return replies, <-sent
}

func (c *Conn) send(cmds []resp.Command) error {
	for _, cmd := range cmds {
		fmt.Fprintf(c.w, "*%d\r\n", len(cmd))
		for _, a := range cmd {
			fmt.Fprintf(c.w, "$%d\r\n%s\r\n", len(a), a)
		}
	}
	return c.w.Flush()
}

// line reads up to a CRLF.
func (c *Conn) line() (string, error) {
	s, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if len(s) < 2 || s[len(s)-2] != '\r' {
		return "", fmt.Errorf("line %q does not end with CRLF", s)
	}
	return s[:len(s)-2], nil
}

func (c *Conn) read() (resp.Reply, error) {
	s, err := c.line()
	if err != nil {
		return resp.Reply{}, err
	}
	if s == "" {
		return resp.Reply{}, fmt.Errorf("an empty line where a reply should be")
	}
	body := s[1:]
	switch s[0] {
	case '+':
		return resp.NewStatus(body), nil
	case '-':
		return resp.NewError(body), nil
	case '_':
		return resp.Reply{}, nil
	case '#':
		return resp.NewBool(body == "t"), nil
	case '(':
		return resp.Reply{Kind: resp.BigNumber, Str: body}, nil
	case ',':
		f, err := strconv.ParseFloat(body, 64)
		return resp.NewDouble(f), err
	case ':':
		n, err := strconv.ParseInt(body, 10, 64)
		return resp.NewInt(n), err
	}
	n, err := strconv.Atoi(body)
	if err != nil {
		return resp.Reply{}, fmt.Errorf("length in %q: %w", s, err)
	}
	switch s[0] {
	case '$', '=':
		if n < 0 {
			return resp.Reply{}, nil
		}
		buf := make([]byte, n+2)
		if _, err := io.ReadFull(c.r, buf); err != nil {
			return resp.Reply{}, err
		}
		if s[0] == '=' {
			return resp.Reply{Kind: resp.Verbatim, Str: string(buf[:n])}, nil
		}
		return resp.NewBulk(string(buf[:n])), nil
	case '*':
		if n < 0 {
			return resp.Reply{Kind: resp.NilArray}, nil
		}
		return c.elems(resp.Array, n)
	case '~':
		return c.elems(resp.Set, n)
	case '%':
		return c.elems(resp.Map, 2*n)
	case '>':
		return c.elems(resp.Push, n)
	}
	return resp.Reply{}, fmt.Errorf("unknown reply type in %q", s)
}

func (c *Conn) elems(kind resp.Kind, n int) (resp.Reply, error) {
	r := resp.Reply{Kind: kind, Elems: make([]resp.Reply, n)}
	for i := range r.Elems {
		var err error
		if r.Elems[i], err = c.read(); err != nil {
			return r, err
		}
		// Redis 7.0 puts a message among the replies of a transaction when its own
		// client has subscribed.
		for kind == resp.Array && r.Elems[i].Kind == resp.Push {
			c.aside = append(c.aside, r.Elems[i])
			if r.Elems[i], err = c.read(); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// onWire turns a reply into what a client of a protocol version would read, but
// for RESP2's doubles, which stay doubles: how they are written is the host's.
func onWire(r resp.Reply, proto int) resp.Reply {
	switch r.Kind {
	case resp.NilArray:
		if proto == 3 {
			return resp.Reply{}
		}
		return r
	case resp.Bool:
		if proto == 2 {
			return resp.NewInt(r.Int)
		}
		return r
	case resp.BigNumber:
		if proto == 2 {
			return resp.NewBulk(r.Str)
		}
		return r
	case resp.Array, resp.Map, resp.Set, resp.Push, resp.Pairs:
	default:
		return r
	}
	elems := make([]resp.Reply, len(r.Elems))
	for i, e := range r.Elems {
		elems[i] = onWire(e, proto)
	}
	kind := r.Kind
	switch {
	case proto == 2:
		kind = resp.Array
	case kind == resp.Pairs:
		kind = resp.Array
		nested := make([]resp.Reply, 0, len(elems)/2)
		for i := 0; i+1 < len(elems); i += 2 {
			nested = append(nested, resp.NewArray(elems[i], elems[i+1]))
		}
		elems = nested
	}
	return resp.Reply{Kind: kind, Elems: elems}
}

// sameDouble compares a double with what the server sent for it.
func sameDouble(f float64, want resp.Reply) bool {
	var g float64
	switch want.Kind {
	case resp.Double:
		g = want.Float()
	case resp.Bulk:
		var err error
		if g, err = strconv.ParseFloat(want.Str, 64); err != nil {
			return false
		}
	default:
		return false
	}
	return math.Float64bits(f) == math.Float64bits(g) || math.IsNaN(f) && math.IsNaN(g)
}

// readConn reads replies that do not come from a server.
func readConn(r io.Reader) *Conn { return &Conn{r: bufio.NewReader(r)} }

// more reports whether something is left to read.
func (c *Conn) more() bool {
	_, err := c.r.Peek(1)
	return err == nil
}
