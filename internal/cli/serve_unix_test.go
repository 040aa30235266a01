//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// terminate asks this process to end, as a service manager does.
func terminate() error { return syscall.Kill(os.Getpid(), syscall.SIGTERM) }
