package cli

import (
	"context"
	"os"
	"os/exec"
)

// goCommand is the go command in a module's directory, apart from any workspace
// around it.
func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	return cmd
}
