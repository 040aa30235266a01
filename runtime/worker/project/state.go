package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names in a state directory. Nobody else's file has them: a run empties the one, and
// the other says that the directory is a state's.
const (
	runDir    = ".redis2cf-run"  // the configuration of the run, written anew each time
	stateLock = ".redis2cf-lock" // held by the one run that uses the state
)

// CheckState makes a state directory, and refuses one that cannot be used: it is
// another run's, cannot be written, or has other things in it. It is for a look before
// long work; Start looks again.
func CheckState(dir string) error {
	l, err := openState(dir)
	if err != nil {
		return err
	}
	l.free()
	return nil
}

// openState makes a state directory and locks it.
func openState(dir string) (*fileLock, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		if len(entries) > 0 && !isState(dir) {
			return nil, fmt.Errorf("%s is not empty and holds no data of a Worker: choose a new directory for the state", dir)
		}
		var l *fileLock
		if l, err = lockFor(filepath.Join(dir, stateLock)); err == nil {
			return l, nil
		}
	}
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("the state in %s is used by another run: stop that one, or choose another directory for the state", dir)
	}
	return nil, fmt.Errorf("the state directory %s cannot be used, choose another one: %w", dir, err)
}

// isState says whether a run has used a directory before, wrangler has stored
// something there, or the command line has put the project there that is to run.
func isState(dir string) bool {
	for _, name := range []string{stateLock, "v3", filepath.Join("project", WranglerFile)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// errLocked says that another process has a lock.
var errLocked = errors.New("another process has it")
