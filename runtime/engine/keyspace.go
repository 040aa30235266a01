package engine

import (
	"fmt"
	"math"
	"strings"
)

// fault carries an error of the store out of a command; Exec recovers it.
type fault struct{ err error }

func errUnknownType(t Type) error {
	return fmt.Errorf("engine: a row has the unknown data type %d", t)
}

// A keyspace is the keys of one database that are in memory, and what is known
// about the others.
type keyspace struct {
	table[entry, *entry]
	// absent is how many keys are in the store alone; unknown until somebody asks.
	// While it is 0, a key that is not in memory does not exist.
	absent   int64
	expiring int64 // of those that are absent, unless it is unknown how many there are
	used     int64 // bytes, as memory counts them
	// stored is the number under which the store knows the database: SWAPDB of this
	// frame has not reached it.
	stored uint32
	// ghosts are keys that this frame removed and the store still shows.
	ghosts map[string]struct{}
}

const unknown = -1

func (e *Engine) db(n uint32) *keyspace {
	ks := e.dbs[n]
	if ks == nil {
		ks = &keyspace{stored: n}
		e.dbs[n] = ks
	}
	return ks
}

// moved counts a key that left memory (1) or came into it (-1).
func (ks *keyspace) moved(n, expireAt int64) {
	if ks.absent == unknown {
		return
	}
	ks.absent += n
	if expireAt != 0 {
		ks.expiring += n
	}
}

func (ks *keyspace) ghost(key string) bool {
	_, ok := ks.ghosts[key]
	return ok
}

func (e *Engine) addGhost(ks *keyspace, key string) {
	if ks.ghosts == nil {
		ks.ghosts = map[string]struct{}{}
	}
	ks.ghosts[key] = struct{}{}
	e.shifted = true
}

// lookup finds a live key. An expired one is removed on the way. It counts as a
// use of the key.
func (e *Engine) lookup(db uint32, key string) *entry {
	ent := e.peek(db, key)
	if ent != nil {
		ent.access = e.nowMs
		if e.undo != nil && e.undo.writing {
			e.undo.keepString(e, ent)
		}
	}
	return ent
}

// peek is lookup without counting as a use.
func (e *Engine) peek(db uint32, key string) *entry {
	ent := e.find(db, key)
	if ent != nil && ent.expireAt != 0 && ent.expired(e.nowMs) {
		e.remove(ent)
		e.stats.expired++
		ent = nil
	}
	if ent == nil || ent.typ == TypeHash && ent.obj == nil && !ent.sound && e.deserted(ent) {
		e.admin.missed(dbKey{db, key})
		return nil
	}
	e.admin.hits++
	return ent
}

// find finds a key, expired or not, in memory or in the store.
func (e *Engine) find(db uint32, key string) *entry {
	ks := e.dbs[db]
	if ks == nil {
		e.seen.missing()
		return nil
	}
	hash := KeyHash(key)
	ent := ks.find(hash, key)
	if ent == nil && ks.absent != 0 {
		ent = e.fetch(ks, db, hash, key)
	}
	if ent == nil {
		e.seen.missing()
		return nil
	}
	e.seen.entry(ent)
	return ent
}

// fetch reads a key that is not in memory.
func (e *Engine) fetch(ks *keyspace, db uint32, hash uint64, key string) *entry {
	if ks.ghost(key) {
		return nil
	}
	h, ok, err := e.store.Key(ks.stored, hash, key)
	if err != nil {
		panic(fault{fmt.Errorf("reading the key %q of database %d: %w", clip(key), db, err)})
	}
	if !ok {
		return nil
	}
	return e.admit(ks, db, &h)
}

// admit brings a key into memory that the store has.
func (e *Engine) admit(ks *keyspace, db uint32, h *Header) *entry {
	ent := &entry{
		chain: chain[entry]{key: h.Key, hash: h.Hash}, db: db,
		typ: h.Type, id: h.ID, stored: true, expireAt: h.ExpireAt, access: e.nowMs, seq: e.seq,
	}
	if h.Type == TypeString {
		ent.str, ent.ref = h.Value, h.Packed
	}
	ks.insert(ent)
	ks.moved(-1, h.ExpireAt)
	if h.ExpireAt != 0 {
		e.expiry.put(ent)
	}
	e.measure(ent)
	return ent
}

