package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"

	"github.com/redis2cf/redis2cf/internal/sample"
	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/internal/vettool"
	"github.com/redis2cf/redis2cf/vet"
)

// TestMain lets this test binary stand in for redis2cf in scripts: a process of
// its own, through the same functions that main calls.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"redis2cf": func() {
			args := os.Args[1:]
			if vettool.Called(args) {
				os.Exit(vettool.Main(args, vet.Analyzer, os.Stdout, os.Stderr))
			}
			os.Exit(Run(args, os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// anywhere is what has the go command's cache know a package whatever directory it lies
// in, so that scripts with the same module compile it once.
const anywhere = "-trimpath"

func TestScripts(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("redis2cf")
	if err != nil {
		t.Fatal(err)
	}
	keep := goEnv(t, "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOTOOLCHAIN")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for name, value := range keep {
				env.Setenv(name, value)
			}
			env.Setenv("GOWORK", "off")
			env.Setenv("GOFLAGS", anywhere)
			env.Setenv("CHECKOUT", checkout)
			env.Setenv("TOOLBIN", filepath.Dir(program)) // a $PATH with redis2cf and nothing else
			env.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			env.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sample":    scriptSample,
			"gosum":     scriptGoSum,
			"fresh":     scriptFresh,
			"snapshot":  scriptSnapshot,
			"same":      scriptSame,
			"halfway":   scriptHalfway,
			"sub":       scriptSub,
			"exits":     scriptExits,
			"documents": scriptDocuments,
			"workflow":  scriptWorkflow,
			"redis":     scriptRedis,
			"redisdo":   scriptRedisDo,
		},
		// [redis] is whether there is a redis-server, or has to be one.
		Condition: func(cond string) (bool, error) {
			if cond != "redis" {
				return false, fmt.Errorf("there is no condition %s", cond)
			}
			_, err := exec.LookPath("redis-server")
			return err == nil || testneed.Required(), nil
		},
	})
}

// fresh FILE... makes Go files that no build has seen: go vet answers what it has seen out
// of its cache, with the paths of an earlier run.
func scriptFresh(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fresh FILE...")
	}
	for _, name := range args {
		text := ts.ReadFile(name) + "\n// In " + ts.MkAbs(".") + ".\n"
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
	}
}

// redis VARIABLE starts a redis-server for the script and sets the variable to its
// host:port.
func scriptRedis(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: redis VARIABLE")
	}
	addr, stop, err := testneed.StartRedis(ts.MkAbs("."))
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv(args[0], addr)
}

// redisdo ADDR COMMAND... sends a command to a Redis server; a third word from its end
// on is what it has to answer: redisdo ADDR GET k => v.
func scriptRedisDo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: redisdo ADDR COMMAND... [=> ANSWER]")
	}
	want := ""
	if n := len(args); n > 3 && args[n-2] == "=>" {
		want, args = args[n-1], args[:n-2]
	}
	c := redis.NewClient(&redis.Options{Addr: args[0]})
	defer c.Close()
	words := make([]any, len(args)-1)
	for i, a := range args[1:] {
		words[i] = strings.ReplaceAll(a, `\x00`, "\x00") // no script has the byte itself
	}
	got, err := c.Do(context.Background(), words...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		ts.Fatalf("%v: %v", args, err)
	}
	if want != "" && fmt.Sprint(got) != want {
		ts.Fatalf("%v: %v, not %s", args, got, want)
	}
}

// goEnv reads settings of the go command, which scripts must not lose with
// their own home directory.
func goEnv(t *testing.T, names ...string) map[string]string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	values := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	m := map[string]string{}
	for i, name := range names {
		if values[i] != "" {
			m[name] = values[i]
		}
	}
	return m
}

// sample DIR writes the sample application.
func scriptSample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sample DIR")
	}
	ts.Check(sample.Extract(ts.MkAbs(args[0])))
}

// gosum DIR gives a module that requires the sample's go-redis its go.sum.
func scriptGoSum(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gosum DIR")
	}
	data, err := os.ReadFile(filepath.Join(ts.Getenv("CHECKOUT"), "testdata", "chat", "go.sum"))
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), "go.sum"), data, 0o644))
}

// snapshot DIR COPY copies a tree, contents and modes; the tool's own journals
// and version control are left out.
func scriptSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: snapshot DIR COPY")
	}
	for path, f := range readTree(ts, ts.MkAbs(args[0])) {
		to := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(path))
		ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
		ts.Check(os.WriteFile(to, []byte(f.data), f.mode|0o200))
		ts.Check(os.Chmod(to, f.mode))
	}
}

