package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// ringOf makes a ring over memory stores of these names.
func ringOf(t *testing.T, opt RingOptions, names ...string) *Ring {
	t.Helper()
	t.Setenv(StoreVariable, "")
	opt.Addrs = map[string]string{}
	for _, name := range names {
		opt.Addrs[name] = "memory://" + t.Name() + name
		t.Cleanup(func(name string) func() { return func() { _ = memory.Drop(t.Name() + name) } }(name))
	}
	r := NewRing(&opt)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// shardNames is where keys are, as seen by the shards themselves.
func shardNames(t *testing.T, r *Ring, keys ...string) string {
	t.Helper()
	var at []string
	for _, key := range keys {
		for name, c := range r.shards().byName {
			if c.Exists(background, key).Val() == 1 {
				at = append(at, key+"="+name)
			}
		}
	}
	return strings.Join(at, " ")
}

// ringFact is what go-redis 9.22's own hash says of these names.
const ringFact = "key0=three key1=three key2=two key3=two key4=two key5=one key6=one key7=one key8=one key9=three"

func TestRingPutsKeysWhereGoRedisDoes(t *testing.T) {
	r := ringOf(t, RingOptions{}, "one", "two", "three")
	var keys []string
	for i := 0; i < 10; i++ {
		keys = append(keys, fmt.Sprint("key", i))
		if err := r.Set(background, keys[i], i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if got := shardNames(t, r, keys...); got != ringFact {
		t.Errorf("keys are at\n%s, want\n%s", got, ringFact)
	}
	if r.Len() != 3 || len(r.GetShardClients()) != 3 {
		t.Error(r.Len())
	}
}

func TestTagsOfKeysKeepThemInOneShard(t *testing.T) {
	r := ringOf(t, RingOptions{}, "a", "b", "c", "d")
	for i := 0; i < 50; i++ {
		tagged, err := r.GetShardClientForKey(fmt.Sprintf("x%d{tag}%d", i, i))
		same, _ := r.GetShardClientForKey("tag")
		if err != nil || tagged != same {
			t.Fatal(err)
		}
	}
	if hashTag("{}a") != "{}a" || hashTag("a{b") != "a{b" || hashTag("a{b}c{d}") != "b" {
		t.Error("what is a tag?")
	}
}

func TestRingAsksTheProgramsHash(t *testing.T) {
	r := ringOf(t, RingOptions{NewConsistentHash: func(shards []string) ConsistentHash { return lastByte(shards) }}, "a", "b", "c")
	for i, key := range []string{"ka", "kb", "kc"} {
		r.RPush(background, key, i)
	}
	if got := shardNames(t, r, "ka", "kb", "kc"); got != "ka=a kb=b kc=c" {
		t.Error(got)
	}
	if err := r.Get(background, "kz").Err(); err == nil || err.Error() != "redis: all ring shards are down" {
		t.Error("a key of no shard:", err)
	}
}

// lastByte gives a key to the shard that is called as the key ends.
type lastByte []string

func (names lastByte) Get(key string) string {
	for _, name := range names {
		if strings.HasSuffix(key, name) {
			return name
		}
	}
	return ""
}

func splitRing(t *testing.T) *Ring {
	return ringOf(t, RingOptions{NewConsistentHash: func(shards []string) ConsistentHash { return lastByte(shards) }}, "a", "b")
}

func TestPipelinesOfARingGoToTheirShards(t *testing.T) {
	r := splitRing(t)
	hook := &counting{}
	r.AddHook(hook)
	for _, tx := range []bool{false, true} {
		p := r.Pipeline()
		if tx {
			p = r.TxPipeline()
		}
		var at []Cmder
		for i := 0; i < 10; i++ {
			at = append(at, p.Incr(background, "n"+[]string{"a", "b"}[i%2]))
		}
		wrong := p.LPush(background, "na", 1)
		cmds, err := p.Exec(background)
		if err == nil || wrong.Err() == nil || len(cmds) != 11 {
			t.Error(tx, err, wrong.Err(), len(cmds))
		}
		if v := at[9].(*IntCmd).Val(); v != 5 && !tx || v != 10 && tx {
			t.Error(tx, v)
		}
	}
	if hook.pipelines != 2 {
		t.Error("a hook of the ring saw", hook.pipelines)
	}
	if got := shardNames(t, r, "na", "nb"); got != "na=a nb=b" {
		t.Error(got)
	}
}

type counting struct{ pipelines int }

func (*counting) DialHook(next DialHook) DialHook          { return next }
func (*counting) ProcessHook(next ProcessHook) ProcessHook { return next }
func (h *counting) ProcessPipelineHook(next ProcessPipelineHook) ProcessPipelineHook {
	return func(ctx context.Context, cmds []Cmder) error {
		h.pipelines++
		return next(ctx, cmds)
	}
}

func TestWatchOfARingIsWithinAShard(t *testing.T) {
	r := splitRing(t)
	r.Set(background, "xa", 1, 0)
	incr := func(tx *Tx) error {
		_, err := tx.TxPipelined(background, func(p Pipeliner) error { p.Incr(background, "xa"); return nil })
		return err
	}
	if err := r.Watch(background, incr, "xa", "ya"); err != nil || r.Get(background, "xa").Val() != "2" {
		t.Error(err)
	}
	if err := r.Watch(background, incr, "xa", "xb"); err == nil || !strings.Contains(err.Error(), "same shard") {
		t.Error(err)
	}
	if err := r.Watch(background, incr); err == nil {
		t.Error("no keys")
	}
}

func TestChannelsOfARingAreOnTheirShard(t *testing.T) {
	r := splitRing(t)
	p := r.Subscribe(background, "news b")
	defer p.Close()
	if _, err := p.Receive(background); err != nil {
		t.Fatal(err)
	}
	if n := r.Publish(background, "news b", "x").Val(); n != 1 {
		t.Error("received by", n)
	}
	if m, err := p.ReceiveMessage(background); err != nil || m.Payload != "x" {
		t.Error(m, err)
	}
	if r.PoolStats().PubSubStats.Active != 1 {
		t.Error(r.PoolStats())
	}
}

func TestCommandsWithoutAKeyAreAnsweredByAShard(t *testing.T) {
	r := ringOf(t, RingOptions{}, "a", "b")
	if err := r.Ping(background).Err(); err != nil {
		t.Error(err)
	}
	for i := 0; i < 20; i++ {
		r.Set(background, fmt.Sprint(i), i, 0)
	}
	total := int64(0)
	err := r.ForEachShard(background, func(ctx context.Context, c *Client) error {
		n, err := c.DBSize(ctx).Result()
		if n == 0 || n == 20 {
			t.Error("a shard has", n)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		total += n
		return err
	})
	if err != nil || total != 20 {
		t.Error(total, err)
	}
	fails := errors.New("fails")
	if err := r.ForEachShard(background, func(context.Context, *Client) error { return fails }); err != fails {
		t.Error(err)
	}
}

func TestSetAddrsReplacesShards(t *testing.T) {
	r := splitRing(t)
	r.Set(background, "xa", 1, 0)
	old, err := r.GetShardClientForKey("xb")
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := r.GetShardClientForKey("xa")
	defer memory.Drop(t.Name() + "c")
	r.SetAddrs(map[string]string{"a": "memory://" + t.Name() + "a", "c": "memory://" + t.Name() + "c"})
	if c, err := r.GetShardClientForKey("xa"); c != kept || err != nil {
		t.Error("the shard that stays was replaced", err)
	}
	if err := old.Ping(background).Err(); err != ErrClosed {
		t.Error("the shard that went:", err)
	}
	if err := r.Set(background, "xc", 1, 0).Err(); err != nil || r.Options().Addrs["c"] == "" {
		t.Error(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if err := r.Get(background, "xa").Err(); err != ErrClosed {
		t.Error(err)
	}
}

func TestServersOfATestAreShards(t *testing.T) {
	t.Setenv(StoreVariable, "memory://not-this-one")
	addrs := map[string]string{}
	for i, name := range []string{"a", "b"} {
		b, err := store.Open("memory://" + t.Name() + name)
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Drop(t.Name() + name)
		addrs[name] = fmt.Sprint("127.0.0.1:4001", i)
		defer store.RegisterLocal(addrs[name], b)()
	}
	r := NewRing(&RingOptions{Addrs: addrs})
	defer r.Close()
	if r.Len() != 2 {
		t.Fatal(r.Len())
	}
	for i := 0; i < 20; i++ {
		r.Set(background, fmt.Sprint(i), i, 0)
	}
	c := NewClient(&Options{Addr: addrs["a"]})
	defer c.Close()
	if n := c.DBSize(background).Val(); n == 0 || n == 20 {
		t.Error(n)
	}
	if _, err := BackendOf(r); err == nil || !strings.Contains(err.Error(), "several stores") {
		t.Error(err)
	}
}

func TestRingWithoutShardsAnswersNothing(t *testing.T) {
	storeFor(t)
	r := NewRing(&RingOptions{})
	defer r.Close()
	_, piped := r.Pipelined(background, func(p Pipeliner) error { p.Ping(background); return nil })
	for _, err := range []error{r.Ping(background).Err(), piped, r.Watch(background, func(*Tx) error { return nil }, "k")} {
		if err == nil || err.Error() != "redis: all ring shards are down" {
			t.Error(err)
		}
	}
	if r.Len() != 0 || len(r.GetShardClients()) != 0 {
		t.Error(r.Len())
	}
	r.SetAddrs(map[string]string{"a": "memory://" + t.Name()})
	set(t, r, "k", "v")
}

func TestEnvironmentMakesOneShardOfARing(t *testing.T) {
	storeFor(t)
	r := NewRing(&RingOptions{Addrs: map[string]string{"a": "memory://a-" + t.Name(), "b": "memory://b-" + t.Name()}})
	set(t, r, "k", "v")
	if r.Len() != 1 {
		t.Error(r.Len())
	}
}

func TestFirstKeyOfACommand(t *testing.T) {
	for want, args := range map[string][]interface{}{
		"k1": {"get", "k1"},
		"k2": {"eval", "return 1", 1, "k2"},
		"k3": {"XREAD", "COUNT", 2, "STREAMS", "k3", "0"},
		"k4": {"object", "encoding", "k4"},
		"k5": {"bzmpop", 0, 1, "k5", "MIN"},
		"":   {"ping", "k6"},
		"k7": {"zunion", 1, "k7"},
		"ch": {"publish", "ch", "m"},
	} {
		if got := firstKey(NewCmd(background, args...)); got != want {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
	for _, args := range [][]interface{}{{"eval", "return 1", 0, "not a key"}, {"dbsize"}, {"get"}, {"xread", "streams"}} {
		if got := firstKey(NewCmd(background, args...)); got != "" {
			t.Errorf("%v: %q", args, got)
		}
	}
}
