package cli

import (
	"bufio"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/rewrite"
)

// writeSummary says what -w did, and what to do next when it is asked for.
func (j *job) writeSummary(res *result, next bool) error {
	st := j.ui.style
	out := bufio.NewWriter(j.stdout)
	rep := j.report(res)
	c := rep.Counts
	switch {
	case len(res.changes) > 0 && j.opt.step == string(rewrite.StepGenerate):
		fmt.Fprintf(out, "%s\n", st.Bold(fmt.Sprintf("%s: the generated package is there; no call changed.", rep.Module)))
		j.writeFiles(out, res)
		fmt.Fprintf(out, "\nNext:\n  $EDITOR %s && redis2cf generate     where a family should live elsewhere\n  redis2cf -w -step swap                          go-redis's names, on the new side from then on\n  redis2cf undo                                   every byte as it was\n", plan.FileName)
		return out.Flush()
	case len(res.changes) == 0 && j.opt.step == string(rewrite.StepGenerate) && c.Stays > 0 && len(res.Facade) > 0:
		fmt.Fprintf(out, "%s: nothing to do, the generated package is up to date; redis2cf -w -step swap is the next step.\n", rep.Module)
		return out.Flush()
	case len(res.changes) == 0 && c.Stays == 0:
		fmt.Fprintf(out, "%s: nothing to do, all of %s migrated.\n", rep.Module, calls(c.Sites))
	case len(res.changes) == 0 && c.Done == 0:
		fmt.Fprintf(out, "%s: nothing can move; no file was changed.\n", rep.Module)
	case len(res.changes) == 0:
		fmt.Fprintf(out, "%s: nothing to do, %s migrated.\n", rep.Module, calls(c.Done))
	case c.View+c.Plain == 0:
		fmt.Fprintf(out, "%s\n", st.Bold(rep.Module+": no call changed."))
		j.writeFiles(out, res)
	default:
		fmt.Fprintf(out, "%s\n", st.Bold(fmt.Sprintf("%s: migrated %s, %d of them with a view.", rep.Module, calls(c.View+c.Plain), c.View)))
		j.writeFiles(out, res)
	}
	report.WriteWork(out, rep, j.text())
	report.WriteCuts(out, rep, j.text())
	if g := res.GoVersion; len(res.changes) > 0 && g[0] != g[1] {
		fmt.Fprintf(out, "%s\n", st.Warn(fmt.Sprintf("The go line of go.mod went from %s to %s, which the runtime asks for.", orNone(g[0]), g[1])))
	}
	if len(res.Generate) > 0 {
		fmt.Fprintf(out, "Generated files were edited with what their generators read. These commands make them anew:\n  %s\n", strings.Join(res.Generate, "\n  "))
	}
	if next && len(res.changes) > 0 {
		fmt.Fprintf(out, "\nNext:\n  go test ./...      the module's own tests, on the embedded store\n  redis2cf           the report: families, stores, what is left\n  redis2cf undo      every byte as it was\n")
	}
	return out.Flush()
}

// writeFiles counts the files by kind.
func (j *job) writeFiles(out *bufio.Writer, res *result) {
	var sources, made, vendored int
	var module []string
	for _, c := range res.changes {
		switch {
		case res.Facade[c.path]:
			made++
		case strings.HasPrefix(j.rel(c.path), "vendor/"):
			vendored++
		case strings.HasSuffix(c.path, ".go"):
			sources++
		default:
			module = append(module, j.rel(c.path))
		}
	}
	var parts []string
	if sources > 0 {
		parts = append(parts, fmt.Sprintf("%d source %s", sources, strings.TrimLeft(files(sources), "0123456789 ")))
	}
	if made > 0 {
		parts = append(parts, files(made)+" in "+j.plan.Package)
	}
	if len(module) > 0 {
		sort.Strings(module)
		parts = append(parts, strings.Join(module, ", "))
	}
	if vendored > 0 {
		parts = append(parts, files(vendored)+" in vendor")
	}
	fmt.Fprintf(out, "Wrote %s.\n", strings.Join(parts, "; "))
	if n := res.Counts.Exported; n > 0 {
		have := "exported signatures have"
		if n == 1 {
			have = "exported signature has"
		}
		fmt.Fprintf(out, "%d %s types of %s now: importers outside this module have to follow.\n", n, have, j.plan.Package)
	}
}

func (j *job) rel(path string) string {
	if rel, err := filepath.Rel(j.root, path); err == nil {
		path = rel
	}
	return filepath.ToSlash(path)
}

func (j *job) at(file string, line int) string { return fmt.Sprintf("%s:%d", j.rel(file), line) }

func calls(n int) string {
	if n == 1 {
		return "1 command call"
	}
	return fmt.Sprintf("%d command calls", n)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
