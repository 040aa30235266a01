package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/internal/sample"

	"github.com/redis2cf/redis2cf/internal/bench/trees"
)

// The test binary is a bad redis2cf too, when $EVERYTHING_BAD says what is wrong
// with it.
func TestMain(m *testing.M) {
	if bad := os.Getenv("EVERYTHING_BAD"); bad != "" {
		os.Exit(badTool(bad))
	}
	os.Exit(m.Run())
}

// badTool does what redis2cf must not do, in the working directory.
func badTool(bad string) int {
	arg := strings.Join(os.Args[1:], " ")
	write := strings.HasPrefix(arg, "-w")
	change := func(name, text string) {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		defer func() { _ = f.Close() }()
		fmt.Fprint(f, text)
	}
	switch {
	case bad == "panics" && write:
		change("small.go", "// half\n")
		panic("a fault")
	case bad == "ends" && write:
		fmt.Fprintln(os.Stderr, "no way")
		return 2
	case bad == "report writes" && !write && arg != "undo":
		change("new.go", "package small\n")
	case bad == "does not compile" && write:
		change("small.go", "var x int = \"x\"\n")
	case bad == "vet" && write:
		change("small.go", "func f(p *int) { *p = *p; var s struct{ a int `json` }; _ = s }\n")
	case bad == "test fails" && write:
		change("small.go", "func init() { panic(\"started\") }\n")
	case bad == "fails once" && write:
		if _, err := os.Stat("once_test.go"); err != nil {
			change("once_test.go", failsOnce)
		}
	case bad == "fails once" && arg == "undo":
		if os.Remove("once_test.go") != nil {
			return 2
		}
	case bad == "changes twice" && write:
		change("redis2cf.yaml", "# again\n")
	case bad == "undo" && write:
		if _, err := os.Stat("left"); err != nil {
			change("left", "x")
		}
	case bad == "remembers" && arg == "undo":
		if os.Remove("made") != nil || os.MkdirAll(".redis2cf", 0o755) != nil {
			return 2
		}
		change(".redis2cf/undone", "x")
	case bad == "remembers" && write:
		if _, err := os.Stat("made"); err == nil {
			break
		}
		change("made", "x")
		if _, err := os.Stat(".redis2cf/undone"); err == nil {
			change("made", "y")
		}
	}
	if arg != "undo" {
		fmt.Println(`{"module": "example.com/small", "sites": [{"file": "small.go", "line": 12, "column": 13, "status": "view"}], "counts": {"sites": 1, "view": 1}}`)
	}
	return 0
}

// failsOnce is a file of a package whose tests pass from the second time on.
const failsOnce = `package small

import "os"

func init() {
	if os.Mkdir("once", 0o700) == nil {
		panic("the first time")
	}
}
`

