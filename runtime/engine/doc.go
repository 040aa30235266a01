// Package engine is Redis's semantics, once: a single-threaded state machine
// that runs frames of commands over rows that a Store keeps. It never starts a
// goroutine, waits, reads a clock or draws a random number that it was not
// handed with the frame, so that it behaves the same in a process, on a SQLite
// file and as WebAssembly inside a Durable Object.
//
// # How a frame runs
//
// Exec runs the commands of one client in order and answers each. What they
// change is collected while they run and comes out as one Change, the rows to
// write, which the host commits before the replies leave. A blocked command
// (BLPOP) is a row in the waiter table: its reply comes with a later frame, or
// with Tick when its time is up. The host owns time: it passes the time and
// fresh random bits with each call, and calls Tick at Outcome.Deadline.
//
// # Errors
//
// Errors of commands are replies with Redis's own texts. A fault of the store
// ends the frame with Outcome.Err; the engine's memory may then be ahead of the
// rows, and the host discards the engine and opens it anew.
//
// # Limits
//
// Collections are read into memory whole when they are first touched. Key
// hashes have a fixed seed, because scan cursors outlive the process. How a
// stream's entries are packed into nodes is not kept: after entries were removed
// and the stream was read anew, trimming with ~ may take more or fewer than before.
package engine
