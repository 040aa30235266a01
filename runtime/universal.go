package runtime

import (
	"context"
	"crypto/tls"
	"net"
	"reflect"
	"time"
)

// copyFields copies what two option types have in common. Fields are matched by
// name and type, so that none is forgotten when go-redis adds one.
func copyFields(dst, src interface{}) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for i := 0; i < to.NumField(); i++ {
		name := to.Type().Field(i).Name
		if f := from.FieldByName(name); f.IsValid() && f.Type() == to.Field(i).Type() {
			to.Field(i).Set(f)
		}
	}
}

// FailoverOptions are the options of NewFailoverClient. The fields are
// go-redis's; what finds the master is ignored.
type FailoverOptions struct {
	MasterName                   string
	SentinelAddrs                []string
	ClientName                   string
	SentinelUsername             string
	SentinelPassword             string
	RouteByLatency               bool
	RouteRandomly                bool
	ReplicaOnly                  bool
	UseDisconnectedReplicas      bool
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
	ReadBufferSize               int
	WriteBufferSize              int
	PipelineReadBufferSize       int
	PipelineWriteBufferSize      int
	PipelinePoolSize             int
	AutoPipelineOptions          *AutoPipelineOptions
	PoolFIFO                     bool
	PoolSize                     int
	MaxConcurrentDials           int
	PoolTimeout                  time.Duration
	MinIdleConns                 int
	MaxIdleConns                 int
	MaxActiveConns               int
	ConnMaxIdleTime              time.Duration
	ConnMaxLifetime              time.Duration
	ConnMaxLifetimeJitter        time.Duration
	TLSConfig                    *tls.Config
	DisableIndentity             bool
	DisableIdentity              bool
	IdentitySuffix               string
	FailingTimeoutSeconds        int
	UnstableResp3                bool
	PushNotificationProcessor    NotificationProcessor
}

// NewFailoverClient returns a client; see NewClient.
func NewFailoverClient(opt *FailoverOptions) *Client { return newFailoverClient(nil, opt) }

func newFailoverClient(plan *RegisteredPlan, opt *FailoverOptions) *Client {
	if opt == nil {
		panic("redis: NewFailoverClient nil options")
	}
	if opt.RouteByLatency {
		panic("to route commands by latency, use NewFailoverClusterClient")
	}
	if opt.RouteRandomly {
		panic("to route commands randomly, use NewFailoverClusterClient")
	}
	o := &Options{}
	copyFields(o, opt)
	o.Addr = "FailoverClient"
	return clientAt(sentinel(plan, opt), o, checkOptions(opt))
}

// sentinel is the target of a client that asks for a master by name.
func sentinel(plan *RegisteredPlan, opt *FailoverOptions) target {
	return target{plan: plan, addrs: opt.SentinelAddrs, master: opt.MasterName, remote: "Sentinel"}
}

// NewFailoverClusterClient returns a client; see NewClient.
func NewFailoverClusterClient(opt *FailoverOptions) *ClusterClient {
	return newFailoverClusterClient(nil, opt)
}

func newFailoverClusterClient(plan *RegisteredPlan, opt *FailoverOptions) *ClusterClient {
	if opt == nil {
		panic("redis: NewFailoverClusterClient nil options")
	}
	o := &ClusterOptions{}
	copyFields(o, opt)
	return clusterAt(sentinel(plan, opt), o, checkOptions(opt))
}

// UniversalOptions are the options of NewUniversalClient. The fields are
// go-redis's.
type UniversalOptions struct {
	Addrs                        []string
	ClientName                   string
	DB                           int
	Dialer                       func(ctx context.Context, network, addr string) (net.Conn, error)
	OnConnect                    func(ctx context.Context, cn *Conn) error
	Protocol                     int
	Username                     string
	Password                     string
	CredentialsProvider          func() (username string, password string)
	CredentialsProviderContext   func(ctx context.Context) (username string, password string, err error)
	StreamingCredentialsProvider StreamingCredentialsProvider
	SentinelUsername             string
	SentinelPassword             string
	MaxRetries                   int
	MinRetryBackoff              time.Duration
	MaxRetryBackoff              time.Duration
	DialTimeout                  time.Duration
	DialerRetries                int
	DialerRetryTimeout           time.Duration
	ReadTimeout                  time.Duration
	WriteTimeout                 time.Duration
	ContextTimeoutEnabled        bool
	ReadBufferSize               int
	WriteBufferSize              int
	PoolFIFO                     bool
	PoolSize                     int
	MaxConcurrentDials           int
	PoolTimeout                  time.Duration
	MinIdleConns                 int
	MaxIdleConns                 int
	MaxActiveConns               int
	ConnMaxIdleTime              time.Duration
	ConnMaxLifetime              time.Duration
	ConnMaxLifetimeJitter        time.Duration
	TLSConfig                    *tls.Config
	MaxRedirects                 int
	ReadOnly                     bool
	RouteByLatency               bool
	RouteRandomly                bool
	MasterName                   string
	DisableIndentity             bool
	DisableIdentity              bool
	IdentitySuffix               string
	FailingTimeoutSeconds        int
	UnstableResp3                bool
	PushNotificationProcessor    NotificationProcessor
	IsClusterMode                bool
	AutoPipelineOptions          *AutoPipelineOptions
	MaintNotificationsConfig     *Config
	ClientSideCacheConfig        *ClientSideCacheConfig
	ClientSideCache              Cache
	ClientSideCacheStrategy      CSCStrategy
}

// Cluster returns the options of a ClusterClient.
func (o *UniversalOptions) Cluster() *ClusterOptions {
	if len(o.Addrs) == 0 {
		o.Addrs = []string{"127.0.0.1:6379"}
	}
	c := &ClusterOptions{}
	copyFields(c, o)
	return c
}

// Failover returns the options of a failover client.
func (o *UniversalOptions) Failover() *FailoverOptions {
	if len(o.Addrs) == 0 {
		o.Addrs = []string{"127.0.0.1:26379"}
	}
	f := &FailoverOptions{}
	copyFields(f, o)
	f.SentinelAddrs, f.ReplicaOnly = o.Addrs, o.ReadOnly
	return f
}

// Simple returns the options of a Client.
func (o *UniversalOptions) Simple() *Options {
	c := &Options{}
	copyFields(c, o)
	c.Addr = "127.0.0.1:6379"
	if len(o.Addrs) > 0 {
		c.Addr = o.Addrs[0]
	}
	return c
}

// NewUniversalClient returns the kind of client that the options ask for: by
// MasterName a failover client, by several addresses or IsClusterMode a
// ClusterClient, else a Client.
func NewUniversalClient(opts *UniversalOptions) UniversalClient {
	return newUniversalClient(nil, opts)
}

func newUniversalClient(plan *RegisteredPlan, opts *UniversalOptions) UniversalClient {
	if opts == nil {
		panic("redis: NewUniversalClient nil options")
	}
	switch {
	case opts.MasterName != "" && (opts.RouteByLatency || opts.RouteRandomly || opts.IsClusterMode):
		return newFailoverClusterClient(plan, opts.Failover())
	case opts.MasterName != "":
		return newFailoverClient(plan, opts.Failover())
	case len(opts.Addrs) > 1 || opts.IsClusterMode:
		return newClusterClient(plan, opts.Cluster())
	}
	return newClient(plan, opts.Simple())
}
