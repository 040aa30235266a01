package runtime

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// errNoConn is the answer of a dial hook that is called by hand.
var errNoConn = errors.New("redis2cf: there are no connections to dial; the store is opened by its URL")

// ErrInvalidCommand is go-redis's error of a command of no known type.
var ErrInvalidCommand = errors.New("invalid command type")

// link is a client's way to its store. It opens the store with the first
// command, not before: a program may set CFSTORE_URL after it made its client,
// and constructors do not fail. Clones of a client share its link.
type link struct {
	where   target
	refused error // what every command returns because of the options
	opt     store.SessionOptions

	shared atomic.Pointer[linkSession]
	closed atomic.Bool

	mu       sync.Mutex
	backend  store.Backend
	sessions map[*linkSession]struct{} // all that are open
	idle     []*linkSession            // that served commands that wait, one at a time each
	subs     map[*PubSub]struct{}      // closed with the client

	attach   sync.Mutex
	attached map[interface{}]io.Closer // see Attach
	detached bool

	commands atomic.Uint32 // frames of the shared session; all of this is for PoolStats
	waits    atomic.Uint32 // uses of sessions for commands that wait
	opened   atomic.Uint32 // sessions that were opened for either
	private  atomic.Uint32 // sessions that were opened for a Conn or a Tx
	pubsubs  atomic.Uint32 // sessions that were opened for subscriptions
}

// linkSession is a session that its link knows, so that closing the client ends
// what waits on it, even if others keep the store open.
type linkSession struct {
	store.Session
	in store.Borrower // Session, when it works in lent memory; else nil
	l  *link
}

// Close ends the session. The caller does not hold the link's mu.
func (s *linkSession) Close() error {
	s.l.mu.Lock()
	delete(s.l.sessions, s)
	s.l.mu.Unlock()
	return s.Session.Close()
}

// maxIdle bounds the sessions kept for commands that wait.
const maxIdle = 16

// session is the one that all commands share which do not wait.
func (l *link) session() (*linkSession, error) {
	if s := l.shared.Load(); s != nil {
		return s, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.shared.Load(); s != nil {
		return s, nil
	}
	if l.closed.Load() {
		return nil, ErrClosed
	}
	s := l.unused()
	if s == nil {
		var err error
		if s, err = l.newSession(l.opt); err != nil {
			return nil, err
		}
		l.opened.Add(1)
	}
	l.shared.Store(s)
	return s, nil
}

// drop forgets a shared session that failed, and those that nobody has; the next
// command opens another.
func (l *link) drop(s *linkSession) {
	l.mu.Lock()
	if !l.shared.CompareAndSwap(s, nil) {
		l.mu.Unlock()
		return
	}
	idle := l.forget()
	l.mu.Unlock()
	_ = s.Close()
	for _, s := range idle {
		_ = s.Close()
	}
}

// retire ends a shared session that is in a state of which nobody else may know.
func (l *link) retire(s *linkSession) {
	if l.shared.CompareAndSwap(s, nil) {
		_ = s.Close()
	}
}

// forget leaves the store, and returns the sessions that nobody has: the caller
// closes them once it does not hold l.mu any more, as it does now.
func (l *link) forget() (idle []*linkSession) {
	idle, l.idle = l.idle, nil
	l.leave()
	return idle
}

// leave ends this use of the store: a server of this process may have been started
// again at its address. The caller holds l.mu.
func (l *link) leave() {
	if l.backend != nil {
		_ = l.backend.Close()
		l.backend = nil
	}
}

// open opens the store if it is not open. The caller holds l.mu.
func (l *link) open() error {
	switch {
	case l.closed.Load():
		return ErrClosed
	case l.refused != nil:
		return l.refused
	}
	if l.backend == nil {
		b, err := l.where.open()
		if err != nil {
			return err
		}
		l.backend = b
	}
	return nil
}

// newSession opens a session, and the store if it is not open. The caller holds
// l.mu.
func (l *link) newSession(opt store.SessionOptions) (*linkSession, error) {
	if err := l.open(); err != nil {
		return nil, err
	}
	made, err := l.backend.NewSession(opt)
	if errors.Is(err, store.ErrClosed) {
		l.leave()
		if err = l.open(); err != nil {
			return nil, err
		}
		if made, err = l.backend.NewSession(opt); errors.Is(err, store.ErrClosed) {
			l.leave() // the next command may find it open
		}
	}
	if err != nil {
		return nil, err
	}
	if l.sessions == nil {
		l.sessions = make(map[*linkSession]struct{})
	}
	s := &linkSession{Session: made, l: l}
	s.in, _ = made.(store.Borrower)
	l.sessions[s] = struct{}{}
	return s, nil
}

// own opens a session for one user: a connection, a transaction, a subscriber.
func (l *link) own(opt store.SessionOptions) (*linkSession, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newSession(opt)
}

// unused takes a session that is open and that nobody has, or returns nil. The
// caller holds l.mu.
func (l *link) unused() *linkSession {
	n := len(l.idle)
	if n == 0 {
		return nil
	}
	s := l.idle[n-1]
	l.idle = l.idle[:n-1]
	return s
}

// waiting borrows a session for commands that wait for data: what others send must
// not stand behind them. The shared session will do, when it is shared no longer;
// frames that are on their way in it do not mind. done gives the session back, or
// closes it when it failed. A caller that gave up did it no harm.
func (l *link) waiting() (s *linkSession, done func(error), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return nil, nil, ErrClosed
	}
	if s = l.unused(); s == nil {
		s = l.shared.Swap(nil)
	}
	if s == nil {
		if s, err = l.newSession(l.opt); err != nil {
			return nil, nil, err
		}
		l.opened.Add(1)
	}
	l.waits.Add(1)
	return s, func(err error) {
		l.mu.Lock()
		keep := (err == nil || isContextError(err)) && !l.closed.Load() && len(l.idle) < maxIdle
		if keep {
			l.idle = append(l.idle, s)
		}
		var idle []*linkSession
		if errors.Is(err, store.ErrClosed) {
			idle = l.forget()
		}
		l.mu.Unlock()
		if !keep {
			_ = s.Close()
		}
		for _, s := range idle {
			_ = s.Close()
		}
	}, nil
}

// subscribed notes a subscription, so that it ends with the client. It fails when
// the client was closed meanwhile.
func (l *link) subscribed(p *PubSub) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return ErrClosed
	}
	if l.subs == nil {
		l.subs = make(map[*PubSub]struct{})
	}
	l.subs[p] = struct{}{}
	l.pubsubs.Add(1)
	return nil
}

func (l *link) unsubscribed(p *PubSub) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.subs, p)
}

// close ends all sessions and this use of the store.
func (l *link) close() error {
	if l.closed.Swap(true) {
		return ErrClosed
	}
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	l.detach(keep)
	l.mu.Lock()
	l.shared.Store(nil)
	sessions, subs, backend := l.sessions, l.subs, l.backend
	l.sessions, l.idle, l.subs, l.backend = nil, nil, nil, nil
	l.mu.Unlock()
	for p := range subs {
		p.cut(ErrClosed)
	}
	for s := range sessions {
		keep(s.Session.Close())
	}
	if backend != nil {
		keep(backend.Close())
	}
	if given := l.where.given; given != nil {
		keep(given.Close())
	}
	return first
}

// isContextError reports that the caller gave up: the session is not to blame.
func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
