package engine

import (
	"math"
	"slices"
)

const (
	// A walk through rows reads at least zFirstBatch at once, then more and more
	// up to zLastBatch.
	zFirstBatch = 32
	zLastBatch  = 1024
	// zTurned is how many members are gathered in the opposite direction when
	// their end is the nearer one.
	zTurned = 4096
)

// A zwalk goes through a set that is served from its rows.
type zwalk struct {
	at      *zkey // where it starts, or goes on; nil: at the end
	past    bool  // the member at this place is not wanted
	reverse bool
	skip    int // members to leave out first
	want    int // how many members will do; 0: not known
}

// run calls yield for the members until it returns false. Reading the set from
// within yield is no harm, changing it is.
func (w zwalk) run(z *zset, yield func(zkey) bool) {
	n := zFirstBatch
	if w.want > 0 {
		n = min(max(n, w.want+w.skip), zLastBatch)
	}
	for {
		found, more := w.batch(z, n)
		for _, k := range found {
			if w.skip > 0 {
				w.skip--
				continue
			}
			if !yield(k) {
				return
			}
		}
		if !more {
			return
		}
		n = min(2*n, zLastBatch)
	}
}

// batch reads about n members and moves on. It joins the rows that are not stale
// with the tree, as far as the rows that were read reach.
func (w *zwalk) batch(z *zset, n int) (found []zkey, more bool) {
	v := z.served
	v.sync()
	limit := n + min(v.stale.n, n)
	q := Query{Reverse: w.reverse, Limit: int64(limit)}
	if w.at != nil {
		q.From = &Item{Score: w.at.score, Field: w.at.name}
	}
	var fresh []zkey
	var last zkey
	read := 0
	v.scan(q, func(it Item) bool {
		read++
		last = newZMember(it.Field, it.Score).place()
		if v.known[it.Field] == nil && !(w.past && w.at != nil && last.compare(*w.at) == 0) {
			fresh = append(fresh, last)
		}
		return true
	})
	more = read == limit
	from, to := 0, z.order.n
	switch {
	case w.at == nil:
	case w.reverse && w.past:
		to = z.order.rank(*w.at)
	case w.reverse:
		to = z.order.through(*w.at)
	case w.past:
		from = z.order.through(*w.at)
	default:
		from = z.order.rank(*w.at)
	}
	switch {
	case !more:
	case w.reverse:
		from = z.order.rank(last)
	default:
		to = z.order.through(last)
	}
	next, full := 0, false
	z.order.walk(from, to, w.reverse, func(k zkey) bool {
		for next < len(fresh) && (fresh[next].compare(k) < 0) != w.reverse {
			found = append(found, fresh[next])
			next++
		}
		found = append(found, k)
		full = len(found) >= limit
		return !full
	})
	switch {
	case full:
		last, more = found[len(found)-1], true
	default:
		found = append(found, fresh[next:]...)
	}
	w.at, w.past = &last, true
	return found, more
}

// walkRanks calls yield for the members with ranks from from up to to
// (exclusive), which must exist, counted in the direction of the walk.
func (z *zset) walkRanks(from, to int, reverse bool, yield func(zkey) bool) {
	if from >= to {
		return
	}
	v := z.served
	v.sync()
	w := zwalk{reverse: reverse, skip: from, want: to - from}
	// So many rows come before the member at least.
	if rows := from - z.order.n; rows > 0 {
		if at, ok := v.nth(int64(rows), reverse); ok {
			w.at = &at
			before := func(t *ztree) int {
				if reverse {
					return t.n - t.through(*w.at)
				}
				return t.rank(*w.at)
			}
			w.skip = from - (rows - before(&v.stale) + before(&z.order))
		}
	}
	left := to - from
	w.run(z, func(k zkey) bool {
		left--
		return yield(k) && left > 0
	})
}

// walkTurned is walkRanks for few members that lie nearer to the other end: from
// and to are counted from there.
func (z *zset) walkTurned(from, to int, reverse bool, yield func(zkey) bool) {
	found := make([]zkey, 0, to-from)
	z.walkRanks(from, to, !reverse, func(k zkey) bool { found = append(found, k); return true })
	for i := len(found) - 1; i >= 0 && yield(found[i]); i-- {
	}
}

// pick calls yield for the members that a selection names, of a set that is
// served from its rows.
func (z *zset) pick(s *zselection, yield func(zkey) bool) {
	if s.by == byRank {
		z.pickRanks(s.start, s.stop, s.reverse, yield)
		return
	}
	low, high, none := z.places(&s.zrange)
	if none || s.offset < 0 || s.limit == 0 {
		return
	}
	w := zwalk{at: low, reverse: s.reverse}
	if s.reverse {
		w.at = high
	}
	offset, left := s.offset, s.limit
	if left > 0 {
		w.want = int(min(offset, zLastBatch) + min(left, zLastBatch))
	}
	w.run(z, func(k zkey) bool {
		early, late := s.min.before(s.by, k), !s.max.within(s.by, k)
		if s.reverse {
			early, late = late, early
		}
		switch {
		case early:
			return true // just the place itself that the walk starts at
		case late:
			return false
		case offset > 0:
			offset--
			return true
		}
		left--
		return yield(k) && left != 0
	})
}

