package worker_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/torment"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var (
	kills     = flag.Int("kills", 50, "how often workerd is killed under load")
	stormSeed = flag.Int64("stormseed", 0, "seed of the faults under load; 0 draws one")
)

var stormPlan = worker.Config{
	Version: 1, Module: "example.com/storm", Groups: []worker.Group{{Name: "main", Shards: 1}},
	Families: []worker.Family{
		{Pattern: "*", Name: "Default", Type: "any", Store: "do", Group: "main"},
		{Pattern: "pair:*", Name: "Pair", Type: "string", Store: "kv", Group: "main"},
		{Pattern: "queue:*", Name: "Queue", Type: "list", Store: "d1", Group: "main"},
		{Pattern: "counter:*", Name: "Counter", Type: "string", Store: "kv", Group: "main"},
	},
}

// workerd is killed again and again while clients write, wait and look over
// connections that are cut anywhere, commands trap, and D1 and KV fail, do what they say
// they did not, and are late.
func TestAStormLosesNothingThatWasAcknowledged(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = 8
	}
	d := torment.NewDice(t, *stormSeed)
	local := workerdtest.Start(t, workerdtest.Options{Plan: stormPlan})
	through, calm := torment.Cutter(t, local.URL(), d, 200_000)
	over, safe := backend(t, through), backend(t, local.URL())
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	torment.Run(t, torment.Options{
		Over: over, Safe: safe, Calm: calm, Outcome: gateway.ErrOutcome,
		Counter: "counter:", Cell: "cell", Queue: "queue:all", Pair: "pair:",
		Run: func(acknowledged func() int64) {
			for i := 0; i < n && !t.Failed(); i++ {
				// So many writes, but no longer than a few seconds: a lane may be waiting for its
				// next attempt to connect.
				enough, until := acknowledged()+int64(20+d.Intn(300)), time.Now().Add(5*time.Second)
				for acknowledged() < enough && time.Now().Before(until) {
					time.Sleep(time.Millisecond)
				}
				if err := local.Kill(); err != nil {
					t.Error(err)
					return
				}
				if err := local.Restart(ctx); err != nil {
					t.Error(err)
					return
				}
				for _, s := range []project.Store{project.D1, project.KV} {
					f := project.Fault{Mode: []string{"", "fail", "lost"}[d.Intn(3)], Status: []int{0, 429, 503}[d.Intn(3)], Delay: d.Intn(30), Count: 1 + d.Intn(10)}
					if _, err := local.Fault(ctx, s, f); err != nil {
						t.Error(err)
						return
					}
				}
				if d.Intn(10) == 0 {
					if err := trap(safe); err != nil {
						t.Error(err)
						return
					}
				}
			}
		},
	})
	if !t.Failed() {
		followed(ctx, t, local, safe)
	}
}

func backend(t *testing.T, url string) store.Backend {
	t.Helper()
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// trap runs a command that the instance does not survive.
func trap(b store.Backend) error {
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	replies, err := s.Execute(context.Background(), []resp.Command{trapping})
	if err == nil && replies[0].Kind != resp.Error {
		err = fmt.Errorf("%v is served: %s", trapping, show(replies[0]))
	}
	return err
}

// followed waits until D1 and KV have what the object has.
func followed(ctx context.Context, t *testing.T, local *project.Local, b store.Backend) {
	t.Helper()
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	replies, err := s.Execute(ctx, []resp.Command{{"MGET", "pair:a", "counter:all"}, {"LRANGE", "queue:all", "0", "-1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []project.Store{project.D1, project.KV} {
		if _, err := local.Fault(ctx, s, project.Fault{}); err != nil {
			t.Fatal(err)
		}
	}
	var queue []string
	for _, e := range replies[1].Elems {
		queue = append(queue, e.Str)
	}
	want := fmt.Sprint([]string{replies[0].Elems[0].Str, replies[0].Elems[1].Str}, queue)
	var got string
	for until := time.Now().Add(90 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		rows, err := local.Query(ctx, `SELECT value FROM "Queue" ORDER BY idx`)
		if err != nil {
			t.Fatal(err)
		}
		var inD1, inKV []string
		for _, r := range rows {
			inD1 = append(inD1, fmt.Sprint(r["value"]))
		}
		for _, key := range []string{"pair:a", "counter:all"} {
			v, err := local.KVGet(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			if v != nil {
				text = string(v.Value)
			}
			inKV = append(inKV, text)
		}
		if got = fmt.Sprint(inKV, inD1); got == want {
			return
		}
	}
	t.Errorf("D1 and KV have\n%s\nand the object\n%s", got, want)
}
