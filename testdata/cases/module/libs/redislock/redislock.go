// Package redislock has the names of a library that only sends commands.
package redislock

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// RedisClient is what a Client needs.
type RedisClient interface{ redis.Scripter }

// A Client takes locks.
type Client struct{ client RedisClient }

// New takes a client.
func New(client RedisClient) *Client { return &Client{client} }

// Obtain takes a lock.
func (c *Client) Obtain(ctx context.Context, key string) error {
	return c.client.Eval(ctx, "return redis.call('set', KEYS[1], 1, 'nx')", []string{key}).Err()
}
