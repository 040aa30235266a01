// Package dual opens Redis and a store behind each other, while a program's data moves
// from one to the other. A program imports it for its side effect: it registers the
// scheme of URLs such as
//
//	dual:https://shop.example.workers.dev
//	dual:file:cfstore.db
//
// whose rest is the store's URL. Redis's URL is in the environment, because it has a
// password: $CFSTORE_REDIS (redis://, rediss://, unix://; with ?master_name= the host is a
// Sentinel; a member of a cluster stands for the cluster), and for the client of a
// namespace NAME of the plan in $CFSTORE_REDIS_NAME.
//
// What happens then is package phase's. Settings are parameters of the URL:
//
//	dual-lease=15s      how long a process may write without having reached the store
//	dual-follow=200ms   how long the follower rests when it has nothing to do
//	dual-compare=10s    how often it compares some keys of both sides; off for never
//	dual-fallback=GLOB  a cache: its reads are answered from the other side where the truth
//	                    does not answer; may be given several times
//
// redis2cf cleanup removes the import when Redis is not used any more.
package dual

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/goredis"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// RedisVariable is the environment variable that has Redis's URL; that of a namespace has
// its name behind it, in capitals, with _ for -.
const RedisVariable = "CFSTORE_REDIS"

// Scheme is the scheme of the URLs.
const Scheme = "dual"

// openTime is how long the first contact with both sides may take.
const openTime = 15 * time.Second

func init() { store.Register(Scheme, driver{}) }

type driver struct{}

// Namespace is the store's namespace; its name stays in the fragment, for Redis's URL.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	inner, settings, err := inside(u)
	if err != nil {
		return nil, err
	}
	space, err := store.Namespace(inner, name)
	if err != nil {
		return nil, err
	}
	n, err := url.Parse(Scheme + ":" + space)
	if err != nil {
		return nil, errors.New("the store of the namespace has no URL that can be read")
	}
	q := n.Query()
	for k, v := range settings {
		q[k] = v
	}
	n.RawQuery, n.Fragment = q.Encode(), name
	return n, nil
}

// inside takes the store's URL and the settings of this package apart.
func inside(u *url.URL) (inner string, settings url.Values, err error) {
	rest := *u
	rest.Fragment = ""
	settings = url.Values{}
	q := rest.Query()
	for k, v := range q {
		if strings.HasPrefix(k, "dual-") {
			settings[k] = v
			q.Del(k)
		}
	}
	rest.RawQuery = q.Encode()
	inner = strings.TrimPrefix(rest.String(), Scheme+":")
	if !strings.Contains(inner, ":") {
		return "", nil, errors.New("behind dual: stands a store's URL: dual:https://HOST, dual:file:PATH")
	}
	return inner, settings, nil
}

// Variable is the environment variable that has Redis's URL for a namespace; "" is that
// of the store itself.
func Variable(namespace string) string {
	if namespace == "" {
		return RedisVariable
	}
	return RedisVariable + "_" + strings.ToUpper(strings.ReplaceAll(namespace, "-", "_"))
}

// Open opens both sides.
func (driver) Open(u *url.URL) (store.Backend, error) {
	inner, settings, err := inside(u)
	if err != nil {
		return nil, err
	}
	opt := phase.Options{Log: slog.Default()}
	for k, v := range settings {
		if k == "dual-fallback" {
			opt.Fallback = v
			continue
		}
		last := v[len(v)-1]
		if k == "dual-compare" && last == "off" {
			opt.Compare = -1
			continue
		}
		d, err := time.ParseDuration(last)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("%s=%s is no time such as 15s", k, last)
		}
		switch k {
		case "dual-lease":
			opt.Lease = d
		case "dual-follow":
			opt.Follow = d
		case "dual-compare":
			opt.Compare = d
		default:
			return nil, fmt.Errorf("unknown setting %q; there are dual-lease, dual-follow, dual-compare and dual-fallback", k)
		}
	}
	name := Variable(u.Fragment)
	rawURL := os.Getenv(name)
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	s, err := store.Open(inner)
	if err != nil {
		return nil, err
	}
	over, err := onlyStore(ctx, s)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r := phase.Side{Backend: absent{store.Redact(rawURL)}}
	if !over { // then Redis may have been switched off already
		if rawURL == "" {
			return nil, errors.Join(fmt.Errorf("$%s is not set: while data moves it has the URL of the Redis that the program has used so far, redis://HOST:PORT", name), s.Close())
		}
		if r, err = OpenRedis(ctx, rawURL); err != nil {
			return nil, errors.Join(fmt.Errorf("$%s: %w", name, err), s.Close())
		}
	}
	return phase.Open(ctx, r, phase.Side{Backend: s, Together: together(inner)}, opt)
}

