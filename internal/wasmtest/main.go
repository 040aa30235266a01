// Wasmtest runs a test binary that was compiled to WebAssembly, on wazero. It is
// for go test's -exec flag and knows nothing of the tests:
//
//	GOOS=wasip1 GOARCH=wasm go test -exec wasmtest ./engine/...
//
// The program runs in the form that engine.wasm is deployed in (package shrink); with
// -whole before its name it keeps the lines that a trace or a failed test shows.
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

	"github.com/redis2cf/redis2cf/runtime/worker/shrink"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

func main() {
	args, whole := os.Args[1:], false
	if len(args) > 0 && args[0] == "-whole" {
		args, whole = args[1:], true
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: wasmtest [-whole] PROGRAM.wasm [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(args, whole)
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasmtest:", err)
		os.Exit(2)
	}
	os.Exit(code)
}

// run runs a program, whose name is the first argument, to its end and returns its exit
// code.
func run(args []string, whole bool) (code int, err error) {
	program, err := os.ReadFile(args[0])
	if err != nil {
		return 0, err
	}
	if !whole {
		small, report, err := shrink.Module(program)
		if err != nil {
			return 0, err
		}
		if !report.Known {
			return 0, errors.New("the tables of functions that this Go writes are not known to package shrink")
		}
		program = small
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
