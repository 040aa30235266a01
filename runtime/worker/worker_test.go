package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// plan has a group of one object and one of two.
var plan = worker.Config{Version: 1, Module: "example.com/test", Groups: []worker.Group{{Name: "main", Shards: 1}, {Name: "other", Shards: 2}}}

var tokens = []project.Token{
	workerdtest.Token("write", "one", true),
	workerdtest.Token("read", "one", false),
	workerdtest.Token("elsewhere", "two", true),
}

func start(t *testing.T) (*project.Local, workerdtest.Client) {
	t.Helper()
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: tokens})
	return l, workerdtest.Client{URL: l.URL(), Token: "write"}
}

func restart(t *testing.T, l *project.Local) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := l.Restart(ctx); err != nil {
		t.Fatal(err)
	}
}

// want compares what replies say with what they should.
func want(t *testing.T, got []resp.Reply, texts ...string) {
	t.Helper()
	shown := make([]string, len(got))
	for i, r := range got {
		shown[i] = show(r)
	}
	if a, b := strings.Join(shown, " | "), strings.Join(texts, " | "); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

// show is a reply in one line.
func show(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return "nil"
	case resp.Int:
		return fmt.Sprint(r.Int)
	case resp.Array, resp.Push, resp.Set, resp.Map:
		var parts []string
		for _, e := range r.Elems {
			parts = append(parts, show(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return r.Str
}

func group(client uint64, cmds ...string) frame.Group {
	g := frame.Group{Client: client, Protocol: 3}
	for _, c := range cmds {
		g.Commands = append(g.Commands, strings.Fields(c))
	}
	return g
}

func TestFramesAreAnsweredInOrder(t *testing.T) {
	_, client := start(t)
	c := client.Connect(t)
	if w := c.Welcome; w.Name != "one:main/0" || !w.Write || w.Epoch == 0 {
		t.Errorf("welcome: %+v", w)
	}
	a := c.Groups(group(1, "SET k v", "GET k"), group(2, "APPEND k w", "INCR n", "GET nothing"))
	if len(a.Results) != 2 || a.Epoch != c.Welcome.Epoch {
		t.Fatalf("%+v", a)
	}
	want(t, a.Results[0].Replies, "OK", "v")
	want(t, a.Results[1].Replies, "2", "1", "nil")
	binary := "\x00\xff'\"\r\n"
	want(t, c.Commands(resp.Command{"SET", binary, binary}, resp.Command{"GET", binary}), "OK", binary)
	var many []resp.Command
	for i := 0; i < frame.MaxCommands; i++ {
		many = append(many, resp.Command{"SET", fmt.Sprint("many:", i), strings.Repeat("x", i)})
	}
	if replies := c.Commands(many...); show(replies[frame.MaxCommands-1]) != "OK" {
		t.Error(show(replies[frame.MaxCommands-1]))
	}
	want(t, c.Commands(resp.Command{"STRLEN", "many:511"}, resp.Command{"DBSIZE"}), "511", "515")
}

func TestObjectsAndNamespacesAreApart(t *testing.T) {
	_, client := start(t)
	all := []workerdtest.Client{client, client, client, client, client}
	all[1].Object = "other/0"
	all[2].Object = "other/1"
	all[3].Namespace = "part"
	all[4].Token = "elsewhere"
	names := []string{"one:main/0", "one:other/0", "one:other/1", "one/part:main/0", "two:main/0"}
	var conns []*workerdtest.Conn
	for i, c := range all {
		conn := c.Connect(t)
		if conn.Welcome.Name != names[i] {
			t.Errorf("object %d is %s, not %s", i, conn.Welcome.Name, names[i])
		}
		want(t, conn.Commands(resp.Command{"SET", "k", names[i]}, resp.Command{"DBSIZE"}), "OK", "1")
		conns = append(conns, conn)
	}
	for i, conn := range conns {
		want(t, conn.Commands(resp.Command{"GET", "k"}), names[i])
	}
	// They share an instance.
	var stats struct{ Handles, LinearMemory int }
	if err := client.Get("/v1/stats", &stats); err != nil || stats.Handles != len(all) || stats.LinearMemory == 0 {
		t.Errorf("%+v %v", stats, err)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	l, client := start(t)
	bad := func(change func(*workerdtest.Client)) workerdtest.Client {
		c := client
		change(&c)
		return c
	}
	for name, test := range map[string]struct {
		client workerdtest.Client
		status int
		code   frame.Code
	}{
		"no token":            {bad(func(c *workerdtest.Client) { c.Token = "" }), 401, frame.CodeToken},
		"a wrong token":       {bad(func(c *workerdtest.Client) { c.Token = "writE" }), 401, frame.CodeToken},
		"a digest":            {bad(func(c *workerdtest.Client) { c.Token = tokens[0].Digest }), 401, frame.CodeToken},
		"a namespace upwards": {bad(func(c *workerdtest.Client) { c.Namespace = "../two" }), 403, frame.CodeToken},
		"a shard too many":    {bad(func(c *workerdtest.Client) { c.Object = "other/2" }), 404, frame.CodeNotFound},
		"another group":       {bad(func(c *workerdtest.Client) { c.Object = "secret/0" }), 404, frame.CodeNotFound},
		"no shard":            {bad(func(c *workerdtest.Client) { c.Object = "main" }), 404, frame.CodeNotFound},
		"a long object":       {bad(func(c *workerdtest.Client) { c.Object = strings.Repeat("x", 5000) }), 404, frame.CodeNotFound},
	} {
		_, err := test.client.Dial(t)
		_, posted := test.client.Post([]byte("x"))
		for _, err := range []error{err, posted} {
			var r *workerdtest.Refusal
			if !errors.As(err, &r) || r.Status != test.status || r.Code != test.code || len(r.Text) > 300 {
				t.Errorf("%s: %v", name, err)
			} else if strings.Contains(r.Text, test.client.Token) && test.client.Token != "" {
				t.Errorf("%s: the token is in %s", name, r.Text)
			}
		}
	}
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 404}, {"GET", "/v1/elsewhere", 404}, {"GET", "/v1/frame", 405}, {"POST", "/v1/connect", 405}, {"GET", "/v1/connect", 426},
	} {
		req, err := http.NewRequest(test.method, l.URL()+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer write")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // its status is all
		if res.StatusCode != test.status {
			t.Errorf("%s %s: %s", test.method, test.path, res.Status)
		}
	}
	var info struct {
		Protocol int
		Groups   []worker.Group
	}
	if err := client.Get("/v1/info", &info); err != nil || info.Protocol != frame.Version || len(info.Groups) != 2 || info.Groups[1].Shards != 2 {
		t.Errorf("%+v %v", info, err)
	}
}

// What a token that may only read is refused, scripts that write included, and what
// it is not.
func TestReadOnlyTokensChangeNothing(t *testing.T) {
	_, client := start(t)
	w := client.Connect(t)
	w.Do("SET", "k", "v")
	client.Token = "read"
	r := client.Connect(t)
	if r.Welcome.Write {
		t.Error("the welcome says that it may write")
	}
	for _, words := range [][]string{
		{"SET", "k", "x"}, {"DEL", "k"}, {"EXPIRE", "k", "1"}, {"FLUSHALL"}, {"PUBLISH", "c", "m"}, {"CONFIG", "SET", "maxmemory", "1"},
		{"EVAL", "return redis.call('SET', 'k', 'x')", "0"},
		{"EVAL", "return redis.pcall('DEL', KEYS[1])", "1", "k"},
		{"EVAL", "return redis.call('PUBLISH', 'c', 'm')", "0"},
		{"GETEX", "k", "EX", "1"}, {"BLPOP", "k", "0"}, {"SCRIPT", "FLUSH"}, {"CLIENT", "KILL", "ID", "1"},
	} {
		if reply := r.Do(words...); reply.Kind != resp.Error || !strings.Contains(reply.Str, "NOPERM") && !strings.Contains(reply.Str, "only read") {
			t.Errorf("%v: %s", words, show(reply))
		}
	}
	want(t, r.Commands(resp.Command{"GET", "k"}, resp.Command{"EVAL", "return redis.call('GET', 'k')", "0"}, resp.Command{"TTL", "k"}), "v", "v", "-1")
	// A transaction with a write in it is not run in part.
	want(t, r.Commands(resp.Command{"MULTI"}, resp.Command{"GET", "k"}, resp.Command{"EXEC"}), "OK", "QUEUED", "[v]")
	want(t, w.Commands(resp.Command{"GET", "k"}, resp.Command{"DBSIZE"}), "v", "1")
	// The same over HTTP.
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	parts, err := client.Post(hello, (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "SET k x", "GET k")}}).Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	var a frame.Answer
	if err := a.Decode(parts[len(parts)-1]); err != nil {
		t.Fatal(err)
	}
	if got := a.Results[0].Replies; got[0].Kind != resp.Error || got[1].Str != "v" {
		t.Errorf("over HTTP: %s, %s", show(got[0]), show(got[1]))
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	_, client := start(t)
	watcher := client.Connect(t)
	watcher.Do("SET", "k", "v")

	t.Run("text", func(t *testing.T) {
		c := client.Connect(t)
		c.WriteText("SET k x")
		if _, e := c.Answer(); e == nil || e.Code != frame.CodeProtocol || !e.Fatal {
			t.Errorf("%+v", e)
		}
		if code := c.CloseCode(); code != 4001 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("too large", func(t *testing.T) {
		c := client.Connect(t)
		big := &frame.Frame{Seq: 1, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", "k", strings.Repeat("x", frame.MaxMessage)}}}}}
		c.Write(big.Append(nil))
		if _, e := c.Answer(); e == nil || e.Code != frame.CodeTooLarge || e.Fatal || e.Seq != 1 {
			t.Errorf("%+v", e)
		}
		want(t, c.Commands(resp.Command{"GET", "k"}), "v") // the connection lives
		_, err := client.Post(make([]byte, frame.MaxMessage+1))
		var r *workerdtest.Refusal
		if !errors.As(err, &r) || r.Status != http.StatusRequestEntityTooLarge || r.Code != frame.CodeTooLarge {
			t.Errorf("over HTTP: %v", err)
		}
	})
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	good := (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "SET k x")}}).Append(nil)
	for name, message := range map[string][]byte{
		"empty": {}, "another kind": {'x', 1, 2}, "cut off": good[:len(good)-1], "with a byte too many": append(append([]byte(nil), good...), 0),
		"counts that lie": {'F', 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
	} {
		t.Run(name, func(t *testing.T) {
			c := client.Connect(t)
			c.Write(message)
			if _, e := c.Answer(); e == nil || e.Code != frame.CodeProtocol {
				t.Errorf("%+v", e)
			}
			parts, err := client.Post(hello, message)
			var e frame.Error
			if err != nil || len(parts) == 0 || e.Decode(parts[len(parts)-1]) != nil || e.Code != frame.CodeProtocol {
				t.Errorf("over HTTP: %q %v", parts, err)
			}
		})
	}
	t.Run("a frame before hello", func(t *testing.T) {
		c, err := client.Dial(t)
		if err != nil {
			t.Fatal(err)
		}
		c.Write(good)
		if _, e := c.Answer(); e == nil || e.Code != frame.CodeProtocol || !e.Fatal {
			t.Errorf("%+v", e)
		}
	})
	t.Run("another version", func(t *testing.T) {
		c, err := client.Dial(t)
		if err != nil {
			t.Fatal(err)
		}
		c.Write((&frame.Hello{Version: frame.Version + 1, Session: workerdtest.NewSession()}).Append(nil))
		if _, e := c.Answer(); e == nil || e.Code != frame.CodeVersion || !e.Fatal {
			t.Errorf("%+v", e)
		}
	})
	t.Run("a body that is no parts", func(t *testing.T) {
		parts, err := client.Post()
		var e frame.Error
		if err != nil || len(parts) != 1 || e.Decode(parts[0]) != nil || e.Code != frame.CodeProtocol {
			t.Errorf("%q %v", parts, err)
		}
	})
	want(t, watcher.Commands(resp.Command{"GET", "k"}, resp.Command{"DBSIZE"}), "v", "1")
}

// A frame is run once, whatever becomes of its answer, and acknowledged writes
// outlive workerd.
func TestAFrameThatIsSentAgainIsNotRunAgain(t *testing.T) {
	l, client := start(t)
	session, seq := workerdtest.NewSession(), uint64(0)
	const rounds = 10
	for i := 1; i <= rounds; i++ {
		c := client.Resume(t, session, seq)
		seq++
		f := &frame.Frame{Seq: seq, Groups: []frame.Group{group(1, "INCR n", "SET last "+fmt.Sprint(i), "LPUSH l x")}}
		first := c.Frame(f)
		want(t, first.Results[0].Replies, fmt.Sprint(i), "OK", fmt.Sprint(i))
		switch i % 3 {
		case 0: // workerd is killed
			if err := l.Kill(); err != nil {
				t.Fatal(err)
			}
			restart(t, l)
		case 1: // the socket is cut
			c.Cut()
		case 2: // another connection takes over while the first is there
		}
		c = client.Resume(t, session, seq)
		f.Again = true
		again := c.Frame(f)
		want(t, again.Results[0].Replies, fmt.Sprint(i), "OK", fmt.Sprint(i))
		if i > 1 {
			c.Write((&frame.Frame{Seq: seq - 1, Again: true, Groups: f.Groups}).Append(nil))
			if _, e := c.Answer(); e == nil || e.Code != frame.CodeOutcome || e.Seq != seq-1 {
				t.Errorf("an older frame: %+v", e)
			}
		}
	}
	want(t, client.Connect(t).Commands(resp.Command{"GET", "n"}, resp.Command{"GET", "last"}, resp.Command{"LLEN", "l"}), fmt.Sprint(rounds), fmt.Sprint(rounds), fmt.Sprint(rounds))
}
