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

// RingOptions are the options of NewRing. The fields are go-redis's; what
// distributes keys over shards is ignored.
type RingOptions struct {
	Addrs                        map[string]string
	NewClient                    func(opt *Options) *Client
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

// Ring is go-redis's Ring over a store, which is one shard with all keys. It is
// safe for concurrent use.
type Ring struct {
	baseClient
	mu    sync.Mutex // of SetAddrs
	ring  atomic.Pointer[RingOptions]
	shard *Client
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
	where := target{plan: plan}
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
	r.ring.Store(&o)
	copyFields(&o, r.shard.opt) // the defaults
	setDefault(&o.HeartbeatFrequency, 500*time.Millisecond)
	r.init(sender{link: r.shard.link, opt: r.shard.opt}, nil)
	return r
}

// Options returns the options with their defaults filled in.
func (c *Ring) Options() *RingOptions { return c.ring.Load() }

// Watch runs fn with a transaction that watches keys; there must be one.
func (c *Ring) Watch(ctx context.Context, fn func(*Tx) error, keys ...string) error {
	if len(keys) == 0 {
		return errNoWatchKeys
	}
	return c.watch(ctx, fn, keys)
}

// SetAddrs notes the addresses for Options. The store and its one shard stay: what
// the shards have is one set of data, wherever they are.
func (c *Ring) SetAddrs(addrs map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := *c.ring.Load()
	o.Addrs = addrs
	c.ring.Store(&o)
}

// Len is the number of shards: one.
func (c *Ring) Len() int { return 1 }

// ForEachShard calls fn with the one shard.
func (c *Ring) ForEachShard(ctx context.Context, fn func(ctx context.Context, client *Client) error) error {
	return fn(ctx, c.shard)
}

// GetShardClients returns the one shard.
func (c *Ring) GetShardClients() []*Client { return []*Client{c.shard} }

// GetShardClientForKey returns the one shard.
func (c *Ring) GetShardClientForKey(key string) (*Client, error) { return c.shard, nil }
