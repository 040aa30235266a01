//go:build wasip1 || withoutfiles

package engine_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// fileStore is rows in memory: SQLite is not compiled to WebAssembly, and takes long
// to be compiled for fuzzing.
func fileStore(testing.TB) engine.Store { return memory.NewRows() }
