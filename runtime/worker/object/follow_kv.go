package object

import (
	"fmt"
	"math"
)

const (
	kvDelay    = 100_000              // microseconds in which changes of a key are joined before the first put
	kvEvery    = 1_000_000            // microseconds between two writes of one key: more often KV answers 429
	kvLast     = 60_000_000           // longest pause after failures, microseconds
	kvOps      = 48                   // operations of one task: a Worker of the free plan has 50 in an invocation
	kvBytes    = 4 << 20              // of values in one task, one value at least
	kvTries    = 8                    // times that KV may refuse a key for a reason that does not pass, before it is left out
	kvNearest  = 65_000               // milliseconds: KV lets nothing expire within 60 s; the rest is for the way there
	kvFarthest = math.MaxInt32 * 1000 // Unix milliseconds: KV takes no time behind 2038-01-19, 32 bits of seconds
	kvStore    = 1_000_000            // microseconds between two rows that say how far KV has come
	maxValue   = 25 << 20             // bytes of a value in KV
)

// kvState is the row of followers, as JSON.
type kvState struct {
	Routes string `json:"routes"`
	Copy   bool   `json:"copy,omitempty"` // all keys are being put, and names that the object has not removed
}

type kvName struct {
	db  uint32
	key string
}

// A kvKey is a key that KV has not got as it is.
type kvKey struct {
	seq   uint64 // of the last commit that changed it
	first uint64 // of the first that is not confirmed; 0: a copy put it here
	since int64  // when that was, Unix microseconds
	due   int64
	fails int
	busy  bool
	drop  bool // KV refuses what the key has: it is removed, rather than left as it was
	// short is set when KV keeps the key longer than it lives: at due it is removed.
	short bool
}

// A kvWalk marks all keys of a space as changed, under the name that they have in a
// database: FLUSHDB and SWAPDB change names that nothing lists.
type kvWalk struct {
	db    uint32
	space int64
	at    int64  // when it began to be needed, Unix microseconds
	seq   uint64 // of the commit; 0: of a copy
	hash  uint64
	key   []byte
}

// A kvFollower feeds KV. KV keeps the last write to a name, whoever made it: so a key
// has one write under way at most, and each brings what the object has when it leaves.
type kvFollower struct {
	f     *followers
	state kvState
	seq   uint64 // as stored

	read   uint64 // commits up to this one are in memory
	last   uint64 // commit with the last row of the outbox for KV
	keys   map[kvName]*kvKey
	recent map[kvName]int64 // when names were last written, Unix microseconds
	walks  []kvWalk
	walked []kvWalk // whose names are in keys: after a crash they are walked again, and must find them
	unread []kvWalk // of commits that are not in memory yet
	list   *string  // cursor of the list of a copy; nil: it is not listed
	flight []kvOp
	next   int64 // nothing is tried before, Unix microseconds
	fails  int
	fault  string
	left   int   // keys that KV does not take
	stored int64 // when the row was written, Unix microseconds
	lag    lag
	// leaving is set when no family is in KV any more: what it has is taken away.
	leaving bool
}

// A kvOp is one operation of a task.
type kvOp struct {
	op      byte
	of      kvName
	seq     uint64
	short   int64 // when it must be removed, Unix microseconds; 0: KV does
	name    string
	value   string
	expires int64 // Unix seconds; 0: never
	meta    string
}

// The operations, as a task has them.
const (
	kvPut    = 1
	kvDelete = 2
	kvList   = 3
)

var (
	askKVSince = statement("SELECT at FROM outbox WHERE seq > ? AND kv IS NOT NULL ORDER BY seq LIMIT 1")
	askKVLast  = statement("SELECT coalesce(max(seq), 0) FROM outbox WHERE kv IS NOT NULL")
)

func (k *kvFollower) open(now int64) error {
	*k = kvFollower{f: k.f, leaving: k.leaving, keys: map[kvName]*kvKey{}, recent: map[kvName]int64{}}
	seq, found, err := k.f.stored("kv", &k.state)
	if err != nil {
		return err
	}
	k.seq, k.read = seq, seq
	if _, err := k.f.rows.one(k.f.rows.ask(askKVLast), func(q *result) { k.last = uint64(q.int()) }); err != nil {
		return err
	}
	if !found && k.f.rows.seq == 0 {
		k.state = kvState{Routes: k.f.routes.printKV} // there is nothing to put, and nothing was put
	}
	if k.state.Routes != k.f.routes.printKV || k.state.Copy {
		k.copy(now)
	}
	if err := k.window(now); err != nil {
		return err
	}
	for _, e := range k.keys { // nobody knows when they were written last
		e.due = max(e.due, now+kvEvery)
	}
	return k.ahead()
}

