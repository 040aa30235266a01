package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// transports are the ways to an object.
func transports(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, query := range []string{"", "?transport=http"} {
		t.Run("over"+query, func(t *testing.T) { test(t, newRig(t, objectserver.Options{}, query)) })
	}
}

func TestCommandsAreAnswered(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		s := r.session(store.SessionOptions{})
		want(t, s, "OK", "SET", "k", "v")
		want(t, s, `"v"`, "GET", "k")
		want(t, s, "nil", "get", "nothing")
		want(t, s, "3", "RPUSH", "l", "a", "b", "c")
		want(t, s, `["a" "b" "c"]`, "LRANGE", "l", "0", "-1")
		want(t, s, `["k"]`, "KEYS", "k*")
		want(t, s, `"v"`, "EVAL", "return redis.call('GET', KEYS[1])", "1", "k")
		want(t, s, "!ERR unknown command 'NOPE', with args beginning with: 'x' ", "NOPE", "x")
		if got := show(do(t, s, cmd("LPUSH", "k", "x"))[0]); !strings.HasPrefix(got, "!WRONGTYPE") {
			t.Error(got)
		}
		want(t, s, "OK", "SET", "large", strings.Repeat("x", 1_500_000))
		want(t, s, "1500000", "STRLEN", "large")
	})
}

func TestPipelinesOfAnySizeAreAnsweredInOrder(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{})
	for _, n := range []int{0, 1, 127, 512, 513, 2000} {
		var cmds []resp.Command
		for i := 0; i < n; i++ {
			cmds = append(cmds, cmd("INCR", fmt.Sprint("counter", n)))
		}
		for i, reply := range do(t, s, cmds...) {
			if reply.Int != int64(i+1) {
				t.Fatalf("%d of %d: %s", i, n, show(reply))
			}
		}
	}
	var big []resp.Command
	for i := 0; i < 40; i++ {
		big = append(big, cmd("SET", fmt.Sprint("big", i), strings.Repeat(fmt.Sprint(i%10), 100_000)))
	}
	do(t, s, big...)
	want(t, s, "100000", "STRLEN", "big39")
}

func TestManyCallersShareFrames(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		s := r.session(store.SessionOptions{})
		do(t, s, cmd("PING"))
		before := r.server.Executor("main", "/0").Programs
		var wait sync.WaitGroup
		const callers, each = 64, 20
		for c := 0; c < callers; c++ {
			wait.Add(1)
			go func(c int) {
				defer wait.Done()
				for i := 0; i < each; i++ {
					if replies, err := s.Execute(context.Background(), []resp.Command{cmd("INCR", "n"), cmd("SET", fmt.Sprint(c), fmt.Sprint(i)), cmd("GET", fmt.Sprint(c))}); err != nil || replies[2].Str != fmt.Sprint(i) {
						t.Errorf("%v %v", replies, err)
					}
				}
			}(c)
		}
		wait.Wait()
		want(t, s, fmt.Sprintf("%q", fmt.Sprint(callers*each)), "GET", "n")
		if frames := r.server.Executor("main", "/0").Programs - before; frames > callers*each/2 {
			t.Errorf("%d commits for %d frames of callers", frames, callers*each)
		}
	})
}

func TestSessionsHaveADatabaseAndAName(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{DB: 3, Name: "me", LibName: "lib", LibVer: "1.2"})
	want(t, s, `"me"`, "CLIENT", "GETNAME")
	do(t, s, cmd("SET", "k", "in 3"))
	want(t, s, "OK", "SELECT", "4")
	want(t, s, "nil", "GET", "k")
	want(t, s, "nil", "EVAL", "return redis.call('GET', 'k')", "0") // the other lane
	other := r.session(store.SessionOptions{DB: 3})
	want(t, other, `"in 3"`, "GET", "k")
	want(t, s, "OK", "CLIENT", "SETNAME", "you")
	r.server.Trap()
	want(t, s, `"you"`, "CLIENT", "GETNAME")
	want(t, s, "nil", "GET", "k")
	if r := do(t, s, cmd("CLIENT", "INFO"))[0].Str; !strings.Contains(r, "lib-name=lib lib-ver=1.2") || !strings.Contains(r, "db=4") {
		t.Error(r)
	}
	if _, err := r.b.NewSession(store.SessionOptions{DB: 16}); err == nil {
		t.Error("a database beyond the last was selected")
	}
	want(t, s, "!ERR DB index is out of range", "SELECT", "16")
	want(t, s, "OK", "MULTI")
	want(t, s, "QUEUED", "SELECT", "3")
	want(t, s, "[OK]", "EXEC")
	want(t, s, `"in 3"`, "GET", "k")
}

