package gateway

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A lane is one session of the frame protocol with one object: a queue, and at
// most one frame in flight.
//
// Whoever sets busy builds the next frame and may touch what belongs to the
// builder; it is busy until the answer of the frame has come and nothing is
// queued. The goroutine that reads (run) goes on with it from answer to answer.
type lane struct {
	o    *object
	slow bool // it is the second one

	queuedCalls atomic.Int64

	mu      sync.Mutex
	queue   []*call
	bytes   int           // in queue
	room    chan struct{} // closed when the queue was taken; nil: nobody waits for that
	busy    bool
	wire    wire // nil: not connected
	started bool // run is running
	closing bool
	folded  bool // there is no connection any more, and will be none
	watched bool // the watchdog's timer is set
	need    chan struct{}
	stopped chan struct{} // run has ended

	clients    map[uint64]*client
	nextClient uint64
	nextTicket uint64
	parked     map[uint64]*call      // blocked in the object, by ticket
	early      map[uint64]resp.Reply // replies of commands of which we do not know yet that they are blocked
	acks       []uint64              // tickets whose replies came, for the next frame
	cancels    []uint64
	closed     []uint64 // clients that ended
	flushing   bool     // a timer will send acks and closed
	listeners  int      // clients that subscribe
	epoch      uint64
	generation uint64 // counts connections: clients end with theirs
	welcomed   bool   // there was a connection before
	rotated    error  // the last one was ended because its token is none any more; nil: it was not

	// The builder's.
	id        frame.SessionID
	seq       uint64
	groups    []frame.Group
	next      frame.Frame
	out       []byte     // the frame in flight
	flight    []*call    // its calls; empty: none is in flight, or it has none
	flying    bool       // a frame is in flight
	sent      time.Time  // when it was sent first
	aside     aside      // what it has beside its commands
	encode    sync.Mutex // held from when calls are taken until the frame is encoded; locked after mu
	spare     []*call
	in        []byte
	gathers   uint // see gather
	returning int  // callers that came back in time, lately
	resent    bool // the frame in flight was sent over an earlier connection
	retries   int  // answers "overloaded" to the frame in flight
	losses    int  // connections that were lost with it, one after the other
	answers   int  // frames that were answered
}

// aside is what a frame says beside its commands: see frame.Frame.
type aside struct{ acks, cancels, closed []uint64 }

func newLane(o *object, slow bool) *lane {
	l := &lane{
		o: o, slow: slow, need: make(chan struct{}, 1), stopped: make(chan struct{}),
		clients: map[uint64]*client{}, parked: map[uint64]*call{}, returning: maxQueuedCalls,
	}
	l.renew()
	return l
}

// renew begins another session of the protocol.
func (l *lane) renew() {
	if _, err := rand.Read(l.id[:]); err != nil {
		// As good as there is: two sessions of one object must differ.
		binary.LittleEndian.PutUint64(l.id[:], uint64(time.Now().UnixNano()))
	}
	l.seq = 0
}

const (
	maxQueued      = 64 << 20 // bytes that wait in a lane before callers wait to queue
	maxQueuedCalls = 1 << 16
)

// submit queues a call, and sends it when no frame is in flight. It waits while the
// queue is full.
func (l *lane) submit(ctx context.Context, k *call) error {
	l.mu.Lock()
	for l.bytes+k.size > maxQueued && l.bytes > 0 || len(l.queue) >= maxQueuedCalls {
		if l.closing {
			break
		}
		if l.room == nil {
			l.room = make(chan struct{})
		}
		room := l.room
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return &notRun{fmt.Errorf("%d MB of commands wait already: %w", maxQueued>>20, ctx.Err())}
		}
		l.mu.Lock()
	}
	if l.closing || k.c.gone {
		l.mu.Unlock()
		return errClosed
	}
	l.enqueue(k)
	if !l.watched {
		l.watch()
	}
	l.proceed()
	return nil
}

// enqueue appends a call to the queue. The caller holds mu.
func (l *lane) enqueue(k *call) {
	l.account(k, 1)
	l.queue = append(l.queue, k)
	l.queuedCalls.Add(1)
}

