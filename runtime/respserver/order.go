package respserver

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

const (
	maxOrder = time.Second // what a publication waits at most for subscriptions before it
	yields   = 4           // times that it lets the readers of other connections go first
)

// Order keeps what is published behind the subscriptions that came before it on
// other connections. Redis runs commands in the order in which they arrive, and
// programs that subscribe, do not wait for the confirmation and publish on
// another connection live by it. Here connections have goroutines of their own,
// and the store may be far away.
//
// It is as good as what can be seen of the order. A subscription counts when it is
// the first command of what came together on a connection that was idle, and when
// the scheduler had it read, which is mostly so and not promised: who must
// not miss a message waits for the confirmation. A publication waits a second at
// most; scripts that publish do not wait.
//
// The zero value is ready; its methods may be called concurrently, and a nil
// Order orders nothing.
type Order struct {
	mu      sync.Mutex
	last    uint64
	pending map[uint64]chan struct{} // subscriptions that were read and have not run, by their turn
}

// topical reports whether a command subscribes, and whether it publishes.
func topical(cmd resp.Command) (subscribes, publishes bool) {
	switch name := cmd[0]; len(name) {
	case len("PUBLISH"):
		publishes = strings.EqualFold(name, "PUBLISH")
	case len("SPUBLISH"):
		publishes = strings.EqualFold(name, "SPUBLISH")
	case len("SUBSCRIBE"):
		subscribes = strings.EqualFold(name, "SUBSCRIBE")
	case len("PSUBSCRIBE"):
		subscribes = strings.EqualFold(name[1:], "SUBSCRIBE") && strings.ContainsRune("PpSs", rune(name[0]))
	}
	return subscribes, publishes
}

// enter takes note of what was read from a connection and gives it its turn, 0
// when its order does not matter. publishes says that it has to wait.
func (o *Order) enter(cmds []resp.Command, idle bool) (turn uint64, publishes bool) {
	if o == nil || len(cmds) == 0 {
		return 0, false
	}
	subscribes, _ := topical(cmds[0])
	subscribes = subscribes && idle
	for i := 0; i < len(cmds) && !publishes; i++ {
		_, publishes = topical(cmds[i])
	}
	if !subscribes && !publishes {
		return 0, false
	}
	if publishes {
		// Of connections that became readable together any may be read first. Those
		// of the others are read now, and what they read is before this.
		for i := 0; i < yields; i++ {
			runtime.Gosched()
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	if subscribes {
		if o.pending == nil {
			o.pending = map[uint64]chan struct{}{}
		}
		o.pending[o.last] = make(chan struct{})
	}
	return o.last, publishes
}

// leave takes note that what has the turn has run, or never will.
func (o *Order) leave(turn uint64) {
	if o == nil || turn == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if ran, ok := o.pending[turn]; ok {
		close(ran)
		delete(o.pending, turn)
	}
}

// before are the subscriptions before a turn that have not run. Those behind it do
// not count: two that wait for each other would do so for ever.
func (o *Order) before(turn uint64) map[uint64]chan struct{} {
	var before map[uint64]chan struct{}
	o.mu.Lock()
	defer o.mu.Unlock()
	for other, ran := range o.pending {
		if other >= turn {
			continue
		}
		if before == nil {
			before = map[uint64]chan struct{}{}
		}
		before[other] = ran
	}
	return before
}

// wait waits until the subscriptions before a turn have run, or ctx ends. What
// takes too long is waited for once, not by every publication.
func (o *Order) wait(ctx context.Context, turn uint64) {
	before := o.before(turn)
	if len(before) == 0 {
		return
	}
	late := time.NewTimer(maxOrder)
	defer late.Stop()
	for other, ran := range before {
		select {
		case <-ran:
			delete(before, other)
		case <-late.C:
			for other := range before {
				o.leave(other)
			}
			return
		case <-ctx.Done():
			return
		}
	}
}
