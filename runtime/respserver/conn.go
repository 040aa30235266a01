package respserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

const (
	maxFrame   = 512      // commands of one frame
	maxPending = 32 << 20 // bytes of messages that a slow subscriber may leave unread
)

// treatment is what a connection does with a command besides passing it on.
type treatment uint8

const (
	plain    treatment = iota
	alone              // a frame of its own: its answers are messages
	blocking           // a frame of its own, which ends when the client goes away
	auth               // answered here
	hello              // password checked here
	quit               // ends the connection
	reset              // back to the state of a new connection
	anytime            // allowed to a RESP2 subscriber, otherwise plain
	client             // CLIENT, which may hold replies back or end connections
	begin              // MULTI
	end                // EXEC and DISCARD
	watch              // not queued in a transaction
)

var treatments = map[string]treatment{
	"SUBSCRIBE": alone, "PSUBSCRIBE": alone, "SSUBSCRIBE": alone,
	"UNSUBSCRIBE": alone, "PUNSUBSCRIBE": alone, "SUNSUBSCRIBE": alone,
	"BLPOP": blocking, "BRPOP": blocking, "BLMOVE": blocking, "BRPOPLPUSH": blocking, "BLMPOP": blocking,
	"BZPOPMIN": blocking, "BZPOPMAX": blocking, "BZMPOP": blocking, "XREAD": blocking, "XREADGROUP": blocking,
	"WAIT": blocking, "WAITAOF": blocking,
	"AUTH": auth, "HELLO": hello, "QUIT": quit, "RESET": reset, "PING": anytime,
	"CLIENT": client, "MULTI": begin, "EXEC": end, "DISCARD": end, "WATCH": watch,
}

// treat finds a command's treatment without making a string.
func treat(cmd resp.Command) treatment {
	var name [16]byte
	if len(cmd[0]) > len(name) {
		return plain
	}
	n := copy(name[:], cmd[0])
	for i, c := range name[:n] {
		if 'a' <= c && c <= 'z' {
			name[i] = c - 'a' + 'A'
		}
	}
	return treatments[string(name[:n])]
}

// conn is one client connection.
type conn struct {
	nc      net.Conn
	opt     *Options
	session store.Session
	ok      bool // authenticated
	proto   atomic.Int32
	topics  atomic.Int64 // channels and patterns subscribed to
	shards  atomic.Int64 // sharded channels
	tx      transaction
	quiet   quiet
	busy    atomic.Bool // a CLIENT command runs, which may end this very connection
	over    atomic.Bool // the session was ended from outside
	idle    atomic.Bool // what was read before has run

	mu    sync.Mutex
	out   []byte
	spare []byte
	lost  bool // nobody reads any more

	write  sync.Mutex    // held while bytes are sent, so that they stay in order
	pushed chan struct{} // there are messages to send
}

// serveConn answers one connection until it ends.
func serveConn(ctx context.Context, nc net.Conn, b store.Backend, opt *Options) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer nc.Close()
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	c := &conn{nc: nc, opt: opt, ok: !opt.secured(), pushed: make(chan struct{}, 1)}
	c.proto.Store(2)
	c.idle.Store(true)
	session, err := b.NewSession(store.SessionOptions{
		Protocol: 2, Push: c.push, Addr: nc.RemoteAddr().String(), LocalAddr: nc.LocalAddr().String(),
	})
	if err != nil {
		c.reply(resp.NewError(errorText(err)))
		c.flush()
		return
	}
	c.session = session
	defer session.Close()

	var pushes sync.WaitGroup
	pushes.Add(1)
	go func() {
		defer pushes.Done()
		for {
			select {
			case <-c.pushed:
				c.flush()
			case <-ctx.Done():
				return
			}
		}
	}()
	defer pushes.Wait()
	defer cancel()

	// Reading goes on while a command waits, to see that the client went away.
	frames := make(chan frame)
	gone, leave := context.WithCancel(ctx)
	pushes.Add(1)
	go func() {
		defer pushes.Done()
		defer leave()
		c.read(ctx, frames)
	}()
	for f := range frames {
		if f.publishes {
			opt.Order.wait(ctx, f.turn)
		}
		more := c.run(ctx, gone, f.cmds)
		opt.Order.leave(f.turn)
		c.idle.Store(true) // before the answer, after which the client sends more
		if f.err != nil && more {
			c.reply(resp.NewError(f.err.Error()))
		}
		over := !more || f.err != nil
		if over {
			session.Close() // who reads the last answer finds the subscriptions gone
		}
		c.flush()
		if over {
			return
		}
	}
}

// frame is what came together, and the fault that followed it.
type frame struct {
	cmds []resp.Command
	err  error

	turn      uint64 // in the Order of the server
	publishes bool
}

