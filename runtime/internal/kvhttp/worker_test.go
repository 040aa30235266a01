package kvhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/kvhttp"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var ctx = context.Background()

// client is a program with a token.
type client struct{ url, token, namespace string }

func (c client) post(ctx context.Context, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", c.url+kvhttp.Path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if c.namespace != "" {
		req.Header.Set("X-Redis2cf-Namespace", c.namespace)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

func (c client) kv() *kvprimary.Client {
	return kvprimary.NewClient(kvhttp.New(c.post), kvprimary.Options{})
}

func do(t *testing.T, c *kvprimary.Client, lines ...resp.Command) []resp.Reply {
	t.Helper()
	replies, err := c.Execute(ctx, 0, lines)
	if err != nil {
		t.Fatal(err)
	}
	return replies
}

func start(t *testing.T) *project.Local {
	return workerdtest.Start(t, workerdtest.Options{
		NoEngine: true,
		Plan: worker.Config{Version: 1, Families: []worker.Family{
			{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", Consistency: "primary"},
			{Pattern: "session:*:lock", Name: "Lock", Type: "string", Store: "do"},
			{Pattern: "page:*", Name: "Page", Type: "string", Store: "kv", Consistency: "follow"},
			{Pattern: "job:*", Name: "Job", Type: "string", Store: "kv", Consistency: "primary", Client: "jobs"},
			{Pattern: "\xc3\xa9*", Name: "Accent", Type: "string", Store: "kv", Consistency: "primary"},
		}},
		Tokens: []project.Token{
			workerdtest.Token("main-token", "main", true), workerdtest.Token("other-token", "other", true), workerdtest.Token("reader-token", "main", false),
		},
	})
}

func TestWorkerServesFamiliesInKVAlone(t *testing.T) {
	l := start(t)
	main := client{url: l.URL(), token: "main-token"}

	t.Run("values come back as they were written", func(t *testing.T) {
		values := []string{"", "plain", "\x00\xff\xfe", "\ufeffmark", "\ufffd", "<&>\"\\\u2028", strings.Repeat("x", 100_000), strings.Repeat("\xff", 300_000)}
		writer := main.kv()
		var set []resp.Command
		mget := resp.Command{"MGET"}
		for i, v := range values {
			key := fmt.Sprintf("session:v%d", i)
			set = append(set, resp.Command{"SET", key, v})
			mget = append(mget, key)
		}
		for i, r := range do(t, writer, set...) {
			if r.Str != "OK" {
				t.Errorf("SET %d: %+v", i, r)
			}
		}
		reader := main.kv() // another client: nothing is remembered
		for i, e := range do(t, reader, mget)[0].Elems {
			if e.Kind != resp.Bulk || e.Str != values[i] {
				t.Errorf("value %d: %.40q, want %.40q", i, e.Str, values[i])
			}
		}
		for i := range values {
			if r := do(t, main.kv(), resp.Command{"GET", mget[i+1]})[0]; r.Kind != resp.Bulk || r.Str != values[i] {
				t.Errorf("value %d by itself: %.40q", i, r.Str)
			}
		}
		got := do(t, main.kv(), resp.Command{"DEL", "session:v0", "session:v1"}, resp.Command{"MGET", "session:v0", "session:v2"})
		if got[0].Int != 2 || got[1].Elems[0].Kind != resp.Nil || got[1].Elems[1].Kind != resp.Bulk {
			t.Errorf("after DEL: %+v", got)
		}
	})

	t.Run("hundreds of keys", func(t *testing.T) {
		var set []resp.Command
		mget := resp.Command{"MGET"}
		for i := 0; i < 1000; i++ {
			key := fmt.Sprintf("session:many:%d", i)
			set = append(set, resp.Command{"SETEX", key, "100", fmt.Sprint(i)})
			mget = append(mget, key)
		}
		do(t, main.kv(), set...)
		for i, e := range do(t, main.kv(), mget)[0].Elems {
			if e.Str != fmt.Sprint(i) {
				t.Fatalf("key %d has %q", i, e.Str)
			}
		}
	})

	t.Run("namespaces do not meet", func(t *testing.T) {
		other, jobs := client{l.URL(), "other-token", ""}, client{l.URL(), "main-token", "jobs"}
		keys := []string{"session:1", "session:\x00\xff odd", "\xc3\xa9t\xc3\xa9", "session:@"}
		for _, key := range keys {
			for name, c := range map[string]client{"main": main, "other": other, "jobs": jobs} {
				do(t, c.kv(), resp.Command{"SET", key, name})
			}
		}
		for _, key := range keys {
			for name, c := range map[string]client{"main": main, "other": other, "jobs": jobs} {
				if r := do(t, c.kv(), resp.Command{"GET", key})[0]; r.Str != name {
					t.Errorf("%q of %s: %+v", key, name, r)
				}
			}
		}
		if r := do(t, jobs.kv(), resp.Command{"SET", "job:1", "v"})[0]; r.Str != "OK" {
			t.Errorf("a family of the namespace: %+v", r)
		}
		if r := do(t, main.kv(), resp.Command{"SET", "job:1", "v"})[0]; r.Kind != resp.Error || !strings.Contains(r.Str, "no key of a family in KV alone") {
			t.Errorf("a family of another namespace: %+v", r)
		}
	})

	t.Run("access", func(t *testing.T) {
		reader := client{url: l.URL(), token: "reader-token"}
		do(t, main.kv(), resp.Command{"SET", "session:access", "v"})
		if r := do(t, reader.kv(), resp.Command{"GET", "session:access"})[0]; r.Str != "v" {
			t.Errorf("a reader: %+v", r)
		}
		for _, line := range []resp.Command{{"SET", "session:access", "w"}, {"DEL", "session:access"}} {
			if r := do(t, reader.kv(), line)[0]; r.Str != "NOPERM this token may only read" {
				t.Errorf("%s of a reader: %+v", line[0], r)
			}
		}
		if r := do(t, client{url: l.URL(), token: "wrong"}.kv(), resp.Command{"GET", "session:access"})[0]; r.Kind != resp.Error || !strings.Contains(r.Str, "token is not valid") {
			t.Errorf("a wrong token: %+v", r)
		}
		for _, key := range []string{"page:1", "session:1:lock", "elsewhere"} {
			if r := do(t, main.kv(), resp.Command{"SET", key, "v"})[0]; r.Kind != resp.Error || !strings.Contains(r.Str, "no key of a family in KV alone") {
				t.Errorf("%s: %+v", key, r)
			}
		}
	})

	t.Run("malformed requests change nothing", func(t *testing.T) {
		big := `{"write":[{"name":"session:big","text":"` + strings.Repeat("x", 16<<20) + `"}]}`
		many := `{"read":[` + strings.TrimSuffix(strings.Repeat(`"session:a",`, 801), ",") + `]}`
		for body, want := range map[string]int{
			"": 400, "{": 400, "[]": 200, "null": 200, `{"read":{}}`: 400, `{"read":[1]}`: 400, `{"read":[""]}`: 400, many: 400, big: 413,
			`{"write":[{"name":"session:x"}]}`: 400, `{"write":[{"name":"session:x","text":"a","delete":true}]}`: 400, `{"write":[null]}`: 400,
			`{"write":[{"name":"session:x","text":"a","ttl":-1}]}`: 400, `{"write":[{"name":"session:x","text":"a","ttl":"60"}]}`: 400,
			`{"read":["@other/0/session:1"]}`: 403, `{"read":["@/0#zz"]}`: 403, `{"read":["@x"]}`: 403, `{"read":["."]}`: 403,
			`{"read":["session:x"],"write":[{"name":"page:1","delete":true}]}`: 403,
		} {
			status, text, err := main.post(ctx, []byte(body))
			if err != nil || status != want {
				t.Errorf("%.60s: status %d, %v, want %d: %.200s", body, status, err, want, text)
			}
			if bytes.Contains(text, []byte("session:x")) && status != 200 {
				t.Errorf("%.60s: the answer repeats the key", body)
			}
		}
		res, err := http.Get(l.URL() + kvhttp.Path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 405 {
			t.Errorf("GET: %d", res.StatusCode)
		}
	})

	t.Run("expiry reaches KV", func(t *testing.T) {
		at := time.Now().Add(time.Hour).Unix()
		do(t, main.kv(), resp.Command{"SET", "session:at", "v", "EXAT", fmt.Sprint(at)}, resp.Command{"SET", "session:ttl", "v", "EX", "3600"})
		_, text, err := main.post(ctx, []byte(`{"write":[{"name":"session:short","text":"v","ttl":10},{"name":"session:good","text":"v"}]}`))
		var answer struct{ Write []*string }
		if err != nil || json.Unmarshal(text, &answer) != nil || len(answer.Write) != 2 || answer.Write[0] == nil || answer.Write[1] != nil {
			t.Errorf("an expiry that KV refuses: %s %v", text, err)
		}
	})
}

func TestWorkerWithoutSuchAFamilySaysSo(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{NoEngine: true, Plan: worker.Config{Version: 1}, Tokens: []project.Token{workerdtest.Token("main-token", "main", true)}})
	r := do(t, client{url: l.URL(), token: "main-token"}.kv(), resp.Command{"GET", "a"})[0]
	if r.Kind != resp.Error || !strings.Contains(r.Str, `write "consistency: primary"`) {
		t.Errorf("%+v", r)
	}
}

// An answer has room for 32 MB. A client that asks for more gets it in several.
func TestMoreThanAnAnswerHoldsIsReadInSeveral(t *testing.T) {
	l := start(t)
	c := client{l.URL(), "main-token", ""}
	value := func(i int) string { return fmt.Sprintf("%d%s", i, strings.Repeat([]string{"v", "\xff"}[i%2], 5<<20)) }
	mget := resp.Command{"MGET"}
	for i := 0; i < 9; i++ {
		key := fmt.Sprint("session:", i)
		if got := do(t, c.kv(), resp.Command{"SET", key, value(i)}); got[0].Str != "OK" {
			t.Fatalf("%+v", got)
		}
		mget = append(mget, key)
	}
	requests := 0
	kv := kvprimary.NewClient(kvhttp.New(func(ctx context.Context, body []byte) (int, []byte, error) {
		requests++
		status, answer, err := c.post(ctx, body)
		if len(answer) > 48<<20 {
			t.Errorf("an answer of %d bytes", len(answer))
		}
		return status, answer, err
	}), kvprimary.Options{})
	got := do(t, kv, append(mget, "session:none"))[0].Elems
	if len(got) != 10 || got[9].Kind != resp.Nil || requests < 2 {
		t.Fatalf("%d values in %d requests", len(got), requests)
	}
	for i := range got[:9] {
		if got[i].Str != value(i) {
			t.Errorf("value %d: %d bytes %.20q", i, len(got[i].Str), got[i].Str)
		}
	}
}
