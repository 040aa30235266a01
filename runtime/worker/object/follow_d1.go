package object

import (
	"fmt"
)

const (
	flushDelay   = 100_000      // microseconds after which a commit is flushed at the latest
	flushBytes   = 1 << 20      // of the outbox that one flush reads, after which no further commit joins
	pauseFirst   = 100_000      // microseconds after a failure, twice as many after each further one
	pauseLast    = 60_000_000   // microseconds
	pauseLeaving = 3600_000_000 // microseconds, when no family needs it: the Worker may have no D1 any more
	sweepEvery   = 1_000_000    // microseconds between two sweeps while there is traffic
	sweepTries   = 5            // failures after which garbage waits for the next flush
	sweepD1      = 1000         // rows of each table that one sweep removes in D1
	maxLoadKey   = 512 << 10    // bytes of the names of keys that wait to be copied; the same
	runBits      = 1<<52 - 1    // of a run's number
)

// limits bound what is done at once. Tests set them low.
var limits = struct {
	flushRows   int   // operations that start a flush at once, and about as many as one has
	outboxBytes int   // that one commit writes down for a follower; a row has both, and 2 MB. A larger change is written down as the keys that are to be copied
	outboxOps   int   // the same, because a batch of D1 has whole commits
	loads       int   // keys that wait to be copied; with more, D1 starts over
	behind      int64 // bytes of the outbox that are kept for D1 while it fails; with more, and with 16 times as many in any case, it starts over
	look        int   // rows of which one batch finds out whether something refers to them; it reads all headers in D1 for that
	window      int   // keys of KV that are kept in memory; the outbox has the others
}{500, 900_000, 20_000, 4000, 64 << 20, 50_000, 10_000}

// d1State is the row of followers, as JSON.
type d1State struct {
	Run    int64     `json:"run"`    // 0: D1 is to start over
	Batch  int64     `json:"batch"`  // of the run, that is confirmed
	Routes string    `json:"routes"` // whose families D1 has
	Copy   *copyAt   `json:"copy,omitempty"`
	Start  uint64    `json:"start,omitempty"` // commit at which the copy began
	Loads  []keyLoad `json:"loads,omitempty"`
	// Brought are collections that loads have brought since there were none. A key that
	// is loaded after them may have had one before: that makes it no garbage.
	Brought []uint64 `json:"brought,omitempty"`
	// Orphans is the commit from which on rows are looked for that nothing refers to: keys
	// went while they were copied. 0: there is no need.
	Orphans uint64  `json:"orphans,omitempty"`
	Look    *lookAt `json:"look,omitempty"` // how far that has come; nil: it has not begun
}

// A d1Follower feeds D1.
//
// D1 has one row for each object, with the run, the number of the last batch and the
// last commit. A batch begins with a statement that moves this row from what the
// object believes to be there to the next number, or fails; so of batches that are
// late, repeated or were given up for lost only one comes to pass, and what it brought
// is known from the row. After each failure the row is asked for.
type d1Follower struct {
	f     *followers
	state d1State
	seq   uint64 // commit that D1 has, of those in the outbox

	last     uint64           // commit with the last row of the outbox for D1
	lastSync uint64           // and with the last that an answer waits for
	lastLoad uint64           // and with the last that has keys to be copied
	rows     int              // operations that wait, about
	bytes    int64            // of the outbox
	since    int64            // when the oldest commit was that waits, Unix microseconds
	dbs      map[uint32]int64 // what D1 was told of databases, since the object was opened

	known    bool     // the row of D1 is what state says, as far as is known
	absent   bool     // D1 has no row
	blind    bool     // of answers that are not among the held ones, some may wait for a copy
	foreign  *d1State // D1's row, when it is another one than ours; a run begins from there
	garbage  bool     // there may be garbage in D1
	swept    int64    // when it was looked for, Unix microseconds
	flight   *d1Flight
	fails    int
	next     int64 // nothing is tried before, Unix microseconds
	fault    string
	oversize int
	lag      lag
	leaving  bool // no family is in D1 any more: what it has is taken away
}