// account notes that a call is in the queue (1), or is not any more (-1). The caller
// holds mu.
func (l *lane) account(k *call, sign int) {
	k.queued = sign > 0
	l.bytes += sign * k.size
}

// proceed sends what is queued if nothing is in flight, or has run connect. The
// caller holds mu, which is released.
func (l *lane) proceed() {
	if l.busy {
		l.mu.Unlock()
		return
	}
	if l.wire == nil {
		if !l.started {
			l.started = true
			go l.run()
		}
		l.mu.Unlock()
		select {
		case l.need <- struct{}{}:
		default:
		}
		return
	}
	l.busy = true
	l.send(true)
}

// send builds a frame of what is queued and writes it. The caller holds mu and has
// set busy; mu is released. When nothing is left to send, busy is taken back. hasty says
// that the caller has no time to wait until a large frame is on its way.
func (l *lane) send(hasty bool) {
	w := l.wire
	if w == nil || !l.take() {
		l.busy = false
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	out := l.build()
	write := func() {
		if err := w.write(out); err != nil {
			w.close() // run finds out, and sends it again
		}
	}
	if hasty && len(out) > promptly {
		go write()
	} else {
		write()
	}
}

// promptly is how many bytes a connection takes at once when nothing else is on its way.
// To write more may take as long as the other end likes.
const promptly = 16 << 10

// take moves calls from the queue to the frame. The caller holds mu and is the
// builder. It reports whether there is anything to send, and holds encode then.
func (l *lane) take() bool {
	l.seq++
	f := frame.Frame{Seq: l.seq}
	cmds, bytes, n := 0, 0, 0
	l.groups = l.groups[:0]
	for _, k := range l.queue {
		if k.state.Load() != pending || k.giveUp != nil {
			// Its caller is gone, or will be when his cancellation is answered.
			l.account(k, -1)
			n++
			if k.giveUp != nil && !k.waiting {
				k.fail(k.giveUp) // it was in a frame, and was not run
			}
			continue
		}
		if k.epoch != 0 && (k.generation != l.generation || k.epoch != l.epoch) {
			l.account(k, -1)
			n++
			if k.claim(delivered) {
				k.status = frame.StatusStale
				k.finish(nil)
			}
			continue
		}
		if cmds+len(k.cmds) > frame.MaxCommands || bytes+k.size > frame.MaxIn && cmds > 0 {
			break
		}
		cmds += len(k.cmds)
		bytes += k.size
		n++
		l.account(k, -1)
		l.flight = append(l.flight, k)
	}
	l.queuedCalls.Add(-int64(n))
	if n == len(l.queue) {
		clear(l.queue)
		l.queue = l.queue[:0]
	} else {
		l.queue = append(l.queue[:0:0], l.queue[n:]...)
	}
	if l.room != nil && n > 0 {
		close(l.room)
		l.room = nil
	}
	if len(l.flight) == 0 && len(l.acks) == 0 && len(l.cancels) == 0 && len(l.closed) == 0 {
		l.seq--
		return false
	}
	for _, k := range l.flight {
		if k.ticket == 0 {
			l.nextTicket++
			k.ticket = l.nextTicket
		}
		l.groups = append(l.groups, k.c.group(k, l.epoch))
	}
	f.Acks, l.acks = some(l.acks)
	f.Cancels, l.cancels = some(l.cancels)
	f.Closed, l.closed = some(l.closed)
	f.Groups = l.groups
	l.aside = aside{f.Acks, f.Cancels, f.Closed}
	l.next = f
	l.flying, l.resent, l.retries, l.losses = true, false, 0, 0
	l.sent = time.Now()
	l.encode.Lock()
	return true
}

// maxAside is how many tickets, and how many clients, are named in one frame: far fewer
// than frame.MaxNumbers, so that they do not make a large command too large.
const maxAside = 4096

// some cuts off what goes into one frame.
func some(all []uint64) (now, later []uint64) {
	if len(all) <= maxAside {
		return all, nil
	}
	return all[:maxAside:maxAside], all[maxAside:]
}

// keptOut is how large a frame may be whose memory serves the next one.
const keptOut = 4 * frame.MaxIn

// build encodes the frame that was taken.
func (l *lane) build() []byte {
	if cap(l.out) > keptOut {
		l.out = nil
	}
	out := l.next.Append(l.out[:0])
	l.out = out
	clear(l.groups)
	l.next = frame.Frame{}
	l.encode.Unlock()
	return out
}

// again marks the frame in flight as one that was sent before. Its builder may not be
// done with it, if the connection was lost just then: he is waited for, and what he
// writes to the old connection stays his. The caller holds mu.
func (l *lane) again() {
	l.encode.Lock()
	l.out = append([]byte(nil), l.out...)
	l.encode.Unlock()
	n := 1 + len(binary.AppendUvarint(nil, l.seq))
	l.out[n] = 1
}

// abandon is for a caller whose context ended, or who has something else to do. It
// returns cause, unless the call has its end by now.
func (l *lane) abandon(k *call, cause error) error {
	for {
		l.mu.Lock()
		if k.waiting || k.blocks && !k.queued {
			return l.stopWaiting(k, cause)
		}
		gone := k.claim(abandoned)
		l.mu.Unlock()
		if gone {
			// The frame may be being built of the caller's own memory.
			l.encode.Lock()
			l.encode.Unlock() //nolint:staticcheck // just waits
			return cause
		}
		// It is being delivered, or turns out to be blocked.
		select {
		case <-k.done:
			return k.err
		default:
			goruntime.Gosched()
		}
	}
}

// stopWaiting ends a command that is blocked in the object, or may be once its frame
// is answered. The object is asked, because it may have served the command just now.
// The caller holds mu, which is released.
func (l *lane) stopWaiting(k *call, cause error) error {
	l.giveUp(k, cause)
	l.proceed()
	timer := time.NewTimer(cancelTime)
	defer timer.Stop()
	select {
	case <-k.done:
		return k.err
	case <-timer.C:
	}
	if k.claim(abandoned) {
		l.encode.Lock()
		l.encode.Unlock() //nolint:staticcheck // just waits
		return fmt.Errorf("gateway: %w: there is no connection to ask whether %s was served: %w", ErrOutcome, k.cmds[0].Name(), cause)
	}
	<-k.done
	return k.err
}

// cancelTime is how long a caller whose context ended waits to hear whether his
// blocked command was served in that moment.
const cancelTime = 10 * time.Second

// giveUp asks the object to end a blocked command. The caller holds mu.
func (l *lane) giveUp(k *call, cause error) {
	if k.giveUp != nil {
		return
	}
	k.giveUp = cause
	if k.waiting {
		l.cancels = append(l.cancels, k.ticket)
	}
}

// watch sets the watchdog, which reminds callers of their contexts. The caller
// holds mu.
func (l *lane) watch() {
	l.watched = true
	time.AfterFunc(patience, l.watchdog)
}

// watchdog has callers that wait for long look at their contexts from now on.
func (l *lane) watchdog() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watched = false
	again := len(l.queue) > 0
	for _, k := range l.queue {
		k.remind()
	}
	if l.flying {
		again = true
		if time.Since(l.sent) >= patience {
			for _, k := range l.flight {
				k.remind()
			}
		}
	}
	if again && !l.closing {
		l.watch()
	}
}

// flushTime is how long acknowledgements wait for a frame to travel in.
const flushTime = 25 * time.Millisecond

// flushSoon sees to it that acknowledgements and ended clients are sent even if no
// command follows. The caller holds mu.
func (l *lane) flushSoon() {
	if l.flushing || l.closing {
		return
	}
	l.flushing = true
	time.AfterFunc(flushTime, func() {
		l.mu.Lock()
		l.flushing = false
		if l.closing || l.wire == nil || len(l.acks)+len(l.closed)+len(l.cancels) == 0 {
			l.mu.Unlock()
			return
		}
		l.proceed()
	})
}

// tickets lists the calls that are blocked in the object, oldest first. The caller
// holds mu.
func (l *lane) tickets() []uint64 {
	all := make([]uint64, 0, len(l.parked))
	for t := range l.parked {
		all = append(all, t)
	}
	slices.Sort(all)
	return all
}
