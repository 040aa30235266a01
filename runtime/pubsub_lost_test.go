package runtime_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestSubscriptionOutlivesItsStore: the store is closed under a subscriber that
// waits, and opened again.
func TestSubscriptionOutlivesItsStore(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	if err := p.PSubscribe(ctx, "b*"); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2; i++ {
		if _, err := p.Receive(ctx); err != nil {
			t.Fatal(err)
		}
	}
	c.Publish(ctx, "a", "before")
	received := make(chan error)
	go func() {
		m, err := p.ReceiveMessage(ctx)
		if err == nil && m.Payload != "before" {
			err = errors.New(m.Payload)
		}
		received <- err
		_, err = p.Receive(ctx) // waits
		received <- err
	}()
	if err := <-received; err != nil {
		t.Fatal(err)
	}
	if err := memory.Drop(t.Name()); err != nil {
		t.Fatal(err)
	}
	if err := <-received; err != io.EOF {
		t.Fatalf("a subscriber of a store that was closed: %v", err)
	}
	for _, want := range []*runtime.Subscription{{Kind: "subscribe", Channel: "a", Count: 1}, {Kind: "psubscribe", Channel: "b*", Count: 2}} {
		if got, err := p.Receive(ctx); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	if err := c.Ping(ctx).Err(); err != nil {
		t.Error("a command that was not run is sent to the store that was opened again:", err)
	}
	if n := c.Publish(ctx, "b2", "after").Val(); n != 1 {
		t.Errorf("%d receivers", n)
	}
	if m, err := p.ReceiveMessage(ctx); err != nil || m.Payload != "after" {
		t.Errorf("%v, %v", m, err)
	}
	if s := c.PoolStats().PubSubStats; s.Created != 2 || s.Active != 1 || s.Untracked != 1 {
		t.Errorf("%+v", s)
	}
}

func TestChannelShowsThatTheStoreWasOpenedAgain(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	ch := p.ChannelWithSubscriptions()
	for i := 0; i < 3; i++ {
		if s, ok := (<-ch).(*runtime.Subscription); !ok || s.Channel != "a" {
			t.Fatalf("%v", s)
		}
		if err := c.Publish(ctx, "a", i).Err(); err != nil {
			t.Fatal(err)
		}
		if m, ok := (<-ch).(*runtime.Message); !ok || m.Payload != string(rune('0'+i)) {
			t.Fatalf("%v", m)
		}
		if err := memory.Drop(t.Name()); err != nil {
			t.Fatal(err)
		}
		_ = c.Ping(ctx).Err() // finds that its session is over
	}
}

// TestHealthCheckFindsALostSession that nobody told the subscription of.
func TestHealthCheckFindsALostSession(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	ch := p.Channel(runtime.WithChannelHealthCheckInterval(time.Millisecond))
	pinged, subscribed := make(chan struct{}, 1), make(chan struct{}, 1)
	f.mu.Lock()
	f.answer = func(frame []resp.Command) ([]resp.Reply, error) {
		switch frame[0][0] {
		case "ping":
			select {
			case pinged <- struct{}{}:
			default:
			}
			return nil, errLost
		case "subscribe":
			f.answer = nil
			subscribed <- struct{}{}
		}
		return []resp.Reply{resp.OK}, nil
	}
	f.mu.Unlock()
	<-pinged
	<-subscribed
	f.mu.Lock()
	send := f.push
	f.mu.Unlock()
	send(push("message", "a", "after"))
	if m := <-ch; m.Payload != "after" {
		t.Errorf("%v", m)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestHealthCheckCanBeTurnedOff(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	ch := p.Channel(runtime.WithChannelHealthCheckInterval(0))
	f.push(push("message", "a", "one"))
	<-ch
	_ = p.Close()
	for range ch {
	}
	if got := f.sent(); len(got) != 1 {
		t.Errorf("frames %q", got)
	}
}

// TestSubscriberFarBehindLosesItsSession, as it loses its connection to Redis: what
// it missed shows as an error and as new confirmations, not as a gap.
func TestSubscriberFarBehindLosesItsSession(t *testing.T) {
	said := make(firstLine, 1)
	runtime.SetLogger(said)
	defer runtime.Enable()
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	if _, err := p.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 1<<20)
	for i := 0; i < 40; i++ {
		if err := c.Publish(ctx, "a", big).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if line := <-said; !strings.Contains(line, "behind") {
		t.Errorf("logged %q", line)
	}
	if _, err := p.Receive(ctx); err != io.EOF {
		t.Fatal(err)
	}
	if s, err := p.Receive(ctx); err != nil || s.(*runtime.Subscription).Kind != "subscribe" {
		t.Errorf("%v, %v", s, err)
	}
	c.Publish(ctx, "a", "small")
	if m, err := p.ReceiveMessage(ctx); err != nil || m.Payload != "small" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestClosedClientEndsItsSubscriptions(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	waiting, channel := c.Subscribe(ctx, "a"), c.PSubscribe(ctx, "b*")
	ch := channel.Channel()
	received := make(chan error)
	go func() {
		_, err := waiting.ReceiveMessage(ctx)
		received <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-received; err != runtime.ErrClosed {
		t.Error(err)
	}
	for range ch { // closed, so this ends
	}
	for _, err := range []error{waiting.Close(), waiting.Ping(ctx), waiting.Subscribe(ctx, "c"), waiting.Unsubscribe(ctx)} {
		if err != runtime.ErrClosed {
			t.Error(err)
		}
	}
}
