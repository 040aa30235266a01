package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
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
	do := func(s store.Session, lines ...string) string {
		t.Helper()
		var cmds []resp.Command
		for _, l := range lines {
			cmds = append(cmds, strings.Split(l, " "))
		}
		replies, err := s.Execute(context.Background(), cmds)
		if err != nil {
			t.Fatalf("%q: %v", lines, err)
		}
		var out []string
		for _, r := range replies {
			switch r.Kind {
			case resp.Nil, resp.NilArray:
				out = append(out, "nil")
			case resp.Int:
				out = append(out, fmt.Sprint(":", r.Int))
			case resp.Array:
				out = append(out, fmt.Sprintf("[%d]", len(r.Elems)))
			default:
				out = append(out, r.Str)
			}
		}
		return strings.Join(out, " ")
	}
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s := open("")
	check(do(s, "RPUSH queue:1 a", "SET session:1 v EX 100", "RPUSH queue:1 b", "GET session:1", "GET session:2", "LRANGE queue:1 0 -1"), ":1 OK :2 v nil [2]")
	check(do(s, "EXISTS queue:1"), ":1")
	check(do(s, "SELECT 2", "GET session:1", "SET session:1 two", "RPUSH queue:1 x", "SELECT 0", "GET session:1"), "OK nil OK :1 OK v")
	if got := do(s, "INCR session:1"); !strings.Contains(got, `the family Session ("session:*") is in KV alone`) {
		t.Error(got)
	}
	if got := do(s, "MULTI", "RPUSH queue:1 c", "SET session:1 w", "EXEC", "LRANGE queue:1 0 -1"); !strings.Contains(got, "in a transaction") || !strings.HasSuffix(got, "EXECABORT Transaction discarded because of previous errors. [2]") {
		t.Error(got)
	}
	check(do(s, "MULTI", "RPUSH queue:1 c", "EXEC"), "OK QUEUED [1]")
	check(do(s, "DEL session:1 session:9", "GET session:1"), ":2 nil")
	check(do(s, "BLPOP queue:1 1"), "[2]")
	other := open("&namespace=jobs")
	check(do(other, "SET session:3 jobs", "GET session:3"), "OK jobs")
	check(do(s, "GET session:3"), "nil")
}
