module example.com

go 1.24

require (
	example.org/foreign v0.0.0
	github.com/alicebob/miniredis/v2 v2.35.0
	github.com/go-redis/redis/v8 v8.11.5
	github.com/redis/go-redis/v9 v9.22.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)

replace example.org/foreign => ./foreign