func TestTransactionsOfOneFrameAndOfSeveral(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		s, other := r.session(store.SessionOptions{}), r.session(store.SessionOptions{})
		got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("INCR", "n"), cmd("EXEC"))
		if show(got[3]) != "[1 2]" {
			t.Error(got)
		}
		want(t, s, "OK", "MULTI")
		want(t, s, "QUEUED", "INCR", "n")
		want(t, other, `"2"`, "GET", "n")
		want(t, s, "[3]", "EXEC")
		want(t, s, "OK", "WATCH", "n")
		want(t, other, "4", "INCR", "n")
		if got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("EXEC")); show(got[2]) != "nil" {
			t.Error(got)
		}
		want(t, s, `"4"`, "GET", "n")
		want(t, s, "!ERR EXEC without MULTI", "EXEC")
	})
}

// A transaction larger than a frame has a client of its own, so that those who share
// the session are not queued behind its MULTI.
func TestALargeTransactionIsWhole(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("PING"))
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		for {
			select {
			case <-stop:
				return
			default:
			}
			got, err := s.Execute(context.Background(), []resp.Command{cmd("GET", "big")})
			if err != nil || got[0].Str != "" && got[0].Str != "2000" {
				t.Errorf("%s %v", show(got[0]), err)
				return
			}
		}
	}()
	cmds := []resp.Command{cmd("MULTI")}
	for i := 0; i < 2000; i++ {
		cmds = append(cmds, cmd("INCR", "big"))
	}
	got := do(t, s, append(cmds, cmd("EXEC"))...)
	close(stop)
	wait.Wait()
	if last := got[len(got)-1]; len(last.Elems) != 2000 || last.Elems[1999].Int != 2000 {
		t.Error(show(last))
	}
}

func TestATransactionOutlivesTheObjectsEngine(t *testing.T) {
	for name, event := range map[string]func(s *objectserver.Server){
		"trap": (*objectserver.Server).Trap, "cut": (*objectserver.Server).Cut, "deploy": (*objectserver.Server).Deploy,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, objectserver.Options{}, "")
			s := r.session(store.SessionOptions{})
			want(t, s, "OK", "MULTI")
			want(t, s, "QUEUED", "INCR", "n")
			event(r.server)
			want(t, s, "QUEUED", "INCR", "n")
			event(r.server)
			event(r.server)
			want(t, s, "[1 2]", "EXEC")

			want(t, s, "OK", "WATCH", "n")
			want(t, s, `"2"`, "GET", "n")
			event(r.server)
			want(t, s, `"2"`, "GET", "n")
			if got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("EXEC")); show(got[2]) != "nil" {
				t.Errorf("what was watched across epochs ran: %s", show(got[2]))
			}
			want(t, s, `"2"`, "GET", "n")
			if got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("EXEC")); show(got[2]) != "[3]" {
				t.Errorf("the next transaction: %s", show(got[2]))
			}

			do(t, s, cmd("WATCH", "n"), cmd("MULTI"), cmd("INCR", "n"), cmd("NOPE"))
			event(r.server)
			if got := show(do(t, s, cmd("EXEC"))[0]); !strings.HasPrefix(got, "!EXECABORT") {
				t.Error(got)
			}
			want(t, s, "OK", "WATCH", "n")
			event(r.server)
			want(t, s, "OK", "UNWATCH")
			if got := do(t, s, cmd("MULTI"), cmd("INCR", "n"), cmd("EXEC")); show(got[2]) != "[4]" {
				t.Error(show(got[2]))
			}
		})
	}
}

