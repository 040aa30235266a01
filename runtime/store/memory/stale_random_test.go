package memory_test

import (
	"context"
	"fmt"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// One client alone cannot tell KV from Redis, but for the count of DEL: it reads its own
// writes, in frames of any length, whatever the lag of others is.
func TestOneClientAloneSeesWhatRedisWouldAnswer(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	w := newWorld(t, uint64(seed), session)
	clock := new(embedded.Clock)
	clock.Stop()
	plain, err := memory.New(embedded.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plain.Close() })
	start := w.host.Clock().Time()
	if err := plain.SetTime(start); err != nil {
		t.Fatal(err)
	}
	want, err := plain.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sessions := []store.Session{w.client("me"), w.client("me"), w.client("me")}
	key := func() string { return fmt.Sprintf("session:%d", r.Intn(12)) }
	for i := 0; i < 2000; i++ {
		var frame []resp.Command
		for n := 1 + r.Intn(8); n > 0; n-- {
			v := fmt.Sprint(r.Intn(1000))
			switch r.Intn(9) {
			case 0, 1, 2:
				frame = append(frame, resp.Command{"GET", key()})
			case 3:
				frame = append(frame, resp.Command{"MGET", key(), key(), key()})
			case 4:
				frame = append(frame, resp.Command{"SET", key(), v})
			case 5:
				frame = append(frame, resp.Command{"SET", key(), v, "EX", fmt.Sprint(60 + r.Intn(100))})
			case 6:
				frame = append(frame, resp.Command{"SETEX", key(), fmt.Sprint(60 + r.Intn(100)), v})
			case 7:
				frame = append(frame, resp.Command{"DEL", key(), key()})
			case 8:
				frame = append(frame, resp.Command{"INCR", "count"})
			}
		}
		got, err := sessions[r.Intn(len(sessions))].Execute(context.Background(), frame)
		if err != nil {
			t.Fatal(err)
		}
		expected, err := want.Execute(context.Background(), frame)
		if err != nil {
			t.Fatal(err)
		}
		for j, cmd := range frame {
			if cmd[0] != "DEL" && !reflect.DeepEqual(got[j], expected[j]) {
				t.Fatalf("frame %d, %q: got %+v, want %+v\nin %q", i, cmd, got[j], expected[j], frame)
			}
		}
		if r.Intn(3) == 0 {
			d := time.Duration(r.Intn(40_000)) * time.Millisecond
			w.pass(d)
			if err := plain.Advance(d); err != nil {
				t.Fatal(err)
			}
		}
	}
}
