module github.com/redis2cf/redis2cf

go 1.26.0
