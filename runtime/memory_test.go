package runtime_test

import (
	"context"
	"errors"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// The tests of this file run on the memory store: the whole way of a command.

func TestSharedDataOfTwoClients(t *testing.T) {
	a := client(t, &runtime.Options{Addr: "memory://shared"})
	b := client(t, &runtime.Options{Addr: "memory://shared", Protocol: 2})
	a.HSet(ctx, "h", map[string]interface{}{"n": 1})
	a.ZAdd(ctx, "z", runtime.Z{Score: 0.1, Member: "m"})
	for i, test := range []struct{ got, want interface{} }{
		{a.Do(ctx, "hgetall", "h").Val(), map[interface{}]interface{}{"n": "1"}},
		{b.Do(ctx, "hgetall", "h").Val(), []interface{}{"n", "1"}},
		{a.Do(ctx, "zscore", "z", "m").Val(), 0.1},
		{b.Do(ctx, "zscore", "z", "m").Val(), "0.10000000000000001"},
		{a.Do(ctx, "zrange", "z", 0, -1, "withscores").Val(), []interface{}{[]interface{}{"m", 0.1}}},
		{b.Do(ctx, "zrange", "z", 0, -1, "withscores").Val(), []interface{}{"m", "0.10000000000000001"}},
		{b.HGetAll(ctx, "h").Val(), map[string]string{"n": "1"}},
		{b.ZRangeWithScores(ctx, "z", 0, -1).Val(), []runtime.Z{{Score: 0.1, Member: "m"}}},
		{a.Get(ctx, "none").Err(), error(runtime.Nil)},
		{a.Eval(ctx, "return {1, 'two', false, {ok='fine'}}", nil).Val(), []interface{}{int64(1), "two", nil, "fine"}},
		{a.LPush(ctx, "h", "x").Err().Error(), "WRONGTYPE Operation against a key holding the wrong kind of value"},
		{b.TTL(ctx, "none").Val(), time.Duration(-2)},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%d: got %#v, want %#v", i, test.got, test.want)
		}
	}
}

func TestWatchSeesAnotherClientsWrite(t *testing.T) {
	a := client(t, &runtime.Options{Addr: "memory://watch"})
	b := client(t, &runtime.Options{Addr: "memory://watch"})
	set := func(disturb bool) error {
		return a.Watch(ctx, func(tx *runtime.Tx) error {
			if disturb {
				b.Set(ctx, "k", "theirs", 0)
			}
			_, err := tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.Set(ctx, "k", "mine", 0); return nil })
			return err
		}, "k")
	}
	if err := set(true); !errors.Is(err, runtime.TxFailedErr) || a.Get(ctx, "k").Val() != "theirs" {
		t.Errorf("disturbed: %v, %s", err, a.Get(ctx, "k"))
	}
	if err := set(false); err != nil || a.Get(ctx, "k").Val() != "mine" {
		t.Errorf("undisturbed: %v, %s", err, a.Get(ctx, "k"))
	}
}

func TestBlockedCommandEndsByPushAndByContext(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://blocked"})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if got, err := c.BLPop(ctx, 0, "q").Result(); err != nil || !reflect.DeepEqual(got, []string{"q", "x"}) {
			t.Errorf("BLPop: %v, %v", got, err)
		}
	}()
	c.RPush(ctx, "q", "x") // before or after BLPop waits: both end it
	wg.Wait()
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := c.BLPop(short, 0, "q").Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the context: %v", err)
	}
	if err := c.Ping(ctx).Err(); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func TestPublishReachesSubscribers(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://events"})
	p := c.PSubscribe(ctx, "room:*")
	defer p.Close()
	if _, err := p.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Publish(ctx, "room:1", "hello").Result(); n != 1 || err != nil {
		t.Errorf("Publish: %d, %v", n, err)
	}
	if m := <-p.Channel(); m == nil || m.Payload != "hello" || m.Pattern != "room:*" || m.Channel != "room:1" {
		t.Errorf("message %v", m)
	}
	if err := p.Ping(ctx, "there"); err != nil {
		t.Error(err)
	}
}

func TestConnHasItsOwnDatabase(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://conn"})
	conn := c.Conn()
	defer conn.Close()
	if err := conn.Select(ctx, 5).Err(); err != nil {
		t.Fatal(err)
	}
	conn.Set(ctx, "k", "five", 0)
	if v := conn.Get(ctx, "k").Val(); v != "five" {
		t.Errorf("on the connection: %q", v)
	}
	if err := c.Get(ctx, "k").Err(); !errors.Is(err, runtime.Nil) {
		t.Errorf("on the client: %v", err)
	}
}

func TestManyGoroutinesShareAClient(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://many"})
	c.FlushDB(ctx)
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < 200; n++ {
				c.Incr(ctx, "n")
			}
		}()
	}
	wg.Wait()
	if n, err := c.Get(ctx, "n").Int(); n != 1600 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// go-redis's Close closes connections that are in use, so a worker that waits
// for its queue ends. Another client on the same store must not change that.
func TestCloseEndsWhatWaitsAlthoughAnotherClientHoldsTheStore(t *testing.T) {
	opt := runtime.Options{Addr: "memory://held"}
	client(t, &opt).Ping(ctx)
	closing := opt
	c := runtime.NewClient(&closing)
	conn := c.Conn()
	ended := make(chan error, 3)
	for _, wait := range []func() error{
		func() error { return c.BLPop(ctx, 0, "queue").Err() },
		func() error { return conn.BLPop(ctx, 0, "queue").Err() },
		func() error { _, err := c.Subscribe(ctx, "news").ReceiveMessage(ctx); return err },
	} {
		go func(wait func() error) { ended <- wait() }(wait)
	}
	for c.PubSubNumSub(ctx, "news").Val()["news"] == 0 || strings.Count(c.Info(ctx, "clients").Val(), "blocked_clients:2") == 0 {
		goruntime.Gosched() // until all of them wait
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 3; i++ {
		select {
		case err := <-ended:
			if !errors.Is(err, runtime.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("somebody still waits")
		}
	}
}
