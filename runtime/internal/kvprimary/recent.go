package kvprimary

import (
	"context"
	"sync"
	"time"
)

// recent is what a client wrote within Stale, so that it reads its own writes. KV may
// answer older values for so long and not longer.
type recent struct {
	mu     sync.Mutex
	byName map[string]*written
	order  []*written // oldest first; those that were replaced are dead
	bytes  int
	limit  int
	lost   uint64 // forgotten early, for want of memory
}

type written struct {
	name    string
	value   Value
	until   time.Time // when it need not be remembered any more
	expires time.Time // when the value itself is gone; zero: never
	dead    bool
}

// entryBytes is what an entry takes beside its strings.
const entryBytes = 200

func (w *written) size() int { return len(w.name) + len(w.value.Data) + entryBytes }

func (r *recent) get(name string, now time.Time) (Value, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.byName[name]
	if w == nil || !now.Before(w.until) {
		return Value{}, false
	}
	if !w.expires.IsZero() && !now.Before(w.expires) {
		return Value{}, true
	}
	return w.value, true
}

// remembered is what the client wrote under a name, if that still counts.
func (c *Client) remembered(ctx context.Context, name string, now time.Time) (Value, bool) {
	v, ok := c.recent.get(name, now)
	if ok && c.opt.Still != nil && !c.opt.Still(ctx, name) {
		c.recent.forget(name)
		return Value{}, false
	}
	return v, ok
}

func (r *recent) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.byName[name]; w != nil {
		r.remove(w)
	}
}

func (r *recent) put(w *Write, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = map[string]*written{}
	}
	if old := r.byName[w.Name]; old != nil {
		r.remove(old)
	}
	n := &written{name: w.Name, value: Value{Data: w.Data, Found: !w.Delete}, until: now.Add(Stale), expires: w.expires(now)}
	r.byName[n.name] = n
	r.order = append(r.order, n)
	r.bytes += n.size()
	drop := 0
	for drop < len(r.order) {
		switch old := r.order[drop]; {
		case old.dead:
		case !now.Before(old.until):
			r.remove(old)
		case r.bytes > r.limit:
			r.remove(old)
			r.lost++
		default:
			r.order = r.order[drop:]
			return
		}
		r.order[drop] = nil
		drop++
	}
	r.order = nil
}

// remove takes an entry out of the map; its place in order is freed later.
func (r *recent) remove(w *written) {
	r.bytes -= w.size()
	w.dead, w.value = true, Value{}
	delete(r.byName, w.name)
}
