module github.com/redis/go-redis/extra/redisotel/v9

go 1.21

require (
	github.com/redis/go-redis/v9 v9.22.0
	go.opentelemetry.io/otel v1.22.0
	go.opentelemetry.io/otel/metric v1.22.0
	go.opentelemetry.io/otel/trace v1.22.0
)
