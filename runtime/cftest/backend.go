package cftest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
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
	m.total.Add(1)
	m.mu.Lock()
	m.open++
	m.mu.Unlock()
	return &session{m: m, inner: inner, peer: &Peer{Resp3: opt.Protocol != 2, ClientName: opt.Name, push: opt.Push}}, nil
}

// refusing is the error of a server that is closed, in the network's words.
func (m *Miniredis) refusing() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ln == nil {
		return fmt.Errorf("dial tcp %s: connect: connection refused", m.addr)
	}
	return nil
}

type session struct {
	m     *Miniredis
	inner store.Session
	once  sync.Once
	peer  *Peer
	queue []resp.Command // of a transaction that is open; nil: none is
}

// Execute runs commands as the server that the test has set up.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if err := s.m.refusing(); err != nil {
		return nil, err
	}
	if s.peer.Closed() {
		return nil, net.ErrClosed
	}
	s.m.commands.Add(int64(len(cmds)))
	s.m.mu.Lock()
	text := s.m.errText
	s.m.mu.Unlock()
	if text == "" {
		run := s.inner.Execute
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
		got, err := s.inner.Execute(ctx, []resp.Command{cmd})
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
		s.m.open--
		s.m.mu.Unlock()
		s.peer.gone()
	})
	return s.inner.Close()
}

// lines splits text at line breaks of either kind.
func lines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' })
}
