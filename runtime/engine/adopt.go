package engine

// Adopt takes over the clients of an engine that is discarded after a fault of
// the store: their databases, names and subscriptions. Rows that they had
// watched may differ now, so their transactions fail. Blocked commands are not
// taken over, nor are scripts, which clients send again when they are missing.
func (e *Engine) Adopt(old *Engine) {
	e.sessions, e.nextSession = old.sessions, old.nextSession
	e.topics, e.queuedBytes = old.topics, old.queuedBytes
	e.nextTicket = old.nextTicket
	e.admin, e.stats, e.started = old.admin, old.stats, old.started
	// Of the command that met the fault nobody is told, and nothing counts.
	e.admin.notes, e.admin.hits, e.admin.misses = nil, 0, 0
	for _, s := range e.sessions {
		if len(s.watched) > 0 {
			s.watched, s.failed = nil, true
		}
	}
}

// Until is the time in Unix microseconds at which a blocked command gives up; 0
// means never, or that nothing is blocked under that ticket.
func (e *Engine) Until(ticket uint64) int64 {
	if w := e.tickets[ticket]; w != nil {
		return w.until
	}
	return 0
}

// TimeOut ends a blocked command as if its time were up, for hosts whose clock
// does not run.
func (e *Engine) TimeOut(now int64, seed uint64, ticket uint64) (out Outcome) {
	defer e.catch(&out)
	e.begin(now, seed)
	if w := e.tickets[ticket]; w != nil {
		e.expireWaiter(w)
	}
	e.finish(&out)
	return out
}
