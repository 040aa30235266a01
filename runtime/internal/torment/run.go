package torment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Options say what is tormented.
type Options struct {
	// Over is the backend that has to bear it, Safe one that leads past all faults, for
	// the look at what has become of the data.
	Over, Safe store.Backend
	// Calm, which may be nil, ends the faults; it is called before the look.
	Calm func()
	// Run returns when there was enough of it. Acknowledged is called by the load with
	// each write that was acknowledged, and tells how many there were.
	Run func(acknowledged func() int64)
	// Outcome is the error of a frame of which nobody knows whether it was run: it must
	// never come, since each frame is sent until it is answered.
	Outcome error
	// What its keys are called or begin with, so that they belong to families of a plan.
	Counter, Cell, Queue, Pair string
}

// A Tally is what the load did.
type Tally struct{ Increments, Transactions, Elements, Looks int64 }

// cmd is a command.
func cmd(words ...string) resp.Command { return words }

// load is one run.
type load struct {
	t    testing.TB
	o    Options
	ctx  context.Context
	stop chan struct{}
	acks atomic.Int64

	mu      sync.Mutex
	counted [8]int64 // acknowledged INCRs of each counter
	swapped int64    // transactions that ran
	pushed  map[string]bool
	popped  map[string]int
	looks   int64
}

// Run loads the backend until o.Run returns, and reports what was lost, came twice,
// or was seen although it did not last.
func Run(t testing.TB, o Options) Tally {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	l := &load{t: t, o: o, ctx: ctx, stop: make(chan struct{}), pushed: map[string]bool{}, popped: map[string]int{}}
	var wait sync.WaitGroup
	start := func(body func(i int), n int) {
		for i := 0; i < n; i++ {
			wait.Add(1)
			go func(i int) {
				defer wait.Done()
				body(i)
			}(i)
		}
	}
	start(l.count, len(l.counted))
	start(l.swap, 3)
	start(l.push, 2)
	start(l.pop, 2)
	start(l.pair, 2)
	start(l.look, 2)
	o.Run(l.acks.Load)
	close(l.stop)
	wait.Wait()
	if o.Calm != nil {
		o.Calm()
	}
	return l.settle()
}

func (l *load) running() bool {
	select {
	case <-l.stop:
		return false
	default:
		return l.ctx.Err() == nil && !l.t.Failed()
	}
}

// fails reports an error that must not come. What is certain not to have been run is
// no fault: it is tried again.
func (l *load) fails(what string, err error) {
	switch {
	case err == nil, errors.Is(err, store.ErrClosed):
	case errors.Is(err, l.o.Outcome):
		l.t.Errorf("%s: %v", what, err)
	case l.ctx.Err() != nil:
		l.t.Errorf("%s hangs: %v", what, err)
	}
}

// client is a session that is opened again when it was closed.
type client struct {
	l *load
	b store.Backend
	s store.Session
}

func (l *load) client() *client { return &client{l: l, b: l.o.Over} }

func (c *client) do(ctx context.Context, what string, cmds ...resp.Command) ([]resp.Reply, error) {
	if c.s == nil {
		s, err := c.b.NewSession(store.SessionOptions{})
		if err != nil {
			c.l.fails(what, err)
			return nil, err
		}
		c.s = s
	}
	replies, err := c.s.Execute(ctx, cmds)
	if err != nil && ctx.Err() == nil {
		c.l.fails(what, err)
		_ = c.s.Close() // another one is opened
		c.s = nil
	}
	for _, r := range replies {
		if r.Kind == resp.Error && err == nil {
			c.l.t.Errorf("%s: %s", what, r.Str)
		}
	}
	return replies, err
}

// count raises counters: each answer is the number of answers before it.
func (l *load) count(i int) {
	c := l.client()
	key := fmt.Sprint(l.o.Counter, i)
	for l.running() {
		replies, err := c.do(l.ctx, "INCR", cmd("INCR", key), cmd("INCR", l.o.Counter+"all"))
		if err != nil {
			continue
		}
		l.acks.Add(2)
		l.mu.Lock()
		l.counted[i]++
		if got := replies[0].Int; got != l.counted[i] {
			l.t.Errorf("INCR number %d of %s answers %d", l.counted[i], key, got)
		}
		l.mu.Unlock()
	}
}

// swap adds a letter to a value that it watches.
func (l *load) swap(int) {
	c := l.client()
	for l.running() {
		replies, err := c.do(l.ctx, "WATCH", cmd("WATCH", l.o.Cell), cmd("STRLEN", l.o.Cell))
		if err != nil {
			continue
		}
		if replies, err = c.do(l.ctx, "EXEC", cmd("MULTI"), cmd("SETRANGE", l.o.Cell, fmt.Sprint(replies[1].Int), "x"), cmd("EXEC")); err != nil {
			continue
		}
		if replies[2].Kind == resp.Array {
			l.acks.Add(1)
			l.mu.Lock()
			l.swapped++
			l.mu.Unlock()
		}
	}
}

