// Wasmtest runs a test binary that was compiled to WebAssembly, on wazero. It is
// for go test's -exec flag and knows nothing of the tests:
//
//	GOOS=wasip1 GOARCH=wasm go test -exec wasmtest ./engine/...
//
// The program sees the directory that it is started in, as its root, a temporary
// directory and a clock that runs; no network and no other program.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: wasmtest PROGRAM.wasm [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasmtest:", err)
		os.Exit(2)
	}
	os.Exit(code)
}

// run runs a program to its end and returns its exit code.
func run(path string, args []string) (code int, err error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	tmp, err := os.MkdirTemp("", "wasmtest")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	config := wazero.NewRuntimeConfig()
	// Compiled programs are kept from one run to the next, where there is a place.
	if cached, err := os.UserCacheDir(); err == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(cached + "/redis2cf-wasmtest"); err == nil {
			config = config.WithCompilationCache(cache)
			defer func() { _ = cache.Close(context.Background()) }()
		}
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer func() { _ = r.Close(ctx) }()
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return 0, err
	}
	_, err = r.InstantiateWithConfig(ctx, program, wazero.NewModuleConfig().
		WithArgs(args...).WithStdout(os.Stdout).WithStderr(os.Stderr).
		WithSysWalltime().WithSysNanotime().WithSysNanosleep().WithRandSource(rand.Reader).
		WithEnv("TMPDIR", "/tmp").WithEnv("PWD", "/").
		WithFSConfig(wazero.NewFSConfig().WithDirMount(dir, "/").WithDirMount(tmp, "/tmp")))
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		return int(exit.ExitCode()), nil
	}
	return 0, err
}
