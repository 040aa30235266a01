package project

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/worker/shrink"
)

// EnginePackage is the main package that becomes engine.wasm.
const EnginePackage = "github.com/redis2cf/redis2cf/runtime/worker/engine"

// runtimeModule is the module that has it.
const runtimeModule = "github.com/redis2cf/redis2cf/runtime"

// The oldest Go that builds it: -buildmode=c-shared for wasip1 and go:wasmexport
// came with 1.24.
const oldestGo = 24

// MaxGzipBytes is how large engine.wasm and the modules may be with gzip: Cloudflare's
// limit for a Worker on the free plan. On the paid one it is 10 MiB.
const MaxGzipBytes = 3 << 20

// seldom are packages that are not inlined: commands hardly ever run them, or they are
// called once for a frame, and the Worker's size is bounded (75 KB less with gzip,
// November 2026). The engine, Lua's machine, the protocol and the runtime keep their speed.
var seldom = []string{
	"context", "encoding/base64", "encoding/hex", "errors", "fmt", "hash/crc64", "internal/bisect", "internal/filepathlite", "internal/fmtsort",
	"internal/godebug", "internal/oserror", "internal/poll", "internal/reflectlite", "internal/syscall/execenv", "internal/syscall/unix", "internal/testlog",
	"io", "io/fs", "math", "os", "path", "reflect", "runtime/debug", "runtime/metrics", "sort", "syscall", "time", "unicode",
	runtimeModule + "/internal/kvprimary", runtimeModule + "/internal/redislua", runtimeModule + "/internal/smalljson",
	runtimeModule + "/internal/smallre", runtimeModule + "/worker", runtimeModule + "/worker/object",
}

// BuildOptions say what to build.
type BuildOptions struct {
	Module  string // a directory in the module whose go.mod says which version of the runtime; "" is the working directory
	Out     string // the file to write
	Package string // "" means EnginePackage; tests build others
	Go      string // the go command; "" means the one in $PATH
}

// A Built is what Build made.
type Built struct {
	Bytes     int64
	GzipBytes int64 // as Cloudflare counts a Worker's size
}

// Build builds engine.wasm: the engine of the runtime's version in go.mod (or
// go.work, as for the program itself), for wasip1, with at most MaxMemoryPages of
// memory, and in the form that compresses best (package shrink). The file is replaced
// whole or not at all; one that is the same already is not touched.
func Build(ctx context.Context, o BuildOptions) (Built, error) {
	if o.Go == "" {
		o.Go = "go"
	}
	if o.Package == "" {
		o.Package = EnginePackage
	}
	module, err := filepath.Abs(o.Module)
	if err != nil {
		return Built{}, err
	}
	if err := checkGo(ctx, o.Go, module); err != nil {
		return Built{}, err
	}
	tmp, err := os.MkdirTemp("", "redis2cf-engine-")
	if err != nil {
		return Built{}, err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // ours alone
	raw := filepath.Join(tmp, "engine.wasm")
	// -mod=readonly: a vendor directory does not have the engine, since nothing of
	// the program imports it.
	args := []string{"build", "-mod=readonly", "-buildmode=c-shared", "-buildvcs=false", "-ldflags=-s -w", "-trimpath"}
	for _, p := range seldom {
		args = append(args, "-gcflags="+p+"=-l")
	}
	cmd := goCommand(ctx, o.Go, module, append(args, "-o", raw, o.Package)...)
	cmd.Env = append(cmd.Env, "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return Built{}, buildError(ctx, module, out, err)
	}
	data, err := os.ReadFile(raw)
	if err != nil {
		return Built{}, err
	}
	if data, err = limitMemory(data, MaxMemoryPages); err != nil {
		return Built{}, fmt.Errorf("limiting the memory of engine.wasm: %w", err)
	}
	if data, _, err = shrink.Module(data); err != nil {
		return Built{}, fmt.Errorf("making engine.wasm smaller: %w", err)
	}
	size, err := gzipSize(bytes.NewReader(data))
	if err != nil {
		return Built{}, err
	}
	built := Built{Bytes: int64(len(data)), GzipBytes: size}
	// wrangler dev builds again when something in src was written, the engine too.
	if old, err := os.ReadFile(o.Out); err == nil && bytes.Equal(old, data) {
		return built, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.Out), 0o755); err != nil {
		return Built{}, err
	}
	return built, replaceFile(o.Out, data, 0o644)
}

// goCommand is the go command in a directory.
func goCommand(ctx context.Context, name, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir)
	return cmd
}

// checkGo refuses a Go that is too old or not there.
func checkGo(ctx context.Context, name, dir string) error {
	cmd := goCommand(ctx, name, dir, "env", "GOVERSION")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("building engine.wasm needs Go 1.%d or newer, and there is no %s in $PATH: install it from https://go.dev/dl", oldestGo, name)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("asking %s for its version: %w: %s", name, err, tail(stderr.Bytes()))
	}
	version := strings.TrimSpace(string(out))
	if minor, ok := goMinor(version); ok && minor < oldestGo {
		return fmt.Errorf("building engine.wasm needs Go 1.%d or newer, and the go command is %s: install a newer one from https://go.dev/dl, or set GOTOOLCHAIN=go1.%d.0+auto for this command",
			oldestGo, version, oldestGo)
	}
	return nil
}

// goMinor reads 24 from go1.24.3, go1.24rc1 and "devel go1.24-abc". A version
// that says nothing is let through: the build itself will tell.
func goMinor(version string) (int, bool) {
	_, rest, ok := strings.Cut(version, "go1.")
	if !ok {
		return 0, false
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	return n, err == nil
}

// buildError puts the go command's failure into words that say what to do.
func buildError(ctx context.Context, module string, out []byte, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := tail(out)
	for _, missing := range []string{"no required module provides package", "cannot find module providing package", "does not contain package", "is not in std", "go.mod file not found"} {
		if strings.Contains(text, missing) {
			return fmt.Errorf("building engine.wasm: the module of %s does not require a version of %s that has the Worker: migrate it first (redis2cf -w), or go get %s@latest (%s)",
				module, runtimeModule, runtimeModule, text)
		}
	}
	return fmt.Errorf("building engine.wasm in %s: %w: %s", module, err, text)
}

// tail is the end of what a program wrote, in one line.
func tail(out []byte) string {
	const lines, length = 6, 2000
	split := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(split) > lines {
		split = split[len(split)-lines:]
	}
	text := strings.Join(split, " | ")
	if len(text) > length {
		text = "…" + text[len(text)-length:]
	}
	return text
}

// gzipSize is how long what r reads is with gzip's usual effort.
func gzipSize(r io.Reader) (int64, error) {
	var n counter
	w := gzip.NewWriter(&n)
	if _, err := io.Copy(w, r); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return int64(n), nil
}

// A counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// temporary begins the names of files that are not whole yet.
const temporary = ".redis2cf-tmp-"

// replaceFile writes a file beside it and renames it, so that a reader, or a run
// that is killed, sees the old or the new one. A link stays one: what it names is replaced.
func replaceFile(name string, data []byte, mode os.FileMode) error {
	if there, err := filepath.EvalSymlinks(name); err == nil {
		name = there
	}
	f, err := os.CreateTemp(filepath.Dir(name), temporary+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says what went wrong
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
