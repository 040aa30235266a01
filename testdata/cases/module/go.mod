module example.com

go 1.24

require (
	example.org/foreign v0.0.0
	github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2 v2.0.0
	github.com/alicebob/miniredis/v2 v2.35.0
	github.com/bsm/redislock v0.9.4
	github.com/cloudwego/eino-ext/components/retriever/redis v0.0.0
	github.com/go-redis/redis/extra/redisotel/v8 v8.11.5
	github.com/go-redis/redis/v8 v8.11.5
	github.com/go-redis/redismock/v9 v9.2.0
	github.com/hibiken/asynq v0.26.0
	github.com/newrelic/go-agent/v3/integrations/nrredis-v9 v1.1.2
	github.com/redis/go-redis/extra/rediscmd/v9 v9.22.0
	github.com/redis/go-redis/extra/redisotel/v9 v9.22.0
	github.com/redis/go-redis/v9 v9.22.0
	go.opentelemetry.io/otel v1.22.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/go-logr/logr v1.4.1 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	go.opentelemetry.io/otel/metric v1.22.0 // indirect
	go.opentelemetry.io/otel/trace v1.22.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)

replace example.org/foreign => ./foreign

// Libraries of the table of known ones, by their paths: each has what a case needs.
replace (
	github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2 => ./libs/ddtrace
	github.com/bsm/redislock => ./libs/redislock
	github.com/cloudwego/eino-ext/components/retriever/redis => ./libs/einoretriever
	github.com/go-redis/redis/extra/redisotel/v8 => ./libs/redisotelv8
	github.com/go-redis/redismock/v9 => ./libs/redismock
	github.com/hibiken/asynq => ./libs/asynq
	github.com/newrelic/go-agent/v3/integrations/nrredis-v9 => ./libs/nrredis
	github.com/redis/go-redis/extra/rediscmd/v9 => ./libs/rediscmd
	github.com/redis/go-redis/extra/redisotel/v9 => ./libs/redisotel
)
