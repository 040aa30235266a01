// Package transfer brings keys from one end to another and compares what two ends
// have. An end is a Redis server, a cluster of them, or a store of the runtime; both
// directions are the same code. It knows commands and values, and never families,
// terminals or what a program does with its keys.
//
// # What is promised
//
// A key is brought with its type, its value and its expiry, to the millisecond. A value
// that fits in a piece (see value.PieceBytes) arrives whole or not at all; a larger one is
// built in pieces, which readers of the destination can see while it grows.
//
// What somebody else has written at the destination is never overwritten: a key is
// created only where there is none, and replaced only where it is still what this copy
// wrote, which its checkpoint remembers as a digest of each value. Between looking and
// replacing stands a WATCH.
//
// A key that changes at the source while it is read in pieces arrives as a mixture of
// both states, as SCAN itself allows; a follower, or compare with repair, brings it
// right afterwards.
//
// # What is not brought
//
// Entries of consumer groups whose message was deleted (Redis cannot rebuild them
// either), when a consumer was seen last, what XPENDING counts as idle below a
// millisecond, and the types of modules that the engine does not have: those are
// listed.
package transfer
