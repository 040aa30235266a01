package object

import "fmt"

// followed takes the receipt of the last task.
func (d *d1Follower) followed(r *receiptD1, now int64) error {
	fl := d.flight
	if fl == nil {
		return nil // of a task that was given up
	}
	d.flight = nil
	if r.fault != "" {
		return d.failed(r.fault, now, fl.ask)
	}
	if fl.ask {
		return d.answered(r, now)
	}
	d.fails, d.fault, d.next = 0, "", 0
	if fl.leaves {
		d.leaving = false
		return d.f.left("d1", &d.f.routes.d1)
	}
	if fl.to > fl.from {
		d.garbage, d.swept = false, now
		for i := fl.from; i < fl.to && i < len(r.changes); i++ {
			d.garbage = d.garbage || r.changes[i] > 0
		}
	}
	d.garbage = d.garbage || fl.garbage
	if fl.cleans > 0 && fl.cleans < len(r.changes) && r.changes[fl.cleans] == 0 {
		fl.state.Copy.Clean = true
	}
	if fl.looks > 0 && len(r.rows) == 1 && len(r.rows[0]) == 2 {
		fl.state.looked(uint64(r.rows[0][0]), uint64(r.rows[0][1]))
	}
	if fl.seq == d.seq && !d.loading() && fl.state.Orphans == d.state.Orphans {
		d.state = fl.state // nothing but garbage went: D1 knows the number of the batch
		return nil
	}
	return d.settle(fl, now)
}

// settle stores how far D1 has come with a flight.
func (d *d1Follower) settle(fl *d1Flight, now int64) error {
	seq, state := fl.seq, fl.state
	size := 0
	for i := range state.Loads {
		size += len(state.Loads[i].Key)
	}
	if len(state.Loads) > limits.loads || size > maxLoadKey {
		return d.rebuild(now)
	}
	before, pruned := d.seq, d.f.pruned
	if d.since != 0 && (d.behind() && seq > d.seq || d.loading() && state.Run != 0 && state.Copy == nil) {
		d.lag.confirmed(d.since, now)
	}
	var p Program
	if err := p.keep("d1", seq, state); err != nil {
		return err
	}
	for _, s := range fl.dbs {
		if _, since := d.dbs[s.db]; !since {
			d.dbs[s.db] = s.space
		}
	}
	old := d.state
	d.seq, d.state = seq, state
	d.f.prune(&p)
	if err := d.f.rows.exec.Exec(p.Bytes()); err != nil {
		d.seq, d.state, d.f.pruned, d.known = before, old, pruned, false
		return fmt.Errorf("object: storing how far D1 has come: %w", err)
	}
	d.absent, d.foreign, d.fault, d.fails = false, nil, "", 0
	d.blind = d.blind && d.loading()
	if !d.behind() {
		d.rows, d.bytes = 0, 0
		return nil
	}
	d.rows, d.bytes = max(d.rows-fl.rows, 1), max(d.bytes-fl.bytes, 1)
	if d.bytes > 16*limits.behind {
		return d.tooMuch(now)
	}
	_, err := d.f.rows.one(d.f.rows.ask(askSince).Int(int64(d.seq)), func(q *result) { d.since = q.int() })
	return err
}

// tooMuch starts over, rather than let the outbox grow for ever.
func (d *d1Follower) tooMuch(now int64) error {
	d.f.log(2, "redis2cf: D1 starts over with "+d.f.name+": what waits for it is more than a copy would be")
	fails, next := d.fails, d.next
	if err := d.rebuild(now); err != nil {
		return err
	}
	d.fails, d.next = fails, next
	return nil
}

// failed waits before the next attempt. What became of a batch is asked at once.
func (d *d1Follower) failed(fault string, now int64, asked bool) error {
	d.known = false
	d.fails++
	if d.fault = clipFault(fault); d.fails == 1 && d.leaving {
		d.f.log(2, fmt.Sprintf("redis2cf: rows of %s, which has no family in D1 any more, stay there at the moment: %s", d.f.name, d.fault))
	} else if d.fails == 1 {
		d.f.log(2, fmt.Sprintf("redis2cf: D1 does not follow %s at the moment: %s", d.f.name, d.fault))
	}
	if asked {
		d.next = now + d.pause()
	}
	if d.bytes > limits.behind {
		return d.tooMuch(now)
	}
	return nil
}

// pause grows with each failure.
func (d *d1Follower) pause() int64 {
	switch {
	case d.fails > 10 && d.leaving:
		return pauseLeaving
	case d.fails > 10:
		return pauseLast
	}
	return min(int64(pauseFirst)<<max(d.fails-1, 0), pauseLast)
}

