package goredis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime/internal/bridge"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// sender is what go-redis sends commands through: a client with its pool, or one
// connection.
type sender struct {
	on interface {
		Process(ctx context.Context, cmd redis.Cmder) error
		Pipeline() redis.Pipeliner
		TxPipeline() redis.Pipeliner
	}
}

func (s sender) Do(ctx context.Context, words []interface{}) bridge.Result {
	cmd := redis.NewCmd(ctx, words...)
	_ = s.on.Process(ctx, cmd) // the command has the error, too
	return result(cmd)
}

func (s sender) Pipeline(ctx context.Context, cmds [][]interface{}) []bridge.Result {
	results, _ := exec(ctx, s.on.Pipeline(), cmds) // the commands have the errors
	return results
}

func (s sender) TxPipeline(ctx context.Context, cmds [][]interface{}) ([]bridge.Result, error) {
	return exec(ctx, s.on.TxPipeline(), cmds)
}

func exec(ctx context.Context, pipe redis.Pipeliner, cmds [][]interface{}) ([]bridge.Result, error) {
	sent := make([]*redis.Cmd, len(cmds))
	for i, words := range cmds {
		sent[i] = pipe.Do(ctx, words...)
	}
	_, err := pipe.Exec(ctx)
	results := make([]bridge.Result, len(sent))
	for i, cmd := range sent {
		results[i] = result(cmd)
	}
	return results, err
}

func result(cmd *redis.Cmd) (r bridge.Result) {
	r.Val, r.Err = cmd.Result()
	return r
}

// client is a go-redis client of any kind.
type client struct {
	sender
	universal redis.UniversalClient
}

func newClient(c redis.UniversalClient) bridge.Client { return client{sender{c}, c} }

func (c client) Watch(ctx context.Context, fn func(bridge.Sender) error, keys ...string) error {
	return c.universal.Watch(ctx, func(tx *redis.Tx) error { return fn(sender{tx}) }, keys...)
}

func (c client) Subscribe(ctx context.Context) bridge.PubSub {
	return pubsub{c.universal.Subscribe(ctx)}
}

func (c client) Single() bridge.Single {
	if one, ok := c.universal.(*redis.Client); ok {
		return oneServer{one}
	}
	return nil
}

func (c client) Addr() string {
	switch c := c.universal.(type) {
	case *redis.Client:
		return c.Options().Addr
	case *redis.ClusterClient:
		if addrs := c.Options().Addrs; len(addrs) > 0 {
			return addrs[0]
		}
	}
	return ""
}

func (c client) ReadTimeout() time.Duration {
	switch c := c.universal.(type) {
	case *redis.Client:
		return c.Options().ReadTimeout
	case *redis.ClusterClient:
		return c.Options().ReadTimeout
	case *redis.Ring:
		return c.Options().ReadTimeout
	}
	return 0
}

func (c client) Close() error { return c.universal.Close() }

func (c client) Errors() bridge.Errors {
	return bridge.Errors{Nil: redis.Nil, TxFailed: redis.TxFailedErr, Closed: redis.ErrClosed}
}

// oneServer is a client of one server.
type oneServer struct{ *redis.Client }

func (s oneServer) Conn(_ context.Context, patient bool) bridge.Conn {
	from := s.Client
	if patient {
		from = from.WithTimeout(0)
	}
	c := from.Conn()
	return conn{sender{c}, c}
}

func (s oneServer) State() (db int, name string) {
	opt := s.Options()
	return opt.DB, opt.ClientName
}

func (s oneServer) ClientUnblock(ctx context.Context, id int64) error {
	return s.Client.ClientUnblock(ctx, id).Err()
}

// conn is one connection.
type conn struct {
	sender
	own *redis.Conn
}

func (c conn) ClientID(ctx context.Context) (int64, error) { return c.own.ClientID(ctx).Result() }
func (c conn) Close() error                                { return c.own.Close() }

// pubsub is a subscription.
type pubsub struct{ *redis.PubSub }

func (p pubsub) Run(ctx context.Context, command string, names []string) error {
	switch command {
	case "SUBSCRIBE":
		return p.Subscribe(ctx, names...)
	case "PSUBSCRIBE":
		return p.PSubscribe(ctx, names...)
	case "SSUBSCRIBE":
		return p.SSubscribe(ctx, names...)
	case "UNSUBSCRIBE":
		return p.Unsubscribe(ctx, names...)
	case "PUNSUBSCRIBE":
		return p.PUnsubscribe(ctx, names...)
	}
	return p.SUnsubscribe(ctx, names...)
}

func (p pubsub) Receive(ctx context.Context) (resp.Reply, bool, error) {
	msg, err := p.PubSub.Receive(ctx)
	switch m := msg.(type) {
	case *redis.Subscription:
		return bridge.Confirmation(m.Kind, m.Channel, m.Count), true, err
	case *redis.Message:
		return bridge.Message(m.Pattern, m.Channel, m.Payload), true, err
	case *redis.Pong:
		return bridge.Pong(m.Payload), true, err
	}
	return resp.Reply{}, false, err
}
