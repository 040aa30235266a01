package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var followedPlan = worker.Config{Version: 1, Module: "example.com/test", Families: []worker.Family{
	{Pattern: "messages:*", Name: "Messages", Type: "list", Store: "d1", Consistency: "follow"},
	{Pattern: "score:*", Name: "Scores", Type: "zset", Store: "d1"},
	{Pattern: "user:*", Name: "Users", Type: "hash", Store: "d1", Consistency: "sync"},
	{Pattern: "event:*", Name: "Events", Type: "stream", Store: "d1"},
	{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv"},
	{Pattern: "own:*", Name: "Own", Type: "any", Store: "do"},
}}

// soon waits until something holds.
func soon(t *testing.T, what string, ok func() error) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// rows are the rows of a query as text.
func rows(t *testing.T, l *project.Local, sql string) string {
	t.Helper()
	list, err := l.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, row := range list {
		var b strings.Builder
		for _, name := range []string{"key", "idx", "member", "score", "field", "value", "id", "fields", "state", "n"} {
			if v, ok := row[name]; ok {
				fmt.Fprintf(&b, "%v ", v)
			}
		}
		out = append(out, strings.TrimSpace(b.String()))
	}
	return strings.Join(out, ", ")
}

func hasRows(t *testing.T, l *project.Local, sql, want string) func() error {
	return func() error {
		if got := rows(t, l, sql); got != want {
			return fmt.Errorf("%s is %q, want %q", sql, got, want)
		}
		return nil
	}
}

func startFollowed(t *testing.T) (*project.Local, *workerdtest.Conn) {
	t.Helper()
	l := workerdtest.Start(t, workerdtest.Options{Plan: followedPlan})
	if err := l.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return l, workerdtest.Client{URL: l.URL()}.Connect(t)
}

func TestPeopleReadD1AndTheEdgeReadsKV(t *testing.T) {
	l, c := startFollowed(t)
	ctx := context.Background()
	binary := "\x00\xff \u00e9\""
	c.Commands(
		resp.Command{"RPUSH", "messages:1", "hello", "wörld \"quoted\" \\ 'it'", binary},
		resp.Command{"ZADD", "score:a", "1.5", "half", "inf", "top", "0.1", "tenth", "-1e300", "low"},
		resp.Command{"XADD", "event:1", "7-1", "what", "login", "who", "é"},
		resp.Command{"SET", "session:1", "one", "EX", "1000"}, resp.Command{"SET", "session:bin", binary},
		resp.Command{"SET", "own:1", "x"},
	)
	soon(t, "D1", hasRows(t, l, "SELECT * FROM messages WHERE idx < 2", "messages:1 0 hello, messages:1 1 wörld \"quoted\" \\ 'it'"))
	for sql, want := range map[string]string{
		"SELECT hex(value) AS value FROM list_items WHERE pos = (SELECT max(pos) FROM list_items)": fmt.Sprintf("%X", binary),
		"SELECT key, member, CAST(score AS TEXT) AS score FROM Scores WHERE score < 1e300":         "score:a low -1.0e+300, score:a tenth 0.1, score:a half 1.5",
		"SELECT member FROM Scores WHERE score = 9e999":                                            "top",
		"SELECT key, id, fields FROM Events":                                                       `event:1 7-1 {"what":"login","who":"é"}`,
		"SELECT count(*) AS n FROM keys":                                                           "3",
		"SELECT state FROM lag":                                                                    "current",
	} {
		if err := hasRows(t, l, sql, want)(); err != nil {
			t.Error(err)
		}
	}
	soon(t, "KV", func() error {
		v, err := l.KVGet(ctx, "session:bin")
		if err == nil && v == nil {
			err = fmt.Errorf("not there")
		}
		return err
	})
	v, err := l.KVGet(ctx, "session:1")
	if err != nil || v == nil || string(v.Value) != "one" {
		t.Fatalf("KV has %+v, %v", v, err)
	}
	var meta struct {
		Expires int64
		Object  string
	}
	if err := json.Unmarshal(v.Metadata, &meta); err != nil || meta.Expires < time.Now().Add(900*time.Second).UnixMilli() || meta.Object != "main:/0" {
		t.Errorf("metadata %s", v.Metadata)
	}
	if b, err := l.KVGet(ctx, "session:bin"); err != nil || string(b.Value) != binary {
		t.Errorf("KV has %+v, %v", b, err)
	}
	keys, err := l.KVList(ctx, "")
	if err != nil || len(keys) != 2 {
		t.Errorf("KV has %+v, %v", keys, err)
	}
	// What somebody damages there comes back with a copy.
	for _, sql := range []string{"UPDATE list_items SET value = x'00'", "DELETE FROM zset_members", "INSERT INTO set_members VALUES ('main:/0', 77, x'01')"} {
		if _, err := l.Query(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	client := workerdtest.Client{URL: l.URL()}
	rebuild(t, l, "/v1/rebuild/d1")
	soon(t, "D1", hasRows(t, l, "SELECT * FROM messages WHERE idx = 0", "messages:1 0 hello"))
	soon(t, "D1", hasRows(t, l, "SELECT (SELECT count(*) FROM Scores) || ' ' || (SELECT count(*) FROM set_members) || ' ' || (SELECT state FROM lag) AS n", "4 0 current"))
	var stats struct {
		Followers map[string]object.FollowerStatus
	}
	soon(t, "/v1/stats", func() error {
		if err := client.Get("/v1/stats", &stats); err != nil {
			return err
		}
		for _, name := range []string{"d1", "kv"} {
			if st := stats.Followers[name]; st.State != "current" || st.Waiting != 0 || st.LagMs != 0 || st.LastMs <= 0 || st.LastMs > 5000 {
				return fmt.Errorf("%s: %+v", name, st)
			}
		}
		return nil
	})
	t.Logf("%+v", stats.Followers)
	c.Commands(resp.Command{"DEL", "session:1", "messages:1", "score:a"}, resp.Command{"RENAME", "event:1", "own:2"})
	soon(t, "D1", hasRows(t, l, "SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM list_items) + (SELECT count(*) FROM zset_members) + (SELECT count(*) FROM stream_entries) + (SELECT count(*) FROM garbage) AS n", "0"))
	soon(t, "KV", func() error {
		if v, err := l.KVGet(ctx, "session:1"); err != nil || v != nil {
			return fmt.Errorf("KV has %+v, %v", v, err)
		}
		return nil
	})
}

// A copy takes more statements than one invocation has: the alarm goes on with it, and
// nobody need call the object.
func TestALongCopyOutlivesItsInvocation(t *testing.T) {
	l, c := startFollowed(t)
	c.Commands(resp.Command{"EVAL", "for i = 1, 60000 do redis.call('RPUSH', 'messages:' .. i % 500, i) end", "0"})
	whole := hasRows(t, l, "SELECT (SELECT count(*) FROM list_items) || ' ' || (SELECT state FROM lag) AS n", "60000 current")
	soon(t, "D1", whole)
	if _, err := l.Query(context.Background(), "DELETE FROM list_items"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	rebuild(t, l, "/v1/rebuild/d1")
	soon(t, "D1", whole)
	var stats struct{ Billed struct{ Alarms int } }
	if err := (workerdtest.Client{URL: l.URL()}).Get("/v1/stats", &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Billed.Alarms < 3 { // one looks after the followers in any case, and may have been set twice
		t.Errorf("%d alarms", stats.Billed.Alarms)
	}
	t.Logf("60,000 rows and %d alarms in %v", stats.Billed.Alarms, time.Since(began))
}

func rebuild(t *testing.T, l *project.Local, path string) {
	t.Helper()
	res, err := http.Post(l.URL()+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // nothing was read
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", path, res.Status)
	}
}

// D1 answers late, and says that it failed when it has not; the object's process is
// killed. Then nobody has read an answer before D1 had the row, and D1 has all.
func TestAnswersWaitForD1(t *testing.T) {
	l, c := startFollowed(t)
	ctx := context.Background()
	if _, err := l.Fault(ctx, project.D1, project.Fault{Delay: 300}); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 3; i++ {
		c.Commands(resp.Command{"HSET", "user:1", "n", fmt.Sprint(i)})
		if err := hasRows(t, l, "SELECT key, field, value FROM Users", fmt.Sprintf("user:1 n %d", i))(); err != nil {
			t.Errorf("the answer came before: %v", err)
		}
	}
	for _, mode := range []string{"lost", "fail"} {
		if _, err := l.Fault(ctx, project.D1, project.Fault{Mode: mode, Count: 2}); err != nil {
			t.Fatal(err)
		}
		c.Commands(resp.Command{"HSET", "user:1", "n", mode})
		if err := hasRows(t, l, "SELECT key, field, value FROM Users", "user:1 n "+mode)(); err != nil {
			t.Errorf("the answer came before: %v", err)
		}
	}
	// Those of other families do not wait.
	if _, err := l.Fault(ctx, project.D1, project.Fault{Delay: 5000}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c.Commands(resp.Command{"RPUSH", "messages:1", "x"})
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("an answer that does not wait for D1 took %v", took)
	}
}

func TestD1CatchesUpAfterAKill(t *testing.T) {
	l, c := startFollowed(t)
	ctx := context.Background()
	n := 0
	for round, mode := range []string{"", "lost", "fail", "lost"} {
		if _, err := l.Fault(ctx, project.D1, project.Fault{Mode: mode}); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 40; i++ {
			n++
			c.Commands(resp.Command{"RPUSH", "messages:1", fmt.Sprint(n)}, resp.Command{"ZADD", "score:a", fmt.Sprint(n), fmt.Sprint(n % 7)},
				resp.Command{"SET", "session:1", fmt.Sprint(n)})
		}
		if round%2 == 0 {
			time.Sleep(150 * time.Millisecond) // a batch is under way
		}
		if err := l.Kill(); err != nil {
			t.Fatal(err)
		}
		restart(t, l)
		c = workerdtest.Client{URL: l.URL()}.Connect(t)
		c.Commands(resp.Command{"PING"})
	}
	soon(t, "D1", hasRows(t, l, "SELECT count(*) || ' ' || sum(CAST(value AS INTEGER)) || ' ' || (SELECT sum(score) FROM Scores) AS n FROM messages",
		fmt.Sprintf("%d %d %d.0", n, n*(n+1)/2, 7*n-21)))
	soon(t, "KV", func() error {
		if v, err := l.KVGet(ctx, "session:1"); err != nil || v == nil || string(v.Value) != fmt.Sprint(n) {
			return fmt.Errorf("KV has %+v, %v", v, err)
		}
		return nil
	})
}
