package runtime

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

var errNoWatchKeys = errors.New("redis: Watch requires at least one key")

// RingOptions are the options of NewRing. The fields are go-redis's. Shards that
// name several stores are several shards; any other ring is one.
type RingOptions struct {
	Addrs                        map[string]string
	NewClient                    func(opt *Options) *Client // makes each shard's client
	ClientName                   string
	HeartbeatFrequency           time.Duration
	HeartbeatFn                  func(ctx context.Context, client *Client) bool
	NewConsistentHash            func(shards []string) ConsistentHash
	Dialer                       func(ctx context.Context, network, addr string) (net.Conn, error)
	OnConnect                    func(ctx context.Context, cn *Conn) error
	Protocol                     int
	Username                     string
	Password                     string
	CredentialsProvider          func() (username string, password string)
	CredentialsProviderContext   func(ctx context.Context) (username string, password string, err error)
	StreamingCredentialsProvider StreamingCredentialsProvider
	DB                           int
	MaxRetries                   int
	MinRetryBackoff              time.Duration
	MaxRetryBackoff              time.Duration
	DialTimeout                  time.Duration
	DialerRetries                int
	DialerRetryTimeout           time.Duration
	DialerRetryBackoff           func(attempt int) time.Duration
	ReadTimeout                  time.Duration
	WriteTimeout                 time.Duration
	ContextTimeoutEnabled        bool
	PoolFIFO                     bool
	PoolSize                     int
	PoolTimeout                  time.Duration
	MinIdleConns                 int
	MaxIdleConns                 int
	MaxActiveConns               int
	ConnMaxIdleTime              time.Duration
	ConnMaxLifetime              time.Duration
	ConnMaxLifetimeJitter        time.Duration
	ReadBufferSize               int
	WriteBufferSize              int
	PipelineReadBufferSize       int
	PipelineWriteBufferSize      int
	PipelinePoolSize             int
	TLSConfig                    *tls.Config
	Limiter                      Limiter
	DisableIndentity             bool
	DisableIdentity              bool
	IdentitySuffix               string
	UnstableResp3                bool
}

// Ring is go-redis's Ring. Over a store it is one shard with all keys; where the
// shards' addresses are store URLs, or servers of a test, keys are spread over
// them as go-redis does. It is safe for concurrent use.
type Ring struct {
	baseClient
	mu      sync.Mutex // of SetAddrs and of the first look at the shards
	ring    atomic.Pointer[RingOptions]
	shard   *Client                    // the one shard
	several atomic.Pointer[ringShards] // nil: nobody has looked yet
}

// NewRing returns a client; see NewClient.
func NewRing(opt *RingOptions) *Ring { return newRing(nil, opt) }

func newRing(plan *RegisteredPlan, opt *RingOptions) *Ring {
	if opt == nil {
		panic("redis: NewRing nil options")
	}
	o := *opt
	c := &Options{}
	copyFields(c, opt)
	where := target{plan: plan, ring: true}
	for _, addr := range opt.Addrs {
		where.addrs = append(where.addrs, addr)
	}
	sort.Strings(where.addrs) // a map has no first address
	switch {
	case opt.TLSConfig != nil:
		where.remote = "TLS"
	case len(where.addrs) > 0:
		c.Addr = where.addrs[0]
		for _, addr := range where.addrs {
			if t := (target{addrs: []string{addr}}); !t.loopback() && !isStoreURL(addr) {
				where.remote = "a shard at " + addr
			}
		}
	}
	r := &Ring{shard: clientAt(where, c, checkOptions(opt))}
	copyFields(&o, r.shard.opt) // the defaults
	setDefault(&o.HeartbeatFrequency, 500*time.Millisecond)
	r.ring.Store(&o)
	if opt.NewClient != nil {
		r.callForShards(where, c)
	}
	r.init(sender{link: r.shard.link, opt: r.shard.opt}, nil)
	r.hooked.set(chain{process: r.process, pipeline: r.processPipeline, txPipeline: r.processTxPipeline}, nil)
	return r
}

// callForShards has the program's callback make the shards. It is called before
// NewRing returns, as in go-redis, so that it is then that the ring looks at its
// shards: once for each of several stores, once for a ring of one.
func (c *Ring) callForShards(where target, opt *Options) {
	o := c.ring.Load()
	if len(where.addrs) == 0 || where.split() {
		c.several.Store(c.newShards(o, nil))
		return
	}
	c.shard = made(o.NewClient, where, opt, nil)
	c.several.Store(&ringShards{})
}

