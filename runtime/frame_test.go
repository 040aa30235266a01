package runtime_test

import (
	"context"
	"fmt"
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)

// The memory of a command serves the next one. What must outlive its command, a
// transaction's queue and a blocked command, may not be in it.
func TestMemoryOfCommandsIsUsedAgain(t *testing.T) {
	ctx := context.Background()
	c := runtime.NewClient(&runtime.Options{Addr: "memory://frames"})
	defer c.Close()
	others := func() {
		for i := 0; i < 100; i++ {
			if got, err := c.Set(ctx, fmt.Sprint("other", i), "another value", 0).Result(); got != "OK" || err != nil {
				t.Fatal(got, err)
			}
		}
	}

	conn := c.Conn()
	defer conn.Close()
	conn.Do(ctx, "multi")
	conn.Do(ctx, "set", "queued", "its value")
	others()
	conn.Do(ctx, "rpush", "list", "a", "b")
	others()
	if err := conn.Do(ctx, "exec").Err(); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(ctx, "queued").Val(); got != "its value" {
		t.Errorf("the queued SET wrote %q", got)
	}

	list := c.LRange(ctx, "list", 0, -1)
	others()
	c.LRange(ctx, "list", 1, -1)
	if got := list.Val(); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("a result became %q after other commands", got)
	}

	popped := make(chan []string)
	go func() { popped <- c.BLPop(ctx, time.Minute, "none", "awaited").Val() }()
	for !strings.Contains(c.Info(ctx, "clients").Val(), "blocked_clients:1") {
		goruntime.Gosched()
	}
	others()
	c.RPush(ctx, "awaited", "x")
	if got := <-popped; !reflect.DeepEqual(got, []string{"awaited", "x"}) {
		t.Errorf("BLPOP returned %q", got)
	}
}

// Without hooks, a command costs its result, its arguments and what the caller
// passes as an interface.
func TestAllocationsOfCommands(t *testing.T) {
	ctx := context.Background()
	c := runtime.NewClient(&runtime.Options{Addr: "memory://allocations"})
	defer c.Close()
	for i := 0; i < 50; i++ {
		c.RPush(ctx, "list", "an element of the list")
	}
	c.Set(ctx, "key", "value", 0)
	for _, test := range []struct {
		name string
		most float64
		run  func() error
	}{
		{"GET", 3, func() error { return c.Get(ctx, "key").Err() }},
		{"SET", 4, func() error { return c.Set(ctx, "key", "value", 0).Err() }},
		{"LRANGE", 4, func() error { return c.LRange(ctx, "list", 0, -1).Err() }},
	} {
		got := testing.AllocsPerRun(1000, func() {
			if err := test.run(); err != nil {
				t.Fatal(err)
			}
		})
		if got > test.most && !raceDetector {
			t.Errorf("%s: %v allocations, want at most %v", test.name, got, test.most)
		}
	}
}
