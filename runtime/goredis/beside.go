package goredis

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/bridge"
)

// BesideGoRedis returns the client of the program's store that stands beside a go-redis
// client: the one has what the store serves, the other goes on with commands whose
// data it does not have. newClient makes it, at the first call, with the go-redis
// client's options. Its Close closes both; closing the go-redis client by itself
// leaves it open. BesideGoRedis(nil) is nil.
func BesideGoRedis(c *redis.Client, newClient func(*runtime.Options) *runtime.Client) *runtime.Client {
	if c == nil {
		return nil
	}
	have, ok := besides.Load(c)
	if !ok {
		have, _ = besides.LoadOrStore(c, &beside{with: c})
	}
	b := have.(*beside)
	b.once.Do(func() {
		opt := &runtime.Options{}
		bridge.TakeOver(opt, c, "Network", "Addr", "ClientName", "Username", "Password", "TLSConfig", "DialTimeout",
			"MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ContextTimeoutEnabled")
		b.client = newClient(opt)
		if closed(c) {
			besides.Delete(c)
			_ = b.client.Close() // a use after Close, which is an error on both sides
			return
		}
		_, _ = runtime.Attach(b.client, besideKey{}, func() io.Closer { return b }) // a new client is not closed
	})
	return b.client
}

// closed reports whether a client is: with a context that is over, it looks no further.
func closed(c *redis.Client) bool {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	return errors.Is(c.Ping(over).Err(), redis.ErrClosed)
}

// besides finds the client beside a go-redis client.
var besides sync.Map // *redis.Client: *beside

// besideKey is what a beside is attached under.
type besideKey struct{}

// beside is a client of the store and the go-redis client with it.
type beside struct {
	with   *redis.Client
	once   sync.Once
	client *runtime.Client
}

// Close closes the go-redis client, when the client beside it is closed.
func (b *beside) Close() error {
	besides.Delete(b.with)
	if err := b.with.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return err
	}
	return nil
}
