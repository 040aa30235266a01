package cli

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A watch goes on until it is interrupted, which is no error.
func TestStatusWatches(t *testing.T) {
	t.Setenv(redisVariable, "")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	r, w := io.Pipe()
	e := &env{ctx: ctx, stdout: w, stderr: io.Discard}
	o := &options{args: []string{"file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db"))}}
	o.status.watch, o.status.json = time.Millisecond, true
	type end struct {
		code int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, err := runStatus(e, o)
		ended <- end{code, err}
		w.Close()
	}()
	d := json.NewDecoder(r)
	for i := 0; i < 3; i++ {
		var st status
		if err := d.Decode(&st); err != nil {
			t.Fatal(err)
		}
		if st.Phase != "" || len(st.Databases) != 1 || st.Marks == nil {
			t.Errorf("%+v", st)
		}
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, r) }() // what it was writing
	if got := <-ended; got.code != exitDone || got.err != nil {
		t.Error(got)
	}
}

// What the record says of programs and of the one that follows stands in a table.
func TestStatusOfPrograms(t *testing.T) {
	ctx := context.Background()
	url := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db"))
	end, err := transfer.Open(ctx, url, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := end.Do(ctx, []resp.Command{{
		"HSET", phase.RecordKey, "phase", "cloudflare", "epoch", "7", "next", "redis", "until", "99999999999999", "p:web-1", "99999999999999", "a:web-1", "7",
		"p:worker-12", "1", "follower", "web-1", "followerEnd", "99999999999999", "followerLag", "12000 3400000 5", "d:0", "1", "d:3", "1",
	}}); err != nil {
		t.Fatal(err)
	}
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	e := &env{ctx: ctx, stdout: &out, stderr: io.Discard}
	if code, err := runStatus(e, &options{args: []string{url}}); code != exitDone || err != nil {
		t.Fatal(code, err)
	}
	text := out.String()
	for _, want := range []string{
		"phase cloudflare, epoch 7\na switch to redis is under way, void in ",
		"\nPROGRAM    LEASE", "FOLLOWS  LAG   WAITING\n", "has stopped  yes      12ms  3.4s\n", "\nworker-12  over", "-        -     -\n",
		"\n         0              0              ?             0\n         3              0              ?             0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestStoreURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"file:x.db":      "file:x.db",
		"dual:https://h": "https://h",
		"fault:dual:file:a/b.db?dual-lease=1s&memory=8mb&fault-cache=c:*": "file:a/b.db?memory=8mb",
		"https://h?namespace=a": "https://h?namespace=a",
	} {
		if got := storeURL(raw); got != want {
			t.Errorf("%s is %s, not %s", raw, got, want)
		}
	}
}
