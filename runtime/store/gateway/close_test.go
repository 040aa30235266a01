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
	"github.com/redis2cf/redis2cf/runtime/internal/torment"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Whatever is under way when the store is closed ends, and nothing goes on behind it:
// commands in flight, queued, blocked, in transactions, given up, large ones, subscribers,
// on connections that were just cut and objects that were just opened anew.
func TestEverythingEndsWhenTheStoreIsClosed(t *testing.T) {
	for _, query := range []string{"", "?transport=http"} {
		for round := int64(0); round < 6; round++ {
			t.Run(fmt.Sprint("over", query, "/", round), func(t *testing.T) {
				d := torment.NewDice(t, *seed*100+round)
				opt := spread()
				if round%2 == 0 {
					opt = objectserver.Options{}
				}
				opt.Before = func(s *objectserver.Server) {
					switch d.Intn(40) {
					case 0:
						s.Trap()
					case 1:
						s.Cut()
					case 2:
						s.Overload(1)
					}
				}
				closeInTheMiddle(t, newRig(t, opt, query), d)
			})
		}
	}
}

func closeInTheMiddle(t *testing.T, r *rig, d *torment.Dice) {
	shared := r.session(store.SessionOptions{})
	lines := [][]resp.Command{
		{cmd("INCR", "n")},
		{cmd("GET", "n"), cmd("SET", "m", "v")},
		{cmd("BLPOP", "l", "0")},
		{cmd("RPUSH", "l", "x")},
		{cmd("MULTI"), cmd("INCR", "n"), cmd("EXEC")},
		{cmd("WATCH", "n")},
		{cmd("EVAL", "return 1", "0")},
		{cmd("SET", "large", strings.Repeat("x", 300_000))},
		{cmd("DBSIZE")},
		{cmd("SUBSCRIBE", "a")},
		{cmd("PUBLISH", "a", "x")},
	}
	var wait sync.WaitGroup
	for w := 0; w < 12; w++ {
		wait.Add(1)
		go func(w int) {
			defer wait.Done()
			var own *Session
			for {
				s := shared
				line := lines[d.Intn(len(lines))]
				switch line[0][0] {
				case "BLPOP", "WATCH", "SUBSCRIBE":
					if own == nil {
						var err error
						if own, err = r.b.session(store.SessionOptions{Push: func(resp.Reply) {}}); err != nil {
							return // it is closed
						}
					}
					s = own
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+d.Intn(60))*time.Millisecond)
				if w == 0 {
					ctx = context.Background() // it waits until it is told
				}
				_, err := s.Execute(ctx, line)
				cancel()
				if errors.Is(err, store.ErrClosed) {
					if own == nil || s == shared {
						return
					}
					own = nil // it was ended, and the store may be open
				} else if d.Intn(20) == 0 && own != nil {
					_ = own.Close()
					own = nil
				}
			}
		}(w)
	}
	time.Sleep(time.Duration(d.Intn(150)) * time.Millisecond)
	closed := make(chan struct{})
	go func() {
		_ = r.b.Close()
		wait.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(15 * time.Second):
		t.Fatalf("not everything has ended:\n%s", goroutines())
	}
	until(t, "the end of its goroutines", func() bool { return goroutines() == "" })
}
