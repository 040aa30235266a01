package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/journal"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/rewrite"
)

// A result is what a run would write.
type result struct {
	*rewrite.Result
	changes []change // by path
}

// A change is one file before and after.
type change struct {
	path          string // absolute
	before, after []byte // before is nil for a new file, after for one that goes
}

// migrate is -d and -w.
func (j *job) migrate() (int, error) {
	res, err := j.rewrite(false)
	if err != nil {
		return exitError, err
	}
	j.ui.done()
	if j.opt.diff {
		if err := j.writeOutputs(j.report(res), res); err != nil {
			return exitError, err
		}
		return j.writeDiff(res)
	}
	if len(res.changes) > 0 {
		if err := j.write(res); err != nil {
			return exitError, err
		}
		// The file has them now.
		j.problems = slices.DeleteFunc(j.problems, func(p plan.Problem) bool { return p.Code == spec.NoFamily })
	}
	j.ui.done()
	if err := j.writeOutputs(j.report(res), res); err != nil {
		return exitError, err
	}
	if j.opt.json {
		return exitDone, j.writeReport(j.report(res))
	}
	return exitDone, j.writeSummary(res, true)
}

// rewrite makes the edits and verifies them; a preview is verified in memory and
// leaves the module files out. It writes nothing.
func (j *job) rewrite(preview bool) (*result, error) {
	for _, p := range j.problems {
		if p.Fatal && !preview {
			return nil, fmt.Errorf("%s: %s; nothing was changed", plan.FileName, p.Message)
		}
	}
	if err := j.viewsThere(); err != nil {
		return nil, err
	}
	if !preview {
		// The package belongs to the generator: a file of somebody else would be
		// overwritten, or be compiled with it.
		if _, err := cfstore.Existing(filepath.Join(j.root, filepath.FromSlash(j.plan.Package))); err != nil {
			return nil, fmt.Errorf("%w; nothing was changed", err)
		}
	}
	only, err := j.selection()
	if err != nil {
		return nil, err
	}
	step, err := stepOf(j.opt.step)
	if err != nil {
		return nil, err
	}
	r, err := rewrite.Run(j.ctx, j.prog, j.found.Sites, j.plan, rewrite.Options{
		Only: only, Step: step,
		MemoryOnly: preview, NoBuild: j.opt.noBuild, AllowGoUpgrade: j.opt.allowGoUpgrade, RuntimeDir: j.opt.runtimeDir, Dual: j.opt.dual,
		Tags: j.opt.tags, Progress: j.ui.step,
	})
	if err != nil {
		return nil, err
	}
	j.sayReached(r.Reached)
	res := &result{Result: r}
	after := map[string][]byte{}
	maps.Copy(after, r.Module)
	maps.Copy(after, r.Files)
	if len(after) > 0 || j.planOld != nil {
		if after[j.planFile], err = plan.Encode(j.plan, j.planOld); err != nil {
			return nil, err
		}
	}
	for _, path := range r.Remove {
		after[path] = nil
	}
	res.changes, err = j.changes(after)
	return res, err
}

// changes are the files that differ from what is there, by path; nil is one that goes.
func (j *job) changes(after map[string][]byte) ([]change, error) {
	var out []change
	for _, path := range slices.Sorted(maps.Keys(after)) {
		before, err := j.before(path)
		if err != nil {
			return nil, err
		}
		if (before == nil) != (after[path] == nil) || string(before) != string(after[path]) {
			out = append(out, change{path, before, after[path]})
		}
	}
	return out, nil
}

// before is a file as this run read it; nil when there is none. What the run
// did not read is read now.
func (j *job) before(path string) ([]byte, error) {
	if path == j.planFile {
		return j.planOld, nil
	}
	if data, ok := j.read[path]; ok {
		return data, nil
	}
	if j.prog != nil && j.prog.Files[path] != nil {
		return j.prog.Files[path].Data, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

// beforeWrite is called when everything is ready to be written. Tests change
// files there.
var beforeWrite = func() {}

// write writes the files in one transaction.
func (j *job) write(res *result) error {
	j.ui.step("writing " + files(len(res.changes)))
	beforeWrite()
	return commit(j.root, j.opt.command(), res.changes)
}

// commit writes changes in one transaction; none is no transaction.
func commit(root, description string, changes []change) error {
	txn, err := journal.Begin(root, description)
	if err != nil {
		return err
	}
	for _, c := range changes {
		expect := journal.Absent
		if c.before != nil {
			expect = journal.Sum(c.before)
		}
		if c.after == nil {
			err = txn.Remove(c.path, expect)
		} else {
			err = txn.Stage(c.path, c.after, expect, 0)
		}
		if err != nil {
			return err
		}
	}
	_, err = txn.Commit()
	return err
}

// writeDiff prints the changes.
func (j *job) writeDiff(res *result) (int, error) {
	base := j.diffBase(res)
	var list []report.Change
	for _, c := range res.changes {
		rel, err := filepath.Rel(base, c.path)
		if err != nil {
			return exitError, err
		}
		list = append(list, report.Change{Path: filepath.ToSlash(rel), Before: c.before, After: c.after})
	}
	differs, err := report.WriteDiff(j.stdout, list)
	if err != nil {
		return exitError, err
	}
	if differs {
		return exitDiff, nil
	}
	return exitDone, nil
}

// diffBase is the directory that the diff's paths are relative to: the one that
// the command works in, so that git apply takes them there, or the nearest above
// it that holds every changed file.
func (j *job) diffBase(res *result) string {
	dir := j.opt.base
	if dir == "" {
		dir = dirOr(j.opt.dir)
	}
	base, err := filepath.Abs(dir)
	if err == nil {
		base, err = filepath.EvalSymlinks(base)
	}
	if err != nil {
		base = j.root
	}
	for _, c := range res.changes {
		for base != filepath.Dir(base) && !strings.HasPrefix(c.path, base+string(filepath.Separator)) {
			base = filepath.Dir(base)
		}
	}
	return base
}

// outcome tells the report what became of each site.
func (res *result) outcome(j *job) func(int) report.Outcome {
	return func(i int) report.Outcome {
		if i >= len(res.Fates) {
			return report.Outcome{}
		}
		f, s := &res.Fates[i], &j.found.Sites[i]
		out := report.Outcome{Status: report.StatusPlain, Code: f.Code, Detail: f.Text, Group: f.Group}
		switch {
		case !f.Moved:
			out.Status = report.StatusStays
		case s.Migrated && !f.Edited:
			out.Status = report.StatusDone
		case f.View != "":
			out = report.Outcome{Status: report.StatusView, Group: f.Group}
		}
		return out
	}
}

// cuts are where bridges stand.
func (res *result) cuts() []report.CutAt {
	var out []report.CutAt
	for _, c := range res.Cuts {
		out = append(out, report.CutAt{Pos: c.Pos, Code: c.Code, Bridge: c.Func, Reason: c.Because.Code, Text: c.Because.Text})
	}
	return out
}

// blockers are the places that hold calls back, and those that a person should
// look at.
func (res *result) blockers() []report.Blocker {
	var out []report.Blocker
	for _, list := range [][]rewrite.Stay{res.Stayed, res.Problems} {
		for _, s := range list {
			out = append(out, report.Blocker{Pos: s.Pos, Code: s.Code, Text: s.Text, Group: s.Group})
		}
	}
	for _, t := range res.TakenBack {
		out = append(out, report.Blocker{Pos: t.Pos, Code: t.Code, Text: fmt.Sprintf("the %s was taken back: %s", t.Rung, t.Text), Group: -1})
	}
	return out
}
