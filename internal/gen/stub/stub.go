// Package stub holds the API of the runtime as one Go source over the standard
// library alone: declarations whose bodies panic. Verification type-checks
// migrated code against it without loading the runtime or what it depends on.
// It never describes behaviour.
package stub

import _ "embed"

//go:embed api.go.txt
var source []byte

// Source returns the declarations as one file of a package named runtime. The
// slice is a copy.
func Source() []byte { return append([]byte(nil), source...) }
