package project

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// wrangler runs the pinned wrangler in a project's directory, without a network.
func wrangler(t *testing.T, dir string, args ...string) string {
	t.Helper()
	modules := filepath.Join(os.Getenv(NPMVariable), "node_modules")
	node, bin := filepath.Join(modules, "node", "bin", programName("node")), filepath.Join(modules, "wrangler", "bin", "wrangler.js")
	if os.Getenv(NPMVariable) == "" || !isFile(node) || !isFile(bin) {
		testneed.Missing(t, "wrangler", "npm ci in a copy of runtime/worker/project/npm, and "+NPMVariable+" names that directory")
	}
	cmd := exec.Command(node, append([]string{bin}, args...)...)
	cmd.Dir = dir
	home := filepath.Join(t.TempDir(), "home")
	cmd.Env = append(os.Environ(), "CI=1", "WRANGLER_SEND_METRICS=false", "XDG_CONFIG_HOME="+home, "NO_COLOR=1", "CLOUDFLARE_API_TOKEN=", "PWD="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("wrangler %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestWranglerAcceptsTheProject(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the engine and starts wrangler several times")
	}
	dir := filepath.Join(t.TempDir(), "project")
	written := write(t, dir, planWith("kv", "d1", "r2")) // with an engine that is none: the build step makes one
	sent := filepath.Join(t.TempDir(), "sent")
	out := wrangler(t, dir, "deploy", "--dry-run", "--outdir", sent)
	for _, want := range []string{
		objectsBinding + " (" + objectClassJS + ")", kvBinding, d1Binding + " (shop-cart)", r2Binding + " (shop-cart-values)",
		"compiled-wasm", "engine.wasm",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("wrangler says nothing of %s:\n%s", want, out)
		}
	}
	// Modules go up byte for byte, and the engine is the one that was built.
	here, there := tree(t, filepath.Join(dir, sourceDir)), tree(t, sent)
	for name, text := range here {
		if there[name] != text {
			t.Errorf("%s is sent with %d bytes, and has %d", name, len(there[name]), len(text))
		}
	}
	if !strings.HasPrefix(here["engine.wasm"], wasmHeader) {
		t.Error("the build step has built no engine")
	}
	if written.GzipBytes > MaxGzipBytes {
		t.Errorf("%s with gzip", Size(written.GzipBytes))
	}

	if out := wrangler(t, dir, "types"); !strings.Contains(out, objectsBinding+": DurableObjectNamespace") || !strings.Contains(out, d1Binding+": D1Database") {
		t.Errorf("the types are %s", out)
	}

	// What the local run has migrated, wrangler finds migrated, and the other way round.
	state := filepath.Join(t.TempDir(), "state")
	l, err := Start(context.Background(), Options{Dir: dir, State: state, Tools: tools(t)})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := l.Query(context.Background(), "SELECT name FROM sqlite_schema WHERE name = 'D1'")
	if err != nil || len(tables) != 1 {
		t.Errorf("the view of the family D1: %v, %v", tables, err)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if out := wrangler(t, dir, "d1", "migrations", "list", d1Binding, "--local", "--persist-to", state); !strings.Contains(out, "No migrations to apply") {
		t.Errorf("after a local run: %s", out)
	}
	if out := wrangler(t, dir, "d1", "migrations", "apply", d1Binding, "--local"); !strings.Contains(out, "0002_views.sql") {
		t.Errorf("on a new database: %s", out)
	}
	if out := wrangler(t, dir, "d1", "execute", d1Binding, "--local", "--command", "SELECT count(*) AS found FROM sqlite_schema WHERE name = 'D1'", "--json"); !strings.Contains(out, `"found": 1`) {
		t.Errorf("the view of the family D1: %s", out)
	}
}
