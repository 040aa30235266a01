// Package stress_test runs the facade on its stores as a busy program does: many
// goroutines, everything at once. It is apart from the facade's own tests because
// it links the stores, which those must not.
package stress_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

var ctx = context.Background()

// stressWorkers goroutines do what programs do, at random and all at once.
const stressWorkers = 64

// accounts is how many keys the transfers of a stress test move between. Their
// sum never changes, at any moment that anybody can see.
const accounts = 8

func TestStressOnMemory(t *testing.T) { stress(t, "memory://stress", 500) }

func TestStressOnAFile(t *testing.T) {
	stress(t, "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "stress.db")), 100)
}

// tally is what the workers were told, to be compared with what is stored.
type tally struct {
	counted, watched, pushed, popped atomic.Int64
	published, received              atomic.Int64
}

func stress(t *testing.T, url string, steps int) {
	if testing.Short() {
		steps /= 5
	}
	before := goruntime.NumGoroutine()
	watchdog := time.AfterFunc(2*time.Minute, func() {
		buf := make([]byte, 1<<20)
		panic("the workers stand still:\n" + string(buf[:goruntime.Stack(buf, true)]))
	})
	defer watchdog.Stop()

	c := runtime.NewClient(&runtime.Options{Addr: url})
	if err := c.FlushAll(ctx).Err(); err != nil { // a memory store outlives its clients
		t.Fatal(err)
	}
	for i := 0; i < accounts; i++ {
		if err := c.Set(ctx, account(i), 1000, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	listener := c.Subscribe(ctx, "news")
	if _, err := listener.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	var sum tally
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for {
			m, err := listener.ReceiveMessage(ctx)
			if err != nil || m.Payload == "end" {
				return
			}
			sum.received.Add(1)
		}
	}()

	var workers sync.WaitGroup
	for i := 0; i < stressWorkers; i++ {
		workers.Add(1)
		go func(id int) {
			defer workers.Done()
			w := worker{t: t, url: url, c: c, sum: &sum, id: id, rnd: rand.New(rand.NewSource(int64(id)))}
			for n := 0; n < steps && !t.Failed(); n++ {
				w.step(n)
			}
		}(i)
	}
	workers.Wait()
	if err := c.Publish(ctx, "news", "end").Err(); err != nil {
		t.Error(err)
	}
	<-heard

	for what, pair := range map[string][2]int64{
		"INCR":           {number(t, c, "counter"), sum.counted.Load()},
		"INCR by WATCH":  {number(t, c, "watched"), sum.watched.Load()},
		"list elements":  {c.LLen(ctx, "queue").Val() + sum.popped.Load(), sum.pushed.Load()},
		"messages":       {sum.received.Load(), sum.published.Load()},
		"sum of amounts": {total(t, c), 1000 * accounts},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: there are %d, acknowledged were %d", what, pair[0], pair[1])
		}
	}
	_ = listener.Close()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(10 * time.Second); goruntime.NumGoroutine() > before; goruntime.Gosched() {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", goruntime.NumGoroutine(), before, buf[:goruntime.Stack(buf, true)])
		}
	}
}

func account(i int) string { return "account:" + strconv.Itoa(i) }

// number reads a counter that may not exist.
func number(t *testing.T, c runtime.Cmdable, key string) int64 {
	n, err := c.Get(ctx, key).Int64()
	if err != nil && err != runtime.Nil {
		t.Error(key, err)
	}
	return n
}

// total reads all accounts at one moment.
func total(t *testing.T, c runtime.Cmdable) (sum int64) {
	var keys []string
	for i := 0; i < accounts; i++ {
		keys = append(keys, account(i))
	}
	values, err := c.MGet(ctx, keys...).Result()
	if err != nil {
		t.Error("MGET", err)
	}
	for _, v := range values {
		s, _ := v.(string)
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Error("MGET", err)
		}
		sum += n
	}
	return sum
}

// worker is one of the goroutines of a stress test.
type worker struct {
	t   *testing.T
	url string
	c   *runtime.Client
	sum *tally
	id  int
	rnd *rand.Rand
}

