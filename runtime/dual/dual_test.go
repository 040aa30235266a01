package dual_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/dual"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
	"github.com/redis2cf/redis2cf/runtime/value"
)

var ctx = context.Background()

// end is a database of a backend.
type end struct {
	store.Session
	name string
}

func (e end) Name() string { return e.name }
func (e end) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return e.Execute(ctx, cmds)
}

func ends(t *testing.T, b store.Backend) func(db int) (value.End, error) {
	return func(db int) (value.End, error) {
		s, err := b.NewSession(store.SessionOptions{DB: db, Protocol: 2})
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { s.Close() })
		return end{s, b.URL()}, nil
	}
}

func open(t *testing.T, url string) store.Backend {
	t.Helper()
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// A program's client runs on Redis, then on the store, and Redis follows; then without it.
func TestAClientMoves(t *testing.T) {
	addr := testneed.RedisServer(t)
	direct := redis.NewClient(&redis.Options{Addr: addr})
	defer direct.Close()
	t.Setenv("CFSTORE_TOKEN", "")
	t.Setenv(dual.RedisVariable, "redis://"+addr)
	server := objectserver.New(objectserver.Options{})
	worker, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, inner := range []string{"file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db")), worker} {
		if err := direct.FlushAll(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		t.Setenv(runtime.StoreVariable, "dual:"+inner+"?dual-lease=3s&dual-follow=5ms")
		c := runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379"})
		run := func(round int) {
			t.Helper()
			c.Set(ctx, "s", round, time.Hour)
			c.HSet(ctx, "h", "f", round, "g", "x")
			c.RPush(ctx, "l", round)
			c.ZIncrBy(ctx, "z", 1.5, "m")
			_, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
				p.Incr(ctx, "n")
				p.Expire(ctx, "n", time.Minute)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			script := runtime.NewScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
			if got, err := script.Run(ctx, c, []string{"scripted"}, 2).Int(); err != nil || got != 2*round {
				t.Fatalf("round %d: the script says %d %v", round, got, err)
			}
			if got, err := c.Get(ctx, "n").Int(); err != nil || got != round {
				t.Fatalf("round %d: n is %d %v", round, got, err)
			}
			if err := c.Watch(ctx, func(tx *runtime.Tx) error {
				_, err := tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.SAdd(ctx, "set", round); return nil })
				return err
			}, "set"); err != nil {
				t.Fatal(err)
			}
		}
		b := open(t, inner)
		same := func() {
			t.Helper()
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				a, err := digests(ends(t, open(t, "dual-test-redis:"+addr)))
				if err != nil {
					t.Fatal(err)
				}
				have, err := digests(ends(t, b))
				if err != nil {
					t.Fatal(err)
				}
				if a == have && strings.Count(a, "\n") == 7 {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("at Redis:\n%sin the store:\n%s", a, have)
				}
			}
		}
		run(1)
		same()
		to := func(p phase.Phase) {
			t.Helper()
			o := phase.SwitchOptions{Redis: ends(t, open(t, "dual-test-redis:"+addr)), Store: ends(t, b), To: p}
			if err := phase.Switch(ctx, o); err != nil {
				t.Fatal(err)
			}
		}
		to(phase.Cloudflare)
		run(2)
		same()
		to(phase.Redis)
		run(3)
		same()
		to(phase.Cloudflare)
		to(phase.Only)
		run(4)
		t.Setenv(dual.RedisVariable, "redis://"+addr)
		if n, err := direct.Get(ctx, "n").Int(); err != nil || n != 3 {
			t.Errorf("in phase only Redis has n %d %v", n, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		// A program that begins now does without Redis.
		t.Setenv(dual.RedisVariable, "")
		c = runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379"})
		if got, err := c.Get(ctx, "s").Result(); got != "4" {
			t.Errorf("s is %q %v", got, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		t.Setenv(dual.RedisVariable, "redis://"+addr)
	}
}

// digests are the keys of an end with their values.
func digests(open func(int) (value.End, error)) (string, error) {
	e, err := open(0)
	if err != nil {
		return "", err
	}
	v, err := value.One(ctx, e, "KEYS", "*")
	if err != nil {
		return "", err
	}
	r, err := value.NewReader(ctx, e)
	if err != nil {
		return "", err
	}
	out := map[string]string{}
	for _, k := range value.Texts(v) {
		if strings.HasPrefix(k, "redis2cf:") {
			continue
		}
		h, d, err := r.State(ctx, k)
		if err != nil {
			return "", err
		}
		out[k] = fmt.Sprintf("%s %s %d %x\n", k, h.Type, h.Expire, d)
	}
	var b strings.Builder
	for _, k := range []string{"s", "h", "l", "z", "n", "scripted", "set"} {
		b.WriteString(out[k])
		delete(out, k)
	}
	for _, v := range out {
		b.WriteString("more: " + v)
	}
	return b.String(), nil
}

// redisDriver opens a Redis server as a store, for what looks at both sides.
type redisDriver struct{}

func (redisDriver) Open(u *url.URL) (store.Backend, error) {
	return dual.OpenRedis(ctx, "redis://"+u.Opaque)
}

func init() { store.Register("dual-test-redis", redisDriver{}) }

// What is not set, not reached or not understood is said, without secrets.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ redis, url, want string }{
		{"", "dual:memory://a", "$CFSTORE_REDIS is not set"},
		{"redis://:secret@127.0.0.1:1", "dual:memory://a", "redis://xxxxx@127.0.0.1:1 is not reached"},
		{"nonsense://:secret@x", "dual:memory://a", "no URL that go-redis reads"},
		{"redis://127.0.0.1:1", "dual:", "behind dual: stands a store's URL"},
		{"redis://127.0.0.1:1", "dual:memory://a?dual-lease=x", "dual-lease=x is no time"},
		{"redis://127.0.0.1:1", "dual:memory://a?dual-nonsense=1s", "unknown setting"},
		{"redis://127.0.0.1:1", "dual:memory://a?dual-lease=-1s", "dual-lease=-1s is no time"},
	} {
		t.Setenv(dual.RedisVariable, c.redis)
		_, err := store.Open(c.url)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s with %s: %v, not %q", c.url, c.redis, err, c.want)
		}
	}
}

func TestNamespaces(t *testing.T) {
	got, err := store.Namespace("dual:file:dir/store.db?memory=8mb&dual-lease=3s", "job-queue")
	if want := "dual:file:dir/store-job-queue.db?dual-lease=3s&memory=8mb#job-queue"; err != nil || got != want {
		t.Errorf("%s %v, not %s", got, err, want)
	}
	if got := dual.Variable("job-queue"); got != "CFSTORE_REDIS_JOB_QUEUE" {
		t.Error(got)
	}
	addr := testneed.RedisServer(t)
	t.Setenv("CFSTORE_REDIS_JOB_QUEUE", "redis://"+addr+"/3")
	b, err := store.Open("dual:memory://jobs#job-queue")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Execute(ctx, []resp.Command{{"SET", "k", "1"}}); err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: addr, DB: 0})
	defer c.Close()
	if n := c.Exists(ctx, "k").Val(); n != 1 {
		t.Errorf("the database is the client's, and k is there %d times", n)
	}
}
