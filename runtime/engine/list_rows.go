package engine

import "fmt"

// keptRun is how many elements a command may go through so that the chunks that
// it read stay in memory anyway. What goes through more lets them go when there
// is no room for them.
const keptRun = 16 * chunkLen

// page has the list serve from its rows. Two of them tell where it is: positions
// are contiguous.
func (l *list) page(r *rows) {
	l.rows = r
	r.scan(Query{Limit: 1}, func(it Item) bool { l.head = it.Pos; return true })
	r.scan(Query{Limit: 1, Reverse: true}, func(it Item) bool { l.n = it.Pos + 1 - l.head; return true })
	l.storedLo, l.storedHi = l.head, l.head+l.n
	l.unload()
}

// shed lets every chunk go.
func (l *list) shed(r *rows) {
	if len(l.touched) > 0 || l.rows == nil && l.n <= int64(r.e.opt.ResidentRows) {
		return
	}
	l.rows = r
	l.unload()
}

// unload leaves a place for each chunk, and no chunk.
func (l *list) unload() {
	l.base = l.head >> chunkBits
	l.chunks = make([]*[chunkLen]string, (l.head+l.n-1)>>chunkBits-l.base+1)
	l.held, l.text = 0, 0
}

// fetch makes a chunk and reads what the list has in it.
func (l *list) fetch(chunk int64) *[chunkLen]string {
	c := new([chunkLen]string)
	l.text += l.read(chunk, c)
	l.chunks[chunk-l.base] = c
	l.held++
	return c
}

// read reads the elements of a chunk that is not here and returns their bytes.
func (l *list) read(chunk int64, c *[chunkLen]string) (bytes int64) {
	from, to := max(l.head, chunk<<chunkBits), min(l.head+l.n, (chunk+1)<<chunkBits)
	if l.rows == nil || from >= to {
		return 0 // it is new
	}
	return l.readSpan(from, to, c)
}

// readSpan reads the rows of a chunk's positions from from up to to (exclusive).
func (l *list) readSpan(from, to int64, c *[chunkLen]string) (bytes int64) {
	n := int64(0)
	l.rows.scan(Query{From: &Item{Pos: from}, To: &Item{Pos: to - 1}}, func(it Item) bool {
		c[it.Pos&(chunkLen-1)] = it.Value
		bytes += textBytes(it.Value)
		n++
		return true
	})
	if n != to-from {
		panic(fault{fmt.Errorf("the list with the number %d has %d rows at the positions %d to %d", l.rows.id, n, from, to-1)})
	}
	return bytes
}

// cut takes k elements off an end. Those whose chunk is not here are not read.
func (l *list) cut(e end, k int64) {
	for k > 0 {
		pos := l.head
		if e == right {
			pos += l.n - 1
		}
		chunk := pos >> chunkBits
		if l.chunks[chunk-l.base] != nil {
			l.pop(e)
			k--
			continue
		}
		from, to := max(l.head, chunk<<chunkBits), min(l.head+l.n, (chunk+1)<<chunkBits)
		if e == left {
			to = min(to, from+k)
			l.head = to
		} else {
			from = max(from, to-k)
		}
		l.n -= to - from
		k -= to - from
		for pos := from; pos < to; pos++ {
			l.note(pos)
		}
		l.release()
		if l.log != nil {
			l.log.add(func() { l.uncut(e, from, to) })
		}
	}
}

// uncut takes back that the positions from from up to to (exclusive) of a chunk
// that was not here were cut off: their rows are still as they were.
func (l *list) uncut(e end, from, to int64) {
	chunk := from >> chunkBits
	l.room(chunk)
	if c := l.chunks[chunk-l.base]; c != nil {
		l.text += l.readSpan(from, to, c)
	}
	l.n += to - from
	if e == left {
		l.head = from
	}
	for pos := from; pos < to; pos++ {
		l.note(pos)
	}
}

// elementBytes is about what an element takes, judged by those that are here.
func (l *list) elementBytes() int64 {
	if l.held == 0 {
		return 64
	}
	return 16 + l.text/(l.held*chunkLen)
}
