package memory

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvfront"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

// Stale imitates, over a host, what Workers KV does to families that are in KV alone
// (consistency: primary), so that a program's own tests show whether it can live with
// that: see docs/kv-primary.md for what it promises.
//
// A write, a deletion included, reaches each other client after a lag between 0 and
// 60 s, which is drawn from the seed, the client, the key and how many writes the key has
// had lately: the same program in the same order sees the same. The time is that of the host's
// clock. A client that wrote reads its own write, because it remembers it, as
// the clients of the real KV do.
//
// Families are those that UsePlan names, with the commands that such a family has; every
// other command on them is an error. As long as no plan is known, the five commands are
// imitated on every key; other commands work on the data as it is, and see each write at once.
//
// The host has the truth. What is changed there past this imitation (by a test's own
// methods, FLUSHALL, a family that is not in KV) is seen by everybody at once.
type Stale struct {
	host *embedded.Host
	seed uint64

	mu      sync.Mutex
	known   kvfront.Plan
	clients map[interface{}]*staleClient
	made    uint64
	keys    map[string]*history
	writes  map[string]uint64 // how many a key has had, without a minute between them
	recent  []note            // keys with a history, by the time of a write
	direct  map[int]*embedded.Session
}

// history is the writes of a key within Stale, oldest first. The first one everybody sees.
type history struct{ versions []version }

type version struct {
	at      int64 // Unix microseconds; the first one's does not matter
	n       uint64
	by      uint64 // number of the client that wrote it; 0: it was there before
	value   kvprimary.Value
	expires int64 // Unix milliseconds; 0: never
}

type note struct {
	name string
	at   int64
}

const staleMicros = int64(kvprimary.Stale / time.Microsecond)

// NewStale imitates KV over a host.
func NewStale(host *embedded.Host, seed uint64) *Stale {
	return &Stale{host: host, seed: seed, clients: map[interface{}]*staleClient{}, keys: map[string]*history{},
		writes: map[string]uint64{}, direct: map[int]*embedded.Session{}}
}

// UsePlan adds families. The imitation is of those with consistency: primary from then on.
func (s *Stale) UsePlan(families []store.Family) error {
	s.known.Add(families)
	return nil
}

// Session puts the imitation before a session of the host.
func (s *Stale) Session(inner store.Session, opt store.SessionOptions) store.Session {
	id := opt.Client
	if id == nil {
		id = new(int)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[id]
	if c == nil {
		s.made++
		c = &staleClient{s: s, id: id, number: s.made}
		c.kv = kvprimary.NewClient(c, kvprimary.Options{Now: s.host.Clock().Time, Still: c.still})
		s.clients[id] = c
	}
	c.sessions++
	return kvfront.New(kvfront.Options{Inner: inner, Client: c.kv, Families: s.known.Families, Keys: engine.Keys, DB: opt.DB, Closed: c.leave})
}

// staleClient is a place in the world: what it reads arrives there with a lag.
type staleClient struct {
	s        *Stale
	id       interface{}
	number   uint64
	kv       *kvprimary.Client
	sessions int // guarded by s.mu
}

func (c *staleClient) leave() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.sessions--; c.sessions == 0 {
		delete(c.s.clients, c.id)
	}
}

// Read shows names as they are where the client is.
func (c *staleClient) Read(ctx context.Context, names []string) ([]kvprimary.Value, error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	values := make([]kvprimary.Value, len(names))
	for i, name := range names {
		truth, err := s.truth(ctx, name)
		if err != nil {
			return nil, err
		}
		values[i] = truth.value
		if h := s.history(name, truth); h != nil {
			values[i] = h.seen(c, name, s.host.Clock().Now())
		}
	}
	return values, nil
}

// still reports whether the client's own write is among those that led to what the host
// has under a name: the client then reads what it remembers. What a test or FLUSHALL
// changed it reads at once.
func (c *staleClient) still(ctx context.Context, name string) bool {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	truth, err := s.truth(ctx, name)
	if err != nil {
		return true
	}
	h := s.history(name, truth)
	for i := 0; h != nil && i < len(h.versions); i++ {
		if h.versions[i].by == c.number {
			return true
		}
	}
	return false
}

// Write changes the host's data. Others see it later.
func (c *staleClient) Write(ctx context.Context, writes []kvprimary.Write) ([]error, error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(writes))
	for i := range writes {
		errs[i] = s.write(ctx, c.number, &writes[i])
	}
	return errs, nil
}

