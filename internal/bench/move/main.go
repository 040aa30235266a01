// Command move measures what a move has to bring and what comes after it, with volumes
// of a real service: how fast redis2cf copy is beside a SCAN that reads every key and
// writes nothing, in how much memory, and what a million sessions and ten thousand
// threads of messages cost on the embedded store, on a local workerd and in Redis.
//
//	go run ./internal/bench/move [-keys 1000000] [-sessions 1000000] [-threads 10000] [-part copy,volumes]
//
// Everything listens on loopback. Ratios are of one run; CPU time is of the process
// alone, which a busy machine changes least.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// options are the sizes of what is measured.
type options struct {
	keys     int // of all types, that are copied
	sessions int
	threads  int
	messages int           // of a thread
	callers  int           // at the same time
	slice    time.Duration // how long a load runs
	filling  time.Duration // how long a store may take to be filled; what is there then is measured
	stores   []string      // file, memory, workerd
	file     string        // settings of a file's URL: "?memory=8mb"
	profile  string        // directory of CPU profiles; "" is none
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		if err := child(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.IntVar(&o.keys, "keys", 1_000_000, "keys of all types that are copied")
	flag.IntVar(&o.sessions, "sessions", 1_000_000, "sessions of 300 bytes with an expiry")
	flag.IntVar(&o.threads, "threads", 10_000, "lists of messages")
	flag.IntVar(&o.messages, "messages", 50, "messages of a thread, 200 bytes each")
	flag.IntVar(&o.callers, "callers", 16, "callers at the same time")
	flag.DurationVar(&o.slice, "slice", 5*time.Second, "how long each load runs")
	flag.DurationVar(&o.filling, "filling", 5*time.Minute, "how long a store may take to be filled; what is there then is measured")
	parts := flag.String("part", "copy,volumes", "parts to run, with commas")
	stores := flag.String("store", "memory,file,workerd", "stores, with commas")
	flag.StringVar(&o.file, "file", "", "settings of a file store, ?memory=16mb")
	flag.StringVar(&o.profile, "cpuprofile", "", "write CPU profiles of the copies, and of the loads, into this directory")
	flag.Parse()
	o.stores = strings.Split(*stores, ",")
	if flag.NArg() > 0 || o.keys < 1 || o.sessions < 1 || o.threads < 1 || o.messages < 1 || o.callers < 1 {
		fmt.Fprintln(os.Stderr, "usage: move [-keys N] [-sessions N] [-threads N] [-part copy,volumes] [-store memory,file,workerd]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, strings.Split(*parts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, parts []string) (err error) {
	dir, err := os.MkdirTemp("", "redis2cf-bench-move-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, p := range []struct {
		name string
		run  func(context.Context, options, string) error
	}{{"copy", benchCopy}, {"volumes", benchVolumes}} {
		if !slices.Contains(parts, p.name) {
			continue
		}
		own := filepath.Join(dir, p.name)
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		if err := p.run(ctx, o, own); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// startProfile writes a CPU profile of this process into -cpuprofile's directory until stop
// is called.
func (o *options) startProfile(name string) (stop func(), err error) {
	if o.profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(filepath.Join(o.profile, name))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

// startRedis starts a redis-server without persistence.
func startRedis(dir string) (addr string, stop func(), err error) {
	addr, stop, err = testneed.StartRedis(dir)
	if errors.Is(err, exec.ErrNotFound) {
		return "", nil, errors.New("redis-server is not in $PATH: install it, since every ratio is one to Redis")
	}
	return addr, stop, err
}

// startWorker writes a project without a plan and runs it on a local workerd.
func startWorker(ctx context.Context, dir string) (*project.Local, error) {
	say := func(s string) { fmt.Fprintln(os.Stderr, s) }
	tools, err := project.InstallTools(ctx, say)
	if err != nil {
		return nil, err
	}
	proj := filepath.Join(dir, "project")
	if _, err := project.Write(ctx, project.WriteOptions{Dir: proj, Name: "move", Progress: say}); err != nil {
		return nil, err
	}
	return project.Start(ctx, project.Options{Dir: proj, State: filepath.Join(dir, "state"), Tools: tools, Log: os.Stderr})
}
