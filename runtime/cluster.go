package runtime

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// ClusterOptions are the options of NewClusterClient. The fields are
// go-redis's; what distributes keys over nodes is ignored.
type ClusterOptions struct {
	Addrs                        []string
	ClientName                   string
	NewClient                    func(opt *Options) *Client // makes the one node's client, before NewClusterClient returns
	MaxRedirects                 int
	ReadOnly                     bool
	RouteByLatency               bool
	RouteRandomly                bool
	ClusterSlots                 func(context.Context) ([]ClusterSlot, error)
	Dialer                       func(ctx context.Context, network, addr string) (net.Conn, error)
	OnConnect                    func(ctx context.Context, cn *Conn) error
	Protocol                     int
	Username                     string
	Password                     string
	CredentialsProvider          func() (username string, password string)
	CredentialsProviderContext   func(ctx context.Context) (username string, password string, err error)
	StreamingCredentialsProvider StreamingCredentialsProvider
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
	MaxConcurrentDials           int
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
	AutoPipelineOptions          *AutoPipelineOptions
	TLSConfig                    *tls.Config
	DisableRoutingPolicies       bool
	DisableIndentity             bool
	DisableIdentity              bool
	IdentitySuffix               string
	UnstableResp3                bool
	PushNotificationProcessor    NotificationProcessor
	FailingTimeoutSeconds        int
	MaintNotificationsConfig     *Config
	ShardPicker                  ShardPicker
	ClusterStateReloadInterval   time.Duration
}

// ClusterNode is a node of a cluster.
type ClusterNode struct {
	ID                 string
	Addr               string
	NetworkingMetadata map[string]string
}

// ClusterSlot is a range of slots with its nodes.
type ClusterSlot struct {
	Start int
	End   int
	Nodes []ClusterNode
}

// client is the options that a single client would have.
func (o *ClusterOptions) client() *Options {
	c := &Options{}
	copyFields(c, o)
	if len(o.Addrs) > 0 {
		c.Addr = o.Addrs[0]
	}
	return c
}

// ClusterClient is go-redis's ClusterClient over a store, which is one node
// with all keys. It is safe for concurrent use.
type ClusterClient struct {
	baseClient
	cluster *ClusterOptions
	node    *Client
}

// NewClusterClient returns a client; see NewClient.
func NewClusterClient(opt *ClusterOptions) *ClusterClient { return newClusterClient(nil, opt) }

func newClusterClient(plan *RegisteredPlan, opt *ClusterOptions) *ClusterClient {
	if opt == nil {
		panic("redis: NewClusterClient nil options")
	}
	return clusterAt(target{plan: plan, addrs: opt.Addrs, remote: "Cluster"}, opt, checkOptions(opt))
}

func clusterAt(where target, opt *ClusterOptions, refused error) *ClusterClient {
	o := *opt
	node := clientAt(where, opt.client(), refused)
	copyFields(&o, node.opt) // the defaults
	if opt.NewClient != nil {
		node = made(opt.NewClient, where, opt.client(), nil)
	}
	c := &ClusterClient{cluster: &o, node: node}
	c.init(sender{link: c.node.link, opt: c.node.opt}, nil)
	// As in go-redis, a command passes the hooks of its node within the cluster's.
	c.hooked.set(chain{
		process:    func(ctx context.Context, cmd Cmder) error { return c.node.state.Load().process(ctx, cmd) },
		pipeline:   func(ctx context.Context, cmds []Cmder) error { return c.node.state.Load().pipeline(ctx, cmds) },
		txPipeline: func(ctx context.Context, cmds []Cmder) error { return c.node.state.Load().txPipeline(ctx, cmds) },
	}, nil)
	return c
}

// Options returns the options with their defaults filled in.
func (c *ClusterClient) Options() *ClusterOptions { return c.cluster }

// Watch runs fn with a transaction that watches keys; there must be one. The
// transaction has the hooks of its node, as in go-redis.
func (c *ClusterClient) Watch(ctx context.Context, fn func(*Tx) error, keys ...string) error {
	if len(keys) == 0 {
		return errNoWatchKeys
	}
	return c.node.watch(ctx, fn, keys)
}

// ReloadState does nothing: the one node does not move.
func (c *ClusterClient) ReloadState(ctx context.Context) {}

// ForEachMaster calls fn with the one node.
func (c *ClusterClient) ForEachMaster(ctx context.Context, fn func(ctx context.Context, client *Client) error) error {
	return fn(ctx, c.node)
}

// ForEachSlave calls fn for no node: there are no replicas.
func (c *ClusterClient) ForEachSlave(ctx context.Context, fn func(ctx context.Context, client *Client) error) error {
	return nil
}

// ForEachShard calls fn with the one node.
func (c *ClusterClient) ForEachShard(ctx context.Context, fn func(ctx context.Context, client *Client) error) error {
	return fn(ctx, c.node)
}

// MasterForKey returns the one node.
func (c *ClusterClient) MasterForKey(ctx context.Context, key string) (*Client, error) {
	return c.node, nil
}

// SlaveForKey returns the one node, which answers reads as well.
func (c *ClusterClient) SlaveForKey(ctx context.Context, key string) (*Client, error) {
	return c.node, nil
}
