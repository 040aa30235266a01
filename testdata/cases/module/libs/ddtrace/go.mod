module github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
