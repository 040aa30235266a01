package spec

// Reason codes. They are stable: reports, redis2cf.yaml, CI budgets and people's
// notes name them.
const (
	KeyFromImporter   = "KEY_FROM_IMPORTER"
	KeyFromData       = "KEY_FROM_DATA"
	KeyUnknown        = "KEY_UNKNOWN"
	SeveralFamilies   = "SEVERAL_FAMILIES"
	FamilyConflict    = "FAMILY_CONFLICT"
	NarrowInterface   = "NARROW_INTERFACE"
	EscapesAsAny      = "ESCAPES_AS_ANY"
	CommandNotServed  = "COMMAND_NOT_SERVED"
	CommandUnknown    = "COMMAND_UNKNOWN"
	NotOnFacade       = "NOT_ON_FACADE"
	NotInGoRedis      = "NOT_IN_GO_REDIS"
	ServerAdmin       = "SERVER_ADMIN"
	ClusterAdmin      = "CLUSTER_ADMIN"
	Sentinel          = "SENTINEL"
	ACLAdmin          = "ACL_ADMIN"
	TokenAccess       = "TOKEN_ACCESS"
	ClientCache       = "CLIENT_CACHE"
	PushNotifications = "PUSH_NOTIFICATIONS"
	OptionUnsupported = "OPTION_UNSUPPORTED"
	Search            = "SEARCH"
	TimeSeries        = "TIME_SERIES"
	Probabilistic     = "PROBABILISTIC"
	VectorSet         = "VECTOR_SET"
	KVPrimaryRefused  = "KV_PRIMARY_REFUSED"
	KVExpiryTooShort  = "KV_EXPIRY_TOO_SHORT"
	GroupsSplit       = "GROUPS_SPLIT"
)

// A Code explains why a site, method or symbol was not migrated, or was
// migrated with less than a view.
type Code struct {
	Code  string // KEY_FROM_DATA
	Title string // a few words
	Why   string // why the tool stops there
	Do    string // what a person can do about it
}

