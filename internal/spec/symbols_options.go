package spec

import "strings"

// optionTypes are the option types with their fields.
var optionTypes = []struct{ pkg, name, fields string }{
	{"", "Options", `
		Network Addr NodeAddress ClientName Dialer OnConnect Protocol Username Password CredentialsProvider
		CredentialsProviderContext StreamingCredentialsProvider DB MaxRetries MinRetryBackoff
		MaxRetryBackoff DialTimeout DialerRetries DialerRetryTimeout DialerRetryBackoff ReadTimeout
		WriteTimeout ContextTimeoutEnabled ReadBufferSize WriteBufferSize PipelineReadBufferSize
		PipelineWriteBufferSize PipelinePoolSize AutoPipelineOptions PoolFIFO PoolSize MaxConcurrentDials
		PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns ConnMaxIdleTime ConnMaxLifetime
		ConnMaxLifetimeJitter TLSConfig Limiter DisableIndentity DisableIdentity IdentitySuffix
		UnstableResp3 PushNotificationProcessor FailingTimeoutSeconds MaintNotificationsConfig
		ClientSideCacheConfig ClientSideCache ClientSideCacheStrategy`},
	{"", "ClusterOptions", `
		Addrs ClientName NewClient MaxRedirects ReadOnly RouteByLatency RouteRandomly ClusterSlots Dialer
		OnConnect Protocol Username Password CredentialsProvider CredentialsProviderContext
		StreamingCredentialsProvider MaxRetries MinRetryBackoff MaxRetryBackoff DialTimeout DialerRetries
		DialerRetryTimeout DialerRetryBackoff ReadTimeout WriteTimeout ContextTimeoutEnabled
		MaxConcurrentDials PoolFIFO PoolSize PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns
		ConnMaxIdleTime ConnMaxLifetime ConnMaxLifetimeJitter ReadBufferSize WriteBufferSize
		PipelineReadBufferSize PipelineWriteBufferSize PipelinePoolSize AutoPipelineOptions TLSConfig
		DisableRoutingPolicies DisableIndentity DisableIdentity IdentitySuffix UnstableResp3
		PushNotificationProcessor FailingTimeoutSeconds MaintNotificationsConfig ShardPicker
		ClusterStateReloadInterval`},
	{"", "FailoverOptions", `
		MasterName SentinelAddrs ClientName SentinelUsername SentinelPassword RouteByLatency RouteRandomly
		ReplicaOnly UseDisconnectedReplicas Dialer OnConnect Protocol Username Password CredentialsProvider
		CredentialsProviderContext StreamingCredentialsProvider DB MaxRetries MinRetryBackoff
		MaxRetryBackoff DialTimeout DialerRetries DialerRetryTimeout DialerRetryBackoff ReadTimeout
		WriteTimeout ContextTimeoutEnabled ReadBufferSize WriteBufferSize PipelineReadBufferSize
		PipelineWriteBufferSize PipelinePoolSize AutoPipelineOptions PoolFIFO PoolSize MaxConcurrentDials
		PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns ConnMaxIdleTime ConnMaxLifetime
		ConnMaxLifetimeJitter TLSConfig DisableIndentity DisableIdentity IdentitySuffix
		FailingTimeoutSeconds UnstableResp3 PushNotificationProcessor`},
	{"", "RingOptions", `
		Addrs NewClient ClientName HeartbeatFrequency HeartbeatFn NewConsistentHash Dialer OnConnect
		Protocol Username Password CredentialsProvider CredentialsProviderContext
		StreamingCredentialsProvider DB MaxRetries MinRetryBackoff MaxRetryBackoff DialTimeout DialerRetries
		DialerRetryTimeout DialerRetryBackoff ReadTimeout WriteTimeout ContextTimeoutEnabled PoolFIFO
		PoolSize PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns ConnMaxIdleTime ConnMaxLifetime
		ConnMaxLifetimeJitter ReadBufferSize WriteBufferSize PipelineReadBufferSize PipelineWriteBufferSize
		PipelinePoolSize TLSConfig Limiter DisableIndentity DisableIdentity IdentitySuffix UnstableResp3`},
	{"", "UniversalOptions", `
		Addrs ClientName DB Dialer OnConnect Protocol Username Password CredentialsProvider
		CredentialsProviderContext StreamingCredentialsProvider SentinelUsername SentinelPassword MaxRetries
		MinRetryBackoff MaxRetryBackoff DialTimeout DialerRetries DialerRetryTimeout ReadTimeout
		WriteTimeout ContextTimeoutEnabled ReadBufferSize WriteBufferSize PoolFIFO PoolSize
		MaxConcurrentDials PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns ConnMaxIdleTime
		ConnMaxLifetime ConnMaxLifetimeJitter TLSConfig MaxRedirects ReadOnly RouteByLatency RouteRandomly
		MasterName DisableIndentity DisableIdentity IdentitySuffix FailingTimeoutSeconds UnstableResp3
		PushNotificationProcessor IsClusterMode AutoPipelineOptions MaintNotificationsConfig
		ClientSideCacheConfig ClientSideCache ClientSideCacheStrategy`},
	{"", "AutoPipelineOptions", `
		MaxBatchSize MaxBatchBytes MaxConcurrentBatches Unordered NumShards MaxFlushDelay AdaptiveDelay`},
	{"", "ClientSideCacheConfig", `
		MaxEntries MaxMemoryBytes Sizer StaleTimeout DrainInterval MaxStaleness`},
	{"", "CacheConfig", `
		MaxEntries MaxMemoryBytes Sizer StaleTimeout DrainInterval MaxStaleness`},
	{"maintnotifications", "Config", `
		Mode EndpointType RelaxedTimeout HandoffTimeout MaxWorkers HandoffQueueSize
		PostHandoffRelaxedDuration CircuitBreakerFailureThreshold CircuitBreakerResetTimeout
		CircuitBreakerMaxRequests MaxHandoffRetries`},
}

