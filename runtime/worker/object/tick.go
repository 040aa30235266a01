package object

import "fmt"

// Tick is called by a timer or the alarm: blocked commands whose time is up are
// answered, expired keys removed, and polls that waited long enough.
func (o *Object) Tick(now int64, seed uint64) []byte {
	o.begin(now, seed)
	if err := o.ready(); err != nil {
		o.status = 1
		o.in.log(3, fmt.Sprintf("redis2cf: %s cannot be opened: %v", o.name, err))
		return o.end()
	}
	if err := o.attemptTick(); err != nil {
		if o.reopen(err) == nil {
			if err = o.attemptTick(); err != nil {
				_ = o.reopen(err) // it is logged, and the next call tries again
			}
		}
	}
	if o.step.change != nil && o.eng != nil {
		// What expired leaves its rows: an object that rests is not called again for that.
		if err := o.rows.settle(); err != nil {
			o.in.log(2, fmt.Sprintf("redis2cf: %s: %v; it is tried again", o.name, err))
		}
	}
	o.expirePolls()
	return o.end()
}

func (o *Object) attemptTick() (err error) {
	before := o.out.mark()
	defer func() {
		if p := recover(); p != nil {
			err = panicked{-1, p}
		}
		if err != nil {
			o.out.back(before)
		}
	}()
	o.step.reset()
	out := o.eng.Tick(o.now, o.random())
	if out.Err != nil {
		return out.Err
	}
	o.step.absorb(&out)
	return o.commit(&o.self, 0, nil)
}

const (
	// ageInterval is how often old sessions are looked for, in microseconds.
	ageInterval = 3600_000_000
	// sessionAge is for how long a session's row is kept after its last frame that
	// wrote, in milliseconds: what is sent again later than that runs again.
	sessionAge = 24 * 3600_000
	// agedAtOnce is how many sessions are removed in one transaction.
	agedAtOnce = 100
)

// Sweep removes at most so many rows that nobody refers to any more, and old sessions.
func (o *Object) Sweep(rows int) []byte {
	o.begin(o.now, 0)
	if err := o.ready(); err != nil {
		return o.end()
	}
	if o.rows.log.due() {
		if err := o.rows.settle(); err != nil {
			o.in.log(3, fmt.Sprintf("redis2cf: %s: %v; it is tried again", o.name, err))
			return o.end()
		}
	}
	if _, err := o.rows.Sweep(rows); err != nil {
		o.in.log(2, fmt.Sprintf("redis2cf: %s: %v; it is tried again", o.name, err))
	} else if o.now-o.aged > ageInterval {
		o.desert()
		more, err := o.age()
		if err != nil {
			o.in.log(2, fmt.Sprintf("redis2cf: old sessions of %s stay for a while: %v", o.name, err))
		}
		if !more {
			o.aged = o.now
		}
	}
	return o.end()
}

// desert removes the rows of what sessions listened to whose sockets are gone without
// a word, as after a crash. Sockets that hibernated were attached when the object opened.
func (o *Object) desert() {
	for id := range o.orphans {
		if s := o.sessions[id]; s != nil {
			if s.conn == nil {
				o.leave(s)
			}
			continue
		}
		o.leave(&session{id: id})
	}
}

// age removes the rows of sessions that were not heard of. The numbers that they carry
// go into the row that belongs to nobody, in the same transaction.
func (o *Object) age() (more bool, err error) {
	var p Program
	p.session(&noSession, 0, o.rows.seq, o.rows.nextID, o.now/1000, nil, 0)
	n := 0
	err = o.rows.all(o.rows.ask(askOld).Int(o.now/1000-sessionAge).bytes(o.agedTo[:]).Int(agedAtOnce), func(q *result) bool {
		_, raw := q.value()
		id := noSession
		copy(id[:], raw)
		n, o.agedTo = n+1, id // those that stay must not stand before the others for ever
		if s := o.sessions[id]; s != nil {
			if s.conn != nil || len(s.clients) > 0 || s.seen > o.now-sessionAge*1000 {
				return true
			}
			o.keep(s, nil)
			delete(o.sessions, id)
		}
		p.Statement(delSession).bytes(id[:])
		p.Statement(delParts).bytes(id[:]).Int(0)
		p.Statement(delAllWakes).bytes(id[:])
		return true
	})
	if more = n == agedAtOnce && err == nil; !more {
		o.agedTo = noSession
	}
	if err != nil || p.Len() == 1 {
		return more, err
	}
	return more, o.exec.Exec(p.Bytes())
}