// halfway DIR BEFORE SEED makes of the last run in the working directory one that was
// killed: its journal has no mark at its end, and of what differs from the copy BEFORE of
// DIR some files, drawn by SEED, are as they were there.
func scriptHalfway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: halfway DIR BEFORE SEED")
	}
	marks, err := filepath.Glob(filepath.Join(ts.MkAbs("."), ".redis2cf", "journal", "*", "done"))
	ts.Check(err)
	if len(marks) == 0 {
		ts.Fatalf("halfway: no run has ended here")
	}
	slices.Sort(marks)
	ts.Check(os.Remove(marks[len(marks)-1]))
	seed, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	draw := rand.New(rand.NewSource(seed))
	now, before := readTree(ts, ts.MkAbs(args[0])), readTree(ts, ts.MkAbs(args[1]))
	var differ []string
	for path, f := range now {
		if before[path] != f {
			differ = append(differ, path)
		}
	}
	for path := range before {
		if _, ok := now[path]; !ok {
			differ = append(differ, path)
		}
	}
	slices.Sort(differ)
	draw.Shuffle(len(differ), func(i, j int) { differ[i], differ[j] = differ[j], differ[i] })
	for _, path := range differ[:1+draw.Intn(len(differ)-1)] { // one is back, and one is not
		full := filepath.Join(ts.MkAbs(args[0]), filepath.FromSlash(path))
		if f, ok := before[path]; ok {
			ts.Check(os.MkdirAll(filepath.Dir(full), 0o755))
			ts.Check(os.WriteFile(full, []byte(f.data), f.mode))
			ts.Check(os.Chmod(full, f.mode))
		} else {
			ts.Check(os.Remove(full))
		}
	}
}

// same DIR COPY fails unless both trees have the same files with the same
// contents and modes.
func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] same DIR COPY")
	}
	diff := treeDiff(readTree(ts, ts.MkAbs(args[0])), readTree(ts, ts.MkAbs(args[1])), args[0], args[1])
	if neg == (len(diff) == 0) {
		ts.Fatalf("same %s: %v", strings.Join(args, " "), diff)
	}
}

// sub FILE OLD NEW replaces text in a file; \n in NEW is a line end.
func scriptSub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sub FILE OLD NEW")
	}
	old := ts.ReadFile(args[0])
	if !strings.Contains(old, args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(old, args[1], strings.ReplaceAll(args[2], `\n`, "\n"))), 0o644))
}

// exits CODE PROGRAM ARG… runs a program that has to end with an exit code.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("%s ends with %d, not %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// documents FILE fails unless the script runs every redis2cf command of the shell
// blocks of a document, with whatever flags besides.
func scriptDocuments(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: documents FILE")
	}
	script, err := os.ReadFile(filepath.Join(ts.Getenv("CHECKOUT"), "internal", "cli", "testdata", "script", ts.Name()+".txtar"))
	ts.Check(err)
	doc, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	said := strings.ReplaceAll(string(script), " -no-build", "")
	shell := false
	for _, line := range strings.Split(string(doc), "\n") {
		line, _, _ = strings.Cut(line, "  #")
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			shell = line == "```sh"
		case shell && strings.HasPrefix(line, "redis2cf") && !strings.Contains(said, "exec "+line+"\n"):
			ts.Fatalf("%s has a command that the script does not run: %s", args[0], line)
		}
	}
}

// workflow FILE JOB runs the shell commands of a GitHub workflow's job, as its runner
// would: those of each step in one shell, which ends at the first that fails. Steps that
// only bring redis2cf here are left out.
func scriptWorkflow(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] workflow FILE JOB")
	}
	var w struct {
		Env  map[string]string
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[0])), &w))
	for name, value := range w.Env {
		ts.Setenv(name, value)
	}
	ran := 0
	for _, step := range w.Jobs[args[1]].Steps {
		if step.Run == "" || strings.HasPrefix(step.Run, "go install ") {
			continue
		}
		ran++
		if err := ts.Exec("bash", "-e", "-c", step.Run); err != nil {
			if neg {
				return
			}
			ts.Fatalf("%s: %v", step.Name, err)
		}
	}
	if neg || ran == 0 {
		ts.Fatalf("workflow: %d steps ran", ran)
	}
}
