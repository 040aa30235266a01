module github.com/cloudwego/eino-ext/components/retriever/redis

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
