package shrink

// lines empties the tables of lines and the lists of files. It returns how many bytes
// are zeros now.
func (t *functionTable) lines() int {
	for _, r := range t.records {
		clear(r[recFile : recLine+4])
		clear(r[recUnit : recStart+4])
	}
	clear(t.b[t.head.units:t.head.tables]) // the names of files
	return t.sweep()
}

// unsafePoints are the values of table 0: at which instructions a function cannot be
// interrupted.
const unsafePoints = 0

// dropUnsafePoints empties the tables that say where a goroutine cannot be interrupted
// by a signal. WebAssembly has no signals, and nobody asks.
func (t *functionTable) dropUnsafePoints() (n int, ok bool) {
	seen := map[uint32]bool{}
	for _, r := range t.records {
		at := r.table(unsafePoints)
		if at == 0 || seen[at] {
			continue
		}
		seen[at] = true
		// All values are negative: -1 to -5.
		if _, ok := walk(t.tables, at, func(v int32) bool { return -5 <= v && v <= -1 }); !ok {
			return 0, false
		}
	}
	for _, r := range t.records {
		r.dropTable(unsafePoints)
	}
	return t.sweep(), true
}
