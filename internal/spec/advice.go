package spec

// What to do about methods that the facade does not have. One sentence or two;
// the tool prints it behind the reason code.
const (
	advACL           = "Not needed: access is by Cloudflare tokens and the gateway's read-only tokens; drop the call or keep it beside the Redis that stays."
	advArray         = "Redis 8's arrays have no counterpart; use a hash with the index as field, or a list."
	advClientCache   = "Not needed: the embedded engine is in the process; behind the gateway, cache in the program or let the plan place the family on KV."
	advCluster       = "Not needed: there are no nodes or slots to manage; the plan's placement groups and shards take their place."
	advConnections   = "Drop it: connections belong to the runtime and to Cloudflare, there is nothing to kill, pause or unblock from outside."
	advDurable       = "Not needed: each frame is committed before its answer leaves, and Durable Objects keep 30 days of point-in-time recovery."
	advMigrate       = "Move keys between servers with redis2cf copy."
	advModules       = "Redis modules cannot be loaded; see the advice for the commands that the module brought."
	advNewer         = "Redis 7.0 does not have this command; say it with the older commands, in a transaction or a script where it must be atomic."
	advObserve       = "Use the runtime's metrics and OpenTelemetry hooks, and Workers observability for what runs on Cloudflare."
	advPanics        = "go-redis itself does not implement this method; remove the call."
	advProbabilistic = "Use a set or a sorted set where exact answers fit, or code of your own in the Durable Object."
	advPush          = "Drop it: there are no RESP3 push notifications or maintenance events of a Redis server to handle."
	advReplication   = "Not needed: Cloudflare replicates the store."
	advScriptKill    = "Not needed: each script has a budget, and one that exceeds it ends by itself with its effects undone."
	advSearch        = "Use Vectorize for similarity and D1 full-text search (FTS5) for text, fed from the family's D1 follower."
	advSentinel      = "Not needed: there is no primary to watch or fail over."
	advTimeSeries    = "Use Workers Analytics Engine for measurements, or a sorted set by time for short series."
	advToken         = "Put the access token into Options.Password; a connection cannot change its rights later."
	advVectors       = "Use Vectorize."
)

const (
	advCmdType    = "Use a type switch on the command; a go-redis client over the engine (cfstore.GoRedis) has the numbered kinds."
	advConnecting = "Remove the option: the address or $CFSTORE_URL names the store and Options.Password is the token; hooks (AddHook) see every command."
	advHelper     = "Keep the import: the function is pure and touches no client."
	advPool       = "There is no pool of connections to hand out; Options.PoolSize bounds the frames in flight."
	advOTel       = "Use the runtime's own hooks for metrics and traces."
	advDialer     = "The runtime connects by the store URL; there is no dialer to build."
)