// A d1Flight is the batch that is under way.
type d1Flight struct {
	ask      bool
	seq      uint64 // the commit that D1 has then
	state    d1State
	rows     int       // operations of the outbox that it takes
	bytes    int64     // of the outbox
	dbs      []dbSpace // that a run begins with
	garbage  bool      // it leaves some
	leaves   bool      // D1 has nothing of the object then
	cleans   int       // the statement that removes keys of old spaces, 0: none does
	looks    int       // the statement that says how far rows were looked at, 0: none does
	from, to int       // statements that sweep
}

// takes takes over what concerns copies of an operation of a commit, and reports whether
// that is all of it.
func (fl *d1Flight) takes(op *rowOp, seq uint64) bool {
	fl.rows++
	switch op.kind {
	case rowLoad:
		fl.state.Loads = append(fl.state.Loads, keyLoad{Seq: seq, Space: op.space, Hash: op.hash, Key: []byte(op.key)})
		return true
	case rowGarbage:
		n := 0
		for _, id := range fl.state.Brought {
			if id != op.id {
				fl.state.Brought[n] = id
				n++
			}
		}
		fl.state.Brought = fl.state.Brought[:n]
	}
	return false
}

// flightFrom is a flight that begins where D1 is.
func (d *d1Follower) flightFrom() *d1Flight {
	fl := &d1Flight{seq: d.seq, state: d.state}
	fl.state.Loads = append([]keyLoad(nil), d.state.Loads...)
	fl.state.Brought = append([]uint64(nil), d.state.Brought...)
	if at := d.state.Copy; at != nil {
		there := *at
		fl.state.Copy = &there
	}
	return fl
}

func (d *d1Follower) open(now int64) error {
	*d = d1Follower{f: d.f, dbs: map[uint32]int64{}, known: true, garbage: true, leaving: d.leaving}
	seq, found, err := d.f.stored("d1", &d.state)
	if err != nil {
		return err
	}
	d.seq = seq
	if !found || d.state.Routes != d.f.routes.printD1 {
		d.state = d1State{}
	}
	if d.state.Run == 0 && d.f.rows.seq > 0 {
		d.since = now
	}
	d.blind = d.loading() && d.f.rows.seq > 0
	_, err = d.f.rows.one(d.f.rows.ask(askBehind).Int(int64(d.seq)), func(q *result) {
		n, at := q.int(), q.int()
		d.last = uint64(q.int())
		d.bytes = q.int()
		d.lastSync = uint64(q.int())
		d.lastLoad = d.last // nobody knows
		if n > 0 {
			d.since, d.rows = at, int(n)
		}
	})
	return err
}

// loading reports whether D1 gets rows that are older than the outbox.
func (d *d1Follower) loading() bool {
	return d.loadingState(&d.state)
}

// mayLoad is loading, or will be when D1 has come to the end of the outbox.
func (d *d1Follower) mayLoad() bool { return d.loading() || d.lastLoad > d.seq }

func (d *d1Follower) loadingState(st *d1State) bool {
	return st.Run == 0 || st.Copy != nil || len(st.Loads) > 0
}

// behind reports whether the outbox has something.
func (d *d1Follower) behind() bool { return d.last > d.seq }

// works reports whether there is something to do.
func (d *d1Follower) works() bool {
	if d.f.rows.seq == 0 {
		return false // nothing was ever written
	}
	return d.flight != nil || d.behind() || d.loading() || d.state.Orphans != 0 || d.leaving
}

// urgent reports whether a flush must not wait for others to join.
func (d *d1Follower) urgent() bool {
	return d.behind() && (d.rows >= limits.flushRows || d.lastSync > d.seq)
}

// has reports whether D1 has what a commit wrote.
func (d *d1Follower) has(seq uint64) bool {
	switch {
	case d.state.Run == 0 || d.behind() && seq > d.seq:
		return false
	case d.state.Copy != nil && seq <= d.state.Start:
		return false // somewhere in what is still copied
	}
	for i := range d.state.Loads {
		if d.state.Loads[i].Seq == seq {
			return false
		}
	}
	return true
}

