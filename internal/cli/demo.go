package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/internal/sample"
)

// demoShown are the files whose diff the demo shows: short ones, in which a
// transaction, a script and a hook's types change.
var demoShown = []string{"internal/history/history.go", "internal/lock/lock.go"}

// A demo is one run of the sample's way.
type demo struct {
	*env
	dir   string
	begin time.Time
	times [][2]string
}

// runDemo migrates the bundled sample: its tests before, the rewrite, its tests
// after.
func runDemo(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("demo", "demo takes no packages: it works on a sample of its own")
	}
	dir := o.out
	if dir == "" {
		tmp, err := os.MkdirTemp("", "redis2cf-demo-")
		if err != nil {
			return exitError, err
		}
		dir = filepath.Join(tmp, "chat")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return exitError, err
	}
	if err := sample.Extract(dir); err != nil {
		return exitError, fmt.Errorf("copying the sample: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return exitError, err
	}
	d := &demo{env: e, dir: dir, begin: time.Now()}
	if err := d.run(o); err != nil {
		return exitError, fmt.Errorf("demo: %w; the copy is in %s", err, dir)
	}
	return exitDone, nil
}

func (d *demo) run(o *options) error {
	d.say("redis2cf demo: a chat backend leaves Redis\n")
	d.say("The sample was copied to %s.\n", d.dir)

	if err := d.before(); err != nil {
		return err
	}
	old, err := readAll(d.dir, demoShown)
	if err != nil {
		return err
	}
	j, err := d.migrate(o)
	if err != nil {
		return err
	}
	if err := d.after(); err != nil {
		return err
	}

	d.head("What changed, in %d of the files", len(demoShown))
	if err := d.showDiff(old); err != nil {
		return err
	}
	d.head("What was found")
	if err := report.WriteText(d.stdout, j, report.Options{Style: d.ui.style, Width: d.ui.width}); err != nil {
		return err
	}
	return d.farewell()
}

// before runs the sample's tests as they are: go-redis, talking RESP to a
// server in this process with the embedded engine behind it.
func (d *demo) before() error {
	d.head("1. Its tests before: go-redis, over TCP to a server in this process")
	srv, err := startRESP()
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer func() { _ = srv.stop() }()
	return d.timed("tests with go-redis", func() error {
		return d.goTest("REDIS_ADDR=" + srv.addr)
	})
}

// migrate is redis2cf -w.
func (d *demo) migrate(o *options) (*report.Report, error) {
	d.head("2. redis2cf -w ./...")
	d.say("  %s\n", d.ui.style.Faint("It builds and vets the result before it writes; the first time that compiles SQLite: a minute or two."))
	var rep *report.Report
	err := d.timed("redis2cf -w", func() error {
		j, err := newJob(d.env, &options{dir: d.dir, write: true, runtimeDir: o.runtimeDir})
		if err != nil {
			return err
		}
		if err := j.analyze(); err != nil {
			return err
		}
		res, err := j.rewrite(false)
		if err != nil {
			return err
		}
		if err := j.write(res); err != nil {
			return err
		}
		d.ui.done()
		rep = j.report(res)
		return j.writeSummary(res, false)
	})
	return rep, err
}

// after runs the same tests on what came out. No server listens at the address
// they would use; it is not port 1, where the runtime refuses as the network would.
func (d *demo) after() error {
	d.head("3. The same tests after: the embedded store, no server")
	return d.timed("tests on the embedded store", func() error {
		return d.goTest("REDIS_ADDR=127.0.0.1:9")
	})
}

// goTest runs the sample's tests and passes on what each package says.
func (d *demo) goTest(env string) error {
	out := &indent{w: d.stdout, skip: "[no test files]"}
	cmd := goCommand(d.ctx, d.dir, "test", "-count=1", "./...")
	cmd.Env = append(cmd.Env, env)
	cmd.Stdout = out
	cmd.Stderr = out
	d.ui.step("go test ./...")
	out.before = d.ui.done
	err := cmd.Run()
	d.ui.done()
	if err != nil {
		return fmt.Errorf("go test ./...: %w", err)
	}
	return nil
}

func (d *demo) showDiff(old map[string][]byte) error {
	now, err := readAll(d.dir, demoShown)
	if err != nil {
		return err
	}
	var changes []report.Change
	for _, path := range demoShown {
		changes = append(changes, report.Change{Path: path, Before: old[path], After: now[path]})
	}
	var diff bytes.Buffer
	if _, err := report.WriteDiff(&diff, changes); err != nil {
		return err
	}
	return report.PaintDiff(d.stdout, diff.Bytes(), d.ui.style)
}

func (d *demo) farewell() error {
	d.head("Times")
	for _, t := range d.times {
		d.say("  %-30s %8s\n", t[0], t[1])
	}
	d.say("  %-30s %8s\n", "together", time.Since(d.begin).Round(100*time.Millisecond))
	d.head("Next")
	d.say(`  cd %s
  cat redis2cf.yaml            # the plan: edit a store, then redis2cf generate
  ls internal/cfstore          # the package that took go-redis's place
  go test ./...                # in memory
  CFSTORE_URL=file:chat.db go run ./cmd/chatd    # a file; look into it with sqlite3
  redis2cf undo                # every byte as it was
  redis2cf -C ~/your/module    # what it would do for you

`, d.dir)
	return nil
}

func (d *demo) say(format string, args ...any) {
	d.ui.done()
	fmt.Fprintf(d.stdout, format, args...)
}

func (d *demo) head(format string, args ...any) {
	d.say("\n%s\n", d.ui.style.Bold(fmt.Sprintf(format, args...)))
}

// timed notes how long a part takes.
func (d *demo) timed(what string, part func() error) error {
	begin := time.Now()
	err := part()
	took := time.Since(begin).Round(100 * time.Millisecond).String()
	d.times = append(d.times, [2]string{what, took})
	if err == nil {
		d.say("  %s\n", d.ui.style.Good("done in "+took))
	}
	return err
}

// readAll reads files of the sample by their path.
func readAll(dir string, paths []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		out[path] = data
	}
	return out, nil
}

// indent writes whole lines, two spaces in, and leaves out those with skip.
type indent struct {
	w      io.Writer
	skip   string
	before func() // called before the first line
	rest   string
}

func (i *indent) Write(p []byte) (int, error) {
	i.rest += string(p)
	for {
		line, rest, ok := strings.Cut(i.rest, "\n")
		if !ok {
			return len(p), nil
		}
		i.rest = rest
		if strings.Contains(line, i.skip) {
			continue
		}
		if i.before != nil {
			i.before()
		}
		if _, err := fmt.Fprintf(i.w, "  %s\n", line); err != nil {
			return 0, err
		}
	}
}