// deserted removes a hash all of whose fields have expired since it was in
// memory, and reports it. One row tells in most cases.
func (e *Engine) deserted(ent *entry) bool {
	first, over := int64(0), false
	r := rows{e: e, typ: ent.typ, id: ent.id}
	r.scan(Query{Limit: 1}, func(it Item) bool {
		first, over = it.ExpireAt, it.ExpireAt != 0 && it.ExpireAt < e.nowMs
		return false
	})
	if !over {
		ent.sound = first == 0
		return false
	}
	e.expireFields(ent, e.object(ent).(*hash), math.MaxInt)
	return ent.gone
}

// expired reports whether a key's time is over. A key lives through its last
// millisecond, as in Redis.
func (ent *entry) expired(nowMs int64) bool { return ent.expireAt != 0 && ent.expireAt < nowMs }

// object returns a collection's elements, reading them from the store at first.
func (e *Engine) object(ent *entry) collection {
	if ent.obj == nil {
		ent.obj = e.read(ent)
	}
	e.reshaped(ent)
	if e.undo != nil && e.undo.writing {
		e.undo.watch(e, ent)
	}
	return ent.obj
}

// add puts a new key into the keyspace. The key must not exist.
func (e *Engine) add(db uint32, key string, typ Type, expireAt int64) *entry {
	ent := &entry{chain: chain[entry]{key: key, hash: KeyHash(key)}, db: db, typ: typ, access: e.nowMs}
	if typ != TypeString {
		ent.id = e.newID()
	}
	e.db(db).insert(ent)
	e.setExpire(ent, expireAt)
	if e.admin.notify&noteNew != 0 {
		e.addNote(note{dbKey: dbKey{db, key}, ent: ent, what: keyAdded})
	}
	e.changed(ent)
	if e.undo != nil {
		e.undo.add(func() { e.remove(ent) })
	}
	return ent
}

func (e *Engine) newID() uint64 {
	id := e.nextID
	e.nextID++
	return id
}

// remove takes a key out of the keyspace.
func (e *Engine) remove(ent *entry) {
	e.refs.moved = e.refs.moved || ent.ref
	e.detach(ent)
	e.touch(ent)
	if e.undo != nil {
		undo := e.undo
		undo.add(func() { e.revive(undo, ent) })
	}
}

// detach removes the key without telling those who watch it.
func (e *Engine) detach(ent *entry) {
	ks := e.db(ent.db)
	ks.remove(ent.hash, ent.key)
	if !e.volatile {
		e.account(ent, -ent.size)
		if ks.absent != 0 {
			e.addGhost(ks, ent.key)
		}
	}
	e.expiry.drop(ent)
	ent.gone = true
	e.mark(ent)
}

// changed notes that a key's header row must be written: it is new, or its
// string value, type or expiry changed. It wakes watchers and blocked commands.
func (e *Engine) changed(ent *entry) {
	ent.header = true
	e.touch(ent)
}

// touch notes that a key's value changed: those who watch it fail, those who
// wait for it are served after the command. A collection's own rows are tracked
// by the collection.
func (e *Engine) touch(ent *entry) {
	e.modified(ent)
	if len(e.waiting) > 0 {
		e.signal(dbKey{ent.db, ent.key})
	}
}

// modified is touch for a change that nobody waits for: what was removed from a
// stream.
func (e *Engine) modified(ent *entry) {
	e.noted(ent)
	if len(e.watchers) > 0 {
		e.failWatchers(dbKey{ent.db, ent.key})
	}
}

// noted is modified for a change that Redis does not hold for one of the value:
// what a stream's groups have read.
func (e *Engine) noted(ent *entry) {
	if e.admin.notify != 0 {
		e.note(ent)
	}
	e.mark(ent)
	e.writes++
}

func (e *Engine) mark(ent *entry) {
	if !e.volatile && !ent.dirty {
		ent.dirty = true
		e.dirty = append(e.dirty, ent)
	}
}

// setExpire sets or clears (0) a key's expiry without marking the header.
func (e *Engine) setExpire(ent *entry, at int64) {
	if e.undo != nil && ent.expireAt != at {
		before := ent.expireAt
		e.undo.add(func() { e.setExpire(ent, before); e.changed(ent) })
	}
	ent.expireAt = at
	if at == 0 {
		e.expiry.drop(ent)
	} else {
		e.expiry.put(ent)
	}
}

// dbKey names a key in a database.
type dbKey struct {
	db  uint32
	key string
}

// clip shortens what an error text echoes to 128 bytes, and to what stands
// before a NUL, as Redis's %s does.
func clip(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	if len(s) > 128 {
		return s[:128]
	}
	return s
}
