package dual_test

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/dual"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/phase"
)

// failovers is how many there are in TestASentinelMoves: 2 is one in each phase. A Sentinel
// takes its time between two.
var failovers = flag.Int("failovers", 1, "of TestASentinelMoves: 2 is one in each phase")

// freePort is a port that nobody has at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// until waits until something is so.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// cluster starts three servers that share the slots.
func cluster(t *testing.T) (addrs []string, nodes []*redis.Client) {
	t.Helper()
	for i := 0; i < 3; i++ {
		addr := testneed.RedisServer(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t), "--cluster-node-timeout", "2000")
		c := redis.NewClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { c.Close() })
		if err := c.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", i*5461, map[bool]int{true: 16383, false: i*5461 + 5460}[i == 2]).Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.Do(ctx, "CONFIG", "SET", "cluster-allow-replica-migration", "no").Err(); err != nil {
			t.Fatal(err)
		}
		addrs, nodes = append(addrs, addr), append(nodes, c)
	}
	for i, c := range nodes {
		for j, other := range addrs {
			if i == j {
				continue
			}
			bus := nodes[j].ConfigGet(ctx, "cluster-port").Val()["cluster-port"]
			host, port, _ := net.SplitHostPort(other)
			if err := c.Do(ctx, "CLUSTER", "MEET", host, port, bus).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range nodes {
		until(t, "the cluster works", func() bool {
			info := c.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return addrs, nodes
}

// counting is programs that count all the time, through a move.
type counting struct {
	t       *testing.T
	stop    chan struct{}
	over    sync.WaitGroup
	counted []atomic.Int64
	faults  atomic.Int64 // commands whose outcome is not known
}

// count begins to count: each caller has keys of its own hash tag.
func count(t *testing.T, c *runtime.Client, callers int) *counting {
	n := &counting{t: t, stop: make(chan struct{}), counted: make([]atomic.Int64, callers)}
	for i := range n.counted {
		i := i
		n.over.Add(1)
		go func() {
			defer n.over.Done()
			key := fmt.Sprintf("{%d}:count", i)
			for {
				select {
				case <-n.stop:
					return
				default:
				}
				_, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
					p.Incr(ctx, key)
					p.SAdd(ctx, fmt.Sprintf("{%d}:set", i), "m")
					p.Expire(ctx, fmt.Sprintf("{%d}:set", i), time.Hour)
					return nil
				})
				if err != nil {
					n.faults.Add(1)
					time.Sleep(5 * time.Millisecond)
					continue
				}
				n.counted[i].Add(1)
			}
		}()
	}
	return n
}

// more waits until every caller has counted on.
func (n *counting) more(by int64) {
	n.t.Helper()
	for i := range n.counted {
		before := n.counted[i].Load()
		until(n.t, "the programs go on", func() bool { return n.counted[i].Load() >= before+by })
	}
}

// end ends the counting and holds it against what is stored: not less than was answered,
// and not more than was answered or not known.
func (n *counting) end(get func(key string) (int64, error)) {
	n.t.Helper()
	close(n.stop)
	n.over.Wait()
	for i := range n.counted {
		have, err := get(fmt.Sprintf("{%d}:count", i))
		told := n.counted[i].Load()
		if err != nil || have < told || have > told+n.faults.Load() {
			n.t.Errorf("caller %d: %d stored, %d were answered and %d not known in all: %v", i, have, told, n.faults.Load(), err)
		}
	}
	n.t.Logf("%d faults", n.faults.Load())
}

// A move from a cluster: a slot goes from one server to another while programs write, in
// both phases, and nothing is lost.
func TestAClusterMoves(t *testing.T) {
	addrs, nodes := cluster(t)
	inner := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db"))
	t.Setenv(dual.RedisVariable, "redis://"+addrs[0])
	t.Setenv(runtime.StoreVariable, "dual:"+inner+"?dual-lease=3s&dual-follow=5ms")
	c := runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379"})
	defer c.Close()
	all := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	defer all.Close()
	b := open(t, inner)
	to := func(p phase.Phase) {
		t.Helper()
		r := open(t, "dual-test-redis:"+addrs[1])
		if err := phase.Switch(ctx, phase.SwitchOptions{Redis: ends(t, r), Store: ends(t, b), To: p}); err != nil {
			t.Fatal(err)
		}
	}
	n := count(t, c, 4)
	n.more(20)
	if got := all.DBSize(ctx).Val(); got < 8 {
		t.Errorf("the cluster has %d keys", got)
	}
	// The slot of {0} goes to the next server.
	reshard := func() {
		t.Helper()
		slot := all.ClusterKeySlot(ctx, "{0}:count").Val()
		from := -1
		for i, node := range nodes {
			slots, err := node.ClusterSlots(ctx).Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range slots {
				if int64(s.Start) <= slot && slot <= int64(s.End) && s.Nodes[0].Addr == addrs[i] {
					from = i
				}
			}
		}
		at := (from + 1) % 3
		ids := [2]string{nodes[from].Do(ctx, "CLUSTER", "MYID").Val().(string), nodes[at].Do(ctx, "CLUSTER", "MYID").Val().(string)}
		do := func(c *redis.Client, args ...any) {
			t.Helper()
			if err := c.Do(ctx, args...).Err(); err != nil {
				t.Fatal(args, err)
			}
		}
		do(nodes[at], "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
		do(nodes[from], "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
		n.more(5)
		host, port, _ := net.SplitHostPort(addrs[at])
		until(t, "all keys have gone", func() bool {
			keys := nodes[from].ClusterGetKeysInSlot(ctx, int(slot), 100).Val()
			if len(keys) == 0 {
				return true
			}
			args := []any{"MIGRATE", host, port, "", 0, 5000, "KEYS"}
			for _, k := range keys {
				args = append(args, k)
			}
			do(nodes[from], args...)
			return false
		})
		for _, i := range []int{at, from, (from + 2) % 3} {
			do(nodes[i], "CLUSTER", "SETSLOT", slot, "NODE", ids[1])
		}
		n.more(20)
	}
	reshard()
	to(phase.Cloudflare)
	n.more(20)
	reshard() // Redis follows
	to(phase.Redis)
	n.more(20)
	n.end(func(key string) (int64, error) { return all.Get(ctx, key).Int64() })

	// Databases, keys of several servers, scripts, and the end.
	if err := c.MGet(ctx, "{0}:count", "{1}:count").Err(); err == nil || !strings.Contains(err.Error(), "CROSSSLOT") {
		t.Errorf("keys of two servers: %v", err)
	}
	script := runtime.NewScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
	if err := script.Run(ctx, c, []string{"{0}:scripted"}, 2).Err(); err != nil {
		t.Error(err)
	}
	keys, err := c.Keys(ctx, "*:count").Result()
	if err != nil || len(keys) != 4 {
		t.Errorf("KEYS: %v %v", keys, err)
	}
	// What concerns all keys is asked of every server.
	var scanned []string
	for it := c.Scan(ctx, 0, "*:count", 2).Iterator(); it.Next(ctx); {
		scanned = append(scanned, it.Val())
	}
	if len(scanned) != 4 {
		t.Errorf("SCAN: %v", scanned)
	}
	have := all.DBSize(ctx).Val()
	if size, err := c.DBSize(ctx).Result(); err != nil || size != have {
		t.Errorf("DBSIZE %d %v, and the servers have %d", size, err, have)
	}
	found := map[string]bool{}
	until(t, "RANDOMKEY finds keys of every server", func() bool {
		found[c.RandomKey(ctx).Val()] = true
		return found["{0}:count"] && found["{1}:count"] && found["{2}:count"] && found["{3}:count"]
	})
	if err := c.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if n := all.Exists(ctx, "{0}:count").Val() + all.Exists(ctx, "{1}:count").Val() + all.Exists(ctx, "{2}:count").Val() + all.Exists(ctx, "{3}:count").Val(); n != 0 {
		t.Errorf("FLUSHALL has left %d of four keys", n)
	}
	if err := c.Set(ctx, "{0}:count", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	to(phase.Cloudflare)
	if err := c.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the cluster is empty, too", func() bool { return len(all.Keys(ctx, "*").Val()) == 0 && all.Exists(ctx, "{0}:count").Val() == 0 })
	to(phase.Only)
	if err := c.Set(ctx, "{0}:only", 1, 0).Err(); err != nil {
		t.Error(err)
	}
}

// A move from a server that Sentinels watch: it fails over while programs write, in both
// phases. What was answered is there, because the replica had it.
func TestASentinelMoves(t *testing.T) {
	if testing.Short() {
		t.Skip("a Sentinel takes ten seconds to know a replica")
	}
	first := testneed.RedisServer(t, "--min-replicas-to-write", "0")
	host, port, _ := net.SplitHostPort(first)
	second := testneed.RedisServer(t, "--replicaof", host+" "+port)
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	sentinelPort, dir := freePort(t), t.TempDir()
	conf := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 300\n", sentinelPort, dir, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: "127.0.0.1:" + sentinelPort})
	defer sentinel.Close()
	until(t, "the Sentinel knows the replica", func() bool {
		list, err := sentinel.Replicas(ctx, "main").Result()
		return err == nil && len(list) == 1 && list[0]["master-link-status"] == "ok"
	})
	_ = second

	inner := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db"))
	url := "redis://127.0.0.1:" + sentinelPort + "?master_name=main"
	t.Setenv(dual.RedisVariable, url)
	t.Setenv(runtime.StoreVariable, "dual:"+inner+"?dual-lease=3s&dual-follow=5ms")
	c := runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379"})
	defer c.Close()
	b := open(t, inner)
	to := func(p phase.Phase) {
		t.Helper()
		side, err := dual.OpenRedis(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer side.Close()
		if err := phase.Switch(ctx, phase.SwitchOptions{Redis: ends(t, side), Store: ends(t, b), To: p}); err != nil {
			t.Fatal(err)
		}
	}
	// failover waits until another server is the master. SENTINEL FAILOVER asks the
	// replica whether it has everything no more than Redis's own protocol does, so writes
	// stop before.
	failover := func(n *counting) {
		t.Helper()
		before, err := sentinel.GetMasterAddrByName(ctx, "main").Result()
		if err != nil {
			t.Fatal(err)
		}
		until(t, "the Sentinel fails over", func() bool {
			_ = sentinel.Failover(ctx, "main").Err() // refused while one is under way, or too soon
			now, err := sentinel.GetMasterAddrByName(ctx, "main").Result()
			return err == nil && strings.Join(now, ":") != strings.Join(before, ":")
		})
		if n != nil {
			n.more(20)
		}
	}
	n := count(t, c, 3)
	n.more(20)
	to(phase.Cloudflare)
	n.more(20)
	if *failovers > 1 {
		failover(n) // the store is the truth: Redis follows, and may fail over as it likes
	}
	to(phase.Redis)
	n.more(20)
	master := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "main", SentinelAddrs: []string{"127.0.0.1:" + sentinelPort}})
	defer master.Close()
	n.end(func(key string) (int64, error) { return master.Get(ctx, key).Int64() })

	// In phase redis a failover loses what the replica did not have, as it does without
	// us: with nothing under way that is nothing, and the program goes on at the new master.
	until(t, "the replica has everything", func() bool { return master.Wait(ctx, 1, time.Second).Val() == 1 })
	want, err := c.Get(ctx, "{0}:count").Int64()
	if err != nil {
		t.Fatal(err)
	}
	failover(nil)
	until(t, "the program writes at the new master", func() bool {
		_, err := c.Incr(ctx, "{0}:count").Result()
		return err == nil
	})
	got, err := master.Get(ctx, "{0}:count").Int64()
	if err != nil || got <= want {
		t.Errorf("behind a failover %d is counted, before %d: %v", got, want, err)
	}
	to(phase.Cloudflare)
	if now, err := c.Get(ctx, "{0}:count").Int64(); err != nil || now != got {
		t.Errorf("the store has %d, the new master %d: %v", now, got, err)
	}
}
