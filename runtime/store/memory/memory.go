// Package memory is the store of a process: memory://NAME names data that lives
// as long as the process does. It never writes anything anywhere; Rows, which
// tests use in place of a file, keeps its rows in memory as well.
//
// memory://NAME?kv=stale&seed=N imitates Workers KV for families with consistency:
// primary, see [Stale]. Host(NAME) has the clock.
package memory

import (
	"fmt"
	"net/url"
	"strconv"
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
	stale map[string]*Stale // imitations of KV, by name and seed
}{hosts: map[string]*embedded.Host{}, stale: map[string]*Stale{}}

// Drop removes the data of memory://NAME from the process. Clients that are
// still open on it get errors.
func Drop(name string) error {
	named.Lock()
	h := named.hosts[name]
	delete(named.hosts, name)
	for key, s := range named.stale {
		if s.host == h {
			delete(named.stale, key)
		}
	}
	named.Unlock()
	if h == nil {
		return nil
	}
	return h.Close()
}

// Host finds or makes the host of memory://NAME: tests stop and move its clock.
func Host(name string) (*embedded.Host, error) { return data{name: name}.host() }

type driver struct{}

// Key is the name alone.
func (driver) Key(u *url.URL) (string, error) {
	switch {
	case u.Opaque != "":
		return "", fmt.Errorf("write memory://%s", u.Opaque)
	case u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("a memory store has a name without a slash: memory://%s", u.Host)
	}
	if _, err := settings(u); err != nil {
		return "", err
	}
	return u.Host, nil
}

// settings reads kv=stale and its seed: what data has beside its name.
func settings(u *url.URL) (data, error) {
	d := data{name: u.Host}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return d, fmt.Errorf("the settings cannot be read: write memory://NAME?kv=stale&seed=N")
	}
	for name := range q {
		switch value := q.Get(name); name {
		case "kv":
			if value != "stale" {
				return d, fmt.Errorf("kv=%s is unknown: write kv=stale, or leave it out", value)
			}
			d.stale = true
		case "seed":
			if d.seed, err = strconv.ParseUint(value, 10, 64); err != nil {
				return d, fmt.Errorf("seed=%s is no number from 0 to 18446744073709551615", value)
			}
		default:
			return d, fmt.Errorf("a memory store has the settings kv=stale and seed=N; leave out %s", name)
		}
	}
	if !d.stale && q.Has("seed") {
		return d, fmt.Errorf("seed=N says nothing without kv=stale")
	}
	return d, nil
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
	d, err := settings(u)
	if err != nil {
		return nil, err
	}
	if _, err := d.host(); err != nil {
		return nil, err
	}
	if d.stale {
		return staleData{d}, nil
	}
	return d, nil
}

// data is the data of a name. It stays when its last client closes.
type data struct {
	name  string
	stale bool
	seed  uint64
}

// host finds or makes the host of the name; Drop may have taken the last one.
func (d data) host() (*embedded.Host, error) {
	named.Lock()
	defer named.Unlock()
	return d.hostLocked()
}

func (d data) hostLocked() (*embedded.Host, error) {
	if h := named.hosts[d.name]; h != nil {
		return h, nil
	}
	h, err := New(embedded.Options{URL: data{name: d.name}.URL()})
	if err == nil {
		named.hosts[d.name] = h
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

// URL is memory://NAME with its settings.
func (d data) URL() string {
	if d.stale {
		return fmt.Sprintf("memory://%s?kv=stale&seed=%d", d.name, d.seed)
	}
	return "memory://" + d.name
}

// Close does nothing: the data lives as long as the process, or until Drop.
func (d data) Close() error { return nil }

// staleData is data behind an imitation of KV.
type staleData struct{ data }

var _ store.Planned = staleData{}

// imitation finds or makes what is between the data and its clients.
func (d staleData) imitation() (*Stale, error) {
	named.Lock()
	defer named.Unlock()
	h, err := d.hostLocked()
	if err != nil {
		return nil, err
	}
	s := named.stale[d.URL()]
	if s == nil {
		s = NewStale(h, d.seed)
		named.stale[d.URL()] = s
	}
	return s, nil
}

// NewSession adds a client.
func (d staleData) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := d.imitation()
	if err != nil {
		return nil, err
	}
	inner, err := s.host.NewSession(opt)
	if err != nil {
		return nil, err
	}
	return s.Session(inner, opt), nil
}

// UsePlan says which families are in KV alone.
func (d staleData) UsePlan(families []store.Family) error {
	s, err := d.imitation()
	if err != nil {
		return err
	}
	return s.UsePlan(families)
}
