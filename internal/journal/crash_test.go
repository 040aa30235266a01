package journal

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The child of these tests is this test binary. It kills itself after the step
// that the environment names.
const (
	crashStep = "JOURNAL_CRASH_STEP"
	crashDir  = "JOURNAL_CRASH_DIR"
	crashWhat = "JOURNAL_CRASH_WHAT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		last, _ := strconv.Atoi(os.Getenv(crashStep))
		n := 0
		stepHook = func() {
			if n++; n == last {
				p, _ := os.FindProcess(os.Getpid())
				p.Kill()
				select {} // until the signal arrives
			}
		}
		os.Exit(child(dir, os.Getenv(crashWhat)))
	}
	os.Exit(m.Run())
}

func child(dir, what string) int {
	var err error
	switch what {
	case "commit":
		var t testing.T
		_, err = stage(&t, dir).Commit()
	case "next":
		err = next(dir, "next")
	case "undo":
		_, err = Undo(dir, false)
	case "force":
		_, err = Undo(dir, true)
	case "recover":
		_, err = Recover(dir)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// next is a further run over the files of the first: one is written again, one removed,
// one made.
func next(dir, name string) error {
	txn, err := Begin(dir, name)
	if err != nil {
		return err
	}
	sum := func(file string) Hash {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return Absent
		}
		return Sum(data)
	}
	if err := txn.Stage("a.go", []byte("package a // "+name+"\n"), sum("a.go"), 0); err != nil {
		return err
	}
	if h := sum("internal/cfstore/views.go"); h != Absent {
		err = txn.Remove("internal/cfstore/views.go", h)
	}
	if err == nil {
		err = txn.Stage(name+"/x.go", []byte("package x\n"), Absent, 0)
	}
	if err == nil {
		_, err = txn.Commit()
	}
	return err
}

// crash runs the child and tells whether it was killed before it ended.
func crash(t *testing.T, dir, what string, step int) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashStep+"="+strconv.Itoa(step), crashWhat+"="+what)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if cmd.ProcessState.Exited() {
		t.Fatalf("%s, step %d: %v\n%s", what, step, err, out)
	}
	return true
}

// eachStep calls f for every step after which a process can die, until one
// lives.
func eachStep(t *testing.T, least int, f func(t *testing.T, step int) (killed bool)) {
	t.Helper()
	for step := 1; ; step++ {
		if !f(t, step) {
			if step < least {
				t.Errorf("only %d steps were tried: the hook is not where it should be", step)
			}
			return
		}
		if t.Failed() || step > 200 {
			t.Fatalf("gave up at step %d", step)
		}
	}
}

// clean fails when a temporary file is left anywhere.
func clean(t *testing.T, dir string, step int) {
	t.Helper()
	if s := tree(t, dir); strings.Contains(s, ".redis2cf-") {
		t.Errorf("step %d: a temporary file is left:\n%s", step, s)
	}
}

func TestAKilledCommitIsAllOrNothing(t *testing.T) {
	sawOld, sawNew := false, false
	eachStep(t, 12, func(t *testing.T, step int) bool {
		dir := module(t)
		before := tree(t, dir)
		killed := crash(t, dir, "commit", step)
		if _, err := Recover(dir); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		clean(t, dir, step)
		switch got := tree(t, dir); {
		case got == before:
			sawOld = true
		case plain(got) == wantNew:
			sawNew = true
		default:
			t.Errorf("step %d: neither old nor new:\n%s", step, got)
		}
		return killed
	})
	if !sawOld || !sawNew {
		t.Errorf("old seen: %v, new seen: %v", sawOld, sawNew)
	}
}

func TestAKilledUndoGoesOn(t *testing.T) {
	for _, what := range []string{"undo", "force"} {
		sawOld, sawNew := false, false
		eachStep(t, 8, func(t *testing.T, step int) bool {
			dir := module(t)
			before := tree(t, dir)
			if _, err := stage(t, dir).Commit(); err != nil {
				t.Fatal(err)
			}
			if what == "force" {
				write(t, dir, "internal/cfstore/facade.go", "package mine\n")
			}
			after := tree(t, dir)
			killed := crash(t, dir, what, step)
			if _, err := Recover(dir); err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			clean(t, dir, step)
			switch tree(t, dir) {
			case before:
				sawOld = true
			case after:
				sawNew = true
			default:
				t.Errorf("%s, step %d: neither old nor new:\n%s", what, step, tree(t, dir))
			}
			return killed
		})
		if !sawOld || what == "force" && !sawNew {
			t.Errorf("%s: old seen: %v, new seen: %v", what, sawOld, sawNew)
		}
	}
}

