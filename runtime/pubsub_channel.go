package runtime

import (
	"context"
	"fmt"
	"time"
)

// Subscription confirms that a channel was subscribed to or left.
type Subscription struct {
	Kind    string // "subscribe", "unsubscribe", "psubscribe", …
	Channel string
	Count   int // of subscriptions that the session has
}

// String shows kind and channel.
func (m *Subscription) String() string { return fmt.Sprintf("%s: %s", m.Kind, m.Channel) }

// Message is what somebody published.
type Message struct {
	Channel      string
	Pattern      string // that matched; empty for a channel's own subscribers
	Payload      string
	PayloadSlice []string
}

// String shows channel and payload.
func (m *Message) String() string { return fmt.Sprintf("Message<%s: %s>", m.Channel, m.Payload) }

// Pong is the answer to a Ping.
type Pong struct {
	Payload string
}

// String shows the payload.
func (p *Pong) String() string {
	if p.Payload != "" {
		return fmt.Sprintf("Pong<%s>", p.Payload)
	}
	return "Pong"
}

// ChannelOption changes how Channel delivers messages.
type ChannelOption func(c *channel)

type channel struct {
	size             int
	sendTimeout      time.Duration
	checkInterval    time.Duration
	pingTimeout      time.Duration
	reconnectTimeout time.Duration
}

// WithChannelSize sets how many messages wait in the Go channel, 100 if it is
// not given.
func WithChannelSize(size int) ChannelOption {
	return func(c *channel) { c.size = size }
}

// WithChannelSendTimeout sets how long a message waits for room in the channel
// before it is dropped, a minute if it is not given.
func WithChannelSendTimeout(d time.Duration) ChannelOption {
	return func(c *channel) { c.sendTimeout = d }
}

// WithChannelHealthCheckInterval sets after how long without a message the
// subscription is tried with a ping, and opened again when that fails: 3 seconds if
// it is not given; 0 is never.
func WithChannelHealthCheckInterval(d time.Duration) ChannelOption {
	return func(c *channel) { c.checkInterval = d }
}

// WithChannelPingTimeout sets how long such a ping may take, 5 seconds if it is not
// given.
func WithChannelPingTimeout(d time.Duration) ChannelOption {
	return func(c *channel) { c.pingTimeout = d }
}

// WithChannelReconnectTimeout sets how long opening the subscription again may take,
// 10 seconds if it is not given.
func WithChannelReconnectTimeout(d time.Duration) ChannelOption {
	return func(c *channel) { c.reconnectTimeout = d }
}

func newChannel(opts []ChannelOption) *channel {
	c := &channel{
		size: 100, sendTimeout: time.Minute,
		checkInterval: 3 * time.Second, pingTimeout: 5 * time.Second, reconnectTimeout: 10 * time.Second,
	}
	for _, opt := range opts {
		opt(c)
	}
	return c
}

// Channel returns a Go channel of the messages. It is closed with the
// subscription. Options count at the first call.
func (p *PubSub) Channel(opts ...ChannelOption) <-chan *Message {
	p.once.Do(func() {
		c := newChannel(opts)
		p.msgCh = make(chan *Message, c.size)
		go func() {
			defer close(p.msgCh)
			deliver(p, c, p.msgCh, func(msg interface{}) (*Message, bool) {
				m, ok := msg.(*Message)
				return m, ok
			})
		}()
	})
	if p.msgCh == nil {
		panic(fmt.Errorf("redis: Channel can't be called after ChannelWithSubscriptions"))
	}
	return p.msgCh
}

// ChannelSize is Channel with the option WithChannelSize.
func (p *PubSub) ChannelSize(size int) <-chan *Message { return p.Channel(WithChannelSize(size)) }

// ChannelWithSubscriptions returns a Go channel of the messages and of the
// confirmations of subscriptions.
func (p *PubSub) ChannelWithSubscriptions(opts ...ChannelOption) <-chan interface{} {
	p.once.Do(func() {
		c := newChannel(opts)
		p.allCh = make(chan interface{}, c.size)
		go func() {
			defer close(p.allCh)
			deliver(p, c, p.allCh, func(msg interface{}) (interface{}, bool) {
				_, pong := msg.(*Pong)
				return msg, !pong
			})
		}()
	})
	if p.allCh == nil {
		panic(fmt.Errorf("redis: ChannelWithSubscriptions can't be called after Channel"))
	}
	return p.allCh
}

// retryReceive is how long deliver waits after a second error before it tries again.
const retryReceive = 100 * time.Millisecond

// alarm is a timer that is set again and again.
type alarm struct{ *time.Timer }

func newAlarm() alarm {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return alarm{t}
}

func (a alarm) after(d time.Duration) <-chan time.Time {
	if !a.Stop() {
		select {
		case <-a.C:
		default:
		}
	}
	a.Reset(d)
	return a.C
}

// deliver receives until the subscription ends.
func deliver[T any](p *PubSub, c *channel, out chan<- T, want func(interface{}) (T, bool)) {
	heard := make(chan struct{}, 1)
	if c.checkInterval > 0 {
		go p.check(c, heard)
	}
	timer := newAlarm()
	defer timer.Stop()
	failed := false
	for {
		msg, err := p.Receive(background)
		if err != nil {
			if err == ErrClosed {
				return
			}
			if !failed {
				failed = true
				continue
			}
			select {
			case <-p.exit:
				return
			case <-timer.after(retryReceive):
			}
			continue
		}
		failed = false
		select {
		case heard <- struct{}{}: // any message is as good as a ping
		default:
		}
		m, ok := want(msg)
		if !ok {
			continue
		}
		select {
		case out <- m:
			continue
		default:
		}
		select {
		case out <- m:
		case <-p.exit:
			return
		case <-timer.after(c.sendTimeout):
			logger().Printf(background, "redis: the channel of %s is full for %s (message is dropped)", p, c.sendTimeout)
		}
	}
}

// check pings the store when it was not heard of for a while. A store may be gone
// without a word: a server of a test that was closed, a gateway out of reach.
func (p *PubSub) check(c *channel, heard <-chan struct{}) {
	timer := newAlarm()
	defer timer.Stop()
	for {
		select {
		case <-heard:
		case <-p.exit:
			return
		case <-timer.after(c.checkInterval):
			ctx, cancel := context.WithTimeout(background, c.pingTimeout)
			err := p.Ping(ctx)
			cancel()
			if err == nil || isRedisError(err) {
				continue
			}
			ctx, cancel = context.WithTimeout(background, c.reconnectTimeout)
			p.mu.Lock()
			if p.own != nil { // the ping was not answered in time
				p.drop()
			}
			_, _ = p.session(ctx)
			p.mu.Unlock()
			cancel()
		}
	}
}