// writes reports whether commits are to be written down: not while D1 is to get all
// of it anyway.
func (d *d1Follower) writes() bool {
	return d.state.Run != 0 || d.flight != nil && !d.flight.ask
}

// committed takes in what a commit wrote down.
func (d *d1Follower) committed(row *outboxRow) {
	if row.sync {
		d.lastSync = row.seq
	}
	if row.copy {
		d.startOver(row.at)
	}
	if d.since == 0 {
		d.since = row.at
	}
	if len(row.d1) == 0 {
		return
	}
	if !d.behind() && !d.loading() {
		d.since = row.at
	}
	if d.last = row.seq; row.loads {
		d.lastLoad = row.seq
	}
	d.rows += row.rows
	d.bytes += int64(len(row.d1))
	for _, known := range row.dbs {
		d.dbs[known.db] = known.space
	}
}

// startOver has D1 fed from the rows, from the next task on, and forgets the outbox.
// What is under way may still arrive: D1 is asked first.
func (d *d1Follower) startOver(now int64) {
	if d.state.Run != 0 && !d.behind() {
		d.since = now
	}
	d.state = d1State{}
	d.foreign, d.absent = nil, false
	d.flight, d.known = nil, false
	d.seq, d.rows, d.bytes = d.f.rows.seq, 0, 0
	d.dbs = map[uint32]int64{}
}

// rebuild is startOver for good.
func (d *d1Follower) rebuild(now int64) error {
	pruned := d.f.pruned
	d.startOver(now)
	var p Program
	if err := p.keep("d1", d.seq, d.state); err != nil {
		return err
	}
	d.f.prune(&p)
	if err := d.f.rows.exec.Exec(p.Bytes()); err != nil {
		d.f.pruned = pruned
		return fmt.Errorf("object: storing that D1 starts over: %w", err)
	}
	d.next, d.fails = 0, 0
	return nil
}

var (
	// The fence: batch is NULL, which its column refuses, unless D1's row is the one
	// that is expected.
	d1Move = d1statement("INSERT INTO followers (object, run, batch, seq, state, committed) " +
		"SELECT ?, ?, (SELECT batch + 1 FROM followers WHERE object = ? AND run = ? AND batch = ?), ?, ?, ? WHERE true " +
		"ON CONFLICT (object) DO UPDATE SET run = excluded.run, batch = excluded.batch, seq = excluded.seq, state = excluded.state, committed = excluded.committed")
	// The same where D1 has no row: a second one is refused.
	d1First = d1statement("INSERT INTO followers (object, run, batch, seq, state, committed) VALUES (?, ?, ?, ?, ?, ?)")
	d1Ask   = d1statement("SELECT run, batch, seq FROM followers WHERE object = ?")
)

// task is what D1 is to do next.
func (d *d1Follower) task(now int64) ([]byte, error) {
	if d.flight != nil {
		// The loop that had the task is gone: nobody knows what becomes of the batch.
		d.known = d.known && d.flight.ask
		d.flight = nil
	}
	if now < d.next {
		return taskWait(d.next), nil
	}
	if d.leaving && d.known && !d.behind() && !d.loading() && d.state.Orphans == 0 {
		return d.sweep(now)
	}
	if !d.works() {
		switch {
		case !d.garbage || d.state.Run == 0 || d.fails > sweepTries:
			return taskWait(0), nil // with the next flush
		case d.known:
			return d.sweep(now)
		}
	}
	if d.known && !d.loading() && !d.urgent() && now < d.since+flushDelay {
		return taskWait(d.since + flushDelay), nil
	}
	if !d.known {
		d.flight = &d1Flight{ask: true}
		var p Program
		p.d1(d1Ask).Text(d.f.name)
		return taskD1(&p), nil
	}
	return d.flush(now)
}

