package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/bench/trees"
)

// A result is all that is known of one module.
type result struct {
	Dir    string `json:"dir"`
	Module string `json:"module"`

	Count     *census `json:"count"`     // of the module as it is
	Remaining *census `json:"remaining"` // of the migrated copy: what still is go-redis

	Sites     sites          `json:"sites"`
	Missing   []call         `json:"missing"` // calls of the count that redis2cf does not have
	NoSites   map[string]int `json:"noSites"` // other methods with a context that are no sites, by name
	Before    *state         `json:"before"`
	After     *state         `json:"after"`
	Changed   []change       `json:"changed"` // tests with another outcome
	NewVet    []string       `json:"newVet"`  // packages with findings of go vet that had none
	Second    []string       `json:"second"`  // files that a second run changes
	Undo      []string       `json:"undo"`    // files that undo does not put back
	Report    *runOf         `json:"report"`  // redis2cf
	Write     *runOf         `json:"write"`   // redis2cf -w
	Again     *runOf         `json:"again"`   // the second redis2cf -w
	UndoRun   *runOf         `json:"undoRun"` // redis2cf undo
	Warm      *runOf         `json:"warm"`    // redis2cf -w after undo: its cost when nothing has to be compiled first
	Lost      []string       `json:"lost"`    // what must not be, one line each
	Kept      string         `json:"kept,omitempty"`
	TakenBack []string       `json:"takenBack"` // lines of the report about VERIFY_FAILED
}

// A bench is one module at work.
type bench struct {
	o    options
	src  string // the tree to copy
	rel  string // the module inside it
	tree string // the copy
	mod  string // the module in the copy
	env  []string
	r    *result
}

// examine does the whole way with one module, in a directory of its own.
func examine(o options, dir, work string) (*result, error) {
	src, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if src, err = filepath.EvalSymlinks(src); err != nil {
		return nil, err
	}
	top, err := around(src)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(top, src)
	if err != nil {
		return nil, err
	}
	// The same directory in all phases: the go command's cache knows packages by
	// their path, and tests may know it too.
	tree := filepath.Join(work, filepath.Base(top))
	b := &bench{o: o, src: top, rel: rel, tree: tree, mod: filepath.Join(tree, rel), r: &result{Dir: dir}}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CFSTORE_URL=") { // the tests after are those of the embedded store
			b.env = append(b.env, e)
		}
	}
	return b.r, b.run(work)
}

func (b *bench) fresh(from string) error {
	if err := os.RemoveAll(b.tree); err != nil {
		return err
	}
	return trees.Copy(b.tree, from)
}

func (b *bench) run(work string) error {
	r := b.r
	if err := b.fresh(b.src); err != nil {
		return err
	}
	err := b.gocmd().named(b.o.tests)
	if err != nil {
		return err
	}
	if r.Count, err = count(b.mod, b.o.tags, b.env); err != nil {
		return err
	}
	if r.Before, err = b.state(b.o.redis, work); err != nil {
		return err
	}
	if err := b.fresh(b.src); err != nil { // tests leave files behind
		return err
	}
	migrated := filepath.Join(work, "migrated", filepath.Base(b.src))
	wrote, err := b.migrate(migrated)
	if err != nil || !wrote {
		return err
	}
	if r.UndoRun == nil { // nothing moved: the module after is the module before
		r.After, r.Remaining = r.Before, r.Count
		return nil
	}
	if err := b.fresh(migrated); err != nil {
		return err
	}
	if r.Remaining, err = count(b.mod, b.o.tags, b.env); err != nil {
		return err
	}
	// What stays on go-redis needs its server after, too.
	var redis []string
	if sum(r.Sites.Stays) > 0 {
		redis = b.o.redis
	}
	if r.After, err = b.state(redis, work); err != nil {
		return err
	}
	if err := b.compare(); err != nil {
		return err
	}
	if b.o.keep {
		if err := b.fresh(migrated); err != nil {
			return err
		}
		r.Kept = b.mod
	}
	return os.RemoveAll(filepath.Dir(migrated))
}

func (b *bench) gocmd() *gocmd {
	return &gocmd{dir: b.mod, env: b.env, tags: b.o.tags, timeout: b.o.timeout}
}

// state asks the go command about the copy as it is now.
func (b *bench) state(redis []string, work string) (*state, error) {
	s := &state{Redis: strings.Join(redis, ",")}
	g := b.gocmd()
	if err := g.compile(s); err != nil {
		return nil, err
	}
	if b.o.noTests {
		return s, nil
	}
	stop, err := startRedis(redis, work)
	if err != nil {
		return nil, err
	}
	defer stop()
	return s, g.test(s, b.o.testRun, b.o.tests...)
}

