package cli

import (
	"context"
	"encoding/json"
	"io"
	"math"
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
		"p:worker-12", "1", "s:web-1", "5000 1200 3 352 2816 2 1 closed", "follower", "web-1", "followerEnd", "99999999999999", "followerLag", "12000 3400000 5", "d:0", "1", "d:3", "1",
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
		"\nPROGRAM    LEASE", "FOLLOWS  LAG   WAITING\n", "has stopped  yes      12ms  3.4s\n", "\nPROGRAM  COMMANDS/S  FAILED  P50    P99      RETRIES  FALLBACKS  BREAKER\nweb-1    240.0       3       352µs  2.816ms  2        1          closed\n", "\nworker-12  over", "-        -     -\n",
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

// What a month costs is told from two looks at the same objects.
func TestWhatAMonthCosts(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	look := func(seconds int, used ...statusUsed) *status {
		return &status{Store: "https://h", Time: at.Add(time.Duration(seconds) * time.Second), Used: used}
	}
	first := look(0, statusUsed{Object: "main/0", Requests: 100, Messages: 1000, RowsRead: 10, RowsWritten: 5})
	// 100 requests and 2,000 messages, which are 100 more, in 10 s: 51.84 million in 30 days,
	// 50.84 of them at 0.15 $ and 41.84 at 0.30 $; 1,000 rows written are 259.2 million, 209.2 at 1 $.
	second := look(10, statusUsed{Object: "main/0", Requests: 200, Messages: 3000, RowsRead: 10, RowsWritten: 1005})
	want := 5 + 50.84*0.15 + 41.84*0.30 + 209.2
	if got, ok := month(first, second); !ok || math.Abs(got-want) > 0.01 {
		t.Errorf("%v %v, want %v", got, ok, want)
	}
	second.Month = &want
	var b strings.Builder
	if err := second.writeMore(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"never compared: ", "\n  BILLED SINCE ITS START  REQUESTS  MESSAGES  ALARMS  ROWS READ  ROWS WRITTEN", "main/0       200      3000       0         10          1005", "at this rate 234 $ a month"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no %q in\n%s", line, b.String())
		}
	}
	for name, s := range map[string][2]*status{
		"one look":         {nil, second},
		"another object":   {look(0, statusUsed{Object: "main/1"}), second},
		"started again":    {second, look(20, statusUsed{Object: "main/0"})},
		"not billed":       {look(0), look(1)},
		"one object more":  {first, look(1, statusUsed{Object: "main/0"}, statusUsed{Object: "main/1"})},
		"at the same time": {first, first},
	} {
		if got, ok := month(s[0], s[1]); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}
