package runtime

import (
	goruntime "runtime"
	"sync/atomic"
)

// A flight is a batch of commands that an asynchronous AutoPipeliner sends. The
// methods of its commands wait until it has landed.
type flight struct {
	done chan struct{}
	crew atomic.Int64 // goroutine that runs the batch, when hooks may ask its commands
}

func newFlight() *flight { return &flight{done: make(chan struct{})} }

// landed is for commands that are done without having been sent.
var landed = func() *flight {
	f := newFlight()
	close(f.done)
	return f
}()

// wait waits for the end. A hook that runs within the batch sees its commands as
// they are: it would wait for itself.
func (f *flight) wait() {
	select {
	case <-f.done:
	default:
		if crew := f.crew.Load(); crew == 0 || crew != goroutineID() {
			<-f.done
		}
	}
}

// goroutineID is the number in the first line of a stack trace, which is the only
// place that tells.
func goroutineID() (id int64) {
	var buf [64]byte
	for _, c := range buf[len("goroutine "):goruntime.Stack(buf[:], false)] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + int64(c-'0')
	}
	return id
}

// await waits until the command has its result.
func (cmd *baseCmd) await() {
	if cmd.flight != nil {
		cmd.flight.wait()
	}
}
