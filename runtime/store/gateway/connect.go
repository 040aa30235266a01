package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

const (
	outcomeTime  = 10 * time.Minute // after which a frame without an answer is not sent again: the object may have forgotten the session
	connectTime  = 10 * time.Second // how long commands that were not sent wait for a connection that was there before
	firstTime    = 2 * time.Second  // the same when there never was one
	closeTime    = 5 * time.Second  // how long Close waits for answers
	byeTime      = time.Second      // how long Close takes to say so
	keepAlive    = 15 * time.Second // between two looks at a silent connection that somebody waits for
	probeTime    = 10 * time.Second
	firstBackoff = 20 * time.Millisecond
	lastBackoff  = 3 * time.Second
	maxLosses    = 8 // connections that a frame may end while nobody waits for it
)

func newBackoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.MaxElapsedTime = firstBackoff, lastBackoff, 0
	b.Reset()
	return b
}

// overloadDelay is how long to wait after so many answers "overloaded".
func overloadDelay(n int) time.Duration {
	b := newBackoff()
	b.InitialInterval = 50 * time.Millisecond
	b.Reset()
	d := b.NextBackOff()
	for ; n > 1; n-- {
		d = b.NextBackOff()
	}
	return d
}

// run keeps the lane connected while somebody needs it, and reads.
func (l *lane) run() {
	defer close(l.stopped)
	b := newBackoff()
	for l.needed() {
		w, welcome := l.connect()
		if w == nil {
			continue
		}
		before := l.answers
		err := l.serve(w, welcome)
		w.close()
		l.lost(err)
		if l.answers != before {
			b.Reset()
		} else if l.fruitless() {
			// It may be the frame that ends its connections.
			select {
			case <-l.o.sp.b.ctx.Done():
			case <-time.After(b.NextBackOff()):
			}
		}
	}
}

// fruitless counts the connections that were lost with the frame in flight. It reports
// whether there is one. When the frame was sent often enough, and nobody waits for its
// answer any more, others need not wait behind it either; commands that are blocked, whose
// outcome is not known then, have it sent some times more.
func (l *lane) fruitless() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.flying {
		return false
	}
	most := maxLosses
	if len(l.parked) > 0 {
		most *= 4
	}
	if l.losses++; l.losses >= most && !slices.ContainsFunc(l.flight, (*call).wanted) {
		l.forget(fmt.Errorf("gateway: %w: it ended %d connections", ErrOutcome, l.losses))
		l.busy = false
	}
	return true
}

// needed waits until there is something to connect for. It reports false when the
// lane is closed.
func (l *lane) needed() bool {
	for {
		l.mu.Lock()
		switch {
		case l.closing:
			l.fold()
			l.mu.Unlock()
			return false
		case l.wanted():
			l.mu.Unlock()
			return true
		}
		l.mu.Unlock()
		<-l.need
	}
}

// wanted reports whether anybody waits for a connection. The caller holds mu.
func (l *lane) wanted() bool {
	return len(l.queue) > 0 || l.flying || len(l.parked) > 0
}

// connect tries to connect until it succeeds. It returns nil when nobody waits any
// more, because they were told that it does not.
func (l *lane) connect() (wire, *frame.Welcome) {
	start, b := time.Now(), newBackoff()
	for {
		w, welcome, err := l.handshake()
		if err == nil {
			return w, welcome
		}
		if isRefusal(err) {
			l.o.sp.refresh() // the plan may have no such object any more
		}
		l.mu.Lock()
		patience := firstTime
		if l.welcomed {
			patience = connectTime
		}
		switch {
		case l.closing:
		case isRefusal(err):
			if l.rotated != nil {
				err = l.rotated
			}
			l.tell(err)
			if l.flying || len(l.parked) > 0 {
				l.forget(err)
				l.busy = false
			}
		case time.Since(start) > patience:
			l.tell(&notRun{why(err)})
		}
		l.expire()
		done := l.closing || !l.wanted()
		l.mu.Unlock()
		if done {
			return nil, nil
		}
		select {
		case <-l.o.sp.b.ctx.Done():
		case <-time.After(b.NextBackOff()):
		}
	}
}

// tell ends the calls that are queued: nothing of them was run. The caller holds mu.
func (l *lane) tell(err error) {
	var again []*call
	for _, k := range l.queue {
		if k.waiting {
			again = append(again, k) // it may have been served
			continue
		}
		l.account(k, -1)
		l.queuedCalls.Add(-1)
		k.fail(err)
	}
	l.queue = again
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
}

// expire ends what has been without an answer for too long. The caller holds mu.
func (l *lane) expire() {
	if l.flying && time.Since(l.sent) > l.o.sp.b.outcomeTime {
		l.forget(fmt.Errorf("gateway: %w: there was no answer for %v", ErrOutcome, l.o.sp.b.outcomeTime))
		l.busy = false
	}
}

