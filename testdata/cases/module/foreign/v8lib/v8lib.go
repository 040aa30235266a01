// Package v8lib stands for a library that takes clients of go-redis v8.
package v8lib

import (
	"context"
	"time"

	"github.com/go-redis/redis/v8"
)

// A Locker needs a client of v8.
type Locker struct{ c redis.Cmdable }

// NewLocker takes a client by its go-redis type.
func NewLocker(c redis.Cmdable) *Locker { return &Locker{c} }

// Lock uses the client.
func (l *Locker) Lock(ctx context.Context, key string) error { return l.c.SetNX(ctx, key, 1, 0).Err() }

// A Setter is an interface of the library that a client satisfies.
type Setter interface {
	SetNX(ctx context.Context, key string, value interface{}, ttl time.Duration) *redis.BoolCmd
}

// Reserve sets a key that nobody has.
func Reserve(ctx context.Context, s Setter, key string) (bool, error) {
	return s.SetNX(ctx, key, 1, 0).Result()
}

// Tracing is a hook of v8.
type Tracing struct{}

func (Tracing) BeforeProcess(ctx context.Context, _ redis.Cmder) (context.Context, error) {
	return ctx, nil
}
func (Tracing) AfterProcess(context.Context, redis.Cmder) error { return nil }
func (Tracing) BeforeProcessPipeline(ctx context.Context, _ []redis.Cmder) (context.Context, error) {
	return ctx, nil
}
func (Tracing) AfterProcessPipeline(context.Context, []redis.Cmder) error { return nil }
