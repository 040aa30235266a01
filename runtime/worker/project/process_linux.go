package project

import "syscall"

// withParent ends workerd when this process is killed.
func withParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
