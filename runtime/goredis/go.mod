module github.com/redis2cf/redis2cf/runtime/goredis

go 1.21

require (
	github.com/bsm/redislock v0.9.4
	github.com/redis/go-redis/v9 v9.0.5
	github.com/redis2cf/redis2cf/runtime v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
)

replace github.com/redis2cf/redis2cf/runtime => ../
