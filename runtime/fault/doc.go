// Package fault stands between a client and a store that is not always reached. It
// repeats reads, stops asking a store that does not answer, and answers reads of caches
// from memory meanwhile; it never repeats a write.
//
// Nothing of it happens unless it is asked for, by the store's URL in a program that
// imports this package for its side effect,
//
//	fault:https://shop.example.workers.dev?fault-cache=product:*&fault-cache=page:*
//	fault:dual:file:cfstore.db?fault-retries=2
//
// or in code, around a store that is open:
//
//	client := runtime.ClientOver(fault.Wrap(backend, fault.Options{Caches: []string{"product:*"}}), &runtime.Options{})
//
// # Repeating
//
// A frame whose commands do nothing but read is sent again, after a pause that doubles
// and has a random part, so that the clients of a store that comes back do not come all
// at once. A frame that writes is sent once: its answer may be lost after it was run.
// What the store refuses for good (a token, a command that it does not serve) is not
// repeated, nor is anything on a session with watched keys, a transaction or
// subscriptions, whose state may be gone.
//
// # Breaking
//
// When Failures frames in a row have failed, frames are refused with [ErrOpen] for a
// while, at once and without having been sent; then one is let through, and what becomes
// of it decides. Each store has a breaker of its own, so has each namespace.
//
// # Answering from memory
//
// Replies to reads of keys that the caller names as caches are remembered, bounded in
// bytes and in age. When a frame of reads fails in the end, and all of its replies are
// remembered, they are its answer; runtime.IsStale tells of the command, and [Stats]
// counts them. What this process writes is forgotten before it is sent, so that it never
// reads what it has overwritten itself; what others have written since is what stale
// means, and a key whose expiry came meanwhile is still answered. A frame that asks for
// anything else fails as it did.
package fault
