module github.com/redis2cf/redis2cf/runtime/cfotel/beside

go 1.21

require (
	github.com/redis/go-redis/extra/rediscmd/v9 v9.18.0
	github.com/redis/go-redis/extra/redisotel/v9 v9.18.0
	github.com/redis/go-redis/v9 v9.18.0
	github.com/redis2cf/redis2cf/runtime v0.0.0
	github.com/redis2cf/redis2cf/runtime/cfotel v0.0.0
	go.opentelemetry.io/otel v1.22.0
	go.opentelemetry.io/otel/sdk v1.22.0
	go.opentelemetry.io/otel/sdk/metric v1.22.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/go-logr/logr v1.4.1 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	go.opentelemetry.io/otel/metric v1.22.0 // indirect
	go.opentelemetry.io/otel/trace v1.22.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sys v0.22.0 // indirect
)

replace (
	github.com/redis2cf/redis2cf/runtime => ../..
	github.com/redis2cf/redis2cf/runtime/cfotel => ..
)
