package bridge

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// subscribes reports whether a command changes what its session is subscribed to.
func subscribes(cmd resp.Command) bool {
	return strings.HasSuffix(cmd.Name(), "SUBSCRIBE")
}

// subscription is a session's subscription in go-redis and the goroutine that receives.
type subscription struct {
	pubsub PubSub
	closed error // of a receive after Close
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
			pubsub: s.backend.client.Subscribe(ctx), closed: s.backend.client.Errors().Closed, push: s.push,
			end: make(chan struct{}), done: make(chan struct{}),
		}
		if err := s.sub.run(ctx, cmd); err != nil {
			_ = s.sub.pubsub.Close()
			s.sub = nil
			return s.backend.failed(err)
		}
		go s.sub.receive()
		return []resp.Reply{{Kind: resp.None}}, nil
	}
	if err := s.sub.run(ctx, cmd); err != nil {
		return s.backend.failed(err)
	}
	return []resp.Reply{{Kind: resp.None}}, nil
}

func (b *backend) failed(err error) ([]resp.Reply, error) {
	if r, ok := b.answered(err); ok {
		return []resp.Reply{r}, nil
	}
	return nil, err
}

func (s *subscription) run(ctx context.Context, cmd resp.Command) error {
	return s.pubsub.Run(ctx, cmd.Name(), cmd[1:])
}

// receive passes on what arrives. go-redis connects and subscribes again after a
// failure, at the next Receive.
func (s *subscription) receive() {
	defer close(s.done)
	for {
		push, ok, err := s.pubsub.Receive(context.Background())
		select {
		case <-s.end:
			return
		default:
		}
		if err == nil {
			if ok {
				s.push(push)
			}
			continue
		}
		if errors.Is(err, s.closed) {
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

// Message is a message as Redis sends it; pattern is empty where it came by its
// channel.
func Message(pattern, channel, payload string) resp.Reply {
	if pattern != "" {
		return push("pmessage", pattern, channel, payload)
	}
	return push("message", channel, payload)
}

// Pong is the answer to the Ping of a subscription.
func Pong(payload string) resp.Reply { return push("pong", payload) }

// Confirmation says that a subscription began or ended, and how many there are.
func Confirmation(kind, channel string, count int) resp.Reply {
	r := push(kind, channel)
	r.Elems = append(r.Elems, resp.NewInt(int64(count)))
	return r
}

func push(words ...string) resp.Reply {
	r := resp.Bulks(words)
	r.Kind = resp.Push
	return r
}
