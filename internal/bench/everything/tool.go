package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/report"
)

// A runOf is one run of redis2cf.
type runOf struct {
	Args   []string      `json:"args"`
	Exit   int           `json:"exit"`
	Wall   time.Duration `json:"wallNs"`
	CPU    time.Duration `json:"cpuNs"`    // with the go commands that it runs
	Memory int64         `json:"memory"`   // bytes, its own largest resident size
	Kids   int64         `json:"children"` // bytes, the largest of it and the commands it runs
	Stderr string        `json:"stderr,omitempty"`

	stdout []byte
}

// redis2cf runs the tool in a directory.
func redis2cf(o options, dir string, env []string, args ...string) (*runOf, error) {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.tool, args...)
	cmd.Dir = dir
	cmd.Env = append(env[:len(env):len(env)], "PWD="+dir)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	peak := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	r := &runOf{
		Args: args, Wall: time.Since(begin), Memory: peak(), Exit: cmd.ProcessState.ExitCode(),
		CPU:  cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		Kids: figures.MaxRSS(cmd.ProcessState), stdout: stdout.Bytes(), Stderr: stderr.String(),
	}
	if ctx.Err() != nil {
		r.Stderr += fmt.Sprintf("\nended after %v", o.timeout)
	} else if err != nil && r.Exit < 0 {
		r.Stderr += "\n" + err.Error()
	}
	return r, nil
}

// watchMemory reads a process's own largest resident size until it is asked for
// it; 0 where the system does not tell. The figure that the system keeps for its
// parent has the process's children in it, and a linker is larger than most tools.
func watchMemory(pid int) (peak func() int64) {
	if runtime.GOOS != "linux" {
		return func() int64 { return 0 }
	}
	done, last := make(chan struct{}), make(chan int64, 1)
	go func() {
		var kb int64
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			// The kernel's figure only grows, so the last one before the end is the peak
			// but for the final 10 ms.
			data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(data), "VmHWM:"); ok {
				if n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
					kb = max(kb, n)
				}
			}
			select {
			case <-done:
				last <- kb << 10
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-last
	}
}

// failed says why a run is no success; empty when it is one.
func (r *runOf) failed() string {
	what := "redis2cf " + strings.Join(r.Args, " ")
	switch {
	case strings.Contains(r.Stderr, "\ngoroutine ") && strings.Contains(r.Stderr, "panic"):
		return what + " panicked"
	case r.Exit != 0:
		return fmt.Sprintf("%s ended with %d: %s", what, r.Exit, strings.TrimSpace(r.Stderr))
	}
	return ""
}

// report is the run's output, read as -json writes it.
func (r *runOf) report() (*report.Report, error) {
	out := &report.Report{}
	if err := json.Unmarshal(r.stdout, out); err != nil {
		return nil, fmt.Errorf("reading what redis2cf %s printed: %w", strings.Join(r.Args, " "), err)
	}
	return out, nil
}
