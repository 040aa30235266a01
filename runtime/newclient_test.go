package runtime

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// tally writes down which client sent a command.
type tally struct {
	name string
	seen *[]string
}

func (h tally) DialHook(next DialHook) DialHook { return next }

func (h tally) ProcessHook(next ProcessHook) ProcessHook {
	return func(ctx context.Context, cmd Cmder) error {
		*h.seen = append(*h.seen, h.name+" "+cmd.Name())
		return next(ctx, cmd)
	}
}

func (h tally) ProcessPipelineHook(next ProcessPipelineHook) ProcessPipelineHook {
	return func(ctx context.Context, cmds []Cmder) error {
		*h.seen = append(*h.seen, fmt.Sprint(h.name, " of ", len(cmds)))
		return next(ctx, cmds)
	}
}

// counted makes clients with a hook, and writes down for which addresses.
func counted(seen *[]string) func(*Options) *Client {
	return func(opt *Options) *Client {
		*seen = append(*seen, "for "+opt.Addr)
		c := NewClient(opt)
		c.AddHook(tally{opt.Addr, seen})
		return c
	}
}

func TestRingCallsForTheClientOfEachShard(t *testing.T) {
	var seen []string
	r := ringOf(t, RingOptions{NewClient: counted(&seen), DB: 3}, "one", "two")
	at := "memory://" + t.Name()
	expect := func(what string, want ...string) {
		t.Helper()
		if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, strings.Join(want, "\n"))
		}
		seen = nil
	}
	expect("made", "for "+at+"one", "for "+at+"two")
	r.Set(background, "key5", 1, 0)
	r.Set(background, "key2", 1, 0)
	expect("sent", at+"one set", at+"two set")
	err := r.Watch(background, func(tx *Tx) error {
		_, err := tx.TxPipelined(background, func(p Pipeliner) error { p.Get(background, "key2"); return nil })
		return err
	}, "key2")
	if err != nil {
		t.Error(err)
	}
	expect("in a transaction", at+"two watch", at+"two of 3")
	for _, shard := range r.GetShardClients() {
		if o := shard.Options(); o.DB != 3 || shard.link.refused != nil {
			t.Error(o.DB, shard.link.refused)
		}
	}
	t.Cleanup(func() { _ = memory.Drop(t.Name() + "three") })
	r.SetAddrs(map[string]string{"one": at + "one", "three": at + "three"})
	expect("other addresses", "for "+at+"three")
}

func TestRingOfOneStoreCallsForOneClient(t *testing.T) {
	t.Setenv(StoreVariable, "memory://"+t.Name())
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	var seen []string
	r := NewRing(&RingOptions{Addrs: map[string]string{"a": "cache-1:6379", "b": "cache-2:6379"}, NewClient: counted(&seen)})
	defer r.Close()
	// Whoever names no server's part of a ring is another server's client.
	whole := NewRing(&RingOptions{Addrs: map[string]string{"a": "cache-1:6379", "b": "cache-2:6379"}})
	defer whole.Close()
	if err := r.Set(background, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if v, err := whole.Get(background, "k").Result(); v != "v" {
		t.Error(v, err)
	}
	if _, err := r.Pipelined(background, func(p Pipeliner) error { p.Get(background, "k"); return nil }); err != nil {
		t.Error(err)
	}
	if got, want := strings.Join(seen, "; "), "for cache-1:6379; cache-1:6379 set; cache-1:6379 of 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r.Len() != 1 || r.Options().PoolTimeout == 0 {
		t.Error(r.Len(), r.Options())
	}
}

func TestClusterCallsForItsNode(t *testing.T) {
	t.Setenv(StoreVariable, "")
	var seen []string
	node := counted(&seen)
	addrs := []string{"node-1:7000", "node-2:7000"}
	t.Cleanup(func() { _ = memory.Drop("node-1-7000") })
	c := NewClusterClient(&ClusterOptions{Addrs: addrs, NewClient: func(opt *Options) *Client {
		o := *opt
		o.ClientName = "renamed"
		return node(&o)
	}})
	defer c.Close()
	if name, err := c.Do(background, "client", "getname").Result(); name != "renamed" {
		t.Error(name, err)
	}
	if got, want := strings.Join(seen, "; "), "for node-1:7000; node-1:7000 client"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// The node is the cluster's, which no local file stands in for.
	underTest = func() bool { return false }
	defer func() { underTest = testing.Testing }()
	local := NewClusterClient(&ClusterOptions{Addrs: []string{"localhost:7000"}, NewClient: counted(&seen)})
	defer local.Close()
	if err := local.Ping(background).Err(); err == nil || !strings.Contains(err.Error(), "Cluster") {
		t.Error(err)
	}
	other := NewClusterClient(&ClusterOptions{Addrs: addrs, NewClient: func(opt *Options) *Client {
		opt.Addr = "memory://" + t.Name()
		return NewClient(opt)
	}})
	defer other.Close()
	t.Cleanup(func() { _ = memory.Drop(t.Name()) })
	if err := other.Ping(background).Err(); err != nil {
		t.Error("at an address of the callback's own:", err)
	}
}
