package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A waiter is a blocked command.
type waiter struct {
	ticket  uint64
	session *session
	args    resp.Command
	cmd     *command
	keys    []dbKey
	until   int64      // Unix microseconds, 0: for ever
	timeout resp.Reply // the answer when the time is up
	paused  bool       // CLIENT PAUSE holds it: it runs when its time is up
}

// park makes a waiter wait: first come, first served on each key.
func (e *Engine) park(w *waiter) {
	e.nextTicket++
	e.parkAs(w, e.nextTicket)
}

// parkAs is park under a ticket that is known to the caller already.
func (e *Engine) parkAs(w *waiter, ticket uint64) {
	w.ticket = ticket
	e.tickets[w.ticket] = w
	if w.until != 0 && (e.nextTimeout == 0 || w.until < e.nextTimeout) {
		e.nextTimeout = w.until
	}
	for _, k := range w.keys {
		e.waiting[k] = append(e.waiting[k], w)
	}
}

func (e *Engine) dropWaiter(w *waiter) {
	delete(e.tickets, w.ticket)
	for _, k := range w.keys {
		list := e.waiting[k]
		for i, other := range list {
			if other == w {
				list = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		if len(list) == 0 {
			delete(e.waiting, k)
		} else {
			e.waiting[k] = list
		}
	}
}

// signal notes that a key changed for which somebody waits.
func (e *Engine) signal(k dbKey) {
	if _, ok := e.waiting[k]; !ok {
		return
	}
	for _, r := range e.ready {
		if r == k {
			return
		}
	}
	e.ready = append(e.ready, k)
}

// signalDatabase is signal for all keys of a database, in the order in which
// their first waiters came.
func (e *Engine) signalDatabase(db uint32) {
	var keys []dbKey
	for k := range e.waiting {
		if k.db == db {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b dbKey) int {
		if c := cmp.Compare(e.waiting[a][0].ticket, e.waiting[b][0].ticket); c != 0 {
			return c
		}
		return cmp.Compare(a.key, b.key) // one command waits for both
	})
	for _, k := range keys {
		e.signal(k)
	}
}

// serveWaiters runs blocked commands again whose keys changed, in the order in
// which they came. What they change may serve others in turn.
func (e *Engine) serveWaiters() {
	defer e.forOthers()()
	for len(e.ready) > 0 {
		k := e.ready[0]
		e.ready = e.ready[1:]
		var none [TypeStream]bool // the key has nothing for those who wait for this type
		for _, w := range append([]*waiter(nil), e.waiting[k]...) {
			if e.tickets[w.ticket] != w {
				continue
			}
			if want := wanted(w.cmd); want != TypeStream {
				if !none[want] {
					ent := e.find(k.db, k.key) // which counts as no use
					none[want] = ent == nil || ent.typ != want
				}
				if none[want] {
					continue // those before it have taken all that there was
				}
			}
			c := call{e: e, s: w.session, args: w.args, cmd: w.cmd, block: true, woken: &k}
			db := w.session.db
			w.session.db = k.db
			r := w.cmd.run(&c)
			c.after(r)
			w.session.db = db
			if c.wait != nil || r.Kind == resp.Error && r.Str == errWrongType.Str && !e.holds(k, w.cmd) {
				continue // a key of another type does not end the waiting
			}
			e.dropWaiter(w)
			e.wakes = append(e.wakes, Wake{w.ticket, r})
		}
	}
}

// holds reports whether a key has the type that a blocking command waits for.
// When it has, WRONGTYPE speaks of another key, a destination, and is the answer.
func (e *Engine) holds(k dbKey, cmd *command) bool {
	ent := e.peek(k.db, k.key)
	return ent != nil && ent.typ == wanted(cmd)
}

// wanted is the type that a blocking command waits for.
func wanted(cmd *command) Type {
	switch {
	case strings.HasPrefix(cmd.name, "bz"):
		return TypeZSet
	case strings.HasPrefix(cmd.name, "x"):
		return TypeStream
	}
	return TypeList
}

// tried are the keys that a command which pops from the first of several looks
// at: when it was waiting, just the one that changed, whatever the others hold.
func (c *call) tried(keys []string) []string {
	if c.woken != nil {
		return []string{c.woken.key}
	}
	return keys
}

// waitFor makes the command wait for keys, or give an answer at once where
// waiting is not possible (in a transaction or a script). When the time is up
// the answer is a null array, whatever the command.
func (c *call) waitFor(keys []string, until int64, atOnce resp.Reply) resp.Reply {
	if !c.block {
		return atOnce
	}
	w := &waiter{session: c.s, args: slices.Clone(c.args), cmd: c.cmd, until: until, timeout: nilArray}
	var seen map[string]struct{} // of many keys, which would take long to compare each with each
	if len(keys) > 16 {
		seen = make(map[string]struct{}, len(keys))
	}
	for _, k := range keys {
		if seen == nil && slices.Contains(w.keys, dbKey{c.s.db, k}) {
			continue
		}
		if seen != nil {
			if _, twice := seen[k]; twice {
				continue
			}
			seen[k] = struct{}{}
		}
		w.keys = append(w.keys, dbKey{c.s.db, k})
	}
	c.wait = w
	return resp.Reply{}
}

// timeoutArg reads a blocking command's timeout in seconds and returns the
// time at which it ends, 0 for never.
func (c *call) timeoutArg(s string) (until int64, bad resp.Reply) {
	long, ok := parseLongDouble(s)
	if !ok {
		return 0, errTimeoutFloat
	}
	f := long.float64()
	switch {
	case f < 0 || f*1000 >= math.MaxInt64: // Redis's milliseconds overflow
		return 0, errTimeoutNeg
	case f == 0 || f > 1e12:
		return 0, resp.Reply{}
	}
	return c.e.now + max(int64(f*1e6), 1), resp.Reply{}
}

// Tick wakes blocked commands whose time is up and removes some of the keys
// whose time is over.
func (e *Engine) Tick(now int64, seed uint64) (out Outcome) {
	defer e.catch(&out)
	e.begin(now, seed)
	if e.nowMs >= e.nextExpire {
		e.expireDue()
		if len(e.admin.notes) > 0 {
			e.announceExpired()
		}
		if len(e.ready) > 0 {
			e.serveWaiters()
		}
	}
	e.timeOut()
	e.finish(&out)
	return out
}

// timeOut answers the blocked commands whose time is up, oldest first.
func (e *Engine) timeOut() {
	if e.nextTimeout == 0 || e.nextTimeout > e.now {
		return
	}
	e.nextTimeout = 0
	var due []*waiter
	for _, w := range e.tickets {
		switch {
		case w.until == 0:
		case w.until <= e.now:
			due = append(due, w)
		case e.nextTimeout == 0 || w.until < e.nextTimeout:
			e.nextTimeout = w.until
		}
	}
	slices.SortFunc(due, func(a, b *waiter) int { return cmp.Compare(a.ticket, b.ticket) })
	for _, w := range due {
		e.expireWaiter(w)
	}
}

// expireWaiter ends the waiting of a command whose time is up.
func (e *Engine) expireWaiter(w *waiter) {
	switch {
	case e.tickets[w.ticket] != w: // what ran just now has ended it
	case w.paused:
		e.release(w)
	default:
		e.dropWaiter(w)
		e.wakes = append(e.wakes, Wake{w.ticket, w.timeout})
	}
}

// Unblock ends a command that has begun to wait in a call with Frame.Hold, before
// Finish. There is no reply.
func (e *Engine) Unblock(ticket uint64) {
	if w := e.tickets[ticket]; w != nil {
		e.dropWaiter(w)
	}
}

// Cancel ends a blocked command whose caller went away. There is no reply.
func (e *Engine) Cancel(now int64, ticket uint64) (out Outcome) {
	defer e.catch(&out)
	e.now, e.nowMs = now, now/1000
	if w := e.tickets[ticket]; w != nil {
		e.dropWaiter(w)
	}
	e.finish(&out)
	return out
}
