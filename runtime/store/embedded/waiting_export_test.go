package embedded

import "github.com/redis2cf/redis2cf/runtime/engine"

// A Lag is a store as an engine sees it through a host, with changes that are
// stored when a test says so.
type Lag struct{ *view }

// NewLag opens a store behind a host that has no committer.
func NewLag(rows engine.Store) *Lag {
	return &Lag{&view{Store: rows, h: &Host{rows: rows}}}
}

// ready stores what is being stored if a read will have everything stored. A host
// would wait until that is done.
func (l *Lag) ready(concerns func(*waiting) bool) {
	if all := l.index(); concerns(all[0]) || concerns(all[1]) {
		if err := l.Put(); err != nil {
			panic(err)
		}
	}
}

// Key finds the header of a key.
func (l *Lag) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	l.ready((*waiting).rearranges)
	return l.view.Key(db, hash, key)
}

// Items yields one collection's items.
func (l *Lag) Items(q engine.Query, yield func(engine.Item) bool) error {
	if !q.Point {
		l.ready(func(w *waiting) bool { return w.concerns(q.ID) })
	}
	return l.view.Items(q, yield)
}

// Count counts one collection's items.
func (l *Lag) Count(q engine.Query) (int64, error) {
	l.ready(func(w *waiting) bool { return w.concerns(q.ID) })
	return l.view.Count(q)
}

// Keys yields the headers of a database.
func (l *Lag) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	l.ready((*waiting).rearranges)
	return l.view.Keys(db, from, noValues, yield)
}

// CountKeys counts the headers of a database.
func (l *Lag) CountKeys(db uint32) (keys, expiring int64, err error) {
	l.ready(func(*waiting) bool { return true })
	return l.view.CountKeys(db)
}

// Expiring yields the headers that expire.
func (l *Lag) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	l.ready((*waiting).rearranges)
	return l.view.Expiring(before, limit, yield)
}

// Add has a change wait.
func (l *Lag) Add(ch *engine.Change) {
	if l.h.open == nil {
		l.h.open = &batch{done: make(chan struct{})}
	}
	l.h.open.changes = append(l.h.open.changes, ch)
}

// Take begins to store what waits, if nothing is being stored.
func (l *Lag) Take() {
	if l.h.flying == nil {
		l.h.open, l.h.flying = nil, l.h.open
	}
}

// Put stores what is being stored.
func (l *Lag) Put() error {
	b := l.h.flying
	if b == nil {
		return nil
	}
	if !b.stored {
		l.h.put(b)
	}
	return b.err
}

// Publish tells that it is stored.
func (l *Lag) Publish() {
	if b := l.h.flying; b != nil && b.stored {
		l.h.publish(b)
	}
}

// Waiting is how many changes wait to be stored.
func (l *Lag) Waiting() (n int) {
	for _, b := range []*batch{l.h.flying, l.h.open} {
		if b != nil && !b.stored {
			n += len(b.changes)
		}
	}
	return n
}
