package resp

// A Scratch is memory for the replies of one frame after another. Who lends it
// owns what is in it: the replies are there until Reset. Its zero value is ready
// to use. It is not safe for concurrent use.
type Scratch struct {
	replies []Reply
	elems   []Reply
	short   int // elements that did not fit since the last Reset
}

// maxScratch bounds how many replies, and how many elements, are kept from one
// frame to the next: some 57 KB of each.
const maxScratch = 1024

// Replies is an empty slice with room for at least n replies. s may be nil.
func (s *Scratch) Replies(n int) []Reply {
	if s == nil || n > maxScratch {
		return make([]Reply, 0, n)
	}
	if cap(s.replies) < n {
		s.replies = make([]Reply, 0, n)
	}
	s.replies = s.replies[:n]
	return s.replies[:0]
}

// Elems is a slice of n nulls for the elements of one reply. s may be nil.
func (s *Scratch) Elems(n int) []Reply {
	if s == nil {
		return make([]Reply, n)
	}
	from := len(s.elems)
	if cap(s.elems)-from < n {
		s.short += n
		return make([]Reply, n)
	}
	s.elems = s.elems[:from+n]
	return s.elems[from : from+n : from+n]
}

// Reset takes back all replies and forgets what is in them, so that values are
// not kept alive.
func (s *Scratch) Reset() {
	clear(s.replies)
	s.replies = s.replies[:0]
	clear(s.elems)
	if want := len(s.elems) + s.short; s.short > 0 && cap(s.elems) < maxScratch {
		s.elems = make([]Reply, 0, min(max(want, 2*cap(s.elems)), maxScratch))
	}
	s.elems, s.short = s.elems[:0], 0
}
