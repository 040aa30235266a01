package page

import (
	"context"

	"github.com/redis/go-redis/v9"
)

func Read(ctx context.Context, rdb *redis.Client, name string) (string, error) {
	return rdb.Get(ctx, "page:"+name).Result() // want `Get on "page:\*" \(string\): goes to Workers KV`
}
