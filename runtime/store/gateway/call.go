package gateway

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A call is consecutive commands of one client on their way: one group of a frame.
type call struct {
	c       *client
	cmds    []resp.Command
	scratch *resp.Scratch
	size    int    // bytes, see frame.Size
	epoch   uint64 // frame.Group.Epoch; not 0: the call counts on generation too
	ticket  uint64

	// What came of it; the caller's once done was received.
	replies    []resp.Reply
	status     frame.Status
	db         int
	protocol   int
	seen       uint64 // epoch of the answer
	generation uint64 // of the lane, when the client watched or opened its transaction; then of the answer
	err        error

	state atomic.Int32
	done  chan signal // room for a nudge and the end

	blocks bool // it may wait in the object, and what it is served must not be lost

	// Guarded by the lane's mu.
	queued  bool
	waiting bool      // blocked in the object, under ticket
	since   time.Time // it is blocked
	giveUp  error     // the caller wants to end the waiting; this is its error then
	nudged  bool
}

// The states of a call.
const (
	pending   int32 = iota
	nudging         // for a moment, while a nudge is sent
	delivered       // whoever set this fills in what came and sends the end
	abandoned       // the caller is gone
)

// claim takes a call that is pending into another state; it reports false when
// somebody else did.
func (k *call) claim(to int32) bool {
	for !k.state.CompareAndSwap(pending, to) {
		if k.state.Load() != nudging {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// wanted reports whether somebody waits for the call's end.
func (k *call) wanted() bool { return k.state.Load() != abandoned }

// signal is what a caller waits for.
type signal uint8

const (
	ended signal = iota
	nudge        // it takes long: look at the context
)

var calls = sync.Pool{New: func() interface{} { return &call{done: make(chan signal, 2)} }}

func newCall(c *client, cmds []resp.Command, scratch *resp.Scratch, size int) *call {
	k := calls.Get().(*call)
	k.c, k.cmds, k.scratch, k.size = c, cmds, scratch, size
	k.replies = scratch.Replies(len(cmds))
	return k
}

// release lets the call be used again. Its end must have been received.
func (k *call) release() {
	done := k.done
	*k = call{done: done}
	calls.Put(k)
}

// finish hands the call back to its caller. The state must have been set to
// delivered by whoever calls it.
func (k *call) finish(err error) {
	k.err = err
	k.done <- ended
}

// fail ends a call that is still waited for.
func (k *call) fail(err error) {
	if k.claim(delivered) {
		k.finish(err)
	}
}

// remind sends a nudge, once. The caller holds the lane's mu, and the call is in
// one of the lane's lists: its caller has not got it back.
func (k *call) remind() {
	if k.nudged || !k.state.CompareAndSwap(pending, nudging) {
		return
	}
	k.nudged = true
	k.done <- nudge
	k.state.Store(pending)
}

// wait waits for the end of a call, or of ctx. Most calls end before anybody
// looks at ctx: looking costs a timer where ctx is one of the facade's.
func (k *call) wait(ctx context.Context) error {
	if <-k.done == ended {
		return k.err
	}
	select {
	case <-k.done:
		return k.err
	case <-ctx.Done():
	}
	return k.c.l.abandon(k, ctx.Err())
}

// patience is after how long a caller looks at his context, about.
const patience = 5 * time.Millisecond

// gatherTime bounds how long the receiver of an answer waits for the callers that it
// woke to queue again.
const gatherTime = 50 * time.Microsecond

// probing is every how many frames all callers are waited for, although lately not
// all came back in time.
const probing = 16

// gather waits, for gatherTime at most, until the callers that an answer has woken are
// in the queue again: base is how many calls were in it before. Callers that have
// something else to do in between are soon not waited for any more.
func (l *lane) gather(base, woken int) {
	if woken < 2 {
		return
	}
	want := woken
	if l.gathers++; l.gathers%probing != 0 {
		want = min(woken, l.returning)
	}
	came := func() int { return int(l.queuedCalls.Load()) - base }
	// The first look is for nothing when no caller shares this processor.
	runtime.Gosched()
	if came() < want {
		// On a busy machine the time may be over before anybody else could run.
		until := time.Now().Add(gatherTime)
		for turns := 0; came() < want && (turns < 3 || time.Now().Before(until)); turns++ {
			runtime.Gosched()
		}
	}
	if n := came(); n < want || n > l.returning {
		l.returning = max(n, 0)
	}
}
