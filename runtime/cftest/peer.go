package cftest

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Peer is a client as hooks and commands of a test see it. It takes the answer
// to the command, written as it would go over the wire: the length of an array,
// then its elements.
type Peer struct {
	Resp3      bool   // the client speaks RESP3
	Ctx        any    // the test's own: it stays with the client
	ClientName string // as the client has set it when it came

	Writer
	link *link
}

// link is what a client's Peers have in common. Goroutines of a program share an
// in-process client, so each command has a Peer of its own.
type link struct {
	resp3 bool
	name  string
	push  func(resp.Reply)

	mu      sync.Mutex
	ctx     any
	closed  bool
	onClose []func()

	sorting sync.Mutex // held while replies are sorted, see session.order
}

// peer is a Peer for one command.
func (l *link) peer() *Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &Peer{Resp3: l.resp3, Ctx: l.ctx, ClientName: l.name, link: l}
}

// done keeps what the command's Peer leaves for the next one.
func (l *link) done(p *Peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx = p.Ctx
}

// A Writer takes what goes to a client.
type Writer struct {
	flat []item
}

// item is a value, or the length of a list whose elements follow.
type item struct {
	value resp.Reply
	more  int
}

func (c *Writer) write(r resp.Reply, more int) { c.flat = append(c.flat, item{r, more}) }

// WriteError writes an error: "ERR what is wrong".
func (c *Writer) WriteError(e string) { c.write(resp.NewError(e), 0) }

// WriteInline writes a status.
func (c *Writer) WriteInline(s string) { c.write(resp.NewStatus(s), 0) }

// WriteOK writes the status OK.
func (c *Writer) WriteOK() { c.WriteInline("OK") }

// WriteBulk writes a string.
func (c *Writer) WriteBulk(s string) { c.write(resp.NewBulk(s), 0) }

// WriteNull writes a null.
func (c *Writer) WriteNull() { c.write(resp.Reply{Kind: resp.Nil}, 0) }

// WriteInt writes an integer.
func (c *Writer) WriteInt(n int) { c.write(resp.NewInt(int64(n)), 0) }

// WriteFloat writes a number.
func (c *Writer) WriteFloat(n float64) { c.write(resp.NewDouble(n), 0) }

// WriteLen starts an array of n elements, which are written next.
func (c *Writer) WriteLen(n int) { c.write(resp.Reply{Kind: resp.Array}, n) }

// WritePushLen starts a message of n elements, which are written next. The client
// receives it as one that it did not ask for.
func (c *Writer) WritePushLen(n int) { c.write(resp.Reply{Kind: resp.Push}, n) }

// WriteSetLen starts a set of n elements, which are written next.
func (c *Writer) WriteSetLen(n int) { c.write(resp.Reply{Kind: resp.Set}, n) }

// WriteMapLen starts a map of n pairs; keys and values are written next, in turn.
func (c *Writer) WriteMapLen(n int) { c.write(resp.Reply{Kind: resp.Map}, 2*n) }

// WriteStrings writes an array of strings.
func (c *Writer) WriteStrings(strs []string) { c.write(resp.Bulks(strs), 0) }

// WriteRaw writes values as they stand on the wire: "$5\r\nhello\r\n". What is not
// RESP2 becomes an error of the command.
func (c *Writer) WriteRaw(s string) {
	for s != "" {
		var it item
		var err error
		if it, s, err = cutItem(s); err != nil {
			c.flat = append(c.flat[:0], item{value: resp.NewError("ERR cftest: WriteRaw: " + err.Error())})
			return
		}
		c.flat = append(c.flat, it)
	}
}

// Flush does nothing: the answer goes when the hook returns.
func (c *Writer) Flush() {}

// Block writes several values as one piece, which they are anyway here.
func (c *Peer) Block(f func(*Writer)) { f(&c.Writer) }

// Close ends the client after the command that runs.
func (c *Peer) Close() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.link.closed = true
}

// Closed reports whether the client was ended.
func (c *Peer) Closed() bool { return c.link.over() }

// OnDisconnect has a function called when the client is gone.
func (c *Peer) OnDisconnect(f func()) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.link.onClose = append(c.link.onClose, f)
}

func (l *link) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// gone calls what OnDisconnect was given.
func (l *link) gone() {
	l.mu.Lock()
	l.closed = true
	calls := l.onClose
	l.onClose = nil
	l.mu.Unlock()
	for _, f := range calls {
		f()
	}
}

// reply puts together what was written. Messages go their own way.
func (c *Peer) reply() resp.Reply {
	var answer *resp.Reply
	for flat := c.flat; len(flat) > 0; {
		var r resp.Reply
		r, flat = nest(flat)
		switch {
		case r.Kind == resp.Push && c.link.push != nil:
			c.link.push(r)
		case answer == nil:
			answer = &r
		}
	}
	if answer == nil {
		return resp.NewError("ERR cftest: the hook answered nothing; write a reply, or return false")
	}
	return *answer
}

// nest takes one value with its elements and returns what follows it. Elements
// that were not written are null.
func nest(flat []item) (resp.Reply, []item) {
	if len(flat) == 0 {
		return resp.Reply{}, nil
	}
	first, rest := flat[0], flat[1:]
	r := first.value
	for i := 0; i < first.more; i++ {
		var e resp.Reply
		e, rest = nest(rest)
		r.Elems = append(r.Elems, e)
	}
	return r, rest
}

// cutItem reads one value, or the head of a list, in RESP2.
func cutItem(s string) (it item, rest string, err error) {
	line, rest, ok := strings.Cut(s, "\r\n")
	if !ok || line == "" {
		return it, "", errors.New("a line without an end")
	}
	body := line[1:]
	switch line[0] {
	case '+':
		return item{value: resp.NewStatus(body)}, rest, nil
	case '-':
		return item{value: resp.NewError(body)}, rest, nil
	}
	n, err := strconv.ParseInt(body, 10, 64)
	if err != nil {
		return it, "", errors.New("no number after " + strconv.Quote(line[:1]))
	}
	switch line[0] {
	case ':':
		return item{value: resp.NewInt(n)}, rest, nil
	case '*':
		if n < 0 {
			return item{value: resp.Reply{Kind: resp.NilArray}}, rest, nil
		}
		return item{value: resp.Reply{Kind: resp.Array}, more: int(n)}, rest, nil
	case '$':
		if n < 0 {
			return item{}, rest, nil
		}
		if int64(len(rest)) < n+2 || rest[n:n+2] != "\r\n" {
			return it, "", errors.New("a string that is shorter than its length says")
		}
		return item{value: resp.NewBulk(rest[:n])}, rest[n+2:], nil
	}
	return it, "", errors.New("unknown type " + strconv.Quote(line[:1]))
}
