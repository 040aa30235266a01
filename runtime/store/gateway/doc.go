// Package gateway is the store of a deployed Worker: https://HOST, or http:// for
// one on this machine. It brings commands to the Durable Objects that keep the data
// and never runs one itself.
//
// # URL
//
//	https://:TOKEN@gateway.example.workers.dev?namespace=jobs&transport=http
//
// The token is the password of the URL, or ?token=, or $CFSTORE_TOKEN, or else the
// client's own password (Options.Password); the first that is there counts.
// A namespace stays below the one that the token has; that of a client which the plan
// names is below it, behind a slash. transport=http does
// without WebSockets, which is also what is done when the way there refuses them (an
// upgrade is answered with 4xx or 501; other faults are tried again).
//
// # How a command travels
//
// Each object has two lanes: keyed commands take the first; scripts, KEYS, SORT,
// commands that wait for data and large ones take the second. A lane is a
// session of the frame protocol, with one frame in flight. A caller that finds
// none in flight sends his command himself. Others queue, and all of them go
// together when the answer is there: whoever received it first lets the callers
// that it woke queue again, for 50 microseconds at most.
//
// A session of the store is virtual: a database, a protocol, a name. In each lane
// it uses it is a client of the object, with a number; a session that has asked for
// that number (CLIENT ID) stays in one lane, so that others who use it mean the session.
//
// # Large values
//
// Strings above 1 MB, or above 64 KB in a family with store: r2, are brought to R2 before
// their command, over HTTP, in parts when they have more than 64 MB; see package worker.
// When that fails, nothing was run. Values that are there are fetched before a reply is
// handed out; one that was overwritten meanwhile is asked for again, once, and what cannot
// be fetched is an error in its place. All of it counts against the caller's context:
// a client that moves large values needs a ReadTimeout for them. Commands that would work
// on the bytes (APPEND, SETBIT, DUMP, a script's GET …) answer an error that says so.
//
// # When the connection is lost
//
// The frame in flight is sent again with its number, so that it is run once. An
// object that cannot know answers that the outcome is not known, and so does this
// package when a frame was without an answer for ten minutes, or has ended one connection
// after the other and nobody waits for it any more. What changes nothing may run twice,
// when the object was opened anew in between: a PUBLISH that travelled with no write can be
// heard twice, as it can be when go-redis sends a command again. What was not sent
// waits for the next connection, ten seconds at most, two when there never was one.
// A subscriber's session ends, since nobody knows what was published meanwhile; the
// facade opens another and subscribes again. Commands that wait for data are sent again
// with the time that is left to them, XREAD behind $ with the ids that it waits behind. What
// was watched before is lost: EXEC answers nil.
//
// # Families in KV alone
//
// Commands of families with consistency: primary go to the Worker's /v1/kv, past every
// object; docs/kv-primary.md says what they promise. A frame may have them beside others.
//
// # Several objects
//
// A plan with groups or shards spreads keys over objects: a key belongs to the
// family with the longest literal match, the family to a group, and the CRC16 of
// the key's hash tag chooses the shard as in Redis Cluster. Keys of one command
// must have one slot where a group has shards (CROSSSLOT), and one group. A
// transaction lives in the object of its first key. Of the commands without keys
//
//	DBSIZE, PUBSUB NUMSUB, SHARDNUMSUB    are asked of all objects and summed
//	KEYS, PUBSUB CHANNELS, SHARDCHANNELS,
//	CLIENT LIST, SLOWLOG GET              are put together
//	SCAN                                  goes from object to object; the cursor says in which it is
//	SCRIPT EXISTS                         says yes when all objects know the script
//	FLUSHALL, FLUSHDB, SWAPDB, SCRIPT LOAD, SCRIPT FLUSH,
//	FUNCTION LOAD, DELETE, FLUSH, RESTORE, CONFIG SET, CONFIG RESETSTAT,
//	CLIENT PAUSE, UNPAUSE, KILL, SLOWLOG RESET
//	                                      go to all; the first error is the answer
//	RANDOMKEY                             asks an object drawn at random, and the next when that is empty
//	PUBLISH, SUBSCRIBE, SPUBLISH, SSUBSCRIBE
//	                                      go to the object of the channel's slot; __keyspace@ and
//	                                      __keyevent@ channels are subscribed to in all
//	PSUBSCRIBE                            goes to all objects, MONITOR too
//	everything else                       goes to the first object: INFO, TIME, CONFIG GET, CLIENT INFO …
//
// What goes to several objects is not one transaction: when it fails in one of them, the
// error says that the outcome is not known (ErrOutcome). So it does when a pipeline of
// several frames fails behind the first.
package gateway
