package goredisv8_test

import (
	"context"
	"fmt"
	"net"
	goruntime "runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var ctx = context.Background()

// newFacade is a client of a memory store of its own.
func newFacade(t *testing.T) *runtime.Client {
	t.Helper()
	c := runtime.NewClient(&runtime.Options{Addr: memoryURL(t)})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// runs keeps the tests that ran, so that none has the address of another.
var runs sync.Map

// memoryURL names a store that no other run of the test has.
func memoryURL(t *testing.T) string {
	runs.Store(t, true)
	return fmt.Sprintf("memory://%p-", t) + strings.NewReplacer("/", "-", " ", "-", "_", "-").Replace(t.Name())
}

// servers are what FromGoRedis is tested on: the engine behind RESP, and
// redis-server where it is installed.
func servers(t *testing.T, test func(t *testing.T, addr string)) {
	t.Run("engine", func(t *testing.T) { test(t, engineServer(t)) })
	t.Run("redis-server", func(t *testing.T) { test(t, testneed.RedisServer(t)) })
}

func engineServer(t *testing.T) string {
	t.Helper()
	b, err := memory.New(embedded.Options{})
	must(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	serving, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- respserver.Serve(serving, ln, b, respserver.Options{}) }()
	t.Cleanup(func() {
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = b.Close()
	})
	return ln.Addr().String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// eventually waits for something that others bring about, at most ten seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); goruntime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("still not so: " + what)
		}
	}
}

// noLeaks fails the test when goroutines are left that were not there before.
func noLeaks(t *testing.T, run func()) {
	t.Helper()
	before := goruntime.NumGoroutine()
	run()
	end := time.Now().Add(10 * time.Second)
	for goruntime.NumGoroutine() > before {
		if time.Now().After(end) {
			var b strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, goruntime.NumGoroutine(), b.String())
		}
		goruntime.Gosched()
	}
}
