package embedded

import "github.com/redis2cf/redis2cf/runtime/engine"

// view is the store as the engine sees it: with the changes that are still
// waiting to be stored. The engine reads while the host's mu is held.
type view struct {
	engine.Store
	h       *Host
	seq     uint64 // as of Open
	opening bool   // the engine is being opened: nothing waits, and storeMu is held
}

// Open notes how far the rows are.
func (v *view) Open() (engine.State, error) {
	st, err := v.Store.Open()
	v.seq, v.h.volatile = st.Seq, st.Volatile
	return st, err
}

// waiting calls f for each change that is not stored yet.
func (v *view) waiting(f func(*engine.Change) bool) {
	for _, b := range []*batch{v.h.flying, v.h.open} {
		if b == nil {
			continue
		}
		for _, ch := range b.changes {
			if !f(ch) {
				return
			}
		}
	}
}

// before makes a read see what it must: all waiting changes, or just those of
// one collection. Other changes need not be stored, which is what keeps a read
// from waiting for the disk. It returns what ends the read.
func (v *view) before(id uint64) (after func(), err error) {
	if v.opening {
		return func() {}, nil
	}
	concerned := false
	v.waiting(func(ch *engine.Change) bool {
		for i := range ch.Ops {
			op := &ch.Ops[i]
			if id == 0 || op.ID == id && op.Kind != engine.OpSwapDB {
				concerned = true
				return false
			}
		}
		return true
	})
	if concerned {
		if err := v.h.settle(); err != nil {
			return nil, err
		}
	}
	if _, ok := v.Store.(ConcurrentReader); ok {
		return func() {}, nil
	}
	v.h.storeMu.Lock()
	return v.h.storeMu.Unlock, nil
}

func (v *view) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	after, err := v.before(0)
	if err != nil {
		return engine.Header{}, false, err
	}
	defer after()
	return v.Store.Key(db, hash, key)
}

func (v *view) Items(q engine.Query, yield func(engine.Item) bool) error {
	after, err := v.before(q.ID)
	if err != nil {
		return err
	}
	defer after()
	return v.Store.Items(q, yield)
}

func (v *view) Count(q engine.Query) (int64, error) {
	after, err := v.before(q.ID)
	if err != nil {
		return 0, err
	}
	defer after()
	return v.Store.Count(q)
}

func (v *view) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	after, err := v.before(0)
	if err != nil {
		return err
	}
	defer after()
	return v.Store.Keys(db, from, noValues, yield)
}

func (v *view) DBs() ([]uint32, error) {
	after, err := v.before(0)
	if err != nil {
		return nil, err
	}
	defer after()
	return v.Store.DBs()
}

func (v *view) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	after, err := v.before(0)
	if err != nil {
		return err
	}
	defer after()
	return v.Store.Expiring(before, limit, yield)
}
