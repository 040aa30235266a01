module github.com/go-redis/redis/extra/redisotel/v8

go 1.24

require github.com/go-redis/redis/v8 v8.11.5
