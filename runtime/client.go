package runtime

import (
	"context"
	"fmt"
	goruntime "runtime"
	"time"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// Version is the version of go-redis whose behaviour the facade has.
func Version() string { return "9.22.0" }

// Special values of numbers that Redis writes as words.
const (
	NaN  = "nan"
	Inf  = "inf"
	NInf = "-inf"
)

// background is for what no caller waits for: log lines.
var background = context.Background()

// forbidden is the error of every command of a client with an option that
// cannot be honoured.
func forbidden(field string) error {
	return fmt.Errorf("redis2cf: the option %s cannot be honoured, because the store is opened by its URL and not dialed; "+
		"leave it unset, or keep this client on go-redis with //redis2cf:keep", field)
}

// Client is go-redis's Client over a store. It is safe for concurrent use.
type Client struct{ baseClient }

// NewClient returns a client. The store is opened by its first command; see
// the package's Options and ErrNoStore for where it is.
func NewClient(opt *Options) *Client { return newClient(nil, opt) }

func newClient(plan *RegisteredPlan, opt *Options) *Client {
	if opt == nil {
		panic("redis: NewClient nil options")
	}
	where := target{plan: plan, addrs: []string{opt.Addr}, network: opt.Network}
	if opt.TLSConfig != nil {
		where.remote = "TLS"
	}
	if from := opt.origin; from != nil && from.addr == opt.Addr {
		where = from.where
		if plan != nil {
			where.plan = plan
		}
	}
	return clientAt(where, opt, checkOptions(opt))
}

// clientAt makes a client whose every command returns refused, unless it is nil.
func clientAt(where target, opt *Options, refused error) *Client {
	o := *opt
	o.origin = nil // it is nobody else's
	o.fill()
	if o.PoolSize == 0 {
		o.PoolSize = 10 * goruntime.GOMAXPROCS(0)
	}
	c := &Client{}
	c.init(sender{link: newLink(where, &o, refused), opt: &o}, nil)
	return c
}

func newLink(where target, o *Options, refused error) *link {
	l := &link{
		where:   where,
		refused: refused,
		opt: store.SessionOptions{
			DB: o.DB, Protocol: o.Protocol, Name: o.ClientName, Username: o.Username, Password: o.Password,
		},
	}
	l.opt.Client = l
	if !o.DisableIdentity && !o.DisableIndentity {
		l.opt.LibName, l.opt.LibVer = libraryName(o.IdentitySuffix), Version()
	}
	return l
}

// Options returns the options with their defaults filled in.
func (c *Client) Options() *Options { return c.opt }

// WithTimeout returns a client over the same store with another timeout.
func (c *Client) WithTimeout(timeout time.Duration) *Client {
	o := *c.opt
	o.ReadTimeout, o.WriteTimeout = timeout, timeout
	clone := &Client{}
	clone.init(sender{link: c.link, opt: &o}, c.hooks())
	return clone
}

// Conn returns a session of its own.
func (c *Client) Conn() *Conn { return c.newConn() }

// Watch runs fn with a transaction that watches keys.
func (c *Client) Watch(ctx context.Context, fn func(*Tx) error, keys ...string) error {
	return c.watch(ctx, fn, keys)
}

// Close ends the client, its subscriptions and its use of the store.
func (c *baseClient) Close() error { return c.link.close() }

// Subscribe returns a subscription to channels.
func (c *baseClient) Subscribe(ctx context.Context, channels ...string) *PubSub {
	return c.subscribe(ctx, (*PubSub).Subscribe, channels)
}

// PSubscribe returns a subscription to the channels that match patterns.
func (c *baseClient) PSubscribe(ctx context.Context, channels ...string) *PubSub {
	return c.subscribe(ctx, (*PubSub).PSubscribe, channels)
}

// SSubscribe returns a subscription to shard channels.
func (c *baseClient) SSubscribe(ctx context.Context, channels ...string) *PubSub {
	return c.subscribe(ctx, (*PubSub).SSubscribe, channels)
}

func (c *baseClient) subscribe(ctx context.Context, start func(*PubSub, context.Context, ...string) error, channels []string) *PubSub {
	p := newPubSub(c.link, c.opt)
	if len(channels) > 0 {
		// An error shows again at the first Receive, as it does in go-redis.
		_ = start(p, ctx, channels...)
	}
	return p
}

// PubSubStats counts subscriptions.
type PubSubStats struct {
	Created   uint32
	Untracked uint32
	Active    uint32
}

// PoolStats are go-redis's numbers of its pool, told of sessions: one is shared by
// all commands that do not wait, commands that wait have one each, and so has a
// Conn or a Tx. Misses counts sessions that had to be opened, Hits frames of
// commands that found theirs open. TotalConns are the sessions that are open
// without those of subscriptions, IdleConns those of them that serve nobody alone.
// Nothing waits for a session, so that the numbers of waiting and of timeouts are 0.
type PoolStats struct {
	Hits           uint32
	Misses         uint32
	Timeouts       uint32
	WaitCount      uint32
	Unusable       uint32
	WaitDurationNs int64

	TotalConns      uint32
	IdleConns       uint32
	StaleConns      uint32
	PendingRequests uint32

	PubSubStats   PubSubStats
	PipelineStats *PoolStats
}

// PoolStats returns the client's numbers.
func (c *baseClient) PoolStats() *PoolStats {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	opened := l.opened.Load()
	s := &PoolStats{Misses: opened + l.private.Load(), IdleConns: uint32(len(l.idle))}
	if used := l.commands.Load() + l.waits.Load(); used > opened {
		s.Hits = used - opened
	}
	if l.shared.Load() != nil {
		s.IdleConns++
	}
	s.TotalConns = uint32(len(l.sessions) - len(l.subs))
	s.PubSubStats = PubSubStats{Created: l.pubsubs.Load(), Active: uint32(len(l.subs))}
	s.PubSubStats.Untracked = s.PubSubStats.Created - s.PubSubStats.Active
	return s
}
