package adapter

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

var (
	// ErrNotFound says that there is no such session, or none any more.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a session with this id is there already.
	ErrExists = errors.New("exists already")
	// ErrConflict says that somebody else has updated a session since it was read: read
	// it again, and make the change to what is there now.
	ErrConflict = errors.New("was updated since")
)

// An Adapter stores what its interfaces are for. Its methods may be called from several
// goroutines.
type Adapter struct {
	client runtime.UniversalClient
	own    bool // made by Open, closed by Close
	prefix string
	now    func() time.Time

	conflicts atomic.Uint64
}

// An Adapter is all of the interfaces.
var _ interface {
	Sessions
	Messages
	Slots
	Cache
} = (*Adapter)(nil)

// An Option changes what an Adapter does.
type Option func(*Adapter)

// WithPrefix puts a word and a colon before every key: two programs, or tenants, in one
// store.
func WithPrefix(prefix string) Option {
	return func(a *Adapter) { a.prefix = prefix + ":" }
}

// WithClock gives the times that sessions and messages are stamped with; the default is
// time.Now. Expiries run on the store's clock.
func WithClock(now func() time.Time) Option {
	return func(a *Adapter) { a.now = now }
}

// New returns an Adapter over a client, which stays the caller's.
func New(client runtime.UniversalClient, options ...Option) *Adapter {
	a := &Adapter{client: client, now: time.Now}
	for _, o := range options {
		o(a)
	}
	return a
}

// Open returns an Adapter over a store by its URL: memory://NAME, file:PATH,
// https://HOST. The store's driver has to be imported, as the generated package does
// (runtime/store/sqlite and its neighbours). Close closes it.
func Open(url string, options ...Option) (*Adapter, error) {
	client := runtime.NewClient(&runtime.Options{Addr: url})
	a := New(client, options...)
	a.own = true
	if err := client.Ping(context.Background()).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", err), client.Close())
	}
	return a, nil
}

// Close closes a store that Open opened.
func (a *Adapter) Close() error {
	if !a.own {
		return nil
	}
	return a.client.Close()
}

// Conflicts is how often an update found another version than the one it was made from,
// and was refused with ErrConflict.
func (a *Adapter) Conflicts() uint64 { return a.conflicts.Load() }

// key is the key of an id in one of the families.
func (a *Adapter) key(family, id string) (string, error) {
	if id == "" {
		return "", fmt.Errorf("%s: the id is empty", family)
	}
	return a.prefix + family + ":" + id, nil
}
