module github.com/redis2cf/redis2cf/runtime

go 1.21
