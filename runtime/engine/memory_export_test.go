package engine

// Memory is how many bytes the engine counts, how many keys it has let go, and
// whether all keys of database 0 are in memory.
func (e *Engine) Memory() (used, evicted int64, complete bool) {
	ks := e.dbs[0]
	return e.memory.used, e.stats.evicted, ks == nil || ks.absent == 0
}

// Recount counts everything in memory anew, for comparison with what was added
// up, and reports what must hold of the rest.
func (e *Engine) Recount() (used int64, bad string) {
	for db, ks := range e.dbs {
		n, sum := 0, int64(0)
		ks.scan(0, func(ent *entry) bool {
			n++
			sum += ent.size
			switch {
			case ent.gone:
				bad = "a key in memory is gone: " + ent.key
			case ent.db != db:
				bad = "a key has the number of another database: " + ent.key
			case (ent.expireAt != 0) != (ent.heapIdx != 0):
				bad = "a key expires and is not in the heap, or the reverse: " + ent.key
			case ent.size != ent.held():
				bad = "a key was not counted when it changed: " + ent.key
			case ent.dirty || ent.pinned || ent.touched:
				bad = "something of the frame was left: " + ent.key
			}
			return true
		})
		if n != ks.len() || sum != ks.used {
			bad = "a database counts wrong"
		}
		if ks.ghosts != nil || ks.stored != db {
			bad = "a database remembers a frame that is over"
		}
		used += sum
	}
	return used, bad
}
