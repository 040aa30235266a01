package goredisv8

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/go-redis/redis/v8"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/bridge"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// GoRedis returns a genuine go-redis client of the facade client's store and
// database. A client and its clones have one, which the client's Close closes;
// closing it by itself leaves the client as it is. GoRedis of what FromGoRedis
// made is the client that was given there, and GoRedis(nil) is nil.
func GoRedis(c *runtime.Client) *redis.Client {
	if c == nil {
		return nil
	}
	if from, ok := origin(c).(*redis.Client); ok {
		return from
	}
	return single(c, c.Options())
}

// single is the bridge of a client with the options of a single one.
func single(c runtime.UniversalClient, opt *runtime.Options) *redis.Client {
	return attach(c, func(s *bridge.Server) *redis.Client {
		o := &redis.Options{Addr: opt.Addr, Dialer: s.Dialer(c)}
		carryOver(o, opt)
		return redis.NewClient(o)
	})
}

// GoRedisCluster is GoRedis for a ClusterClient: a genuine one, of a cluster whose
// one node has all slots.
func GoRedisCluster(c *runtime.ClusterClient) *redis.ClusterClient {
	if c == nil {
		return nil
	}
	if from, ok := origin(c).(*redis.ClusterClient); ok {
		return from
	}
	return attach(c, func(s *bridge.Server) *redis.ClusterClient {
		opt := c.Options()
		addr := "store:6379"
		if len(opt.Addrs) > 0 {
			addr = opt.Addrs[0]
		}
		o := &redis.ClusterOptions{
			Addrs:  []string{addr},
			Dialer: s.Dialer(c),
			ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
				return []redis.ClusterSlot{{Start: 0, End: 16383, Nodes: []redis.ClusterNode{{Addr: addr}}}}, nil
			},
		}
		carryOver(o, opt)
		return redis.NewClusterClient(o)
	})
}

// GoRedisUniversal is GoRedis for a client of any kind: a *redis.ClusterClient
// for a cluster client, a *redis.Ring for a ring of several stores, otherwise a
// *redis.Client.
func GoRedisUniversal(c runtime.UniversalClient) redis.UniversalClient {
	switch c := c.(type) {
	case nil:
		return nil
	case *runtime.Client:
		if c == nil {
			return (*redis.Client)(nil) // nil as it was: an interface that holds one
		}
		if from := origin(c); from != nil {
			return from
		}
		return GoRedis(c)
	case *runtime.ClusterClient:
		return GoRedisCluster(c)
	case *runtime.Ring:
		if c == nil {
			return (*redis.Ring)(nil)
		}
		if shards := c.GetShardClients(); len(shards) == 1 {
			return GoRedis(shards[0])
		}
		return ring(c)
	}
	panic(fmt.Sprintf("goredisv8: a %T is not a client of the runtime, and only those have a go-redis client beside them", c))
}

// GoRedisCmdable is GoRedisUniversal for a client that is known as a Cmdable. It
// panics for what is not a client: a pipeline and the commands of a transaction
// wait for their Exec, which has one side only.
func GoRedisCmdable(c runtime.Cmdable) redis.Cmdable {
	if c == nil {
		return nil
	}
	client, ok := c.(runtime.UniversalClient)
	if !ok {
		panic(fmt.Sprintf("goredisv8: a %T is not a client, and only clients have a go-redis client beside them", c))
	}
	return GoRedisUniversal(client)
}

// GoRedisOf is GoRedisUniversal for a client that is known by an interface of the
// program's own. Besides a client it takes what has a method Unwrap that returns one as
// a runtime.UniversalClient, and a struct that embeds one: methods that the struct
// declares itself are not asked. It panics for everything else, such as a fake or a
// pipeline, and GoRedisOf(nil) is nil.
func GoRedisOf(v interface{}) redis.UniversalClient {
	if v == nil {
		return nil
	}
	client := bridge.ClientIn(v)
	if client == nil {
		panic(fmt.Sprintf("goredisv8: a %T goes to code that needs go-redis, and there is no client of the runtime in it; "+
			"pass a client, embed one, or give it a method Unwrap that returns one as a UniversalClient", v))
	}
	return GoRedisUniversal(client)
}

// ring is the bridge of a ring of several stores: a genuine one, whose shards are
// the facade's and which asks the facade where a key is.
func ring(c *runtime.Ring) *redis.Ring {
	return attach(c, func(s *bridge.Server) *redis.Ring {
		opt := c.Options()
		where := shardNames{ring: c, byAddr: map[string]string{}}
		for name, addr := range opt.Addrs {
			if old, ok := where.byAddr[addr]; !ok || name < old {
				where.byAddr[addr] = name
			}
		}
		shards := map[string]*runtime.Client{}
		for _, shard := range c.GetShardClients() {
			shards[shard.Options().Addr] = shard
		}
		o := &redis.RingOptions{
			Addrs:              opt.Addrs,
			HeartbeatFrequency: time.Hour, // a store of this process does not go down
			NewConsistentHash:  func([]string) redis.ConsistentHash { return where },
			NewClient: func(_ string, o *redis.Options) *redis.Client {
				if shard := shards[o.Addr]; shard != nil {
					o.Dialer = s.Dialer(shard)
				}
				return redis.NewClient(o)
			},
		}
		carryOver(o, opt)
		return redis.NewRing(o)
	})
}

// shardNames finds the shard of a key as the facade does.
type shardNames struct {
	ring   *runtime.Ring
	byAddr map[string]string
}

// Get names the shard of a key; "" is none.
func (s shardNames) Get(key string) string {
	shard, err := s.ring.GetShardClientForKey(key)
	if err != nil {
		return ""
	}
	return s.byAddr[shard.Options().Addr]
}

// attached is the bridge of a facade's client: a go-redis client, and the server of
// its connections.
type attached struct {
	client redis.UniversalClient
	facade runtime.UniversalClient
	server *bridge.Server
}

// bridgeKey is what a bridge is attached under.
type bridgeKey struct{}

// bridges finds the facade of a bridge's client, for FromGoRedis.
var bridges sync.Map // redis.UniversalClient: *attached

// attach returns the client of a facade client's bridge, which is made at the
// first call.
func attach[C redis.UniversalClient](c runtime.UniversalClient, client func(*bridge.Server) C) C {
	create := func() io.Closer {
		b := &attached{facade: c, server: bridge.NewServer(redis.ErrClosed)}
		b.server.Between = func(b store.Backend) store.Backend { return redis6{b} }
		b.client = client(b.server)
		bridges.Store(b.client, b)
		return b
	}
	have, err := runtime.Attach(c, bridgeKey{}, create)
	if err != nil { // the facade's client is closed, and so is its bridge
		have = create()
		_ = have.Close()
	}
	return have.(*attached).client.(C)
}

// Close closes the client and waits for its connections.
func (b *attached) Close() error {
	bridges.Delete(b.client)
	err := b.client.Close()
	if errors.Is(err, redis.ErrClosed) {
		err = nil // whoever had it was free to close it
	}
	b.server.Close()
	return err
}

// carryOver sets the options of a go-redis client.
func carryOver(to, from interface{}) {
	bridge.CarryOver(to, from, map[string]string{"ConnMaxIdleTime": "IdleTimeout", "ConnMaxLifetime": "MaxConnAge"})
}
