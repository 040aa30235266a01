module github.com/go-redis/redismock/v9

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
