package journal

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Recover puts a module back to where it was before a run that was killed
// while it wrote. It gives the transactions that were taken back, none when
// every run ended well.
func Recover(dir string) ([]Entry, error) {
	root, err := moduleRoot(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(root, Dir)); err != nil {
		return nil, nil // the usual case costs nothing and makes nothing
	}
	unlock, err := lock(root)
	if err != nil {
		return nil, err
	}
	defer unlock()
	open, err := unfinished(root)
	if err != nil {
		return nil, err
	}
	return open, recoverAll(root, false)
}

func moduleRoot(dir string) (string, error) {
	root, err := filepath.Abs(dir)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return "", fmt.Errorf("looking for a journal in %s: %w", dir, err)
	}
	return root, nil
}

// unfinished gives the journals without the mark, newest first.
func unfinished(root string) ([]Entry, error) {
	all, err := load(root)
	if err != nil {
		return nil, err
	}
	var open []Entry
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].done() {
			open = append(open, all[i])
		}
	}
	return open, nil
}

// recoverAll takes back what is unfinished. force overwrites what others changed
// since.
func recoverAll(root string, force bool) error {
	open, err := unfinished(root)
	if err != nil {
		return err
	}
	for i := range open {
		e := &open[i]
		_, err := os.Lstat(filepath.Join(e.dir, undoFile))
		e.force = force || err == nil
		if err := e.restore(stepHook); err != nil {
			return fmt.Errorf("a run was stopped while it wrote (%s), and it cannot be taken back: %w", e.Description, err)
		}
	}
	return nil
}

// Undo takes back the newest transaction: every file holds again what it held
// before, files and directories that it made are gone. It refuses when a file
// was changed since, and names it, unless force is set.
func Undo(dir string, force bool) (*Entry, error) {
	root, err := moduleRoot(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(root, Dir)); err != nil {
		return nil, ErrNothing
	}
	unlock, err := lock(root)
	if err != nil {
		return nil, err
	}
	defer unlock()
	open, err := unfinished(root)
	if err != nil {
		return nil, err
	}
	if err := recoverAll(root, force); err != nil {
		return nil, err
	}
	if len(open) > 0 {
		return &open[0], nil // the newest transaction is the one that was killed
	}
	all, err := load(root)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, ErrNothing
	}
	e := &all[len(all)-1]
	e.force = force
	if err := e.conflicts(); err != nil {
		return nil, err
	}
	if force {
		if err := writeSynced(filepath.Join(e.dir, undoFile), nil, 0o666); err != nil {
			return nil, fmt.Errorf("undoing: %w", err)
		}
		stepHook()
	}
	// Without the mark it is an unfinished run: if this one is killed too, the
	// next start goes on from here.
	if err := os.Remove(filepath.Join(e.dir, doneFile)); err != nil {
		return nil, fmt.Errorf("undoing: %w", err)
	}
	syncDir(e.dir)
	stepHook()
	if err := e.restore(stepHook); err != nil {
		return nil, fmt.Errorf("undoing: %w", err)
	}
	return e, nil
}

// conflicts names the files that hold neither what the transaction wrote nor
// what was there before, and those that may not be written.
func (e *Entry) conflicts() error {
	var bad []string
	for i := range e.Files {
		f := &e.Files[i]
		path := e.target(f)
		_, _, h, err := current(path)
		if err != nil {
			return fmt.Errorf("reading %s: %w", f.Path, err)
		}
		if h != f.New && h != f.Old && !e.force {
			bad = append(bad, f.Path)
			continue
		}
		if h == f.Old {
			continue
		}
		if h != Absent {
			if err := writable(path); err != nil {
				return err
			}
		}
		there, _ := existingDir(path)
		if err := writable(there); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("%w after redis2cf wrote it: %s; nothing was undone: keep a copy of your change, then redis2cf undo -force, which loses it (what was there before is in %s)",
			ErrChanged, strings.Join(bad, ", "), filepath.Join(e.dir, oldDir))
	}
	return nil
}

// restore puts the previous contents back and removes the journal. It may run
// any number of times: what is already restored is left alone.
func (e *Entry) restore(hook func()) error {
	if err := e.conflicts(); err != nil {
		return err
	}
	dirs := map[string]bool{}
	for i := range e.Files {
		f := &e.Files[i]
		if err := os.Remove(e.abs(f.Temp)); err == nil {
			dirs[filepath.Dir(e.abs(f.Temp))] = true
			hook()
		}
		if err := e.restoreFile(i, hook); err != nil {
			return fmt.Errorf("putting %s back: %w", f.Path, err)
		}
		dirs[filepath.Dir(e.target(f))] = true
	}
	for d := range dirs {
		syncDir(d)
	}
	for i := len(e.Dirs) - 1; i >= 0; i-- {
		d := e.abs(e.Dirs[i])
		if os.Remove(d) == nil { // fails when somebody put a file there: it stays
			syncDir(filepath.Dir(d))
			hook()
		}
	}
	return e.remove()
}

func (e *Entry) restoreFile(i int, hook func()) error {
	f := &e.Files[i]
	path := e.target(f)
	_, mode, h, err := current(path)
	if err != nil || h == f.Old {
		return err
	}
	if f.Old == Absent {
		err := os.Remove(path)
		hook()
		return err
	}
	data, err := os.ReadFile(filepath.Join(e.dir, oldDir, strconv.Itoa(i)))
	if err != nil {
		return err
	}
	if Sum(data) != f.Old {
		return fmt.Errorf("the journal's copy %s is damaged: %w", filepath.Join(e.dir, oldDir, strconv.Itoa(i)), fs.ErrInvalid)
	}
	if h == Absent {
		mode = f.Mode
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".redis2cf-"+e.ID)
	if err := writeSynced(temp, data, mode); err != nil {
		return err
	}
	hook()
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	hook()
	return nil
}

// remove drops the journal: under a name that counts as none at once, its files
// after.
func (e *Entry) remove() error {
	gone := filepath.Join(filepath.Dir(e.dir), "."+e.ID)
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(e.dir, gone); err != nil {
		return err
	}
	syncDir(filepath.Dir(e.dir))
	stepHook()
	return os.RemoveAll(gone)
}