// onlyStore tells whether a store is in phase only, with all of its families.
func onlyStore(ctx context.Context, b store.Backend) (bool, error) {
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		return false, err
	}
	state, err := phase.NewRecord(end{s, b.URL()}).State(ctx)
	return state.All(phase.Only), errors.Join(err, s.Close())
}

// end is a session as package value has it.
type end struct {
	store.Session
	name string
}

func (e end) Name() string { return e.name }
func (e end) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return e.Execute(ctx, cmds)
}

// absent is Redis in phase only: nobody asks for it.
type absent struct{ url string }

func (a absent) NewSession(store.SessionOptions) (store.Session, error) {
	return nil, fmt.Errorf("redis2cf: Redis (%s) was not opened, because the phase was %s when the program began: start it again", a.url, phase.Only)
}
func (a absent) URL() string { return a.url }
func (absent) Close() error  { return nil }

// together tells whether the commands of a frame run in their order at a store.
func together(rawURL string) bool {
	scheme, _, _ := strings.Cut(rawURL, ":")
	return scheme == "file" || scheme == "memory"
}

// OpenRedis opens a Redis server, the master that Sentinels name, or a cluster as one of
// the sides. A database in the URL says nothing: sessions have theirs.
func OpenRedis(ctx context.Context, rawURL string) (phase.Side, error) {
	client, single, err := dial(ctx, rawURL)
	if err != nil {
		return phase.Side{}, err
	}
	facade := goredis.FromGoRedis(client)
	b, err := runtime.BackendOf(facade)
	if err != nil {
		return phase.Side{}, errors.Join(err, facade.Close())
	}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		b = clusterBackend{b, cluster}
	}
	return phase.Side{Backend: owned{b, facade, store.Redact(rawURL)}, Together: single}, nil
}

// owned is the backend of a client that is closed with it.
type owned struct {
	store.Backend
	client *runtime.Client
	url    string
}

func (o owned) URL() string  { return o.url }
func (o owned) Close() error { return errors.Join(o.Backend.Close(), o.client.Close()) }

// never is go-redis's way to say that nothing is repeated: a command whose reply was lost
// may have been run.
const never = -1

// dial makes a client of whatever kind the URL is of, and tells whether it has one server.
func dial(ctx context.Context, rawURL string) (redis.UniversalClient, bool, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, false, errors.New("that is no URL: redis://HOST:PORT/DB, rediss:// with TLS, unix:///PATH")
	}
	name := store.Redact(rawURL)
	if q := u.Query(); q.Has("master_name") {
		o, err := sentinel(u)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", name, err)
		}
		c := redis.NewFailoverClient(o)
		return c, true, reach(ctx, c, name)
	}
	o, err := redis.ParseURL(rawURL)
	if err != nil {
		return nil, false, fmt.Errorf("%s is no URL that go-redis reads: redis://USER:PASSWORD@HOST:PORT/DB", name)
	}
	o.MaxRetries, o.DB = never, 0
	one := redis.NewClient(o)
	if err := reach(ctx, one, name); err != nil {
		return nil, false, err
	}
	info, err := one.Info(ctx, "cluster").Result()
	if err != nil || !strings.Contains(info, "cluster_enabled:1") {
		return one, true, nil // INFO may be forbidden; a cluster behind a proxy is one server
	}
	cluster := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, DialTimeout: o.DialTimeout, PoolSize: o.PoolSize,
		MaxRetries: never,
	})
	if err := one.Close(); err != nil {
		return nil, false, errors.Join(err, cluster.Close())
	}
	return cluster, false, reach(ctx, cluster, name)
}

// sentinel reads redis://USER:PASSWORD@SENTINEL:PORT?master_name=NAME.
func sentinel(u *url.URL) (*redis.FailoverOptions, error) {
	plain := *u
	plain.RawQuery = ""
	o, err := redis.ParseURL(plain.String())
	if err != nil {
		return nil, errors.New("no URL that go-redis reads: redis://USER:PASSWORD@SENTINEL:26379?master_name=NAME")
	}
	q := u.Query()
	f := &redis.FailoverOptions{
		MasterName: q.Get("master_name"), SentinelAddrs: append([]string{o.Addr}, q["addr"]...),
		Username: o.Username, Password: o.Password, MaxRetries: never,
	}
	if u.Scheme == "rediss" {
		f.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return f, nil
}

// reach says why a server cannot be used, and closes the client then.
func reach(ctx context.Context, c redis.UniversalClient, name string) error {
	err := c.Ping(ctx).Err()
	if err == nil {
		return nil
	}
	_ = c.Close() // the first error says what is wrong
	return fmt.Errorf("%s is not reached: %w", name, err)
}
