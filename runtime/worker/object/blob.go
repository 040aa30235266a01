package object

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// Values of strings that lie in R2: what removes those that no row refers to.
//
// Nobody counts references. A commit that sets, overwrites or removes one notes that
// the bucket is to be looked through, an hour later, and then the names in it are
// compared page by page with the rows that refer to one, which have an index. A name
// that is older than engine.OrphanAge and that no row has will never be in a row again,
// because engine.RefLife is shorter: so nothing that is decided here can become wrong,
// whatever happens between two steps, and each step may be done twice. What was found
// is kept for some minutes more, since an answer may be on its way that stands for it
// (GETDEL), and its bytes are fetched after the answer. The keys of a flushed database
// refer to theirs until their rows are swept.

const (
	followerR2 = 3
	// FlagR2 says that R2 has work.
	FlagR2 = 64
)

// The kinds of tasks for R2 and what they ask for; see worker/doc.go.
const (
	noBlobTask     = 0
	taskListBlobs  = 4
	taskDropBlobs  = 5
	blobsPerPage   = 1000 // of R2's list, and of its delete
	doomedGrace    = 15 * 60_000
	blobRetryFirst = 60_000
	blobRetryLast  = 3600_000
	blobTrashWait  = 60_000
)

var (
	putBlobSweep  = statement("INSERT OR REPLACE INTO blob_sweep (one, due, pass, cursor) VALUES (1, ?, ?, ?)")
	askBlobSweep  = statement("SELECT due, pass, cursor FROM blob_sweep")
	putDoomed     = statement("INSERT INTO blob_doomed (at, ids) VALUES (?, ?)")
	delDoomed     = statement("DELETE FROM blob_doomed WHERE page = ?")
	askDoomed     = statement("SELECT page, at, ids FROM blob_doomed ORDER BY page LIMIT 1")
	askReferences = statement("SELECT value FROM keys INDEXED BY keys_in_r2 WHERE packed = 1 AND type = 1 AND value > ? AND value < ? ORDER BY value LIMIT ?")
)

// blobs looks through what the object has in R2. The zero value must be opened.
type blobs struct {
	rows   *Rows
	state  blobSweep
	doomed doomedPage // the first one; page 0: there is none

	asked    int   // the kind of the task that is under way, 0: none
	failures int   // in a row
	retry    int64 // no task before, Unix milliseconds
}

// blobSweep is the row of blob_sweep.
type blobSweep struct {
	due, pass int64
	cursor    string
}

// doomedPage is a row of blob_doomed.
type doomedPage struct {
	page, at int64
	ids      []string
}

const refDigits = 32 // of an id

// open reads where the sweep stands. The rows must be open.
func (b *blobs) open(rows *Rows) error {
	b.rows, b.state, b.asked = rows, blobSweep{}, noBlobTask
	_, err := rows.one(rows.ask(askBlobSweep), func(q *result) {
		b.state = blobSweep{due: q.int(), pass: q.int(), cursor: q.string()}
	})
	if err == nil {
		err = b.readDoomed()
	}
	if err != nil {
		return fmt.Errorf("object: reading how far the bucket was looked through: %w", err)
	}
	return nil
}

// readDoomed reads the first page of what is to be removed.
func (b *blobs) readDoomed() error {
	b.doomed = doomedPage{}
	_, err := b.rows.one(b.rows.ask(askDoomed), func(q *result) {
		b.doomed.page, b.doomed.at = q.int(), q.int()
		for ids := q.string(); len(ids) >= refDigits; ids = ids[refDigits:] {
			b.doomed.ids = append(b.doomed.ids, ids[:refDigits])
		}
	})
	return err
}

// note appends to the program of a commit that the bucket is to be looked through.
// noted is to be called when it is stored.
func (b *blobs) note(p *Program, ch *engine.Change, now int64) (due int64) {
	if ch == nil || !ch.Refs || b.state.due != 0 {
		return 0
	}
	st := b.state
	st.due = now/1000 + engine.OrphanAge
	st.put(p)
	return st.due
}