// optionUses says what becomes of a field of an option type. A field that is
// set to anything but its zero value and is ignored is logged once; one that is
// an error makes the constructor's client answer ErrUnsupported with its name.
var optionUses = []struct {
	use    string
	fate   fate
	fields string
}{
	{"used", served, `
		Network Addr Addrs SentinelAddrs ClientName Username Password DB MaxRetries MinRetryBackoff MaxRetryBackoff
		DialTimeout ReadTimeout WriteTimeout ContextTimeoutEnabled PoolSize TLSConfig IsClusterMode Limiter
		MasterName Protocol AutoPipelineOptions NewConsistentHash NewClient
		DisableIndentity DisableIdentity IdentitySuffix`},
	{"ignored", served, `
		NodeAddress SentinelUsername SentinelPassword
		DialerRetries DialerRetryTimeout DialerRetryBackoff MaxConcurrentDials
		ReadBufferSize WriteBufferSize PipelineReadBufferSize PipelineWriteBufferSize PipelinePoolSize
		PoolFIFO PoolTimeout MinIdleConns MaxIdleConns MaxActiveConns
		ConnMaxIdleTime ConnMaxLifetime ConnMaxLifetimeJitter
		UnstableResp3 FailingTimeoutSeconds
		MaintNotificationsConfig MaxRedirects ReadOnly RouteByLatency RouteRandomly ReplicaOnly
		UseDisconnectedReplicas DisableRoutingPolicies ClusterStateReloadInterval
		HeartbeatFrequency HeartbeatFn ClusterSlots ShardPicker
		PushNotificationProcessor ClientSideCacheConfig ClientSideCache ClientSideCacheStrategy
		MaxEntries MaxMemoryBytes`},
	{"error", manual(ClientCache, advClientCache), `Sizer StaleTimeout DrainInterval MaxStaleness`},
	{"error", fate{verdict: Served, code: OptionUnsupported, advice: advConnecting}, `
		Dialer OnConnect CredentialsProvider CredentialsProviderContext
		StreamingCredentialsProvider`},
}

// wholeTypes are option types whose fields all meet the same end.
var wholeTypes = map[string]struct {
	use  string
	fate fate
}{
	"AutoPipelineOptions": {"used", served},
	"CacheConfig":         {"error", manual(ClientCache, advClientCache)},
	"Config":              {"ignored", served}, // maintnotifications
}

func addOptionFields() {
	type end struct {
		use  string
		fate fate
	}
	ends := map[string]end{}
	for _, u := range optionUses {
		for _, f := range strings.Fields(u.fields) {
			ends[f] = end{u.use, u.fate}
		}
	}
	for _, t := range optionTypes {
		for _, f := range strings.Fields(t.fields) {
			e, ok := ends[f]
			if w, whole := wholeTypes[t.name]; whole {
				e, ok = end{w.use, w.fate}, true
			}
			if !ok {
				panic("spec: nobody said what becomes of " + t.name + "." + f)
			}
			addSymbol(t.pkg, "field", t.name+"."+f, e.use, e.fate)
		}
	}
}
