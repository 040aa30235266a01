package goredis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/respserver"
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
	return attach(c, func(b *bridge) *redis.Client {
		o := &redis.Options{Addr: opt.Addr, Dialer: b.dial}
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
	return attach(c, func(b *bridge) *redis.ClusterClient {
		opt := c.Options()
		addr := "store:6379"
		if len(opt.Addrs) > 0 {
			addr = opt.Addrs[0]
		}
		o := &redis.ClusterOptions{
			Addrs:  []string{addr},
			Dialer: b.dial,
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
	panic(fmt.Sprintf("goredis: a %T is not a client of the runtime, and only those have a go-redis client beside them", c))
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
		panic(fmt.Sprintf("goredis: a %T is not a client, and only clients have a go-redis client beside them", c))
	}
	return GoRedisUniversal(client)
}

// ring is the bridge of a ring of several stores: a genuine one, whose shards are
// the facade's and which asks the facade where a key is.
func ring(c *runtime.Ring) *redis.Ring {
	return attach(c, func(b *bridge) *redis.Ring {
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
			NewClient: func(o *redis.Options) *redis.Client {
				if shard := shards[o.Addr]; shard != nil {
					o.Dialer = b.dialTo(shard)
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

// bridge is a go-redis client with the server's side of its connections.
type bridge struct {
	client redis.UniversalClient
	facade runtime.UniversalClient
	ctx    context.Context
	end    context.CancelFunc
	order  respserver.Order

	mu    sync.Mutex
	over  bool
	conns sync.WaitGroup
}

// bridgeKey is what a bridge is attached under.
type bridgeKey struct{}

// bridges finds the facade of a bridge's client, for FromGoRedis.
var bridges sync.Map // redis.UniversalClient: *bridge

// attach returns the client of a facade client's bridge, which is made at the
// first call.
func attach[C redis.UniversalClient](c runtime.UniversalClient, client func(*bridge) C) C {
	create := func() io.Closer {
		b := &bridge{facade: c}
		b.ctx, b.end = context.WithCancel(context.Background())
		b.client = client(b)
		bridges.Store(b.client, b)
		return b
	}
	have, err := runtime.Attach(c, bridgeKey{}, create)
	if err != nil { // the facade's client is closed, and so is its bridge
		have = create()
		_ = have.Close()
	}
	return have.(*bridge).client.(C)
}

// Close closes the client and waits for its connections.
func (b *bridge) Close() error {
	bridges.Delete(b.client)
	err := b.client.Close()
	if errors.Is(err, redis.ErrClosed) {
		err = nil // whoever had it was free to close it
	}
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
	b.end()
	b.conns.Wait()
	return err
}

// dial is the dialer of the client: it connects to nothing but the store.
func (b *bridge) dial(context.Context, string, string) (net.Conn, error) { return b.connect(b.facade) }

// dialTo is dial for a shard.
func (b *bridge) dialTo(shard *runtime.Client) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return b.connect(shard) }
}

func (b *bridge) connect(to runtime.UniversalClient) (net.Conn, error) {
	backend, err := runtime.BackendOf(to)
	if err != nil {
		return nil, err
	}
	// A store that refuses its client does so here: as an error, not as a
	// connection that ends at once.
	probe, err := backend.NewSession(store.SessionOptions{})
	if err != nil {
		return nil, err
	}
	_ = probe.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return nil, redis.ErrClosed
	}
	client, server := pipe()
	b.conns.Add(1)
	go func() {
		defer b.conns.Done()
		respserver.ServeConn(b.ctx, server, backend, respserver.Options{Order: &b.order})
	}()
	return client, nil
}

// carried are the options that mean the same on both sides. Credentials are not
// among them: the connections are let in, and the sessions behind them have the
// facade's.
var carried = []string{
	"DB", "ClientName", "Protocol", "MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ReadTimeout", "WriteTimeout",
	"ContextTimeoutEnabled", "PoolFIFO", "PoolSize", "PoolTimeout", "MaxIdleConns", "MaxActiveConns",
	"ConnMaxIdleTime", "ConnMaxLifetime", "Limiter", "MaxRedirects", "DisableIdentity", "DisableIndentity", "IdentitySuffix",
}

// carryOver sets the options of a go-redis client by name, because go-redis has
// more of them with every version. from has its defaults filled in, in which 0
// means none and -1 not even asking; go-redis reads those as -1 and -2.
func carryOver(to, from interface{}) {
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, name := range carried {
		d, s := dst.FieldByName(name), src.FieldByName(name)
		if !d.IsValid() || !s.IsValid() || s.Kind() == reflect.Interface && s.IsNil() {
			continue
		}
		if s.Kind() == reflect.Interface {
			s = s.Elem()
		}
		if !s.Type().AssignableTo(d.Type()) {
			continue
		}
		d.Set(s)
		switch name {
		case "MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ReadTimeout", "WriteTimeout":
			if n := s.Int(); n <= 0 {
				d.SetInt(n - 1)
			}
		}
	}
	// Maintenance of a server that is in this process is not announced.
	if m := dst.FieldByName("MaintNotificationsConfig"); m.IsValid() && m.Kind() == reflect.Pointer {
		c := reflect.New(m.Type().Elem())
		if mode := c.Elem().FieldByName("Mode"); mode.IsValid() && mode.Kind() == reflect.String {
			mode.SetString("disabled")
			m.Set(c)
		}
	}
}
