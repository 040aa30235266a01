package runtime_test

import (
	"net"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestReadTimeoutEndsWhatAPauseHolds, on a ring as well: nothing of it is run later.
func TestReadTimeoutEndsWhatAPauseHolds(t *testing.T) {
	addr := "memory://" + t.Name()
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	admin := client(t, &runtime.Options{Addr: addr})
	ring := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"a": addr}, ReadTimeout: 10 * time.Millisecond, MaxRetries: -1})
	t.Cleanup(func() { _ = ring.Close() })
	cluster := runtime.NewClusterClient(&runtime.ClusterOptions{Addrs: []string{addr}, ReadTimeout: 5 * time.Millisecond, MaxRetries: 1})
	t.Cleanup(func() { _ = cluster.Close() })
	patient := client(t, &runtime.Options{Addr: addr, ReadTimeout: -1})
	if err := admin.Do(ctx, "client", "pause", time.Hour.Milliseconds(), "write").Err(); err != nil {
		t.Fatal(err)
	}
	held := make(chan error)
	go func() { held <- patient.Set(ctx, "patient", 1, 0).Err() }()
	for name, c := range map[string]runtime.UniversalClient{
		"client":  client(t, &runtime.Options{Addr: addr, ReadTimeout: 10 * time.Millisecond, MaxRetries: -1}),
		"ring":    ring,
		"cluster": cluster,
	} {
		incr := func(p runtime.Pipeliner) error { p.Incr(ctx, "n"); return nil }
		for i := 0; i < 2; i++ { // and again, with what the first try left
			_, piped := c.Pipelined(ctx, incr)
			_, inTx := c.TxPipelined(ctx, incr)
			for what, err := range map[string]error{
				"command":     c.Incr(ctx, "n").Err(),
				"pipeline":    piped,
				"transaction": inTx,
				"Watch":       c.Watch(ctx, func(tx *runtime.Tx) error { return tx.Incr(ctx, "n").Err() }, "k"),
			} {
				if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
					t.Errorf("%s of %s: %v", what, name, err)
				}
			}
		}
	}
	if err := admin.ClientUnpause(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if err := <-held; err != nil {
		t.Error("without a timeout:", err)
	}
	if n := admin.Exists(ctx, "n").Val(); n != 0 {
		t.Error("a command was run that said it was not")
	}
	if err := ring.Incr(ctx, "n").Err(); err != nil {
		t.Error(err)
	}
}
