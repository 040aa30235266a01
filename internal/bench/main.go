// Command bench prints what redis2cf costs and what the engine is worth: CPU
// time of redis2cf -w beside go list and go vet, and commands on the embedded
// engine beside redis-server. It changes nothing but copies.
//
//	go run ./internal/bench [-runs 5] [DIR]
//
// DIR is a module to migrate instead of the sample. Every figure is the median
// of alternating runs in one go, so that a busy machine is busy for all. With
// BENCH_STRICT=1 a missed target is an error.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
)

func main() {
	runs := flag.Int("runs", 5, "runs of each, alternating")
	part := flag.String("part", "all", "tool, engine (all of commands, large, rows, parallel), one of these, or all")
	only := flag.String("only", "", "just the command of this name")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if flag.NArg() > 1 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: bench [-runs N] [-part tool|engine|commands|large|rows|parallel|all] [-only COMMAND] [-cpuprofile FILE] [DIR]")
		os.Exit(2)
	}
	stop, err := startProfile(*profile)
	if err == nil {
		err = run(*runs, *part, *only, flag.Arg(0))
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// startProfile writes a CPU profile until stop is called.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

func run(runs int, part, only, dir string) error {
	strict := os.Getenv("BENCH_STRICT") == "1"
	if part == "tool" || part == "all" {
		if err := benchTool(runs, dir, strict); err != nil {
			return err
		}
	}
	if part == "tool" {
		return nil
	}
	return benchEngine(runs, part, only, strict)
}
