package engine

import "sort"

// zFenceRows is how many rows lie between two fences, about. A variable for tests.
var zFenceRows int64 = 1024

// zfences divide the rows of a sorted set by places and say how many are in each
// stretch, so that a rank is found by counting a stretch and not all rows. Rows
// come and go between the fences, which need not be at a row.
type zfences struct {
	at   []zkey  // where each stretch begins; the first begins where the rows do
	rows []int64 // in each stretch
}

// find is the stretch that a place is in.
func (f *zfences) find(k zkey) int {
	return sort.Search(len(f.at)-1, func(i int) bool { return f.at[i+1].compare(k) > 0 })
}

// change counts rows that came to a place, or went.
func (f *zfences) change(k zkey, n int64) {
	if f != nil {
		f.rows[f.find(k)] += n
	}
}

func (f *zfences) bytes() int64 {
	if f == nil {
		return 0
	}
	return int64(len(f.at)) * (zmemberBytes + 24)
}

// before is the number of rows before a stretch.
func (f *zfences) before(i int) (n int64) {
	for _, rows := range f.rows[:i] {
		n += rows
	}
	return n
}

// query asks for the rows from a stretch on.
func (f *zfences) query(i int) Query {
	if i == 0 {
		return Query{}
	}
	return Query{From: f.at[i].item()}
}

// item is a place as a query has it.
func (k *zkey) item() *Item { return &Item{Score: k.score, Field: k.name} }

// first is the place of the first row that a query asks for.
func (v *zserved) first(q Query) (at zkey, ok bool) {
	q.Limit = 1
	v.scan(q, func(it Item) bool {
		at, ok = newZMember(it.Field, it.Score).place(), true
		return false
	})
	return at, ok
}

// fence sets the fences up, which also counts the rows.
func (v *zserved) fence() *zfences {
	if v.fences != nil {
		return v.fences
	}
	f := &zfences{at: make([]zkey, 1), rows: make([]int64, 1)}
	for i := 0; ; i++ {
		q := f.query(i)
		q.Offset = zFenceRows
		at, ok := v.first(q)
		if !ok {
			q.Offset = 0
			f.rows[i] = v.count(q)
			break
		}
		f.rows[i] = zFenceRows
		f.at, f.rows = append(f.at, at), append(f.rows, 0)
	}
	v.fences, v.n, v.counted = f, f.before(len(f.rows)), true
	return f
}

// fenceTree sets the fences up for rows that are a tree's elements.
func (v *zserved) fenceTree(t *ztree) {
	f := &zfences{at: make([]zkey, 1), rows: make([]int64, 1)}
	t.walk(0, t.n, false, func(k zkey) bool {
		last := len(f.rows) - 1
		if f.rows[last] == zFenceRows {
			f.at, f.rows = append(f.at, newZMember(k.name, k.score).place()), append(f.rows, 0)
			last++
		}
		f.rows[last]++
		return true
	})
	v.fences, v.n, v.counted = f, int64(t.n), true
}

// split divides a stretch that has grown long. What has become empty goes.
func (v *zserved) split(i int) {
	f := v.fences
	q := f.query(i)
	q.Offset = f.rows[i] / 2
	at, ok := v.first(q)
	if !ok {
		return
	}
	g := &zfences{}
	for j := range f.at {
		if j > 0 && f.rows[j] == 0 {
			continue
		}
		g.at, g.rows = append(g.at, f.at[j]), append(g.rows, f.rows[j])
		if j == i {
			g.rows[len(g.rows)-1] = q.Offset
			g.at, g.rows = append(g.at, at), append(g.rows, f.rows[j]-q.Offset)
		}
	}
	v.fences = g
}

// below is the number of rows at places before one.
func (z *zset) below(k zkey) int64 {
	v := z.served
	here := int64(0)
	if z.rowAt(k.score, k.name) {
		here = 1
	}
	if v.fences == nil {
		if n := v.count(Query{To: k.item(), Limit: 4 * zFenceRows}); n < 4*zFenceRows {
			return n - here
		}
	}
	f := v.fence()
	i := f.find(k)
	for f.rows[i] > 2*zFenceRows {
		v.split(i)
		if v.fences == f {
			break
		}
		f = v.fences
		i = f.find(k)
	}
	q := f.query(i)
	q.To = k.item()
	return f.before(i) + v.count(q) - here
}

// above is the number of rows at places after one.
func (z *zset) above(k zkey) int64 {
	v := z.served
	here := int64(0)
	if z.rowAt(k.score, k.name) {
		here = 1
	}
	if v.fences == nil {
		if n := v.count(Query{From: k.item(), Limit: 4 * zFenceRows}); n < 4*zFenceRows {
			return n - here
		}
		v.fence()
	}
	return v.n - z.below(k) - here
}

// nth is the place of the row before which n rows are, in a direction.
func (v *zserved) nth(n int64, reverse bool) (at zkey, ok bool) {
	if n <= 4*zFenceRows && v.fences == nil {
		return v.first(Query{Reverse: reverse, Offset: n})
	}
	f := v.fence()
	if reverse {
		n = v.n - 1 - n
	}
	i := 0
	for i+1 < len(f.rows) && n >= f.rows[i] {
		n -= f.rows[i]
		i++
	}
	q := f.query(i)
	q.Offset = n
	return v.first(q)
}

// between is the number of rows from one place to another, both included; nil is
// the end of the set.
func (z *zset) between(low, high *zkey) int64 {
	v := z.served
	q := Query{Limit: 4 * zFenceRows}
	if low != nil {
		q.From = low.item()
	}
	if high != nil {
		q.To = high.item()
	}
	if n := v.count(q); n < q.Limit {
		return n
	}
	n := v.fence().before(len(v.fences.rows))
	if high != nil {
		n = z.below(*high)
		if z.rowAt(high.score, high.name) {
			n++
		}
	}
	if low != nil {
		n -= z.below(*low)
	}
	return n
}
