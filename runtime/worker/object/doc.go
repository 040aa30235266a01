// Package object hosts one object's engine over an Executor: it is the Durable
// Object's logic, in Go, so that it runs in tests over a SQLite of their own and as
// WebAssembly on Cloudflare. It owns sessions, frames, rows and messages. It never
// waits, reads a clock or starts a goroutine, and never looks at what a command means
// beyond MULTI and EXEC.
//
// # How a frame runs
//
// The groups of a frame run in the engine one after another, and what they change
// becomes one program: a row of the journal with what changed, the frame's number and
// its answer; replies of blocked commands that were served; what clients listen to. It is
// one transaction. Only then messages, the answer and the replies leave, in this order.
// The journal becomes rows later, see journal.go.
//
// When the engine panics, the store refuses the program, or the instance trapped, the
// engine is opened anew from the rows and the frame runs again unit by unit: the one
// that is to blame is answered with an error, the others as usual, still in one
// transaction.
//
// # What ends with what
//
// A session's row is kept for a day after its last frame that wrote. Clients, with
// what they watch, wait for and listen to, end with their connection, or after a minute
// without a request over HTTP. All but what they listen to also ends with the
// engine: then each connection gets a welcome with the new epoch.
package object