// states are a module before and after each of three runs.
func states(t *testing.T) (dir string, all []string) {
	t.Helper()
	dir = module(t)
	all = []string{tree(t, dir)}
	for _, run := range []func() error{
		func() error { _, err := stage(t, dir).Commit(); return err },
		func() error { return next(dir, "second") },
		func() error { return next(dir, "third") },
	} {
		if err := run(); err != nil {
			t.Fatal(err)
		}
		all = append(all, tree(t, dir))
	}
	return dir, all
}

func TestRunsAreUndoneInOrderThroughKills(t *testing.T) {
	eachStep(t, 8, func(t *testing.T, step int) (killed bool) {
		dir, all := states(t)
		for at := len(all) - 1; at > 0; {
			killed = crash(t, dir, "undo", step) || killed
			if _, err := Recover(dir); err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			clean(t, dir, step)
			if tree(t, dir) == all[at] { // killed before anything was decided
				if _, err := Undo(dir, false); err != nil {
					t.Fatalf("step %d: %v", step, err)
				}
			}
			if at--; tree(t, dir) != all[at] {
				t.Fatalf("step %d: undo from state %d gives\n%s\nwant\n%s", step, at+1, tree(t, dir), all[at])
			}
		}
		return killed
	})
}

func TestAKilledRunIsUndoneBeforeThoseBeforeIt(t *testing.T) {
	eachStep(t, 8, func(t *testing.T, step int) bool {
		dir, all := states(t)
		killed := crash(t, dir, "next", step)
		var seen []string
		for {
			_, err := Undo(dir, false)
			if errors.Is(err, ErrNothing) {
				break
			}
			if err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			clean(t, dir, step)
			seen = append(seen, tree(t, dir))
		}
		// The killed run is taken back alone; one that was killed before it began is none.
		want := []string{all[3], all[2], all[1], all[0]}
		if len(seen) == 3 && killed {
			want = want[1:]
		}
		if !slices.Equal(seen, want) {
			t.Fatalf("step %d: undo gives %d states, and not those that there were", step, len(seen))
		}
		return killed
	})
}

func TestAKilledRecoveryGoesOn(t *testing.T) {
	// Step 11 of a commit is among the renames: the one state that needs work.
	const renames = 11
	eachStep(t, 4, func(t *testing.T, step int) bool {
		dir := module(t)
		before := tree(t, dir)
		if !crash(t, dir, "commit", renames) {
			t.Fatal("the commit was not killed")
		}
		if tree(t, dir) == before {
			t.Fatal("nothing had been written when the commit was killed")
		}
		killed := crash(t, dir, "recover", step)
		if _, err := Recover(dir); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		clean(t, dir, step)
		if got := tree(t, dir); got != before {
			t.Errorf("step %d:\n%s\nwant\n%s", step, got, before)
		}
		return killed
	})
}

func TestTheNextCommitRecoversFirst(t *testing.T) {
	dir := module(t)
	if !crash(t, dir, "commit", 11) {
		t.Fatal("the commit was not killed")
	}
	txn, err := Begin(dir, "next")
	if err != nil {
		t.Fatal(err)
	}
	// What the killed run had written was read as the state of the module.
	data, _ := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err := txn.Stage("go.mod", []byte("module n\n"), Sum(data), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := txn.Commit(); err != nil {
		t.Fatal(err)
	}
	clean(t, dir, 0)
	if a, _ := os.ReadFile(filepath.Join(dir, "a.go")); string(a) != "package a\r\n" {
		t.Errorf("a.go is %q", a)
	}
}

func TestRecoveryDoesNotOverwriteWorkDoneSince(t *testing.T) {
	dir := module(t)
	if !crash(t, dir, "commit", 11) {
		t.Fatal("the commit was not killed")
	}
	write(t, dir, "a.go", "package work\n")
	before := tree(t, dir)
	_, err := Recover(dir)
	if err == nil || !strings.Contains(err.Error(), "a.go") || !strings.Contains(err.Error(), "force") {
		t.Errorf("recover: %v", err)
	}
	if got := tree(t, dir); got != before {
		t.Errorf("files changed:\n%s", got)
	}
	if _, err := Undo(dir, true); err != nil {
		t.Fatal(err)
	}
	if a, _ := os.ReadFile(filepath.Join(dir, "a.go")); string(a) != "package a\r\n" {
		t.Errorf("a.go is %q", a)
	}
}
