package transfer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// redisEnd is a Redis server, the master that Sentinels name, or a cluster.
type redisEnd struct {
	name   string
	tls    bool
	client redis.UniversalClient

	mu    sync.Mutex
	nodes map[string]*redis.Client // of a cluster, by id
}

// go-redis logs what it also returns.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }

func openRedis(ctx context.Context, rawURL string, db int) (End, error) {
	e := &redisEnd{name: store.Redact(rawURL), tls: strings.HasPrefix(rawURL, "rediss:")}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%s is no URL: redis://HOST:PORT/DB, rediss:// with TLS, unix:///PATH", e.name)
	}
	if u.Query().Has("master_name") {
		o, err := redis.ParseFailoverURL(rawURL)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, hideURL(err, rawURL))
		}
		o.DB, o.Protocol = db, 2
		e.client = redis.NewFailoverClient(o)
		return e, e.reach(ctx, db)
	}
	o, err := redis.ParseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, hideURL(err, rawURL))
	}
	o.DB, o.Protocol, o.ClientName = db, 2, "redis2cf-copy"
	single := redis.NewClient(o)
	if err := single.Ping(ctx).Err(); err != nil && strings.Contains(strings.ToLower(err.Error()), "client") {
		// A proxy, or a user's rights, may leave no connection its name.
		_ = single.Close() // it was refused
		o.ClientName = ""
		single = redis.NewClient(o)
	}
	e.client = single
	if err := e.reach(ctx, db); err != nil {
		return nil, err
	}
	info, err := single.Info(ctx, "cluster").Result()
	if err != nil || !strings.Contains(info, "cluster_enabled:1") {
		return e, nil // INFO may be forbidden where a proxy stands before the servers
	}
	if db != 0 {
		_ = single.Close() // nothing was sent that matters
		return nil, fmt.Errorf("%s is a cluster, which has database 0 alone", e.name)
	}
	e.client = redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		Protocol: 2, ClientName: o.ClientName, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, DialTimeout: o.DialTimeout,
	})
	e.nodes = map[string]*redis.Client{}
	return e, errors.Join(single.Close(), e.reach(ctx, db))
}

// hideURL takes a URL out of an error's text: it may have a password.
func hideURL(err error, rawURL string) error {
	if strings.Contains(err.Error(), rawURL) {
		return errors.New("not a URL that go-redis reads: redis://USER:PASSWORD@HOST:PORT/DB")
	}
	return err
}

// reach says in one sentence why a server cannot be used.
func (e *redisEnd) reach(ctx context.Context, db int) error {
	err := e.client.Ping(ctx).Err()
	if err == nil {
		return nil
	}
	_ = e.client.Close() // the first error says what is wrong
	var op *net.OpError
	switch text := err.Error(); {
	case strings.HasPrefix(text, "NOAUTH"):
		return fmt.Errorf("%s asks for a password: put it into the URL, redis://:PASSWORD@HOST", e.name)
	case strings.HasPrefix(text, "WRONGPASS"), strings.Contains(text, "invalid password"), strings.Contains(text, "invalid username-password"):
		return fmt.Errorf("%s refuses the password", e.name)
	case strings.Contains(text, "DB index is out of range"):
		return fmt.Errorf("%s does not have database %d: its setting \"databases\" says how many there are", e.name, db)
	case e.tls && (errors.As(err, new(tls.RecordHeaderError)) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF)):
		return fmt.Errorf("%s does not answer with TLS: is it redis:// without the second s?", e.name)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s ends the connection: is that a Redis server, and does it want TLS (rediss://)?", e.name)
	case strings.HasPrefix(text, "redis: can't parse"):
		return fmt.Errorf("%s does not speak Redis's protocol: is the port right?", e.name)
	case errors.As(err, &op):
		return fmt.Errorf("%s is not reached: %w", e.name, op.Err)
	}
	return fmt.Errorf("%s: %w", e.name, err)
}

func (e *redisEnd) Name() string { return e.name }

func (e *redisEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return pipeline(ctx, e.client.Pipeline(), cmds)
}

func pipeline(ctx context.Context, p redis.Pipeliner, cmds []resp.Command) ([]resp.Reply, error) {
	for _, c := range cmds {
		args := make([]any, len(c))
		for i, a := range c {
			args[i] = a
		}
		p.Do(ctx, args...)
	}
	done, err := p.Exec(ctx)
	if len(done) != len(cmds) {
		return nil, err
	}
	out := make([]resp.Reply, len(cmds))
	for i, c := range done {
		cmd := c.(*redis.Cmd)
		var refused redis.Error
		switch err := cmd.Err(); {
		case err == nil:
			out[i] = fromGo(cmd.Val())
		case errors.Is(err, redis.Nil):
		case errors.As(err, &refused):
			out[i] = resp.NewError(err.Error())
		default:
			return nil, err
		}
	}
	return out, nil
}

func fromGo(v any) resp.Reply {
	switch v := v.(type) {
	case nil:
		return resp.Reply{}
	case int64:
		return resp.NewInt(v)
	case string:
		return resp.NewBulk(v)
	case error:
		return resp.NewError(v.Error())
	case []any:
		r := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(v))}
		for i, e := range v {
			r.Elems[i] = fromGo(e)
		}
		return r
	}
	return resp.NewBulk(fmt.Sprint(v)) // RESP2 has no other types
}

// Conn is a connection to the server that has the key.
func (e *redisEnd) Conn(ctx context.Context, key string) (Conn, error) {
	switch c := e.client.(type) {
	case *redis.Client:
		return redisConn{c.Conn()}, nil
	case *redis.ClusterClient:
		node, err := c.MasterForKey(ctx, key)
		if err != nil {
			return nil, err
		}
		return redisConn{node.Conn()}, nil
	}
	return nil, fmt.Errorf("%s: no connection of its own", e.name)
}

type redisConn struct{ *redis.Conn }

func (c redisConn) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return pipeline(ctx, c.Pipeline(), cmds)
}

func (e *redisEnd) Nodes(ctx context.Context) ([]string, error) {
	c, ok := e.client.(*redis.ClusterClient)
	if !ok {
		return []string{"server"}, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.nodes)
	var mu sync.Mutex
	err := c.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		id, err := node.Do(ctx, "CLUSTER", "MYID").Text()
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			e.nodes[id] = node
		}
		return err
	})
	var ids []string
	for id := range e.nodes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, err
}

func (e *redisEnd) Scan(ctx context.Context, node string, scan resp.Command) (resp.Reply, error) {
	if e.nodes == nil {
		return value.One(ctx, e, scan...)
	}
	e.mu.Lock()
	c := e.nodes[node]
	e.mu.Unlock()
	if c == nil {
		return resp.Reply{}, fmt.Errorf("%s: node %s has left the cluster; begin again", e.name, node)
	}
	r, err := pipeline(ctx, c.Pipeline(), []resp.Command{scan})
	if err != nil {
		return resp.Reply{}, err
	}
	if r[0].Kind == resp.Error {
		return resp.Reply{}, &value.ReplyError{Command: "SCAN", Text: r[0].Str}
	}
	return r[0], nil
}

func (e *redisEnd) Size(ctx context.Context) (int64, error) {
	if c, ok := e.client.(*redis.ClusterClient); ok {
		return c.DBSize(ctx).Result()
	}
	return size(ctx, e)
}

func (e *redisEnd) Close() error { return e.client.Close() }
