package engine

import (
	"slices"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A session is what the engine knows of one client.
type session struct {
	id    uint64
	db    uint32
	proto int
	name  string
	lib   [2]string // CLIENT SETINFO lib-name and lib-ver

	killed bool // by CLIENT KILL: it is over, whenever its host closes it

	multi       bool // between MULTI and EXEC
	spoiled     bool // a command was refused while queueing
	queue       []queued
	queuedBytes int
	watched     []watched
	failed      bool // a watched key changed

	topics map[string]struct{} // subscribed channels
	globs  map[string]struct{} // subscribed patterns
	shards map[string]struct{} // subscribed sharded channels
	since  int64               // time of the first command, Unix milliseconds; 0: none yet

	peer    Peer
	seen    int64    // time of the last command, Unix milliseconds
	last    *command // the last command
	noEvict bool     // CLIENT NO-EVICT, which CLIENT LIST shows
	monitor bool     // MONITOR

	readOnly bool // see Restrict
}

type queued struct {
	cmd  *command
	args resp.Command
}

type watched struct {
	dbKey
	expired bool // its time was already over when it was watched
}

// NewSession adds a client. proto is 2 or 3, the version of the protocol whose
// reply shapes it expects.
func (e *Engine) NewSession(db, proto int, name string) uint64 {
	e.nextSession++
	if proto != 2 {
		proto = 3
	}
	e.sessions[e.nextSession] = &session{id: e.nextSession, db: uint32(db), proto: proto, name: name}
	e.stats.connections++
	return e.nextSession
}

// CloseSession forgets a client: its watched keys, its subscriptions and its
// blocked commands.
func (e *Engine) CloseSession(id uint64) {
	s := e.sessions[id]
	if s == nil {
		return
	}
	e.unwatch(s)
	e.endMulti(s)
	e.topics.leave(s)
	e.unmonitor(s)
	for _, w := range e.tickets {
		if w.session == s {
			e.dropWaiter(w)
		}
	}
	delete(e.sessions, id)
}

// Protocol returns a session's protocol version, which HELLO may have changed.
func (e *Engine) Protocol(id uint64) int {
	if s := e.sessions[id]; s != nil {
		return s.proto
	}
	return 3
}

func (e *Engine) watch(s *session, key string) {
	k := dbKey{s.db, key}
	// The key's watchers are fewer than the keys that one session may name at once.
	if slices.Contains(e.watchers[k], s) {
		return
	}
	ent := e.find(k.db, key)
	s.watched = append(s.watched, watched{k, ent != nil && ent.expired(e.nowMs)})
	e.watchers[k] = append(e.watchers[k], s)
	e.watchedBytes += watchBytes + len(key)
}

func (e *Engine) unwatch(s *session) {
	for _, w := range s.watched {
		e.watchedBytes -= watchBytes + len(w.key)
		list := e.watchers[w.dbKey]
		for i, other := range list {
			if other == s {
				list = append(list[:i], list[i+1:]...)
				break
			}
		}
		if len(list) == 0 {
			delete(e.watchers, w.dbKey)
		} else {
			e.watchers[w.dbKey] = list
		}
	}
	s.watched, s.failed = nil, false
}

// failWatchers makes the transactions of those who watch a key fail.
func (e *Engine) failWatchers(k dbKey) {
	for _, s := range e.watchers[k] {
		s.failed = true
	}
}

// failDatabase does so for every watched key of a database that exists in one
// of the databases that are flushed or swapped.
func (e *Engine) failDatabase(db uint32, in ...uint32) {
	for k := range e.watchers {
		if k.db != db {
			continue
		}
		for _, other := range in {
			if e.find(other, k.key) != nil {
				e.failWatchers(k)
				break
			}
		}
	}
}

// watchBroken reports whether EXEC must answer nil: a watched key changed, or
// its time ran out since.
func (e *Engine) watchBroken(s *session) bool {
	if s.failed {
		return true
	}
	for _, w := range s.watched {
		if w.expired {
			continue
		}
		ent := e.find(w.db, w.key)
		if ent != nil && ent.expired(e.nowMs) {
			return true
		}
	}
	return false
}
