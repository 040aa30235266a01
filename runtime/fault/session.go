package fault

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A session is one of the store, which is replaced by another when it fails and nothing
// depends on it. It is no Borrower: a frame that is sent again must not share memory
// with the one before, which may be on its way still.
type session struct {
	b   *Backend
	opt store.SessionOptions

	mu     sync.Mutex
	inner  store.Session
	db     int  // that is selected
	state  bool // more depends on it than its options say
	closed bool
}

// Execute runs a frame.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	b := s.b
	b.stats.frames.Add(1)
	f := look(cmds)
	s.mu.Lock()
	s.state = s.state || f.state
	plain, db := !s.state, s.db
	s.mu.Unlock()
	remembers := b.caches != nil && plain && f.reads && !f.waits
	writes := b.memory.writes.Load()
	replies, err := s.attempts(ctx, cmds, f, db)
	switch {
	case err == nil:
		s.learn(cmds, replies)
		b.count(cmds, replies)
		if remembers {
			b.remember(db, cmds, replies, writes)
		}
	case remembers && !errors.Is(err, store.ErrRefused) && !errors.Is(err, context.Canceled):
		if stale := b.recall(db, cmds); stale != nil {
			return stale, nil
		}
	}
	return replies, err
}

// attempts sends a frame, and reads again.
func (s *session) attempts(ctx context.Context, cmds []resp.Command, f facts, db int) ([]resp.Reply, error) {
	b := s.b
	again := f.reads && !f.waits && b.opt.Retries > 0
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(b.opt.Pause), backoff.WithMaxInterval(b.opt.MaxPause),
		backoff.WithMultiplier(2), backoff.WithRandomizationFactor(0.5), backoff.WithMaxElapsedTime(0))
	for n := 0; ; n++ {
		inner := s.session()
		replies, err := b.try(f.waits, func() ([]resp.Reply, error) {
			if b.caches != nil && !f.reads {
				// Before and after: what is read meanwhile may be either.
				b.forget(db, cmds, f)
				defer b.forget(db, cmds, f)
			}
			return inner.Execute(ctx, cmds)
		})
		busy := err == nil && again && later(replies)
		if err == nil && !busy || !again || n == b.opt.Retries || !busy && !worthwhile(err) {
			return replies, err
		}
		if err != nil {
			if e := s.renew(inner); e != nil {
				return replies, err // the first error says more; a session with a state is not replaced
			}
		}
		t := time.NewTimer(pauses.NextBackOff())
		select {
		case <-ctx.Done():
			t.Stop()
			return replies, err
		case <-t.C:
		}
		b.stats.retries.Add(1)
	}
}

// worthwhile tells whether another try may end otherwise.
func worthwhile(err error) bool {
	return !errors.Is(err, store.ErrRefused) && !errors.Is(err, ErrOpen) && !gaveUp(err)
}

// later tells whether a server has said that it cannot answer yet. These are the errors
// at which go-redis repeats.
func later(replies []resp.Reply) bool {
	for _, r := range replies {
		if r.Kind != resp.Error {
			continue
		}
		switch word, _, _ := strings.Cut(r.Str, " "); word {
		case "LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN":
			return true
		}
	}
	return false
}

func (s *session) session() store.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner
}

// renew replaces a session that has failed, unless another frame has done so.
func (s *session) renew(failed store.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return store.ErrClosed
	case s.inner != failed:
		return nil
	case s.state: // of another frame, meanwhile
		return errors.New("the session has a state")
	}
	inner, err := s.b.Backend.NewSession(s.opt)
	if err != nil {
		return err
	}
	_ = failed.Close() // other frames on it fail as this one did, and come to the new one
	s.inner = inner
	return nil
}

// learn keeps which database is selected.
func (s *session) learn(cmds []resp.Command, replies []resp.Reply) {
	for i, c := range cmds {
		if c.Name() != "SELECT" || len(c) != 2 || i >= len(replies) || replies[i].Kind == resp.Error {
			continue
		}
		if n, err := strconv.Atoi(c[1]); err == nil {
			s.mu.Lock()
			s.db = n
			s.mu.Unlock()
		}
	}
}

// SetUser passes the name of the client's user on.
func (s *session) SetUser(name string) {
	if u, ok := s.session().(store.UserSetter); ok {
		u.SetUser(name)
	}
}

// Close ends the session.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.inner.Close()
}

// facts are what is known of a frame from its words.
type facts struct {
	reads bool // it does nothing but read
	waits bool // it may wait for data
	state bool // the session is another one afterwards, or was before
}

// look looks at the commands of a frame.
func look(cmds []resp.Command) facts {
	f := facts{reads: true}
	for _, c := range cmds {
		f.reads = f.reads && engine.Reads(c)
		f.waits = f.waits || engine.Waits(c)
		f.state = f.state || stateful[c.Name()]
	}
	if n := len(cmds); f.state && n > 0 && cmds[0].Name() == "MULTI" && cmds[n-1].Name() == "EXEC" {
		f.state = false // begun and ended
		for _, c := range cmds[1 : n-1] {
			f.state = f.state || stateful[c.Name()]
		}
	}
	return f
}

// stateful are the commands after which a session is more than what it was opened with.
var stateful = map[string]bool{
	"SELECT": true, "WATCH": true, "MULTI": true, "EXEC": true, "DISCARD": true, "UNWATCH": true, "RESET": true,
	"SUBSCRIBE": true, "PSUBSCRIBE": true, "SSUBSCRIBE": true, "UNSUBSCRIBE": true, "PUNSUBSCRIBE": true, "SUNSUBSCRIBE": true,
	"CLIENT": true, "HELLO": true, "AUTH": true, "MONITOR": true, "READONLY": true, "READWRITE": true, "ASKING": true,
}

// count counts what replies say.
func (b *Backend) count(cmds []resp.Command, replies []resp.Reply) {
	for i, c := range cmds {
		if i < len(replies) && replies[i].IsNil() && c.Name() == "EXEC" {
			b.stats.conflicts.Add(1)
		}
	}
}
