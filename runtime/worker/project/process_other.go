//go:build !windows && !linux

package project

import "syscall"

// withParent does nothing: this system cannot end a process with its parent.
func withParent(*syscall.SysProcAttr) {}
