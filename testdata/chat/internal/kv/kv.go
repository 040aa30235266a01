// Package kv opens the application's Redis client.
package kv

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config says where Redis is. URL wins over the other fields.
type Config struct {
	URL      string // redis://user:password@host:6379/0
	Addr     string // host:port
	Password string
	DB       int
}

// Client is the application's Redis client: go-redis's, with statistics and a
// health check that names the server.
type Client struct {
	*redis.Client
	Stats *Stats
}

// Open returns a client. It does not wait for the server; see Check.
func Open(cfg Config) (*Client, error) {
	opt := &redis.Options{
		Addr:         cfg.Addr,
		Password:     cfg.Password,
		DB:           cfg.DB,
		DialTimeout:  2 * time.Second,
		ReadTimeout:  time.Second,
		WriteTimeout: time.Second,
		MaxRetries:   2,
	}
	if cfg.URL != "" {
		var err error
		if opt, err = redis.ParseURL(cfg.URL); err != nil {
			return nil, fmt.Errorf("reading the Redis URL: %w", err)
		}
	}
	c := &Client{Client: redis.NewClient(opt), Stats: &Stats{}}
	c.AddHook(c.Stats)
	return c, nil
}

// Check asks the server for a sign of life.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := c.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis at %s: %w", c.Options().Addr, err)
	}
	return nil
}
