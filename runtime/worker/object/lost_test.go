package object_test

import (
	"errors"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// lossy is an executor that says of the next programs that they failed, though they are
// stored.
type lossy struct {
	object.Executor
	next int
}

func (l *lossy) Exec(p []byte) error {
	err := l.Executor.Exec(p)
	if l.next > 0 && err == nil {
		l.next--
		return errors.New("answer lost")
	}
	return err
}

// A frame that was stored although the store said otherwise has its own answer, and not
// that of the frame before it, which the session had in memory.
func TestAFrameWhoseCommitOnlySeemedToFailHasItsAnswer(t *testing.T) {
	r := newRig(t)
	x := &lossy{Executor: r.db}
	r.exec = x
	r.start()
	l := r.lane(1)
	for _, line := range []string{"SET n 1", "INCR n", "INCR n"} {
		l.do(line) // rows, and a row of the journal, and what is settled before the next one
	}
	x.next = 1
	if got := l.do("INCR n", "PING"); got != "(integer) 4 +PONG" {
		t.Errorf("the answer is %s", got)
	}
	x.next = 1
	if got := l.do("FLUSHALL", "INCR n"); got != "+OK (integer) 1" {
		t.Errorf("the answer of a commit of rows is %s", got)
	}
	if got := l.do("GET n"); got != `"1"` {
		t.Error(got)
	}
}
