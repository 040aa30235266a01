package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// Cache keeps values that can be had again from where they came from.
type Cache interface {
	// Cache keeps a value under a key for a time, which is 60 s at least where the
	// family is in KV alone; 0 is for ever. Cached reads it.
	Cache(ctx context.Context, key string, value any, ttl time.Duration) error
	// CachedJSON is the value under a key as JSON; nil when there is none.
	CachedJSON(ctx context.Context, key string) (json.RawMessage, error)
	// Uncache forgets a key; there need not be one.
	Uncache(ctx context.Context, key string) error
}

// Cached reads a value that Cache keeps. found is false when there is none, or none any
// more.
func Cached[T any](ctx context.Context, c Cache, key string) (value T, found bool, err error) {
	text, err := c.CachedJSON(ctx, key)
	if err != nil || text == nil {
		return value, false, err
	}
	if err := json.Unmarshal(text, &value); err != nil {
		var zero T
		return zero, false, fmt.Errorf("cache %q: it is no %T: %w", key, zero, err)
	}
	return value, true, nil
}

// CachedOr reads a value that Cache keeps, and makes and keeps it where there is none.
// An error of make is returned as it is, and nothing is kept.
func CachedOr[T any](ctx context.Context, c Cache, key string, ttl time.Duration, make func(context.Context) (T, error)) (T, error) {
	value, found, err := Cached[T](ctx, c, key)
	if found || err != nil {
		return value, err
	}
	if value, err = make(ctx); err != nil {
		return value, err
	}
	return value, c.Cache(ctx, key, value, ttl)
}

// Cache implements Cache.
func (a *Adapter) Cache(ctx context.Context, key string, value any, ttl time.Duration) error {
	full, err := a.key("cache", key)
	if err != nil {
		return err
	}
	if ttl < 0 {
		return fmt.Errorf("cache %q: a TTL of %v", key, ttl)
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = a.client.Set(ctx, full, text, ttl).Err()
	}
	if err != nil {
		return fmt.Errorf("cache %q: %w", key, err)
	}
	return nil
}

// CachedJSON implements Cache.
func (a *Adapter) CachedJSON(ctx context.Context, key string) (json.RawMessage, error) {
	full, err := a.key("cache", key)
	if err != nil {
		return nil, err
	}
	text, err := a.client.Get(ctx, full).Bytes()
	switch {
	case errors.Is(err, runtime.Nil):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cache %q: %w", key, err)
	}
	return text, nil
}

// Uncache implements Cache.
func (a *Adapter) Uncache(ctx context.Context, key string) error {
	full, err := a.key("cache", key)
	if err == nil {
		err = a.client.Del(ctx, full).Err()
	}
	if err != nil {
		return fmt.Errorf("cache %q: %w", key, err)
	}
	return nil
}
