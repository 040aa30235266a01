// Package gen holds the directives of go generate for all that is generated
// and committed. The generators are its sub-packages; it has no code.
package gen

//go:generate go run ./facade/write ../../runtime
//go:generate go run ./stub/write stub/api.go.txt
//go:generate go run ./enginecmds ../../runtime/engine
