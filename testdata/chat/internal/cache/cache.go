// Package cache keeps values that are costly to make.
package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Cache keeps values of one type under one name.
type Cache[T any] struct {
	rdb  redis.Cmdable
	name string
	ttl  time.Duration
	load func(ctx context.Context, id string) (T, error)
}

// New returns a cache of what load makes.
func New[T any](rdb redis.Cmdable, name string, ttl time.Duration, load func(ctx context.Context, id string) (T, error)) *Cache[T] {
	return &Cache[T]{rdb: rdb, name: name, ttl: ttl, load: load}
}

func (c *Cache[T]) key(id string) string { return "cache:" + c.name + ":" + id }

// Get returns a value from the cache, or makes and keeps it.
func (c *Cache[T]) Get(ctx context.Context, id string) (T, error) {
	var v T
	data, err := c.rdb.Get(ctx, c.key(id)).Bytes()
	switch {
	case err == nil:
		err = json.Unmarshal(data, &v)
		return v, err
	case !errors.Is(err, redis.Nil):
		return v, fmt.Errorf("cache %s: %w", c.name, err)
	}
	if v, err = c.load(ctx, id); err != nil {
		return v, err
	}
	return v, c.put(ctx, c.rdb, id, v)
}

// put writes a value through a client or a pipeline.
func (c *Cache[T]) put(ctx context.Context, rdb redis.Cmdable, id string, v T) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return rdb.Set(ctx, c.key(id), data, c.ttl).Err()
}

// GetMany returns the values of several ids in their order; those that were not
// in the cache are made and kept with one round trip.
func (c *Cache[T]) GetMany(ctx context.Context, ids ...string) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = c.key(id)
	}
	found, err := c.rdb.MGet(ctx, names...).Result()
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", c.name, err)
	}
	out := make([]T, len(ids))
	pipe := c.rdb.Pipeline()
	for i, raw := range found {
		if s, ok := raw.(string); ok {
			if err := json.Unmarshal([]byte(s), &out[i]); err != nil {
				return nil, err
			}
			continue
		}
		if out[i], err = c.load(ctx, ids[i]); err != nil {
			return nil, err
		}
		if err := c.put(ctx, pipe, ids[i], out[i]); err != nil {
			return nil, err
		}
	}
	if pipe.Len() > 0 {
		if _, err := pipe.Exec(ctx); err != nil {
			return nil, fmt.Errorf("cache %s: keeping values: %w", c.name, err)
		}
	}
	return out, nil
}

// Drop forgets values.
func (c *Cache[T]) Drop(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if err := c.rdb.Unlink(ctx, c.key(id)).Err(); err != nil {
			return err
		}
	}
	return nil
}
