package store

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
	"sync"
)

// A Keyer is a Driver that knows which URLs mean the same store: file:x.db and
// file:./x.db do. Without it the URL itself is the key. What tells two stores
// apart must be in the key; settings of one store must not.
type Keyer interface {
	Key(u *url.URL) (string, error)
}

// packages names what to import for a scheme, for the error of those who have not.
var packages = map[string]string{
	"memory":     "github.com/redis2cf/redis2cf/runtime/store/memory",
	"file":       "github.com/redis2cf/redis2cf/runtime/store/sqlite",
	"http":       "github.com/redis2cf/redis2cf/runtime/store/gateway",
	"https":      "github.com/redis2cf/redis2cf/runtime/store/gateway",
	"cloudflare": "github.com/redis2cf/redis2cf/runtime/store/rest",
	"dual":       "github.com/redis2cf/redis2cf/runtime/dual",
	"fault":      "github.com/redis2cf/redis2cf/runtime/fault",
}

var registry = struct {
	sync.Mutex
	drivers map[string]Driver
	open    map[string]*shared // by scheme and key
	local   map[string]Backend // by address
}{drivers: map[string]Driver{}, open: map[string]*shared{}, local: map[string]Backend{}}

// Register makes a driver known by its URL scheme. Drivers call it from init;
// it panics when the scheme is taken.
func Register(scheme string, d Driver) {
	registry.Lock()
	defer registry.Unlock()
	if d == nil {
		panic("store: Register with a nil driver for the scheme " + scheme)
	}
	if registry.drivers[scheme] != nil {
		panic("store: Register called twice for the scheme " + scheme)
	}
	registry.drivers[scheme] = d
}

// Schemes lists the schemes whose drivers are linked, in order.
func Schemes() []string {
	registry.Lock()
	defer registry.Unlock()
	return schemes()
}

func schemes() []string {
	names := make([]string, 0, len(registry.drivers))
	for name := range registry.drivers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Open opens the store that a URL names. A store is open once in a process:
// whoever opens it again gets the same one, and the last Close closes it.
func Open(rawURL string) (Backend, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, badURL(rawURL)
	}
	registry.Lock()
	d := registry.drivers[u.Scheme]
	linked := schemes()
	registry.Unlock()
	if d == nil {
		return nil, unknownScheme(rawURL, u.Scheme, linked)
	}
	key := rawURL
	if k, ok := d.(Keyer); ok {
		if key, err = k.Key(u); err != nil {
			return nil, fmt.Errorf("store: opening %s: %w", Redact(rawURL), err)
		}
	}
	key = u.Scheme + "\x00" + key
	for {
		registry.Lock()
		s := registry.open[key]
		if s == nil {
			s = &shared{key: key, rawURL: rawURL}
			registry.open[key] = s
		}
		registry.Unlock()
		b, gone, err := s.use(d, u, rawURL)
		if !gone {
			return b, err
		}
	}
}

// badURL is the error of what cannot be parsed. The parser's own would repeat the
// URL, with what is secret in it.
func badURL(rawURL string) error {
	return fmt.Errorf("store: %q is not a URL; write memory://NAME, file:PATH or https://HOST", Redact(rawURL))
}

func unknownScheme(rawURL, scheme string, linked []string) error {
	have := "no driver is linked"
	if len(linked) > 0 {
		have = "linked are " + strings.Join(linked, ", ")
	}
	if scheme == "" {
		return fmt.Errorf("store: %q has no scheme; write memory://NAME, file:PATH or https://HOST", Redact(rawURL))
	}
	if pkg := packages[scheme]; pkg != "" {
		return fmt.Errorf("store: no driver for %s URLs (%s); add import _ %q", scheme, have, pkg)
	}
	return fmt.Errorf("store: %s URLs name no store that redis2cf knows (%s); write memory://NAME, file:PATH or https://HOST", scheme, have)
}

// shared is an open store and how many use it.
type shared struct {
	key, rawURL string

	mu   sync.Mutex // held while the store is opened and closed
	b    Backend
	uses int
	gone bool // closed, or never opened: not in the registry any more
}

