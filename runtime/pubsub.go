package runtime

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// PubSub is a subscription. Its methods that change it may be called
// concurrently; only one goroutine may receive.
type PubSub struct {
	link *link
	opt  *Options
	in   *inbox
	exit chan struct{}

	mu     sync.Mutex
	own    store.Session
	put    func(resp.Reply) // what own's messages are put in with
	turn   int              // of own
	closed error
	topics [3]topics

	once  sync.Once
	msgCh chan *Message
	allCh chan interface{}
}

// topics are the channels or patterns of one kind.
type topics struct {
	subscribe, unsubscribe string
	names                  map[string]struct{}
}

// The kinds of topics, as indexes.
const (
	channels = iota
	patterns
	shards
)

func newPubSub(l *link, opt *Options) *PubSub {
	return &PubSub{
		link: l, opt: opt, in: newInbox(), exit: make(chan struct{}),
		topics: [3]topics{
			channels: {"subscribe", "unsubscribe", map[string]struct{}{}},
			patterns: {"psubscribe", "punsubscribe", map[string]struct{}{}},
			shards:   {"ssubscribe", "sunsubscribe", map[string]struct{}{}},
		},
	}
}

// String names what is subscribed to.
func (p *PubSub) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for i := range p.topics {
		all = append(all, p.topics[i].list()...)
	}
	return fmt.Sprintf("PubSub(%s)", strings.Join(all, ", "))
}