// extract lays a module of testdata out.
func extract(t *testing.T, name string) string {
	t.Helper()
	ar, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range ar.Files {
		put(f.Name, f.Data)
	}
	sum, err := os.ReadFile("../../../testdata/chat/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	put("go.sum", sum)
	return dir
}

// anywhere is what has the go command's cache know a package whatever directory it lies
// in, so that copies of a module are compiled once.
const anywhere = "-trimpath"

// env is that of a user outside of this repository.
func env() []string { return append(os.Environ(), "GOWORK=off", "GOFLAGS="+anywhere) }

func TestCountSeesEveryWayToNameACommandOnce(t *testing.T) {
	c, err := count(extract(t, "shapes"), "", env())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, call := range c.calls {
		_, at, _ := strings.Cut(call.At, "shapes")
		got = append(got, fmt.Sprintf("%s %s %v", at, call.Method, call.User))
	}
	slices.Sort(got)
	want := []string{
		".go:20:6 Set false", ".go:21:11 Get false", ".go:22:22 Del false", ".go:24:15 Incr false", ".go:25:4 Get true",
		"_test.go:12:6 Exists false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Commands != 5 || c.Interfaces != 1 || c.Functions != 1 || len(c.other) != 1 || c.other[0].Method != "Watch" || len(c.Errors) != 0 {
		t.Errorf("counted %+v, others %v", c, c.other)
	}
	// 5 commands, Val, Watch, Close.
	if c.Methods != 8 || c.Uses != c.Methods+c.Functions+c.Types+c.Others {
		t.Errorf("%d methods of %d uses: %+v", c.Methods, c.Uses, c)
	}
}

func TestCountSaysWhatDoesNotTypeCheck(t *testing.T) {
	dir := extract(t, "small")
	if err := os.WriteFile(filepath.Join(dir, "bad.go"), []byte("package small\n\nvar x int = \"\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := count(dir, "", env())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Errors) == 0 || !strings.Contains(c.Errors[0], "bad.go:3") || c.Commands != 1 {
		t.Errorf("errors %q, %d commands", c.Errors, c.Commands)
	}
}

func try(t *testing.T, bad string) *result {
	t.Helper()
	r, err := examine(badOptions(t, bad), extract(t, "small"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// badOptions name the bad tool.
func badOptions(t *testing.T, bad string) options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("EVERYTHING_BAD", bad)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", anywhere)
	return options{tool: self, runtime: t.TempDir(), timeout: time.Minute, again: 1}
}

func TestFaultsOfTheToolAreTold(t *testing.T) {
	for bad, want := range map[string][]string{
		"nothing":          {},
		"panics":           {"panicked", "that broke off left small.go changed"},
		"ends":             {"ended with 2: no way"},
		"report writes":    {"the report changed new.go", "undo leaves new.go"},
		"does not compile": {"example.com/small no longer compiles: ", "go build ./... fails", "1 tests that passed"},
		"vet":              {"go vet finds something in example.com/small"},
		"test fails":       {"1 tests that passed before do not pass after"},
		"changes twice":    {"a second run changes redis2cf.yaml", "undo leaves redis2cf.yaml"},
		"remembers":        {"the same run after undo writes something else into made"},
		"undo":             {"undo leaves left"},
	} {
		t.Run(bad, func(t *testing.T) {
			r := try(t, bad)
			all := strings.Join(r.Lost, "\n")
			for _, w := range want {
				if !strings.Contains(all, w) {
					t.Errorf("lost is %q, does not say %q", r.Lost, w)
				}
			}
			if len(want) == 0 && len(r.Lost) > 0 {
				t.Errorf("nothing is wrong, but lost is %q", r.Lost)
			}
			var b bytes.Buffer
			r.table(&b)
			summary(&b, []*result{r})
			if len(want) > 0 && !strings.Contains(b.String(), "LOST: ") {
				t.Errorf("the table does not say so:\n%s", &b)
			}
		})
	}
}

func TestATestThatPassesAgainIsNotLost(t *testing.T) {
	r := try(t, "fails once")
	if len(r.Lost) > 0 || len(r.Changed) != 1 || r.Changed[0].Again != "passes" || r.Changed[0].Output == "" {
		t.Errorf("lost %q, changed %+v", r.Lost, r.Changed)
	}
}

func TestOnlyTheNamedPackagesAreTested(t *testing.T) {
	dir := extract(t, "small")
	for _, sub := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("package %s\n\nimport \"testing\"\n\nfunc TestIn(*testing.T) {}\n", sub)
		if err := os.WriteFile(filepath.Join(dir, sub, "in_test.go"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for want, patterns := range map[string][]string{
		"TestKey, a TestIn, b TestIn": nil,
		"TestKey, b TestIn":           {".", "./b/..."},
	} {
		o := badOptions(t, "nothing")
		o.tests = patterns
		r, err := examine(o, dir, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name := range r.Before.Tests {
			if strings.Contains(name, " ") {
				got = append(got, strings.TrimLeft(strings.TrimPrefix(name, "example.com/small"), " /"))
			}
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want || r.Before.Packages != 3 {
			t.Errorf("-tests %q runs %q in %d packages", patterns, got, r.Before.Packages)
		}
	}
	for _, p := range []string{"./nothing", "./nothing/...", "./nothing..."} {
		o := badOptions(t, "nothing")
		o.tests = []string{".", p}
		if _, err := examine(o, dir, t.TempDir()); err == nil || !strings.Contains(err.Error(), "-tests "+p+": no package") {
			t.Errorf("-tests %s, which is no package's: %v", p, err)
		}
	}
}

func TestCallsThatWereNotFoundAreNamed(t *testing.T) {
	dir := extract(t, "shapes")
	c, err := count(dir, "", env())
	if err != nil {
		t.Fatal(err)
	}
	run := &runOf{stdout: []byte(`{"sites": [{"file": "shapes.go", "line": 20, "column": 6}], "counts": {"sites": 1}}`)}
	rep, err := run.report()
	if err != nil {
		t.Fatal(err)
	}
	r := &result{Count: c}
	r.sites(rep)
	if len(r.Missing) != 5 || r.Sites.Calls != 1 || r.NoSites["Watch"] != 1 || len(r.Lost) != 1 {
		t.Errorf("missing %v, %d found, no sites %v, lost %q", r.Missing, r.Sites.Calls, r.NoSites, r.Lost)
	}
}

func TestReplacedDirectoriesAreCopiedToo(t *testing.T) {
	top := t.TempDir()
	mod := filepath.Join(top, "a", "b", "mod")
	if err := os.MkdirAll(mod, 0o755); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                                mod,
		"replace example.org/x => ./x":    mod,
		"replace example.org/x => ../x":   filepath.Dir(mod),
		"replace example.org/x => ../../": filepath.Join(top, "a"),
		"replace example.org/x => example.org/y v1.0.0": mod,
	} {
		if err := os.WriteFile(filepath.Join(mod, "go.mod"), []byte("module example.com/m\n\n"+text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := around(mod); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestSnapshotSeesBytesModesLinksAndNames(t *testing.T) {
	dir, dup := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	for _, name := range []string{"bytes", "mode", "gone", ".redis2cf/journal", ".git/HEAD"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("a"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("bytes", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := trees.Copy(dup, dir); err != nil {
		t.Fatal(err)
	}
	before, err := snap(dir)
	if err != nil {
		t.Fatal(err)
	}
	delete(before, ".git/HEAD") // not copied
	same, err := snap(dup)
	if err != nil {
		t.Fatal(err)
	}
	if d := before.differences(same); len(d) != 0 {
		t.Errorf("a copy differs in %v", d)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(os.WriteFile(filepath.Join(dup, "bytes"), []byte("b"), 0o644))
	do(os.Chmod(filepath.Join(dup, "mode"), 0o600))
	do(os.Remove(filepath.Join(dup, "gone")))
	do(os.Remove(filepath.Join(dup, "link")))
	do(os.Symlink("mode", filepath.Join(dup, "link")))
	do(os.WriteFile(filepath.Join(dup, "new"), nil, 0o644))
	do(os.WriteFile(filepath.Join(dup, ".redis2cf", "more"), nil, 0o644))
	now, err := snap(dup)
	do(err)
	if got, want := before.differences(now), []string{"bytes", "gone", "link", "mode", "new"}; !slices.Equal(got, want) {
		t.Errorf("differences %v, want %v", got, want)
	}
}

func TestChangedTestsExplainTheirPackage(t *testing.T) {
	before := &state{Tests: map[string]string{"p": "pass", "p A": "pass", "p B": "fail", "q": "pass", "r": "pass", "r A": "skip", "s T": "pass", "s T/12:01": "pass", "s U": "pass", "s U/gone": "pass"}}
	after := &state{Tests: map[string]string{"p": "fail", "p A": "fail", "p B": "pass", "q": "fail", "r": "pass", "r A": "skip", "r B": "pass", "made": "skip", "s T": "pass", "s T/12:05": "pass", "s U": "fail"}}
	var got []string
	for _, c := range changed(before, after) {
		got = append(got, fmt.Sprintf("%s %s %s %v", c.Test, c.Before, c.After, c.lost()))
	}
	want := []string{"p A pass fail true", "p B fail pass false", "q pass fail true", "r B none pass false", "s U pass fail true", "s U/gone pass none true"}
	if !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
}

func TestWordsOfGoVetByPackage(t *testing.T) {
	got := byPackage([]byte("go: downloading x v1\n# a/b\n./x.go:1:2: one\n# [a/c]\n./y.go:3:4: two\n# a/d [a/d.test]\nthree\n"))
	want := map[string]string{"a/b": "./x.go:1:2: one\n", "a/c": "./y.go:3:4: two\n", "a/d": "three\n"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The whole way on the sample: nothing of it may be lost.
func TestNothingOfTheSampleIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("migrates and builds a whole application")
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", anywhere)
	work := t.TempDir()
	o := options{timeout: 10 * time.Minute, noTests: true} // internal/cli runs them, on both sides
	o.tool = filepath.Join(work, "redis2cf")
	g := &gocmd{dir: "../../..", env: os.Environ()}
	if out, err := g.command(t.Context(), "build", "-o", o.tool, "./cmd/redis2cf").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var err error
	if o.runtime, err = filepath.Abs("../../../runtime"); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(work, "chat")
	if err := sample.Extract(dir); err != nil {
		t.Fatal(err)
	}
	r, err := examine(o, dir, filepath.Join(work, "work"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r.table(&b)
	t.Log(b.String())
	if len(r.Lost) > 0 || r.Sites.Migrated != r.Sites.Found || r.Sites.Calls != r.Count.Commands || r.Count.Commands < 50 {
		t.Errorf("lost %q", r.Lost)
	}
	if r.Remaining.Uses != 0 || r.After.Compiling != r.Before.Compiling+1 || len(r.Undo)+len(r.Second) > 0 {
		t.Errorf("afterwards %+v, %d of %d packages compile", r.Remaining, r.After.Compiling, r.After.Packages)
	}
}
