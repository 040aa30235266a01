// Package memory is the store of a process: memory://NAME names data that lives
// as long as the process does. It never writes anything anywhere; Rows, which
// tests use in place of a file, keeps its rows in memory as well.
package memory

import (
	"fmt"
	"net/url"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

func init() { store.Register("memory", driver{}) }

// Volatile is a store that keeps nothing: the engine's own memory is the data.
type Volatile struct {
	engine.Store // nil: an engine asks a volatile store for nothing
}

// Open says that nothing is kept.
func (Volatile) Open() (engine.State, error) { return engine.State{NextID: 1, Volatile: true}, nil }

// Commit takes a change and forgets it.
func (Volatile) Commit(*engine.Change) error { return nil }

// Sweep has nothing to remove.
func (Volatile) Sweep(int) (bool, error) { return false, nil }

// Close does nothing.
func (Volatile) Close() error { return nil }

// New returns a host with data of its own, which no URL names.
func New(opt embedded.Options) (*embedded.Host, error) {
	if opt.URL == "" {
		opt.URL = "memory://"
	}
	return embedded.New(Volatile{}, opt)
}

// named holds the data of each name. It outlives the clients that use it: a
// program that closes its client and makes another finds its data again.
var named = struct {
	sync.Mutex
	hosts map[string]*embedded.Host
}{hosts: map[string]*embedded.Host{}}

// Drop removes the data of memory://NAME from the process. Clients that are
// still open on it get errors.
func Drop(name string) error {
	named.Lock()
	h := named.hosts[name]
	delete(named.hosts, name)
	named.Unlock()
	if h == nil {
		return nil
	}
	return h.Close()
}

type driver struct{}

// Key is the name alone.
func (driver) Key(u *url.URL) (string, error) {
	switch {
	case u.Opaque != "":
		return "", fmt.Errorf("write memory://%s", u.Opaque)
	case u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("a memory store has a name without a slash: memory://%s", u.Host)
	case u.RawQuery != "":
		return "", fmt.Errorf("a memory store has no settings; leave out ?%s", u.RawQuery)
	}
	return u.Host, nil
}

// Namespace is the store of the name with the namespace behind it:
// memory://NAME-NAMESPACE.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	if _, err := (driver{}).Key(u); err != nil {
		return nil, err
	}
	n := *u
	n.Host += "-" + name
	return &n, nil
}

// Open finds or makes the data of a name. memory:// is the name "" like any other.
func (driver) Open(u *url.URL) (store.Backend, error) {
	b := data(u.Host)
	if _, err := b.host(); err != nil {
		return nil, err
	}
	return b, nil
}

// data is the data of a name. It stays when its last client closes.
type data string

// host finds or makes the host of the name; Drop may have taken the last one.
func (d data) host() (*embedded.Host, error) {
	named.Lock()
	defer named.Unlock()
	if h := named.hosts[string(d)]; h != nil {
		return h, nil
	}
	h, err := New(embedded.Options{URL: d.URL()})
	if err == nil {
		named.hosts[string(d)] = h
	}
	return h, err
}

// NewSession adds a client.
func (d data) NewSession(opt store.SessionOptions) (store.Session, error) {
	h, err := d.host()
	if err != nil {
		return nil, err
	}
	return h.NewSession(opt)
}

// URL is memory://NAME.
func (d data) URL() string { return "memory://" + string(d) }

// Close does nothing: the data lives as long as the process, or until Drop.
func (d data) Close() error { return nil }