var codes = []Code{
	{KeyFromImporter, "the key comes from outside the module",
		"The key is an exported parameter of a library, so only the programs that import it know what it looks like.",
		"Nothing is wrong: the call is migrated and routed by the plan's patterns at run time. Name a default family in redis2cf.yaml if its store matters."},
	{KeyFromData, "the key comes out of stored data",
		"The key was read from Redis, a file, a message or a user, so its pattern is not in the source.",
		"The call is migrated and routed at run time. Name the pattern in redis2cf.yaml if its store matters."},
	{KeyUnknown, "the key could not be worked out",
		"The key passes through code that the analysis does not follow: recursion, function values, reflection.",
		"Build the key from a constant prefix near the call, or name the pattern in redis2cf.yaml."},
	{SeveralFamilies, "keys of several families at one call",
		"The call works on keys that belong to different families, so no single view is right.",
		"Nothing is wrong: the call keeps its receiver and is routed by key. Split it if the families should live apart."},
	{FamilyConflict, "one key pattern, two data types",
		"Two calls use the same pattern with commands of different data types, and neither pattern is the more specific.",
		"Give one of them a prefix of its own, or write the two families into redis2cf.yaml."},
	{NarrowInterface, "the receiver is not a Cmdable",
		"The call goes through an interface that has only some of the commands, so a view cannot be laid over it.",
		"Nothing is wrong: the call is migrated without a view. Use Cmdable in the interface's place to get one."},
	{EscapesAsAny, "a go-redis value leaves through any",
		"A client or command goes into a foreign function, a map, a channel or a context as an interface value, and what is done with it there is not known.",
		"Pass the value with its type, or mark the call with //redis2cf:keep and a reason."},
	{CommandNotServed, "the engine does not serve this command",
		"The command is not implemented by the engine that this version of the runtime brings.",
		"Follow the advice behind the command, keep the call on go-redis, or wait for the version that serves it."},
	{CommandUnknown, "the command is not known",
		"Do or Process is called with a command name that is not a constant, or that no table has.",
		"Use the typed method of the command; at run time an unknown command answers ErrUnsupported with its name."},
	{NotOnFacade, "the facade has no such method or type",
		"The name belongs to go-redis's own machinery, which the runtime replaces.",
		"A genuine go-redis client over the engine still has it: cfstore.GoRedis(x)."},
	{NotInGoRedis, "go-redis does not implement it either",
		"The method exists in go-redis but panics or always returns an error.",
		"Remove the call."},
	{ServerAdmin, "administration of a Redis server",
		"The command steers a server process: persistence, replication, connections, modules, slow log, latency.",
		"There is no such process. Remove the call, or keep it beside the Redis that stays."},
	{ClusterAdmin, "administration of Redis Cluster",
		"The command or option steers nodes and slots.",
		"There are none: placement groups and shards in redis2cf.yaml take their place. Remove the call."},
	{Sentinel, "Redis Sentinel",
		"The type or option finds and watches the primary of a replicated Redis.",
		"There is no primary to find. Construct a plain client; the store URL says where the data is."},
	{ACLAdmin, "users and rights of Redis",
		"The command manages Redis's access control lists.",
		"Access is by Cloudflare tokens. Remove the call."},
	{TokenAccess, "access is by the token in the options",
		"AUTH would change who the connection is, which is settled by Options.Password for the whole client.",
		"Put the token into Options.Password and remove the call."},
	{ClientCache, "client-side caching",
		"The command or type belongs to go-redis's client-side cache, which needs invalidation pushes of a Redis server.",
		"The embedded engine is in the process and needs none. Remove it."},
	{PushNotifications, "push notifications and maintenance events",
		"The name handles RESP3 pushes or maintenance events of a Redis server.",
		"There is nothing to handle. Remove it."},
	{OptionUnsupported, "an option that changes how go-redis connects",
		"The option is a function or a provider that go-redis calls while it connects; the runtime does not connect that way.",
		"Remove the option; the address or $CFSTORE_URL names the store, Options.Password is the token."},
	{Search, "the query engine",
		"FT.* commands need Redis's query engine.",
		"Use Vectorize for similarity and D1 full-text search (FTS5) for text."},
	{TimeSeries, "time series",
		"TS.* commands need Redis's time series.",
		"Use Workers Analytics Engine, or a sorted set by time for short series."},
	{Probabilistic, "probabilistic structures",
		"BF.*, CF.*, CMS.*, TOPK.* and TDIGEST.* need Redis's probabilistic structures.",
		"Use exact sets and sorted sets, or code of your own in the Durable Object."},
	{VectorSet, "vector sets",
		"V* commands need Redis's vector sets.",
		"Use Vectorize."},
	{KVPrimaryRefused, "consistency: primary cannot be kept",
		"It lets KV answer without the object, which is possible only for families that use nothing but GET, MGET, SET (without NX, XX, GET and KEEPTTL), SETEX and DEL (without looking at its count), outside of transactions, and that meet no other family in a script or multi-key command. What such a family then promises is in docs/kv-primary.md.",
		"Write consistency: follow into redis2cf.yaml, or take the other commands out of the program."},
	{KVExpiryTooShort, "an expiry that KV does not keep",
		"KV keeps nothing for less than 60 seconds: a key with a shorter expiry stays in the object, and readers at the edge do not see it.",
		"Write store: do into redis2cf.yaml, or set a longer expiry."},
	{GroupsSplit, "families that meet live in two groups",
		"Only one object can run a transaction, script or multi-key command in one piece, and redis2cf.yaml puts its families into different placement groups.",
		"Give the families the same group in redis2cf.yaml."},
}

// Codes are all reason codes, in the order in which they are documented.
func Codes() []Code { return append([]Code(nil), codes...) }

// CodeOf finds a reason code by its name.
func CodeOf(code string) (Code, bool) {
	for _, c := range codes {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}
