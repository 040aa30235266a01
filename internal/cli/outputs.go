package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/redis2cf/redis2cf/internal/report"
)

// checkOutputs finds out before the long work begins whether the files of -sarif
// and -html can be written.
func checkOutputs(o *options) error {
	if o.sarif != "" && o.sarif == o.html {
		return usagef("", "-sarif and -html name one file, %s", o.sarif)
	}
	for _, out := range []struct{ flag, file string }{{"-sarif", o.sarif}, {"-html", o.html}} {
		if out.file == "" {
			continue
		}
		if info, err := os.Stat(out.file); err == nil && info.IsDir() {
			return usagef("", "%s %s: that is a directory; name a file in it", out.flag, out.file)
		}
		if info, err := os.Stat(filepath.Dir(out.file)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			return usagef("", "%s %s: there is no directory %s", out.flag, out.file, filepath.Dir(out.file))
		}
	}
	return nil
}

// writeOutputs writes the files of -sarif and -html.
func (j *job) writeOutputs(rep *report.Report, res *result) error {
	if j.opt.sarif != "" {
		err := writeOutput(j.opt.sarif, func(w io.Writer) error { return report.WriteSARIF(w, rep, j.sarif(res)) })
		if err != nil {
			return fmt.Errorf("-sarif: %w", err)
		}
	}
	if j.opt.html == "" {
		return nil
	}
	var changes []report.Change
	for _, c := range res.changes {
		changes = append(changes, report.Change{Path: j.rel(c.path), Before: c.before, After: c.after, Generated: res.Facade[c.path]})
	}
	err := writeOutput(j.opt.html, func(w io.Writer) error {
		return report.WriteHTML(w, rep, changes, version(), j.opt.write)
	})
	if err != nil {
		return fmt.Errorf("-html: %w", err)
	}
	return nil
}

// sarif says what the results refer to.
func (j *job) sarif(res *result) report.SARIF {
	in := report.SARIF{Version: version(), Prefix: j.belowRepository(), Source: func(file string) []byte {
		if j.prog == nil {
			return nil
		}
		if src := j.prog.Files[filepath.Join(j.root, filepath.FromSlash(file))]; src != nil {
			return src.Data
		}
		return nil
	}}
	if j.opt.write {
		return in // the edits are made
	}
	for _, e := range res.Edits {
		in.Edits = append(in.Edits, report.Edit{File: j.rel(e.File), Start: e.Start, End: e.End, New: e.New, Group: e.Group})
	}
	return in
}

// belowRepository is the module's directory below the root of the git repository
// that it is in; empty when it is that root, or in none.
func (j *job) belowRepository() string {
	for dir := j.root; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil { // a directory, or a file in a worktree
			rel, err := filepath.Rel(dir, j.root)
			if err != nil || rel == "." {
				return ""
			}
			return filepath.ToSlash(rel)
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
}

// writeOutput writes a file whole: who reads it never sees the half of one.
func writeOutput(file string, write func(io.Writer) error) error {
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return err
	}
	// What is no file of its own, such as a pipe or /dev/stdout, is written to as it is.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(file, buf.Bytes(), 0o666)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(buf.Bytes())
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error says what went wrong
	}
	return err
}
