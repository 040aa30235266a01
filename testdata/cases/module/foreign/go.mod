module example.org/foreign

go 1.24

require (
	github.com/go-redis/redis/v8 v8.11.5
	github.com/redis/go-redis/v9 v9.22.0
)
