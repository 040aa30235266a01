package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// faultTime is how long each kind of fault goes on.
func faultTime() time.Duration {
	if testing.Short() {
		return 300 * time.Millisecond
	}
	return 1500 * time.Millisecond
}

// Whatever happens to connections, messages and the object's engine: no write is lost
// that was acknowledged, none is applied twice, no popped element is lost, and a
// transaction whose keys changed does not run.
func TestNothingIsLostOrDoubledWhateverFails(t *testing.T) {
	type fault struct {
		query string
		proxy func(t testing.TB, target string, d *dice) (url string, calm func())
		opt   func(d *dice) objectserver.Options
	}
	none := func(*dice) objectserver.Options { return objectserver.Options{} }
	straight := func(_ testing.TB, target string, _ *dice) (string, func()) { return target, func() {} }
	reopening := func(d *dice) objectserver.Options {
		return objectserver.Options{Before: func(s *objectserver.Server) {
			switch d.intn(30) {
			case 0, 1:
				s.Trap()
			case 2:
				s.Cut()
			case 3:
				s.Deploy()
			case 4:
				s.Overload(1)
			}
		}}
	}
	for name, f := range map[string]fault{
		"sockets cut": {proxy: func(t testing.TB, u string, d *dice) (string, func()) { return cutter(t, u, d, 8000) }, opt: none},
		"messages lost, repeated, late and cut short": {proxy: func(t testing.TB, u string, d *dice) (string, func()) { return garbler(t, u, d, 25) }, opt: none},
		"the object opened anew":                      {proxy: straight, opt: reopening},
		"all of it":                                   {proxy: func(t testing.TB, u string, d *dice) (string, func()) { return cutter(t, u, d, 20000) }, opt: reopening},
		"HTTP requests cut":                           {query: "?transport=http", proxy: func(t testing.TB, u string, d *dice) (string, func()) { return cutter(t, u, d, 4000) }, opt: reopening},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDice(t, *seed)
			r := newRig(t, f.opt(d), "")
			u, calm := f.proxy(t, r.url, d)
			torment(t, open(t, u+f.query), r.b, d, calm)
		})
	}
}

// torment loads a backend over a way that fails, and looks over another one at what
// has become of it.
func torment(t *testing.T, b, safe *Backend, d *dice, calm func()) {
	session := func(b *Backend) *Session {
		s, err := b.session(store.SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	stop := make(chan struct{})
	time.AfterFunc(faultTime(), func() { close(stop) })
	running := func() bool {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var (
		mu      sync.Mutex
		counted [8]int64 // acknowledged INCRs of each counter
		swapped int64    // transactions that ran
		pushed  = map[string]bool{}
		popped  = map[string]int{}
		wait    sync.WaitGroup
	)
	// fails reports an error that the test does not expect. What is certain not to
	// have been run is no fault: it is tried again.
	fails := func(what string, err error) {
		switch {
		case err == nil, errors.Is(err, store.ErrClosed):
		case errors.Is(err, ErrOutcome):
			t.Errorf("%s: %v", what, err)
		case ctx.Err() != nil:
			t.Errorf("%s hangs: %v", what, err)
		}
	}
	shared := session(b)
	for i := range counted {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for running() {
				key := fmt.Sprint("counter", i)
				replies, err := shared.Execute(ctx, []resp.Command{cmd("INCR", key), cmd("INCR", "all")})
				fails("INCR", err)
				if err == nil {
					mu.Lock()
					counted[i]++
					if got := replies[0].Int; got != counted[i] {
						t.Errorf("INCR number %d of %s answers %s", counted[i], key, show(replies[0]))
					}
					mu.Unlock()
				}
			}
		}(i)
	}
	for i := 0; i < 3; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s := session(b)
			for running() {
				if s.closed.Load() {
					s = session(b)
				}
				replies, err := s.Execute(ctx, []resp.Command{cmd("WATCH", "cell"), cmd("GET", "cell")})
				fails("WATCH", err)
				if err != nil {
					_ = s.Close()
					continue
				}
				next := replies[1].Str + "x"
				if replies, err = s.Execute(ctx, []resp.Command{cmd("MULTI"), cmd("SET", "cell", next), cmd("EXEC")}); err != nil {
					fails("EXEC", err)
					_ = s.Close()
					continue
				}
				if replies[2].Kind == resp.Array {
					mu.Lock()
					swapped++
					mu.Unlock()
				}
			}
		}()
	}
	for i := 0; i < 2; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for n := 0; running(); n++ {
				id := fmt.Sprint(i, "-", n)
				_, err := shared.Execute(ctx, []resp.Command{cmd("RPUSH", "queue", id)})
				fails("RPUSH", err)
				if err == nil {
					mu.Lock()
					pushed[id] = true
					mu.Unlock()
				}
			}
		}(i)
		wait.Add(1)
		go func() {
			defer wait.Done()
			for running() {
				limited, cancel := context.WithTimeout(ctx, time.Duration(1+d.intn(30))*time.Millisecond)
				replies, err := shared.Execute(limited, []resp.Command{cmd("BLPOP", "queue", "0.05")})
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrOutcome) {
					fails("BLPOP", err)
				}
				cancel()
				if err == nil && len(replies[0].Elems) == 2 {
					mu.Lock()
					popped[replies[0].Elems[1].Str]++
					mu.Unlock()
				}
			}
		}()
	}
	wait.Wait()
	calm()

	look := session(safe)
	total := int64(0)
	for i, n := range counted {
		total += n
		if got := do(t, look, cmd("GET", fmt.Sprint("counter", i)))[0].Str; got != fmt.Sprint(n) && n > 0 {
			t.Errorf("counter %d is %s after %d acknowledged INCRs", i, got, n)
		}
	}
	want(t, look, fmt.Sprintf("%q", fmt.Sprint(total)), "GET", "all")
	want(t, look, fmt.Sprint(swapped), "STRLEN", "cell")
	for _, e := range do(t, look, cmd("LRANGE", "queue", "0", "-1"))[0].Elems {
		popped[e.Str]++
	}
	for id := range pushed {
		if popped[id] != 1 {
			t.Errorf("%s was pushed and came %d times", id, popped[id])
		}
	}
	for id := range popped {
		if !pushed[id] {
			t.Errorf("%s came, and its RPUSH was said not to have been run", id)
		}
	}
	t.Logf("%d INCRs, %d transactions, %d elements", total, swapped, len(pushed))
	if total == 0 || swapped == 0 || len(pushed) == 0 {
		t.Error("hardly anything was done")
	}
}
