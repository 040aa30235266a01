// Package lock is a lock between processes that frees itself when its owner
// dies.
package lock

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// Errors of locks.
var (
	ErrTaken = errors.New("lock: somebody else has it")
	ErrLost  = errors.New("lock: it has expired")
)

// Only the owner's token may free or extend a lock: reading it and writing must
// be one step.
var (
	release = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then
	return redis.call("DEL", KEYS[1])
end
return 0`)

	extend = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then
	return redis.call("PEXPIRE", KEYS[1], ARGV[2])
end
return 0`)
)

// A Lock is held until Release, or until its time is over.
type Lock struct {
	rdb   redis.Cmdable
	key   string
	token string
}

// Acquire takes a named lock for ttl, or returns ErrTaken.
func Acquire(ctx context.Context, rdb redis.Cmdable, name string, ttl time.Duration) (*Lock, error) {
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, err
	}
	l := &Lock{rdb: rdb, key: keys.Lock(name), token: hex.EncodeToString(raw[:])}
	ok, err := rdb.SetNX(ctx, l.key, l.token, ttl).Result()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrTaken
	}
	return l, nil
}

// Extend lets the lock live for ttl from now.
func (l *Lock) Extend(ctx context.Context, ttl time.Duration) error {
	n, err := extend.Run(ctx, l.rdb, []string{l.key}, l.token, ttl.Milliseconds()).Int()
	if err == nil && n == 0 {
		err = ErrLost
	}
	return err
}

// Release frees the lock.
func (l *Lock) Release(ctx context.Context) error {
	n, err := release.Run(ctx, l.rdb, []string{l.key}, l.token).Int()
	if err == nil && n == 0 {
		err = ErrLost
	}
	return err
}
