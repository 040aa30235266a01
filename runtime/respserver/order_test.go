package respserver_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// far is a store to which subscriptions take longer than publications: until one
// overtook them, or hold has passed.
type far struct {
	store.Backend
	hold      time.Duration
	reached   chan string // the subscriptions and publications that came to the store
	overtaken chan struct{}
}

type farSession struct {
	store.Session
	far *far
}

func (f *far) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := f.Backend.NewSession(opt)
	return farSession{s, f}, err
}

func (s farSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	switch name := cmds[0].Name(); name {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
		s.far.reached <- name
		select {
		case <-s.far.overtaken:
		case <-time.After(s.far.hold):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case "PUBLISH", "SPUBLISH":
		replies, err := s.Session.Execute(ctx, cmds)
		s.far.overtaken <- struct{}{}
		return replies, err
	}
	return s.Session.Execute(ctx, cmds)
}

// serveFar serves a far store.
func serveFar(t *testing.T, hold time.Duration) (addr string, f *far) {
	t.Helper()
	_, b := serve(t, respserver.Options{})
	f = &far{Backend: b, hold: hold, reached: make(chan string, 8), overtaken: make(chan struct{}, 8)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- respserver.Serve(ctx, ln, f, respserver.Options{}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String(), f
}

// A client that does not wait for the confirmation gets what it publishes on
// another connection, as from Redis, whatever the way to the store takes.
func TestWhatIsPublishedComesAfterTheSubscriptionBeforeIt(t *testing.T) {
	for _, c := range []struct{ subscribe, publish, confirmed, message string }{
		{"SUBSCRIBE", "PUBLISH", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"},
		{"psubscribe", "publish", "*3\r\n$10\r\npsubscribe\r\n$1\r\nc\r\n:1\r\n", "*4\r\n$8\r\npmessage\r\n$1\r\nc\r\n$1\r\nc\r\n$1\r\nm\r\n"},
		{"SSUBSCRIBE", "SPUBLISH", "*3\r\n$10\r\nssubscribe\r\n$1\r\nc\r\n:1\r\n", "*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"},
	} {
		t.Run(c.subscribe, func(t *testing.T) {
			addr, f := serveFar(t, 100*time.Millisecond)
			sub, pub := dial(t, addr), dial(t, addr)
			sub.send(c.subscribe + " c\r\n")
			<-f.reached
			pub.send("PING\r\n" + c.publish + " c m\r\n")
			pub.want("+PONG\r\n:1\r\n")
			sub.want(c.confirmed + c.message)
		})
	}
}

// A subscription that the store does not answer holds publications back for a
// second, and only once.
func TestPublicationsDoNotWaitLongForSubscriptions(t *testing.T) {
	addr, f := serveFar(t, time.Hour)
	sub, pub := dial(t, addr), dial(t, addr)
	sub.send("SUBSCRIBE c\r\n")
	<-f.reached
	pub.send("PUBLISH d m\r\n")
	pub.want(":0\r\n")
	sub.want("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
	pub.send("PUBLISH c m\r\n")
	pub.want(":1\r\n")
}
