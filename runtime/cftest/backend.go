package cftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

// backend is the server as its clients see it: switched off by Close, answering
// errors after SetError.
type backend struct {
	m     *Miniredis
	local bool // reached without the network: the password comes with the session
}

var _ store.Backend = backend{}

// URL names the server.
func (b backend) URL() string { return "redis://" + b.m.Addr() }

// Close does nothing; the test closes its server.
func (b backend) Close() error { return nil }

// UsePlan notes which families the program's plan has, for StaleKV.
func (b backend) UsePlan(families []store.Family) error {
	m := b.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range families {
		if !slices.Contains(m.plan, f) { // each client of a program tells its plan
			m.plan = append(m.plan, f)
		}
	}
	if m.stale != nil {
		return m.stale.UsePlan(families)
	}
	return nil
}

// NewSession adds a client.
func (b backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	m := b.m
	if err := m.refusing(); err != nil {
		return nil, err
	}
	if b.local {
		if users := m.credentials(); len(users) > 0 {
			user := opt.Username
			if user == "" {
				user = "default"
			}
			want, known := users[user]
			switch {
			case opt.Password == "":
				return nil, errors.New("NOAUTH Authentication required.")
			case !known || want != opt.Password:
				return nil, errors.New("WRONGPASS invalid username-password pair or user is disabled.")
			}
		}
	}
	inner, err := m.host.Session(opt)
	if err != nil {
		return nil, err
	}
	var run store.Session = inner
	m.mu.Lock()
	stale := m.stale
	m.mu.Unlock()
	if stale != nil {
		run = stale.Session(inner, opt)
	}
	s := &session{m: m, inner: inner, run: run, peer: &link{resp3: opt.Protocol != 2, name: opt.Name, push: opt.Push}}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ln == nil { // closed since
		_ = run.Close()
		return nil, store.Refused(m.addr)
	}
	m.total.Add(1)
	m.sessions[s] = struct{}{}
	return s, nil
}

// refusing is the error of a server that is closed.
func (m *Miniredis) refusing() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ln == nil {
		return store.Refused(m.addr)
	}
	return nil
}

// closedServer stands at the address of a server that was closed, so that its
// clients are refused rather than led to another store.
type closedServer struct{ addr string }

// NewSession refuses.
func (c closedServer) NewSession(store.SessionOptions) (store.Session, error) {
	return nil, store.Refused(c.addr)
}

// URL names the server.
func (c closedServer) URL() string { return "redis://" + c.addr }

// Close does nothing.
func (closedServer) Close() error { return nil }

type session struct {
	m     *Miniredis
	inner *embedded.Session
	run   store.Session // inner, or what imitates KV before it
	ended atomic.Bool   // with the server, or by a hook
	once  sync.Once
	peer  *link
	queue []resp.Command // of a transaction that is open; nil: none is
}

// errEnded is the error of a session whose server was closed, or whose client was
// ended by the test. Nothing of the frame was run.
var errEnded = fmt.Errorf("cftest: the connection was closed: %w", store.ErrClosed)

// errEndedHalfway is the same for a frame that had begun.
var errEndedHalfway = errors.New("cftest: the connection was closed in the middle of a pipeline")

// Execute runs commands as the server that the test has set up.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if err := s.m.refusing(); err != nil {
		return nil, err
	}
	if s.ended.Load() || s.peer.over() {
		return nil, errEnded
	}
	s.m.commands.Add(int64(len(cmds)))
	s.m.mu.Lock()
	text := s.m.errText
	s.m.mu.Unlock()
	if text == "" {
		run := s.run.Execute
		if !s.m.server.empty() {
			run = s.hooked
		}
		cmds = exactTrims(cmds)
		replies, err := run(ctx, cmds)
		s.order(cmds, replies)
		return replies, err
	}
	replies := make([]resp.Reply, len(cmds))
	for i := range replies {
		replies[i] = resp.NewError(text)
	}
	return replies, nil
}

// hooked runs commands one by one past the test's hook and commands. The order of
// a frame stays; that others may come between its commands, they may in Redis's
// pipelines, too.
func (s *session) hooked(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	replies := make([]resp.Reply, 0, len(cmds))
	for _, cmd := range cmds {
		if len(cmd) > 0 {
			if r, ok := s.m.server.answer(s.peer, cmd); ok {
				replies = append(replies, r)
				continue
			}
		}
		got, err := s.run.Execute(ctx, []resp.Command{cmd})
		if errors.Is(err, store.ErrClosed) && len(replies) > 0 {
			err = errEndedHalfway
		}
		replies = append(replies, got...)
		if err != nil {
			return replies, err
		}
	}
	return replies, nil
}

// Close ends the session.
func (s *session) Close() error {
	s.once.Do(func() {
		s.m.mu.Lock()
		delete(s.m.sessions, s)
		s.m.mu.Unlock()
		s.peer.gone()
	})
	return s.run.Close()
}

// end ends the session with its server: its client is told, and is gone.
func (s *session) end() {
	s.ended.Store(true)
	s.inner.End()
	_ = s.Close()
}

// lines splits text at line breaks of either kind.
func lines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' })
}
