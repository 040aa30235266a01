package spec

import "strings"

// Reason codes. They are stable: reports, redis2cf.yaml, CI budgets and people's
// notes name them.
const (
	Migratable        = "MIGRATABLE"
	NotInFamily       = "NOT_IN_FAMILY"
	NoFamily          = "NO_FAMILY"
	ViewMissing       = "VIEW_MISSING"
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
	ShardsSplit       = "SHARDS_SPLIT"
	StoreUnfit        = "STORE_UNFIT"
)

// A Code explains why a site, method or symbol was not migrated, or was
// migrated with less than a view.
type Code struct {
	Code   string // KEY_FROM_DATA
	Title  string // a few words
	Why    string // why the tool stops there
	Do     string // what a person can do about it
	Effort Effort // of doing it, at each place
	// Example is a few lines that give the code. They stand, in this order, in a case of
	// testdata/cases or in a script of internal/cli/testdata/script that gives it;
	// a line of "…" stands for lines left out.
	Example string
}

var codes = []Code{
	{
		Code:   Migratable,
		Title:  "still on go-redis",
		Why:    "Nothing stands against moving the call: go vet, editors and redis2cf -check name it, so that a program that was migrated stays so.",
		Do:     "Run redis2cf -w, or go fix -fixtool=$(which redis2cf) in a module that was migrated before.",
		Effort: EffortMinutes,
		Example: `
rdb := redis.NewClient(&redis.Options{})
…
return rdb.Get(ctx, "page:"+name).Result()`,
	},
	{
		Code:   NotInFamily,
		Title:  "a key outside of its view's family",
		Why:    "The call goes through the view of one family, and its key does not begin as that family's keys do: the store, the type and the expiry of another family would hold for it.",
		Do:     "Use the view of the key's own family, or none.",
		Effort: EffortMinutes,
		Example: `
cfstore.Page(rdb).Set(ctx, "avatar:"+user, image, 0)`,
	},
	{
		Code:   NoFamily,
		Title:  "a key that redis2cf.yaml has no family for",
		Why:    "The program was migrated, and a key has come since that no family has: it lives where the default family says.",
		Do:     "Run redis2cf -w, which gives the key a family with a store and a reason, or write the lines of the message into redis2cf.yaml and run redis2cf generate; and commit redis2cf.yaml.",
		Effort: EffortMinutes,
		Example: `
return rdb.Incr(ctx, "visits:"+name).Err()`,
	},
	{
		Code:   ViewMissing,
		Title:  "a call without the view of its family",
		Why:    "The program was migrated, and the call came since: it works, routed by its key, but the compiler does not hold it to its family's data type.",
		Do:     "Run redis2cf -w, or go fix -fixtool=$(which redis2cf), or take the fix that the editor offers.",
		Effort: EffortMinutes,
		Example: `
return rdb.Expire(ctx, "page:"+name, ttl).Err()`,
	},
	{
		Code:   KeyFromImporter,
		Title:  "the key comes from outside the module",
		Why:    "The key is an exported parameter of a library, so only the programs that import it know what it looks like.",
		Do:     "Nothing is wrong: the call is migrated and routed by the plan's patterns at run time. Name a default family in redis2cf.yaml if its store matters.",
		Effort: EffortNone,
		Example: `
func Load(ctx context.Context, rdb *redis.Client, key string) (string, error) {
	return rdb.Get(ctx, key).Result()
}`,
	},
	{
		Code:   KeyFromData,
		Title:  "the key comes out of stored data",
		Why:    "The key was read from Redis, a file, a message or a user, so its pattern is not in the source.",
		Do:     "The call is migrated and routed at run time. Name the pattern in redis2cf.yaml if its store matters.",
		Effort: EffortNone,
		Example: `
key, err := rdb.LPop(ctx, "queue").Result()
…
return rdb.Get(ctx, key).Result()`,
	},
	{
		Code:   KeyUnknown,
		Title:  "the key could not be worked out",
		Why:    "The key passes through code that the analysis does not follow: recursion, function values, reflection.",
		Do:     "Build the key from a constant prefix near the call, or name the pattern in redis2cf.yaml.",
		Effort: EffortMinutes,
		Example: `
type Cache struct {
	rdb *redis.Client
	key func(id string) string
}
…
return c.rdb.Get(ctx, c.key(id)).Result()`,
	},
	{
		Code:   SeveralFamilies,
		Title:  "keys of several families at one call",
		Why:    "The call works on keys that belong to different families, so no single view is right.",
		Do:     "Nothing is wrong: the call keeps its receiver and is routed by key. Split it if the families should live apart.",
		Effort: EffortNone,
		Example: `
return c.Del(ctx, "session:"+id, "messages:"+id).Err()`,
	},
	{
		Code:   FamilyConflict,
		Title:  "one key pattern, two data types",
		Why:    "Two calls use the same pattern with commands of different data types, and neither pattern is the more specific.",
		Do:     "Give one of them a prefix of its own, or write the two families into redis2cf.yaml.",
		Effort: EffortSmall,
		Example: `
rdb.Set(ctx, "user:"+id, "name", 0)
…
rdb.HSet(ctx, "user:"+id, "name", "x")`,
	},
	{
		Code:   NarrowInterface,
		Title:  "the receiver is not a Cmdable",
		Why:    "The call goes through an interface that has only some of the commands, so a view cannot be laid over it.",
		Do:     "Nothing is wrong: the call is migrated without a view. Use Cmdable in the interface's place to get one.",
		Effort: EffortNone,
		Example: `
type counter interface {
	Incr(ctx context.Context, key string) *redis.IntCmd
}

func Count(ctx context.Context, c counter) int64 { return c.Incr(ctx, "visits").Val() }`,
	},
	{
		Code:   EscapesAsAny,
		Title:  "a go-redis value leaves through any",
		Why:    "A client or command goes into a foreign function, a map, a channel or a context as an interface value, and what is done with it there is not known.",
		Do:     "Pass the value with its type, or mark the call with //redis2cf:keep and a reason.",
		Effort: EffortSmall,
		Example: `
return foreign.Use(redis.NewClient(&redis.Options{}))`,
	},
	{
		Code:   CommandNotServed,
		Title:  "the engine does not serve this command",
		Why:    "The command is not implemented by the engine that this version of the runtime brings.",
		Do:     "Follow the advice behind the command, keep the call on go-redis, or wait for the version that serves it.",
		Effort: EffortMedium,
		Example: `
return rdb.ARSet(ctx, "readings", 7, v).Err()`,
	},
	{
		Code:   CommandUnknown,
		Title:  "the command is not known",
		Why:    "Do or Process is called with a command name that is not a constant, or that no table has.",
		Do:     "Use the typed method of the command; at run time an unknown command answers ErrUnsupported with its name.",
		Effort: EffortSmall,
		Example: `
func console(ctx context.Context, rdb *redis.Client, command string) (any, error) {
	return rdb.Do(ctx, command, "page:home").Result()
}`,
	},
	{
		Code:   NotOnFacade,
		Title:  "the facade has no such method or type",
		Why:    "The name belongs to go-redis's own machinery, which the runtime replaces.",
		Do:     "A genuine go-redis client over the engine still has it: cfstore.GoRedis(x).",
		Effort: EffortSmall,
		Example: `
return errors.Is(rdb.Ping(ctx).Err(), redis.ErrInvalidPool)`,
	},
	{
		Code:   NotInGoRedis,
		Title:  "go-redis does not implement it either",
		Why:    "The method exists in go-redis but panics or always returns an error.",
		Do:     "Remove the call.",
		Effort: EffortMinutes,
		Example: `
func stop(ctx context.Context, rdb *redis.Client) { rdb.Quit(ctx) }`,
	},
	{
		Code:   ServerAdmin,
		Title:  "administration of a Redis server",
		Why:    "The command steers a server process: persistence, replication, connections, modules, slow log, latency.",
		Do:     "There is no such process. Remove the call, or keep it beside the Redis that stays.",
		Effort: EffortMinutes,
		Example: `
type admin interface {
	BgSave(ctx context.Context) *redis.StatusCmd
}

var _ admin = (*redis.Client)(nil)`,
	},
	{
		Code:   ClusterAdmin,
		Title:  "administration of Redis Cluster",
		Why:    "The command or option steers nodes and slots.",
		Do:     "There are none: placement groups and shards in redis2cf.yaml take their place. Remove the call.",
		Effort: EffortMinutes,
		Example: `
return rdb.ClusterMeet(ctx, "10.0.0.7", "6379").Err()`,
	},
	{
		Code:   Sentinel,
		Title:  "Redis Sentinel",
		Why:    "The type or option finds and watches the primary of a replicated Redis.",
		Do:     "There is no primary to find. Construct a plain client; the store URL says where the data is.",
		Effort: EffortSmall,
		Example: `
s := redis.NewSentinelClient(&redis.Options{Addr: addr})
…
return s.GetMasterAddrByName(ctx, "main").Result()`,
	},
	{
		Code:   ACLAdmin,
		Title:  "users and rights of Redis",
		Why:    "The command manages Redis's access control lists.",
		Do:     "Access is by Cloudflare tokens. Remove the call.",
		Effort: EffortMinutes,
		Example: `
func (s *Store) Who(ctx context.Context) string { return s.rdb.ACLWhoAmI(ctx).Val() }`,
	},
	{
		Code:   TokenAccess,
		Title:  "access is by the token in the options",
		Why:    "AUTH would change who the connection is, which is settled by Options.Password for the whole client.",
		Do:     "Put the token into Options.Password and remove the call.",
		Effort: EffortMinutes,
		Example: `
_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
	return p.Auth(ctx, password).Err()
})`,
	},
	{
		Code:   ClientCache,
		Title:  "client-side caching",
		Why:    "The command or type belongs to go-redis's client-side cache, which needs invalidation pushes of a Redis server.",
		Do:     "The embedded engine is in the process and needs none. Remove it.",
		Effort: EffortMinutes,
		Example: `
return rdb.ClientTrackingOff(ctx).Err()`,
	},
	{
		Code:   PushNotifications,
		Title:  "push notifications and maintenance events",
		Why:    "The name handles RESP3 pushes or maintenance events of a Redis server.",
		Do:     "There is nothing to handle. Remove it.",
		Effort: EffortMinutes,
		Example: `
return rdb.RegisterPushNotificationHandler("MOVING", h, false)`,
	},
	{
		Code:   OptionUnsupported,
		Title:  "an option that changes how go-redis connects",
		Why:    "The option is a function or a provider that go-redis calls while it connects; the runtime does not connect that way.",
		Do:     "Remove the option; the address or $CFSTORE_URL names the store, Options.Password is the token.",
		Effort: EffortMinutes,
		Example: `
return redis.NewClient(&redis.Options{
	Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return net.Dial("unix", "/run/redis.sock")
	},
})`,
	},
	{
		Code:   Search,
		Title:  "the query engine",
		Why:    "FT.* commands need Redis's query engine.",
		Do:     "Use Vectorize for similarity and D1 full-text search (FTS5) for text.",
		Effort: EffortLarge,
		Example: `
r, err := c.rdb.FTSearch(ctx, "products", words).Result()`,
	},
	{
		Code:   TimeSeries,
		Title:  "time series",
		Why:    "TS.* commands need Redis's time series.",
		Do:     "Use Workers Analytics Engine, or a sorted set by time for short series.",
		Effort: EffortLarge,
		Example: `
return rdb.TSAdd(ctx, "temperature", at, v).Err()`,
	},
	{
		Code:   Probabilistic,
		Title:  "probabilistic structures",
		Why:    "BF.*, CF.*, CMS.*, TOPK.* and TDIGEST.* need Redis's probabilistic structures.",
		Do:     "Use exact sets and sorted sets, or code of your own in the Durable Object.",
		Effort: EffortLarge,
		Example: `
p.BFAdd(ctx, "seen", id)`,
	},
	{
		Code:   VectorSet,
		Title:  "vector sets",
		Why:    "V* commands need Redis's vector sets.",
		Do:     "Use Vectorize.",
		Effort: EffortLarge,
		Example: `
return rdb.VSim(ctx, "products", &redis.VectorRef{Name: item}).Result()`,
	},
	{
		Code:   KVPrimaryRefused,
		Title:  "consistency: primary cannot be kept",
		Why:    "It lets KV answer without the object, which is possible only for families that use nothing but GET, MGET, SET (without NX, XX, GET and KEEPTTL), SETEX and DEL (without looking at its count), outside of transactions, and that meet no other family in a script or multi-key command. What such a family then promises is in docs/kv-primary.md.",
		Do:     "Write consistency: follow into redis2cf.yaml, or take the other commands out of the program.",
		Effort: EffortMinutes,
		Example: `
  - pattern: hits:*
    …
    store: kv
    consistency: primary
…
return rdb.Incr(ctx, "hits:"+page).Err()`,
	},
	{
		Code:   KVExpiryTooShort,
		Title:  "an expiry that KV does not keep",
		Why:    "KV keeps nothing for less than 60 seconds: a key with a shorter expiry stays in the object, and readers at the edge do not see it.",
		Do:     "Write store: do into redis2cf.yaml, or set a longer expiry.",
		Effort: EffortMinutes,
		Example: `
  - pattern: code:*
    …
    store: kv
…
return rdb.Set(ctx, "code:"+user, code, 30*time.Second).Err()`,
	},
	{
		Code:   GroupsSplit,
		Title:  "families that meet live in two groups",
		Why:    "Only one object can run a transaction, script or multi-key command in one piece, and redis2cf.yaml puts its families into different placement groups.",
		Do:     "Give the families the same group in redis2cf.yaml.",
		Effort: EffortMinutes,
		Example: `
  - pattern: stock:*
    …
    group: shop
  - pattern: orders
    …
    group: mail
…
p.Decr(ctx, "stock:"+item)
p.LPush(ctx, "orders", item)`,
	},
	{
		Code:   ShardsSplit,
		Title:  "keys of one call live in two shards",
		Why:    "redis2cf.yaml divides the group into shards by what stands in a key's braces, as Redis Cluster does, and these keys have no such part in common: the call answers CROSSSLOT.",
		Do:     "Write shards: 1 into redis2cf.yaml, or put what the keys share into braces: cart:{42} and total:{42} are in one shard.",
		Effort: EffortSmall,
		Example: `
groups:
  - name: main
    shards: 8
…
return rdb.SInter(ctx, "tag:"+a, "color:"+b).Result()`,
	},
	{
		Code:   StoreUnfit,
		Title:  "a store that does not take what the family has",
		Why:    "KV takes strings and JSON documents, and R2 the values of strings that are read and written whole. Other keys of the family stay in the object alone; what works on the bytes of a value in R2 answers an error.",
		Do:     "Write store: do or d1 into redis2cf.yaml; for R2, read such values whole, or give those that are counted or appended to a family of their own.",
		Effort: EffortMinutes,
		Example: `
  - pattern: inbox:*
    …
    store: kv
…
return rdb.LPush(ctx, "inbox:"+user, text).Err()`,
	},
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

// docsURL is the page that is written from the codes.
const docsURL = "https://github.com/redis2cf/redis2cf/blob/main/docs/reason-codes.md"

// URL is where the code is explained.
func (c Code) URL() string { return docsURL + "#" + strings.ToLower(c.Code) }
