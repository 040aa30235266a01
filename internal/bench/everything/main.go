package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	tool    string        // the redis2cf to run
	runtime string        // checkout of the runtime
	tags    string        // build tags
	redis   []string      // addresses where a redis-server is started for the tests before
	testRun string        // go test -run
	tests   []string      // patterns of the packages whose tests are run; none: all
	timeout time.Duration // of one step, and of one package's tests
	again   int           // how often a test that was lost is run once more
	noTests bool
	keep    bool
	verbose bool
}

func main() {
	o := options{}
	var out string
	flag.StringVar(&o.tool, "tool", "", "the redis2cf to try (default: built from this checkout)")
	flag.StringVar(&o.runtime, "runtime", "", "checkout of the runtime that the migrated copies require (default: this one)")
	flag.StringVar(&o.tags, "tags", "", "build tags, a comma-separated `LIST`")
	flag.Func("redis", "start a redis-server at `ADDR` for the tests before the migration; may be repeated", func(s string) error {
		o.redis = append(o.redis, s)
		return nil
	})
	flag.StringVar(&o.testRun, "run", "", "only tests that match `REGEXP`")
	flag.Func("tests", "only the tests of the packages that match `PATTERN`, as ./store/...; may be repeated (default ./...)", func(s string) error {
		o.tests = append(o.tests, s)
		return nil
	})
	flag.DurationVar(&o.timeout, "timeout", 10*time.Minute, "of a package's tests, and of each run of redis2cf")
	flag.IntVar(&o.again, "again", 1, "run a test that passed before and fails after `N` more times, to tell those that fail now and then")
	flag.BoolVar(&o.noTests, "notest", false, "leave the tests out")
	flag.BoolVar(&o.keep, "keep", false, "keep the migrated copy and say where it is")
	flag.BoolVar(&o.verbose, "v", false, "the whole table of each directory, when there are several")
	flag.StringVar(&out, "json", "", "write everything to `FILE` too: a list, one entry a directory")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: everything [flags] DIR...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	lost, err := run(o, flag.Args(), out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "everything:", err)
		os.Exit(2)
	}
	if lost {
		os.Exit(1)
	}
}

// run looks at every directory; lost says that something was.
func run(o options, dirs []string, jsonFile string) (lost bool, err error) {
	work, err := os.MkdirTemp("", "redis2cf-everything-")
	if err != nil {
		return false, err
	}
	if work, err = filepath.EvalSymlinks(work); err != nil {
		return false, err
	}
	if !o.keep {
		defer func() { _ = os.RemoveAll(work) }()
	}
	if err := o.defaults(work); err != nil {
		return false, err
	}
	var list []*result
	for i, dir := range dirs {
		r, err := examine(o, dir, filepath.Join(work, fmt.Sprint(i)))
		if err != nil {
			if len(dirs) == 1 {
				return false, err
			}
			r = &result{Dir: dir, Lost: []string{err.Error()}}
		}
		list = append(list, r)
		lost = lost || len(r.Lost) > 0
		if len(dirs) == 1 || o.verbose {
			r.table(os.Stdout)
		}
	}
	if len(dirs) > 1 {
		summary(os.Stdout, list)
	}
	if jsonFile == "" {
		return lost, nil
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return lost, err
	}
	return lost, os.WriteFile(jsonFile, append(data, '\n'), 0o644)
}

// defaults builds redis2cf and finds the runtime beside it.
func (o *options) defaults(work string) error {
	if o.tool == "" {
		o.tool = filepath.Join(work, "redis2cf")
		if out, err := exec.Command("go", "build", "-o", o.tool, "github.com/redis2cf/redis2cf/cmd/redis2cf").CombinedOutput(); err != nil {
			return fmt.Errorf("building redis2cf: %w: run this in its checkout, or name a built one with -tool\n%s", err, out)
		}
	}
	if o.runtime == "" {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/redis2cf/redis2cf/runtime").Output()
		if err != nil {
			return fmt.Errorf("finding the runtime: %w: run this in redis2cf's checkout, or name it with -runtime\n%s", err, stderrOf(err))
		}
		o.runtime = strings.TrimSpace(string(out))
	}
	for _, p := range []*string{&o.tool, &o.runtime} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	return nil
}

func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
