package kvprimary

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// frozen is a KV that stores, refuses some writes, and shows nothing of it for ever.
type frozen struct {
	mu     sync.Mutex
	rnd    *rand.Rand
	stored map[string]string
	fault  string
}

var errRefused = errors.New("429")

func (k *frozen) Read(_ context.Context, names []string) ([]Value, error) {
	return make([]Value, len(names)), nil
}

func (k *frozen) Write(_ context.Context, writes []Write) ([]error, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	errs := make([]error, len(writes))
	seen := map[string]bool{}
	for i, w := range writes {
		if seen[w.Name] {
			k.fault = "one call writes " + w.Name + " twice"
		}
		seen[w.Name] = true
		if k.rnd.Intn(20) == 0 {
			errs[i] = errRefused
			continue
		}
		if w.Delete {
			delete(k.stored, w.Name)
			continue
		}
		k.stored[w.Name] = w.Data
	}
	return errs, nil
}

// What a client was told to be stored it reads from then on, or something later, whoever in
// the program asks; and what it reads last is what KV has.
func TestCallersReadWhatWasAnswered(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	kv := &frozen{rnd: rand.New(rand.NewSource(seed)), stored: map[string]string{}}
	c := NewClient(kv, Options{})
	run := func(line ...string) resp.Reply {
		replies, err := c.Execute(context.Background(), 0, []resp.Command{line})
		if err != nil {
			t.Error(err)
			return resp.Reply{}
		}
		return replies[0]
	}
	const keys, rounds = 4, 300
	var answered [keys]atomic.Int64 // the last number that was answered with OK
	var over atomic.Bool
	var writers, readers sync.WaitGroup
	for k := 0; k < keys; k++ {
		key := fmt.Sprint("k", k)
		last := &answered[k]
		writers.Add(1)
		go func() {
			defer writers.Done()
			for n := int64(1); n <= rounds; n++ {
				// Numbers of one key come in order: what is read can be told to be later.
				if r := run("SET", key, strconv.FormatInt(n, 10)); r.Kind == resp.Status {
					last.Store(n)
				}
			}
		}()
		for i := 0; i < 3; i++ {
			readers.Add(1)
			go func() {
				defer readers.Done()
				for !over.Load() {
					least := last.Load()
					got, _ := strconv.ParseInt(run("GET", key).Str, 10, 64)
					if got < least {
						t.Errorf("%s is %d after %d was answered", key, got, least)
						return
					}
				}
			}()
		}
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
	if kv.fault != "" {
		t.Error(kv.fault)
	}
	for k := range answered {
		key := fmt.Sprint("k", k)
		if got := run("GET", key).Str; got != kv.stored[key] || got != strconv.FormatInt(answered[k].Load(), 10) {
			t.Errorf("%s reads %s, KV has %s, answered was %d", key, got, kv.stored[key], answered[k].Load())
		}
	}
}

// A write that was not stored leaves what was remembered before.
func TestRefusedWriteChangesNothing(t *testing.T) {
	kv := newFakeKV()
	c := NewClient(kv, Options{})
	want(t, do(t, c, "SET a 1"), "OK")
	kv.fail["a"] = errRefused
	want(t, do(t, c, "SET a 2", "GET a"), "!ERR KV: 429", "!ERR KV: 429")
	want(t, do(t, c, "GET a"), "1")
}
