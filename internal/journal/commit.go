package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"time"
)

// Commit writes everything that was staged, or nothing. A file that changed
// since it was read, or that cannot be written, stops it before anything is
// written; a failure on the way puts back what was replaced. Files staged with
// the contents that they already have are left alone.
func (t *Txn) Commit() (*Entry, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	unlock, err := lock(t.root)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := recoverAll(t.root, false); err != nil {
		return nil, err
	}
	e, err := t.prepare()
	if err != nil || e == nil {
		return nil, err
	}
	if err := t.apply(e); err != nil {
		if back := e.restore(t.hook); back != nil {
			return nil, fmt.Errorf("%w; putting the files back failed too (%v): run redis2cf undo once that is mended", err, back)
		}
		return nil, err
	}
	prune(t.root)
	return e, nil
}

// check looks at every file before the first one is touched.
func (t *Txn) check() error {
	for i := range t.staged {
		s := &t.staged[i]
		_, mode, h, err := current(s.target)
		if err != nil {
			return fmt.Errorf("reading %s before it is written: %w", s.path, err)
		}
		if h != s.expect {
			return changed(s.path, h, s.expect)
		}
		if h == Absent {
			if s.remove {
				return fmt.Errorf("%s cannot be removed: it does not exist", s.path)
			}
			there, _ := existingDir(s.target)
			if err := writable(there); err != nil {
				return err
			}
			if s.mode == 0 {
				s.mode = 0o644
			}
			continue
		}
		s.mode = mode
		if err := writable(s.target); err != nil {
			return err
		}
		if err := writable(filepath.Dir(s.target)); err != nil {
			return err
		}
	}
	return nil
}

func changed(path string, now, expect Hash) error {
	switch {
	case now == Absent:
		return fmt.Errorf("%s: %w: it was removed since it was read; run again; nothing was changed", path, ErrChanged)
	case expect == Absent:
		return fmt.Errorf("%s: %w: it was made by somebody else since the run began; run again; nothing was changed", path, ErrChanged)
	}
	return fmt.Errorf("%s: %w since it was read; run again; nothing was changed", path, ErrChanged)
}

// prepare writes the journal. Until its directory has its final name the
// transaction does not exist. It gives nil when there is nothing to do.
func (t *Txn) prepare() (*Entry, error) {
	base := filepath.Join(t.root, Dir, "journal")
	id, err := nextID(t.root)
	if err != nil {
		return nil, err
	}
	e := &Entry{ID: id, Description: t.description, Time: time.Now().UTC().Truncate(time.Second), root: t.root, dir: filepath.Join(base, id)}
	temp := filepath.Join(base, "."+id)
	if err := os.MkdirAll(filepath.Join(temp, oldDir), 0o777); err != nil {
		return nil, fmt.Errorf("writing the journal: %w", err)
	}
	t.hook()
	sort.SliceStable(t.staged, func(i, j int) bool { return t.staged[i].target < t.staged[j].target })
	dirs := map[string]bool{}
	kept := t.staged[:0:0]
	for _, s := range t.staged {
		data, _, h, err := current(s.target)
		if err != nil {
			return nil, fmt.Errorf("reading %s before it is written: %w", s.path, err)
		}
		if h != s.expect {
			return nil, changed(s.path, h, s.expect)
		}
		f := File{
			Path: t.rel(s.path), Mode: s.mode, Old: h,
			Temp: t.rel(filepath.Join(filepath.Dir(s.target), "."+filepath.Base(s.target)+".redis2cf-"+id)),
		}
		if s.target != s.path {
			f.Target = t.rel(s.target)
		}
		if !s.remove {
			f.New = Sum(s.data)
		}
		if f.New == f.Old {
			continue
		}
		if h != Absent {
			if err := writeSynced(filepath.Join(temp, oldDir, strconv.Itoa(len(e.Files))), data, 0o600); err != nil {
				return nil, fmt.Errorf("writing the journal: %w", err)
			}
			t.hook()
		}
		_, missing := existingDir(s.target)
		for _, d := range missing {
			if !dirs[d] {
				dirs[d] = true
				e.Dirs = append(e.Dirs, t.rel(d))
			}
		}
		e.Files = append(e.Files, f)
		kept = append(kept, s)
	}
	t.staged = kept
	if len(e.Files) == 0 {
		return nil, nil
	}
	text, err := json.MarshalIndent(e, "", "\t")
	if err == nil {
		err = writeSynced(filepath.Join(temp, entryFile), append(text, '\n'), 0o666)
	}
	if err == nil {
		t.hook()
		syncDir(filepath.Join(temp, oldDir))
		syncDir(temp)
		err = os.Rename(temp, e.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the journal: %w", err)
	}
	syncDir(base)
	syncDir(filepath.Dir(base))
	syncDir(t.root)
	t.hook()
	return e, nil
}

// rel gives a path as the journal keeps it.
func (t *Txn) rel(path string) string {
	if r, err := filepath.Rel(t.root, path); err == nil {
		return filepath.ToSlash(r)
	}
	return filepath.ToSlash(path) // another volume
}

func (e *Entry) abs(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.root, path)
}

// target is the file that is really written.
func (e *Entry) target(f *File) string {
	if f.Target != "" {
		return e.abs(f.Target)
	}
	return e.abs(f.Path)
}

func nextID(root string) (string, error) {
	all, err := load(root)
	if err != nil {
		return "", err
	}
	n := 0
	for _, e := range all {
		if i, err := strconv.Atoi(e.ID); err == nil {
			n = max(n, i)
		}
	}
	return fmt.Sprintf("%06d", n+1), nil
}

// apply puts the new files beside the old ones, then each in its place, then
// sets the mark that makes all of it stay.
func (t *Txn) apply(e *Entry) error {
	for _, d := range e.Dirs {
		if err := os.Mkdir(e.abs(d), 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("making the directory of new files: %w", err)
		}
		t.hook()
	}
	for i, s := range t.staged {
		if s.remove {
			continue
		}
		if err := writeSynced(e.abs(e.Files[i].Temp), s.data, s.mode); err != nil {
			return fmt.Errorf("writing %s: %w", s.path, err)
		}
		t.hook()
	}
	dirs := map[string]bool{}
	for i, s := range t.staged {
		// The last look: what changes a file from here on has lost the race.
		_, _, h, err := current(s.target)
		if err != nil {
			return fmt.Errorf("reading %s before it is written: %w", s.path, err)
		}
		if h != s.expect {
			return changed(s.path, h, s.expect)
		}
		if s.remove {
			err = os.Remove(s.target)
		} else {
			err = os.Rename(e.abs(e.Files[i].Temp), s.target)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", s.path, err)
		}
		dirs[filepath.Dir(s.target)] = true
		t.hook()
	}
	for d := range dirs {
		syncDir(d)
	}
	if err := writeSynced(filepath.Join(e.dir, doneFile), nil, 0o666); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	syncDir(e.dir)
	t.hook()
	return nil
}

// prune removes the oldest journals beyond what Undo may be asked for.
func prune(root string) {
	all, err := load(root)
	if err != nil {
		return
	}
	for i := 0; i < len(all)-keepLast; i++ {
		if all[i].done() {
			_ = all[i].remove()
		}
	}
}
