module github.com/redis2cf/redis2cf/runtime/cfotel

go 1.21

require (
	github.com/redis2cf/redis2cf/runtime v0.0.0
	go.opentelemetry.io/otel v1.22.0
	go.opentelemetry.io/otel/metric v1.22.0
	go.opentelemetry.io/otel/trace v1.22.0
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-logr/logr v1.4.1 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/sony/gobreaker/v2 v2.0.0 // indirect
)

replace github.com/redis2cf/redis2cf/runtime => ../
