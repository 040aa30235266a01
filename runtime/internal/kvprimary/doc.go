// Package kvprimary is the semantics of key families that live in Workers KV alone
// (store: kv, consistency: primary): which commands they have, what each answers and
// where that differs from Redis. Commands is that table; docs/kv-primary.md is written
// from it. The package never opens a connection: a [KV] carries the reads and writes,
// over the REST API, through the Worker's /v1/kv, or in the imitation of the memory
// store.
//
// # What a program can rely on
//
//   - A write that was answered is stored, and its own client reads it at once: the
//     client remembers what it wrote for [Stale], in bounded memory.
//   - Other clients see a write, a deletion included, within Stale. Until then they
//     read what was there before, or that nothing was.
//   - Of two writes to one key the later one wins. There is no comparing, no counting
//     and no transaction.
//
// # How writes leave
//
// KV takes one write a second for a key. Writes of a frame to one key are joined, and so
// are those that wait for their second: the last one is stored, and all of them are
// answered when it is. Writes to different keys leave together, and so do reads that come
// while others are under way.
//
// # Limits
//
// When more was written within Stale than the memory holds, the oldest of it is
// forgotten, and a read of it may be stale. A caller that gives up does not take back a
// write that waits.
package kvprimary
