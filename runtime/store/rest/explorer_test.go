package rest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// What the explorer's resources are called, see testdata/explorer.mjs.
const (
	explorerKV = "0123456789abcdef0123456789abcdef"
	explorerD1 = "00000000-0000-4000-8000-000000000001"
	explorerR2 = "chat-large"
)

// explorer starts miniflare with its local explorer, which speaks part of the API.
func explorer(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(project.NPMVariable)
	node := filepath.Join(dir, "node_modules", "node", "bin", "node")
	if _, err := os.Stat(node); dir == "" || err != nil {
		testneed.Missing(t, "node with miniflare", "npm ci in runtime/worker/project/npm, and "+project.NPMVariable+" names a copy of it")
	}
	script, err := filepath.Abs(filepath.Join("testdata", "explorer.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, script, filepath.Join(dir, "node_modules", "miniflare", "dist", "src", "index.js"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "CI=1", "MINIFLARE_TELEMETRY_DISABLED=1", "WRANGLER_SEND_METRICS=false", "DO_NOT_TRACK=1", "HOME="+cmd.Dir)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	var errs strings.Builder
	cmd.Stderr = &errs
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close() // that is what it ends by
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("miniflare did not start: %v\n%s", err, errs.String())
	}
	return strings.TrimSpace(line)
}

// stripped sends requests of the API to the explorer, whose paths have no account.
type stripped struct{ own http.RoundTripper }

func (s stripped) RoundTrip(r *http.Request) (*http.Response, error) {
	prefix := "/accounts/" + fakeapi.Account
	r = r.Clone(r.Context())
	r.URL.Path = strings.Replace(r.URL.Path, prefix, "", 1)
	r.URL.RawPath = strings.Replace(r.URL.RawPath, prefix, "", 1)
	return s.own.RoundTrip(r)
}

// An outside check of the calls that miniflare knows: it was not written from our
// description.
func TestAgainstMiniflaresExplorer(t *testing.T) {
	base := explorer(t) + "/cdn-cgi/explorer/api"
	c, err := New(Options{Account: fakeapi.Account, Token: "not-asked-for", BaseURL: base, HTTPClient: &http.Client{
		Transport: stripped{&http.Transport{DisableKeepAlives: true}}, // it closes connections behind a refusal
	}})
	must(t, err)

	t.Run("description", func(t *testing.T) {
		res, err := http.Get(base)
		must(t, err)
		defer func() { _ = res.Body.Close() }()
		doc, err := io.ReadAll(res.Body)
		must(t, err)
		faults, absent, err := fakeapi.Compare(doc)
		must(t, err)
		for _, f := range faults {
			t.Error(f)
		}
		for _, known := range []string{"/values/", "/bulk/get", "/keys", "/raw", "/objects"} {
			for _, a := range absent {
				if strings.Contains(a, known) && !strings.Contains(a, ": ") && !strings.HasPrefix(a, "DELETE") && !strings.HasPrefix(a, "PUT") {
					t.Errorf("the explorer has no %s any more", a)
				}
			}
		}
	})

	t.Run("KV", func(t *testing.T) {
		kv := c.KV(explorerKV)
		for i, name := range odd {
			must(t, kv.Put(ctx, Pair{Name: name, Value: fmt.Sprint(i)}))
		}
		for i, name := range odd {
			if e, ok, err := kv.Get(ctx, name); err != nil || !ok || e.Value != fmt.Sprint(i) {
				t.Errorf("%q: %+v %v %v", name, e, ok, err)
			}
		}
		found, err := kv.BulkGet(ctx, append([]string{"absent"}, odd...))
		if err != nil || len(found) != len(odd) {
			t.Errorf("%d of %d found in bulk: %v", len(found), len(odd), err)
		}
		for i, v := range values {
			name := fmt.Sprint("value", i)
			must(t, kv.Put(ctx, Pair{Name: name, Value: v}))
			if e, ok, err := kv.Get(ctx, name); err != nil || !ok || e.Value != v {
				t.Errorf("value %d: %.40q %v %v", i, e.Value, ok, err)
			}
		}
		must(t, kv.Put(ctx, Pair{Name: "meta", Value: "\x00\xff", Metadata: []byte(`{"a":1}`)}))
		if e, ok, err := kv.Get(ctx, "meta"); err != nil || !ok || e.Value != "\x00\xff" {
			t.Errorf("with metadata: %+v %v %v", e, ok, err)
		}
		for i := 0; i < 25; i++ {
			must(t, kv.Put(ctx, Pair{Name: fmt.Sprintf("page:%02d", i), Value: "x"}))
		}
		var names []string
		for cursor := ""; ; {
			page, next, err := kv.List(ctx, "page:", cursor, 10)
			must(t, err)
			for _, e := range page {
				names = append(names, e.Name)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		if len(names) != 25 || names[24] != "page:24" {
			t.Errorf("listed %q", names)
		}
		must(t, kv.Delete(ctx, "meta"))
		if _, ok, err := kv.Get(ctx, "meta"); ok || err != nil {
			t.Errorf("after it was deleted: %v %v", ok, err)
		}
		if err := c.KV(strings.Repeat("f", 32)).Put(ctx, Pair{Name: "a", Value: "v"}); !NotFound(err) {
			t.Errorf("another namespace: %v", err)
		}
	})

	t.Run("D1", func(t *testing.T) {
		db := c.D1(explorerD1)
		_, err := db.Exec(ctx, "CREATE TABLE t (k TEXT, n INTEGER, b BLOB)")
		must(t, err)
		_, err = db.Exec(ctx, "INSERT INTO t VALUES (?, CAST(? AS INTEGER), unhex(?))", "it's", "42", Hex([]byte{0, 255}))
		must(t, err)
		rows, err := db.Select(ctx, "SELECT k, n, hex(b), NULL FROM t WHERE n = CAST(? AS INTEGER)", "42")
		must(t, err)
		if fmt.Sprint(rows.Rows) != "[[it's 42 00FF <nil>]]" || rows.Columns[0] != "k" {
			t.Errorf("%v of %v", rows.Rows, rows.Columns)
		}
		if _, err := db.Select(ctx, "SELECT none FROM nowhere"); err == nil || !strings.Contains(err.Error(), "no such table") {
			t.Errorf("a wrong statement: %v", err)
		}
	})

	t.Run("R2", func(t *testing.T) {
		b := c.R2(explorerR2)
		data := strings.Repeat("\x00\xff", 1000)
		_, err := b.Put(ctx, "object 1%", strings.NewReader(data))
		must(t, err)
		body, _, ok, err := b.Get(ctx, "object 1%")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		got, err := io.ReadAll(body)
		_ = body.Close()
		if err != nil || string(got) != data {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if _, _, ok, err := b.Get(ctx, "absent"); ok || err != nil {
			t.Errorf("an absent object: %v %v", ok, err)
		}
		page, _, err := b.List(ctx, "object", "", 10)
		if err != nil || len(page) != 1 || page[0].Key != "object 1%" || page[0].Size != 2000 {
			t.Errorf("listed %+v, %v", page, err)
		}
	})
}
