package rewrite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/rewrite"
)

var update = flag.Bool("update", false, "write what the cases give now into testdata/cases")

// A golden case is a txtar archive in testdata/cases: one behaviour, in a
// package tree of its own below example.com/<name of the case>.
//
//	-- x.go --        the input
//	-- want/x.go --   the same file afterwards; a file without one must not change
//	-- report --      what became of each site, of what stayed, what to run then,
//	                  and the families
//	-- keep api --    the run is with -api=keep
//	-- run --         "go test" lines: the tests pass on redis-server before and
//	                  on the embedded store after
//
// All cases are packages of one module, so that one load and one build serve
// them all. Each is type-checked before and after and rewritten twice: the
// second run must see the same sites and families and change nothing.
type goldenCase struct {
	name    string
	file    string
	archive *txtar.Archive
	input   map[string][]byte
	runs    bool
	keepAPI bool
	result  *rewrite.Result
	report  string
}

const casesDir = "../testdata/cases"

func readCases(t *testing.T) []*goldenCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(casesDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", casesDir, err)
	}
	var cases []*goldenCase
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := &goldenCase{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), file: file, archive: ar, input: map[string][]byte{}}
		for _, f := range ar.Files {
			switch {
			case f.Name == "run":
				c.runs = true
			case f.Name == "keep api":
				c.keepAPI = true
			case f.Name == "report" || strings.HasPrefix(f.Name, "want/"):
			default:
				c.input[f.Name] = undoMarks(f.Data)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// undoMarks lets a case have carriage returns, which editors and version
// control like to change: ␍ stands for one.
func undoMarks(b []byte) []byte { return bytes.ReplaceAll(b, []byte("␍"), []byte("\r")) }
func doMarks(b []byte) []byte   { return bytes.ReplaceAll(b, []byte("\r"), []byte("␍")) }

// workDir is an empty directory whose name is the same in every run of a
// checkout: the go command's cache goes by path, and with another one each time
// all cases would be compiled anew.
func workDir(t *testing.T, name string) string {
	t.Helper()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := filepath.EvalSymlinks(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(checkout))
	dir := filepath.Join(tmp, fmt.Sprintf("redis2cf-golden-%x", sum[:4]), name)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(dir)) })
	return dir
}

// module lays a copy of the case module out.
func module(t *testing.T, migrated bool) string {
	t.Helper()
	dir := workDir(t, map[bool]string{false: "before", true: "after"}[migrated])
	src := filepath.Join(casesDir, "module")
	err := filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(src, path)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return write(filepath.Join(dir, rel), data)
	})
	if err != nil {
		t.Fatal(err)
	}
	if migrated {
		runtime, err := filepath.Abs("../runtime")
		if err != nil {
			t.Fatal(err)
		}
		settleForTest(t, dir, runtime)
	}
	return dir
}

