// Package redis has the names of a library that traces clients.
package redis

import "github.com/redis/go-redis/v9"

// WrapClient adds a hook.
func WrapClient(client redis.UniversalClient) { client.AddHook(nil) }

// NewClient constructs a client and wraps it.
func NewClient(opt *redis.Options) redis.UniversalClient {
	client := redis.NewClient(opt)
	WrapClient(client)
	return client
}
