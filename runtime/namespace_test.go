package runtime

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

func TestAddressesOfOneServerHaveOneSpelling(t *testing.T) {
	for _, test := range []struct {
		where target
		want  string
	}{
		{target{}, "localhost:6379"},
		{target{addrs: []string{""}}, "localhost:6379"},
		{target{addrs: []string{":6379"}}, "localhost:6379"},
		{target{addrs: []string{"127.0.0.1"}}, "localhost:6379"},
		{target{addrs: []string{"[::1]:6379"}}, "localhost:6379"},
		{target{addrs: []string{"Redis.Internal.:6380"}}, "redis.internal:6380"},
		{target{addrs: []string{"[FE80::1]:6379"}}, "[fe80::1]:6379"},
		{target{addrs: []string{"redis"}}, "redis:6379"},
		{target{addrs: []string{"/run//redis.sock"}}, "unix:/run/redis.sock"},
		{target{addrs: []string{"run/redis.sock"}, network: "unix"}, "unix:run/redis.sock"},
		{target{addrs: []string{"b:7001", "a:7000"}}, "a:7000 b:7001"},
		{target{addrs: []string{"s2:26379", "s1"}, master: "jobs"}, "master:jobs@s1:6379 master:jobs@s2:26379"},
		{target{master: "jobs"}, "master:jobs"},
		{target{addrs: []string{"memory://Name"}}, "memory://Name"},
	} {
		if got := strings.Join(test.where.names(), " "); got != test.want {
			t.Errorf("%v is %q, want %q", test.where, got, test.want)
		}
	}
}

func TestPatternsOfAddresses(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"queue:6379", "queue:6379", true},
		{"queue:6379", "queue:6380", false},
		{"queue*:6379", "queue.prod.internal:6379", true},
		{"queue*:6379", "cache.prod:6379", false},
		{"*:6380", "anything:6380", true},
		{"*", "x", true},
		{"a*b*c", "a-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"ab*b", "ab", false},
		{"", "", true},
		{"", "x", false},
		{"master:jobs@*", "master:jobs@s1:26379", true},
		{"[fe80::1]:6379", "[fe80::1]:6379", true},
	} {
		c := PlannedClient{Addr: test.pattern}
		if c.matches(test.name) != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.name, !test.want)
		}
	}
}

// storeFor makes a memory store that a test names from outside.
func storeFor(t *testing.T, namespaces ...string) {
	t.Helper()
	t.Setenv(StoreVariable, "memory://"+t.Name())
	t.Cleanup(func() {
		_ = memory.Drop(t.Name())
		for _, n := range namespaces {
			_ = memory.Drop(t.Name() + "-" + n)
		}
	})
}

func set(t *testing.T, c UniversalClient, key, value string) {
	t.Helper()
	if err := c.Set(background, key, value, 0).Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
}

func TestOneServerHasItsDataInTheStoreWhateverItsAddress(t *testing.T) {
	storeFor(t)
	staging := NewClient(&Options{Addr: "redis.staging:6379"})
	set(t, staging, "k", "v")
	_ = staging.Close()
	for name, c := range map[string]UniversalClient{
		"another host": NewClient(&Options{Addr: "redis.prod:6380"}),
		"a cluster":    NewClusterClient(&ClusterOptions{Addrs: []string{"a:7000", "b:7001"}}),
		"Sentinel":     NewFailoverClient(&FailoverOptions{MasterName: "m", SentinelAddrs: []string{"s:26379"}}),
		"a ring":       NewRing(&RingOptions{Addrs: map[string]string{"one": "a:1", "two": "b:2"}}),
	} {
		if got, err := c.Get(background, "k").Result(); got != "v" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		_ = c.Close()
	}
}

