// Package worker is what runs on Cloudflare: a Worker and one Durable Object
// class, plain ES modules (js/), around the engine as WebAssembly. It never
// re-implements a command, and its modules decide nothing that the engine's side
// in Go could decide: JavaScript moves bytes between sockets, SQLite, D1, KV and
// R2 and the WebAssembly instance.
//
//	worker/js        ES modules with JSDoc types: entry and access, the object, the
//	                 instance with its WASI imports, followers. Bindings: REDIS2CF_OBJECTS,
//	                 the secret REDIS2CF_TOKENS, REDIS2CF_D1, REDIS2CF_KV, REDIS2CF_R2
//	worker/object    Go: the host of one object's engine: sessions, frames, rows,
//	                 followers' programs. It is tested natively over modernc's SQLite
//	worker/engine    Go: the main package of engine.wasm, which is worker/object behind
//	                 the exports below
//	worker/project   Go: builds engine.wasm, writes the deployable project, runs it on
//	                 a local workerd
//
// # The border between JavaScript and WebAssembly
//
// Numbers in linear memory are little endian and need no alignment. An int is a
// float64, so that JavaScript reads it without BigInt: all of ours are below 2^53.
// Times are Unix microseconds (float64 in calls). "bytes" are a uint32 length and
// as many bytes.
//
// Statements. The Go side owns all SQL. statements() returns the list of texts once
// per instance; from then on a statement is its index. A program is
//
//	uint32 number of statements
//	each: uint16 statement, uint16 number of parameters, parameters
//	parameter: uint8 tag: 0 NULL, 1 float64, 2 blob (bytes), 3 text (bytes, UTF-8)
//
// Exports (i32 unless said; now is f64 Unix microseconds, seed a f64 with 53 random
// bits; each returns the address of an output, see below, unless said):
//
//	_initialize()
//	buffer(n) address             room for n bytes of input, valid until the next call
//	configure(n)                  JSON of Config in the buffer, once per instance
//	statements() address          uint32 length, then the JSON {"object": [...], "d1": [...]}
//	open(handle, now, seed, n)    the object's name is in the buffer; reads through query.
//	                              A handle that is open already is dropped first
//	attach(handle, conn, scope, n)
//	                              a new socket or HTTP request, before its first message: n is 0;
//	                              or a hibernated socket: what the send of the kind 2 said is in
//	                              the buffer. scope: 1 the token may write, 2 it is an HTTP request
//	message(handle, conn, now, seed, n, mode)
//	                              a message of a socket is in the buffer. mode 0: as usual; 1: unit by unit,
//	                              after a trap. culprit(i) was called for each unit that trapped.
//	post(handle, conn, now, seed, n, mode)
//	                              the same for an HTTP body: hello and one message. Answers go to conn;
//	                              a send of the kind 1 ends the response, so a poll answers when there
//	                              is something, or at a tick. Nobody hears that a client went away:
//	                              closed() comes for a response that is open after 30 s. When the
//	                              object opens anew, responses that wait are ended and not attached
//	closed(handle, conn, now, seed)
//	tick(handle, now, seed)       a timer or the alarm
//	sweep(handle, rows)           removes garbage rows
//	follow, followed, rebuild     of the followers, see below
//	release(handle)               forgets an object
//	collect(force) i32            collects garbage if enough was allocated; 1 if it did
//	unit() i32                    address of an int32 that holds the unit that runs now, -1 while
//	                              none does: JavaScript reads it in the memory of an instance that trapped
//	culprit(unit)
//	stats() address               uint32 length, then JSON: memory, handles, commands
//
// Imports, module "redis2cf":
//
//	exec(address, n) i32          runs a program in one transactionSync of the handle in
//	                              whose call it is; 0 done, 1 failed: nothing is stored, and
//	                              the error's text is fetched as below
//	query(address, n, rows) i32   runs a program of one statement, reads at most so many rows and
//	                              256 KB of them (one at least), and keeps the result:
//	                              uint8 more, uint32 rows, uint16 columns, then values as parameters are.
//	                              Returns its length, or -1 with an error's text as the result, at most 2 KB
//	fetch(address)                copies the kept result or error to linear memory; its length for an
//	                              error is what errorLength() returns
//	errorLength() i32
//	size() f64                    bytes of the database of the handle in whose call it is
//	log(level, address, n)        0 debug … 3 error
//
// An output:
//
//	int32   status     0 done; 1 the object's engine failed and was opened anew (told to clients already)
//	float64 timer      when tick must be called while the object is awake; 0: never
//	float64 alarm      when an alarm must call it; 0: never
//	uint32  flags      1 collect, 2 sweep, 4 commands are blocked: stay awake, 8 D1 has work,
//	                   16 KV has work, 32 D1's work must not wait: rows have gathered, or
//	                   answers are held for it (d1: sync), 64 R2 has work
//	uint32  sends      each: float64 conn, uint8 kind (0 message, 1 close with code and reason,
//	                   2 attachment to keep with the socket), uint16 code, bytes
//
// # Followers
//
// D1 (follower 1) and KV (follower 2) are fed from the object's rows. A frame's commit
// contains one row of the outbox when it touched a family that is followed: the row
// operations for D1 and the names of keys for KV. What is confirmed is a row as well, so
// that after any crash the rest is known; package worker/follow has the formats.
//
// JavaScript has one loop for each object and follower, which makes no decision:
//
//	for (;;) { out = follow(handle, follower, now); perform out as any output
//	           task 0: wait until its time, or for an output with 32 (D1), then go on; time 0: leave
//	           else:   receipt = carry the task out; followed(handle, follower, now, receipt) }
//
// It starts when an output has the follower's flag and no loop runs. A wait is at most
// 100 ms for D1 and may be minutes for KV or after failures: from 10 s on the loop ends
// instead, and the output's alarm, which knows of everything unconfirmed, brings it back;
// so an idle object hibernates. It also ends after 900 statements or operations without an
// event (js/budget.js), and has the alarm call at once. Answers of families with d1: sync are held by the Go side:
// they are sends of the output of followed, or of a later call. The calls:
//
//	follow(handle, follower, now)        an output; behind its sends the task: bytes
//	followed(handle, follower, now, n)   the receipt is in the buffer; an output
//	rebuild(handle, follower, now)       the follower is to be fed anew from the object's
//	                                     rows while traffic goes on; an output
//
//	task     uint8 kind
//	         0 nothing to do    float64 until (Unix microseconds; 0: until a flag says so)
//	         1 a D1 batch       a program as above, of the statements of the list "d1",
//	                            carried out as one env.DB.batch
//	         2 KV operations    uint32 count, each: uint8 operation, bytes name (UTF-8), and
//	                            1 put: bytes value, float64 expiration (Unix seconds; 0:
//	                            none), bytes metadata (JSON); 2 delete; 3 list: name is the
//	                            prefix, bytes cursor (empty: from the start). In any order
//	receipt  of a D1 batch      uint8 0 done: uint32 number of statements, each: float64
//	                            changes, uint32 rows, uint16 columns, values as parameters
//	                            are; or uint8 1 failed: bytes error text
//	         of KV operations   uint32 count, each: uint8 0 done, bytes (of a list: its
//	                            result as JSON, keys with metadata; else empty), or uint8 1
//	                            failed, bytes error text
//
// R2 is asked in the same way, as follower 3, though nothing follows there: see Large
// values. Its loop ends with each task 0; a flag or the alarm brings it back.
//
//	task     4 R2's list        bytes name: the names behind it, or all when it is empty, 1,000
//	                            at most, in order; names are without the object's prefix
//	         5 R2's delete      uint32 count, each: bytes name
//	receipt  uint8 0 done, of a list: uint8 more, uint32 count, each: bytes name;
//	         or uint8 1 failed, bytes error text
//
//	status(handle, now) address          uint32 length, then JSON: by follower (d1, kv) how far
//	                                     it is behind, see object.FollowerStatus
//
// # HTTP
//
//	GET  /v1/connect   WebSocket; Sec-WebSocket-Protocol: redis2cf.v1 (frame.Subprotocol), or none
//	POST /v1/frame     a hello and one message as parts (frame.AppendPart); 200 with parts
//	GET  /v1/info      {"protocol": 1, "module": …, "groups": [{"name", "shards"}], "families": [Family]}
//	GET  /v1/stats     figures of the isolate that an object is in: linearMemory (bytes), traps, …,
//	                   followers: how far the object's D1 and KV are behind, and billed: messages,
//	                   requests, alarms, rowsRead and rowsWritten since it was constructed
//	…    /v1/blob      large values, see js/blobs.js; "blobs": true in /v1/info says that there is a bucket
//	POST /v1/kv        families in KV alone (consistency: primary), see js/kv.js
//	POST /v1/rebuild/d1, /v1/rebuild/kv
//	                   has D1 or KV fed anew from the object's rows, while traffic goes on
//
// Requests have Authorization: Bearer TOKEN, X-Redis2cf-Object: GROUP/SHARD (or
// ?object=; without it the first group's first shard) and may have
// X-Redis2cf-Namespace for a part of the token's namespace: a name that
// store.CheckNamespace accepts, or two with a slash between them. The object's name is
// NAMESPACE[/PART]:GROUP/SHARD; see ObjectName.
//
// A refusal has JSON, {"code": 3, "text": "ERR …"}, with the codes of package frame:
// 401 CodeToken, 403 CodeToken (the part of the namespace is no name, or a token that
// may only read is to change something), 404 and 405 CodeNotFound, 413 CodeTooLarge,
// 426 CodeProtocol (no WebSocket was asked for) or CodeVersion (other subprotocols were
// offered), 500 CodeFault, 503 CodeOverload with Retry-After; of /v1/kv and /v1/blob also
// 400, 411 and 416 CodeProtocol, and 501 CodeUnserved (there is no such binding).
// A socket that the object ends with an error is closed with 4000 + code, after an
// Error message that says the same.
//
// # Bounds
//
// Who has a token may store what he likes, since that is what it is for, and may name
// as many parts of its namespace, each with objects of its own. An object has tables
// from its first write on: a token that may only read leaves none, unless it listens to
// channels, which are rows. What else somebody could fill memory with, which all objects
// of an isolate share, is bounded for each object:
//
//	clients                             10,000, as Redis has it; more are answered with an error
//	commands that wait                  10,000, or 8 MB of memory; and of one session as many
//	                                    replies, or 8 MB of them (16 MB of all that are
//	                                    connected), without an acknowledgement
//	messages that wait for polls        4 MB of one session, 16 MB together
//	subscriptions                       16 MB of memory, about 70,000 channels with short names
//	watched keys                        8 MB of memory, about 40,000 with short names
//	commands between MULTI and EXEC     16 MB of memory
//	names that clients give themselves  512 bytes
//	scripts that EVAL was given         500 to 1,000, or 0.5 to 1 MB of text; those of SCRIPT
//	                                    LOAD are rows, of which 0.5 MB is in memory
//	libraries of functions              0.5 MB of code
//	scripts of one frame                200 million steps, as many as one may take, and what
//	                                    is left of the last one; more are not begun
//	sessions that are gone              256 beside their rows, which go a day after their last frame
//	messages of one frame               24 MB together; a subscriber who would get more is ended
//	words of one frame                  1,048,576 (frame.MaxWords)
//	lists in lists of a reply           64 deep (frame.MaxDepth)
//	bodies of requests in an isolate    48 MB together beside small ones
//
// What is over is answered with an error that names the bound.
//
// # Large values
//
// Strings above 1 MB, or above 64 KB in a family with store: r2, do not travel in frames.
// The client brings the bytes to the Worker, which streams them into R2 under OBJECT/ID
// without passing the object or the engine, and then sends the command with a
// reference, ID and size, in place of the value (engine.Ref). Their row has the reference.
// An answer for such a value is a reply of the kind resp.Blob, which the client fetches
// from R2 by way of the Worker before anybody sees it. 64 KB, because an upload costs as
// much as four rows, and another round trip. Families that KV or D1 follow stay in rows
// up to 1.9 MB, since a follower needs the bytes.
//
//   - A reference cannot be written as a value: a command with references begins with a
//     word of its own (engine.BlobCommand), which scripts and callers of the gateway
//     cannot send, and its values say one by one what they are. So a host may cut, queue
//     and repeat commands without knowing that there are references.
//   - ID is made by the Worker and has the time of the upload in it, OBJECT is added by it
//     from the token's namespace: nobody reaches another object's values.
//   - OBJECT is the object's id and not its name, because ids of two deployments that
//     share a bucket differ, and the sweep of one must not remove what the other has.
//   - References are not counted: a counter is a row more for each COPY and DEL, and one
//     that is wrong after a fault loses data. A commit that touches a reference notes that
//     the bucket is to be looked through, once an hour at most: R2 lists 1,000 names for
//     the price of one upload, and an index of the rows with references (no other row is
//     in it) says which of them are needed.
//   - A reference enters the engine within half an hour of its upload, or is refused; names
//     are looked at when they are an hour old. So what no row refers to then never will
//     be referred to, and a removal that was decided cannot become wrong, whatever was
//     copied, renamed, flushed, undone or killed in between. What is found waits a quarter
//     of an hour more in a row, because the answer to a GETDEL is fetched after it came.
//   - A row that refers to nothing cannot come about by a crash: bytes are first, the row
//     is after. Restoring an object to an earlier time (point-in-time recovery) can make
//     some: GET answers an error for those.
//
// Without a bucket strings stay in rows up to 1.9 MB, and larger ones are refused.
//
// # What D1 has
//
// The tables of the SQLite file (see worker/d1schema) for all objects together, with the
// object's name as the first column; a view for each data type and each family. Rows of
// commits arrive in order, whole commits at a time, 100 ms after the first or when 500
// wait; of a row that was written several times the last state. The view lag says which
// commit each object has there and of when it is.
//
//   - A batch moves the object's row of followers from one number to the next or fails, so
//     what is late or comes twice changes nothing. After a failure the row is asked for.
//   - A D1 that is empty, of an earlier time, or of other families is fed from the object's
//     rows: ranges are replaced page by page while traffic goes on, and state is "copying"
//     until all has come. /v1/rebuild/d1 asks for that; it is to be asked for after an
//     object was restored to an earlier time. The same happens when more than 64 MB waits
//     while D1 fails, or 1 GB because it is slower than the object, and when one commit
//     of more than 900,000 bytes changes more than 4,000 keys. A commit of more than
//     20,000 rows or 900,000 bytes is copied key by key; a collection's header comes last,
//     so that nobody sees a part of a new one.
//   - What DEL, FLUSHDB and renaming away leave goes 1,000 rows of a table at a time.
//   - Keys whose time is over are there until the object removes them; views leave them out.
//   - A row above 1,999,000 bytes is left out and counted; a string in R2 is NULL. A score
//     of -0 is 0 there: what D1 is sent is JSON.
//   - Rows of families that are no longer in D1 go, also with the last one: state is
//     "leaving" until nothing of the object is there. wrangler.jsonc must keep the binding
//     that long.
//   - A view shows the keys of its pattern that are in D1: those of a family with a longer
//     pattern of the same type, too.
//
// # What KV has
//
// The strings and JSON documents of families with store kv, under the names of
// internal/kvprimary: the key itself in database 0 of the namespace main, else
// @NAMESPACE/DB/KEY. Names above 512 bytes are left out and counted; so is a key of
// another type, or in R2, which KV then has not at all. Metadata is
// {"expires": Unix ms or 0, "seq": commit, "object": name}.
//
//   - A key is put 100 ms after it changed, and then at most once a second, with what it is
//     by then. KV keeps the last write that arrives, so a key has one under way at most.
//   - KV lets nothing expire within 60 s. What lives shorter is put with 65 s and removed
//     when it is over; until then metadata says so. What KV forgets by itself is not
//     deleted, because a delete is billed as a write. Times behind 2038-01-19 are metadata
//     alone.
//   - 429 and 5xx are tried again, later each time, up to a minute; other refusals of one
//     name 8 times, then it is removed, left out and counted. After a crash what was not
//     confirmed is put again.
//   - FLUSHDB and SWAPDB change names without naming them: the rows say which, and stay
//     until KV has heard of them. /v1/rebuild/kv puts all keys, and removes names that
//     carry the object's name and that it has no more. The same happens when families
//     change; with the last one all names of the object go. Names of a family that is in
//     KV alone by now stay: they are the clients'.
//
// # Config
//
// The project has the plan as JSON, which JavaScript passes on unread; see Config.
package worker
