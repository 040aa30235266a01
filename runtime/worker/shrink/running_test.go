package shrink

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

//go:embed testdata/main.go.txt
var program string

// node is the node that the Worker's tests use too.
func node(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("REDIS2CF_NPM"); dir != "" {
		if name := filepath.Join(dir, "node_modules", "node", "bin", "node"); exec.Command(name, "--version").Run() == nil {
			return name
		}
	}
	name, err := exec.LookPath("node")
	if errors.Is(err, exec.ErrNotFound) {
		testneed.Missing(t, "node", "https://nodejs.org")
	}
	return name
}

// run runs a module to its end, which is a panic.
func run(t *testing.T, module []byte) (stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	script := `const { WASI } = require('node:wasi');
const wasi = new WASI({ version: 'preview1', args: ['main'], returnOnExit: true });
const engine = new WebAssembly.Module(require('node:fs').readFileSync(process.argv[2]));
process.exitCode = wasi.start(new WebAssembly.Instance(engine, wasi.getImportObject()));`
	for name, data := range map[string][]byte{"main.wasm": module, "run.cjs": []byte(script)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(node(t), "--no-warnings", filepath.Join(dir, "run.cjs"), filepath.Join(dir, "main.wasm"))
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// Stacks that grow and are scanned, panics and recover, callers and the names in traces:
// all that reads the tables.
func TestAProgramRunsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	module := build(t, program)
	small, r, err := Module(module)
	if err != nil || !r.Known {
		t.Fatalf("%+v, %v", r, err)
	}
	want, whole := run(t, module)
	got, shrunk := run(t, small)
	if got != want {
		t.Errorf("it prints\n%s\nand not\n%s", got, want)
	}
	for _, line := range []string{"method recovers <nil>", "too deep recovers 6", "in main.small", "trace main.traced"} {
		if !strings.Contains(want, line) {
			t.Errorf("the program does not print %q, so that it proves nothing:\n%s", line, want)
		}
	}
	// Of the last trace, only arguments, lines and functions that were inlined are gone.
	names := regexp.MustCompile(`(?m)^(main\..*|panic)\(.*\)$`)
	last := func(s string) (list []string) {
		for _, m := range names.FindAllStringSubmatch(s, -1) {
			list = append(list, m[1])
		}
		return list
	}
	if a, b := last(whole), last(shrunk); len(a) != 3 || strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("the trace has %q, not %q:\n%s\n%s", b, a, shrunk, whole)
	}
	if strings.Contains(shrunk, "(0x") || strings.Contains(shrunk, "{") || strings.Contains(shrunk, ".go:") {
		t.Errorf("arguments and lines are still there:\n%s", shrunk)
	}
}