func (b *blobs) noted(due int64) {
	if due != 0 {
		b.state.due = due
	}
}

func (st *blobSweep) put(p *Program) {
	p.Statement(putBlobSweep).Int(st.due).Int(st.pass).Text(st.cursor)
}

// next is the kind of the next task, and when it is due, in Unix milliseconds; 0: never.
func (b *blobs) next(now int64) (kind int, at int64) {
	switch {
	case b.doomed.page != 0 && b.doomed.at+doomedGrace <= now:
		kind, at = taskDropBlobs, now
	case b.state.pass != 0:
		kind, at = taskListBlobs, now
	case b.state.due != 0 && b.state.due <= now && b.rows.trash:
		at = now + blobTrashWait // the rows of flushed databases come first
	case b.state.due != 0 && b.state.due <= now:
		kind, at = taskListBlobs, now
	default:
		at = b.state.due
		if b.doomed.page != 0 && (at == 0 || b.doomed.at+doomedGrace < at) {
			at = b.doomed.at + doomedGrace
		}
	}
	if at != 0 && at < b.retry {
		kind, at = noBlobTask, b.retry
	}
	return kind, at
}

// flags are those of an output.
func (b *blobs) flags(now int64) uint32 {
	if kind, _ := b.next(now / 1000); kind != noBlobTask {
		return FlagR2
	}
	return 0
}

// alarm is when the alarm must call, Unix microseconds; 0: never.
func (b *blobs) alarm(now int64) int64 {
	_, at := b.next(now / 1000)
	if at == 0 {
		return 0
	}
	// An alarm costs a row: it moves in steps, and is late rather than early.
	const step = 60_000_000
	return (max(at*1000, now)/step + 1) * step
}

// task appends what R2 is to do next. After an error that is nothing for a while.
func (b *blobs) task(now int64, to []byte) ([]byte, error) {
	b.asked = noBlobTask
	task, err := b.ask(now, to)
	if err != nil {
		b.failed(now / 1000)
		task = blobFloat(append(to, noBlobTask), float64(b.retry*1000))
	}
	return task, err
}

func (b *blobs) ask(now int64, to []byte) ([]byte, error) {
	for {
		kind, at := b.next(now / 1000)
		switch kind {
		case noBlobTask:
			return blobFloat(append(to, noBlobTask), float64(at*1000)), nil
		case taskListBlobs:
			if b.state.pass == 0 {
				st := blobSweep{pass: now / 1000}
				if err := b.store(st); err != nil {
					return nil, err
				}
			}
			b.asked = kind
			return blobBytes(append(to, taskListBlobs), b.state.cursor), nil
		}
		ids, err := b.unreferenced(b.doomed.ids)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			if err := b.dropped(); err != nil {
				return nil, err
			}
			continue
		}
		b.asked = kind
		to = binary.LittleEndian.AppendUint32(append(to, taskDropBlobs), uint32(len(ids)))
		for _, id := range ids {
			to = blobBytes(to, id)
		}
		return to, nil
	}
}

// store keeps where the sweep stands.
func (b *blobs) store(st blobSweep) error {
	var p Program
	st.put(&p)
	if err := b.rows.exec.Exec(p.Bytes()); err != nil {
		return fmt.Errorf("object: writing how far the bucket was looked through: %w", err)
	}
	b.state = st
	return nil
}

// receipt takes what became of the task. What it says is an error of R2 or of the
// rows, after which the task comes again later.
func (b *blobs) receipt(now int64, receipt []byte) error {
	asked := b.asked
	b.asked = noBlobTask
	if asked == noBlobTask {
		return nil // of a task that an earlier instance gave
	}
	err := b.take(asked, now/1000, receipt)
	if err == nil {
		b.failures, b.retry = 0, 0
		return nil
	}
	b.failed(now / 1000)
	return err
}

