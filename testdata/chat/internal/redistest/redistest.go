// Package redistest gives tests an empty Redis database. Each package has a
// database of its own, because go test runs packages side by side.
package redistest

import (
	"context"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
)

// The databases of the packages that test against Redis.
const (
	DBKV = iota + 1
	DBSession
	DBHistory
	DBRoom
	DBSlots
	DBCache
	DBRateLimit
	DBLock
	DBEvents
	DBPresence
	DBServer
)

// Addr is the server to test against: $REDIS_ADDR, or Redis's usual port.
func Addr() string {
	if addr := os.Getenv("REDIS_ADDR"); addr != "" {
		return addr
	}
	return "localhost:6379"
}

// New returns a client of an empty database and closes it with the test.
func New(t testing.TB, db int) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: Addr(), DB: db})
	t.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			t.Errorf("closing the client: %v", err)
		}
	})
	if err := rdb.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("emptying database %d of %s: %v", db, Addr(), err)
	}
	return rdb
}