// flush makes the batch that brings D1 forward.
func (d *d1Follower) flush(now int64) ([]byte, error) {
	fl := d.flightFrom()
	var live, page rowSet
	ranges := new(Program)
	ranges.Reset()
	begin := d.state.Run == 0
	if begin {
		if !d.absent && d.foreign == nil {
			d.known = false // ask first
			return d.task(now)
		}
		fl.seq = d.f.rows.seq
		fl.state = d1State{Run: d.newRun(now), Routes: d.f.routes.printD1, Copy: &copyAt{}, Start: fl.seq}
		fl.dbs, d.dbs = d.f.followedSpaces(), map[uint32]int64{} // what comes meanwhile is told anew
	} else if err := d.gather(fl, &live); err != nil {
		return nil, err
	}
	c := copier{d: d, state: &fl.state, page: &page, ranges: ranges, left: limits.flushRows - min(len(live.ops), limits.flushRows*9/10)}
	if begin {
		c.begin(fl.dbs)
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	state := "current"
	if fl.state.Copy != nil || len(fl.state.Loads) > 0 {
		state = "copying"
	}
	at, err := d.committedAt(fl.seq, now)
	if err != nil {
		return nil, err
	}
	p := new(Program)
	d.fence(p, &fl.state, fl.seq, state, at)
	d.oversize += live.write(p, d.f.name)
	p.b, p.n = append(p.b, ranges.b[4:]...), p.n+ranges.n
	d.oversize += page.write(p, d.f.name)
	fl.cleans, fl.looks = c.end(p, fl.seq)
	fl.garbage = c.garbage || len(live.gone) > 0
	for i := range live.ops {
		fl.garbage = fl.garbage || live.ops[i].kind == rowSpace
	}
	if d.garbage && state == "current" && !d.loading() && now >= d.swept+sweepEvery {
		d.addSweep(p, fl)
	}
	d.flight = fl
	return taskD1(p), nil
}

// fence begins a batch, and counts it in the state that holds when it is done.
func (d *d1Follower) fence(p *Program, to *d1State, seq uint64, state string, atMs int64) {
	from := &d.state
	if d.state.Run == 0 {
		from = d.foreign
	}
	if from == nil {
		to.Batch = 1
		p.d1(d1First).Text(d.f.name).Int(to.Run).Int(to.Batch).Int(int64(seq)).Text(state).Int(atMs)
		return
	}
	to.Batch = from.Batch + 1
	p.d1(d1Move).Text(d.f.name).Int(to.Run).Text(d.f.name).Int(from.Run).Int(from.Batch).Int(int64(seq)).Text(state).Int(atMs)
}

// committedAt is when a commit was, in Unix milliseconds; now when its row is gone.
func (d *d1Follower) committedAt(seq uint64, now int64) (ms int64, err error) {
	ms = now / 1000
	_, err = d.f.rows.one(d.f.rows.ask(askAt).Int(int64(seq)), func(q *result) { ms = q.int() / 1000 })
	return ms, err
}

// newRun is the number of a run: no object has it twice in a row.
func (d *d1Follower) newRun(now int64) int64 {
	z := uint64(now)*0x9e3779b97f4a7c15 + d.f.rows.seq
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	run := int64((z ^ z>>31) & runBits)
	if run == 0 || d.foreign != nil && run == d.foreign.Run {
		run++
	}
	return run
}

// gather reads whole commits of the outbox, until they are enough for a batch.
func (d *d1Follower) gather(fl *d1Flight, live *rowSet) error {
	const page = 64
	most := limits.flushRows
	if d.rows > 4*most {
		most *= 8 // D1 does not keep up: fewer batches take less of its time
	}
	fits := func() bool {
		return fl.bytes < flushBytes && len(live.ops) < most && len(fl.state.Loads) < max(limits.loads/2, 1)
	}
	for fits() {
		q, err := d.f.rows.query(d.f.rows.ask(askOutbox).Int(int64(fl.seq)).Int(page), page)
		if err != nil {
			return err
		}
		for i := 0; i < q.rows && fits(); i++ {
			seq := uint64(q.int())
			_, raw := q.value()
			if q.err != nil {
				return q.err
			}
			fl.bytes += int64(len(raw))
			err := readOps(raw, func(op *rowOp) {
				if !fl.takes(op, seq) {
					live.add(op)
				}
			})
			if err != nil {
				return err
			}
			fl.seq = seq
		}
		if !q.more && q.rows < page {
			break
		}
	}
	return nil
}