// failed has the next task wait, longer each time.
func (b *blobs) failed(now int64) {
	b.retry = now + min(int64(blobRetryFirst)<<min(b.failures, 10), blobRetryLast)
	b.failures++
}

func (b *blobs) take(asked int, now int64, receipt []byte) error {
	r := blobReceipt{b: receipt}
	if failed := r.byte(); failed != 0 || r.bad {
		return fmt.Errorf("object: R2: %s", clip(r.str()))
	}
	if asked == taskDropBlobs {
		return b.dropped()
	}
	more, n := r.byte() != 0, r.u32()
	var last string
	var old []string
	young := false
	for ; n > 0 && !r.bad; n-- {
		last = r.str()
		switch {
		case !engine.ValidRefID(last): // somebody else's: it stays
		case engine.RefTime(last)+engine.OrphanAge >= now:
			young = true // and so are those that follow
		default:
			old = append(old, last)
		}
	}
	if r.bad || len(r.b) > 0 {
		return fmt.Errorf("object: a receipt of R2 cannot be read")
	}
	ids, err := b.unreferenced(old)
	if err != nil {
		return err
	}
	st := b.state
	st.cursor = last
	if young || !more || last == "" { // a page without names says no more
		st.pass, st.cursor = 0, ""
	}
	if young && st.due == 0 {
		st.due = now + engine.OrphanAge // they may be orphans by then
	}
	var p Program
	if len(ids) > 0 {
		all := make([]byte, 0, len(ids)*refDigits)
		for _, id := range ids {
			all = append(all, id...)
		}
		p.Statement(putDoomed).Int(now).bytes(all)
	}
	st.put(&p)
	if err := b.rows.exec.Exec(p.Bytes()); err != nil {
		return fmt.Errorf("object: writing down what is to be removed from the bucket: %w", err)
	}
	b.state = st
	if b.doomed.page == 0 && len(ids) > 0 {
		return b.readDoomed()
	}
	return nil
}

// dropped forgets the first page of what was to be removed.
func (b *blobs) dropped() error {
	var p Program
	p.Statement(delDoomed).Int(b.doomed.page)
	if err := b.rows.exec.Exec(p.Bytes()); err != nil {
		return fmt.Errorf("object: writing down what was removed from the bucket: %w", err)
	}
	return b.readDoomed()
}

// unreferenced are those of some ids, which are in order, that no row refers to.
func (b *blobs) unreferenced(ids []string) (free []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	used := map[string]bool{}
	from, end := ids[0], ids[len(ids)-1]+";" // behind every reference to the last one
	for {
		q, err := b.rows.query(b.rows.ask(askReferences).Blob(from).Blob(end).Int(laterPage), laterPage)
		if err != nil {
			return nil, fmt.Errorf("object: looking for references to R2: %w", err)
		}
		for i := 0; i < q.rows; i++ {
			if from = q.string(); len(from) > refDigits {
				used[from[:refDigits]] = true
			}
		}
		if q.err != nil {
			return nil, q.err
		}
		if !q.more && q.rows < laterPage {
			break
		}
		// Several keys may share a reference: those that are left of it say nothing new.
		if len(from) > refDigits {
			from = from[:refDigits] + ";"
		}
	}
	for _, id := range ids {
		if !used[id] {
			free = append(free, id)
		}
	}
	return free, nil
}

func blobFloat(to []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(to, math.Float64bits(f))
}

func blobBytes(to []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(to, uint32(len(s))), s...)
}

// blobReceipt reads a receipt.
type blobReceipt struct {
	b   []byte
	bad bool
}

func (r *blobReceipt) next(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return make([]byte, min(max(n, 0), 4))
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *blobReceipt) byte() byte  { return r.next(1)[0] }
func (r *blobReceipt) u32() uint32 { return binary.LittleEndian.Uint32(r.next(4)) }
func (r *blobReceipt) str() string {
	n := r.u32()
	if uint64(n) > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return ""
	}
	return string(r.next(int(n)))
}