// step does one thing. Errors that nothing explains fail the test.
func (w *worker) step(n int) {
	var err error
	switch w.rnd.Intn(12) {
	case 0:
		key, value := fmt.Sprintf("own:%d", w.id), strconv.Itoa(n)
		if err = w.c.Set(ctx, key, value, time.Hour).Err(); err == nil {
			if got := w.c.Get(ctx, key).Val(); got != value {
				err = fmt.Errorf("GET answers %q after SET %q", got, value)
			}
		}
	case 1:
		err = w.c.Incr(ctx, "counter").Err()
		w.count(err, &w.sum.counted)
	case 2:
		_, err = w.c.Pipelined(ctx, func(p runtime.Pipeliner) error {
			for i := 0; i < 5; i++ {
				p.Incr(ctx, "counter")
			}
			p.LPush(ctx, "queue", n, n)
			return nil
		})
		if err == nil {
			w.sum.counted.Add(5)
			w.sum.pushed.Add(2)
		}
	case 3:
		from, to := w.rnd.Intn(accounts), w.rnd.Intn(accounts)
		_, err = w.c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
			p.DecrBy(ctx, account(from), 7)
			p.IncrBy(ctx, account(to), 7)
			return nil
		})
	case 4:
		if got := total(w.t, w.c); got != 1000*accounts {
			err = fmt.Errorf("half a transaction is seen: the sum is %d", got)
		}
	case 5:
		err = w.watch()
	case 6:
		w.pop()
	case 7:
		err = w.c.Publish(ctx, "news", n).Err()
		w.count(err, &w.sum.published)
	case 8:
		err = w.subscribe()
	case 9:
		err = w.shortLived()
	case 10:
		err = w.cancelled()
	case 11:
		err = w.c.Eval(ctx, "redis.call('INCR', KEYS[1]) return redis.call('LPUSH', KEYS[2], 'x')", []string{"counter", "queue"}).Err()
		w.count(err, &w.sum.counted)
		w.count(err, &w.sum.pushed)
	}
	if err != nil {
		w.t.Errorf("worker %d, step %d: %v", w.id, n, err)
	}
}

func (w *worker) count(err error, n *atomic.Int64) {
	if err == nil {
		n.Add(1)
	}
}

// watch increments a counter as programs did before INCR.
func (w *worker) watch() error {
	for {
		err := w.c.Watch(ctx, func(tx *runtime.Tx) error {
			n, err := tx.Get(ctx, "watched").Int64()
			if err != nil && err != runtime.Nil {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(p runtime.Pipeliner) error {
				p.Set(ctx, "watched", n+1, 0)
				return nil
			})
			return err
		}, "watched")
		if errors.Is(err, runtime.TxFailedErr) {
			continue
		}
		w.count(err, &w.sum.watched)
		return err
	}
}

// pop waits for an element, now and then with a context that ends: then the
// element must still be there, or have been handed out.
func (w *worker) pop() {
	within, cancel := context.WithTimeout(ctx, time.Duration(w.rnd.Intn(3000))*time.Microsecond)
	defer cancel()
	_, err := w.c.BLPop(within, time.Second, "queue", "other").Result()
	switch {
	case err == nil:
		w.sum.popped.Add(1)
	case err == runtime.Nil, errors.Is(err, context.DeadlineExceeded):
	default:
		w.t.Errorf("BLPOP: %v", err)
	}
}

// subscribe reads until its own message has come.
func (w *worker) subscribe() error {
	name := fmt.Sprintf("own:%d", w.id)
	p := w.c.Subscribe(ctx, name)
	ch := p.Channel()
	if err := w.c.Publish(ctx, name, "x").Err(); err != nil {
		return err
	}
	if m := <-ch; m == nil || m.Payload != "x" {
		return fmt.Errorf("received %v", m)
	}
	return p.Close()
}

// shortLived closes a client while it is used.
func (w *worker) shortLived() error {
	c := runtime.NewClient(&runtime.Options{Addr: w.url})
	var users sync.WaitGroup
	failures := make(chan error, 4)
	for i := 0; i < 4; i++ {
		users.Add(1)
		go func(i int) {
			defer users.Done()
			var err error
			switch i {
			case 0:
				err = c.Incr(ctx, "counter").Err()
				w.count(err, &w.sum.counted)
			case 1:
				_, err = c.BLPop(ctx, 0, "nothing").Result()
			case 2:
				_, err = c.Subscribe(ctx, "nothing").ReceiveMessage(ctx)
			case 3:
				err = c.Conn().Ping(ctx).Err()
			}
			if err != nil && !errors.Is(err, runtime.ErrClosed) {
				failures <- fmt.Errorf("user %d of a closed client: %w", i, err)
			}
		}(i)
	}
	if w.rnd.Intn(2) == 0 {
		_ = c.Get(ctx, "counter").Err()
	}
	if err := c.Close(); err != nil {
		return err
	}
	users.Wait()
	close(failures)
	return <-failures
}

// cancelled sends with a context that ends at any time: a command that returns
// its error has not run.
func (w *worker) cancelled() error {
	within, cancel := context.WithCancel(ctx)
	go cancel()
	err := w.c.Incr(within, "counter").Err()
	w.count(err, &w.sum.counted)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