// write runs one write on the host and notes it. The caller holds mu.
func (s *Stale) write(ctx context.Context, by uint64, w *kvprimary.Write) error {
	before, err := s.truth(ctx, w.Name)
	if err != nil {
		return err
	}
	now := s.host.Clock().Now()
	h := s.history(w.Name, before)
	if h == nil {
		h = &history{versions: []version{before}}
	}
	_, db, key, err := kvprimary.Key(w.Name)
	if err != nil {
		return err
	}
	s.writes[w.Name]++
	v := version{at: now, n: s.writes[w.Name], by: by, value: kvprimary.Value{Data: w.Data, Found: !w.Delete}}
	line := resp.Command{"SET", key, w.Data}
	switch {
	case w.Delete:
		line = resp.Command{"DEL", key}
	case w.TTL > 0:
		v.expires = now/1000 + w.TTL*1000
	case w.At > 0:
		v.expires = w.At * 1000
	}
	if v.expires > 0 {
		line = append(line, "PXAT", strconv.FormatInt(v.expires, 10))
	}
	switch got, err := s.run(ctx, db, line); {
	case err != nil:
		return err
	case got[0].Kind == resp.Error:
		return kvprimary.ReplyError(got[0].Str)
	}
	h.versions = append(h.versions, v)
	s.keys[w.Name] = h
	s.recent = append(s.recent, note{w.Name, now})
	s.forget(now)
	return nil
}

// truth is what the host has under a name. The caller holds mu.
func (s *Stale) truth(ctx context.Context, name string) (version, error) {
	_, db, key, err := kvprimary.Key(name)
	if err != nil {
		return version{}, err
	}
	got, err := s.run(ctx, db, resp.Command{"GET", key}, resp.Command{"PEXPIRETIME", key})
	if err != nil {
		return version{}, err
	}
	v := version{}
	switch got[0].Kind {
	case resp.Bulk:
		v.value = kvprimary.Value{Data: got[0].Str, Found: true}
	case resp.Error: // of another type
		v.value.Err = kvprimary.ReplyError(got[0].Str)
	}
	if got[1].Int > 0 {
		v.expires = got[1].Int
	}
	return v, nil
}

// history is the history of a name, if it has one that leads to what the host has now.
// The caller holds mu.
func (s *Stale) history(name string, truth version) *history {
	h := s.keys[name]
	if h == nil {
		return nil
	}
	now := s.host.Clock().Now()
	// What everybody sees by now needs one version, not several.
	first := 0
	for i, v := range h.versions {
		if i > 0 && v.at+staleMicros <= now {
			first = i
		}
	}
	h.versions = h.versions[first:]
	last := h.versions[len(h.versions)-1].current(now)
	if len(h.versions) == 1 && first > 0 || last.Data != truth.value.Data || last.Found != truth.value.Found || truth.value.Err != nil {
		delete(s.keys, name)
		return nil
	}
	return h
}

// forget drops histories that nobody asks for any more. The caller holds mu.
func (s *Stale) forget(now int64) {
	for len(s.recent) > 0 && s.recent[0].at+staleMicros <= now {
		name := s.recent[0].name
		s.recent = s.recent[1:]
		if h := s.keys[name]; h == nil || h.versions[len(h.versions)-1].at+staleMicros <= now {
			delete(s.keys, name)
			delete(s.writes, name)
		}
	}
}

// current is the value, unless its time is over.
func (v *version) current(now int64) kvprimary.Value {
	if v.expires > 0 && now/1000 > v.expires { // as Redis has it
		return kvprimary.Value{}
	}
	return v.value
}

// seen is the newest version that has arrived where the client is.
func (h *history) seen(c *staleClient, name string, now int64) kvprimary.Value {
	for i := len(h.versions) - 1; i > 0; i-- {
		if v := &h.versions[i]; v.at+c.lag(name, v.n) <= now {
			return v.current(now)
		}
	}
	return h.versions[0].current(now)
}

// lag is how long a write takes to the client, in microseconds: from 0 to just below Stale.
func (c *staleClient) lag(name string, n uint64) int64 {
	f := fnv.New64a()
	fmt.Fprintf(f, "%d %d %d ", c.s.seed, c.number, n)
	_, _ = io.WriteString(f, name)
	z := f.Sum64() // FNV's upper bits hardly depend on its last bytes: splitmix64's end mixes them
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int64((z ^ z>>31) % uint64(staleMicros))
}

// run runs commands on the host's data. The caller holds mu.
func (s *Stale) run(ctx context.Context, db int, lines ...resp.Command) ([]resp.Reply, error) {
	for again := true; ; again = false {
		inner := s.direct[db]
		if inner == nil {
			var err error
			if inner, err = s.host.Session(store.SessionOptions{DB: db}); err != nil {
				return nil, err
			}
			s.direct[db] = inner
		}
		replies, err := inner.Execute(ctx, lines)
		if again && errors.Is(err, store.ErrClosed) { // a test ended all clients
			delete(s.direct, db)
			continue
		}
		return replies, err
	}
}