// answered compares D1's row with what the object believes.
func (d *d1Follower) answered(r *receiptD1, now int64) error {
	d.known = true
	if len(r.rows) == 0 {
		if d.state.Run != 0 {
			return d.again(now, "it has no row of the object", nil)
		}
		d.absent, d.foreign = true, nil
		if d.fails > 0 {
			d.next = now + d.pause()
		}
		return nil
	}
	if len(r.rows[0]) != 3 {
		return fmt.Errorf("object: D1 answered %d columns", len(r.rows[0]))
	}
	run, batch, seq := int64(r.rows[0][0]), int64(r.rows[0][1]), uint64(r.rows[0][2])
	d.absent = false
	if d.state.Run == 0 {
		d.foreign = &d1State{Run: run, Batch: batch}
		if d.fails > 0 {
			d.next = now + d.pause()
		}
		return nil
	}
	switch {
	case run == d.state.Run && batch == d.state.Batch && seq == d.seq:
		// What failed did not come to pass.
		if d.fails > 0 {
			d.next = now + d.pause()
		}
		return nil
	case run == d.state.Run && batch >= d.state.Batch && seq >= d.seq && seq <= d.f.rows.seq:
		// It did, or an earlier one that was given up for lost.
		fl := d.flightFrom()
		fl.state.Batch = batch
		if err := d.loadsUntil(fl, seq); err != nil {
			return err
		}
		fl.seq, d.garbage = seq, true
		return d.settle(fl, now)
	}
	return d.again(now, "its row is of another time", &d1State{Run: run, Batch: batch})
}

// again starts over from what D1's row was found to be.
func (d *d1Follower) again(now int64, why string, foreign *d1State) error {
	d.f.log(1, "redis2cf: D1 starts over with "+d.f.name+": "+why)
	if err := d.rebuild(now); err != nil {
		return err
	}
	d.known, d.absent, d.foreign = true, foreign == nil, foreign
	return nil
}

// loadsUntil takes over the keys to copy of commits that D1 has already.
func (d *d1Follower) loadsUntil(fl *d1Flight, seq uint64) error {
	for at := fl.seq; at < seq; {
		q, err := d.f.rows.query(d.f.rows.ask(askOutbox).Int(int64(at)).Int(64), 64)
		if err != nil {
			return err
		}
		if q.rows == 0 {
			return nil
		}
		for i := 0; i < q.rows; i++ {
			at = uint64(q.int())
			_, raw := q.value()
			if q.err != nil {
				return q.err
			}
			if at > seq {
				return nil
			}
			fl.bytes += int64(len(raw))
			err := readOps(raw, func(op *rowOp) { fl.takes(op, at) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *d1Follower) status(now int64) FollowerStatus {
	st := FollowerStatus{State: "current", Seq: d.seq, Left: d.oversize, Error: d.fault}
	d.lag.tell(&st)
	if d.behind() || d.loading() && d.f.rows.seq > 0 {
		st.Behind = d.f.rows.seq - min(d.seq, d.f.rows.seq)
		st.LagMs = max(now-d.since, 0) / 1000
		st.Waiting = d.rows
	}
	if d.loading() && d.f.rows.seq > 0 {
		st.State = "copying"
	}
	switch {
	case d.fault != "":
		st.State = "failing"
	case d.leaving:
		st.State = "leaving"
	}
	return st
}

var (
	d1ForgetObject = d1statement("DELETE FROM followers WHERE object = ?")
	d1SpaceItems   = d1statement("INSERT OR IGNORE INTO garbage (object, id, type) SELECT object, id, type FROM keys WHERE id <> 0 AND (object, space, hash, key) IN " + d1OldKeys)
	d1SpaceKeys    = d1statement("DELETE FROM keys WHERE (object, space, hash, key) IN " + d1OldKeys)
	d1Space        = d1statement("DELETE FROM garbage_spaces WHERE object = ? AND NOT EXISTS (SELECT 1 FROM keys k WHERE k.object = garbage_spaces.object AND k.space = garbage_spaces.space)")
)

const d1OldKeys = "(SELECT k.object, k.space, k.hash, k.key FROM garbage_spaces g CROSS JOIN keys k ON k.object = g.object AND k.space = g.space " +
	"WHERE g.object = ? ORDER BY k.space, k.hash, k.key LIMIT ?)"

// sweep removes rows in D1 that nothing refers to. What it removes it finds there, so
// it may be repeated.
func (d *d1Follower) sweep(now int64) ([]byte, error) {
	fl := &d1Flight{seq: d.seq, state: d.state}
	at, err := d.committedAt(d.seq, now)
	if err != nil {
		return nil, err
	}
	p := new(Program)
	d.fence(p, &fl.state, d.seq, "current", at)
	if d.leaving && !d.garbage {
		fl.leaves = true
		p.d1(d1ForgetDBs).Text(d.f.name)
		p.d1(d1ForgetObject).Text(d.f.name)
	} else {
		d.addSweep(p, fl)
	}
	d.flight = fl
	return taskD1(p), nil
}

func (d *d1Follower) addSweep(p *Program, fl *d1Flight) {
	fl.from = p.Len()
	name := d.f.name
	p.d1(d1SpaceItems).Text(name).Int(sweepD1)
	p.d1(d1SpaceKeys).Text(name).Int(sweepD1)
	p.d1(d1Space).Text(name)
	for _, t := range d1Items {
		if t != nil {
			p.d1(t.sweepItems).Text(name).Int(sweepD1)
			p.d1(t.sweepHeader).Text(name)
		}
	}
	fl.to = p.Len()
}
