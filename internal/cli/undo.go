package cli

import (
	"fmt"

	"github.com/redis2cf/redis2cf/internal/journal"
)

func runUndo(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("undo", "undo takes no packages: it puts back what the last -w wrote")
	}
	nothing := fmt.Errorf("undo: %w", journal.ErrNothing)
	if code, ok, err := e.eachModule(o, hasJournal, nothing, func(o *options) (int, error) { return runUndo(e, o) }); ok {
		return code, err
	}
	root, err := moduleRoot(o.dir)
	if err != nil {
		return exitError, err
	}
	entry, err := journal.Undo(root, o.force)
	if err != nil {
		return exitError, fmt.Errorf("undo: %w", err)
	}
	_, err = fmt.Fprintf(e.stdout, "Put back %s (%s).\n", files(len(entry.Files)), entry.Description)
	return exitDone, err
}

// files writes a number of files.
func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
