package cftest

import "github.com/redis2cf/redis2cf/runtime/store/memory"

// StaleKV makes clients that connect from then on see Workers KV's staleness in families
// with consistency: primary, or, when the program has no plan, with GET, MGET, SET, SETEX and
// DEL on any key: what one client writes reaches each other one after 0 to 60 s, drawn
// from the seed, while FastForward lets time pass. A client sees its own writes at once. The
// methods of this package see, and change, the data as it is. Such families refuse all
// other commands, as they do on KV: see docs/kv-primary.md.
func (m *Miniredis) StaleKV(seed int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stale = memory.NewStale(m.host, uint64(seed))
	if len(m.plan) > 0 {
		_ = m.stale.UsePlan(m.plan) // never fails
	}
}
