// Package rewrite turns sites and a plan into text edits on a ladder of rungs.
// Edits are values: it never writes a file and never prints syntax trees over
// code that it does not change.
//
// # The way
//
// Run groups the module's uses of go-redis (internal/flow), turns every group
// that nothing holds back into edits, verifies the outcome (internal/verify)
// and takes back the highest rung that an error touches until it compiles. What
// it returns compiles, or it returns nothing.
//
// # Why this is sound
//
// The swap renames: the generated package has go-redis's names with go-redis's
// signatures, so a group that is swapped whole keeps its shape. A view is a
// function from Cmdable to an interface with fewer methods that returns its
// argument: the call goes to the same value in the same order.
//
// # Limits
//
// Generated files, cgo files and packages that do not compile are left alone
// together with everything that is tied to them. Values that foreign code keeps
// by reflection are followed only as functions.
package rewrite
