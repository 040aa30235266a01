package goredisv8

import (
	"io"

	"github.com/go-redis/redis/v8"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/bridge"
)

// FromGoRedis returns a client of the facade whose commands go through a go-redis
// client of any kind, its hooks included. The two are one: closing the client
// closes the go-redis client. It holds nothing of its own, so it need not be
// closed where the go-redis client is. FromGoRedis of what GoRedis made is the
// client that was given there, and FromGoRedis(nil) is nil.
func FromGoRedis(c redis.UniversalClient) *runtime.Client {
	if bridge.IsNil(c) {
		return nil
	}
	if single, ok := c.(*redis.Client); ok {
		if b, ok := bridges.Load(single); ok {
			if facade, ok := b.(*attached).facade.(*runtime.Client); ok {
				return facade
			}
		}
	}
	client := newClient(c)
	opt := &runtime.Options{Addr: client.Addr()}
	bridge.TakeOver(opt, c)
	facade := runtime.ClientOver(bridge.NewBackend(client), opt)
	remember(facade, c)
	return facade
}

// FromGoRedisCluster is FromGoRedis where the facade's ClusterClient is wanted.
func FromGoRedisCluster(c *redis.ClusterClient) *runtime.ClusterClient {
	if c == nil {
		return nil
	}
	if b, ok := bridges.Load(c); ok {
		if facade, ok := b.(*attached).facade.(*runtime.ClusterClient); ok {
			return facade
		}
	}
	opt := &runtime.ClusterOptions{Addrs: c.Options().Addrs}
	bridge.TakeOver(opt, c)
	facade := runtime.ClusterClientOver(bridge.NewBackend(newClient(c)), opt)
	remember(facade, c)
	return facade
}

// originKey is what the go-redis client of a facade is attached under.
type originKey struct{}

// from is the go-redis client of a facade. The backend closes it.
type from struct{ client redis.UniversalClient }

// Close does nothing.
func (from) Close() error { return nil }

func remember(facade runtime.UniversalClient, c redis.UniversalClient) {
	_, _ = runtime.Attach(facade, originKey{}, func() io.Closer { return from{c} }) // a new client is not closed
}

// origin is the go-redis client that a facade was made from, nil if it was not.
func origin(c runtime.UniversalClient) redis.UniversalClient {
	have, err := runtime.Attach(c, originKey{}, func() io.Closer { return nil })
	if err != nil || have == nil {
		return nil
	}
	return have.(from).client
}
