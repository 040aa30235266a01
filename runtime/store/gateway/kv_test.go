package gateway_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/resptest"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// Families in KV alone are served past the object, beside the others, on a real workerd.
func TestFamiliesInKVAloneBesideOthers(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{
		Plan: worker.Config{Version: 1, Families: []worker.Family{
			{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", Consistency: "primary"},
			{Pattern: "queue:*", Name: "Queue", Type: "list", Store: "do"},
		}},
		Tokens: []project.Token{workerdtest.Token("main-token", "main", true)},
	})
	open := func(more string) store.Session {
		b, err := store.Open(l.URL() + "?token=main-token" + more)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		s, err := b.NewSession(store.SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s := open("")
	check(resptest.Do(t, s, "RPUSH queue:1 a", "SET session:1 v EX 100", "RPUSH queue:1 b", "GET session:1", "GET session:2", "LRANGE queue:1 0 -1"), ":1 OK :2 v nil [a b]")
	check(resptest.Do(t, s, "EXISTS queue:1"), ":1")
	check(resptest.Do(t, s, "SELECT 2", "GET session:1", "SET session:1 two", "RPUSH queue:1 x", "SELECT 0", "GET session:1"), "OK nil OK :1 OK v")
	if got := resptest.Do(t, s, "INCR session:1"); !strings.Contains(got, `the family Session ("session:*") is in KV alone`) {
		t.Error(got)
	}
	if got := resptest.Do(t, s, "MULTI", "RPUSH queue:1 c", "SET session:1 w", "EXEC", "LRANGE queue:1 0 -1"); !strings.Contains(got, "in a transaction") || !strings.HasSuffix(got, "EXECABORT Transaction discarded because of previous errors. [a b]") {
		t.Error(got)
	}
	check(resptest.Do(t, s, "MULTI", "RPUSH queue:1 c", "EXEC"), "OK QUEUED [:3]")
	check(resptest.Do(t, s, "DEL session:1 session:9", "GET session:1"), ":2 nil")
	check(resptest.Do(t, s, "BLPOP queue:1 1"), "[queue:1 a]")
	other := open("&namespace=jobs")
	check(resptest.Do(t, other, "SET session:3 jobs", "GET session:3"), "OK jobs")
	check(resptest.Do(t, s, "GET session:3"), "nil")
}
