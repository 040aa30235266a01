module github.com/redis/go-redis/extra/rediscmd/v9

go 1.21

require github.com/redis/go-redis/v9 v9.22.0
