// Package foreign stands for a library that takes go-redis clients.
package foreign

import (
	"context"

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
