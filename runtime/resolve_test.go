package runtime

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)

// outside runs the rest of a test as if it were no go test.
func outside(t *testing.T) {
	t.Helper()
	t.Setenv(StoreVariable, "")
	underTest = func() bool { return false }
	Disable()
	t.Cleanup(func() {
		underTest = testing.Testing
		Enable()
	})
}

func plan(url string) *RegisteredPlan { return &RegisteredPlan{plan: Plan{Default: url}} }

func TestWhereTheDataLives(t *testing.T) {
	for _, test := range []struct {
		name    string
		env     string
		outside bool
		where   target
		want    string // a URL, or "ErrNoStore: " and a part of the text
	}{
		{"environment before all", "file:x.db", true, target{plan: plan("memory://p"), addrs: []string{"memory://a"}}, "file:x.db"},
		{"address before the plan", "", true, target{plan: plan("memory://p"), addrs: []string{"memory://a"}}, "memory://a"},
		{"file URL", "", true, target{addrs: []string{"file:data/x.db"}}, "file:data/x.db"},
		{"gateway URL", "", true, target{addrs: []string{"https://gw.example.workers.dev"}}, "https://gw.example.workers.dev"},
		{"plan before the default", "", true, target{plan: plan("memory://p"), addrs: []string{"redis.internal:6379"}}, "memory://p"},
		{"no address", "", true, target{addrs: []string{""}}, "file:cfstore.db"},
		{"localhost", "", true, target{addrs: []string{"localhost:6379"}}, "file:cfstore.db"},
		{"127.0.0.1 is localhost", "", true, target{addrs: []string{"127.0.0.1:6379"}}, "file:cfstore.db"},
		{"IPv6 loopback", "", true, target{addrs: []string{"[::1]:6379"}}, "file:cfstore.db"},
		{"port alone", "", true, target{addrs: []string{":6379"}}, "file:cfstore.db"},
		{"host without port", "", true, target{addrs: []string{"localhost"}}, "file:cfstore.db"},
		{"second server of this machine", "", true, target{addrs: []string{"localhost:6380"}}, "file:cfstore-6380.db"},
		{"unix socket", "", true, target{addrs: []string{"/var/run/redis.sock"}}, "file:cfstore-unix-var-run-redis.sock.db"},
		{"host called file", "", true, target{addrs: []string{"file:6379"}}, "ErrNoStore: file:6379"},
		{"remote", "", true, target{addrs: []string{"redis.internal:6379"}}, "ErrNoStore: redis.internal:6379"},
		{"remote address", "", true, target{addrs: []string{"10.0.0.7:6379"}}, "ErrNoStore: 10.0.0.7:6379"},
		{"TLS on this machine", "", true, target{addrs: []string{"localhost:6379"}, remote: "TLS"}, "ErrNoStore: TLS"},
		{"Cluster on this machine", "", true, target{addrs: []string{"localhost:7000"}, remote: "Cluster"}, "ErrNoStore: Cluster"},
		{"Sentinel", "", true, target{addrs: []string{"localhost:26379"}, master: "mymaster", remote: "Sentinel"}, "ErrNoStore: Sentinel"},
		{"under go test", "", false, target{addrs: []string{"redis.internal:6379"}}, "memory://redis.internal-6379"},
		{"under go test, this machine", "", false, target{addrs: []string{"127.0.0.1:6379"}}, "memory://localhost-6379"},
		{"under go test, TLS", "", false, target{addrs: []string{"Redis:6380"}, remote: "TLS"}, "memory://redis-6380"},
		{"under go test, environment", "file:t.db", false, target{}, "file:t.db"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.outside {
				outside(t)
			}
			t.Setenv(StoreVariable, test.env)
			got, _, err := test.where.url()
			if part, fails := strings.CutPrefix(test.want, "ErrNoStore: "); fails {
				if !errors.Is(err, ErrNoStore) || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "CFSTORE_URL") {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			if got != test.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestServerOfThisProcessComesFirst(t *testing.T) {
	t.Setenv(StoreVariable, "https://never.example")
	b, err := store.Open("memory://a-server")
	if err != nil {
		t.Fatal(err)
	}
	defer store.RegisterLocal("127.0.0.1:40001", b)()
	c := NewClient(&Options{Addr: "127.0.0.1:40001"})
	defer c.Close()
	other := NewClient(&Options{Addr: "127.0.0.1:40002"})
	defer other.Close()
	if err := c.Set(background, "k", "v", 0).Err(); err != nil {
		t.Error(err)
	}
	if err := other.Get(background, "k").Err(); err == nil || !strings.Contains(err.Error(), "https") {
		t.Errorf("a driver that is not linked: %v", err)
	}
}

func TestTwoServersAreTwoSetsOfData(t *testing.T) {
	t.Setenv(StoreVariable, "")
	get := func(addr string, db int) string {
		c := NewClient(&Options{Addr: addr, DB: db})
		defer c.Close()
		return c.Get(background, "two-servers").Val()
	}
	c := NewClient(&Options{Addr: "a.example:6379"})
	c.Set(background, "two-servers", "here", 0)
	_ = c.Close()
	if get("a.example:6379", 0) != "here" || get("A.example:6379", 0) != "here" {
		t.Error("clients of one server do not share their data")
	}
	if get("a.example:6379", 1) != "" || get("a.example:6380", 0) != "" || get("b.example:6379", 0) != "" {
		t.Error("clients of different servers or databases share data")
	}
}

func TestRemoteClientsFailWithErrNoStore(t *testing.T) {
	outside(t)
	single := NewClient(&Options{Addr: "redis.internal:6379"})
	secure := NewClient(&Options{Addr: "localhost:6379", TLSConfig: &tls.Config{}})
	cluster := NewClusterClient(&ClusterOptions{Addrs: []string{"localhost:7000"}})
	failover := NewFailoverClient(&FailoverOptions{MasterName: "m", SentinelAddrs: []string{"localhost:26379"}})
	ring := NewRing(&RingOptions{Addrs: map[string]string{"a": "localhost:7000", "b": "far:7001"}})
	for i, c := range []UniversalClient{single, secure, cluster, failover, ring} {
		if err := c.Get(background, "k").Err(); !errors.Is(err, ErrNoStore) {
			t.Errorf("client %d: %v", i, err)
		}
		if err := c.Subscribe(background, "ch").Ping(background); !errors.Is(err, ErrNoStore) {
			t.Errorf("subscription %d: %v", i, err)
		}
		_ = c.Close()
	}
}

func TestUnknownSchemeNamesTheLinkedOnes(t *testing.T) {
	t.Setenv(StoreVariable, "mysql://x")
	c := NewClient(&Options{})
	defer c.Close()
	if err := c.Ping(background).Err(); err == nil || !strings.Contains(err.Error(), "memory") || !strings.Contains(err.Error(), "mysql") {
		t.Errorf("%v", err)
	}
}

func TestPlansThatContradictEachOtherPanic(t *testing.T) {
	RegisterPlan(Plan{Package: "example.com/a/cfstore", Families: []Family{{Pattern: "clash:*", Store: "kv"}, {Pattern: "same:*", Store: "d1"}}})
	RegisterPlan(Plan{Package: "example.com/b/cfstore", Families: []Family{{Pattern: "same:*", Store: "d1"}, {Pattern: "clash:*", Store: "d1", Client: "other"}}})
	defer func() {
		text := fmt.Sprint(recover())
		for _, want := range []string{"clash:*", "example.com/a/cfstore", "example.com/c/cfstore", `"kv"`, `"d1"`} {
			if !strings.Contains(text, want) {
				t.Errorf("the panic %q does not name %s", text, want)
			}
		}
	}()
	RegisterPlan(Plan{Package: "example.com/c/cfstore", Families: []Family{{Pattern: "clash:*", Store: "d1"}}})
	t.Error("no panic")
}

func TestNobodyAnswersWhereNoServerCanBe(t *testing.T) {
	ctx := context.Background()
	for addr, want := range map[string]string{
		"localhost:1":        "dial tcp 127.0.0.1:1: connect: connection refused",
		":1":                 "dial tcp 127.0.0.1:1: connect: connection refused",
		"127.0.0.1:0":        "dial tcp 127.0.0.1:0: connect: connection refused",
		"redis.internal:1":   "",
		"localhost:99999":    "dial tcp: address 99999: invalid port",
		"redis.invalid:6379": "dial tcp: lookup redis.invalid: no such host",
		"localhost:2":        "",
		"localhost":          "",
		"localhost:redis":    "",
		"invalid:6379":       "dial tcp: lookup invalid: no such host",
		"valid:6379":         "",
	} {
		c := NewClient(&Options{Addr: addr, MaxRetries: -1})
		err := c.Set(ctx, "a", "b", 0).Err()
		var op *net.OpError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", addr, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || !errors.As(err, &op)):
			t.Errorf("%s: %v, want %s", addr, err, want)
		}
		_ = c.Close()
	}
	c := NewClusterClient(&ClusterOptions{Addrs: []string{"localhost:1", "localhost:7000"}})
	defer c.Close()
	if err := c.Ping(ctx).Err(); err != nil {
		t.Errorf("one of the addresses may have a server: %v", err)
	}
}
