// Package workerdtest runs the Worker on a local workerd for tests. Everything that
// a test stores is gone when it ends.
package workerdtest

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/js"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// Options say what runs. Its zero value is the Worker with an empty plan and
// without a token.
type Options struct {
	Plan worker.Config
	// Tokens are the Worker's; with none, programs of this machine need no token.
	Tokens []project.Token
	// Entry is the text of a module that is the main one instead of worker.js, beside
	// which it lies; it exports Redis2cfObject.
	Entry string
	// Log, which may be nil, gets what workerd and the Worker write.
	Log io.Writer
	// NoEngine leaves engine.wasm out, for an Entry that does not use it.
	NoEngine bool
}

// Token is a token with its record.
func Token(token, namespace string, write bool) project.Token {
	return project.Token{Name: "test", Digest: project.Digest(token), Namespace: namespace, Write: write}
}

// Start runs the Worker until the test ends. A test that failed prints what workerd
// wrote. The test is skipped where workerd is not installed; see testneed.
func Start(t testing.TB, o Options) *project.Local {
	t.Helper()
	tools := Tools(t)
	dir := filepath.Join(t.TempDir(), "project")
	write(t, dir, o)
	return Run(t, project.Options{Dir: dir, State: filepath.Join(t.TempDir(), "state"), Tokens: o.Tokens, Tools: tools, Log: o.Log})
}

// Tools finds workerd and the simulators, or skips the test.
func Tools(t testing.TB) project.Tools {
	t.Helper()
	tools, err := project.FindTools()
	if errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "redis2cf worker -run installs it, or set "+project.NPMVariable)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

// Run runs a project until the test ends. Its log is printed if the test fails.
func Run(t testing.TB, o project.Options) *project.Local {
	t.Helper()
	log := new(Log)
	if o.Log == nil {
		o.Log = log
	} else {
		o.Log = io.MultiWriter(o.Log, log)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l, err := project.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("workerd wrote:\n%s", log)
		}
	})
	return l
}

// A Log keeps what is written to it.
type Log struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Until waits until ok says that the log has what it must have, and returns the log:
// what a Worker wrote arrives after the answer to the request that it wrote about. It
// gives up after 20 s and returns the log as it is then, and false.
func (l *Log) Until(ok func(text string) bool) (string, bool) {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text := l.String()
		if ok(text) {
			return text, true
		}
		if time.Now().After(end) {
			return text, false
		}
	}
}

// emptyModule is the shortest WebAssembly.
const emptyModule = "\x00asm\x01\x00\x00\x00"

// write writes the project, as redis2cf worker -o does.
func write(t testing.TB, dir string, o Options) {
	t.Helper()
	wasm := []byte(emptyModule)
	if !o.NoEngine {
		wasm = Engine(t)
	}
	if _, err := project.Write(context.Background(), project.WriteOptions{Dir: dir, Config: o.Plan, Name: "test", Engine: wasm}); err != nil {
		t.Fatal(err)
	}
	if o.Entry == "" {
		return
	}
	const entry = "entry.js"
	config := filepath.Join(dir, project.WranglerFile)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "src/"+js.Main, "src/"+entry, 1)
	if changed == string(text) {
		t.Fatalf("%s does not name src/%s", config, js.Main)
	}
	for name, text := range map[string]string{config: changed, filepath.Join(dir, "src", entry): o.Entry} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// EngineVariable names an engine.wasm that was built before, with project.Build, so
// that a run of several tests builds it once.
const EngineVariable = "REDIS2CF_ENGINE"

var built struct {
	once sync.Once
	wasm []byte
	err  error
}

// Engine is engine.wasm, which is built once in a test's process.
func Engine(t testing.TB) []byte {
	t.Helper()
	built.once.Do(func() {
		if name := os.Getenv(EngineVariable); name != "" {
			built.wasm, built.err = os.ReadFile(name)
			return
		}
		dir, err := os.MkdirTemp("", "redis2cf-test-")
		if err != nil {
			built.err = err
			return
		}
		defer func() { _ = os.RemoveAll(dir) }() // ours alone
		out := filepath.Join(dir, "engine.wasm")
		if _, built.err = project.Build(context.Background(), project.BuildOptions{Out: out}); built.err == nil {
			built.wasm, built.err = os.ReadFile(out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.wasm
}
