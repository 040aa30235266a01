// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

// optionUses says of each option type which fields mean nothing here and which are an error.
var optionUses = map[string]optionUse{
	"ClusterOptions": {
		ignored: []string{"MaxRedirects", "ReadOnly", "RouteByLatency", "RouteRandomly", "ClusterSlots", "DialerRetries", "DialerRetryTimeout", "DialerRetryBackoff", "MaxConcurrentDials", "PoolFIFO", "PoolTimeout", "MinIdleConns", "MaxIdleConns", "MaxActiveConns", "ConnMaxIdleTime", "ConnMaxLifetime", "ConnMaxLifetimeJitter", "ReadBufferSize", "WriteBufferSize", "PipelineReadBufferSize", "PipelineWriteBufferSize", "PipelinePoolSize", "DisableRoutingPolicies", "UnstableResp3", "PushNotificationProcessor", "FailingTimeoutSeconds", "MaintNotificationsConfig", "ShardPicker", "ClusterStateReloadInterval"},
		refused: []string{"Dialer", "OnConnect", "CredentialsProvider", "CredentialsProviderContext", "StreamingCredentialsProvider"},
	},
	"FailoverOptions": {
		ignored: []string{"SentinelUsername", "SentinelPassword", "RouteByLatency", "RouteRandomly", "ReplicaOnly", "UseDisconnectedReplicas", "DialerRetries", "DialerRetryTimeout", "DialerRetryBackoff", "ReadBufferSize", "WriteBufferSize", "PipelineReadBufferSize", "PipelineWriteBufferSize", "PipelinePoolSize", "PoolFIFO", "MaxConcurrentDials", "PoolTimeout", "MinIdleConns", "MaxIdleConns", "MaxActiveConns", "ConnMaxIdleTime", "ConnMaxLifetime", "ConnMaxLifetimeJitter", "FailingTimeoutSeconds", "UnstableResp3", "PushNotificationProcessor"},
		refused: []string{"Dialer", "OnConnect", "CredentialsProvider", "CredentialsProviderContext", "StreamingCredentialsProvider"},
	},
	"Options": {
		ignored: []string{"NodeAddress", "DialerRetries", "DialerRetryTimeout", "DialerRetryBackoff", "ReadBufferSize", "WriteBufferSize", "PipelineReadBufferSize", "PipelineWriteBufferSize", "PipelinePoolSize", "PoolFIFO", "MaxConcurrentDials", "PoolTimeout", "MinIdleConns", "MaxIdleConns", "MaxActiveConns", "ConnMaxIdleTime", "ConnMaxLifetime", "ConnMaxLifetimeJitter", "UnstableResp3", "PushNotificationProcessor", "FailingTimeoutSeconds", "MaintNotificationsConfig", "ClientSideCacheConfig", "ClientSideCache", "ClientSideCacheStrategy"},
		refused: []string{"Dialer", "OnConnect", "CredentialsProvider", "CredentialsProviderContext", "StreamingCredentialsProvider"},
	},
	"RingOptions": {
		ignored: []string{"HeartbeatFrequency", "HeartbeatFn", "DialerRetries", "DialerRetryTimeout", "DialerRetryBackoff", "PoolFIFO", "PoolTimeout", "MinIdleConns", "MaxIdleConns", "MaxActiveConns", "ConnMaxIdleTime", "ConnMaxLifetime", "ConnMaxLifetimeJitter", "ReadBufferSize", "WriteBufferSize", "PipelineReadBufferSize", "PipelineWriteBufferSize", "PipelinePoolSize", "UnstableResp3"},
		refused: []string{"Dialer", "OnConnect", "CredentialsProvider", "CredentialsProviderContext", "StreamingCredentialsProvider"},
	},
}
