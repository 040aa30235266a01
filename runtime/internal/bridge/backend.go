package bridge

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// backend is a go-redis client as a store.
type backend struct {
	client Client
	single Single        // nil: a cluster or a ring, which hands out no connection
	slice  time.Duration // how long a command waits at a time where nothing can interrupt it

	unblocks atomic.Int32 // whether the server has CLIENT UNBLOCK: 0 is not known, -1 no
}

var _ store.Backend = (*backend)(nil)

// NewBackend returns a client as a store, which closes it.
func NewBackend(c Client) store.Backend {
	b := &backend{client: c, single: c.Single(), slice: time.Second}
	if read := c.ReadTimeout(); read > 0 {
		b.slice = min(b.slice, read/2)
	}
	return b
}

// NewSession makes a session. It takes a connection when a command needs one.
// Credentials and the database are those of the client.
func (b *backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	return &session{backend: b, push: opt.Push}, nil
}

// URL names the server.
func (b *backend) URL() string { return "redis://" + b.client.Addr() }

// Close closes the go-redis client. Whoever else has it may have done so.
func (b *backend) Close() error {
	if err := b.client.Close(); err != nil && !errors.Is(err, b.client.Errors().Closed) {
		return err
	}
	return nil
}
