package project

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestTheEngineIsBuiltWithItsMemoryLimited(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deep", "engine.wasm")
	built, err := Build(context.Background(), BuildOptions{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := limitMemory(data, MaxMemoryPages); err != nil || !bytes.Equal(again, data) {
		t.Errorf("the memory is not limited: %v", err)
	}
	if built.Bytes != int64(len(data)) || built.GzipBytes <= 0 || built.GzipBytes > MaxGzipBytes {
		t.Errorf("%d bytes, %d with gzip; at most %d", built.Bytes, built.GzipBytes, MaxGzipBytes)
	}
	w, err := Write(context.Background(), WriteOptions{Dir: t.TempDir(), Config: planWith("do", "kv", "d1", "r2"), Module: checkout, Engine: data})
	if err != nil {
		t.Fatal(err)
	}
	// Far below Cloudflare's limit, since each isolate that starts fetches and compiles it.
	if w.GzipBytes >= 2_000_000 {
		t.Errorf("the Worker is %d bytes with gzip, and shall be below 2 MB: see package shrink, and seldom in build.go", w.GzipBytes)
	}
	t.Logf("engine.wasm: %d bytes, %d with gzip; the Worker: %d", built.Bytes, built.GzipBytes, w.GzipBytes)
	// wrangler dev builds anew after each change of a file in src.
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(out, long, long); err != nil {
		t.Fatal(err)
	}
	if again, err := Build(context.Background(), BuildOptions{Out: out}); err != nil || again != built {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	if fi, err := os.Stat(out); err != nil || !fi.ModTime().Equal(long) {
		t.Errorf("the same engine was written again: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// program writes a script that stands in for the go command.
func program(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	name := filepath.Join(t.TempDir(), "go")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAFailedBuildSaysWhatToDoAndWritesNothing(t *testing.T) {
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "go.mod"), []byte("module example.com/m\n\ngo 1.21\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOWORK", "off")
	for name, c := range map[string]struct {
		o    BuildOptions
		want string
	}{
		"no Go":         {BuildOptions{Go: "no-such-go"}, "install it"},
		"an old Go":     {BuildOptions{Go: program(t, "echo go1.23.12")}, "Go 1.24 or newer, and the go command is go1.23.12"},
		"another error": {BuildOptions{Go: program(t, `[ "$1" = env ] && echo go1.26 || { echo broken >&2; exit 1; }`)}, "broken"},
		"no wasm":       {BuildOptions{Go: program(t, `[ "$1" = env ] && echo devel || { while [ "$1" != -o ]; do shift; done; echo x > "$2"; }`)}, "not a WebAssembly module"},
		"not migrated":  {BuildOptions{Module: empty}, "redis2cf -w"},
	} {
		c.o.Out = filepath.Join(t.TempDir(), "engine.wasm")
		_, err := Build(context.Background(), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if _, err := os.Stat(c.o.Out); err == nil {
			t.Errorf("%s: a file was written", name)
		}
	}
}

func TestGoVersionsAreRead(t *testing.T) {
	for version, want := range map[string]int{"go1.24": 24, "go1.26.8": 26, "go1.24rc1": 24, "devel go1.27-0a1b2c3 Mon Jan 1": 27, "go1.9": 9} {
		if got, ok := goMinor(version); got != want || !ok {
			t.Errorf("%s: %d, %v", version, got, ok)
		}
	}
	if _, ok := goMinor("gccgo"); ok {
		t.Error("a version was read where there is none")
	}
}
