package goredis

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// subscribes reports whether a command changes what its session is subscribed to.
func subscribes(cmd resp.Command) bool {
	return strings.HasSuffix(cmd.Name(), "SUBSCRIBE")
}

// subscription is a session's go-redis PubSub and the goroutine that receives.
type subscription struct {
	pubsub *redis.PubSub
	push   func(resp.Reply)
	end    chan struct{} // closed first
	done   chan struct{} // closed when nothing is pushed any more
}

// subscribe runs a command of subscriptions. Its confirmations come as pushes.
// The caller holds s.mu.
func (s *session) subscribe(ctx context.Context, cmd resp.Command) ([]resp.Reply, error) {
	if s.push == nil {
		return []resp.Reply{resp.NewError("ERR redis2cf: " + cmd.Name() + " needs a subscription of its own; use Subscribe and its kin")}, nil
	}
	if s.sub == nil {
		s.sub = &subscription{
			pubsub: s.backend.client.Subscribe(ctx), push: s.push,
			end: make(chan struct{}), done: make(chan struct{}),
		}
		if err := s.sub.run(ctx, cmd); err != nil {
			_ = s.sub.pubsub.Close()
			s.sub = nil
			return failed(err)
		}
		go s.sub.receive()
		return []resp.Reply{{Kind: resp.None}}, nil
	}
	if err := s.sub.run(ctx, cmd); err != nil {
		return failed(err)
	}
	return []resp.Reply{{Kind: resp.None}}, nil
}

func failed(err error) ([]resp.Reply, error) {
	if r, ok := answered(err); ok {
		return []resp.Reply{r}, nil
	}
	return nil, err
}

func (s *subscription) run(ctx context.Context, cmd resp.Command) error {
	names := []string(cmd[1:])
	switch cmd.Name() {
	case "SUBSCRIBE":
		return s.pubsub.Subscribe(ctx, names...)
	case "PSUBSCRIBE":
		return s.pubsub.PSubscribe(ctx, names...)
	case "SSUBSCRIBE":
		return s.pubsub.SSubscribe(ctx, names...)
	case "UNSUBSCRIBE":
		return s.pubsub.Unsubscribe(ctx, names...)
	case "PUNSUBSCRIBE":
		return s.pubsub.PUnsubscribe(ctx, names...)
	}
	return s.pubsub.SUnsubscribe(ctx, names...)
}

// receive passes on what arrives. go-redis connects and subscribes again after a
// failure, at the next Receive.
func (s *subscription) receive() {
	defer close(s.done)
	for {
		msg, err := s.pubsub.Receive(context.Background())
		select {
		case <-s.end:
			return
		default:
		}
		if err == nil {
			if r, ok := pushOf(msg); ok {
				s.push(r)
			}
			continue
		}
		if errors.Is(err, redis.ErrClosed) {
			return
		}
		select {
		case <-s.end:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *subscription) close() {
	close(s.end)
	_ = s.pubsub.Close() // the connection goes with it, whatever its state
	<-s.done
}

// pushOf is a message as Redis sends it.
func pushOf(msg interface{}) (resp.Reply, bool) {
	words := func(ss ...string) resp.Reply {
		r := resp.Bulks(ss)
		r.Kind = resp.Push
		return r
	}
	switch m := msg.(type) {
	case *redis.Subscription:
		r := words(m.Kind, m.Channel)
		r.Elems = append(r.Elems, resp.NewInt(int64(m.Count)))
		return r, true
	case *redis.Message:
		if m.Pattern != "" {
			return words("pmessage", m.Pattern, m.Channel, m.Payload), true
		}
		return words("message", m.Channel, m.Payload), true
	case *redis.Pong:
		return words("pong", m.Payload), true
	}
	return resp.Reply{}, false
}
