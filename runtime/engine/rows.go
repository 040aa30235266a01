package engine

import "fmt"

// residentRows is the default of Options.ResidentRows.
const residentRows = 512

// A paged collection can serve commands while most of its elements are only in
// the store. What it has in memory, elements and the knowledge that an element
// is absent, is always right: one engine owns the rows and every write passes
// here. Emitting changes nothing about that, because rows that were emitted
// reach the store only with the frame's commit; so what was changed stays in
// memory until shed, which is called when the store shows it.
type paged interface {
	collection
	// page has the collection, which is empty, serve from its rows.
	page(r *rows)
	// shed lets go of elements that the store holds as well. It is called between
	// frames, after what changed was handed over, and never while a script runs.
	// A collection that was read whole becomes paged by it, if it can: r reads
	// its rows.
	shed(r *rows)
}

// A sizer knows how many bytes of memory its elements take, about, without
// counting them: it adds up as they come and go.
type sizer interface {
	bytes() int64
}

// rows reads the rows of one collection, as they were before this frame.
type rows struct {
	e   *Engine
	typ Type
	id  uint64
}

// point returns the row with the identity of it (hash, set and zset: Field; list:
// Pos; stream: Kind and Field).
func (r *rows) point(it Item) (found Item, ok bool) {
	r.scan(Query{From: &it, Point: true}, func(row Item) bool {
		found, ok = row, true
		return false
	})
	return found, ok
}

// scan yields the rows that a query asks for, whose Type and ID it fills in. The
// collection must not read its rows from within yield.
func (r *rows) scan(q Query, yield func(Item) bool) {
	q.Type, q.ID = r.typ, r.id
	if err := r.e.store.Items(q, yield); err != nil {
		panic(fault{fmt.Errorf("reading rows of the %s with the number %d: %w", r.typ, r.id, err)})
	}
}

// count counts the rows that a query asks for.
func (r *rows) count(q Query) int64 {
	q.Type, q.ID = r.typ, r.id
	n, err := r.e.store.Count(q)
	if err != nil {
		panic(fault{fmt.Errorf("counting rows of the %s with the number %d: %w", r.typ, r.id, err)})
	}
	return n
}

// read brings a collection into memory: whole when it is small, else to be
// served from its rows.
func (e *Engine) read(ent *entry) collection {
	obj := newCollection(ent.typ, !e.volatile)
	r := &rows{e: e, typ: ent.typ, id: ent.id}
	p, pages := obj.(paged)
	if !pages {
		r.scan(Query{}, func(it Item) bool { obj.load(it); return true })
		return obj
	}
	n := 0
	most := e.opt.ResidentRows
	r.scan(Query{Limit: int64(most) + 1}, func(it Item) bool {
		n++
		if n <= most {
			obj.load(it)
		}
		return true
	})
	if n > most {
		p = newCollection(ent.typ, true).(paged)
		p.page(r)
	}
	return p
}