// handshake makes a connection and greets the object.
func (l *lane) handshake() (wire, *frame.Welcome, error) {
	sp := l.o.sp
	w, err := sp.dial(l)
	if err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	hello := frame.Hello{Version: frame.Version, Session: l.id, Epoch: l.epoch, Library: library}
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(sp.b.ctx, handshakeTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, w.close)()
	b := hello.Append(nil)
	if err = w.write(b); err == nil {
		b, err = w.read(nil)
	}
	if err != nil {
		w.close()
		return nil, nil, fmt.Errorf("gateway: %s: no answer to the greeting: %w", sp.b.url, describeClose(err))
	}
	var welcome frame.Welcome
	switch frame.Kind(b) {
	case frame.KindWelcome:
		err = welcome.Decode(b)
	case frame.KindError:
		var e frame.Error
		if err = e.Decode(b); err == nil {
			err = sp.codeError(&e)
		}
	default:
		err = fmt.Errorf("gateway: %s does not answer as an object does", sp.b.url)
	}
	if err == nil && welcome.Version != frame.Version {
		err = sp.codeError(&frame.Error{Code: frame.CodeVersion, Text: fmt.Sprintf("the object speaks version %d", welcome.Version)})
	}
	if err != nil {
		w.close()
		return nil, nil, err
	}
	return w, &welcome, nil
}

// serve sends what waits and reads until the connection ends.
func (l *lane) serve(w wire, welcome *frame.Welcome) error {
	l.mu.Lock()
	if l.folded {
		l.mu.Unlock()
		return nil
	}
	l.wire, l.welcomed, l.epoch, l.rotated = w, true, welcome.Epoch, nil
	l.generation++
	for _, c := range l.clients {
		c.told = nil
	}
	l.waitAgain()
	l.listen()
	if l.flying {
		l.again()
		l.resent = true
		l.mu.Unlock()
		if err := w.write(l.out); err != nil {
			return err
		}
	} else {
		l.busy = true
		l.send(false)
	}
	stop := l.keepAlive(w)
	defer stop()
	for {
		b, err := w.read(l.in)
		if err != nil {
			return describeClose(err)
		}
		if cap(b) <= 4*frame.MaxIn {
			l.in = b // larger ones are not kept
		}
		if err := l.receive(b); err != nil {
			return err
		}
	}
}

// keepAlive looks now and then whether a connection is still there while somebody
// waits for what comes over it.
func (l *lane) keepAlive(w wire) (stop func()) {
	quit := make(chan struct{})
	go func() {
		t := time.NewTicker(keepAlive)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
			}
			l.mu.Lock()
			waits := l.flying && time.Since(l.sent) > keepAlive/2 || len(l.parked) > 0 || l.listeners > 0
			l.mu.Unlock()
			if !waits {
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), probeTime)
			err := w.probe(ctx)
			cancel()
			if err != nil {
				w.close()
				return
			}
		}
	}()
	return func() { close(quit) }
}

// lost takes note that the connection is gone. Subscribers may have missed messages,
// so their sessions end.
func (l *lane) lost(err error) {
	l.mu.Lock()
	l.wire = nil
	if !l.flying {
		l.busy = false
	}
	var listeners []*client
	for _, c := range l.clients {
		if c.listens {
			listeners = append(listeners, c)
		}
	}
	closing := l.closing
	l.mu.Unlock()
	if closing {
		return
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		slog.Debug("gateway: a connection was lost", "object", l.o.name, "error", err)
	}
	for _, c := range listeners {
		c.s.end("ERR the connection to the store was lost, and messages may be missing")
	}
	l.o.sp.refresh()
}

// listen tells the wire whether anybody expects to hear something that he did not
// just ask for. The caller holds mu.
func (l *lane) listen() {
	if l.wire != nil {
		l.wire.listen(len(l.parked) > 0 || l.listeners > 0)
	}
}

// fold ends everything, when the lane is closed. The caller holds mu.
func (l *lane) fold() {
	l.tell(errClosed)
	if l.flying {
		l.drop(fmt.Errorf("gateway: %w: the store was closed before the answer came", ErrOutcome))
		l.busy = false
	}
	for _, t := range l.tickets() {
		k := l.parked[t]
		l.unqueue(k)
		k.fail(fmt.Errorf("gateway: %w: the store was closed, and nobody said whether the command was served", ErrOutcome))
	}
	clear(l.parked)
}

// close ends the lane. What is in flight has closeTime for its answer.
func (l *lane) close() {
	l.mu.Lock()
	l.closing = true
	if !l.started {
		l.fold()
		l.mu.Unlock()
		return
	}
	l.tell(errClosed)
	for _, t := range l.tickets() {
		l.giveUp(l.parked[t], errClosed)
	}
	l.proceed()
	for until := time.Now().Add(l.o.sp.b.closeTime); time.Now().Before(until); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		quiet := !l.busy && len(l.parked) == 0 || l.wire == nil
		l.mu.Unlock()
		if quiet {
			break
		}
	}
	l.mu.Lock()
	l.folded = true
	w := l.wire
	l.mu.Unlock()
	if w != nil {
		late := time.AfterFunc(byeTime, w.close) // what is being written may not get through
		_ = w.write(frame.AppendBye(nil))
		late.Stop()
		w.close()
	}
	select {
	case l.need <- struct{}{}:
	default:
	}
	<-l.stopped
}