func TestBlockedCommandsHoldUpNobody(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		s, other := r.session(store.SessionOptions{}), r.session(store.SessionOptions{})
		type result struct {
			replies []resp.Reply
			err     error
		}
		came := make(chan result, 1)
		go func() {
			replies, err := s.Execute(context.Background(), []resp.Command{cmd("SET", "before", "1"), cmd("BLPOP", "l", "0"), cmd("SET", "after", "1"), cmd("GET", "after")})
			came <- result{replies, err}
		}()
		until(t, "a blocked command", func() bool { return r.parked() == 1 })
		want(t, s, `"1"`, "GET", "before")
		want(t, other, "nil", "GET", "after")
		want(t, other, "1", "EVAL", "return redis.call('RPUSH', 'l', 'x')", "0")
		got := <-came
		if got.err != nil || show(resp.NewArray(got.replies...)) != `[OK ["l" "x"] OK "1"]` {
			t.Errorf("%s %v", show(resp.NewArray(got.replies...)), got.err)
		}
		if got := do(t, s, cmd("BLPOP", "l", "0.01")); show(got[0]) != "nil" {
			t.Error(show(got[0]))
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			_, err := s.Execute(ctx, []resp.Command{cmd("BRPOP", "l", "0")})
			came <- result{nil, err}
		}()
		until(t, "a blocked command", func() bool { return r.parked() == 1 })
		cancel()
		if got := <-came; !errors.Is(got.err, context.Canceled) {
			t.Error(got.err)
		}
		want(t, other, "1", "RPUSH", "l", "y")
		want(t, other, `"y"`, "LPOP", "l")

		go func() {
			_, err := s.Execute(context.Background(), []resp.Command{cmd("BRPOP", "l", "0")})
			came <- result{nil, err}
		}()
		until(t, "a blocked command", func() bool { return r.parked() == 1 })
		_ = s.Close()
		if got := <-came; !errors.Is(got.err, store.ErrClosed) {
			t.Error(got.err)
		}
		if _, err := s.Execute(context.Background(), []resp.Command{cmd("PING")}); !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestBlockedCommandsOutliveTheObjectsEngine(t *testing.T) {
	for name, event := range map[string]func(s *objectserver.Server){
		"trap": (*objectserver.Server).Trap, "cut": (*objectserver.Server).Cut, "deploy": (*objectserver.Server).Deploy,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, objectserver.Options{}, "")
			s, other := r.session(store.SessionOptions{}), r.session(store.SessionOptions{})
			came := make(chan string, 3)
			for i, l := range []string{"a", "b", "c"} {
				go func(l string) {
					replies, err := s.Execute(context.Background(), []resp.Command{cmd("BLPOP", l, "100")})
					came <- fmt.Sprint(show(resp.NewArray(replies...)), err)
				}(l)
				until(t, "a blocked command", func() bool { return r.parked() == i+1 })
			}
			for _, l := range []string{"a", "b", "c"} {
				event(r.server)
				do(t, other, cmd("RPUSH", l, "x"))
				event(r.server)
				if got, want := <-came, fmt.Sprintf("[[%q \"x\"]]<nil>", l); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
			want(t, other, "0", "EXISTS", "a", "b", "c")
		})
	}
}

