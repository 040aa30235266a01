package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// The demo is the sample's way from go-redis to the embedded store with its own
// tests as the judge: if they fail before or after, so does this.
func TestDemo(t *testing.T) {
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", anywhere)
	dir := filepath.Join(t.TempDir(), "chat")
	code, out, errs := run(t, "demo", "-o", dir)
	if code != exitDone {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	for _, pkg := range []string{"cache", "events", "history", "kv", "lock", "presence", "ratelimit", "room", "server", "session", "slots"} {
		if n := strings.Count(out, "ok  \texample.com/chat/internal/"+pkg+"\t"); n != 2 {
			t.Errorf("the tests of %s passed %d times, want before and after", pkg, n)
		}
	}
	for _, want := range []string{
		"+\t\tcfstore.Messages(p).LPush(ctx, key, data)",
		"-\t\tp.LPush(ctx, key, data)",
		"redis2cf undo",
		dir,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}

	code, out, _ = run(t, "-C", dir, "-d", "./...")
	if code != exitDone || out != "" {
		t.Errorf("a second run: exit %d\n%s", code, out)
	}
	if code, _, errs := run(t, "demo", "-o", dir); code != exitError || !strings.Contains(errs, "is not empty") {
		t.Errorf("into the same directory: exit %d, %s", code, errs)
	}
}
