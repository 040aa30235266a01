package cli

import (
	"github.com/redis2cf/redis2cf/internal/journal"
)

// recover puts the module back to before a run that was killed while it wrote:
// what it left is neither the old program nor the new one. A run that only
// reads does so too, for the same reason.
func (j *job) recover() error {
	entries, err := journal.Recover(j.root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		j.warn("a run was stopped while it wrote (%s); its %s were put back before this one", entry.Description, files(len(entry.Files)))
	}
	return nil
}
