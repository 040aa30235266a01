package object

import (
	"bytes"
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// Settle makes rows of what the journal has, for tests that look at them.
func (o *Object) Settle() error { return o.rows.settle() }

// ReleaseJournal has the journal leave memory.
func (o *Object) ReleaseJournal() { o.rows.log.release() }

// Journal is how many bytes of the journal are in memory.
func (o *Object) Journal() int64 { return o.rows.log.memory() }

// LowJournals lowers what all journals may keep in memory until the returned function
// is called.
func LowJournals(n int64) func() {
	before := maxJournals
	maxJournals = n
	return func() { maxJournals = before }
}

// CheckJournal reads operations of the journal as far as they are some. What is read
// is written as something that reads the same.
func CheckJournal(b []byte) error {
	rest := string(b)
	for len(rest) > 0 {
		var op, again engine.Op
		if rest = readJournalOp(rest, &op); op.Kind == 0 {
			return nil
		}
		first := appendJournalOp(nil, &op)
		if left := readJournalOp(string(first), &again); left != "" || !bytes.Equal(appendJournalOp(nil, &again), first) {
			return fmt.Errorf("%+v is read again as %+v", op, again)
		}
	}
	return nil
}

// TimeOut ends a blocked command as if its time were up.
func (o *Object) TimeOut(id frame.SessionID, ticket uint64) []byte {
	o.begin(o.now, 0)
	o.step.reset()
	out := o.eng.TimeOut(o.now, o.random(), o.sessions[id].blocked[ticket].engine)
	o.step.absorb(&out)
	if err := o.commit(&o.self, 0, nil); err != nil {
		panic(err)
	}
	return o.end()
}

// Journals reports whether a change of these operations is for the journal of an object whose
// database 0 has a key.
func Journals(exec Executor, ops ...engine.Op) (bool, error) {
	r := NewRows(exec)
	st, err := r.Open()
	if err != nil {
		return false, err
	}
	first := engine.Op{Kind: engine.OpPutKey, Header: engine.Header{Key: "k", Type: engine.TypeString}}
	if err := r.Commit(&engine.Change{Seq: st.Seq + 1, Ops: []engine.Op{first}}); err != nil {
		return false, err
	}
	return r.journal(&engine.Change{Seq: st.Seq + 2, Ops: ops}, nil)
}

// Counted is what Live and all journals are, as far as was counted, and what they are.
func (in *Instance) Counted() (live, journals, allLive, allJournals int64) {
	for _, o := range in.objects {
		allJournals += o.rows.log.memory()
	}
	return in.live, in.journals, in.Live(), allJournals
}
