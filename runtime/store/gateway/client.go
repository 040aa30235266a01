package gateway

import (
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// A client is what a session is to one object, in one lane: a number, and what the
// object knows under it.
type client struct {
	s      *Session
	l      *lane
	number uint64

	apart bool    // for one transaction; the session is not tied to it
	tx    txState // guarded by s.mu

	// Guarded by l.mu.
	gone    bool
	listens bool            // it subscribes
	known   uint64          // epoch in which the object was told the identity
	told    *frame.Identity // the identity that it was told; nil: none
}

// newClient adds a client to the lane.
func (l *lane) newClient(s *Session) *client {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nextClient++
	c := &client{s: s, l: l, number: l.nextClient}
	l.clients[c.number] = c
	return c
}

// group makes a group of a call. The caller holds l.mu.
func (c *client) group(k *call, epoch uint64) frame.Group {
	g := frame.Group{
		Client: c.number, DB: int(c.s.db.Load()), Protocol: int(c.s.protocol.Load()),
		Epoch: k.epoch, Ticket: k.ticket, Commands: k.cmds,
	}
	if id := c.s.identity.Load(); c.told != id || c.known != epoch {
		g.Identity, c.told, c.known = id, id, epoch
	}
	return g
}

// setListens notes that the client subscribes.
func (c *client) setListens() {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.listens && !c.gone {
		c.listens = true
		l.listeners++
		l.listen()
	}
}

// close ends the client: what it has queued is not run, and its blocked commands end.
func (c *client) close() {
	l := c.l
	l.mu.Lock()
	if c.gone {
		l.mu.Unlock()
		return
	}
	c.gone = true
	delete(l.clients, c.number)
	if c.listens {
		l.listeners--
		l.listen()
	}
	for i := 0; i < len(l.queue); {
		if k := l.queue[i]; k.c == c && !k.waiting {
			l.unqueue(k)
			k.fail(errClosed)
			continue
		}
		i++
	}
	for _, t := range l.tickets() {
		if k := l.parked[t]; k.c == c {
			l.giveUp(k, errClosed)
		}
	}
	if c.told != nil {
		l.closed = append(l.closed, c.number)
	}
	if l.wire != nil && (c.listens || len(l.cancels) > 0) {
		l.proceed() // others hear of it: PUBLISH counts its receivers
		return
	}
	l.flushSoon()
	l.mu.Unlock()
}
