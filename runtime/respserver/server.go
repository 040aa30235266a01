// Package respserver puts a Redis endpoint in front of any store: redis-cli,
// client libraries of every language and outside test suites connect to it. It
// never knows more of a command than the connection needs: authentication, the
// protocol version, subscriptions and what may block.
package respserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// Options are a server's settings. The zero value lets everybody in.
type Options struct {
	Password string            // of the user "default"; empty: none is asked for
	Users    map[string]string // further users with their passwords
	// Credentials, when not nil, is asked in place of the two for the users with
	// their passwords as they are now; none means that everybody is let in.
	Credentials func() map[string]string
	Logger      *slog.Logger // nil: slog.Default()
	// Order, which connections share, keeps publications behind subscriptions that
	// came before them. Serve makes one when it is nil; ServeConn does not.
	Order *Order
}

// users are the users with their passwords.
func (o *Options) users() map[string]string {
	if o.Credentials != nil {
		return o.Credentials()
	}
	if o.Password == "" {
		return o.Users
	}
	users := map[string]string{"default": o.Password}
	for name, password := range o.Users {
		users[name] = password
	}
	return users
}

// secured reports whether clients must say who they are.
func (o *Options) secured() bool { return len(o.users()) > 0 }

// admits reports whether a user's password is right, in constant time.
func (o *Options) admits(user, password string) bool {
	want, known := o.users()[user]
	return subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1 && known
}

// ServeConn answers one connection of any kind until it or ctx ends, closes it
// and returns when nothing of it runs any more.
func ServeConn(ctx context.Context, nc net.Conn, b store.Backend, opt Options) {
	serveConn(ctx, nc, b, &opt)
}

// Serve answers connections until ctx ends or the listener fails. It closes the
// listener and all connections, waits for them, and returns nil when ctx ended.
func Serve(ctx context.Context, ln net.Listener, b store.Backend, opt Options) error {
	if opt.Logger == nil {
		opt.Logger = slog.Default()
	}
	if opt.Order == nil {
		opt.Order = new(Order)
	}
	ctx, cancel := context.WithCancel(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()
	for {
		nc, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				continue
			}
			return fmt.Errorf("respserver: waiting for connections on %s: %w", ln.Addr(), err)
		}
		conns.Add(1)
		go func(nc net.Conn) {
			defer conns.Done()
			serveConn(ctx, nc, b, &opt)
		}(nc)
	}
}