// settleForTest requires the runtime from this checkout, with its own go.sum.
func settleForTest(t *testing.T, dir, runtime string) {
	t.Helper()
	gomod, err := os.ReadFile(filepath.Join(runtime, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var requires []string
	in := false
	for _, line := range strings.Split(string(gomod), "\n") {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "require (":
			in = true
		case trimmed == ")":
			in = false
		case in && trimmed != "":
			requires = append(requires, "require "+trimmed)
		case strings.HasPrefix(trimmed, "require "):
			requires = append(requires, trimmed)
		}
	}
	for _, part := range []string{"", "/goredis", "/goredisv8", "/cfotel"} { // the runtime, its bridges to go-redis and its instrumentation
		add(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("\nrequire github.com/redis2cf/redis2cf/runtime%[1]s v0.0.0\n\nreplace github.com/redis2cf/redis2cf/runtime%[1]s => %[2]s%[1]s\n", part, runtime))
	}
	add(t, filepath.Join(dir, "go.mod"), "\n"+strings.Join(requires, "\n")+"\n")
	for _, sum := range []string{filepath.Join(runtime, "go.sum"), "../go.sum", "../go.work.sum"} {
		if data, err := os.ReadFile(sum); err == nil {
			add(t, filepath.Join(dir, "go.sum"), string(data))
		}
	}
}

func add(t *testing.T, name, text string) {
	t.Helper()
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(old, text...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// Without the names of directories in what is compiled, a package that no run changes is
// compiled once for before and after.
var testEnv = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -trimpath")

func loadAll(t *testing.T, dir string) *load.Program {
	t.Helper()
	prog, err := load.Load(context.Background(), load.Config{Dir: dir, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// part is the program of one case: as if it were a module of its own.
func part(prog *load.Program, name string) *load.Program {
	p := *prog
	p.Module.Path = "example.com/" + name
	p.Module.Dir = filepath.Join(prog.Module.Dir, name)
	p.Packages, p.Meta = nil, map[string]*load.Meta{}
	mine := func(path string) bool {
		return path == p.Module.Path || path == p.Module.Path+"_test" || strings.HasPrefix(path, p.Module.Path+"/")
	}
	for _, pkg := range prog.Packages {
		if mine(pkg.Path) {
			p.Packages = append(p.Packages, pkg)
		}
	}
	p.Module.Program = false // another case's main makes no program of this one
	for path, m := range prog.Meta {
		if mine(path) {
			p.Meta[path] = m
			p.Module.Program = p.Module.Program || m.Name == "main"
		}
	}
	return &p
}

func (c *goldenCase) run(t *testing.T, prog *load.Program) (*rewrite.Result, []analyzer.Site, *plan.Plan, []plan.Problem) {
	t.Helper()
	mine := part(prog, c.name)
	sites := mine.Analyze().Sites
	existing := &plan.Plan{Version: 1, Package: plan.DefaultPackage}
	if _, ok := c.input[plan.FileName]; ok {
		p, err := plan.Read(filepath.Join(mine.Module.Dir, plan.FileName))
		if err != nil {
			t.Fatal(err)
		}
		existing = p
	}
	existing.Module = mine.Module.Path
	if c.keepAPI {
		existing.API = plan.APIKeep
	}
	p, problems := plan.Build(sites, existing)
	p.Module = mine.Module.Path
	res, err := rewrite.Run(context.Background(), mine, sites, p, rewrite.Options{MemoryOnly: true})
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return res, sites, p, problems
}

// describe is the report section of a case.
func describe(dir string, res *rewrite.Result, sites []analyzer.Site, p *plan.Plan, problems []plan.Problem) string {
	var b strings.Builder
	rel := func(name string) string {
		r, err := filepath.Rel(dir, name)
		if err != nil {
			return name
		}
		return filepath.ToSlash(r)
	}
	for i, f := range res.Fates {
		s := sites[i]
		fmt.Fprintf(&b, "%s:%d %s", rel(s.Position.Filename), s.Position.Line, s.Row.Method)
		switch {
		case !f.Moved:
			fmt.Fprintf(&b, " stays %s", f.Code)
		case f.View != "":
			fmt.Fprintf(&b, " view %s", f.View)
		case f.Code != "":
			fmt.Fprintf(&b, " moves %s", f.Code)
		default:
			b.WriteString(" moves")
		}
		b.WriteString("\n")
	}
	for _, s := range append(slices.Clone(res.Stayed), res.Problems...) {
		fmt.Fprintf(&b, "%s:%d %s: %s\n", rel(s.Pos.Filename), s.Pos.Line, s.Code, strings.ReplaceAll(s.Text, dir+string(filepath.Separator), ""))
	}
	for _, c := range res.Cuts {
		fmt.Fprintf(&b, "%s:%d %s %s: %s %s\n", rel(c.Pos.Filename), c.Pos.Line, c.Code, c.Func, c.Because.Code, strings.ReplaceAll(c.Because.Text, dir+string(filepath.Separator), ""))
	}
	for _, s := range res.TakenBack {
		fmt.Fprintf(&b, "%s:%d %s %s taken back: %s\n", rel(s.Pos.Filename), s.Pos.Line, s.Code, s.Rung, s.Text)
	}
	for _, pr := range problems {
		fmt.Fprintf(&b, "plan %s: %s\n", pr.Code, pr.Message)
	}
	for _, command := range res.Generate {
		fmt.Fprintf(&b, "then %s\n", command)
	}
	var families []string
	for i := range p.Families {
		f := &p.Families[i]
		families = append(families, fmt.Sprintf("family %s %s %s\n", f.Name, f.Pattern, f.Type))
	}
	sort.Strings(families)
	b.WriteString(strings.Join(families, ""))
	return b.String()
}

func codesOf(res *rewrite.Result, problems []plan.Problem) []string {
	var out []string
	for _, pr := range problems {
		out = append(out, pr.Code)
	}
	for _, f := range res.Fates {
		if f.Code != "" {
			out = append(out, f.Code)
		}
	}
	for _, s := range append(slices.Clone(res.Stayed), res.Problems...) {
		out = append(out, s.Code)
	}
	for _, c := range res.Cuts {
		out = append(out, c.Code)
	}
	return out
}

// sitesOf is what the second run must see again.
func sitesOf(sites []analyzer.Site) []string {
	var out []string
	for _, s := range sites {
		var keys []string
		for _, k := range s.Keys {
			keys = append(keys, strings.Join(k.Patterns, "|"))
		}
		out = append(out, fmt.Sprintf("%s %s %s", filepath.Base(s.Position.Filename), s.Row.Method, strings.Join(keys, " ")))
	}
	return out
}

func bridgesOf(res *rewrite.Result) []string {
	var out []string
	for _, c := range res.Cuts {
		if c.Func != "" {
			out = append(out, fmt.Sprintf("%s %s", filepath.Base(c.Pos.Filename), c.Func))
		}
	}
	return out
}

func familiesOf(p *plan.Plan) []string {
	var out []string
	for i := range p.Families {
		f := &p.Families[i]
		out = append(out, f.Pattern+" "+f.Name+" "+string(f.Type)+" "+string(f.Store))
	}
	return out
}

func TestGolden(t *testing.T) {
	cases := readCases(t)
	before, after := module(t, false), module(t, true)
	for _, c := range cases {
		for name, data := range c.input {
			if err := write(filepath.Join(before, c.name, name), data); err != nil {
				t.Fatal(err)
			}
		}
	}
	prog := loadAll(t, before)
	plans := map[string]*plan.Plan{}
	sites := map[string][]string{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(before, c.name)
			res, ss, p, problems := c.run(t, prog)
			c.result, plans[c.name], sites[c.name] = res, p, sitesOf(ss)
			c.report = describe(dir, res, ss, p, problems)
			for _, code := range codesOf(res, problems) {
				if _, ok := spec.CodeOf(code); !ok {
					t.Errorf("redis2cf explain does not know the code %s", code)
				}
			}
			c.compare(t, dir)
			c.migrate(t, dir, filepath.Join(after, c.name))
		})
	}
	if t.Failed() {
		return
	}
	second := loadAll(t, after) // type-checks what the first run made
	for _, c := range cases {
		if c.result == nil || len(c.result.Files) == 0 {
			continue // left out by -run, or nothing moved: there is nothing to see again that was not seen before
		}
		t.Run(c.name+"/second", func(t *testing.T) {
			res, ss, p := c.run2(t, second, plans[c.name])
			if got, want := strings.Join(sitesOf(ss), "\n"), strings.Join(sites[c.name], "\n"); got != want {
				t.Errorf("the second run sees other sites\ngot:\n%s\nwant:\n%s", got, want)
			}
			if got, want := familiesOf(p), familiesOf(plans[c.name]); !slices.Equal(got, want) {
				t.Errorf("the second run sees other families\ngot  %v\nwant %v", got, want)
			}
			if got, want := bridgesOf(res), bridgesOf(c.result); !slices.Equal(got, want) {
				t.Errorf("the second run sees other bridges\ngot  %v\nwant %v", got, want)
			}
			for _, e := range res.Edits {
				t.Errorf("the second run edits %s at %d: %q", filepath.Base(e.File), e.Start, e.New)
			}
			for name := range res.Files {
				t.Errorf("the second run writes %s", name)
			}
		})
	}
	if !testing.Short() {
		t.Run("programs", func(t *testing.T) { runPrograms(t, cases, before, after) })
	}
}

// run2 is a second run with the plan that the first one wrote.
func (c *goldenCase) run2(t *testing.T, prog *load.Program, p *plan.Plan) (*rewrite.Result, []analyzer.Site, *plan.Plan) {
	t.Helper()
	mine := part(prog, c.name)
	sites := mine.Analyze().Sites
	again, _ := plan.Build(sites, p)
	res, err := rewrite.Run(context.Background(), mine, sites, again, rewrite.Options{MemoryOnly: true})
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return res, sites, again
}

// compare holds the result against the case, or writes it into the case.
func (c *goldenCase) compare(t *testing.T, dir string) {
	t.Helper()
	got := map[string][]byte{}
	for name, data := range c.result.Files {
		if c.result.Facade[name] {
			continue
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.ToSlash(rel)] = data
	}
	if *update {
		c.update(t, got)
		return
	}
	want := map[string][]byte{}
	report := ""
	for _, f := range c.archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok {
			want[name] = undoMarks(f.Data)
		} else if f.Name == "report" {
			report = string(f.Data)
		}
	}
	for name, data := range got {
		if w, ok := want[name]; !ok {
			t.Errorf("%s must not change, but became\n%s", name, data)
		} else if !bytes.Equal(w, data) {
			t.Errorf("%s is\n%s\nwant\n%s", name, data, w)
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s did not change", name)
		}
	}
	if c.report != report {
		t.Errorf("report is\n%s\nwant\n%s", c.report, report)
	}
}

func (c *goldenCase) update(t *testing.T, got map[string][]byte) {
	t.Helper()
	ar := &txtar.Archive{Comment: c.archive.Comment}
	for _, f := range c.archive.Files {
		if !strings.HasPrefix(f.Name, "want/") && f.Name != "report" {
			ar.Files = append(ar.Files, f)
		}
	}
	var names []string
	for name := range got {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		ar.Files = append(ar.Files, txtar.File{Name: "want/" + name, Data: doMarks(got[name])})
	}
	ar.Files = append(ar.Files, txtar.File{Name: "report", Data: []byte(c.report)})
	if data := txtar.Format(ar); !bytes.Equal(data, txtar.Format(c.archive)) {
		if err := os.WriteFile(c.file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("updated %s", c.file)
	}
}

// migrate lays the case out as it is after the run.
func (c *goldenCase) migrate(t *testing.T, from, to string) {
	t.Helper()
	files := map[string][]byte{}
	for name, data := range c.input {
		files[name] = data
	}
	for name, data := range c.result.Files {
		rel, err := filepath.Rel(from, name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(rel)] = data
	}
	for name, data := range files {
		if err := write(filepath.Join(to, name), data); err != nil {
			t.Fatal(err)
		}
	}
}

// runPrograms runs the tests of the cases that have some: type checking does
// not see an error that is compared across packages.
func runPrograms(t *testing.T, cases []*goldenCase, before, after string) {
	var pkgs []string
	for _, c := range cases {
		if c.runs {
			pkgs = append(pkgs, "./"+c.name+"/...")
		}
	}
	test := func(t *testing.T, dir string, env ...string) {
		t.Helper()
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-vet=off", "-ldflags=-w -s"}, pkgs...)...)
		cmd.Dir = dir
		cmd.Env = append(slices.Clone(testEnv), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	t.Run("before", func(t *testing.T) { test(t, before, "REDIS_ADDR="+testneed.RedisServer(t)) })
	t.Run("after", func(t *testing.T) { test(t, after) })
}
