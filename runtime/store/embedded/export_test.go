package embedded

import (
	goruntime "runtime"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Waits runs a command and reports whether its reply is held back until
// something is stored.
func Waits(s store.Session, args ...string) (bool, error) {
	own := s.(*Session)
	_, _, b, _, err := own.start(engine.Frame{Session: own.id, Commands: []resp.Command{args}})
	return b != nil, err
}

// WaitQueued waits until the open batch has n changes. With 0 it waits until a
// message is held back.
func (h *Host) WaitQueued(n int) {
	h.waitUntil(func() bool {
		if n == 0 {
			return h.flying != nil && len(h.flying.pushes) > 0
		}
		return h.open != nil && len(h.open.changes) == n
	})
}

// WaitBlocked waits until n commands are blocked.
func (h *Host) WaitBlocked(n int) {
	h.waitUntil(func() bool { return len(h.tickets) == n })
}

func (h *Host) waitUntil(done func() bool) {
	for {
		h.mu.Lock()
		ok := done()
		h.mu.Unlock()
		if ok {
			return
		}
		goruntime.Gosched()
	}
}
