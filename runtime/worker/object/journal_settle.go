package object

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// settle makes rows of what the journal has.
func (r *Rows) settle() error {
	j := &r.log
	if j.unread {
		if err := r.readJournal(); err != nil {
			return fmt.Errorf("object: reading the journal: %w", err)
		}
	}
	if j.slot == 0 {
		return nil
	}
	p := &j.program
	p.Reset()
	defer p.Reset() // a large one is not kept
	if err := r.settleOps(p); err != nil {
		return err
	}
	for _, slot := range j.sessions {
		p.Statement(settleSession).Int(slot)
	}
	p.Statement(putSettled).Int(j.pass + 1)
	if err := r.exec.Exec(p.Bytes()); err != nil {
		// It may be settled all the same: only the table knows.
		j.reset(j.pass)
		j.unread = true
		return fmt.Errorf("object: settling the journal: %w", err)
	}
	j.reset(j.pass + 1)
	r.weigh()
	return nil
}

// readJournal reads what is not settled from the table. The program of a query that
// waits for it (see Rows.query) is in r.p, so it has another one.
func (r *Rows) readJournal() error {
	j := &r.log
	pass := int64(0)
	var p Program
	if _, err := r.one(p.Statement(askSettled), func(q *result) { pass = q.int() }); err != nil {
		return err
	}
	j.reset(pass)
	j.begin()
	j.unread = true // until all is read
	for {
		p.Reset()
		q, err := r.query(p.Statement(askJournal).Int(j.slot).Int(pass).Int(laterPage), laterPage)
		if err != nil {
			return err
		}
		for i := 0; i < q.rows; i++ {
			var id frame.SessionID
			slot := q.int()
			_, raw := q.value()
			ops := q.string()
			if q.err != nil || copy(id[:], raw) != len(id) || slot != j.slot+1 {
				return errJournal
			}
			for rest := ops; len(rest) > 0; {
				var op engine.Op
				at := len(ops) - len(rest)
				if rest = readJournalOp(rest, &op); op.Kind == 0 {
					return errJournal
				}
				j.note(&op, int32(at))
			}
			j.commit(&id, ops)
		}
		if !q.more && q.rows < laterPage {
			j.unread = false
			return nil
		}
	}
}

// settleOps appends the rows of the operations, of each row the last one.
func (r *Rows) settleOps(p *Program) error {
	j := &r.log
	list := j.list[:0]
	for _, ops := range j.ops {
		for len(ops) > 0 {
			list = append(list, engine.Op{})
			if ops = readJournalOp(ops, &list[len(list)-1]); list[len(list)-1].Kind == 0 {
				return errJournal
			}
		}
	}
	forgetGarbage(list)
	order := j.order[:0]
	for i := range list {
		if list[i].Kind != 0 {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		if n := compareOps(&list[a], &list[b]); n != 0 {
			return n
		}
		return int(b - a) // the last one is the first of those on a row
	})
	n, there := 0, uint32(0) // classes of operations
	for _, i := range order {
		op := &list[i]
		if n == 0 || compareOps(&list[order[n-1]], op) != 0 {
			there |= 1 << settleClass(op)
			order[n] = i
			n++
		} else if op.Kind == engine.OpDelKey && op.Header.ID != 0 {
			r.discard(p, op.Header.Type, op.Header.ID) // the key is there again, or went twice
		}
	}
	order = order[:n]
	// The rows of one statement are put together, in the order of their table.
	rows := j.rows[:0]
	for ; there != 0; there &= there - 1 {
		for _, i := range order {
			if op := &list[i]; settleClass(op) == bits.TrailingZeros32(there) {
				rows = append(rows, op)
			}
		}
	}
	defer func() {
		clear(rows)
		clear(list)
		j.list, j.order, j.rows = list[:0], order[:0], rows[:0]
		if cap(list) > 8*journalOps {
			j.list, j.order, j.rows = nil, nil, nil
		}
	}()
	for i := 0; i < len(rows); {
		n, err := r.op(p, rows[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// settleClass is classOf, with a number for collections that are dropped.
func settleClass(op *engine.Op) int {
	if class := classOf(op); class >= 0 {
		return class
	}
	return 31
}

// forgetGarbage takes out items of collections that become garbage later: they are not
// written at all.
func forgetGarbage(list []engine.Op) {
	garbage := map[uint64]bool{}
	for i := len(list) - 1; i >= 0; i-- {
		switch op := &list[i]; op.Kind {
		case engine.OpDelKey:
			garbage[op.Header.ID] = true // 0 is no collection
		case engine.OpDrop:
			garbage[op.ID] = true
		case engine.OpPutItem, engine.OpDelItem:
			if garbage[op.ID] {
				*op = engine.Op{}
			}
		}
	}
}

// compareOps orders operations by the rows that they are on.
func compareOps(a, b *engine.Op) int {
	if a, b := tableOrder(a), tableOrder(b); a != b {
		return cmp.Compare(a, b)
	}
	switch a.Kind {
	case engine.OpPutKey, engine.OpDelKey:
		x, y := &a.Header, &b.Header
		switch {
		case x.DB != y.DB:
			return cmp.Compare(x.DB, y.DB)
		case x.Hash != y.Hash:
			return cmp.Compare(x.Hash, y.Hash)
		}
		return strings.Compare(x.Key, y.Key)
	case engine.OpDrop:
		return cmp.Compare(a.ID, b.ID)
	}
	x, y := &a.Item, &b.Item
	switch {
	case a.ID != b.ID:
		return cmp.Compare(a.ID, b.ID)
	case x.Kind != y.Kind:
		return cmp.Compare(x.Kind, y.Kind)
	case x.Pos != y.Pos:
		return cmp.Compare(x.Pos, y.Pos)
	}
	return strings.Compare(x.Field, y.Field)
}

// tableOrder tells the tables of operations apart.
func tableOrder(op *engine.Op) int64 {
	switch op.Kind {
	case engine.OpPutKey, engine.OpDelKey:
		return 0
	case engine.OpDrop:
		return 1
	}
	return 2 + int64(op.Type)
}
