package spec

// What the counterparts of instrumentation are, and what to do where there is none.
const (
	runtimeOtel = "github.com/redis2cf/redis2cf/runtime/cfotel"
	runtimeText = "github.com/redis2cf/redis2cf/runtime/cfcmd"

	doTrace   = "instrument the client with runtime/cfotel instead, whose spans the vendor's OpenTelemetry intake takes"
	doHook    = "write the hook for the facade (cfstore.Hook has the same methods), or instrument the client with runtime/cfotel"
	doMock    = "use a store of the test's own (CFSTORE_URL=memory://) or runtime/cftest in its place"
	doConnect = "construct the client with the generated package and pass it, where the library takes one"
)

// libraries is the table of known libraries, by path. Every row was decided by reading
// the source at the version that it names.
var libraries = []*Library{
	{Path: "github.com/DataDog/dd-trace-go/contrib/go-redis/redis.v8/v2", Names: "NewClient", Use: UseConnects, Redis: "v8", Read: "a4bdff1", Why: "constructs a client by the options and traces it", Do: doConnect},
	{Path: "github.com/DataDog/dd-trace-go/contrib/go-redis/redis.v8/v2", Use: UseObserves, Redis: "v8", Read: "a4bdff1", Why: "adds a hook that traces", Do: doTrace},
	{Path: "github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2", Names: "NewClient", Use: UseConnects, Redis: "v9", Read: "a4bdff1", Why: "constructs a client by the options and traces it", Do: doConnect},
	{Path: "github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2", Use: UseObserves, Redis: "v9", Read: "a4bdff1", Why: "adds a hook that traces", Do: doTrace},
	{Path: "github.com/JGLTechnologies/gin-rate-limit", Use: UseSends, Redis: "v9", Read: "v2.0.0", Why: "counts with GET, SET, INCR and EXPIRE in pipelines"},
	{Path: "github.com/RichardKnop/machinery/v2/brokers/redis", Use: UseNone, Redis: "v9", Read: "v2.0.16", Why: "connects to the addresses that it is given; its queues stay in that Redis"},
	{Path: "github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream", Use: UseSends, Redis: "v9", Read: "v1.4.3", Why: "sends XADD, XREAD, XREADGROUP, XCLAIM, XACK and kin"},
	{Path: "github.com/adjust/rmq/v5", Names: "OpenConnectionWithRedisOptions", Use: UseConnects, Redis: "v9", Read: "v5.2.0", Why: "constructs a client by the options", Do: "construct the client with the generated package and use OpenConnectionWithRedisClient"},
	{Path: "github.com/adjust/rmq/v5", Use: UseSends, Redis: "v9", Read: "v5.2.0", Why: "keeps its queues with commands on lists and sets"},
	{Path: "github.com/alexedwards/scs/goredisstore", Use: UseSends, Redis: "v9", Read: "ab20b3f", Why: "keeps sessions with SET, GET, DEL and SCAN"},
	{Path: "github.com/alicebob/miniredis/v2", Use: UseNone, Redis: "v9", Read: "v2.35.0", Why: "is a server that clients of any kind connect to; its everyday methods move to runtime/cftest (TEST_SERVER names the others)"},
	{Path: "github.com/bsm/redislock", Use: UseSends, Redis: "v8 v9", Read: "v0.10.0, v0.7.2", Why: "runs its scripts with EVALSHA and EVAL"},
	{Path: "github.com/casbin/redis-adapter/v3", Use: UseNone, Redis: "none", Read: "v3.5.0", Why: "stands on redigo"},
	{Path: "github.com/casbin/redis-watcher/v2", Names: "NewPublishWatcher NewWatcher NewWatcherWithCluster WatcherOptions .ClusterOptions .Options .PubClient .SubClient", Use: UseSends, Redis: "v9", Read: "v2.8.0", Why: "publishes and subscribes with SubClient and PubClient; without them it connects by its options"},
	{Path: "github.com/centrifugal/centrifuge", Use: UseNone, Redis: "none", Read: "v0.38.0", Why: "stands on rueidis"},
	{Path: "github.com/chenyahui/gin-cache/persist", Use: UseSends, Redis: "v8", Read: "v1.9.0", Why: "caches with SET, GET and DEL"},
	{Path: "github.com/cloudwego/eino-ext/components/embedding/cache/redis", Use: UseSends, Redis: "v9", Read: "c9a5dc9", Why: "caches with SET and GET"},
	{Path: "github.com/cloudwego/eino-ext/components/indexer/redis", Use: UseSearches, Redis: "v9", Read: "c9a5dc9", Why: "writes the hashes that FT.SEARCH is to find"},
	{Path: "github.com/cloudwego/eino-ext/components/retriever/redis", Use: UseSearches, Redis: "v9", Read: "c9a5dc9", Why: "sends FT.SEARCH"},
	{Path: "github.com/dtm-labs/rockscache", Use: UseSends, Redis: "v8 v9", Read: "v0.1.1, v0.0.11", Why: "runs scripts and sends HGET, HSET, EXPIRE and DEL; Rdb gives back the client that it was given"},
	{Path: "github.com/eko/gocache/store/redis/v4", Use: UseSends, Redis: "v9", Read: "v4.2.6", Why: "caches with SET, GET, TTL, DEL and sets of tags"},
	{Path: "github.com/eko/gocache/store/rediscluster/v4", Use: UseSends, Redis: "v9", Read: "v4.2.3", Why: "caches with SET, GET, TTL, DEL and sets of tags"},
	{Path: "github.com/gin-contrib/sessions/redis", Use: UseNone, Redis: "none", Read: "v1.1.0", Why: "stands on redigo"},
	{Path: "github.com/go-chi/httprate-redis", Use: UseSends, Redis: "v9", Read: "v0.6.0", Why: "counts with INCRBY, EXPIRE and MGET"},
	{Path: "github.com/go-co-op/gocron-redis-lock/v2", Use: UseSends, Redis: "v9", Read: "v2.0.1", Why: "locks through redsync"},
	{Path: "github.com/go-oauth2/redis/v4", Names: "NewRedisClusterStore NewRedisStore", Use: UseConnects, Redis: "v8", Read: "v4.1.1", Why: "constructs a client by the options", Do: "construct the client with the generated package and use NewRedisStoreWithCli"},
	{Path: "github.com/go-oauth2/redis/v4", Use: UseSends, Redis: "v8", Read: "v4.1.1", Why: "keeps tokens with SET, GET and DEL in transactions"},
	{Path: "github.com/go-redis/cache/v8", Use: UseSends, Redis: "v8", Read: "v8.4.4", Why: "caches with SET, GET and DEL"},
	{Path: "github.com/go-redis/cache/v9", Use: UseSends, Redis: "v9", Read: "v9.0.0", Why: "caches with SET, GET and DEL"},
	{Path: "github.com/go-redis/redis/extra/rediscensus/v8", Use: UseHook, Redis: "v8", Read: "v8.11.5", Why: "makes a hook that traces with OpenCensus", Do: doHook},
	{Path: "github.com/go-redis/redis/extra/redisotel/v8", Use: UseHook, Redis: "v8", Read: "v8.11.5", Why: "makes a hook that traces with OpenTelemetry", Do: "take the hook out, and once the client has moved call cfotel.InstrumentTracing(rdb) of runtime/cfotel"},
	{Path: "github.com/go-redis/redis_rate/v10", Use: UseSends, Redis: "v9", Read: "v10.0.1", Why: "limits with scripts"},
	{Path: "github.com/go-redis/redis_rate/v9", Use: UseSends, Redis: "v8", Read: "v9.1.2", Why: "limits with scripts"},
	{Path: "github.com/go-redis/redismock/v8", Use: UseTypes, Redis: "v8", Read: "v8.11.5", Why: "compares arguments by their Go types and writes results into the fields of go-redis's commands", Do: doMock},
	{Path: "github.com/go-redis/redismock/v9", Use: UseTypes, Redis: "v9", Read: "v9.2.0", Why: "compares arguments by their Go types and writes results into the fields of go-redis's commands", Do: doMock},
	{Path: "github.com/go-redsync/redsync/v4/redis/goredis/v8", Use: UseSends, Redis: "v8", Read: "v4.17.0", Why: "locks with SETNX, GET, PTTL and scripts"},
	{Path: "github.com/go-redsync/redsync/v4/redis/goredis/v9", Use: UseSends, Redis: "v9", Read: "v4.17.0", Why: "locks with SETNX, GET, PTTL and scripts"},
	{Path: "github.com/go-session/redis/v3", Use: UseSends, Redis: "v9", Read: "v3.2.1", Why: "keeps sessions with SET, GET, EXPIRE and DEL"},
	{Path: "github.com/gofiber/storage/redis/v3", Use: UseSends, Redis: "v9", Read: "v3.5.2", Why: "keeps values with SET, GET, DEL, SCAN and FLUSHDB; Conn gives back the client that it was given"},
	{Path: "github.com/hellofresh/health-go/v5/checks/redis", Use: UseNone, Redis: "v9", Read: "v5.5.5", Why: "connects to the address that it is to check"},
	{Path: "github.com/hertz-contrib/cache/persist", Use: UseSends, Redis: "v8", Read: "v0.0.1", Why: "caches with SET, GET and DEL"},
	{Path: "github.com/hibiken/asynq", Use: UseSends, Redis: "v9", Read: "v0.26.0", Why: "keeps its queues with scripts, sorted sets, hashes and a channel; INFO and CLUSTER answer as a Redis that stands alone"},
	{Path: "github.com/hibiken/asynq/x/rate", Use: UseSends, Redis: "v9", Read: "v0.26.0", Why: "counts with scripts"},
	{Path: "github.com/instana/go-sensor/instrumentation/instaredis", Use: UseObserves, Redis: "v8", Read: "v1.3.0", Why: "adds a hook that traces", Do: doTrace},
	{Path: "github.com/instana/go-sensor/instrumentation/instaredis/v2", Use: UseObserves, Redis: "v9", Read: "v2.53.0", Why: "adds a hook that traces", Do: doTrace},
	{Path: "github.com/kataras/iris/v12/middleware/jwt/blocklist/redis", Use: UseConnects, Redis: "v9", Read: "v12.2.11", Why: "constructs a client by its options"},
	{Path: "github.com/kataras/iris/v12/sessions/sessiondb/redis", Use: UseSends, Redis: "v9", Read: "v12.2.11", Why: "keeps sessions in hashes"},
	{Path: "github.com/mennanov/limiters", Use: UseSends, Redis: "v9", Read: "v1.13.11", Why: "limits with GET, SET, INCR, sorted sets and scripts"},
	{Path: "github.com/mgtv-tech/jetcache-go/remote", Use: UseSends, Redis: "v9", Read: "v1.2.6", Why: "caches with SET, GET and DEL in pipelines"},
	{Path: "github.com/newrelic/go-agent/v3/integrations/nrredis-v8", Use: UseHook, Redis: "v8", Read: "v1.0.3", Why: "makes a hook that times commands", Do: doHook},
	{Path: "github.com/newrelic/go-agent/v3/integrations/nrredis-v9", Use: UseHook, Redis: "v9", Read: "v1.1.2", Why: "makes a hook that times commands", Do: doHook},
	{Path: "github.com/nitishm/go-rejson/v4", Use: UseSends, Redis: "v8 v9", Read: "v4.2.0, v4.1.0", Why: "sends the JSON commands"},
	{Path: "github.com/nitishm/go-rejson/v4/clients", Use: UseSends, Redis: "v8 v9", Read: "v4.2.0, v4.1.0", Why: "sends the JSON commands"},
	{Path: "github.com/philippgille/gokv/redis", Use: UseNone, Redis: "v9", Read: "v0.7.0", Why: "connects by its own options; its data stays in that Redis"},
	{Path: "github.com/rbcervilla/redisstore/v8", Use: UseSends, Redis: "v8", Read: "v8.1.0", Why: "keeps sessions with SET, GET and DEL"},
	{Path: "github.com/rbcervilla/redisstore/v9", Use: UseSends, Redis: "v9", Read: "v9.0.0", Why: "keeps sessions with SET, GET and DEL"},
	{Path: "github.com/redis/go-redis/extra/rediscensus/v9", Use: UseHook, Redis: "v9", Read: "v9.22.0", Why: "makes a hook that traces with OpenCensus", Do: doHook},
	{Path: "github.com/redis/go-redis/extra/rediscmd/v9", Names: "AppendCmd CmdString CmdsString", Use: UseMoves, Redis: "v9", Read: "v9.22.0", Why: "writes commands as text", Counterpart: runtimeText},
	{Path: "github.com/redis/go-redis/extra/redisotel-native/v9", Use: UseNone, Redis: "v9", Read: "v9.22.0", Why: "measures all clients of go-redis in the process by callbacks within it; of the facade's it sees none"},
	{Path: "github.com/redis/go-redis/extra/redisotel/v9", Names: otelNames, Use: UseMoves, Redis: "v9", Read: "v9.22.0", Why: "adds hooks that trace and measure with OpenTelemetry, and reads the pool's numbers", Counterpart: runtimeOtel},
	{Path: "github.com/redis/go-redis/extra/redisprometheus/v9", Use: UseObserves, Redis: "v9", Read: "v9.22.0", Why: "reads the pool's numbers, which are the bridge's", Do: "measure commands with runtime/cfotel; PoolStats of the facade's client counts its sessions"},
	{Path: "github.com/sethvargo/go-redisstore", Use: UseNone, Redis: "none", Read: "v0.3.0", Why: "stands on redigo"},
	{Path: "github.com/silenceper/wechat/v2/cache", Use: UseSends, Redis: "v8", Read: "v2.1.6", Why: "caches with GET, SETEX, EXISTS and DEL through what SetConn is given; NewRedis connects by its own options"},
	{Path: "github.com/tavsec/gin-healthcheck/checks", Use: UseSends, Redis: "v9", Read: "v1.7.16", Why: "sends PING"},
	{Path: "github.com/throttled/throttled/v2/store/goredisstore.v8", Use: UseSends, Redis: "v8", Read: "v2.13.0", Why: "limits with GET, SETNX, EXPIRE and a script"},
	{Path: "github.com/throttled/throttled/v2/store/goredisstore.v9", Use: UseSends, Redis: "v9", Read: "v2.13.0", Why: "limits with GET, SETNX, EXPIRE and a script"},
	{Path: "github.com/tmc/langchaingo/vectorstores/redisvector", Use: UseNone, Redis: "none", Read: "v0.1.14", Why: "stands on rueidis"},
	{Path: "github.com/ulule/limiter/v3/drivers/store/redis", Use: UseSends, Redis: "v8 v9", Read: "v3.11.2, v3.10.0", Why: "limits with scripts"},
	{Path: "github.com/viney-shih/go-cache", Use: UseSends, Redis: "v8", Read: "v1.1.5", Why: "takes nothing but a ring; caches with MGET, SET and DEL and tells of changes by a channel"},
	{Path: "github.com/vmihailenco/taskq/v3", Use: UseSends, Redis: "v8", Read: "v3.2.9", Why: "locks, limits and keeps what was seen with SETNX, DEL and scripts"},
	{Path: "github.com/vmihailenco/taskq/v3/redisq", Use: UseSends, Redis: "v8", Read: "v3.2.9", Why: "keeps its queues in streams and sorted sets"},
	{Path: "github.com/zeromicro/go-zero/core/stores/redis", Use: UseConnects, Redis: "v9", Read: "v1.10.3", Why: "constructs clients by its own configuration; a hook that it is given is go-redis's"},
	{Path: "github.com/zishang520/socket.io/adapters/redis/v3", Use: UseSends, Redis: "v9", Read: "v3.0.2", Why: "publishes, subscribes and keeps streams"},
	{Path: "go.elastic.co/apm/module/apmgoredisv8", Use: UseHook, Redis: "v8", Read: "v1.15.0", Why: "makes a hook that traces", Do: doHook},
	{Path: "go.elastic.co/apm/module/apmgoredisv8/v2", Use: UseHook, Redis: "v8", Read: "v2.7.12", Why: "makes a hook that traces", Do: doHook},
	{Path: "gopkg.in/DataDog/dd-trace-go.v1/contrib/go-redis/redis.v8", Names: "NewClient", Use: UseConnects, Redis: "v8", Read: "v1.74.0", Why: "constructs a client by the options and traces it", Do: doConnect},
	{Path: "gopkg.in/DataDog/dd-trace-go.v1/contrib/go-redis/redis.v8", Use: UseObserves, Redis: "v8", Read: "v1.74.0", Why: "adds a hook that traces", Do: doTrace},
	{Path: "gopkg.in/DataDog/dd-trace-go.v1/contrib/redis/go-redis.v9", Names: "NewClient", Use: UseConnects, Redis: "v9", Read: "v1.74.0", Why: "constructs a client by the options and traces it", Do: doConnect},
	{Path: "gopkg.in/DataDog/dd-trace-go.v1/contrib/redis/go-redis.v9", Use: UseObserves, Redis: "v9", Read: "v1.74.0", Why: "adds a hook that traces", Do: doTrace},
}

// otelNames are redisotel's names that runtime/cfotel has.
const otelNames = `InstrumentTracing InstrumentMetrics
	Option TracingOption MetricsOption
	WithDBSystem WithAttributes WithPoolName
	WithTracerProvider WithDBStatement WithCallerEnabled WithCommandFilter WithCommandsFilter WithDialFilter
	WithMeterProvider WithCloseChan WithSemConvCompliantMetrics
	DefaultCommandFilter BasicCommandFilter`