// read cuts frames out of what the client sends, until it goes away.
func (c *conn) read(ctx context.Context, frames chan<- frame) {
	defer close(frames)
	p := newParser()
	for {
		n, err := c.nc.Read(p.space())
		p.filled(n)
		for {
			var f frame
			for len(f.cmds) < maxFrame {
				c.mu.Lock()
				p.strict = !c.ok
				c.mu.Unlock()
				cmd, bad := p.next()
				if bad != nil {
					if !errors.Is(bad, errMore) {
						f.err = bad
					}
					break
				}
				f.cmds = append(f.cmds, cmd)
			}
			if len(f.cmds) == 0 && f.err == nil {
				break
			}
			f.turn, f.publishes = c.opt.Order.enter(f.cmds, c.idle.Swap(false))
			select {
			case frames <- f:
			case <-ctx.Done():
				c.opt.Order.leave(f.turn)
				return
			}
			if f.err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// run runs a frame, in pieces where a command asks for it. It reports whether
// the connection goes on.
func (c *conn) run(ctx, gone context.Context, cmds []resp.Command) bool {
	start := 0
	for i, cmd := range cmds {
		how := treat(cmd)
		last := c.ok && !c.restricted() && c.tx.follow(cmd, how)
		if c.tx.open && how != quit && how != reset {
			how = plain // it will be queued
		}
		if c.ok && c.passes(how) && !last {
			continue
		}
		if !c.execute(ctx, cmds[start:i]) {
			return false
		}
		start = i + 1
		if last {
			if !c.finish(ctx, cmd) {
				return false
			}
		} else if !c.special(ctx, gone, cmd, how) {
			return false
		}
		c.quiet.next()
	}
	return c.execute(ctx, cmds[start:])
}

// passes reports whether a command may run in one frame with others. A
// subscriber's commands run one by one, so that messages and answers keep their
// order; so do those whose answers are held back.
func (c *conn) passes(how treatment) bool {
	switch how {
	case plain, anytime, begin, end, watch:
		return c.topics.Load()+c.shards.Load() == 0 && !c.quiet.any()
	}
	return false
}

// restricted reports whether the client is a RESP2 subscriber, which may do
// little else.
func (c *conn) restricted() bool {
	return c.proto.Load() == 2 && c.topics.Load()+c.shards.Load() > 0
}

// special runs one command that is not plain, or not allowed right now.
func (c *conn) special(ctx, gone context.Context, cmd resp.Command, how treatment) bool {
	switch {
	case !c.ok && how == end && strings.EqualFold(cmd[0], "EXEC"):
		c.reply(resp.NewError("EXECABORT Transaction discarded because of: NOAUTH Authentication required."))
		return true
	case !c.ok && how != auth && how != hello && how != quit && how != reset:
		c.reply(resp.NewError("NOAUTH Authentication required."))
		return true
	case c.restricted() && how != alone && how != anytime && how != quit && how != reset:
		c.reply(resp.NewError(fmt.Sprintf("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
			strings.ToLower(cmd[0]))))
		return true
	}
	one := []resp.Command{cmd}
	switch how {
	case blocking:
		c.flush() // what came before must not wait with it
		return c.execute(gone, one)
	case auth:
		c.reply(c.authenticate(cmd))
		return true
	case hello:
		return c.hello(ctx, cmd)
	case client:
		return c.client(ctx, cmd)
	case quit:
		c.reply(resp.OK)
		return false
	case reset:
		if !c.execute(ctx, one) {
			return false
		}
		c.proto.Store(2)
		c.topics.Store(0)
		c.shards.Store(0)
		c.tx, c.quiet = transaction{}, quiet{}
		c.admit(!c.opt.secured())
		c.called("default")
		return true
	}
	return c.execute(ctx, one)
}

// execute runs commands as one frame. It reports whether the connection goes on.
func (c *conn) execute(ctx context.Context, cmds []resp.Command) bool {
	if len(cmds) == 0 {
		return true
	}
	replies, err := c.session.Execute(ctx, cmds)
	c.reply(replies...)
	if err == nil {
		return true
	}
	if ctx.Err() == nil {
		c.reply(resp.NewError(errorText(err)))
	}
	return false
}

// errorText is an error of the store as a reply.
func errorText(err error) string {
	text := err.Error()
	if word, _, _ := strings.Cut(text, " "); word != "" && word == strings.ToUpper(word) {
		return text
	}
	return "ERR " + text
}

// reply appends replies to what will be sent.
func (c *conn) reply(replies ...resp.Reply) {
	if c.quiet.holds() {
		return
	}
	proto := int(c.proto.Load())
	c.mu.Lock()
	for _, r := range replies {
		c.out = resp.AppendReply(c.out, proto, r)
	}
	c.mu.Unlock()
}

// push receives a message from the session and never blocks.
func (c *conn) push(r resp.Reply) {
	if r.Kind == resp.Error { // the session is over
		c.over.Store(true)
		if !c.busy.Load() { // else it was ended by its own command, whose answer goes out
			c.nc.Close()
		}
		return
	}
	c.count(r)
	proto := int(c.proto.Load())
	c.mu.Lock()
	c.out = resp.AppendReply(c.out, proto, r)
	slow := len(c.out) > maxPending
	c.mu.Unlock()
	if slow {
		c.nc.Close() // as Redis does with a subscriber that does not read
		return
	}
	select {
	case c.pushed <- struct{}{}:
	default:
	}
}

// count follows the number of subscriptions, which confirmations tell.
func (c *conn) count(r resp.Reply) {
	if len(r.Elems) != 3 || r.Elems[2].Kind != resp.Int {
		return
	}
	switch r.Elems[0].Str {
	case "subscribe", "unsubscribe", "psubscribe", "punsubscribe":
		c.topics.Store(r.Elems[2].Int)
	case "ssubscribe", "sunsubscribe":
		c.shards.Store(r.Elems[2].Int)
	}
}

// flush sends what there is to send.
func (c *conn) flush() {
	c.write.Lock()
	defer c.write.Unlock()
	for {
		c.mu.Lock()
		out := c.out
		if len(out) == 0 || c.lost {
			c.mu.Unlock()
			return
		}
		c.out, c.spare = c.spare[:0], nil
		c.mu.Unlock()
		_, err := c.nc.Write(out)
		c.mu.Lock()
		if cap(out) <= 1<<20 {
			c.spare = out
		}
		c.lost = c.lost || err != nil
		c.mu.Unlock()
	}
}