func TestTwoServersInOneStoreAreRefused(t *testing.T) {
	storeFor(t)
	first := NewClient(&Options{Addr: "cache:6379"})
	set(t, first, "k", "cache")
	set(t, NewClient(&Options{Addr: "CACHE", DB: 1}), "k", "the same server")
	second := NewClient(&Options{Addr: "queue:6379"})
	defer second.Close()
	for what, err := range map[string]error{
		"command": second.FlushDB(background).Err(),
		"pipeline": func() error {
			_, err := second.Pipelined(background, func(p Pipeliner) error { p.Incr(background, "n"); return nil })
			return err
		}(),
		"transaction":  second.Watch(background, func(*Tx) error { return nil }, "k"),
		"subscription": second.Subscribe(background, "ch").Ping(background),
	} {
		if !errors.Is(err, ErrTwoServers) {
			t.Fatalf("%s: %v", what, err)
		}
		for _, want := range []string{"cache:6379", "queue:6379", "memory://" + t.Name(), "redis2cf.yaml", "Namespace"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not name %s", what, err, want)
			}
		}
	}
	if first.Get(background, "k").Val() != "cache" {
		t.Error("what was refused was done")
	}
}

func TestClientOfAnotherHostMayComeWhenTheLastOneClosed(t *testing.T) {
	storeFor(t)
	old := NewClient(&Options{Addr: "old:6379"})
	set(t, old, "k", "v")
	next := NewClient(&Options{Addr: "new:6379"})
	defer next.Close()
	if err := next.Get(background, "k").Err(); !errors.Is(err, ErrTwoServers) {
		t.Fatal(err)
	}
	_ = old.Close()
	if got, err := next.Get(background, "k").Result(); got != "v" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSeedsOfOneClusterAreOneServer(t *testing.T) {
	storeFor(t)
	set(t, NewClusterClient(&ClusterOptions{Addrs: []string{"a:7000", "b:7001"}}), "k", "v")
	some := NewClusterClient(&ClusterOptions{Addrs: []string{"c:7002", "b:7001"}})
	defer some.Close()
	node := NewClient(&Options{Addr: "c:7002"})
	defer node.Close()
	for _, c := range []UniversalClient{some, node} {
		if got, err := c.Get(background, "k").Result(); got != "v" {
			t.Errorf("%q, %v", got, err)
		}
	}
	other := NewClusterClient(&ClusterOptions{Addrs: []string{"d:7000"}})
	defer other.Close()
	if err := other.Get(background, "k").Err(); !errors.Is(err, ErrTwoServers) {
		t.Error(err)
	}
}

func TestPlanSaysWhichServersAreNamespaces(t *testing.T) {
	storeFor(t, "queue")
	p := &RegisteredPlan{plan: Plan{Clients: []PlannedClient{
		{Addr: "cache*:6379"}, {Addr: "replica:6379"}, {Addr: "queue*:6379", Namespace: "queue"}, {Addr: "*", Namespace: "never"},
	}}}
	cache := p.NewClient(&Options{Addr: "cache.prod:6379"})
	queue := p.NewClient(&Options{Addr: "queue.prod:6379"})
	set(t, cache, "k", "cache")
	set(t, queue, "k", "queue")
	replica := p.NewClient(&Options{Addr: "replica:6379"})
	defer replica.Close()
	if got, err := replica.Get(background, "k").Result(); got != "cache" {
		t.Errorf("the replica has %q, %v", got, err)
	}
	if err := cache.FlushAll(background).Err(); err != nil {
		t.Fatal(err)
	}
	_ = queue.Close()
	// A worker that has the queue alone finds it too: staging's hosts match as well.
	worker := p.NewClient(&Options{Addr: "queue.staging:6379", DB: 0})
	defer worker.Close()
	if got, err := worker.Get(background, "k").Result(); got != "queue" {
		t.Errorf("the queue has %q, %v", got, err)
	}
	b, err := BackendOf(worker)
	if err != nil || b.URL() != "memory://"+t.Name()+"-queue" {
		t.Error(b, err)
	}
}

func TestCodeSaysWhichClientIsInANamespace(t *testing.T) {
	storeFor(t, "jobs")
	p := &RegisteredPlan{plan: Plan{Clients: []PlannedClient{{Addr: "*", Namespace: "never"}}}}
	set(t, p.Namespace("").NewClient(&Options{Addr: "a:1"}), "k", "the store's")
	set(t, p.Namespace("jobs").NewUniversalClient(&UniversalOptions{Addrs: []string{"b:2"}}), "k", "the namespace's")
	for _, test := range []struct {
		c    UniversalClient
		want string
	}{
		{p.Namespace("").NewClusterClient(&ClusterOptions{Addrs: []string{"c:3"}}), "the store's"},
		{p.Namespace("jobs").NewRing(&RingOptions{Addrs: map[string]string{"x": "d:4"}}), "the namespace's"},
		{p.Namespace("jobs").NewFailoverClient(&FailoverOptions{MasterName: "m"}), "the namespace's"},
		{(*RegisteredPlan)(nil).Namespace("jobs").NewClient(&Options{}), "the namespace's"},
	} {
		if got, err := test.c.Get(background, "k").Result(); got != test.want {
			t.Errorf("%v has %q, %v", test.c, got, err)
		}
		_ = test.c.Close()
	}
	bad := p.Namespace("no such name").NewClient(&Options{})
	defer bad.Close()
	if err := bad.Ping(background).Err(); err == nil || !strings.Contains(err.Error(), "no such name") {
		t.Error(err)
	}
}

func TestDatabasesAreWithinANamespace(t *testing.T) {
	storeFor(t, "queue")
	p := (&RegisteredPlan{}).Namespace("queue")
	set(t, p.NewClient(&Options{DB: 3}), "k", "three")
	zero := p.NewClient(&Options{})
	defer zero.Close()
	if n, err := zero.Exists(background, "k").Result(); n != 0 || err != nil {
		t.Error(n, err)
	}
	if err := zero.Do(background, "swapdb", 0, 3).Err(); err != nil {
		t.Fatal(err)
	}
	if zero.Get(background, "k").Val() != "three" {
		t.Error("databases of a namespace cannot be swapped")
	}
}

func TestServerOfThisProcessHasNoNamespaces(t *testing.T) {
	t.Setenv(StoreVariable, "")
	b, err := store.Open("memory://" + t.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Drop(t.Name())
	defer store.RegisterLocal("127.0.0.1:40003", b)()
	set(t, NewClient(&Options{Addr: "127.0.0.1:40003"}), "k", "v")
	c := (&RegisteredPlan{}).Namespace("queue").NewClient(&Options{Addr: "127.0.0.1:40003"})
	defer c.Close()
	if got, err := c.Get(background, "k").Result(); got != "v" {
		t.Errorf("%q, %v: a test looks into its server and must find the program's data", got, err)
	}
}

func TestNamespaceOfAFileIsAFileBesideIt(t *testing.T) {
	dir := t.TempDir()
	p := &RegisteredPlan{plan: Plan{
		Default: "file:" + filepath.ToSlash(filepath.Join(dir, "app.db")),
		Clients: []PlannedClient{{Addr: "queue:6379", Namespace: "queue"}},
		Families: []Family{
			{Pattern: "job:*", Name: "Job", Type: "string", Client: "queue"},
			{Pattern: "any:*", Name: "Any", Type: "string"},
		},
	}}
	t.Setenv(StoreVariable, "")
	queue := p.NewClient(&Options{Addr: "queue:6379"})
	set(t, queue, "job:1", "v")
	set(t, p.NewClient(&Options{Addr: "cache:6379"}), "job:1", "not the queue's")
	if queue.Get(background, "job:1").Val() != "v" {
		t.Error("two servers share a key")
	}
	for _, file := range []string{"app.db", "app-queue.db"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
}

func TestPlansThatContradictEachOthersNamespacesPanic(t *testing.T) {
	RegisterPlan(Plan{Package: "example.com/a/cfstore", Clients: []PlannedClient{{Addr: "clash:1", Namespace: "a"}, {Addr: "same:1"}}})
	RegisterPlan(Plan{Package: "example.com/b/cfstore", Clients: []PlannedClient{{Addr: "same:1"}}})
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "example.com/a/cfstore") {
			t.Errorf("panic %v", p)
		}
	}()
	RegisterPlan(Plan{Package: "example.com/c/cfstore", Clients: []PlannedClient{{Addr: "clash:1", Namespace: "c"}}})
}
