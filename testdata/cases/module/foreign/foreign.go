// Package foreign stands for a library that takes go-redis clients.
package foreign

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Locker needs a go-redis client.
type Locker struct{ c redis.UniversalClient }

// NewLocker takes a client by its go-redis type.
func NewLocker(c redis.UniversalClient) *Locker { return &Locker{c} }

// Lock uses the client.
func (l *Locker) Lock(ctx context.Context, key string) error {
	return l.c.SetNX(ctx, key, 1, 0).Err()
}

// Use takes a client as something else and looks at what it is.
func Use(client any) bool {
	_, ok := client.(*redis.Client)
	return ok
}

// Client hands out a client.
func Client() *redis.Client { return redis.NewClient(&redis.Options{}) }

// Options has a go-redis client in a field.
type Options struct{ Client redis.UniversalClient }

// Open hands out a client or an error.
func Open() (*redis.Client, error) { return redis.NewClient(&redis.Options{}), nil }

// Fill queues commands on a pipeline.
func Fill(ctx context.Context, p redis.Pipeliner, key string) { p.Incr(ctx, key) }

// Show looks at a command.
func Show(cmd redis.Cmder) string { return cmd.FullName() }

// Shards takes nothing but a ring.
func Shards(r *redis.Ring) int { return r.Len() }

// Missing compares with go-redis's own error.
func Missing(err error) bool { return err == redis.Nil }

// Setter is a foreign interface that a client satisfies.
type Setter interface {
	Set(ctx context.Context, key string, value interface{}, expiration time.Duration) *redis.StatusCmd
}

// Put sets a key.
func Put(ctx context.Context, s Setter, key, value string) error {
	return s.Set(ctx, key, value, 0).Err()
}

// Box keeps anything.
type Box struct{ v any }

// Keep puts a value away, and looks at clients.
func (b *Box) Keep(v any) (client bool) {
	b.v = v
	_, client = v.(*redis.Client)
	return client
}

// Kept gives it back.
func (b *Box) Kept() any { return b.v }

// A Holder has a client.
type Holder interface{ Client() redis.UniversalClient }
