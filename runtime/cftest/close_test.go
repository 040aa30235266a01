package cftest_test

import (
	"context"
	"errors"
	"io"
	"net"
	goruntime "runtime"
	"syscall"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cftest"
)

// facade is a client in the test's own process.
func facade(t *testing.T, s *cftest.Miniredis) *runtime.Client {
	t.Setenv(runtime.StoreVariable, "")
	c := runtime.NewClient(&runtime.Options{Addr: s.Addr()})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestClientsOfAClosedServerAreRefusedUntilItIsBack(t *testing.T) {
	s := cftest.RunT(t)
	c := facade(t, s)
	ctx := context.Background()
	if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() { waiting <- c.BLPop(ctx, 0, "queue").Err() }()
	for s.CommandCount() < 2 { // it is on its way
		goruntime.Gosched()
	}
	s.Close()
	if err := <-waiting; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("what waited: %v", err)
	}
	if n := s.CurrentConnectionCount(); n != 0 {
		t.Errorf("%d connections of a closed server", n)
	}
	for i := 0; i < 3; i++ {
		var op *net.OpError
		if err := c.Get(ctx, "k").Err(); !errors.As(err, &op) || op.Op != "dial" || err.Error() != "dial tcp "+s.Addr()+": connect: connection refused" {
			t.Fatalf("command %d: %v", i, err)
		}
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "k").Result(); v != "v" {
		t.Errorf("%q, %v", v, err)
	}
	s.Close()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "k").Result(); v != "v" {
		t.Errorf("nobody noticed that it was away: %q, %v", v, err)
	}
	tx := c.Conn()
	defer tx.Close()
	tx.Ping(ctx)
	s.Close()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Get(ctx, "k").Err(); err == nil {
		t.Error("a connection outlived its server")
	}
}

func TestSubscribersNoticeThatTheServerCloses(t *testing.T) {
	s := cftest.RunT(t)
	c := facade(t, s)
	ctx := context.Background()
	p := c.Subscribe(ctx, "news")
	defer p.Close()
	if _, err := p.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	other := c.Subscribe(ctx, "news")
	defer other.Close()
	ch := other.ChannelWithSubscriptions()
	if m := (<-ch).(*runtime.Subscription); m.Kind != "subscribe" {
		t.Fatal(m)
	}
	if n := s.Publish("news", "before"); n != 2 {
		t.Fatalf("%d receivers", n)
	}
	if m := (<-ch).(*runtime.Message); m.Payload != "before" {
		t.Fatal(m)
	}
	s.Close()
	if m, err := p.ReceiveMessage(ctx); err != nil || m.Payload != "before" {
		t.Errorf("what was on its way: %v, %v", m, err)
	}
	if _, err := p.Receive(ctx); err != io.EOF {
		t.Errorf("the server is gone: %v", err)
	}
	if _, err := p.Receive(ctx); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("and does not listen: %v", err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if m, err := p.Receive(ctx); err != nil || m.(*runtime.Subscription).Channel != "news" {
		t.Errorf("subscribed again: %v, %v", m, err)
	}
	if m := (<-ch).(*runtime.Subscription); m.Kind != "subscribe" { // it tries again by itself
		t.Fatal(m)
	}
	s.Publish("news", "after")
	if m := (<-ch).(*runtime.Message); m.Payload != "after" {
		t.Error(m)
	}
}
