// Package workerdtest runs the Worker on a local workerd for tests. Everything that
// a test stores is gone when it ends.
package workerdtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	// Entry is the text of a module that runs instead of worker.js, beside all modules
	// of the Worker but without the engine; it exports Redis2cfObject too.
	Entry string
}

// Token is a token with its record.
func Token(token, namespace string, write bool) project.Token {
	return project.Token{Name: "test", Digest: project.Digest(token), Namespace: namespace, Write: write}
}

// Start runs the Worker until the test ends. A test that failed prints what workerd
// wrote. The test is skipped where workerd is not installed; see testneed.
func Start(t testing.TB, o Options) *project.Local {
	t.Helper()
	tools, err := project.FindTools()
	if errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "redis2cf worker -run installs it, or set "+project.NPMVariable)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "project")
	if err := write(dir, o); err != nil {
		t.Fatal(err)
	}
	if o.Entry == "" {
		if err := os.WriteFile(filepath.Join(dir, "engine.wasm"), engine(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Run(t, project.Options{Dir: dir, State: filepath.Join(t.TempDir(), "state"), Tokens: o.Tokens, Tools: tools})
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

// wrangler is the project's configuration: the bindings that the modules name.
const wrangler = `{
	"name": "test",
	"main": %q,
	"compatibility_date": "2026-07-01",
	"no_bundle": true,
	"durable_objects": {"bindings": [{"name": "REDIS2CF_OBJECTS", "class_name": "Redis2cfObject"}]},
	"migrations": [{"tag": "v1", "new_sqlite_classes": ["Redis2cfObject"]}]
}`

// write writes a project without its engine.
func write(dir string, o Options) error {
	main := js.Main
	files := map[string][]byte{}
	names, err := fs.Glob(js.Modules, "*.js")
	if err != nil {
		return err
	}
	for _, name := range names {
		if files[name], err = js.Modules.ReadFile(name); err != nil {
			return err
		}
	}
	if o.Entry != "" {
		main = "entry.js"
		files[main] = []byte(o.Entry)
	}
	if files["plan.json"], err = json.Marshal(o.Plan); err != nil {
		return err
	}
	files[project.WranglerFile] = []byte(fmt.Sprintf(wrangler, main))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// EngineVariable names an engine.wasm that was built before, with project.Build, so
// that a run of several tests builds it once.
const EngineVariable = "REDIS2CF_ENGINE"

var built struct {
	once sync.Once
	wasm []byte
	err  error
}

// engine is engine.wasm, which is built once in a test's process.
func engine(t testing.TB) []byte {
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
