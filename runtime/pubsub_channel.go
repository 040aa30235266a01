package runtime

import (
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
	size        int
	sendTimeout time.Duration
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

// WithChannelHealthCheckInterval does nothing: a session of a store needs no
// pings to stay alive.
func WithChannelHealthCheckInterval(d time.Duration) ChannelOption { return func(*channel) {} }

// WithChannelPingTimeout does nothing; see WithChannelHealthCheckInterval.
func WithChannelPingTimeout(d time.Duration) ChannelOption { return func(*channel) {} }

// WithChannelReconnectTimeout does nothing; see WithChannelHealthCheckInterval.
func WithChannelReconnectTimeout(d time.Duration) ChannelOption { return func(*channel) {} }

func newChannel(opts []ChannelOption) *channel {
	c := &channel{size: 100, sendTimeout: time.Minute}
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

// retryReceive is how long deliver waits after an error before it tries again.
const retryReceive = 100 * time.Millisecond

// deliver receives until the subscription ends.
func deliver[T any](p *PubSub, c *channel, out chan<- T, want func(interface{}) (T, bool)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	wait := func(d time.Duration) <-chan time.Time {
		if !timer.Stop() {
			select {
			case <-timer.C:
			default:
			}
		}
		timer.Reset(d)
		return timer.C
	}
	for {
		msg, err := p.Receive(background)
		if err != nil {
			select {
			case <-p.exit:
				return
			default:
			}
			if err == ErrClosed {
				return
			}
			select {
			case <-p.exit:
				return
			case <-wait(retryReceive):
			}
			continue
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
		case <-wait(c.sendTimeout):
			logger().Printf(background, "redis: the channel of %s is full for %s (message is dropped)", p, c.sendTimeout)
		}
	}
}
