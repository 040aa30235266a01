package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// tools are workerd and the simulators, as installed.
func tools(t *testing.T) Tools {
	t.Helper()
	found, err := FindTools()
	if errors.Is(err, ErrNoTools) {
		testneed.Missing(t, "workerd", "npm ci in a copy of runtime/worker/project/npm, and "+NPMVariable+" names that directory")
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// startCounter runs the Worker of testdata.
func startCounter(t *testing.T, o Options) *Local {
	t.Helper()
	o.Tools = tools(t)
	o.Dir = filepath.Join("testdata", "counter")
	if o.State == "" {
		o.State = t.TempDir()
	}
	l, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// get asks the Worker.
func get(t *testing.T, l *Local, path string) (status int, body string) {
	t.Helper()
	res, err := (&http.Client{Timeout: time.Minute}).Get(l.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestALocalRunKeepsItsStateAndAddressThroughKillStopAndStart(t *testing.T) {
	ctx := context.Background()
	state := t.TempDir()
	l := startCounter(t, Options{State: state})
	url := l.URL()
	want := 0
	add := func(l *Local) {
		t.Helper()
		want++
		if _, got := get(t, l, "/add"); got != string(rune('0'+want)) {
			t.Fatalf("%d calls: %s", want, got)
		}
	}
	add(l)
	add(l)
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(url + "/add"); err == nil {
		t.Fatal("it answers after Kill")
	}
	if _, err := l.Query(ctx, "SELECT 1"); !errors.Is(err, errEnded) {
		t.Errorf("a query after Kill: %v", err)
	}
	if err := l.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if l.URL() != url {
		t.Errorf("%s became %s", url, l.URL())
	}
	add(l)
	if err := l.Restart(ctx); err != nil { // while it runs
		t.Fatal(err)
	}
	add(l)
	if _, err := Start(ctx, Options{Dir: l.o.Dir, State: state, Tools: l.o.Tools}); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("a second run on the same state: %v", err)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := l.Restart(ctx); err == nil {
		t.Error("Restart after Stop")
	}
	again := startCounter(t, Options{State: state})
	add(again)
}

func TestARestartWaitsForItsAddress(t *testing.T) {
	l := startCounter(t, Options{})
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	other, err := net.Listen("tcp", strings.TrimPrefix(l.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Restart(context.Background()) }()
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, l, "/v1/info"); status != http.StatusOK {
		t.Error(status)
	}
}

func TestARunOnAllAddressesIsCalledOnThisMachines(t *testing.T) {
	for addr, want := range map[string]string{":0": "http://127.0.0.1:", "0.0.0.0:0": "http://127.0.0.1:"} {
		l := startCounter(t, Options{Addr: addr, Tokens: []Token{{Name: "x", Digest: Digest("x"), Namespace: "main"}}})
		if !strings.HasPrefix(l.URL(), want) {
			t.Errorf("%s is called %s", addr, l.URL())
		}
		if status, body := get(t, l, "/v1/info"); status != http.StatusOK {
			t.Errorf("%s answers %d %s", addr, status, body)
		}
	}
	if got := (&Local{addr: "[::]:8787"}).URL(); got != "http://[::1]:8787" {
		t.Error(got)
	}
}

// Migrations and the inspector are for the stores that follow the objects, wherever
// people have added theirs.
func TestPeoplesOwnStoresAreNoFollowers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, planWith("kv", "d1", "r2"))
	edit(t, dir, WranglerFile, `"kv_namespaces": [`, `"kv_namespaces": [{ "binding": "MINE" }, `)
	edit(t, dir, WranglerFile, `"d1_databases": [`, `"d1_databases": [{ "binding": "MINE", "database_name": "mine", "migrations_dir": "mine" }, `)
	edit(t, dir, WranglerFile, `"r2_buckets": [`, `"r2_buckets": [{ "binding": "MINE", "bucket_name": "mine" }, `)
	p, err := readProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := p.wrangler
	if len(w.KV)+len(w.D1)+len(w.R2) != 6 || w.KV[0].Binding != kvBinding || w.D1[0].Binding != d1Binding || w.R2[0].Binding != r2Binding {
		t.Errorf("%+v, %+v, %+v", w.KV, w.D1, w.R2)
	}
}

func TestALocalRunHasTheProjectsBindings(t *testing.T) {
	ctx := context.Background()
	l := startCounter(t, Options{})
	_, body := get(t, l, "/v1/info")
	var info struct {
		Plan     struct{ Version int }
		Greeting string
		Limits   struct{ Keys int }
		Tokens   []Token
	}
	if err := json.Unmarshal([]byte(body), &info); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if info.Plan.Version != 1 || info.Greeting != `hello "you"` || info.Limits.Keys != 3 || len(info.Tokens) != 1 || info.Tokens[0] != noToken {
		t.Errorf("got %s", body)
	}
	// Migrations are applied once, in order.
	for i := 0; i < 2; i++ {
		rows, err := l.Query(ctx, "SELECT k, v, n FROM t JOIN w USING (k)")
		if err != nil || len(rows) != 1 || rows[0]["k"] != "seed" || !bytes.Equal(rows[0]["v"].([]byte), []byte{0, 255}) || rows[0]["n"] != 2.0 {
			t.Fatalf("%v, %v", rows, err)
		}
		if err := l.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
	}
	key := "a key/with \"all\" sorts' of ä"
	if status, body := get(t, l, "/put?key="+urlQuery(key)); status != 200 {
		t.Fatal(body)
	}
	check := func() {
		t.Helper()
		rows, err := l.Query(ctx, "SELECT v FROM t WHERE k = ?", key)
		if err != nil || len(rows) != 1 || !bytes.Equal(rows[0]["v"].([]byte), []byte{1, 0, 255}) {
			t.Errorf("D1: %v, %v", rows, err)
		}
		if v, err := l.KVGet(ctx, key); err != nil || v == nil || string(v.Value) != "kv" || string(v.Metadata) != `{"at":1}` {
			t.Errorf("KV: %v, %v", v, err)
		}
		if v, err := l.R2Get(ctx, key); err != nil || v == nil || string(v.Value) != "r2" || string(v.Metadata) != `{"from":"test"}` {
			t.Errorf("R2: %v, %v", v, err)
		}
		if keys, err := l.KVList(ctx, "a key"); err != nil || len(keys) != 1 || keys[0].Name != key || keys[0].Expiration == 0 {
			t.Errorf("KV's list: %v, %v", keys, err)
		}
		if keys, err := l.R2List(ctx, ""); err != nil || len(keys) != 1 || keys[0].Name != key || keys[0].Size != 2 {
			t.Errorf("R2's list: %v, %v", keys, err)
		}
	}
	check()
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := l.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	check()
	if v, err := l.KVGet(ctx, "none"); v != nil || err != nil {
		t.Errorf("a key that is not there: %v, %v", v, err)
	}
}

func TestStoresOfALocalRunFailWhenTold(t *testing.T) {
	ctx := context.Background()
	l := startCounter(t, Options{})
	put := func(key string) bool {
		status, _ := get(t, l, "/put?key="+key)
		return status == 200
	}
	fault := func(s Store, f Fault) {
		t.Helper()
		if _, err := l.Fault(ctx, s, f); err != nil {
			t.Fatal(err)
		}
	}
	count := func(key string) int {
		rows, err := l.Query(ctx, "SELECT 1 FROM t WHERE k = ?", key)
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	fault(D1, Fault{Mode: "fail", Count: 1})
	if put("a") || count("a") != 0 {
		t.Error("a failure of D1 was none")
	}
	if !put("a") || count("a") != 1 {
		t.Error("one failure was more than one")
	}
	fault(D1, Fault{Mode: "lost", Match: "INSERT OR REPLACE"})
	if put("b") || count("b") != 1 {
		t.Error("an answer that is lost must be of something that was done")
	}
	fault(D1, Fault{Mode: "fail", Match: "another statement"})
	if !put("c") {
		t.Error("a fault for other requests")
	}
	fault(KV, Fault{Mode: "fail", Status: 429, Match: "PUT "})
	if status, body := get(t, l, "/put?key=d"); status != 502 || !strings.Contains(body, "429") {
		t.Errorf("KV's 429: %d %s", status, body)
	}
	if n, err := l.Requests(ctx, KV); n != 1 || err != nil {
		t.Errorf("%d requests, %v", n, err)
	}
	fault(KV, Fault{})
	fault(R2, Fault{Mode: "fail"})
	if put("d") {
		t.Error("a failure of R2 was none")
	}
}

func TestALocalRunThatCannotStartSaysWhy(t *testing.T) {
	ctx := context.Background()
	found := tools(t)
	dir := t.TempDir()
	start := func(o Options) error {
		t.Helper()
		if o.Dir == "" {
			o.Dir = filepath.Join("testdata", "counter")
		}
		o.State, o.Tools = t.TempDir(), found
		l, err := Start(ctx, o)
		if err == nil {
			_ = l.Stop()
			t.Fatal("it started")
		}
		return err
	}
	contains := func(err error, want string) {
		t.Helper()
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	contains(start(Options{Dir: dir}), "redis2cf worker -o")
	contains(start(Options{Addr: "0.0.0.0:0"}), "redis2cf worker token")
	contains(start(Options{Tokens: []Token{noToken}}), "anybody")
	contains(start(Options{Tokens: []Token{{Digest: Digest("x"), Namespace: "A"}}}), "no namespace")

	l := startCounter(t, Options{})
	addr := strings.TrimPrefix(l.URL(), "http://")
	contains(start(Options{Addr: addr}), "listening on "+addr+": the address is in use by another process")

	copyTree(t, dir, filepath.Join("testdata", "counter"))
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("migrations/0004_bad.sql", "CREATE TABLE")
	contains(start(Options{Dir: dir}), "0004_bad.sql")
	write("src/worker.js", "import './nowhere.js'; export default {}")
	contains(start(Options{Dir: dir}), "nowhere.js")
}
