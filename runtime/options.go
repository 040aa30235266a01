package runtime

import (
	"context"
	"crypto/tls"
	"net"
	"reflect"
	"strings"
	"time"
)

// Limiter is asked before each command and told how it went: a circuit breaker
// or a rate limit.
type Limiter interface {
	Allow() error
	ReportResult(result error)
}

// ConsistentHash picks the shard of a key of a Ring of several stores.
type ConsistentHash interface {
	Get(string) string
}

// ShardPicker picks a shard for commands without keys. The facade has one store
// and does not ask it.
type ShardPicker interface {
	Next(total int) int
}

// NotificationProcessor is go-redis's receiver of push notifications about
// connections. The facade has no connections to be notified of.
type NotificationProcessor interface{}

// StreamingCredentialsProvider hands out credentials that change. The facade's
// credentials are tokens; setting it is an error.
type StreamingCredentialsProvider interface {
	Subscribe(listener CredentialsListener) (Credentials, UnsubscribeFunc, error)
}

// UnsubscribeFunc ends a subscription to credentials.
type UnsubscribeFunc func() error

// CredentialsListener receives credentials.
type CredentialsListener interface {
	OnNext(credentials Credentials)
	OnError(err error)
}

// Credentials are a user and a password.
type Credentials interface {
	BasicAuth() (username string, password string)
	RawCredentials() string
}

// Cache is go-redis's client-side cache. The facade's data is at most one
// process away and is not cached again.
type Cache interface{}

// ClientSideCacheConfig configures go-redis's client-side cache; ignored.
type ClientSideCacheConfig struct {
	MaxEntries     int
	MaxMemoryBytes int64
}

// CSCStrategy says how go-redis's client-side cache learns of changes; ignored.
type CSCStrategy int

// CSCStrategySharedTracking is the only strategy there is.
const CSCStrategySharedTracking CSCStrategy = 0

// AutoPipelineOptions configures AutoPipeline and AsyncAutoPipeline.
type AutoPipelineOptions struct {
	MaxBatchSize         int
	MaxBatchBytes        int
	MaxConcurrentBatches int
	Unordered            bool
	NumShards            int
	MaxFlushDelay        time.Duration
	AdaptiveDelay        bool
}

// Mode says whether go-redis asks for maintenance notifications; ignored.
type Mode string

// The modes.
const (
	ModeDisabled Mode = "disabled"
	ModeEnabled  Mode = "enabled"
	ModeAuto     Mode = "auto"
)

// EndpointType says which address maintenance notifications name; ignored.
type EndpointType string

// The endpoint types.
const (
	EndpointTypeAuto         EndpointType = "auto"
	EndpointTypeInternalIP   EndpointType = "internal-ip"
	EndpointTypeInternalFQDN EndpointType = "internal-fqdn"
	EndpointTypeExternalIP   EndpointType = "external-ip"
	EndpointTypeExternalFQDN EndpointType = "external-fqdn"
	EndpointTypeNone         EndpointType = "none"
)

// Config configures go-redis's maintenance notifications; ignored.
type Config struct {
	Mode                           Mode
	EndpointType                   EndpointType
	RelaxedTimeout                 time.Duration
	HandoffTimeout                 time.Duration
	MaxWorkers                     int
	HandoffQueueSize               int
	PostHandoffRelaxedDuration     time.Duration
	CircuitBreakerFailureThreshold int
	CircuitBreakerResetTimeout     time.Duration
	CircuitBreakerMaxRequests      int
	MaxHandoffRetries              int
}

// DefaultConfig is go-redis's default configuration of notifications.
func DefaultConfig() *Config {
	return &Config{
		Mode: ModeAuto, EndpointType: EndpointTypeAuto,
		RelaxedTimeout: 10 * time.Second, HandoffTimeout: 15 * time.Second,
		CircuitBreakerFailureThreshold: 5, CircuitBreakerResetTimeout: 60 * time.Second,
		CircuitBreakerMaxRequests: 3, MaxHandoffRetries: 3,
	}
}

