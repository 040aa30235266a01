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
	fresh bool // changes the module: run in a copy of its own
	args  func(run int) []string
	cpu   []time.Duration
	wall  []time.Duration
	rss   int64 // largest, in bytes
}

// benchTool measures redis2cf against what every Go programmer runs anyway.
func benchTool(runs int, dir string) error {
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
	list := []*contestant{
		{name: "go list -deps", args: func(int) []string { return []string{"go", "list", "-deps", "./..."} }},
		// The flag changes nothing but the key under which go vet keeps its
		// results: each run is a first one, with warm export data.
		{name: "go vet, not cached", args: func(n int) []string {
			return []string{"go", "vet", fmt.Sprintf("-printf.funcs=bench%d_%d", os.Getpid(), n), "./..."}
		}},
		{name: "redis2cf", args: func(int) []string { return []string{tool, "./..."} }},
		{name: "redis2cf -w -no-build", fresh: true, args: func(int) []string { return []string{tool, "-w", "-no-build", "./..."} }},
		{name: "redis2cf -w", fresh: true, args: func(int) []string { return []string{tool, "-w", "./..."} }},
	}
	fmt.Printf("CPU time, user and system, of all child processes (%s, median of %d alternating runs)\n", name(dir), runs)
	for n := -1; n < runs; n++ { // the first round warms the caches
		for i, c := range list {
			in := src
			if c.fresh {
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
	base := figures.Median(list[0].cpu)
	w := figures.NewTable()
	fmt.Fprintln(w, "\tCPU\twall\tpeak memory\tx go list -deps\t")
	for _, c := range list {
		cpu := figures.Median(c.cpu)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d MB\t%.2f\t\n", c.name,
			cpu.Round(time.Millisecond), figures.Median(c.wall).Round(time.Millisecond), c.rss>>20, float64(cpu)/float64(base))
	}
	return w.Flush()
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
	err := cmd.Run()
	wall := time.Since(begin)
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && args[1] == "vet") { // vet exits 1 on its findings
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	if run >= 0 {
		c.cpu = append(c.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		c.wall = append(c.wall, wall)
		c.rss = max(c.rss, figures.MaxRSS(cmd.ProcessState))
	}
	return nil
}
