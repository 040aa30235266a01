package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
)

// A state is what the go command says of the module, before or after.
type state struct {
	Packages  int               `json:"packages"`
	Compiling int               `json:"compiling"` // with their tests
	Broken    map[string]string `json:"broken"`    // packages that do not compile, and why
	Build     string            `json:"build"`     // what go build ./... says; empty when nothing
	Vet       map[string]string `json:"vet"`       // what go vet ./... says, by package
	Tests     map[string]string `json:"tests"`     // "package Test/sub": pass, fail, skip; "package" alone is the package
	Outputs   map[string]string `json:"-"`         // the last lines of those that failed
	Passing   int               `json:"passing"`   // tests, packages not counted
	Failing   int               `json:"failing"`
	Skipped   int               `json:"skipped"`
	Redis     string            `json:"redis"` // addresses of the redis-server that was there
}

// A gocmd runs the go command in a module.
type gocmd struct {
	dir     string
	env     []string
	tags    string
	timeout time.Duration
}

func (g *gocmd) command(ctx context.Context, args ...string) *exec.Cmd {
	if g.tags != "" {
		args = slices.Insert(args, 1, "-tags="+g.tags)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = g.dir
	// Without PWD the go command takes ours, which may be another name of dir.
	cmd.Env = append(slices.Clone(g.env), "PWD="+g.dir)
	cmd.WaitDelay = 5 * time.Second // a test may leave a process behind that holds the pipe
	return cmd
}

// compile fills in which packages compile, what go build says and what go vet.
func (g *gocmd) compile(s *state) error {
	s.Broken, s.Vet = map[string]string{}, map[string]string{}
	cmd := g.command(context.Background(), "list", "-e", "-export", "-test", "-json=ImportPath,Name,ForTest,Error,DepsErrors", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return fmt.Errorf("go list in %s: %w\n%s", g.dir, err, stderr.Bytes())
	}
	type problem struct{ Err string }
	type listed struct {
		ImportPath, Name, ForTest string
		Error                     *problem
		DepsErrors                []*problem
	}
	packages := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("reading the answer of go list in %s: %w", g.dir, err)
		}
		path, _, _ := strings.Cut(p.ImportPath, " ")
		if p.ForTest != "" {
			path = p.ForTest // external tests are the package's
		}
		if strings.HasSuffix(path, ".test") && p.Name == "main" {
			path = strings.TrimSuffix(path, ".test")
		}
		packages[path] = true
		switch {
		case p.Error != nil:
			s.Broken[path] = p.Error.Err
		case len(p.DepsErrors) > 0 && s.Broken[path] == "":
			s.Broken[path] = p.DepsErrors[0].Err
		}
	}
	s.Packages, s.Compiling = len(packages), len(packages)-len(s.Broken)
	if out, err := g.command(context.Background(), "build", "-o", os.DevNull, "./...").CombinedOutput(); err != nil {
		s.Build = string(out)
	}
	if out, err := g.command(context.Background(), "vet", "./...").CombinedOutput(); err != nil {
		s.Vet = byPackage(out)
	}
	return nil
}

// byPackage takes apart what go vet and go build say: a line with # and the
// package, then its lines.
func byPackage(out []byte) map[string]string {
	by := map[string]string{}
	at := ""
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			at, _, _ = strings.Cut(strings.Trim(strings.TrimSpace(name), "[]"), " ")
			continue
		}
		if !strings.HasPrefix(line, "go: downloading ") {
			by[at] += line
		}
	}
	return by
}

// An event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of build-output
}

// named refuses a pattern that is no package's: its tests would fail before as they
// do after, and nobody would miss them.
func (g *gocmd) named(patterns []string) error {
	for _, p := range patterns {
		out, err := g.command(context.Background(), "list", "-e", "-find", "-f={{if not .Error}}{{.ImportPath}}{{end}}", p).Output()
		if err != nil {
			return fmt.Errorf("go list %s in %s: %w\n%s", p, g.dir, err, stderrOf(err))
		}
		if len(bytes.TrimSpace(out)) == 0 {
			return fmt.Errorf("-tests %s: no package in %s matches: write it as go test takes it, from the module's directory", p, g.dir)
		}
	}
	return nil
}

const outputLines = 40 // kept of a test

// test fills in what each test of the packages does, of all of them when none is
// named; pattern is that of go test -run.
func (g *gocmd) test(s *state, pattern string, packages ...string) error {
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	args := []string{"test", "-json", "-count=1", "-timeout=" + g.timeout.String()}
	if pattern != "" {
		args = append(args, "-run="+pattern)
	}
	cmd := g.command(context.Background(), append(args, packages...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("go test in %s: %w", g.dir, err)
	}
	s.Tests, s.Outputs = map[string]string{}, map[string]string{}
	output := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue // what a toolchain prints beside its events
		}
		name := e.Package
		if e.Test != "" {
			name += " " + e.Test
		}
		switch e.Action {
		case "run", "start":
			s.Tests[name] = "fail" // until it says something else: a crash says nothing
		case "pass", "fail", "skip":
			s.Tests[name] = e.Action
		case "output":
			output[name] = append(output[name], e.Output)
			if n := len(output[name]); n > 2*outputLines {
				output[name] = slices.Clone(output[name][n-outputLines:])
			}
		case "build-output":
			path, _, _ := strings.Cut(e.ImportPath, " ")
			output[path] = append(output[path], e.Output)
		}
	}
	for name, what := range s.Tests {
		if what == "fail" {
			s.Outputs[name] = strings.Join(output[name], "")
		}
		if !strings.Contains(name, " ") {
			continue
		}
		switch what {
		case "pass":
			s.Passing++
		case "fail":
			s.Failing++
		default:
			s.Skipped++
		}
	}
	if len(s.Tests) == 0 && err != nil {
		return fmt.Errorf("go test in %s: %w\n%s", g.dir, err, stderr.Bytes())
	}
	return nil
}

// A change is a test whose outcome is not what it was.
type change struct {
	Test   string `json:"test"`
	Before string `json:"before"` // "none" when it did not run
	After  string `json:"after"`
	Again  string `json:"again,omitempty"` // "passes" when it did so run once more
	Output string `json:"output,omitempty"`
}

// changed are the tests with another outcome, and the packages whose outcome no
// test of theirs explains.
func changed(before, after *state) []change {
	var out []change
	names := map[string]bool{}
	for _, s := range []*state{before, after} {
		for name := range s.Tests {
			names[name] = true
		}
	}
	word := func(s *state, name string) string {
		if w := s.Tests[name]; w != "" {
			return w
		}
		return "none"
	}
	explained := map[string]bool{}
	for _, tests := range []bool{true, false} {
		for name := range names {
			pkg, _, isTest := strings.Cut(name, " ")
			b, a := word(before, name), word(after, name)
			if isTest != tests || b == a || !isTest && (explained[pkg] || b == "none" && a == "skip") {
				continue // the generated package has no tests
			}
			if parent := path.Dir(name); isTest && strings.Contains(parent, " ") && (b == "none" || a == "none") &&
				before.Tests[parent] == "pass" && after.Tests[parent] == "pass" {
				continue // its name has the time or a random number in it
			}
			explained[pkg] = true
			out = append(out, change{Test: name, Before: b, After: a, Output: cmp.Or(after.Outputs[name], after.Outputs[pkg])})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Test < out[j].Test })
	return out
}

// lost tells whether the outcome became worse.
func (c *change) lost() bool { return c.Before == "pass" && c.After != "pass" }
