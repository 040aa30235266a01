package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/bench/trees"
	"github.com/redis2cf/redis2cf/internal/sample"
)

// A contestant is one command line that is measured.
type contestant struct {
	name  string
	fresh bool   // changes the module: run in a copy of its own
	dir   string // where it runs; empty is the module that is measured
	args  func(run int) []string
	cpu   []time.Duration
	wall  []time.Duration
	rss   int64 // largest of the process, in bytes; with its children where its own is not known
}

// What redis2cf may cost, from DESIGN.md section 10: -w CPU of listShare times
// go list -deps and perLines for each 100,000 lines that reach go-redis, peakMemory
// bytes of its own, nothingToDo of wall time in a module without go-redis, and
// vetShare of go vet's CPU under go vet.
const (
	listShare   = 1.5
	perLines    = 3 * time.Second
	peakMemory  = 300 << 20
	nothingToDo = 200 * time.Millisecond
	vetShare    = 1.0 / 8
)

// benchTool measures redis2cf against what every Go programmer runs anyway.
func benchTool(runs int, dir string, strict bool) error {
	work, err := os.MkdirTemp("", "redis2cf-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()

	tool := filepath.Join(work, "redis2cf")
	if out, err := exec.Command("go", "build", "-o", tool, "github.com/redis2cf/redis2cf/cmd/redis2cf").CombinedOutput(); err != nil {
		return fmt.Errorf("building redis2cf: %w\n%s", err, out)
	}
	src := dir
	if src == "" {
		src = filepath.Join(work, "sample")
		if err := sample.Extract(src); err != nil {
			return err
		}
	}
	reach, err := linesThatReach(src)
	if err != nil {
		return err
	}
	none := filepath.Join(work, "none")
	if err := withoutGoRedis(none); err != nil {
		return err
	}
	// A flag that changes nothing but the key under which go vet keeps its results:
	// each run is a first one, with warm export data.
	first := func(n int) int { return os.Getpid()*1000 + n + 1 }
	deps := &contestant{name: "go list -deps", args: func(int) []string { return []string{"go", "list", "-deps", "./..."} }}
	vet := &contestant{name: "go vet, not cached", args: func(n int) []string {
		return []string{"go", "vet", fmt.Sprintf("-printf.funcs=bench%d", first(n)), "./..."}
	}}
	tools := &contestant{name: "go vet -vettool=redis2cf, not cached", args: func(n int) []string {
		return []string{"go", "vet", "-vettool=" + tool, fmt.Sprintf("-c=%d", first(n)), "./..."}
	}}
	write := &contestant{name: "redis2cf -w", fresh: true, args: func(int) []string { return []string{tool, "-w", "./..."} }}
	empty := &contestant{name: "redis2cf, a module without go-redis", dir: none, args: func(int) []string { return []string{tool, "./..."} }}
	list := []*contestant{
		deps, vet, tools,
		{name: "redis2cf", args: func(int) []string { return []string{tool, "./..."} }},
		{name: "redis2cf -w -no-build", fresh: true, args: func(int) []string { return []string{tool, "-w", "-no-build", "./..."} }},
		write, empty,
	}
	fmt.Printf("CPU time, user and system, of all child processes (%s, median of %d alternating runs)\n", name(dir), runs)
	for n := -1; n < runs; n++ { // the first round warms the caches
		for i, c := range list {
			in := src
			switch {
			case c.dir != "":
				in = c.dir
			case c.fresh:
				// The same directory in each round: the go command's cache knows
				// packages by their path, and a warm cache is what is measured.
				in = filepath.Join(work, fmt.Sprintf("copy-%d", i))
				if err := trees.Copy(in, src); err != nil {
					return err
				}
			}
			if err := c.measure(in, n); err != nil {
				return err
			}
			if c.fresh {
				if err := os.RemoveAll(in); err != nil {
					return err
				}
			}
		}
	}
	base := figures.Median(deps.cpu)
	w := figures.NewTable()
	fmt.Fprintln(w, "\tCPU\twall\tpeak memory\tx go list -deps\t")
	for _, c := range list {
		cpu := figures.Median(c.cpu)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d MB\t%.2f\t\n", c.name,
			cpu.Round(time.Millisecond), figures.Median(c.wall).Round(time.Millisecond), c.rss>>20, float64(cpu)/float64(base))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	allowed := time.Duration(listShare*float64(base)) + time.Duration(float64(perLines)*float64(reach)/100_000)
	fmt.Printf("\n%d lines reach go-redis; redis2cf -w may take %s of CPU\n", reach, allowed.Round(time.Millisecond))
	var v figures.Verdicts
	v.AtMost("CPU of redis2cf -w, of what it may take", float64(figures.Median(write.cpu))/float64(allowed), 1)
	v.AtMost("peak memory of redis2cf -w, MB", float64(write.rss)/(1<<20), peakMemory>>20)
	v.AtMost("CPU of go vet -vettool=redis2cf, of go vet's", float64(figures.Median(tools.cpu))/float64(figures.Median(vet.cpu)), vetShare)
	v.AtMost("a module without go-redis, ms", float64(figures.Median(empty.wall).Milliseconds()), float64(nothingToDo.Milliseconds()))
	if missed := v.Print(); missed > 0 && strict {
		return fmt.Errorf("%d targets of redis2cf's own cost are missed", missed)
	}
	return nil
}

func name(dir string) string {
	if dir == "" {
		return "the sample"
	}
	return dir
}

// measure runs the contestant once; run -1 is not counted.
func (c *contestant) measure(dir string, run int) error {
	args := c.args(run)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	peak := figures.WatchPeak(cmd.Process.Pid)
	err := cmd.Wait()
	wall := time.Since(begin)
	own := peak()
	if own == 0 {
		own = figures.MaxRSS(cmd.ProcessState)
	}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && args[1] == "vet") { // vet fails on its findings
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	if run >= 0 {
		c.cpu = append(c.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		c.wall = append(c.wall, wall)
		c.rss = max(c.rss, own)
	}
	return nil
}
