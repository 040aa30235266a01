module github.com/redis2cf/redis2cf/runtime/goredisv8

go 1.21

require (
	github.com/go-redis/redis/v8 v8.11.5
	github.com/go-redis/redis_rate/v9 v9.1.2
	github.com/redis2cf/redis2cf/runtime v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
)

replace github.com/redis2cf/redis2cf/runtime => ../
