// Package verify says whether edited sources compile: in memory against the
// packages of the one load, then by a real build (without linking) and go vet over an overlay.
// It never writes into the module and never decides what to take back.
package verify

import (
	"fmt"
	"go/token"
	"go/types"
)

// A Unit is one package of the module as the loader listed it. Test variants
// are units of their own.
type Unit struct {
	ID        string            // unique: "example.com/m/a [example.com/m/a.test]"
	Path      string            // import path, test variants without their suffix
	Name      string            // package name
	Files     []string          // absolute paths of the Go files that the build compiles
	Imports   map[string]string // import path as written to ID
	Types     *types.Package    // as loaded; nil: checked from source
	GoVersion string            // "go1.21", from go.mod
	Broken    bool              // did not compile before: its errors are not ours
}

// An Error is one compiler message over edited sources.
type Error struct {
	Pos  token.Position // in the edited file; the name is absolute
	Msg  string
	Unit string // ID of the package, empty for the real build
	Step string // "types", "build" or "vet"
}

func (e Error) Error() string {
	if !e.Pos.IsValid() {
		return e.Msg
	}
	return fmt.Sprintf("%s: %s", e.Pos, e.Msg)
}
