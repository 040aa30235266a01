package project

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// alone puts workerd into a process group of its own: Ctrl-C is for us, and we end
// workerd then.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// terminate cannot be done here: workerd is killed.
func terminate(*exec.Cmd) error { return errors.New("no signal on Windows") }

// A fileLock is a file that one process at a time has: one that is open cannot be removed
// here, and the system closes those of a process that was killed.
type fileLock struct{ f *os.File }

// lockFor takes the lock of a file, which is made; errLocked when another process has it.
func lockFor(name string) (*fileLock, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errLocked
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &fileLock{f}, nil
}

// lockDir locks nothing: directories cannot be locked here.
func lockDir(string) (*fileLock, error) { return nil, nil }

// share does nothing: files are not passed on here.
func (l *fileLock) share(*exec.Cmd) {}

// free releases it; nil has nothing to release.
func (l *fileLock) free() {
	if l != nil {
		_ = l.f.Close() // closing releases it
	}
}
