// Command bench prints what redis2cf costs and what the engine is worth: CPU
// time of redis2cf -w beside go list and go vet, and commands on the embedded
// engine beside redis-server. It changes nothing but copies.
//
//	go run ./internal/bench [-runs 5] [DIR]
//
// DIR is a module to migrate instead of the sample. Every figure is the median
// of alternating runs in one go, so that a busy machine is busy for all.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"text/tabwriter"
	"time"
)

func main() {
	runs := flag.Int("runs", 5, "runs of each, alternating")
	part := flag.String("part", "all", "tool, engine or all")
	flag.Parse()
	if flag.NArg() > 1 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: bench [-runs N] [-part tool|engine|all] [DIR]")
		os.Exit(2)
	}
	if err := run(*runs, *part, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(runs int, part, dir string) error {
	if part == "tool" || part == "all" {
		if err := benchTool(runs, dir); err != nil {
			return err
		}
	}
	if part == "engine" || part == "all" {
		return benchEngine(runs)
	}
	return nil
}

// median of durations; the lower of the two in the middle.
func median(d []time.Duration) time.Duration {
	s := append([]time.Duration(nil), d...)
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
	return s[(len(s)-1)/2]
}

// newTable starts an aligned table on standard output.
func newTable() *tabwriter.Writer {
	return tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
}
