package goredis

import (
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"sync"

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
// for a cluster client, otherwise a *redis.Client.
func GoRedisUniversal(c runtime.UniversalClient) redis.UniversalClient {
	switch c := c.(type) {
	case nil:
		return nil
	case *runtime.Client:
		if c == nil {
			return nil
		}
		if from := origin(c); from != nil {
			return from
		}
		return GoRedis(c)
	case *runtime.ClusterClient:
		if c == nil {
			return nil
		}
		return GoRedisCluster(c)
	case *runtime.Ring:
		if c == nil {
			return nil
		}
		return GoRedis(c.GetShardClients()[0])
	}
	panic("goredis: only clients of the runtime have a store behind them, and this is another's UniversalClient")
}

// bridge is a go-redis client with the server's side of its connections.
type bridge struct {
	client redis.UniversalClient
	facade runtime.UniversalClient
	ctx    context.Context
	end    context.CancelFunc

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
func (b *bridge) dial(context.Context, string, string) (net.Conn, error) {
	backend, err := runtime.BackendOf(b.facade)
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
		respserver.ServeConn(b.ctx, server, backend, respserver.Options{})
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
