package project

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// alone puts workerd into a process group of its own: Ctrl-C is for us, and we end
// workerd then.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// terminate cannot be done here: workerd is killed.
func terminate(*exec.Cmd) error { return errors.New("no signal on Windows") }

// lockState makes sure that one run at a time uses a state directory: a file that
// is open cannot be removed here.
func lockState(dir string) (unlock func(), err error) {
	name := filepath.Join(dir, "lock")
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the state in %s is used by another run: stop that one, or choose another directory (%w)", dir, err)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil // closing releases it
}
