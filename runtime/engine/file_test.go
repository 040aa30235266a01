//go:build !wasip1 && !withoutfiles

package engine_test

import (
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// fileStore is an empty store in a file of its own.
func fileStore(t testing.TB) engine.Store {
	return sqlite.New(filepath.Join(t.TempDir(), "x.db"), sqlite.SyncOff)
}