// use opens the store, if it is not open, and adds a user. gone says that the
// last user has just left and that the caller must start over.
func (s *shared) use(d Driver, u *url.URL, rawURL string) (b Backend, gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, true, nil
	}
	if s.b == nil {
		if s.b, err = d.Open(u); err != nil {
			s.leave()
			return nil, false, fmt.Errorf("store: opening %s: %w", Redact(rawURL), err)
		}
	} else if query(s.rawURL) != query(rawURL) {
		return nil, false, fmt.Errorf("store: %s is already open in this process as %s; use one spelling of its settings",
			Redact(rawURL), Redact(s.rawURL))
	}
	s.uses++
	return &handle{Backend: s.b, s: s}, false, nil
}

func query(rawURL string) string {
	_, q, _ := strings.Cut(rawURL, "?")
	return q
}

// leave takes the store out of the registry. The caller holds s.mu.
func (s *shared) leave() {
	s.gone = true
	registry.Lock()
	delete(registry.open, s.key)
	registry.Unlock()
}

func (s *shared) release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses--
	if s.uses > 0 {
		return nil
	}
	defer s.leave()
	return s.b.Close()
}

// handle is one use of a shared store.
type handle struct {
	Backend
	s    *shared
	once sync.Once
	err  error
}

// Close ends this use.
func (h *handle) Close() error {
	h.once.Do(func() { h.err = h.s.release() })
	return h.err
}

// Unwrap is the store itself.
func (h *handle) Unwrap() Backend { return h.Backend }

// DefineViews passes views on to the store, if it has tables to show.
func (h *handle) DefineViews(views []View) error {
	if v, ok := h.Backend.(Viewer); ok {
		return v.DefineViews(views)
	}
	return nil
}

// UsePlan passes families on to the store, if it serves some in another way.
func (h *handle) UsePlan(families []Family) error {
	if p, ok := h.Backend.(Planned); ok {
		return p.UsePlan(families)
	}
	return nil
}

// RegisterLocal says that the backend of a server of this process answers at a
// network address, so that clients of that address reach it without the
// network. The returned function takes it back.
func RegisterLocal(addr string, b Backend) (unregister func()) {
	registry.Lock()
	defer registry.Unlock()
	registry.local[addr] = b
	return func() {
		registry.Lock()
		defer registry.Unlock()
		if registry.local[addr] == b {
			delete(registry.local, addr)
		}
	}
}

// Local finds the backend of a server of this process by its network address.
// Its Close does nothing: the server's owner closes it.
func Local(addr string) (Backend, bool) {
	registry.Lock()
	defer registry.Unlock()
	b, ok := registry.local[addr]
	if !ok {
		return nil, false
	}
	return borrowed{b}, true
}

// borrowed is a backend that somebody else closes.
type borrowed struct{ Backend }

func (borrowed) Close() error { return nil }

// Unwrap is the server's backend.
func (b borrowed) Unwrap() Backend { return b.Backend }

// UsePlan passes families on to the server.
func (b borrowed) UsePlan(families []Family) error {
	if p, ok := b.Backend.(Planned); ok {
		return p.UsePlan(families)
	}
	return nil
}

// secretParams are the query parameters that hold secrets.
var secretParams = []string{"token", "password", "secret", "key"}

// Redact returns a store URL without its secrets, for messages and logs.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		// Not a URL, so nobody knows where its secrets are: what follows the
		// scheme up to the last @ may be one, and so may the query.
		s, _, _ := strings.Cut(rawURL, "?")
		if at := strings.LastIndexByte(s, '@'); at >= 0 {
			scheme, _, ok := strings.Cut(s, "://")
			if !ok {
				return "xxxxx" + s[at:]
			}
			return scheme + "://xxxxx" + s[at:]
		}
		return s
	}
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	if q := u.Query(); len(q) > 0 {
		hidden := false
		for name := range q {
			for _, secret := range secretParams {
				if strings.EqualFold(name, secret) {
					q.Set(name, "xxxxx")
					hidden = true
				}
			}
		}
		if hidden {
			u.RawQuery = q.Encode()
		}
	}
	return u.String()
}
