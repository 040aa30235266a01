package runtime

import (
	"fmt"
	"io"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// The functions of this file are for runtime/goredis, which puts genuine
// go-redis clients beside the facade. Programs have no use for them, and the
// generated package does not offer them.

// SetSentinels replaces Nil, TxFailedErr and ErrClosed by those of a major version
// of go-redis; of several versions the newest has its way. runtime/goredis and
// runtime/goredisv8 do so when they are initialized; nobody else may, and never once
// commands run: the variables are read without a lock.
func SetSentinels(major int, missing, txFailed Error, closed error) {
	if major > sentinelsOf {
		sentinelsOf, Nil, TxFailedErr, ErrClosed = major, missing, txFailed, closed
	}
}

// sentinelsOf is the version of go-redis whose sentinels are set.
var sentinelsOf int

// linked is every client of this package.
type linked interface{ clientLink() *link }

func (c *baseClient) clientLink() *link { return c.link }

// linkOf finds a client's way to its store.
func linkOf(c UniversalClient) (*link, error) {
	l, ok := c.(linked)
	if !ok {
		return nil, fmt.Errorf("redis2cf: a %T has no store behind it; it is not a client of the runtime", c)
	}
	return l.clientLink(), nil
}

// BackendOf opens the store behind a client, if it is not open, and returns it
// as a further way in: sessions have the database that their options name and
// the client's credentials. Its Close does nothing; the client's closes it.
func BackendOf(c UniversalClient) (store.Backend, error) {
	l, err := linkOf(c)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.open(); err != nil {
		return nil, err
	}
	return wayIn{l: l, url: l.backend.URL()}, nil
}

// wayIn is a client's store for others.
type wayIn struct {
	l   *link
	url string
}

// Unwrap is the store itself; nil when the client has left it.
func (w wayIn) Unwrap() store.Backend {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	return w.l.backend
}

// NewSession opens a session with the client's credentials.
func (w wayIn) NewSession(opt store.SessionOptions) (store.Session, error) {
	opt.Username, opt.Password = w.l.opt.Username, w.l.opt.Password
	return w.l.own(opt)
}

// URL names the store without secrets.
func (w wayIn) URL() string { return w.url }

// Close does nothing: the store is the client's.
func (w wayIn) Close() error { return nil }

// Attach returns what belongs to a client and its clones under a key, made by
// create at the first call; create may return nil, which attaches nothing. The
// client's Close closes it before the store. The error of a closed client is
// ErrClosed, and then nothing is made.
func Attach(c UniversalClient, key interface{}, create func() io.Closer) (io.Closer, error) {
	l, err := linkOf(c)
	if err != nil {
		return nil, err
	}
	l.attach.Lock()
	defer l.attach.Unlock()
	if l.detached {
		return nil, ErrClosed
	}
	if have := l.attached[key]; have != nil {
		return have, nil
	}
	made := create()
	if made == nil {
		return nil, nil
	}
	if l.attached == nil {
		l.attached = make(map[interface{}]io.Closer)
	}
	l.attached[key] = made
	return made, nil
}

// detach closes what is attached, and lets nothing more be attached.
func (l *link) detach(keep func(error)) {
	l.attach.Lock()
	attached := l.attached
	l.attached, l.detached = nil, true
	l.attach.Unlock()
	for _, c := range attached {
		keep(c.Close())
	}
}

// ClientOver returns a client over a backend that is open, which the client's
// Close closes.
func ClientOver(b store.Backend, opt *Options) *Client {
	return clientAt(target{given: b}, opt, nil)
}

// ClusterClientOver is ClientOver for a ClusterClient.
func ClusterClientOver(b store.Backend, opt *ClusterOptions) *ClusterClient {
	return clusterAt(target{given: b}, opt, nil)
}

// lent is a backend that is given back and not closed: a link may open it again
// after a session failed.
type lent struct{ store.Backend }

// Close does nothing.
func (lent) Close() error { return nil }

// Unwrap is the backend that was given.
func (b lent) Unwrap() store.Backend { return b.Backend }
