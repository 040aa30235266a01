package goredis

import (
	"errors"
	"io"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// FromGoRedis returns a client of the facade whose commands go through a go-redis
// client of any kind, its hooks included. The two are one: closing the client
// closes the go-redis client. It holds nothing of its own, so it need not be
// closed where the go-redis client is. FromGoRedis of what GoRedis made is the
// client that was given there, and FromGoRedis(nil) is nil.
func FromGoRedis(c redis.UniversalClient) *runtime.Client {
	if isNil(c) {
		return nil
	}
	if single, ok := c.(*redis.Client); ok {
		if b, ok := bridges.Load(single); ok {
			if facade, ok := b.(*bridge).facade.(*runtime.Client); ok {
				return facade
			}
		}
	}
	opt := &runtime.Options{Addr: addressOf(c)}
	takeOver(opt, c)
	facade := runtime.ClientOver(newBackend(c), opt)
	remember(facade, c)
	return facade
}

// FromGoRedisCluster is FromGoRedis where the facade's ClusterClient is wanted.
func FromGoRedisCluster(c *redis.ClusterClient) *runtime.ClusterClient {
	if c == nil {
		return nil
	}
	if b, ok := bridges.Load(c); ok {
		if facade, ok := b.(*bridge).facade.(*runtime.ClusterClient); ok {
			return facade
		}
	}
	opt := &runtime.ClusterOptions{Addrs: c.Options().Addrs}
	takeOver(opt, c)
	facade := runtime.ClusterClientOver(newBackend(c), opt)
	remember(facade, c)
	return facade
}

// isNil reports whether a client is nil, of whatever type.
func isNil(c redis.UniversalClient) bool {
	if c == nil {
		return true
	}
	v := reflect.ValueOf(c)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// addressOf is the address that messages name.
func addressOf(c redis.UniversalClient) string {
	switch c := c.(type) {
	case *redis.Client:
		return c.Options().Addr
	case *redis.ClusterClient:
		if addrs := c.Options().Addrs; len(addrs) > 0 {
			return addrs[0]
		}
	}
	return ""
}

// takeOver sets the facade's options by those of a go-redis client: what decides
// the shapes of replies, and what a program may look at. Retries, timeouts and
// limits stay with go-redis.
func takeOver(opt interface{}, c redis.UniversalClient) {
	get := reflect.ValueOf(c).MethodByName("Options")
	if !get.IsValid() || get.Type().NumIn() != 0 || get.Type().NumOut() != 1 {
		return
	}
	src, dst := get.Call(nil)[0], reflect.ValueOf(opt).Elem()
	if src.Kind() != reflect.Pointer || src.IsNil() || src.Elem().Kind() != reflect.Struct {
		return
	}
	for _, name := range []string{"DB", "Protocol", "ReadTimeout", "WriteTimeout", "PoolSize"} {
		s, d := src.Elem().FieldByName(name), dst.FieldByName(name)
		if s.IsValid() && d.IsValid() && s.Type() == d.Type() {
			d.Set(s)
		}
	}
	for _, name := range []string{"ReadTimeout", "WriteTimeout"} {
		if d := dst.FieldByName(name); d.Int() <= 0 {
			d.SetInt(d.Int() - 1) // filled in there, about to be filled in here
		}
	}
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

// backend is a go-redis client as a store.
type backend struct {
	client redis.UniversalClient
	single *redis.Client // nil: a cluster or a ring, which hands out no connection
	slice  time.Duration // how long a command waits at a time where nothing can interrupt it

	unblocks atomic.Int32 // whether the server has CLIENT UNBLOCK: 0 is not known, -1 no
}

var _ store.Backend = (*backend)(nil)

func newBackend(c redis.UniversalClient) *backend {
	b := &backend{client: c, slice: time.Second}
	b.single, _ = c.(*redis.Client)
	var read time.Duration
	switch c := c.(type) {
	case *redis.Client:
		read = c.Options().ReadTimeout
	case *redis.ClusterClient:
		read = c.Options().ReadTimeout
	case *redis.Ring:
		read = c.Options().ReadTimeout
	}
	if read > 0 {
		b.slice = min(b.slice, read/2)
	}
	return b
}

// NewSession makes a session. It takes a connection when a command needs one.
// Credentials and the database are those of the client.
func (b *backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	return &session{backend: b, push: opt.Push}, nil
}

// URL names the server.
func (b *backend) URL() string { return "redis://" + addressOf(b.client) }

// Close closes the go-redis client. Whoever else has it may have done so.
func (b *backend) Close() error {
	if err := b.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return err
	}
	return nil
}
