// Package asynq has the names of a library that asks for a client by an interface.
package asynq

import "github.com/redis/go-redis/v9"

// RedisConnOpt gives a client of go-redis's, as any.
type RedisConnOpt interface{ MakeRedisClient() interface{} }

// A Client enqueues tasks.
type Client struct{ c redis.UniversalClient }

// NewClient asks for the client.
func NewClient(r RedisConnOpt) *Client {
	c, ok := r.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		panic("asynq: unsupported RedisConnOpt")
	}
	return &Client{c}
}

// NewClientFromRedisClient takes it.
func NewClientFromRedisClient(c redis.UniversalClient) *Client { return &Client{c} }