// Who reads behind the last entry of a stream hears of every one that comes after he
// began, although the object forgets in between that he waits.
func TestReadersBehindTheLastEntryOutliveTheObjectsEngine(t *testing.T) {
	for name, event := range map[string]func(s *objectserver.Server){
		"trap": (*objectserver.Server).Trap, "cut": (*objectserver.Server).Cut, "deploy": (*objectserver.Server).Deploy,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, objectserver.Options{}, "")
			s, other := r.session(store.SessionOptions{}), r.session(store.SessionOptions{})
			read := cmd("XREAD", "BLOCK", "0", "STREAMS", "x", "$")
			for i := 1; i <= 20; i++ {
				came := make(chan string, 1)
				go func() {
					replies, err := s.Execute(soon(t), []resp.Command{read})
					came <- fmt.Sprint(show(resp.NewArray(replies...)), err)
				}()
				until(t, "a blocked command", func() bool { return r.parked() == 1 })
				event(r.server)
				do(t, other, cmd("XADD", "x", fmt.Sprint(i, "-1"), "f", "v"))
				if got, want := <-came, fmt.Sprintf(`"%d-1"`, i); !strings.Contains(got, want) {
					t.Fatalf("%s, want %s", got, want)
				}
			}
			if read[5] != "$" {
				t.Errorf("the caller's command was changed: %q", read)
			}
		})
	}
}

func TestSubscribersHear(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		in := newInbox()
		s, other := r.session(store.SessionOptions{Push: in.push}), r.session(store.SessionOptions{})
		want(t, s, "none", "SUBSCRIBE", "a", "b")
		if got := fmt.Sprint(in.take(t, 0)); got != `[["subscribe" "a" 1] ["subscribe" "b" 2]]` {
			t.Errorf("when SUBSCRIBE returned there were %s", got)
		}
		want(t, s, "none", "PSUBSCRIBE", "a*")
		in.take(t, 1)
		want(t, other, "2", "PUBLISH", "a", "hello")
		if got := fmt.Sprint(in.take(t, 2)); got != `[["message" "a" "hello"] ["pmessage" "a*" "a" "hello"]]` {
			t.Error(got)
		}
		want(t, s, "none", "UNSUBSCRIBE")
		in.take(t, 2)
		want(t, other, "1", "PUBLISH", "a", "more")
		in.take(t, 1)
		_ = s.Close()
		want(t, other, "0", "PUBLISH", "a", "nobody")
	})
}

func TestSubscribersAreToldWhenMessagesMayBeMissing(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	in := newInbox()
	s := r.session(store.SessionOptions{Push: in.push})
	other := r.session(store.SessionOptions{})
	want(t, s, "none", "SUBSCRIBE", "a")
	in.take(t, 1)
	r.server.Trap() // the socket stays, and so does what is subscribed to
	want(t, other, "1", "PUBLISH", "a", "after a trap")
	in.take(t, 1)
	r.server.Cut()
	if got := in.take(t, 1); !strings.HasPrefix(got[0], "!ERR") {
		t.Error(got)
	}
	if _, err := s.Execute(context.Background(), []resp.Command{cmd("PING")}); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	want(t, other, "0", "PUBLISH", "a", "after a cut")

	again := r.session(store.SessionOptions{Push: in.push})
	want(t, again, "none", "SUBSCRIBE", "a")
	in.take(t, 1)
	_ = r.b.Close()
	if got := in.take(t, 1); !strings.HasPrefix(got[0], "!ERR") {
		t.Error(got)
	}
}

func TestAContextEndsWaiting(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{})
	do(t, s, cmd("PING"), cmd("CLIENT", "PAUSE", "60000", "WRITE"))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Execute(ctx, []resp.Command{cmd("SET", "k", "v")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := s.Execute(ended, []resp.Command{cmd("GET", "k")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want(t, s, "OK", "CLIENT", "UNPAUSE")
	want(t, s, "nil", "GET", "k")
}

func TestAKilledClientIsTold(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	in := newInbox()
	s := r.session(store.SessionOptions{Push: in.push, Addr: "10.0.0.1:5"})
	other := r.session(store.SessionOptions{Addr: "10.0.0.2:6"})
	do(t, s, cmd("PING"))
	want(t, other, "OK", "CLIENT", "KILL", "10.0.0.1:5")
	in.take(t, 1)
	if _, err := s.Execute(context.Background(), []resp.Command{cmd("PING")}); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
}
