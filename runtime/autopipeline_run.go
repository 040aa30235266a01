package runtime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// runOutside sends a command by itself.
func (ap *AutoPipeliner) runOutside(ctx context.Context, cmd Cmder) *flight {
	ap.mu.Lock()
	if ap.IsClosed() {
		ap.mu.Unlock()
		cmd.SetErr(ErrClosed)
		return landed
	}
	ap.outside.Add(1)
	ap.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ap.diverted, cancel)
	end := func() {
		stop()
		cancel()
		ap.outside.Done()
	}
	if ap.blocking {
		defer end()
		_ = ap.client.Process(ctx, cmd)
		return landed
	}
	f := newFlight()
	cmd.base().flight = f
	go func() {
		defer end()
		defer close(f.done)
		ap.board(f)
		guard([]Cmder{cmd}, func() { _ = ap.client.Process(ctx, cmd) })
	}()
	return f
}

// board lets hooks that run in this goroutine ask the flight's commands.
func (ap *AutoPipeliner) board(f *flight) {
	if len(ap.client.hooks()) > 0 {
		f.crew.Store(goroutineID())
	}
}

// enqueue adds a command to the next batch and sees to it that somebody sends it.
func (ap *AutoPipeliner) enqueue(cmd Cmder) *flight {
	ap.mu.Lock()
	if ap.IsClosed() {
		ap.mu.Unlock()
		cmd.SetErr(ErrClosed)
		return landed
	}
	f := ap.next
	if !ap.blocking {
		cmd.base().flight = f
	}
	ap.queue = append(ap.queue, cmd)
	ap.bytes += weight(cmd)
	if ap.isFull() {
		select {
		case ap.full <- struct{}{}:
		default:
		}
	}
	crew := ap.crews < ap.config.MaxConcurrentBatches
	if crew {
		ap.crews++
		ap.sending.Add(1)
	}
	ap.mu.Unlock()
	switch {
	case crew && ap.blocking && ap.config.MaxFlushDelay == 0:
		// Who waits anyhow sends a batch; what came meanwhile is another's.
		if ap.sendBatch() {
			go ap.send()
		}
	case crew:
		go ap.send()
	}
	return f
}

func (ap *AutoPipeliner) isFull() bool {
	return len(ap.queue) >= ap.config.MaxBatchSize || ap.config.MaxBatchBytes > 0 && ap.bytes >= ap.config.MaxBatchBytes
}

// send sends batches until the queue is empty.
func (ap *AutoPipeliner) send() {
	for {
		ap.linger()
		if !ap.sendBatch() {
			return
		}
	}
}

// linger waits for more commands, when the options say so.
func (ap *AutoPipeliner) linger() {
	ap.mu.Lock()
	delay, n, size := ap.config.MaxFlushDelay, len(ap.queue), ap.config.MaxBatchSize
	full := ap.isFull() || n == 0
	ap.mu.Unlock()
	if ap.config.AdaptiveDelay {
		switch { // the fuller, the sooner
		case n*4 >= size*3:
			delay = 0
		case n*2 >= size:
			delay /= 4
		case n*4 >= size:
			delay /= 2
		}
	}
	if delay == 0 || full {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-ap.ended:
			return
		case <-ap.full:
			ap.mu.Lock()
			full := ap.isFull() // and not that of a batch before
			ap.mu.Unlock()
			if full {
				return
			}
		}
	}
}

// sendBatch sends what is in the queue. It reports whether there is more; when
// there is not, the caller sends no longer.
func (ap *AutoPipeliner) sendBatch() (more bool) {
	ap.mu.Lock()
	cmds, f := ap.queue, ap.next
	ap.queue, ap.bytes, ap.next = nil, 0, newFlight()
	ap.mu.Unlock()
	if len(cmds) > 0 {
		if !ap.blocking {
			ap.board(f)
		}
		ap.dispatch(cmds)
		close(f.done)
	}
	ap.mu.Lock()
	defer ap.mu.Unlock()
	if len(ap.queue) > 0 {
		return true
	}
	ap.crews--
	ap.sending.Done()
	return false
}

// dispatch sends commands in frames of at most MaxBatchBytes. After a frame of
// which nobody knows what became of it, the rest is not sent.
func (ap *AutoPipeliner) dispatch(cmds []Cmder) {
	for len(cmds) > 0 {
		n := ap.portion(cmds)
		ap.frame(cmds[:n])
		if err := firstErr(cmds[:n]); err != nil {
			var answer Error
			if !errors.As(err, &answer) {
				setErr(cmds[n:], err)
				return
			}
		}
		cmds = cmds[n:]
	}
}

func (ap *AutoPipeliner) portion(cmds []Cmder) int {
	if ap.config.MaxBatchBytes > 0 {
		bytes := 0
		for i, cmd := range cmds {
			if bytes += weight(cmd); bytes >= ap.config.MaxBatchBytes {
				return i + 1
			}
		}
	}
	return len(cmds)
}

// frame sends commands as one. The callers' contexts do not end it: it has
// commands of others.
func (ap *AutoPipeliner) frame(cmds []Cmder) {
	guard(cmds, func() {
		if len(cmds) == 1 {
			_ = ap.client.Process(background, cmds[0])
			return
		}
		// A hook's error is that of all, unless commands have their own.
		if err := ap.client.runPipeline(background, cmds); err != nil && firstErr(cmds) == nil {
			setErr(cmds, err)
		}
	})
}

// guard turns a panic of a hook into the commands' error: no caller of theirs is
// on the stack.
func guard(cmds []Cmder, run func()) {
	defer func() {
		if p := recover(); p != nil {
			logger().Printf(background, "autopipeline: recovered dispatch panic: %v\n%s", p, debug.Stack())
			for _, cmd := range cmds {
				cmd.SetErr(fmt.Errorf("redis: autopipeline: panic during dispatch: %v", p))
			}
		}
	}()
	run()
}

// weight is about what a command takes on a connection, as go-redis counts it.
func weight(cmd Cmder) (bytes int) {
	for _, a := range cmd.Args() {
		bytes += 16
		switch a := a.(type) {
		case string:
			bytes += len(a)
		case []byte:
			bytes += len(a)
		default:
			bytes += 8
		}
	}
	return bytes
}

// Close sends what is in the queue and waits for all that is under way. Commands
// that wait for data are ended with the client, or after 30 seconds with an error
// of Close; go-redis leaves them running. No goroutine is left.
func (ap *AutoPipeliner) Close() error {
	if ap.closed.Swap(true) {
		return nil
	}
	close(ap.ended)
	ap.mu.Lock() // nobody adds to the groups from here on
	ap.mu.Unlock()
	ap.sending.Wait()
	over := make(chan struct{})
	go func() {
		ap.outside.Wait()
		close(over)
	}()
	var err error
	if !ap.client.clientLink().closed.Load() {
		timer := time.NewTimer(divertedBackstop)
		defer timer.Stop()
		select {
		case <-over:
		case <-timer.C:
			err = fmt.Errorf("redis: autopipeline: Close timed out after %s with diverted (blocking) commands still in flight; they were ended", divertedBackstop)
		}
	}
	ap.divert()
	<-over
	return err
}
