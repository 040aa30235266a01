// Command everything takes modules as they are, migrates copies of them and
// prints what came of it: what redis2cf found beside a count of its own, what
// moved, what compiles and which tests pass before and after, what a second run
// and undo do, and what it cost. It never changes the modules that it is given
// and knows none of them.
//
//	go run ./internal/bench/everything [flags] DIR...
//
// One directory gives one table, several a line each (-v: the tables too). The
// exit code is 1 when something is lost: a call that was not found, a package
// that no longer compiles, a test that no longer passes, a second run that
// changes something, an undo that leaves something, a run that breaks off.
//
// # How the two sides stay independent
//
// The count (census.go) loads the module with go/packages and asks go/types what
// each identifier means. It shares no code with the analyzer: a call is a use of
// a go-redis method that takes a context and returns a Cmder, wherever it stands.
//
// # Limits
//
// One build configuration is looked at, the host's with -tags. Modules inside the
// module are modules of their own: name their directories. Tests that need Redis
// find one in the run before when -redis gives the address that they expect; in
// the run after nobody listens there, unless some calls stay on go-redis.
package main
