package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// apply writes the files that differ and removes those that are gone: all, or, if
// something fails, none. A run that is killed on the way leaves old and new files, and
// the next one writes the rest: wrangler.jsonc, by which it knows the project, is first.
func (s *files) apply() (written, removed []string, err error) {
	s.sweep()
	undo := &undoLog{}
	defer func() {
		if err != nil {
			if uerr := undo.undo(); uerr != nil {
				err = fmt.Errorf("%w (and putting back what was written before: %v)", err, uerr)
			}
		}
	}()
	for _, name := range s.order() {
		old, err := s.old(name)
		if err != nil {
			return nil, nil, err
		}
		if old != nil && bytes.Equal(old, s.now[name]) {
			continue
		}
		full := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := undo.mkdirAll(filepath.Dir(full)); err != nil {
			return nil, nil, err
		}
		mode := fs.FileMode(0o644)
		if fi, err := os.Stat(full); err == nil {
			mode = fi.Mode().Perm()
		}
		if err := replaceFile(full, s.now[name], mode); err != nil {
			return nil, nil, err
		}
		undo.wrote(full, old, mode)
		written = append(written, name)
	}
	for _, name := range s.gone {
		old, err := s.old(name)
		if err != nil {
			return nil, nil, err
		}
		full := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.Remove(full); err != nil {
			return nil, nil, err
		}
		undo.wrote(full, old, 0o644)
		removed = append(removed, name)
	}
	sort.Strings(written)
	return written, removed, nil
}

// order are the names in the order in which they are written.
func (s *files) order() []string {
	names := []string{WranglerFile}
	for _, name := range s.names() {
		if name != WranglerFile {
			names = append(names, name)
		}
	}
	return names
}

// sweep removes what killed runs have left: files that were not whole yet. One that is
// younger than an hour may be another run's at work.
func (s *files) sweep() {
	for _, sub := range []string{"", sourceDir, MigrationsDir} {
		dir := filepath.Join(s.dir, sub)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // it is not there, or writing says what is wrong with it
		}
		for _, e := range entries {
			if fi, err := e.Info(); err == nil && fi.Mode().IsRegular() && strings.HasPrefix(e.Name(), temporary) && time.Since(fi.ModTime()) > time.Hour {
				_ = os.Remove(filepath.Join(dir, e.Name())) // the next run tries again
			}
		}
	}
}

// An undoLog is how to put back what was done, the last thing first.
type undoLog struct{ steps []func() error }

// mkdirAll makes a directory and those above it.
func (u *undoLog) mkdirAll(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		_, err := os.Stat(d)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		missing = append(missing, d)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		d := missing[i]
		if err := os.Mkdir(d, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		u.steps = append(u.steps, func() error { return os.Remove(d) })
	}
	return nil
}

// wrote notes a file that has been written or removed.
func (u *undoLog) wrote(name string, old []byte, mode fs.FileMode) {
	u.steps = append(u.steps, func() error {
		if old == nil {
			return os.Remove(name)
		}
		return replaceFile(name, old, mode)
	})
}

func (u *undoLog) undo() error {
	var all error
	for i := len(u.steps) - 1; i >= 0; i-- {
		all = errors.Join(all, u.steps[i]())
	}
	return all
}
