//go:build !windows

package project

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// lockState makes sure that one run at a time uses a state directory. The system
// releases the lock of a process that was killed.
func lockState(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("the state in %s is used by another run: stop that one, or choose another directory (%w)", dir, err)
	}
	return func() { _ = f.Close() }, nil // closing releases it
}
