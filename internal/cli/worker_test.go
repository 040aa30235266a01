package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// workerModule is a module that uses the runtime of this checkout and has a plan.
func workerModule(t *testing.T) string {
	t.Helper()
	checkout, err := filepath.Abs("../../runtime")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire github.com/redis2cf/redis2cf/runtime v0.0.0\n\n" +
			"replace github.com/redis2cf/redis2cf/runtime => " + checkout + "\n",
		"go.sum": string(sums),
		"m.go":   "package m\n",
		"redis2cf.yaml": "version: 1\nmodule: example.com/m\npackage: internal/cfstore\n\nfamilies:\n" +
			"  - pattern: \"session:*\"\n    name: Session\n    type: string\n    store: kv\n" +
			"  - pattern: \"list:*\"\n    name: List\n    type: list\n    store: d1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	return dir
}

// runLocal runs redis2cf worker -run up to the line that says how to use it.
func runLocal(t *testing.T, args ...string) (url string, end func()) {
	t.Helper()
	r, w := io.Pipe()
	out, stderr, code := bufio.NewReader(r), new(bytes.Buffer), make(chan int, 1)
	go func() {
		code <- Run(append([]string{"worker"}, args...), strings.NewReader(""), w, stderr)
		w.Close()
	}()
	lines := ""
	for !strings.Contains(lines, "CFSTORE_URL=") {
		line, err := out.ReadString('\n')
		if lines += line; err != nil {
			t.Fatalf("exit %d: %s%s", <-code, lines, stderr)
		}
	}
	m := regexp.MustCompile(`(?m)^redis2cf worker: (http://127\.0\.0\.1:\d+) on workerd, data in .*; Ctrl-C ends it\n  CFSTORE_URL=(.*)$`).FindStringSubmatch(lines)
	if m == nil || m[1] != m[2] {
		t.Fatalf("it says %q", lines)
	}
	return m[1], func() {
		t.Helper()
		if err := terminate(); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		if code := <-code; code != exitDone || string(rest) != "redis2cf worker: ended\n" {
			t.Errorf("exit %d, %q, %q", code, rest, stderr)
		}
	}
}

func TestTheWorkerRunsHereInOneCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the engine")
	}
	if _, err := project.FindTools(); errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "npm ci in a copy of runtime/worker/project/npm, and "+project.NPMVariable+" names that directory")
	}
	dir := workerModule(t)
	client := &http.Client{Timeout: time.Minute}
	get := func(url, token string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, url+"/v1/info", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	url, end := runLocal(t, "-C", dir, "-run", "127.0.0.1:0", "-state", "local")
	if status, body := get(url, ""); status != http.StatusOK || !strings.Contains(body, `"pattern":"session:*"`) {
		t.Errorf("%d: %s", status, body)
	}
	end()
	if _, err := client.Get(url); err == nil {
		t.Error("workerd outlived the command")
	}

	// The project that ran can be deployed; with its tokens it asks for one.
	proj := filepath.Join(dir, "local", "project")
	var stdout, stderr bytes.Buffer
	if code := Run([]string{"worker", "token", "-project", proj}, strings.NewReader(""), &stdout, &stderr); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	token, _, _ := strings.Cut(stdout.String(), "\n")
	url, end = runLocal(t, "-C", dir, "-run", "127.0.0.1:0", "-state", "local", "-tokens")
	if status, _ := get(url, ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status, body := get(url, token); status != http.StatusOK {
		t.Errorf("with the token: %d %s", status, body)
	}
	end()
}