// copy begins to put all keys.
func (k *kvFollower) copy(now int64) {
	k.state = kvState{Routes: k.f.routes.printKV, Copy: true}
	k.walks = k.walks[:len(k.walks):len(k.walks)]
	for _, s := range k.f.followedSpaces() {
		k.walks = append(k.walks, kvWalk{db: s.db, space: s.space, at: now})
	}
	start := ""
	k.list = &start
}

// rebuild puts all keys again and removes names that the object has not.
func (k *kvFollower) rebuild(now int64) error {
	k.copy(now)
	k.next, k.fails = 0, 0
	return k.store(now)
}

// window reads commits of the outbox while there is room in memory.
func (k *kvFollower) window(now int64) error {
	for k.read < k.last && len(k.keys) < limits.window/2 {
		const page = 64
		q, err := k.f.rows.query(k.f.rows.ask(askOutboxKV).Int(int64(k.read)).Int(page), page)
		if err != nil {
			return err
		}
		for i := 0; i < q.rows; i++ {
			seq, at := uint64(q.int()), q.int()
			_, raw := q.value()
			if q.err != nil {
				return q.err
			}
			err := readOps(raw, func(op *rowOp) {
				if op.kind == rowWalk {
					k.walk(kvWalk{db: op.db, space: op.space, at: at, seq: seq})
				} else {
					k.changed(kvName{op.db, op.key}, seq, at, now)
				}
			})
			if err != nil {
				return err
			}
			k.read = seq
		}
		if q.rows == 0 {
			k.read = k.last
		}
	}
	n := 0
	for _, w := range k.unread {
		if w.seq > k.read {
			k.unread[n] = w
			n++
		}
	}
	k.unread = k.unread[:n]
	return nil
}