// pickRanks is pick by rank. It counts the members just when it must.
func (z *zset) pickRanks(start, stop int64, reverse bool, yield func(zkey) bool) {
	least := int64(z.atLeast())
	switch {
	case start >= 0 && stop >= 0 && stop < least:
		z.walkRanks(int(start), int(stop+1), reverse, yield)
		return
	case start < 0 && stop < 0 && start >= -min(least, zTurned):
		z.walkTurned(int(-stop-1), max(int(-start), int(-stop-1)), reverse, yield)
		return
	}
	n := int64(z.length())
	from, to := clampRange(start, stop, n)
	if from > n/2 && to-from <= zTurned {
		z.walkTurned(int(n-to), int(n-from), reverse, yield)
		return
	}
	z.walkRanks(int(from), int(to), reverse, yield)
}

// places turns a range by score or by name into the first and the last place that
// may be in it; nil is the end of the set. Just the members at these places
// themselves may be outside. none says that nothing is in the range.
func (z *zset) places(r *zrange) (low, high *zkey, none bool) {
	place := func(score float64, name string) *zkey {
		at := newZMember(name, score).place()
		return &at
	}
	if r.by == byScore {
		from, to := r.min.score, r.max.score
		if r.min.open {
			if math.IsInf(from, 1) {
				return nil, nil, true
			}
			from = math.Nextafter(from, math.Inf(1))
		}
		switch {
		case r.max.open:
			high = place(to, "")
		case !math.IsInf(to, 1):
			high = place(math.Nextafter(to, math.Inf(1)), "")
		}
		return place(from, ""), high, from > to
	}
	if r.min.inf > 0 || r.max.inf < 0 {
		return nil, nil, true
	}
	// All members have one score, else the order means nothing.
	score := 0.0
	none = true
	zwalk{}.run(z, func(k zkey) bool {
		score, none = k.score, false
		return false
	})
	if r.min.inf == 0 {
		low = place(score, r.min.name)
	}
	if r.max.inf == 0 {
		high = place(score, r.max.name)
	}
	return low, high, none || r.min.inf == 0 && r.max.inf == 0 && r.min.name > r.max.name
}

// atRanks is the members with the ranks given, in their order.
func (z *zset) atRanks(ranks []int) []zkey {
	all := make([]zkey, len(ranks))
	switch n := z.length(); {
	case z.served == nil:
		for i, rank := range ranks {
			leaf, at := z.order.seek(rank)
			all[i] = leaf.items[at]
		}
	case len(ranks) <= 8 || int64(len(ranks))*zFenceRows < int64(n)/2:
		for i, rank := range ranks {
			one := func(k zkey) bool { all[i] = k; return false }
			if rank > n/2 {
				z.walkRanks(n-1-rank, n-rank, true, one)
			} else {
				z.walkRanks(rank, rank+1, false, one)
			}
		}
	default: // in one pass
		sorted := make([]int, len(ranks))
		for i := range sorted {
			sorted[i] = i
		}
		slices.SortFunc(sorted, func(a, b int) int { return ranks[a] - ranks[b] })
		rank := 0
		zwalk{}.run(z, func(k zkey) bool {
			for len(sorted) > 0 && ranks[sorted[0]] == rank {
				all[sorted[0]] = k
				sorted = sorted[1:]
			}
			rank++
			return len(sorted) > 0
		})
	}
	return all
}

// from calls yield for the members from a score on until it returns false.
func (z *zset) from(score float64, yield func(zkey) bool) {
	if z.served == nil {
		z.order.walk(z.order.count(func(k zkey) bool { return k.score < score }), z.order.n, false, yield)
		return
	}
	at := newZMember("", score).place()
	zwalk{at: &at}.run(z, yield)
}

// scanServed calls keep for at least count members (fewer at the end of what was
// selected) from a cursor on and returns the next cursor.
func (z *zset) scanServed(cursor uint64, count int, keep func(*zmember)) (next uint64) {
	all := func(yield func(uint64, string)) {
		z.each(func(k zkey) bool { yield(KeyHash(k.name), k.name); return true })
	}
	return z.served.ahead.page(cursor, count, all, func(name string) bool {
		score, ok := z.scoreOf(name)
		if ok {
			keep(newZMember(name, score))
		}
		return ok
	})
}
