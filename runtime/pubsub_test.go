package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

func push(words ...interface{}) resp.Reply {
	r := resp.Reply{Kind: resp.Push}
	for _, w := range words {
		switch w := w.(type) {
		case string:
			r.Elems = append(r.Elems, resp.NewBulk(w))
		case int:
			r.Elems = append(r.Elems, resp.NewInt(int64(w)))
		}
	}
	return r
}

func TestSubscriptionReceivesInOrder(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a", "b")
	defer p.Close()
	if err := p.PSubscribe(ctx, "n*"); err != nil {
		t.Fatal(err)
	}
	if got := p.String(); got != "PubSub(a, b, n*)" {
		t.Errorf("String: %s", got)
	}
	f.push(push("subscribe", "a", 1))
	f.push(push("message", "a", "one"))
	f.push(push("pmessage", "n*", "news", "two"))
	f.push(push("smessage", "s", "three"))
	f.push(push("pong", "four"))
	want := []interface{}{
		&runtime.Subscription{Kind: "subscribe", Channel: "a", Count: 1}, &runtime.Message{Channel: "a", Payload: "one"},
		&runtime.Message{Channel: "news", Pattern: "n*", Payload: "two"}, &runtime.Message{Channel: "s", Payload: "three"},
		&runtime.Pong{Payload: "four"},
	}
	for i, w := range want {
		if got, err := p.Receive(ctx); err != nil || !reflect.DeepEqual(got, w) {
			t.Errorf("%d: %v, %v, want %v", i, got, err, w)
		}
	}
	f.push(push("unsubscribe", "a", 0))
	f.push(push("message", "b", "last"))
	if m, err := p.ReceiveMessage(ctx); err != nil || m.Payload != "last" {
		t.Errorf("ReceiveMessage: %v, %v", m, err)
	}
	if got := f.sent(); !reflect.DeepEqual(got, []string{"subscribe a b", "psubscribe n*"}) {
		t.Errorf("frames %q", got)
	}
}

func TestReceiveEndsByTimeoutAndContext(t *testing.T) {
	_, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	_, err := p.ReceiveTimeout(ctx, time.Millisecond)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("after the timeout: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Receive(ended); err != context.Canceled {
		t.Errorf("after the context: %v", err)
	}
}

func TestLostSubscriptionIsMadeAgain(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	f.answer = func([]resp.Command) ([]resp.Reply, error) { return nil, errLost }
	if err := p.Subscribe(ctx, "b"); !errors.Is(err, errLost) {
		t.Errorf("%v", err)
	}
	f.answer = nil
	if err := p.PSubscribe(ctx, "c*"); err != nil {
		t.Error(err)
	}
	got := f.sent()
	if want := []string{"subscribe a b", "psubscribe c*"}; !reflect.DeepEqual(got[len(got)-2:], want) {
		t.Errorf("frames %q", got)
	}
}

func TestChannelOfAClosedSubscriptionLeavesNothingBehind(t *testing.T) {
	before := goruntime.NumGoroutine()
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	ch := p.Channel(runtime.WithChannelSize(1), runtime.WithChannelSendTimeout(time.Hour))
	f.push(push("subscribe", "a", 1))
	f.push(push("message", "a", "one"))
	if m := <-ch; m.Payload != "one" {
		t.Errorf("%v", m)
	}
	for i := 0; i < 5; i++ { // nobody reads: one waits in the channel, another for room
		f.push(push("message", "a", "more"))
	}
	for len(ch) == 0 {
		goruntime.Gosched()
	}
	for i := 0; i < 1000; i++ { // gives the second message time to wait for room
		goruntime.Gosched()
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for goruntime.NumGoroutine() > before && time.Now().Before(deadline) {
		goruntime.Gosched()
	}
	if n := goruntime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	for range ch { // closed, so this ends
	}
	if err := p.Close(); err != runtime.ErrClosed {
		t.Errorf("second Close: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("ChannelWithSubscriptions after Channel does not panic")
		}
	}()
	p.ChannelWithSubscriptions()
}

// firstLine is a logger that hands over its first line.
type firstLine chan string

func (l firstLine) Printf(_ context.Context, format string, v ...interface{}) {
	select {
	case l <- fmt.Sprintf(format, v...):
	default:
	}
}

func TestChannelDropsWhatNobodyTakes(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	said := make(firstLine, 1)
	runtime.SetLogger(said)
	defer runtime.Enable()
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	ch := p.Channel(runtime.WithChannelSize(1), runtime.WithChannelSendTimeout(time.Millisecond))
	f.push(push("message", "a", "kept"))
	f.push(push("message", "a", "dropped"))
	if line := <-said; !strings.Contains(line, "PubSub(a)") || !strings.Contains(line, "dropped") {
		t.Errorf("logged %q", line)
	}
	if m := <-ch; m.Payload != "kept" {
		t.Errorf("%v", m)
	}
	f.push(push("message", "a", "next"))
	if m := <-ch; m.Payload != "next" {
		t.Errorf("%v", m)
	}
}

func TestChannelWithSubscriptions(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	p := c.Subscribe(ctx, "a")
	ch := p.ChannelWithSubscriptions()
	if err := p.Ping(ctx); err != nil { // its answer is left out
		t.Error(err)
	}
	f.push(push("subscribe", "a", 1))
	f.push(push("message", "a", "one"))
	if s, ok := (<-ch).(*runtime.Subscription); !ok || s.Channel != "a" {
		t.Errorf("%v", s)
	}
	if m, ok := (<-ch).(*runtime.Message); !ok || m.Payload != "one" {
		t.Errorf("%v", m)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-ch; open {
		t.Error("the channel is open after Close")
	}
}

// go-redis leaves the answer on the connection, where the next Receive finds it;
// programs that wait for it would wait for ever.
func TestNamingASubscriptionIsAnsweredInItsTurn(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://named"})
	p := c.Subscribe(ctx, "a")
	defer p.Close()
	if _, err := p.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.ClientSetName(ctx, "subscriber"); err != nil {
		t.Fatal(err)
	}
	got, err := p.ReceiveTimeout(ctx, 10*time.Second)
	if want := (&runtime.Pong{Payload: "OK"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("after ClientSetName: %v, %v, want %v", got, err, want)
	}
	if list := c.ClientList(ctx).Val(); !strings.Contains(list, "name=subscriber") {
		t.Errorf("CLIENT LIST does not show the name: %s", list)
	}
}
