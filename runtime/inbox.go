package runtime

import (
	"context"
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
	turn  int // of the session whose messages are taken in; 0: none's
	turns int // sessions there were
	queue []resp.Reply
	bytes int
	end   error         // after the last message
	more  chan struct{} // has an element when there may be something to take
}

// lost is put in where a session ended that nobody closed. Int is its turn.
const lost = resp.Error

func newInbox() *inbox { return &inbox{more: make(chan struct{}, 1)} }

func (b *inbox) wake() {
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// begin returns what a new session's messages are put in with. Those of sessions
// before it are not taken in any more.
func (b *inbox) begin() (put func(resp.Reply), turn int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turns++
	turn = b.turns
	b.turn = turn
	return func(r resp.Reply) { b.put(r, turn) }, turn
}

// put adds a message. When the subscriber is too far behind, what it has not
// received is dropped and its session is lost, as Redis drops a subscriber's
// connection.
func (b *inbox) put(r resp.Reply, turn int) {
	b.mu.Lock()
	if turn != b.turn {
		b.mu.Unlock()
		return
	}
	b.bytes += size(r)
	if b.bytes > maxInbox {
		logger().Printf(background, "a subscriber is %d bytes behind: %d messages are dropped", maxInbox, len(b.queue)+1)
		b.queue, b.bytes = nil, 0
		r = resp.Reply{Kind: lost}
	}
	if r.Kind == lost {
		r = resp.Reply{Kind: lost, Int: int64(turn)}
		b.turn = 0
		b.bytes += size(r)
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
			return resp.Reply{}, &timeoutError{"redis2cf: no message within " + timeout.String()}
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