// Options returns the options with their defaults filled in.
func (c *Ring) Options() *RingOptions { return c.ring.Load() }

// Watch runs fn with a transaction that watches keys; there must be one, and they
// must be in one shard. Hooks of the ring do not see what the transaction sends,
// as in go-redis.
func (c *Ring) Watch(ctx context.Context, fn func(*Tx) error, keys ...string) error {
	if len(keys) == 0 {
		return errNoWatchKeys
	}
	shard := c.shard
	if s := c.shards(); s != nil {
		var err error
		if shard, err = s.watchShard(keys); err != nil {
			return err
		}
	}
	return shard.Watch(ctx, fn, keys...)
}

// SetAddrs replaces the shards of a ring of several stores: those that go are
// closed, and keys belong to another shard then. The shard of any other ring
// stays: what its shards had is one set of data, wherever they are.
func (c *Ring) SetAddrs(addrs map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := *c.ring.Load()
	o.Addrs = addrs
	c.ring.Store(&o)
	old := c.several.Load()
	if old == nil || old.orNone() == nil || c.shard.link.closed.Load() {
		return
	}
	s := c.newShards(&o, old)
	c.several.Store(s)
	if err := old.close(s); err != nil {
		logger().Printf(background, "closing a shard of a ring: %v", err)
	}
}

// Close ends the ring and its shards.
func (c *Ring) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shard.link.closed.Load() {
		return nil // as go-redis's Ring, unlike its Client
	}
	err := c.shard.Close()
	if s := c.several.Load(); s != nil {
		if serr := s.close(nil); err == nil {
			err = serr
		}
	}
	return err
}

// Len is the number of shards.
func (c *Ring) Len() int {
	if s := c.shards(); s != nil {
		return len(s.names)
	}
	return 1
}

// ForEachShard calls fn with each shard, at the same time. It returns one of the
// errors.
func (c *Ring) ForEachShard(ctx context.Context, fn func(ctx context.Context, client *Client) error) error {
	clients := c.GetShardClients()
	errs := make(chan error, len(clients))
	for _, client := range clients {
		go func(client *Client) { errs <- fn(ctx, client) }(client)
	}
	var first error
	for range clients {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}

// GetShardClients returns the shards.
func (c *Ring) GetShardClients() []*Client {
	if s := c.shards(); s != nil {
		return s.list()
	}
	return []*Client{c.shard}
}

// GetShardClientForKey returns the shard that has a key.
func (c *Ring) GetShardClientForKey(key string) (*Client, error) {
	if s := c.shards(); s != nil {
		return s.ofKey(key)
	}
	return c.shard, nil
}

// PoolStats returns the sum of the shards' numbers.
func (c *Ring) PoolStats() *PoolStats {
	sum := &PoolStats{}
	for _, shard := range c.GetShardClients() {
		s := shard.PoolStats()
		sum.Hits += s.Hits
		sum.Misses += s.Misses
		sum.TotalConns += s.TotalConns
		sum.IdleConns += s.IdleConns
		sum.PubSubStats.Created += s.PubSubStats.Created
		sum.PubSubStats.Untracked += s.PubSubStats.Untracked
		sum.PubSubStats.Active += s.PubSubStats.Active
	}
	return sum
}

// Subscribe returns a subscription to channels on the shard of the first.
func (c *Ring) Subscribe(ctx context.Context, channels ...string) *PubSub {
	return c.channelShard(channels).Subscribe(ctx, channels...)
}

// PSubscribe returns a subscription to the channels that match patterns, on the
// shard of the first pattern.
func (c *Ring) PSubscribe(ctx context.Context, channels ...string) *PubSub {
	return c.channelShard(channels).PSubscribe(ctx, channels...)
}

// SSubscribe returns a subscription to shard channels on the shard of the first.
func (c *Ring) SSubscribe(ctx context.Context, channels ...string) *PubSub {
	return c.channelShard(channels).SSubscribe(ctx, channels...)
}

func (c *Ring) channelShard(channels []string) *Client {
	if len(channels) == 0 {
		panic("at least one channel is required")
	}
	shard, err := c.GetShardClientForKey(channels[0])
	if err != nil {
		panic(err)
	}
	return shard
}