// ahead finds the walks of commits that are not in memory yet: their spaces must stay.
func (k *kvFollower) ahead() error {
	for at := k.read; at < k.last; {
		const page = 64
		q, err := k.f.rows.query(k.f.rows.ask(askOutboxKV).Int(int64(at)).Int(page), page)
		if err != nil || q.rows == 0 {
			return err
		}
		for i := 0; i < q.rows; i++ {
			at = uint64(q.int())
			q.int()
			_, raw := q.value()
			if q.err != nil {
				return q.err
			}
			err := readOps(raw, func(op *rowOp) {
				if op.kind == rowWalk {
					k.unread = append(k.unread, kvWalk{db: op.db, space: op.space, seq: at})
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *kvFollower) walk(w kvWalk) {
	if w.db == lastDB { // more names than were written down
		k.copy(w.at)
		return
	}
	k.walks = append(k.walks, w)
}

// changed notes that KV has not got a key as it is. seq is 0 for a copy.
func (k *kvFollower) changed(n kvName, seq uint64, at, now int64) {
	e := k.keys[n]
	if e == nil {
		e = &kvKey{first: seq, since: at, due: at + kvDelay}
		if last, ok := k.recent[n]; ok {
			e.due = max(e.due, last+kvEvery)
		}
		k.keys[n] = e
	} else if e.short {
		e.short, e.since, e.due = false, at, at+kvDelay
		if last, ok := k.recent[n]; ok {
			e.due = max(e.due, last+kvEvery)
		}
	}
	if e.first == 0 {
		e.first = seq
	}
	e.seq, e.drop = max(e.seq, seq), false
}

// waits reports whether a key's last state may not have reached KV.
func (k *kvFollower) waits(db uint32, key string) bool {
	return k.read < k.last || len(k.walks) > 0 || len(k.walked) > 0 || k.list != nil || k.keys[kvName{db, key}] != nil
}

// committed takes in what a commit wrote down.
func (k *kvFollower) committed(row *outboxRow) {
	if len(row.kv) == 0 {
		return
	}
	caughtUp := k.read >= k.last
	k.last = row.seq
	if !caughtUp || len(k.keys) > limits.window {
		for _, w := range row.walks {
			w.seq = row.seq
			k.unread = append(k.unread, w)
		}
		return
	}
	k.read = row.seq
	for _, n := range row.names {
		k.changed(n, row.seq, row.at, row.at)
	}
	for _, w := range row.walks {
		w.seq, w.at = row.seq, row.at
		k.walk(w)
	}
}

// works reports whether there is something to do.
func (k *kvFollower) works() bool {
	return len(k.keys) > 0 || k.read < k.last || len(k.walks) > 0 || k.list != nil && k.f.rows.seq > 0
}

// due is when there is something to do.
func (k *kvFollower) due(now int64) int64 {
	if len(k.keys) < limits.window/2 && (k.read < k.last || len(k.walks) > 0 || k.list != nil) {
		return max(now, k.next)
	}
	at := int64(0)
	for _, e := range k.keys {
		if !e.busy && (at == 0 || e.due < at) {
			at = e.due
		}
	}
	return max(at, k.next)
}

// done is the last commit all of which is confirmed.
func (k *kvFollower) done() uint64 {
	done := k.f.rows.seq
	if k.read < k.last {
		done = min(done, k.read)
	}
	for _, e := range k.keys {
		if e.first != 0 {
			done = min(done, e.first-1)
		}
	}
	for i := range k.walks {
		if k.walks[i].seq != 0 {
			done = min(done, k.walks[i].seq-1)
		}
	}
	return done
}

// store writes how far KV has come.
func (k *kvFollower) store(now int64) error {
	seq, before, pruned := k.done(), k.seq, k.f.pruned
	state := k.state
	state.Copy = k.list != nil || state.Copy && k.copying()
	var p Program
	if err := p.keep("kv", seq, state); err != nil {
		return err
	}
	k.seq = seq
	k.f.prune(&p)
	if err := k.f.rows.exec.Exec(p.Bytes()); err != nil {
		k.seq, k.f.pruned = before, pruned
		return fmt.Errorf("object: storing how far KV has come: %w", err)
	}
	k.state, k.stored = state, now
	k.forget()
	return nil
}

// forget lets go of walks that are stored as confirmed.
func (k *kvFollower) forget() {
	n := 0
	for _, w := range k.walked {
		if w.seq > k.seq {
			k.walked[n] = w
			n++
		}
	}
	if n < len(k.walked) {
		k.walked = k.walked[:n]
		k.f.rows.trash = true // a flushed space may have waited for this
	}
}

// copying reports whether something that a copy put here is not confirmed.
func (k *kvFollower) copying() bool {
	for i := range k.walks {
		if k.walks[i].seq == 0 {
			return true
		}
	}
	for _, e := range k.keys {
		if e.first == 0 {
			return true
		}
	}
	return false
}

// task is what is to be done with KV next.
func (k *kvFollower) task(now int64) ([]byte, error) {
	for _, op := range k.flight { // the loop that had them is gone
		if e := k.keys[op.of]; e != nil {
			e.busy, e.due = false, now+kvEvery
		}
	}
	k.flight = nil
	if now < k.next {
		return taskWait(k.next), nil
	}
	for n, at := range k.recent {
		if at+kvEvery <= now {
			delete(k.recent, n)
		}
	}
	if err := k.window(now); err != nil {
		return nil, err
	}
	for len(k.walks) > 0 && len(k.keys) < limits.window/2 {
		if err := k.step(now); err != nil {
			return nil, err
		}
	}
	ops, err := k.ready(now)
	if err != nil {
		return nil, err
	}
	if k.list != nil && len(k.walks) == 0 && len(ops) < kvOps && len(k.keys) < limits.window/2 {
		ops = append(ops, kvOp{op: kvList, name: k.prefix(), value: *k.list})
	}
	if len(ops) > 0 {
		k.flight = ops
		return taskKV(ops), nil
	}
	if done := k.done(); done > k.seq && (len(k.keys) == 0 || now >= k.stored+kvStore) || k.state.Copy && !k.copying() && k.list == nil {
		if err := k.store(now); err != nil {
			return nil, err
		}
	}
	if !k.works() {
		if k.leaving {
			k.leaving = false
			return taskWait(0), k.f.left("kv", &k.f.routes.kv)
		}
		return taskWait(0), nil
	}
	return taskWait(k.due(now)), nil
}

// prefix is what all names of the object in KV begin with.
func (k *kvFollower) prefix() string {
	if ns := k.f.object.KV(); ns != "" {
		return "@" + ns + "/"
	}
	return ""
}

// step goes on with the first walk: a page of keys.
func (k *kvFollower) step(now int64) error {
	const page = 256
	w, r := &k.walks[0], k.f.rows
	q, err := r.query(r.ask(askCopyNames).Int(w.space).Int(int64(w.hash)).bytes(w.key).Int(page), page)
	if err != nil {
		return err
	}
	for i := 0; i < q.rows; i++ {
		hash, key := uint64(q.int()), q.string()
		if q.err != nil {
			return q.err
		}
		w.hash, w.key = hash, append([]byte(key), 0)
		if k.f.routes.of(key).kv {
			k.changed(kvName{w.db, key}, w.seq, min(w.at, now-kvDelay), now)
		}
	}
	if !q.more && q.rows < page {
		if w.seq > k.seq {
			k.walked = append(k.walked, kvWalk{db: w.db, space: w.space, seq: w.seq})
		}
		k.walks = append([]kvWalk(nil), k.walks[1:]...)
	}
	return nil
}

var askCopyNames = statement("SELECT hash, key FROM keys WHERE space = ? AND (hash, key) >= (?, ?) ORDER BY hash, key LIMIT ?")
