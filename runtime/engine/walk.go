package engine

import "fmt"

// A found key is what a walk over a database sees of a key, which need not be in
// memory.
type found struct {
	key      string
	hash     uint64
	typ      Type
	expireAt int64
}

func (f *found) expired(nowMs int64) bool { return f.expireAt != 0 && f.expireAt < nowMs }

// walk yields the keys of a database from a hash on, ordered by hash, then key,
// until yield returns false, expired ones included. Keys that are not in memory
// stay where they are. The keyspace must not change meanwhile, and the store
// must not be asked.
func (e *Engine) walk(db uint32, from uint64, yield func(found) bool) {
	ks := e.dbs[db]
	if ks == nil {
		return
	}
	seen := func(ent *entry) found { return found{ent.key, ent.hash, ent.typ, ent.expireAt} }
	if ks.absent == 0 {
		ks.scan(from, func(ent *entry) bool { return yield(seen(ent)) })
		return
	}
	// Those in memory come a page at a time, to be merged with the rows.
	const perPage = 128
	page, next := ks.scanPage(from, perPage)
	more := true
	// resident yields what is in memory and comes before a row; all of it when the
	// row is nil.
	resident := func(before *chain[entry]) {
		for more {
			if len(page) == 0 {
				if next == 0 {
					return
				}
				page, next = ks.scanPage(next, perPage)
				continue
			}
			ent := page[0]
			if before != nil && compareLinks(&ent.chain, before) >= 0 {
				return
			}
			page = page[1:]
			more = yield(seen(ent))
		}
	}
	err := e.store.Keys(ks.stored, from, true, func(h Header) bool {
		resident(&chain[entry]{key: h.Key, hash: h.Hash})
		if more && ks.find(h.Hash, h.Key) == nil && !ks.ghost(h.Key) {
			more = yield(found{h.Key, h.Hash, h.Type, h.ExpireAt})
		}
		return more
	})
	if err != nil {
		panic(fault{fmt.Errorf("listing the keys of database %d: %w", db, err)})
	}
	resident(nil)
}

// keyPage collects at least count keys (fewer at the end) from a cursor on, and
// returns the next cursor, 0 at the end. Keys of one hash are never torn apart,
// so a key that stays is returned at least once.
func (e *Engine) keyPage(db uint32, cursor uint64, count int) (page []found, next uint64) {
	if cursor >= 1<<HashBits {
		return nil, 0
	}
	var last uint64
	e.walk(db, cursor, func(f found) bool {
		if len(page) >= count && f.hash != last {
			next = f.hash
			return false
		}
		page, last = append(page, f), f.hash
		return true
	})
	return page, next
}

// randomKey returns the name of a live key, each about as likely as any other.
func (e *Engine) randomKey(db uint32) (string, bool) {
	ks := e.db(db)
	for ks.absent == 0 && ks.len() > 0 {
		ent := ks.random(e.random)
		if !ent.expired(e.nowMs) {
			return ent.key, true
		}
		e.remove(ent)
	}
	if ks.absent == 0 {
		return "", false
	}
	// One of the keys that follow a random place. Only the first would be more
	// likely the longer the gap before it is.
	const choice = 16
	var names []string
	pick := func(f found) bool {
		if !f.expired(e.nowMs) {
			names = append(names, f.key)
		}
		return len(names) < choice
	}
	e.walk(db, e.random()>>(64-HashBits), pick)
	if len(names) < choice {
		e.walk(db, 0, pick) // past the end, over what is there from the start
	}
	if len(names) == 0 {
		return "", false
	}
	return names[e.random()%uint64(len(names))], true
}

// size is how many keys a database has, with those whose time is over and that
// nobody has removed yet, as in Redis; and how many of those that are not in
// memory expire.
func (e *Engine) size(db uint32) (keys, expiring int64) {
	ks := e.dbs[db]
	if ks == nil {
		return 0, 0
	}
	if ks.absent == unknown {
		keys, expiring = e.countKeys(db, ks)
		ks.absent = keys - int64(ks.len())
		ks.expiring = expiring
		for _, ent := range e.expiry {
			if ent.db == db {
				ks.expiring--
			}
		}
	}
	return int64(ks.len()) + ks.absent, ks.expiring
}

func (e *Engine) countKeys(db uint32, ks *keyspace) (keys, expiring int64) {
	if len(e.dirty)+len(e.ops) > 0 {
		// The store does not show what this frame changed.
		e.walk(db, 0, func(f found) bool {
			keys++
			if f.expireAt != 0 {
				expiring++
			}
			return true
		})
		return keys, expiring
	}
	keys, expiring, err := e.store.CountKeys(ks.stored)
	if err != nil {
		panic(fault{fmt.Errorf("counting the keys of database %d: %w", db, err)})
	}
	return keys, expiring
}