// Options are the options of NewClient. The fields are go-redis's; the command
// table says of each whether it is used, ignored or an error.
type Options struct {
	Network                      string
	Addr                         string // a store URL, or the address that go-redis connected to
	NodeAddress                  string
	ClientName                   string
	Dialer                       func(ctx context.Context, network, addr string) (net.Conn, error)
	OnConnect                    func(ctx context.Context, cn *Conn) error
	Protocol                     int // 2 or 3, default 3: the shapes of replies
	Username                     string
	Password                     string // the token of a store that asks for one
	CredentialsProvider          func() (username string, password string)
	CredentialsProviderContext   func(ctx context.Context) (username string, password string, err error)
	StreamingCredentialsProvider StreamingCredentialsProvider
	DB                           int
	// MaxRetries, 3 when it is 0 and none when it is -1, is what go-redis adds to a
	// wait: ReadTimeout ends a wait only after as many more of it. A command whose
	// store was closed before any of it was run is sent again once. Nothing else is:
	// a store in the program breaks no connection, so that the backoff means nothing.
	MaxRetries                int
	MinRetryBackoff           time.Duration
	MaxRetryBackoff           time.Duration
	DialTimeout               time.Duration
	DialerRetries             int
	DialerRetryTimeout        time.Duration
	DialerRetryBackoff        func(attempt int) time.Duration
	ReadTimeout               time.Duration
	WriteTimeout              time.Duration
	ContextTimeoutEnabled     bool
	ReadBufferSize            int
	WriteBufferSize           int
	PipelineReadBufferSize    int
	PipelineWriteBufferSize   int
	PipelinePoolSize          int
	AutoPipelineOptions       *AutoPipelineOptions
	PoolFIFO                  bool
	PoolSize                  int
	MaxConcurrentDials        int
	PoolTimeout               time.Duration
	MinIdleConns              int
	MaxIdleConns              int
	MaxActiveConns            int
	ConnMaxIdleTime           time.Duration
	ConnMaxLifetime           time.Duration
	ConnMaxLifetimeJitter     time.Duration
	TLSConfig                 *tls.Config
	Limiter                   Limiter
	DisableIndentity          bool // either: CLIENT LIST does not show the library
	DisableIdentity           bool
	IdentitySuffix            string // shown with the library, by CLIENT LIST and CLIENT INFO
	UnstableResp3             bool
	PushNotificationProcessor NotificationProcessor
	FailingTimeoutSeconds     int
	MaintNotificationsConfig  *Config
	ClientSideCacheConfig     *ClientSideCacheConfig
	ClientSideCache           Cache
	ClientSideCacheStrategy   CSCStrategy

	origin *origin // of options that a callback of another client is handed
}

// origin says for which part of a ring or a cluster a callback is to make a client:
// the address alone does not say where its data is.
type origin struct {
	where target
	addr  string // as handed in; a client for another address is on its own
}

// made is the client of one shard or node: what the program's callback makes of the
// options, if it has one.
func made(callback func(*Options) *Client, where target, opt *Options, refused error) *Client {
	if callback == nil {
		return clientAt(where, opt, refused)
	}
	o := *opt
	o.origin = &origin{where, o.Addr}
	return callback(&o)
}

// DialRetryBackoffConstant is go-redis's constant wait between dials.
func DialRetryBackoffConstant(d time.Duration) func(attempt int) time.Duration {
	return func(int) time.Duration { return max(d, 0) }
}

// DialRetryBackoffExponential is go-redis's doubling wait between dials.
func DialRetryBackoffExponential(minBackoff, maxBackoff time.Duration) func(attempt int) time.Duration {
	return func(attempt int) time.Duration {
		d := minBackoff
		for i := 0; i < attempt && d < maxBackoff; i++ {
			d *= 2
		}
		return min(d, maxBackoff)
	}
}

// optionUse is what the command table says of an option type.
type optionUse struct {
	ignored, refused []string // fields, by name
}

// checkOptions logs the fields that are set and mean nothing here, one line for
// each set of them, and returns the error of the first that cannot be honoured.
func checkOptions(opt interface{}) error {
	v := reflect.ValueOf(opt).Elem()
	use := optionUses[v.Type().Name()]
	for _, name := range use.refused {
		if !v.FieldByName(name).IsZero() {
			return forbidden(name)
		}
	}
	var set []string
	for _, name := range use.ignored {
		if !v.FieldByName(name).IsZero() {
			set = append(set, name)
		}
	}
	if len(set) > 0 {
		names := strings.Join(set, ", ")
		logOnce("ignored "+names, "these options mean nothing to a store and are ignored: %s", names)
	}
	return nil
}

// fill sets the defaults that programs read back, those of go-redis v9.22.0:
// before it a ReadTimeout was 3 s, and a backoff 8 to 512 ms. As go-redis does, it
// fills the options that the caller handed in.
func (o *Options) fill() {
	if o.Addr == "" {
		o.Addr = "localhost:6379"
	}
	if o.Network == "" {
		o.Network = "tcp"
		if strings.HasPrefix(o.Addr, "/") {
			o.Network = "unix"
		}
	}
	if o.Protocol < 2 {
		o.Protocol = 3
	}
	setDefault(&o.DialTimeout, 5*time.Second)
	switch o.ReadTimeout {
	case -2:
		o.ReadTimeout = -1
	case -1:
		o.ReadTimeout = 0
	case 0:
		o.ReadTimeout = 5 * time.Second
	}
	switch o.WriteTimeout {
	case -2:
		o.WriteTimeout = -1
	case -1:
		o.WriteTimeout = 0
	case 0:
		o.WriteTimeout = o.ReadTimeout
	}
	if o.PoolTimeout == 0 {
		o.PoolTimeout = 30 * time.Second
		if o.ReadTimeout > 0 {
			o.PoolTimeout = o.ReadTimeout + time.Second
		}
	}
	switch o.MaxRetries {
	case -1:
		o.MaxRetries = 0
	case 0:
		o.MaxRetries = 3
	}
	backoff(&o.MinRetryBackoff, 10*time.Millisecond)
	backoff(&o.MaxRetryBackoff, time.Second)
}

func setDefault(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// backoff reads -1 as no wait and 0 as the default.
func backoff(d *time.Duration, def time.Duration) {
	switch *d {
	case -1:
		*d = 0
	case 0:
		*d = def
	}
}