func (l *load) push(i int) {
	c := l.client()
	for n := 0; l.running(); n++ {
		id := fmt.Sprint(i, "-", n)
		if _, err := c.do(l.ctx, "RPUSH", cmd("RPUSH", l.o.Queue, id)); err != nil {
			continue
		}
		l.acks.Add(1)
		l.mu.Lock()
		l.pushed[id] = true
		l.mu.Unlock()
	}
}

// pop waits for elements, and gives up now and then: what was popped for it
// meanwhile must not be lost.
func (l *load) pop(i int) {
	c := l.client()
	for n := 0; l.running(); n++ {
		ctx, cancel := context.WithTimeout(l.ctx, time.Duration(1+(7*i+3*n)%30)*time.Millisecond)
		replies, err := c.do(ctx, "BLPOP", cmd("BLPOP", l.o.Queue, "0.05"))
		cancel()
		if err == nil && len(replies[0].Elems) == 2 {
			l.mu.Lock()
			l.popped[replies[0].Elems[1].Str]++
			l.mu.Unlock()
		}
	}
}

// pair writes two keys in one transaction, always the same to both.
func (l *load) pair(i int) {
	c := l.client()
	for n := 0; l.running(); n++ {
		v := fmt.Sprint(i, "-", n)
		if _, err := c.do(l.ctx, "a pair", cmd("MULTI"), cmd("SET", l.o.Pair+"a", v), cmd("SET", l.o.Pair+"b", v), cmd("EXEC")); err == nil {
			l.acks.Add(1)
		}
	}
}

// look reads what others write: nothing that is half written, and nothing that is
// taken back later.
func (l *load) look(int) {
	c := l.client()
	last := int64(0)
	for l.running() {
		replies, err := c.do(l.ctx, "MGET", cmd("MGET", l.o.Pair+"a", l.o.Pair+"b"), cmd("INCRBY", l.o.Counter+"all", "0"))
		if err != nil {
			continue
		}
		l.mu.Lock()
		l.looks++
		l.mu.Unlock()
		if a, b := replies[0].Elems[0].Str, replies[0].Elems[1].Str; a != b {
			l.t.Errorf("a transaction is seen half: %q and %q", a, b)
		}
		if got := replies[1].Int; got < last {
			l.t.Errorf("a counter was seen at %d and later at %d", last, got)
		} else {
			last = got
		}
	}
}

// settle looks at what has become of the data.
func (l *load) settle() Tally {
	t := l.t
	c := &client{l: l, b: l.o.Safe}
	ask := func(words ...string) resp.Reply {
		replies, err := c.do(l.ctx, words[0], cmd(words...))
		if err != nil {
			t.Fatalf("%s: %v", words[0], err)
		}
		return replies[0]
	}
	sum := Tally{Transactions: l.swapped, Elements: int64(len(l.pushed)), Looks: l.looks}
	for i, n := range l.counted {
		sum.Increments += n
		if got := ask("GET", fmt.Sprint(l.o.Counter, i)).Str; got != fmt.Sprint(n) && n > 0 {
			t.Errorf("counter %d is %s after %d acknowledged INCRs", i, got, n)
		}
	}
	if got := ask("GET", l.o.Counter+"all").Str; got != fmt.Sprint(sum.Increments) && sum.Increments > 0 {
		t.Errorf("the shared counter is %s after %d acknowledged INCRs", got, sum.Increments)
	}
	if got := ask("STRLEN", l.o.Cell).Int; got != l.swapped {
		t.Errorf("%d transactions ran, and %d letters are there", l.swapped, got)
	}
	for _, e := range ask("LRANGE", l.o.Queue, "0", "-1").Elems {
		l.popped[e.Str]++
	}
	for id := range l.pushed {
		if l.popped[id] != 1 {
			t.Errorf("%s was pushed and came %d times", id, l.popped[id])
		}
	}
	for id := range l.popped {
		if !l.pushed[id] {
			t.Errorf("%s came, and its RPUSH was said not to have been run", id)
		}
	}
	t.Logf("%d increments, %d transactions, %d elements, %d looks", sum.Increments, sum.Transactions, sum.Elements, sum.Looks)
	if sum.Increments == 0 || sum.Transactions == 0 || sum.Elements == 0 || sum.Looks == 0 {
		t.Error("hardly anything was done")
	}
	return sum
}
