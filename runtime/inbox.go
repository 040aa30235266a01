package runtime

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// maxInbox bounds the bytes of messages that nobody has received: Redis's own
// limit for a subscriber that does not keep up.
const maxInbox = 32 << 20

// inbox holds the messages of one subscriber until they are received. The store
// puts them in and never waits.
type inbox struct {
	mu    sync.Mutex
	queue []resp.Reply
	bytes int
	end   error         // after the last message
	more  chan struct{} // has an element when there may be something to take
}

func newInbox() *inbox { return &inbox{more: make(chan struct{}, 1)} }

func (b *inbox) wake() {
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// put adds a message. When the subscriber is too far behind, what it has not
// received is dropped, as Redis drops a subscriber's connection.
func (b *inbox) put(r resp.Reply) {
	b.mu.Lock()
	b.bytes += size(r)
	if b.bytes > maxInbox {
		dropped := len(b.queue)
		b.queue, b.bytes = nil, size(r)
		logger().Printf(background, "a subscriber is %d bytes behind: %d messages are dropped", maxInbox, dropped)
	}
	b.queue = append(b.queue, r)
	b.mu.Unlock()
	b.wake()
}

// finish ends the inbox: whoever waits gets err, and so does everybody after.
func (b *inbox) finish(err error) {
	b.mu.Lock()
	if b.end == nil {
		b.end = err
	}
	b.mu.Unlock()
	b.wake()
}

func (b *inbox) pop() (r resp.Reply, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end != nil {
		b.wake() // for others that wait
		return r, false, b.end
	}
	if len(b.queue) == 0 {
		return r, false, nil
	}
	r = b.queue[0]
	b.queue[0] = resp.Reply{}
	b.queue = b.queue[1:]
	b.bytes -= size(r)
	if len(b.queue) > 0 {
		b.wake()
	}
	return r, true, nil
}

// take waits for a message: for ever, or as long as timeout and ctx allow.
func (b *inbox) take(ctx context.Context, timeout time.Duration) (resp.Reply, error) {
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for {
		if r, ok, err := b.pop(); ok || err != nil {
			return r, err
		}
		select {
		case <-b.more:
		case <-ctx.Done():
			return resp.Reply{}, ctx.Err()
		case <-expired:
			return resp.Reply{}, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
		}
	}
}

// size is about what a message takes in memory, in bytes.
func size(r resp.Reply) int {
	n := 64 + len(r.Str)
	for _, e := range r.Elems {
		n += size(e)
	}
	return n
}
