//go:build !windows

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killSeed names what draws the moments at which the test below kills. They are fractions of
// how long the files took to write in a first run, so that a busy machine kills as evenly.
const killSeed = "KILL_SEED"

// TestARunThatIsKilledIsTakenBackOrDoneWhole kills the process of a run in a workspace,
// whose modules it writes one after the other, at moments that are drawn. Whatever was
// written by then, undo puts every byte back, and the next run does what is left, which
// undo takes back as well.
func TestARunThatIsKilledIsTakenBackOrDoneWhole(t *testing.T) {
	seed := time.Now().UnixNano()
	if s := os.Getenv(killSeed); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("%s=%d", killSeed, seed)
	draw := rand.New(rand.NewSource(seed))
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	workspaceToKill(t, dir, root)
	before := treeOf(t, dir)
	run := startRun(t, dir, root)
	var writes [2]time.Duration // how long each module's files took
	for i, module := range killedModules {
		from := run.awaitJournal(t, filepath.Join(dir, module))
		run.await(filepath.Join(dir, module, ".redis2cf", "journal", "*", "done"))
		writes[i] = time.Since(from)
	}
	if err := run.wait(); err != nil {
		t.Fatalf("redis2cf -w: %v\n%s", err, run.output())
	}
	after := treeOf(t, dir)
	mustUndo(t, dir)
	mustBe(t, dir, before, "undo of a run that ended")

	const enough, most = 3, 10
	halfway := 0
	for n := 0; n < most && halfway < enough; n++ {
		i := draw.Intn(len(killedModules))
		module := filepath.Join(dir, killedModules[i])
		wait := time.Duration(draw.Int63n(int64(writes[i])))
		forget(t, dir)
		run := startRun(t, dir, root)
		run.awaitJournal(t, module)
		time.Sleep(wait)
		run.kill(t)
		what := fmt.Sprintf("killed %v after the journal of %s began", wait, killedModules[i])
		t.Log(what)
		now := treeOf(t, dir)
		if !maps.Equal(now, after) && !maps.Equal(now, before) {
			halfway++
		}
		if n%2 == 0 {
			if out, err := runTool(dir, "-w", "-no-build", "-runtime", root); err != nil {
				t.Fatalf("%s: the next run: %v\n%s", what, err, out)
			}
			mustBe(t, dir, after, what+", and run again")
		}
		mustUndo(t, dir)
		mustBe(t, dir, before, what+", and undone")
	}
	if halfway == 0 {
		t.Errorf("of %d kills none came while files were written", most)
	}
}

var killedModules = [2]string{"app", filepath.Join("jobs", "worker")}

// workspaceToKill writes two modules, one below the other's neighbour, with files enough
// that writing them takes a while.
func workspaceToKill(t *testing.T, dir, root string) {
	t.Helper()
	sum, err := os.ReadFile(filepath.Join(root, "testdata", "chat", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("go.work", "go 1.24\n\nuse (\n\t./app\n\t./jobs/worker\n)\n")
	for _, module := range killedModules {
		put(filepath.Join(module, "go.sum"), string(sum))
		put(filepath.Join(module, "go.mod"), "module example.com/"+filepath.Base(module)+`

go 1.24

require github.com/redis/go-redis/v9 v9.17.3

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
)
`)
		for i := range 40 {
			put(filepath.Join(module, fmt.Sprintf("page%d.go", i)), fmt.Sprintf(`package m

import (
	"context"

	"github.com/redis/go-redis/v9"
)

func Page%[1]d(ctx context.Context, rdb *redis.Client) string { return rdb.Get(ctx, "page:%[1]d").Val() }
`, i))
		}
	}
}

// A killable is a run of redis2cf -w in a process group of its own, with the go commands
// that it starts.
type killable struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
	err  error
}

func startRun(t *testing.T, dir, root string) *killable {
	t.Helper()
	r := &killable{cmd: toolIn(dir, "-w", "-no-build", "-runtime", root), done: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.done)
	}()
	t.Cleanup(func() { r.kill(t) })
	return r
}

func (r *killable) alive() bool {
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

func (r *killable) wait() error    { <-r.done; return r.err }
func (r *killable) output() string { <-r.done; return r.out.String() }

// kill ends the run and what it started at once; one that has ended is left alone.
func (r *killable) kill(t *testing.T) {
	if r.alive() {
		if err := syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
	<-r.done
}

// awaitJournal waits until the run begins to write in a module.
func (r *killable) awaitJournal(t *testing.T, module string) time.Time {
	t.Helper()
	if !r.await(filepath.Join(module, ".redis2cf", "journal")) {
		t.Fatalf("redis2cf -w wrote nothing in %s: %v\n%s", module, r.wait(), r.output())
	}
	return time.Now()
}

// await waits until something of that name is there, or the run has ended.
func (r *killable) await(pattern string) bool {
	for {
		ended := !r.alive()
		if found, _ := filepath.Glob(pattern); len(found) > 0 { // the pattern is a good one
			return true
		}
		if ended {
			return false
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// forget takes away the journals of runs that were undone, so that the next one's is the
// only one.
func forget(t *testing.T, dir string) {
	t.Helper()
	for _, module := range killedModules {
		if err := os.RemoveAll(filepath.Join(dir, module, ".redis2cf")); err != nil {
			t.Fatal(err)
		}
	}
}

func mustUndo(t *testing.T, dir string) {
	t.Helper()
	if out, err := runTool(dir, "undo"); err != nil && !strings.Contains(out, "nothing to undo") {
		t.Fatalf("redis2cf undo: %v\n%s", err, out)
	}
}

func mustBe(t *testing.T, dir string, want map[string]treeFile, when string) {
	t.Helper()
	for _, diff := range treeDiff(treeOf(t, dir), want, "now", "then") {
		t.Errorf("%s: %s", when, diff)
	}
	if t.Failed() {
		t.FailNow()
	}
}

func runTool(dir string, args ...string) (string, error) {
	out, err := toolIn(dir, args...).CombinedOutput()
	return string(out), err
}

func toolIn(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("redis2cf", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS="+anywhere)
	return cmd
}
