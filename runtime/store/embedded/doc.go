// Package embedded runs an engine inside the process, over a store: it is the
// host that has the lock, the clock, the random bits, the timers, the sessions
// and the commits that the engine must not have. It never looks at what a
// command means.
//
// # How a command runs
//
// A call of Execute locks the host, runs the frame in the caller's goroutine and
// unlocks: handing it to another goroutine would cost more than most commands.
// What the frame wrote joins the open batch; one goroutine, the committer,
// stores batch after batch, each in one transaction of the store, so that
// callers who wait at the same time share one wait for the disk.
//
// At the level Commit nothing leaves before it is stored: a caller waits for the
// batch with its own changes or, when it only read, for the batch that is open,
// because it may have seen what is in it. Replies to blocked commands and
// messages wait in the same batch.
//
// # Limits
//
// A reader waits for writers it has nothing to do with: which keys a frame read
// is not known here.
package embedded
