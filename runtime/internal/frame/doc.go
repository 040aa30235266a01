// Package frame is the protocol between a program and the Durable Object that
// keeps its data: binary messages over a WebSocket, or the same messages as
// bodies of POST requests. It encodes and decodes them, and never knows what a
// command means.
//
// # Messages
//
// A message is its kind, one byte, and its body. Numbers are unsigned varints, those in
// replies signed ones (zigzag), times and double values eight bytes little endian, strings
// and lists have their length before them. A message ends where its WebSocket message
// ends, or where its length says in an HTTP body; bytes that are left over are an error.
//
//	to the object                        from the object
//	H hello    session, version, epoch   W welcome   version, epoch, clock, rights
//	F frame    numbered commands         A answer    of the frame with that number
//	P poll     HTTP only                 M messages  pub/sub, and replies of blocked commands
//	B bye      the session ends          E error     code and text
//
// Over HTTP a body is a hello and one more message, each with its length before
// it; the answer is any number of messages, each with its length before it.
//
// # Sessions and clients
//
// A session is one lane of one process to one object: 128 random bits, with at
// most one frame in flight. Its frames are numbered from 1. A frame that is
// sent again carries the same number: what was committed under that number
// comes back as it was answered, and is not run again; one that wrote nothing may run
// again when the object has forgotten it. A lower number than the last committed one is
// refused with CodeOutcome.
//
// Clients are what the engine calls sessions: a database, a name, watched keys,
// subscriptions. Many share a session of the protocol; each has a number within
// it, never used twice. What a client is (database, protocol version, name) lives in
// the program and comes along whenever the object may not know it.
//
// Clients end with their connection, and over HTTP after a minute without a request:
// what they watched, subscribed to and waited for is gone. So after each hello the
// program sends subscriptions and blocked commands again, these with the same ticket,
// and tells the identity of each client once more. A group that names the epoch for a
// client that has ended is answered with StatusStale.
//
// In an output the messages that a frame brought come first (confirmations of
// SUBSCRIBE too), then its answer, then replies of blocked commands, then which clients
// were killed.
//
// # Epochs
//
// Each time that an object's engine is opened it has a new epoch, drawn at
// random. Watched keys, open transactions and blocked commands do not outlive
// it. A group that counts on them names the epoch in which they were made; in
// another one it is not run, and its result says StatusStale. A welcome may come at any
// time: the engine was opened anew, and the message has the new epoch. The epoch of an
// answer is the one in which its frame was run.
package frame
