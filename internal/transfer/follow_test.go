package transfer

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// eventually waits until a command answers something.
func eventually(t *testing.T, e End, cmd, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = get(t, e, cmd); got == want {
			return
		}
	}
	t.Fatalf("%s: %q, not %q", cmd, got, want)
}

// What changes at the source while a follower is there changes at the destination, in
// both directions; what others wrote there stays.
func TestAFollowerKeepsUp(t *testing.T) {
	server := "redis://" + testneed.RedisServer(t)
	for _, way := range [][2]string{{server, "memory://follow-to"}, {"memory://follow-from", server}} {
		a, b := open(t, way[0]), open(t, way[1])
		do(t, a, "FLUSHALL", "SET s 1", "SET t 1", "RPUSH l a", "SET gone 1", "SET theirs 1")
		do(t, b, "FLUSHALL", "SET theirs newer")
		o := CopyOptions{From: a, To: b, Checkpoint: filepath.Join(t.TempDir(), "checkpoint")}
		if _, err := Follow(context.Background(), o, nil); err == nil || !strings.Contains(err.Error(), "notify-keyspace-events") {
			t.Fatalf("a source that tells nothing: %v", err)
		}
		do(t, a, "CONFIG SET notify-keyspace-events KA")
		stop := make(chan struct{})
		type outcome struct {
			n   Counts
			err error
		}
		ended := make(chan outcome, 1)
		go func() {
			n, err := Follow(context.Background(), o, stop)
			ended <- outcome{n, err}
		}()
		eventually(t, b, "LRANGE l 0 -1", "a")
		eventually(t, b, "GET gone", "1")
		do(t, a, "SET s 2", "RPUSH l b", "DEL gone", "SET new 1 PX 100000", "SET theirs 2", "DEL t", "SADD t x")
		eventually(t, b, "GET s", "2")
		eventually(t, b, "LRANGE l 0 -1", "a b")
		eventually(t, b, "EXISTS gone", "0")
		eventually(t, b, "TYPE t", "set")
		eventually(t, b, "GET new", "1")
		if got, want := get(t, b, "PEXPIRETIME new"), get(t, a, "PEXPIRETIME new"); got != want {
			t.Errorf("the expiry is %s, not %s", got, want)
		}
		for i := range 500 {
			do(t, a, fmt.Sprint("INCR counter", i%7))
		}
		close(stop)
		end := <-ended
		if end.err != nil {
			t.Fatal(end.err)
		}
		for i := range 7 {
			if got, want := get(t, b, fmt.Sprint("GET counter", i)), get(t, a, fmt.Sprint("GET counter", i)); got != want {
				t.Errorf("counter%d: %s, not %s", i, got, want)
			}
		}
		if got := get(t, b, "GET theirs"); got != "newer" {
			t.Errorf("what somebody else wrote is %q", got)
		}
		// When the connection breaks, what happened meanwhile is found.
		stop = make(chan struct{})
		go func() {
			n, err := Follow(context.Background(), o, stop)
			ended <- outcome{n, err}
		}()
		do(t, a, "SET first 1")
		eventually(t, b, "GET first", "1")
		do(t, a, "CLIENT KILL TYPE pubsub", "SET second 1", "DEL s")
		eventually(t, b, "GET second", "1")
		eventually(t, b, "EXISTS s", "0")
		close(stop)
		if end := <-ended; end.err != nil {
			t.Fatal(end.err)
		}
		if _, err := value.One(context.Background(), a, "CONFIG", "SET", "notify-keyspace-events", ""); err != nil {
			t.Fatal(err)
		}
	}
}
