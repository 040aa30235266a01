package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// How much of a list the table shows; -json has all of it.
const (
	maxCalls   = 10
	maxOutput  = 4 // lines of a failed test
	maxChanged = 40
)

// table prints one module.
func (r *result) table(out io.Writer) {
	fmt.Fprintf(out, "%s (%s)\n", cmp.Or(r.Module, "module"), r.Dir)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if c := r.Count; c != nil {
		row("uses of go-redis", "%d: %d methods, %d functions, %d types, %d others%s", c.Uses, c.Methods, c.Functions, c.Types, c.Others, versions(c))
		for _, e := range c.Errors {
			row("", "does not type-check: %s", firstLine(e))
		}
	}
	if r.Write != nil && r.Write.Exit == 0 {
		r.siteRows(row)
	} else if r.Count != nil {
		row("command calls counted", "%d, and %d through other interfaces", r.Count.Commands, r.Count.Interfaces)
	}
	r.goRows(row)
	row("second run", "%s", verdict(r.Again, r.Second, "changes nothing", "changes"))
	row("undo", "%s", verdict(r.UndoRun, r.Undo, "every byte as it was", "leaves"))
	for _, run := range []struct {
		what string
		*runOf
	}{{"redis2cf", r.Report}, {"redis2cf -w", r.Write}, {"  with nothing to do", r.Again}, {"  after undo, warm", r.Warm}} {
		if run.runOf != nil {
			row(run.what, "%s", cost(run.runOf))
		}
	}
	_ = w.Flush()
	for _, line := range r.TakenBack {
		fmt.Fprintf(out, "  taken back: %s\n", line)
	}
	r.changes(out)
	for _, l := range r.Lost {
		fmt.Fprintf(out, "  LOST: %s\n", l)
	}
	if r.Kept != "" {
		fmt.Fprintf(out, "  kept in %s\n", r.Kept)
	}
}

func versions(c *census) string {
	if len(c.Versions) < 2 {
		return ""
	}
	var parts []string
	for _, p := range goRedisPaths {
		parts = append(parts, fmt.Sprintf("%d of %s", c.Versions[p], p))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// siteRows are the rows about sites.
func (r *result) siteRows(row func(string, string, ...any)) {
	s, c := &r.Sites, r.Count
	row("command calls found", "%s of the typed count; %d sites in all", of(s.Calls, c.Commands), s.Found)
	if c.Interfaces > 0 {
		row("  through other interfaces", "%s", of(s.Interface, c.Interfaces))
	}
	for i, m := range r.Missing {
		if i == maxCalls {
			row("", "and %d more; -json lists them", len(r.Missing)-i)
			break
		}
		row("", "not found: %s %s of %s", m.At, m.Method, m.Recv)
	}
	if len(r.NoSites) > 0 {
		row("  methods that are no sites", "%s", byCount(r.NoSites))
	}
	row("sites with keys", "%d", s.Keyed)
	row("  with known data type", "%s", of(s.Typed, s.Keyed))
	row("  with a family", "%s in %d families, %d with several", of(s.Family+s.Several, s.Keyed), s.Families, s.Several)
	row("  keys from outside left out", "%s", of(s.Family+s.Several, s.Keyed-s.Outside))
	row("migrated", "%s", of(s.Migrated, s.Found))
	if s.Promised != s.Migrated {
		row("", "the report had said %d", s.Promised)
	}
	row("  with a view", "%s", of(s.View, s.Found))
	plain := maps.Clone(s.Plain)
	if n := plain[""]; n > 0 {
		delete(plain, "")
		plain["nothing to narrow"] = n // Do, scripts, commands without keys
	}
	row("  without, by reason", "%s", byCount(plain))
	row("left, by reason", "%s", byCount(s.Stays))
	if r.Remaining != nil {
		row("go-redis afterwards", "%d uses, %d of them command calls", r.Remaining.Uses, r.Remaining.Commands)
	}
}

// goRows are the rows that the go command fills.
func (r *result) goRows(row func(string, string, ...any)) {
	b, a := r.Before, r.After
	if b == nil {
		return
	}
	if a == nil || a == b {
		row("packages compiling before", "%s", of(b.Compiling, b.Packages))
		row("tests passing before", "%s", tests(b))
		if a == b {
			row("  after", "the same: no file was changed")
		}
		return
	}
	row("packages compiling before", "%s", of(b.Compiling, b.Packages))
	row("  after", "%s, the generated package among them", of(a.Compiling, a.Packages))
	row("go vet before, after", "%d and %d packages with findings", len(b.Vet), len(a.Vet))
	row("tests passing before", "%s", tests(b))
	row("  after", "%s", tests(a))
}

func tests(s *state) string {
	if s.Tests == nil {
		return "not run"
	}
	text := fmt.Sprintf("%d; %d fail, %d are skipped", s.Passing, s.Failing, s.Skipped)
	if s.Redis != "" {
		text += " (redis-server at " + s.Redis + ")"
	}
	return text
}

// changes lists the tests with another outcome: those that were lost one by one,
// the others by package.
func (r *result) changes(out io.Writer) {
	lost := 0
	others := map[string][]string{}
	for _, c := range r.Changed {
		if !c.lost() {
			pkg, name, _ := strings.Cut(c.Test, " ")
			what := fmt.Sprintf("%s before, %s after: %s", c.Before, c.After, pkg)
			others[what] = append(others[what], name)
			continue
		}
		if lost++; lost > maxChanged {
			continue
		}
		fmt.Fprintf(out, "  test %s: %s before, %s after", c.Test, c.Before, c.After)
		if c.Again != "" {
			fmt.Fprintf(out, ", %s when run again", c.Again)
		}
		fmt.Fprintln(out)
		for _, line := range telling(c.Output) {
			fmt.Fprintf(out, "      %s\n", line)
		}
	}
	if lost > maxChanged {
		fmt.Fprintf(out, "  and %d more tests that were lost; -json lists them\n", lost-maxChanged)
	}
	for _, what := range slices.Sorted(maps.Keys(others)) {
		fmt.Fprintf(out, "  tests %s %s\n", what, strings.Join(others[what], ", "))
	}
}

// telling are the lines of a failed test that say something.
func telling(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") || line == "FAIL" {
			continue
		}
		if len(line) > 160 {
			line = line[:160] + "…"
		}
		if out = append(out, line); len(out) == maxOutput {
			break
		}
	}
	return out
}