func (t *topics) list() []string {
	names := make([]string, 0, len(t.names))
	for name := range t.names {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// session opens the session, and subscribes again to what was subscribed to.
// The caller holds p.mu.
func (p *PubSub) session(ctx context.Context) (store.Session, error) {
	if p.closed != nil {
		return nil, p.closed
	}
	if p.own != nil {
		return p.own, nil
	}
	if p.opt.hasty() {
		return nil, p.opt.tooHasty()
	}
	opt := p.link.opt
	put, turn := p.in.begin()
	opt.Push = put
	s, err := p.link.own(opt)
	if err != nil {
		return nil, err
	}
	for i := range p.topics {
		if names := p.topics[i].list(); len(names) > 0 {
			if _, err := run(ctx, s, p.topics[i].subscribe, names); err != nil {
				_ = s.Close()
				return nil, err
			}
		}
	}
	if err := p.link.subscribed(p); err != nil {
		_ = s.Close()
		return nil, err
	}
	p.own, p.put, p.turn = s, put, turn
	return s, nil
}

// again opens another session in place of one that ended, and subscribes to what
// was subscribed to. An error shows again at the next use.
func (p *PubSub) again(ctx context.Context, turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.own == nil || p.turn != turn {
		return // somebody was faster
	}
	p.drop()
	_, _ = p.session(ctx)
}

// drop ends a session that is of no use any more. The caller holds p.mu.
func (p *PubSub) drop() {
	_ = p.own.Close()
	p.own = nil
	p.link.unsubscribed(p)
}

// run sends a command of strings. Confirmations come as pushes, so that of the
// replies only errors and PING's are of interest.
func run(ctx context.Context, s store.Session, name string, args []string) (resp.Reply, error) {
	cmd := make(resp.Command, 0, 1+len(args))
	replies, err := s.Execute(ctx, []resp.Command{append(append(cmd, name), args...)})
	if err != nil {
		return resp.Reply{}, err
	}
	if len(replies) == 0 {
		return resp.Reply{}, nil
	}
	if replies[0].Kind == resp.Error {
		return resp.Reply{}, redisError(replies[0].Str)
	}
	return replies[0], nil
}

// send runs a command on the subscription's session. A session that fails is
// opened again by the next use. The caller holds p.mu.
func (p *PubSub) send(ctx context.Context, name string, args []string) (resp.Reply, error) {
	s, err := p.session(ctx)
	if err != nil {
		return resp.Reply{}, err
	}
	r, err := run(ctx, s, name, args)
	if err != nil && !isRedisError(err) && !isContextError(err) {
		p.drop()
	}
	return r, err
}

func (p *PubSub) add(ctx context.Context, kind int, names []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.topics[kind]
	_, err := p.send(ctx, t.subscribe, names)
	for _, name := range names {
		t.names[name] = struct{}{}
	}
	return err
}

func (p *PubSub) remove(ctx context.Context, kind int, names []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.topics[kind]
	if len(names) == 0 {
		clear(t.names)
	}
	for _, name := range names {
		delete(t.names, name)
	}
	_, err := p.send(ctx, t.unsubscribe, names)
	return err
}

// Subscribe subscribes to channels.
func (p *PubSub) Subscribe(ctx context.Context, names ...string) error {
	return p.add(ctx, channels, names)
}

// PSubscribe subscribes to the channels that match patterns.
func (p *PubSub) PSubscribe(ctx context.Context, names ...string) error {
	return p.add(ctx, patterns, names)
}

// SSubscribe subscribes to shard channels.
func (p *PubSub) SSubscribe(ctx context.Context, names ...string) error {
	return p.add(ctx, shards, names)
}

// Unsubscribe leaves channels, or all of them.
func (p *PubSub) Unsubscribe(ctx context.Context, names ...string) error {
	return p.remove(ctx, channels, names)
}

// PUnsubscribe leaves patterns, or all of them.
func (p *PubSub) PUnsubscribe(ctx context.Context, names ...string) error {
	return p.remove(ctx, patterns, names)
}

// SUnsubscribe leaves shard channels, or all of them.
func (p *PubSub) SUnsubscribe(ctx context.Context, names ...string) error {
	return p.remove(ctx, shards, names)
}

// Ping asks the store for a Pong, which is received in its turn.
func (p *PubSub) Ping(ctx context.Context, payload ...string) error {
	if len(payload) != 1 {
		payload = nil // as go-redis: one payload or none
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.send(ctx, "ping", payload)
	if err == nil {
		p.put(r)
	}
	return err
}

// ClientSetName names the subscription's session. Its answer is received in its
// turn, as a Pong.
func (p *PubSub) ClientSetName(ctx context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.send(ctx, "client", []string{"setname", name})
	if err == nil {
		p.put(r) // go-redis leaves the answer to the next Receive
	}
	return err
}

// Close ends the subscription and closes its channel.
func (p *PubSub) Close() error {
	p.link.unsubscribed(p)
	if !p.cut(ErrClosed) {
		return ErrClosed
	}
	return nil
}

// cut ends the subscription; it reports whether it had not ended before.
func (p *PubSub) cut(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed != nil {
		return false
	}
	p.closed = err
	close(p.exit)
	p.in.finish(err)
	if p.own != nil {
		_ = p.own.Close()
		p.own = nil
	}
	return true
}

// Receive waits for a *Subscription, *Message or *Pong.
func (p *PubSub) Receive(ctx context.Context) (interface{}, error) {
	return p.ReceiveTimeout(ctx, 0)
}

// ReceiveTimeout is Receive with a timeout, after which it returns a net.Error.
// 0 is no timeout. When the store ended the subscription's session the error is
// io.EOF; the subscription has another then, and messages between the two are
// lost, as they are with a connection.
func (p *PubSub) ReceiveTimeout(ctx context.Context, timeout time.Duration) (interface{}, error) {
	p.mu.Lock()
	_, err := p.session(ctx)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	r, err := p.in.take(ctx, timeout)
	if err != nil {
		return nil, err
	}
	if r.Kind == lost {
		p.again(ctx, int(r.Int))
		return nil, io.EOF
	}
	return message(r)
}

// ReceiveMessage waits for a *Message and passes over all else.
func (p *PubSub) ReceiveMessage(ctx context.Context) (*Message, error) {
	for {
		msg, err := p.Receive(ctx)
		if err != nil {
			return nil, err
		}
		if m, ok := msg.(*Message); ok {
			return m, nil
		}
	}
}

// message reads what a subscriber receives.
func message(r resp.Reply) (interface{}, error) {
	if len(r.Elems) == 0 {
		s, err := readString(r, 3)
		if err != nil {
			return nil, err
		}
		return &Pong{Payload: s}, nil
	}
	word := func(i int) string {
		if i >= len(r.Elems) {
			return ""
		}
		return r.Elems[i].Str
	}
	switch kind := word(0); kind {
	case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe":
		s := &Subscription{Kind: kind, Channel: word(1)}
		if len(r.Elems) > 2 {
			s.Count = int(r.Elems[2].Int)
		}
		return s, nil
	case "message", "smessage":
		m := &Message{Channel: word(1), Payload: word(2)}
		if len(r.Elems) > 2 && r.Elems[2].Kind == resp.Array {
			var err error
			m.PayloadSlice, err = readStrings(r.Elems[2], 3)
			return m, err
		}
		return m, nil
	case "pmessage":
		return &Message{Pattern: word(1), Channel: word(2), Payload: word(3)}, nil
	case "pong":
		return &Pong{Payload: word(1)}, nil
	default:
		return nil, fmt.Errorf("redis: unsupported pubsub message: %q", kind)
	}
}