// migrate runs redis2cf: the report, -w, -w again, undo. The migrated tree is
// copied before undo; wrote is false when there is none.
func (b *bench) migrate(migrated string) (wrote bool, err error) {
	r := b.r
	tool := func(into **runOf, args ...string) (ok bool) {
		if err == nil {
			*into, err = redis2cf(b.o, b.mod, b.env, args...)
		}
		if err != nil {
			return false
		}
		if why := (*into).failed(); why != "" {
			r.lose("%s", why)
			return false
		}
		return true
	}
	flags := []string{"-json"}
	if b.o.tags != "" {
		flags = append(flags, "-tags", b.o.tags)
	}
	write := append([]string{"-w", "-runtime", b.o.runtime}, flags...)
	before, err := snap(b.tree)
	if err != nil {
		return false, err
	}
	if tool(&r.Report, append(slices.Clone(flags), "./...")...) {
		if rep, err := r.Report.report(); err != nil {
			return false, err
		} else {
			r.Sites.Promised = rep.Counts.View + rep.Counts.Plain + rep.Counts.Done
		}
	}
	if left, err := b.changedSince(before); err != nil {
		return false, err
	} else if len(left) > 0 {
		r.lose("the report changed %s", some(left))
	}
	if !tool(&r.Write, append(slices.Clone(write), "./...")...) {
		if left, err := b.changedSince(before); err != nil {
			return false, err
		} else if len(left) > 0 {
			r.lose("the run that broke off left %s changed", some(left))
		}
		return false, err
	}
	rep, err := r.Write.report()
	if err != nil {
		return false, err
	}
	r.sites(rep)
	after, err := snap(b.tree)
	if err != nil {
		return false, err
	}
	if tool(&r.Again, append(slices.Clone(write), "./...")...) {
		if r.Second, err = b.changedSince(after); err != nil {
			return false, err
		}
		if len(r.Second) > 0 {
			r.lose("a second run changes %s", some(r.Second))
		}
	}
	if err := trees.Copy(migrated, b.tree); err != nil {
		return false, err
	}
	if len(before.differences(after)) == 0 {
		return true, nil // nothing to put back
	}
	if tool(&r.UndoRun, "undo") {
		if r.Undo, err = b.changedSince(before); err != nil {
			return false, err
		}
		if len(r.Undo) > 0 {
			r.lose("undo leaves %s", some(r.Undo))
		}
	}
	if tool(&r.Warm, append(slices.Clone(write), "./...")...) {
		if other, err := b.changedSince(after); err != nil {
			return false, err
		} else if len(other) > 0 {
			r.lose("the same run after undo writes something else into %s", some(other))
		}
	}
	return true, err
}

func (b *bench) changedSince(s snapshot) ([]string, error) {
	now, err := snap(b.tree)
	if err != nil {
		return nil, err
	}
	return s.differences(now), nil
}

// compare holds the module after against the module before.
func (b *bench) compare() error {
	r := b.r
	for pkg, why := range r.After.Broken {
		if r.Before.Broken[pkg] == "" {
			r.lose("%s no longer compiles: %s", pkg, firstLine(why))
		}
	}
	if r.After.Build != "" && r.Before.Build == "" {
		r.lose("go build ./... fails: %s", firstLine(r.After.Build))
	}
	for pkg := range r.After.Vet {
		if r.Before.Vet[pkg] == "" {
			r.NewVet = append(r.NewVet, pkg)
		}
	}
	sort.Strings(r.NewVet)
	for _, pkg := range r.NewVet {
		r.lose("go vet finds something in %s: %s", pkg, firstLine(r.After.Vet[pkg]))
	}
	r.Changed = changed(r.Before, r.After)
	if err := b.again(); err != nil {
		return err
	}
	lost := 0
	for _, c := range r.Changed {
		if c.lost() && c.Again == "" {
			lost++
		}
	}
	if lost > 0 {
		r.lose("%d tests that passed before do not pass after", lost)
	}
	sort.Strings(r.Lost)
	return nil
}

// again runs lost tests some more times, those of a package together, and marks
// those that pass once.
func (b *bench) again() error {
	g := b.gocmd()
	for range b.o.again {
		names := map[string][]string{} // package to the tests at its top
		for _, c := range b.r.Changed {
			pkg, name, ok := strings.Cut(c.Test, " ")
			name, _, _ = strings.Cut(name, "/")
			if name = regexp.QuoteMeta(name); ok && c.lost() && c.Again == "" && !slices.Contains(names[pkg], name) {
				names[pkg] = append(names[pkg], name)
			}
		}
		for pkg, list := range names {
			s := &state{}
			if err := g.test(s, "^("+strings.Join(list, "|")+")$", pkg); err != nil {
				return err
			}
			for i := range b.r.Changed {
				if c := &b.r.Changed[i]; c.lost() && s.Tests[c.Test] == "pass" {
					c.Again = "passes"
				}
			}
		}
	}
	return nil
}

func (r *result) lose(format string, args ...any) {
	r.Lost = append(r.Lost, fmt.Sprintf(format, args...))
}

// some names a few of a list.
func some(list []string) string {
	const most = 3
	if len(list) > most {
		return fmt.Sprintf("%s and %d more files", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "go: ") {
			return line
		}
	}
	return strings.TrimSpace(s)
}
