//go:build !windows

package project

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// alone puts workerd into a process group of its own: Ctrl-C is for us, and we end
// workerd then.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	withParent(cmd.SysProcAttr)
}

// terminate asks workerd to end.
func terminate(cmd *exec.Cmd) error { return cmd.Process.Signal(syscall.SIGTERM) }

// A fileLock is a file or directory that one process at a time has. The system releases
// the lock of a process that was killed.
type fileLock struct{ f *os.File }

// lockFor takes the lock of a file, which is made; errLocked when another process has it.
func lockFor(name string) (*fileLock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		return nil, err
	}
	return &fileLock{f}, nil
}

// lockDir takes the lock of a directory, which leaves nothing in it; errLocked when
// another process has it. It is nil, and nothing is locked, on file systems that cannot.
func lockDir(dir string) (*fileLock, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		if errors.Is(err, errLocked) {
			return nil, err
		}
		return nil, nil
	}
	return &fileLock{f}, nil
}

// flock locks a file, and closes it when it cannot.
func flock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return nil
	}
	_ = f.Close() // nothing was written
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return fmt.Errorf("locking %s: %w", f.Name(), err)
}

// share has a program hold the lock as well: one that outlives us still uses what it is for.
func (l *fileLock) share(cmd *exec.Cmd) { cmd.ExtraFiles = append(cmd.ExtraFiles, l.f) }

// free releases it; nil has nothing to release.
func (l *fileLock) free() {
	if l != nil {
		_ = l.f.Close() // closing releases it
	}
}
