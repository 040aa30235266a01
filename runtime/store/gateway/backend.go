package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Backend is a deployed Worker. It implements store.Backend.
type Backend struct {
	addr        *address
	base        *url.URL
	url         string // without secrets
	outcomeTime time.Duration
	closeTime   time.Duration
	askAgain    time.Duration

	mu       sync.Mutex
	spaces   map[string]*space // by token
	sessions map[*Session]struct{}
	closed   bool
	ctx      context.Context // ends with the backend
	quit     context.CancelFunc
}

var _ store.Backend = (*Backend)(nil)

func newBackend(a *address) *Backend {
	u := *a.base
	if a.namespace != "" {
		u.RawQuery = url.Values{"namespace": {a.namespace}}.Encode()
	}
	b := &Backend{
		addr: a, base: a.base, url: u.String(), outcomeTime: outcomeTime, closeTime: closeTime, askAgain: askAgain,
		spaces: map[string]*space{}, sessions: map[*Session]struct{}{},
	}
	b.ctx, b.quit = context.WithCancel(context.Background())
	if a.base.Scheme == "http" && a.token != "" && !store.Loopback(a.base.Hostname()) {
		slog.Warn("gateway: the token travels without encryption, because the URL is http://", "url", b.url)
	}
	return b
}

// URL names the store without secrets.
func (b *Backend) URL() string { return b.url }

// NewSession adds a client. Nothing is sent before its first command.
func (b *Backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := b.session(opt)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (b *Backend) session(opt store.SessionOptions) (*Session, error) {
	token, from := b.addr.token, b.addr.from
	if token == "" && opt.Password != "" {
		token, from = opt.Password, "the client's password (Options.Password)"
		if err := checkToken(token, from); err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
	}
	if opt.Protocol == 0 {
		opt.Protocol = 3
	}
	if opt.DB < 0 || opt.DB >= 16 {
		return nil, errors.New("ERR DB index is out of range")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	sp := b.spaces[token]
	if sp == nil {
		sp = newSpace(b, token, from)
		b.spaces[token] = sp
	}
	s := &Session{b: b, sp: sp, push: opt.Push, clients: map[*lane]*client{}}
	s.db.Store(int32(opt.DB))
	s.protocol.Store(int32(opt.Protocol))
	s.identity.Store(&frame.Identity{
		Name: opt.Name, LibName: opt.LibName, LibVer: opt.LibVer, Username: opt.Username, Addr: opt.Addr, LocalAddr: opt.LocalAddr,
	})
	b.sessions[s] = struct{}{}
	return s, nil
}

// Close ends all sessions. Commands that were sent have five seconds for their
// answers.
func (b *Backend) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	sessions, spaces := b.sessions, b.spaces
	b.sessions = nil
	b.mu.Unlock()
	b.quit()
	var wait sync.WaitGroup
	for _, sp := range spaces {
		for _, l := range sp.lanes() {
			wait.Add(1)
			go func(l *lane) {
				defer wait.Done()
				l.close()
			}(l)
		}
	}
	wait.Wait()
	for s := range sessions {
		s.end("ERR the store is closed") // subscribers find out
	}
	for _, sp := range spaces {
		sp.close()
	}
	return nil
}