func cost(r *runOf) string {
	text := fmt.Sprintf("%s, CPU %s", r.Wall.Round(10*time.Millisecond), r.CPU.Round(10*time.Millisecond))
	if r.Memory > 0 {
		text += fmt.Sprintf(", %d MB", r.Memory>>20)
	}
	return text + fmt.Sprintf(" (%d MB with the commands that it runs)", r.Kids>>20)
}

func verdict(run *runOf, differs []string, good, bad string) string {
	switch {
	case run == nil:
		return "not run"
	case run.failed() != "":
		return "fails"
	case len(differs) == 0:
		return good
	}
	return bad + " " + some(differs)
}

func of(n, all int) string {
	if all == 0 {
		return fmt.Sprintf("%d of 0", n)
	}
	return fmt.Sprintf("%d of %d (%.1f %%)", n, all, 100*float64(n)/float64(all))
}

// byCount writes counts with their names, the largest first.
func byCount(m map[string]int) string {
	if len(m) == 0 {
		return "none"
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(m[b]-m[a], strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", cmp.Or(name, "no reason"), m[name])
	}
	return strings.Join(names, ", ")
}

// summary prints a line for each module.
func summary(out io.Writer, list []*result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "module\tfound\tmigrated\tview\ttype\tfamily\tleft\tcompile\ttests\tsecond\tundo\tCPU\tmemory\tlost")
	for _, r := range list {
		name := cmp.Or(r.Module, filepath.Base(r.Dir))
		if r.Count == nil || r.Before == nil || r.Write == nil || r.Write.Exit != 0 || r.After == nil {
			fmt.Fprintf(w, "%s\t%s\n", name, firstLine(strings.Join(r.Lost, "; ")))
			continue
		}
		s, run := &r.Sites, cmp.Or(r.Warm, r.Write)
		fmt.Fprintf(w, "%s\t%d/%d\t%s\t%s\t%s\t%s\t%d\t%d→%d\t%d→%d\t%s\t%s\t%s\t%d MB\t%d\n", name,
			s.Calls+s.Interface, r.Count.Commands+r.Count.Interfaces, percent(s.Migrated, s.Found), percent(s.View, s.Found),
			percent(s.Typed, s.Keyed), percent(s.Family+s.Several, s.Keyed-s.Outside), sum(s.Stays),
			r.Before.Compiling, r.After.Compiling, r.Before.Passing, r.After.Passing,
			short(r.Again, r.Second), short(r.UndoRun, r.Undo),
			run.CPU.Round(10*time.Millisecond), cmp.Or(run.Memory, run.Kids)>>20, len(r.Lost))
	}
	_ = w.Flush()
}

func short(run *runOf, differs []string) string {
	switch {
	case run == nil:
		return "-"
	case run.failed() != "":
		return "fails"
	case len(differs) == 0:
		return "same"
	}
	return fmt.Sprintf("%d files", len(differs))
}

func percent(n, all int) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(all))
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}
