// Package difftest runs the same random commands on redis-server and on an
// implementation of it, and shows the first difference as a short script. It is
// for tests only and knows nothing of how the implementation works.
//
// # How a run goes
//
// A run is a series of rounds. Each starts with empty databases, sends seeded
// random commands in pipelined batches, compares reply by reply and, at the
// round's end, every key's type, value and expiry. When something differs the
// round's commands are cut down to the few that still show it.
//
// # Limits
//
// Time cannot be driven on redis-server, so expiries lie either in the past or
// far away, and what depends on the clock is compared with a tolerance. What
// Redis leaves open (the order of a set, a random member) is compared as such.
// With one client, commands that would block run inside a transaction, where they
// answer at once; RunClients has several, and no time runs out by itself.
package difftest
